"""Resistance of grain boundaries to electrons, ``1/sigma_eff = 1/sigma_eon + R/d``: closed forms, mesh, time."""

from __future__ import annotations

import math

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import analysis
from mgtwin.cells import (
    CPE,
    Blocking,
    Cell,
    DefectElectrons,
    GrainBoundary,
    IonConductor,
    Layer,
    MixedConductor,
    Plating,
)
from mgtwin.cells.questions import electronic_conductivity, transport_number
from mgtwin.errors import InputError
from mgtwin.impedance.derivatives import exact_jacobian
from mgtwin.impedance.exact import exact, exact_laplace
from mgtwin.impedance.limits import plateaus
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.kinds.mixing.wiener import WienerParallel

FREQUENCIES = np.logspace(-4, 6, 31)
THICKNESS, IONIC, ELECTRONIC, STORAGE = 1e-3, 0.05, 0.02, 1e6
#: 2 um between boundaries of 1e-4 ohm m2: 50 ohm m outside the grains and 50 in them.
NECKS = GrainBoundary(1e-7, None, 2e-6, 1e-4)
EFFECTIVE = 0.01


def worst(found, expected):
    return np.max(np.abs(found - expected) / np.abs(expected))


def cells(electrons: float, necks: GrainBoundary | None) -> dict[str, Cell]:
    """Every combination of what passes at the ends, between grains whose boundaries ions pay, too."""
    material = MixedConductor(IONIC, electrons, STORAGE, 50.0, necks)
    layers = [Layer("m", material, THICKNESS, 1.2e-4)]
    gold = Blocking(CPE(0.1, 0.9), electronic_resistance=2e-3)
    plating = Plating(5.0, double_layer=0.1, film_resistance=1e-3)
    sealed = Plating(5.0, double_layer=0.1, electronic_resistance=math.inf)
    pairs = {"blocking": (gold, gold), "half": (plating, gold), "reversible": (plating, plating)}
    pairs["isolated"] = (sealed, sealed)
    return {name: Cell("c", left, layers, right, area=1e-4) for name, (left, right) in pairs.items()}


@pytest.mark.parametrize("name", cells(1.0, None))
def test_a_layer_with_necks_is_a_layer_of_their_effective_conductivity(name: str) -> None:
    """Also in a batch, and under its derivative by the chain rule of 1/sigma."""
    given, equal = cells(ELECTRONIC, NECKS)[name], cells(EFFECTIVE, GrainBoundary(1e-7, None, 2e-6))[name]
    assert worst(exact(given, FREQUENCIES), exact(equal, FREQUENCIES)) < 1e-12
    path = "layers.m.material.grain_boundary.electronic_resistance"
    batch = exact(cells(ELECTRONIC, NECKS)[name], FREQUENCIES, {path: [0.0, 1e-4, 3e-4]})
    for z, sigma in zip(batch, (0.02, 0.01, 0.005), strict=True):
        expected = exact(equal.with_({"layers.m.material.electronic_conductivity": sigma}), FREQUENCIES)
        assert worst(z, expected) < 1e-12

    (by_necks,) = exact_jacobian(given, FREQUENCIES, [path]).T
    (by_sigma,) = exact_jacobian(equal, FREQUENCIES, ["layers.m.material.electronic_conductivity"]).T
    size = np.max(np.abs(by_sigma))
    # a jacobian is itself good to 1e-8 (test_derivatives.py)
    assert np.max(np.abs(by_necks + by_sigma * EFFECTIVE**2 / 2e-6)) < 1e-8 * size * EFFECTIVE**2 / 2e-6


def test_direct_current_by_hand_exact_limit_mesh_and_time() -> None:
    """Between gold: contacts 2 x 2 mohm m2, then L (1/sigma_eon + R/d) over the layer's larger area."""
    cell = cells(ELECTRONIC, NECKS)["blocking"].with_({"*.double_layer": 0.1})
    by_hand = (2 * 2e-3 + THICKNESS * (1 / ELECTRONIC + 1e-4 / 2e-6) / 1.2) / 1e-4
    assert exact_laplace(cell, [0.0]).real[0] == pytest.approx(by_hand, rel=1e-12)
    assert plateaus(cell).steady == pytest.approx(by_hand, rel=1e-12)
    assert electronic_conductivity(cell, "m") == pytest.approx(EFFECTIVE, rel=1e-12)
    ionic = 1 / (1 / IONIC + 1e-7 / 2e-6)
    assert transport_number(cell, "m") == pytest.approx(ionic / (ionic + EFFECTIVE), rel=1e-12)
    z = LinearisedStack(cell, f_max=1e3).impedance(FREQUENCIES[:20])
    assert worst(z, exact(cell, FREQUENCIES[:20])) < 2e-4  # growth^2/12 of the default mesh
    run = mt.simulate(cell, mt.Polarization(["50 mV", "100 mV"], "20 h"))
    assert run["voltage"].values[-1] / run["current"].values[-1] == pytest.approx(by_hand, rel=1e-4)
    grains = analysis.slope_conductivity(run, without=["contacts", "grain_boundaries"])
    assert grains == pytest.approx(ELECTRONIC, rel=1e-4)
    assert "grain boundaries of 417 ohm taken off" in grains.remark
    contacts = analysis.slope_conductivity(run, without=["contacts"])
    assert contacts == pytest.approx(EFFECTIVE, rel=1e-4)
    assert contacts == analysis.slope_conductivity(run, without_contacts=True)


def test_necks_of_no_resistance_are_none_and_files_keep_them() -> None:
    none, zero = (GrainBoundary(1e-7, None, 2e-6, value) for value in (None, 0.0))
    without, with_zero = cells(ELECTRONIC, none)["half"], cells(ELECTRONIC, zero)["half"]
    assert np.array_equal(exact(without, FREQUENCIES), exact(with_zero, FREQUENCIES))
    given = cells(ELECTRONIC, GrainBoundary(1e-7, None, 2e-6, "1 ohm*cm^2"))["half"]
    assert Cell.from_yaml(given.to_yaml()).identical(given)


def test_the_necks_of_a_phase_are_in_the_mixture_and_can_be_taken_off() -> None:
    """Parallel slabs: half of the layer conducts electrons, through its own boundaries."""
    phase = MixedConductor(IONIC, ELECTRONIC, STORAGE, grain_boundary=NECKS)
    mixture = mt.Composite([mt.Phase("grains", phase, 0.5), mt.Phase("rest", mt.Insulator(), 0.5)], WienerParallel())
    cell = Cell("c", Blocking(0.1), [Layer("m", mixture, THICKNESS)], Blocking(0.1), area=1e-4)
    assert electronic_conductivity(cell, "m") == pytest.approx(EFFECTIVE / 2, rel=1e-12)
    run = mt.simulate(cell, mt.Polarization(["50 mV", "100 mV"], "20 h"))
    grains = analysis.slope_conductivity(run, without=["grain_boundaries"])
    assert grains == pytest.approx(ELECTRONIC / 2, rel=1e-4)


def test_a_kept_model_answers_with_its_own_necks() -> None:
    """Two cells of one structure in turn: what the second reads must not be the first one's."""
    steady = []
    for resistance in (1e-4, 2e-4, 1e-4):
        necks = GrainBoundary(1e-7, None, 2e-6, resistance)
        run = mt.simulate(cells(ELECTRONIC, necks)["half"], mt.Galvanostatic("1 uA", "1 h"), route=mt.Mesh())
        steady.append(run["voltage"].values)
    assert np.array_equal(steady[0], steady[2])
    assert not np.allclose(steady[0], steady[1], rtol=1e-3)


def test_what_has_no_equations_is_refused() -> None:
    with pytest.raises(InputError, match="does not depend on E"):
        MixedConductor(IONIC, DefectElectrons(1e-3, 1e-3), STORAGE, grain_boundary=NECKS)
    with pytest.raises(InputError, match="ions only"):
        IonConductor(IONIC, grain_boundary=NECKS)
    path = "layers.m.material.grain_boundary.electronic_resistance"
    with pytest.raises(InputError, match="electronic_resistance"):
        exact(cells(ELECTRONIC, NECKS)["half"], FREQUENCIES, {path: [-1e-5]})
    with pytest.raises(InputError, match="Did you mean 'grain_boundaries'"):
        analysis.slope_conductivity(
            mt.simulate(cells(ELECTRONIC, NECKS)["blocking"], mt.Polarization(["0.1 V"], "1 h")),
            without=["grain_boundary"],
        )
