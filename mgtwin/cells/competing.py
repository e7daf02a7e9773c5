"""Competing values: everything that is published of a quantity of one material, side by side and none averaged."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from .. import library, yamlfile
from ..errors import UnknownNameError
from ..quantities import Value, format_value
from .parts import load_part
from .paths import walk
from .published import is_published, read_published

__all__ = ["PrintedValue", "PrintedValues", "values"]


@dataclass(frozen=True)
class PrintedValue:
    """One published value: its sample, the value with its origin, and what is printed in words.

    Attributes
    ----------
    sample, quantity : str
    value : Value
    text : str
    """

    sample: str
    quantity: str
    value: Value
    text: str

    def __str__(self) -> str:
        origin = ", ".join(filter(None, [self.value.kind, self.value.source, self.value.where]))
        return f"{self.sample}: {self.quantity} {self.text} ({origin})"


@dataclass(frozen=True)
class PrintedValues:
    """All values of a quantity that compete, side by side; `mgtwin.values` makes it.

    Attributes
    ----------
    name : str
        Of the material.
    rows : tuple of PrintedValue
    """

    name: str
    rows: tuple[PrintedValue, ...]

    def __iter__(self) -> Iterator[PrintedValue]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def spread(self) -> float:
        """Largest over smallest value, of one quantity; NaN for fewer than two values or several quantities."""
        sizes = [float(row.value) for row in self.rows]
        one = len({row.quantity for row in self.rows}) == 1 and len(sizes) > 1
        return max(sizes) / min(sizes) if one and min(sizes) > 0 else math.nan

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of their references, each once; for `mgtwin.cite`."""
        return tuple(dict.fromkeys(row.value.source for row in self.rows if row.value.source))

    def __str__(self) -> str:
        lines = [self.name]
        for row in self.rows:
            lines += wrap(str(row), 80, initial_indent="  ", subsequent_indent="    ")
        spread = [] if math.isnan(self.spread) else [f"  largest/smallest: {self.spread:.3g}"]
        return "\n".join([*lines, *spread])

    __repr__ = __str__


def values(name: str, quantity: str | None = None) -> PrintedValues:
    """Return all values that are published of a material, side by side and none averaged.

    Parameters
    ----------
    name : str
        Of a material of the library.
    quantity : str, optional
        For example ``"ionic_conductivity"``; all quantities by default.

    Raises
    ------
    UnknownNameError
        For an unknown material, or a quantity of which nothing is published.

    Examples
    --------
    >>> import mgtwin as mt
    >>> round(mt.values("li6ps5cl", "ionic_conductivity").spread)
    62
    """
    document = yamlfile.load(library.find("materials", name))
    rows = []
    if is_published(document.data):
        published = read_published(document.with_data({"name": name, **document.data}))
        for sample in published.samples:
            rows += [PrintedValue(sample.name, item.quantity, item.number, str(item)) for item in sample.values]
    else:
        for path, node in walk(load_part("materials", name)):
            if type(node) is Value:
                rows.append(PrintedValue("as shipped", path, node, format_value(node, uncertainty=True)))
    # of a law all its numbers: its quantity is the first part of their paths
    known = dict.fromkeys(row.quantity.partition(".")[0] for row in rows)
    if quantity is not None and quantity not in known:
        message = f"nothing is known of {quantity!r} of {name}; known: {', '.join(known)}."
        raise UnknownNameError(quantity, known, f"quantity of {name}", message)
    found = (row for row in rows if quantity in (None, row.quantity.partition(".")[0]))
    return PrintedValues(name, tuple(found))
