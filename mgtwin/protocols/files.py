"""Protocols as YAML and as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ..errors import InputError, UnknownNameError, input_error
from .base import Protocol
from .cycling import Cycling
from .replay import ReplayedSignal
from .sequence import Sequence
from .spectra import EIS
from .transients import Galvanostatic, Polarization, Rest, Voltammetry

#: Every protocol under the name that files use.
PROTOCOLS: dict[str, type] = {
    "eis": EIS,
    "polarization": Polarization,
    "voltammetry": Voltammetry,
    "galvanostatic": Galvanostatic,
    "cycling": Cycling,
    "rest": Rest,
    "replay": ReplayedSignal,
    "sequence": Sequence,
}


def from_data(data: Any) -> Protocol:
    """Protocol from plain data with a ``type`` key.

    Raises
    ------
    InputError, UnknownNameError
        For data without a type, an unknown type, or a wrong field.

    Examples
    --------
    >>> from_data({"type": "rest", "duration": "1 h"}).duration
    Value(3600.0, unit='s')
    """
    if not isinstance(data, Mapping) or "type" not in data:
        raise InputError(f"a protocol is a mapping with the key 'type' (one of {', '.join(PROTOCOLS)}).")
    kind = data["type"]
    if kind not in PROTOCOLS:
        raise UnknownNameError(str(kind), PROTOCOLS, "protocol type")
    try:
        protocol: Protocol = TypeAdapter(PROTOCOLS[kind]).validate_python(dict(data), context={"file": True})
    except ValidationError as error:
        raise input_error(error, f"protocol {kind}") from None
    return protocol


def from_yaml(text: str) -> Protocol:
    """Protocol from YAML text, as kept in the ``protocol`` attribute of every result."""
    from ..yamlfile import loads

    return from_data(loads(text).data)
