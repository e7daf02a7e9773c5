"""Composites in both routes: against plain layers of their effective numbers, closed forms, and thin uniform layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pybamm
import pytest

import mgtwin as mt
from mgtwin.cells import (
    Blocking,
    Bruggeman,
    Cell,
    Composite,
    Contact,
    DefectCapacitance,
    DefectElectrons,
    IonConductor,
    Junction,
    Layer,
    Linear,
    McLachlan,
    MixedConductor,
    Phase,
    Plating,
    PoreExponent,
    Porous,
    Profile,
    Reader,
    WienerParallel,
    has_electrons,
)
from mgtwin.cells.effective import chemical_capacitance, electronic_conductivity, ionic_conductivity, permittivity
from mgtwin.impedance.derivatives import exact_jacobian
from mgtwin.impedance.exact import exact, exact_laplace
from mgtwin.impedance.linearise import LinearisedStack

VACUUM = 8.8541878128e-12
T = 298.15
LENGTH = 2e-4
PATH = "layers.m.material"
FRACTION = f"{PATH}.phases.grains.fraction"

GRAINS = MixedConductor(0.1, 1e-2, 1e6, 25.0)
GEL = IonConductor(0.01, 1000.0)
MG = Plating(10.0, double_layer=0.1, electronic_resistance=5e-4)
GOLD = Blocking(0.1, 3e-4)
#: From where the profile fills the layer to where displacement takes over.
FREQUENCIES = np.geomspace(1e6, 1e-4, 21)


def cell(material: Any, negative: Any = MG, positive: Any = GOLD, **fields: Any) -> Cell:
    return Cell("one", negative, [Layer("m", material, LENGTH)], positive, area=1.0, series_resistance=1e-5, **fields)


def two(fraction: Any, rule: Any = None, **fields: Any) -> Composite:
    phases = [Phase("grains", GRAINS, fraction), Phase("gel", GEL)]
    return Composite(phases, rule or Bruggeman(), permittivity_mixing=Bruggeman(), **fields)


def worst(found: Any, expected: Any) -> float:
    return float(np.max(np.abs(np.asarray(found) / np.asarray(expected) - 1)))


MIXTURES = {
    "electrons do not percolate": two(0.2),
    "electrons percolate": two(0.6),
    "McLachlan": two(0.3, McLachlan("grains", threshold=0.16)),
    "pores": Porous(
        GRAINS,
        0.35,
        PoreExponent("liquid", 1.8),
        GEL,
        0.6,
        electronic_mixing=Bruggeman(),
        permittivity_mixing=Bruggeman(),
    ),
}
each_mixture = pytest.mark.parametrize("material", MIXTURES.values(), ids=MIXTURES)


def plain(material: Any) -> Any:
    """The plain material with the effective numbers."""
    reader = Reader(cell(material))
    ions, eps = ionic_conductivity(reader, PATH, material, T), permittivity(reader, PATH, material)
    if not has_electrons(material):
        return IonConductor(ions, eps)
    electrons = electronic_conductivity(reader, PATH, material, T)
    return MixedConductor(ions, electrons, chemical_capacitance(reader, PATH, material, T), eps)


# -- uniform ----------------------------------------------------------------------------------------------------------
@each_mixture
def test_a_uniform_mixture_is_the_layer_of_its_effective_numbers(material: Any) -> None:
    assert worst(exact(cell(material), FREQUENCIES), exact(cell(plain(material)), FREQUENCIES)) < 1e-13


@pytest.mark.parametrize("kind", ["electrons do not percolate", "pores"])
def test_a_uniform_mixture_behaves_like_that_layer_in_time(kind: str) -> None:
    material = MIXTURES[kind]
    protocol = mt.Polarization(voltage=0.01, duration="10 min")
    one, other = (mt.simulate(cell(item), protocol) for item in (material, plain(material)))
    # the same equations in another order of operations, integrated with rtol 1e-6
    np.testing.assert_allclose(one["current"], other["current"], rtol=1e-5, atol=1e-7 * abs(one["current"].values[0]))


@each_mixture
def test_both_routes_agree(material: Any) -> None:
    stack = LinearisedStack(cell(material), f_max=1e6)
    assert worst(stack.impedance(FREQUENCIES), exact(cell(material), FREQUENCIES)) < 3e-4  # the mesh's, see mesh.py


def test_a_composite_beside_other_layers() -> None:
    made = Cell(
        "three",
        MG,
        [
            Layer("a", GEL, 1e-4),
            Layer("m", two(0.6), LENGTH, area=1.3),
            Layer("b", MixedConductor(0.05, 1e-3, 2e6), 1e-4),
        ],
        GOLD,
        {"a-m": Junction(1e-3, 0.01), "m-b": Junction(2e-3, 0.02, electronic_resistance=1e-3)},
        area=1.0,
    )
    stack = LinearisedStack(made, f_max=1e6)
    assert worst(stack.impedance(FREQUENCIES), exact(made, FREQUENCIES)) < 3e-4


@each_mixture
def test_constriction_is_that_of_the_effective_numbers(material: Any) -> None:
    spots = Contact(0.3, 5e-5)
    electrode = Plating(10.0, double_layer=0.1, electronic_resistance=5e-4, contact=spots)
    made = cell(material, electrode, electrode)
    assert worst(exact(made, FREQUENCIES), exact(cell(plain(material), electrode, electrode), FREQUENCIES)) < 1e-13
    assert worst(LinearisedStack(made, f_max=1e6).impedance(FREQUENCIES), exact(made, FREQUENCIES)) < 3e-4


def test_defects_of_a_phase_follow_the_potential() -> None:
    """Closed form 5 with the formation factor of the structure in front."""
    n, p, constant = 1e-3, 1e-7, 1e-6
    grains = MixedConductor(0.5, DefectElectrons(n, p, constant), DefectCapacitance(1e5, 1e-8, 1e-8))
    made = Composite([Phase("grains", grains, 0.6), Phase("gel", IonConductor(0.4))], Bruggeman())
    ideal = cell(made, Plating(1e6, electronic_resistance=0.0), Blocking(None, 0.0)).with_({"series_resistance": 0})
    bias = 0.1
    ds = mt.simulate(ideal, mt.Polarization(voltage=bias, duration="1000 h"))
    f, factor = 96485.33212 / 8.314462618 / T, (3 * 0.6 - 1) / 2
    law = (n * (1 - math.exp(-f * bias)) + p * (math.exp(f * bias) - 1)) / f + constant * bias
    assert float(ds["current"][-1]) == pytest.approx(factor * law / LENGTH, rel=1e-5)  # rtol of the integration
    f = [1.0, 0.03, 1e-3]
    assert worst(LinearisedStack(ideal, f_max=1.0).impedance(f), exact(ideal, f)) < 3e-4


@pytest.mark.parametrize("fraction", [0.2, 0.6])
def test_derivatives_by_the_numbers_of_a_composite(fraction: float) -> None:
    made = cell(two(fraction, McLachlan("grains", threshold=0.4, s=0.9, t=1.8)))
    paths = [FRACTION, f"{PATH}.mixing.threshold", f"{PATH}.mixing.t", f"{PATH}.phases.gel.material.ionic_conductivity"]
    f = np.geomspace(1e5, 1e-3, 5)
    found = exact_jacobian(made, f, paths)
    for k, path in enumerate(paths):
        value, step = float(made.get(path)), 1e-4 * float(made.get(path))
        ends = exact(made, f, {path: [value - step, value + step]})
        difference = (ends[1] - ends[0]) / (2 * step)
        np.testing.assert_allclose(
            found[:, k], difference, rtol=1e-5, atol=1e-9 * np.max(np.abs(exact(made, f))) / value
        )


def test_overrides_and_inputs_reach_the_numbers_of_a_composite() -> None:
    made = cell(two(0.5))
    values, f = [0.4, 0.5, 0.9], np.geomspace(1e5, 1e-3, 5)
    rebuilt = np.array([exact(made.with_({FRACTION: value}), f) for value in values])
    np.testing.assert_allclose(exact(made, f, {FRACTION: values}), rebuilt, rtol=1e-12)
    stack = LinearisedStack(made, f_max=1e5, inputs=[FRACTION, f"{PATH}.phases.gel.material.ionic_conductivity"])
    for value in values:
        z = stack.impedance(f, stack.rest_state({FRACTION: value}), {FRACTION: value})
        assert worst(z, exact(made.with_({FRACTION: value}), f)) < 3e-4


def test_inputs_work_in_stock_pybamm() -> None:
    made = cell(two(0.2))
    model = mt.StackModel(made, inputs=[FRACTION])
    found = {}
    for value in (0.1, 0.3):
        experiment = pybamm.Experiment(["Discharge at 0.1 A for 10 seconds"])
        solution = pybamm.Simulation(model, experiment=experiment).solve(inputs={FRACTION: value})
        found[value] = solution["m potential drop [V]"].entries[-1]
        sigma = ionic_conductivity(Reader(cell(two(value))), PATH, two(value), T)
        assert found[value] == pytest.approx(0.1 * LENGTH / sigma, rel=1e-9)


# -- graded -----------------------------------------------------------------------------------------------------------
def thin(made: Cell, count: int) -> Cell:
    """The cell with its graded layer cut into uniform ones, each with the fractions of its middle."""
    (layer,) = made.layers
    rules = {"rule": layer.material.mixing, "electronic_mixing": layer.material.electronic_mixing}  # type: ignore[union-attr]
    edges = np.linspace(0, 1, count + 1)
    parts = []
    for k in range(count):
        fractions = layer.material.fractions(float((edges[k] + edges[k + 1]) / 2))  # type: ignore[union-attr]
        parts.append(Layer(f"m{k}", two(fractions["grains"], **rules), LENGTH / count))
    return made.with_({"layers": tuple(parts)})


GRADED = {
    "ion conductor": two(Linear(0.02, 0.3)),
    "ion conductor, ratio 100": two(
        Profile([0, 0.5, 1], [0.0, 0.8, 0.99]), PoreExponent("grains", 2.0), electronic_mixing=mt.WienerSeries()
    ),
    "mixed conductor": two(Linear(0.4, 0.7)),
}


@pytest.mark.parametrize("material", GRADED.values(), ids=GRADED)
def test_a_graded_layer_is_many_thin_ones(material: Any) -> None:
    """At second order in their number, until the mesh's own error shows."""
    made = cell(material)
    # thin layers cannot be finer than a diffusion profile: the upper end leaves it a tenth of the thickness
    f = np.geomspace(1e6, 1e-4, 21) if not has_electrons(material) else np.geomspace(1, 1e-5, 11)
    z = LinearisedStack(made, f_max=float(f[0])).impedance(f)
    error = [worst(exact(thin(made, count), f), z) for count in (10, 20, 40)]
    assert error[2] < 4e-4
    assert error[0] / error[1] == pytest.approx(4, rel=0.3)


def test_simulate_takes_the_mesh_and_says_so() -> None:
    made = cell(GRADED["mixed conductor"])
    ds = mt.simulate(made, mt.EIS(1e3, 0.1, points=5))
    assert "mesh" in ds.attrs["route"] and "m is graded" in ds.attrs["route"]
    uniform = mt.simulate(cell(two(0.5)), mt.EIS(1e3, 0.1, points=5))
    assert uniform.attrs["route"] == "exact, at rest"


def test_steady_resistances_are_integrals() -> None:
    """Ions between plating electrodes, electrons between inert ones: the integral of 1/sigma(x)."""
    low, high = 0.1, 0.9
    made = two(Linear(low, high), WienerParallel())
    ions = [low * 0.1 + (1 - low) * 0.01, high * 0.1 + (1 - high) * 0.01]
    through = LENGTH * math.log(ions[1] / ions[0]) / (ions[1] - ions[0])
    electrons = LENGTH * math.log(high / low) / (high - low) / 1e-2
    blocker = Plating(10.0, electronic_resistance=math.inf)
    blocked = cell(made, blocker, blocker)
    ct = 2 * 8.314462618 * T / (2 * 96485.33212 * 10.0)
    z = LinearisedStack(blocked, f_max=1e3).impedance([1e-9])
    assert z[0].real == pytest.approx(through + ct + 1e-5, rel=1e-5)  # a midpoint rule on the mesh
    inert = cell(made, Blocking(None, 0.0), Blocking(None, 0.0))
    z = LinearisedStack(inert, f_max=1e3).impedance([1e-9])
    assert z[0].real == pytest.approx(electrons + 1e-5, rel=1e-4)  # second order of the mesh
    ds = mt.simulate(inert, mt.Polarization(voltage=0.01, duration="1000 h"))
    assert float(ds["current"][-1]) == pytest.approx(0.01 / (electrons + 1e-5), rel=2e-3)  # the coarser mesh in time


def test_displacement_is_local() -> None:
    """Z of sigma(x) + i omega eps(x) in series; one lumped capacitor would be wrong by tens of percent."""
    material = GRADED["ion conductor, ratio 100"]
    made = cell(material, Plating(1e9), Plating(1e9))
    f = np.geomspace(1e4, 1e9, 11)
    reader, x = Reader(made), (np.arange(20000) + 0.5) / 20000
    sigma = ionic_conductivity(reader, PATH, material, T, x)
    eps = permittivity(reader, PATH, material, x) * VACUUM
    admittance = sigma + 2j * np.pi * f[:, np.newaxis] * eps
    expected = LENGTH * np.mean(1 / admittance, axis=1) + 1e-5
    found = LinearisedStack(made, f_max=1e9).impedance(f)
    assert worst(found, expected) < 1e-4
    lumped = 1 / (1 / (LENGTH * np.mean(1 / sigma)) + 2j * np.pi * f / (LENGTH * np.mean(1 / eps))) + 1e-5
    assert worst(lumped, expected) > 0.2


@pytest.mark.parametrize("kind", ["ion conductor", "mixed conductor"])
def test_derivatives_of_a_graded_layer(kind: str) -> None:
    made = cell(GRADED[kind])
    paths = [f"{FRACTION}.left", f"{FRACTION}.right", f"{PATH}.phases.gel.material.ionic_conductivity", "temperature"]
    protocol = mt.EIS(10.0, 1e-3, points=3)
    found = mt.impedance_jacobian(made, protocol, paths)
    assert "adjoint" in found.attrs["route"] and "at rest" in found.attrs["route"]
    stack = LinearisedStack(made, f_max=10.0, inputs=paths)
    for k, path in enumerate(paths):
        value, step = float(made.get(path)), 1e-3 * float(made.get(path))
        ends = [
            stack.impedance(found["frequency"].values, stack.rest_state({path: v}), {path: v})
            for v in (value - step, value + step)
        ]
        difference = (ends[1] - ends[0]) / (2 * step)
        scale = np.max(np.abs(difference))
        np.testing.assert_allclose(found["impedance_jacobian"][:, k], difference, rtol=1e-4, atol=1e-5 * scale)


def test_the_neutral_component_is_conserved_where_electrons_are_blocked() -> None:
    made = cell(two(Linear(0.4, 0.7)), Plating(10.0), Plating(10.0, electronic_resistance=math.inf))
    made = made.with_({"negative.electronic_resistance": math.inf})
    ds = mt.simulate(made, mt.Galvanostatic(current=1.0, duration="1 h"))
    E = ds["local_potential"].isel(time=-1).values
    x = ds["x"].values
    assert np.ptp(E) > 1e-5
    edges = [0.0]
    for node in x:  # in the middle of two faces
        edges.append(2 * node - edges[-1])
    amount = (
        np.array([two(0.4 + 0.3 * position / LENGTH).fractions()["grains"] for position in x]) * 1e6 * np.diff(edges)
    )
    assert abs(np.sum(amount * E)) < 1e-6 * np.sum(amount * np.abs(E))  # finite volumes conserve it but for rounding


def test_a_graded_layer_runs_in_every_protocol() -> None:
    made = cell(GRADED["ion conductor"], Plating(10.0, double_layer=0.1), Plating(10.0, double_layer=0.1))
    for protocol in (
        mt.Galvanostatic(current=1.0, duration="1 min"),
        mt.Voltammetry(-0.01, 0.01, "1 mV/s"),
        mt.Cycling(current=1.0, half_cycle="1 min", cycles=2),
        mt.EIS(1e3, 1.0, points=3, bias=mt.Voltage(0.01)),
    ):
        ds = mt.simulate(made, protocol)
        assert "mesh" in ds.attrs["route"]
    run = mt.simulate(made, mt.Galvanostatic(current=1.0, duration="1 min"))
    kept = mt.simulate(made, mt.EIS(1e3, 1.0, points=3), start=run)
    rest = mt.simulate(made, mt.EIS(1e3, 1.0, points=3))
    # Butler-Volmer at 1 A/m2 on i0 = 10 A/m2 is a little less than linear
    assert worst(kept["impedance"], rest["impedance"]) < 0.05


def test_reversed_stack() -> None:
    made = cell(GRADED["mixed conductor"])
    mirrored = made.reversed().with_({f"{FRACTION}.left": 0.7, f"{FRACTION}.right": 0.4})
    f = np.geomspace(1e4, 1e-3, 8)
    one, other = (LinearisedStack(item, f_max=1e4).impedance(f) for item in (made, mirrored))
    assert worst(one, other) < 1e-9


def test_direct_current_limit_of_a_uniform_composite() -> None:
    made = cell(two(0.6))
    assert exact_laplace(made, 0).real == pytest.approx(exact_laplace(cell(plain(two(0.6))), 0).real, rel=1e-13)
