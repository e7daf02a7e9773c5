"""The contract of every electrode, junction and ageing law: those of the package, and those of somebody outside it.

The files in ``tests/extend`` are what a user would write; here they are declared, asked everything, and forgotten.
"""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import dataset
from mgtwin.cells import Reader
from mgtwin.cells.carriers import Carrier
from mgtwin.cells.questions import contact_resistance, passes
from mgtwin.kinds.ageing_law import AGEING_LAWS
from mgtwin.kinds.electrode import ELECTRODES, equilibrium
from mgtwin.kinds.junction import JUNCTIONS
from mgtwin.kinds.kind import Bound, has_formula
from mgtwin.kinds.response import admittance, rest_of_memories

OUTSIDE = Path(__file__).parents[1] / "extend"
AREA = {"area": 1.0}
LAYER = mt.IonConductor(0.05)
#: Fields of one noun of every kind, in SI.
ELECTRODES_MADE: dict[str, dict[str, Any]] = {
    "blocking": {"double_layer": 0.1},
    "plating": {
        "exchange_current_density": mt.Arrhenius(5.0, 298.15, 0.4),
        "transfer_coefficient": 0.4,
        "double_layer": 0.1,
        "film_resistance": 1e-3,
    },
    "plating_on_substrate": {
        "exchange_current_density": 5.0,
        "metal_charge": 1e3,
        "area_fraction": 0.5,
        "spreading_charge": 20.0,
        "nucleation_rate": 1e6,
        "double_layer": 0.1,
    },
    "plating_under_film": {
        "exchange_current_density": 5.0,
        "covering_resistance": 0.01,
        "breaking_charge": 100.0,
        "spacing": 1e-5,
        "layer_conductivity": 0.05,
        "bare_fraction": 0.01,
        "double_layer": 0.1,
    },
    "marcus": {"exchange_current_density": 5.0, "reorganisation_energy": 0.6, "double_layer": 0.1},
    "passive_plating": {
        "exchange_current_density": 5.0,
        "open_share": 0.1,
        "growth": 1e-2,
        "erosion": 1e-2,
        "double_layer": 0.1,
    },
    "simple_insertion": {
        "exchange_current_density": 5.0,
        "radius": 1e-6,
        "diffusivity": 1e-14,
        "sites": 2e4,
        "roughness": 100.0,
        "filling": 0.4,
        "potential": 1.5,
        "double_layer": 0.1,
    },
    "insertion": {
        "potential": mt.Sites([(0.5, 1.25, 4.0), (None, 0.95, 5.0)]),
        "exchange_current_density": 1.0,
        "diffusivity": 1e-14,
        "radius": 1e-6,
        "concentration": 1.43e4,
        "active_fraction": 0.5,
        "thickness": 5e-5,
        "ionic_conductivity": 1.0,
        "electronic_conductivity": 100.0,
        "filling": 0.4,
        "particle_contact": 0.8,
        "double_layer": 0.1,
    },
}
LAWS_MADE: dict[str, dict[str, Any]] = {
    "fatigue_contact_loss": {"rate": 1e-3, "minimum": 0.02},
    "void_contact_loss": {"void_fraction": 0.3, "refilled_fraction": 0.8, "depth": 1e-6, "minimum": 0.1},
    "crack_growth": {
        "rate": 1e-6,
        "half_cycle_charge": 100.0,
        "initial_length": 1e-4,
        "maximum_length": 1e-3,
        "minimum": 0.05,
        "exponent": 2.0,
        "stress": 1e6,
    },
    "film_growth": {"charge_rate": 1e-6, "parabolic_rate": 1e-9},
    "film_erosion": {"charge": 500.0, "minimum_resistance": 1e-4, "plating_fraction": 0.5},
    "film_regrowth": {"rate": 1e-4, "complete_resistance": 2e-3},
    "dry_out": {"rate": 1e-4, "initial": 0.1, "minimum": 0.2},
}
#: From where displacement takes over to where diffusion in a particle is finite; the mesh is right to 1e-3 there.
FREQUENCIES = np.geomspace(1e4, 1e-3, 15)
REACTING = [name for name in ELECTRODES_MADE if name != "blocking"]


@pytest.fixture(scope="module", autouse=True)
def _outside() -> Iterator[None]:
    """The kinds of the files outside the package, for as long as this module runs."""
    families = [(family, set(family)) for family in (ELECTRODES, AGEING_LAWS)]
    for path in sorted(OUTSIDE.glob("*.py")):
        runpy.run_path(str(path), run_name=path.stem)
    yield
    for family, known in families:
        for name in set(family) - known:
            family.discard(name)


def electrode(name: str, **fields: Any) -> Any:
    return ELECTRODES[name](**ELECTRODES_MADE[name] | fields)


def cell(negative: Any, positive: Any, **fields: Any) -> mt.Cell:
    return mt.Cell("contract", negative, [mt.Layer("ions", LAYER, 1e-4)], positive, **AREA | fields)


def bound(name: str) -> Bound:
    """An electrode as formulas see it, at the right end of a cell."""
    made = cell(mt.Plating(1e9), electrode(name))
    return Bound(type(made.positive), "positive", Reader(made), salt=1.0)


def current(kind: Bound, eta: Any) -> Any:
    return kind.call("current", eta, **rest_of_memories(kind))


def test_every_kind_is_asked() -> None:
    """One that is added has to be added above."""
    assert set(ELECTRODES) == set(ELECTRODES_MADE)
    assert set(AGEING_LAWS) == set(LAWS_MADE)
    assert set(JUNCTIONS) == {"junction"}


@pytest.mark.parametrize("name", REACTING)
def test_no_current_flows_at_equilibrium_and_elsewhere_it_dissipates(name: str) -> None:
    kind = bound(name)
    rest = equilibrium(kind)
    eta = np.concatenate([-np.geomspace(0.3, 1e-6, 20), np.geomspace(1e-6, 0.3, 20)])
    size = abs(current(kind, rest + 0.01))
    assert abs(current(kind, rest)) <= 1e-12 * size
    assert np.all(current(kind, rest + eta) * eta > 0)


@pytest.mark.parametrize("name", REACTING)
def test_slopes_agree(name: str) -> None:
    """Complex step, differences from either side, and the closed slope where there is one.

    One-sided differences of step h err by h f/2 of the slope, 4e-7 here; their mean by h^2.
    """
    kind, h = bound(name), 1e-8
    rest = equilibrium(kind)
    step = np.imag(current(kind, rest + 1e-30j)) / 1e-30
    for side in (h, -h):
        assert (current(kind, rest + side) - current(kind, rest)) / side == pytest.approx(step, rel=1e-6)
    if has_formula(kind.kind, "slope"):
        assert kind.call("slope") == pytest.approx(step, rel=1e-14)
    if not kind.kind.memories:
        assert admittance(kind, rest, np.array([1j])) == pytest.approx(step, rel=1e-14)


@pytest.mark.parametrize("name", ELECTRODES_MADE)
def test_exact_and_mesh_agree_at_rest(name: str) -> None:
    """The mesh is taken where a spectrum starts from a run: here one in which nothing happened."""
    made = cell(mt.Plating(5.0, double_layer=0.1), electrode(name))
    exact = mt.simulate(made, mt.EIS.at(FREQUENCIES))
    meshed = mt.simulate(made, mt.EIS.at(FREQUENCIES), start=mt.simulate(made, mt.Rest("1 s")))
    assert "mesh" in meshed.attrs["route"] and "mesh (" not in exact.attrs["route"]
    np.testing.assert_allclose(meshed["impedance"], exact["impedance"], rtol=1e-3)


@pytest.mark.parametrize("name", ELECTRODES_MADE)
def test_a_cell_turned_round_has_the_same_impedance(name: str) -> None:
    made = cell(mt.Plating(5.0, double_layer=0.1), electrode(name))
    z, turned = (mt.impedance.exact(item, FREQUENCIES) for item in (made, made.reversed()))
    np.testing.assert_allclose(turned, z, rtol=1e-13)


@pytest.mark.parametrize("name", ["plating", "marcus", "passive_plating"])
def test_slow_impedance_under_a_bias_is_the_slope_of_the_steady_state(name: str) -> None:
    """dV/dI of two currents 1 % apart, 1e-5 of their second derivative; both ends of the cell in turn."""
    for made in (cell(mt.Plating(1e9), electrode(name)), cell(electrode(name), mt.Plating(1e9))):
        volts = [mt.simulate(made, mt.Galvanostatic(j, "10 h"))["voltage"].values[-1] for j in (2.97, 3.03)]
        slow = mt.simulate(made, mt.EIS.at([1e-6], bias=mt.Current(3.0)))["impedance"].values[0]
        assert slow.real == pytest.approx((volts[1] - volts[0]) / 0.06, rel=1e-4)
        assert abs(slow.imag) < 1e-3 * slow.real


@pytest.mark.parametrize("name", ELECTRODES_MADE)
def test_derivatives_agree_with_differences(name: str) -> None:
    made = cell(mt.Plating(5.0, double_layer=0.1), electrode(name))
    paths = [
        path
        for path in made.paths()
        if path.startswith("positive.") and np.isfinite(made.get(path)) and made.get(path) != 0
    ]
    found = mt.impedance.exact_jacobian(made, [1.0], paths)[0]
    for path, slope in zip(paths, found, strict=True):
        p = float(made.get(path))
        plus, minus = (mt.impedance.exact(made.with_({path: p * factor}), [1.0])[0] for factor in (1.0001, 0.9999))
        z = mt.impedance.exact(made, [1.0])[0]
        assert slope * p == pytest.approx((plus - minus) / 0.0002, rel=1e-5, abs=1e-9 * abs(z)), path


@pytest.mark.parametrize("name", ELECTRODES_MADE)
def test_yaml_gives_every_electrode_back(name: str) -> None:
    made = cell(mt.Plating(5.0), electrode(name, contact=mt.Contact(0.5, 1e-5)))
    assert mt.Cell.from_yaml(made.to_yaml()).identical(made)


@pytest.mark.parametrize("name", REACTING)
def test_every_electrode_cycles_and_repeats_itself(name: str) -> None:
    """Equal and opposite half cycles bring a cell back: the charge is conserved, a cycle is like the one before."""
    made = cell(mt.Plating(5.0, double_layer=0.1), electrode(name))
    run = mt.simulate(made, mt.Cycling(1.0, "200 s", cycles=10))
    ends = run["half_difference"].values
    assert np.all(np.isfinite(ends)) and ends[-1] == pytest.approx(ends[-2], rel=0.02)


@pytest.mark.parametrize("name", LAWS_MADE)
def test_every_ageing_law_keeps_its_state_within_bounds(name: str) -> None:
    law = AGEING_LAWS[name](**LAWS_MADE[name])
    aged = mt.Plating(5.0, double_layer=0.1, film_resistance=1e-3, contact=mt.Contact(0.9, 1e-5), ageing=[law])
    made = cell(mt.Plating(5.0, double_layer=0.1), aged)
    assert mt.Cell.from_yaml(made.to_yaml()).identical(made)
    run = mt.simulate(made, mt.Cycling(1.0, "200 s", cycles=20, traces=()))
    contact, film = (
        run[name].sel(interface="positive").values for name in ("final_contact_fraction", "final_film_resistance")
    )
    assert np.all((contact > 0) & (contact <= 1)) and np.all(film >= 0)
    assert contact[-1] < contact[0] or film[-1] != film[0]


@pytest.mark.parametrize("name", ELECTRODES_MADE)
def test_questions_and_analyses_know_every_electrode(name: str) -> None:
    """What passes, with which resistance, and that formulas for blocking electrodes refuse all that react."""
    made = cell(mt.Plating(1e9), electrode(name))
    reacts = type(made.positive).reacts
    assert passes(made, Carrier.IONS, "positive") == passes(made, Carrier.IONS) == reacts
    stops = any(isinstance(memory, mt.Diffusion) for memory in type(made.positive).memories.values())  # when full
    conducts = reacts and not stops
    film = getattr(made.positive, "film_resistance", 0.0)
    expected = 1 / np.real(admittance(bound(name), equilibrium(bound(name)), 0.0)) + film if conducts else np.inf
    assert contact_resistance(made, "positive", Carrier.IONS) == pytest.approx(expected, rel=1e-12)
    assert np.isfinite(mt.impedance.dc_resistance(made)) == conducts
    limits = mt.impedance.plateaus(made)
    assert limits.charged >= limits.shorted >= limits.bulk and limits.steady == mt.impedance.dc_resistance(made)
    run = dataset.transient([0.1, 1.0, 10.0], [0.1] * 3, [2e-6, 1e-6, 1e-6], attrs={"cell": made.to_yaml()})
    for read in (mt.analysis.transport_number, mt.analysis.apparent_transport_number):
        if reacts:
            with pytest.raises(mt.InputError, match="both electrodes of contract pass the ion"):
                read(run)
        else:
            assert float(getattr(read(run), "apparent", 0.5)) == 0.5
