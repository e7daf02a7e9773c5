"""Whether bands of voltages hold, from V(t) alone: with the model that made the lives, and with one that is wrong."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.cells import Cell
from mgtwin.dataset import transient
from mgtwin.errors import InputError, MgtwinError
from mgtwin.twin.evidence import Evidence, Moment
from mgtwin.twin.forecasts import forecast
from mgtwin.twin.life import Life, live
from mgtwin.twin.model_error import RUNS, ErrorBasis, ModelError
from mgtwin.twin.running import Running
from mgtwin.twin.runs import Run, Runs
from mgtwin.twin.words import in_words
from tests.twin import rates, trials
from tests.twin.test_runs import Films

LEVELS = tuple((np.arange(50) + 0.5) / 50)
#: Cycles after which a life is asked, and how far ahead.
ASKED, AHEAD = (8, 14, 20), 10
#: The transfer coefficients of the twin's cell are 0.5 and 0.85.
WRONG = {"negative.transfer_coefficient": 0.3, "positive.transfer_coefficient": 0.7}


def in_closed_form(cell: Cell, protocol: mt.Cycling) -> dict[str, list[float]]:
    """End voltages of one cycle, in place of `mt.simulate`."""
    ends = [float(protocol.current), -float(protocol.current)]
    runs = [transient([0.0, 3600.0], [i * 1e4] * 2, [i] * 2) for i in ends]
    pieces = [Evidence("", "", Moment(cycle=1), "run", run, 0.005) for run in runs]
    as_it_is = SimpleNamespace(cell=cell, paths=(), values=lambda states: np.zeros((len(states), 0)))
    V = rates.InClosedForm(pieces, as_it_is).predicted(np.zeros((2, 1)))
    return {"deposition_voltage": [float(V[0][0])], "dissolution_voltage": [float(V[1][0])]}


def foreseen(kind: str, seed: int, cycles: int, changes: dict[str, float]) -> tuple[Life, list[float]]:
    """A life of half cycles, and the rank of both voltages ten cycles later among what was foreseen."""
    true = trials.life(kind, seed, (cycles + AHEAD) // 2 + 2)
    true = replace(true, cell=true.cell.with_(changes))
    pieces = [
        Evidence(f"{h}", f"half cycle {h}", Moment(cycle=(h + 1) / 2), "run", true.half(h), true.noise)
        for h in range(2 * cycles)
    ]
    with (
        patch.object(Run, "observation", staticmethod(rates.InClosedForm)),
        patch("mgtwin.simulation.simulate", in_closed_form),
    ):
        life = live(rates.voltage_space(kind), pieces, ModelError())
        bands = forecast({"": life}, {"": 1.0}, mt.Cycling("-10 uA", "1 h", AHEAD), LEVELS)
    names = ("deposition_voltage_quantiles", "dissolution_voltage_quantiles")
    measured = true.voltages[cycles + AHEAD - 1]
    return life, [float(np.mean(bands[name].values[-1] < V)) for name, V in zip(names, measured, strict=True)]


@pytest.mark.slow
def test_bands_of_voltages_hold_ten_cycles_ahead() -> None:
    """Of both half cycles, noise included; and a right model is not taken for a wrong one."""
    found = [foreseen(("contact", "film", "both")[k % 3], 60_200 + k, ASKED[k // 3 % 3], {}) for k in range(18)]
    ranks = np.array([rank for _, pair in found for rank in pair])
    assert 0.82 <= np.mean((ranks >= 0.05) & (ranks <= 0.95)) <= 0.97
    assert all(life.converged and not life.forecasts_only for life, _ in found)


@pytest.mark.slow
def test_a_wrong_voltage_is_told_from_ageing() -> None:
    """Unlike transfer coefficients: an error that stays, and each direction of the current has its own."""
    life, _ = foreseen("contact", 60_300, 20, WRONG)
    assert life.forecasts_only and float(life.model_error.memory or 0) >= 100
    down, up = life.smoothed.states[-1, life.coordinates.size :][:2]
    assert down * up < 0 and max(abs(down), abs(up)) > 0.01


def test_of_what_the_error_of_a_model_is_made() -> None:
    """Gaussians where there are spectra, one number for each end and step where there are runs."""
    assert ErrorBasis.over([]).size == 0 and ErrorBasis.over([0.0]) == ErrorBasis(1.0, 10.0, 0, len(RUNS))
    both = ErrorBasis.over([0.1, 1e6, 0.0])
    assert both.size == 16 + len(RUNS) and ErrorBasis.over([0.1, 1e6]) == ErrorBasis(0.1, 1e6)
    # spectra have no part in the numbers of runs, and runs none in those of spectra
    assert not both.directions(np.array([1.0, 10.0]))[:, 16:].any()
    np.testing.assert_array_equal(both.of_runs(RUNS)[:, 16:], np.eye(len(RUNS)))
    current = 1e-5 * np.array([-1.0, -1, -1, 1, 1, 1])
    run = transient([0.0, 10, 3600, 3601, 3610, 7200], 7000 * current, current)
    (found,) = Runs([Evidence("", "", Moment(cycle=1), "run", run, 0.005)], Films()).error_directions(both)
    np.testing.assert_allclose(found[:, 16:], np.diag([0.07, 0.07, 7000]), rtol=1e-12)
    assert not found[:, :16].any()


def test_evidence_of_both_kinds_in_any_order() -> None:
    """The error gets more numbers when the first run, or the first spectrum, comes."""
    pieces = trials.evidence(trials.life("film", 60_400, 4), 3)
    true = trials.life("film", 60_400, 4)
    halves = [
        Evidence(f"{h}", f"half cycle {h}", Moment(cycle=(h + 1) / 2), "run", true.half(h), 0.005) for h in (1, 5)
    ]
    with patch.object(Run, "observation", staticmethod(rates.InClosedForm)):
        for given in ([*pieces, *halves], [halves[0], *pieces], [*halves, pieces[2]]):
            space = trials.coordinates("film")
            bank = rates.assimilated({"film": space}, space.usage.in_order(given), ModelError(), rates.WATCH)
            running = bank.running("film")
            assert running.basis.size == 16 + len(RUNS)
            at = running.life
            np.testing.assert_allclose(
                running.state, at.states[-1], atol=0.02 * np.sqrt(np.diag(at.covariances[-1])).max()
            )


@pytest.mark.parametrize("step", ["ahead", "counting"])
def test_an_explanation_that_cannot_be_is_given_up_and_said(step: str) -> None:
    """The integrator fails in a state that one explanation leads to: the other goes on; alone it says what is wrong."""
    true = trials.life("film", 60_500, 4)
    pieces = [
        Evidence(f"{h}", f"half cycle {h}", Moment(cycle=(h + 1) / 2), "run", true.half(h), 0.005) for h in range(5)
    ]
    spaces = {"film": rates.voltage_space("film"), "contact": rates.voltage_space("contact")}
    way = getattr(Running, step)

    def failing(running: Running, *given: object, **how: object) -> Running:
        if running.coordinates is spaces["contact"] and len(running.pieces) >= 3:
            raise MgtwinError("a state of the cell cannot do what was done")
        return way(running, *given, **how)

    with patch.object(Run, "observation", staticmethod(rates.InClosedForm)), patch.object(Running, step, failing):
        bank = rates.assimilated(spaces, pieces, ModelError(), rates.WATCH)
        assert bank.odds.sel(explanation="contact").values[-1] == 0.0
        assert "given up, as no life leads there: contact" in in_words(bank)
        with pytest.raises(InputError, match=r"half cycle [23]: no life by contact leads there"):
            rates.assimilated({"contact": spaces["contact"]}, pieces, ModelError(), rates.WATCH)
