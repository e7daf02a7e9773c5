"""The numbers of the paper, read off simulated Datasets as the paper read them off its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dataset import sample_cycles
from ..errors import InputError
from ..experiments import Run, measures
from ..quantities import format_value
from .verdicts import shown

if TYPE_CHECKING:
    import xarray as xr

    from ..cells import Cell

__all__ = ["Lookup", "Readout", "Simulated", "cell_of", "count_arcs", "read", "reference_of", "resistance_beside"]

#: Share of the highest arc that a maximum of -Im Z must stand out by to be seen as an arc of its own.
VISIBLE = 0.05
#: Samples of a voltammogram this close to a vertex (as a share of the range) count as the vertex.
AT_VERTEX = 0.02


@dataclass(frozen=True)
class Simulated:
    """A finished run and its result."""

    run: Run
    data: Any


@dataclass(frozen=True)
class Readout:
    """A number read off a result: SI, NaN where there is none, with what is worth saying about it."""

    value: float
    remark: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)


#: Finds the result of another run of the same experiment: ``(cell, overlays, temperature) -> Dataset``.
Lookup = Callable[[str, tuple[str, ...], float], Any]


def read(
    measure: Any, group: Sequence[Simulated], find: Lookup, interval: tuple[float, float] | None = None
) -> list[Readout]:
    """Read a number off the results of one cell in one state and reading.

    Parameters
    ----------
    measure : one of `mgtwin.experiments.measures`
    group : sequence of Simulated
        The runs over temperature.
    find : callable
        Gives other results of the same experiment, for ratios.
    interval : (low, high), optional
        What was observed; the window of sampling times is given for it.

    Returns
    -------
    list of Readout
        One per run, or a single one where the measure needs all temperatures.

    Raises
    ------
    InputError
        If the result has nothing of the kind.
    """
    if isinstance(measure, measures.ActivationEnergy):
        return [_activation_energy(measure, group)]
    if isinstance(measure, measures.TransportNumberAt):
        return [_transport_number(measure, item.data, interval) for item in group]
    if isinstance(measure, measures.MagnitudeRatio):
        return [_magnitude_ratio(measure, item, find) for item in group]
    return [_one(measure, item.data) for item in group]


@singledispatch
def _one(measure: Any, ds: xr.Dataset) -> Readout:
    raise InputError(f"no function reads {type(measure).__name__} off a result.")


@_one.register(measures.SlopeConductivity)
def _slope_conductivity(measure: measures.SlopeConductivity, ds: xr.Dataset) -> Readout:
    from ..analysis import electronic_conductivity

    found = electronic_conductivity(ds)
    steady = "" if not found.warnings else f"{len(found.warnings)} steps not quite steady"
    if not measure.without_contacts:
        return Readout(found.value, steady, {"r2": found.r2})
    cell = cell_of(ds)
    electrodes = (cell.negative, cell.positive)
    contacts = sum(float(electrode.electronic_resistance) for electrode in electrodes) / float(cell.area)
    bulk = 1 / found.slope - contacts
    if bulk <= 0:
        return Readout(float("nan"), "the contacts are larger than the whole resistance")
    return Readout(found.value / (found.slope * bulk), f"contacts of {shown(contacts, 'ohm')} taken off")


@_one.register(measures.InterceptConductivity)
def _conductivity(measure: measures.InterceptConductivity, ds: xr.Dataset) -> Readout:
    from ..analysis import conductivity

    found = conductivity(ds, at=measure.at)
    where = f"read at {format_value(found.frequency, 'Hz')} ({found.rule})"
    return Readout(found.value, f"{where}, normalised by {found.normalised_by}", {"frequency": found.frequency})


@_one.register(measures.InterceptResistance)
def _resistance(measure: measures.InterceptResistance, ds: xr.Dataset) -> Readout:
    from ..analysis import conductivity

    found = conductivity(ds, at=measure.at)
    return Readout(found.resistance, found.rule, {"frequency": found.frequency})


@_one.register(measures.LayerConductivity)
def _layer_conductivity(measure: measures.LayerConductivity, ds: xr.Dataset) -> Readout:
    sigma, rest, total = _of_layer(ds, measure.layer, measure.at)
    return Readout(sigma, f"{shown(rest, 'ohm')} of the other elements taken off {shown(total, 'ohm')}")


def _of_layer(ds: xr.Dataset, layer: str, at: float | None) -> tuple[float, float, float]:
    """Conductivity of a layer, resistance of everything else, intercept."""
    from ..analysis import conductivity

    total = conductivity(ds, at=at).resistance
    cell = cell_of(ds)
    rest = resistance_beside(cell, layer)
    if rest >= total:
        raise InputError(f"the rest of the stack ({shown(rest, 'ohm')}) exceeds the intercept ({shown(total, 'ohm')}).")
    own = next(item for item in cell.layers if item.name == layer)
    return float(own.thickness) / float(own.area or cell.area) / (total - rest), rest, total


def resistance_beside(cell: Cell, layer: str) -> float:
    """Ionic resistance [ohm] of all layers but one, of the junctions and of the leads: the circuit of Fig. 3e."""
    from ..cells.effective import ionic_conductivity
    from ..cells.reader import Reader

    read_off, T, area = Reader(cell), float(cell.temperature), float(cell.area)
    found = float(cell.series_resistance) / area
    for item in cell.layers:
        if item.name != layer:
            sigma = ionic_conductivity(read_off, f"layers.{item.name}.material", item.material, T)
            found += float(item.thickness) / (float(sigma) * float(item.area or area))
    for key in cell.interfaces:
        found += float(read_off.property(f"interfaces.{key}.resistance", T)) / area
    return found


def _activation_energy(measure: measures.ActivationEnergy, group: Sequence[Simulated]) -> Readout:
    from ..analysis import arrhenius, conductivity

    points = [
        (
            float(item.data.attrs["temperature"]),
            conductivity(item.data, at=measure.at).value
            if measure.layer is None
            else _of_layer(item.data, measure.layer, measure.at)[0],
        )
        for item in group
    ]
    law = arrhenius(points)
    energies = {name: float(law["activation_energy"].sel(convention=name)) for name in ("sigma", "sigma_T")}
    return Readout(energies["sigma"], f"in the form of sigma T: {energies['sigma_T']:.3f} eV", energies)


@_one.register(measures.Arcs)
def _arcs(measure: measures.Arcs, ds: xr.Dataset) -> Readout:
    frequency, z = _spectrum(ds)
    peaks = count_arcs(z)
    tops = ", ".join(format_value(float(f"{frequency[k]:.2g}"), "Hz") for k in peaks)
    return Readout(float(len(peaks)), f"top at {tops}" if tops else "-Im Z has no maximum in the window")


def count_arcs(z: np.ndarray) -> np.ndarray:
    """Indices of the maxima of -Im Z that stand out, along a spectrum sorted by frequency."""
    from scipy.signal import find_peaks

    height = -z.imag
    found: np.ndarray = find_peaks(height, prominence=VISIBLE * max(float(height.max()), 0.0))[0]
    return found


@_one.register(measures.Closure)
def _closure(measure: measures.Closure, ds: xr.Dataset) -> Readout:
    frequency, z = _spectrum(ds)
    point = _at(frequency, z, float(measure.at))
    return Readout(-point.imag / point.real, f"Z = {shown(point.real, 'ohm')} - i {shown(-point.imag, 'ohm')}")


def _magnitude_ratio(measure: measures.MagnitudeRatio, item: Simulated, find: Lookup) -> Readout:
    other = reference_of(measure, item, find)
    own, reference = (abs(_at(*_spectrum(ds), float(measure.at))) for ds in (item.data, other))
    return Readout(own / reference, f"{shown(own, 'ohm')} over {shown(reference, 'ohm')}")


def reference_of(measure: measures.MagnitudeRatio, item: Simulated, find: Lookup) -> Any:
    """The result that a ratio refers to: same reading and temperature, another cell or state."""
    run = item.run
    overlays = run.overlays
    if measure.to_overlays is not None:
        overlays = (*measure.to_overlays, *((run.reading,) if run.reading else ()))
    return find(measure.to_cell or run.cell, overlays, float(run.temperature))


@_one.register(measures.SpectrumChange)
def _spectrum_change(measure: measures.SpectrumChange, tree: Any) -> Readout:
    spectra = [_spectrum(node.to_dataset())[1] for node in tree.leaves if "impedance" in node.variables]
    if len(spectra) < 2:
        raise InputError("the sequence has fewer than two spectra to compare.")
    return Readout(float(np.max(np.abs(spectra[-1] / spectra[0] - 1))))


def _transport_number(
    measure: measures.TransportNumberAt, ds: xr.Dataset, interval: tuple[float, float] | None
) -> Readout:
    from ..analysis import transport_number, transport_number_window

    found = transport_number(ds, sampled_at=measure.sampled_at)
    numbers = {"true": float("nan") if found.true is None else found.true}
    remark = f"true {numbers['true']:.5g}"
    if interval is not None:
        window = transport_number_window(ds, *interval)
        numbers.update(start=window.start, end=window.end, decades=window.decades)
        if window.decades:
            ends = f"{_time(window.start)} to {_time(window.end)}"
            remark += f"; in range when sampled at {ends} ({window.decades:.2g} decades)"
        else:
            remark += "; no sampling time gives the observed value"
    return Readout(found.apparent, remark, numbers)


def _time(seconds: float) -> str:
    """A time to two digits, in seconds from 1 s on."""
    rounded = float(f"{seconds:.2g}")
    return f"{rounded:g} s" if rounded >= 1 else format_value(rounded, "s")


@_one.register(measures.DepositionVoltage)
def _deposition(measure: measures.DepositionVoltage, ds: xr.Dataset) -> Readout:
    return _of_cycle(ds, "deposition_voltage", measure.cycle)


@_one.register(measures.DissolutionVoltage)
def _dissolution(measure: measures.DissolutionVoltage, ds: xr.Dataset) -> Readout:
    return _of_cycle(ds, "dissolution_voltage", measure.cycle)


@_one.register(measures.HalfDifference)
def _half_difference(measure: measures.HalfDifference, ds: xr.Dataset) -> Readout:
    return _of_cycle(ds, "half_difference", measure.cycle)


@_one.register(measures.HalfSum)
def _half_sum(measure: measures.HalfSum, ds: xr.Dataset) -> Readout:
    return _of_cycle(ds, "half_sum", measure.cycle)


def _of_cycle(ds: xr.Dataset, name: str, cycle: int) -> Readout:
    from ..analysis import cycle_summary

    values = cycle_summary(ds)[name].values
    if not -len(values) <= cycle < len(values):
        raise InputError(f"there is no cycle {cycle}: the run has {len(values)}.")
    return Readout(float(values[cycle]))


@_one.register(measures.Drift)
def _drift(measure: measures.Drift, ds: xr.Dataset) -> Readout:
    first, last = (_of_cycle(ds, "half_difference", cycle).value for cycle in (measure.first, -1))
    return Readout(last / first - 1, f"{shown(first, 'V')} to {shown(last, 'V')}")


@_one.register(measures.CathodicPeak)
def _cathodic(measure: measures.CathodicPeak, ds: xr.Dataset) -> Readout:
    return _peak(ds, -1.0)


@_one.register(measures.AnodicPeak)
def _anodic(measure: measures.AnodicPeak, ds: xr.Dataset) -> Readout:
    return _peak(ds, 1.0)


def _peak(ds: xr.Dataset, sign: float) -> Readout:
    """Potential of the largest current of one sign in the last cycle, NaN where that is at the vertex."""
    numbers = sample_cycles(ds)
    last = slice(None) if numbers is None else numbers == numbers.max()
    voltage, current = ds["voltage"].values[last], ds["current"].values[last]
    k = int(np.argmax(sign * current))
    vertex = float((sign * voltage).max())
    if vertex - sign * voltage[k] > AT_VERTEX * np.ptp(voltage):
        return Readout(float(voltage[k]), f"{shown(float(current[k]), 'A')} at the peak")
    slope = float(np.polyfit(voltage, current, 1)[0])
    straight = float(np.corrcoef(voltage, current)[0, 1])
    return Readout(
        float("nan"),
        f"no peak: the current grows up to the vertex, like a resistor of {shown(1 / slope, 'ohm')} "
        f"(correlation with the voltage {straight:.4f})",
    )


@_one.register(measures.DirectResistance)
def _direct_resistance(measure: measures.DirectResistance, ds: xr.Dataset) -> Readout:
    from ..analysis import leakage_fraction

    voltage, current = float(ds["voltage"][-1]), float(ds["current"][-1])
    share = leakage_fraction(ds)
    return Readout(voltage / current, f"{share:.2g} of the current is electrons", {"leakage": share})


def cell_of(ds: xr.Dataset) -> Cell:
    """The cell that a result belongs to, at the temperature of the run."""
    from ..cells import Cell

    return Cell.from_yaml(str(ds.attrs["cell"]))


def _spectrum(ds: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies from high to low, and the impedance."""
    order = np.argsort(-ds["frequency"].values)
    return ds["frequency"].values[order], ds["impedance"].values[order]


def _at(frequency: np.ndarray, z: np.ndarray, where: float) -> complex:
    """Impedance at a frequency inside the spectrum, real and imaginary part linear in log f."""
    if not frequency[-1] * (1 - 1e-9) <= where <= frequency[0] * (1 + 1e-9):
        raise InputError(f"{format_value(where, 'Hz')} lies outside the spectrum.")
    x = np.log(frequency[::-1])
    return complex(np.interp(np.log(where), x, z.real[::-1]), np.interp(np.log(where), x, z.imag[::-1]))
