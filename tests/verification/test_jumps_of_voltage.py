"""A jump of the voltage from a state that an earlier run kept, of which algebraic unknowns make the most."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt

GOLD = mt.Blocking("10 uF/cm^2")
MIXED, OXIDISED = (mt.MixedConductor("0.554 mS/cm", "4.9e-6 S/cm", "10 F/cm^3", rest_potential=E) for E in (0.0, 0.4))
#: Two compositions that have to equilibrate.
CELL = mt.Cell("two", GOLD, [mt.Layer("a", OXIDISED, "0.1 mm"), mt.Layer("b", MIXED, "0.2 mm")], GOLD)


@pytest.mark.parametrize("density", [2.5, 3.0])
def test_modes_take_a_jump_within_a_microsecond(density: float) -> None:
    """Where no step is short enough for the error of the current, which is as right without it."""
    first, second = (mt.Polarization(v, "2 min", first_time="1 us", per_decade=4) for v in ("10 mV", "-5 mV"))
    start = mt.simulate(CELL, first, route=mt.Mesh(refinement=2))
    modes = mt.simulate(CELL, second, start=start, route=mt.Modes(density=density))["current"].values
    mesh = mt.simulate(CELL, second, start=start, route=mt.Mesh(refinement=2))["current"].values
    # the mesh errs by 1e-5 of what flows at first, and in the end by 1e-5 of what flows then
    assert np.max(np.abs(modes - mesh)) < 3e-5 * np.max(np.abs(mesh))
    assert modes[-1] == pytest.approx(mesh[-1], rel=1e-4)
