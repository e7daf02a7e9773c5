r"""What ions and electrons find in a layer's material, plain or composite: the one place both routes ask.

Numbers are read through a `Reader`, so that any of them can be an array or a symbol. In a mixture (theory.md §2.6)
phases become effective numbers here, at a position x/L where it is graded.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from ..errors import InputError
from ..kinds.numbers import FARADAY, GAS_CONSTANT, SATURATION, integral_of_saturating_exp, saturating_exp
from .capacitors import CPE
from .fractions import breaks_of
from .materials import DefectCapacitance, DefectElectrons, MixedConductor
from .mixtures import Content, Mixture
from .reader import Reader

__all__ = [
    "FARADAY",
    "GAS_CONSTANT",
    "SATURATION",
    "chemical_capacitance",
    "electron_law",
    "electronic_conductivity",
    "integral_of_saturating_exp",
    "ionic_conductivity",
    "permittivity",
    "pore_solution",
    "quadrature",
    "saturating_exp",
    "storing_parts",
    "with_grain_boundaries",
]

#: How far fractions may be from a sum of 1: derivatives vary one of them by a relative 6e-6.
TOLERANCE = 1e-5


def ionic_conductivity(reader: Reader, path: str, material: Any, temperature: Any, position: Any = 0.5) -> Any:
    """Ionic conductivity [S/m] of a material, > 0.

    Parameters
    ----------
    reader : Reader
    path : str
        Path of the material, for example ``layers.antiperovskite.material``.
    material : IonConductor, MixedConductor, Composite or Porous
        The material itself; its type decides what is read.
    temperature : float or ndarray
        T [K].
    position : float, ndarray or symbol
        x/L, where the mixture is graded.

    Raises
    ------
    InputError
        Where the ions of a mixture do not percolate.
    """
    if not isinstance(material, Mixture):
        return reader.property(f"{path}.ionic_conductivity", temperature)
    values = [_ions(reader, f"{path}.{part.path}", part, temperature) for part in material.contents]
    effective = _mixed(reader, path, material, "mixing", values, position)
    if isinstance(effective, (float, np.ndarray)) and np.any(np.asarray(effective) <= 0):
        raise InputError(
            f"{path}: ions do not get through, their effective conductivity by {material.mixing.type} is 0. "
            f"mgtwin.analysis.percolation says how far the conducting phases are from their threshold; give more of "
            f"them, or another rule."
        )
    return effective


def _ions(reader: Reader, path: str, part: Content, temperature: Any) -> Any:
    """Ionic conductivity of a phase, grain boundaries folded in; 0.0 for an insulator."""
    if not hasattr(part.material, "ionic_conductivity"):
        return 0.0
    inside = reader.property(f"{path}.ionic_conductivity", temperature)
    return with_grain_boundaries(reader, path, part.material, temperature, inside)


def with_grain_boundaries(reader: Reader, path: str, material: Any, temperature: Any, inside: Any) -> Any:
    r"""Ionic conductivity [S/m] to a direct current, :math:`1/\sigma_{eff} = 1/\sigma_{ion} + R_{gb}/d` (§2.3).

    Parameters as for `ionic_conductivity`; `inside` is the conductivity of the grains.
    """
    if getattr(material, "grain_boundary", None) is None:
        return inside
    boundary = f"{path}.grain_boundary"
    per_length = reader.property(f"{boundary}.resistance", temperature) / reader.number(f"{boundary}.grain_size")
    return inside / (1 + inside * per_length)


def pore_solution(reader: Reader, path: str, material: Any, temperature: Any) -> tuple[str, Any, Any, Any]:
    r"""How a salt solution conducts in a mixture: :math:`\kappa_p = F\kappa`, :math:`D_{eff} = F D`.

    Returns
    -------
    tuple
        Path of the solution, F of its network (the other phases being insulators), its fraction of the volume, and the
        ionic conductivity [S/m] of all other paths together: what is left of the effective one at :math:`c_0`.
    """
    part = material.solution
    where = f"{path}.{part.path}"
    values = [1.0 if name == part.name else 0.0 for name in material.names]
    network = _mixed(reader, path, material, "mixing", values, 0.5)
    content = material.fractions_at(_numbers(reader, path), 0.5)[material.names.index(part.name)]
    if not any(hasattr(other.material, "ionic_conductivity") for other in material.contents if other.name != part.name):
        return where, network, content, 0.0
    total = ionic_conductivity(reader, path, material, temperature)
    solid = total - network * reader.property(f"{where}.ionic_conductivity", temperature)
    return where, network, content, solid


def electron_law(
    reader: Reader, path: str, material: Any, temperature: Any, position: Any = 0.5
) -> tuple[Any, str, Any]:
    r"""Electronic conductivity as :math:`F\,\sigma_{eon}(E)`: F, and the law (with its path) that depends on E.

    A mixture takes its dependence on E from the only phase with `DefectElectrons`; else the law is None and F is the
    effective conductivity [S/m] itself. Parameters as for `ionic_conductivity`.
    """
    if not isinstance(material, Mixture):
        if isinstance(material.electronic_conductivity, DefectElectrons):
            return 1.0, path, material.electronic_conductivity
        return reader.property(f"{path}.electronic_conductivity", temperature), path, None
    sole = material.electron_conductors[0]
    where, law = f"{path}.{sole.path}", sole.material.electronic_conductivity
    if not isinstance(law, DefectElectrons):
        where, law = path, None
    values = [
        0.0
        if part not in material.electron_conductors
        else 1.0
        if law is not None
        else reader.property(f"{path}.{part.path}.electronic_conductivity", temperature)
        for part in material.contents
    ]
    return _mixed(reader, path, material, material.electronic_rule[1], values, position), where, law


def electronic_conductivity(
    reader: Reader, path: str, material: Any, temperature: Any, potential: Any = 0.0, position: Any = 0.5
) -> Any:
    r"""Electronic conductivity [S/m] of a material with electrons, at a local electrode potential E [V].

    :math:`\sigma_n e^{-FE/RT} + \sigma_p e^{FE/RT} + \sigma_0` for `DefectElectrons`, else independent of E.
    Other parameters as for `ionic_conductivity`.
    """
    factor, where, law = electron_law(reader, path, material, temperature, position)
    if law is None:
        return factor
    n, p, constant = (
        reader.property(f"{where}.electronic_conductivity.{part}", temperature) for part in ("n", "p", "constant")
    )
    reduced = FARADAY / (GAS_CONSTANT * temperature) * potential
    return factor * (n * saturating_exp(-reduced) + p * saturating_exp(reduced) + constant)


def storing_parts(reader: Reader, path: str, material: Any, position: Any = 0.5) -> list[tuple[str, Any, Any]]:
    """Path, material and fraction of the volume of everything in a material that stores the neutral component."""
    if not isinstance(material, Mixture):
        return [(path, material, 1.0)] if isinstance(material, MixedConductor) else []
    fractions = material.fractions_at(_numbers(reader, path), position)
    return [
        (f"{path}.{part.path}", part.material, fraction)
        for part, fraction in zip(material.contents, fractions, strict=True)
        if isinstance(part.material, MixedConductor)
    ]


def quadrature(material: Any) -> list[tuple[float, float]]:
    """Positions x/L and weights for means over a layer of its volume fractions: exact for cubic ones between breaks."""
    if not (isinstance(material, Mixture) and material.graded):
        return [(0.5, 1.0)]
    breaks = breaks_of(material.profiles)
    return [
        (low + place * (high - low), weight * (high - low))
        for low, high in pairwise(breaks)
        for place, weight in ((0.0, 1 / 6), (0.5, 2 / 3), (1.0, 1 / 6))
    ]


def chemical_capacitance(
    reader: Reader,
    path: str,
    material: Any,
    temperature: Any,
    potential: Any = 0.0,
    *,
    integrated: bool = False,
    position: Any = 0.5,
) -> Any:
    r"""Chemical capacitance [F/m3] at a local potential, or (`integrated`) its integral from any fixed E [C/m3].

    :math:`c_0 + (F/RT)[\sigma_n e^{-FE/RT}/u_n + \sigma_p e^{FE/RT}/u_p]` for `DefectCapacitance`, else constant; in a
    mixture the sum over the volume. Other parameters as for `electronic_conductivity`.
    """
    parts = storing_parts(reader, path, material, position)
    own = [
        _capacitance(reader, where, part.chemical_capacitance, temperature, potential, integrated=integrated)
        for where, part, _ in parts
    ]
    if not isinstance(material, Mixture):
        return own[0]
    return sum(fraction * value for (_, _, fraction), value in zip(parts, own, strict=True))


def permittivity(reader: Reader, path: str, material: Any, position: Any = 0.5) -> Any:
    """Relative permittivity of a material: a number, the `CPE` of a dispersive bulk, or None where it has none."""
    if not isinstance(material, Mixture):
        own = material.relative_permittivity
        return own if own is None or isinstance(own, CPE) else reader.number(f"{path}.relative_permittivity")
    if material.permittivity_mixing is None:
        return None
    values = [
        reader.number(f"{path}.{part.path}.relative_permittivity")
        if part.path
        else float(part.material.relative_permittivity)
        for part in material.contents
    ]
    return _mixed(reader, path, material, "permittivity_mixing", values, position)


def _numbers(reader: Reader, path: str) -> Callable[[str], Any]:
    """How a mixture reads its own numbers."""
    return lambda inside: reader.number(f"{path}.{inside}")


def _mixed(reader: Reader, path: str, material: Mixture, field: str, values: list[Any], position: Any) -> Any:
    """Effective value of the phases' values by the rule in a field of the mixture."""
    memory = reader.memory(path) if isinstance(position, float) else None
    key = (path, field, position, *values) if memory is not None else None
    if memory is not None and key in memory:
        return memory[key]
    rule = getattr(material, field)
    numbers = {name: reader.number(f"{path}.{field}.{name}") for name in rule.numbers}
    fractions = material.fractions_at(_numbers(reader, path), position)
    _check_sum(path, fractions)
    special, count = rule.position(material.names), len(values)

    def formula(*given: Any) -> Any:
        return rule.formula(
            given[:count], given[count : 2 * count], special, **dict(zip(numbers, given[2 * count :], strict=True))
        )

    arguments = (*fractions, *values, *numbers.values())
    found = reader.apply(formula, arguments) if rule.iterates else formula(*arguments)
    if memory is not None:
        memory[key] = found
    return found


def _check_sum(path: str, fractions: list[Any]) -> None:
    """Raise InputError where overrides leave fractions that do not add up to 1, or negative ones."""
    if not all(isinstance(fraction, (float, np.ndarray)) for fraction in fractions):
        return
    total = sum(fractions)
    if np.any(np.abs(total - 1) > TOLERANCE):
        worst = float(np.ravel(total)[np.argmax(np.abs(np.ravel(total) - 1))])
        raise InputError(
            f"{path}: the volume fractions add up to {worst:.6g} in some parameter set, not to 1. Leave the "
            f"fraction of one phase out: it is then what remains."
        )
    if any(np.any(fraction < -TOLERANCE) for fraction in fractions):
        raise InputError(f"{path}: in some parameter set less than nothing remains for a phase.")


def _capacitance(
    reader: Reader, path: str, capacitance: Any, temperature: Any, potential: Any, *, integrated: bool
) -> Any:
    """Chemical capacitance of one phase, or its integral."""
    where = f"{path}.chemical_capacitance"
    if not isinstance(capacitance, DefectCapacitance):
        constant = reader.property(where, temperature)
        return constant * potential if integrated else constant
    slope = FARADAY / (GAS_CONSTANT * temperature)
    constant = reader.property(f"{where}.constant", temperature)
    n, p = (
        reader.property(f"{path}.electronic_conductivity.{kind}", temperature)
        / reader.property(f"{where}.{kind}_mobility", temperature)
        for kind in ("n", "p")
    )
    if integrated:
        integral = integral_of_saturating_exp
        return constant * potential + p * integral(slope * potential) - n * integral(-slope * potential)
    return constant + slope * (n * saturating_exp(-slope * potential) + p * saturating_exp(slope * potential))
