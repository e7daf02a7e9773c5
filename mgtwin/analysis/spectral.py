"""Metrics of impedance spectra: what is read at an intercept, of one layer, of arcs, against another spectrum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis._common import impedance_at, known_cell, number_of
from mgtwin.analysis.activation import arrhenius
from mgtwin.analysis.linear import Quotient
from mgtwin.analysis.metrics import Reading, metric, shown
from mgtwin.analysis.spectra import conductivity
from mgtwin.errors import InputError
from mgtwin.kinds.numbers import Number
from mgtwin.quantities import format_value, parse

if TYPE_CHECKING:
    import xarray as xr

    from mgtwin.cells import Cell

__all__ = [
    "activation_energy",
    "arcs",
    "closure",
    "intercept_conductivity",
    "intercept_resistance",
    "layer_conductivity",
    "magnitude_ratio",
    "resistance_beside",
    "spectrum_change",
]

#: Share of the highest arc that a maximum of -Im Z must stand out by to be seen as an arc of its own.
VISIBLE = 0.05
SPECTRUM, AT = ("frequency", "impedance"), {"at": "Hz"}


@metric(
    "S/m", "conductivity of the whole stack", name="conductivity", needs=SPECTRUM, quantities=AT, batched=True,
    # resistance times conductivity is length over area, whatever they are
    point=lambda eis, value, at=None: {"resistance": (r := conductivity(eis, at=at)).resistance * r.value / value},
)  # fmt: skip
def intercept_conductivity(eis: xr.Dataset, at: float | str | None = None) -> Number:
    """Return the conductivity of the whole stack [S/m] from an intercept of its spectrum, as `conductivity` reads it.

    Parameters
    ----------
    eis : xarray.Dataset
        With a cell; also many spectra over a further dimension, of which the real part `at` a frequency is taken.
    at : float or str, optional
        Frequency [Hz]; by default where the rules of `conductivity` find the intercept.

    Raises
    ------
    InputError
        There is no intercept, or `at` is missing where there are many spectra.
    """
    if eis["impedance"].ndim == 1:
        found = conductivity(eis, at=at)
        where = f"read at {format_value(found.frequency, 'Hz')} ({found.rule})"
        return Reading(found.value, f"{where}, normalised by {found.normalised_by}", frequency=found.frequency)
    if at is None:
        raise InputError("conductivity: say at which frequency many spectra are read, at='100 kHz'.")
    length_per_area: Number = 0.0
    for layer in known_cell(eis, "conductivity").layers:
        path = f"layers.{layer.name}"
        area = "area" if layer.area is None else f"{path}.area"
        length_per_area = length_per_area + number_of(eis, f"{path}.thickness") / number_of(eis, area)
    return length_per_area / impedance_at(eis, at).real


@metric(
    "ohm", "resistance", name="resistance", needs=SPECTRUM, quantities=AT,
    point=lambda eis, value, **_: {"resistance": value},
)  # fmt: skip
def intercept_resistance(eis: xr.Dataset, at: float | str | None = None, cycle: int = -1) -> float:
    """Return the real part [ohm] at an intercept of a spectrum.

    Parameters
    ----------
    eis : xarray.Dataset
        Spectrum, or a run with spectra along its cycles.
    at : float or str, optional
        Frequency [Hz]; by default where the rules of `conductivity` find the intercept.
    cycle : int
        Of spectra along cycles, which one: 0 is the first, -1 the last.
    """
    if "cycle" in eis["impedance"].dims:
        eis = eis[["impedance"]].isel(cycle=cycle)
    if at is not None:
        return Reading(float(impedance_at(eis, at).real), "the given frequency")
    found = conductivity(eis)
    return Reading(found.resistance, found.rule, frequency=found.frequency)


@metric("S/m", "conductivity of one layer", needs=SPECTRUM, quantities=AT)
def layer_conductivity(eis: xr.Dataset, layer: str, at: float | str | None = None) -> float:
    """Return the ionic conductivity of one layer [S/m]: what the rest of the stack leaves of the intercept.

    The circuit is a series of resistances, with the other layers, the junctions and the leads as the cell has them.

    Parameters
    ----------
    eis : xarray.Dataset
        With a cell.
    layer : str
        Its name.
    at : float or str, optional
        Frequency [Hz]; by default where the rules of `conductivity` find the intercept.

    Raises
    ------
    InputError
        The rest of the stack exceeds the intercept, or there is no such layer.
    """
    total, cell = conductivity(eis, at=at).resistance, known_cell(eis, "layer_conductivity")
    own = next((item for item in cell.layers if item.name == layer), None)
    if own is None:
        known = ", ".join(item.name for item in cell.layers)
        raise InputError(f"layer_conductivity: no layer is called {layer!r}; layers are {known}.")
    rest = resistance_beside(cell, layer)
    if rest >= total:
        raise InputError(f"the rest of the stack ({shown(rest, 'ohm')}) exceeds the intercept ({shown(total, 'ohm')}).")
    value = float(own.thickness) / float(own.area or cell.area) / (total - rest)
    return Reading(value, f"{shown(rest, 'ohm')} of the other elements taken off {shown(total, 'ohm')}")


def resistance_beside(cell: Cell, layer: str) -> float:
    """Ionic resistance [ohm] of all layers but one, of the junctions and of the leads."""
    from mgtwin.cells.effective import ionic_conductivity
    from mgtwin.cells.reader import Reader

    reader, T, area = Reader(cell), float(cell.temperature), float(cell.area)
    found = float(cell.series_resistance) / area
    for item in cell.layers:
        if item.name != layer:
            sigma = ionic_conductivity(reader, f"layers.{item.name}.material", item.material, T)
            found += float(item.thickness) / (float(sigma) * float(item.area or area))
    for key in cell.interfaces:
        found += float(reader.property(f"interfaces.{key}.resistance", T)) / area
    return found


@metric("eV", "activation energy", needs=SPECTRUM, quantities=AT, series=True)
def activation_energy(series: Sequence[xr.Dataset], layer: str | None = None, at: float | str | None = None) -> float:
    """Return the activation energy [eV] of the intercept's conductivity, in the form sigma = A exp(-Ea/kT).

    Parameters
    ----------
    series : sequence of Dataset
        Spectra of one cell at several temperatures.
    layer : str, optional
        Of one layer, as for `layer_conductivity`; by default of the whole stack.
    at : float or str, optional
        Frequency [Hz] of the intercept.
    """
    law = arrhenius(
        [
            (
                float(eis.attrs["temperature"]),
                conductivity(eis, at=at).value if layer is None else float(layer_conductivity(eis, layer, at)),
            )
            for eis in series
        ]
    )
    energies = {name: float(law["activation_energy"].sel(convention=name)) for name in ("sigma", "sigma_T")}
    return Reading(energies["sigma"], f"in the form of sigma T: {energies['sigma_T']:.3f} eV", **energies)


@metric("1", "number of arcs", needs=SPECTRUM, batched=True)
def arcs(eis: xr.Dataset) -> Number:
    """Return the number of resolved arcs of a spectrum: maxima of -Im Z that stand out by 5 % of the highest.

    Parameters
    ----------
    eis : xarray.Dataset
        Spectrum; also many over a further dimension, which give one number each.

    Examples
    --------
    >>> from mgtwin.dataset import spectrum
    >>> f = np.geomspace(1e6, 0.1, 100)
    >>> arcs(spectrum(f, 10 + 100 / (1 + 2j * np.pi * f * 1e-4)))
    1.0
    """
    # from high to low, so that tops are named in the order in which a plot shows them
    height = -eis["impedance"].sortby("frequency", ascending=False).imag
    if height.ndim > 1:
        batch = height.transpose(..., "frequency").values
        return np.array([_maxima(one).size for one in batch], dtype=float)
    peaks = _maxima(height.values)
    tops = ", ".join(format_value(float(f"{height['frequency'].values[k]:.2g}"), "Hz") for k in peaks)
    return Reading(float(peaks.size), f"top at {tops}" if tops else "-Im Z has no maximum in the window")


def _maxima(height: np.ndarray) -> np.ndarray:
    from scipy.signal import find_peaks

    # relative to the highest: ripples of noise on a large arc are no arcs, small arcs beside it are
    return np.asarray(find_peaks(height, prominence=VISIBLE * max(float(height.max()), 0.0))[0])


@metric("1", "-Im Z/Re Z", needs=SPECTRUM, quantities=AT, batched=True)
def closure(eis: xr.Dataset, at: float | str = "0.1 Hz") -> Number:
    """Return -Im Z/Re Z at a frequency [Hz]: 0 where an arc has come back to the real axis, 1 on a Warburg line.

    Parameters
    ----------
    eis : xarray.Dataset
        Spectrum; also many over a further dimension, which give one number each.
    at : float or str
        Frequency [Hz], inside the spectrum.
    """
    z = impedance_at(eis, at)
    if z.ndim:
        return -z.imag / z.real
    point = complex(z)
    return Reading(-point.imag / point.real, f"Z = {shown(point.real, 'ohm')} - i {shown(-point.imag, 'ohm')}")


@metric(
    "1",
    "ratio of impedances",
    needs=SPECTRUM,
    quantities=AT,
    batched=True,
    linear=lambda run, reference, plateau, at="0.1 Hz": Quotient(
        run.magnitude(float(parse(at, "Hz"))), reference.magnitude(float(parse(at, "Hz"))), run.relative_to(reference)
    ),
)
def magnitude_ratio(eis: xr.Dataset, reference: xr.Dataset, at: float | str = "0.1 Hz") -> Number:
    """Return \\|Z\\| at a frequency [Hz] over that of another spectrum.

    Parameters
    ----------
    eis : xarray.Dataset
        Spectrum; also many over a further dimension, which give one number each.
    reference : xarray.Dataset
        The other spectrum. In files ``to_cell``, ``to_overlays``, ``to_experiment`` and ``to_step`` say which.
    at : float or str
        Frequency [Hz], inside both.
    """
    own, other = (abs(impedance_at(ds, at)) for ds in (eis, reference))
    if own.ndim:
        return own / other
    return Reading(float(own / other), f"{shown(float(own), 'ohm')} over {shown(float(other), 'ohm')}")


@metric("1", "largest relative change of Z", series=True)
def spectrum_change(series: Sequence[xr.Dataset]) -> float:
    """Return the largest relative change of Z between the first and the last spectrum of a sequence.

    Parameters
    ----------
    series : sequence of Dataset, or DataTree
        Of which those that are spectra count.

    Raises
    ------
    InputError
        There are fewer than two spectra.
    """
    spectra = [ds["impedance"].values for ds in series if "impedance" in ds.variables]
    if len(spectra) < 2:
        raise InputError("the sequence has fewer than two spectra to compare.")
    return float(np.max(np.abs(spectra[-1] / spectra[0] - 1)))
