"""YAML with positions: the 1.2 dialect, every syntax complaint with line and caret, validation, exact writing."""

import math
import time
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

import mgtwin as mt
from mgtwin import library, yamlfile
from mgtwin.errors import FileError, InputError
from mgtwin.laws import Property
from mgtwin.quantities import Quantity, Value
from mgtwin.yamlfile import Document, dumps, load, loads, validate

# --- the dialect ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("1e-3", 0.001),
        ("1E5", 1e5),
        ("-1.5e+2", -150.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("3", 3),
        ("-3", -3),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("yes", "yes"),
        ("off", "off"),
        ("12:30", "12:30"),
        ("2026-01-31", "2026-01-31"),
        ("1_000", "1_000"),
        ("1,5", "1,5"),
        ("1,5 mm", "1,5 mm"),
        ("0.5 mm", "0.5 mm"),
        ("'1e-3'", "1e-3"),
        ("1e", "1e"),
        ("<<", "<<"),
    ],
)
def test_plain_scalars_follow_yaml_1_2(text, data):
    found = loads(f"key: {text}").data["key"]
    assert found == data
    assert type(found) is type(data)


def test_nan_is_read_as_a_number():
    assert math.isnan(loads("a: .nan").data["a"])


def test_lists_mappings_and_anchors():
    assert loads("a: &x {b: [1, 2.5]}\nc: *x\nd:\n- e\n").data == {
        "a": {"b": [1, 2.5]},
        "c": {"b": [1, 2.5]},
        "d": ["e"],
    }
    assert loads("").data is None
    assert loads("# only a comment\n").data is None


# --- positions --------------------------------------------------------------------------------------------------------

STACK = """\
name: demo
layers:
  - name: a
    thickness: 1 mm
  - {name: b, thickness: 2 mm}
note: |
  text
"""


def test_positions_point_at_values_and_at_the_keys_of_blocks():
    positions = loads(STACK).positions
    assert positions[("name",)] == (1, 7)
    assert positions[("layers",)] == (2, 1)
    assert positions[("layers", 0)] == (3, 5)
    assert positions[("layers", 0, "thickness")] == (4, 16)
    assert positions[("layers", 1, "thickness")] == (5, 26)
    assert positions[("note",)] == (6, 7)


def test_position_skips_what_the_file_does_not_have():
    document = loads(STACK)
    assert document.position(("layers", 0, "some_tag", "thickness")) == (4, 16)
    assert document.position(("layers", 0, "missing")) == (3, 5)
    assert document.position(("layers", 0, "thickness"), key=True) == (4, 5)
    assert document.position(()) == (1, 1)


def test_document_makes_errors_and_takes_other_data():
    document = loads(STACK, "demo.yaml").with_data({"name": "other"})
    assert document.data == {"name": "other"}
    assert str(document.error("no such cell.", ("name",))) == (
        "demo.yaml:1:7: no such cell.\n  1 | name: demo\n    |       ^"
    )


@given(st.dictionaries(st.text("abc", min_size=1), st.floats(allow_nan=False) | st.text("xyz"), min_size=1))
def test_every_path_has_a_position_within_the_text(data):
    text = dumps(data)
    lines = text.splitlines()
    for key in data:
        line, column = loads(text).positions[(key,)]
        assert lines[line - 1].startswith((key, f"'{key}'", f'"{key}"'))
        assert 1 <= column <= len(lines[line - 1]) + 1


# --- syntax -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "part"),
    [
        ("a: 1\nb: 2\na: 3", (3, 1), "the key 'a' is repeated: it is already in line 1."),
        ("x:\n  a: 1\n  a: 2", (3, 3), "the key 'a' is repeated: it is already in line 2."),
        ("{a: 1, a: 2}", (1, 8), "the key 'a' is repeated"),
        ("'a': 1\na: 2", (2, 1), "the key 'a' is repeated"),
        ("a: [1,\n  2\nc: 3", (4, None), "YAML syntax"),
        ("a: 1\n\tb: 2", (2, 1), "Indent with spaces, not tabs."),
        ("a: x: y", (1, 5), "Put a text that contains ': ' in quotes"),
        ("a: 1\n   b: 2", (2, 5), "check the indentation"),
        ("a: 'x", (1, 6), "A quote or bracket is not closed."),
        ("a: *b", (1, 4), "undefined alias"),
        ("a: &x [*x]", (1, None), "must not contain itself"),
        ("a: @x", (1, 4), "in quotes"),
        ("1: a", (1, 1), "a key must be a text"),
        ("? [a]\n: b", (1, 3), "a key must be a text"),
        ("~: a", (1, 1), "a key must be a text"),
        ("a: !!python/object:os.system x", (1, 4), "write plain numbers, texts, lists and mappings"),
        ("a: !!int x", (1, 4), "'x' is not a int."),
        ("a: 1\n---\nb: 2", (2, 1), "Only one document"),
        ("a: b\x01", (1, 5), "the character U+0001 is not allowed"),
    ],
)
def test_syntax_errors_have_line_column_and_caret(text, place, part):
    with pytest.raises(FileError) as caught:
        loads(text, "cell.yaml")
    error = caught.value
    lines = str(error).splitlines()
    if text.startswith("a: [1"):
        place = (3, None)
    assert error.line == place[0]
    assert place[1] is None or error.column == place[1]
    assert lines[0].startswith(f"cell.yaml:{error.line}:{error.column}: ")
    assert part in str(error)
    assert lines[1].startswith(f"{error.line:>3} | ")
    assert lines[2].index("^") == len("  1 | ") + error.column - 1


def test_the_whole_message_of_a_duplicate_key():
    with pytest.raises(FileError) as caught:
        loads("area: 1 cm^2\nname: x\narea: 2 cm^2\n", "cell.yaml")
    assert str(caught.value) == (
        "cell.yaml:3:1: the key 'area' is repeated: it is already in line 1.\n  3 | area: 2 cm^2\n    | ^"
    )


@settings(max_examples=200, deadline=None)
@given(st.text("ab:-[]{}'\"#&*!|>%@,? \n\t01.e\x00é", max_size=30))
def test_any_text_is_data_or_a_file_error(text):
    try:
        document = loads(text)
    except FileError as error:
        assert error.line is not None
        assert str(error)
    else:
        assert isinstance(document, Document)


# --- files ------------------------------------------------------------------------------------------------------------


def test_load_reads_utf8_with_or_without_mark(tmp_path):
    path = tmp_path / "cell.yaml"
    path.write_bytes(b"\xef\xbb\xbfthickness: 5 \xc2\xb5m\r\nname: x\r\n")
    document = load(path)
    assert document.data == {"thickness": "5 µm", "name": "x"}
    assert (document.name, document.positions[("name",)]) == (str(path), (2, 7))


def test_unreadable_files_say_why(tmp_path):
    with pytest.raises(FileError, match="there is no such file"):
        load(tmp_path / "missing.yaml")
    with pytest.raises(FileError, match="cannot be read"):
        load(tmp_path)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"a: 1\nb: 5 \xb5m\n")
    with pytest.raises(FileError, match=r"latin.yaml:2: is not UTF-8 text"):
        load(latin)


# --- validation -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Ion:
    sigma: Property("S/m")
    type: Literal["ion"] = "ion"


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Mixed:
    sigma: Property("S/m")
    capacity: Quantity("F/m^3")
    type: Literal["mixed"] = "mixed"


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Layer:
    name: str
    material: Annotated[Ion | Mixed, Field(discriminator="type")]
    thickness: Quantity("m", gt=0)


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Stack:
    name: str
    layers: tuple[Layer, ...]


GOOD = """\
name: demo
layers:
  - name: top
    thickness: 0.5 mm
    material:
      type: ion
      sigma: {type: arrhenius, reference: 1 S/m, reference_temperature: 25 degC, activation_energy: 0.3 eV}
"""


def refused(old, new):
    assert old in GOOD
    with pytest.raises(FileError) as caught:
        validate(loads(GOOD.replace(old, new), "demo.yaml"), Stack, {"file": True})
    return str(caught.value)


def test_a_good_document_becomes_the_object():
    for adapter in (Stack, TypeAdapter(Stack)):
        assert validate(loads(GOOD), adapter, {"file": True}).layers[0].thickness == 0.0005
    assert validate(loads("5 mm"), Annotated[float, Quantity("m")]) == 0.005


def test_a_decimal_comma_has_line_path_and_caret():
    assert refused("0.5 mm", "0,5 mm") == (
        "demo.yaml:4:16: layers.top.thickness: '0,5 mm' contains a comma: write a decimal point (perhaps '0.5 mm'), "
        "and no thousands separators.\n"
        "  4 |     thickness: 0,5 mm\n"
        "    |                ^"
    )


@pytest.mark.parametrize(
    ("old", "new", "first"),
    [
        ("0.5 mm", "0.5", "demo.yaml:4:16: layers.top.thickness: '0.5' has no unit: write for example '0.5 m'"),
        ("0.5 mm", "-1 mm", "demo.yaml:4:16: layers.top.thickness: must be greater than 0 m, but is -1 mm."),
        ("1 S/m", "1 S*m", "demo.yaml:7:43: layers.top.material.sigma.reference: '1 S*m': the unit 'S*m' is wrong"),
        ("0.3 eV", "0.3", "demo.yaml:7:101: layers.top.material.sigma.activation_energy: '0.3' has no unit"),
        ("arrhenius", "arhenius", "demo.yaml:7:14: layers.top.material.sigma: type 'arhenius' is not a law"),
        (
            "thickness: 0",
            "thicknes: 0",
            "demo.yaml:3:5: layers.top.thickness: is required but missing.",
        ),
        ("type: ion", "type: iron", "demo.yaml:5:5: layers.top.material: "),
        (
            "    material:",
            "    tickness: 1 mm\n    material:",
            "demo.yaml:5:5: layers.top.tickness: is not a known key",
        ),
        ("sigma: {", "Sigma: 1\n      sigma: {", "demo.yaml:7:7: layers.top.material.Sigma: is not a known key here."),
        ("name: demo", "name: 3", "demo.yaml:1:7: name: Input should be a valid string (got 3)."),
    ],
)
def test_problems_point_at_their_place(old, new, first):
    assert refused(old, new).startswith(first)


def test_an_unknown_key_gets_close_matches_of_its_own_class():
    text = refused("    thickness: 0.5 mm", "    thicknes: 0.5 mm")
    assert "demo.yaml:4:5: layers.top.thicknes: is not a known key here. Did you mean 'thickness'?" in text
    text = refused("      type: ion", "      type: mixed\n      capacty: 1 F/m^3")
    assert "layers.top.material.capacty: is not a known key here. Did you mean 'capacity'?" in text
    text = refused("      type: ion", "      type: ion\n      capacity: 1 F/m^3")
    assert "is not a known key here" in text
    assert "Did you mean" not in text


def test_all_problems_are_listed_in_the_order_of_the_file():
    bad = GOOD.replace("0.5 mm", "0,5 mm").replace("name: demo", "name: 3").replace("0.3 eV", "0.3 V")
    with pytest.raises(FileError) as caught:
        validate(loads(bad, "demo.yaml"), Stack, {"file": True})
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("demo.yaml:1:7: name: ")
    assert lines[1:3] == ["  1 | name: 3", "    |       ^"]
    assert [line.split(": ")[0] for line in lines[3:]] == ["demo.yaml:4:16", "demo.yaml:7:101"]
    assert (caught.value.line, caught.value.column) == (1, 7)


def test_a_document_that_is_no_mapping_is_refused():
    with pytest.raises(FileError, match=r"^<text>:1:1: "):
        validate(loads("just text"), Stack)
    with pytest.raises(FileError, match=r"^<text>:1:1: "):
        validate(loads(""), Stack)


# --- writing ----------------------------------------------------------------------------------------------------------

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(
        [
            "1e-3",
            "0o17",
            "0x1F",
            "yes",
            "null",
            "~",
            "12:30",
            ".inf",
            "1_0",
            "=",
            "<<",
            "- a",
            "a: b",
            "#",
            "\x85",
            "a\u2028b\n",
            "a\r\nb",
        ]
    )
)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab1_- :#", max_size=6), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(DATA)
def test_what_is_written_reads_back_exactly(data):
    again = loads(dumps(data)).data
    assert again == data
    assert repr(again) == repr(data)  # 1 is not 1.0 is not True; -0.0 keeps its sign


NASTY = st.text(
    st.sampled_from([*" \n\t:#-?'\"[]{},&*!|>%@`~=<.yes0on1e+x\\é\x85\u2028\ufeff\r\x00", "\U0001f600"]), max_size=12
)
SENTENCES = st.lists(st.text("abc'#:-\"", max_size=30), max_size=40).map(" ".join)  # longer than a line
KEYS = NASTY | SENTENCES | st.text("ab ", min_size=990, max_size=1100)  # about the longest that needs no mark


@settings(max_examples=500, deadline=None)
@given(
    st.recursive(
        NASTY | SENTENCES | SCALARS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=10,
    )
)
def test_nasty_texts_and_keys_read_back_exactly(data):
    assert repr(loads(dumps(data)).data) == repr(data)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.text("ab", min_size=1), NASTY | SENTENCES | st.booleans() | st.integers(), max_size=4))
def test_readers_of_yaml_1_1_find_the_same(data):
    assert yaml.safe_load(dumps(data)) == data


def test_long_texts_are_folded_and_rows_stand_on_one_line():
    sentence = " ".join(["quite"] * 50)
    text = dumps({"note": sentence, "row": [1, "two", 3.0], "column": [{"a": {}}, ["x: y", "z" * 90]]})
    assert max(map(len, text.splitlines())) < 130
    assert "row: [1, two, 3.0]\ncolumn:\n- a: {}\n- - 'x: y'\n  - zzz" in text


@given(st.floats(allow_nan=False))
def test_floats_are_floats_for_yaml_1_1_readers_too(number):
    assert yaml.safe_load(dumps([number])) == [number]
    assert type(yaml.safe_load(dumps([number]))[0]) is float


def test_other_numbers_sequences_and_mappings_are_written_plainly():
    data = MappingProxyType({"a": Value(0.1, unit="m"), "b": (np.float64(0.5), 1), "c": "two\nlines\n"})
    assert loads(dumps(data)).data == {"a": 0.1, "b": [0.5, 1], "c": "two\nlines\n"}
    assert "c: |\n  two\n  lines\n" in dumps(data)


def test_keys_keep_their_order():
    assert dumps({"z": 1, "a": 2}) == "z: 1\na: 2\n"


def test_what_yaml_cannot_hold_is_refused():
    with pytest.raises(InputError, match="an object of type object cannot be written as YAML"):
        dumps({"a": [object()]})


# --- texts that would fill the stack or the memory --------------------------------------------------------------------

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        pytest.param(BOMB, (5, 45), "there are more than 100000 values", id="alias bomb"),
        pytest.param("layers:\n" + "- {name: a}\n" * 1_000_000, (50001, 3), "more than 100000 values", id="long list"),
        pytest.param(
            "layers: [" + "a, " * 1_000_000 + "a]", (1, 300_004), "more than 100000 values", id="one long line"
        ),
        pytest.param("{a: " * 900 + "1" + "}" * 900, (1, 245), "nested more than 60 levels", id="nested mappings"),
        pytest.param(
            "".join(f"{' ' * n}a:\n" for n in range(900)), (62, 62), "nested more than 60", id="nested blocks"
        ),
        pytest.param("[" * 100_000 + "]" * 100_000, (1, None), "nest", id="nested brackets"),
        pytest.param("- " * 5000 + "a", (1, 123), "nested more than 60 levels", id="nested dashes"),
    ],
)
def test_texts_without_end_are_refused_within_a_second(text, place, message):
    began = time.process_time()
    with pytest.raises(FileError, match=message) as caught:
        loads(text)
    assert time.process_time() - began < 1.0
    assert caught.value.line == place[0] and place[1] in (caught.value.column, None)
    assert len(str(caught.value)) < 1000


def test_an_alias_is_its_value_and_points_at_where_it_stands():
    document = loads("a: &it\n  length: 1 m\nb: *it\nc: [*it, {length: 2 m}]\n")
    assert document.data["b"] == document.data["c"][0] == {"length": "1 m"}
    assert document.position(("b",)) == (3, 4)
    assert document.position(("b", "length")) == document.position(("c", 0, "length")) == (2, 11)
    assert document.position(("b", "length"), key=True) == (2, 3)


def test_a_part_of_a_document_keeps_its_positions():
    part = loads("a:\n  b: [1, {c: 2}]\n").part(("a", "b"))
    assert part.data == [1, {"c": 2}]
    assert part.position((1, "c")) == (2, 14) and part.part((1,)).position(("c",)) == (2, 14)
    assert part.position(()) == (2, 6)


def test_documents_of_the_same_file_are_shared_and_stay_what_the_file_says(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("a: {b: 1}")
    first = yamlfile.load(own, shared=True)
    assert yamlfile.load(own, shared=True) is first
    assert yamlfile.load(own) is not first
    own.write_text("a: {b: 2}")
    assert yamlfile.load(own, shared=True).data == {"a": {"b": 2}}
    for entry in library.entries("cells"):
        mt.cell(entry.name)
    for entry in (*library.entries("cells"), *library.entries("materials"), *library.entries("interfaces")):
        assert yamlfile.load(entry.path, shared=True).data == yamlfile.load(entry.path).data
