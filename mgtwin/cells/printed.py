"""One printed number: what it says, what it leaves open, and whether it was copied right."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import model_validator

from ..errors import InputError, UnknownNameError
from ..kinds.laws import Point
from ..kinds.noun import noun
from ..kinds.sample import Counted
from ..plain import is_mapping
from ..quantities import AmbientTemperature, Quantity, Value, format_value, parse
from .paths import Node

__all__ = ["BOUNDS", "QUANTITIES", "Printed"]

#: What can be printed of a material, with its SI unit (eV for energies).
QUANTITIES: Mapping[str, str] = {
    "ionic_conductivity": "S/m",
    "electronic_conductivity": "S/m",
    "activation_energy": "eV",
    "migration_barrier": "eV",
    "transference_number": "",
    "relative_permittivity": "",
    "chemical_capacitance": "F/m^3",
    "salt_diffusivity": "m^2/s",
    "concentration": "mol/m^3",
    "oxidative_limit": "V",
    "stability_window": "V",
    "decomposition_temperature": "K",
}
#: What is printed can be a number, or only a bound or a power of ten.
Means = Literal["exact", "about", "order", "at_least", "at_most", "up_to"]
#: What no law can be made of, and how it is shown.
BOUNDS = {"at_least": "≥", "at_most": "≤", "up_to": "≤", "order": "~"}
_OF_THE_NUMBER = ("value", "std", "range", "kind", "source", "where", "printed", "note")


@noun
class Printed:
    """One printed number of a sample. In a file its provenance stands beside it, as with any other number.

    Parameters
    ----------
    quantity : str
        One of `QUANTITIES`.
    value : quantity
        In its unit, with kind, source, place, uncertainty and how it is printed.
    temperature : quantity, optional
        At which it holds [K].
    means : {"exact", "about", "order", "at_least", "at_most", "up_to"}
        What is printed: a number, a power of ten (``order``), or a bound.
    counts : {"total", "partial", "bulk", "electronic", "not_stated"}
        Which carriers a conductivity counts.
    convention : {"ln_sigma", "ln_sigma_T", "not_stated"}, optional
        What was plotted for an activation energy.
    valid : (quantity, quantity), optional
        Temperatures [K] over which an activation energy was taken.

    Raises
    ------
    InputError
        For an unknown quantity, a wrong unit, or a conductivity that is not above 0.
    """

    quantity: str
    value: Annotated[float, Quantity(None)]
    temperature: Annotated[float, AmbientTemperature()] | None = None
    means: Means = "exact"
    counts: Counted = "not_stated"
    convention: Literal["ln_sigma", "ln_sigma_T", "not_stated"] | None = None
    valid: tuple[Annotated[float, AmbientTemperature()], Annotated[float, AmbientTemperature()]] | None = None

    @model_validator(mode="before")
    @classmethod
    def _beside(cls, raw: Node) -> Node:
        """Put the number together, whose keys stand in a file beside those of this noun."""
        if not is_mapping(raw):
            return raw
        number = {key: raw[key] for key in _OF_THE_NUMBER if key in raw}
        others = {key: item for key, item in raw.items() if key not in number}
        quantity = str(others.get("quantity"))
        if quantity not in QUANTITIES:
            raise UnknownNameError(quantity, QUANTITIES, "quantity")
        value = parse(number, QUANTITIES[quantity], need_unit=True)
        if QUANTITIES[quantity] == "S/m" and not value > 0:
            raise InputError(f"a conductivity must be greater than 0, but is {format_value(value)}.")
        if quantity == "transference_number" and not value <= 1:
            raise InputError(f"a transference number is at most 1, but is {format_value(value)}.")
        return {**others, "value": value}

    @property
    def number(self) -> Value:
        """The value, which knows where it comes from."""
        return self.value  # type: ignore[return-value]

    @property
    def interval(self) -> tuple[float, float]:
        """Lowest and highest value that what is printed leaves open."""
        value, std = self.number, self.number.std or 0.0
        low = value.low if value.low is not None else float(value) - std
        high = value.high if value.high is not None else float(value) + std
        return (
            -math.inf if self.means in ("at_most", "up_to") else low,
            math.inf if self.means == "at_least" else high,
        )

    @property
    def point(self) -> Point:
        """It at its temperature."""
        return Point(self.temperature or math.nan, self.value, *self.interval)

    @property
    def is_number(self) -> bool:
        """Whether it can be calculated with: neither a bound, nor a power of ten, nor derived from other numbers."""
        return self.means not in BOUNDS and self.number.kind != "computed"

    def check_printed(self, place: str) -> None:
        """Refuse a number that was copied wrong: what is printed has to lie within its uncertainty, in some unit of it.

        Raises
        ------
        InputError
        """
        text, number = self.number.printed or "", self.number
        if number.kind == "computed" or not text:
            return
        unit = QUANTITIES[self.quantity]
        shown = []
        for match in re.finditer(r"[-+]?\d+\.?\d*(?:e[-+]?\d+)?(?: ([A-Za-zµ°Ω][\w/^]*))?", text):
            try:
                shown.append(float(parse(match[0] if unit else match[0].split()[0], unit, need_unit=True)))
            except InputError:  # a number of something else
                continue
        low, high = number.low, number.high
        if low is None or high is None:
            # a bound is that number itself
            low, high = (float(number) + sign * (number.std or 1e-9 * abs(number)) for sign in (-1, 1))
        if not any(low - 1e-9 * abs(low) <= value <= high + 1e-9 * abs(high) for value in shown):
            raise InputError(
                f"{place}: {self.quantity} is {format_value(number)}, but printed is {text!r}: write what is printed, "
                f"with its unit, or correct the value."
            )

    def __str__(self) -> str:
        shown = f"{BOUNDS.get(self.means, '')}{format_value(self.number)}"
        at = "" if self.temperature is None else f" at {format_value(self.temperature, 'K')}"
        counted = "" if self.counts == "not_stated" else f" ({self.counts})"
        return f"{shown}{at}{counted}"
