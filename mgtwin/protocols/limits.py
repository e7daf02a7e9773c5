"""Voltages that end a stretch early, as protocols are given them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from ..errors import InputError
from ..quantities import Value
from .base import Volts
from .segments import Limits

__all__ = ["VoltageLimits", "limits_of"]


def _ordered(pair: tuple[Value, Value]) -> tuple[Value, Value]:
    if not pair[0] < pair[1]:
        raise InputError(f"limits are (lowest, highest) voltage, but {pair[0]:g} V is not below {pair[1]:g} V.")
    return pair


VoltageLimits = Annotated[tuple[Volts, Volts], AfterValidator(_ordered)]


def limits_of(pair: tuple[Value, Value] | None) -> Limits:
    """A protocol's limits as those of a stretch."""
    return Limits() if pair is None else Limits(float(pair[0]), float(pair[1]))
