"""How a kind is declared: what its family adds to it, and the contract of its formulas, checked when it is made.

A kind is a frozen noun with static formulas. Each keyword-only parameter of a formula is a field of the kind, one of
its memories, or one of the surroundings that its family offers; the formula itself is written with operators and NumPy
ufuncs, so that floats, arrays, complex numbers and symbols go through it alike. Whatever runs formulas asks here which
names they want, and knows of no kind by name.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

from ..errors import InputError
from ..quantities import Quantity
from ..registry import Family
from .noun import noun, remembered
from .numbers import FARADAY, GAS_CONSTANT, Number

__all__ = [
    "Added",
    "Bound",
    "Formula",
    "KindClass",
    "Readable",
    "asked_by",
    "check_bounds",
    "declare",
    "has_formula",
    "import_kinds",
    "type_name",
]


#: A class that a family's decorator made: it has the attributes of its family, which no static type of a class says.
KindClass: TypeAlias = Any


@dataclass(frozen=True)
class Formula:
    """A formula of a family: how it is called, and what it may ask for beside the fields of its kind.

    Attributes
    ----------
    name : str
    arguments : tuple of str
        What it is given by position, for messages.
    surroundings : tuple of str or None
        Names that it may ask for beside fields and memories; None where any may turn out to be known.
    required : bool
        Whether every kind must have it.
    """

    name: str
    arguments: tuple[str, ...] = ()
    surroundings: tuple[str, ...] | None = ()
    required: bool = False

    def check(self, cls: type, article: str, known: set[str]) -> None:
        """Refuse it in a class where it is missing, no static method, called otherwise, or asks for too much."""
        given = vars(cls).get(self.name)
        place = f"{cls.__name__}.{self.name}"
        called = f"({', '.join([*self.arguments, '*', '…'])})"
        if given is None:
            if self.required and not has_formula(cls, self.name):
                raise InputError(
                    f"{cls.__name__} is {article} without the static method {self.name}{called}: define it."
                )
            return
        if not isinstance(given, staticmethod):
            raise InputError(f"{place} must be a static method {called}: put @staticmethod above it.")
        parameters = inspect.signature(given.__func__).parameters.values()
        positional = [item for item in parameters if item.kind in (item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD)]
        if len(positional) != len(self.arguments):
            raise InputError(
                f"{place} takes {len(positional)} arguments by position, but it is called with {len(self.arguments)}: "
                f"write {called}, with what else it needs after the *."
            )
        for item in parameters:
            offered = {*known, *(self.surroundings if self.surroundings is not None else (item.name,))}
            if item.kind is item.KEYWORD_ONLY and item.name not in offered:
                raise InputError(
                    f"{place} asks for {item.name}: neither a field, a memory nor one of "
                    f"[{', '.join(self.surroundings or ())}]. Declare the field {item.name}, or take its name from "
                    f"that list."
                )


@dataclass(frozen=True)
class Added:
    """A field that a family gives to each of its kinds unless the kind declares it itself (to fix its position)."""

    annotation: object
    default: object = dataclasses.MISSING
    shown: bool = True


def type_name(cls: type) -> str:
    """Return the name that a kind has in files: that of its class in lower case with underscores.

    Examples
    --------
    >>> type_name(type("FatigueContactLoss", (), {})), type_name(type("CPE", (), {}))
    ('fatigue_contact_loss', 'cpe')
    """
    return re.sub("(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()


def declare(
    cls: type,
    family: Family[Any],
    formulas: Sequence[Formula],
    added: Mapping[str, Added],
    check: Callable[[type], None],
    validators: Mapping[str, object] | None = None,
    depth: int = 2,
) -> type:
    """Make a class a kind of a family: add fields, check the contract, make it a noun, put it into the registry.

    Parameters
    ----------
    cls : type
    family : Family
    formulas : sequence of Formula
        All that a kind of this family may define.
    added : mapping of str to Added
        Fields beside its own, keyword only; ``type`` comes by itself.
    check : callable
        ``check(cls)`` refuses a class that lacks what the family needs; called before anything is registered.
    validators : mapping, optional
        pydantic validators of every kind of the family, by name.
    depth : int
        How many calls away the class is written, where its annotations have a meaning: 2 from a family's decorator.

    Raises
    ------
    InputError
        The class breaks the contract; the sentence says what is missing.
    """
    # Annotations are texts by then (`from __future__ import annotations`), and a kind may be written inside a
    # function: only the frame in which the class stands knows what the names in them mean.
    written = sys._getframe(depth)
    try:
        annotations = dict(
            inspect.get_annotations(cls, globals=written.f_globals, locals=written.f_locals, eval_str=True)
        )
    except NameError as error:
        raise InputError(
            f"{cls.__name__}: the annotation of a field names {error.name!r}, which is not known there."
        ) from None
    given = vars(cls).get("type")
    name = given if isinstance(given, str) else type_name(cls)
    for key, extra in {**added, "type": Added(Literal[name], name, shown=False)}.items():
        if key not in annotations:
            annotations[key] = extra.annotation
            setattr(cls, key, dataclasses.field(default=extra.default, kw_only=True, repr=extra.shown))
    cls.__annotations__ = annotations
    for key, validator in (validators or {}).items():
        setattr(cls, key, validator)
    check(cls)
    known = {*annotations, *vars(cls).get("memories", {})}
    for formula in formulas:
        formula.check(cls, family.article, known)
    # last: a class that breaks the contract must leave no trace, or the corrected one is refused for having its name
    made = noun(cls)
    family.add(name, made)
    return made


@remembered
def has_formula(kind: type, name: str) -> bool:
    """Tell whether a kind defines a formula."""
    # getattr would hand out the bare function, and a field or property of that name would pass for a formula
    return isinstance(inspect.getattr_static(kind, name, None), staticmethod)


@remembered
def asked_by(kind: type, formula: str) -> tuple[str, ...]:
    """Return the names that a formula of a kind asks for, in its own order."""
    parameters = inspect.signature(getattr(kind, formula)).parameters.values()
    return tuple(item.name for item in parameters if item.kind is item.KEYWORD_ONLY)


class Readable(Protocol):
    """What formulas need of a reader of a cell's numbers."""

    @property
    def temperature(self) -> Number:
        """T [K]."""

    def number(self, path: str) -> Number:
        """Return the number at a dotted path."""

    def property(self, path: str, T: Number) -> Number:
        """Return the number or law at a dotted path, evaluated at T [K]."""


#: Surroundings that follow from the cell alone, whatever the family: temperature [K], charge number, zF/RT [1/V],
#: molar volume of the ion's metal [m3/mol].
_OF_THE_CELL: Mapping[str, Callable[[Readable], Number]] = {
    "T": lambda reader: reader.temperature,
    "z": lambda reader: reader.number("ion.charge"),
    "f": lambda reader: reader.number("ion.charge") * (FARADAY / GAS_CONSTANT / reader.temperature),
    "molar_volume": lambda reader: reader.number("ion.molar_volume"),
}


class Bound:
    """A kind at its place in a cell: calls formulas with the fields that they ask for, each read when it is wanted.

    Parameters
    ----------
    kind : type
    path : str
        Of the noun in the cell, for example ``positive``.
    reader : Readable
        Returns floats, arrays over parameter sets, or symbols.
    **known
        Values of surroundings and memories by name, in place of what the cell says.

    Examples
    --------
    >>> import mgtwin as mt
    >>> from mgtwin.cells import Reader
    >>> cell = mt.cell("trilayer")
    >>> bound = Bound(type(cell.positive), "positive", Reader(cell), salt=1.0)
    >>> float(bound.call("current", 0.0))
    0.0
    """

    def __init__(self, kind: KindClass, path: str, reader: Readable, **known: Number) -> None:
        self.kind, self.path = kind, path
        self._reader, self._known = reader, known

    def value(self, name: str) -> Number:
        """Return a field or one of the surroundings.

        Raises
        ------
        InputError
            A parameter set gives a field a value outside its bounds.
        """
        if name in self._known:
            return self._known[name]
        if name in _OF_THE_CELL:
            return _OF_THE_CELL[name](self._reader)
        path = f"{self.path}.{name}"
        value = self._reader.property(path, self._reader.temperature)
        if isinstance(value, np.ndarray):  # single numbers were judged when the noun was made
            check_bounds(self.kind, name, path, value)
        return value

    def call(self, formula: str, *arguments: Number, **known: Number) -> Number:
        """Return the value of a formula; `known` are memories, or values in place of fields."""
        value = self.value
        given = {name: known[name] if name in known else value(name) for name in asked_by(self.kind, formula)}
        return getattr(self.kind, formula)(*arguments, **given)

    def reads(self, formula: str) -> tuple[str, ...]:
        """Return the dotted paths of the fields that a formula reads."""
        return tuple(
            f"{self.path}.{name}"
            for name in asked_by(self.kind, formula)
            if name not in self._known and name not in _OF_THE_CELL
        )


@remembered
def _bounds(kind: type, field: str) -> tuple[float | None, float | None, float | None, float | None]:
    """Bounds (gt, ge, lt, le) of the number in a field."""
    from typing import get_args, get_type_hints  # only when arrays are judged

    hint = get_type_hints(kind, include_extras=True).get(field)
    for note in (note for part in (hint, *get_args(hint)) for note in (*getattr(part, "__metadata__", ()), part)):
        quantity = getattr(note, "quantity", note)
        if isinstance(quantity, Quantity):
            return quantity.bounds
    return (None, None, None, None)


def check_bounds(kind: type, field: str, path: str, value: np.ndarray) -> None:
    """Refuse values of a field outside the bounds of its kind; `path` is for the message."""
    gt, ge, lt, le = _bounds(kind, field)
    least, most = value.min(initial=np.inf), value.max(initial=-np.inf)  # both nan where one is, which nothing allows
    for bound, relation, extreme, allows in (
        (gt, "greater than", least, lambda limit: least > limit),
        # a derivative at a bound steps over it by a hundred-thousandth: an ideal capacitor has n = 1
        (ge, "at least", least, lambda limit: least >= limit - 2e-5 * abs(limit)),
        (lt, "less than", most, lambda limit: most < limit),
        (le, "at most", most, lambda limit: most <= limit + 2e-5 * abs(limit)),
    ):
        if bound is not None and not allows(bound):
            raise InputError(f"{path} must be {relation} {bound:g}, but {extreme:g} was given.")


def import_kinds(package: str, path: Iterable[str]) -> list[str]:
    """Import every module of a package of kinds, take over its public names, and return these.

    A file that is put into the package declares itself, and no list has to be told.
    """
    names: dict[str, object] = {}
    for found in iter_modules(list(path)):
        module = import_module(f"{package}.{found.name}")
        names |= {name: vars(module)[name] for name in module.__all__}
    vars(sys.modules[package]).update(names)
    return list(names)
