"""How a kind reads its own numbers: the cell's reader, bound to the place where the kind stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..locations import name_of
from .numbers import FARADAY, GAS_CONSTANT, Number

__all__ = ["Own", "Reads", "alone"]


class Reads(Protocol):
    """What kinds know of `mgtwin.cells.Reader`."""

    @property
    def temperature(self) -> Number:
        """T [K]."""

    def number(self, path: str) -> Number:
        """The number at a path, or what stands for it; None where it is not given."""

    def property(self, path: str, T: Number) -> Number:
        """The number or law at a path, evaluated at T [K]."""

    def constant(self, path: str) -> float | None:
        """The number at a path if nothing stands for it here, i.e. if equations may depend on its value."""

    def apply(self, function: Callable[..., Number], arguments: Sequence[Number]) -> Number:
        """The value of a function that iterates."""

    def memory(self, path: str) -> dict[Any, Number] | None:
        """Where to keep what follows from the numbers below a path, None where these may change."""


@dataclass(frozen=True, slots=True)
class Own:
    """The numbers of one part of a cell, by the names of its fields.

    Attributes
    ----------
    reader : Reads
        Of the cell: whether a number is a float, an array or a symbol is its business alone.
    path : str
        Where the part stands, for example ``layers.buffer.material``.
    temperature : float, ndarray or symbol
        T [K].
    """

    reader: Reads
    path: str
    temperature: Number

    @property
    def inverse_thermal_voltage(self) -> Number:
        """F/RT [1/V]."""
        return FARADAY / (GAS_CONSTANT * self.temperature)

    def place(self, name: str) -> str:
        """Path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def number(self, name: str) -> Number:
        """The number in a field; None where it is not given."""
        return self.reader.number(self.place(name))

    def property(self, name: str) -> Number:
        """The number or law in a field, at this temperature."""
        return self.reader.property(self.place(name), self.temperature)

    def constant(self, name: str) -> float | None:
        """The number in a field if it can not change here: only such a one may decide which equations are right."""
        return self.reader.constant(self.place(name))

    def below(self, name: str) -> Own:
        """The numbers of the noun in a field (or further below, by a dotted path)."""
        return Own(self.reader, self.place(name), self.temperature)


class _Alone:
    """Reads a noun that stands in no cell."""

    def __init__(self, noun: object) -> None:
        self._noun = noun

    @property
    def temperature(self) -> Number:
        """That of a whole cell [K]."""
        return self.number("temperature")

    def number(self, path: str) -> Number:
        node = self._noun
        for name in path.split("."):
            members = {name_of(item): item for item in node} if isinstance(node, tuple) else vars(node)
            node = members[name]
        return node

    def property(self, path: str, T: Number) -> Number:
        found = self.number(path)
        return found.standing(Own(self, path, T)) if callable(found) else found

    def constant(self, path: str) -> float | None:
        found: float | None = self.number(path)
        return found

    def apply(self, function: Callable[..., Number], arguments: Sequence[Number]) -> Number:
        return function(*arguments)

    def memory(self, path: str) -> None:
        return None


def alone(noun: object, temperature: Number = None) -> Own:
    """Return the numbers of a noun that stands in no cell (yet)."""
    return Own(_Alone(noun), "", temperature)
