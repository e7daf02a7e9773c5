"""What all mixtures of phases share: fractions, percolation, and what does not go together (theory.md §2.6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from ..errors import InputError
from ..kinds.noun import noun, one_of
from ..quantities import Quantity, Value
from .capacitors import CPE
from .carriers import ANIONS, ELECTRONS, Carrier
from .fractions import breaks_of, is_graded
from .materials import DefectElectrons, IonConductor, MixedConductor
from .paths import find
from .salts import BinaryElectrolyte

__all__ = ["Content", "Insulator", "Mixture", "PhaseMaterial", "depends_on_potential", "has_electrons", "mesh_only"]

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
    Insulator | IonConductor | MixedConductor | BinaryElectrolyte,
    Field(discriminator="type"),
    one_of("the material of a phase", "insulator", "ion_conductor", "mixed_conductor", "binary_electrolyte"),
]


class Content(NamedTuple):
    """A phase as the equations see it: name, material, and where in the mixture this stands (``""``: nowhere)."""

    name: str
    material: Any
    path: str


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
        >>> from mgtwin.cells import Bruggeman, Composite, IonConductor, Phase
        >>> Composite([Phase("a", IonConductor(1.0), 0.25), Phase("b", Insulator())], Bruggeman()).fractions()
        {'a': 0.25, 'b': 0.75}
        """
        return dict(zip(self.names, map(float, self.fractions_at(self._own, position)), strict=True))

    def _own(self, path: str) -> Any:
        return find(self, path)

    @property
    def carriers(self) -> frozenset[Carrier]:
        """Carriers besides the ion that move from face to face."""
        found = ELECTRONS if self.electrons_percolate else frozenset()
        return found | ANIONS if self.salt_percolates else found

    @cached_property
    def solution(self) -> Content | None:
        """The phase that is a salt solution."""
        return next((part for part in self.contents if isinstance(part.material, BinaryElectrolyte)), None)

    @cached_property
    def salt_percolates(self) -> bool:
        """Whether the salt solution reaches from face to face; else it only adds to the ionic conductivity."""
        if self.solution is None:
            return False
        values = [1.0 if name == self.solution.name else 0.0 for name in self.names]
        return bool(self.mixing.effective(list(self.fractions().values()), values, self.names) > 0)

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
        solutions = [part.name for part in self.contents if isinstance(part.material, BinaryElectrolyte)]
        if len(solutions) > 1:
            raise InputError(f"{' and '.join(solutions)} are salt solutions: a mixture has one at most.")
        if solutions and self.graded:
            raise InputError(
                f"{solutions[0]!r} is a salt solution in a graded mixture, whose salt has no equations here. Cut the "
                f"layer into uniform ones, or describe the liquid as an ion_conductor."
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


def mesh_only(material: Any) -> str:
    """Why a layer of this material has no mesh-free impedance, ``""`` if it has one."""
    if not isinstance(material, Mixture):
        return ""
    if material.graded:
        return "is graded"
    return "holds salt in its pores beside electrons" if len(material.carriers) > 1 else ""


def depends_on_potential(material: Any) -> bool:
    """Whether the electronic conductivity of a material depends on E: it, or a phase of it, has `DefectElectrons`."""
    parts = [part.material for part in material.contents] if isinstance(material, Mixture) else [material]
    return any(isinstance(getattr(part, "electronic_conductivity", None), DefectElectrons) for part in parts)


def has_electrons(material: Any) -> bool:
    """Whether electrons get through a layer of this material from face to face."""
    return Carrier.ELECTRONS in material.carriers
