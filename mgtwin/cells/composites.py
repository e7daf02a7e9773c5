"""Materials of several phases: composites of any phases, and porous solids with a liquid (theory.md §2.6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, field_validator, model_validator

from ..errors import InputError
from ..quantities import Quantity, Value
from .base import noun, one_of
from .capacitors import CPE
from .fractions import Amount, Fraction, Linear, Mass, Profile, breaks_of, is_graded
from .materials import DefectElectrons, IonConductor, MixedConductor
from .mixing import Mixing
from .paths import find

__all__ = [
    "Composite",
    "Content",
    "Insulator",
    "Material",
    "Mixture",
    "Phase",
    "Porous",
    "depends_on_potential",
    "has_electrons",
]

#: Fractions may miss a sum of 1, or the range from 0 to 1, by this much: the rounding of printed digits is no excuse,
#: that of binary numbers is.
ROUNDING = 1e-9
#: Positions between two breaks of the fractions at which a graded mixture is examined.
_SAMPLES = 16


@noun
class Insulator:
    """A phase that conducts neither ions nor electrons: an inert polymer or framework, a filler, an empty pore.

    Parameters
    ----------
    relative_permittivity : float
        >= 1, that of vacuum by default.
    name, description : str
        For people; keyword only.

    Examples
    --------
    >>> Insulator(7.0, name="PVA").relative_permittivity
    Value(7.0, unit='')
    """

    relative_permittivity: Annotated[float, Quantity("", ge=1)] = Value(1.0, unit="")
    name: str = field(default="", kw_only=True)
    description: str = field(default="", kw_only=True, repr=False)
    type: Literal["insulator"] = field(default="insulator", kw_only=True, repr=False)


PhaseMaterial = Annotated[
    Insulator | IonConductor | MixedConductor,
    Field(discriminator="type"),
    one_of("the material of a phase", "insulator", "ion_conductor", "mixed_conductor"),
]


class Content(NamedTuple):
    """A phase as the equations see it: name, material, and where in the mixture this stands (``""``: nowhere)."""

    name: str
    material: Any
    path: str


@noun
class Phase:
    """One phase of a `Composite`.

    Parameters
    ----------
    name : str
        Part of the paths of its numbers: ``layers.membrane.material.phases.<name>.fraction``.
    material : Insulator, IonConductor or MixedConductor
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


class Mixture:
    """What `Composite` and `Porous` share; both offer `contents` and `fractions_at`."""

    mixing: Any
    electronic_mixing: Any
    permittivity_mixing: Any
    grain_boundary = None

    @property
    def contents(self) -> tuple[Content, ...]:
        """The phases."""
        raise NotImplementedError

    @property
    def profiles(self) -> tuple[Any, ...]:
        """The fields that may vary through the layer."""
        raise NotImplementedError

    def fractions_at(self, number: Callable[[str], Any], position: Any) -> list[Any]:
        """Volume fractions of the contents at x/L, their numbers being read with ``number(path in the mixture)``."""
        raise NotImplementedError

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the phases."""
        return tuple(content.name for content in self.contents)

    @cached_property
    def graded(self) -> bool:
        """Whether a fraction varies through the layer."""
        return any(is_graded(profile) for profile in self.profiles)

    @cached_property
    def positions(self) -> tuple[float, ...]:
        """Positions x/L at which a mixture is examined: one if it is uniform."""
        if not self.graded:
            return (0.5,)
        breaks = breaks_of(self.profiles)
        steps = [k / _SAMPLES for k in range(_SAMPLES)]
        found = [low + step * (high - low) for low, high in pairwise(breaks) for step in steps]
        return (*found, 1.0)

    def fractions(self, position: float = 0.5) -> dict[str, float]:
        """Return the volume fraction of every phase at x/L.

        Examples
        --------
        >>> from mgtwin.cells import Bruggeman
        >>> Composite([Phase("a", IonConductor(1.0), 0.25), Phase("b", Insulator())], Bruggeman()).fractions()
        {'a': 0.25, 'b': 0.75}
        """
        return dict(zip(self.names, map(float, self.fractions_at(self._own, position)), strict=True))

    def _own(self, path: str) -> Any:
        return find(self, path)

    @property
    def electronic_rule(self) -> tuple[Any, str]:
        """The mixing rule of electrons, and the field that holds it."""
        if self.electronic_mixing is not None:
            return self.electronic_mixing, "electronic_mixing"
        return self.mixing, "mixing"

    @cached_property
    def electron_conductors(self) -> tuple[Content, ...]:
        """The phases that conduct electrons, whether they are connected or not."""
        return tuple(content for content in self.contents if isinstance(content.material, MixedConductor))

    @cached_property
    def electrons_percolate(self) -> bool:
        """Whether electrons get from face to face: the effective electronic conductivity is not 0 anywhere."""
        return all(self._connected())

    def _connected(self) -> list[bool]:
        """Whether electrons percolate at each of `positions`."""
        rule, _ = self.electronic_rule
        values = [1.0 if content in self.electron_conductors else 0.0 for content in self.contents]
        return [rule.effective(list(self.fractions(x).values()), values, self.names) > 0 for x in self.positions]

    def _check(self) -> None:
        """Raise InputError for phases that do not go together."""
        for rule in (self.mixing, self.electronic_mixing, self.permittivity_mixing):
            if rule is not None:
                rule.position(self.names)
        for content in self.contents:
            boundary = getattr(content.material, "grain_boundary", None)
            if boundary is not None and boundary.capacitance is not None:
                raise InputError(
                    f"phase {content.name!r}: grain boundaries within a phase act by their resistance only (they are "
                    f"folded into its conductivity); set their capacitance to None."
                )
            if self.permittivity_mixing is not None and not isinstance(_permittivity(content), float):
                has = "none" if _permittivity(content) is None else "a constant-phase element"
                raise InputError(
                    f"permittivity_mixing needs a number as relative_permittivity of every phase, and {content.name!r} "
                    f"has {has}. Give it one, or leave permittivity_mixing out (no geometric capacitance)."
                )
        electrons = [content.material.electronic_conductivity for content in self.electron_conductors]
        if len(electrons) > 1 and any(isinstance(law, DefectElectrons) for law in electrons):
            shown = " and ".join(content.name for content in self.electron_conductors)
            raise InputError(
                f"{shown} conduct electrons, one of them depending on E: such a mixture has no closed form. Give all "
                f"of them an electronic_conductivity that does not depend on E, or one phase the electrons."
            )
        self._check_fractions()
        connected = self._connected()
        if any(connected) and not all(connected):
            at = [x for x, now, then in zip(self.positions[1:], connected, connected[1:], strict=False) if now != then]
            raise InputError(
                f"electrons percolate in a part of the layer only (the threshold is crossed near x/L = "
                f"{', '.join(f'{x:.2g}' for x in at)}): cut it into two layers there, with and without electrons."
            )

    def _check_fractions(self) -> None:
        """Raise InputError where fractions do not add up to 1 or lie outside [0, 1]."""
        for x in self.positions:
            found = self.fractions(x)
            place = f" at x/L = {x:.3g}" if self.graded else ""
            shown = " + ".join(f"{name} {value:.6g}" for name, value in found.items())
            total = sum(found.values())
            if abs(total - 1) > ROUNDING:
                raise InputError(
                    f"the volume fractions{place} add up to {total:.6g}, not to 1: {shown}. Correct one, or leave the "
                    f"fraction of one phase out: it is then what remains."
                )
            for name, value in found.items():
                if not -ROUNDING <= value <= 1 + ROUNDING:
                    raise InputError(
                        f"{value:.6g} of the volume{place} remains for {name!r}, which must be from 0 to 1: {shown}."
                    )


def _permittivity(content: Content) -> Any:
    found = content.material.relative_permittivity
    return found if isinstance(found, (float, CPE)) else None


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
    liquid : IonConductor, optional
        What fills the pores.
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
    liquid: Annotated[IonConductor | Insulator, Field(discriminator="type")] | None = None
    saturation: Fraction = Value(0.0, unit="")
    electronic_mixing: Mixing | None = None
    permittivity_mixing: Mixing | None = None
    name: str = field(default="", kw_only=True)
    description: str = field(default="", kw_only=True, repr=False)
    type: Literal["porous"] = field(default="porous", kw_only=True, repr=False)

    @model_validator(mode="after")
    def _consistent(self) -> Porous:
        if self.liquid is None and (is_graded(self.saturation) or self.saturation > 0):
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


def depends_on_potential(material: Any) -> bool:
    """Whether the electronic conductivity of a material depends on E: it, or a phase of it, has `DefectElectrons`."""
    parts = [part.material for part in material.contents] if isinstance(material, Mixture) else [material]
    return any(isinstance(getattr(part, "electronic_conductivity", None), DefectElectrons) for part in parts)


def has_electrons(material: Any) -> bool:
    """Whether electrons get through a layer of this material from face to face."""
    if isinstance(material, Mixture):
        return material.electrons_percolate
    return isinstance(material, MixedConductor)


Material = Annotated[
    IonConductor | MixedConductor | Composite | Porous,
    Field(discriminator="type"),
    one_of("a material", "ion_conductor", "mixed_conductor", "composite", "porous"),
]
