r"""The family of materials: what a material answers, and the decorator that takes it up (theory.md §2).

A material answers for itself, through its own numbers (`Own`). Which of the four sets of equations a layer has (ohmic,
mixed, salt, pores) is decided by its carriers alone.
"""

from __future__ import annotations

import dataclasses
import math
from typing import ClassVar, NamedTuple, TypeVar, dataclass_transform

from ...registry import Family
from ..carriers import ANIONS, ELECTRONS, Carrier
from ..declare import declared, require
from ..electrons import Electrons
from ..kind import Added
from ..laws import Law
from ..numbers import Number
from ..own import Own
from ..salt import Salt
from ..sample import Sample
from ..storage import Storage
from .grain_boundary import GrainBoundary

__all__ = ["MATERIALS", "Material", "Store", "material"]

_Class = TypeVar("_Class")


class Store(NamedTuple):
    """Something in a material that stores the neutral component: its numbers, itself, its fraction of the volume."""

    own: Own
    material: Material
    fraction: Number


class Material:
    """Base of the materials. What a kind does not write is as here: no electrons, no salt, no geometric capacitance.

    Methods take the material's own numbers, which may be floats, arrays or symbols, and where it matters x/L in a layer
    whose composition varies, and the local electrode potential E [V].
    """

    name: str
    description: str
    type: str
    sample: Sample | None

    carriers: ClassVar[frozenset[Carrier]]
    """What moves from face to face besides the working ion: ``frozenset()``, `ELECTRONS`, `ANIONS`, or both joined."""
    conducts_ions: ClassVar[bool] = True
    """Whether the ion moves at all; else it is a phase of mixtures only."""
    colour: ClassVar[str] = "#d9d9d9"
    """In drawings of the stack, as ``#rrggbb``."""

    # Fields of some materials, absent in the others.
    grain_boundary: GrainBoundary | None = None
    relative_permittivity: float | Law | Storage | None = None
    #: E [V] below which the ion's metal may be deposited inside, and the change of stoichiometry that the phase stands.
    minimum_potential: float = -math.inf
    homogeneity_range: tuple[float, float] | None = None
    molar_volume: float | None = None

    # -- questions about the equations, answered by the class and its structure ----------------------------------------
    @property
    def graded(self) -> bool:
        """Whether the composition varies through the layer."""
        return False

    @property
    def follows_concentration(self) -> bool:
        """Whether a property of a salt solution is a function of its concentration."""
        return False

    @property
    def positions(self) -> tuple[float, ...]:
        """Positions x/L at which it is examined: one where it is uniform."""
        return (0.5,)

    @property
    def quadrature(self) -> list[tuple[float, float]]:
        """Positions x/L and weights for means of its composition over the layer."""
        return [(0.5, 1.0)]

    @property
    def depends_on_potential(self) -> bool:
        """Whether a property depends on E, and the state of rest has to be known. False is for whoever is sure."""
        return self.carriers >= ELECTRONS

    @property
    def largest_exponent(self) -> float:
        """|FE/RT| from which on its electronic conductivity is no longer the physical law."""
        return math.inf

    @property
    def has_modes(self) -> bool:
        """Whether a layer of it is the sum of a few modes in time: ions and electrons, linear, the same at every x."""
        return self.carriers == ELECTRONS and not self.graded and not self.depends_on_potential

    @property
    def mesh_only(self) -> str:
        """Why a layer of it has no closed form, ``""`` if it has one."""
        if self.graded:
            return "is graded"
        return "holds salt in its pores beside electrons" if len(self.carriers) > 1 else ""

    def check_numbers(self, own: Own) -> None:
        """Refuse numbers, other than the cell's own, with which the layer would need other equations.

        Raises
        ------
        InputError
        """

    # -- questions about numbers --------------------------------------------------------------------------------------
    def ionic(self, own: Own, position: Number = 0.5) -> Number:
        """Ionic conductivity [S/m], > 0, inside grains."""
        raise NotImplementedError

    def through_grains(self, own: Own, inside: Number) -> Number:
        r"""Ionic conductivity [S/m] to a direct current, :math:`1/\sigma_{eff} = 1/\sigma_{ion} + R_{gb}/d` (§2.3)."""
        if self.grain_boundary is None:
            return inside
        return inside / (1 + inside * GrainBoundary.per_length(own.below("grain_boundary")))

    def electronic(self, own: Own) -> Electrons:
        """Electronic conductivity, as a function of x/L and E."""
        raise NotImplementedError

    def capacitance(self, own: Own, E: Number, position: Number = 0.5) -> Number:
        """Chemical capacitance [F/m3] at E."""
        raise NotImplementedError

    def charge(self, own: Own, E: Number, position: Number = 0.5) -> Number:
        """Its antiderivative in E [C/m3], from any fixed E: the charge of the neutral component that is stored."""
        raise NotImplementedError

    def rest_potential_of(self, own: Own) -> Number:
        """E [V] of the composition as made; it counts where no electrode of the ion's metal fixes E (§3.1)."""
        return 0.0

    def salt(self, own: Own) -> Salt:
        """The salt solution that moves through the layer."""
        raise NotImplementedError

    def permittivity(self, own: Own, position: Number = 0.5) -> Number | Storage | None:
        """Relative permittivity: a number, the `CPE` of a dispersive bulk, or None (no geometric capacitance, §2.4)."""
        given = self.relative_permittivity
        return own.property("relative_permittivity") if isinstance(given, (float, Law)) else given

    def stores(self, own: Own, position: Number = 0.5) -> list[Store]:
        """Everything in it that stores the neutral component."""
        return [Store(own, self, 1.0)] if self.carriers >= ELECTRONS else []


MATERIALS: Family[type[Material]] = Family("kind of material", "a material")
"""The materials by the name that they have in files."""

#: What a material has to write, by what moves in it.
_NEEDED = {Carrier.ELECTRONS: ("electronic", "capacitance", "charge"), Carrier.ANIONS: ("salt",)}


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def material(cls: type[_Class]) -> type[_Class]:
    r"""Declare a material: fields, ``carriers``, and methods that answer with its own numbers.

    What it has to write follows from what moves: ``ionic(own, position)`` for the ion; with `ELECTRONS` also
    ``electronic(own)``, which returns `Electrons`, and ``capacitance(own, E, position)`` with its antiderivative
    ``charge(own, E, position)``; with `ANIONS` also ``salt(own)``, which returns a `Salt`. Other methods of `Material`
    can be written where they differ. ``name``, ``description``, ``sample`` and ``type`` are added. The material then
    stands in layers and phases, in every simulation, in fits, files and the command line; its numbers have paths.

    Raises
    ------
    InputError
        When the class is made: it does not say what moves, or lacks a method that this needs.

    Examples
    --------
    >>> import numpy as np
    >>> import mgtwin as mt
    >>> from mgtwin.kinds.numbers import BOLTZMANN
    >>> @mt.material
    ... class GlassyConductor:
    ...     '''Ions hop over barriers with a Gaussian distribution, s_0 exp(-E/kT + (w/kT)^2/4).'''
    ...     prefactor: float  # S/m; Annotated[float, Quantity("S/m", gt=0)] reads and checks units
    ...     barrier: float  # eV
    ...     width: float  # eV
    ...     carriers = frozenset()
    ...
    ...     def ionic(self, own, position=0.5):
    ...         kT = BOLTZMANN * own.temperature
    ...         spread = own.number("width") / kT
    ...         return own.number("prefactor") * np.exp(spread * spread / 4 - own.number("barrier") / kT)
    >>> gold = mt.Blocking("10 uF/cm^2")
    >>> cell = mt.Cell("c", gold, [mt.Layer("glass", GlassyConductor(1e3, 0.4, 0.05), "1 mm")], gold)
    >>> round(float(mt.impedance.exact(cell, [1e6])[0].real), 2)
    22397.7
    >>> MATERIALS.discard("glassy_conductor")
    """
    added = {
        "name": Added(str, ""),
        "description": Added(str, "", shown=False),
        "sample": Added(Sample | None, None, shown=False),
    }

    def check(made: type[Material]) -> None:
        carriers = getattr(made, "carriers", None)
        require(
            carriers is not None,
            made,
            MATERIALS,
            "without carriers: say what moves besides the ion.",
        )
        # Where carriers are a property (a mixture has what percolates) every method may be asked for.
        moving = carriers if isinstance(carriers, frozenset) else ELECTRONS | ANIONS
        require(
            moving <= ELECTRONS | ANIONS,
            made,
            MATERIALS,
            f"with carriers {set(moving)}: only these have equations: electrons, anions.",
        )
        needed = [name for carrier, names in _NEEDED.items() if carrier in moving for name in names]
        for name in [*(["ionic"] if made.conducts_ions else []), *needed]:
            given = getattr(made, name) is not getattr(Material, name)
            require(given, made, MATERIALS, f"without the method {name}(own, ...), which what moves in it needs.")

    return declared(cls, MATERIALS, Material, check, (), added)
