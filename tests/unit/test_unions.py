"""Open unions: kinds by their ``type``, locations of errors, JSON Schema, fields that hold their own family."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from mgtwin import yamlfile
from mgtwin.errors import FileError
from mgtwin.kinds.noun import noun
from mgtwin.registry import FAMILIES, Family
from mgtwin.unions import OneOf

SHAPES: Family[Any] = Family("shape of a test", "a shape")
del FAMILIES[SHAPES.name]  # the package's own listings stay as they are


@noun
class Sphere:
    radius: float = Field(gt=0)
    type: Literal["sphere"] = Field("sphere", kw_only=True)


@noun
class Plate:
    thickness: float
    type: Literal["plate"] = Field("plate", kw_only=True)


@noun
class Pile:
    parts: tuple[Annotated[Any, OneOf(SHAPES)], ...]
    type: Literal["pile"] = Field("pile", kw_only=True)


for _kind in (Sphere, Pile):
    SHAPES.add(_kind.__name__.lower(), _kind)


@noun
class Particle:
    shape: Annotated[Any, OneOf(SHAPES)]
    core: Annotated[Any, OneOf(SHAPES, only=lambda kind: kind is not Pile, article="a core")] | None = None


PARTICLE = TypeAdapter(Particle)


@pytest.fixture
def plate() -> Iterator[type]:
    """A kind that is declared after the fields that hold it."""
    SHAPES.add("plate", Plate)
    yield Plate
    del SHAPES._kinds["plate"]


def problems(data: object) -> dict[tuple[str | int, ...], str]:
    with pytest.raises(ValidationError) as caught:
        PARTICLE.validate_python(data)
    return {item["loc"]: item["msg"] for item in caught.value.errors()}


def test_a_kind_of_later_is_taken(plate):
    with_plate = PARTICLE.validate_python({"shape": {"type": "plate", "thickness": 2}})
    assert with_plate.shape == Plate(2.0)
    assert "Plate" in PARTICLE.json_schema()["$defs"]


def test_a_noun_is_kept_as_it_is():
    sphere = Sphere(1.0)
    assert Particle(sphere).shape is sphere


def test_errors_keep_their_place_below_the_field_and_speak_of_one_kind():
    found = problems({"shape": {"type": "pile", "parts": [{"type": "sphere", "radius": -1}, {"type": "spher"}]}})
    assert set(found) == {("shape", "parts", 0, "radius"), ("shape", "parts", 1)}
    assert "type 'spher' is not a shape: use one of sphere, pile. Did you mean 'sphere'?" in found["shape", "parts", 1]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ({"radius": 1}, "a shape needs the key 'type', one of sphere, pile."),
        ("ball", "'ball' is a name: a shape is looked up by its name only in cell files"),
        (3.0, "a shape is needed here (type sphere, pile), not 3.0."),
    ],
)
def test_what_is_no_kind_is_refused(raw, text):
    assert text in problems({"shape": raw})["shape",]


def test_a_field_may_take_only_some_kinds():
    assert (
        "type 'pile' is not a core: use one of sphere."
        in problems({"shape": Sphere(1.0), "core": {"type": "pile", "parts": []}})["core",]
    )


def test_the_json_schema_has_each_kind_once_even_where_it_holds_itself():
    schema = PARTICLE.json_schema()
    assert set(schema["$defs"]) == {"Sphere", "Pile"}
    parts = schema["$defs"]["Pile"]["properties"]["parts"]["items"]
    assert parts["discriminator"]["mapping"] == {"sphere": "#/$defs/Sphere", "pile": "#/$defs/Pile"}


def test_an_unknown_key_of_a_kind_names_the_known_ones():
    text = "shape:\n  type: sphere\n  raduis: 1\n"
    with pytest.raises(FileError, match=r"3:3: shape\.raduis: is not a known key here\. Did you mean 'radius'\?"):
        yamlfile.validate(yamlfile.loads(text), PARTICLE)
