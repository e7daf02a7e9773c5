"""Ageing laws (theory.md §3.5): closed form 10, bounds for any parameters, conservation, energy, frozen states."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mgtwin as mt
from mgtwin.cells import (
    Cell,
    Contact,
    CrackGrowth,
    FatigueContactLoss,
    FilmGrowth,
    IonConductor,
    Junction,
    Layer,
    MixedConductor,
    Plating,
    VoidContactLoss,
)
from mgtwin.cells.constriction import spreading_length

from .stacks import decades

DENSITY, HOUR = 0.09, 3600.0
FARADAY, MOLAR_VOLUME = 96485.33212, 1.398e-5
SPOTS = Contact(1.0, 1e-9)


def mg(*laws: Any, contact: Contact | None = SPOTS, **fields: Any) -> Plating:
    return Plating(**({"exchange_current_density": 5.0} | fields), contact=contact, ageing=laws)


def symmetric(working: Any, counter: Any = None, junction: Junction | None = None, **fields: Any) -> Cell:
    """Mg | ions | (ions) | Mg of 1 m2; the ageing one is the working (positive) electrode."""
    layers = [Layer("a", IonConductor(0.05), 1e-4), Layer("b", IonConductor(0.05), 1e-4)]
    interfaces = {} if junction is None else {"a-b": junction}
    return Cell("symmetric", counter or Plating(5.0), layers, working, interfaces, area=1.0, **fields)


def constant_current(cell: Cell, density: float = -DENSITY, points: int = 20) -> Any:
    return mt.simulate(cell, mt.Galvanostatic(density, 10 * HOUR, points=points))


def state(run: Any, name: str, interface: str = "positive") -> np.ndarray:
    return run[name].sel(interface=interface).values


# -- closed forms ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("density", [-DENSITY, DENSITY])
def test_fatigue_follows_closed_form_ten(density: float) -> None:
    """a = a_min + (1 - a_min) exp(-k |j| t), whichever way the current flows."""
    k, minimum = 1e-3, 0.02
    run = constant_current(symmetric(mg(FatigueContactLoss(k, minimum))), density)
    charge = DENSITY * run["time"].values
    expected = minimum + (1 - minimum) * np.exp(-k * charge)
    np.testing.assert_allclose(state(run, "contact_fraction"), expected, rtol=1e-5)
    assert np.all(state(run, "contact_fraction", "negative") == 1)


def test_pressure_slows_fatigue() -> None:
    """(P_0/P)^m: at 4 P_0 and m = 1/2 the same loss takes twice the charge."""
    law = FatigueContactLoss(1e-3, 0.02, 0.5, reference_pressure="1 MPa")
    pressed = Contact(1.0, 1e-9, pressure="4 MPa")
    run = constant_current(symmetric(mg(law, contact=pressed)))
    expected = 0.02 + 0.98 * np.exp(-0.5e-3 * DENSITY * run["time"].values)
    np.testing.assert_allclose(state(run, "contact_fraction"), expected, rtol=1e-5)


@pytest.mark.parametrize("start", [0.0, 0.03])
def test_film_that_grows_with_time(start: float) -> None:
    """R = sqrt((R_0 + R_1)^2 + r_p t) - R_1 (form 10), at rest, too."""
    rate, onset = 1e-8, 1e-4
    cell = symmetric(mg(FilmGrowth(0.0, rate, onset), film_resistance=start, double_layer=0.1))
    run = mt.simulate(cell, mt.Rest("10 h"))
    expected = np.sqrt((start + onset) ** 2 + rate * run["time"].values) - onset
    np.testing.assert_allclose(state(run, "film_resistance"), expected, rtol=1e-5, atol=1e-9)


def test_film_that_grows_with_charge() -> None:
    """dR/dt = r_q |j|/a: straight at whole contact, and steeper where the current crowds."""
    for fraction in (1.0, 0.25):
        law = FilmGrowth(1e-5)
        run = constant_current(symmetric(mg(law, contact=Contact(fraction, 1e-9))))
        expected = 1e-5 * DENSITY / fraction * run["time"].values
        np.testing.assert_allclose(state(run, "film_resistance"), expected, rtol=1e-5, atol=1e-9)


def test_voids_open_with_stripping_and_close_with_plating() -> None:
    """Both exponentials of the linear law; stripping: a -> a_min, plating from below: a -> 1."""
    gamma, beta, depth, minimum = 0.3, 0.8, 1e-6, 0.1
    cell = symmetric(mg(VoidContactLoss(gamma, beta, depth, minimum)))
    speed = gamma * MOLAR_VOLUME / (2 * FARADAY * depth) / (1 - minimum) * DENSITY
    opened = constant_current(cell, DENSITY)  # positive current strips the working electrode
    expected = minimum + (1 - minimum) * np.exp(-speed * opened["time"].values)
    np.testing.assert_allclose(state(opened, "contact_fraction"), expected, rtol=1e-5)
    closed = mt.simulate(cell, mt.Galvanostatic(-DENSITY, 10 * HOUR, points=20), start=opened)
    lost = (1 - expected[-1]) * np.exp(-beta * speed * closed["time"].values)
    np.testing.assert_allclose(state(closed, "contact_fraction"), 1 - lost, rtol=1e-5)


def test_voids_heal_under_pressure() -> None:
    """1 - a = (1 - a_0) exp(-k_h (P/P_0)^m t) at rest."""
    law = VoidContactLoss(0.1, 0.5, 1e-6, 0.1, 1e-5, 2.0)
    cell = symmetric(mg(law, contact=Contact(0.5, 1e-9, pressure="2 MPa"), double_layer=0.1))
    run = mt.simulate(cell, mt.Rest("10 h"))
    np.testing.assert_allclose(state(run, "contact_fraction"), 1 - 0.5 * np.exp(-4e-5 * run["time"].values), rtol=1e-5)


def test_crack_of_exponent_two() -> None:
    """m = 2: d lambda/dN = c lambda (1 - lambda), a logistic curve in the charge."""
    longest, start, minimum, capacity = 1e-3, 1e-5, 0.05, 100.0
    law = CrackGrowth(1e-6, capacity, start, longest, minimum, 2.0, 1e6, reference_intensity=1e5)
    run = constant_current(symmetric(mg(law)))
    growth = 1e-6 / longest * (1e6 / 1e5) ** 2 * math.pi * longest / (2 * capacity)
    odds = start / longest / (1 - start / longest) * np.exp(growth * DENSITY * run["time"].values)
    expected = 1 - (1 - minimum) * odds / (1 + odds)
    np.testing.assert_allclose(state(run, "contact_fraction"), expected, rtol=1e-5)


def test_laws_act_together() -> None:
    """Fatigue and a crack: the fractions multiply; the film sees the current crowd on what is left."""
    fatigue = FatigueContactLoss(1e-3, 0.02)
    crack = CrackGrowth(1e-6, 100.0, 1e-5, 1e-3, 0.05, 2.0, 1e6, reference_intensity=1e5)
    both = constant_current(symmetric(mg(fatigue, crack, FilmGrowth(1e-5))), points=400)
    alone = [state(constant_current(symmetric(mg(law)), points=400), "contact_fraction") for law in (fatigue, crack)]
    np.testing.assert_allclose(state(both, "contact_fraction"), alone[0] * alone[1], rtol=1e-5)
    time, fraction = both["time"].values, state(both, "contact_fraction")
    rate = 1e-5 * DENSITY / fraction
    grown = np.sum(np.diff(time) * (rate[1:] + rate[:-1]) / 2)
    assert state(both, "film_resistance")[-1] == pytest.approx(grown, rel=1e-4)  # trapezoids over 400 points


def test_a_junction_ages_by_its_own_current() -> None:
    """Fatigue and film between two layers; the drop is i (R_int + R_film)/a and twice the constriction."""
    laws = (FatigueContactLoss(1e-3, 0.02), FilmGrowth(1e-5))
    cell = symmetric(Plating(1e9), Plating(1e9), Junction(0.02, 0.1, contact=Contact(1.0, 1e-5), ageing=laws))
    run = constant_current(cell)
    fraction, film = (state(run, name, "a-b") for name in ("contact_fraction", "film_resistance"))
    assert fraction[-1] < 0.1 and film[-1] > 0.02
    expected = -DENSITY * ((0.02 + film) / fraction + 2 * spreading_length(fraction, 1e-5) / 0.05)
    found = run["overpotential"].sel(element="a-b").values
    np.testing.assert_allclose(found[5:], expected[5:], rtol=1e-4)  # once the capacitor is charged


# -- whatever the parameters ----------------------------------------------------------------------------------------
FEW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
minima = st.floats(0.01, 0.5)
fatigues = st.builds(FatigueContactLoss, decades(-6, 0), minima)
voids = st.builds(VoidContactLoss, st.floats(0, 1), st.floats(0, 1), decades(-8, -4), minima, decades(-9, -2))
cracks = st.builds(
    CrackGrowth,
    decades(-9, -3),
    decades(1, 4),
    decades(-6, -4),
    decades(-3.9, -2),
    minima,
    st.floats(0, 4),
    st.just(1e6),
)
films = st.builds(FilmGrowth, decades(-9, -2), decades(-14, -4), decades(-6, -2))


@FEW
@given(st.lists(st.one_of(fatigues, voids, cracks, films), min_size=1, max_size=4, unique_by=type), st.floats(0.5, 1))
def test_states_stay_within_their_bounds(laws: list[Any], fraction: float) -> None:
    """a in [a_min, 1] and R_film >= 0 over cycles of both signs, to the integrator's relative tolerance."""
    cell = symmetric(mg(*laws, contact=Contact(fraction, 1e-6), double_layer=0.1))
    run = mt.simulate(cell, mt.Cycling(DENSITY, "2 h", cycles=3, limits=(-50.0, 50.0)))
    contact, film = state(run, "contact_fraction"), state(run, "film_resistance")
    rates = [law for law in laws if isinstance(law, FatigueContactLoss | VoidContactLoss)]
    least = min([fraction, *(float(law.minimum) for law in rates)])
    least *= math.prod(float(law.minimum) for law in laws if isinstance(law, CrackGrowth))
    assert np.all(contact >= least - 1e-6) and np.all(contact <= 1 + 1e-6)
    assert np.all(film >= 0) and np.all(np.diff(film) >= -1e-6 * np.max(film) - 1e-8)


def test_magnesium_is_conserved_over_ninety_ageing_cycles() -> None:
    """Deposited = stripped + stored, in double layers and in a leaky mixed conductor between electrodes that age.

    The faradaic charges are integrated with the model; what is stored is read off its states. The gap has the
    capacitance of the contact, so that C(a) stays and its charge is C eta.
    """
    import pybamm

    spots = Contact(1.0, 1e-6, gap_capacitance=0.1)
    counter = mg(FatigueContactLoss(1e-4, 0.02), double_layer=0.1, contact=spots)
    working = mg(FatigueContactLoss(2e-4, 0.02), FilmGrowth(1e-6), double_layer=0.1, contact=spots)
    mixed = MixedConductor(0.05, 1e-4, 1e6)
    cell = Cell("leaky", counter, [Layer("mixed", mixed, 1e-4)], working, area=1.0)
    model = mt.StackModel(cell)
    for interface in (model.interfaces[0], model.interfaces[-1]):
        charge = pybamm.Variable(f"{interface.name} faradaic charge [C.m-2]")
        model.rhs[charge] = interface.faradaic_current
        model.initial_conditions[charge] = pybamm.Scalar(0)
        model.variables[charge.name] = charge
    half_cycles = ["Discharge at 0.09 A for 1 hour", "Charge at 0.09 A for 1 hour"]
    simulation = pybamm.Simulation(
        model, experiment=pybamm.Experiment(half_cycles * 90), solver=pybamm.IDAKLUSolver(rtol=1e-8, atol=1e-10)
    )
    solution = simulation.solve()

    def end(name: str) -> float:
        return float(solution[name].entries[-1])

    assert end("positive contact fraction") < 0.05
    stripped, deposited = (end(f"{side} faradaic charge [C.m-2]") for side in ("negative", "positive"))
    # the drop over the contact itself: without the constriction, which stores nothing
    double_layers = [0.1 * end(f"{side} through-contact drop [V]") for side in ("negative", "positive")]
    in_the_layer = 1e-4 * end("mixed stored charge density [C.m-3]")
    # electrons that stay in the layer take the place of Mg: what enters as ions leaves its charge there
    left_over = stripped + double_layers[0] - double_layers[1] + in_the_layer - deposited
    throughput = 2 * 90 * DENSITY * HOUR
    assert max(abs(stripped - deposited), abs(in_the_layer)) > 1e-5 * throughput  # there is something to see
    assert abs(left_over) < 1e-6 * throughput


# -- energy ---------------------------------------------------------------------------------------------------------
def test_energy_balance_of_an_ageing_cell() -> None:
    """i V = dissipation: constriction, contact, film and charge transfer, while all of them change."""
    laws = (FatigueContactLoss(3e-4, 0.02), FilmGrowth(1e-5))
    spots = Contact(0.9, 1e-5)
    cell = symmetric(mg(*laws, contact=spots, film_resistance=0.01))
    run = mt.simulate(cell, mt.Galvanostatic(-DENSITY, 10 * HOUR, points=400))
    i, time = -run["current"].values, run["time"].values
    a, film = state(run, "contact_fraction"), state(run, "film_resistance")
    loss = i**2 * (spreading_length(a, 1e-5) / 0.05 + film / a + 2 * 1e-4 / 0.05)
    thermal = 8.314462618 * 298.15 / (2 * FARADAY)
    for fraction in (a, 1.0):  # the charge transfer of both electrodes
        loss = loss + i * 2 * thermal * np.arcsinh(i / (2 * fraction * 5.0))
    power = run["current"].values * run["voltage"].values
    put_in, lost = np.trapezoid(power, time), np.trapezoid(loss, time)
    assert put_in == pytest.approx(lost, rel=1e-4)


def test_energy_balance_with_storage() -> None:
    """The same with double layers and a leaky mixed conductor that store: ``int iV dt = dissipation + gain``.

    The gap has the capacitance of the contact, so that C(a) stays: what a changing C would store is dropped (§3.4).
    """
    spots = Contact(0.9, 1e-6, gap_capacitance=50.0)
    law = FatigueContactLoss(0.05, 0.02)
    working = mg(law, contact=spots, double_layer=50.0, film_resistance=0.05, electronic_resistance=0.5)
    sigma_ion, sigma_eon, storage, thickness = 0.05, 1e-3, 1e6, 1e-4
    counter = Plating(5.0, double_layer=50.0, electronic_resistance=0.5)
    layer = Layer("mixed", MixedConductor(sigma_ion, sigma_eon, storage), thickness)
    cell = Cell("leaky", counter, [layer], working, area=1.0)
    run = mt.simulate(cell, mt.Galvanostatic(-10 * DENSITY, 20.0, points=2000))
    i, time, a = -run["current"].values, run["time"].values, state(run, "contact_fraction")
    i_eon = {side: -run["electronic_current"].sel(interface=side).values for side in ("negative", "positive")}
    spread = spreading_length(a, 1e-6) / sigma_ion
    drop = {side: -run["overpotential"].sel(element=side).values for side in i_eon}
    eta = {"negative": drop["negative"], "positive": drop["positive"] - spread * (i - i_eon["positive"])}
    # what the reaction and its film take: the ionic current that does not charge the double layer
    f = 2 * FARADAY / (8.314462618 * 298.15)
    faradaic = {"negative": 10 * np.sinh(f * eta["negative"] / 2)}
    behind = np.zeros_like(a)
    for _ in range(60):  # Newton: eta = eta_ct + R_film/a j
        current = a * 10 * np.sinh(f * behind / 2)
        slope = 1 + 0.05 / a * a * 5 * f * np.cosh(f * behind / 2)
        behind = behind - (behind + 0.05 / a * current - eta["positive"]) / slope
    faradaic["positive"] = a * 10 * np.sinh(f * behind / 2)
    loss = sum(faradaic[side] * eta[side] for side in eta)
    loss = loss + spread * (i - i_eon["positive"]) ** 2 + 0.5 * i_eon["negative"] ** 2
    loss = loss + (0.5 / a + spreading_length(a, 1e-6) / sigma_eon) * i_eon["positive"] ** 2
    E, x = run["local_potential"].values, np.concatenate([[0.0], run["x"].values, [thickness]])
    inside = (sigma_eon * i[:, None] - sigma_ion * sigma_eon * np.gradient(E, x[1:-1], axis=1)) / (
        sigma_ion + sigma_eon
    )
    electrons = np.concatenate([i_eon["negative"][:, None], inside, i_eon["positive"][:, None]], axis=1)  # (2.1)
    loss = loss + np.trapezoid((i[:, None] - electrons) ** 2 / sigma_ion + electrons**2 / sigma_eon, x, axis=1)
    in_the_layer = storage / 2 * np.trapezoid(np.pad(E, ((0, 0), (1, 1)), "edge") ** 2, x, axis=1)
    stored = 25.0 * (eta["negative"] ** 2 + eta["positive"] ** 2) + in_the_layer
    power = run["current"].values * run["voltage"].values
    put_in, lost = np.trapezoid(power, time), np.trapezoid(loss, time)
    gained = stored[-1] - stored[0]
    print(f"in {put_in:.4g}, lost {lost:.4g}, gained {gained:.4g}: {(put_in - lost - gained) / put_in:.1e}")
    assert gained > 1e-2 * put_in and a[-1] < 0.5  # there is something to see
    assert put_in == pytest.approx(lost + gained, rel=1e-4)


# -- frozen in the small signal -------------------------------------------------------------------------------------
def test_spectrum_of_the_aged_cell_is_that_of_one_made_so() -> None:
    laws = (FatigueContactLoss(1e-3, 0.02), FilmGrowth(1e-5))
    cell = symmetric(mg(*laws, contact=Contact(1.0, 1e-5), double_layer=0.1), Plating(5.0, double_layer=0.1))
    aged = mt.simulate(cell, mt.Galvanostatic(-DENSITY, 10 * HOUR))
    rested = mt.simulate(cell, mt.Rest("1 h"), start=aged)
    found = mt.simulate(cell, mt.EIS(1e5, 1e-3, points=20), start=rested)
    made = cell.with_(
        {
            "positive.contact.fraction": float(state(rested, "contact_fraction")[-1]),
            "positive.film_resistance": float(state(rested, "film_resistance")[-1]),
            "positive.ageing": (),
        }
    )
    expected = mt.simulate(made, mt.EIS(1e5, 1e-3, points=20))
    np.testing.assert_allclose(found["impedance"], expected["impedance"], rtol=1e-8)
    assert not any("not stationary" in text for text in found.attrs["warnings"])


def test_a_bias_does_not_age_a_cell() -> None:
    """The steady state under a bias is found at the contact there is, however long it takes to settle."""
    laws = (FatigueContactLoss(1e-2, 0.02), FilmGrowth(1e-5, 1e-8))
    cell = symmetric(mg(*laws, contact=Contact(0.5, 1e-5), double_layer=0.1))
    protocol = mt.EIS(1e4, 1e-3, points=8, bias=mt.Voltage(0.05))
    still = cell.with_({"positive.ageing": ()})
    np.testing.assert_allclose(
        mt.simulate(cell, protocol)["impedance"], mt.simulate(still, protocol)["impedance"], rtol=1e-7
    )


def test_ageing_runs_in_stock_pybamm() -> None:
    """The model with its ageing states in pybamm.Experiment, against simulate."""
    import pybamm

    cell = symmetric(mg(FatigueContactLoss(1e-3, 0.02), FilmGrowth(1e-5), double_layer=0.1))
    model = mt.StackModel(cell)
    experiment = pybamm.Experiment(["Discharge at 0.09 A for 1 hour", "Charge at 0.09 A for 1 hour"] * 2)
    solution = pybamm.Simulation(model, experiment=experiment).solve()
    run = mt.simulate(cell, mt.Cycling(-DENSITY, "1 h", cycles=2))
    fraction = solution["positive contact fraction"].entries[-1]
    assert fraction == pytest.approx(state(run, "contact_fraction")[-1], rel=1e-5)
    assert solution["Voltage [V]"].entries[-1] == pytest.approx(float(run["voltage"][-1]), rel=1e-4)
