"""Runs in time are as right for microvolts as for a tenth of a volt: their tolerance is a part of what is asked for."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.simulation.checks import asked_voltage


@pytest.mark.parametrize("size", [1e-6, 3e-5, 1e-3])
def test_small_steps_are_those_of_the_exact_impedance(size: float) -> None:
    """What is left is that of the modes (6e-5 of a layer's own response) and of linearising, a part of the voltage."""
    cell = mt.cell("trilayer")
    run = mt.simulate(cell, mt.Polarization(size, "1 h", first_time="1 ms"), route=mt.Modes())
    times = run["time"].values[1:]
    exact = mt.impedance.step_response(cell, times, mt.Voltage(size))
    found = run["current"].values[1:]
    assert np.max(np.abs(found / np.asarray(exact).ravel() - 1)) < 2e-4 + 0.1 * size


def test_what_is_asked_for_is_the_least_of_what_flows() -> None:
    cell = mt.cell("trilayer")
    ohms = abs(mt.impedance.exact_laplace(cell, 1 / 3600))

    def asked(*protocols: mt.Protocol) -> float | None:
        return asked_voltage(cell, [part for protocol in protocols for part in protocol.segments(cell)])

    assert asked(mt.Galvanostatic("10 uA", "1 h")) == pytest.approx(1e-5 * ohms)
    assert asked(mt.Galvanostatic("10 uA", "1 h"), mt.Rest("1 h")) == asked(mt.Galvanostatic("10 uA", "1 h"))
    assert asked(mt.Polarization("0.1 V", "1 h"), mt.Polarization("-1 mV", "1 h")) == pytest.approx(1e-3)
    assert asked(mt.LinearSweep("-0.2 V", "1 mV/s")) == pytest.approx(0.2)
    assert asked(mt.Rest("1 h")) is None
