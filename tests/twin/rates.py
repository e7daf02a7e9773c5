"""What a twin says of whole simulated lives, one life at a time: alarms and odds, for rates over many of them.

Settings (thresholds of alarms above all) are settled on lives of `SETTLING` seeds and judged on those of `JUDGED` ones.
The whole campaign, a line of JSON per life (about an hour), and how often each row was right::

    python -m tests.twin.rates judged.jsonl 60
    python -m tests.twin.rates judged.jsonl 20 "nine points" "innocent, CPE"      # some of its rows
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

import mgtwin as mt
from mgtwin.cells import Cell
from mgtwin.cells.paths import expand
from mgtwin.dataset import spectrum, transient
from mgtwin.twin.alarms import ALARM_KINDS, AlarmKind
from mgtwin.twin.alarms.watching import Alarm
from mgtwin.twin.coordinates import Coordinates
from mgtwin.twin.evidence import Evidence, Moment, Usage
from mgtwin.twin.model_error import ModelError
from mgtwin.twin.odds import Bank, assimilated
from mgtwin.twin.runs import Run, Runs
from tests.twin import trials
from tests.twin.lives import FARADAY, GAS, SIDES, Event

Reals = NDArray[np.float64]

SETTLING, JUDGED = 20_000, 50_000
#: Spectra of a whole life, every second cycle; by number 14 (31 % of it) its explanation should be known.
SPECTRA, EARLY = 45, 14
WATCH = tuple(kind() for kind in ALARM_KINDS.values())
#: Faults at one spectrum, or from it on: what happens when `at` cycles are done.
FAULTS = {
    "short of R": lambda at: Event(at, short=1.0),
    "short of 3 R": lambda at: Event(at, short=3.0),
    "gain": lambda at: Event(at, at + 1, gain=1.1),
    "temperature": lambda at: Event(at, at + 1, warmer=5.0),
}


@dataclass(frozen=True)
class Watched:
    """A life that was watched by all explanations.

    Attributes
    ----------
    bank : Bank
    truth : str
        Name of the right explanation.
    event : int or None
        Number of the piece of evidence that is the first, or only, one with a fault.
    """

    bank: Bank
    truth: str
    event: int | None = None

    @property
    def first(self) -> Alarm | None:
        """The first alarm."""
        return next(iter(self.bank.alarms), None)

    @property
    def at_once(self) -> bool:
        """Whether the first alarm is of the piece of evidence at which something happened."""
        return self.first is not None and self.first.evidence == self.bank.evidence[self.event or 0].sha

    @property
    def before(self) -> int:
        """False alarms: those before anything happened."""
        alarms = [alarm.evidence for alarm in self.bank.alarms]
        return sum(item.sha in alarms for item in self.bank.evidence[: self.event])


def spectra(
    kind: str, seed: int, fault: str = "", exponent: float = 1.0, count: int = SPECTRA, names: Sequence[str] = ()
) -> Watched:
    """A life of one kind under some explanations, the right one by default; with a fault it ends there or, where that
    is over by then, with the next spectrum.

    An explanation beside the right one can only speak against an alarm: alone it raises the more.
    """
    event = 6 + 3 * (seed % 8) if fault else None
    true = trials.life(kind, seed, count, exponent)
    if event is not None:
        happened = FAULTS[fault](float(true.moments[event]))
        true = replace(true, events=(happened,), spectra=event + 1 + (happened.until < np.inf))
    spaces = {name: trials.coordinates(name) for name in names or (kind,)}
    bank = assimilated(spaces, trials.evidence(true, true.spectra), ModelError(), WATCH)
    return Watched(bank, kind, event)


class InClosedForm(Runs):
    """End voltages of half cycles as `lives.py` has them, beside which `test_runs.py` holds the integrated ones.

    Thousands of half cycles take minutes in place of hours; what is done with the numbers is the twin's.
    """

    def predicted(self, states: Reals) -> list[Reals]:
        """Ohmic drop and both overpotentials, beside a filament at the current that it leaves."""
        numbers = dict(zip(self._states.paths, self._states.values(states).T, strict=True))
        cell, ones = self._states.cell, np.ones(len(states))
        G = numbers.pop("shunt.conductance", 0.0 * ones)
        area, leads = float(cell.area), float(cell.series_resistance)
        total = mt.impedance.exact_laplace(cell.with_({"shunt": None}), 0.0, numbers).real * area - leads
        i0 = [
            numbers.get(path, cell.numbers[path] * ones)
            for path in (f"{side}.exchange_current_density.reference" for side in SIDES)
        ]
        f = float(cell.ion.charge) * FARADAY / GAS / float(cell.temperature)
        anodic = [f * cell.numbers[f"{side}.transfer_coefficient"] for side in SIDES]
        ohmic = total - sum(1 / (one * f) for one in i0)
        i = np.array([float(one.segments[0].control.start) for one in self._records]) / area
        j, eta = i / (1 + G * total), [np.arcsinh(s * i / one / 2) * 2 / f for s, one in zip((-1, 1), i0, strict=True)]
        # Newton's method for j and both overpotentials: as in lives.py, but beside a filament, too
        for _ in range(60):
            V, slope, moved = ohmic * j, ohmic + 0.0 * j, 0.0
            for k, sign in enumerate((-1, 1)):
                up, down = np.exp(anodic[k] * eta[k]), np.exp((anodic[k] - f) * eta[k])
                steep = anodic[k] * up + (f - anodic[k]) * down
                change = np.clip((up - down - sign * j / i0[k]) / steep, -0.05, 0.05)
                eta[k], moved = eta[k] - change, max(moved, np.max(np.abs(change)))
                V, slope = V + sign * eta[k], slope + 1 / (i0[k] * steep)
            step = (j + G * V - i) / (1 + G * slope)
            j = j - step
            if moved < 1e-13 and np.max(np.abs(step)) <= 1e-11 * np.max(np.abs(i)):
                break
        return [np.array([one]) for one in V + leads * i]

    def linearised(self, states: Reals) -> list[tuple[Reals, Reals]]:
        """The same with differences."""
        step, size = 1e-5, states.shape[1]
        middle = self.predicted(states)
        moved = [self.predicted(states + row) for row in step * np.eye(size)]
        return [(middle[k], np.array([(one[k] - middle[k]) / step for one in moved]).T) for k in range(len(states))]


#: Which records of its voltage a cell gives: of every half cycle, with rests between, of depositions only.
RECORDS = ("both signs", "with rests", "one sign")


def voltages(
    kind: str,
    seed: int,
    records: str,
    fault: Event | None = None,
    halves: int = 80,
    changes: Mapping[str, float] | None = None,
) -> Watched:
    """A life from V(t) alone, under its own explanation; one with a fault ends a cycle after it.

    `changes` make the truth another cell than that of the twin, such as ``{"*.transfer_coefficient": 0.45}``.
    """
    cycles = halves // 2 if fault is None else int(fault.at) + 1
    true = replace(trials.life(kind, seed, cycles // 2 + 2), events=() if fault is None else (fault,))
    true = replace(true, cell=true.cell.with_(dict(changes or {})))
    random = np.random.default_rng([seed, 9])
    evidence, event = list[Evidence](), None
    for h in range(2 * cycles):
        if records == "one sign" and h % 2:
            continue
        after = Moment(cycle=(h + 1) / 2)
        if fault is not None and event is None and h >= 2 * fault.at:
            event = len(evidence)
        evidence.append(Evidence(f"{h}", f"half cycle {h}", after, "run", true.half(h), true.noise))
        if records == "with rests":
            rest = transient([0.0, 600.0], 5e-6 * random.standard_normal(2), [0.0, 0.0], attrs=true.half(h).attrs)
            evidence.append(Evidence(f"{h} rest", f"rest {h}", after, "run", rest, true.noise))
    with patch.object(Run, "observation", staticmethod(InClosedForm)):
        return Watched(assimilated({kind: voltage_space(kind)}, evidence, ModelError(), WATCH), kind, event)


@cache
def voltage_space(name: str) -> Coordinates:
    """What an end voltage depends on: no double layer."""
    space = trials.coordinates(name)
    free = {key: what for key, what in space.free.items() if "double_layer" not in str(key)}
    return Coordinates(space.original, free, space.usage)


#: As the public Li|Li series: nine points once an hour, and how they scatter.
NINE, SCATTER = np.geomspace(500.0, 0.8, 9), 0.02
WANDERING = ("*.film_resistance", "layers.separator.material.ionic_conductivity", "*.double_layer.q")


@cache
def lithium() -> Cell:
    """Metal, an ion conductor, metal, with constant-phase elements."""
    electrode = mt.Plating("5 mA/cm^2", double_layer=mt.CPE("1e-5 S*s^0.8/cm^2", 0.8), film_resistance="60 ohm*cm^2")
    separator = mt.Layer("separator", mt.IonConductor("0.3 mS/cm"), "0.3 mm")
    return mt.Cell("lithium", electrode, [separator], electrode, ion=mt.Ion("Li", 1))


def sparse(
    seed: int, watch: Sequence[AlarmKind] = WATCH, spectra: int = 45, short: float = np.inf, gain: float = 1.0
) -> Watched:
    """A life of few points and much noise, whose numbers wander as the twin believes; shorted at its last spectrum, or
    read with a gain at the last but one."""
    random, cell = np.random.default_rng(seed), lithium()
    free = {**{path: mt.Drifting("5 %", per="1 h") for path in WANDERING}, "*.double_layer.n": mt.Free()}
    space = Coordinates(cell, free, Usage(None))
    walks = np.cumsum(0.05 * random.standard_normal((len(WANDERING), spectra)), axis=1)
    given = {
        path: float(cell.get(path)) * np.exp(walk)
        for key, walk in zip(WANDERING, walks, strict=True)
        for path in expand(cell, key)
    }
    given |= dict.fromkeys(expand(cell, "*.double_layer.n"), 0.8 + 0.02 * random.standard_normal())
    # q has a unit of its own, so that numbers are moved side by side
    z = mt.impedance.exact(cell, NINE, given)
    # a filament of so many times the resistance beside all of the cell
    z[-1] /= 1 + z[-1] / (short * np.abs(z[-1, -1]))
    z[-2] *= gain
    noise = random.standard_normal((2, *z.shape))
    z = z + SCATTER * np.abs(z) * (noise[0] + 1j * noise[1])
    evidence = [
        Evidence(f"{k}", f"loop {k}", Moment(time=3600.0 * k), "spectrum", spectrum(NINE, z[k]), SCATTER)
        for k in range(spectra)
    ]
    event = spectra - 1 if short < np.inf else spectra - 2 if gain != 1 else None
    return Watched(assimilated({"lithium": space}, evidence, ModelError(0.001, 20.0), watch), "lithium", event)


def _campaign() -> dict[str, Callable[[str, int], Watched]]:
    rows: dict[str, Callable[[str, int], Watched]] = {}
    for name, exponent in (("", 1.0), (", CPE", 0.94)):
        for fault in ("", *FAULTS):
            rows[(fault or "innocent") + name] = lambda kind, seed, f=fault, e=exponent: spectra(kind, seed, f, e)
        rows["three explanations" + name] = lambda kind, seed, e=exponent: spectra(
            kind, seed, "", e, EARLY + 1, tuple(trials.KINDS)
        )
    for name, given in {"": {}, ", short of 3 R": {"short": 3.0}, ", gain": {"gain": 1.3}}.items():
        rows["nine points" + name] = lambda _, seed, given=given: sparse(seed, **given)
    return rows


#: What a life of the campaign is, by kind and seed.
CAMPAIGN = _campaign()


def told(row: str, watched: Watched, seed: int) -> dict[str, object]:
    """What counts of one life."""
    bank, first = watched.bank, watched.first
    running = bank.running(bank.names[int(bank.odds.values[-1].argmax())])
    odds = bank.odds.sel(explanation=watched.truth).values if watched.truth in bank.names else np.zeros(1)
    return {
        "row": row, "truth": watched.truth, "seed": seed, "pieces": len(bank.evidence), "false": watched.before,
        "at once": watched.event is not None and watched.at_once, "first": first and [first.mechanism, *first.others],
        "withdrawn": first is not None and first.state == "withdrawn", "forecasts only": running.forecasts_only,
        "odds": float(odds[min(EARLY, len(odds)) - 1]),
    }  # fmt: skip


def counted(lines: Iterable[str]) -> dict[str, Counter[str]]:
    """How often every row was right."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for one in map(json.loads, lines):
        first = one["first"] or [""]
        found[one["row"]].update(
            {
                "lives": 1, "pieces": one["pieces"], "false": one["false"], "at once": one["at once"],
                "named": one["row"].removeprefix("nine points, ").startswith(first[0] or "-"),
                "withdrawn": one["withdrawn"], "forecasts only": one["forecasts only"], "known": one["odds"] > 0.9,
            }
        )  # fmt: skip
    return dict(found)


if __name__ == "__main__":
    path, number = Path(sys.argv[1]), int(sys.argv[2])
    for chosen in sys.argv[3:] or CAMPAIGN:
        for k in range(number):
            true = tuple(trials.KINDS)[k % len(trials.KINDS)]
            line = json.dumps(told(chosen, CAMPAIGN[chosen](true, JUDGED + k), JUDGED + k))
            # what is done stays, whatever happens
            with path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
    for chosen, counts in counted(path.read_text(encoding="utf-8").splitlines()).items():
        print(chosen, dict(counts))
