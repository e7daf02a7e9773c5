"""What all mixtures of phases share: fractions, percolation, effective numbers, what does not go together (§2.6)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import Annotated, NamedTuple

import numpy as np

from ...errors import InputError
from ...unions import OneOf
from ..carriers import ANIONS, ELECTRONS, IONS_ONLY, Carrier
from ..electrons import Electrons
from ..fractions import FractionProfile, breaks_of, is_graded
from ..mixing import MixingRule
from ..numbers import Number, is_symbol
from ..own import Own, alone
from ..salt import Salt
from ..storage import Storage
from .base import MATERIALS, Material, Store

__all__ = ["Content", "Liquid", "Mixture", "PhaseMaterial"]

#: Fractions may miss a sum of 1, or the range from 0 to 1, by this much: the rounding of printed digits is no excuse,
#: that of binary numbers is.
ROUNDING = 1e-9
#: How far fractions may be from a sum of 1 in a calculation: derivatives vary one of them by a relative 6e-6.
TOLERANCE = 1e-5
#: Positions between two breaks of the fractions at which a graded mixture is examined.
_SAMPLES = 16


def _pure(kind: type) -> bool:
    return not issubclass(kind, Mixture)


#: What a phase can consist of: any material but a mixture.
PhaseMaterial = Annotated[Material, OneOf(MATERIALS, only=_pure, article="the material of a phase")]
#: What can fill pores: one without electrons.
Liquid = Annotated[
    Material,
    OneOf(MATERIALS, only=lambda kind: _pure(kind) and not kind.carriers >= ELECTRONS, article="a liquid"),  # type: ignore[attr-defined]
]


class Content(NamedTuple):
    """A phase as the equations see it: name, material, and where in the mixture this stands (``""``: nowhere)."""

    name: str
    material: Material
    path: str


class Mixture(Material):
    """What `Composite` and `Porous` share; both offer `contents`, `profiles` and `fractions_at`."""

    mixing: MixingRule
    electronic_mixing: MixingRule | None
    permittivity_mixing: MixingRule | None

    @property
    def contents(self) -> tuple[Content, ...]:
        """The phases."""
        raise NotImplementedError

    @property
    def profiles(self) -> tuple[float | FractionProfile | None, ...]:
        """The fractions, which may vary through the layer."""
        raise NotImplementedError

    def fractions_at(self, own: Own, position: Number) -> list[Number]:
        """Volume fractions of the contents at x/L, by the numbers of the mixture."""
        raise NotImplementedError

    # -- structure ----------------------------------------------------------------------------------------------------
    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the phases."""
        return tuple(content.name for content in self.contents)

    @cached_property
    def graded(self) -> bool:  # type: ignore[override]
        """Whether a fraction varies through the layer."""
        return any(is_graded(profile) for profile in self.profiles)

    @cached_property
    def positions(self) -> tuple[float, ...]:  # type: ignore[override]
        """Positions x/L at which a mixture is examined: one if it is uniform."""
        if not self.graded:
            return (0.5,)
        steps = [k / _SAMPLES for k in range(_SAMPLES)]
        found = [low + step * (high - low) for low, high in pairwise(breaks_of(self.profiles)) for step in steps]
        return (*found, 1.0)

    @property
    def quadrature(self) -> list[tuple[float, float]]:
        """Positions x/L and weights for means of fractions: exact for cubic ones between breaks (Simpson)."""
        if not self.graded:
            return [(0.5, 1.0)]
        return [
            (low + place * (high - low), weight * (high - low))
            for low, high in pairwise(breaks_of(self.profiles))
            for place, weight in ((0.0, 1 / 6), (0.5, 2 / 3), (1.0, 1 / 6))
        ]

    def fractions(self, position: float = 0.5) -> dict[str, float]:
        """Return the volume fraction of every phase at x/L.

        Examples
        --------
        >>> from mgtwin.cells import Bruggeman, Composite, Insulator, IonConductor, Phase
        >>> Composite([Phase("a", IonConductor(1.0), 0.25), Phase("b", Insulator())], Bruggeman()).fractions()
        {'a': 0.25, 'b': 0.75}
        """
        return dict(zip(self.names, map(float, self.fractions_at(alone(self), position)), strict=True))

    @cached_property
    def carriers(self) -> frozenset[Carrier]:  # type: ignore[override]
        """Carriers besides the ion that move from face to face."""
        return (ELECTRONS if self.electrons_percolate else IONS_ONLY) | (ANIONS if self.salt_percolates else IONS_ONLY)

    @cached_property
    def solution(self) -> Content | None:
        """The phase that is a salt solution."""
        return next((part for part in self.contents if part.material.carriers >= ANIONS), None)

    @cached_property
    def electron_conductors(self) -> tuple[Content, ...]:
        """The phases that conduct electrons, whether they are connected or not."""
        return tuple(part for part in self.contents if part.material.carriers >= ELECTRONS)

    @cached_property
    def ion_conductors(self) -> tuple[Content, ...]:
        """The phases that conduct the ion, whether they are connected or not."""
        return tuple(part for part in self.contents if part.material.conducts_ions)

    @property
    def electronic_rule(self) -> tuple[MixingRule, str]:
        """The mixing rule of electrons, and the field that holds it."""
        if self.electronic_mixing is not None:
            return self.electronic_mixing, "electronic_mixing"
        return self.mixing, "mixing"

    def connects(self, rule: MixingRule, phases: Sequence[Content], position: float = 0.5) -> bool:
        """Whether a rule makes the mixture conduct at x/L in which these phases do, and no others."""
        # 1 and 0 will do: whether anything gets through does not depend on how
        # well the phases conduct, only on which do
        values = [1.0 if content in phases else 0.0 for content in self.contents]
        return bool(rule.effective(list(self.fractions(position).values()), values, self.names) > 0)

    @cached_property
    def salt_percolates(self) -> bool:
        """Whether the salt solution reaches from face to face; else it only adds to the ionic conductivity."""
        return self.solution is not None and self.connects(self.mixing, [self.solution])

    @cached_property
    def electrons_percolate(self) -> bool:
        """Whether electrons get from face to face: the effective electronic conductivity is not 0 anywhere."""
        return all(self._electrons_connected())

    def _electrons_connected(self) -> list[bool]:
        """Whether electrons percolate at each of `positions`."""
        rule, _ = self.electronic_rule
        return [self.connects(rule, self.electron_conductors, x) for x in self.positions]

    @cached_property
    def depends_on_potential(self) -> bool:  # type: ignore[override]
        """Whether a phase has a property that depends on E."""
        return any(part.material.depends_on_potential for part in self.contents)

    # -- effective numbers --------------------------------------------------------------------------------------------
    def ionic(self, own: Own, position: Number = 0.5) -> Number:
        """Effective ionic conductivity [S/m], of all ions of all phases.

        Raises
        ------
        InputError
            Where the ions do not percolate.
        """
        values = [
            part.material.through_grains(inside, part.material.ionic(inside)) if part.material.conducts_ions else 0.0
            for part, inside in zip(self.contents, (own.below(part.path) for part in self.contents), strict=True)
        ]
        effective = self._mixed(own, "mixing", values, position)
        if not is_symbol(effective) and np.any(np.asarray(effective) <= 0):
            raise InputError(
                f"{own.path}: ions do not get through, their effective conductivity by {self.mixing.type} is 0. "
                f"mgtwin.analysis.percolation says how far the conducting phases are from their threshold; give more "
                f"of them, or another rule."
            )
        return effective

    def electronic(self, own: Own) -> Electrons:
        """Effective electronic conductivity; its dependence on E is that of the only phase that has one."""
        _, rule = self.electronic_rule
        laws = {part.name: part.material.electronic(own.below(part.path)) for part in self.electron_conductors}

        def factor(position: Number) -> Number:
            # rules are homogeneous: what they make of the factors is the factor of the whole
            values = [laws[name].factor(0.5) if name in laws else 0.0 for name in self.names]
            return self._mixed(own, rule, values, position)

        return dataclasses.replace(next(iter(laws.values())), factor=factor)

    def stores(self, own: Own, position: Number = 0.5) -> list[Store]:
        """The phases that store the neutral component, each with one and the same E."""
        fractions = self.fractions_at(own, position)
        return [
            Store(own.below(part.path), part.material, fraction)
            for part, fraction in zip(self.contents, fractions, strict=True)
            if part in self.electron_conductors
        ]

    def capacitance(self, own: Own, E: Number, position: Number = 0.5) -> Number:
        """Chemical capacitance [F/m3] at E: the sum over the volume."""
        parts = self.stores(own, position)
        return sum(part.fraction * part.material.capacitance(part.own, E) for part in parts)

    def charge(self, own: Own, E: Number, position: Number = 0.5) -> Number:
        """Its antiderivative in E [C/m3]."""
        return sum(part.fraction * part.material.charge(part.own, E) for part in self.stores(own, position))

    def salt(self, own: Own) -> Salt:
        r"""The solution in the pores: :math:`\kappa_p = F\kappa`, :math:`D_{eff} = F D`, other phases insulating."""
        part = self.solution
        assert part is not None  # asked only where the salt percolates
        inside = part.material.salt(own.below(part.path))
        network = self._mixed(own, "mixing", [1.0 if name == part.name else 0.0 for name in self.names], 0.5)
        content = self.fractions_at(own, 0.5)[self.names.index(part.name)]
        # with no other conductor of ions the difference is 0 by right, and would be rounding, perhaps negative
        beside = self.ionic(own) - network * inside.conductivity if len(self.ion_conductors) > 1 else 0.0
        return dataclasses.replace(inside, network=network, content=content, beside=beside, alone=False)

    def permittivity(self, own: Own, position: Number = 0.5) -> Number | Storage | None:
        """Effective relative permittivity; None without a rule for it."""
        if self.permittivity_mixing is None:
            return None
        values = [
            part.material.permittivity(own.below(part.path) if part.path else alone(part.material))
            for part in self.contents
        ]
        return self._mixed(own, "permittivity_mixing", values, position)

    def _mixed(self, own: Own, field: str, values: list[Number], position: Number) -> Number:
        """Effective value of the phases' values by the rule in a field of the mixture."""
        memory = own.reader.memory(own.path) if isinstance(position, float) else None
        key = (own.path, field, position, *values) if memory is not None else None
        if memory is not None and key in memory:
            return memory[key]
        rule: MixingRule = vars(self)[field]
        numbers = {name: own.number(f"{field}.{name}") for name in rule.numbers}
        fractions = self.fractions_at(own, position)
        # Overrides may leave fractions that do not add up to 1, or negative ones.
        given_numbers, total = not any(map(is_symbol, fractions)), sum(fractions)
        if given_numbers and np.any(np.abs(total - 1) > TOLERANCE):
            worst = float(np.ravel(total)[np.argmax(np.abs(np.ravel(total) - 1))])
            raise InputError(
                f"{own.path}: the volume fractions add up to {worst:.6g} in some parameter set, not to 1. Leave the "
                f"fraction of one phase out: it is then what remains."
            )
        if given_numbers and any(np.any(fraction < -TOLERANCE) for fraction in fractions):
            raise InputError(f"{own.path}: in some parameter set less than nothing remains for a phase.")
        special, count = rule.position(self.names), len(values)

        def formula(*given: Number) -> Number:
            named = dict(zip(numbers, given[2 * count :], strict=True))
            return rule.formula(given[:count], given[count : 2 * count], special, **named)

        arguments = (*fractions, *values, *numbers.values())
        found = own.reader.apply(formula, arguments) if rule.iterates else formula(*arguments)
        if memory is not None:
            memory[key] = found
        return found

    # -- what does not go together ------------------------------------------------------------------------------------
    def check_numbers(self, own: Own) -> None:
        """Refuse numbers with which electrons percolate that do not in the cell as given."""
        if self.electrons_percolate or not self.electron_conductors:
            return
        if np.any(self.electronic(own).conductivity(0.0)):
            raise InputError(
                f"{own.path}: electrons percolate with some of these numbers, but not with the cell's own. Change the "
                f"cell itself (Cell.with_): it has other equations then."
            )

    def check_phases(self) -> None:
        """Raise InputError for phases that do not go together."""
        for rule in (self.mixing, self.electronic_mixing, self.permittivity_mixing):
            if rule is not None:
                rule.position(self.names)
        for part in self.contents:
            boundary = part.material.grain_boundary
            if boundary is not None and boundary.capacitance is not None:
                raise InputError(
                    f"phase {part.name!r}: grain boundaries within a phase act by their resistance only (they are "
                    f"folded into its conductivity); set their capacitance to None."
                )
            given = part.material.relative_permittivity
            if self.permittivity_mixing is not None and not isinstance(given, float):
                has = "none" if given is None else "a constant-phase element"
                raise InputError(
                    f"permittivity_mixing needs a number as relative_permittivity of every phase, and {part.name!r} "
                    f"has {has}. Give it one, or leave permittivity_mixing out (no geometric capacitance)."
                )
        self._check_salt()
        self._check_fractions()
        self._check_electrons()

    def _check_salt(self) -> None:
        """Raise InputError for salt that has no equations here."""
        solutions = [part.name for part in self.contents if part.material.carriers >= ANIONS]
        if len(solutions) > 1:
            raise InputError(f"{' and '.join(solutions)} are salt solutions: a mixture has one at most.")
        if solutions and self.graded:
            raise InputError(
                f"{solutions[0]!r} is a salt solution in a graded mixture, whose salt has no equations here. Cut the "
                f"layer into uniform ones, or describe the liquid as an ion_conductor."
            )
        by_itself = len(self.ion_conductors) == 1 and not self.electron_conductors
        if self.solution and not by_itself and self.solution.material.follows_concentration:
            raise InputError(
                f"{solutions[0]!r} has factors of the concentration, which have equations in a solution by itself and "
                f"in the pores of an insulator only; beside other ways of the ions or electrons leave them out."
            )

    def _check_electrons(self) -> None:
        """Raise InputError for several laws of E, or electrons that percolate in a part of the layer."""
        if len(self.electron_conductors) > 1 and self.depends_on_potential:
            shown = " and ".join(content.name for content in self.electron_conductors)
            raise InputError(
                f"{shown} conduct electrons, one of them depending on E: such a mixture has no closed form. Give all "
                f"of them an electronic_conductivity that does not depend on E, or one phase the electrons."
            )
        connected = self._electrons_connected()
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
