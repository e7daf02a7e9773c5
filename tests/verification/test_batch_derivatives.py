"""Derivatives of runs in time as differences of one discrete map, under both controls, against other routes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.batch.derivatives import DifferenceRun
from mgtwin.simulation.sensitivities import SensitiveRun

MIXED = "layers.antiperovskite"
KEYS = (
    f"{MIXED}.thickness",
    f"{MIXED}.material.ionic_conductivity.reference",
    f"{MIXED}.material.chemical_capacitance",
    "positive.exchange_current_density.reference",
    "temperature",
)


def own(cell: Any, keys: Any) -> dict[str, float]:
    return {key: float(cell.get(key)) for key in keys}


def relative(slopes: np.ndarray, values: dict[str, float]) -> np.ndarray:
    """Derivatives by the logarithm of every number, (times, keys)."""
    return slopes * np.array([*values.values()])


def test_under_current_they_are_idaklus_forward_sensitivities() -> None:
    cell = mt.cell("trilayer")
    segments = mt.Galvanostatic("10 uA", "1 h", points=30).segments(cell)
    values = own(cell, KEYS)
    voltage, _, slopes = DifferenceRun(cell, segments, KEYS).derivatives(values)
    known, _, others = SensitiveRun(cell, segments, KEYS).derivatives(values)
    assert voltage == pytest.approx(known, rel=1e-6)
    found, wanted = relative(slopes[0], values), relative(others[0], values)
    # half the second derivative times the step; modes and mesh differ by less
    assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max()


def test_under_voltage_they_are_differences_of_exact_ramps() -> None:
    """A linear cell, whose response follows in closed form."""
    cell = mt.cell("au_mg3asn_au")
    protocol = mt.Voltammetry("-0.1 V", "0.1 V", "1 mV/s", points=20)
    keys = ("layers.mg3asn.material.chemical_capacitance", "layers.mg3asn.material.ionic_conductivity.reference")
    layer = cell.layers[0].name
    keys = tuple(key.replace("mg3asn.", f"{layer}.", 1) for key in keys)
    values = own(cell, keys)
    _, current, slopes = DifferenceRun(cell, protocol.segments(cell), keys).derivatives(values)
    exact = mt.simulate(cell, protocol, route=mt.Laplace(points=32))["current"].values
    assert current == pytest.approx(exact, abs=5e-5 * np.abs(exact).max())
    for k, (key, value) in enumerate(values.items()):
        step = 1e-3
        above, below = (
            mt.simulate(cell.with_({key: value * (1 + sign * step)}), protocol, route=mt.Laplace(points=32))
            for sign in (1, -1)
        )
        wanted = (above["current"].values - below["current"].values) / (2 * step)
        assert np.abs(slopes[1, :, k] * value - wanted).max() < 5e-4 * np.abs(wanted).max()


def test_they_follow_a_jump_of_the_voltage_where_sensitivities_hang() -> None:
    cell = mt.cell("trilayer")
    segments = mt.Polarization(["0.1 V", "0.2 V"], "10 min", first_time="1 s", per_decade=5).segments(cell)
    values = own(cell, KEYS[:3])
    _, current, slopes = DifferenceRun(cell, segments, KEYS[:3]).derivatives(values)
    _, known, others = SensitiveRun(cell, segments, KEYS[:3]).derivatives(values)
    found, wanted = relative(slopes[1], values), relative(others[1], values)
    assert current == pytest.approx(known, abs=1e-5 * np.abs(known).max())
    # what whole runs differ by is good to 1e-3 only
    assert np.abs(found - wanted).max() < 3e-3 * np.abs(wanted).max()


def test_a_number_that_is_0_has_a_derivative() -> None:
    cell = mt.cell("trilayer").with_({"positive.film_resistance": 0.0})
    (segment,) = mt.Galvanostatic("10 uA", "1 s", points=4).segments(cell)
    run = DifferenceRun(cell, (segment,), ["positive.film_resistance"])
    _, _, slopes = run.derivatives({"positive.film_resistance": 0.0})
    # i = I/A through the film, once the double layer beside it is charged
    assert slopes[0, -1, 0] == pytest.approx(1e-5 / float(cell.area), rel=1e-3)


def test_a_run_that_fails_says_why() -> None:
    cell, key = mt.cell("trilayer"), "positive.double_layer.c"
    run = DifferenceRun(cell, mt.Galvanostatic("10 uA", "1 h", points=4).segments(cell), [key])
    with pytest.raises(mt.SimulationError, match="the integration fails at"):
        run.run({key: -0.01})
