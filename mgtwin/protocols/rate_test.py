"""Rate test: a full cell discharged at one rate after the other, from the same charged state each time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BeforeValidator, Field, model_validator

from ..cells.hosts import host_capacities
from ..errors import InputError, QuantityError
from ..plain import is_text
from ..quantities import Quantity, Value, parse
from .base import CurrentValue, Duration, Temperature, TransientProtocol, protocol
from .limits import VoltageLimits
from .segments import CurrentRamp, Limits, Segment, amperes, mixed_times

if TYPE_CHECKING:
    from ..cells import Cell

__all__ = ["RateTest", "c_rate"]

#: "C/5", "2C", "0.2 C"
_RATE = re.compile(r"(?P<times>[\d.eE+-]*)\s*C(\s*/\s*(?P<hours>[\d.eE+-]+))?")
#: A half cycle goes on for so many times the hours of its rate, unless a cut-off ends it: what is inserted beyond all
#: sites is what leaks meanwhile.
LONGEST = 1.25


def c_rate(raw: object) -> Value:
    """Read a C-rate: a number, or as it is printed.

    Raises
    ------
    QuantityError
        It is neither.

    Examples
    --------
    >>> float(c_rate("C/5")), float(c_rate("2C")), float(c_rate(0.5))
    (0.2, 2.0, 0.5)
    """
    match = _RATE.fullmatch(raw.strip()) if is_text(raw) else None
    if match is None:
        return parse(raw, "")
    times, hours = (float(parse(match[name] or 1, "")) for name in ("times", "hours"))
    if hours == 0:
        raise QuantityError(f"{raw!r} is no C-rate: C/5 takes five hours, C/0 none.")
    return Value(times / hours, unit="")


def _listed(raw: object) -> object:
    """Any kind of list, also an array or a range; one rate is a list of one."""
    match raw:
        case str() | Mapping():
            return (raw,)
        case Iterable():
            return tuple(raw)
    return (raw,)


Rate = Annotated[Value, Quantity("", gt=0), BeforeValidator(c_rate)]


@protocol
class RateTest(TransientProtocol):
    """Rate test of a full cell: charged, then discharged at each rate down to the lower cut-off and charged again.

    The first charge, cycle 0, brings the cell to the state from which every discharge starts; cycle n is the discharge
    at the n-th rate and the charge after it. `mgtwin.analysis.rate_summary` reads capacity, energy and efficiencies
    of each, and the metric `rate_capability` what is left of the capacity at a high rate.

    Parameters
    ----------
    rates : list of float or str
        C-rates of the discharges in their order, ``"C/5"`` or 0.2; a rate may come again.
    limits : (low, high)
        Cut-offs [V] of discharge and charge. The voltage at rest has to lie below the high one.
    charge : float or str, optional
        C-rate of all charges; the lowest of `rates` by default.
    rest : float or str, optional
        Rest [s] after each discharge and charge.
    nominal_current : float or str, optional
        What 1C means ([A] or a current density); by default the current that fills all sites of the host in an hour.
    points : int
        Output points per half cycle, of one that is not cut off; energies are sums over them.
    temperature : float or str, optional
        [K]

    Raises
    ------
    InputError
        When it is simulated: the positive electrode is no host, and nobody says what 1C is.

    Examples
    --------
    >>> import mgtwin as mt
    >>> test = RateTest(["C/10", "C/2", 1, "2C"], ("0.6 V", "1.7 V"), rest="10 min")
    >>> [float(rate) for rate in test.rates], float(test.charging)
    ([0.1, 0.5, 1.0, 2.0], 0.1)
    >>> [segment.cycle for segment in test.segments(mt.cell("mg_polymer_ti2s4"))][:5]  # with rests
    [0, 0, 1, 1, 1]
    """

    rates: Annotated[tuple[Rate, ...], BeforeValidator(_listed)]
    limits: VoltageLimits
    charge: Rate | None = None
    rest: Duration | None = Field(default=None, kw_only=True)
    nominal_current: CurrentValue | None = Field(default=None, kw_only=True)
    points: int = Field(default=200, ge=2)
    temperature: Temperature | None = None
    drawn: ClassVar = "cycles"
    imposed: ClassVar = "current"

    @model_validator(mode="after")
    def _some(self) -> RateTest:
        if not self.rates:
            raise InputError("a rate test needs at least one rate: rates=['C/10', '1C'].")
        if self.nominal_current is not None and not self.nominal_current > 0:
            raise InputError(f"nominal_current is the size of 1C, but {self.nominal_current:g} is not above 0.")
        return self

    @property
    def charging(self) -> Value:
        """C-rate of the charges."""
        return min(self.rates) if self.charge is None else self.charge

    def one_c(self, cell: Cell) -> float:
        """Return the current [A] of 1C in a cell.

        Raises
        ------
        InputError
            Nobody says it, and the positive electrode of the cell is no host.
        """
        if self.nominal_current is not None:
            return amperes(self.nominal_current, cell)
        capacity = host_capacities(cell).get("positive")
        if capacity is None:
            raise InputError(
                f"{cell.name}: 1C fills the host at the positive electrode in an hour, and this cell has none there. "
                f"Turn it round if it has one at the other end (cell.reversed()), take Cycling for a symmetric cell, "
                f"or say what 1C is: nominal_current='1 mA/cm^2'."
            )
        return capacity / 3600

    def segments(self, cell: Cell) -> tuple[Segment, ...]:
        """A charge, then a discharge and a charge for each rate; rests are stretches of their own."""
        one, low, high = self.one_c(cell), float(self.limits[0]), float(self.limits[1])
        result: list[Segment] = []

        def append(control: CurrentRamp, duration: float, cycle: int, **more: object) -> None:
            times = mixed_times(duration, self.points)
            result.append(Segment(control, duration, times, cycle, len(result), **more))  # type: ignore[arg-type]

        discharge, charge = Limits(low=low), Limits(high=high)  # the other one is where a half cycle begins
        for cycle, rate in enumerate((None, *self.rates)):
            halves = [] if rate is None else [(-one, rate, discharge)]
            for size, times, limits in (*halves, (one, self.charging, charge)):
                number = 2 * cycle - (limits is discharge)
                append(CurrentRamp(size * times), LONGEST * 3600 / times, cycle, limits=limits, half_cycle=number)
                if self.rest is not None:
                    append(CurrentRamp(0.0), float(self.rest), cycle)
        return tuple(result)
