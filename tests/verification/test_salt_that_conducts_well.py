"""A sweep from rest of a salt that conducts well between fast electrodes: its corner at 0 s asks for no finite step."""

from __future__ import annotations

import pytest

import mgtwin as mt

from .test_salt_under_voltage import CONCENTRATION, DIFFUSIVITY, IONS, LIMIT, THICKNESS


@pytest.mark.parametrize("conductivity", [0.5, 3.0, 100.0])
@pytest.mark.parametrize("sign", [-1, 1])
def test_limiting_current_whatever_the_conductivity(conductivity: float, sign: int) -> None:
    """1e-4 is what §11 asks for."""
    electrode, solution = mt.Plating(1e9), mt.BinaryElectrolyte(CONCENTRATION, conductivity, DIFFUSIVITY, IONS)
    cell = mt.Cell("salt", electrode, [mt.Layer("salt", solution, THICKNESS)], electrode, area=1.0)
    run = mt.simulate(cell, mt.LinearSweep(1.5 * sign, "1 mV/s"))
    assert run["current"].values[0] == pytest.approx(0.0, abs=1e-9) and not run.attrs["warnings"]
    assert sign * run["current"].values[-1] == pytest.approx(LIMIT, rel=1e-8)
    assert mt.analysis.limiting_current(run).value == pytest.approx(LIMIT, rel=1e-4)
