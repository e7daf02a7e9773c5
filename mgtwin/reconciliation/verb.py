"""Which printed numbers can hold together: `reconcile`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..analysis.metrics import shown
from ..errors import InputError
from ..experiments import Experiment
from ..plain import listed
from ..quantities import parse
from .candidates import ranked_candidates
from .program import Program
from .result import Answer, Conflict, Correction, LeftOut, Reconciled, RowSaid, named
from .rows import ObservedRow, ageings_of, choices_of, observations, rows_of
from .search import Consistent, Inconsistent, explore, ranked
from .sharing import Free, Relation, Shared
from .statesfile import StatesFile, read_states
from .unknowns import Unknowns
from .witness import Known, Witness, sought, vain

__all__ = ["reconcile"]

#: Called with the fraction done and a word on what is being done.
Progress = Callable[[float, str], object]
#: Of how many corrections it is asked whether parameters satisfy the rest.
TRIED = 4
#: Prior probability that a row is wrong, by the confidence that the source says it.
WRONG = {"high": 0.02, "medium": 0.1, "low": 0.3}


def reconcile(
    observed: Sequence[Experiment] | Experiment | str | Path,
    *,
    states: StatesFile | str | Path | Mapping[str, Mapping[str, str]],
    free: Mapping[str, Shared] | None = None,
    alternatives: Mapping[str, Sequence[str]] | None = None,
    ageing: Sequence[str] | None = None,
    relations: Sequence[Relation | str] | None = None,
    overlays: Sequence[str] | None = None,
    deny: Sequence[str] | None = None,
    witness: bool = True,
    budget: float | str = "60 s",
    seed: int = 0,
    progress: Progress | None = None,
) -> Reconciled:
    r"""Find out which printed numbers can hold together for any parameters, and which cannot, with proofs.

    What direct currents and plateaus say is linear in resistivities: for every row :math:`a D(x) \le N(x) \le b D(x)`
    with unknowns :math:`x \ge 0` that samples share. All minimal sets of rows that cannot hold together are found, each
    with the multipliers that prove it; the fewest rows that have to be wrong; and for every row what the others say of
    it. Rows whose metric has no linear form take no part in proofs.

    Parameters
    ----------
    observed : sequence of Experiment, Experiment, str or Path
        See `observations`.
    states : mapping, str, Path or StatesFile
        Name of an overlay, a cell or an experiment to factors and their values: ``{"hot_pressed": {"heat_treatment":
        "milled", "pressing": "hot"}}``; or the file with it, which may also give all that follows.
    free : mapping of path to Shared
        What is unknown, and which samples have it in common.
    alternatives : mapping of str to sequence of str, optional
        Readings of damaged texts: an answer for each combination. By default all that the observations name.
    ageing : sequence of str, optional
        Overlays of ageing that are tried, ``""`` for none, on what experiments observed of cells that age: each is
        simulated with the parameters that satisfy the other rows. By default all that the experiments name, and none.
    relations : sequence of Relation or str, optional
        Claims on free parameters of two samples, ``"path[state] <= path[other state]"``. What they say of thicknesses,
        and of resistances and conductivities of one kind, is part of proofs; all of it holds for what is found.
    overlays : sequence of str, optional
        Applied to every cell that takes them: the physics of a reading, whose numbers are free.
    deny : sequence of str, optional
        Claims of observations that are taken to be wrong; what rests on them is left out.
    witness : bool
        Also seek parameters that satisfy all rows but the fewest wrong ones, and simulate them.
    budget : float or str
        Time after which the search stops and says so [s].
    seed : int
        Of what is drawn at random.
    progress : callable, optional
        ``progress(fraction, text)``.

    Returns
    -------
    Reconciled

    Raises
    ------
    InputError
        Nothing is free, a factor or a path is unknown, nothing was observed, or bounds contradict each other.

    Examples
    --------
    >>> import mgtwin as mt
    >>> r = mt.reconcile(mt.observations("paper"), states="paper", witness=False)
    >>> r.corrections[0].size < len(r.conflicts)
    True
    """
    began = time.monotonic()
    file = read_states(states)
    ageing, overlays, deny, texts = (
        tuple(map(str, listed(own if one is None else one)))
        for one, own in (
            (ageing, file.ageing), (overlays, file.overlays), (deny, file.deny), (relations, file.relations)
        )
    )  # fmt: skip
    chosen = {key: tuple(map(str, listed(one))) for key, one in (alternatives or file.alternatives).items()}
    shared = file.parameters if free is None else free
    if not shared:
        raise InputError("nothing is free: give free={path: mt.Shared(...)}, or a file of states with 'free'.")
    if not observed:
        raise InputError("nothing was observed: give experiments, as from mt.observations().")
    found, until = observations(observed), began + float(parse(budget, "s"))
    known = Free(shared, file.states, tuple(map(Relation, texts)))
    work = _Work(known, until, progress or (lambda fraction, text: None), witness, seed)
    work.ageings, choices = ageings_of(found, ageing), choices_of(found, chosen)
    answers = list[Answer]()
    try:
        for k, choice in enumerate(choices):
            rows = rows_of(found, choice, overlays, deny)
            answers.append(work.answer(choice, rows, (k / len(choices), (k + 1) / len(choices))))
    except KeyboardInterrupt:
        work.interrupted = True
        if not answers:
            raise
    # an answer that the budget cut off before anything was decided is no better than any other
    best = sorted(answers, key=lambda item: (item.wrong if item.corrections else math.inf, len(item.outside)))
    try:
        best[:1] = [work.tried(one) for one in best[:1]]
    except KeyboardInterrupt:
        work.interrupted = True
    candidates = ranked_candidates(work.witnesses, work.rows, work.programs.get(best[0].name))
    return Reconciled(tuple(best), candidates, work.interrupted, time.monotonic() - began)


class _Work:
    """The search of one call, which has a budget."""

    def __init__(self, free: Free, until: float, progress: Progress, simulate: bool, seed: int) -> None:
        self.free, self.until, self.progress, self.interrupted = free, until, progress, False
        self.simulate, self.seed = simulate, seed
        self.ageings: tuple[str, ...] = ("",)
        self.known: Known = {}
        self.witnesses: dict[str, Witness] = {}
        self.rows: dict[str, Sequence[ObservedRow]] = {}
        self.programs: dict[str, tuple[Program, Unknowns, Sequence[ObservedRow]]] = {}

    def answer(self, choice: Mapping[str, str], rows: Sequence[ObservedRow], part: tuple[float, float]) -> Answer:
        """Find conflicts, corrections and what is predicted, for one choice of alternatives."""
        unknowns = Unknowns(self.free)
        unknowns.check(run for row in rows for run in (*row.runs, *row.references))
        for row in rows:
            unknowns.claim(row.runs, row.name, row.plateau)
        linear = {row.name: form for row in rows if (form := row.linear(unknowns)) is not None}
        program = Program(sorted(linear.values(), key=lambda row: row.name), unknowns.always)
        said, conflicts, sets = {row.name: row for row in rows}, list[Inconsistent](), list[tuple[str, ...]]()
        for found in explore(program.contradiction, list(linear), self.until):
            match found:
                case Inconsistent():
                    conflicts.append(found)
                case Consistent():
                    sets.append(found.without)
            done = part[0] + (part[1] - part[0]) * (1 - 0.8 ** len(conflicts))
            self.progress(done, f"{len(conflicts)} conflicts, {len(sets)} ways out")
        conflicts.sort(key=lambda one: (len(one.rows), one.rows))
        complete = time.monotonic() < self.until
        self.interrupted |= not complete
        corrections = ranked(program, {row.name: WRONG[row.observation.confidence] for row in rows}, sets)
        witness, starts, corrections = self._satisfied(choice, rows, corrections, sum(part) / 2)
        wrong = corrections[0].rows if corrections else ()
        together = [row for row in rows if row.name in linear and row.name not in wrong]
        self.rows[named(choice)], self.programs[named(choice)] = rows, (program, unknowns, together)
        values = {} if witness is None else witness.values
        return Answer(
            alternative=choice,
            rows=tuple(
                RowSaid(
                    row.name, row.observation.quantity, *row.interval, row.observation.unit,
                    row.observation.confidence, tuple(sorted(row.data)), row.name in linear,
                    values.get(row.name, math.nan),
                )
                for row in rows
            ),
            conflicts=tuple(self._proved(program, said, item) for item in conflicts),
            corrections=corrections,
            left_out=tuple(self._left_out(program, said, said[name], wrong) for name in linear if corrections),
            complete=complete,
            cells={} if witness is None else witness.cells,
            parameters={} if witness is None else witness.parameters,
            outside=() if witness is None else witness.outside,
            unread={} if witness is None else witness.unread,
            starts=starts,
            ageing=() if witness is None else witness.aged,
        )  # fmt: skip

    def _satisfied(
        self, choice: Mapping[str, str], rows: Sequence[ObservedRow], corrections: tuple[Correction, ...], done: float
    ) -> tuple[Witness | None, int, tuple[Correction, ...]]:
        """Parameters with which all but a correction hold; from how many starts; the corrections, that one first."""
        starts = 0
        for one in corrections[:TRIED] if self.simulate and time.monotonic() < self.until else ():
            self.progress(done, f"parameters that satisfy all{f' but {one}' if one.rows else ''}")
            kept = [row for row in rows if row.name not in one.rows]
            witness, starts = sought(self.free, kept, self.until, self.seed, ageings=self.ageings, known=self.known)
            if witness is not None:
                self.interrupted |= not witness.complete
                self.witnesses[named(choice)] = witness
                return witness, starts, (one, *(other for other in corrections if other is not one))
            corrections = tuple(replace(other, starts=starts) if other is one else other for other in corrections)
        return None, starts, corrections

    def tried(self, answer: Answer) -> Answer:
        """Say for which of its other corrections no parameters are found that satisfy the rest."""
        if (near := self.witnesses.get(answer.name)) is None:
            return answer
        first, *others = answer.corrections
        for k, one in enumerate(others[: TRIED - 1]):
            self.progress(1.0, f"parameters without {one}")
            kept = [row for row in self.rows[answer.name] if row.name not in one.rows and not row.ageings]
            others[k] = replace(one, starts=one.starts or vain(self.free, kept, near, self.until))
        # sorted is stable: among those found, and those not, the likeliest stays first
        return replace(answer, corrections=(first, *sorted(others, key=lambda one: one.starts > 0)))

    @staticmethod
    def _proved(program: Program, said: Mapping[str, ObservedRow], found: Inconsistent) -> Conflict:
        lines, move, ways = {}, {}, []
        intervals = {row.name: row for row in program.rows}
        for name in found.rows:
            row, left = intervals[name], program.range(name, found.rows, claims=True)
            unit = row.unit
            if left.high < row.low:
                sign, bound, end, sources, word = "<=", left.high, row.low, left.high_from, "at least"
            elif left.low > row.high:
                sign, bound, end, sources, word = ">=", left.low, row.high, left.low_from, "at most"
            else:
                move[name] = math.inf
                continue
            move[name] = max(bound / end, end / bound) if min(bound, end) > 0 else math.inf
            times = f" ({move[name]:.5g} times)" if move[name] < math.inf else ""
            ways.append(f"{name} to {shown(bound, unit, 5)}{times}")
            ends = [(name, sign) for name, _, sign in (label.rpartition(" ") for label in dict.fromkeys(sources))]
            because = [intervals[name].said(sign) for name, sign in ends if sign in ("<=", ">=")]
            since = [f"{name} {word}" for name, word in ends if word not in ("<=", ">=")]
            aside = f" (since {', '.join(since)})" if since else ""
            by = f"by {' and '.join(because)}" if because else "for all parameters"
            lines[name] = (
                f"{name} {sign} {shown(bound, unit, 5)} {by}{aside}, but observed {word} {shown(end, unit, 5)}"
            )
        # the bound on the row that the source says least surely
        weakest = max(lines, key=lambda name: (WRONG[said[name].observation.confidence], name), default=found.rows[0])
        proof = f"  {lines.get(weakest, f'no parameters give what {weakest} says, whatever the width of its interval')}"
        proof += f"\n  one has to move: {', '.join(ways)}" if ways else ""
        return Conflict(found.rows, True, proof, move, found.multipliers)

    @staticmethod
    def _left_out(program: Program, said: Mapping[str, ObservedRow], row: ObservedRow, wrong: Sequence[str]) -> LeftOut:
        """What the other printed numbers say of a row, without those that have to be wrong."""
        others = [name for name, one in said.items() if not one.data & row.data and name not in wrong]
        left, alone = program.range(row.name, others), program.range(row.name, ())
        low, high = row.interval
        verdict = "open"
        if low <= left.low * (1 + 1e-9) and left.high * (1 - 1e-9) <= high:
            verdict = "predicted"
        elif left.high < low or left.low > high:
            verdict = "contradicted"
        elif math.isclose(left.low, alone.low, abs_tol=1e-30) and math.isclose(left.high, alone.high):
            verdict = "own parameter"
        return LeftOut(row.name, left.low, left.high, verdict)
