"""Functions of a composition, each in one file; `function` declares one more."""

from .base import FUNCTIONS, AnyFunction, BoundFunction, Function, check_positive, function
from .polynomial import Polynomial
from .tabulated import Tabulated

__all__ = [
    "FUNCTIONS",
    "AnyFunction",
    "BoundFunction",
    "Function",
    "Polynomial",
    "Tabulated",
    "check_positive",
    "function",
]
