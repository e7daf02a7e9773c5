"""Which experiment next? Candidates ranked by what they would tell about parameters and about hypotheses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Any, TypeVar, overload
from typing import Protocol as Structural

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..cells.paths import Key
from ..errors import InputError, MgtwinError
from ..protocols import Protocol
from ..regression import Modulus, Weighting, least_squares
from .blocks import blocks_of
from .identifiability import LIMIT
from .judged import Judged
from .measurements import measurement
from .minimise import tolerance_of
from .models import model_of
from .problem import Problem

__all__ = ["Candidate", "Proposals", "next_experiment"]

#: Expected differences of BIC from which an experiment is said to decide between hypotheses.
DECISIVE = 10.0


@dataclass(frozen=True, eq=False)
class Candidate:
    """An experiment that could be done.

    Parameters
    ----------
    protocol : Protocol
        For example ``mt.EIS("1 MHz", "0.1 Hz", temperature="60 degC")``; not a Sequence.
    changes : mapping, optional
        What would be different in the cell, as for `Cell.with_`: ``{"layers.antiperovskite.thickness": "0.3 mm"}``.
    noise : Weighting, optional
        ``Noise("0.1 mV")`` or ``Modulus("1 %")`` (the default): what the instrument is expected to do.
    """

    protocol: Protocol
    changes: Mapping[Key, Any] = field(default_factory=dict)
    noise: Weighting = field(default_factory=lambda: Modulus("1 %"))  # type: ignore[arg-type]

    @classmethod
    def of(cls, given: Candidate | Protocol) -> Candidate:
        """Return a candidate as it is, and a protocol as one that changes nothing in the cell."""
        match given:
            case Candidate():
                return given
        return cls(given)

    def __post_init__(self) -> None:
        if not isinstance(self.protocol, Protocol):
            raise InputError(f"a Candidate needs a protocol, for example mt.EIS(1e6, 0.1), not {self.protocol!r}.")
        if not self.noise.known:
            raise InputError("a Candidate needs a noise that is known: Noise('0.1 mV') or Modulus('1 %').")


@dataclass(frozen=True, eq=False)
class Proposals:
    """Candidates with what they would tell. Made by :func:`mgtwin.next_experiment`; print it.

    Attributes
    ----------
    names : tuple of str
        The best first.
    information : tuple of float
        Expected gain of information on the parameters [nats], the mean over the hypotheses.
    separation : tuple of float
        Expected growth of the difference of -2 ln(likelihood) for the pair of hypotheses that is hardest to tell apart;
        nan with a single fit.
    hardest : tuple of str
        That pair, ``truth / rival``.
    failed : mapping
        Candidates that cannot be done, and why.
    warnings : tuple of str
        Hypotheses that do not describe the data so far: what they foresee is not to be believed.
    """

    names: tuple[str, ...]
    information: tuple[float, ...]
    separation: tuple[float, ...]
    hardest: tuple[str, ...]
    failed: Mapping[str, str]
    warnings: tuple[str, ...] = ()

    @property
    def best(self) -> str:
        """The name of the candidate to do next."""
        return self.names[0]

    @property
    def decides(self) -> tuple[bool, ...]:
        """Which candidates are expected to decide between all hypotheses; none where one of these fails already."""
        return tuple(bool(value > DECISIVE) and not self.warnings for value in self.separation)

    def __str__(self) -> str:
        wide = max([len(name) for name in (*self.names, "experiment")])
        lines = [f"{'experiment':<{wide}}  {'information':>12}  {'separation':>11}  hardest pair"]
        for name, info, separation, pair in zip(
            self.names, self.information, self.separation, self.hardest, strict=True
        ):
            shown = "" if np.isnan(separation) else f"{separation:.3g}"
            lines.append(f"{name:<{wide}}  {info:>7.2f} nats  {shown:>11}  {pair}")
        lines += [f"{name}: cannot be done: {reason}" for name, reason in self.failed.items()]
        lines += [f"! {warning}" for warning in self.warnings]
        return "\n".join(lines)


_Plan = TypeVar("_Plan", covariant=True)


class Informed(Structural[_Plan]):
    """What knows a cell well enough to rank experiments by itself, such as a twin."""

    def next_experiment(self, candidates: Mapping[str, Candidate | Protocol]) -> _Plan:
        """Rank them."""


@overload
def next_experiment(
    fits: Judged | Sequence[Judged], candidates: Mapping[str, Candidate | Protocol], names: Sequence[str] = ()
) -> Proposals: ...
@overload
def next_experiment(*, candidates: Mapping[str, Candidate | Protocol], given: Informed[_Plan]) -> _Plan: ...
def next_experiment(
    fits: Judged | Sequence[Judged] = (),
    candidates: Mapping[str, Candidate | Protocol] | None = None,
    names: Sequence[str] = (),
    *,
    given: Informed[_Plan] | None = None,
) -> Proposals | _Plan:
    r"""Rank experiments by what they would add to some fits.

    Information is the expected gain :math:`\tfrac12\ln\det(F + J^TJ)/\det F` with the Fisher information F of the
    data so far and J the derivatives of the new residuals in units of their noise, both by the logarithms of the
    parameters; where the data say nothing F has what a prior within a factor of e would add. Separation is worked out
    for every pair of hypotheses: if the one were true (data without noise, by simulation), by how much would
    :math:`-2\ln L` of the other grow, its parameters being fitted again to all data? The smallest of all counts.

    With several fits candidates are ranked by separation, with one by information.

    Parameters
    ----------
    fits : Fit or sequence of Fit
        One per hypothesis, of the same data.
    candidates : mapping
        Name to `Candidate` or protocol. The cell is that of the first Dataset of each fit with its fitted values; what
        a parameter is called for there holds for the new experiment, too.
    names : sequence of str, optional
        Of the hypotheses.
    given : Twin, optional
        In place of fits, ``next_experiment(given=twin, candidates={...})``: a running cell, whose state moves until it
        is measured; its own method `Twin.next_experiment` can be told what to learn about, and by when.

    Returns
    -------
    Proposals
        Of a twin what its method returns: candidates and moments.

    Raises
    ------
    InputError
        If there are no fits or no candidates, fits beside a twin, or none of them can be done.
    """
    if given is not None:
        if fits or names or not candidates:
            raise InputError(
                "with given=twin the explanations of the twin take the place of fits and their names: "
                "mt.next_experiment(given=twin, candidates={'a spectrum': mt.EIS('1 MHz', '0.1 Hz')})."
            )
        return given.next_experiment(candidates)
    match fits:
        case [*several]:
            listed: list[Judged] = several
        case _:
            listed = [fits]
    if not listed or not candidates:
        raise InputError("next_experiment needs at least one fit and one candidate.")
    labels = list(names) or [f"hypothesis {k + 1}" for k in range(len(listed))]
    rows, failed = [], {}
    for name, experiment in candidates.items():
        candidate = Candidate.of(experiment)
        try:
            rows.append((name, *_judged(listed, candidate, labels)))
        except MgtwinError as error:
            failed[name] = str(error)
    if not rows:
        raise InputError("none of the candidates can be done: " + "; ".join(f"{k}: {v}" for k, v in failed.items()))
    # a single hypothesis has nothing to be told from: its parameters are what an experiment can improve
    rows.sort(key=lambda row: -(row[1] if len(listed) == 1 else row[2]))
    found, information, separation, hardest = zip(*rows, strict=True)
    warnings = tuple(
        f"{label} does not describe the data so far: {fit.failures}"
        for label, fit in zip(labels, listed, strict=True)
        if fit.fails
    )
    return Proposals(found, information, separation, hardest, failed, warnings)


def _judged(fits: Sequence[Judged], candidate: Candidate, labels: Sequence[str]) -> tuple[float, float, str]:
    """Information, separation and the pair that is hardest to tell apart."""
    data = [_foreseen(fit, candidate) for fit in fits]
    information = float(
        np.mean([_information(fit, _extended(fit, candidate, own)) for fit, own in zip(fits, data, strict=True)])
    )
    pairs = {
        f"{labels[a]} / {labels[b]}": _separation(fits[b], _extended(fits[b], candidate, data[a]))
        # ordered pairs: b may bend to the data of a, and a not to those of b
        for a, b in permutations(range(len(fits)), 2)
    }
    if not pairs:
        return information, float("nan"), ""
    # an experiment decides between all hypotheses only if it does between the two that are most alike
    hardest = min(pairs, key=lambda pair: pairs[pair])
    return information, pairs[hardest], hardest


def _foreseen(fit: Judged, candidate: Candidate) -> xr.Dataset:
    """What the experiment would give if a fit were right, without noise."""
    return model_of(fit.cell.with_(candidate.changes)).simulate(candidate.protocol)


def _extended(fit: Judged, candidate: Candidate, data: xr.Dataset) -> Problem:
    """The problem of a fit with one more Dataset; the levels of noise stay."""
    old = fit.problem
    new = measurement(old.measurements[0].cell.with_(candidate.changes), data, len(old.measurements))
    number = len(old.measurements)
    # what the candidate sets is known in it, even where the same number was fitted before
    fixed = {path for key in candidate.changes for path in new.model.expand(key)}
    parameters = []
    for parameter in old.parameters:
        paths = tuple(path for path in parameter.targets.get(0, ()) if path not in fixed)
        targets = {**parameter.targets, **({number: paths} if paths else {})}
        parameters.append(replace(parameter, targets=targets))
    measurements, weightings = (*old.measurements, new), (*old.weightings, candidate.noise)
    problem = Problem(measurements, parameters, blocks_of(measurements, parameters, weightings), weightings)
    # a level of noise that new data share with old ones is known from these
    known = dict(zip(old.groups, old.scales, strict=True))
    return problem.with_scales(np.array([known.get(group, 1.0) for group in problem.groups]))


def _information(fit: Judged, problem: Problem) -> float:
    before = _fisher(fit, fit.problem.jacobian(fit.minimum.x))
    after = _fisher(fit, problem.jacobian(fit.minimum.x))
    weak = LIMIT**2 * np.eye(len(fit.names))  # a prior that is just too weak to make a parameter identifiable
    return float(np.linalg.slogdet(after + weak)[1] - np.linalg.slogdet(before + weak)[1]) / 2


def _fisher(fit: Judged, jacobian: NDArray[np.float64]) -> NDArray[np.float64]:
    sizes = [p.size(v) / p.slope(v) for p, v in zip(fit.problem.parameters, fit.x, strict=True)]
    scaled = jacobian * np.array(sizes)
    return np.asarray(scaled.T @ scaled)


def _separation(fit: Judged, problem: Problem) -> float:
    """Growth of the sum of squares of a fit when data that another one foresees are added, fitted again."""
    found = least_squares(
        problem.residuals,
        problem.jacobian,
        fit.minimum.x,
        problem.bounds,
        fit.loss,
        max_evaluations=100,
        tolerance=tolerance_of(problem),
    )
    if found.interrupted:
        raise KeyboardInterrupt
    return 2 * (found.cost - fit.minimum.cost)
