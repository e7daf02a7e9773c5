r"""Which measurement next, and when: what it would tell of numbers, of a limit, and of the explanations.

A candidate is foreseen like any evidence: simulated with the most probable cell of its moment, linearised at what every
explanation foresees there, and not assimilated. By the covariance P of what is asked for *at the end of the horizon*,
whenever it is measured, the expected gain is

.. math:: I = \tfrac12 \ln\frac{\det P}{\det P_{|y}}, \qquad
          I(K; Y) = \Big\langle \sum_k w_k(y) \ln\frac{w_k(y)}{w_k} \Big\rangle

for numbers (the mean over the explanations) and for the odds w: the expected fall of their entropy, over data drawn
from what each explanation foresees. Both are in nats and add up to what is learnt of explanation and numbers together.
How many cycles are left until a limit is no linear function of the state: there the covariances are those of the
ensemble of a forecast. Numbers that are only considered count as known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..cells.paths import Key, parts_of
from ..errors import InputError, MgtwinError
from ..fitting.design import Candidate
from ..protocols import Protocol
from ..regression import Modulus
from ..simulation import simulate
from .evidence import Evidence, Moment
from .forecasts import Limit, believed, carried
from .life import Life, live
from .observing import kind_of
from .odds import Bank
from .transitions import Journey

__all__ = ["Prospects", "prospects"]

Reals = NDArray[np.float64]

#: Data drawn from what each explanation foresees.
DRAWS = 256
#: Cycles within which a limit has to be reached, and by which part of the ensemble.
MOST, NEARLY_ALL = 1600, 0.95
#: Singular values relative to the largest below which numbers are functions of the others.
DEPENDENT = 1e-7


@dataclass(frozen=True, eq=False)
class Prospects:
    """What measurements would tell. Made by `Twin.next_experiment`; print it.

    Attributes
    ----------
    gains : xarray.Dataset
        Over (experiment, ahead), the cycles from now: ``information`` on what was asked for and ``odds``, the expected
        fall of the entropy of the odds [nats].
    about : str
        What was asked for.
    by_odds : bool
        Whether the best is that for the odds: where the evidence does not tell explanations apart, unless something
        was asked for. Else it is that for the information.
    failed : mapping
        Candidates that cannot be done, and why.
    """

    gains: xr.Dataset
    about: str
    by_odds: bool
    failed: Mapping[str, str]

    @property
    def ranked(self) -> tuple[tuple[str, int], ...]:
        """Experiments and in how many cycles, the best first."""
        gain = self.gains["odds" if self.by_odds else "information"]
        # a stable order: of two that tell as much the earlier
        order = np.argsort(-gain.values.T, axis=None, kind="stable")
        ahead, experiment = np.unravel_index(order, gain.T.shape)
        names, cycles = self.gains["experiment"].values, self.gains["ahead"].values
        return tuple((str(names[e]), int(cycles[a])) for e, a in zip(experiment, ahead, strict=True))

    @property
    def best(self) -> tuple[str, int]:
        """What to do next, and in how many cycles."""
        return self.ranked[0]

    def __str__(self) -> str:
        wide = max(len(name) for name in (*self.gains["experiment"].values, "experiment"))
        lines = [f"{'experiment':<{wide}}  {'in cycles':>9}  {'information':>13}  {'odds':>11}  ({self.about})"]
        for name, ahead in self.ranked:
            one = self.gains.sel(experiment=name, ahead=ahead)
            lines.append(
                f"{name:<{wide}}  {ahead:>9}  {float(one['information']):>8.2f} nats  {float(one['odds']):>6.2f} nats"
            )
        return "\n".join([*lines, *(f"{name}: cannot be done: {reason}" for name, reason in self.failed.items())])


def prospects(
    bank: Bank,
    candidates: Mapping[str, Candidate | Protocol],
    horizon: int,
    about: Limit | Sequence[str] | None,
) -> Prospects:
    """Rank candidates and moments; see `mgtwin.Twin.next_experiment`."""
    odds = dict(zip(bank.names, bank.odds.values[-1].tolist(), strict=True))
    lives = believed(bank.lives, odds)
    best = lives[max(lives, key=lambda name: odds[name])]
    usage, last = best.coordinates.usage, best.evidence[-1].moment
    if not candidates or horizon < 0 or (horizon and usage.cycling is None):
        raise InputError(
            "next_experiment needs a candidate, and a horizon in cycles: a twin without use=mt.Cycling(...) knows "
            "none, horizon=0 asks for now."
        )
    ahead = sorted({0, horizon // 2, horizon})
    moments = [
        Moment(cycle=usage.cycle(last) + n, time=usage.time(last) + (n * usage.period if n else 0.0)) for n in ahead
    ]
    pieces, failed = foreseen(best, moments, candidates)
    if not pieces:
        raise InputError("none of the candidates can be done: " + "; ".join(f"{k}: {v}" for k, v in failed.items()))
    names = [name for name in candidates if name not in failed]
    # by moment, then by candidate: the order in which a life has them
    coming = [pieces[name][k] for k in range(len(ahead)) for name in names]
    apart = bank.apart | {piece.sha for piece in coming}
    found = {
        name: Outlook(life, live(life.coordinates, [*life.evidence, *coming], life.model_error, apart, life))
        for name, life in lives.items()
    }
    weights = np.array([odds[name] for name in found])
    weights /= weights.sum()
    match about:
        case Limit():
            told, words = [one.of_limit(about, ahead, len(names)) for one in found.values()], f"cycles until {about}"
        case _:
            # one path alone is no sequence of letters
            about = None if about is None else parts_of(about)
            told = [one.of_numbers(about) for one in found.values()]
            words = "the whole state" if about is None else ", ".join(about)
            if not any(one.named(about)[0] for one in found.values()):
                known = dict.fromkeys(path for one in found.values() for path in one.named(None)[0])
                raise InputError(f"about: {words} names nothing that is uncertain; what is: {', '.join(known)}.")
    both = {"information": weights @ np.array(told), "odds": separation([*found.values()], weights)}
    gains = xr.Dataset(
        {
            name: (("experiment", "ahead"), values.reshape(len(ahead), len(names)).T, {"units": "1", "comment": "nats"})
            for name, values in both.items()
        },
        coords={"experiment": names, "ahead": ("ahead", ahead, {"units": "1", "long_name": "cycles from now"})},
    )
    return Prospects(gains, words, about is None and bool(bank.cannot_tell), failed)


def foreseen(
    life: Life, moments: Sequence[Moment], candidates: Mapping[str, Candidate | Protocol]
) -> tuple[dict[str, list[Evidence]], dict[str, str]]:
    """Every candidate at every moment as evidence, simulated with the most probable cell; and those that fail."""
    space, state, cells = life.coordinates, life.states[-1], []
    journey = Journey(space, moments, life.evidence[-1].moment)
    for k in range(len(moments)):
        state = journey.step(k, state, np.zeros(journey.noises))
        changes: dict[Key, object] = dict(zip(space.paths, space.values(state[np.newaxis])[0].tolist(), strict=True))
        cells.append(space.cell.with_(changes))
    pieces, failed = dict[str, list[Evidence]](), dict[str, str]()
    for name, given in candidates.items():
        match given:
            case Candidate(protocol=protocol, changes=changed, noise=Modulus(noise=float(noise))) if not changed:
                pass
            case Candidate(changes=changed):
                failed[name] = (
                    "a twin is of one cell, which no experiment changes; a temperature belongs to the protocol."
                    if changed
                    else "a twin knows relative noise only: mt.Candidate(protocol, noise=mt.Modulus('1 %'))."
                )
                continue
            case protocol:
                noise = life.noise
        try:
            runs = [simulate(cell, protocol) for cell in cells]
            kind = kind_of(runs[0], name)
            pieces[name] = [
                Evidence(f"{name} {k}", name, moment, kind.type, run, noise)
                for k, (run, moment) in enumerate(zip(runs, moments, strict=True))
            ]
            # what no state can be held against says so now, and not when all explanations are asked
            kind.observation(pieces[name], space)
        except MgtwinError as error:
            failed[name] = str(error)
    return pieces, failed


@dataclass(frozen=True, eq=False)
class Outlook:
    """What one explanation foresees of measurements that are to come.

    Attributes
    ----------
    past : Life
        Up to now.
    life : Life
        The same with them, none of which is assimilated.
    """

    past: Life
    life: Life

    @property
    def rows(self) -> range:
        """Which pieces of evidence of the life are to come."""
        return range(len(self.past.evidence), len(self.life.evidence))

    def data(self, k: int) -> tuple[Reals, Reals]:
        """Mean and covariance of piece k, in units of its noise; its own simulated numbers are the origin."""
        e, S = self.life.smoothed.innovation(k)
        return -e, S

    def named(self, about: Sequence[str] | None) -> tuple[list[str], Reals]:
        """Names of what is asked for, and its derivatives by the coordinates at the end, (numbers, n)."""
        space, basis = self.life.coordinates, self.life.basis
        unit = np.eye(space.size)
        if about is None:
            names, rows = list(space.names), list(unit)
        else:
            slopes = space.slopes(self.life.states[[-1]])[0]
            known = dict(zip(space.paths, slopes, strict=True))
            # rates of ageing are no numbers of the cell at rest
            for parameter, row in zip(space.parameters, unit, strict=False):
                known |= {path: row for path in parameter.targets[0] if path not in known}
            names = [path for path in known if any(fnmatchcase(path, key) for key in about)]
            rows = [known[path] for path in names]
        return names, np.hstack([np.reshape(rows, (len(rows), space.size)), np.zeros((len(rows), basis.size))])

    def of_numbers(self, about: Sequence[str] | None) -> Reals:
        """Expected gain of information on numbers at the end from each piece [nats]."""
        smoothed, A = self.life.smoothed, self.named(about)[1]
        before = A @ smoothed.solved.predicted_factors[-1]
        size = np.linalg.norm(before, axis=1)
        if not np.any(size > 0):
            return np.zeros(len(self.rows))
        A, before = A[size > 0] / size[size > 0, np.newaxis], before[size > 0] / size[size > 0, np.newaxis]
        U, s, _ = np.linalg.svd(before, full_matrices=False)
        kept = s > DEPENDENT * s[0]
        gains = []
        for k in self.rows:
            L = smoothed.solved.predicted_factors[k]
            J = smoothed.linear.slopes[k] @ L
            # after the piece: L (1 + J^T J)^(-1/2), then on to the end
            values, vectors = np.linalg.eigh(np.eye(L.shape[1]) + J.T @ J)
            factor = L @ (vectors / np.sqrt(values))
            for later in range(k + 1, len(self.life.evidence)):
                factor = np.hstack([smoothed.linear.transitions[later] @ factor, smoothed.linear.noises[later]])
            after = np.linalg.svd((U.T @ A @ factor)[kept], compute_uv=False)
            gains.append(float(np.log(s[kept]).sum() - np.log(after).sum()))
        return np.array(gains)

    def of_limit(self, limit: Limit, ahead: Sequence[int], candidates: int) -> Reals:
        """The same on the number of cycles until a limit is reached."""
        protocol = self.past.coordinates.usage.cycling
        if protocol is None:
            raise InputError(f"when {limit} is reached is not known: give the twin use=mt.Cycling('-10 uA', '1 h').")
        cycles = max(50, 2 * max(ahead))
        while True:
            grid = np.unique(np.r_[ahead[1:], np.linspace(1, cycles, min(cycles, 100)).astype(int)])
            random = np.random.default_rng(0)
            far = carried(self.past, 1.0, replace(protocol, cycles=cycles), grid, random, limit.voltage is not None)
            over = limit.reached(far.modulus, far.voltages)
            if over.any(axis=1).mean() >= NEARLY_ALL or cycles >= MOST:
                break
            cycles *= 2
        if over.any(axis=1).mean() < NEARLY_ALL:
            raise InputError(
                f"about: {limit} is reached within {cycles} cycles with a probability of {over.any(axis=1).mean():.2f} "
                f"only: how much sooner it is known says nothing. Name numbers, or a limit that is nearer."
            )
        # the few that never reach it count as if they did at the end
        times = np.where(over.any(axis=1), grid[over.argmax(axis=1)], cycles).astype(float)
        times -= times.mean()
        gains = []
        for k, row in enumerate(self.rows):
            states = far.states[:, np.searchsorted(grid, ahead[k // candidates]) + 1 if ahead[k // candidates] else 0]
            Y = (states - states.mean(axis=0)) @ self.life.smoothed.linear.slopes[row].T
            U, s, _ = np.linalg.svd(Y, full_matrices=False)
            told = s**2 / (s**2 + len(Y) - 1)
            left = 1 - (told * (U.T @ times) ** 2).sum() / (times @ times)
            # of a finite ensemble some correlation is chance
            left = min(1.0, left * (len(Y) - 1) / (len(Y) - 1 - told.sum()))
            gains.append(-0.5 * float(np.log(left)))
        return np.array(gains)


def separation(found: Sequence[Outlook], weights: Reals) -> Reals:
    """Expected fall of the entropy of the odds by each piece [nats]."""
    gains = np.zeros(len(found[0].rows))
    logs = np.log(weights)
    for k in range(len(gains) if len(found) > 1 else 0):
        random = np.random.default_rng(0)
        foreseen = [(mean, np.linalg.cholesky(S)) for mean, S in (one.data(one.rows[k]) for one in found)]
        for w, (mean, L) in zip(weights, foreseen, strict=True):
            drawn = mean + random.standard_normal((DRAWS, mean.size)) @ L.T
            scores = []
            for other, root in foreseen:
                off = np.linalg.solve(root, (drawn - other).T)
                scores.append(-0.5 * (off**2).sum(axis=0) - np.log(np.diag(root)).sum())
            after = np.array(scores) + logs[:, np.newaxis]
            after -= np.logaddexp.reduce(after, axis=0)
            # the divergence of the odds after it from those before: never below 0, its mean is the fall of entropy
            gains[k] += w * float((np.exp(after) * (after - logs[:, np.newaxis])).sum(axis=0).mean())
    return gains
