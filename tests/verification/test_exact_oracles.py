"""The oracles themselves: inverse Laplace transforms of known pairs, and step responses of known circuits."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

from mgtwin.cells import Blocking, Cell, Layer, MixedConductor
from mgtwin.impedance.exact import exact_laplace

from . import oracles

TIMES = np.logspace(-6, 6, 49)


@pytest.mark.parametrize(
    ("transform", "original"),
    [
        (lambda s: 1 / s, lambda t: np.ones_like(t)),
        (lambda s: 1 / s**2, lambda t: t),
        (lambda s: 1 / np.sqrt(s), lambda t: 1 / np.sqrt(np.pi * t)),
        (lambda s: s**-1.8, lambda t: t**0.8 / math.gamma(1.8)),
        (lambda s: 1 / (s + 1) + 1 / s, lambda t: np.exp(-t) + 1),
        (lambda s: np.exp(-np.sqrt(s)) / s, lambda t: np.array([math.erfc(0.5 / math.sqrt(x)) for x in t])),
        (lambda s: np.log(1 + s) / s, lambda t: np.array([float(mpmath.expint(1, x)) for x in t])),
    ],
    ids=["step", "ramp", "Cottrell", "CPE", "decay", "diffusion", "logarithm"],
)
def test_known_pairs(transform, original):
    found, expected = oracles.inverse_laplace(transform, TIMES), original(TIMES)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)


def test_against_de_hoog():
    """A finite diffusion impedance, whose original has no closed form, against mpmath's de Hoog."""
    times = [1e-3, 0.1, 1.0]
    found = oracles.inverse_laplace(lambda s: oracles.tanhc(np.sqrt(s)) / s, times)
    with mpmath.workdps(30):
        expected = [
            float(mpmath.invertlaplace(lambda s: mpmath.tanh(mpmath.sqrt(s)) / s**1.5, t, method="dehoog"))
            for t in times
        ]
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_step_responses_of_a_randles_circuit():
    impedance = lambda s: 10 + 1 / (1 / 100 + s * 1e-3)  # noqa: E731
    times = np.logspace(-5, 1, 25)
    voltage = oracles.step_response_current(impedance, 2e-3, times)
    np.testing.assert_allclose(voltage, 2e-3 * (10 + 100 * -np.expm1(-times / 0.1)), rtol=1e-10)
    current = oracles.step_response_voltage(impedance, 0.5, times)
    fast = 1e-3 * 100 * 10 / 110
    np.testing.assert_allclose(current, 0.5 / 110 * (1 + 10 * np.exp(-times / fast)), rtol=1e-10)


def test_polarisation_in_time_passes_three_plateaus():
    """Form 6 in the time domain, through the impedance of a real cell."""
    contact, series = 2.0, 0.5
    gold = Blocking(1e-2, electronic_resistance=contact)
    layer = Layer("m", MixedConductor(0.05, 1e-4, 1e12), 1e-3)
    cell = Cell("x", gold, [layer], gold, area=1.0, series_resistance=series)
    resistance = 1 / oracles.step_response_voltage(lambda s: exact_laplace(cell, s), 1.0, [1e-7, 3.0, 1e14])
    plateaus = oracles.plateaus(1e-3, 0.05, 1e-4, contact, series)
    np.testing.assert_allclose(resistance, plateaus, rtol=5e-3)
    assert plateaus.apparent == pytest.approx((10 - 1e-3 / 0.0501) / 14.5)
    assert plateaus.apparent_early == pytest.approx((10 + 2 * contact - 1e-3 / 0.0501) / 14.5)


def test_hebb_wagner_and_butler_volmer():
    thermal = oracles.GAS_CONSTANT * 298.15 / oracles.FARADAY
    assert oracles.hebb_wagner(0.3, 1e-3, 1e-6, 0.0) == pytest.approx(thermal / 1e-3 * 1e-6, rel=1e-4)
    assert oracles.hebb_wagner(0.3, 1e-3, 0.0, 0.0, 1e-6) == pytest.approx(0.3 * 1e-6 / 1e-3)
    eta = oracles.butler_volmer_overpotential(0.7, 0.05)
    assert 0.05 * 2 * math.sinh(eta / thermal) == pytest.approx(0.7)
