"""Fractions of the volume of a mixture: one through the layer, one that varies, or a mass or volume."""

from .amounts import AMOUNTS, Amount, Mass, Volume
from .base import PROFILES, Fraction, FractionProfile, breaks_of, fraction_at, fraction_profile, is_graded
from .linear import Linear
from .profile import Profile

__all__ = [
    "AMOUNTS",
    "PROFILES",
    "Amount",
    "Fraction",
    "FractionProfile",
    "Linear",
    "Mass",
    "Profile",
    "Volume",
    "breaks_of",
    "fraction_at",
    "fraction_profile",
    "is_graded",
]
