"""Composites and porous solids as nouns: fractions, paths, files, percolation, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mgtwin as mt
from mgtwin.cells import (
    CPE,
    Blocking,
    Bruggeman,
    Cell,
    Composite,
    DefectElectrons,
    GrainBoundary,
    Insulator,
    IonConductor,
    Layer,
    Linear,
    Mass,
    MaxwellGarnett,
    McLachlan,
    MixedConductor,
    Phase,
    PoreExponent,
    Porous,
    Profile,
    Reader,
    Volume,
    has_electrons,
)
from mgtwin.cells.effective import (
    chemical_capacitance,
    electronic_conductivity,
    ionic_conductivity,
    permittivity,
)
from mgtwin.cells.rest import rest_potentials
from mgtwin.errors import InputError, UnknownNameError

GRAINS = MixedConductor("1 mS/cm", "1e-5 S/cm", "1 F/cm^3", 25.0)
GEL = IonConductor("0.1 mS/cm", 10.0)
GOLD = Blocking("10 uF/cm^2", 0.0)
PATH = "layers.m.material"


def cell(material, *others, electrode=GOLD):
    layers = [Layer("m", material, "0.2 mm"), *(Layer(f"n{k}", other, "0.1 mm") for k, other in enumerate(others))]
    return Cell("test", electrode, layers, electrode)


def two(fraction=0.4, rule=None, **fields):
    return Composite([Phase("grains", GRAINS, fraction), Phase("gel", GEL)], rule or Bruggeman(), **fields)


# -- fractions ------------------------------------------------------------------------------------------------------
def test_one_phase_is_what_remains():
    assert two(0.4).fractions() == {"grains": 0.4, "gel": 0.6}
    assert Porous(GRAINS, 0.3, Bruggeman()).fractions() == {"solid": 0.7, "gas": 0.3}
    wet = Porous(GRAINS, 0.3, Bruggeman(), GEL, 0.5)
    assert wet.fractions() == pytest.approx({"solid": 0.7, "liquid": 0.15, "gas": 0.15})


def test_a_recipe_gives_volume_fractions():
    made = Composite(
        [
            Phase("heavy", GRAINS, amount=Mass("4 g", "4 g/cm^3")),
            Phase("light", GEL, amount=Mass("1 g", "0.5 g/cm^3")),
            Phase("filler", Insulator(), amount=Volume("1 mL")),
        ],
        Bruggeman(),
    )
    assert made.fractions() == pytest.approx({"heavy": 0.25, "light": 0.5, "filler": 0.25})
    more = cell(made).with_({f"{PATH}.phases.heavy.amount.mass": "12 g"})
    assert more.get(PATH).fractions()["heavy"] == pytest.approx(0.5)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_graded_fractions_add_up_everywhere(left, right, position):
    graded = Porous(GRAINS, Linear(0.2, 0.3), Bruggeman(), GEL, Linear(left, right))
    found = graded.fractions(position)
    assert sum(found.values()) == pytest.approx(1, abs=1e-15)
    assert all(0 <= value <= 1 for value in found.values())


def test_a_profile_is_linear_between_its_points():
    profile = Profile([0, 0.25, 1], [0.1, 0.5, 0.2])
    x = np.linspace(0, 1, 41)
    np.testing.assert_allclose(profile(x), np.interp(x, [0, 0.25, 1], [0.1, 0.5, 0.2]), atol=1e-15)


def test_means_over_a_graded_layer_are_exact():
    graded = Porous(GRAINS, Profile([0, 0.3, 1], [0.2, 0.4, 0.1]), Bruggeman(), GEL, Linear(0.1, 0.9))
    x = np.linspace(0, 1, 20001)
    wanted = np.trapezoid([graded.fractions(float(p))["liquid"] for p in x[::20]], x[::20])
    found = sum(weight * graded.fractions(p)["liquid"] for p, weight in graded.quadrature)
    assert found == pytest.approx(wanted, rel=1e-6)  # of the trapezoidal rule with 1000 intervals


# -- effective numbers ----------------------------------------------------------------------------------------------
def test_each_property_is_mixed_by_its_own_rule():
    made = two(0.5, PoreExponent("gel", 2.0), electronic_mixing=Bruggeman(), permittivity_mixing=MaxwellGarnett("gel"))
    reader, T = Reader(cell(made)), 298.15
    ions = PoreExponent("gel", 2.0).effective([0.5, 0.5], [0.1, 0.01], ["grains", "gel"])
    eps = MaxwellGarnett("gel").effective([0.5, 0.5], [25.0, 10.0], ["grains", "gel"])
    assert ionic_conductivity(reader, PATH, made, T) == pytest.approx(ions, rel=1e-14)
    assert electronic_conductivity(reader, PATH, made, T) == pytest.approx(1e-3 * 0.25, rel=1e-12)
    assert permittivity(reader, PATH, made) == pytest.approx(eps, rel=1e-14)
    assert chemical_capacitance(reader, PATH, made, T) == pytest.approx(0.5 * 1e6, rel=1e-14)
    assert chemical_capacitance(reader, PATH, made, T, 0.2, integrated=True) == pytest.approx(0.5 * 2e5, rel=1e-14)


def test_without_a_rule_there_is_no_permittivity():
    assert permittivity(Reader(cell(two())), PATH, two()) is None


def test_grain_boundaries_of_a_phase_are_folded_in():
    grainy = MixedConductor(0.1, 1e-3, 1e6, grain_boundary=GrainBoundary(1e-4, None, 1e-5))
    made = Composite([Phase("grains", grainy, 0.5), Phase("gel", GEL)], Bruggeman())
    folded = 1 / (1 / 0.1 + 1e-4 / 1e-5)
    expected = Bruggeman().effective([0.5, 0.5], [folded, 0.01])
    assert ionic_conductivity(Reader(cell(made)), PATH, made, 298.15) == pytest.approx(expected, rel=1e-12)


def test_electrons_of_defects_are_scaled_by_the_structure():
    defects = DefectElectrons(1e-3, 1e-5, 1e-6)
    made = Composite([Phase("grains", MixedConductor(0.1, defects, 1e6), 0.6), Phase("gel", GEL)], Bruggeman())
    reader = Reader(cell(made))
    plain = Reader(cell(MixedConductor(0.1, defects, 1e6)))
    for E in (-0.02, 0.0, 0.3):
        alone = electronic_conductivity(plain, PATH, plain.cell.get(PATH), 298.15, E)
        assert electronic_conductivity(reader, PATH, made, 298.15, E) == pytest.approx(0.4 * alone, rel=1e-12)


def test_phases_share_the_potential_that_conserves_their_content():
    rich = MixedConductor(0.1, 1e-3, 3e6, rest_potential=0.1)
    poor = MixedConductor(0.1, 1e-3, 1e6, rest_potential=0.4)
    made = Composite([Phase("rich", rich, 0.25), Phase("poor", poor)], Bruggeman())
    shared = (0.25 * 3 * 0.1 + 0.75 * 0.4) / (0.25 * 3 + 0.75)
    found = rest_potentials(cell(made)).layers[0]
    assert found == pytest.approx(shared, rel=1e-12)
    neighbour = MixedConductor(0.1, 1e-3, 2e6, rest_potential=-0.01)  # twice as thin
    both = rest_potentials(cell(made, neighbour)).layers
    total = (0.2 * (0.25 * 3 * 0.1 + 0.75 * 0.4) - 0.1 * 2 * 0.01) / (0.2 * 1.5 + 0.1 * 2)
    assert both == pytest.approx((total, total), rel=1e-12)


# -- paths, files -----------------------------------------------------------------------------------------------------
def test_every_number_has_a_path():
    made = cell(two(0.4, McLachlan("grains", threshold=0.2), permittivity_mixing=Bruggeman()))
    for path in (
        f"{PATH}.phases.grains.fraction",
        f"{PATH}.phases.grains.material.electronic_conductivity",
        f"{PATH}.phases.gel.material.relative_permittivity",
        f"{PATH}.mixing.threshold",
        f"{PATH}.mixing.t",
    ):
        assert path in made.paths()
        changed = made.with_({path: 0.5 * made.get(path) if "permittivity" not in path else 2.0})
        assert changed.get(path) != made.get(path)
        assert list(made.diff(changed)) == [path]
    both = made.with_({f"{PATH}.phases.*.material.ionic_conductivity": "2 mS/cm"})
    assert {phase.material.ionic_conductivity for phase in both.get(PATH).phases} == {0.2}
    graded = cell(two(Linear(0.1, 0.2)))
    assert {f"{PATH}.phases.grains.fraction.left", f"{PATH}.phases.grains.fraction.right"} <= set(graded.paths())


def test_an_unknown_phase_in_a_path_is_explained():
    with pytest.raises(UnknownNameError, match=r"phases\.grains"):
        cell(two()).get(f"{PATH}.phases.grain.fraction")


@pytest.mark.parametrize(
    "material",
    [
        two(0.4, permittivity_mixing=Bruggeman()),
        two(Profile([0, 1], [0.1, 0.2])),
        Porous(GRAINS, Linear(0.2, 0.3), PoreExponent("liquid", 2.0), GEL, 0.3, electronic_mixing=Bruggeman()),
        Composite(
            [Phase("a", GRAINS, amount=Mass("1 g", "2 g/cm^3")), Phase("b", Insulator(3.0), amount=Volume("1 mL"))],
            Bruggeman(),
        ),
    ],
    ids=["number", "profile", "porous", "recipe"],
)
def test_survives_yaml(material):
    made = cell(material)
    again = Cell.from_yaml(made.to_yaml())
    assert again == made and again.identical(made)


def test_files_name_the_materials_of_phases(tmp_path):
    (tmp_path / "c.yaml").write_text(
        """
name: c
negative: {type: blocking, double_layer: 10 uF/cm^2}
positive: {type: blocking, double_layer: 10 uF/cm^2}
layers:
  - name: pellet
    thickness: 0.5 mm
    material:
      type: porous
      solid: {from: mg3asn, relative_permittivity: 20}
      porosity: 0.3
      liquid: mppip_tfsi
      saturation: 0.5
      mixing: {type: bruggeman}
  - name: membrane
    thickness: 0.1 mm
    material:
      type: composite
      phases:
        - {name: grains, material: mg3asn, fraction: 0.1}
        - {name: gel, material: polymer}
      mixing: {type: maxwell_garnett, matrix: gel}
"""
    )
    made = mt.load_cell(tmp_path / "c.yaml")
    assert made.get("layers.pellet.material.solid.relative_permittivity") == 20
    assert made.get("layers.membrane.material.phases.grains.material.name") == "mg3asn"
    assert has_electrons(made.layers[0].material) and not has_electrons(made.layers[1].material)


def test_a_bad_fraction_in_a_file_is_shown_in_its_place(tmp_path):
    (tmp_path / "bad.yaml").write_text(
        """
type: porous
solid: mg3asn
porosity: 0.3
liquid: mppip_tfsi
saturation: 1.2
mixing: {type: bruggeman}
"""
    )
    from mgtwin import yamlfile
    from mgtwin.cells.parts import part_adapter, resolve

    document = yamlfile.load(tmp_path / "bad.yaml")
    data = document.with_data(resolve("materials", document.data, document, ()))
    with pytest.raises(mt.MgtwinError, match=r"bad.yaml:6:13(.|\n)*saturation(.|\n)*1"):
        yamlfile.validate(data, part_adapter("materials"), context={"file": True})


def test_is_shown_in_words_and_boxes():
    made = mt.cell("ss_polymer_ss", "from_recipe")
    assert "140 ± 1 mg" in str(made) and "phases.pva.amount.density" in str(made)
    for item in (made, mt.cell("trilayer", "wet_pores")):
        assert item.layers[len(item.layers) // 2].material.name in item._repr_html_()


# -- percolation ------------------------------------------------------------------------------------------------------
def test_percolation_says_how_far_it_is():
    found = mt.analysis.percolation(cell(two(0.2)))
    electrons, ions = found.of("m", "electrons"), found.of("m", "ions")
    assert (electrons.percolates, electrons.fraction) == (False, 0.2)
    assert electrons.threshold == pytest.approx(1 / 3, abs=1e-12)
    assert electrons.distance == pytest.approx(0.2 - 1 / 3, abs=1e-12)
    assert ions.percolates and ions.phases == ("grains", "gel")
    assert "electrons do not percolate (grains 20.0% of the volume; by bruggeman from 33.3%, 13.3% short)" in str(found)


@pytest.mark.parametrize(
    ("rule", "threshold"),
    [
        (Bruggeman(), 1 / 3),
        (McLachlan("grains", threshold=0.16), 0.16),
        (McLachlan("gel", threshold=0.16), 0.16),  # the matrix, until 84 % of gel
        (MaxwellGarnett("grains"), 0.0),
        (MaxwellGarnett("gel"), 1.0),
        (PoreExponent("grains", 2.0), 0.0),
        (PoreExponent("gel", 2.0), 1.0),
        (mt.WienerParallel(), 0.0),
        (mt.WienerSeries(), 1.0),
        (mt.HashinShtrikmanLower(), 1.0),
        (mt.HashinShtrikmanUpper(), 0.0),
    ],
    ids=lambda case: getattr(case, "type", None),
)
def test_thresholds_of_the_rules(rule, threshold):
    electrons = mt.analysis.percolation(cell(two(0.5, rule))).of("m", "electrons")
    assert electrons.threshold == pytest.approx(threshold, abs=1e-9)
    assert electrons.percolates == (threshold < 0.5)
    assert has_electrons(two(0.5, rule)) == electrons.percolates


def test_percolation_of_a_graded_layer_is_that_of_its_worst_place():
    electrons = mt.analysis.percolation(cell(two(Linear(0.4, 0.6)))).of("m", "electrons")
    assert electrons.percolates and electrons.fraction == pytest.approx(0.4)


def test_percolation_of_nothing():
    none = mt.analysis.percolation(mt.cell("au_mofsse_au"))
    assert none.entries == () and str(none) == "no layer is a composite"
    with pytest.raises(InputError, match="no entry"):
        none.of("mofsse", "ions")
    dry = cell(Composite([Phase("a", GEL, 0.5), Phase("b", Insulator())], Bruggeman()))
    assert "no phase conducts electrons" in str(mt.analysis.percolation(dry))


def test_ions_that_do_not_get_through_are_refused_where_it_matters():
    blocked = cell(Composite([Phase("gel", GEL, 0.3), Phase("pva", Insulator())], Bruggeman()))
    assert not mt.analysis.percolation(blocked).of("m", "ions").percolates
    for run in (mt.EIS(1e3, 1.0, points=3), mt.Polarization(voltage=0.1, duration="1 s")):
        with pytest.raises(InputError, match=r"ions do not get through(.|\n)*percolation"):
            mt.simulate(blocked, run)


# -- bad input --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda: Composite([Phase("a", GRAINS, 0.4), Phase("b", GEL, 0.5)], Bruggeman()),
            r"add up to 0\.9, not to 1: a 0\.4 \+ b 0\.5.*leave the fraction of one phase out",
        ),
        (
            lambda: Composite([Phase("a", GRAINS, Linear(0.4, 0.6)), Phase("b", GEL, 0.5)], Bruggeman()),
            r"at x/L = 0 add up to 0\.9",
        ),
        (
            lambda: Composite([Phase("a", GRAINS, 0.7), Phase("b", GEL, 0.5), Phase("c", GEL)], Bruggeman()),
            r"-0\.2 of the volume remains for 'c'",
        ),
        (
            lambda: Composite(
                [Phase("a", GRAINS, Linear(0.4, 0.8)), Phase("b", GEL, 0.5), Phase("c", GEL)], Bruggeman()
            ),
            r"of the volume at x/L = 0\.\d+ remains for 'c'",
        ),
        (lambda: Phase("a", GEL, 1.2), "fraction"),
        (lambda: Linear(-0.1, 0.2), "left"),
        (lambda: Linear(0.1, 1.2), "right"),
        (lambda: Profile([0, 0.5], [0.1, 0.2]), "increase from 0 to 1"),
        (lambda: Profile([0, 1], [0.1]), "not 2 and 1"),
        (lambda: Porous(GRAINS, 0.3, Bruggeman(), GEL, 1.2), "saturation"),
        (lambda: Porous(GRAINS, 0.3, Bruggeman(), GEL, -0.1), "saturation"),
        (lambda: Porous(GRAINS, 1.3, Bruggeman()), "porosity"),
        (lambda: Porous(GRAINS, 0.3, Bruggeman(), saturation=0.5), "no liquid"),
        (lambda: Porous(GRAINS, 0.3, PoreExponent("liquids"), GEL, 0.5), r"no phase 'liquids'.*liquid"),
        (lambda: two(0.4, MaxwellGarnett("polymer")), "phases are grains, gel"),
        (lambda: Composite([Phase("a", GEL)], Bruggeman()), "at least two phases"),
        (lambda: Composite([Phase("a", GEL, 0.5), Phase("a", GEL)], Bruggeman()), "called 'a'"),
        (lambda: Composite([Phase("a", GEL), Phase("b", GEL)], Bruggeman()), "only one phase can be what remains"),
        (
            lambda: Composite([Phase("a", GEL, amount=Volume("1 mL")), Phase("b", GEL)], Bruggeman()),
            "every phase needs one; b has none",
        ),
        (lambda: Phase("a", GEL, 0.5, Volume("1 mL")), "give one of them"),
        (lambda: Phase("A b", GEL, 0.5), "name"),
        (lambda: two(Linear(0.2, 0.5)), r"percolate in a part of the layer only.*x/L = 0\.\d+"),
        (
            lambda: Composite(
                [Phase("a", IonConductor(1.0), 0.5), Phase("b", GEL)], Bruggeman(), permittivity_mixing=Bruggeman()
            ),
            "'a' has none",
        ),
        (
            lambda: Composite(
                [Phase("a", IonConductor(1.0, CPE("1e-9 S*s^0.9/m", 0.9)), 0.5), Phase("b", GEL)],
                Bruggeman(),
                permittivity_mixing=Bruggeman(),
            ),
            "a constant-phase element",
        ),
        (
            lambda: Composite(
                [Phase("a", MixedConductor(0.1, DefectElectrons(1, 1), 1e6), 0.5), Phase("b", GRAINS)], Bruggeman()
            ),
            "a and b conduct electrons, one of them depending on E",
        ),
        (
            lambda: Composite(
                [Phase("a", IonConductor(1.0, None, GrainBoundary(1e-4, 1e-3, 1e-6)), 0.5), Phase("b", GEL)],
                Bruggeman(),
            ),
            "set their capacitance to None",
        ),
    ],
)
def test_bad_input(make, says):
    with pytest.raises(InputError, match=says):
        make()


def test_a_layer_of_an_insulator_is_refused():
    with pytest.raises(InputError, match=r"insulator.*is not a material"):
        Layer("m", Insulator(), "1 mm")


def test_overrides_keep_the_sum():
    made = cell(Composite([Phase("a", GRAINS, 0.4), Phase("b", GEL, 0.6)], Bruggeman()))
    with pytest.raises(InputError, match=r"add up to 1\.1 in some parameter set"):
        mt.impedance.exact(made, [1.0], {f"{PATH}.phases.a.fraction": [0.4, 0.5]})
    with pytest.raises(InputError, match="less than nothing remains"):
        mt.impedance.exact(cell(two(0.4)), [1.0], {f"{PATH}.phases.grains.fraction": [0.4, 1.5]})


def test_overrides_do_not_cross_the_threshold():
    with pytest.raises(InputError, match="must be greater than 0"):
        mt.impedance.exact(cell(two(0.5)), [1.0], {f"{PATH}.phases.grains.fraction": [0.5, 0.2]})
    with pytest.raises(InputError, match="electrons percolate with some of these numbers"):
        mt.impedance.exact(cell(two(0.2)), [1.0], {f"{PATH}.phases.grains.fraction": [0.2, 0.5]})


def test_a_graded_layer_has_no_mesh_free_impedance():
    with pytest.raises(InputError, match=r"is graded.*takes the mesh"):
        mt.impedance.exact(cell(two(Linear(0.1, 0.2))), [1.0])


def test_an_input_keeps_the_sum():
    fixed = cell(Composite([Phase("a", GRAINS, 0.4), Phase("b", GEL, 0.6)], Bruggeman()))
    with pytest.raises(InputError, match="one phase out"):
        mt.StackModel(fixed, inputs=[f"{PATH}.phases.a.fraction"])
