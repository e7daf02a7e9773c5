"""What every time-domain protocol boils down to: stretches of time under one control, with output times and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..errors import InputError

if TYPE_CHECKING:
    from ..cells import Cell
    from ..quantities import Value


@dataclass(frozen=True)
class CurrentRamp:
    """Imposed cell current in the laboratory's sign: ``start + rate t`` [A]."""

    start: float
    rate: float = 0.0
    imposes_voltage: ClassVar[bool] = False


@dataclass(frozen=True)
class VoltageRamp:
    """Imposed cell voltage: ``start + rate t`` [V]."""

    start: float
    rate: float = 0.0
    imposes_voltage: ClassVar[bool] = True


@dataclass(frozen=True)
class Limits:
    """Voltages [V], and the current [A] to which it falls, with its sign, at which a stretch ends early (0: none)."""

    low: float = -np.inf
    high: float = np.inf
    least: float = 0.0


@dataclass(frozen=True)
class Segment:
    """One stretch under one control.

    Parameters
    ----------
    control : CurrentRamp or VoltageRamp
    duration : float
        [s]
    times : tuple of float
        Output times from the start of the stretch [s], increasing, the last one equal to `duration`.
    cycle, step : int
        Labels of the output.
    limits : Limits, optional
    half_cycle : int, optional
        Number of the half cycle that the charge passed here belongs to.
    against_reference : bool
        Whether its voltages are those of the positive electrode against the reference instead of the cell's.
    """

    control: CurrentRamp | VoltageRamp
    duration: float
    times: tuple[float, ...]
    cycle: int = 0
    step: int = 0
    limits: Limits = Limits()
    half_cycle: int | None = None
    against_reference: bool = False


def linear_times(duration: float, points: int) -> tuple[float, ...]:
    """`points` equal steps up to `duration`, the start (0) included."""
    return tuple(np.linspace(0.0, duration, points + 1))


def mixed_times(duration: float, points: int) -> tuple[float, ...]:
    """About `points` output times up to `duration` [s], the start (0) included: half of them equally spaced, half of
    them logarithmic from a ten-thousandth of it, since a step of the current is followed by fast changes and slow ones.

    Examples
    --------
    >>> mixed_times(100.0, 4)
    (0.0, 0.01, 50.0, 100.0)
    """
    half = max(points // 2, 1)
    # From a ten-thousandth on: a half cycle of an hour is then resolved from 0.4 s.
    fast = np.geomspace(1e-4 * duration, duration, points - half)
    fast[-1] = duration  # not a rounding error beside it, which would be one output more
    # Sorted and each once: both series contain the end, and may share more.
    return tuple(np.unique(np.concatenate([np.linspace(0.0, duration, half + 1), fast])).tolist())


def log_times(first: float, duration: float, per_decade: int) -> tuple[float, ...]:
    """Logarithmic times from `first` to `duration`, both included [s].

    Examples
    --------
    >>> log_times(1.0, 100.0, 1)
    (1.0, 10.0, 100.0)
    """
    if first >= duration:
        raise InputError(
            f"the first output time ({first:g} s) must be shorter than the duration ({duration:g} s): "
            f"make it earlier or the step longer."
        )
    # At least one step, or a span below one decade would have no output at its end.
    number = max(round(np.log10(duration / first) * per_decade), 1)
    times = np.geomspace(first, duration, number + 1)
    times[0], times[-1] = first, duration  # exactly: a stretch ends at its last output
    return tuple(float(t) for t in times)


def amperes(current: Value, cell: Cell) -> float:
    """A protocol's current in A: areal currents (unit ``A/m^2``) are multiplied by the electrode's area."""
    return float(current) * float(cell.area) if current.unit == "A/m^2" else float(current)
