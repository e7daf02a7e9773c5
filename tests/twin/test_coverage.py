"""Whether the bands of a twin hold: on lives drawn from its own priors, and where its model is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import kstest

from mgtwin.twin.model_error import ModelError
from tests.twin import trials
from tests.twin.trials import Reals, Trial

#: Spectra after which a life is asked; each life at one of them, so that trials are independent.
ASKED = (8, 16, 28)
#: 200 lives in all.
LIVES = {"contact": 67, "film": 67, "both": 66}
WITHIN = NormalDist().inv_cdf(0.95)


def made(kind: str, lives: int) -> list[tuple[int, int]]:
    """Seed and number of spectra of each life; no two kinds share what is drawn."""
    first = 1000 * list(LIVES).index(kind)
    return [(first + k, ASKED[k % len(ASKED)]) for k in range(lives)]


@cache
def exact(kind: str, lives: int) -> tuple[Trial, ...]:
    """Trials with the model that made the lives."""
    return tuple(trials.trial(kind, trials.life(kind, seed, n + 6), n, ModelError()) for seed, n in made(kind, lives))


def within(found: Iterable[Reals]) -> float:
    """Part of the next spectra's numbers within the bands of 90 %."""
    return float(np.mean(np.abs(np.concatenate([*found])) < WITHIN))


def one_step(found: tuple[Trial, ...]) -> float:
    """The same of trials."""
    return within(one.one_step for one in found)


def everything(lives: dict[str, int]) -> tuple[Trial, ...]:
    return tuple(one for kind, count in lives.items() for one in exact(kind, count))


def test_a_few_lives_are_found() -> None:
    found = exact("both", 6)
    assert all(one.life.converged and not one.life.forecasts_only for one in found)
    # the numbers of one spectrum move together with what it is forecast from: six spectra say little
    assert 0.7 < one_step(found) < 0.98
    # seven times the standard deviation is no chance of any kind: it is a wrong valley
    assert max(abs(value) for one in found for value in [*one.numbers, *one.hidden.values()]) < 4.5


@pytest.mark.slow
@pytest.mark.parametrize("kind", trials.KINDS)
def test_bands_of_the_next_spectrum_hold(kind: str) -> None:
    found = exact(kind, LIVES[kind])
    assert all(one.life.converged for one in found)
    assert 0.87 < one_step(found) < 0.93


@pytest.mark.slow
def test_bands_of_ten_cycles_hold_and_beat_persistence() -> None:
    found = everything(LIVES)
    ranks = np.array([one.ahead for one in found])
    assert 0.82 <= np.mean((ranks >= 0.05) & (ranks <= 0.95)) <= 0.97
    ours, walk, trend = np.mean([one.scores for one in found], axis=0)
    assert ours <= 0.3 * walk
    assert ours <= 0.5 * trend


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "name"), [("film", "positive.R"), ("contact", "interfaces.buffer_left-antiperovskite.a")]
)
def test_hidden_numbers_have_the_spread_that_they_say(kind: str, name: str) -> None:
    deviations = np.array([one.hidden[name] for one in exact(kind, LIVES[kind])])
    assert 0.8 < np.sqrt(np.mean(deviations**2)) < 1.2


@pytest.mark.slow
def test_ranks_of_the_truth_are_uniform() -> None:
    """Simulation-based calibration (Talts 2018): of every free number and every hidden one."""
    ranks: dict[str, list[float]] = {}
    normal = NormalDist()
    for kind, count in LIVES.items():
        for one in exact(kind, count):
            names = [p.name for p in one.life.coordinates.parameters]
            for name, z in [*zip(names, one.numbers, strict=True), *one.hidden.items()]:
                ranks.setdefault(name, []).append(normal.cdf(float(z)))
    for name, values in ranks.items():
        assert kstest(values, "uniform").pvalue > 1e-3, name


@pytest.mark.slow
@pytest.mark.parametrize("believed", trials.KINDS)
def test_a_wrong_model_says_so(believed: str) -> None:
    """Constant-phase elements (n = 0.94) in the cell and capacitors in the twin, whose ageing may be wrong as well.

    Of 30 lives of each kind under each explanation the least is 0.86 (docs/twin.md), the right ones have 0.93 and more.
    """
    lived = [(kind, trials.life(kind, seed, n + 1, 0.94), n) for kind in trials.KINDS for seed, n in made(kind, 2)]
    found = [(kind, *trials.next_spectrum(believed, life, n, ModelError())) for kind, life, n in lived]
    assert all(life.forecasts_only for _, life, _ in found)
    assert within(z for _, _, z in found) >= 0.85
    assert within(z for kind, _, z in found if kind == believed) >= 0.85
