"""Films over steps of temperature as a whole run has them, to what §9 of theory.md states (1e-8)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.simulation.integrator import Integrator

from .test_films_at_steps_of_temperature import BEGAN, ONSET, RATE, cell, factor, film

STEPS = (("25 degC", 1e3), ("100 degC", 500.0), ("60 degC", 2e3), ("0 degC", 1e4))


@pytest.mark.parametrize(("tolerance", "error"), [(1e-7, 1e-6), (1e-11, 1e-8)])
def test_equivalent_time_to_the_tolerance_of_the_integrator(
    tolerance: float, error: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left of ``d + d_1 = sqrt((d_0 + d_1)^2 + int k(T) dt)`` is what the integrator is asked for."""
    monkeypatch.setenv("MGTWIN_CACHE", "0")  # a kept model has the tolerance that it was made with
    monkeypatch.setattr(Integrator, "rtol", tolerance)
    monkeypatch.setattr(Integrator, "atol", 1e-9 * tolerance)
    run: Any = None
    passed = 0.0
    for T, duration in STEPS:
        run = mt.simulate(cell().with_({"temperature": T}), mt.Rest(duration), start=run)
        passed += float(RATE(T)) / factor(T) ** 2 * duration
        thickness = np.sqrt((BEGAN + ONSET) ** 2 + passed) - ONSET
        assert film(run) == pytest.approx(thickness * factor(T), rel=error)
