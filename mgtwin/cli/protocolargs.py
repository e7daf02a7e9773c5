"""The protocol, and the route, that the command line asks for: a file, or YAML typed on the spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import TypeAdapter

from .. import yamlfile
from ..errors import InputError, did_you_mean
from ..protocols import PROTOCOLS, Protocol
from ..routes import ROUTES, Route
from ..unions import OneOf
from .cellargs import is_file_name

if TYPE_CHECKING:
    from ..bench import SeriesCoordinate

__all__ = ["part_of", "protocol_of", "read_coordinate", "read_protocol", "read_route"]

_Kind = TypeVar("_Kind")
_EXAMPLE = "'{type: eis, f_max: 1 MHz, f_min: 0.1 Hz}'"


def read_protocol(text: str) -> Protocol:
    """Return the protocol in a file, or in YAML such as ``{type: rest, duration: 1 h}``.

    The file may also be an experiment, whose protocol is taken.

    Raises
    ------
    FileError
        With line, column and a caret for what is wrong in it.
    InputError
        If it is neither a file nor YAML.

    Examples
    --------
    >>> read_protocol("{type: rest, duration: 1 h}").duration
    Value(3600.0, unit='s')
    """
    if is_file_name(text) or Path(text).is_file():
        return protocol_of(yamlfile.load(text))
    # A colon is what every mapping of YAML has and no name of a protocol.
    if ":" in text:
        return protocol_of(yamlfile.loads(text, "--protocol"))
    kind = did_you_mean(text, PROTOCOLS)
    raise InputError(
        f"--protocol {text!r} is neither a file (ending in .yaml) nor YAML such as {_EXAMPLE}. "
        f"The types are {', '.join(PROTOCOLS)}.{kind}"
    )


def protocol_of(document: yamlfile.Document) -> Protocol:
    """Return the protocol that a document describes (of an experiment, its protocol).

    Raises
    ------
    FileError
        With line, column and a caret.
    """
    part = document
    match document.data:
        case {"protocol": Mapping(), **others} if "type" not in others:  # an experiment
            part = document.part(("protocol",))
    try:
        # The kind first: its own fields then give messages about one protocol, not about all of them.
        kind = OneOf(PROTOCOLS).kind_of(part.data)
    except InputError as error:
        raise part.error(f"{error} For example {_EXAMPLE}.", ("type",)) from None
    found: Protocol = yamlfile.validate(part, TypeAdapter(kind), context={"file": True})
    return found


def read_route(text: str | None) -> Route | None:
    """Return a route by its name, or with its numbers in YAML; None where none is asked for.

    Raises
    ------
    FileError
        There is none of this name, or it refuses a number.

    Examples
    --------
    >>> read_route("{type: mesh, refinement: 2}"), read_route("modes")
    (Mesh(refinement=2.0), Modes(density=2.5))
    """
    return _typed(text, "--route", ROUTES, "mesh, or {type: mesh, refinement: 2}")


def read_coordinate(text: str | None) -> SeriesCoordinate | None:
    """Return the coordinate of a series by its name, or with its numbers in YAML; None where none is asked for.

    Raises
    ------
    FileError
        There is none of this name.

    Examples
    --------
    >>> read_coordinate("{type: by_temperature, in_name: 'pellet_{}C'}")
    ByTemperature(in_name='pellet_{}C')
    """
    from ..bench import SERIES_COORDINATES

    example = "by_temperature, or {type: by_temperature, in_name: 'pellet_{}C'}"
    return _typed(text, "--by", SERIES_COORDINATES, example)


def _typed(text: str | None, option: str, family: Mapping[str, type[_Kind]], example: str) -> _Kind | None:
    """A kind of a family by its name, or with its numbers in YAML; None where none is asked for."""
    if text is None:
        return None
    document = yamlfile.loads(text if ":" in text else f"{{type: {text}}}", option)
    try:
        kind = OneOf(family).kind_of(document.data)
    except InputError as error:
        raise document.error(f"{error} For example {example}.", ("type",)) from None
    found: _Kind = yamlfile.validate(document, TypeAdapter(kind), context={"file": True})
    return found


def part_of(document: yamlfile.Document, place: Sequence[str | int]) -> yamlfile.Document:
    """What stands at a key path as a document of its own, with the same positions."""
    return document.part(place)
