"""Salt solutions in time: Sand's time, limiting currents, profiles, conservation, energy, identities, what ends."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.cells import Cell, Plating
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.models import names
from mgtwin.simulation import simulate
from mgtwin.simulation.integrator import Integrator

from . import oracles
from .salt_cells import (
    CONCENTRATION,
    CONDUCTIVITY,
    DIFFUSION_TIME,
    DIFFUSIVITY,
    FACTOR,
    IDEAL,
    IONS,
    MG,
    POROSITY,
    STACKS,
    THICKNESS,
    between,
)
from .test_identities import by_sine, integral, split

LIMIT = float(oracles.limiting_current(THICKNESS, DIFFUSIVITY, CONCENTRATION, IONS))
VOLTS = 1.5 * oracles.GAS_CONSTANT * 298.15 / oracles.FARADAY * FACTOR * (1 - IONS)
MATERIAL = "layers.salt.material"
FACTORS = STACKS["Mg | solutions of other factors | Mg"]


def worst(found: Any, expected: Any) -> float:
    """Largest relative deviation."""
    return float(np.max(np.abs(np.asarray(found) / np.asarray(expected) - 1)))


def widths(cell: Cell, run: Any, name: str) -> np.ndarray:
    """Widths [m] of the finite volumes of a solution, whose middles the nodes are."""
    order = [layer.name for layer in cell.layers]
    left = sum(float(layer.thickness) for layer in cell.layers[: order.index(name)])
    edges = [0.0]
    for node in run["salt_x"].values[run["salt_layer"].values == name] - left:
        edges.append(2 * node - edges[-1])
    assert edges[-1] == pytest.approx(float(cell.layers[order.index(name)].thickness))
    return np.diff(edges)


def concentration(run: Any, name: str) -> np.ndarray:
    """c(t, x) of one solution [mol/m3]."""
    return run["concentration"].values[:, run["salt_layer"].values == name]


# -- form 7: Sand's time -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "charge"),
    [
        ({}, 2),
        ({"transference_number": -0.3, "porosity": 0.3}, 2),
        ({"conductivity_exponent": 1.0, "thermodynamic_factor": 3.0}, 1),
    ],
    ids=["plain", "negative transference number", "LiX in dilute solution"],
)
@pytest.mark.parametrize("sign", [-1, 1])
def test_sand_time(changes: dict[str, float], charge: int, sign: int) -> None:
    cell = between(MG, MG, ion=mt.Ion("X", charge, 1e-5))
    cell = cell.with_({f"{MATERIAL}.{name}": value for name, value in changes.items()})
    given = {"transference_number": IONS, "porosity": POROSITY} | changes
    numbers = (DIFFUSIVITY, CONCENTRATION, given["transference_number"], given["porosity"], charge)
    expected = float(oracles.sand(20 * LIMIT, *numbers))
    run = simulate(cell, mt.Galvanostatic(sign * 20 * LIMIT, 3 * expected, points=20))
    side = "right" if sign < 0 else "left"  # a negative current deposits on the right electrode
    ending = run.attrs["warnings"][-1]
    assert f"salt depleted in salt at the {side} face after" in ending
    # closed form to 1 %: the far face counts for exp(-500), the mesh for 1e-4, ending at c = 1e-6 c_0 for 2e-6
    assert run["time"].values[-1] == pytest.approx(expected, rel=1e-3)
    assert mt.analysis.sand_time(cell, 20 * LIMIT) == pytest.approx(expected, rel=1e-12)
    assert mt.analysis.depletion(cell, sign * 20 * LIMIT) == mt.analysis.Depletion(
        pytest.approx(expected, rel=1e-9), "salt", side
    )
    assert np.isfinite(run["voltage"]).all() and run["concentration"].values.min() > 0
    assert run["half_cycle_capacity"].values[0] == pytest.approx(sign * 20 * LIMIT * run["time"].values[-1])


@pytest.mark.parametrize("share", [1.02, 1.3, 2.5])
def test_depletion_close_above_the_limiting_current(share: float) -> None:
    """The far face matters: later than Sand, and exactly when the series says."""
    found = mt.analysis.depletion(IDEAL, f"{-share * LIMIT} A")
    run = simulate(IDEAL, mt.Galvanostatic(-share * LIMIT, 3 * found.time, points=20))
    assert run["time"].values[-1] == pytest.approx(found.time, rel=1e-3)
    assert found.time > (1 if share < 2 else 0.99) * mt.analysis.sand_time(IDEAL, share * LIMIT)


# -- form 7: limiting current, steady state ------------------------------------------------------------------------
def test_limiting_current_of_one_solution() -> None:
    """A voltage that leaves 1e-5 of the salt at the face draws 1 - 1e-5 of the limiting current."""
    voltage = float(VOLTS * np.log((2 - 1e-5) / 1e-5)) + LIMIT * THICKNESS / CONDUCTIVITY
    run = simulate(IDEAL, mt.Polarization(-voltage, 50 * DIFFUSION_TIME, first_time=1e-3 * DIFFUSION_TIME))
    assert len(run.attrs["warnings"]) == 0
    assert -run["current"].values[-1] == pytest.approx(LIMIT, rel=1e-3)  # the issue asks 0.1 %
    assert -run["current"].values[-1] == pytest.approx(LIMIT * (1 - 1e-5), rel=2e-5)
    assert mt.analysis.limiting_current(IDEAL).value == pytest.approx(LIMIT, rel=1e-12)
    assert np.max(np.abs(run["concentration"].values[-1] / CONCENTRATION - 1)) < 1


@pytest.mark.parametrize("sign", [-1, 1])
def test_limiting_current_of_several_solutions(sign: int) -> None:
    """They share their salt, each with its own transport numbers, factor, area: the last of it goes at one end."""
    limits = mt.analysis.limiting_current(FACTORS)
    limit = limits.deposition if sign < 0 else limits.dissolution
    end = limits.deposition_layer if sign < 0 else limits.dissolution_layer
    assert end == ("c" if sign < 0 else "a")
    hold = simulate(FACTORS, mt.Galvanostatic(sign * 0.999 * limit, 1e4 * DIFFUSION_TIME, points=2))
    assert "uses up" not in " ".join(hold.attrs["warnings"]) and hold["time"].values[-1] == 1e4 * DIFFUSION_TIME
    over = simulate(FACTORS, mt.Galvanostatic(sign * 1.001 * limit, 1e4 * DIFFUSION_TIME, points=2))
    side = "right" if sign < 0 else "left"
    assert f"salt depleted in {end} at the {side} face" in over.attrs["warnings"][-1]
    assert any("is above the limiting current" in text for text in over.attrs["warnings"])
    assert limits.deposition != pytest.approx(limits.dissolution, rel=0.1)  # lopsided: both signs say something


def test_limiting_current_of_two_equal_halves_is_that_of_the_whole() -> None:
    assert mt.analysis.limiting_current(split(IDEAL, "salt", 0.3)).value == pytest.approx(LIMIT, rel=1e-10)


def test_steady_profile_and_voltage() -> None:
    share = 0.8
    cell = between(MG, Plating(3.0, 0.7), series_resistance=1e-4)
    run = simulate(cell, mt.Galvanostatic(-share * LIMIT, 50 * DIFFUSION_TIME, points=2))
    i = share * LIMIT
    x = run["salt_x"].values / THICKNESS
    np.testing.assert_allclose(
        run["concentration"].values[-1], CONCENTRATION * oracles.salt_profile(x, share), rtol=1e-6
    )
    contributions = {str(key): -float(run["overpotential"].sel(element=key)[-1]) for key in run["element"].values}
    drop = i * THICKNESS / CONDUCTIVITY + VOLTS * np.log((1 + share) / (1 - share))
    assert contributions["salt"] == pytest.approx(drop, rel=1e-6)
    # i_0 = i_0,ref (c_s/c_0)^alpha_a with c_s at the face: 1.8 c_0 on the left, 0.2 c_0 on the right
    f = 2 * oracles.FARADAY / (oracles.GAS_CONSTANT * 298.15)
    eta = contributions["negative"] - 2e-3 * i  # behind the film
    assert 5.0 * 1.8**0.4 * (np.exp(0.4 * f * eta) - np.exp(-0.6 * f * eta)) == pytest.approx(i, rel=1e-6)
    eta = contributions["positive"]
    assert 3.0 * 0.2**0.7 * (np.exp(0.3 * f * eta) - np.exp(-0.7 * f * eta)) == pytest.approx(i, rel=1e-6)


# -- form 9: step responses ----------------------------------------------------------------------------------------
def odd_part(cell: Cell, protocol: Any, size: float, variable: str) -> tuple[np.ndarray, np.ndarray]:
    """Times, and half of what two steps of opposite sign differ by: what is quadratic in their size cancels."""
    runs = [simulate(cell, protocol(sign * size)) for sign in (1, -1)]
    return runs[0]["time"].values, (runs[0][variable].values - runs[1][variable].values) / 2


#: Not behind gold alone, whose double layer is charged before the salt moves.
DRIVEN = [
    (name, "voltage")
    for name in STACKS
    if name not in ("Mg | solution | gold", "Mg | solution | mixed | solution | Mg")
]
DRIVEN += [(name, "current") for name in ("Mg | solutions | Mg", "Mg | solutions of other factors | Mg")]


@pytest.mark.parametrize(("name", "control"), DRIVEN)
def test_step_response(name: str, control: str) -> None:
    """Against the numerical inverse Laplace transform of equations that share no code with the models."""
    cell = STACKS[name]
    impedance = np.vectorize(lambda s: oracles.reference_impedance(cell, s, digits=40))
    first, last = 1e-4 * DIFFUSION_TIME, 3 * DIFFUSION_TIME
    if control == "voltage":
        protocol: Any = lambda size: mt.Polarization(size, last, first_time=first, per_decade=1)  # noqa: E731
        time, found = odd_part(cell, protocol, 3e-4, "current")
        expected = oracles.step_response_voltage(impedance, 3e-4, time)
    else:
        protocol = lambda size: mt.Galvanostatic(size, last, first_time=first, points=6)  # noqa: E731
        time, found = odd_part(cell, protocol, 0.03, "voltage")
        expected = oracles.step_response_current(impedance, 0.03, time)
    # mesh 2e-4; (zF eta/RT)^2/24 of Butler-Volmer is 2e-5; the integrator resolves 1e-10 of a potential of 1e-4
    np.testing.assert_allclose(found, expected, rtol=3e-4, atol=1e-6 * np.max(np.abs(expected)))


def test_step_response_with_a_slow_dielectric() -> None:
    """Relaxation eps/kappa of 0.3 s, in the midst of the output: displacement passes without salt."""
    slow = {"ionic_conductivity": 1e-4, "relative_permittivity": 3e6, "conductivity_exponent": 0.5}
    cell = IDEAL.with_({f"{MATERIAL}.{name}": value for name, value in slow.items()})
    cell = cell.with_({"negative": MG, "positive": MG, "series_resistance": 1e-2})
    impedance = np.vectorize(lambda s: oracles.reference_impedance(cell, s, digits=40))
    first, last = 0.01, 3 * DIFFUSION_TIME
    protocol = lambda size: mt.Galvanostatic(size, last, first_time=first, points=10)  # noqa: E731
    time, found = odd_part(cell, protocol, 0.03, "voltage")
    run = simulate(cell, protocol(0.03))
    assert any("ionic field" in variable for variable in run["state_variable"].values)
    expected = oracles.step_response_current(impedance, 0.03, time)
    np.testing.assert_allclose(found, expected, rtol=3e-4)  # as above
    assert found[0] < 0.5 * found[-1]


# -- form 12: identities -------------------------------------------------------------------------------------------
CYCLE = mt.Cycling(current=f"{0.5 * LIMIT} A/m^2", half_cycle=0.5 * DIFFUSION_TIME, cycles=2, points=40)


@lru_cache(maxsize=4)
def cycled(name: str) -> Any:
    """Two cycles at half the limiting current of the first solution."""
    return simulate(STACKS[name], CYCLE)


@pytest.mark.parametrize("name", ["Mg | solutions of other factors | Mg", "Mg | solution | mixed | solution | Mg"])
def test_salt_is_conserved(name: str) -> None:
    cell, run = STACKS[name], cycled(name)
    amount: Any = 0.0
    moved = 0.0
    for layer in cell.layers:
        if layer.name in run["salt_layer"].values:
            ratio = 1.0 if layer.area is None else float(layer.area) / float(cell.area)
            volume = ratio * float(layer.material.porosity) * widths(cell, run, layer.name)
            here = concentration(run, layer.name) @ volume
            amount, moved = amount + here, max(moved, float(np.ptp(here)))
            if len(cell.layers) - len(set(run["salt_layer"].values)):  # nothing passes a mixed conductor
                np.testing.assert_allclose(here, here[0], rtol=1e-9)
    np.testing.assert_allclose(amount, amount[0], rtol=1e-9)
    if "factors" in name:
        assert moved > 1e-2 * amount[0]  # it passes from one to the other


@pytest.mark.parametrize("name", ["Mg | solutions of other factors | Mg", "gold | mixed | solution | ions | Mg"])
def test_a_reversed_stack_answers_with_the_opposite_sign(name: str) -> None:
    cell = STACKS[name]
    protocol = mt.Polarization([0.03, -0.02], DIFFUSION_TIME, first_time=1e-3 * DIFFUSION_TIME, per_decade=5)
    mirror = mt.Polarization([-0.03, 0.02], DIFFUSION_TIME, first_time=1e-3 * DIFFUSION_TIME, per_decade=5)
    one, other = simulate(cell, protocol), simulate(cell.reversed(), mirror)
    # integrator, as in test_identities; the current falls to nothing where gold blocks it
    np.testing.assert_allclose(other["current"], -one["current"], rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(other["concentration"], one["concentration"].values[:, ::-1], rtol=1e-5)


@pytest.mark.parametrize("layer", ["a", "b"])
def test_an_ideal_cut_changes_nothing(layer: str) -> None:
    cell = FACTORS.with_({f"layers.{name}.material.conductivity_exponent": 1.0 for name in "abc"})
    cut = split(cell, layer, 0.3)
    one, other = simulate(cell, CYCLE), simulate(cut, CYCLE)
    # each half has a mesh of its own, with cells twice as wide in cycling: growth^2/12 = 8e-4 on both sides
    np.testing.assert_allclose(other["voltage"], one["voltage"], rtol=2e-3, atol=4e-6)
    frequencies = np.geomspace(1e3, 1e-3, 8) / DIFFUSION_TIME
    z = [LinearisedStack(item, f_max=frequencies.max()).impedance(frequencies) for item in (cell, cut)]
    assert worst(z[1], z[0]) < 5e-4


def test_scaling_with_area() -> None:
    name = "Mg | solutions of other factors | Mg"
    small = STACKS[name].with_({"area": 3e-4, "layers.b.area": 0.8 * 3e-4})
    run = simulate(small, CYCLE)  # at the same current density
    # the same equations per area; 1e-7 per step of the integrator
    np.testing.assert_allclose(run["voltage"], cycled(name)["voltage"], rtol=1e-5)
    np.testing.assert_allclose(run["concentration"], cycled(name)["concentration"], rtol=1e-5)


def test_impedance_under_a_current_is_the_answer_to_a_small_sine_of_current() -> None:
    """At 0.8 of the limiting current, with a conductivity that follows the salt; see test_identities."""
    cell = between(MG, MG).with_({f"{MATERIAL}.conductivity_exponent": 1.0})
    start = simulate(cell, mt.Galvanostatic(0.8 * LIMIT, 50 * DIFFUSION_TIME, points=2))
    frequencies = np.array([3.0, 300.0]) / DIFFUSION_TIME
    expected = simulate(cell, mt.EIS.at(frequencies), start=start)["impedance"].values
    at_rest = simulate(cell, mt.EIS.at(frequencies))["impedance"].values
    assert np.all(np.abs(expected / at_rest - 1) > 0.1)
    for frequency, z in zip(frequencies, expected, strict=True):
        found = by_sine(cell, float(frequency), 0.8 * LIMIT, 1e-4 * LIMIT, by_voltage=False, start=start)
        # 1e-4/0.2 of the salt at the face, and the sampling (pi/192)^2
        assert abs(found / z - 1) < 1e-3


def power_terms(cell: Cell, run: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Electrical power in, dissipated power [W/m2] and stored energy [J/m2] of solutions between bare electrodes."""
    i = -run["current"].values / float(cell.area)
    drop = {str(key): -run["overpotential"].sel(element=key).values for key in run["element"].values}
    loss = i * (drop["negative"] + drop["positive"] + drop["series"]) + sum(i * drop[key] for key in cell.interfaces)
    stored = np.zeros_like(i)
    for layer in cell.layers:
        material, width = layer.material, widths(cell, run, layer.name)
        c, c0 = concentration(run, layer.name), float(material.concentration)
        ratio = 1.0 if layer.area is None else float(layer.area) / float(cell.area)
        energy = 3 * oracles.GAS_CONSTANT * 298.15 * float(material.thermodynamic_factor)
        stored = stored + ratio * float(material.porosity) * (energy * (c * np.log(c / c0) - c + c0)) @ width
        kappa = float(material.ionic_conductivity) * (c / c0) ** float(material.conductivity_exponent)
        distance = (width[1:] + width[:-1]) / 2
        middle = (c[:, 1:] + c[:, :-1]) / 2
        mixing = (np.diff(c) / distance) ** 2 / middle @ distance
        for k, far in ((0, 1), (-1, -2)):  # half a cell at each face
            mixing = mixing + ((c[:, far] - c[:, k]) / distance[k]) ** 2 / c[:, k] * width[k] / 2
        diffusivity = float(material.salt_diffusivity)
        loss = loss + i**2 / ratio * ((1 / kappa) @ width) + ratio * energy * diffusivity * mixing
    return run["current"].values * run["voltage"].values / float(cell.area), loss, stored


@pytest.mark.parametrize("exponent", [0.0, 1.0])
def test_energy_balance(exponent: float) -> None:
    """``int i V dt = int dissipation dt + gain of stored energy``, with 3RT Theta D c'^2/c and int eps g(c) dx."""
    bare = Plating(5.0, 0.4)
    changes = {f"layers.{name}.material.conductivity_exponent": exponent for name in "abc"}
    changes |= {"interfaces.a-b": mt.Junction(2e-3)}
    cell = FACTORS.with_({"negative": bare, "positive": bare} | changes)
    first = 1e-5 * DIFFUSION_TIME
    driven = mt.Galvanostatic(-0.5 * LIMIT, DIFFUSION_TIME, first_time=first, points=200)
    after = mt.Galvanostatic(0.0, DIFFUSION_TIME, first_time=first, points=200)
    before = 0.0
    for node in simulate(cell, mt.Sequence([driven, after])).leaves:
        run = node.to_dataset()
        power, loss, stored = power_terms(cell, run)
        time = run["time"].values
        put_in, lost, gained = integral(power, time), integral(loss, time), stored[-1] - before
        turnover = max(abs(put_in), lost, abs(gained))
        print(f"in {put_in:.6g}, lost {lost:.6g}, gained {gained:.6g}: {(put_in - lost - gained) / turnover:.1e}")
        assert put_in - lost - gained == pytest.approx(0.0, abs=1e-4 * turnover)  # the contract of the issue
        before = stored[-1]
    assert lost > 0 > gained  # the second run only mixes, and all that it loses was stored


# -- what ends a run, and what comes after -------------------------------------------------------------------------
OVER = f"{20 * LIMIT} A/m^2"
SAND = float(oracles.sand(20 * LIMIT, DIFFUSIVITY, CONCENTRATION, IONS, POROSITY))


def test_a_run_without_limits_ends_where_the_salt_does() -> None:
    run = simulate(between(MG, MG), mt.Cycling(current=OVER, half_cycle=2 * SAND, cycles=3))
    warnings = run.attrs["warnings"]
    assert any("salt depleted in salt" in text for text in warnings)
    assert warnings[-1].startswith("cycle 0: salt depleted in salt at the left face after")
    assert "it ends the run" in warnings[-1] and "voltage limit" in warnings[-1]
    assert run.sizes["segment"] == 1 and run["time"].values[-1] == pytest.approx(SAND, rel=1e-2)
    steps = mt.Polarization([-0.1, -1.5, -0.1], DIFFUSION_TIME, first_time=1e-3 * DIFFUSION_TIME)
    run = simulate(between(MG, MG), steps)  # an imposed voltage draws the limiting current, and the next one goes on
    assert run.sizes["segment"] == 3 and not run.attrs["warnings"]


def test_a_run_with_limits_goes_on_with_the_next_half_cycle() -> None:
    protocol = mt.Cycling(current=OVER, half_cycle=3 * SAND, cycles=2, limits=("-5 V", "5 V"))
    run = simulate(between(MG, MG), protocol)
    assert list(run["limited"]) == [True, True] and run["segment_time"].values[-1] < 12 * SAND
    assert run.sizes["segment"] == 4
    assert any("salt depleted in salt at the left face ended half cycles" in text for text in run.attrs["warnings"])
    assert np.all(run["concentration"].values > 0) and np.all(np.diff(run["segment_time"]) > 0)


def test_a_state_without_salt_can_be_relaxed_but_not_driven_on() -> None:
    cell = between(MG, MG)
    run = simulate(cell, mt.Galvanostatic(f"-{OVER}", 2 * SAND))
    rested = simulate(cell, mt.Rest(5 * DIFFUSION_TIME), start=run)
    assert rested["concentration"].values[0].min() < 0.1 * CONCENTRATION
    # cosines decay as exp(-pi^2 t D/(eps L^2)), and so does the first one
    np.testing.assert_allclose(rested["concentration"].values[-1], CONCENTRATION, rtol=1e-6)
    more = simulate(cell, mt.Galvanostatic(f"-{OVER}", SAND), start=run)
    assert more["time"].values[-1] < 1e-2 * SAND and "salt depleted" in more.attrs["warnings"][-1]
    more = simulate(cell, mt.Galvanostatic("-1000 A/cm^2", SAND), start=run)
    assert more.sizes["time"] == 1 and "after 0 s" in more.attrs["warnings"][-1]
    assert float(more["current"][0]) == pytest.approx(float(run["current"][-1]))  # nothing could change


def test_a_bias_above_the_limiting_current_has_no_spectrum() -> None:
    with pytest.raises(mt.SimulationError, match=r"no steady state .*: salt depleted .*limiting_current"):
        simulate(IDEAL, mt.EIS.at([1.0], bias=mt.Current(f"{1.2 * LIMIT} A")))


def test_warnings_before_the_run() -> None:
    """A current above the limiting one, whether or not the protocol lasts long enough for it to matter."""
    run = simulate(IDEAL, mt.Galvanostatic(-1.5 * LIMIT, 1e-3 * DIFFUSION_TIME, points=2))
    (warning,) = run.attrs["warnings"]
    expected = mt.analysis.depletion(IDEAL, -1.5 * LIMIT)
    assert "above the limiting current" in warning and "salt at the right face" in warning
    assert f"{expected.time / 60:.4g} min" in warning
    quiet = simulate(IDEAL, mt.Galvanostatic(-0.9 * LIMIT, 1e-3 * DIFFUSION_TIME, points=2))
    assert not quiet.attrs["warnings"]


def test_a_run_on_another_mesh_starts_with_all_the_salt() -> None:
    run = cycled("Mg | solutions of other factors | Mg")
    finer = simulate(FACTORS, mt.Galvanostatic(0.1 * LIMIT, "1 s", first_time="1 ms"), start=run)
    assert finer.sizes["salt_x"] > run.sizes["salt_x"]
    amounts = []
    for item in (run, finer):
        volumes = {x.name: float(x.area or 1.0) * float(x.material.porosity) for x in FACTORS.layers}
        held = {name: concentration(item, name)[-1] @ widths(FACTORS, item, name) for name in volumes}
        amounts.append(sum(volumes[name] * held[name] for name in volumes))
    assert amounts[1] == pytest.approx(amounts[0], rel=1e-9)


def test_faces_are_reported() -> None:
    """What the events watch is an output of the model, too."""
    integrator = Integrator(between(MG, MG), f_max=1.0, dielectric=False)
    at_rest = integrator.evaluate(integrator.rest_state[:, np.newaxis])
    for side in ("left", "right"):
        assert at_rest[names.surface_concentration("salt", side)] == pytest.approx(CONCENTRATION)
