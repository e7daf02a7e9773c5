"""A life as it runs: as good as the search for the whole, the same bits whatever was asked when, and from the cache."""

from __future__ import annotations

import math
import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin.dataset import spectrum
from mgtwin.twin.evidence import Evidence, content_hash
from mgtwin.twin.forecasts import forecast
from mgtwin.twin.life import live
from mgtwin.twin.model_error import ModelError
from mgtwin.twin.odds import Bank
from mgtwin.twin.running import Running
from tests.twin import trials
from tests.twin.lives import Event, Life


@pytest.mark.parametrize(("kind", "exponent", "off"), [("both", 1.0, 0.03), ("contact", 0.94, 0.15)])
def test_it_is_the_most_probable_life(kind: str, exponent: float, off: float) -> None:
    """Searched for from the beginning, with all data at once: of an s.d. it is off by less, and that by 2 %."""
    space, count = trials.coordinates(kind), 11
    pieces = trials.evidence(trials.life(kind, 3, count, exponent), count)
    running = Running.before(space, ModelError())
    for item in pieces:
        running = running.ahead(item).counting()
    whole = live(space, pieces, running.model_error)
    assert running.converged and whole.converged
    deviation, spread = np.sqrt(np.diag(whole.covariances[-1])), np.sqrt(np.diag(running.covariance))
    moves = deviation > 0
    assert np.abs((running.state - whole.states[-1])[moves] / deviation[moves]).max() < off
    assert spread[moves] / deviation[moves] == pytest.approx(1.0, abs=0.02)
    assert running.log_evidences.sum() == pytest.approx(whole.log_evidences.sum(), abs=0.1)
    # what it goes on to is the same to the last digit that counts
    assert np.abs((running.life.states[-1] - whole.states[-1])[moves] / deviation[moves]).max() < 0.01


#: The instrument reads 10 % too much once.
LIFE = Life(mt.cell("trilayer", "contact_loss"), spectra=9, every=2, seed=5, events=[Event(12, 14, gain=1.1)])
RATE = {"interfaces.*.ageing.fatigue_contact_loss.rate": mt.Drifting("5 %")}


def twin_of(store: Path | None = None) -> mt.Twin:
    return mt.Twin(LIFE.cell, RATE, use=trials.USE, model_error=mt.ModelError("0.1 %", 20), store=store)


def told(twin: mt.Twin, order: Sequence[int], *, asked: bool, life: Life = LIFE) -> mt.Twin:
    for k in order:
        twin.update(life.dataset(k), at=mt.Moment(cycle=life.moments[k]), noise=0.005, name=f"loop {k}")
        if asked:
            str(twin), twin.alarms
    return twin


def bits(twin: mt.Twin) -> tuple[object, ...]:
    """Everything that the running lives say."""
    members = [(one.name, one.running.state.tobytes(), one.running.covariance.tobytes()) for one in twin.bank.members]
    return members, content_hash(twin.odds.to_dataset(name="odds")), content_hash(twin.alarm_scores()), twin.alarms


def test_neither_the_order_of_arrival_nor_what_was_asked_changes_a_bit() -> None:
    """Also where a piece is held, and stands apart for good."""
    calm = bits(told(twin_of(), range(9), asked=False))
    assert [alarm.state for alarm in told(twin_of(), range(9), asked=False).alarms] == ["withdrawn"]
    shuffled = random.Random(3).sample(range(9), 9)
    assert bits(told(twin_of(), shuffled, asked=True)) == calm


@pytest.mark.slow
def test_nor_after_a_short(tmp_path: Path) -> None:
    """It is held, confirmed, and goes on as another explanation, whenever its spectra arrive."""
    life = replace(LIFE, spectra=10, events=[Event(12, short=1.0)])
    calm = told(twin_of(tmp_path / "a.twin"), range(10), asked=True, life=life)
    assert [alarm.state for alarm in calm.alarms] == ["confirmed"]
    assert bits(told(twin_of(), [*range(5), *range(6, 10), 5], asked=True, life=life)) == bits(calm)
    assert bits(mt.Twin.open(tmp_path / "a.twin")) == bits(calm)


def test_what_is_kept_in_the_store_spares_work_and_changes_no_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cell.twin"
    calm, steps, after = bits(told(twin_of(path), range(6), asked=True)), [0], Bank.after

    def counted(bank: Bank, item: Evidence) -> Bank:
        steps[0] += 1
        return after(bank, item)

    monkeypatch.setattr(Bank, "after", counted)
    assert bits(mt.Twin.open(path)) == calm
    assert steps[0] < 5
    # damaged: it is worked out anew, and kept anew
    for file in (path / "state").glob("*.npz"):
        file.write_bytes(file.read_bytes()[:-100])
    assert bits(mt.Twin.open(path)) == calm
    assert steps[0] >= 6
    # from what is kept on, over a piece that is held and for whose time nothing is kept
    assert bits(told(mt.Twin.open(path), range(6, 9), asked=True)) == bits(told(twin_of(), range(9), asked=False))
    shutil.rmtree(path / "state")
    assert mt.Twin.open(path).odds.shape == (9, 1)


def test_priors_in_si_are_read_back(tmp_path: Path) -> None:
    rate = next(iter(RATE))
    free = mt.Drifting("5 %", free=mt.Free(log=True, prior=mt.LogNormal(1.3e-4, 1.5)))
    twin = mt.Twin(LIFE.cell, {rate: free}, use=trials.USE, store=tmp_path / "a.twin")
    told(twin, range(1), asked=False)
    assert mt.Twin.open(tmp_path / "a.twin").free == {rate: free}


# -- noise -------------------------------------------------------------------------------------------------------------
def few(k: int, points: int) -> xr.Dataset:
    """Every so manieth point of a spectrum."""
    return LIFE.dataset(k).isel(frequency=slice(None, None, math.ceil(29 / points)))


def test_noise_is_the_root_mean_square_over_spectra_of_the_same_settings() -> None:
    twin = twin_of()
    noises = [0.004, 0.006, 0.008]
    for k, noise in enumerate(noises):
        twin.update(LIFE.dataset(k), at=mt.Moment(cycle=LIFE.moments[k]), noise=noise)
    # of other settings: its own
    twin.update(few(3, 10), at=mt.Moment(cycle=LIFE.moments[3]), noise=0.02)
    found = [item.noise for item in twin.evidence]
    pooled = [np.sqrt(np.mean(np.square(noises[: k + 1]))) for k in range(3)]
    assert found == pytest.approx([*pooled, 0.02], rel=1e-12)


def test_too_few_points_for_kramers_and_kronig_have_the_noise_of_the_instrument() -> None:
    twin = twin_of()
    with pytest.raises(mt.InputError, match=r"how noisy it is cannot be told from 6 points .* noise='1 %'"):
        twin.update(few(0, 6), at=mt.Moment(cycle=0))
    assert twin.journal == ()
    twin.update(LIFE.dataset(1), at=mt.Moment(cycle=2), noise=0.006)
    # also where it was measured before all that says how noisy the instrument is
    twin.update(few(0, 6), at=mt.Moment(cycle=0))
    assert [item.noise for item in twin.evidence] == pytest.approx([0.006, 0.006])


def test_two_points_are_no_spectrum() -> None:
    broken = LIFE.dataset(0).copy(deep=True)
    broken["impedance"].values[2:] = np.nan
    twin = twin_of()
    with pytest.raises(mt.InputError, match="has 2 points that are numbers, of 29"):
        twin.update(broken, at=mt.Moment(cycle=0), noise=0.005)
    assert twin.journal == ()


# -- beside the running lives ------------------------------------------------------------------------------------------
def test_a_fit_of_a_twin_is_mt_fit() -> None:
    """What ages has a value of its own in every spectrum: those of the truth."""
    conductivity = "layers.buffer_*.material.ionic_conductivity.reference"
    free = {**RATE, conductivity: mt.Free(log=True, prior=mt.LogNormal("2.58 mS/cm", 1.2))}
    twin = mt.Twin(LIFE.cell, free, use=trials.USE, model_error=mt.ModelError("0.1 %", 20))
    told(twin, range(4), asked=False)
    fitted = twin.fit()
    contacts = [name for name in fitted.names if "contact.fraction" in name]
    assert len(contacts) == 8 and any("ionic_conductivity" in name for name in fitted.names)
    stds = dict(zip(fitted.names, np.sqrt(np.diag(fitted.covariance)), strict=True))
    for k in range(1, 4):
        for interface in ("buffer_left-antiperovskite", "antiperovskite-buffer_right"):
            (name,) = [name for name in contacts if interface in name and f"{k}" in name.rpartition("fraction")[2]]
            truth = float(LIFE.state(f"interfaces.{interface}.a")[k])
            assert abs(float(fitted.values[name]) - truth) < 4 * stds[name] + 1e-3


def test_a_life_that_was_not_found_forecasts_nothing() -> None:
    life = told(twin_of(), range(3), asked=False).lives["as given"]
    lost = replace(life, smoothed=replace(life.smoothed, converged=False))
    with pytest.raises(mt.MgtwinError, match="the life was not found that explains"):
        forecast({"as given": lost}, {"as given": 1.0}, trials.USE, (0.5,), voltages=False)
    # one that nobody believes stops no forecast
    both, odds = {"as given": life, "other": lost}, {"as given": 1.0, "other": 1e-9}
    assert forecast(both, odds, trials.USE, (0.5,), voltages=False).sizes["cycle"] == 1


def test_a_spectrum_of_other_frequencies_widens_the_error_of_the_model() -> None:
    """The basis reaches over all evidence: as if all of it had been known from the beginning."""
    space, f = trials.coordinates("contact"), trials.lives.FREQUENCIES
    true = trials.life("contact", 2, 4)
    pieces = trials.evidence(true, 4)
    pieces[0] = replace(pieces[0], dataset=spectrum(f[:15], true.impedance[0, :15]))
    error = ModelError(0.01, 20.0)
    running = Running.before(space, error)
    for item in pieces:
        running = running.ahead(item).counting()
    whole = live(space, pieces, error)
    assert running.basis == whole.basis
    deviation = np.sqrt(np.diag(whole.covariances[-1]))
    assert np.abs((running.state - whole.states[-1]) / deviation).max() < 0.05
