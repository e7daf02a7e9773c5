"""What was measured, beside what is computed: how far apart they are, and whether the data can be those of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from ..analysis.kramers_kronig import kramers_kronig
from ..cells.cell import Cell
from ..data import read
from ..dataset import open as open_result
from ..errors import InputError, MgtwinError
from ..fitting.measurements import Measurement, measurement
from ..plain import is_listed
from ..quantities import Value, format_value
from .picture import Curve, curve

__all__ = ["Measured", "measured", "measured_runs"]

#: Temperatures of data and cell that differ by more [K] are said.
_SAME = 0.05
#: Part of the largest voltage or current imposed by which the model's may differ where both are compared.
_ALIKE = 0.01
#: Points of a run that are drawn at most.
_DRAWN = 4000


@dataclass(frozen=True)
class Measured:
    """A measurement, and the verdict on it once it is known.

    Attributes
    ----------
    measurement : Measurement
    verdict : str
        Of the test of Kramers and Kronig, ``""`` as long as it is not known.
    followed : bool
        Whether it is the last one of a twin, which the next one replaces.
    """

    measurement: Measurement
    verdict: str = ""
    followed: bool = False

    @property
    def label(self) -> str:
        """Name for people."""
        return self.measurement.label

    @property
    def is_spectrum(self) -> bool:
        """Whether it is a spectrum."""
        return self.measurement.is_spectrum

    def judged(self) -> Measured:
        """The same with its verdict; where the test cannot be done it says why."""
        if not self.is_spectrum:
            return self
        # pyimpspec is an extra, and some spectra are too short: neither is a reason not to show them
        try:
            return replace(self, verdict=str(kramers_kronig(self.measurement.dataset).attrs["verdict"]))
        except MgtwinError as error:
            return replace(self, verdict=f"not tested for Kramers-Kronig: {error}")

    def misfit(self, model: ArrayLike) -> str:
        """How far a model is from it: root mean square, of a spectrum relative to |Z|."""
        data, found = np.asarray(self.measurement.data), np.asarray(model)
        apart = np.abs(found - data)
        if self.is_spectrum:
            return f"{float(np.sqrt(np.mean((apart / np.abs(data)) ** 2))):.3g} of |Z|"
        return format_value(float(np.sqrt(np.mean(apart**2))), "A" if self.measurement.by_voltage else "V")

    def misfit_of(self, result: xr.Dataset) -> str:
        """How far a run is from a simulation, where the same was done to both; else why they are not compared."""
        held = self.measurement
        imposed = "voltage" if held.by_voltage else "current"
        if held.half:
            return f"of the {held.half} half only, not compared"
        assert held.time is not None
        moments = np.asarray(result["time"].values, dtype=float)
        # what was measured after the model ended (a limit) is drawn, but cannot be compared
        inside = held.kept((held.time >= moments[0]) & (held.time <= moments[-1]))
        assert inside.time is not None
        if not inside.time.size:
            return "at other times, not compared"
        done, there = vars(inside)[imposed], np.interp(inside.time, moments, result[imposed].values)
        if np.max(np.abs(done - there)) > _ALIKE * np.max(np.abs(done)):
            return f"under another {imposed}, not compared"
        return replace(self, measurement=inside).misfit(np.interp(inside.time, moments, result[held.quantity].values))

    def begin(self, cell: Cell) -> dict[str, Value]:
        """Numbers of what was done in a run of one constant voltage or current, by the names that pages give them."""
        held = self.measurement
        if held.time is None or held.half:
            return {}
        imposed = vars(held)["voltage" if held.by_voltage else "current"]
        middle = float(np.median(imposed))
        if not middle or np.max(np.abs(imposed - middle)) > _ALIKE * abs(middle):
            return {}
        duration = {"duration": Value(float(held.time[-1]), unit="s")}
        if held.by_voltage:
            return {"voltage": Value(middle, unit="V"), **duration}
        return {"current": Value(middle / float(cell.area), unit="A/m^2"), **duration}

    def doubt(self, cell: Cell) -> str:
        """What has to be said where the cell is not at the temperature of the data; else ``""``."""
        taken, now = self.measurement.temperature, float(cell.temperature)
        if taken is None or abs(taken - now) <= _SAME:
            return ""
        return f"{self.label} was taken at {format_value(taken, 'K')}, the cell is at {format_value(now, 'K')}"


def measured_runs(
    data: Sequence[Measured], cell: Cell, result: xr.Dataset, quantity: str
) -> tuple[list[Curve], dict[str, str], list[str]]:
    """Return what is seen of runs in time beside a simulation: curves, their misfits, what has to be said of them.

    Parameters
    ----------
    data : sequence of Measured
    cell : Cell
        As it was simulated.
    result : xarray.Dataset
    quantity : {"current", "voltage"}
        That is drawn: runs in which it was imposed are left out.
    """
    runs = [item for item in data if item.measurement.quantity == quantity]
    seen, said = [], [doubt for item in runs if (doubt := item.doubt(cell))]
    for held in (item.measurement for item in runs):
        # an axis of time may be logarithmic, and the instant of the step is on none such
        later = held.kept(np.asarray(held.time) > 0)
        n = np.asarray(later.time).size
        if n > _DRAWN:
            # all of them would go to the browser with every move; for either axis of time, linear or logarithmic
            some = np.r_[np.linspace(0, n - 1, _DRAWN // 2), np.geomspace(1, n, _DRAWN // 2) - 1]
            later = later.kept(np.isin(np.arange(n), some.astype(int)))
            said.append(
                f"{held.label}: {np.asarray(later.time).size} of {n} points are drawn; all count for the misfit"
            )
        seen.append(curve(held.label, np.asarray(later.time), np.asarray(later.data), "data"))
    return seen, {f"misfit of {item.label}": item.misfit_of(result) for item in runs}, said


def measured(data: object, cell: Cell) -> tuple[Measured, ...]:
    """Return what was measured from Datasets or files, one or several.

    Raises
    ------
    InputError
        For something that is neither a spectrum nor a run in time; of a file, as `mgtwin.read`.
    """
    if data is None:
        return ()
    several: Sequence[object] = data if is_listed(data) else [data]
    found = []
    for number, item in enumerate(several):
        match item:
            case str() | Path():
                path = Path(item)
                if not path.is_file():
                    raise InputError(f"{path}: there is no such file of data.")
                # results of mgtwin are told from files of instruments by how they begin, whatever they are called
                with path.open("rb") as file:
                    saved = file.read(8) == b"\x89HDF\r\n\x1a\n"
                item = open_result(path) if saved else read(path)
                match item:
                    case xr.Dataset() if "file" not in item.attrs:
                        item = item.assign_attrs(file=path.name)
        found.append(Measured(measurement(cell, item, number)))
    return tuple(found)
