r"""The family of probes: what a reference electrode is in contact with, and so which potential it reads (theory.md §4).

A probe passes no current. It says which carrier it exchanges, and by the static formula ``reads(ionic, local)`` which
potential [V] it shows: a combination, linear and homogeneous, of the ionic potential :math:`\varphi_{ion}` and the
local electrode potential :math:`E = \varphi_{eon} - \varphi_{ion}` at its place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Annotated, ClassVar, TypeVar, dataclass_transform

from ..registry import Family
from ..unions import OneOf
from .carriers import Carrier
from .declare import declared, require
from .kind import Formula
from .numbers import Number

__all__ = ["PROBES", "AnyProbe", "Probe", "probe"]

PROBES: Family[type[Probe]] = Family("probe")
"""What a reference electrode can be, by the name that it has in files."""

_Class = TypeVar("_Class")


class Probe:
    """Base of the probes."""

    type: str
    carrier: ClassVar[Carrier]
    """Which carrier it exchanges with the layer at its place, and so has to move there."""
    reads: ClassVar[Callable[..., Number]]
    """The potential [V], ``reads(ionic, local)``."""


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def probe(cls: type[_Class]) -> type[_Class]:
    """Declare a probe: a class with ``carrier`` and the static method ``reads(ionic, local)``.

    Raises
    ------
    InputError
        When the class is made: it does not say which carrier it exchanges, or what it reads.

    Examples
    --------
    >>> @probe
    ... class MixedProbe:
    ...     carrier = Carrier.ELECTRONS
    ...
    ...     @staticmethod
    ...     def reads(ionic, local):
    ...         return ionic + 0.5 * local
    >>> MixedProbe().type
    'mixed_probe'
    >>> PROBES.discard("mixed_probe")
    """

    def check(made: type[Probe]) -> None:
        require("carrier" in vars(made), made, PROBES, "without carrier: say which carrier it exchanges.")

    return declared(cls, PROBES, Probe, check, [Formula("reads", ("ionic", "local"), required=True)])


#: Field that holds a probe of any kind.
AnyProbe = Annotated[Probe, OneOf(PROBES)]
