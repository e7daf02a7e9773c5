r"""Mixing rules: how volume fractions and the phases' conductivities make an effective one (theory.md §2.6).

All are for isotropic mixtures in three dimensions but the Wiener bounds. They serve conductivities and permittivities
alike, each by itself. `cells/effective_medium.py` has the equations as functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ..errors import InputError, did_you_mean
from ..kinds.noun import noun, one_of
from ..quantities import Quantity, Value
from . import effective_medium

__all__ = [
    "Bruggeman",
    "HashinShtrikmanLower",
    "HashinShtrikmanUpper",
    "MaxwellGarnett",
    "McLachlan",
    "Mixing",
    "MixingRule",
    "PoreExponent",
    "WienerParallel",
    "WienerSeries",
]


class MixingRule:
    """Base of the mixing rules; a rule is applied with `effective`."""

    type: str
    phase_field: ClassVar[str] = ""
    """The field that names a phase which plays a part of its own, ``""`` where all are alike."""
    numbers: ClassVar[tuple[str, ...]] = ()
    """The fields that are numbers."""
    iterates: ClassVar[bool] = False
    """Whether the equation is solved by iteration, which symbols reach only as a function of their own."""

    def formula(self, fractions: Sequence[Any], values: Sequence[Any], special: int, **numbers: Any) -> Any:
        """Evaluate the rule; see `effective`. `special` is the position of the phase that `phase_field` names."""
        raise NotImplementedError

    def position(self, names: Sequence[str]) -> int:
        """Return the position of the phase that the rule names; -1 where it names none.

        Raises
        ------
        InputError
            If there is no such phase.
        """
        if not self.phase_field:
            return -1
        wanted = getattr(self, self.phase_field)
        if wanted in names:
            return names.index(wanted)
        raise InputError(
            f"{type(self).__name__}: there is no phase {wanted!r}.{did_you_mean(wanted, names)} "
            f"The phases are {', '.join(names)}."
        )

    def effective(self, fractions: Sequence[Any], values: Sequence[Any], names: Sequence[str] = ()) -> Any:
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
        numbers = {name: float(getattr(self, name)) for name in self.numbers}
        return self.formula(fractions, values, self.position(names), **numbers)


@noun
class WienerParallel(MixingRule):
    r"""Upper Wiener bound :math:`\sum_k\varphi_k\sigma_k`: sheets along the current, or any mixture's upper limit.

    Source: Wiener (1912). Exact for layers parallel to the current; no mixture of whatever shape conducts better.

    Examples
    --------
    >>> WienerParallel().effective([0.25, 0.75], [4.0, 0.0])
    1.0
    """

    type: Literal["wiener_parallel"] = field(default="wiener_parallel", kw_only=True, repr=False)

    def formula(self, fractions: Sequence[Any], values: Sequence[Any], special: int, **numbers: Any) -> Any:
        """Return the arithmetic mean."""
        return effective_medium.parallel(fractions, values)


@noun
class WienerSeries(MixingRule):
    r"""Lower Wiener bound :math:`1/\sum_k\varphi_k/\sigma_k`: sheets across the current.

    Source: Wiener (1912). Exact for layers in series; no mixture of whatever shape conducts worse.

    Examples
    --------
    >>> WienerSeries().effective([0.5, 0.5], [1.0, 3.0])
    1.5
    """

    type: Literal["wiener_series"] = field(default="wiener_series", kw_only=True, repr=False)

    def formula(self, fractions: Sequence[Any], values: Sequence[Any], special: int, **numbers: Any) -> Any:
        """Return the harmonic mean."""
        return effective_medium.series(fractions, values)


@noun
class HashinShtrikmanUpper(MixingRule):
    r"""Upper bound of Hashin and Shtrikman for isotropic mixtures of any number of phases.

    .. math:: \sigma = \Big[\sum_k \frac{\varphi_k}{\sigma_k + 2\sigma_*}\Big]^{-1} - 2\sigma_*

    with the largest value of a phase that is present as :math:`\sigma_*`. Source: Hashin and Shtrikman, J. Appl. Phys.
    33 (1962) 3125. The best bound that fractions alone give; spheres coated by the best conductor reach it.

    Examples
    --------
    >>> HashinShtrikmanUpper().effective([0.5, 0.5], [1.0, 0.0])
    0.4
    """

    type: Literal["hashin_shtrikman_upper"] = field(default="hashin_shtrikman_upper", kw_only=True, repr=False)

    def formula(self, fractions: Sequence[Any], values: Sequence[Any], special: int, **numbers: Any) -> Any:
        """Return the bound."""
        return effective_medium.hashin_shtrikman(fractions, values, upper=True)


@noun
class HashinShtrikmanLower(MixingRule):
    r"""Lower bound of Hashin and Shtrikman, the equation of the upper one with the smallest value as :math:`\sigma_*`.

    Spheres coated by the worst conductor reach it; 0 with a phase that does not conduct.

    Examples
    --------
    >>> HashinShtrikmanLower().effective([0.5, 0.5], [4.0, 1.0])
    2.0
    """

    type: Literal["hashin_shtrikman_lower"] = field(default="hashin_shtrikman_lower", kw_only=True, repr=False)

    def formula(self, fractions: Sequence[Any], values: Sequence[Any], special: int, **numbers: Any) -> Any:
        """Return the bound."""
        return effective_medium.hashin_shtrikman(fractions, values, upper=False)


@noun
class MaxwellGarnett(MixingRule):
    r"""Spheres of all other phases, apart from each other, in a matrix.

    .. math:: \frac{\sigma - \sigma_m}{\sigma + 2\sigma_m}
              = \sum_{k \ne m}\varphi_k\,\frac{\sigma_k - \sigma_m}{\sigma_k + 2\sigma_m}

    Source: Maxwell (1873) for conductivities, Garnett (1904) for permittivities. Right for a few tens of volume percent
    of inclusions. These never touch: nothing percolates through them.

    Parameters
    ----------
    matrix : str
        Name of the phase that surrounds the others.

    Examples
    --------
    >>> MaxwellGarnett("polymer").effective([0.9, 0.1], [1.0, 0.0], ["polymer", "grains"])  # 2 0.9/2.1
    0.8571428571428572
    """

    phase_field: ClassVar[str] = "matrix"

    matrix: str
    type: Literal["maxwell_garnett"] = field(default="maxwell_garnett", kw_only=True, repr=False)

    def formula(self, fractions: Sequence[Any], values: Sequence[Any], special: int, **numbers: Any) -> Any:
        """Return the effective value, for the matrix at position `special`."""
        return effective_medium.maxwell_garnett(fractions, values, matrix=special)


@noun
class Bruggeman(MixingRule):
    r"""Symmetric effective medium: grains of all phases in the medium that they make together.

    .. math:: \sum_k \varphi_k\,\frac{\sigma_k - \sigma}{\sigma_k + 2\sigma} = 0

    Source: Bruggeman, Ann. Phys. 416 (1935) 636. For mixtures in which no phase is the matrix (pressed powders).
    Conducting grains percolate among others from a fraction of exactly 1/3; real packings from 0.16 to 0.35.

    Examples
    --------
    >>> Bruggeman().effective([0.5, 0.5], [1.0, 0.0])
    0.25
    """

    iterates: ClassVar[bool] = True

    type: Literal["bruggeman"] = field(default="bruggeman", kw_only=True, repr=False)

    def formula(self, fractions: Sequence[Any], values: Sequence[Any], special: int, **numbers: Any) -> Any:
        """Return the root of the equation."""
        return effective_medium.bruggeman(fractions, values)


@noun
class McLachlan(MixingRule):
    r"""General effective medium: Bruggeman's with a percolation threshold and exponents of one's own.

    .. math:: (1-\varphi)\,\frac{\sigma_m^{1/s} - \sigma^{1/s}}{\sigma_m^{1/s} + A\sigma^{1/s}}
              + \varphi\,\frac{\sigma_f^{1/t} - \sigma^{1/t}}{\sigma_f^{1/t} + A\sigma^{1/t}} = 0,
              \qquad A = \frac{1-\varphi_c}{\varphi_c}

    Source: McLachlan, J. Phys. C 20 (1987) 865; two exponents: McLachlan, Physica B 254 (1998) 249. Near
    :math:`\varphi_c` it is the percolation law :math:`\sigma_f[(\varphi-\varphi_c)/(1-\varphi_c)]^t`, far from it an
    effective medium; s = t = 1, :math:`\varphi_c = 1/3` is `Bruggeman`. With other numbers it may leave the bounds
    of Hashin and Shtrikman.

    Parameters
    ----------
    filler : str
        Name of the phase that percolates from `threshold` on; the others together are the matrix (mixed by `Bruggeman`
        where they differ).
    threshold : float
        :math:`\varphi_c`, in (0, 1). Random packings of spheres: 0.29 for overlapping, 0.16 for touching ones.
    s, t : float
        Exponents below and above the threshold, > 0; universal values in three dimensions are 0.87 and 2.

    Examples
    --------
    >>> rule = McLachlan("grains", threshold=0.2, s=0.87, t=2.0)
    >>> round(rule.effective([0.4, 0.6], [64.0, 0.0], ["grains", "polymer"]), 12)  # 64 (0.2/0.8)^2
    4.0
    """

    phase_field: ClassVar[str] = "filler"
    numbers: ClassVar[tuple[str, ...]] = ("threshold", "s", "t")
    iterates: ClassVar[bool] = True

    filler: str
    threshold: Annotated[float, Quantity("", gt=0, lt=1)]
    s: Annotated[float, Quantity("", gt=0)] = Value(0.87, unit="")
    t: Annotated[float, Quantity("", gt=0)] = Value(2.0, unit="")
    type: Literal["mclachlan"] = field(default="mclachlan", kw_only=True, repr=False)

    def formula(self, fractions: Sequence[Any], values: Sequence[Any], special: int, **numbers: Any) -> Any:
        """Return the root of the equation, for the filler at position `special`."""
        rest = _rest(fractions, values, special)
        return effective_medium.mclachlan(fractions[special], (rest, values[special]), **numbers)


@noun
class PoreExponent(MixingRule):
    r"""A connected network of pores in grains that conduct less: :math:`\sigma = \sigma_p\,\varphi^m` if they do not.

    .. math:: \varphi = \frac{\sigma_r - \sigma}{\sigma_r - \sigma_p}\Big(\frac{\sigma_p}{\sigma}\Big)^{1-1/m}

    Source: Archie (1942); with conducting grains Bussian, Geophysics 48 (1983) 1258, the differential effective medium
    (m = 3/2: spheres, the "Bruggeman exponent" of porous electrodes). The pores are connected at any fraction, the
    grains never: electrons of grains that touch need a rule of their own. Below m = 3/2, and for grains that conduct
    nearly as well as the pores where m differs from 3/2, it leaves the bounds of Hashin and Shtrikman.

    Parameters
    ----------
    pore : str
        Name of the phase that is the network; the others together are the rest (mixed by `Bruggeman` where they
        differ).
    exponent : float
        m >= 1; packed grains have 1.5 to 2.5.

    Examples
    --------
    >>> PoreExponent("liquid", 2.0).effective([0.5, 0.5], [4.0, 0.0], ["liquid", "grains"])
    1.0
    """

    phase_field: ClassVar[str] = "pore"
    numbers: ClassVar[tuple[str, ...]] = ("exponent",)
    iterates: ClassVar[bool] = True

    pore: str
    exponent: Annotated[float, Quantity("", ge=1)] = Value(1.5, unit="")
    type: Literal["pore_exponent"] = field(default="pore_exponent", kw_only=True, repr=False)

    def formula(self, fractions: Sequence[Any], values: Sequence[Any], special: int, **numbers: Any) -> Any:
        """Return Archie's or Bussian's value, for the pores at position `special`."""
        rest = _rest(fractions, values, special)
        return effective_medium.archie(fractions[special], (values[special], rest), **numbers)


def _rest(fractions: Sequence[Any], values: Sequence[Any], special: int) -> Any:
    """Value of all phases but one, as one medium."""
    others = [k for k in range(len(values)) if k != special]
    first = values[others[0]]
    if all(values[k] is first or (isinstance(values[k], float) and values[k] == first) for k in others[1:]):
        return first
    total = sum(fractions[k] for k in others)
    share = 1 / np.fmax(total, 1e-300)  # where there is no rest its value does not matter
    return effective_medium.bruggeman([fractions[k] * share for k in others], [values[k] for k in others])


Mixing = Annotated[
    WienerParallel
    | WienerSeries
    | HashinShtrikmanUpper
    | HashinShtrikmanLower
    | MaxwellGarnett
    | Bruggeman
    | McLachlan
    | PoreExponent,
    Field(discriminator="type"),
    one_of(
        "a mixing rule",
        "wiener_parallel",
        "wiener_series",
        "hashin_shtrikman_upper",
        "hashin_shtrikman_lower",
        "maxwell_garnett",
        "bruggeman",
        "mclachlan",
        "pore_exponent",
    ),
]
