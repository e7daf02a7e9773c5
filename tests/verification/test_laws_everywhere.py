"""Rates, contact resistances, capacitances, mobilities, transference numbers: all may follow the temperature."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.cells import Reader
from mgtwin.kinds.numbers import BOLTZMANN

ROOM = 298.15


def arrhenius(value: float, energy: float) -> mt.Arrhenius:
    """A law through `value` at room temperature."""
    return mt.Arrhenius(value, ROOM, energy)


@lru_cache(maxsize=1)
def everything() -> mt.Cell:
    """A cell in which every property that takes a law counts, in some protocol or other."""
    defects = mt.MixedConductor(
        0.03,
        mt.DefectElectrons(n=1e-3, p=1e-3, constant=1e-4),
        mt.DefectCapacitance(2e5, n_mobility=1e-9, p_mobility=3e-9),
        relative_permittivity=20.0,
    )
    grains = mt.IonConductor(0.05, grain_boundary=mt.GrainBoundary(1e-5, 1e-2, 1e-6))
    salt = mt.BinaryElectrolyte(100.0, 0.1, 1e-10, 0.3, 1.3)
    ageing = [
        mt.FatigueContactLoss(1e-4, 0.05),
        mt.VoidContactLoss(0.1, 0.5, 1e-6, 0.05, 1e-4),
        mt.CrackGrowth(1e-4, 100.0, 1e-3, 1e-2, 0.05, 2.0, 1e6),
        mt.FilmGrowth(1e-6, 1e-8),
    ]
    pressed = mt.Contact(mt.Pressed(1e6), 5e-5, pressure=2e6)
    return mt.Cell(
        "everything",
        mt.Plating(5.0, double_layer=0.1, film_resistance=1e-3, contact=pressed, ageing=ageing),
        [mt.Layer("grains", grains, 1e-4), mt.Layer("salt", salt, 1e-4), mt.Layer("mixed", defects, 1e-4)],
        mt.Plating(3.0, double_layer=mt.CPE(0.2, 0.9), electronic_resistance=1e-3),
        {"salt-mixed": mt.Junction(2e-3, 0.05)},
        area=1.0,
    )


#: Every field that took numbers only.
FIELDS = (
    "negative.double_layer.c",
    "negative.contact.fraction.hardness",
    "negative.ageing.fatigue_contact_loss.rate",
    "negative.ageing.void_contact_loss.void_fraction",
    "negative.ageing.void_contact_loss.healing_rate",
    "negative.ageing.crack_growth.rate",
    "negative.ageing.film_growth.charge_rate",
    "negative.ageing.film_growth.parabolic_rate",
    "negative.film_resistance",
    "layers.salt.material.transference_number",
    "layers.salt.material.thermodynamic_factor",
    "interfaces.salt-mixed.resistance",
    "interfaces.salt-mixed.capacitance.c",
    "layers.mixed.material.relative_permittivity",
    "layers.mixed.material.chemical_capacitance.n_mobility",
    "layers.mixed.material.chemical_capacitance.p_mobility",
    "layers.grains.material.grain_boundary.capacitance",
    "positive.double_layer.q",
    "positive.electronic_resistance",
)
SPECTRUM = mt.EIS(1e6, 1e-3, points=12)
CYCLE = mt.Cycling(2.0, 60.0, cycles=2, points=5)


def outcome(cell: mt.Cell) -> list[np.ndarray]:
    """A spectrum without a mesh, and a run in time."""
    run = mt.simulate(cell, CYCLE)
    return [
        mt.simulate(cell, SPECTRUM)["impedance"].values,
        run["voltage"].values,
        run["contact_fraction"].values,
        run["film_resistance"].values,
    ]


def test_a_law_that_is_constant_changes_no_bit() -> None:
    cell = everything()
    flat = cell.with_({path: arrhenius(float(cell.get(path)), 0.0) for path in FIELDS})
    assert len(flat.laws) == len(FIELDS)
    assert mt.Cell.from_yaml(flat.to_yaml()).identical(flat)
    for one, other in zip(outcome(cell), outcome(flat), strict=True):
        np.testing.assert_array_equal(other, one)


@pytest.mark.parametrize("path", FIELDS)
def test_slope_over_inverse_temperature(path: str) -> None:
    cell = everything()
    cell = cell.with_({path: arrhenius(float(cell.get(path)), 0.02)})
    T = np.array([290.0, 310.0, 330.0])
    values = [float(Reader(cell.with_({"temperature": t})).property(path, t)) for t in T]
    slope = np.polyfit(1 / T, np.log(values), 1)[0]
    assert slope == pytest.approx(-0.02 / BOLTZMANN, rel=1e-10)


@pytest.mark.parametrize("path", FIELDS)
def test_a_law_is_its_value_at_every_temperature(path: str) -> None:
    """With a number in its place that the law gives at 40 degC, spectra and runs there are the same."""
    warm = everything().with_({"temperature": "40 degC"})
    law = arrhenius(float(warm.get(path)), 0.05)
    value = float(law("40 degC"))
    assert value != pytest.approx(float(warm.get(path)), rel=0.01)
    by_law, by_number = warm.with_({path: law}), warm.with_({path: value})
    found, expected, before = outcome(by_law), outcome(by_number), unchanged()
    for one, other in zip(expected, found, strict=True):
        # a last bit of the law's value, which may change the steps of the integrator
        np.testing.assert_allclose(other, one, rtol=1e-5 if other.dtype == float else 1e-9)
    # the field counts: 5 % or more of it are far more than these errors
    assert any(
        np.max(np.abs(a / b - 1)) > 1e-4 for a, b in zip(found, before, strict=True) if a.dtype == complex or b.all()
    )


@lru_cache(maxsize=1)
def unchanged() -> list[np.ndarray]:
    """What the cell does at 40 degC."""
    return outcome(everything().with_({"temperature": "40 degC"}))


def test_equivalent_time_of_a_film() -> None:
    """``R = sqrt((R_0 + R_1)^2 + int r_p(T) dt) - R_1`` over steps of temperature (physics of parabolic growth)."""
    rate, onset, began = arrhenius(1e-8, 0.6), 1e-4, 1e-3
    foil = mt.Plating(5.0, double_layer=0.1, film_resistance=began, ageing=[mt.FilmGrowth(0.0, rate, onset)])
    cell = mt.Cell("rest", foil, [mt.Layer("ions", mt.IonConductor(0.1), 1e-4)], mt.Plating(5.0), area=1.0)
    assert float(rate("100 degC") / rate("25 degC")) == pytest.approx(109, rel=0.01)  # thickness x 10.5
    run: Any = None
    passed = 0.0
    for T, duration in (("25 degC", 1e3), ("100 degC", 500.0), ("60 degC", 2e3), ("0 degC", 1e4)):
        run = mt.simulate(cell.with_({"temperature": T}), mt.Rest(duration), start=run)
        passed += float(rate(T)) * duration
        expected = np.sqrt((began + onset) ** 2 + passed) - onset
        assert float(run["film_resistance"].sel(interface="negative")[-1]) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("storage", [mt.Capacitor(arrhenius(0.1, 0.1)), mt.CPE(arrhenius(0.1, 0.1), 0.9)])
def test_a_step_of_temperature_keeps_the_charge_of_a_double_layer(storage: Any) -> None:
    """``eta' = eta C(T)/C(T')``: gold on an ion conductor, charged, then cold at open circuit."""
    gold = mt.Blocking(storage)
    cell = mt.Cell("gold", gold, [mt.Layer("ions", mt.IonConductor(0.1), 1e-4)], gold, area=1.0)
    charged = mt.simulate(cell, mt.Polarization(0.1, 100.0, first_time=1e-3))
    cold = mt.simulate(cell.with_({"temperature": "0 degC"}), mt.Rest(1e-2), start=charged)
    law = storage.c if storage.type == "capacitor" else storage.q
    ratio = float(law("25 degC") / law("0 degC"))
    assert ratio > 1.3
    assert float(cold["voltage"][0]) == pytest.approx(0.1 * ratio, rel=2e-3)


@pytest.mark.parametrize(
    ("path", "law", "temperature", "message"),
    [
        ("layers.salt.material.transference_number", arrhenius(0.8, 0.3), "60 degC", "must be less than 1"),
        ("layers.mixed.material.relative_permittivity", arrhenius(2.0, 0.2), "-40 degC", "must be at least 1"),
        ("negative.ageing.void_contact_loss.void_fraction", arrhenius(0.5, 0.3), "60 degC", "must be at most 1"),
    ],
)
def test_a_law_that_leaves_the_bounds_of_its_field_is_refused(
    path: str, law: Any, temperature: str, message: str
) -> None:
    cell = everything().with_({path: law, "temperature": temperature})
    with pytest.raises(mt.InputError, match=f"{path} {message}"):
        mt.simulate(cell, SPECTRUM)
