"""Materials of several phases: composites of any phases, and porous solids with a liquid (theory.md §2.6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from ..errors import InputError
from ..kinds.noun import noun, one_of
from ..quantities import Value
from .fractions import Amount, Fraction, Linear, Mass, Profile
from .materials import IonConductor, MixedConductor
from .mixing import Mixing
from .mixtures import Content, Insulator, Mixture, PhaseMaterial
from .salts import BinaryElectrolyte

__all__ = ["Composite", "Material", "Phase", "Porous"]


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


@noun
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
    >>> from mgtwin.cells import Bruggeman
    >>> grains = Phase("grains", MixedConductor("1 mS/cm", "1e-8 S/cm", "1 F/cm^3"), 0.1)
    >>> gel = Phase("gel", IonConductor("0.1 mS/cm"))
    >>> Composite([grains, gel], Bruggeman()).electrons_percolate
    False
    """

    phases: tuple[Phase, ...]
    mixing: Mixing
    electronic_mixing: Mixing | None = None
    permittivity_mixing: Mixing | None = None
    name: str = field(default="", kw_only=True)
    description: str = field(default="", kw_only=True, repr=False)
    type: Literal["composite"] = field(default="composite", kw_only=True, repr=False)

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
        if not measured and sum(phase.fraction is None for phase in phases) > 1:
            unknown = [phase.name for phase in phases if phase.fraction is None]
            raise InputError(f"only one phase can be what remains, but {' and '.join(unknown)} have no fraction.")
        return phases

    @model_validator(mode="after")
    def _consistent(self) -> Composite:
        self._check()
        return self

    @property
    def contents(self) -> tuple[Content, ...]:
        """The phases in their order."""
        return tuple(Content(phase.name, phase.material, f"phases.{phase.name}.material") for phase in self.phases)

    @property
    def profiles(self) -> tuple[Any, ...]:
        """The fractions of the phases."""
        return tuple(phase.fraction for phase in self.phases)

    def fractions_at(self, number: Callable[[str], Any], position: Any) -> list[Any]:
        """Volume fractions of the phases at x/L; see `Mixture`."""
        if self.phases[0].amount is not None:
            volumes = [_volume(phase, number) for phase in self.phases]
            total = sum(volumes)
            return [volume / total for volume in volumes]
        found = [
            None
            if phase.fraction is None
            else _fraction(phase.fraction, f"phases.{phase.name}.fraction", number, position)
            for phase in self.phases
        ]
        given = sum(value for value in found if value is not None)
        return [1 - given if value is None else value for value in found]


def _volume(phase: Phase, number: Callable[[str], Any]) -> Any:
    path = f"phases.{phase.name}.amount"
    if isinstance(phase.amount, Mass):
        return number(f"{path}.mass") / number(f"{path}.density")
    return number(f"{path}.volume")


def _fraction(fraction: Any, path: str, number: Callable[[str], Any], position: Any) -> Any:
    """A fraction at x/L; None for what remains."""
    if fraction is None:
        return None
    if isinstance(fraction, Linear):
        return Linear.formula(position, left=number(f"{path}.left"), right=number(f"{path}.right"))
    return fraction(position) if isinstance(fraction, Profile) else number(path)


@noun
class Porous(Mixture):
    r"""A porous solid, its pores empty or partly filled with a liquid.

    Of the volume :math:`1-\varepsilon` is solid, :math:`\varepsilon S` liquid and :math:`\varepsilon(1-S)` gas. In
    everything else it is a `Composite` of the phases ``solid``, ``liquid`` and ``gas``.

    Parameters
    ----------
    solid : IonConductor, MixedConductor or Insulator
        Without pores.
    porosity : float, Linear or Profile
        :math:`\varepsilon` in [0, 1].
    mixing : mixing rule
        Of the ionic conductivity, and of the electronic one unless it has its own.
    liquid : IonConductor or BinaryElectrolyte, optional
        What fills the pores; a salt solution carries its concentration there.
    saturation : float, Linear or Profile
        S in [0, 1], the filled part of the pores.
    electronic_mixing, permittivity_mixing : mixing rule, optional
        Without a rule for the permittivity the layer has no geometric capacitance.
    name, description : str
        For people; keyword only.

    Raises
    ------
    InputError
        A porosity or saturation outside [0, 1], a saturation without a liquid; others as for `Composite`.

    Examples
    --------
    >>> from mgtwin.cells import PoreExponent
    >>> pellet = Porous(Insulator(), 0.35, PoreExponent("liquid"), IonConductor("11 mS/cm"), 0.4)
    >>> {name: round(value, 3) for name, value in pellet.fractions().items()}
    {'solid': 0.65, 'liquid': 0.14, 'gas': 0.21}
    """

    solid: PhaseMaterial
    porosity: Fraction
    mixing: Mixing
    liquid: (
        Annotated[
            IonConductor | Insulator | BinaryElectrolyte,
            Field(discriminator="type"),
            one_of("a liquid", "ion_conductor", "insulator", "binary_electrolyte"),
        ]
        | None
    ) = None
    saturation: Fraction = Value(0.0, unit="")
    electronic_mixing: Mixing | None = None
    permittivity_mixing: Mixing | None = None
    name: str = field(default="", kw_only=True)
    description: str = field(default="", kw_only=True, repr=False)
    type: Literal["porous"] = field(default="porous", kw_only=True, repr=False)

    @model_validator(mode="after")
    def _consistent(self) -> Porous:
        dry = isinstance(self.saturation, float) and self.saturation == 0
        if self.liquid is None and not dry:
            raise InputError("the pores have a saturation but no liquid: give the material of the liquid.")
        self._check()
        return self

    @property
    def contents(self) -> tuple[Content, ...]:
        """Solid, liquid (where there is one) and gas."""
        liquid = [] if self.liquid is None else [Content("liquid", self.liquid, "liquid")]
        return (Content("solid", self.solid, "solid"), *liquid, Content("gas", _GAS, ""))

    @property
    def profiles(self) -> tuple[Any, ...]:
        """Porosity and saturation."""
        return (self.porosity, self.saturation)

    def fractions_at(self, number: Callable[[str], Any], position: Any) -> list[Any]:
        """Volume fractions of solid, liquid and gas at x/L; see `Mixture`."""
        pores = _fraction(self.porosity, "porosity", number, position)
        if self.liquid is None:
            return [1 - pores, pores]
        filled = _fraction(self.saturation, "saturation", number, position)
        return [1 - pores, pores * filled, pores * (1 - filled)]


_GAS = Insulator(name="gas")


Material = Annotated[
    IonConductor | MixedConductor | BinaryElectrolyte | Composite | Porous,
    Field(discriminator="type"),
    one_of("a material", "ion_conductor", "mixed_conductor", "binary_electrolyte", "composite", "porous"),
]
