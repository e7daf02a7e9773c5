"""Contact fraction, constriction and pressure (theory.md §3.4): on each rail, in both routes and in time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

import mgtwin as mt
from mgtwin.cells import Blocking, Cell, Contact, IonConductor, Junction, Layer, MixedConductor, Plating, Pressed
from mgtwin.cells.constriction import spreading_length
from mgtwin.impedance import exact, exact_laplace
from mgtwin.impedance.linearise import LinearisedStack

from .derivative_cells import STACKS
from .finite_elements import spreading_length as by_finite_elements

THICKNESS, SPACING = 1e-3, 2e-4
IONIC, ELECTRONIC = 0.05, 0.004
THERMAL = 8.314462618 * 298.15 / (2 * 96485.33212)  # RT/zF


def single(negative: Any, material: Any, positive: Any, **fields: Any) -> Cell:
    """One layer between two electrodes of 1 m2, so that ohm are ohm m2."""
    return Cell("single", negative, [Layer("layer", material, THICKNESS)], positive, area=1.0, **fields)


# -- constriction ---------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module", params=[0.1, 0.3, 0.5, 0.7, 0.9])
def spot(request: pytest.FixtureRequest) -> tuple[float, float]:
    """Radius of a spot over that of its cell, and its spreading length in radii by finite elements."""
    return request.param, by_finite_elements(request.param)


def test_constriction_of_ions_against_finite_elements(spot: tuple[float, float]) -> None:
    """Mg | ions | Mg, direct current: one contact in spots adds L_c/sigma_ion."""
    radius, length = spot
    whole = Plating(1e12)
    cell = single(Plating(1e12, contact=Contact(radius**2, SPACING)), IonConductor(IONIC), whole)
    added = exact_laplace(cell, 0).real - THICKNESS / IONIC
    assert added * IONIC / SPACING == pytest.approx(length, rel=0.02)


def test_constriction_of_electrons_against_finite_elements(spot: tuple[float, float]) -> None:
    """Au | mixed conductor | Au with the ions blocked: the same length on the electronic rail, L_c/sigma_eon."""
    radius, length = spot
    blocker = Blocking(None, contact=Contact(radius**2, SPACING))
    cell = single(blocker, MixedConductor(IONIC, ELECTRONIC, 1e6), Blocking(None))
    added = exact_laplace(cell, 0).real - THICKNESS / ELECTRONIC
    assert added * ELECTRONIC / SPACING == pytest.approx(length, rel=0.02)


def test_constriction_sits_outside_the_double_layer() -> None:
    """At high frequency the double layer is short, the constriction is not: limits of theory.md §6 row 11."""
    contact = Contact(0.1, SPACING)
    cell = single(Plating(1.0, double_layer=0.1, contact=contact), IonConductor(IONIC), Plating(1e12))
    constriction = float(spreading_length(0.1, SPACING)) / IONIC
    assert exact(cell, 1e9).real == pytest.approx(THICKNESS / IONIC + constriction, rel=1e-9)
    charge_transfer = THERMAL / (0.1 * 1.0)
    assert exact(cell, 1e-9).real == pytest.approx(THICKNESS / IONIC + constriction + charge_transfer, rel=1e-9)


# -- through the contact --------------------------------------------------------------------------------------------
FRACTIONS = np.array([1.0, 0.5, 0.1, 0.02])


def added_by(element: str, cell: Cell, path: str) -> np.ndarray:
    """What the contact at a path adds to Z(0) beyond the constriction, over FRACTIONS [ohm m2]."""
    resistance = exact_laplace(cell, 0, {f"{path}.contact.fraction": FRACTIONS}).real
    return resistance - THICKNESS / IONIC - spreading_length(FRACTIONS, SPACING) / IONIC


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"exchange_current_density": 1e12, "film_resistance": 0.03}, 0.03),
        ({"exchange_current_density": 2.0}, THERMAL / 2.0),
    ],
    ids=["film", "charge transfer"],
)
def test_resistances_of_an_electrode_grow_as_one_over_a(fields: dict[str, float], expected: float) -> None:
    cell = single(Plating(**fields, contact=Contact(1.0, SPACING)), IonConductor(IONIC), Plating(1e12))
    np.testing.assert_allclose(added_by("film", cell, "negative"), expected / FRACTIONS, rtol=1e-9)


def test_resistance_of_a_junction_grows_as_one_over_a() -> None:
    ions = IonConductor(IONIC)
    layers = [Layer("a", ions, THICKNESS / 2), Layer("b", ions, THICKNESS / 2)]
    contact = Contact(1.0, SPACING)
    cell = Cell("pair", Plating(1e12), layers, Plating(1e12), {"a-b": Junction(0.07, contact=contact)}, area=1.0)
    resistance = exact_laplace(cell, 0, {"interfaces.a-b.contact.fraction": FRACTIONS}).real
    both_sides = 2 * spreading_length(FRACTIONS, SPACING) / IONIC
    np.testing.assert_allclose(resistance - THICKNESS / IONIC - both_sides, 0.07 / FRACTIONS, rtol=1e-9)


def test_capacitance_is_shared_with_the_gap() -> None:
    """Blocking contact: Im Z of the double layer, a C + (1 - a) C_gap."""
    contact = Contact(0.3, SPACING, gap_capacitance=0.004)
    cell = single(Blocking(0.1, contact=contact), IonConductor(IONIC), Plating(1e12))
    capacitance = -1 / (2 * np.pi * 1e-3 * exact(cell, 1e-3).imag)
    assert capacitance == pytest.approx(0.3 * 0.1 + 0.7 * 0.004, rel=1e-9)


def steady_voltage(cell: Cell, density: float) -> float:
    run = mt.simulate(cell, mt.Galvanostatic(f"{density} A/m^2", "1 h"))
    return float(run["overpotential"].sel(element="negative")[-1])


@pytest.mark.parametrize("fraction", [1.0, 0.1, 0.02])
def test_steady_butler_volmer_area_law(fraction: float) -> None:
    """In time, alpha = 1/2: the current of the contact grows, eta = (2RT/zF) asinh(i/(2 a i_0)) (form 8)."""
    contact = Contact(fraction, 1e-9)  # spots so fine that they do not constrict
    cell = single(Plating(0.05, double_layer=0.02, contact=contact), IonConductor(IONIC), Plating(1e12))
    # positive current dissolves the working electrode, so it deposits at the negative one
    expected = 2 * THERMAL * math.asinh(0.09 / (2 * fraction * 0.05))
    assert steady_voltage(cell, 0.09) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("fraction", [1.0, 0.1, 0.02])
def test_steady_ohmic_law(fraction: float) -> None:
    """In time, a film on the contact: i (R_film/a + L_c/sigma), the charge transfer being free."""
    contact = Contact(fraction, SPACING)
    cell = single(Plating(1e9, film_resistance=0.1, contact=contact), IonConductor(IONIC), Plating(1e12))
    expected = 0.09 * (0.1 / fraction + float(spreading_length(fraction, SPACING)) / IONIC)
    assert steady_voltage(cell, 0.09) == pytest.approx(expected, rel=1e-6)


def test_area_loss_alone_cannot_make_volts() -> None:
    """The paper's trilayer at 0.01 mA, alpha = 1/2, i_0 = 5.2 uA/cm2: 0.11 V at a = 0.02; 1 V asks for a = 3e-17."""
    current_density, exchange = 1e-5 / 1.131e-4, 0.052

    def eta(fraction: float) -> float:
        return 2 * THERMAL * math.asinh(current_density / (2 * fraction * exchange))

    # the simulation agrees with the closed form where both can go
    cell = single(Plating(exchange, contact=Contact(0.02, 1e-9)), IonConductor(IONIC), Plating(1e12))
    assert steady_voltage(cell, current_density) == pytest.approx(eta(0.02), rel=1e-5)
    assert eta(0.02) == pytest.approx(0.11, abs=0.01)
    needed = math.exp(brentq(lambda logarithm: eta(math.exp(logarithm)) - 0.975, -90, 0))
    print(f"half of 1.95 V by area loss alone needs a = {needed:.1e}")
    assert needed < 1e-15  # less than one atom of a square centimetre


def test_pressure_sets_the_fraction_and_nothing_else() -> None:
    """R/a falls as 1/P and the constriction as P^-1/2 at small P (theory.md §3.4)."""
    pressures = np.array([1e3, 4e3, 1.6e4])
    contact = Contact(Pressed("1 GPa"), SPACING, pressure="1 kPa")
    film = single(
        Plating(1e12, film_resistance=0.1, contact=contact.__class__(Pressed("1 GPa"), 1e-12, pressure="1 kPa")),
        IonConductor(IONIC),
        Plating(1e12),
    )
    bare = single(Plating(1e15, contact=contact), IonConductor(IONIC), Plating(1e15))
    path = {"negative.contact.pressure": pressures}
    through = exact_laplace(film, 0, path).real - THICKNESS / IONIC
    np.testing.assert_allclose(through[:-1] / through[1:], 4, rtol=1e-4)
    spread = exact_laplace(bare, 0, path).real - THICKNESS / IONIC
    np.testing.assert_allclose(spread[:-1] / spread[1:], 2, rtol=1e-2)  # to the next order in sqrt(a), 0.004


# -- both routes ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", [name for name in STACKS if "contact" in name or "age" in name])
def test_mesh_agrees_with_the_mesh_free_route(name: str) -> None:
    cell, frequencies = STACKS[name], np.geomspace(1e5, 1e-4, 19)
    expected = exact(cell, frequencies)
    found = LinearisedStack(cell, f_max=1e5).impedance(frequencies)
    assert np.max(np.abs(found - expected) / np.abs(expected)) < 1e-4  # second order, graded mesh


def test_whole_contact_changes_nothing() -> None:
    """a = 1 leaves every spectrum as it is, whatever the spacing."""
    cell, frequencies = STACKS["trilayer"], np.geomspace(1e5, 1e-4, 19)
    places = ("negative", "positive", "interfaces.left-middle", "interfaces.middle-right")
    same = cell.with_({f"{place}.contact": Contact(1.0, SPACING) for place in places})
    np.testing.assert_allclose(exact(same, frequencies), exact(cell, frequencies), rtol=1e-12)


def test_contact_fraction_of_a_batch_is_checked() -> None:
    with pytest.raises(mt.InputError, match="at most 1"):
        exact(STACKS["contacts"], [1.0], {"negative.contact.fraction": [0.5, 1.5]})
