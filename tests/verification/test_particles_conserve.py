"""What leaves one shell of a particle enters the next, to the last digit: else a host drifts while it is held."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.impedance.linearise import LinearisedStack

from .test_insertion import RADIUS, SLOPING, full_cell
from .test_leaking_cells import leaking


@pytest.mark.parametrize("factor", [None, mt.Tabulated([0.0, 0.8], [1.0, 1e-2])])
def test_diffusion_inside_creates_nothing(factor: object) -> None:
    """Without current the mean filling stands still, although each shell rounds its own rate by 1e-16 y D/dr^2."""
    fast = 2e-12
    cell = full_cell(diffusivity_factor=factor, double_layer=None).with_({"positive.diffusivity": fast})
    stack = LinearisedStack(cell, f_max=1.0, inputs=["positive.diffusivity"])
    labels, positions = stack.layout
    inside = np.array(labels) == "positive surface inside"
    edges = [0.0]
    for node in positions[inside]:
        edges.append(2 * node - edges[-1])
    volumes, random = np.diff(np.array(edges) ** 3), np.random.default_rng(1)
    rounding = 1e-16 * 0.3 * fast / (RADIUS * np.diff(edges).mean()) ** 2
    drift, largest = [], []
    for _ in range(20):
        y = stack.rest_state()
        y[inside] *= 1 + 1e-15 * random.standard_normal(volumes.size)
        rates = np.asarray(stack.residual(y, [fast])).ravel()[inside]
        drift.append(rates @ volumes)
        largest.append(np.abs(rates).max())
    # one matrix in place of two leaves as much as one shell has
    assert np.max(np.abs(drift)) < 1e-6 * rounding < np.max(largest)


def test_ten_microvolts_held_for_ever_beside_a_host() -> None:
    """Where a leak is all that is left a step of years has to be right: 1e13 s end, with the resistance to it."""
    cell = leaking(
        SLOPING, negative=mt.Blocking(0.1, 1.4),
        **{f"positive.{name}": value for name, value in
           (("resolution", mt.Uniform()), ("diffusivity", 2e-12), ("electronic_resistance", 2e-4))},
    )  # fmt: skip
    run = mt.simulate(cell, mt.Polarization(1e-5, "1e13 s", per_decade=1))
    assert run["time"].values[-1] == 1e13
    assert run["current"].values[-1] == pytest.approx(1e-5 / mt.impedance.dc_resistance(cell), rel=1e-4)
