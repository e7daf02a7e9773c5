"""The watch over a life: scores of every fault in every piece of evidence, and what follows of them.

A piece with a fault beyond its threshold is *held*: it is foreseen, but not assimilated, until the next one of its kind
tells. Is that better foreseen without the fault, the piece stood apart (the alarm is withdrawn, it stays out); is it
better foreseen with it, the cell has changed (the alarm is confirmed, the life goes on from a break). What is decided
stays decided, so that a life is run again once for every alarm and no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...quantities import format_value
from ..evidence import Moment
from .base import AlarmKind
from .faults import Fault, Foreseen, Whitened

__all__ = ["Alarm", "Break", "Explained", "Innovation", "Report", "Scored"]

Reals = NDArray[np.float64]

#: Pieces of a kind before any alarm: what is free has to be found first.
FIRST = 5
#: Pieces after a break before any alarm: what broke has to be found first.
SETTLING = 2
#: Pieces of a kind whose scores say how large they are without a fault, and where these are clipped.
LATEST, CLIPPED = 12, 6.0
#: What a score has to exceed for a slow change to count.
ALLOWANCE = 0.75
#: What the error of the model has to change by to count as more than what it is, in its standard deviations.
BEYOND = 2.0
#: Faults that explain nearly as well belong to the name of an alarm: a factor of 20 in likelihood.
NEARLY = np.log(20.0)


@dataclass(frozen=True, eq=False)
class Explained:
    """A piece of evidence as one explanation foresaw it.

    Attributes
    ----------
    log_odds : float
        Logarithm of the explanation's odds before this piece.
    e, S : ndarray
        Measured less foreseen, (N,), and its covariance, model error and noise included, (N, N).
    foreseen : Foreseen
    errors : ndarray, optional
        What errors of the model of one standard deviation add, independent of each other, (N, m).
    """

    log_odds: float
    e: Reals
    S: Reals
    foreseen: Foreseen
    errors: Reals | None = None


@dataclass(frozen=True, eq=False)
class Innovation:
    """A piece of evidence as all explanations foresaw it, from what was assimilated before it.

    Attributes
    ----------
    sha, name, kind : str
        Of the evidence.
    moment : Moment
    cycle : float
        Cycles done.
    explained : mapping
        By the name of the explanation.
    """

    sha: str
    name: str
    kind: str
    moment: Moment
    cycle: float
    explained: Mapping[str, Explained]


@dataclass(frozen=True)
class Alarm:
    """Something that went wrong.

    Attributes
    ----------
    cycle : float
        Cycles done when it was first seen.
    mechanism : str
        What explains it best: ``short``, ``contact``, ``film``, ``ohmic fell``, ``film fell``, ``gain`` or
        ``temperature``, or what own kinds of alarm know.
    others : tuple of str
        What explains it nearly as well (within a factor of 20 in likelihood): these data cannot tell them apart.
    size, std : float
        Of the fault [unit].
    unit : str
    odds : float
        Of the mechanism against all that were looked for, each as probable as another before.
    evidence : str
        SHA-256 of what showed it.
    text : str
    state : str
        ``raised``, ``confirmed`` or ``withdrawn`` by the next piece of evidence.
    """

    cycle: float
    mechanism: str
    others: tuple[str, ...]
    size: float
    std: float
    unit: str
    odds: float
    evidence: str
    text: str
    state: str = "raised"

    def __str__(self) -> str:
        return f"{self.text} [{self.state}]"


@dataclass(frozen=True)
class Break:
    """A change of the cell that was confirmed: from this piece of evidence on it is another one.

    Attributes
    ----------
    evidence : str
    sizes : mapping
        What can have broken, the most probable first, to its size and standard deviation.
    """

    evidence: str
    sizes: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Scored:
    """What one piece of evidence says of every fault.

    Attributes
    ----------
    kind : str
        Of the evidence.
    z : mapping
        Score, in units of the usual size of this score.
    raw : mapping
        The same, in standard deviations.
    slow : mapping
        The sum of what exceeded the allowance, so far.
    usual : bool
        Whether it says what scores are like without a fault: one that can show none does not.
    """

    kind: str
    z: Mapping[str, float]
    raw: Mapping[str, float]
    slow: Mapping[str, float]
    usual: bool = True


@dataclass(frozen=True, eq=False)
class _Weighed:
    """A fault in one piece of evidence, all explanations together."""

    alarm: AlarmKind
    fault: Fault
    likelihood: float
    size: float
    std: float
    score: float
    shows: bool
    mimicked: float


@dataclass(frozen=True, eq=False)
class Report:
    """What the watch has found so far.

    Attributes
    ----------
    apart : tuple of bool
        Of every piece that was looked at: whether it is held, or stood apart for good.
    scores : tuple of Scored
    alarms : tuple of Alarm
    breaks : tuple of Break
    held : mapping
        What may have gone wrong in the piece that is held, to its size and standard deviation; empty where none is.
    since : int
        Number of the first piece that was foreseen after the last break.
    """

    apart: tuple[bool, ...] = ()
    scores: tuple[Scored, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    breaks: tuple[Break, ...] = ()
    held: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    since: int = 0

    @property
    def open(self) -> bool:
        """Whether a piece is held until one that could show the same fault."""
        return bool(self.held)

    def after(self, innovations: Sequence[Innovation], kinds: Sequence[AlarmKind]) -> Report:
        """Go on with pieces that were not looked at yet, up to one that changes what may be assimilated.

        Parameters
        ----------
        innovations : sequence of Innovation
            All of the life, in its order, foreseen with the pieces that stand `apart` left out and after all `breaks`.
        kinds : sequence of AlarmKind
        """
        report = self
        for k in range(len(self.apart), len(innovations)):
            found = report._decided(innovations, k, kinds)
            if found.breaks != self.breaks or found.open:
                return found
            report = found
        return report

    def _decided(self, innovations: Sequence[Innovation], k: int, kinds: Sequence[AlarmKind]) -> Report:
        """With one more piece."""
        innovation, report = innovations[k], self
        faults = weighed(innovation, kinds)
        if self.open:
            held, before = self.alarms[-1], self.alarms[:-1]
            if not faults[held.mechanism].shows:
                # a rest says nothing of a short: what is held waits for a piece that does
                return replace(
                    self, apart=(*self.apart, False), scores=(*self.scores, self._scored(innovation, faults))
                )
            first = next(n for n in reversed(range(k)) if innovations[n].sha == held.evidence)
            # of two equal pieces the likelihood is larger with the fault than without from half of its size on
            if faults[held.mechanism].size / held.size < 0.5:
                said = f"{innovations[first].name} stands apart: {held.text}"
                withdrawn = replace(held, text=said, state="withdrawn") if held.state == "raised" else held
                report = replace(self, held={}, alarms=(*before, withdrawn))
            else:
                # what lasts is the cell's, where a fault of the cell explains it nearly as well
                sizes = {name: size for name, size in self.held.items() if faults[name].alarm.of_cell}
                confirmed = (*before, replace(held, state="confirmed"))
                if not sizes:
                    silent = Scored(innovation.kind, {}, {}, {}, usual=False)
                    return replace(self, apart=(*self.apart, True), scores=(*self.scores, silent), alarms=confirmed)
                # the pieces that showed it count from now on, and this one is foreseen anew
                shown = replace(self.scores[first], slow={})
                apart = (*self.apart[:first], False, *self.apart[first + 1 :])
                scores = (*self.scores[:first], shown, *self.scores[first + 1 :])
                breaks = (*self.breaks, Break(held.evidence, sizes))
                return Report(apart, scores, confirmed, breaks, since=len(apart))
        scored = report._scored(innovation, faults)
        judged = replace(report, apart=(*report.apart, False), scores=(*report.scores, scored))
        settling = len(report.apart) - report.since < SETTLING and report.breaks
        if settling or sum(one.kind == innovation.kind and one.usual for one in report.scores) < FIRST:
            return judged
        return judged._alarmed(innovation, faults, scored)

    def _scored(self, innovation: Innovation, faults: Mapping[str, _Weighed]) -> Scored:
        """Scores of a piece, in units of those of the pieces of its kind before it that were assimilated."""
        same = [one for one in self.scores if one.kind == innovation.kind]
        before = [one for one in same if one.usual]
        z, raw, slow = {}, {}, {}
        for name, weight in faults.items():
            usual = [min(abs(one.raw.get(name, 0.0)), CLIPPED) for one in before[-LATEST:]]
            scale = max(1.0, float(np.sqrt(np.mean(np.square(usual))))) if usual else 1.0
            raw[name], z[name] = weight.score, weight.score / scale
            last = same[-1].slow.get(name, 0.0) if before else 0.0
            # while what is free is being found a sum would be of that
            settled = len(before) >= FIRST and (not self.breaks or len(self.apart) - self.since >= FIRST)
            slow[name] = max(0.0, last + (z[name] - ALLOWANCE) * weight.shows) if settled else 0.0
        return Scored(innovation.kind, z, raw, slow, usual=any(weight.shows for weight in faults.values()))

    def _alarmed(self, innovation: Innovation, faults: Mapping[str, _Weighed], scored: Scored) -> Report:
        """With an alarm, if a fault is beyond its threshold."""
        jumped = [name for name, weight in faults.items() if scored.z[name] > weight.alarm.jump]
        # a wrong model may be wrong in another way by and by: what that sums to is no fault
        crept = [
            name for name, weight in faults.items() if scored.slow[name] > weight.alarm.slow + BEYOND * weight.mimicked
        ]
        if not jumped and not crept:
            return self
        # one scale for all: names are told by differences of likelihoods, which are large where the fault is
        scale = max((scored.raw[name] / scored.z[name] for name in jumped), default=1.0)
        weights = (
            {name: weight.likelihood / scale**2 for name, weight in faults.items()}
            if jumped
            else {name: scored.slow[name] for name, weight in faults.items() if np.isfinite(weight.alarm.slow)}
        )
        share = float(np.exp(max(weights.values()) - np.logaddexp.reduce(list(weights.values()))))
        ranked = sorted(weights, key=lambda name: -weights[name])
        best, others = ranked[0], tuple(name for name in ranked[1:] if weights[ranked[0]] - weights[name] < NEARLY)
        weight = faults[best]
        alarm = Alarm(
            innovation.cycle, best, others, weight.size, weight.std, weight.fault.unit, share, innovation.sha, ""
        )
        raised = replace(alarm, text=_text(innovation, alarm, slow=not jumped))
        sizes = {name: (faults[name].size, faults[name].std) for name in (best, *others)}
        if not jumped:
            # many pieces said it, and none of them can be left out; the sum begins anew
            fresh = replace(scored, slow={}, usual=False)
            confirmed = (*self.alarms, replace(raised, state="confirmed"))
            scores, breaks = (*self.scores[:-1], fresh), (*self.breaks, Break(innovation.sha, sizes))
            return Report(self.apart, scores, confirmed, breaks, since=len(self.apart))
        # the sums wait for what the next piece says of this one
        last = next((one.slow for one in reversed(self.scores[:-1]) if one.kind == innovation.kind), {})
        scores = (*self.scores[:-1], replace(scored, slow=last, usual=False))
        return replace(self, apart=(*self.apart[:-1], True), scores=scores, alarms=(*self.alarms, raised), held=sizes)


def weighed(innovation: Innovation, kinds: Sequence[AlarmKind]) -> dict[str, _Weighed]:
    """Every fault in a piece of evidence, with the likelihoods of all explanations by their odds.

    An explanation that foresees the piece without a fault speaks against one, as far as it is believed.
    """
    explained = innovation.explained
    white = {name: Whitened(one.e, one.S, one.errors) for name, one in explained.items()}
    posterior = {name: one.log_odds + white[name].log_density for name, one in explained.items()}
    total = np.logaddexp.reduce(list(posterior.values()))
    leading = max(posterior, key=lambda name: posterior[name])
    found = {}
    for kind in kinds:
        by_explanation = {name: kind.faults(one.foreseen) for name, one in explained.items()}
        for fault_name, fault in by_explanation[leading].items():
            weights = {name: faults[fault_name].weigh(white[name]) for name, faults in by_explanation.items()}
            likelihood = (
                np.logaddexp.reduce([posterior[name] + weight.likelihood for name, weight in weights.items()]) - total
            )
            best = weights[leading]
            score = float(np.sqrt(2 * likelihood) if likelihood > 0 else min(best.score, 0.0))
            found[fault_name] = _Weighed(
                kind, fault, float(likelihood), best.size, best.std, score, best.shows, best.mimicked
            )
    return found


def _text(innovation: Innovation, alarm: Alarm, *, slow: bool) -> str:
    """What to tell people."""
    # of a temperature the size is a difference, which format_value would write as a temperature
    size = f"{alarm.size:+.2g} K" if alarm.unit == "K" else format_value(alarm.size, alarm.unit)
    how = "slowly since many pieces of evidence" if slow else f"in {innovation.name}"
    names = " or ".join([alarm.mechanism, *alarm.others])
    more = ": these data cannot tell which" if alarm.others else ""
    return f"{innovation.moment}: {names}, {size} {how}{more}"
