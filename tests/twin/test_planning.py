"""What a twin would learn from a measurement: against measuring it, and where it is asked for what it cannot know."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.dataset import spectrum
from mgtwin.twin.evidence import Evidence, Moment
from mgtwin.twin.life import live
from tests.twin import lives, trials

SIDES = {side: f"{side}.ageing.film_growth.charge_rate" for side in ("negative", "positive")}
PROBE = mt.EIS("1 MHz", "0.1 Hz", points=29)


def twin_of(kind: str, spectra: int) -> tuple[mt.Twin, lives.Life]:
    """A twin of a simulated life, and that life."""
    space, life = trials.coordinates(kind), trials.life(kind, 4, 20)
    twin = mt.Twin(
        space.original, space.free, use=trials.USE, considered=(), alarms=[], model_error=mt.ModelError(0.0003, 5.0)
    )
    for k in range(spectra):
        twin.update(life.dataset(k), at=Moment(cycle=float(life.moments[k])), noise=trials.NOISE)
    return twin, life


@pytest.mark.parametrize("kind", ["contact", "film"])
def test_information_is_what_is_learnt_once_it_is_measured(kind: str) -> None:
    """The covariance of the state at the end of the horizon, with a spectrum of the life assimilated and without."""
    count, horizon = 6, 8
    twin, life = twin_of(kind, count)
    found = twin.next_experiment({"spectrum": PROBE}, horizon)
    past, space = next(iter(twin.lives.values())), trials.coordinates(kind)
    now = life.moments[count - 1]
    end = Evidence("end", "", Moment(cycle=float(now + horizon)), "spectrum", life.dataset(count), trials.NOISE)
    measured = {}
    for ahead in (None, 0, 4, 8):
        more = []
        if ahead is not None:
            # a spectrum of the same moment as the last one is that of a second instrument
            data = life.dataset((now + ahead) // 2) if ahead else _again(life, count - 1)
            more = [Evidence("more", "", Moment(cycle=float(now + ahead)), "spectrum", data, trials.NOISE)]
        after = live(space, [*past.evidence, *more, end], past.model_error, apart={"end"})
        assert after.converged
        # two interfaces age alike: the state of one is that of the other
        measured[ahead] = np.linalg.slogdet(after.covariances[-1][:-1, :-1])[1]
    for ahead in (0, 4, 8):
        expected = 0.5 * (measured[None] - measured[ahead])
        assert expected > 0.1
        gain = found.gains["information"].sel(experiment="spectrum", ahead=ahead)
        assert float(gain) == pytest.approx(expected, rel=0.1), ahead  # it goes another way
    assert not found.gains["odds"].values.any()  # there is one explanation
    assert found.best == ("spectrum", 8)


def _again(life: lives.Life, k: int) -> object:
    """The same spectrum with other noise."""
    random = np.random.default_rng(77)
    parts = random.standard_normal((2, life.frequencies.size))
    z = life.exact[k] + life.noise * np.abs(life.exact[k]) * (parts[0] + 1j * parts[1])
    return spectrum(life.frequencies, z)


def test_what_separates_two_explanations_is_told_by_the_odds() -> None:
    """Films on one of two unequal electrodes: their arcs tell them apart, what lies above both does not."""
    cell = mt.cell("trilayer", "film_growth")
    of = {
        "negative": cell.with_({"positive.ageing": []}),
        "positive": cell.with_({"negative.ageing": []}),
    }
    free = {rate: mt.Drifting("5 %") for rate in SIDES.values()}
    twin = mt.Twin(of, free, use=trials.USE, considered=(), alarms=[], model_error=mt.ModelError(0.0003, 5.0))
    life = lives.Life(of["negative"], 4, seed=1, noise=trials.NOISE)
    high = life.frequencies > 1e4
    for k in range(3):
        twin.update(
            spectrum(life.frequencies[high], life.impedance[k, high]), at=Moment(cycle=2.0 * k), noise=trials.NOISE
        )
    before = twin.odds.values[-1]
    assert before == pytest.approx([0.5, 0.5], abs=0.05)
    found = mt.next_experiment(
        given=twin,
        candidates={"high": mt.EIS("1 MHz", "10 kHz"), "all": PROBE, "a half": mt.Galvanostatic("10 uA", "1 h")},
    )
    odds = found.gains["odds"]
    assert found.by_odds and found.best[0] == "all"
    assert odds.sel(experiment="all").values == pytest.approx(np.log(2), abs=0.01)
    assert odds.sel(experiment="high").max() < 0.01
    assert "0.69 nats" in str(found)
    # and it is so
    twin.update(life.dataset(3), at=Moment(cycle=6.0), noise=trials.NOISE)
    assert twin.odds.sel(explanation="negative").values[-1] > 0.99


def test_a_limit_is_known_sooner_by_as_much_as_it_says() -> None:
    """Against the widths of forecasts before and after the measurement."""
    space, life = trials.coordinates("film"), trials.life("film", 4, 20)
    rate = "*.ageing.film_growth.charge_rate"
    free = {**space.free, rate: mt.Drifting("0.5 %", free=space.free[rate].single)}
    twin = mt.Twin(space.original, free, use=trials.USE, considered=(), model_error=mt.ModelError(0.0003, 5.0))
    for k in range(2):
        twin.update(life.dataset(k), at=Moment(cycle=2.0 * k), noise=0.02)
    limit = mt.Limit(resistance=2.5 * float(np.abs(life.exact[10, -1])))
    found = twin.next_experiment({"spectrum": mt.Candidate(PROBE, noise=mt.Modulus(0.002))}, 6, about=limit)
    gains = found.gains["information"].sel(experiment="spectrum")
    assert np.all(np.diff(gains) > 0) and "cycles until" in str(found)

    def width() -> float:
        ahead = twin.forecast(mt.Cycling("-10 uA", "1 h", 90), (0.16, 0.84), limit, voltages=False)
        return float(np.ptp(ahead["time_to_limit"].values))

    before = width()
    exact = life.exact[4]
    twin.update(spectrum(life.frequencies, exact), at=Moment(cycle=8.0), noise=0.002)
    # eight cycles done: the limit is as many nearer; two ensembles of 256, and cycles are whole
    assert np.log(before / width()) == pytest.approx(float(gains[-1]), rel=0.25)


def test_what_it_cannot_know_it_refuses() -> None:
    twin, _ = twin_of("film", 2)
    with pytest.raises(mt.InputError, match="one cell, which no experiment changes"):
        twin.next_experiment({"thin": mt.Candidate(PROBE, {"layers.antiperovskite.thickness": "0.2 mm"})})
    with pytest.raises(mt.InputError, match="relative noise only"):
        twin.next_experiment({"noisy": mt.Candidate(PROBE, noise=mt.Noise("1 ohm"))})
    with pytest.raises(mt.InputError, match=r"names nothing that is uncertain; what is: .*film resistance"):
        twin.next_experiment({"spectrum": PROBE}, about=["layers.antiperovskite.thickness"])
    with pytest.raises(mt.InputError, match=r"within 1600 cycles with a probability of 0\.00"):
        twin.next_experiment({"spectrum": PROBE}, about=mt.Limit(resistance="1 Gohm"))
    with pytest.raises(mt.InputError, match="take the place of fits"):
        mt.next_experiment([], given=twin, names=["a"], candidates={"spectrum": PROBE})  # type: ignore[call-overload]
    still = mt.Twin(mt.cell("trilayer"), {"*.double_layer.c": mt.Drifting("1 %", per="1 day")}, considered=())
    still.update(mt.simulate(mt.cell("trilayer"), PROBE), at=Moment(time="1 h"), noise="0.5 %")
    with pytest.raises(mt.InputError, match="horizon=0 asks for now"):
        still.next_experiment({"spectrum": PROBE})
    assert still.next_experiment({"spectrum": PROBE}, horizon=0).best == ("spectrum", 0)
