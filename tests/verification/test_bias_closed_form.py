r"""Spectra under bias of mixed conductors whose electrons depend on E, against the steady current-voltage curve.

Mg | mixed conductor | inert: the ions stand still, so the electrons alone carry the steady current,

.. math:: i L = -[S(E_L) - S(E_0)], \quad S = (\sigma_p e^{fE} - \sigma_n e^{-fE})/f + \sigma_0 E, \quad
          E_0 = -R_{eL} i, \quad E_L = V + (R_{eR} + R_s) i

(i in +x). The impedance at the lowest frequency is dV/dI of that curve.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

import mgtwin as mt
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.impedance.steady import SteadyState

FARADAY, GAS = 96485.33212, 8.314462618
#: The slowest of the random cells relaxes in 1e9 s.
LOW = 1e-14


def random_cell(seed: int) -> tuple[mt.Cell, float]:
    """A cell and a bias [V], over decades of every number."""
    draw = np.random.default_rng(seed)

    def decades(low: float, high: float) -> float:
        return float(10 ** draw.uniform(np.log10(low), np.log10(high)))

    electrons = mt.DefectElectrons(decades(1e-9, 1e-6), decades(1e-12, 1e-8), decades(1e-10, 1e-7))
    storage = mt.DefectCapacitance(decades(1e4, 1e6), decades(1e-11, 1e-8), decades(1e-14, 1e-11))
    layer = mt.Layer("mixed", mt.MixedConductor(decades(1e-3, 1e-1), electrons, storage), decades(1e-5, 1e-3))
    metal = mt.Plating(decades(1e-1, 1e1), 0.5, 0.1, electronic_resistance=decades(1e-4, 1e-2))
    inert = mt.Blocking(decades(1e-2, 1e0), electronic_resistance=decades(1e-3, 1e-1))
    cell = mt.Cell("random", metal, [layer], inert, series_resistance=decades(1e-4, 1e-2))
    return cell, float(draw.uniform(-0.2, 0.5))


def resistance(cell: mt.Cell, voltage: float) -> float:
    """dV/dI [ohm] of the closed form, by differences of its implicit solution in high accuracy."""
    law = cell.layers[0].material.electronic_conductivity
    f = FARADAY / (GAS * float(cell.temperature))
    thickness, left = float(cell.layers[0].thickness), float(cell.negative.electronic_resistance)
    right = float(cell.positive.electronic_resistance) + float(cell.series_resistance)

    def sigma(E: float) -> float:
        return float(law.n) * np.exp(-f * E) + float(law.p) * np.exp(f * E) + float(law.constant)

    def integral(E: float) -> float:
        return (float(law.p) * np.exp(f * E) - float(law.n) * np.exp(-f * E)) / f + float(law.constant) * E

    def missing(i: float) -> float:
        return i * thickness + integral(voltage + right * i) - integral(-left * i)

    bound = abs(voltage) / (right + left) + 1e-12  # the resistances alone would let this much pass
    i = brentq(missing, -bound, bound, xtol=1e-300, rtol=1e-15, maxiter=500)
    # d/dV of i L + S(V + R i) - S(-R_eL i) = 0
    end, begin = sigma(voltage + right * i), sigma(-left * i)
    slope = -end / (thickness + right * end + left * begin)  # di/dV in +x
    return -1 / slope / float(cell.area)


def check(seed: int) -> None:
    cell, voltage = random_cell(seed)
    stack = LinearisedStack(cell, f_max=1e3)
    state = SteadyState(stack, stack.rest_state(), voltage=voltage).converged(stack.rest_state())
    found = stack.impedance(np.array([LOW]), state)[0].real
    assert found == pytest.approx(resistance(cell, voltage), rel=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_resistance_under_bias(seed: int) -> None:
    check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8, 100))
def test_resistance_under_bias_of_many_cells(seed: int) -> None:
    check(seed)


@pytest.mark.parametrize(("voltage", "expected"), [(0.4, 1363.53), (0.5, 553.72)])
def test_the_public_route_gives_it_too(voltage: float, expected: float) -> None:
    """The cell of tests/cases/29: 0.1.0 answered 1508.6 and 576.1 ohm."""
    from pathlib import Path

    cell = mt.load_cell(Path(__file__).parents[1] / "cases" / "29_bias_eis" / "cell.yaml")
    found = mt.simulate(cell, mt.EIS.at([1e3, 1.0, 1e-3, 1e-6, 1e-13], bias=mt.Voltage(voltage)))
    assert found["impedance"].values[np.argmin(found["frequency"].values)].real == pytest.approx(expected, rel=1e-5)
    assert resistance(cell, voltage) == pytest.approx(expected, rel=1e-5)
