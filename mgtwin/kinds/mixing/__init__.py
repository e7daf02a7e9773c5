r"""Mixing rules: how volume fractions and the phases' conductivities make an effective one (theory.md §2.6).

All are for isotropic mixtures in three dimensions but the Wiener bounds. They serve conductivities and permittivities
alike, each by itself. `mgtwin.kinds.effective_medium` has the equations as functions.
"""

from .base import MIXING_RULES, Mixing, MixingRule, mixing_rule
from .bruggeman import Bruggeman
from .hashin_shtrikman import HashinShtrikmanLower, HashinShtrikmanUpper
from .maxwell_garnett import MaxwellGarnett
from .mclachlan import McLachlan
from .pore_exponent import PoreExponent
from .wiener import WienerParallel, WienerSeries

__all__ = [
    "MIXING_RULES",
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
    "mixing_rule",
]
