"""Cells, materials and overlays from files: references, positions of errors, order of overlays, exact round trips."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgtwin import library as shipped
from mgtwin.cells import Blocking, Cell, DefectElectrons, IonConductor, Junction, Layer, MixedConductor, Plating, files
from mgtwin.cells.schema import file_schema
from mgtwin.errors import FileError, InputError, OverlayError, UnknownNameError
from mgtwin.laws import Arrhenius, Table
from mgtwin.quantities import KINDS
from mgtwin.yamlfile import loads

MOF = """\
type: ion_conductor
description: a soft one
ionic_conductivity:
  type: arrhenius
  reference: {value: 2.6 mS/cm, std: 5 %, kind: measured, source: paper, where: "§2", printed: "2.6"}
  reference_temperature: 100 degC
  activation_energy: 0.4 eV
  valid: [25 degC, 100 degC]
"""
GOLD = "type: blocking\nname: Au\ndouble_layer: 10 uF/cm^2\n"
CELL = """\
name: sandwich
description: |
  Au | soft | hard | Au

  A second paragraph.
negative: gold
layers:
  - name: soft
    material: mof
    thickness: {value: 0.5 mm, range: [0.4 mm, 0.6 mm], kind: assumed}
  - name: hard
    material: {from: mof, ionic_conductivity: 1 mS/cm, name: harder}
    thickness: 0.3 mm
positive: {from: gold, electronic_resistance: 2 ohm*cm^2}
interfaces:
  soft-hard: {resistance: 30 ohm*cm^2}
area: 1.327 cm^2
temperature: 60 degC
"""
HOT = """\
name: hot
kind: state
description: heated
variants:
  - cells: [sandwich]
    set:
      layers.*.thickness: 0.2 mm
      temperature: 80 degC
  - cells: [sandwich]
    with: [leaky]
    set:
      interfaces.soft-hard.electronic_resistance: 5 ohm*cm^2
"""
LEAKY = """\
name: leaky
kind: reading
description: electrons leak
variants:
  - cells: [sand*]
    without: [tight]
    set:
      temperature: {value: 90 degC, kind: assumed}
      negative: {type: plating, exchange_current_density: 5 uA/cm^2}
      positive: gold
"""
TIGHT = """\
name: tight
kind: alternative
variants:
  - {cells: other, set: {}}
  - {cells: sandwich, with: hot, set: {}}
"""
COLD = "name: cold\nkind: state\nvariants:\n  - cells: [sandwich]\n    set: {}\n"


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    texts = {
        "materials/mof": MOF,
        "interfaces/gold": GOLD,
        "cells/sandwich": CELL,
        "overlays/hot": HOT,
        "overlays/leaky": LEAKY,
        "overlays/tight": TIGHT,
        "overlays/cold": COLD,
        "experiments/pulse": "description: one pulse\n",
    }
    for name, text in texts.items():
        write(tmp_path, name, text)
    monkeypatch.setenv("MGTWIN_PATH", str(tmp_path))
    return tmp_path


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# -- reading ------------------------------------------------------------------------------------------------------


def test_a_cell_is_read_with_its_references(library: Path) -> None:
    cell = files.cell("sandwich")
    soft, hard = cell.layers
    assert soft.material == IonConductor(
        Arrhenius("2.6 mS/cm", "100 degC", "0.4 eV", valid=("25 degC", "100 degC")),
        name="mof",
        description="a soft one",
    )
    assert hard.material == IonConductor("1 mS/cm", name="harder", description="a soft one")
    assert cell.negative == Blocking("10 uF/cm^2", name="Au")
    assert cell.positive == Blocking("10 uF/cm^2", "2 ohm*cm^2", name="Au")
    assert dict(cell.interfaces) == {"soft-hard": Junction("30 ohm*cm^2")}
    assert cell.temperature == 333.15
    assert soft.thickness.low == pytest.approx(4e-4)  # type: ignore[attr-defined]
    reference = cell.get("layers.soft.material.ionic_conductivity.reference")
    assert (reference.unit, reference.kind, reference.source, reference.printed) == ("S/m", "measured", "paper", "2.6")
    assert reference.std == pytest.approx(0.013)


def test_own_folders_come_before_the_shipped_ones(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    write(second, "cells/sandwich", CELL.replace("60 degC", "70 degC"))
    write(second, "cells/more", CELL.replace("name: sandwich", "name: more"))
    monkeypatch.setenv("MGTWIN_PATH", os.pathsep.join([str(library), str(second)]))
    assert files.cell("sandwich").temperature == pytest.approx(333.15)
    assert files.find("cells", "more") == second / "cells" / "more.yaml"
    assert [entry.path for entry in files.list_cells() if entry.name == "sandwich"] == [library / "cells/sandwich.yaml"]


def test_lists_name_describe_and_locate(library: Path) -> None:
    entry = next(entry for entry in files.list_cells() if entry.name == "sandwich")
    assert entry == ("sandwich", "Au | soft | hard | Au", library / "cells" / "sandwich.yaml")
    assert ("hot", "heated") in [entry[:2] for entry in files.list_overlays()]
    assert ("pulse", "one pulse") in [entry[:2] for entry in files.list_experiments()]
    write(library, "cells/broken", "name: [\n")
    broken = next(entry for entry in files.list_cells() if entry.name == "broken")
    assert broken.description.startswith("cannot be read: ") and "broken.yaml:" in broken.description


def test_listing_is_cheap() -> None:
    code = (
        "import sys, mgtwin\n"
        "mgtwin.list_cells(), mgtwin.list_overlays(), mgtwin.list_experiments()\n"
        "heavy = {'pybamm', 'casadi', 'scipy', 'xarray', 'pint', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_edited_material_is_read_again(library: Path) -> None:
    assert files.cell("sandwich").get("layers.soft.material.ionic_conductivity.reference") == pytest.approx(0.26)
    path = write(library, "materials/mof", MOF.replace("2.6 mS/cm", "5.2 mS/cm"))
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1_000_000))
    assert files.cell("sandwich").get("layers.soft.material.ionic_conductivity.reference") == pytest.approx(0.52)


def test_a_material_may_start_from_another(library: Path) -> None:
    write(library, "materials/softer", "from: mof\nionic_conductivity: 9 mS/cm\n")
    path = write(
        library, "cells/soft", CELL.replace("name: sandwich", "name: soft").replace("material: mof", "material: softer")
    )
    soft = files.load_cell(path).layers[0].material
    assert soft == IonConductor("9 mS/cm", name="softer", description="a soft one")
    write(library, "materials/mof", "from: softer\n")
    with pytest.raises(FileError, match="softer -> mof -> softer refer to each other"):
        files.load_cell(path)


def test_a_reference_may_change_the_type(library: Path) -> None:
    other = "{from: gold, type: plating, exchange_current_density: 5 uA/cm^2}"
    path = write(library, "cells/mg", CELL.replace("negative: gold", f"negative: {other}"))
    assert files.load_cell(path).negative == Plating("5 uA/cm^2")


def test_the_file_names_a_nameless_cell(library: Path) -> None:
    path = write(library, "cells/nameless", CELL.replace("name: sandwich\n", "", 1))
    assert files.load_cell(path).name == "nameless"
    assert files.cell(str(path)).name == "nameless"
    write(library, "cells/other", CELL)
    with pytest.raises(FileError, match="name 'sandwich' differs from the file name 'other'"):
        files.cell("other")


# -- errors -------------------------------------------------------------------------------------------------------


def test_unknown_names_list_close_matches(library: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown cell 'sandwhich'. Did you mean 'sandwich'"):
        files.cell("sandwhich")
    with pytest.raises(UnknownNameError, match=r"unknown overlay 'hott'. Did you mean 'hot'"):
        files.cell("sandwich", "hott")
    with pytest.raises(UnknownNameError, match=r"unknown experiment 'puls'. Did you mean 'pulse'"):
        files.find("experiments", "puls")
    with pytest.raises(FileError, match="there is no such file"):
        files.load_cell("nowhere.yaml")


def line_of(part: str, text: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


BAD_FILES = [
    ("    thickness: 0.3 mm", "    thicknes: 0.3 mm", "thicknes: is not a known key here", "thicknes:"),
    ("    thickness: 0.3 mm", "    thickness: 0.3", "has no unit", "0.3"),
    ("    thickness: 0.3 mm", "    thickness: 0,3 mm", "comma", "0,3"),
    ("    thickness: 0.3 mm", "    thickness: -0.3 mm", "must be greater than 0 m, but is -0.3 mm", "-0.3"),
    ("    thickness: 0.3 mm", "    thickness: .nan", "NaN is not a value", ".nan"),
    ("  soft-hard:", "  hard-soft:", "wrong order", "hard-soft"),
    ("    material: mof", "    material: moff", "unknown material 'moff'. Did you mean 'mof'", "moff"),
    ("negative: gold", "negative: golden", "unknown interface 'golden'. Did you mean 'gold'", "golden"),
    ("{from: mof,", "{from: nof,", "unknown material 'nof'", "nof"),
    ("ionic_conductivity: 1 mS/cm", "ionic_conductivity: 1 S*m", "conductivity in S/m is needed", "1 S*m"),
    ("name: harder}", "nam: harder}", "nam: is not a known key here", "nam: harder"),
    ("temperature: 60 degC", "temperatur: 60 degC", "temperatur: is not a known key here", "temperatur:"),
    ("30 ohm*cm^2}", "30 ohm}", "area-specific resistance", "30 ohm"),
    ("30 ohm*cm^2}", "30 ohm*cm^2, type: blocking}", "", "blocking"),
]


@pytest.mark.parametrize(("good", "bad", "message", "at"), BAD_FILES, ids=[row[1].strip() for row in BAD_FILES])
def test_errors_in_a_cell_file_point_at_the_place(library: Path, good: str, bad: str, message: str, at: str) -> None:
    text = CELL.replace(good, bad)
    assert text != CELL
    path = write(library, "cells/bad", text)
    with pytest.raises(FileError) as caught:
        files.load_cell(path)
    shown = str(caught.value)
    assert message in shown
    assert shown.startswith(f"{path}:{caught.value.line}:{caught.value.column}: ")
    assert "^" in shown
    # A misspelt key is two problems, one unknown and one missing; each has its line.
    assert f"{path}:{line_of(at, text)}:" in shown


def test_errors_in_a_material_point_at_the_file_of_the_material(library: Path) -> None:
    path = write(library, "materials/mof", MOF.replace("activation_energy: 0.4 eV", "activation_energy: 0.4 V"))
    with pytest.raises(FileError, match="activation_energy") as caught:
        files.cell("sandwich")
    assert (caught.value.path, caught.value.line) == (str(path), 7)


def test_a_file_that_is_no_mapping_says_so(library: Path) -> None:
    with pytest.raises(InputError, match="name, negative, layers and positive"):
        files.load_cell(write(library, "cells/list", "- 1\n- 2\n"))


# -- overlays -----------------------------------------------------------------------------------------------------


def test_overlays_are_applied_in_the_order_of_their_kinds(library: Path) -> None:
    hot = files.cell("sandwich", "hot")
    assert [layer.thickness for layer in hot.layers] == [2e-4, 2e-4]
    assert hot.temperature == pytest.approx(353.15)
    assert hot.overlays == ("hot",)
    both = files.cell("sandwich", "leaky", "hot")
    assert both.overlays == ("hot", "leaky")
    assert both == files.cell("sandwich", "hot", "leaky")
    assert both.temperature == pytest.approx(363.15)
    assert both.get("temperature").kind == "assumed"
    assert both.negative == Plating("5 uA/cm^2")
    assert both.positive == Blocking("10 uF/cm^2", name="Au")
    # The second variant of "hot" applies only together with "leaky".
    assert both.get("interfaces.soft-hard.electronic_resistance") == pytest.approx(5e-4)
    assert hot.get("interfaces.soft-hard.electronic_resistance") == float("inf")


def test_overlays_that_do_not_apply_are_refused(library: Path) -> None:
    with pytest.raises(
        OverlayError, match=r"'tight' does not apply to 'sandwich'. It applies to: other; sandwich with hot"
    ):
        files.cell("sandwich", "tight")
    with pytest.raises(OverlayError, match="'leaky' does not apply to 'sandwich' together with hot, tight"):
        files.cell("sandwich", "leaky", "hot", "tight")
    with pytest.raises(OverlayError, match="'hot' and 'cold' are both of kind state: a cell takes one"):
        files.cell("sandwich", "hot", "cold")
    with pytest.raises(OverlayError, match="'hot' is named twice"):
        files.cell("sandwich", "hot", "hot")
    write(library, "cells/other", CELL.replace("name: sandwich", "name: other"))
    with pytest.raises(OverlayError, match="'hot' does not apply to 'other'"):
        files.cell("other", "hot")
    with pytest.raises(OverlayError, match="already has the overlays hot"):
        files.apply_overlays(files.cell("sandwich", "hot"), "leaky")


def test_applicable_overlays(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "folders", lambda kind: (library / kind,))
    found = files.applicable_overlays("sandwich")
    assert found[:3] == [("leaky",), ("cold",), ("hot",)]
    assert set(found[3:]) == {("hot", "leaky"), ("cold", "leaky"), ("hot", "tight")}
    assert files.applicable_overlays("other") == [("tight",)]
    for names in found:
        assert files.cell("sandwich", *names).overlays == names


@pytest.mark.parametrize(
    ("good", "bad", "message", "at"),
    [
        ("temperature: 80 degC", "temperature: 80", "has no unit", "temperature: 80"),
        (
            "temperature: 80 degC",
            "temperatur: 80 degC",
            "temperatur in sandwich: unknown path 'temperatur'",
            "temperatur:",
        ),
        ("0.2 mm", "-0.2 mm", "layers.soft.thickness in sandwich: must be greater than 0 m", "layers.*.thickness"),
        ("kind: state", "kind: stat", "'state', 'electrode', 'reading', 'ageing' or 'alternative'", "stat"),
        ("    set:\n      lay", "    sets:\n      lay", "sets: is not a known key here", "sets"),
    ],
)
def test_errors_in_an_overlay_point_at_the_place(library: Path, good: str, bad: str, message: str, at: str) -> None:
    text = HOT.replace(good, bad)
    assert text != HOT
    write(library, "overlays/hot", text)
    with pytest.raises(FileError) as caught:
        files.cell("sandwich", "hot", "leaky")
    assert message in str(caught.value)
    assert f"hot.yaml:{line_of(at, text)}:" in str(caught.value)


# -- writing ------------------------------------------------------------------------------------------------------


def rich_cell() -> Cell:
    """A cell with every kind of content: laws, tables, defects, provenance, infinities, odd floats, unicode."""
    table = Table(
        ["25 degC", {"value": "100 degC", "std": "1 K"}], [{"value": "1 mS/cm", "kind": "measured"}, "3 mS/cm"]
    )
    odd = {"value": 0.1 + 0.2, "std": 1 / 3, "range": [0.1, 0.7], "kind": "fitted", "source": "a", "where": "§3: p. 4"}
    mixed = MixedConductor(
        table,
        DefectElectrons("1e-8 S/cm", Arrhenius("1e-9 S/cm", "100 degC", "0.5 eV")),
        odd,
        homogeneity_range=(-0.1, {"value": 0.2, "note": "guess: {braces} # no comment"}),
        molar_volume="45.6 cm^3/mol",
        minimum_potential={"value": "-50 mV", "kind": "assumed", "printed": "−50"},
        description="line one\nline two",
    )
    return Cell(
        "rich",
        Plating(
            Arrhenius("5 uA/cm^2", "25 degC", "0.5 eV", valid=("0 degC", "100 degC")), double_layer=0.123456789012345
        ),
        [
            {"name": "a", "material": IonConductor(1 / 7), "thickness": "50 um", "area": "1 cm^2"},  # type: ignore[list-item]
            {"name": "b", "material": mixed, "thickness": {"value": "0.655 mm", "std": "3 %"}},
        ],
        Blocking(None, {"value": "inf", "kind": "assumed", "note": "no contact"}),
        {"a-b": Junction("30 ohm*cm^2", "1 uF/cm^2", name="sütterlin")},
        temperature={"value": "100 degC", "std": "1 K", "range": ["95 degC", "105 degC"]},
        series_resistance={"value": 0.0, "kind": "assumed"},
        overlays=("hot", "leaky"),
    )


def test_yaml_round_trips_exactly(tmp_path: Path) -> None:
    cell = rich_cell()
    again = Cell.from_yaml(cell.to_yaml())
    assert again == cell
    assert again.identical(cell)
    assert again.to_yaml() == cell.to_yaml()
    assert again.get("layers.b.material.chemical_capacitance").provenance() == {
        "unit": "F/m^3",
        "std": 1 / 3,
        "low": 0.1,
        "high": 0.7,
        "kind": "fitted",
        "source": "a",
        "where": "§3: p. 4",
    }
    assert again.get("series_resistance").kind == "assumed"
    assert again.get("layers.b.material.ionic_conductivity") == cell.get("layers.b.material.ionic_conductivity")
    path = cell.save(tmp_path / "rich.yaml")
    assert files.load_cell(path).identical(cell)


def test_a_saved_cell_is_self_contained(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = files.cell("sandwich", "hot")
    path = cell.save(tmp_path / "copy.yaml")
    monkeypatch.delenv("MGTWIN_PATH")
    assert files.load_cell(path).identical(cell)
    with pytest.raises(FileError, match="'gold' is a name"):
        Cell.from_yaml(CELL)


def test_what_is_default_is_not_written() -> None:
    cell = Cell("c", Blocking(1), [{"name": "a", "material": IonConductor(1), "thickness": 1}], Blocking(1))  # type: ignore[list-item]
    text = cell.to_yaml()
    assert all(
        word not in text for word in ("series_resistance", "interfaces", "ion:", "description", "electronic_res")
    )


def test_the_template_of_a_new_cell_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(files.new_cell_template("mine"), encoding="utf-8")
    cell = files.load_cell(path)
    assert cell.name == "mine"
    assert [layer.name for layer in cell.layers] == ["separator", "conductor"]
    with pytest.raises(InputError, match="cannot name a cell"):
        files.new_cell_template("a/b")


def test_json_schema_describes_every_branch() -> None:
    schema = file_schema("cells")
    assert {"negative", "layers", "positive"} == set(schema["required"])
    definitions = schema["$defs"]
    assert {"IonConductor", "MixedConductor", "Plating", "Blocking", "Junction", "Arrhenius"} <= set(definitions)
    assert definitions["Layer"]["additionalProperties"] is False
    with pytest.raises(UnknownNameError, match="Did you mean 'cells'"):
        file_schema("cell")


def test_json_schemas_accept_good_files_and_refuse_bad_ones(library: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    for kind, texts in {
        "cells": [CELL],
        "materials": [MOF],
        "interfaces": [GOLD],
        "overlays": [HOT, LEAKY, TIGHT],
    }.items():
        schema = file_schema(kind)
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for text in texts:
            validator.validate(loads(text).data)
            assert not validator.is_valid({**loads(text).data, "surprise": 1})
    assert jsonschema.Draft202012Validator(file_schema("cells")).is_valid(loads(rich_cell().to_yaml()).data)
    assert jsonschema.Draft202012Validator(file_schema("cells")).is_valid(loads(files.new_cell_template("a")).data)


numbers = st.floats(min_value=1e-300, max_value=1e300)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1)


@settings(max_examples=50, deadline=None)
@given(numbers, numbers, st.sampled_from(KINDS), texts, texts)
def test_any_number_and_text_survives_the_file(number: float, std: float, kind: str, note: str, printed: str) -> None:
    raw = {"value": number, "std": std, "kind": kind, "note": note, "printed": printed}
    gold = Blocking("10 uF/cm^2", name=note)
    cell = Cell("c", gold, [Layer("a", IonConductor(raw), raw)], gold, description=printed)  # type: ignore[arg-type]
    again = Cell.from_yaml(cell.to_yaml())
    assert again.identical(cell)
    assert again.get("layers.a.thickness").provenance() == {
        "unit": "m",
        **{k: v for k, v in raw.items() if k != "value"},
    }
