"""The bank of explanations: their odds, the watch over them, and what becomes of them after a break.

Odds are those before any evidence times the product of the densities that an explanation had foreseen for each piece.
A confirmed fault of the cell ends a life: the next begins with its last state, less sure of what the fault can have
moved, and for a short with one more number (``film + short``). Everything is a function of the set of evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..errors import InputError, MgtwinError

# the kinds of evidence make themselves known when they are imported
from . import runs, spectra  # noqa: F401
from .alarms.base import AlarmKind, Opening
from .alarms.watching import Alarm, Break, Explained, Innovation, Report
from .coordinates import Coordinates
from .evidence import Evidence
from .life import Life
from .model_error import ModelError
from .running import Running

__all__ = ["Bank", "Member", "Resumed", "assimilated"]

Reals = NDArray[np.float64]

#: What a rate may be after a break: standard deviation of its logarithm.
ANY_RATE = float(np.log(4.0))
#: Explanations whose odds differ by less cannot be told apart.
NEARLY = float(np.log(20.0))
#: Explanations whose odds are smaller by exp(-30) are not believed, and end at the next break.
HOPELESS = 30.0
#: Explanations whose odds are smaller by exp(-1000) are asked no more.
GIVEN_UP = 1000.0


class Resumed(Coordinates):
    """Coordinates of an explanation after a break.

    Parameters
    ----------
    life : Life
        Up to the break.
    opening : Opening
        How it goes on.
    error_odds : mapping
        What the life says of the error of the model, which goes on; how it lies in frequency does not, for it is
        relative to an impedance that is another one now.
    """

    def __init__(self, life: Life, opening: Opening, error_odds: Mapping[ModelError, float]) -> None:
        before = life.coordinates
        cell = before.original.with_(opening.changes) if opening.changes else before.original
        super().__init__(cell, {**before.free, **opening.free}, before.usage, before.considered)
        self.since, self.error_odds = life.evidence[-1].moment, error_odds
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
    """An explanation since the last break.

    Attributes
    ----------
    name : str
    running : Running
        Its life since then.
    past : Reals
        Logarithm of its odds before each piece of evidence up to then, not normalised.
    unseen : int
        Pieces of evidence after which it was given up.
    earlier : tuple of Life
        Of the cell before each break, oldest first.
    """

    name: str
    running: Running
    past: Reals = field(default_factory=lambda: np.zeros(1))
    unseen: int = 0
    earlier: tuple[Life, ...] = ()

    @cached_property
    def log_odds(self) -> Reals:
        """Logarithm of its odds before each piece of evidence and after the last one, not normalised."""
        seen = self.past[-1] + np.cumsum(self.running.log_evidences)
        return np.concatenate([self.past, seen, np.full(self.unseen, -np.inf)])

    def ahead(self, item: Evidence, least: float) -> Member:
        """With one more piece, which is foreseen; given up at smaller odds, and where no cell can be."""
        if not self.unseen and self.log_odds[-1] >= least:
            with suppress(MgtwinError):
                return replace(self, running=self.running.ahead(item))
        return replace(self, unseen=self.unseen + 1)

    def counting(self, believed: float) -> Member:
        """With the last piece assimilated; given up where no life leads there. Smaller odds are not believed."""
        if self.unseen:
            return self
        try:
            return replace(self, running=self.running.counting(believed=self.log_odds[-2] > believed))
        except MgtwinError:
            known = replace(self.running, pieces=self.running.pieces[:-1], steps=self.running.steps[:-1])
            return replace(self, running=known, unseen=1)

    def explained(self) -> Explained:
        """How it foresaw the last piece, which does not count yet."""
        e, S = self.running.innovation()
        shown = self.running.pieces[-1].shown
        assert shown is not None
        return Explained(float(self.log_odds[-2]), e, S, shown, self.running.errors)


@dataclass(frozen=True, eq=False)
class Bank:
    """All explanations of a life, and what the watch found.

    Attributes
    ----------
    members : tuple of Member
    kinds : tuple of AlarmKind
        What is watched for.
    evidence : tuple of Evidence
        In order.
    report : Report
    seen : tuple of Innovation
        Every piece, what was foreseen of it left out.
    before : Bank or None
        Without the last piece.
    """

    members: tuple[Member, ...]
    kinds: tuple[AlarmKind, ...]
    evidence: tuple[Evidence, ...] = ()
    report: Report = field(default_factory=Report)
    seen: tuple[Innovation, ...] = ()
    before: Bank | None = None

    @classmethod
    def before_any(cls, explanations: Mapping[str, Coordinates], error: ModelError, kinds: Sequence[AlarmKind]) -> Bank:
        """Explanations by name, equally probable before any evidence."""
        members = [Member(name, Running.before(space, error)) for name, space in explanations.items()]
        return cls(tuple(members), tuple(kinds))

    def after(self, item: Evidence) -> Bank:
        """With one more piece of evidence, which is later than all others.

        It is foreseen from those before it, judged, and assimilated unless it has to wait for the next one.
        """
        ahead = self._ahead(item)
        cycle = self.members[0].running.coordinates.usage.cycle(item.moment)
        plain = Innovation(item.sha, item.name, item.kind, item.moment, cycle, {})
        explained = {member.name: member.explained() for member in ahead if not member.unseen}
        innovation = replace(plain, explained=explained)
        report = self.report.after([*self.seen, innovation], self.kinds)
        if report.breaks == self.report.breaks:
            return self._with(ahead, plain, item, report)
        # a life ends where it broke; what showed it, and has been judged, is the first piece of the next one
        broken, count = report.breaks[-1], len(self.evidence)
        last = self
        while last.before is not None and any(one.sha == broken.evidence for one in last.evidence):
            last = last.before
        found = replace(last, members=tuple(after_break(last.members, broken, self.kinds)), report=report)
        judged = zip((*self.evidence, item), (*self.seen, plain), strict=True)
        for one, seen in list(judged)[len(last.evidence) :]:
            if len(found.evidence) < len(report.apart):
                found = found._with(found._ahead(one), seen, one, report)
        return found if len(found.evidence) > count else found.after(item)

    def _ahead(self, item: Evidence) -> list[Member]:
        """All explanations with one more piece, which is foreseen by those that were not given up."""
        best = max(member.log_odds[-1] for member in self.members)
        return left(item, [one.ahead(item, best - GIVEN_UP) for one in self.members])

    def _with(self, ahead: Sequence[Member], seen: Innovation, item: Evidence, report: Report) -> Bank:
        """With a piece that was judged."""
        members, best = list(ahead), max(member.log_odds[-2] for member in ahead)
        if not report.apart[len(self.evidence)]:
            members = left(item, [one.counting(best - HOPELESS) for one in ahead])
        pieces, known = (*self.evidence, item), (*self.seen, seen)
        # as far back as a break can still go
        waiting = self.report.open and self.alarms[-1].state == "raised"
        return Bank(tuple(members), self.kinds, pieces, report, known, self if waiting else replace(self, before=None))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the explanations."""
        return tuple(member.name for member in self.members)

    def running(self, name: str) -> Running:
        """The life of an explanation as it runs."""
        return next(member.running for member in self.members if member.name == name)

    def whole(self, name: str) -> tuple[Life, ...]:
        """All lives of an explanation since the cell was new: a break ends one."""
        return next((*member.earlier, member.running.life) for member in self.members if member.name == name)

    @cached_property
    def lives(self) -> dict[str, Life]:
        """The most probable life of each explanation since the last break."""
        return {member.name: member.running.life for member in self.members}

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
        return xr.DataArray(
            odds,
            dims=("evidence", "explanation"),
            coords={
                "explanation": _indexed(self.names),
                "cycle": ("evidence", [one.cycle for one in self.seen]),
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


@lru_cache
def _indexed(names: tuple[str, ...]) -> xr.IndexVariable:
    # made for every update, and half of the time that its table takes
    return xr.IndexVariable("explanation", list(names))


def assimilated(
    explanations: Mapping[str, Coordinates],
    evidence: Sequence[Evidence],
    error: ModelError,
    kinds: Sequence[AlarmKind],
    before: Bank | None = None,
) -> Bank:
    """Assimilate everything that was measured: one piece after the other in their order, whatever that of arrival was.

    Parameters
    ----------
    explanations : mapping
        Name -> coordinates since the cell was new; equally probable before any evidence.
    evidence : sequence of Evidence
        In order.
    error : ModelError
    kinds : sequence of AlarmKind
    before : Bank, optional
        Of the first of this evidence. The result is the same.
    """
    bank = Bank.before_any(explanations, error, kinds) if before is None else before
    for item in evidence[len(bank.evidence) :]:
        bank = bank.after(item)
    return bank


def left(item: Evidence, members: list[Member]) -> list[Member]:
    """The same, as long as one of them was not given up.

    Raises
    ------
    InputError
        No explanation is left.
    """
    if all(one.unseen for one in members):
        raise InputError(
            f"{item.name}: no life by {', '.join(one.name for one in members)} leads there, not even with an error of "
            f"the model: it is of another cell or in another unit, or another explanation is needed."
        )
    return members


def after_break(members: Sequence[Member], broken: Break, kinds: Sequence[AlarmKind]) -> list[Member]:
    """The explanations after a break: less sure of what it can have moved, and for a new number also with that."""
    named = [(mechanism, kind) for mechanism in broken.sizes for kind in kinds if mechanism in kind.mechanisms]
    found: list[Member] = []
    best = max(member.log_odds[-1] for member in members)
    for member in members:
        # what nobody believes any more needs no branches, or there were soon hundreds
        if member.log_odds[-1] < best - HOPELESS:
            continue
        if not member.running.pieces:  # it broke before anything was seen of it
            found.append(member)
            continue
        cell = member.running.coordinates.original
        openings = [kind.opening(name, *broken.sizes[name], cell) for name, kind in named if kind.of_cell]
        widened: dict[str, float] = {}
        for opening in openings:
            widened |= {} if opening.name else opening.widened
        ways = [Opening(widened=widened), *(opening for opening in openings if opening.name)]
        # what is left of the odds of the one that it comes from
        log_odds = np.append(member.log_odds[:-1], member.log_odds[-1] - np.log(len(ways)))
        life, settings = member.running.life, member.running.settings
        error_odds = member.running.error_odds()
        for way in ways:
            resumed = Resumed(life, way, error_odds)
            name = member.name + way.name
            same = sum(other.name.partition(" (")[0] == name for other in found)
            unique = f"{name} ({same + 1})" if same else name
            earlier = (*member.earlier, life)
            running = Running.before(resumed, settings)
            found.append(replace(member, name=unique, running=running, past=log_odds, earlier=earlier))
    return found
