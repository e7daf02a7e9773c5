r"""The family of electrodes, and how one is declared (theory.md §3.1).

An electrode is a formula of its overpotential :math:`\eta = \varphi_{metal} - \varphi_{ion}`, written in its own
sense: ``current(eta, *, …)`` is the faradaic current density [A/m^2] of the area in contact, positive where it oxidises
(strips). Which end of the cell it stands at, the film in series, the contact fraction, the spots of the contact, the
gap and the double layer belong to the core.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Protocol, TypeVar, cast, dataclass_transform

import numpy as np
from pydantic import model_validator

from ..errors import InputError
from ..registry import Family
from ..unions import OneOf
from .interface import IDEAL, FilmResistance, InterfaceKind, check_interface, check_memories, common
from .kind import Added, Bound, Formula, asked_by, declare, has_formula
from .memories import Memory
from .numbers import Number
from .resolutions import AnyResolution, Resolution, Resolved
from .storage import Storage

__all__ = ["ELECTRODES", "AnyElectrode", "ElectrodeKind", "conduction", "electrode", "equilibrium", "spread"]


class ElectrodeKind(InterfaceKind, Protocol):
    """What every electrode has."""

    double_layer: Storage | None
    #: Whether it is of the ion's metal, whose potential is the reference: equilibrium 0 V, and ageing by voids.
    metal: ClassVar[bool]

    def doubts(self, density: float, voltage: float, temperature: float) -> str:
        """Say what results of up to a density [A/m^2], or an imposed voltage [V], have to warn of; "" for nothing."""
        return ""


ELECTRODES: Family[type] = Family("electrode")
_SURROUNDINGS = ("T", "f", "z", "salt")
_FORMULAS = (
    Formula("current", ("eta",), _SURROUNDINGS),
    Formula("slope", (), _SURROUNDINGS),
    Formula("equilibrium", (), ("T", "f", "z")),
    Formula("rails", (), _SURROUNDINGS),
)
_Class = TypeVar("_Class", bound=type)


@dataclass_transform(frozen_default=True)
def electrode(cls: _Class) -> _Class:
    r"""Declare an electrode: a class with fields and static formulas becomes a frozen noun of the family.

    Formulas may ask, by keyword, for the fields of the class, for its memories, and for ``T`` [K], ``f`` = zF/RT [1/V],
    ``z`` and ``salt`` = c/c_0 at the electrode (1 without a salt solution):

    - ``current(eta, *, …)`` [A/m^2], oxidation > 0; needed unless ``reacts = False``;
    - ``equilibrium(*, …)``, the potential against the ion's metal [V] at which no current flows; an electrode with
      ``metal = True`` has 0 V;
    - ``slope(*, …)``, dj/deta at rest [S/m^2], optional: by default it is taken by a complex step;
    - ``rails(*, …)``, of an electrode with a thickness: its resistance to ions and to electrons over all of it, a pair
      [ohm m^2]. It gets the field ``resolution``; the core does the rest;
    - the drive of every memory, ``drive(j, eta, *, …)``.

    and the method ``doubts(self, density, voltage, temperature)``, what a result has to warn of, optional.

    Every number may be a law of temperature. ``double_layer``, ``electronic_resistance``, ``film_resistance``,
    ``contact``, ``ageing``, ``name``, ``description`` and ``type`` are added, keyword only.

    Raises
    ------
    InputError
        Where something is missing or asked for in vain; the sentence says what.

    Examples
    --------
    >>> import mgtwin as mt
    >>> from typing import Annotated
    >>> @electrode
    ... class LinearElectrode:
    ...     resistance: Annotated[float, mt.Quantity("ohm*m^2", gt=0)]
    ...     metal = True
    ...     @staticmethod
    ...     def current(eta, *, resistance):
    ...         return eta / resistance
    >>> LinearElectrode("100 ohm*cm^2", double_layer="10 uF/cm^2").type
    'linear_electrode'
    >>> ELECTRODES.discard("linear_electrode")  # else it stays for as long as this Python runs
    """
    defaults: Mapping[str, object] = {
        "reacts": True, "metal": False, "memories": {}, "colour": "#d9d9d9", "doubts": ElectrodeKind.doubts
    }  # fmt: skip
    for name, value in defaults.items():
        if name not in vars(cls):
            setattr(cls, name, value)
    added = common("double_layer", IDEAL)
    # a film stands in series with the faradaic current: where none flows the field would never do anything
    if vars(cls)["reacts"]:
        added["film_resistance"] = Added(FilmResistance, IDEAL)
    if has_formula(cls, "rails"):
        added["resolution"] = Added(AnyResolution | None, None, shown=False)
    memories: Mapping[str, Memory] = vars(cls)["memories"]
    drives = [Formula(memory.drive, ("j", "eta"), _SURROUNDINGS) for memory in memories.values()]

    @model_validator(mode="after")
    def goes_together(self: ElectrodeKind) -> ElectrodeKind:
        """Refuse ageing that never acts, and a gap without a capacitor."""
        if self.ageing and not self.reacts:
            raise InputError(
                f"no faradaic current crosses a {self.type} electrode, so {self.ageing[0].type} would never act there: "
                f"give the ageing to a plating electrode or a junction."
            )
        check_interface(self.contact, self.ageing, self.double_layer, metal=self.metal)
        return self

    validators = {"_goes_together": goes_together}

    def check(made: type) -> None:
        name, own = made.__name__, vars(made)
        if own["reacts"] and not has_formula(made, "current"):
            raise InputError(
                f"{name} is an electrode without the formula current(): define the static method current(eta, *, …), "
                f"or say reacts = False for an electrode that blocks the ions."
            )
        if not own["reacts"] and (own["metal"] or has_formula(made, "current")):
            raise InputError(
                f"{name} says reacts = False, but has a current or is of the metal: leave one of them out."
            )
        if own["reacts"] and not own["metal"] and not has_formula(made, "equilibrium"):
            raise InputError(
                f"{name} is an electrode that reacts, without the formula equilibrium(): define the static method "
                f"equilibrium(*, …), the potential [V] against the ion's metal at which no current flows, or say "
                f"metal = True (0 V)."
            )
        check_memories(made)

    return cast(_Class, declare(cls, ELECTRODES, [*_FORMULAS, *drives], added, check, validators))


def equilibrium(bound: Bound) -> Number | None:
    """Return the potential [V] against the ion's metal at which an electrode is at rest; None where it is inert."""
    if not bound.kind.reacts:
        return None
    return bound.call("equilibrium") if has_formula(bound.kind, "equilibrium") else 0.0


def conduction(bound: Bound, resolution: Resolution | None, admittance: Number = 0.0) -> Number:
    """Return what conduction over the thickness of an electrode adds to 1/Y [ohm*m^2]; 0 where it has none.

    Parameters
    ----------
    bound : Bound
    resolution : Resolution or None
        None: resolved.
    admittance
        Y of all reaction and double layer [S/m^2].
    """
    if not has_formula(bound.kind, "rails"):
        return 0.0
    ions, electrons = bound.call("rails")
    chosen = Resolved if resolution is None else type(resolution)
    given = {"ions": ions, "electrons": electrons}
    return chosen.added(admittance, **{name: given[name] for name in asked_by(chosen, "added")})


def spread(bound: Bound, density: Number) -> Number:
    r"""Return by how much the driving force differs over an electrode at a current density [A/m^2], in V.

    :math:`\frac i2\max(R_i/R_e, R_e/R_i)\,R_iR_e/(R_i + R_e) = \frac i2\max(R_i, R_e)^2/(R_i + R_e)`; 0 where it has
    no thickness.
    """
    if not has_formula(bound.kind, "rails"):
        return 0.0
    ions, electrons = bound.call("rails")
    return abs(density) / 2 * np.maximum(ions, electrons) ** 2 / (ions + electrons)


#: Field that holds an electrode of any kind.
AnyElectrode = Annotated[ElectrodeKind, OneOf(ELECTRODES)]
