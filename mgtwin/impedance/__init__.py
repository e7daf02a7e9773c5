"""Impedance without a mesh: the exact small-signal response of stacks of uniform layers at rest."""

from .derivatives import exact_jacobian
from .exact import exact, exact_laplace
from .limits import PlateauResistances, dc_resistance, plateaus
from .step import step_response

__all__ = [
    "PlateauResistances",
    "dc_resistance",
    "exact",
    "exact_jacobian",
    "exact_laplace",
    "plateaus",
    "step_response",
]


def __dir__() -> list[str]:
    return __all__
