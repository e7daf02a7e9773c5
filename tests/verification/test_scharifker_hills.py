"""Nucleation on a salt by Scharifker and Hills: maxima, the limit of Cottrell, what is read from a transient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.analysis import instantaneous_nucleation, nucleation, progressive_nucleation
from mgtwin.dataset import transient
from mgtwin.kinds.numbers import FARADAY

CURVES = {"instantaneous": (1, instantaneous_nucleation), "progressive": (2, progressive_nucleation)}
CONCENTRATION, DIFFUSIVITY, SHARE = 100.0, 1e-10, 0.3


def test_the_printed_numbers() -> None:
    """Both maxima are 1 with the printed constants, to the digits that are printed."""
    x = np.geomspace(0.2, 8, 50)
    for curve, printed in (
        (instantaneous_nucleation, 1.9542 / x * (1 - np.exp(-1.2564 * x)) ** 2),
        (progressive_nucleation, 1.2254 / x * (1 - np.exp(-2.3367 * x**2)) ** 2),
    ):
        np.testing.assert_allclose(curve(x), printed, rtol=1e-4)
        assert float(curve(1.0)) == 1.0 and np.all(curve(x) <= 1)


def measured(power: int, rate: float, first: float = 0.02, noise: float = 0.0) -> Any:
    """``zFc sqrt(D/pi t)(1 - exp(-rate t^p))/(1 - t+)`` on 2 cm2, on a double layer that is charged within 20 ms."""
    t = np.geomspace(first, 60, 300)
    cottrell = 2 * FARADAY * CONCENTRATION * np.sqrt(DIFFUSIVITY / (np.pi * t)) / (1 - SHARE)
    current = -2e-4 * cottrell * -np.expm1(-rate * t**power) - 1e-2 * np.exp(-t / 4e-3)
    current *= 1 + noise * np.random.default_rng(1).standard_normal(t.size)
    return transient(t, np.full(t.size, -0.3), current, attrs={"area": 2e-4})


@pytest.mark.parametrize("kind", CURVES)
@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_kind_and_diffusivity_are_found(kind: str, rate: float) -> None:
    power, _ = CURVES[kind]
    found = nucleation(measured(power, rate), CONCENTRATION, transference_number=SHARE)
    assert found.nearer == kind and not found.warnings
    assert found.diffusivity == pytest.approx(DIFFUSIVITY, rel=1e-3)
    x = {1: 1.25643, 2: 2.33668}[power]
    assert found.peak_time == pytest.approx((x / rate) ** (1 / power), rel=1e-3)


def test_after_the_maximum_the_diffusivity_is_that_of_cottrell() -> None:
    """I_m^2 t_m = 0.1629 or 0.2598 (zFc)^2 D: both curves tend to the same Cottrell current."""
    t = 1e4
    for power, curve, share in ((1, instantaneous_nucleation, 0.1629), (2, progressive_nucleation, 0.2598)):
        assert float(curve(t)) * t * share * np.pi == pytest.approx(1.0, rel=2e-3 / power)


def test_what_is_no_nucleation() -> None:
    bath = mt.BinaryElectrolyte("0.1 mol/L", "1 mS/cm", "1e-6 cm^2/s", transference_number=0.3)
    cell = mt.Cell("bath", mt.Plating(1e6), [mt.Layer("a", bath, "1 mm")], mt.Plating(1e6))
    # a foil that is metal already shows Cottrell's current from the start
    covered = mt.simulate(cell, mt.Polarization("-0.3 V", "20 s", first_time="10 ms"))
    with pytest.raises(mt.InputError, match="no maximum"):
        nucleation(covered, "0.1 mol/L")
    with pytest.raises(mt.InputError, match="no maximum"):
        nucleation(measured(2, 0.05).isel(time=slice(0, 100)), CONCENTRATION)
    with pytest.raises(mt.InputError, match="samples lie about"):
        nucleation(measured(2, 0.05).isel(time=slice(0, None, 40)), CONCENTRATION)
    t = np.geomspace(0.1, 20, 60)
    strange = transient(t, -0.3 + 0 * t, -np.exp(-(np.log(t / 2) ** 2) / 0.1), attrs={"area": 1e-4})
    assert "neither curve" in nucleation(strange, CONCENTRATION).warnings[0]


def test_a_substrate_that_alloys_says_so() -> None:
    """Gold takes magnesium up, which is not described: whatever is plated on it is doubted, in time and in cycles."""
    gold = mt.PlatingOnSubstrate(0.1, 1e-2, 1e-3, 20.0, double_layer=0.02, alloys=True)
    cell = mt.Cell("gold", mt.Plating(1e6), [mt.Layer("ions", mt.IonConductor(100.0), 1e-6)], gold, area=1.0)
    assert mt.Cell.from_yaml(cell.to_yaml()).identical(cell)
    protocols = (mt.Galvanostatic(-0.1, 10.0, points=2), mt.Cycling(-0.1, 10.0, cycles=1, points=2), mt.Rest(10.0))
    for protocol, expected in zip(protocols, (True, True, False), strict=True):
        said = mt.simulate(cell, protocol).attrs["warnings"]
        assert any("alloys with what is plated" in text for text in said) is expected
    copper = cell.with_({"positive.alloys": False})
    assert not any("alloys" in text for text in mt.simulate(copper, protocols[0]).attrs["warnings"])
