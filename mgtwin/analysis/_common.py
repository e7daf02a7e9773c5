"""What the analyses share: the cell behind a Dataset, its geometry, the steps of a transient, a straight line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.dataset import node_of
from mgtwin.errors import InputError, MgtwinError
from mgtwin.kinds.numbers import Number
from mgtwin.quantities import format_value, parse

if TYPE_CHECKING:
    import xarray as xr

    from mgtwin.cells import Cell

#: A current is steady when it changes by less than this share of itself per decade of time.
STEADY = 0.01


@dataclass(frozen=True)
class Step:
    """One step of a transient: its number and time since its start [s], voltage [V] and current [A]."""

    number: int
    time: np.ndarray
    voltage: np.ndarray
    current: np.ndarray

    def current_at(self, when: float) -> float:
        """Return the current [A] at a time [s]; never outside the data."""
        exact = np.flatnonzero(self.time == when)
        if exact.size:
            # a time that occurs twice is that of a jump: what follows it counts
            return float(self.current[exact[-1]])
        positive = self.time > 0
        time, current = self.time[positive], self.current[positive]
        if not time.size or not time[0] <= when <= time[-1]:
            span = f"{format_value(self.time[0], 's')} to {format_value(self.time[-1], 's')}"
            raise InputError(
                f"sampled_at = {format_value(when, 's')} lies outside the data ({span}), which are not extrapolated: "
                "choose a time inside, or record from an earlier time on."
            )
        # currents relax over decades of time: between samples a line in log t is closer than one in t
        return float(np.interp(np.log(when), np.log(time), current))


@dataclass(frozen=True)
class Geometry:
    """Length over area of the stack [1/m], the length it was taken from [m], and in words which length that is."""

    length: float
    area: float
    length_per_area: float
    described: str


@dataclass(frozen=True)
class Line:
    """Least-squares line ``y = slope x + offset``; standard deviations are NaN where two points leave no freedom."""

    slope: float
    slope_std: float
    offset: float
    offset_std: float
    r2: float


def require(ds: object, names: Sequence[str], needed_by: str) -> None:
    """Refuse anything but a Dataset with these variables.

    Raises
    ------
    InputError
        A DataTree is given (a sequence has one Dataset per step), or a variable is missing or empty.
    """
    import xarray as xr

    match ds:
        case xr.DataTree():
            raise InputError(f"{needed_by} takes one Dataset, not a tree: {node_of(ds)}.")
        case xr.Dataset(variables=known):
            missing = [name for name in names if name not in known]
            if not missing and not all(known[name].size for name in names):
                raise InputError(f"{needed_by}: the Dataset holds no points.")
        case _:
            raise InputError(f"{needed_by} takes a Dataset (see mgtwin.dataset), not {type(ds).__name__}.")
    if missing:
        has = ", ".join(map(str, known)) or "nothing"
        raise InputError(f"{needed_by} needs {' and '.join(missing)}, but the Dataset has only {has}.")


def cell_of(ds: xr.Dataset) -> Cell | None:
    """Return the cell of a result at the temperature of the run; None for a measurement that names no cell."""
    text = ds.attrs.get("cell")
    if not text:
        return None
    cell = _cell(str(text))
    temperature = ds.attrs.get("temperature")
    # a spectrum at 60 degC names the cell as it was built; its numbers are wanted as they are at 60 degC
    if temperature is not None and float(temperature) != float(cell.temperature):
        cell = cell.with_({"temperature": float(temperature)})
    return cell


# kept, because every metric asks for the cell of its Dataset, and YAML is slow to read
@lru_cache(maxsize=64)
def _cell(text: str) -> Cell:
    from mgtwin.cells import Cell

    try:
        return Cell.from_yaml(text)
    except MgtwinError as error:
        raise InputError(f"the attribute 'cell' of the Dataset is not a cell: {error}") from error


def temperature_of(ds: xr.Dataset) -> float | None:
    """Temperature [K] of a run, None where it is not known."""
    if "temperature" in ds.attrs:
        return float(ds.attrs["temperature"])
    cell = cell_of(ds)
    return None if cell is None else float(cell.temperature)


def known_cell(ds: xr.Dataset, needed_by: str) -> Cell:
    """Return the cell of a result at the temperature of the run.

    Raises
    ------
    InputError
        The Dataset names none.
    """
    cell = cell_of(ds)
    if cell is None:
        raise InputError(f"{needed_by}: the Dataset names no cell.")
    return cell


def number_of(ds: xr.Dataset, path: str) -> Number:
    """A number of the cell of a run; of many runs an array where it varies between them."""
    if path in ds.coords:
        return ds[path].variable if ds[path].ndim else float(ds[path])
    if path in ds.attrs:
        return float(ds.attrs[path])
    cell = cell_of(ds)
    if cell is None:
        raise InputError(f"the Dataset names no cell, so {path} is not known.")
    return cell.get(path)


def float_or_batch(values: Number) -> Number:
    """A float for one run, the array itself for many."""
    return float(values) if np.ndim(values) == 0 else values


def impedance_at(eis: xr.Dataset, at: float | str) -> xr.DataArray:
    """Impedance at a frequency [Hz], real and imaginary part linear in log f, over what other dimensions there are.

    Raises
    ------
    InputError
        The frequency lies outside the spectrum.
    """
    where, z = float(parse(at, "Hz")), eis["impedance"].sortby("frequency")
    log_f = np.log(z["frequency"].values)
    # the ends of a spectrum are often typed, with a rounding
    inside = log_f[0] - 1e-9 <= np.log(where) <= log_f[-1] + 1e-9
    if not inside:
        raise InputError(f"at = {format_value(where, 'Hz')} lies outside the spectrum: choose a frequency inside.")
    if log_f.size == 1:
        return z.isel(frequency=0)
    k = int(np.clip(np.searchsorted(log_f, np.log(where)), 1, log_f.size - 1))
    share = (np.log(where) - log_f[k - 1]) / (log_f[k] - log_f[k - 1])
    return z.isel(frequency=k) * share + z.isel(frequency=k - 1) * (1 - share)


def geometry(ds: xr.Dataset, thickness: float | str | None, area: float | str | None) -> Geometry:
    """Return the length and area that turn a resistance into a conductivity.

    Given ones go before those that the Dataset states (of an instrument file), and these before those of its cell.

    Raises
    ------
    InputError
        The Dataset has no cell, and the thickness or the area is neither given nor stated.
    """
    cell = cell_of(ds)
    stated = parse(area, "m^2") if area is not None else ds.attrs.get("area", None if cell is None else cell.area)
    if stated is None:
        raise InputError(
            "the Dataset names no cell and no area: give area=, for example area='1.33 cm^2', here or to mt.read."
        )
    if thickness is not None or "thickness" in ds.attrs:
        length = float(ds.attrs["thickness"] if thickness is None else parse(thickness, "m"))
        origin = "stated" if thickness is None else "given"
        return Geometry(length, float(stated), length / float(stated), f"the {origin} {format_value(length, 'm')}")
    if cell is None:
        raise InputError(
            "the Dataset names no cell: give thickness=, for example thickness='0.65 mm', here or to mt.read."
        )
    length = sum(float(layer.thickness) for layer in cell.layers)
    if area is not None:
        per_area = length / float(stated)
    else:
        per_area = sum(float(layer.thickness) / float(layer.area or stated) for layer in cell.layers)
    names = ", ".join(layer.name for layer in cell.layers)
    what = f"layer {names}" if len(cell.layers) == 1 else f"total of {len(cell.layers)} layers: {names}"
    return Geometry(length, float(stated), per_area, f"{format_value(length, 'm')} ({what})")


def steps(ds: xr.Dataset) -> list[Step]:
    """Split a transient into its steps, each with time counted from where the previous one ended.

    Without a coordinate ``step`` the whole is one step. The first starts at t = 0, or with its first sample if that
    lies before 0.
    """
    time, voltage, current = (np.asarray(ds[name].values, dtype=float) for name in ("time", "voltage", "current"))
    number = np.asarray(ds["step"].values) if "step" in ds.variables else np.zeros(len(time), dtype=int)
    keep = np.isfinite(voltage) & np.isfinite(current)
    edges = np.flatnonzero(np.diff(number)) + 1
    found = []
    for part in np.split(np.arange(len(time)), edges):
        if not part.size or not keep[part].any():
            continue
        # the last sample before is where the step begins: its first own sample is already some way into it
        start = time[part[0] - 1] if part[0] else min(0.0, time[0])
        part = part[keep[part]]
        found.append(Step(int(number[part[0]]), time[part] - start, voltage[part], current[part]))
    if not found:
        raise InputError("the Dataset has no sample with both a voltage and a current.")
    return found


def steady_points(runs: Sequence[xr.Dataset], needed_by: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Median voltage [V] and last current [A] of every step of some runs, and what to say of currents that move on."""
    voltages, currents, warnings = [], [], []
    for run in runs:
        require(run, ("time", "voltage", "current"), needed_by)
        for step in steps(run):
            voltages.append(float(np.median(step.voltage)))
            currents.append(float(step.current[-1]))
            if drift := unsteady(slope_per_decade(step.time, step.current)):
                warnings.append(f"at {format_value(voltages[-1], 'V')}: {drift}")
    return np.array(voltages), np.array(currents), warnings


def slope_per_decade(time: np.ndarray, current: np.ndarray) -> float:
    """Change of the current per decade of time over the last half of a step, relative to its last value.

    NaN if fewer than three samples lie there: it cannot be judged then.
    """
    # the last half of the time, not of the samples, which may lie logarithmically
    late = (time >= time[-1] / 2) & (time > 0)
    if late.sum() < 3 or current[-1] == 0:
        return float("nan")
    return float(np.polyfit(np.log10(time[late]), current[late], 1)[0] / abs(current[-1]))


def unsteady(slope: float) -> str:
    """Return what to say about a current that is not known to be steady, ``""`` if it is."""
    if np.isnan(slope):
        return "whether the current was steady cannot be judged: fewer than three samples in the last half of the step"
    if abs(slope) > STEADY:
        return f"not at steady state yet: the current still changes by {slope:+.1%} per decade of time at the end"
    return ""


def fit_line(x: np.ndarray, y: np.ndarray, std: np.ndarray | None = None) -> Line:
    """Fit ``y = slope x + offset`` by least squares.

    With the standard deviations of y each point has the weight 1/std^2, and those of the line are at least what these
    say: points that scatter more widen them. Without, all points have one weight, and the scatter alone says.
    """
    n = len(x)
    w = np.ones(n) if std is None else 1 / std**2
    mean, middle = float((w * x).sum() / w.sum()), float((w * y).sum() / w.sum())
    # about the mean: the textbook sums of x^2 cancel for abscissae as close together as 1/T
    sxx = float((w * (x - mean) ** 2).sum())
    slope = float((w * (x - mean) * (y - middle)).sum()) / sxx
    offset = middle - slope * mean
    residual = float((w * (y - slope * x - offset) ** 2).sum())
    total = float((w * (y - middle) ** 2).sum())
    scatter = residual / (n - 2) if n > 2 else float("nan")
    variance = scatter if std is None else float(np.fmax(scatter, 1.0))
    return Line(
        slope=slope,
        slope_std=float(np.sqrt(variance / sxx)),
        offset=offset,
        offset_std=float(np.sqrt(variance * (1 / w.sum() + mean**2 / sxx))),
        r2=1 - residual / total if total > 0 else 1.0,
    )
