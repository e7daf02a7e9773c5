"""Where a solver gives up: what is asked too much ends in words, soon, and with what was reached."""

from __future__ import annotations

import time

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.simulation.integrator import MOST_STEPS, Integrator

MIXED = "au_mg3asn_mg"


@pytest.mark.parametrize("protocol", [mt.Galvanostatic("1e6 A", "1 s"), mt.Polarization("1e6 V", "1 s")], ids="IV")
def test_what_nobody_imposes_is_ohms_law(protocol: mt.protocols.Protocol) -> None:
    """At 1e6 A or V the kinetics are a short and the layers' resistance is what is left, at once and for a while.

    The current of the electrodes is an exponential of the overpotential: it takes 1 V of 1e6.
    """
    cell = mt.Cell("mg_mg", mt.Plating("1 mA/cm^2"), [mt.Layer("ions", mt.IonConductor("1 mS/cm"), "1 mm")],
                   mt.Plating("1 mA/cm^2"))  # fmt: skip
    run = mt.simulate(cell, protocol)
    assert np.all(np.isfinite(run["voltage"])) and np.all(np.isfinite(run["current"]))
    np.testing.assert_allclose(run["voltage"] / run["current"], 1e-3 / 0.1 / 1e-4, rtol=1e-5)


def test_a_failure_says_when_where_and_what_to_try() -> None:
    """1e300 V: the exponentials of the electrodes and their slopes are no numbers any more."""
    with pytest.raises(mt.SimulationError) as caught:
        mt.simulate(mt.cell("trilayer"), mt.Polarization("1e300 V", "1 s"))
    text = str(caught.value)
    assert "trilayer: the integration failed in step 0" in text and "0 s after the start" in text
    assert "what changes most there is" in text and "Ask for less (a smaller current" in text
    assert "IDA" not in text and caught.value.time == 0.0


def test_a_bias_that_fails_is_told_in_the_same_words() -> None:
    with pytest.raises(mt.SimulationError, match="Ask for less"):
        mt.simulate(mt.cell("trilayer"), mt.EIS(1e3, 1.0, points=3, bias=mt.Voltage("1e300 V")))


def test_a_run_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """More steps than any run takes from stop to stop; here the limit is lowered, so that an honest run exceeds it."""
    monkeypatch.setattr(Integrator, "solver_options", Integrator.solver_options | {"num_steps_no_progress": 150})
    with pytest.raises(mt.SimulationError, match="needs ever more of them, beyond") as caught:
        mt.simulate(mt.cell("trilayer"), mt.Galvanostatic("1 uA", "1000 s"))
    assert 0 <= caught.value.time < 1000


def test_a_current_for_1e30_seconds_ends_at_the_direct_current_or_in_words() -> None:
    begun, cell = time.process_time(), mt.cell("trilayer")
    try:
        run = mt.simulate(cell, mt.Galvanostatic("1 uA", 1e30))
    except mt.SimulationError as error:
        assert "Ask for less" in str(error)
    else:
        # the electrodes are linear within (f eta)^2/24 at 1 uA
        assert run["voltage"].values[-1] == pytest.approx(1e-6 * mt.impedance.dc_resistance(cell), rel=1e-2)
    assert time.process_time() - begun < 60 and MOST_STEPS <= 20_000


def test_a_failure_in_a_later_step_keeps_what_was_done() -> None:
    steps = mt.Sequence([mt.Polarization("10 mV", "10 s"), mt.Polarization("1e300 V", "1 s")])
    with pytest.raises(mt.SimulationError, match="step 01_polarization") as caught:
        mt.simulate(mt.cell(MIXED), steps)
    assert caught.value.partial is not None and len(caught.value.partial.children) == 1
