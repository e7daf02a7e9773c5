"""Joint fits of spectra and runs in time begin where spectra alone end: sooner done, and at the same minimum."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.fitting import minimise

from .test_fitting import I0, C, R, cell, measured

RUN = mt.Galvanostatic("10 uA", "1 min", first_time="1 ms", points=30)


@pytest.mark.parametrize("of_spectrum", [{}, {R: 0.03, C: 0.03}], ids=["of one cell", "the spectrum of another cell"])
def test_a_joint_fit_ends_where_it_would_without(of_spectrum: dict[str, float], monkeypatch) -> None:
    run = mt.simulate(cell(), RUN)
    noise = 1e-3 * float(abs(run["voltage"]).max()) * np.random.default_rng(1).normal(size=run.sizes["time"])
    data = [measured(cell().with_(of_spectrum), 0.01), run.assign(voltage=run["voltage"] + noise)]
    start = cell().with_({R: 0.05, C: 0.3, I0: 1.0})
    found = mt.fit(start, data, [R, C, I0])
    monkeypatch.setattr(minimise, "_nearer", lambda problem, start, loss: start)
    whole = mt.fit(start, data, [R, C, I0])
    assert found.minimum.cost == pytest.approx(whole.minimum.cost, rel=1e-3)
    np.testing.assert_array_less(
        np.abs(found.x - whole.x), 0.02 * whole.std / np.abs(list(whole.values.values())) + 1e-4
    )
    assert found.minimum.evaluations <= whole.minimum.evaluations
