"""Errors: what they say, where they point, and what a misspelt name may have meant."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from mgtwin.errors import (
    FileError,
    InputError,
    MgtwinError,
    OverlayError,
    QuantityError,
    SimulationError,
    UnknownNameError,
    close_matches,
    did_you_mean,
    validation_problems,
)
from mgtwin.kinds.noun import explained
from mgtwin.quantities import Quantity

PATHS = (
    "temperature",
    "layers.antiperovskite.thickness",
    "layers.antiperovskite.material.ionic_conductivity.reference",
    "layers.antiperovskite.material.ionic_conductivity.activation_energy",
    "layers.antiperovskite.material.electronic_conductivity",
    "layers.antiperovskite.material.relative_permittivity",
    "interfaces.buffer_left-antiperovskite.resistance",
    "positive.exchange_current_density",
    "positive.double_layer.c",
)


@pytest.mark.parametrize("error", [InputError, QuantityError, FileError, UnknownNameError, OverlayError])
def test_bad_input_is_a_value_error_and_ours(error):
    assert issubclass(error, ValueError)
    assert issubclass(error, MgtwinError)


def test_a_failed_simulation_is_not_bad_input_and_keeps_what_there_is():
    error = SimulationError("stopped at 3 s", time=3.0, partial={"time": [0, 3]})
    assert not isinstance(error, ValueError)
    assert (str(error), error.time, error.partial) == ("stopped at 3 s", 3.0, {"time": [0, 3]})


def test_file_error_shows_path_line_column_and_caret():
    error = FileError("wrong unit.\ncell.yaml:9:1: name: missing", "cell.yaml", 3, 12, "thickness: 1,5 mm")
    assert str(error).splitlines() == [
        "cell.yaml:3:12: wrong unit.",
        "  3 | thickness: 1,5 mm",
        "    |            ^",
        "cell.yaml:9:1: name: missing",
    ]
    assert (error.path, error.line, error.column) == ("cell.yaml", 3, 12)


def test_caret_stays_below_its_character_after_tabs():
    line, caret = str(FileError("x", "f", 1, 3, "\ta: 1")).splitlines()[1:]
    assert line.index("a") == caret.index("^") - 1  # column 3 is the colon
    assert caret.split("|")[1].startswith(" \t")


def test_file_error_without_position_is_one_line():
    assert str(FileError("there is no such file.", "cell.yaml")) == "cell.yaml: there is no such file."


@pytest.mark.parametrize(
    "error",
    [
        FileError("m", "p", 1, 2, "s"),
        UnknownNameError("a", ("b",), "cell"),
        SimulationError("m", 1.0),
        QuantityError("m"),
    ],
)
def test_errors_survive_pickling_with_their_text(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_unknown_name_ends_with_close_matches_or_all_known_names():
    close = UnknownNameError("trilayr", ("trilayer", "au_mofsse_au"), "cell")
    assert str(close) == "unknown cell 'trilayr'. Did you mean 'trilayer'?"
    assert close.candidates == ("trilayer", "au_mofsse_au")
    assert str(UnknownNameError("zzz", ("a", "b"), "cell")) == "unknown cell 'zzz'. Known: a, b."


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("layers.antiperovskite.thicknes", "layers.antiperovskite.thickness"),
        ("thickness", "layers.antiperovskite.thickness"),
        ("sigma_ion", "layers.antiperovskite.material.ionic_conductivity.reference"),
        ("sigma_eon", "layers.antiperovskite.material.electronic_conductivity"),
        ("Ea", "layers.antiperovskite.material.ionic_conductivity.activation_energy"),
        ("i0", "positive.exchange_current_density"),
        ("positive.i0", "positive.exchange_current_density"),
        ("eps_r", "layers.antiperovskite.material.relative_permittivity"),
        ("Temperature", "temperature"),
        ("positive.exchange_curent_density", "positive.exchange_current_density"),
    ],
)
def test_first_match_is_what_was_meant(typed, meant):
    assert close_matches(typed, PATHS)[0] == meant


def test_nothing_close_says_nothing():
    assert did_you_mean("qqqq", PATHS) == ""
    assert did_you_mean("x", ()) == ""


def test_several_matches_are_joined_by_or():
    assert did_you_mean("buffer", ["buffer_left", "buffer_right"]) == " Did you mean 'buffer_left' or 'buffer_right'?"


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=8), st.integers(1, 4))
def test_matches_are_distinct_candidates(name, candidates, n):
    found = close_matches(name, candidates, n)
    assert len(found) == len(set(found)) <= n
    assert set(found) <= set(candidates)


@given(st.lists(st.text("abcdef_", min_size=3, max_size=12), min_size=1, max_size=6, unique=True))
def test_an_exact_name_is_its_own_best_match(candidates):
    assert close_matches(candidates[-1], candidates)[0] == candidates[-1]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class _Thing:
    name: str
    length: Quantity("m", gt=0)


def _problems(data):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(_Thing).validate_python(data)
    return caught.value


def test_validation_problems_are_in_plain_words():
    error = _problems({"name": 3, "lenth": 1})
    assert dict(validation_problems(error)) == {
        ("name",): "Input should be a valid string (got 3).",
        ("length",): "is required but missing.",
        ("lenth",): "is not a known key here.",
    }


def test_each_problem_is_explained_on_a_line():
    assert str(explained(_problems({"name": "a", "length": "-1 mm"}), "Thing", {})) == (
        "Thing: length: must be greater than 0 m, but is -1 mm."
    )
    lines = str(explained(_problems({}), "Thing", {})).splitlines()
    assert lines == ["Thing: 2 problems:", "  name: is required but missing.", "  length: is required but missing."]
