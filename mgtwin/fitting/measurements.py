"""What a Dataset says of its experiment: what was done to the cell, what was measured, at which temperature."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..cells import Cell
from ..dataset import node_of
from ..errors import InputError
from ..protocols import EIS, Protocol, Segment, TransientProtocol, from_yaml
from ..protocols.replay import Signal, recorded
from ..regression import Observable
from ..regression.weighting import Data
from .held import held_at
from .models import AnyModel, Subject, model_of

__all__ = ["Measurement", "measurement"]

Reals = NDArray[np.float64]

#: What the attribute ``electrode`` says -> the half of a cell that it is.
HALVES = {"negative": "negative", "positive": "positive", "working": "positive"}
#: A record that begins this late [s], or this many of its sampling intervals, counts its time from the step on.
SOON, FEW = 1.0, 2.0


@dataclass(frozen=True, eq=False)
class Measurement:
    """One Dataset with the cell or circuit that is to describe it.

    Attributes
    ----------
    cell : Cell or Circuit
        As given, but a cell at the temperature of the data.
    label : str
        Name for people: the file, or the number.
    protocol : Protocol or None
        None for a spectrum of the cell at rest.
    temperature : float or None
        [K]; None where neither the data nor a cell say.
    frequency, impedance : ndarray or None
        Of a spectrum: [Hz], [ohm]; points that are not finite are left out.
    time, voltage, current : ndarray or None
        Of a run in time: [s], [V], [A].
    steps : ndarray or None
        Number of the step that every sample belongs to, where the data say.
    note : str
        What has to be said of the state in which it was taken.
    half : str
        Which side of the reference it was measured at, ``""`` of the whole cell.
    dataset : xarray.Dataset
    """

    cell: Subject
    label: str
    protocol: Protocol | None
    temperature: float | None
    dataset: xr.Dataset
    frequency: Reals | None = None
    impedance: NDArray[np.complex128] | None = None
    time: Reals | None = None
    voltage: Reals | None = None
    current: Reals | None = None
    steps: NDArray[np.intp] | None = None
    note: str = ""
    half: str = ""

    @property
    def is_spectrum(self) -> bool:
        """Whether it is a spectrum."""
        return self.frequency is not None

    @cached_property
    def model(self) -> AnyModel:
        """The cell or circuit as a fit sees it."""
        return model_of(self.cell, self.label)

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """Stretches of a run in time."""
        return cast(TransientProtocol, self.protocol).segments(self.model.subject)

    @cached_property
    def by_voltage(self) -> bool:
        """Whether the voltage was imposed in a run."""
        return self.segments[0].control.imposes_voltage

    @property
    def quantity(self) -> Observable:
        """Which quantity deviates: the impedance, or of a run in time what was not imposed."""
        if self.is_spectrum:
            return "impedance"
        return "current" if self.by_voltage else "voltage"

    @property
    def data(self) -> Data:
        """Its values [ohm], [V] or [A]."""
        # fields are named as the quantities that may deviate
        found: Data | None = vars(self)[self.quantity]
        assert found is not None
        return found

    def series(self, residuals: Reals) -> list[Reals]:
        """Residuals in the order in which they were taken: of a spectrum real and imaginary parts each."""
        if self.frequency is None:
            return [residuals]
        order = np.argsort(-self.frequency, kind="stable")
        return [residuals[0::2][order], residuals[1::2][order]]

    def with_data(self, data: Data) -> Measurement:
        """The same with other values at the same points."""
        return replace(self, **cast("dict[str, Any]", {self.quantity: data}))

    def kept(self, keep: NDArray[np.bool_]) -> Measurement:
        """The same with some of its points only."""
        names = ("frequency", "impedance", "time", "voltage", "current", "steps")
        return replace(self, **{name: vars(self)[name][keep] for name in names if vars(self)[name] is not None})


def measurement(cell: object, dataset: object, number: int) -> Measurement:
    """Read what a Dataset is.

    Raises
    ------
    InputError
        If it is neither a spectrum nor a run in time, or what was done cannot be told.
    """
    match dataset:
        case xr.DataTree():
            raise InputError(f"data {number + 1}: a tree, not one Dataset: {node_of(dataset)}.")
        case xr.Dataset():
            return _read(model_of(cell, f"data {number + 1}"), dataset, _label(dataset, number))
    model_of(cell, f"data {number + 1}")  # of two things that are wrong the first one is named
    raise InputError(
        f"data {number + 1}: {type(dataset).__name__} is no Dataset: give what mt.read, mt.open or mt.simulate "
        f"return (of a Sequence, its nodes one by one)."
    )


def _read(model: AnyModel, dataset: xr.Dataset, label: str) -> Measurement:
    """A spectrum or a run in time, whichever its variables are."""
    if "impedance" in dataset and "frequency" in dataset.dims:
        return _spectrum(model, dataset, label)
    if "voltage" in dataset and "current" in dataset and "time" in dataset.dims:
        return _transient(model, dataset, label)
    raise InputError(
        f"{label}: a Dataset has impedance over frequency, or voltage and current over time; here neither."
    )


def _label(dataset: xr.Dataset, number: int) -> str:
    for name in ("label", "file", "path", "filename", "source_file"):
        if text := _text(dataset, name):
            return Path(text).name if name != "label" else text
    return f"data {number + 1}"


def _text(dataset: xr.Dataset, name: str) -> str:
    """An attribute that is a text; ``""`` where there is none, for files of others hold anything under these names."""
    found = dataset.attrs.get(name)
    return found if isinstance(found, str) else ""


def _protocol(dataset: xr.Dataset) -> Protocol | None:
    text = _text(dataset, "protocol")
    return from_yaml(text) if text.strip() else None


def _temperature(model: AnyModel, dataset: xr.Dataset, protocol: Protocol | None) -> float | None:
    """That at which the data were taken, the cell's own where they do not say."""
    given = dataset.attrs.get("temperature")
    if given is None and protocol is not None:
        given = protocol.temperature
    return model.temperature if given is None else float(given)


def _half(model: AnyModel, dataset: xr.Dataset, label: str) -> str:
    """Side of the reference that a Dataset says it was measured at; "" where it is of the whole cell."""
    electrode = _text(dataset, "electrode")
    if electrode not in HALVES or not model.has_states:  # a circuit describes whatever it is given
        return ""
    if cast(Cell, model.subject).reference is not None:
        return HALVES[electrode]
    # two-electrode cells are measured as "working against reference", too, both leads being at one electrode
    if electrode in HALVES.values():
        raise InputError(
            f"{label}: this is the {electrode} half of a cell, but the cell to be fitted has no reference."
        )
    return ""


def _spectrum(model: AnyModel, dataset: xr.Dataset, label: str) -> Measurement:
    frequency = np.asarray(dataset["frequency"].values, dtype=float)
    impedance = np.asarray(dataset["impedance"].values, dtype=complex)
    if impedance.ndim != 1:
        raise InputError(f"{label}: give one spectrum per Dataset, this one has the dimensions {dataset.sizes}.")
    if model.has_states and "run given as start" in str(dataset.attrs.get("route", "")):
        raise InputError(
            f"{label}: this spectrum is that of a state which another run left, and the Dataset does not carry it: fit "
            f"spectra of cells at rest or under a bias, or the run itself."
        )
    good = np.isfinite(impedance) & np.isfinite(frequency) & (frequency > 0)
    if good.sum() < 2:
        raise InputError(f"{label}: fewer than two points are finite.")
    frequency, impedance = frequency[good], impedance[good]
    if not impedance.all():
        raise InputError(f"{label}: the impedance is 0 at {frequency[impedance == 0][0]:g} Hz: leave that point out.")
    gaps = "" if good.all() else f"{(~good).sum()} of {good.size} points have no finite impedance and were left out"
    # reading the protocol takes longer than a spectrum: only where something follows from it
    tells = "bias" in str(dataset.attrs.get("protocol", "")) or "temperature" not in dataset.attrs
    stated = _protocol(dataset) if tells else None
    temperature = _temperature(model, dataset, stated)
    cell = model.subject if temperature is None else model.at(temperature)
    bias, note = (stated.bias if isinstance(stated, EIS) else None), ""
    # a circuit describes any spectrum; a cell has to be brought into the state in which it was taken
    if not model.has_states:
        bias = None
    elif bias is None:
        bias, note = held_at(cast(Cell, cell), dataset, impedance, label)
    protocol = None if bias is None else EIS.at(np.unique(frequency)[::-1], bias=bias)
    half, note = _half(model, dataset, label), "; ".join(filter(None, [note, gaps]))
    return Measurement(cell, label, protocol, temperature, dataset, frequency, impedance, note=note, half=half)


def _transient(model: AnyModel, dataset: xr.Dataset, label: str) -> Measurement:
    if not model.has_states:
        raise InputError(f"{label}: a circuit describes spectra only, but this is a run in time: fit a cell to it.")
    time, voltage, current = (np.asarray(dataset[name].values, dtype=float) for name in ("time", "voltage", "current"))
    good = np.isfinite(time) & np.isfinite(voltage) & np.isfinite(current)
    if good.sum() < 2:
        raise InputError(f"{label}: fewer than two samples are finite.")
    stated = _protocol(dataset)
    temperature = _temperature(model, dataset, stated)
    assert temperature is not None
    protocol = stated
    if not isinstance(protocol, TransientProtocol):
        protocol = _replayed(time[good], voltage[good], current[good], dataset.attrs.get("control"), label)
        # only of a record: the outputs of a protocol's own stretches tell before a jump from after it
        good[good] = _after_jumps(time[good], protocol.starts_at())
    return Measurement(
        model.at(temperature), label, protocol, temperature, dataset,
        time=time[good], voltage=voltage[good], current=current[good],
        steps=np.asarray(dataset["step"].values, dtype=np.intp)[good] if "step" in dataset.coords else None,
        half=_half(model, dataset, label),
    )  # fmt: skip


def _replayed(time: Reals, voltage: Reals, current: Reals, control: object, label: str) -> TransientProtocol:
    """What was imposed, replayed: the quantity that is made of few straight lines, unless the Dataset says which.

    Before the first sample it was the same from time 0 on, unless that is long before: then the first sample began it.
    """
    if control not in ("voltage", "current", None):
        raise InputError(f"{label}: attribute control is {control!r}; it says which was imposed, voltage or current.")
    # what was imposed is made of few straight lines, what was measured bends everywhere
    runs = {
        name: len(Signal(tuple(time), tuple(y)).straight_runs())
        for name, y in (("voltage", voltage), ("current", current))
    }
    if control is None:
        control = min(runs, key=lambda name: runs[name])
        # a clear majority or none: a wrong guess would fit the wrong quantity without a word
        if 2 * runs[control] > max(runs.values()):
            raise InputError(
                f"{label}: it cannot be told whether the current or the voltage was imposed ({runs['current']} and "
                f"{runs['voltage']} straight stretches). Say so: ds.assign_attrs(control='current'), or 'voltage'."
            )
    imposed = voltage if control == "voltage" else current
    if 0 < time[0] <= max(SOON, FEW * (time[1] - time[0])):
        time, imposed = np.append(0.0, time), np.append(imposed[0], imposed)
    return recorded(time, imposed, by_voltage=control == "voltage")


def _after_jumps(time: Reals, began: float) -> NDArray[np.bool_]:
    """Which samples were not taken at the very instant at which the imposed quantity begins or jumps.

    The response there is the charging of capacitors within picoseconds, which no instrument resolves.
    """
    return np.concatenate([[bool(time[0] > began)], np.diff(time) > 0])
