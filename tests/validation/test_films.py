"""What the overlay `passivated` says that its films predict, number by number: what would refute it has to be right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt


def arc(cell: mt.Cell, start: Any = None, low: str = "10 mHz") -> tuple[float, float]:
    """Twice the height [ohm cm2] of the largest arc of a spectrum, and where its top is [Hz]."""
    z = mt.simulate(cell, mt.EIS("10 kHz", low, points=41), start=start)
    height = -z["impedance"].values.imag * (z["frequency"].values < 1e3)
    top = int(np.argmax(height))
    return 2 * float(height[top]) * float(cell.area) * 1e4, float(z["frequency"].values[top])


@pytest.mark.slow
def test_the_trilayer_shows_one_arc_that_its_first_cycle_removes() -> None:
    cell, hour = mt.cell("trilayer", "passivated"), "1 h"
    size, top = arc(cell)
    assert size == pytest.approx(15.8e3, rel=0.02) and 5 < top < 20
    cycled = mt.simulate(cell, mt.Cycling("-10 uA", hour, cycles=1))
    assert arc(cell, cycled)[0] < 0.02 * size
    # a deposition that is stopped and resumed keeps its voltage; after stripping first there is none of it
    first = mt.simulate(cell, mt.Galvanostatic("-10 uA", hour))
    resumed = mt.simulate(cell, mt.Galvanostatic("-10 uA", hour), start=mt.simulate(cell, mt.Rest(hour), start=first))
    for run in (first, resumed):
        assert run["voltage"].values[-1] == pytest.approx(-0.0966, abs=2e-4)
    other_way = mt.simulate(cell, mt.Cycling("10 uA", hour, cycles=1))
    assert other_way["dissolution_voltage"].values[0] == pytest.approx(0.0966, abs=2e-4)
    assert other_way["deposition_voltage"].values[0] == pytest.approx(-0.0267, abs=2e-4)


@pytest.mark.slow
def test_the_polymer_cell_at_other_rates_and_currents() -> None:
    cell = mt.cell("mg_polymer_mg", "passivated")
    for rate, first in (("0.03 mV/s", -1.41), ("0.1 mV/s", -1.60), ("0.3 mV/s", -1.91)):
        sweep = mt.simulate(cell, mt.Voltammetry("-2 V", "2 V", rate, 2))
        assert mt.analysis.cathodic_peak(sweep, 0) == pytest.approx(first, abs=0.025)
        if rate == "0.1 mV/s":
            second = mt.analysis.cathodic_peak(sweep, 1), mt.analysis.anodic_peak(sweep, 1)
            assert second == pytest.approx((-1.38, 1.38), abs=0.025)
    fresh = arc(cell)[0]
    cycled = mt.simulate(cell, mt.Cycling("-2 uA/cm^2", "1 h", cycles=15, points=2, traces=(14,)))
    worn = arc(cell, mt.simulate(cell, mt.Rest("10 h"), start=cycled))[0]
    assert (fresh, worn) == (pytest.approx(0.64e6, rel=0.03), pytest.approx(0.47e6, rel=0.03))
    dry = mt.simulate(cell, mt.Galvanostatic("-2.6 uA/cm^2", "20 h"))
    assert dry["time"].values[-1] < 5 * 3600 and "salt depleted" in " ".join(dry.attrs["warnings"])
