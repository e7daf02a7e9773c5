"""A spectrum of the state that a run leaves is linearised at the current that flows then, whichever integrator ran."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.dataset import transient

TIMES = np.linspace(0.0, 100.0, 60)
#: Ends at 30 uA: a quarter of a sine in many lines.
RECORD = transient(TIMES, 0 * TIMES, 3e-5 * np.sin(np.pi * TIMES / 200))


@pytest.mark.parametrize(
    "protocol",
    [mt.Galvanostatic("30 uA", "1 h", points=3), mt.Cycling("30 uA", "1 h", cycles=1, points=3), mt.Replay(RECORD)],
    ids=["one integration", "cycles", "record"],
)
@pytest.mark.parametrize("area", [1e-4, 3e-2])
def test_spectrum_of_the_state_under_current(protocol: Any, area: float) -> None:
    """Without a double layer each electrode has the slope of Butler and Volmer there, of which 1/14 is left of rest."""
    metal = mt.Plating(1e-6 / area, 0.5)
    cell = mt.Cell("c", metal, [mt.Layer("a", mt.IonConductor("1 mS/cm"), 1e-3)], metal, area=area)
    found = mt.simulate(cell, mt.EIS.at([1.0]), start=mt.simulate(cell, protocol))["impedance"].values[0]
    at_rest = 8.314462618 * 298.15 / (2 * 96485.33212) / 1e-6
    expected = 2 * at_rest / np.sqrt(1 + (30 / 2) ** 2) + 1e-3 / 0.1 / area
    assert found == pytest.approx(expected, rel=1e-6)
