"""The library of published materials: numbers as printed, laws that reproduce them, refusals, tables and citations.

Numbers are typed from the abstracts and data tables that the files name, in the units printed there.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import mgtwin as mt
from mgtwin import library, yamlfile
from mgtwin.cells.published import Published, is_published, read_published
from mgtwin.cells.schema import file_schema
from mgtwin.cli.app import app
from mgtwin.cli.checking import check_file
from mgtwin.errors import InputError, UnknownNameError

ROOT = Path(__file__).parents[2] / "parameter_sets" / "materials"
K = 8.617333262e-5  # eV/K
F, R = 96485.33212, 8.314462618


def published() -> dict[str, Published]:
    documents = {path.stem: yamlfile.load(path) for path in sorted(ROOT.glob("*.yaml"))}
    return {name: read_published(item) for name, item in documents.items() if is_published(item.data)}


LIBRARY = published()
TABLE = mt.materials()

#: Material, sample, temperature [degC], conductivity [S/cm] as printed, half a unit of the last digit.
PRINTED = [
    ("mg_en_bh4", "roedern2017", 30, 5e-8, 0.5e-8),
    ("mg_en_bh4", "roedern2017", 70, 6e-5, 0.5e-5),
    ("mof74_mgx2_pc", "mofpc2024", 25, 0.6e-4, 0.05e-4),
    ("mgpon", "mgpon2023", 450, 0.36e-6, 0.005e-6),
    ("mgpon", "mgpon2023", 500, 1.2e-6, 0.05e-6),
    ("mg05zrsn_po4", "zrsn2020", 500, 2.47e-5, 0.005e-5),
    ("mg_phosphate_ald", "mgpo_ald2019", 500, 1.6e-7, 0.05e-7),
    ("hf2li_po4", "winand1991", 400 - 273.15, 1.5e-5, 0.05e-5),
    ("hf2li_po4", "winand1991", 600 - 273.15, 3.9e-4, 0.05e-4),
    ("hf2na_po4", "winand1991", 400 - 273.15, 5.1e-7, 0.05e-7),
    ("hf2na_po4", "winand1991", 600 - 273.15, 4.9e-5, 0.05e-5),
    ("na2bh4nh2", "na2bh4nh2_2023", 90, 7.56e-4, 0.005e-4),
    ("pvdfhfp_mgtf2_emitf", "gel", 20, 4.8e-3, 0.1e-3),
    ("pvdfhfp_mgtf2_emitf", "gel2", 25, 4.63e-3, 0.01e-3),
    ("mil101_mgtfsi2", "yoshida2022", 25, 1.9e-3, 0.05e-3),
    ("mg_bh4_nh3_al2o3", "ammine_al2o3_2022", 22, 2.5e-5, 0.05e-5),
    ("mg_bh4_ch3nh2", "methylamine2023", 25, 1.50e-4, 0.005e-4),
    ("mg_ga_halide_clay", "mgga_clay2024", 25, 4.7e-4, 0.05e-4),
    ("mgga2cl7br", "tomita2020", 400 - 273.15, 1.6e-5, 0.05e-5),
    ("ca_mgno3", "mahalakshmi2020", 25, 9.19e-4, 0.005e-4),
    ("latp", "latp_3", 25, 3.75e-5, 0.005e-5),
    ("li6ps5cl", "lpscl_1", 25, 2.05e-3, 0.005e-3),
    ("li2ohcl", "li2ohcl_37", 37, 1.2e-8, 0.05e-8),  # 1.2e-5 mS/cm: the trap of the prefix
    ("na3obh4", "na3obh4_2019", 328 - 273.15, 1.1e-2, 0.05e-2),
]
GRADES = {
    "A": {"mg_en_bh4", "mof74_mgx2_pc", "mgpon", "hf2li_po4", "hf2na_po4"},
    "A-": {"mg05zrsn_po4", "mg_phosphate_ald", "na2bh4nh2", "pvdfhfp_mgtf2_emitf"},
    "C": {"mg2dobpdc", "uio66_mgtfsi2", "mof688_mg", "mg_bh4_nh3_mgo", "peo_etmgbr", "mgzr4p6o24", "mg_bh4_nh3_sba15"},
}


@pytest.mark.parametrize(("name", "sample", "celsius", "sigma", "half"), PRINTED)
def test_a_law_reproduces_what_is_printed(name: str, sample: str, celsius: float, sigma: float, half: float) -> None:
    law = mt.material(name, value=sample).ionic_conductivity
    found = float(law(celsius + 273.15))
    assert found == pytest.approx(sigma * 100, rel=1e-9)
    printed = [item for item in LIBRARY[name].choose(sample).of("ionic_conductivity") if item.is_number]
    at = next(item for item in printed if abs(item.temperature - celsius - 273.15) < 1e-6)
    assert at.interval == pytest.approx(((sigma - half) * 100, (sigma + half) * 100), rel=1e-9)


def test_the_sample_counts_as_one_of_each_grade() -> None:
    grades = {name: {sample.grade for sample in item.samples} for name, item in LIBRARY.items()}
    for grade, names in GRADES.items():
        assert {name for name, found in grades.items() if grade in found} == names
    good = {name for name, found in grades.items() if found & {"A", "A-", "B"}}
    sources = {item.number.source for name in good for sample in LIBRARY[name].samples for item in sample.values}
    assert len(good) >= 10 and len(sources) >= 8
    assert {"Mg", "Li", "Na"} == {item.ion for item in LIBRARY.values()}


def test_every_printed_number_of_the_library_is_checked_against_its_text() -> None:
    """A digit, a unit or a prefix copied wrong is an error."""
    text = (ROOT / "li2ohcl.yaml").read_text(encoding="utf-8")
    for wrong in (text.replace('value: "1.2e-5 mS/cm"', 'value: "1.2e-5 S/cm"'), text.replace("1.2e-5 mS/cm", "12")):
        assert wrong != text
    document = yamlfile.loads(
        text.replace('        value: "1.2e-5 mS/cm"', '        value: "1.2e-5 S/cm"').replace(
            'range: ["1.15e-5 mS/cm", "1.25e-5 mS/cm"]', 'range: ["1.15e-5 S/cm", "1.25e-5 S/cm"]'
        )
    )
    with pytest.raises(InputError, match=r"printed is '1.2e-5 mS/cm'"):
        list(read_published(document).notes())


def test_the_schema_for_editors_knows_published_files() -> None:
    validator = pytest.importorskip("jsonschema").Draft202012Validator(file_schema("materials"))
    data = yamlfile.load(ROOT / "mg_en_bh4.yaml").data
    assert validator.is_valid(data) and not validator.is_valid({**data, "samplez": []})


# -- laws ---------------------------------------------------------------------------------------------------------


def test_an_activation_energy_from_two_temperatures_has_the_range_of_its_digits() -> None:
    energy = mt.material("mg_en_bh4").ionic_conductivity.activation_energy
    per_log = K / (1 / 303.15 - 1 / 343.15)
    ends = [per_log * math.log(high / low) for high, low in ((5.5e-5, 5.5e-8), (6e-5, 5e-8), (6.5e-5, 4.5e-8))]
    assert [energy.low, float(energy), energy.high] == pytest.approx(ends, rel=1e-12)
    assert ends == pytest.approx([1.548, 1.589, 1.630], abs=5e-4)
    assert mt.material("mgpon").ionic_conductivity.activation_energy == pytest.approx(1.160, abs=5e-4)


def test_an_unstated_convention_widens_the_activation_energy_by_kT() -> None:
    energy = mt.material("mg_phosphate_ald").ionic_conductivity.activation_energy
    kT = K * 773.15
    assert (energy.low, float(energy), energy.high) == pytest.approx((1.365 - kT, 1.37, 1.375), abs=1e-9)
    printed = mt.material("mg05zrsn_po4").ionic_conductivity.activation_energy
    assert (printed.low, printed.high) == pytest.approx((0.79 - 0.04 - kT, 0.79 + 0.04))


def test_the_contradiction_of_latp_is_found_and_no_other() -> None:
    found = {name: [text for item in part.samples if (text := item.conflict())] for name, part in LIBRARY.items()}
    assert {name for name, texts in found.items() if texts} == {"latp15"}
    (text,) = found["latp15"]
    T1, T2 = 173.0, 293.0
    energy = K * math.log(3.4e-3 / 8.1e-6) / (1 / T1 - 1 / T2)
    hopping = energy + K * T1 * T2 * math.log(T2 / T1) / (T2 - T1)
    assert (energy, hopping) == pytest.approx((0.220, 0.239), abs=5e-4)
    assert f"{energy:.3f} eV (ln σ)" in text and f"{hopping:.3f} eV (ln σT)" in text and "0.26 to 0.29 eV" in text


def test_orders_of_magnitude_leave_half_an_electronvolt_open() -> None:
    """0.90 against 1.12 eV is no contradiction: two "orders" leave 0.45 eV open."""
    (sample,) = LIBRARY["mg_bh4_nh3_mgo"].samples
    first, last = sample.of("ionic_conductivity")
    open_ = K * math.log(10) / (1 / first.temperature - 1 / last.temperature)
    assert open_ == pytest.approx(0.45, abs=2e-3)
    assert sample.conflict() == ""
    sharp = [mt_exact(item) for item in sample.values]
    assert "0.902 eV" in type(sample)("sharp", sharp).conflict(), "the same numbers to three digits contradict"


def mt_exact(item: object) -> dict[str, object]:
    """The same number, meant to three digits."""
    value = item.number  # type: ignore[attr-defined]
    near = value.replace(low=float(value) * 0.999, high=float(value) * 1.001)
    return {"quantity": item.quantity, "value": near, "temperature": item.temperature}  # type: ignore[attr-defined]


# -- refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("mg2dobpdc", "no ionic_conductivity could be read.*≤0.25 mS/cm"),
        ("peo_etmgbr", "≥0.01 mS/cm at 50 °C; ≤0.1 mS/cm at 50 °C"),
        ("mg_bh4_nh3_mgo", "~0.01 mS/cm"),
        ("mg_bh4_nh3_sba15", "no ionic_conductivity and no chemical_capacitance"),
        ("li6ps5cl", "3 published samples.*Choose"),
    ],
)
def test_what_does_not_suffice_is_refused_with_the_reason(name: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        mt.material(name)
    with pytest.raises(UnknownNameError):
        mt.material(name, value="nobody2020")


GOLD = mt.Blocking("10 uF/cm^2")


def cell(material: object, T: str = "25 degC", **more: object) -> mt.Cell:
    return mt.Cell("c", GOLD, [mt.Layer("film", material, "25 um")], GOLD, temperature=T, **more)


def test_a_single_point_is_used_near_its_temperature_only() -> None:
    clay = mt.material("mg_ga_halide_clay")
    z = mt.simulate(cell(clay, "23 degC"), mt.EIS.at([1e6]))["impedance"].values[0]
    assert z.real == pytest.approx(25e-4 / 4.7e-4, rel=1e-3)
    hot = cell(clay, "60 degC")
    for compute in (
        lambda: mt.simulate(hot, mt.EIS.at([1e6])),
        lambda: mt.impedance.exact(hot, [1e6]),
        lambda: mt.simulate(hot, mt.Polarization("0.1 V", "1 h")),
    ):
        with pytest.raises(InputError, match=r"film.material.ionic_conductivity.*measured at 25 °C alone.*Give a law"):
            compute()


@pytest.mark.slow
def test_a_kept_model_takes_the_point_of_its_own_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the mesh, where models are kept: a second cell gets the same bits as from a model of its own."""

    def voltage(sigma: str) -> np.ndarray:
        mixed = mt.MixedConductor(mt.Isothermal(sigma, "25 degC"), "1e-6 S/cm", "1 F/cm^3")
        run = mt.simulate(cell(mixed), mt.Galvanostatic("1 uA", "10 s", limits=("-1 V", "1 V")), route=mt.Mesh())
        return run["voltage"].values

    first, second = voltage("1e-5 S/cm"), voltage("3e-5 S/cm")
    monkeypatch.setenv("MGTWIN_CACHE", "0")
    assert np.array_equal(second, voltage("3e-5 S/cm")) and not np.array_equal(first, second)


def test_a_file_gives_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        """\
negative: {type: blocking, double_layer: 5 uF/cm^2}
layers:
  - name: clay
    thickness: 25 um
    material:
      from: mg_ga_halide_clay
      ionic_conductivity:
        {type: arrhenius, reference: 0.47 mS/cm, reference_temperature: 25 degC, activation_energy: 0.4 eV}
  - name: blocker
    thickness: 75 um
    material: {from: mg_bh4_nh3_sba15, ionic_conductivity: 1e-4 S/cm, chemical_capacitance: 1 F/cm^3}
  - {name: gel, thickness: 25 um, material: {from: pvdfhfp_mgtf2_emitf, value: gel2}}
positive: {type: blocking, double_layer: 5 uF/cm^2}
temperature: 70 degC
""",
        encoding="utf-8",
    )
    made = mt.load_cell(path)
    assert made.get("layers.blocker.material.electronic_conductivity")("70 degC") == pytest.approx(7.93e-9)
    assert set(made.sources) == {"nanoconfined2024", "pvdfhfp_emitf2016"}
    assert mt.Cell.from_yaml(made.to_yaml()).identical(made)
    assert check_file(path).problem == ""
    hot = tmp_path / "hot.yaml"
    hot.write_text(path.read_text(encoding="utf-8").replace("value: gel2", "value: gel"), encoding="utf-8")
    assert "measured at 20 °C alone" in " ".join(run("show", str(hot)).split()), "what is refused is shown as that"


def test_a_conductor_of_lithium_is_no_part_of_a_magnesium_cell() -> None:
    argyrodite = mt.material("li6ps5cl", value="lpscl_1")
    with pytest.raises(InputError, match=r"layers.film.material conducts Li, and the working ion of the cell is Mg"):
        cell(argyrodite)
    lithium = cell(argyrodite, ion=mt.Ion("Li", 1, "12.97 cm^3/mol"))
    assert mt.impedance.exact(lithium, [1e6])[0].real == pytest.approx(25e-4 / 2.05e-3, rel=1e-3)


def test_what_holds_in_a_vapour_and_what_all_ions_carry_is_said_in_the_result() -> None:
    sealed = cell(mt.material("mil101_mgtfsi2"))
    spectrum = mt.simulate(sealed, mt.EIS.at([1e6])).attrs["warnings"]
    assert len(spectrum) == 1 and "acetonitrile vapour only" in spectrum[0]
    run = mt.simulate(sealed, mt.Polarization("10 mV", "10 s")).attrs["warnings"]
    assert any("is that of all ions" in text and "0.41" in text for text in run)
    kept = mt.simulate(
        cell(mt.material("hf2na_po4"), "200 degC", ion=mt.Ion("Na", 1, "23.8 cm^3/mol")), mt.EIS.at([1e6])
    )
    assert kept.attrs["warnings"] == []


# -- tables -------------------------------------------------------------------------------------------------------


def test_the_table_at_a_temperature_is_what_the_laws_give() -> None:
    found = {row.label: row.ionic_conductivity for row in mt.materials("60 degC", ion="Mg", grade=("A", "A-", "B"))}
    en = 5e-6 * (1200.0) ** ((1 / 303.15 - 1 / 333.15) / (1 / 303.15 - 1 / 343.15))
    mof = 0.6e-2 * math.exp(-0.2 / K * (1 / 333.15 - 1 / 298.15))
    assert found.keys() == {"mg_en_bh4"}, "Mg-MOF-74 ends at 333 K, 0.15 K colder"
    assert found["mg_en_bh4"] == pytest.approx(en, rel=1e-9)
    wide = mt.materials("60 degC", ion="Mg", grade="A", extrapolate=True)
    marked = {row.name: row.extrapolated for row in wide}
    assert marked == {"mg_en_bh4": False, "mof74_mgx2_pc": True, "mgpon": True}
    assert wide["mof74_mgx2_pc"].ionic_conductivity == pytest.approx(mof, rel=1e-9)


def test_a_family_that_nothing_is_known_of_at_a_temperature_is_no_unknown_one() -> None:
    table = mt.materials("60 degC", family="halide")
    assert len(table) == 0 and str(table).startswith("no material")


#: 25 um in ohm cm2: to an alternating and to a lasting current (lowest, highest); None: no transference number.
RESISTANCES = {
    "pvdfhfp_mgtf2_emitf: gel": (0.52, (2.0, 2.0)),
    "mil101_mgtfsi2": (1.3, (3.2, 3.2)),
    "ca_mgno3": (2.7, (7.8, 7.8)),
    "mg_ga_halide_clay": (5.3, None),
    "mg_bh4_ch3nh2": (17.0, None),
    "mof74_mgx2_pc": (42.0, (52.0, 93.0)),
    "mg_bh4_nh3_al2o3": (100.0, None),
}


def test_which_separator_depends_on_the_current_that_is_asked_for() -> None:
    table = TABLE
    for label, (alternating, lasting) in RESISTANCES.items():
        row = table[label]
        assert row.ac_resistance * 1e4 == pytest.approx(alternating, rel=0.02)
        found = row.dc_resistance
        assert (found is None) == (lasting is None)
        assert found is None or (found[0] * 1e4, found[1] * 1e4) == pytest.approx(lasting, rel=0.02)
    text = str(table)
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(r"^mg_ga_halide_clay .* 5.3 +\? B$", text, re.MULTILINE)
    best = [row.name for row in mt.materials(ion="Mg", sealed=True).sort("dc_resistance") if row.dc_resistance]
    assert best[:2] == ["pvdfhfp_mgtf2_emitf", "ca_mgno3"] and "mil101_mgtfsi2" not in best


def test_the_lasting_resistance_of_an_ideal_solution_is_L_over_sigma_t() -> None:
    """The gel as what it is, with the diffusivity of an ideal solution: R(0) = L/(kappa t) for any concentration."""
    kappa, t, T = 0.48, 0.26, 293.15
    D = kappa * 3 * R * T * t * (1 - t) / (4 * F**2 * 500.0)
    assert pytest.approx(3.63e-7, rel=2e-3) == D * 1e4
    solution = mt.BinaryElectrolyte("0.5 mol/L", kappa, D, t)
    foil = mt.Plating("1e9 A/cm^2", double_layer="1 uF/cm^2")
    made = mt.Cell("gel", foil, [mt.Layer("gel", solution, "25 um")], foil, temperature=T)
    low, high = TABLE["pvdfhfp_mgtf2_emitf: gel"].dc_resistance or (0.0, 0.0)
    assert low == high == pytest.approx(25e-6 / (kappa * t), rel=1e-12)
    assert mt.impedance.exact(made, [1e-5])[0].real * made.area == pytest.approx(low, rel=1e-6)
    assert low * 1e4 == pytest.approx(2.0032051, rel=1e-7)


def test_how_thin_an_electron_blocker_may_be() -> None:
    sigma = float(mt.values("mg_bh4_nh3_sba15", "electronic_conductivity").rows[0].value)
    conductor, T, L = mt.material("mg3asn"), "70 degC", 0.655e-3
    thickness = sigma * (1.0 / 1e-4 - L / conductor.electronic_conductivity(T))
    assert thickness * 1e6 == pytest.approx(75.2, abs=0.05)
    layers = [mt.Layer("blocker", mt.MixedConductor("1e-4 S/cm", sigma, "1 F/cm^3"), thickness)]
    stack = mt.Cell("leak", GOLD, [*layers, mt.Layer("conductor", conductor, L)], GOLD, temperature=T)
    assert 1.0 / mt.impedance.plateaus(stack).steady / stack.area == pytest.approx(1e-4, rel=1e-6)  # 0.01 uA/cm2


def test_competing_values_stand_side_by_side() -> None:
    three = [row for row in mt.values("latp", "ionic_conductivity") if row.sample in ("latp_1", "latp_2", "latp_3")]
    sizes = [float(row.value) for row in three]
    assert max(sizes) / min(sizes) == pytest.approx(30.1, abs=0.05)
    assert mt.values("li6ps5cl", "ionic_conductivity").spread == pytest.approx(62.1, abs=0.05)
    mean = mt.values("li6ps5cl", "ionic_conductivity").mean()
    assert float(mean) == pytest.approx((0.205 * 0.13 * 0.0033) ** (1 / 3)) and (mean.low, mean.high) == (0.0033, 0.205)
    for name, quantity in (("mgpon", "ionic_conductivity"), ("peo_etmgbr", "ionic_conductivity"), ("mg_en_bh4", None)):
        with pytest.raises(InputError, match="a mean is made of"):
            mt.values(name, quantity).mean()
    assert math.isnan(mt.values("mgpon", "ionic_conductivity").spread), "at two temperatures they do not compete"
    text = str(mt.values("li6ps5cl"))
    assert "row 122 (10.1021/jacs.7b06327)" in " ".join(text.split()) and max(map(len, text.splitlines())) <= 80
    assert [str(row.value) for row in mt.values("mg3asn", "chemical_capacitance")] == ["240000.0"]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (lambda: mt.materials(60), "'60 degC'"),
        (lambda: mt.materials(sigma=("1 S/cm", "1 mS/cm")), "exchange them"),
        (lambda: mt.materials(sigma="1 mS/cm"), "lowest, highest"),
        (lambda: mt.materials(sigma=(0.1, "1 V")), "conductivity"),
        (lambda: mt.materials(ion="K"), "Known: Li, Mg, Na"),
        (lambda: mt.materials(grade="D"), "grade"),
        (lambda: mt.materials(grade=5), "grade"),
        (lambda: TABLE.sort("price"), "key to sort by"),
        (lambda: TABLE["latp"], "several rows: latp: latp_1"),
        (lambda: mt.cite(mt.cell("trilayer"), "/no/such/folder/refs.bib"), "cannot be written"),
        (lambda: mt.plot.arrhenius(mt.cell("trilayer")), "not Cell"),
        (lambda: mt.plot.arrhenius(mt.Insulator()), "conducts no ions"),
        (lambda: mt.values("mg_en_bh"), "mg_en_bh4"),
        (lambda: mt.values("latp", "colour"), "known: ionic_conductivity"),
        (lambda: mt.cite("trilayer"), r"mt.cell\('trilayer'\)"),
    ],
)
def test_what_cannot_be_meant_is_refused(asked: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        asked()  # type: ignore[operator]


def test_a_figure_shows_where_a_law_is_known_and_what_was_printed() -> None:
    import matplotlib.pyplot as plt

    own = mt.analysis.arrhenius([("40 degC", "0.094 mS/cm"), ("100 degC", "0.76 mS/cm")])
    ax = mt.plot.arrhenius("mg_en_bh4", "mg2dobpdc", mt.material("mg_ga_halide_clay"), own, label="ours")
    entries = [text.get_text() for text in ax.get_legend().get_texts()]
    assert {"ours", "mg_en_bh4", "mg2dobpdc", "mg_ga_halide_clay"} <= set(entries)
    line = next(line for line in ax.lines if line.get_label() == "mg_en_bh4")
    assert [1000 / x for x in line.get_xdata()[[0, -1]]] == pytest.approx([303.15, 343.15])
    assert line.get_ydata()[[0, -1]] == pytest.approx([5e-8, 6e-5])
    assert [line.get_marker() for line in ax.lines].count("v") == 1, "a bound is an arrow"
    assert len(mt.plot.arrhenius(family="borohydride").get_legend().get_texts()) == 4
    with pytest.raises(InputError, match="nothing to draw"):
        mt.plot.arrhenius(family="no such")
    plt.close("all")


# -- citations ----------------------------------------------------------------------------------------------------


def bibtex(text: str) -> dict[str, dict[str, str]]:
    """A small reader of BibTeX, written for this test: {key: {field: value}}; nothing else may stand there."""
    entries: dict[str, dict[str, str]] = {}
    position = 0
    while match := re.compile(r"(?:\s|%[^\n@]*\n)*@(\w+)\s*\{\s*([^\s,{}]+)\s*,").match(text, position):
        position, fields = match.end(), {}
        while field := re.compile(r"\s*(\w+)\s*=\s*\{").match(text, position):
            depth, position = 1, field.end()
            start = position
            while depth:
                depth += {"{": 1, "}": -1}.get(text[position], 0)
                position += 1
            assert field[1].lower() not in fields, "a field twice"
            fields[field[1].lower()] = text[start : position - 1]
            comma = re.compile(r"\s*,?").match(text, position)
            position = comma.end() if comma else position
        end = re.compile(r"\s*\}").match(text, position)
        assert end, text[position : position + 80]
        assert match[2] not in entries, "a key twice"
        entries[match[2]], position = {"type": match[1].lower(), **fields}, end.end()
    assert not text[position:].strip(), text[position : position + 80]
    return entries


@pytest.mark.parametrize("file", ["references.bib", "materials.bib"])
def test_the_bibliographies_are_bibtex(file: str) -> None:
    text = (ROOT.parent / file).read_text(encoding="utf-8")
    assert len(bibtex(text)) == text.count("\n@")


def test_cite_names_every_source_of_a_cell_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def offline(*arguments: object) -> None:
        raise AssertionError("nothing here asks the network")

    monkeypatch.setattr("socket.socket.connect", offline)
    trilayer = mt.cell("trilayer")
    text = mt.cite(trilayer, tmp_path / "refs.bib")
    assert (tmp_path / "refs.bib").read_text(encoding="utf-8") == text
    found = bibtex(text)
    assert list(found) == [*(key for key in trilayer.sources if key != "estimate"), "mgtwin", "Sulzer2021"]
    assert found["mg3asn2025"]["volume"] == "12" and "% Some numbers are estimates" in text
    eis = mt.simulate(trilayer, mt.EIS(1e5, 1e4, points=3))
    assert mt.cite(eis) == text
    fit = mt.fit(trilayer, eis, ["layers.antiperovskite.thickness"])
    assert bibtex(mt.cite(fit)) == found
    table = mt.materials(family="borohydride")
    assert set(bibtex(mt.cite(table))) == {*table.sources, "mgtwin", "Sulzer2021"}
    bare = bibtex(mt.cite(cell(mt.IonConductor("1 mS/cm"))))
    assert list(bare) == ["mgtwin", "Sulzer2021"]


def test_a_bibliography_beside_the_file_comes_first_and_a_missing_entry_is_said(tmp_path: Path) -> None:
    number = {"value": "1 mS/cm", "source": "our_eis"}
    mine, unknown = cell(mt.IonConductor(number)), cell(mt.IonConductor({**number, "source": "nobody"}))
    (tmp_path / "own.bib").write_text("@misc{our_eis, title = {Run 31}, note = {a {nested} one}}\n", encoding="utf-8")
    assert bibtex(mt.cite(mine, near=tmp_path / "cell.yaml"))["our_eis"]["note"] == "a {nested} one"
    assert "% No bibliography has an entry for 'nobody'." in mt.cite(unknown)


# -- the command line ---------------------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_line_shows_materials_and_cites(tmp_path: Path) -> None:
    table = run("materials", "--at", "60 degC", "--min", "1e-5 S/cm", "--grade", "A")
    assert [line.split()[0] for line in table.splitlines()[1:2]] == ["mg_en_bh4"]
    assert "largest/smallest: 62.1" in run("materials", "li6ps5cl")
    assert bibtex(run("cite", "trilayer")) == bibtex(mt.cite(mt.cell("trilayer")))
    assert {"obelix2025", "latp_lif2019"} < set(bibtex(run("cite", "latp"))), "all samples, though a cell takes one"
    mt.save(mt.simulate(mt.cell("trilayer"), mt.EIS(1e5, 1e4, points=3)), tmp_path / "run.nc")
    assert "mg3asn2025" in bibtex(run("cite", str(tmp_path / "run.nc")))


def test_strict_takes_a_contradiction_for_an_error_unless_the_file_states_it(tmp_path: Path) -> None:
    text = (ROOT / "latp15.yaml").read_text(encoding="utf-8")
    silent = tmp_path / "latp15.yaml"
    silent.write_text(re.sub("^conflict:.*\n", "", text, flags=re.MULTILINE), encoding="utf-8")
    outcome = check_file(silent)
    assert outcome.problem == "" and any("0.220 eV" in text for text in outcome.warnings)
    for arguments, code in (((str(silent),), 0), ((str(silent), "--strict"), 1)):
        assert CliRunner().invoke(app, ["check", *arguments]).exit_code == code
    stated = check_file(ROOT / "latp15.yaml")
    assert not stated.fails(strict=True) and any("0.220 eV" in text for text in stated.notes)


def test_an_own_file_of_a_shipped_name_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "materials" / "mg_en_bh4.yaml"
    own.parent.mkdir()
    own.write_text((ROOT / own.name).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setenv("MGTWIN_PATH", str(tmp_path))
    assert library.find("materials", "mg_en_bh4") == own
    assert any("in place of the shipped one" in text for text in check_file(own).notes)
    ours = tmp_path / "materials" / "our_en.yaml"
    ours.write_text(
        own.read_text(encoding="utf-8").replace("e-8", "e-10").replace("name: mg_en_bh4\n", ""), encoding="utf-8"
    )
    assert any("in mg_en_bh4 differ by x100" in text for text in check_file(ours).warnings)
