"""Odds of explanations that look the same: even where spectra are identical, and the twin says so."""

from __future__ import annotations

import numpy as np
import pytest

from mgtwin.twin.evidence import Moment
from mgtwin.twin.transitions import Journey
from mgtwin.twin.words import in_words
from tests.twin import pairs
from tests.twin.lives import SIDES


def says_that_it_cannot_tell(truth: str, seed: int, spectra: int) -> None:
    bank = pairs.judged("film on one of two", truth, seed, spectra)
    # each explanation finds the same spectra with the electrodes exchanged: after every piece, to rounding
    np.testing.assert_allclose(bank.odds.values, 0.5, atol=1e-6)
    assert set(bank.cannot_tell) == set(SIDES)
    first, second = bank.cannot_tell
    assert f"these data cannot tell {first} from {second}" in in_words(bank)
    assert all(member.running.converged and not member.running.forecasts_only for member in bank.members)


def test_which_of_two_equal_electrodes_has_a_film_no_spectrum_tells() -> None:
    says_that_it_cannot_tell("positive", pairs.FIRST_SEED, 6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(pairs.FIRST_SEED + 1, pairs.FIRST_SEED + 4))
@pytest.mark.parametrize("truth", SIDES)
def test_not_even_a_whole_life_tells_it(truth: str, seed: int) -> None:
    says_that_it_cannot_tell(truth, seed, 30)


@pytest.mark.slow
@pytest.mark.parametrize("truth", ["void", "fatigue"])
def test_a_hard_pair_is_not_told_before_the_data_tell_it(truth: str) -> None:
    """Voids that plating refills against fatigue: both lose contact, at rates that wander."""
    for seed in range(pairs.FIRST_SEED, pairs.FIRST_SEED + 2):
        bank = pairs.judged("void or fatigue", truth, seed, 12)
        odds = bank.odds.sel(explanation=truth).values
        assert np.all(odds > 0.05) and odds[0] < 0.95
        assert bool(bank.cannot_tell) is bool(1 / 20 < odds[-1] / (1 - odds[-1]) < 20)


def test_a_share_that_wanders_stays_one() -> None:
    """The part of a void that stays open is at most all of it, wherever a walk of its logarithm goes."""
    space = pairs.PAIRS["void or fatigue"]()["void"].coordinates
    states = np.tile(space.start, (2, 1))
    rate = next(k for k, name in enumerate(space.names) if name.endswith("void_fraction"))
    states[:, rate] = np.log([1.0, 1.3])
    journey = Journey(space, [Moment(cycle=2.0), Moment(cycle=4.0)])
    reached, F, _ = journey.moved(states, np.zeros((2, journey.noises)))
    first = len(space.parameters)
    np.testing.assert_allclose(reached[0, first:], reached[1, first:], rtol=1e-9)
    assert np.all(reached[:, first:] > 0) and np.all(np.isfinite(F))
    np.testing.assert_allclose(journey.step(1, states[1], np.zeros(journey.noises)), reached[1], rtol=1e-12)
