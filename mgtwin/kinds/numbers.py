"""What formulas calculate with: one name for everything that stands for a number, constants, and safe exponentials."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeGuard

import numpy as np

__all__ = [
    "BOLTZMANN",
    "FARADAY",
    "GAS_CONSTANT",
    "SATURATION",
    "VACUUM_PERMITTIVITY",
    "Number",
    "integral_of_saturating_exp",
    "is_number",
    "is_symbol",
    "is_zero",
    "plain",
    "saturating_exp",
]

#: A float, an array over parameter sets or frequencies, or a PyBaMM or CasADi symbol. The same formula takes each of
#: them, because it is written with operators and NumPy's ufuncs only. No static type says this (the stubs of ufuncs
#: know nothing of symbols, and symbols are imported where they are used only), so for mypy it is Any: by its own name,
#: once.
Number: TypeAlias = Any

FARADAY = 96485.33212
"""Faraday constant [C/mol] (CODATA 2018)."""
GAS_CONSTANT = 8.314462618
"""Molar gas constant [J/(mol*K)] (CODATA 2018)."""
BOLTZMANN = 8.617333262e-5
"""Boltzmann constant [eV/K] (CODATA 2018): activation energies are in eV."""
VACUUM_PERMITTIVITY = 8.8541878128e-12
"""Electric constant [F/m] (CODATA 2018)."""
SATURATION = 40.0
"""Exponent beyond which exponentials of potentials are continued along their tangent."""


def is_symbol(value: Number) -> bool:
    """Tell a symbol, which knows no comparison, from numbers and arrays."""
    return not isinstance(value, (int, float, np.generic, np.ndarray, list, tuple))


def is_number(value: object) -> TypeGuard[float]:
    """Tell a real number from anything else, truth values included.

    Examples
    --------
    >>> is_number(1), is_number(True), is_number("1")
    (True, False, False)
    """
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_zero(value: Number) -> bool:
    """Tell the plain number 0, which is the same for every parameter set and frequency, from anything that varies."""
    return isinstance(value, float) and value == 0


def plain(value: Number) -> Number:
    """Return a float for a number or an array without dimensions; arrays and symbols as they are."""
    return value if is_symbol(value) or np.ndim(value) else float(value)


def saturating_exp(x: Number) -> Number:
    """``exp(x)`` up to x = 40, continued along its tangent: smooth, monotonic, no overflow."""
    # exp never sees more than 40: a trial step of a solver far out would be inf otherwise, and so would the Jacobian
    return np.exp(np.minimum(x, SATURATION)) * (1 + np.maximum(x - SATURATION, 0))


def integral_of_saturating_exp(x: Number) -> Number:
    """Antiderivative of `saturating_exp`."""
    beyond = np.maximum(x - SATURATION, 0)
    return np.exp(np.minimum(x, SATURATION)) + np.exp(SATURATION) * (beyond + beyond * beyond / 2)
