"""Halves of a cell under a bias as data: their derivatives, and that a fit finds what lies in one half."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.simulation.jacobian import half_jacobian

F = np.geomspace(1e5, 1e-2, 6)
BIAS = mt.Voltage("0.15 V")
LAYER, FILM = "layers.b.material.electronic_conductivity.p", "negative.film_resistance"
PATHS = [LAYER, ("layers.a.thickness", "layers.b.thickness"), FILM, "area", "fixture.inductance"]


def cell() -> mt.Cell:
    """Mg | a | b | Au with leads, read between the layers by an inert wire: electrons decide under 0.15 V."""
    material = mt.MixedConductor(0.05, mt.DefectElectrons(1e-5, 1e-6, 1e-7), 1e5)
    layers = [mt.Layer("a", material, 1e-4), mt.Layer("b", material, 2e-4)]
    return mt.Cell(
        "halves", mt.Plating(2.0, double_layer=0.1, film_resistance=2e-3), layers, mt.Blocking(0.05), area=1e-4,
        series_resistance=1e-4, fixture=mt.Fixture("1 uH"), reference=mt.Reference(at="a-b", kind=mt.InertProbe()),
    )  # fmt: skip


def test_derivatives_of_both_halves() -> None:
    """Their sum is the derivative of the whole by its adjoint; each is that of spectra which become steady anew."""
    eis = mt.EIS.at(F, bias=BIAS)
    negative, positive = (half_jacobian(cell(), eis, PATHS, half) for half in ("negative", "positive"))
    whole = mt.impedance_jacobian(cell(), eis, PATHS)["impedance_jacobian"].values
    scale = np.abs(whole).max(axis=0)
    np.testing.assert_allclose((negative + positive) / scale, whole / scale, atol=1e-4)
    value, step = float(cell().get(LAYER)), 1e-3
    up, down = (mt.simulate(cell().with_({LAYER: value * (1 + h)}), eis) for h in (step, -step))
    slope = (up["impedance_positive"] - down["impedance_positive"]).values / (2 * step * value)
    np.testing.assert_allclose(positive[:, 0], slope, atol=2e-4 * np.abs(slope).max())


@pytest.mark.slow
def test_a_fit_under_bias_finds_what_lies_in_a_half() -> None:
    measured = mt.simulate(cell(), mt.EIS.at(F, bias=BIAS))
    data = mt.analysis.positive_half(measured)
    found = mt.fit(cell().with_({LAYER: 1.2 * float(cell().get(LAYER))}), data, [LAYER])
    assert found.values[LAYER] == pytest.approx(float(cell().get(LAYER)), rel=1e-4)
