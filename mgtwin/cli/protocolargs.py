"""The protocol that the command line asks for: a file, or YAML typed on the spot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter

from .. import yamlfile
from ..errors import InputError, did_you_mean
from ..protocols import PROTOCOLS, Protocol
from .cellargs import is_file_name

__all__ = ["protocol_of", "read_protocol"]

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
    data = document.data
    place: tuple[str, ...] = ()
    if isinstance(data, Mapping) and isinstance(data.get("protocol"), Mapping) and "type" not in data:
        place, data = ("protocol",), data["protocol"]
    if not isinstance(data, Mapping) or "type" not in data:
        raise document.error(f"a protocol needs the key type, one of {', '.join(PROTOCOLS)}, as in {_EXAMPLE}.", place)
    kind = data["type"]
    if kind not in PROTOCOLS:
        hint = did_you_mean(str(kind), PROTOCOLS)
        raise document.error(f"protocol type {kind!r} is unknown: use one of {', '.join(PROTOCOLS)}.{hint}", (*place, "type"))
    below = _below(document, place)
    protocol: Protocol = yamlfile.validate(below, TypeAdapter(PROTOCOLS[kind]), context={"file": True})
    return protocol


def _below(document: yamlfile.Document, place: tuple[str, ...]) -> yamlfile.Document:
    """The part of a document at `place` as a document of its own, with the same positions."""
    if not place:
        return document
    from dataclasses import replace

    depth = len(place)
    data = document.data
    for key in place:
        data = data[key]
    tables = ({path[depth:]: spot for path, spot in table.items() if path[:depth] == place} for table in (document.positions, document.keys))
    positions, keys = tables
    return replace(document, data=data, positions=positions, keys=keys)
