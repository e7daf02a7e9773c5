"""Rest potentials (theory.md §3.1)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mgtwin.cells import (
    Blocking,
    Cell,
    DefectCapacitance,
    DefectElectrons,
    IonConductor,
    Junction,
    Layer,
    MixedConductor,
    Plating,
    Reader,
)
from mgtwin.cells.rest import (
    FARADAY,
    GAS_CONSTANT,
    chemical_capacitance,
    electronic_conductivity,
    integral_of_saturating_exp,
    rest_potentials,
    saturating_exp,
)

GOLD, METAL = Blocking(0.1), Plating(0.05)
ISOLATED_GOLD, ISOLATED_METAL = Blocking(0.1, math.inf), Plating(0.05, electronic_resistance=math.inf)
ION = IonConductor(0.26)


def mixed(potential, storage=1e6, electrons=1e-6):
    return MixedConductor(0.05, electrons, storage, rest_potential=potential)


def stack(negative, materials, positive, interfaces=None):
    layers = [Layer(f"l{k}", material, 1e-4) for k, material in enumerate(materials)]
    return Cell("x", negative, layers, positive, interfaces or {})


@pytest.mark.parametrize(
    ("negative", "materials", "positive", "interfaces", "layers", "etas"),
    [
        (GOLD, [mixed(0.4)], GOLD, {}, (0.4,), (0.4, -0.4)),
        (GOLD, [mixed(0.4)], METAL, {}, (0.0,), (0.0, 0.0)),
        (METAL, [mixed(0.4)], METAL, {}, (0.0,), (0.0, 0.0)),
        (ISOLATED_METAL, [mixed(0.4)], GOLD, {}, (0.4,), (0.0, -0.4)),
        (ISOLATED_GOLD, [mixed(0.4)], ISOLATED_GOLD, {}, (0.4,), (0.0, 0.0)),
        (METAL, [ION, mixed(0.4), ION], GOLD, {}, (None, 0.4, None), (0.0, 0.0)),
        (GOLD, [ION], GOLD, {}, (None,), (0.0, 0.0)),
        (GOLD, [mixed(0.4), mixed(0.1)], GOLD, {"l0-l1": Junction()}, (0.4, 0.1), (0.4, -0.1)),
        (GOLD, [mixed(0.4), mixed(0.1)], METAL, {"l0-l1": Junction()}, (0.4, 0.0), (0.4, 0.0)),
        (GOLD, [mixed(0.4), mixed(0.1)], METAL, {"l0-l1": Junction(0, None, 5.0)}, (0.0, 0.0), (0.0, 0.0)),
        (GOLD, [mixed(0.4), mixed(0.1)], GOLD, {}, (0.25, 0.25), (0.25, -0.25)),
        (GOLD, [mixed(0.4, 3e6), mixed(0.0)], GOLD, {}, (0.3, 0.3), (0.3, -0.3)),
        (METAL, [mixed(0.4), ION, mixed(0.1), mixed(0.3)], GOLD, {}, (0.0, None, 0.2, 0.2), (0.0, -0.2)),
    ],
)
def test_groups(negative, materials, positive, interfaces, layers, etas):
    rest = rest_potentials(stack(negative, materials, positive, interfaces))
    assert rest.layers == pytest.approx(layers, abs=1e-15)
    assert (rest.negative, rest.positive) == pytest.approx(etas, abs=1e-15)
    assert all(isinstance(value, float) for value in (*rest.layers, *rest[1:]) if value is not None)


def test_area_and_thickness_weigh():
    layers = [Layer("a", mixed(0.4), 1e-4, 3e-4), Layer("b", mixed(0.1), 2e-4)]
    rest = rest_potentials(Cell("x", GOLD, layers, GOLD, area=1e-4))
    assert rest.layers[0] == pytest.approx((0.4 * 3 + 0.1 * 2) / 5, rel=1e-14)


def test_a_storage_that_depends_on_the_potential_is_conserved():
    electrons = DefectElectrons(1e-7, 1e-10)
    materials = [mixed(p, DefectCapacitance(1e4, 1e-11, 1e-11), electrons) for p in (0.02, 0.5)]
    cell = stack(GOLD, materials, GOLD)
    shared = rest_potentials(cell).layers
    assert shared[0] == shared[1] and 0.02 < shared[0] < 0.5
    reader, T = Reader(cell), cell.temperature

    def stored(k, potential):
        return chemical_capacitance(reader, f"layers.l{k}.material", materials[k], T, potential, integrated=True)

    given = [stored(0, 0.02) - stored(0, shared[0]), stored(1, 0.5) - stored(1, shared[1])]
    assert sum(given) == pytest.approx(0, abs=1e-10 * abs(given[0]))


def test_electrons_at_a_potential():
    cell = stack(GOLD, [mixed(0.1, DefectCapacitance(10.0, 1e-8, 1e-9), DefectElectrons(2.0, 3.0, 4.0))], GOLD)
    material, path, reader = cell.layers[0].material, "layers.l0.material", Reader(cell)
    f = FARADAY / (GAS_CONSTANT * 300.0)
    sigma = electronic_conductivity(reader, path, material, 300.0, 0.02)
    assert sigma == pytest.approx(2 * math.exp(-f * 0.02) + 3 * math.exp(f * 0.02) + 4)
    step = 1e-5
    c = chemical_capacitance(reader, path, material, 300.0, 0.02)
    assert c == pytest.approx(10 + f * (2e8 * math.exp(-f * 0.02) + 3e9 * math.exp(f * 0.02)))
    ends = [chemical_capacitance(reader, path, material, 300.0, 0.02 + d, integrated=True) for d in (-step, step)]
    assert (ends[1] - ends[0]) / (2 * step) == pytest.approx(c, rel=1e-6)


def test_saturating_exponential():
    x = np.array([-800.0, -1.0, 0.0, 39.9999])
    np.testing.assert_allclose(saturating_exp(x), np.exp(x))
    assert saturating_exp(50.0) == pytest.approx(11 * math.exp(40))
    for point in (-1.0, 39.99999, 40.00001, 50.0):
        slope = (integral_of_saturating_exp(point + 1e-4) - integral_of_saturating_exp(point - 1e-4)) / 2e-4
        assert slope == pytest.approx(saturating_exp(point), rel=1e-6)


def test_batches_of_parameter_sets():
    """Where contacts open and close within a batch, so do the groups."""
    junctions = {"l0-l1": Junction(0, None, 1), "l1-l2": Junction(0, None, 1)}
    cell = stack(GOLD, [mixed(0.4), mixed(0.1), mixed(0.3)], METAL, junctions)
    values = {
        "interfaces.l0-l1.electronic_resistance": np.array([1.0, math.inf, 1.0, math.inf, 0.0]),
        "interfaces.l1-l2.electronic_resistance": np.array([0.0, 1.0, math.inf, math.inf, 1.0]),
        "positive.electronic_resistance": np.array([math.inf, math.inf, 1.0, 1.0, 1.0]),
        "layers.l0.material.rest_potential": np.array([0.4, 0.4, 0.5, 0.4, 0.4]),
    }
    rest = rest_potentials(cell, Reader(cell, lambda path, value: values.get(path, value)))
    for k in range(5):
        alone = rest_potentials(cell.with_({path: array[k] for path, array in values.items()}))
        found = [np.broadcast_to(value, 5)[k] for value in (*rest.layers, rest.negative, rest.positive)]
        assert found == pytest.approx([*alone.layers, alone.negative, alone.positive], abs=1e-12)
