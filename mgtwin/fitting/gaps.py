"""Things that a model may miss, and what they would do to its data: as words for what a model does not describe."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..quantities import format_value
from ..regression.weighting import Data

__all__ = ["MISSING", "Gap", "Missing"]

Reals = NDArray[np.float64]
Complexes = NDArray[np.complex128]

#: Time constants of a missing arc and of a process in time, and exponents of a missing tail, that are tried.
ARCS, TRACES, TAILS = 60, 24, (0.3, 0.5, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True)
class Gap:
    """Something that may be missing.

    Attributes
    ----------
    kind : str
    change : ndarray
        What one unit of it does to the impedance [ohm], or to what a run in time answers [V, A].
    words : str
        Its name, with a place for how much of it.
    unit, size : str, float
        One unit of it is this much.
    power : int
        1, or -1 where a smaller number means more of it.
    """

    kind: str
    change: Data
    words: str
    unit: str = ""
    size: float = 1.0
    power: int = 1

    def named(self, amount: float | None) -> str:
        """In words; without how much where that is not known."""
        if amount is None:
            return self.words.replace(" of {}", "")
        return self.words.format(f"about {format_value(self.size * amount**self.power, self.unit)}")

    @classmethod
    def of_spectrum(cls, frequency: Reals, z: Complexes) -> Iterator[Gap]:
        """All that is tried of a spectrum for which a model gives z [ohm]."""
        s = np.asarray(2j * np.pi * frequency, dtype=complex)
        swept = np.log10(frequency.max() / frequency)  # instruments begin with the highest frequency
        yield cls("inductance", s, "an inductance of {} in series", "H")
        yield cls("resistance", np.ones_like(s), "a resistance of {} in series", "ohm")
        for size in (0.01, -0.01):
            yield cls("drift", size * z * swept, "a drift of {} % per decade swept", size=100 * size)
        for tau in np.geomspace(0.1 / np.abs(s).max(), 10 / np.abs(s).min(), ARCS):
            top = format_value(1 / (2 * math.pi * tau), "Hz")
            for n in (1.0, 0.8):
                yield cls("arc", 1 / (1 + (s * tau) ** n), f"another arc of {{}} at {top}", "ohm")
        for n in TAILS:
            yield cls(
                # Z = s^-n/Q: more of a tail is a smaller Q, hence the power of -1
                "tail",
                np.asarray(s**-n, dtype=complex),
                f"a tail at low frequency of {{}} S*s^{n:g} in series",
                power=-1,
            )
        # beside all of the cell: not linear in their amount, so that sizes are tried
        for size in np.logspace(-3, 1, ARCS // 2):
            c, r = float(size / np.abs(s * z).max()), float(np.abs(z).max() / size)
            yield cls("cable", z / (1 + s * c * z) - z, "a capacitance of {} in parallel (cables)", "F", c)
            yield cls("leak", z / (1 + z / r) - z, "a leak of {} in parallel", "ohm", r, -1)

    @classmethod
    def of_trace(cls, time: Reals, imposed: Reals, answer: Reals, *, by_voltage: bool) -> Iterator[Gap]:
        """All that is tried of a run in time, for an answer [A, V] of the model to what was imposed [V, A]."""
        unit, other = ("A", "V") if by_voltage else ("V", "A")
        if by_voltage:
            yield cls("leak", imposed, "a leak of {} in parallel", "ohm", power=-1)
        else:
            yield cls("resistance", imposed, "a resistance of {} in series", "ohm")
        since = time - time[0]
        for sign in (1.0, -1.0):
            yield cls("offset", np.full(time.shape, sign), f"an offset of {{}} ({unit})", unit, sign)
            yield cls("drift", sign * since / since[-1], "a drift by {} over the whole run", unit, sign)
        steps = np.diff(time, prepend=min(0.0, time[0]))
        shortest = float(np.min(steps[steps > 0]))
        for tau in np.geomspace(shortest, 3 * since[-1], TRACES):
            # what was imposed, as a relaxation of first order follows it
            follows, value = np.empty_like(imposed), 0.0
            for k, (now, step) in enumerate(zip(imposed, steps, strict=True)):
                value = now + (value - now) * math.exp(-step / tau)
                follows[k] = value
            # a branch beside a conductor answers at once and lets go, one in series takes its time
            change = imposed - follows if by_voltage else follows
            yield cls("relaxation", change, f"a slower process, time constant {format_value(tau, 's')},")
        # the mean of the answer over the time that a ramp takes is the answer to the ramp
        total = np.concatenate([[0.0], np.cumsum(answer * steps)])
        ends = np.concatenate([[time[0] - steps[0]], time])
        for width in np.geomspace(shortest, since[-1] / 2, TRACES):
            mean = (np.interp(time, ends, total) - np.interp(time - width, ends, total, left=0.0)) / width
            yield cls("ramp", mean - answer, f"a ramp of {format_value(width, 's')} in the place of a step in {other}")


@dataclass(frozen=True)
class Missing:
    """One of the things that a spectrum may miss, with numbers that are fitted together with those of the model.

    A model whose numbers have bent to what it misses is far from where that could be seen by its derivatives.

    Attributes
    ----------
    words : str
        With a place for each number.
    units : tuple of str
        Of the numbers; all are above 0.
    applied : callable
        ``applied(s, z, *numbers)``: the impedance [ohm] with it.
    starts : callable
        ``starts(s, z)``: numbers with which it is just seen.
    """

    words: str
    units: tuple[str, ...]
    applied: Callable[..., Complexes]
    starts: Callable[[Complexes, Complexes], Sequence[tuple[float, ...]]]

    def named(self, numbers: Reals) -> str:
        """In words."""
        return self.words.format(*(format_value(x, unit) for x, unit in zip(numbers, self.units, strict=True)))


def _arcs(s: Complexes, z: Complexes) -> list[tuple[float, ...]]:
    size = 0.2 * float(np.median(np.abs(z)))
    return [(size, float(tau)) for tau in 1 / np.geomspace(np.abs(s).max(), np.abs(s).min(), 5)[1:-1]]


#: What is tried where derivatives find nothing.
MISSING = (
    Missing(
        "an inductance of about {} in series",
        ("H",),
        lambda s, z, x: z + s * x,
        lambda s, z: [(0.1 * float(np.abs(z / s)[np.argmax(np.abs(s))]),)],
    ),
    Missing(
        "a capacitance of about {} in parallel (cables)",
        ("F",),
        lambda s, z, x: z / (1 + s * x * z),
        lambda s, z: [(0.3 / float(np.abs(s * z).max()),)],
    ),
    Missing(
        "a leak of about {} in parallel",
        ("ohm",),
        lambda s, z, x: z / (1 + z / x),
        lambda s, z: [(3 * float(np.abs(z).max()),)],
    ),
    Missing("another arc of about {}, time constant {}", ("ohm", "s"), lambda s, z, r, t: z + r / (1 + s * t), _arcs),
)
