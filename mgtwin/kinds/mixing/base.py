"""The family of mixing rules: what a rule declares, and the decorator that takes it up."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Annotated, ClassVar, TypeVar, dataclass_transform

import numpy as np

from ...errors import InputError, did_you_mean
from ...plain import is_number
from ...registry import Family
from ...unions import OneOf
from .. import effective_medium
from ..declare import declared, require
from ..kind import Formula, asked_by
from ..numbers import Number

__all__ = ["MIXING_RULES", "Mixing", "MixingRule", "mixing_rule", "rest_of"]

MIXING_RULES: Family[type[MixingRule]] = Family("mixing rule")
"""The rules by the name that they have in files."""

_Class = TypeVar("_Class")


class MixingRule:
    """Base of the mixing rules; a rule is applied with `effective`."""

    type: str
    phase_field: ClassVar[str] = ""
    """The field that names a phase which plays a part of its own, ``""`` where all are alike."""
    numbers: ClassVar[tuple[str, ...]] = ()
    """What the formula asks for, in its order; filled in when the rule is declared."""
    iterates: ClassVar[bool] = False
    """Whether the equation is solved by iteration, which symbols reach only as a function of their own."""

    formula: ClassVar[Callable[..., Number]]
    """``formula(fractions, values, special, *, <number>, ...)``; see `effective`. `special` is the position of the
    phase that `phase_field` names."""

    def position(self, names: Sequence[str]) -> int:
        """Return the position of the phase that the rule names; -1 where it names none.

        Raises
        ------
        InputError
            If there is no such phase.
        """
        if not self.phase_field:
            return -1
        wanted = vars(self)[self.phase_field]
        if wanted in names:
            return names.index(wanted)
        raise InputError(
            f"{type(self).__name__}: there is no phase {wanted!r}.{did_you_mean(wanted, names)} "
            f"The phases are {', '.join(names)}."
        )

    def effective(self, fractions: Sequence[Number], values: Sequence[Number], names: Sequence[str] = ()) -> Number:
        """Return the effective value of a mixture.

        Parameters
        ----------
        fractions : sequence of float or ndarray
            Volume fractions of the phases, which add up to 1.
        values : sequence of float or ndarray
            Their conductivities (or permittivities), >= 0.
        names : sequence of str
            Of the phases, for a rule that names one.

        Raises
        ------
        InputError
            If the rule names a phase that is not among them.
        """
        numbers = {name: float(vars(self)[name]) for name in self.numbers}
        return self.formula(fractions, values, self.position(names), **numbers)


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def mixing_rule(cls: type[_Class]) -> type[_Class]:
    """Declare a mixing rule: fields, and the static method ``formula(fractions, values, special, *, <number>, ...)``.

    Sequences hold one entry for every phase. ``phase_field`` is the name of the field, if any, that names a phase; its
    place among the phases is `special`. A rule that solves its equation by iteration says ``iterates = True``.

    Raises
    ------
    InputError
        When the class is made: it has no formula, or one that asks for what is no field.

    Examples
    --------
    >>> @mixing_rule
    ... class Logarithmic:
    ...     @staticmethod
    ...     def formula(fractions, values, special):
    ...         return np.prod([value**fraction for fraction, value in zip(fractions, values)])
    >>> float(Logarithmic().effective([0.5, 0.5], [1.0, 4.0]))
    2.0
    >>> MIXING_RULES.discard("logarithmic")
    """
    formula = Formula("formula", ("fractions", "values", "special"), required=True)

    def check(made: type[MixingRule]) -> None:
        own = vars(made)["__annotations__"]
        require(
            not made.phase_field or made.phase_field in own,
            made,
            MIXING_RULES,
            f"without the field {made.phase_field}.",
        )
        made.numbers = asked_by(made, "formula")

    return declared(cls, MIXING_RULES, MixingRule, check, [formula])


#: Field that holds a mixing rule.
Mixing = Annotated[MixingRule, OneOf(MIXING_RULES)]


def rest_of(fractions: Sequence[Number], values: Sequence[Number], special: int) -> Number:
    """Value of all phases but one, as one medium."""
    others = [k for k in range(len(values)) if k != special]
    first, *more = [values[k] for k in others]
    if all(value is first or (is_number(value) and is_number(first) and value == first) for value in more):
        return first
    total = sum(fractions[k] for k in others)
    share = 1 / np.fmax(total, 1e-300)  # where there is no rest its value does not matter
    return effective_medium.bruggeman([fractions[k] * share for k in others], [values[k] for k in others])
