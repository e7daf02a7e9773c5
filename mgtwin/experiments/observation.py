"""What was observed, with its place, its uncertainty and the metric that reads the same number off a simulation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from ..analysis.metrics import Measure
from ..errors import InputError
from ..kinds.noun import noun
from ..plain import listed
from ..quantities import Quantity, Value, parse

__all__ = ["Names", "Observation"]

#: Half-width of a 95 % interval in standard deviations.
NORMAL_95 = 1.959964


def _quantity(raw: object) -> Value:
    """A number in SI with its unit, ``""`` where it has none: what an observation is of, no field can know."""
    found = parse(raw, None, allow_inf=True)
    return found if found.unit is not None else found.replace(unit="")


def _decades(raw: object) -> object:
    """A number of decades; not by units, in which a decade is ten years."""
    match raw:
        case str():
            number, _, word = raw.partition(" ")
            if word in ("decade", "decades"):
                return float(number) if number.replace(".", "", 1).isdigit() else raw
            raise InputError(f"a window is a number of decades, '1 decade', not {raw!r}.")
    return raw


#: One name, or several.
Names = Annotated[tuple[str, ...], BeforeValidator(listed)]


@noun
class Observation:
    """One thing that was observed in an experiment, or that could be.

    Parameters
    ----------
    name : str
        Short identifier, used in file names and tests.
    quantity : str
        What was observed, in words.
    where : str
        Place in the source.
    value : float, str or mapping, optional
        The number, with unit, uncertainty and how it is printed; left out where the source gives words.
    text : str
        The words of the source, where it gives words.
    accepted : (low, high), optional
        What counts as agreement. By default the range of `value`, or 1.96 standard deviations around it.
    because : str
        Why that interval, required with `accepted`.
    measure : Measure, optional
        The metric that reads the same number off a simulation, a name or ``{type: name, argument: value}``; without one
        nothing can be compared and `not_comparable` says why.
    step : int or tuple of int, optional
        Of a sequence, the step that is read (or steps, for metrics of several), counted from 0.
    resolution : float or str, optional
        Share of the value that two laboratories may differ by: what the readings predict of it is compared by that.
    not_comparable : str
        Why a simulated value, though shown, proves nothing for or against.
    calibrated : mapping of overlay to str
        In which readings, or with which ageing, the number was put into the parameters (or the outcome is built in),
        and how. ``all`` stands for all of them. In the others it is independent.
    refused : mapping of reading to str
        Readings that have no parameters for this observation because they contradict it, and why.
    cells, required, excluded : tuple of str
        The runs that it belongs to: cells by name (all if empty), overlays that must (``with`` in files) and must not
        (``without``) be applied.
    temperature : float, optional
        [K]; without it the observation was made at every temperature of the experiment.
    propagate : tuple of tuple of str
        Compare with the interval that the parameters' stated uncertainties give. Each inner tuple names parameters
        whose uncertainties have one common cause and move together; give ``[[]]`` where there are none.
    confidence : {"high", "medium", "low"}
        How sure it is that the source says this.
    source : str
        Key in a bibliography; by default that of the experiment.
    datum : str or tuple of str
        The printed numbers that it is made of, where other observations use them, too: they count once.
    claims : str or tuple of str
        What has to be true for the source's number to be that of the measure, in words: an observation counts only as
        long as nobody denies it (`mgtwin.reconcile`).
    alternative : mapping of str to str
        Readings of a damaged text that exclude each other, ``{exponent: "-8"}``: only those of one choice count.
    window : float or str, optional
        Decades of sampling times over which the value has to stay, ``"1 decade"``: it was read on a plateau.

    Examples
    --------
    >>> Observation("t_ion", "transport number", "§3.2", value={"value": 0.077, "range": [0.07, 0.085]},
    ...             measure="transport_number").interval
    (0.07, 0.085)
    """

    name: str
    quantity: str
    where: str
    value: Annotated[Value, BeforeValidator(_quantity)] | None = None
    text: str = ""
    accepted: tuple[Value, Value] | None = None
    because: str = ""
    measure: Measure | None = None
    not_comparable: str = ""
    calibrated: Mapping[str, str] = Field(default_factory=dict)
    refused: Mapping[str, str] = Field(default_factory=dict)
    cells: Names = ()
    required: Names = Field(default=(), alias="with")
    excluded: Names = Field(default=(), alias="without")
    temperature: Annotated[Value, Quantity("K", gt=0)] | None = None
    propagate: tuple[tuple[str, ...], ...] = ()
    confidence: Literal["high", "medium", "low"] = "high"
    source: str = ""
    step: int | tuple[int, ...] | None = None
    resolution: Annotated[Value, Quantity("", gt=0)] | None = None
    datum: Names = ()
    claims: Names = ()
    alternative: Mapping[str, str] = Field(default_factory=dict)
    window: Annotated[float, BeforeValidator(_decades), Field(gt=0)] | None = None

    @field_validator("accepted", mode="plain")
    @classmethod
    def _interval(cls, raw: object) -> tuple[Value, Value] | None:
        match raw:
            case None:
                return None
            case [lowest, highest]:
                low, high = _quantity(lowest), _quantity(highest)
            case _:
                raise InputError(f"an interval is two values, [lowest, highest], not {raw!r}.")
        # Zero and infinity are the same in every unit, so they need not say theirs.
        units = {item.unit or "" for item in (low, high) if item.unit and item != 0}
        if len(units) > 1:
            raise InputError(f"the ends of an interval have different dimensions: {' and '.join(sorted(units))}.")
        if low > high:
            raise InputError(f"the interval [{low:g}, {high:g}] is upside down: exchange its ends.")
        unit = units.pop() if units else ""
        return low.replace(unit=unit), high.replace(unit=unit)

    @model_validator(mode="after")
    def _complete(self) -> Observation:
        if self.value is None and not self.text:
            raise InputError("give what was observed: a value, or the words of the source as text.")
        if self.accepted is not None and not self.because:
            raise InputError("accepted: say in 'because' why this interval counts as agreement.")
        if self.measure is None and not self.not_comparable:
            raise InputError("without a measure nothing is compared: give one, or say why in not_comparable.")
        if self.measure is not None and self.interval is None and not self.not_comparable:
            raise InputError("give the value a std or a range, or give 'accepted' with 'because': what would agree?")
        if self.value is not None and self.accepted is not None:
            unit = self.accepted[0].unit
            needs_none = all(end == 0 or math.isinf(end) for end in self.accepted)
            if unit != self.value.unit and not needs_none:
                raise InputError(f"accepted is in {unit!r}, but the value in {self.value.unit!r}.")
        for one in (self.value, *(self.accepted or ())) if self.measure is not None else ():
            # numbers without a unit are in SI
            if one is not None and one.unit and math.isfinite(one):
                try:
                    parse(f"{float(one)!r} {one.unit}", self._units)
                except InputError as error:
                    raise InputError(
                        f"{self.measure.name if self.measure else ''} cannot be compared: {error}"
                    ) from None
        return self

    @property
    def _units(self) -> str:
        """SI unit of the metric, ``""`` if it has none."""
        units = "" if self.measure is None else self.measure.declaration.units
        return "" if units == "1" else units

    @property
    def unit(self) -> str:
        """SI unit of the number, ``""`` if it has none; that of the metric where the number is given without one."""
        said = self.value.unit if self.value is not None else self.accepted[0].unit if self.accepted is not None else ""
        return said or self._units

    @property
    def interval(self) -> tuple[float, float] | None:
        """What counts as agreement (SI), None where nothing does."""
        if self.accepted is not None:
            return float(self.accepted[0]), float(self.accepted[1])
        if self.value is None:
            return None
        if self.value.low is not None and self.value.high is not None:
            return self.value.low, self.value.high
        if self.value.std is not None:
            # A stated standard deviation is taken as that of a normal distribution, the usual meaning of ±.
            width = NORMAL_95 * self.value.std
            return float(self.value) - width, float(self.value) + width
        return None

    @property
    def interval_is(self) -> str:
        """What the interval means, in words."""
        if self.accepted is not None:
            return self.because
        if self.value is not None and self.value.low is not None:
            return self.value.note or "range stated with the value"
        return "95 %: 1.96 standard deviations" + (f" ({self.value.note})" if self.value and self.value.note else "")

    def calibrated_in(self, *overlays: str) -> str:
        """Say how the number got into the parameters of a reading or another overlay, ``""`` if it is independent."""
        return next((self.calibrated[name] for name in (*overlays, "all") if name in self.calibrated), "")

    def matches(self, cell: str, overlays: Iterable[str]) -> bool:
        """Tell whether it was made on this cell with these overlays."""
        together = frozenset(overlays)
        # No cell named means every cell of the experiment: most observations are of all.
        fits = not self.cells or cell in self.cells
        return fits and together.issuperset(self.required) and together.isdisjoint(self.excluded)
