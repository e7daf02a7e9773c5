"""Half cycles, steps of voltage and rests as evidence: numbers of closed-form lives, derivatives, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.dataset import transient
from mgtwin.errors import InputError
from mgtwin.twin.evidence import Evidence, Moment
from mgtwin.twin.runs import Run, record

from .lives import Life, Reals

PATHS = ("negative.film_resistance", "positive.film_resistance")


class Films:
    """States of a cell whose two films [ohm m2] are all that changes."""

    cell = mt.cell("trilayer", "film_growth").with_({"negative.ageing": (), "positive.ageing": ()})
    paths = PATHS

    def values(self, states: Reals) -> Reals:
        return np.exp(states)

    def slopes(self, states: Reals) -> Reals:
        return np.exp(states)[..., np.newaxis] * np.eye(2)


def evidence(dataset: object, cycle: float = 1.0) -> Evidence:
    return Evidence("", "run", Moment(cycle=cycle), "run", dataset, noise=0.005)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def life() -> Life:
    return Life(mt.cell("trilayer", "film_growth"), spectra=6, drift=0.0, noise=0.0)


def test_end_voltages_and_their_derivatives(life: Life) -> None:
    """Half cycles of both signs at their own state, all side by side; dV/dR = I/A, of each film."""
    halves = [2, 3, 8, 9]
    observed = Run.observation([evidence(life.half(h), h / 2) for h in halves], Films())
    films = np.array([[life.history[f"{side}.R"][h + 1] for side in ("negative", "positive")] for h in halves])
    for h, data, (found, slopes), R in zip(
        halves, observed.data, observed.linearised(np.log(films)), films, strict=True
    ):
        assert data.tolist() == [life.voltages.ravel()[h]]
        # the simulator's double layers and mixed conductor: as in test_lives.py
        np.testing.assert_allclose(found, data, rtol=1e-5)
        np.testing.assert_allclose(slopes[0], life.applied(h) * R, rtol=1e-4)


def test_a_cycle_has_its_ohmic_step() -> None:
    """Two half cycles in one run: both ends, and R at the reversal, which films do not move."""
    cell = Films.cell.with_(dict.fromkeys(PATHS, 2.0))
    run = mt.simulate(cell, mt.Cycling("-10 uA", "1 h", cycles=1, points=4))
    one = record(run, "a cycle")
    assert one.data.size == 3 and one.jumps == (1,)
    observed = Run.observation([evidence(run)], Films())
    found, slopes = observed.linearised(np.log([[2.0, 2.0]]))[0]
    np.testing.assert_allclose(found, one.data, rtol=1e-4)
    assert abs(slopes[2]).max() < 1e-3 * one.data[2]
    plateau = mt.impedance.plateaus(cell).shorted
    np.testing.assert_allclose(one.data[2], plateau, rtol=1e-3)


def test_steps_of_voltage_and_rests() -> None:
    """Under a voltage the last current counts; a rest of a symmetric cell says nothing, and does not fail."""
    cell = Films.cell.with_(dict.fromkeys(PATHS, 2.0))
    step, rest = mt.simulate(cell, mt.Polarization("20 mV", "1 h")), mt.simulate(cell, mt.Rest("1 h"))
    for run in (step, rest):
        observed = Run.observation([evidence(run)], Films())
        (found,) = observed.predicted(np.log([[2.0, 2.0]]))
        np.testing.assert_allclose(found, observed.data[0], rtol=1e-4, atol=1e-8)
        assert np.all(observed.deviations[0] > 0)
    (foreseen,) = observed.foreseen(np.log([[2.0, 2.0]]))
    assert not foreseen.shunted(np.array([1.0])).any() and not foreseen.by("series_resistance").any()


def test_what_a_shunt_does_to_an_end_voltage(life: Life) -> None:
    """|V| falls to V/(1 + GR) with the resistance as it was foreseen, for both signs of the current."""
    observed = Run.observation([evidence(life.half(h)) for h in (8, 9)], Films())
    for one, V in zip(
        observed.foreseen(np.log([[2.0, 2.0]] * 2)), observed.predicted(np.log([[2.0, 2.0]] * 2)), strict=True
    ):
        R = abs(V[0]) / abs(life.applied(0)) - float(Films.cell.series_resistance)
        np.testing.assert_allclose(one.shunted(np.array([1 / R]))[0], -V / 2, rtol=1e-3)


def test_a_run_at_its_own_temperature() -> None:
    """Warmer by 10 K it is another run; the record says so, and each is held against its own."""
    cell = Films.cell.with_(dict.fromkeys(PATHS, 2.0))
    runs = [mt.simulate(cell, mt.Galvanostatic("10 uA", "1 h", temperature=T)) for T in (298.15, 308.15)]
    assert abs(runs[1]["voltage"][-1]) < 0.97 * abs(runs[0]["voltage"][-1])
    observed = Run.observation([evidence(run) for run in runs], Films())
    for found, data in zip(observed.predicted(np.log([[2.0, 2.0]] * 2)), observed.data, strict=True):
        np.testing.assert_allclose(found, data, rtol=1e-4)


def test_a_limit_that_ended_a_half_cycle_leaves_it_smooth() -> None:
    """It is held against the model for as long as it lasted: V at its end has a derivative like any other."""
    cell = Films.cell.with_(dict.fromkeys(PATHS, 2.0))
    whole = mt.simulate(cell, mt.Galvanostatic("10 uA", "1 h"))
    limit = float(whole["voltage"][0] + whole["voltage"][-1]) / 2
    run = mt.simulate(cell, mt.Galvanostatic("10 uA", "1 h", limits=(-1.0, limit)))
    assert 0 < float(run["time"][-1]) < 3599
    observed = Run.observation([evidence(run)], Films())
    at = np.log([[2.0, 2.0]])
    ((found, slopes),) = observed.linearised(at)
    np.testing.assert_allclose(found[-1], limit, rtol=1e-4)
    up, down = (observed.predicted(np.log([[2.0, 2.0 * np.exp(step)]]))[0] for step in (0.05, -0.05))
    np.testing.assert_allclose(slopes[:, 1], (up - down) / 0.1, rtol=5e-3)


def test_runs_that_use_up_the_salt_are_refused() -> None:
    """V jumps where it runs out: said before anything is kept."""
    solution = mt.BinaryElectrolyte("0.1 mol/L", "1 mS/cm", "1e-6 cm^2/s", 0.5)
    film = mt.FilmGrowth("1e-5 ohm*m^4/C")
    magnesium = mt.Plating("1 mA/cm^2", ageing=[film])
    cell = mt.Cell("mg_mg", magnesium, [mt.Layer("solution", solution, "1 mm")], magnesium)
    twin = mt.Twin(
        cell, {"*.ageing.*.charge_rate": mt.Drifting("5 %")}, use=mt.Cycling("-0.1 mA/cm^2", "10 min", cycles=1)
    )
    t = np.linspace(0, 1500, 20)  # Sand's time is 1285 s
    with pytest.raises(InputError, match="uses up the salt of mg_mg"):
        twin.update(transient(t, -0.1 - t / 1e4, np.full(20, -1e-3)), at=Moment(cycle=1), noise="1 %")
    with pytest.raises(InputError, match="neither current nor voltage is held"):
        twin.update(transient(t, t / 10, 1e-6 * t), at=Moment(cycle=1), noise="1 %")
    assert not twin.store.evidence()
    run = transient(t[:10], -0.1 - t[:10] / 1e4, np.full(10, -1e-3))
    assert twin.update(run, at=Moment(cycle=1), noise="1 %").decision == "assimilated"


def test_ramps_are_refused() -> None:
    """Neither current nor voltage is held: said before anything is computed."""
    t = np.linspace(0, 10, 20)
    with pytest.raises(InputError, match="neither current nor voltage is held"):
        record(transient(t, t / 10, 1e-6 * t), "sweep")
