"""Which Datasets the model of a fit does not describe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..analysis.monotonic_growth import FEWEST, monotonic_growth
from .parameters import Parameter
from .solution import Solution

__all__ = ["Outside", "outside_model"]

#: Where nobody knows the noise a Dataset with this many times the misfit of the others (four times their variance) is
#: not described, provided that noise alone would do so in fewer than one fit of a thousand.
_FAR, _CHANCE = 2.0, 1e-3


@dataclass(frozen=True)
class Outside:
    """A Dataset that the model does not describe.

    Attributes
    ----------
    number : int
        Which Dataset, from 0.
    label : str
    kind : str
        ``"misfit"``; ``"apart"``: a number that only grows stands apart in this Dataset alone; ``"break"``: it fell
        and from there on the model does not hold.
    reason : str
        In words.
    """

    number: int
    label: str
    kind: Literal["misfit", "apart", "break"]
    reason: str


def outside_model(fit: Solution) -> tuple[Outside, ...]:
    """See `Judged.outside_model`; a Dataset may be named for several reasons."""
    found = _by_misfit(fit)
    series: dict[object, list[tuple[int, Parameter]]] = {}
    for k, parameter in enumerate(fit.problem.parameters):
        if parameter.grows:
            series.setdefault(parameter.key, []).append((k, parameter))
    for members in series.values():
        found += _by_growth(fit, members)
    order = {"break": 0, "apart": 1, "misfit": 2}
    return tuple(sorted(found, key=lambda item: (order[item.kind], item.number)))


def _by_misfit(fit: Solution) -> list[Outside]:
    from scipy.stats import chi2

    problem, found = fit.problem, []
    sizes = np.array(fit.deviations)
    counts = np.array([part.size for part in problem.by_dataset(fit.minimum.residuals)])
    for verdict in fit.verdicts:
        number, reason = verdict.number, ""
        if verdict.noise is None:
            # a level that follows from the misfit has that of bad Datasets in it: the others tell what it is without
            usual = float(np.median(sizes[problem.group_of == problem.group_of[number]]))
            chance = float(np.sqrt(chi2.isf(_CHANCE / len(counts), counts[number]) / counts[number]))
            if sizes[number] > max(_FAR, chance) * usual:
                reason = f"misfit {sizes[number] / usual:.1f} times that of the others"
        elif verdict.poor:
            reason = f"misfit {verdict.misfit:.1f} times the noise, {verdict.where}"
        if reason:
            found.append(Outside(number, verdict.label, "misfit", reason))
    return found


def _by_growth(fit: Solution, members: list[tuple[int, Parameter]]) -> list[Outside]:
    std = np.sqrt(np.diag(fit.covariance))
    known = [(k, parameter) for k, parameter in members if np.isfinite(std[k])]
    if len(known) < FEWEST:
        return []
    rows = [k for k, _ in known]
    growth = monotonic_growth(fit.minimum.x[rows], std[rows])
    name = members[0][1].name.partition(" [")[0]
    found = []
    for place in np.flatnonzero(growth.outside):
        number = next(iter(known[place][1].targets))
        label = fit.problem.measurements[number].label
        if growth.break_at is not None and place >= growth.break_at:
            reason = (
                f"{name} can only grow, but falls by {growth.drop:.0f} std at {_label(fit, known[growth.break_at])}"
            )
            found.append(Outside(number, label, "break", reason))
        else:
            reason = f"{name} can only grow, but this value stands apart from those before and after"
            found.append(Outside(number, label, "apart", reason))
    return found


def _label(fit: Solution, member: tuple[int, Parameter]) -> str:
    return fit.problem.measurements[next(iter(member[1].targets))].label
