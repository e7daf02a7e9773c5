"""Questions of the cell and limits of its impedance: by hand, and against the impedance far up in frequency."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.cells.carriers import Carrier
from mgtwin.cells.questions import (
    constriction,
    contact_resistance,
    electronic_conductivity,
    equilibrium,
    faces,
    ionic_conductivity,
    passes,
    salt_transport,
    transport_number,
)
from mgtwin.impedance import exact_laplace
from mgtwin.impedance.limits import dc_resistance, plateaus

IONIC, ELECTRONIC, THICKNESS = 0.05, 0.01, 1e-3  # S/m, m
MIXED = mt.MixedConductor(IONIC, ELECTRONIC, "1 F/cm^3")


def gold(**fields: object) -> mt.Blocking:
    return mt.Blocking("10 uF/cm^2", electronic_resistance="50 ohm*cm^2", **fields)  # type: ignore[arg-type]


def between_gold(material: object = MIXED, **fields: object) -> mt.Cell:
    """Au, mixed conductor 0.5/0.1 mS/cm, 1 mm, Au, R_e 50 ohm cm2 on both sides, 1 cm2."""
    return mt.Cell("au_au", gold(**fields), [mt.Layer("mixed", material, THICKNESS)], gold(**fields))


# -- the table of architecture.md §6, by hand ------------------------------------------------------------------------
def test_plateaus_of_form_6() -> None:
    found = plateaus(between_gold())
    assert found.shorted == pytest.approx(1e3 / 6, rel=1e-12)
    assert found.charged == pytest.approx(1e3 / 6 + 100, rel=1e-12)
    assert found.steady == pytest.approx(1100, rel=1e-12)


def test_plateaus_with_a_contact() -> None:
    """Per side R_e/a = 500 ohm cm2, and L_c/sigma_eon with the spreading length of a = 0.1, b = 20 um."""
    e = math.sqrt(0.1)
    psi = (1 - e) ** 2 * (1 + 0.5984 * e + 0.0891 * e**2 + 0.4705 * e**3 - 0.5343 * e**4 + 0.3747 * e**5)
    length = math.pi / 4 * 20e-6 * psi / e
    cell = between_gold(contact=mt.Contact(0.1, "20 um"))
    found = plateaus(cell)
    contacts = 2 * (500e-4 + length / ELECTRONIC)
    assert found.charged == pytest.approx(1e4 * (THICKNESS / (IONIC + ELECTRONIC) + contacts), rel=1e-12)
    assert found.steady == pytest.approx(1e4 * (THICKNESS / ELECTRONIC + contacts), rel=1e-12)
    assert (round(found.charged, 3), round(found.steady, 3)) == (1222.817, 2056.150)
    # shorted double layers leave the spots of the ions, beside the electrons' contact
    spots, electrons = length / IONIC, 500e-4 + length / ELECTRONIC
    expected = THICKNESS / (IONIC + ELECTRONIC) + 2 * spots * electrons / (spots + electrons)
    assert found.shorted == pytest.approx(1e4 * expected, rel=1e-12)
    assert contact_resistance(cell, "negative", Carrier.ELECTRONS) == pytest.approx(electrons, rel=1e-12)
    assert constriction(cell, "negative", Carrier.IONS) == pytest.approx(spots, rel=1e-12)


def test_plateaus_and_transport_number_with_grain_boundaries() -> None:
    """1 ohm cm2 every micrometre: 2 + 10 kohm cm of the ions, 1/12 mS/cm beside the electrons' 0.1 mS/cm."""
    boundary = mt.GrainBoundary("1 ohm*cm^2", None, "1 um")
    cell = between_gold(mt.MixedConductor(IONIC, ELECTRONIC, "1 F/cm^3", grain_boundary=boundary))
    assert round(plateaus(cell).shorted, 3) == 545.455
    assert plateaus(cell).shorted == pytest.approx(100 / (1 / 12 + 0.1), rel=1e-12)
    assert transport_number(cell, "mixed") == pytest.approx(5 / 11, rel=1e-12)
    assert ionic_conductivity(cell, "mixed") == pytest.approx(0.1 / 12, rel=1e-12)


def wet_pores(**fields: object) -> mt.Cell:
    solution = mt.BinaryElectrolyte("0.1 mol/L", "1 mS/cm", "1e-6 cm^2/s", 0.5)
    wet = mt.Porous(mt.Insulator(), 0.5, mt.PoreExponent("liquid", 1.5), solution, 1.0)
    magnesium = mt.Plating("1 mA/cm^2")
    return mt.Cell("mg_mg", magnesium, [mt.Layer("wet", wet, "1 mm")], magnesium, **fields)  # type: ignore[arg-type]


def test_limiting_current_of_wet_pores() -> None:
    """2 zF F_D c_0/((1 - t_+) L) with F_D = eps^1.5 D."""
    by_hand = 2 * 2 * 96485.33212 * 0.5**1.5 * 1e-10 * 100 / (0.5 * 1e-3)
    found = mt.analysis.limiting_current(wet_pores())
    assert found.density == pytest.approx(by_hand, rel=1e-12)
    assert round(found.density / 10, 5) == 0.27290  # mA/cm2
    assert found.deposition_layer == found.dissolution_layer == "wet"


# -- true limits against the impedance with storages that are nearly 0 or inf ------------------------------------------
def random_cell(rng: np.random.Generator) -> mt.Cell:
    """Up to three layers of ions, ions and electrons, or salt; contacts, films, grain boundaries, junctions."""

    def maybe(value: object) -> object:
        return value if rng.random() < 0.5 else None

    def spread(low: float, high: float) -> float:
        return float(10 ** rng.uniform(np.log10(low), np.log10(high)))

    def contact() -> object:
        return maybe(mt.Contact(float(rng.uniform(0.05, 1)), spread(1e-6, 1e-4)))

    def boundary() -> object:
        return maybe(mt.GrainBoundary(spread(1e-6, 1e-3), None, spread(1e-6, 1e-5)))

    def material() -> object:
        kind = rng.integers(3)
        if kind == 0:
            return mt.IonConductor(spread(1e-4, 1), grain_boundary=boundary())
        if kind == 1:
            return mt.MixedConductor(spread(1e-4, 1), spread(1e-6, 1), spread(1e3, 1e7), grain_boundary=boundary())
        return mt.BinaryElectrolyte(spread(1, 1e3), spread(1e-3, 1), spread(1e-12, 1e-9), float(rng.uniform(0.1, 0.9)))

    def electrode() -> object:
        common = {"electronic_resistance": rng.choice([0.0, spread(1e-4, 1e-1)]), "contact": contact()}
        if rng.random() < 0.5:
            return mt.Blocking(spread(1e-2, 1), **common)
        film = float(rng.choice([0.0, spread(1e-4, 1e-1)]))
        return mt.Plating(spread(1e-3, 10), 0.5, maybe(spread(1e-2, 1)), film_resistance=film, **common)

    layers = [mt.Layer(f"layer_{k}", material(), spread(1e-5, 1e-3)) for k in range(rng.integers(1, 4))]
    junctions = {}
    for left, right in itertools.pairwise(layers):
        if rng.random() < 0.7:
            electronic = float(rng.choice([0.0, spread(1e-4, 1e-1), math.inf]))
            junctions[f"{left.name}-{right.name}"] = mt.Junction(
                float(rng.choice([0.0, spread(1e-4, 1e-1)])), maybe(spread(1e-3, 1)), electronic, contact=contact()
            )
    return mt.Cell("random", electrode(), layers, electrode(), junctions, series_resistance=spread(1e-6, 1e-4))


def with_double_layers(cell: mt.Cell, factor: float) -> mt.Cell:
    paths = [path for path in cell.paths() if path.endswith(("double_layer.c", "capacitance.c"))]
    return cell.with_({path: float(cell.get(path)) * factor for path in paths})


@pytest.mark.parametrize("seed", range(100))
def test_plateaus_are_limits_of_the_impedance(seed: int) -> None:
    """At s = 1e20 all storages are short, and with them double layers of 1e-40 their size still open.

    The profiles left at the faces fall with the root of s, to below 1e-6 here.
    """
    cell = random_cell(np.random.default_rng(seed))
    found = plateaus(cell)
    shorted, charged = (complex(exact_laplace(with_double_layers(cell, by), 1e20)).real for by in (1.0, 1e-40))
    assert found.shorted == pytest.approx(shorted, rel=1e-6)
    assert found.charged == pytest.approx(charged if charged < 1e15 else math.inf, rel=1e-6)
    assert found.steady == exact_laplace(cell, 0).real == dc_resistance(cell)


@pytest.mark.parametrize("seed", range(60))
def test_what_passes_is_what_conducts(seed: int) -> None:
    """Without a mixed conductor that both carriers could change in, a direct current flows where one carrier passes."""
    cell = random_cell(np.random.default_rng(1000 + seed))
    carriers = {layer.material.carriers for layer in cell.layers}
    conducts = math.isfinite(dc_resistance(cell))
    if passes(cell, Carrier.IONS) or passes(cell, Carrier.ELECTRONS):
        assert conducts
    elif len(cell.layers) == 1 or carriers <= {frozenset(), frozenset({Carrier.ANIONS})}:
        assert not conducts
    for face in faces(cell):
        for carrier in Carrier:
            assert math.isfinite(contact_resistance(cell, face, carrier)) == passes(cell, carrier, face)


def test_questions_of_shipped_cells() -> None:
    trilayer = mt.cell("trilayer")
    assert passes(trilayer, Carrier.IONS) and not passes(trilayer, Carrier.ELECTRONS)
    assert not any(passes(trilayer, Carrier.ELECTRONS, face) for face in faces(trilayer))
    half = mt.cell("au_mg3asn_mg")
    assert (equilibrium(half, "negative"), equilibrium(half, "positive")) == (0.0, None)
    assert passes(half, Carrier.ELECTRONS) and not passes(half, Carrier.IONS)
    assert passes(half, Carrier.IONS, "negative") and not passes(half, Carrier.IONS, "positive")
    assert electronic_conductivity(trilayer, "buffer_left") == 0.0
    assert salt_transport(trilayer, "antiperovskite") is None
    with pytest.raises(mt.InputError, match="unknown face 'left'"):
        passes(trilayer, Carrier.IONS, "left")


def test_charge_transfer_and_film_are_the_ions_resistance() -> None:
    """RT/(zF i_0) + R_film, both over the contact fraction, and twice that beside the bulk to direct current."""
    electrode = mt.Plating("1 mA/cm^2", film_resistance="20 ohm*cm^2", contact=mt.Contact(0.5, "10 um"))
    cell = mt.Cell("mg_mg", electrode, [mt.Layer("ion", mt.IonConductor(IONIC), THICKNESS)], electrode)
    transfer = 8.314462618 * 298.15 / (2 * 96485.33212 * 10)
    spots = constriction(cell, "positive", Carrier.IONS)
    found = contact_resistance(cell, "positive", Carrier.IONS)
    assert found == pytest.approx((transfer + 20e-4) / 0.5 + spots, rel=1e-12)
    assert dc_resistance(cell) == pytest.approx(1e4 * (THICKNESS / IONIC + 2 * found), rel=1e-12)


# -- salt in pores, against the simulation -----------------------------------------------------------------------------
def porous(solid: object, **fields: object) -> mt.Cell:
    """Wet pores beside a solid that may conduct the ion, electrons blocked at both electrodes."""
    solution = mt.BinaryElectrolyte("0.1 mol/L", "1 mS/cm", "1e-6 cm^2/s", 0.5, **fields)  # type: ignore[arg-type]
    material = mt.Porous(solid, 0.5, mt.Bruggeman(), solution, 1.0)  # type: ignore[arg-type]
    magnesium = mt.Plating("1 mA/cm^2", electronic_resistance=math.inf)
    return mt.Cell("mg_mg", magnesium, [mt.Layer("wet", material, "1 mm")], magnesium)


def ends_without_salt(cell: mt.Cell, density: float) -> tuple[bool, float, list[str]]:
    run = mt.simulate(cell, mt.Galvanostatic(density * float(cell.area), "100 h", points=12))
    said = run.attrs["warnings"]
    return any("event: salt depleted" in text for text in said), float(run["time"][-1]), said


def test_wet_pores_deplete_when_they_are_said_to() -> None:
    """Above the limiting current, as said before the run; 1 % below it never. The mesh is good to 1e-3 of the time."""
    cell = wet_pores()
    limit = mt.analysis.limiting_current(cell).density
    depleted, time, said = ends_without_salt(cell, -1.2 * limit)
    expected = mt.analysis.depletion(cell, f"{-0.12 * limit} mA/cm^2")
    assert depleted and time == pytest.approx(expected.time, rel=1e-3)
    assert (expected.layer, expected.side) == ("wet", "right")
    assert any("above the limiting current (0.2729 mA)" in text for text in said)
    below, _, said = ends_without_salt(cell, -0.99 * limit)
    assert not below and not any("limiting" in text for text in said)
    run = mt.simulate(cell, mt.EIS(1e3, 1.0, points=3))
    assert mt.analysis.limiting_current_density(run) == pytest.approx(limit)
    assert mt.analysis.sand_time_at(run, "1 mA/cm^2") == mt.analysis.sand_time(cell, "1 mA/cm^2") < math.inf


@pytest.mark.parametrize(
    ("solid", "exponent"),
    [
        (mt.IonConductor("0.01 mS/cm"), 0.0),
        (mt.IonConductor("0.3 mS/cm"), 0.5),
        (mt.MixedConductor("0.1 mS/cm", "1e-6 S/cm", "1 F/cm^3"), 1.0),
    ],
)
def test_a_solid_that_conducts_beside_the_pores_shares_the_current(solid: object, exponent: float) -> None:
    """The steady profile in closed form says where the mesh ends: within 2 % of the limiting current on both sides."""
    cell = porous(solid, conductivity_exponent=exponent)
    limit = mt.analysis.limiting_current(cell).density
    alone = mt.analysis.limiting_current(porous(mt.Insulator())).density
    assert limit > 1.05 * alone
    depleted, time, _ = ends_without_salt(cell, 1.02 * limit)
    assert depleted and time > mt.analysis.depletion(cell, f"{0.102 * limit} mA/cm^2").time > 0
    assert not ends_without_salt(cell, 0.98 * limit)[0]


def test_pores_and_a_solution_share_their_salt() -> None:
    """A thin solution on wet pores of the same salt: straight profiles, F_D and eps per layer, by hand."""
    solution = mt.BinaryElectrolyte("0.1 mol/L", "1 mS/cm", "1e-6 cm^2/s", 0.5)
    wet = mt.Porous(mt.Insulator(), 0.5, mt.PoreExponent("liquid", 1.5), solution, 1.0)
    magnesium = mt.Plating("1 mA/cm^2")
    layers = [mt.Layer("free", solution, "0.2 mm"), mt.Layer("wet", wet, "1 mm")]
    cell = mt.Cell("mg_mg", magnesium, layers, magnesium)
    carried = 2 * 96485.33212 * 1e-10 * 100 / 0.5  # zF D c_0/(1 - t_+)
    fall_free, fall_wet = 0.2e-3 / carried, 1e-3 / (carried * 0.5**1.5)  # of c/c_0 per A/m2
    amounts = 0.2e-3, 0.5 * 1e-3
    # deposition at the right: c = 0 there, and what both layers hold is what they began with
    held = amounts[1] * fall_wet / 2 + amounts[0] * (fall_wet + fall_free / 2)
    assert mt.analysis.limiting_current(cell).deposition / 1e-4 == pytest.approx(sum(amounts) / held, rel=1e-9)
    held = amounts[0] * fall_free / 2 + amounts[1] * (fall_free + fall_wet / 2)
    assert mt.analysis.limiting_current(cell).dissolution / 1e-4 == pytest.approx(sum(amounts) / held, rel=1e-9)
