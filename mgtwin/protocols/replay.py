"""Replay: do to a cell what was done in a measurement (or in another simulation)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from pydantic import field_validator, model_validator

from ..dataset import has_gaps
from ..errors import InputError
from ..kinds.noun import noun
from .base import Protocol, Temperature, TransientProtocol, Written, from_yaml, is_array, protocol
from .bias import Voltage
from .eis import EIS
from .segments import CurrentRamp, Segment, VoltageRamp

if TYPE_CHECKING:
    import xarray as xr

    from ..cells import Cell

#: Samples that lie on a straight line within this fraction of the signal's range share one stretch.
STRAIGHT = 1e-6
#: A spectrum measured at a smaller direct voltage [V] is one at rest: (F V/RT)^2 is then below 2e-3, and with it the
#: change of any small-signal resistance.
AT_REST = 1e-3


@noun
class Signal(Written):
    """Samples of a controlled quantity: `values` (A or V, laboratory's sign) at `times` (s)."""

    times: tuple[float, ...]
    values: tuple[float, ...]

    @field_validator("times", "values", mode="before")
    @classmethod
    def _listed(cls, raw: object) -> object:
        # numbers of NumPy are floats, too, but slow ones
        return tuple(np.asarray(raw, dtype=float).tolist()) if is_array(raw) else raw

    @model_validator(mode="after")
    def _sound(self) -> Signal:
        if len(self.times) != len(self.values) or len(self.times) < 2:
            raise InputError(f"{len(self.times)} times, {len(self.values)} values: a signal has two or more of both.")
        if not np.all(np.isfinite(self.times)) or not np.all(np.isfinite(self.values)):
            raise InputError("a signal must not contain NaN or infinite samples: drop them first.")
        if np.any(np.diff(self.times) < 0):
            raise InputError("the times of a signal must not decrease: sort the samples.")
        return self

    def straight_runs(self) -> list[tuple[int, int]]:
        """Index pairs (first, last) of the longest straight lines through the samples; jumps separate them."""
        t, y = self.times, self.values
        # Of the range or of the value, whichever is larger: a constant current has noise but no range.
        tolerance = STRAIGHT * max(max(y) - min(y), max(y), -min(y))
        runs: list[tuple[int, int]] = []
        first = 0
        while first < len(t) - 1:
            last = first + 1
            if t[last] > t[first]:  # equal times are a jump, which is no stretch
                # Against the line of the first two samples, not of the last two: small bends cannot add up unseen.
                slope = (y[last] - y[first]) / (t[last] - t[first])
                while last + 1 < len(t) and t[last + 1] > t[last]:
                    if abs(y[first] + slope * (t[last + 1] - t[first]) - y[last + 1]) > tolerance:
                        break
                    last += 1
                runs.append((first, last))
            first = last
        return runs


@protocol
class ReplayedSignal(TransientProtocol):
    """A recorded signal, imposed on the cell again with its own sampling times. Made by :func:`Replay`."""

    signal: Signal
    by_voltage: bool = False
    temperature: Temperature | None = None
    type = "replay"
    recorded: ClassVar = True

    def starts_at(self) -> float:
        """Time [s] of the first sample."""
        return self.signal.times[0]

    def segments(self, cell: Cell) -> tuple[Segment, ...]:
        """One stretch per straight run of samples."""
        t, y = self.signal.times, self.signal.values
        kind = VoltageRamp if self.by_voltage else CurrentRamp
        result: list[Segment] = []
        for first, last in self.signal.straight_runs():
            duration = t[last] - t[first]
            rate = (y[last] - y[first]) / duration
            # The samples of the record itself, so that simulated and measured values stand side by side without
            # interpolation.
            times = tuple([item - t[first] for item in t[first : last + 1]])
            result.append(Segment(kind(y[first], rate), duration, times, step=len(result)))
        return tuple(result)


def recorded(times: ArrayLike, values: ArrayLike, *, by_voltage: bool) -> ReplayedSignal:
    """The protocol that imposes a recorded current [A] or voltage [V] again."""
    return ReplayedSignal(
        Signal(tuple(np.asarray(times).tolist()), tuple(np.asarray(values).tolist())), by_voltage=by_voltage
    )


def Replay(dataset: xr.Dataset, *, by_voltage: bool = False, temperature: float | str | None = None) -> Protocol:
    """The protocol that was applied in a Dataset: its frequencies and bias, or its current (or voltage) over time.

    Parameters
    ----------
    dataset : xarray.Dataset
        Measured or simulated, in mgtwin's schema.
    by_voltage : bool
        Impose the recorded voltage instead of the recorded current.
    temperature : float or str, optional
        [K]; the cell's own if not given.

    Returns
    -------
    EIS, ReplayedSignal or Cycling
        The last for a simulated run of many cycles that keeps traces of some only: its protocol, as stamped.

    Raises
    ------
    InputError
        The Dataset has no frequencies, and not what is to be imposed over time.

    Examples
    --------
    >>> import mgtwin as mt
    >>> cell = mt.cell("trilayer")
    >>> run = mt.simulate(cell, mt.Galvanostatic("10 uA", "1 min"))
    >>> again = mt.simulate(cell, mt.Replay(run))
    """
    import xarray as xr

    if not isinstance(dataset, xr.Dataset):
        raise InputError(f"Replay takes a Dataset, not {type(dataset).__name__}.")
    if "frequency" in dataset.dims and "cycle" not in dataset.dims:
        # What the cell was held at: as the protocol of a simulation says, or as a file says in ``attrs["bias"]``.
        made_by = from_yaml(dataset.attrs["protocol"]) if "protocol" in dataset.attrs else None
        match made_by:
            case EIS(bias=bias):
                pass
            case _:
                voltage = float(dataset.attrs.get("bias", 0.0))
                # An instrument reads some direct voltage also at rest.
                bias = Voltage(voltage) if abs(voltage) > AT_REST else None  # type: ignore[arg-type]  # validated
        return EIS.at(dataset["frequency"].values, temperature=temperature, bias=bias)
    # Between kept traces lies unrecorded charge: a replay of the rest would start each one from the wrong state.
    if has_gaps(dataset):
        if by_voltage or "protocol" not in dataset.attrs:
            raise InputError(
                "this run keeps the traces of some cycles only, so its voltage cannot be imposed: cycle again with "
                "traces=Every(1), or replay its current."
            )
        made_by = from_yaml(dataset.attrs["protocol"])
        return made_by if temperature is None else replace(made_by, temperature=temperature)  # type: ignore[type-var]
    name = "voltage" if by_voltage else "current"
    if name not in dataset or "time" not in dataset.dims:
        raise InputError(f"this Dataset has no {name} over time, so it cannot be replayed under {name} control.")
    signal = Signal(tuple(dataset["time"].values.tolist()), tuple(dataset[name].values.tolist()))
    return ReplayedSignal(signal, by_voltage=by_voltage, temperature=temperature)  # type: ignore[arg-type]  # validated
