"""From V(t) alone: a short and a loss of contact within 5 cycles, hardly ever without reason."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.twin.alarms import Acceleration, Drift, Instrument, SoftShort
from mgtwin.twin.alarms.runs import RunForeseen
from mgtwin.twin.alarms.spectra import foreseen_spectra
from mgtwin.twin.alarms.watching import Explained, Innovation, Report
from mgtwin.twin.coordinates import Coordinates
from mgtwin.twin.evidence import Evidence, Moment, Usage
from mgtwin.twin.model_error import ModelError
from mgtwin.twin.odds import assimilated

from . import rates, trials
from .lives import Event, Life

KINDS = (SoftShort(), Acceleration(), Drift(), Instrument())
#: Noise of a voltage, and of its forecast from one half cycle to the next.
NOISE, FORECAST = 0.005, 0.003


@cache
def foreseen(sign: float) -> RunForeseen:
    """The end of a half cycle of an hour in a trilayer with films; sign 0: a rest."""
    cell = mt.cell("trilayer", "film_growth").with_(
        {f"{side}.film_resistance": 2.0 for side in ("negative", "positive")}
    )
    (spectrum,) = foreseen_spectra(cell, {}, np.array([[1 / (2 * np.pi * 3600)]]))
    current = 1e-5 * sign
    voltage = current * spectrum.impedance.real
    return RunForeseen(voltage, np.array([current]), np.array([False]), spectrum)


def watched(count: int, at: int, factor: float, signs: tuple[float, ...], seed: int, until: int = 10**6) -> Report:
    """What the watch says of half cycles whose voltage is `factor` times that foreseen from number `at` on."""
    random, innovations = np.random.default_rng(seed), []
    for k in range(count):
        one = foreseen(signs[k % len(signs)])
        deviation = np.hypot(NOISE, FORECAST) * np.maximum(np.abs(one.numbers), 1e-5)
        e = deviation * random.standard_normal(1) + (factor - 1 if at <= k < until else 0.0) * one.numbers
        explained = {"film": Explained(0.0, e, np.diag(deviation**2), one)}
        innovations.append(Innovation(f"{k}", f"half cycle {k}", "run", Moment(cycle=k / 2), k / 2, explained))
    report = Report()
    while len(report.apart) < count and not report.breaks:
        report = report.after(innovations, KINDS)
    return report


@pytest.mark.parametrize("signs", [(-1.0, 1.0), (-1.0,), (0.0,), (-1.0, 0.0, 1.0, 0.0)])
def test_innocent_half_cycles(signs: tuple[float, ...]) -> None:
    """At most one alarm in 1000, of both signs of the current, of one, of none, and of both with rests between."""
    count = 1000 if len(signs) == 2 else 300
    assert len(watched(count, count, 1.0, signs, seed=5).alarms) <= 1


@pytest.mark.parametrize("signs", [(-1.0, 1.0), (-1.0, 0.0, 1.0, 0.0)])
@pytest.mark.parametrize(("factor", "name"), [(0.75, "short"), (1.2, "contact")])
def test_a_short_and_a_loss_of_contact_are_found(signs: tuple[float, ...], factor: float, name: str) -> None:
    """Within 5 cycles, whatever the sign; and a voltage alone cannot tell which, so that the alarm names a set."""
    found = 0
    for seed in range(8):
        alarms = watched(40, 20, factor, signs, seed).alarms
        found += bool(alarms) and 10 <= alarms[0].cycle <= 15 and name in {alarms[0].mechanism, *alarms[0].others}
    assert found == 8


def test_a_rest_neither_withdraws_nor_confirms() -> None:
    """Half cycles with rests between: what is held waits for the next current, and each fault keeps its own size."""
    report = watched(40, 20, 0.6, (-1.0, 0.0, 1.0, 0.0), seed=1)
    (alarm,) = report.alarms
    assert alarm.state == "confirmed"
    # the piece of the fault and the rest after it are judged, and both count from then on
    assert report.apart == (False,) * 22
    sizes = report.breaks[0].sizes
    assert {alarm.mechanism, *alarm.others} - {"gain", "temperature"} == set(sizes)
    # V falls to 0.6 of itself beside G = (1/0.6 - 1)/R, whatever the fault that explains it best is
    R = foreseen(-1.0).resistance
    assert sizes["short"][0] == pytest.approx((1 / 0.6 - 1) / R, rel=0.05)
    # a fault that does not last is withdrawn by the next current, too
    once = watched(24, 20, 0.6, (-1.0, 0.0, 1.0, 0.0), seed=1, until=21)
    assert [one.state for one in once.alarms] == ["withdrawn"] and once.apart.count(True) == 1


@pytest.mark.parametrize("short", [np.inf, 3.0])
def test_the_closed_form_of_end_voltages_is_that_of_lives(short: float) -> None:
    """What rates are measured with is, at the truth, what was measured.

    Beside a filament lives know the ionic current of a half cycle to a few millionths.
    """
    life = trials.life("both", 20_116, 8)
    life = replace(life, noise=0.0, events=[Event(3, short=short)])
    halves = [0, 1, 4, 5, 6, 7, 10, 11]
    pieces = [Evidence(f"{h}", "", Moment(cycle=h / 2), "run", life.half(h), 0.005) for h in halves]
    after = np.array(halves) + 1
    given = {path: values[after] for path, values in life.overrides(life.history).items()}
    given |= {"shunt.conductance": np.array([life.conductance(h / 2) for h in halves])} if np.isfinite(short) else {}
    truth = SimpleNamespace(cell=life.truth, paths=tuple(given), values=lambda _: np.stack([*given.values()], axis=1))
    found = rates.InClosedForm(pieces, truth).predicted(np.zeros((len(halves), 1)))
    np.testing.assert_allclose(
        np.ravel(found), life.voltages.ravel()[halves], rtol=5e-6 if np.isfinite(short) else 1e-9
    )


@pytest.mark.slow
def test_a_short_is_found_in_a_whole_life() -> None:
    """Half cycles through the simulator's equations: a short of 3 R at cycle 4 is told by its first half cycle."""
    cell = mt.cell("trilayer", "film_growth")
    life = Life(cell, spectra=4, every=2, seed=2, drift=0.02, events=[Event(4, short=3.0)])
    evidence = [
        Evidence(f"{h}", f"half cycle {h}", Moment(cycle=(h + 1) / 2), "run", life.half(h), life.noise)
        for h in range(9)
    ]
    free = {"*.ageing.film_growth.charge_rate": mt.Drifting("2 %", free=mt.Free(prior=mt.LogNormal(1.86e-4, 1.1)))}
    film = Coordinates(cell, free, Usage(mt.Cycling("-10 uA", "1 h", cycles=1)))
    bank = assimilated({"film": film}, evidence, ModelError(0.001, 20.0), KINDS)
    first = bank.alarms[0]
    assert first.cycle == 4.5 and "short" in {first.mechanism, *first.others} and first.others
