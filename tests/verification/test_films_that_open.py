"""A film that charge opens in spots (theory.md §3.9): closed forms, spectra, the trilayer, what it cannot explain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

import mgtwin as mt
from mgtwin.cells import Reader
from mgtwin.cells.constriction import spreading_length
from mgtwin.kinds.kind import Bound
from mgtwin.kinds.response import admittance_at

from .test_kept_models import alone, bits, number_built

HOUR = 3600.0
F = 2 * 96485.33212 / (8.314462618 * 298.15)
NUMBERS = {
    "exchange_current_density": 1.0,
    "covering_resistance": 0.05,
    "breaking_charge": 50.0,
    "spacing": 1e-5,
    "layer_conductivity": 0.05,
    "bare_fraction": 0.02,
}


def covered(**fields: Any) -> mt.Cell:
    """Mg | ions | Mg under a film, of 1 m2; the counter electrode and the layer take next to nothing."""
    mg = mt.PlatingUnderFilm(**NUMBERS | fields)
    return mt.Cell("covered", mt.Plating(1e7), [mt.Layer("ions", mt.IonConductor(100.0), 1e-7)], mg, area=1.0)


def bare(run: Any) -> np.ndarray:
    return np.exp(run["state"].values[:, run["state_variable"].values == "positive log_bare"][:, 0])


def overpotential(j: float, b: float) -> float:
    """Of a current density through film and spots side by side, each found by itself."""

    def branch(eta: float, resistance: float) -> float:
        return float(brentq(lambda x: 2 * np.sinh(F * x / 2) * resistance + x - eta, -1e-12, eta, xtol=1e-15))

    def current(eta: float) -> float:
        spots = b * spreading_length(b, 1e-5) / 0.05
        inside, there = branch(eta, 0.05), branch(eta, spots)
        return float((1 - b) * 2 * np.sinh(F * inside / 2) + b * 2 * np.sinh(F * there / 2))

    return float(brentq(lambda eta: current(eta) - j, 1e-9, 2.0, xtol=1e-14))


@pytest.mark.parametrize("beta", [0.0, 0.4])
def test_charge_opens_the_film(beta: float) -> None:
    """``b = 1 - (1 - b_0) exp(-q/Q_b)``: all charge of stripping counts, a part beta of that of deposition."""
    for sign, part in ((1, 1.0), (-1, beta)):
        run = mt.simulate(covered(plating_fraction=beta), mt.Galvanostatic(sign * 0.1, 600.0))
        assert bare(run)[-1] == pytest.approx(1 - 0.98 * np.exp(-part * 60.0 / 50.0), rel=1e-6)


def test_what_is_open_closes_at_rest() -> None:
    """``b - b_0`` falls as exp(-k t)."""
    made = covered(reforming_rate=1e-3, double_layer=0.1)
    opened = mt.simulate(made, mt.Galvanostatic(0.1, 200.0))
    closed = mt.simulate(made, mt.Rest(HOUR), start=opened)
    # the double layer relaxes through the metal within a second of it
    assert bare(closed)[-1] - 0.02 == pytest.approx((bare(opened)[-1] - 0.02) * np.exp(-3.6), rel=2e-3)


@pytest.mark.parametrize("b", [1e-4, 0.1, 0.9])
def test_film_and_spots_share_the_current(b: float) -> None:
    """A film that hardly opens: the voltage of two branches, with the constriction of the spots in one of them."""
    run = mt.simulate(covered(bare_fraction=b, breaking_charge=1e12), mt.Galvanostatic(3.0, 10.0))
    assert run["voltage"].values[-1] == pytest.approx(overpotential(3.0, b), rel=1e-6)


def test_spectra_at_rest_and_under_bias_are_those_of_the_two_branches() -> None:
    made, f = covered(double_layer=0.1), np.geomspace(1e4, 1e-2, 9)
    s, transfer, b = 2j * np.pi * f, 1 / F, 0.02
    slope = (1 - b) / (transfer + 0.05) + b / (transfer + b * spreading_length(b, 1e-5) / 0.05)
    found = mt.simulate(made, mt.EIS.at(f))["impedance"].values
    np.testing.assert_allclose(found, 1 / (0.1 * s + slope), rtol=2e-6, atol=5e-9)
    eta, bound = overpotential(2.0, b), Bound(type(made.positive), "positive", Reader(made), salt=1.0)
    inside = brentq(lambda x: 2 * np.sinh(F * x / 2) * 0.05 + x - eta, 0, eta, xtol=1e-15)
    spots = b * spreading_length(b, 1e-5) / 0.05
    there = brentq(lambda x: 2 * np.sinh(F * x / 2) * spots + x - eta, 0, eta, xtol=1e-15)
    memories = {"log_bare": np.log(b), "under_film": inside, "in_spots": there}
    biased = mt.simulate(made, mt.EIS.at(f, bias=mt.Current(2.0)))["impedance"].values
    expected = 1 / (0.1 * s + admittance_at(bound, eta, memories, s))
    np.testing.assert_allclose(biased, expected, rtol=2e-6, atol=5e-9)


def test_without_a_film_it_is_the_bare_metal() -> None:
    made = covered(bare_fraction=1 - 1e-12, transfer_coefficient=0.4, double_layer=0.1)
    plain, protocol = mt.Plating(1.0, 0.4, double_layer=0.1), mt.Cycling(-1.0, "5 min", cycles=2, points=5)
    expected = mt.simulate(made.with_({"positive": plain}), protocol)["voltage"].values
    np.testing.assert_allclose(mt.simulate(made, protocol)["voltage"].values, expected, rtol=1e-5, atol=1e-9)


def trilayer(film: str, charge: str, **fields: Any) -> mt.Cell:
    """25.5 mV at 8.84 uA/cm2 between two films, spots so fine that they do not crowd the current."""
    mg = mt.PlatingUnderFilm("1 mA/cm^2", film, charge, "1 um", 1e3, double_layer="2 uF/cm^2", **fields)
    layers = [mt.Layer("stack", mt.IonConductor(1e-3 / (0.0255 / 0.0884)), "1 mm")]
    return mt.Cell("trilayer", mg, layers, mg, area=1.0)


def test_the_first_cycle_of_the_trilayer() -> None:
    """A fast breaker gives -0.0965 and +0.0266 V, a slow one shows in the slope of its first half cycles."""
    cycles = mt.Cycling("-8.84 uA/cm^2", "1 h", cycles=2)
    run = mt.simulate(trilayer("7.9 kohm*cm^2", "1e-4 C/cm^2"), cycles)
    halves = np.ravel([run["deposition_voltage"].values, run["dissolution_voltage"].values], order="F")
    np.testing.assert_allclose(halves, [-0.0965, 0.0266, -0.0266, 0.0266], atol=1.5e-3)
    slow = mt.simulate(trilayer("3.95 kohm*cm^2", "0.2 C/cm^2"), cycles)
    first = slow["voltage"].values[slow["step"].values == 0]
    assert first.min() < -0.09 and first[-1] > -0.065


def test_a_film_that_opens_cannot_explain_the_voltammogram_of_the_polymer() -> None:
    """Once open it stays so on the way back: dissolution peaks at 0.1 V or less, not at 1.4 V, whatever Q_b is."""
    salt = mt.BinaryElectrolyte("29.2 mol/m^3", "0.27 mS/cm", "1e-8 cm^2/s", 0.1)
    for charge in ("1e-4 C/cm^2", "1 C/cm^2"):
        mg = mt.PlatingUnderFilm(
            "1e-4 A/cm^2", "4e5 ohm*cm^2", charge, "10 um", "0.27 mS/cm", 1e-13, 1.0, double_layer="2 uF/cm^2"
        )
        cell = mt.Cell("p", mg, [mt.Layer("p", salt, "125 um")], mg, area="1 cm^2", temperature="60 degC")
        run = mt.simulate(cell, mt.Voltammetry("-2 V", "2 V", "0.1 mV/s", points=100))
        assert 0 < mt.analysis.anodic_peak(run) < 0.15
    assert mg.takes_over(333.15) == pytest.approx(0.745, abs=0.001)


def test_thick_films_are_doubted() -> None:
    """A drop beyond 0.1 V over the film: the result says from which voltage on nobody knows what happens."""
    thick, thin = covered(covering_resistance=40.0), covered()
    for protocol in (mt.Galvanostatic(0.1, 1.0), mt.Polarization(0.5, 1.0), mt.Cycling(-0.1, 1.0, cycles=1)):
        said = [text for text in mt.simulate(thick, protocol).attrs["warnings"] if "bare_fraction" in text]
        assert len(said) == 1 and "positive" in said[0] and "FilmErosion" in said[0]
    assert not mt.simulate(thin, mt.Galvanostatic(0.1, 1.0)).attrs["warnings"]


@pytest.mark.slow
def test_kept_models_answer_with_the_numbers_of_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    made = covered(double_layer=0.1, plating_fraction=0.5, reforming_rate=1e-4)
    paths = [path for path in made.numbers if path.startswith("positive.") and float(made.numbers[path])]
    changed = [made.with_({path: 0.9 * float(made.numbers[path])}) for path in paths]
    protocol = mt.Cycling(-0.1, "5 min", cycles=1, points=4)
    expected = [alone(one, protocol, monkeypatch) for one in changed]
    kept = number_built(monkeypatch)
    mt.simulate(made, protocol)
    assert [bits(one, protocol) for one in changed] == expected and len(kept) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("covering_resistance", 0.0), ("breaking_charge", 0.0), ("spacing", 0.0), ("layer_conductivity", -1.0)),
        *(("bare_fraction", 0.0), ("bare_fraction", 1.0), ("plating_fraction", 2.0), ("reforming_rate", -1.0)),
    ],
)
def test_bad_input(field: str, value: float) -> None:
    with pytest.raises(mt.MgtwinError, match=field):
        covered(**{field: value})
