"""Rates over whole lives: how they are counted, and a few lives; `rates.py` says how to run all of them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mgtwin.twin.alarms.watching import Break
from mgtwin.twin.model_error import ModelError
from mgtwin.twin.odds import after_break, assimilated
from tests.twin import rates, trials

FAULTS = ((2, "short", 1.0), (3, "gain", 1.3))
#: Lives of constant-phase elements whose slow sums had called a change of the model's error a short.
ALARMED = (rates.SETTLING, rates.SETTLING + 16)


def test_what_is_told_of_a_life_is_counted() -> None:
    found = rates.sparse(rates.SETTLING, spectra=14, short=1.0)
    one = rates.told("nine points, short of R", found, rates.SETTLING)
    assert one["at once"] and one["pieces"] == 14 and one["false"] == 0 and one["truth"] == "lithium"
    missed = one | {"first": None, "at once": False, "withdrawn": False}
    counts = rates.counted(map(json.dumps, (one, one, missed, one | {"row": "other", "first": ["gain"]})))
    assert counts["nine points, short of R"] == {
        "lives": 3, "pieces": 42, "false": 0, "at once": 2, "named": 2, "withdrawn": 0, "forecasts only": 0, "known": 3,
    }  # fmt: skip
    assert counts["other"]["named"] == 0 and set(one) == set(missed)
    assert len(rates.CAMPAIGN) == 15


def test_the_error_of_a_model_goes_on_over_a_break() -> None:
    """Broken for no reason: the twin knows at once that only its forecasts hold, from what was measured before."""
    kind, pieces = "contact", trials.evidence(trials.life("contact", ALARMED[1], 9, 0.94), 9)
    bank = assimilated({kind: trials.coordinates(kind)}, pieces[:8], ModelError(), rates.WATCH)
    assert bank.running(kind).forecasts_only and not bank.alarms
    (after,) = after_break(bank.members, Break(pieces[8].sha, {"ohmic fell": (0.1, 0.1)}), rates.WATCH)
    assert after.running.model_error == bank.running(kind).model_error and after.earlier[0].states.shape[0] == 8
    found = after.running.ahead(pieces[8]).counting()
    assert found.forecasts_only
    # without what was measured before one spectrum says nothing of it
    space = found.coordinates
    assert max(space.error_odds, key=lambda one: space.error_odds[one]) == bank.running(kind).model_error
    bare = replace(after.running.coordinates.likely(ModelError()), memory=None)
    assert bare.size == bank.running(kind).model_error.size


@pytest.mark.slow
@pytest.mark.parametrize("seed", ALARMED)
def test_an_error_that_changes_by_its_own_size_is_no_fault(seed: int) -> None:
    """Whole lives: contact is lost, so that an error that stays becomes smaller beside |Z|."""
    found = rates.spectra("contact", seed, exponent=0.94)
    slow = found.bank.scores["cusum"].sel(mechanism="short")
    assert float(slow.max()) > 8 and not found.bank.alarms
    assert found.bank.running("contact").forecasts_only


@pytest.mark.slow
def test_nine_points_and_much_noise() -> None:
    shorted, gained = (rates.sparse(rates.JUDGED + k, spectra=16, **{name: size}) for k, name, size in FAULTS)
    assert not shorted.before and not gained.before
    assert shorted.at_once and shorted.first is not None
    assert "short" in {shorted.first.mechanism, *shorted.first.others}
    assert gained.at_once and gained.first is not None and gained.first.state == "withdrawn"
