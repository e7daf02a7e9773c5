r"""A constant-phase element remembers earlier steps of a sequence: against a convolution of its kernel.

Au | ion | Au is R in series with two elements q s^n. Under voltage control the current is the inverse transform of
V(s)/Z(s); from the moment at which the circuit is opened the voltage is that of the charge which has passed,

.. math:: V(t) = \int_0^{T} \frac{2 (t - \tau)^{n-1}}{q\,\Gamma(n)}\, I(\tau)\,d\tau .
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gamma

import mgtwin as mt

Q, N, R = 0.2, 0.8, 0.01
HELD, SHORTED, RESTED = 1000.0, 1.0, 1000.0


@pytest.fixture(scope="module")
def cell() -> mt.Cell:
    gold = mt.Blocking(mt.CPE(Q, N))
    return mt.Cell("memory", gold, [mt.Layer("ion", mt.IonConductor(0.1), R * 0.1)], gold, area=1.0)


def current(t: float) -> float:
    """Current [A/m2] after a step of 1 V, by Talbot's contour in Weideman's form."""
    count = 24
    angle = (2 * np.arange(count // 2, count) + 1) * np.pi / count - np.pi
    cot = 1 / np.tan(0.6407 * angle)
    z = count * (0.5017 * angle * cot - 0.6122 + 0.2645j * angle)
    dz = count * (0.5017 * cot - 0.5017 * 0.6407 * angle / np.sin(0.6407 * angle) ** 2 + 0.2645j)
    s = z / t
    transformed = 1 / (s * (R + 2 / (Q * s**N)))
    return float(2 * np.real(np.sum(np.exp(z) * transformed * dz / (1j * count))) / t)


def voltage_at_rest(t: float) -> float:
    """Voltage [V] a time t after the circuit was opened."""
    end = HELD + SHORTED

    def kernel(tau: float) -> float:
        return 2 * (end + t - tau) ** (N - 1) / (Q * gamma(N))

    def part(began: float, size: float) -> float:
        # in ln(tau - began), for the current decays over many decades of time
        def integrand(log_time: float) -> float:
            late = np.exp(log_time)
            return kernel(began + late) * current(late) * late

        return size * quad(integrand, np.log(1e-9), np.log(end - began), limit=400, epsabs=0, epsrel=1e-9)[0]

    return part(0.0, 0.5) + part(HELD, -0.5)


STEPS = (mt.Polarization(0.5, HELD), mt.Polarization(0.0, SHORTED), mt.Rest(RESTED))


def test_a_sequence_keeps_what_an_element_remembers(cell: mt.Cell) -> None:
    found = mt.simulate(cell, mt.Sequence(list(STEPS)))["02_rest"]
    # the ladder is right to 5e-4 of the admittance
    assert found["voltage"].values[-1] == pytest.approx(voltage_at_rest(RESTED), rel=1e-3)


def test_runs_started_from_each_other_keep_it_too(cell: mt.Cell) -> None:
    run = None
    for step in STEPS:
        run = mt.simulate(cell, step, start=run)
    assert run["voltage"].values[-1] == pytest.approx(voltage_at_rest(RESTED), rel=1e-3)


def test_a_longer_step_after_a_short_one_has_the_charge_that_it_left(cell: mt.Cell) -> None:
    """The slow poles that the short step had as one branch: 62 % of the late current was missing in 0.1.0."""
    short = mt.simulate(cell, mt.Polarization(0.5, 1.0))
    apart = mt.simulate(cell, mt.Polarization(0.5, "1e5 s"), start=short)
    whole = mt.simulate(cell, mt.Polarization(0.5, "100001 s"))
    late = np.interp(1e5, whole["time"].values - 1.0, whole["current"].values)
    assert apart["current"].values[-1] == pytest.approx(late, rel=2e-3)


def test_a_bias_under_which_an_element_never_settles_is_refused() -> None:
    """It shares the voltage with a charge in series for as long as one waits: nothing to linearise at."""
    inert = mt.Blocking(mt.CPE(Q, N), electronic_resistance="inf")
    layer = mt.Layer("mixed", mt.MixedConductor(0.05, 1e-5, 1e6), 1e-4)
    never = mt.Cell("never", inert, [layer], mt.Blocking(0.1))
    with pytest.raises(mt.InputError, match="never becomes steady"):
        mt.simulate(never, mt.EIS.at([1.0, 1e-3], bias=mt.Voltage(0.1)))
