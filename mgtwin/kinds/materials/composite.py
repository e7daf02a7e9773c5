"""Several phases mixed on a fine scale (theory.md §2.6)."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from ...errors import InputError
from ..fractions import Amount, Fraction, FractionProfile, fraction_at
from ..mixing import Mixing
from ..noun import noun
from ..numbers import Number, is_zero
from ..own import Own, alone
from .base import material
from .mixture import Content, Mixture, PhaseMaterial

__all__ = ["Composite", "Phase"]


@noun
class Phase:
    """One phase of a `Composite`.

    Parameters
    ----------
    name : str
        Part of the paths of its numbers: ``layers.membrane.material.phases.<name>.fraction``.
    material : Insulator, IonConductor, MixedConductor or BinaryElectrolyte
        The numbers are those of the pure phase; a salt solution that reaches from face to face carries its
        concentration (the `porosity` of the solution itself is then 1).
    fraction : float, Linear or Profile, optional
        Of the volume, in [0, 1].
    amount : Mass or Volume, optional
        What goes into the mixture, in place of `fraction`. With neither the phase is what remains.

    Raises
    ------
    InputError
        With both `fraction` and `amount`.

    Examples
    --------
    >>> from mgtwin.cells import Insulator
    >>> Phase("grains", Insulator(), 0.4).fraction
    Value(0.4, unit='')
    """

    name: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    material: PhaseMaterial
    fraction: Fraction | None = None
    amount: Amount | None = None

    @model_validator(mode="after")
    def _once(self) -> Phase:
        if self.fraction is not None and self.amount is not None:
            raise InputError(f"phase {self.name!r} has a fraction and an amount: give one of them.")
        return self


@material
class Composite(Mixture):
    r"""Several phases mixed on a scale much finer than the layer, with effective properties.

    The ionic and the electronic conductivity and the permittivity are mixed separately, each by a rule; the chemical
    capacitance is the sum over the volume, :math:`c_{chem} = \sum_k\varphi_k c_{chem,k}`. Where electrons percolate the
    mixture is a mixed conductor with one local potential E in all phases, else an ion conductor. Effective values are
    those of the ions of all phases together, whatever these ions are.

    Parameters
    ----------
    phases : sequence of Phase
        At least two. Their fractions add up to 1; one may leave it out. Or all have an amount (a recipe).
    mixing : mixing rule
        Of the ionic conductivity, and of the electronic one unless it has its own.
    electronic_mixing, permittivity_mixing : mixing rule, optional
        Without a rule for the permittivity the layer has no geometric capacitance.
    name, description : str
        For people; keyword only.

    Raises
    ------
    InputError
        Fractions that do not add up to 1 (at some x/L) or leave less than nothing; an unknown phase in a rule; equal
        names; electrons that percolate in a part of a graded layer only.

    Examples
    --------
    >>> from mgtwin.cells import Bruggeman, IonConductor, MixedConductor
    >>> grains = Phase("grains", MixedConductor("1 mS/cm", "1e-8 S/cm", "1 F/cm^3"), 0.1)
    >>> gel = Phase("gel", IonConductor("0.1 mS/cm"))
    >>> Composite([grains, gel], Bruggeman()).electrons_percolate
    False
    """

    phases: tuple[Phase, ...]
    mixing: Mixing
    electronic_mixing: Mixing | None = None
    permittivity_mixing: Mixing | None = None

    @field_validator("phases")
    @classmethod
    def _several(cls, phases: tuple[Phase, ...]) -> tuple[Phase, ...]:
        names = [phase.name for phase in phases]
        if len(phases) < 2:
            raise InputError("a composite needs at least two phases.")
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise InputError(f"two phases are called {twice[0]!r}: rename one.")
        measured = [phase.name for phase in phases if phase.amount is not None]
        if measured and len(measured) < len(phases):
            without = [name for name in names if name not in measured]
            raise InputError(f"with amounts every phase needs one; {', '.join(without)} has none.")
        if measured and not any(phase.amount.size(alone(phase.amount)) for phase in phases if phase.amount):
            raise InputError("the amounts of all phases are 0: give at least one of them more than nothing.")
        if not measured and sum(phase.fraction is None for phase in phases) > 1:
            unknown = [phase.name for phase in phases if phase.fraction is None]
            raise InputError(f"only one phase can be what remains, but {' and '.join(unknown)} have no fraction.")
        return phases

    @model_validator(mode="after")
    def _consistent(self) -> Composite:
        self.check_phases()
        return self

    colour = "#dadaeb"

    @cached_property
    def contents(self) -> tuple[Content, ...]:  # type: ignore[override]
        """The phases in their order."""
        return tuple(Content(phase.name, phase.material, f"phases.{phase.name}.material") for phase in self.phases)

    @property
    def profiles(self) -> tuple[float | FractionProfile | None, ...]:
        """The fractions of the phases."""
        return tuple(phase.fraction for phase in self.phases)

    def fractions_at(self, own: Own, position: Number) -> list[Number]:
        """Volume fractions of the phases at x/L; see `Mixture`."""
        amounts = [phase.amount for phase in self.phases]
        if amounts[0] is not None:
            volumes = [
                amount.size(own.below(f"phases.{phase.name}.amount"))
                for phase, amount in zip(self.phases, amounts, strict=True)
                if amount is not None
            ]
            total = sum(volumes)
            # nothing stays a plain 0, which a quotient of symbols would not be
            return [0.0 if is_zero(volume) else volume / total for volume in volumes]
        found = [
            None
            if phase.fraction is None
            else fraction_at(phase.fraction, own, f"phases.{phase.name}.fraction", position)
            for phase in self.phases
        ]
        given = sum(value for value in found if value is not None)
        return [1 - given if value is None else value for value in found]
