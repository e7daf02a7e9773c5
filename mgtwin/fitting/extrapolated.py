"""Numbers that hold at another temperature than that of the data: what they are worth there, and at the data."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..laws import Law
from ..quantities import origin_of
from .judged import Judged
from .models import model_of

__all__ = ["Extrapolation", "extrapolation_of"]

#: Temperatures closer than this [K] are the same.
SAME = 0.5
#: Relative step of the differences by which a law depends on its numbers.
STEP = 1e-4


@dataclass(frozen=True)
class Extrapolation:
    """The value of a law at its reference temperature, seen through the law from the temperatures of the data.

    Attributes
    ----------
    reference : float
        Temperature at which the parameter holds [K].
    values : tuple of (float, float)
        Temperatures of the data [K] and the values there [SI].
    relative_std : float
        What the numbers of the law that are fixed, but uncertain (their own std), add to the relative standard
        deviation at the reference temperature.
    """

    reference: float
    values: tuple[tuple[float, float], ...]
    relative_std: float


def extrapolation_of(fit: Judged, k: int) -> Extrapolation | None:
    """How a parameter is seen through a law; None where it is none of a law, or the data lie around its temperature."""
    parameter = fit.problem.parameters[k]
    number, paths = next(iter(parameter.targets.items()))
    law = model_of(fit.cells[number]).law_of(paths[0])
    if law is None:
        return None
    owner = paths[0].rpartition(".")[0]
    reference = law.parameters().get("reference_temperature")
    taken = {fit.problem.measurements[n].temperature for n in parameter.targets}
    temperatures = sorted(T for T in taken if T is not None)
    if reference is None or not temperatures or temperatures[0] - SAME <= reference <= temperatures[-1] + SAME:
        return None
    # the datum that carries most of the value: from the others the law has to reach further
    nearest = min(temperatures, key=lambda T: abs(T - reference))
    free = {path for p in fit.problem.parameters for path in p.targets.get(number, ())}
    variance = 0.0
    for name, value in law.parameters().items():
        std = origin_of(value).get("std")
        if std and name not in law.value_fields and f"{owner}.{name}" not in free:
            variance += (_slope(law, name, reference, nearest) * std) ** 2
    return Extrapolation(float(reference), tuple((T, float(law(T))) for T in temperatures), math.sqrt(variance))


def _slope(law: Law, name: str, reference: float, T: float) -> float:
    """Derivative of ln[y(reference)/y(T)] by one number of a law."""

    def ratio(change: float) -> float:
        numbers = law.parameters()
        numbers[name] = float(numbers[name]) + change
        # of the ratio: a common factor of both (the fitted value) drops out
        return math.log(abs(float(law.formula(reference, **numbers)) / float(law.formula(T, **numbers))))

    # relative; an energy of 0 has no size of its own, so it is stepped by STEP itself
    step = STEP * (abs(float(law.parameters()[name])) or 1.0)
    return (ratio(step) - ratio(-step)) / (2 * step)
