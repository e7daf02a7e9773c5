"""How models read the numbers of a cell, so that any of them can be replaced by an array or a symbol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import InputError
from ..kinds.laws import Dependence
from ..kinds.numbers import Number
from ..kinds.own import Own
from .cell import Cell
from .paths import Node

__all__ = ["Reader"]


class Reader:
    """Reads numbers and properties of a cell by their dotted path, each number through `lookup`.

    Parameters
    ----------
    cell : Cell
    lookup : callable, optional
        ``lookup(path, value)`` returns what to calculate with instead of the number `value` at `path`: a float, an
        array over parameter sets, or a PyBaMM symbol. By default the number itself.
    varies : callable, optional
        ``varies(path)`` tells whether the number at `path` can change while the equations stay; by default all can
        where there is a `lookup`.
    call : callable, optional
        ``call(function, arguments)`` stands for a function that iterates where arguments are not numeric; see `apply`.

    Examples
    --------
    >>> import mgtwin as mt
    >>> reader = Reader(mt.cell("trilayer"), lambda path, value: 2 * value if path == "area" else value)
    >>> reader.number("area") == 2 * reader.cell.area
    True
    """

    def __init__(
        self,
        cell: Cell,
        lookup: Callable[[str, float], Number] | None = None,
        call: Callable[[Callable[..., Number], Sequence[Number]], Number] | None = None,
        varies: Callable[[str], bool] | None = None,
    ) -> None:
        self.cell = cell
        self._lookup = lookup
        self._call = call
        self._varies = varies
        self._nodes: dict[str, Node] = {}

    @property
    def temperature(self) -> Number:
        """The cell's temperature [K], looked up."""
        return self.number("temperature")

    def get(self, path: str) -> Node:
        """Return the part of the cell at `path` without looking it up; UnknownNameError if there is none."""
        # a path is walked from the root of the cell, and models ask for the same ones over and over
        if path not in self._nodes:
            self._nodes[path] = self.cell.get(path)
        return self._nodes[path]

    def number(self, path: str) -> Number:
        """Return the number at `path`, looked up; None where an optional number is not given.

        Raises
        ------
        UnknownNameError
            If there is no such path.
        InputError
            If `path` holds a law or another part of the cell.
        """
        value = self.get(path)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InputError(f"{path} is not a number but {value!r}: read it with property(path, T).")
        return self._looked_up(path, value)

    def constant(self, path: str) -> float | None:
        """Return the number at `path` if nothing replaces it, so that equations may depend on its value; else None."""
        varies = self._lookup is not None if self._varies is None else self._varies(path)
        value = self.get(path)
        # a law moves with the temperature, which may be what varies
        return None if varies or callable(value) else float(value)

    def property(self, path: str, T: Number) -> Number:
        """Return the number, law or function at `path`, evaluated at T [K]; None where it is not given.

        A function of a composition is returned with its numbers, to be called with that.

        Each number of a law is looked up under its own path, for example ``...ionic_conductivity.activation_energy``.

        Raises
        ------
        UnknownNameError
            If there is no such path.
        InputError
            If `path` holds neither a number nor a law.
        """
        node = self.get(path)
        return node.standing(Own(self, path, T)) if isinstance(node, Dependence) else self.number(path)

    def apply(self, function: Callable[..., Number], arguments: Sequence[Number]) -> Number:
        """Return ``function(*arguments)`` of a function that iterates; where arguments are symbols, what stands for it.

        (A PyBaMM expression of every step would be too long: its models pass such a function as a whole.)
        """
        return function(*arguments) if self._call is None else self._call(function, arguments)

    def memory(self, path: str) -> dict[Any, Number] | None:
        """Where to keep what follows from the numbers below a path and the temperature, None where these may change."""
        return None

    def _looked_up(self, path: str, value: float) -> Number:
        return value if self._lookup is None else self._lookup(path, value)
