"""The mesh-free impedance against closed forms 1-4 and the limits of theory.md §6, through real cells."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mgtwin.cells import (
    Blocking,
    Cell,
    DefectElectrons,
    GrainBoundary,
    IonConductor,
    Junction,
    Layer,
    MixedConductor,
    Plating,
)
from mgtwin.impedance.exact import exact, exact_laplace

from . import oracles
from .stacks import worst

FREQUENCIES = np.logspace(-9, 9, 181)
AREA = 0.7e-4
#: An electrode whose ions pass for nothing, as far as 1e-10 can tell.
IDEAL_IONS = 1e30

ION_BLOCKING = Blocking(None)
REVERSIBLE = Plating(IDEAL_IONS)
ELECTRON_BLOCKING = Plating(IDEAL_IONS, electronic_resistance=math.inf)

FORMS = {
    "ion-blocking": (ION_BLOCKING, ION_BLOCKING, oracles.ion_blocking),
    "electron-blocking": (ELECTRON_BLOCKING, ELECTRON_BLOCKING, oracles.electron_blocking),
    "reversible": (REVERSIBLE, REVERSIBLE, oracles.reversible),
    "half-blocking": (ION_BLOCKING, REVERSIBLE, oracles.half_blocking),
    "half-blocking, mirrored": (REVERSIBLE, ION_BLOCKING, oracles.half_blocking),
}

#: thickness, sigma_ion, sigma_eon, c_chem: the paper's, then ratios of 1e-12 and 1e12, then kappa L up to 1e6.
NUMBERS = {
    "Mg3AsN": (0.65e-3, 0.0554, 4.9e-6, 1e7),
    "electrons 1e-12": (0.65e-3, 1.0, 1e-12, 1e3),
    "electrons 1e12": (0.65e-3, 1e-8, 1e4, 1e3),
    "equal": (1e-3, 1e-3, 1e-3, 1e6),
    "thick": (1e-2, 0.05, 0.05, 1e6),
}


@pytest.mark.parametrize("numbers", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_closed_forms(form, numbers):
    negative, positive, formula = form
    thickness, ionic, electronic, storage = numbers
    cell = Cell("x", negative, [Layer("m", MixedConductor(ionic, electronic, storage), thickness)], positive, area=AREA)
    expected = formula(2j * np.pi * FREQUENCIES, thickness, ionic, electronic, storage) / AREA
    assert worst(exact(cell, FREQUENCIES), expected) < 1e-10


def test_closed_forms_reach_a_million_diffusion_lengths():
    thickness, ionic, electronic, storage = NUMBERS["thick"]
    diffusivity = ionic * electronic / (ionic + electronic) / storage
    assert thickness * math.sqrt(2 * math.pi * 1e9 / diffusivity) > 1e6


def test_closed_forms_meet_between_ion_conductors():
    """Form 2 inside a trilayer: the buffers block electrons and add their resistance."""
    thickness, ionic, electronic, storage = NUMBERS["Mg3AsN"]
    buffer = IonConductor(0.26)
    stack = [Layer("a", buffer, 5e-4), Layer("m", MixedConductor(ionic, electronic, storage), thickness)]
    stack += [Layer("b", buffer, 2e-4)]
    cell = Cell("x", Plating(0.05), stack, Plating(0.05), area=AREA, series_resistance=1e-3)
    transfer = oracles.GAS_CONSTANT * cell.temperature / (2 * oracles.FARADAY * 0.05)
    middle = oracles.electron_blocking(2j * np.pi * FREQUENCIES, thickness, ionic, electronic, storage)
    expected = (middle + 7e-4 / 0.26 + 2 * transfer + 1e-3) / AREA
    assert worst(exact(cell, FREQUENCIES), expected) < 1e-10


def test_randles_circuit():
    """Film and charge transfer in parallel with the double layer, geometric capacitance, junction R-C."""
    s = 2j * np.pi * FREQUENCIES
    electrode = Plating(0.05, double_layer=0.1, film_resistance=0.02)
    stack = [Layer("a", IonConductor(0.26, 12.0), 5e-4), Layer("b", IonConductor(0.01), 1e-4)]
    cell = Cell("x", electrode, stack, Blocking(0.3), {"a-b": Junction(4e-3, 0.02)}, area=AREA)
    transfer = oracles.GAS_CONSTANT * 298.15 / (2 * oracles.FARADAY * 0.05) + 0.02
    layers = 5e-4 / (0.26 + s * 12 * oracles.VACUUM_PERMITTIVITY) + 1e-2
    expected = (1 / (1 / transfer + s * 0.1) + layers + 4e-3 / (1 + s * 4e-3 * 0.02) + 1 / (s * 0.3)) / AREA
    assert worst(exact(cell, FREQUENCIES), expected) < 1e-10


def test_three_plateaus():
    """Form 6 in the frequency domain, each sampled between well separated time constants."""
    thickness, ionic, electronic, storage = 1e-3, 0.05, 1e-4, 1e14
    contact, series = 2.0, 0.5
    gold = Blocking(1e-2, electronic_resistance=contact)
    cell = Cell(
        "x",
        gold,
        [Layer("m", MixedConductor(ionic, electronic, storage), thickness)],
        gold,
        area=AREA,
        series_resistance=series,
    )
    plateaus = oracles.plateaus(thickness, ionic, electronic, contact, series)
    z = exact_laplace(cell, [1e6, 1e-2, 0.0]).real * AREA
    assert z[0] == pytest.approx(plateaus.shorted, rel=1e-3)
    assert z[1] == pytest.approx(plateaus.charged, rel=1e-2)
    assert z[2] == pytest.approx(plateaus.steady, rel=1e-12)


@pytest.mark.parametrize("blocked", [True, False], ids=["electrons blocked", "electrons pass"])
def test_grain_boundaries(blocked):
    """In series on the ionic rail where electrons are blocked at both faces, else folded into sigma_ion."""
    s = 2j * np.pi * FREQUENCIES
    thickness, ionic, electronic, storage = NUMBERS["Mg3AsN"]
    boundary, count = GrainBoundary(1e-7, 1e-2, 2e-6), thickness / 2e-6
    material = MixedConductor(ionic, electronic, storage, grain_boundary=boundary)
    electrode = Plating(IDEAL_IONS, electronic_resistance=math.inf if blocked else 0.0)
    cell = Cell("x", electrode, [Layer("m", material, thickness)], electrode, area=AREA)
    if blocked:
        bulk = oracles.electron_blocking(s, thickness, ionic, electronic, storage)
        expected = bulk + count * 1e-7 / (1 + s * 1e-9)
    else:
        expected = oracles.reversible(s, thickness, 1 / (1 / ionic + 1e-7 / 2e-6), electronic, storage)
    assert worst(exact(cell, FREQUENCIES), expected / AREA) < 1e-10


def test_grain_boundaries_of_an_ion_conductor_and_no_capacitance():
    layer = Layer("a", IonConductor(0.26, grain_boundary=GrainBoundary(1e-7, None, 2e-6)), 5e-4)
    cell = Cell("x", Plating(IDEAL_IONS), [layer], Plating(IDEAL_IONS), area=AREA)
    assert worst(exact(cell, [1.0]), (5e-4 / 0.26 + 250 * 1e-7) / AREA) < 1e-10


def test_defect_electrons_conduct_as_at_rest():
    """sigma_eon is that of E0: 0 beside Mg, the rest potential of the layer between inert electrodes."""
    thermal = oracles.GAS_CONSTANT * 298.15 / oracles.FARADAY
    electrons = DefectElectrons(1e-6, 1e-9, 1e-8)
    layer = Layer("m", MixedConductor(0.05, electrons, 1e6, rest_potential=0.1), 1e-3)
    for negative, potential in ((Blocking(None), 0.1), (Plating(IDEAL_IONS), 0.0)):
        cell = Cell("x", negative, [layer], Blocking(None), area=AREA)
        electronic = 1e-6 * math.exp(-potential / thermal) + 1e-9 * math.exp(potential / thermal) + 1e-8
        form = oracles.ion_blocking if potential else oracles.half_blocking
        expected = form(2j * np.pi * FREQUENCIES, 1e-3, 0.05, electronic, 1e6) / AREA
        assert worst(exact(cell, FREQUENCIES), expected) < 1e-10


def test_limits():
    """Form 11: R_s where everything stores charge; the bulk with the dielectric off; Hebb-Wagner's slope at V = 0."""
    thickness, ionic, electronic, storage = NUMBERS["Mg3AsN"]
    gold = Blocking(0.1)
    dielectric = MixedConductor(ionic, electronic, storage, 20.0)
    plain = MixedConductor(ionic, electronic, storage)
    for material, bulk in ((dielectric, 0.0), (plain, thickness / (ionic + electronic))):
        cell = Cell("x", gold, [Layer("m", material, thickness)], gold, area=AREA, series_resistance=1e-4)
        assert exact_laplace(cell, 1e18).real * AREA == pytest.approx(bulk + 1e-4, rel=1e-4)
    electrons = DefectElectrons(1e-6, 1e-9, 1e-8)
    layer = Layer("m", MixedConductor(0.05, electrons, storage), thickness)
    cell = Cell("x", Plating(IDEAL_IONS), [layer], Blocking(0.1), area=AREA)
    slope = oracles.hebb_wagner(1e-7, thickness, 1e-6, 1e-9, 1e-8) / 1e-7
    assert exact_laplace(cell, 0).real == pytest.approx(1 / slope / AREA, rel=1e-5)
