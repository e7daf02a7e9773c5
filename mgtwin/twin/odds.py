"""The bank of explanations: their odds, the watch over them, and what becomes of them after a break.

Odds are those before any evidence times the product of the densities that an explanation had foreseen for each piece.
A confirmed fault of the cell ends a life: the next begins with its last state, less sure of what the fault can have
moved, and for a short with one more number (``film + short``). Everything is a function of the set of evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import pairwise

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..errors import InputError
from ..fitting.free import Drifting

# the kinds of evidence make themselves known when they are imported
from . import runs, spectra  # noqa: F401
from .alarms.base import AlarmKind, Opening
from .alarms.faults import Foreseen
from .alarms.watching import FIRST, Alarm, Break, Explained, Innovation, Report, weighed
from .coordinates import Coordinates
from .evidence import Evidence
from .life import Life, live
from .model_error import ModelError
from .observing import EVIDENCE_KINDS
from .smoother import ITERATIONS

__all__ = ["Bank", "Member", "Resumed", "assimilated", "with_drift"]

Reals = NDArray[np.float64]

#: What a rate may be after a break: standard deviation of its logarithm.
ANY_RATE = float(np.log(4.0))
#: Explanations whose odds differ by less cannot be told apart.
NEARLY = float(np.log(20.0))
#: Explanations whose odds are smaller by exp(-30) end at the next break.
HOPELESS = 30.0
#: Steps after which pieces that do not belong together show themselves.
FEW = 12
#: Score from which on a piece is foreseen without counting itself, well below any threshold.
SUSPECT = 3.5


class Resumed(Coordinates):
    """Coordinates of an explanation after a break.

    Parameters
    ----------
    life : Life
        Up to the break.
    opening : Opening
        How it goes on.
    """

    def __init__(self, life: Life, opening: Opening) -> None:
        before = life.coordinates
        cell = before.original.with_(opening.changes) if opening.changes else before.original
        super().__init__(cell, {**before.free, **opening.free}, before.usage, before.considered)
        self.since = life.evidence[-1].moment
        self._before, self._widened = life, opening.widened

    @cached_property
    def prior(self) -> tuple[Reals, Reals]:
        """Mean and factor of the covariance just before the break, less sure of what it can have moved."""
        fresh_mean, fresh_factor = super().prior
        mean, covariance = fresh_mean.copy(), fresh_factor @ fresh_factor.T
        names = self._before.coordinates.names
        at = [self.names.index(name) for name in names]
        covariance[at, :] = covariance[:, at] = 0.0
        mean[at], covariance[np.ix_(at, at)] = self._before.states[-1], self._before.covariances[-1]
        for k, name in enumerate(self.names):
            added = max([s for pattern, s in self._widened.items() if fnmatchcase(name, pattern)], default=0.0)
            if k < len(self.wander) and self.wander[k].any():
                added = max(added, ANY_RATE)
            covariance[k, k] += added**2
        values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
        return mean, vectors * np.sqrt(np.clip(values, 0.0, None))

    @property
    def leaning(self) -> Reals:
        """How the last state of the life before goes with the considered numbers."""
        before, found = self._before.considered, super().leaning
        names = before.coordinates.names
        own = [name for name in self.wide.names if name not in self.names]
        # P = S C above the diagonal, C on it
        for column, name in enumerate(own):
            along = before.covariances[-1][:, names.index(name)]
            for row, known in enumerate(self.names):
                if known in names:
                    found[row, column] = along[names.index(known)] / along[names.index(name)]
        return found


@dataclass(frozen=True, eq=False)
class Member:
    """An explanation with its lives, from break to break.

    Attributes
    ----------
    name : str
    coordinates : Coordinates
        Of the life that goes on.
    lives : tuple of Life
        Those before the last break, then the one that goes on, if there is evidence since.
    log_odds : Reals
        Logarithm of its odds before each piece of evidence and after the last one, not normalised.
    """

    name: str
    coordinates: Coordinates
    lives: tuple[Life, ...] = ()
    log_odds: Reals = field(default_factory=lambda: np.zeros(1))


@dataclass(frozen=True, eq=False)
class Bank:
    """All explanations of a life, and what the watch found.

    Attributes
    ----------
    members : tuple of Member
    evidence : tuple of Evidence
        In order.
    report : Report
    """

    members: tuple[Member, ...]
    evidence: tuple[Evidence, ...]
    report: Report

    @property
    def names(self) -> tuple[str, ...]:
        """Of the explanations."""
        return tuple(member.name for member in self.members)

    @property
    def lives(self) -> dict[str, Life]:
        """The life of each explanation since the last break."""
        return {member.name: member.lives[-1] for member in self.members if member.lives}

    def life(self, name: str, epoch: int) -> Life | None:
        """That of an explanation after so many breaks, None where it had none."""
        found = [member.lives[epoch] for member in self.members if member.name == name and len(member.lives) > epoch]
        return next(iter(found), None)

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """All that were raised, in their order."""
        return self.report.alarms

    @property
    def apart(self) -> frozenset[str]:
        """Evidence that is held, or stood apart."""
        pairs = zip(self.evidence, self.report.apart, strict=True)
        return frozenset(item.sha for item, out in pairs if out)

    @cached_property
    def odds(self) -> xr.DataArray:
        """Probability of every explanation after each piece of evidence, over (evidence, explanation)."""
        logs = np.array([member.log_odds[1:] for member in self.members]).T.reshape(len(self.evidence), -1)
        odds = np.exp(logs - np.logaddexp.reduce(logs, axis=1, keepdims=True)) if logs.size else logs
        usage = self.members[0].coordinates.usage
        return xr.DataArray(
            odds,
            dims=("evidence", "explanation"),
            coords={
                "explanation": list(self.names),
                "cycle": ("evidence", [usage.cycle(item.moment) for item in self.evidence]),
                "name": ("evidence", [item.name for item in self.evidence]),
            },
            name="odds",
        )

    @cached_property
    def cannot_tell(self) -> tuple[str, ...]:
        """Explanations that the evidence does not tell from the best one, this one first; none where it does."""
        last = {member.name: member.log_odds[-1] for member in self.members}
        best = max(last, key=lambda name: last[name])
        close = [name for name in last if last[best] - last[name] < NEARLY]
        return tuple(sorted(close, key=lambda name: -last[name])) if len(close) > 1 else ()

    @cached_property
    def scores(self) -> xr.Dataset:
        """Scores of every fault in every piece of evidence, and their slow sums, over (evidence, mechanism)."""
        scored = self.report.scores
        names = list(dict.fromkeys(name for one in scored for name in one.z))
        z = np.array([[one.z.get(name, np.nan) for name in names] for one in scored]).reshape(-1, len(names))
        slow = np.array([[one.slow.get(name, np.nan) for name in names] for one in scored]).reshape(-1, len(names))
        dims = ("evidence", "mechanism")
        about = {name: self.odds.coords[name] for name in ("cycle", "name")}
        return xr.Dataset({"z": (dims, z), "cusum": (dims, slow)}, coords={"mechanism": names, **about})


def assimilated(
    explanations: Mapping[str, Coordinates],
    evidence: Sequence[Evidence],
    error: ModelError,
    kinds: Sequence[AlarmKind],
    before: Bank | None = None,
) -> Bank:
    """Assimilate everything that was measured.

    Parameters
    ----------
    explanations : mapping
        Name -> coordinates since the cell was new; equally probable before any evidence.
    evidence : sequence of Evidence
        In order.
    error : ModelError
    kinds : sequence of AlarmKind
    before : Bank, optional
        Of the first of this evidence: what was decided there stays decided, and searches begin there.
    """
    known = before if before is not None and continues(before, evidence) else None
    report, count = (Report(), len(evidence)) if known is None else (known.report, 1)
    search = _Search(explanations, tuple(evidence), error, kinds)
    while len(report.apart) < len(evidence):
        # a piece that does not fit bends the life in which it counts, and with it what was foreseen before it: only
        # where nothing comes near an alarm are many pieces looked at in one life
        count = 1 if report.open else min(count, len(evidence) - len(report.apart))
        further, known = search.further(report, count, known)
        if further is None:
            count = search.quiet(report, count, known)
            continue
        report, count = further, 2 * count
    return search.bank(report, len(evidence), frozenset(), known)


def continues(bank: Bank, evidence: Sequence[Evidence]) -> bool:
    """Whether a bank is of the first of this evidence."""
    return [item.sha for item in bank.evidence] == [item.sha for item in evidence[: len(bank.evidence)]]


@dataclass(frozen=True, eq=False)
class _Search:
    """What is assimilated; arguments of `assimilated`."""

    explanations: Mapping[str, Coordinates]
    evidence: tuple[Evidence, ...]
    error: ModelError
    kinds: Sequence[AlarmKind]

    def further(self, report: Report, count: int, known: Bank | None) -> tuple[Report | None, Bank | None]:
        """The report with so many more pieces, None where they have to be looked at one by one; and the lives."""
        done = len(report.apart)
        # a single piece is foreseen without it: the one way that is right whatever it is
        only = frozenset({self.evidence[done].sha}) if count == 1 else frozenset()
        try:
            bank = self.bank(report, done + count, only, known, ITERATIONS if count == 1 else FEW)
            further = report.after(_innovations(bank, done), self.kinds)
        except InputError:
            # a state that no cell can have, between pieces that do not belong together
            if count == 1:
                raise
            return None, known
        new = [score for one in further.scores[done:] for score in one.raw.values()]
        quiet = len(further.alarms) == len(report.alarms) and max(new, default=0.0) < SUSPECT
        # what nobody believes need not be found to the last digit
        leading = max(bank.members, key=lambda member: member.log_odds[-1])
        if count > 1 and not (quiet and leading.lives[-1].converged):
            return None, known
        return further, bank

    def quiet(self, report: Report, count: int, known: Bank | None) -> int:
        """How many of the next pieces to try after `count` did not fit: those before the first that stands out.

        Foreseen from far they stand out less, but none of them can bend the life.
        """
        done = len(report.apart)
        if done < FIRST:
            return count // 2
        only = frozenset(item.sha for item in self.evidence[done : done + count])
        scored = [
            weighed(one, self.kinds) for one in _innovations(self.bank(report, done + count, only, known), done)[done:]
        ]
        loud = [k for k, one in enumerate(scored) if max(fault.score for fault in one.values()) > SUSPECT]
        return max(1, min([*loud, count // 2]))

    def bank(
        self, report: Report, count: int, only: frozenset[str], known: Bank | None, iterations: int = ITERATIONS
    ) -> Bank:
        """Lives of the first pieces; those in `only`, and those that stand apart, are foreseen and do not count."""
        evidence, shas = self.evidence[:count], [item.sha for item in self.evidence[:count]]
        apart = only | {sha for sha, out in zip(shas, report.apart, strict=False) if out}
        edges = [0, *(shas.index(broken.evidence) for broken in report.breaks), count]
        members = [Member(name, coordinates) for name, coordinates in self.explanations.items()]
        for number, (first, stop) in enumerate(pairwise(edges)):
            if number:
                members = after_break(members, report.breaks[number - 1], self.kinds)
            found, best = [], max(member.log_odds[-1] for member in members)
            for member in members if first < stop else ():
                begun = None if known is None else known.life(member.name, number)
                if begun is not None and begun.coordinates.names != member.coordinates.names:
                    begun = None
                most = iterations if member.log_odds[-1] > best - HOPELESS else FEW
                life = live(member.coordinates, evidence[first:stop], self.error, apart, begun, most)
                counts = np.array([sha not in apart for sha in shas[first:stop]])
                log_odds = np.cumsum([member.log_odds[-1], *np.where(counts, life.log_evidences, 0.0)])
                whole = np.concatenate([member.log_odds[:-1], log_odds])
                found.append(replace(member, lives=(*member.lives, life), log_odds=whole))
            members = found or members
        return Bank(tuple(members), evidence, report)


def after_break(members: Sequence[Member], broken: Break, kinds: Sequence[AlarmKind]) -> list[Member]:
    """The explanations after a break: less sure of what it can have moved, and for a new number also with that."""
    named = [(mechanism, kind) for mechanism in broken.mechanisms for kind in kinds if mechanism in kind.mechanisms]
    found: list[Member] = []
    best = max(member.log_odds[-1] for member in members)
    for member in members:
        # what nobody believes any more needs no branches, or there were soon hundreds
        if member.log_odds[-1] < best - HOPELESS:
            continue
        if not member.lives:  # it broke before anything was seen of it
            found.append(member)
            continue
        cell = member.coordinates.original
        openings = [kind.opening(name, broken.size, broken.std, cell) for name, kind in named if kind.of_cell]
        widened: dict[str, float] = {}
        for opening in openings:
            widened |= {} if opening.name else opening.widened
        ways = [Opening(widened=widened), *(opening for opening in openings if opening.name)]
        # what is left of the odds of the one that it comes from
        log_odds = np.append(member.log_odds[:-1], member.log_odds[-1] - np.log(len(ways)))
        for way in ways:
            resumed = Resumed(member.lives[-1], way)
            name = member.name + way.name
            same = sum(other.name.partition(" (")[0] == name for other in found)
            unique = f"{name} ({same + 1})" if same else name
            found.append(replace(member, name=unique, coordinates=resumed, log_odds=log_odds))
    return found


def with_drift(explanations: Mapping[str, Coordinates]) -> dict[str, Coordinates]:
    """Explanations and one more, ``drift``: no law of ageing, all that is free wanders by 2 % per cycle."""
    first = next(iter(explanations.values()))
    if not first.ageing.states:
        return dict(explanations)
    free = {key: Drifting(0.02, free=what.single) for key, what in first.free.items() if not any(what.wander)}
    return {**explanations, "drift": Coordinates(first.cell, free, first.usage)}


def _innovations(bank: Bank, since: int) -> list[Innovation]:
    """What was measured against what was foreseen; pieces before `since` are decided, and hold nothing."""
    evidence, usage = bank.evidence, bank.members[0].coordinates.usage
    explained: list[dict[str, Explained]] = [{} for _ in evidence]
    for member in bank.members:
        life = member.lives[-1]
        first = len(evidence) - len(life.evidence)
        at = range(max(since, first), len(evidence))
        for k, foreseen, deviation in zip(at, *_foreseen(life, evidence, at, first), strict=True):
            e, S = life.smoothed.innovation(k - first)
            scaled = S * np.multiply.outer(deviation, deviation)
            explained[k][member.name] = Explained(float(member.log_odds[k]), e * deviation, scaled, foreseen)
    return [
        Innovation(item.sha, item.name, item.kind, item.moment, usage.cycle(item.moment), explained[k])
        for k, item in enumerate(evidence)
    ]


def _foreseen(
    life: Life, evidence: Sequence[Evidence], at: Sequence[int], first: int
) -> tuple[list[Foreseen], list[Reals]]:
    """What faults would do to some pieces, and the standard deviations of their noise."""
    solved, size = life.smoothed.solved, life.coordinates.size
    found: dict[int, tuple[Foreseen, Reals]] = {}
    for kind in dict.fromkeys(evidence[k].kind for k in at):
        rows = [k for k in at if evidence[k].kind == kind]
        group = EVIDENCE_KINDS[kind].observation([evidence[k] for k in rows], life.coordinates)
        own = [k - first for k in rows]
        try:
            shown = group.foreseen(life.states[own] + solved.predicted[own, :size, 0])
        except InputError:
            # linearised from far, a film can come out negative: what faults look like is then asked where the life is
            shown = group.foreseen(life.states[own])
        found |= dict(zip(rows, zip(shown, group.deviations, strict=True), strict=True))
    return [found[k][0] for k in at], [found[k][1] for k in at]
