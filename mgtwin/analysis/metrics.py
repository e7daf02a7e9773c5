"""The family of metrics: one number read off a Dataset, by name in files and as a function in Python.

What an experiment observed, what a study sweeps or optimises, what the command line lists and what the reference shows
are the same functions: a metric is declared once, by `metric`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, wraps
from math import isnan
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar

from mgtwin.analysis._common import require
from mgtwin.analysis.linear import Quotient
from mgtwin.errors import InputError, did_you_mean
from mgtwin.quantities import format_value, parse
from mgtwin.registry import Family

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import core_schema

__all__ = [
    "METRICS",
    "OBSERVED",
    "REFERENCE",
    "ArgumentError",
    "Declaration",
    "Function",
    "Measure",
    "Point",
    "Reading",
    "declaration",
    "metric",
    "shown",
]

#: Data in, one number out (for batched metrics one for each point).
Function: TypeAlias = Callable[..., Any]
_Function = TypeVar("_Function", bound=Function)
#: A run, the one it is compared with, whether it was on a plateau, and arguments -> the number in unknowns.
Linear: TypeAlias = Callable[..., Quotient]
#: ``point(data, value, **arguments)``: where the signal would pass, quantity to number [SI], were `value` read off it.
Point: TypeAlias = Callable[..., Mapping[str, float]]

METRICS: Family[Function] = Family("metric")

#: Arguments that an experiment fills in and files do not give: another run, and what was observed.
REFERENCE, OBSERVED = "reference", "observed"
#: What a file says instead of `reference`: which run of the same folder that is.
WHICH_REFERENCE = ("to_cell", "to_overlays", "to_experiment", "to_step")
#: What a unit looks like; whether it is one shows when a value is written in it (asking pint here would import it).
UNIT = re.compile(r"(1|[A-Za-z]{1,4}(\^-?\d+)?)?([*/][A-Za-z]{1,4}(\^-?\d+)?)*")


@dataclass(frozen=True)
class Declaration:
    """What `metric` notes of a function.

    Attributes
    ----------
    units, long_name : str
        SI unit (``""`` if not stated), and what it is in words.
    batched, series : bool
        Whether it takes a batch of spectra at once, or several Datasets in place of one.
    quantities : mapping
        SI units of those arguments that are quantities.
    linear : callable or None
        The number as a `Quotient` of unknown resistivities, where it has that form.
    point : callable, optional
        Where in the signal it reads.
    """

    units: str = ""
    long_name: str = ""
    batched: bool = False
    series: bool = False
    quantities: Mapping[str, str] = field(default_factory=dict)
    linear: Linear | None = None
    point: Point | None = None


class Reading(float):
    """A number with what is worth saying about how it was read; NaN where the data do not show it.

    Parameters
    ----------
    value : float
    remark : str
    **numbers : float
        Further numbers that belong to it.

    Examples
    --------
    >>> found = Reading(0.0769, "read at 0.1 s", true=0.99)
    >>> found * 2, found.remark, found.numbers
    (0.1538, 'read at 0.1 s', {'true': 0.99})
    """

    remark: str
    numbers: Mapping[str, float]

    def __new__(cls, value: float, remark: str = "", **numbers: float) -> Self:
        self = super().__new__(cls, value)
        self.remark, self.numbers = remark, numbers
        return self

    @classmethod
    def of(cls, value: float) -> Reading:
        """Return what a metric gave as a Reading, without a remark where it gave a plain number."""
        match value:
            case Reading():
                return value
        return cls(value)


class ArgumentError(InputError):
    """A metric has no argument of this name; `argument` is the name, for the place in a file."""

    def __init__(self, argument: str, allowed: Sequence[str]) -> None:
        self.argument = argument
        hint = did_you_mean(argument, allowed) or f" Known: {', '.join(allowed) or 'none'}."
        super().__init__(f"{argument!r} is no argument of this metric.{hint}")


def metric(
    units: str,
    long_name: str = "",
    *,
    name: str | tuple[str, ...] = (),
    needs: Sequence[str] = (),
    quantities: Mapping[str, str] | None = None,
    batched: bool = False,
    series: bool = False,
    linear: Linear | None = None,
    point: Point | None = None,
) -> Callable[[_Function], _Function]:
    """Return a decorator that makes a function Dataset -> number a metric, known by its name wherever one is asked for.

    Parameters
    ----------
    units : str
        SI unit of the number returned, ``"1"`` for a pure number.
    long_name : str
        What it is in words; by default the name of the function.
    name : str or tuple of str
        Name, or names, in files; by default that of the function.
    needs : sequence of str
        Variables that the Dataset must have; any other Dataset is refused with a sentence that says what is missing.
    quantities : mapping of str to str
        SI unit of each argument that is a quantity, so that files give it with a unit.
    batched : bool
        The function also takes spectra with a further dimension ``point``, and returns one number for each: studies
        then call it once for many spectra. What varies between the points is a coordinate under its dotted path.
    series : bool
        The function takes a list of Datasets (temperatures, or the steps of a sequence) instead of one.
    linear : callable, optional
        ``linear(run, reference, plateau, **arguments)`` returns the number as a `Quotient` of what it asks the run (and
        the one it is compared with) for, see `Resistances`. `plateau` tells whether the source claims that it was read
        on one.
    point : callable, optional
        ``point(data, value, **arguments)`` returns the point of the signal, ``{"cycle": 1, "voltage": value}``, through
        which it passes where the number is `value`: there figures draw what was observed.

    Raises
    ------
    InputError
        `units` is no unit, or another metric has the name.

    Examples
    --------
    >>> @metric("ohm", "resistance at 1 kHz", needs=["impedance"], batched=True)
    ... def resistance_at_1_kHz(eis):
    ...     return eis["impedance"].real.sel(frequency=1e3)
    >>> METRICS["resistance_at_1_kHz"] is resistance_at_1_kHz, declaration(resistance_at_1_kHz).units
    (True, 'ohm')
    """
    if not UNIT.fullmatch(units):
        raise InputError(f"{units!r} is not a unit: write @metric('ohm', 'what it is in words').")
    names = (name,) if isinstance(name, str) else tuple(name)

    def declare(function: _Function) -> _Function:
        own = function.__name__

        @wraps(function)
        def read(data: Any, *arguments: object, **named: object) -> object:
            # Data of another kind are refused before anything is read off them.
            for ds in data if series else (data,):
                require(ds, tuple(needs), own)
            return function(data, *arguments, **named)

        checked: _Function = read if needs else function  # type: ignore[assignment]
        words = long_name or own.replace("_", " ")
        noted = Declaration(units, words, batched, series, quantities or {}, linear, point)
        checked.__mgtwin_metric__ = noted  # type: ignore[attr-defined]
        for known in names or (own,):
            METRICS.add(known, checked)
        return checked

    return declare


def shown(value: float, unit: str, digits: int = 3) -> str:
    """Write a number as in a laboratory notebook.

    Examples
    --------
    >>> shown(4.9e-6, "S/m"), shown(0.0769, "")
    ('4.9e-8 S/cm', '0.0769')
    """
    if isnan(value):
        return "none"
    if unit == "V" and abs(value) < 1e-6:
        return "0 V"
    if unit == "ohm" and abs(value) >= 1e4:
        size, name = (1e6, "Mohm") if abs(value) >= 1e6 else (1e3, "kohm")
        return f"{value / size:.{digits}g} {name}"
    if unit == "S/m" and abs(value) < 1e-3:
        mantissa, _, exponent = f"{value / 100:.{digits}g}".partition("e")
        return f"{mantissa}e{int(exponent)} S/cm" if exponent else f"{mantissa} S/cm"
    return format_value(float(f"{value:.{digits}g}") if unit != "K" else value, unit)


def declaration(function: Function) -> Declaration:
    """Return what `metric` noted of a function, also below `functools.partial`; an empty one where it did not."""
    # arguments that are given beforehand change nothing in what a metric returns
    match function:
        case partial(func=inner):
            return declaration(inner)
    found: Declaration = getattr(function, "__mgtwin_metric__", Declaration())
    return found


@dataclass(frozen=True)
class Measure:
    """A metric with its arguments, as files write it.

    ``arcs``, ``{closure: {at: 0.1 Hz}}`` and ``{type: closure, at: 0.1 Hz}`` are three ways to write one.

    Parameters
    ----------
    name : str
        One of `METRICS`.
    arguments : mapping
        Further arguments of the function.

    Raises
    ------
    InputError
        There is no such metric, or it has no such argument.

    Examples
    --------
    >>> import mgtwin as mt
    >>> Measure("cycles_until", {"limit": "1 V"}).declaration.units
    '1'
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name not in METRICS:
            hint = did_you_mean(self.name, METRICS) or f" Known: {', '.join(METRICS)}."
            raise InputError(f"{self.name!r} is not a metric.{hint}")
        for key in self.arguments:
            if key not in self.allowed:
                raise ArgumentError(key, self.allowed)
        missing = [key for key in self._needed() if key not in self.arguments]
        if missing:
            raise InputError(
                f"the metric {self.name} needs {' and '.join(missing)}: {{type: {self.name}, {missing[0]}: ...}}."
            )

    @property
    def declaration(self) -> Declaration:
        """What is known of the metric."""
        return declaration(METRICS[self.name])

    @property
    def allowed(self) -> tuple[str, ...]:
        """Names of the arguments that a file may give."""
        # another run is a Dataset, which a file cannot hold: it says which run is meant instead
        found = tuple(name for name in self._parameters() if name not in (REFERENCE, OBSERVED))
        return (*found, *WHICH_REFERENCE) if self.takes(REFERENCE) else found

    def takes(self, argument: str) -> bool:
        """Tell whether the function has an argument of this name."""
        return argument in self._parameters()

    def _parameters(self) -> dict[str, inspect.Parameter]:
        _, *others = inspect.signature(METRICS[self.name]).parameters.items()
        return dict(others)

    def _needed(self) -> list[str]:
        empty = inspect.Parameter.empty
        return [key for key, item in self._parameters().items() if item.default is empty and key != REFERENCE]

    def __call__(self, data: Any, **context: Any) -> Any:
        """Read the number off a Dataset (or several); `context` is what the experiment fills in.

        Raises
        ------
        InputError
            The data are not of the kind that the metric reads.
        """
        # only an experiment knows its other runs; alone the metric would compare with nothing
        if self.takes(REFERENCE) and REFERENCE not in context:
            raise InputError(f"{self.name} compares with another run: ask for it in the observation of an experiment.")
        given = {key: item for key, item in self.arguments.items() if key not in WHICH_REFERENCE}
        return METRICS[self.name](data, **given, **{key: item for key, item in context.items() if self.takes(key)})

    def points(self, data: object, values: Sequence[float]) -> list[Mapping[str, float]]:
        """Return where the signal would pass, were these numbers read off it; empty where that is no point."""
        find = self.declaration.point
        return [] if find is None else [find(data, value, **self.arguments) for value in values]

    @classmethod
    def of(cls, raw: object, *, need_unit: bool = False) -> Measure:
        """Return the measure that a file writes; `need_unit` refuses quantities without one.

        Raises
        ------
        InputError
            It is none.
        """
        match raw:
            case Measure():
                return raw
            case str():
                return cls(raw)
            case {"type": str(name), **others}:
                found = cls(name, {str(key): item for key, item in others.items()})
            case Mapping() if len(raw) == 1:
                ((name, given),) = raw.items()
                if not isinstance(given, Mapping):
                    raise InputError("arguments of a metric are a mapping, as in {closure: {at: 0.1 Hz}}.")
                found = cls(str(name), dict(given))
            case _:
                raise InputError(f"a metric is a name or a mapping, {{type: closure, at: 0.1 Hz}}, not {raw!r}.")
        if need_unit:
            for key, unit in found.declaration.quantities.items():
                if found.arguments.get(key) is not None:
                    parse(found.arguments[key], unit, need_unit=True)
        return found

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        from pydantic_core import core_schema

        def read(raw: object, info: core_schema.ValidationInfo) -> Measure:
            return cls.of(raw, need_unit=bool((info.context or {}).get("file")))

        return core_schema.with_info_plain_validator_function(read)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: object, handler: object) -> dict[str, Any]:
        name = {"enum": list(METRICS)}
        return {"anyOf": [name, {"type": "object", "properties": {"type": name}, "required": ["type"]}]}
