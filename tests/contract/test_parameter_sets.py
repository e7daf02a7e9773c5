"""The shipped parameter sets: provenance of every number, the paper's numbers in their place, every cell builds.

The numbers here are typed from the paper (Mater. Horiz. 2025, 12, 9026), not read from the files.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mgtwin import yamlfile
from mgtwin.cells import Reader, files, has_electrons
from mgtwin.cells.bibliography import entries
from mgtwin.cells.effective import electronic_conductivity, ionic_conductivity
from mgtwin.cells.parts import load_part
from mgtwin.cells.provenance import gaps, numbers, references, unknown_sources
from mgtwin.cells.published import is_published
from mgtwin.cli.checking import check_file
from mgtwin.errors import OverlayError
from mgtwin.laws import evaluate
from mgtwin.quantities import Value

ROOT = Path(__file__).parents[2] / "parameter_sets"
FILES = sorted(ROOT.glob("*/*.yaml"))
NAMES = [f"{path.parent.name}/{path.stem}" for path in FILES]

DRY = ("au_mg3asn_au", "cu_mg3asn_cu", "au_mg3asn_mg", "mg_mg3asn_mg")
MG3ASN = (*DRY, "trilayer")
OTHER = ("au_mofsse_au", "ss_polymer_ss", "mg_polymer_mg")
POLYMER = ("ss_polymer_ss", "mg_polymer_mg")
STATES = ("cold_pressed", "annealed", "hot_pressed", "annealed_hot_pressed")
READINGS = ("as_printed", "infiltrated", "contact_limited", "necks")
AGEINGS = ("contact_loss", "film_growth", "contact_and_film", "salt_depletion")

MATERIAL = "layers.antiperovskite.material"
SIGMA_ION = f"{MATERIAL}.ionic_conductivity.reference"
SIGMA_EON = f"{MATERIAL}.electronic_conductivity.reference"

BOLTZMANN = 8.617333262e-5  # eV/K
AREA, FOIL = math.pi * 0.65**2, math.pi * 0.60**2  # cm2, 13 and 12 mm


def all_leaves() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, path in zip(NAMES, FILES, strict=True):
        for key, leaf in numbers(yamlfile.load(path).data):
            assert isinstance(leaf, dict)
            yield f"{name}: {'.'.join(map(str, key))}", leaf


#: What the library of published materials comes from: measured elsewhere.
PUBLISHED = {entry.key for entry in entries(ROOT / "materials.bib")}
#: Full cells and an anode-free one, which the paper does not have.
FULL = ("mg_polymer_ti2s4", "mg_trilayer_mo6s8", "mg_polymer_cu")


def allowed(cell: str) -> set[frozenset[str]]:
    """The combinations of overlays that make sense, written down independently of the files."""
    if cell in OTHER:
        contact = [(), ("contact_loss",), ("passivated",)] if cell == "mg_polymer_mg" else [()]
        recipe = {frozenset({"from_recipe"})} if cell in POLYMER else set()
        printed = {frozenset(a + b) for a, b in itertools.product([(), ("as_printed",)], contact)}
        return (printed | recipe) - {frozenset()}
    states = [(), *((state,) for state in STATES), ("annealed", "exponent_9")]
    readings = [(), *((reading,) for reading in READINGS)]
    sets = {frozenset(a + b) for a, b in itertools.product(states, readings)}
    if cell == "trilayer":  # the pellet that was cycled, in any reading
        milled = [(*state, *reading) for state in ((), STATES[:1]) for reading in readings]
        sets |= {frozenset((*names, ageing)) for names in milled for ageing in AGEINGS} | {frozenset({"wet_pores"})}
        films = [("passivated",), ("passivated", "contact_loss")]
        sets |= {frozenset((*names, *film)) for names in milled for film in films}
    return sets - {frozenset(), frozenset({"annealed_hot_pressed", "contact_limited"})}


CASES = [
    (cell, names)
    for cell in (*MG3ASN, *OTHER)
    for names in [(), *sorted(tuple(sorted(names)) for names in allowed(cell))]
]


# -- provenance --------------------------------------------------------------------------------------------------


def test_the_expected_files_are_there() -> None:
    assert {path.stem for path in (ROOT / "cells").glob("*.yaml")} == {*MG3ASN, *OTHER, *FULL}
    assert {path.stem for path in (ROOT / "overlays").glob("*.yaml")} == {
        *STATES,
        *READINGS,
        *AGEINGS,
        "exponent_9",
        "passivated",
        "from_recipe",
        "wet_pores",
    }
    mixtures = {"polymer_composite", "polymer_composite_graded", "mg3asn_infiltrated", "mg3asn_infiltrated_salt"}
    plain = {"mg3asn", "mofsse", "mofsse_salt", "polymer", "polymer_salt", "emim_tfsi", "mppip_tfsi", "mppip_tfsi_salt"}
    own = {path.stem for path in (ROOT / "materials").glob("*.yaml") if not is_published(yamlfile.load(path).data)}
    assert own == plain | mixtures


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_file_passes_the_strict_check(path: Path) -> None:
    """What `mgtwin check --strict` asks of any parameter set, with the same code: no gap, no warning."""
    outcome = check_file(path)
    assert not outcome.fails(strict=True), (outcome.problem, outcome.warnings)


def test_what_is_missing_and_what_nobody_knows_is_found() -> None:
    """The questions can fail: typed here, not read from a file."""
    whole = {"value": "1 mm", "std": "1 %", "kind": "assumed", "source": "estimate", "where": "-", "note": "x"}
    text = yamlfile.dumps({"name": "x", "layers": [{"thickness": whole, "area": "1 cm^2", "material": "mofsse"}]})
    document = yamlfile.loads(text)
    assert gaps(document) == [(("layers", 0, "area"), "kind, source, where, note, std or range")]
    half = {key: item for key, item in whole.items() if key not in ("std", "where")} | {"kind": "guessed"}
    (found,) = gaps(yamlfile.loads(yamlfile.dumps({"thickness": half})))
    assert found.missing.startswith("where, std or range, a kind of number") and "guessed" in found.missing
    assert unknown_sources(document, {}) and not unknown_sources(document, references(FILES[0]))
    open_ended = yamlfile.loads(
        yamlfile.dumps({"resistance": {**half, "kind": "assumed", "where": "-", "value": "inf"}})
    )
    assert gaps(open_ended) == [], "what is infinite has no spread"


def test_no_reference_is_unused_and_none_invents_an_author() -> None:
    assert {leaf["source"] for _, leaf in all_leaves()} == set(references(FILES[0]))
    paper = (ROOT / "references.bib").read_text(encoding="utf-8").split("@article{mg3asn2025")[1].split("\n}")[0]
    assert "author" not in re.findall(r"^\s*(\w+)\s*=", paper, re.M)
    assert "doi" not in paper.lower()


def test_estimates_are_called_assumed_and_measurements_come_from_the_paper() -> None:
    for where, leaf in all_leaves():
        if leaf["source"] not in ("mg3asn2025", *PUBLISHED):
            assert leaf["kind"] in ("assumed", "setting"), f"{where}: {leaf['kind']} cannot come from {leaf['source']}"
        if leaf["kind"] in ("measured", "fitted"):
            assert leaf.get("printed"), f"{where}: a {leaf['kind']} number shows what the paper prints"
        if "not in the paper" in leaf["where"]:
            assert leaf["kind"] == "assumed", where


def test_what_the_paper_does_not_give_for_a_state_is_assumed() -> None:
    for state in ("hot_pressed", "annealed_hot_pressed"):
        cell = files.cell("au_mg3asn_au", state)
        assert cell.get(SIGMA_ION).kind == "assumed"
        assert cell.get(SIGMA_EON).kind == "measured"
        assert cell.get("layers.antiperovskite.thickness").kind == "assumed"
    for state in STATES[1:]:
        cell = files.cell("au_mg3asn_au", state)
        assert cell.get(f"{MATERIAL}.ionic_conductivity.activation_energy").kind == "assumed"


# -- the numbers of the paper --------------------------------------------------------------------------------------

PRINTED = [  # id, cell, overlays, path, SI value (None: the number printed is not itself a parameter), printed
    ("S1", "trilayer", (), SIGMA_ION, 5.54e-2, "5.54e-4 S/cm"),
    ("S2", "trilayer", (), f"{MATERIAL}.ionic_conductivity.activation_energy", 0.3, "0.3 eV"),
    ("S3", "au_mg3asn_au", (), SIGMA_EON, 4.9e-6, "4.9e-8 S/cm"),
    ("S4", "au_mg3asn_au", ("infiltrated",), SIGMA_ION, None, "t_ion = 0.077"),
    ("S4", "au_mg3asn_au", ("contact_limited",), SIGMA_EON, None, "t_ion = 0.077"),
    ("S5", "trilayer", ("annealed",), SIGMA_ION, 2e-2, "2e-4 S/cm"),
    ("S6", "au_mg3asn_au", ("annealed",), SIGMA_EON, 6.87e-6, "6.87e-8 S/cm"),
    ("S6", "au_mg3asn_au", ("annealed", "exponent_9"), SIGMA_EON, 6.87e-7, "6.87e-9 S/cm"),
    ("S7", "au_mg3asn_au", ("annealed", "infiltrated"), SIGMA_ION, None, "t_ion = 0.615"),
    ("S7", "au_mg3asn_au", ("annealed", "contact_limited"), "positive.electronic_resistance", None, "t_ion = 0.615"),
    ("S8", "au_mg3asn_au", ("hot_pressed",), SIGMA_EON, 1.5e-4, "1.5e-6 S/cm"),
    ("S9", "au_mg3asn_au", ("annealed_hot_pressed",), SIGMA_EON, 2.4e-6, "2.4e-8 S/cm"),
    ("S10", "au_mg3asn_au", ("annealed",), SIGMA_EON, None, "5e-8 S/cm"),
    ("S11", "trilayer", ("hot_pressed",), SIGMA_ION, None, "decreased (no number)"),
    ("S12", "au_mofsse_au", (), "layers.mofsse.material.ionic_conductivity.reference", None, "14.6 ohm"),
    ("S13", "trilayer", (), "interfaces.buffer_left-antiperovskite.resistance.reference", None, "0.094 mS/cm"),
    ("S14", "trilayer", (), "interfaces.antiperovskite-buffer_right.resistance.reference", None, "0.76 mS/cm"),
    ("S15", "ss_polymer_ss", (), "layers.polymer.material.ionic_conductivity.reference", 1.34e-2, "0.134 mS/cm"),
    ("S16", "mg_polymer_mg", (), "layers.polymer.material.ionic_conductivity.activation_energy", 0.174, "0.174 eV"),
]


def test_all_sixteen_numbers_of_the_transport_table_are_covered() -> None:
    assert {row[0] for row in PRINTED} == {f"S{i}" for i in range(1, 17)}


@pytest.mark.parametrize("row", PRINTED, ids=lambda row: f"{row[0]}-{'-'.join((row[1], *row[2]))}")
def test_number_of_the_paper_is_in_its_place(row: tuple[str, str, tuple[str, ...], str, float | None, str]) -> None:
    _, cell, overlays, path, number, printed = row
    value = files.cell(cell, *overlays).get(path)
    assert isinstance(value, Value)
    assert value.source == "mg3asn2025"
    assert value.printed is not None and printed in value.printed
    if number is not None:
        assert value == pytest.approx(number, rel=1e-12)


def test_geometry_and_conditions_of_the_paper() -> None:
    cell: Any = files.cell("trilayer")
    assert [layer.name for layer in cell.layers] == ["buffer_left", "antiperovskite", "buffer_right"]
    thickness = cell.get("layers.antiperovskite.thickness")
    assert (thickness.low, float(thickness), thickness.high) == pytest.approx((0.62e-3, 0.655e-3, 0.69e-3))
    assert cell.area == pytest.approx(FOIL * 1e-4, rel=1e-4)
    assert (cell.area.low, cell.area.high) == pytest.approx((FOIL * 1e-4, AREA * 1e-4), rel=1e-4)
    assert all(layer.area == pytest.approx(AREA * 1e-4, rel=1e-4) for layer in cell.layers)
    polymer = files.cell("mg_polymer_mg")
    assert polymer.get("layers.polymer.thickness").low == pytest.approx(100e-6)
    temperatures = {name: files.cell(name).temperature - 273.15 for name in (*MG3ASN, *OTHER)}
    assert temperatures["trilayer"] == pytest.approx(25)
    assert temperatures["mg_polymer_mg"] == pytest.approx(60)
    assert temperatures["au_mg3asn_au"] == pytest.approx(100)
    assert temperatures["ss_polymer_ss"] == pytest.approx(25)


# -- numbers derived from them -------------------------------------------------------------------------------------


def layer_resistance(cell: Any, name: str, temperature: float, carrier: str = "ionic") -> float:
    """L/(sigma A) in ohm."""
    layer = next(layer for layer in cell.layers if layer.name == name)
    sigma = evaluate(getattr(layer.material, f"{carrier}_conductivity"), temperature)
    return float(layer.thickness / (sigma * (layer.area or cell.area)))


def trilayer_resistance(temperature: float) -> float:
    cell = files.cell("trilayer")
    layers = sum(layer_resistance(cell, layer.name, temperature) for layer in cell.layers)
    junctions = sum(evaluate(item.resistance, temperature) for item in cell.interfaces.values())
    return float(layers + junctions / cell.area)


def test_pellet_resistances_at_100_degrees() -> None:
    pellet = files.cell("au_mg3asn_au")
    assert layer_resistance(pellet, "antiperovskite", 373.15) == pytest.approx(89.1, rel=2e-3)
    assert layer_resistance(pellet, "antiperovskite", 373.15, "electronic") == pytest.approx(1.007e6, rel=2e-3)
    assert layer_resistance(files.cell("au_mofsse_au"), "mofsse", 373.15) == pytest.approx(14.6, rel=1e-3)


def test_conductivity_of_mg3asn_extrapolates_as_printed() -> None:
    law = files.cell("trilayer").get(f"{MATERIAL}.ionic_conductivity")
    expected = 5.54e-2 * math.exp(-0.3 / BOLTZMANN * (1 / 298.15 - 1 / 373.15))
    assert evaluate(law, 298.15) == pytest.approx(expected, rel=1e-6)
    assert expected == pytest.approx(5.3e-3, rel=1e-2)


@pytest.mark.parametrize(("celsius", "printed"), [(40, 9.4e-5), (100, 7.6e-4)])
def test_trilayer_conductivity_is_calibrated(celsius: float, printed: float) -> None:
    """Junctions and MOFsSE's activation energy come from these two numbers: a check of arithmetic, not a prediction."""
    stack = 0.0655 + 2 * 0.050  # cm
    assert stack / (trilayer_resistance(celsius + 273.15) * AREA) == pytest.approx(printed, rel=0.02)


def test_first_cycle_of_the_trilayer_is_calibrated() -> None:
    """Half-difference of -0.1 V and 0.03 V at 0.01 mA: i0 of Mg|MOFsSE comes from it."""
    cell: Any = files.cell("trilayer")
    current, temperature = 1e-5, 298.15
    i0 = evaluate(cell.positive.exchange_current_density, temperature)
    assert i0 == pytest.approx(5e-2)
    kinetic = 2 * (8.314462618 * temperature / 96485.33212) * math.asinh(current / cell.area / (2 * i0))
    assert trilayer_resistance(temperature) * current + kinetic == pytest.approx(0.065, rel=0.06)


def test_resistances_fall_with_temperature() -> None:
    junction = files.cell("trilayer").get("interfaces.buffer_left-antiperovskite.resistance")
    film = files.cell("mg_polymer_mg").get("positive.film_resistance")
    assert evaluate(junction, 373.15) == pytest.approx(26e-4)
    assert evaluate(film, 333.15) == pytest.approx(50.0)
    for law in (junction, film):
        assert evaluate(law, 298.15) > 2 * evaluate(law, 333.15)


def apparent(cell: Any) -> tuple[float, float]:
    """Closed form 6: t_app from the second plateau, and the conductivity that the steady current shows [S/cm]."""
    (layer,) = cell.layers
    ion = evaluate(layer.material.ionic_conductivity, cell.temperature)
    eon = evaluate(layer.material.electronic_conductivity, cell.temperature)
    r_inf, r_eon = layer.thickness / (ion + eon), layer.thickness / eon
    contacts = cell.negative.electronic_resistance + cell.positive.electronic_resistance + cell.series_resistance
    return (r_eon - r_inf) / (contacts + r_eon), layer.thickness / (contacts + r_eon) / 100


@pytest.mark.parametrize("metal", ["au_mg3asn_au", "cu_mg3asn_cu"])
@pytest.mark.parametrize("reading", ["infiltrated", "contact_limited"])
@pytest.mark.parametrize(
    ("states", "t_ion", "sigma"),
    [((), 0.077, 4.9e-8), (("annealed",), 0.615, 6.87e-8), (("annealed", "exponent_9"), 0.615, 6.87e-9)],
)
def test_readings_that_explain_the_transport_number(
    metal: str, reading: str, states: tuple[str, ...], t_ion: float, sigma: float
) -> None:
    found, steady = apparent(files.cell(metal, *states, reading))
    assert found == pytest.approx(t_ion, rel=0.01)
    assert steady == pytest.approx(sigma, rel=0.01)
    if t_ion == 0.077:
        assert 0.070 <= found <= 0.085


@pytest.mark.parametrize(("states", "true"), [((), 0.99991), (("annealed",), 0.99966)])
def test_as_printed_fails_the_transport_number(states: tuple[str, ...], true: float) -> None:
    assert apparent(files.cell("au_mg3asn_au", *states, "as_printed"))[0] == pytest.approx(true, abs=1e-5)


def test_contact_resistance_of_the_contact_limited_reading() -> None:
    cell = files.cell("au_mg3asn_au", "contact_limited")
    total = cell.negative.electronic_resistance + cell.positive.electronic_resistance
    assert total * 1e4 == pytest.approx(1.2e6, rel=0.05)  # ohm cm2
    assert total / cell.area == pytest.approx(0.93e6, rel=0.01)  # ohm
    assert cell.get(SIGMA_EON) == pytest.approx(6.4e-5, rel=0.01)
    annealed = files.cell("au_mg3asn_au", "annealed", "contact_limited")
    assert 2 * annealed.positive.electronic_resistance * 1e4 == pytest.approx(0.37e6, rel=0.02)
    for state in ("cold_pressed", "annealed"):
        both: Any = files.cell("mg_mg3asn_mg", state, "contact_limited")
        for side in (both.negative, both.positive):
            assert side.film_resistance > 10 * side.electronic_resistance > 0


# -- overlays -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "overlays"), CASES, ids=lambda case: case if isinstance(case, str) else "+".join(case)
)
def test_every_cell_and_combination_of_overlays_builds(cell: str, overlays: tuple[str, ...]) -> None:
    built = files.cell(cell, *overlays)
    assert built.name == cell
    assert set(built.overlays) == set(overlays)
    assert built.area > 0 and built.series_resistance > 0


@pytest.mark.parametrize("cell", [*MG3ASN, *OTHER])
def test_applicable_overlays_are_the_ones_that_make_sense(cell: str) -> None:
    listed = {frozenset(names) for names in files.applicable_overlays(cell)}
    assert listed - {frozenset()} == allowed(cell)


@pytest.mark.parametrize(
    ("cell", "overlays"),
    [
        ("mg_polymer_mg", ("annealed",)),
        ("ss_polymer_ss", ("infiltrated",)),
        ("au_mofsse_au", ("contact_limited",)),
        ("au_mg3asn_au", ("exponent_9",)),
        ("au_mg3asn_au", ("hot_pressed", "exponent_9")),
        ("au_mg3asn_au", ("annealed_hot_pressed", "contact_limited")),
        ("au_mg3asn_au", ("annealed", "hot_pressed")),
        ("trilayer", ("infiltrated", "contact_limited")),
    ],
    ids=lambda case: case if isinstance(case, str) else "+".join(case),
)
def test_overlays_that_make_no_sense_are_refused(cell: str, overlays: tuple[str, ...]) -> None:
    with pytest.raises(OverlayError):
        files.cell(cell, *overlays)


@pytest.mark.parametrize("cell", [*MG3ASN, *OTHER])
def test_identity_overlays_change_nothing(cell: str) -> None:
    plain = files.cell(cell)
    names = ("cold_pressed", "as_printed") if cell in MG3ASN else ("as_printed",)
    changed = {path for path in plain.diff(files.cell(cell, *names)) if path != "overlays"}
    assert changed == set()


def test_order_of_overlays_does_not_matter() -> None:
    a = files.cell("au_mg3asn_au", "annealed", "exponent_9", "infiltrated")
    b = files.cell("au_mg3asn_au", "infiltrated", "exponent_9", "annealed")
    assert a == b
    assert a.get(SIGMA_ION) == pytest.approx(1.1e-6)


def test_dry_and_filled_conductivity_of_the_infiltrated_reading() -> None:
    dry, filled = files.cell("mg_mg3asn_mg", "infiltrated"), files.cell("trilayer", "infiltrated")
    assert dry.get(SIGMA_ION) == pytest.approx(4.1e-7)
    assert filled.get(SIGMA_ION) == pytest.approx(5.54e-2)
    assert "not Mg2+" in filled.get(SIGMA_ION).note
    assert files.cell("trilayer", "annealed", "infiltrated").get(SIGMA_ION) == pytest.approx(2e-2)
    for cell in (dry, filled):
        assert cell.get(f"{MATERIAL}.chemical_capacitance") == pytest.approx(0.02e6)


def test_dry_conductivity_between_electron_blockers_would_need_over_a_hundred_volts() -> None:
    sigma = files.cell("au_mg3asn_au", "infiltrated").get(SIGMA_ION) / 100  # S/cm
    assert 1e-5 / FOIL * 0.0655 / sigma == pytest.approx(141, rel=0.01)


# -- mixtures --------------------------------------------------------------------------------------------------------


def test_the_membrane_has_the_volume_fractions_of_its_recipe() -> None:
    cell: Any = files.cell("ss_polymer_ss", "from_recipe")
    found = cell.get("layers.polymer.material").fractions()
    volumes = {
        "pva": 140 / 1.27,
        "pegda": 90 / 1.12,
        "pvdf_hfp": 23 / 1.78,
        "emim_tfsi": 140 / 1.52,
        "mg3asn": 100 / 3.55,
    }
    assert found == pytest.approx({name: volume / sum(volumes.values()) for name, volume in volumes.items()})
    assert (found["mg3asn"], found["emim_tfsi"]) == pytest.approx((0.087, 0.284), abs=5e-4)
    three = cell.with_({"layers.polymer.material.phases.emim_tfsi.amount.mass": "420 mg"})
    assert three.get("layers.polymer.material").fractions()["mg3asn"] == pytest.approx(0.055, abs=5e-4)


def effective(cell: Any, name: str, celsius: float) -> tuple[float, float | None]:
    """Ionic and electronic conductivity of a layer [S/cm]."""
    layer = next(layer for layer in cell.layers if layer.name == name)
    path, T = f"layers.{name}.material", celsius + 273.15
    ions = ionic_conductivity(Reader(cell), path, layer.material, T) / 100
    if not has_electrons(layer.material):
        return ions, None
    return ions, electronic_conductivity(Reader(cell), path, layer.material, T) / 100


@pytest.mark.parametrize("celsius", [25, 60, 100])
def test_the_membrane_is_calibrated_to_its_measured_conductivity(celsius: float) -> None:
    measured = effective(files.cell("ss_polymer_ss"), "polymer", celsius)
    composite = effective(files.cell("ss_polymer_ss", "from_recipe"), "polymer", celsius)
    assert composite[0] == pytest.approx(measured[0], rel=1e-3)  # digits of the exponent
    assert composite[1] is measured[1] is None


def test_the_pellet_with_wet_pores_is_calibrated_to_the_trilayer_and_to_the_dry_pellet() -> None:
    wet = files.cell("trilayer", "wet_pores")
    dry = wet.with_({"layers.antiperovskite.material.saturation": 0})
    assert effective(wet, "antiperovskite", 100) == pytest.approx((5.54e-4, 4.9e-8), rel=2e-3)
    assert effective(dry, "antiperovskite", 100) == pytest.approx((4.1e-9, 4.9e-8), rel=2e-3)


def test_the_salt_in_wet_pores_changes_direct_current_only() -> None:
    """The lasting conductivity of equation (2.18) is two orders below that of all ions."""
    wet, salty = load_part("materials", "mg3asn_infiltrated"), load_part("materials", "mg3asn_infiltrated_salt")
    cell = files.cell("trilayer").with_({"layers.antiperovskite.material": salty})
    sigma, _ = effective(cell, "antiperovskite", 25)
    assert sigma == pytest.approx(effective(files.cell("trilayer", "wet_pores"), "antiperovskite", 25)[0], rel=1e-12)
    assert salty.fractions() == wet.fractions()
    solution, thermal = salty.liquid, 8.314462618 * 298.15 / 96485.33212
    mobility = 2 * 96485.33212 * solution.salt_diffusivity(298.15) * solution.concentration
    anions = 1 - solution.transference_number
    loss = 1 + evaluate(solution.ionic_conductivity, 298.15) * 1.5 * thermal * anions**2 / mobility
    assert 30 < loss < 300


def test_the_graded_membrane_has_the_recipe_on_average() -> None:
    graded = load_part("materials", "polymer_composite_graded")
    mean = {name: (graded.fractions(0)[name] + graded.fractions(1)[name]) / 2 for name in graded.names}
    recipe = files.cell("ss_polymer_ss", "from_recipe").get("layers.polymer.material").fractions()
    assert mean == pytest.approx(recipe, abs=2e-6)  # digits of the file


def test_hot_pressing_leaves_no_contact_resistance_in_the_contact_limited_reading() -> None:
    cell = files.cell("au_mg3asn_au", "hot_pressed", "contact_limited")
    assert cell.negative.electronic_resistance == cell.positive.electronic_resistance == 0
    assert cell.get(SIGMA_EON) == pytest.approx(1.5e-4)
    assert apparent(cell)[0] > 0.99
