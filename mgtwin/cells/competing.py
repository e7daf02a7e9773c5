"""Competing values: everything that is published of a quantity of one material, side by side and none averaged."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from .. import library, yamlfile
from ..errors import InputError, UnknownNameError
from ..kinds.laws import NEAR
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
    temperature : float, optional
        At which it holds [K].
    counts : str
        Which carriers a conductivity counts, see `mgtwin.kinds.sample.Sample`.
    """

    sample: str
    quantity: str
    value: Value
    text: str
    temperature: float | None = None
    counts: str = "not_stated"

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
    def comparable(self) -> bool:
        """Whether they are several values > 0 of one quantity and of the same carriers, measured within 3 K."""
        temperatures = [row.temperature or math.nan for row in self.rows]
        one = len({(row.quantity, row.counts) for row in self.rows}) == 1 < len(self.rows)
        return one and min(row.value for row in self.rows) > 0 and not max(temperatures) - min(temperatures) > NEAR

    @property
    def spread(self) -> float:
        """Largest over smallest value; NaN unless they are `comparable`."""
        sizes = [float(row.value) for row in self.rows]
        return max(sizes) / min(sizes) if self.comparable else math.nan

    def mean(self) -> Value:
        """Return their geometric mean with the range that they span: never a default, but what one may ask for.

        Raises
        ------
        InputError
            Unless they are `comparable`, or where one of them is only a bound.
        """
        if not self.comparable or any(row.text[0] in "≤≥~" for row in self.rows):
            raise InputError(
                f"{self.name}: a mean is made of several values of one quantity, counting the same carriers, at one "
                f"temperature, none of them a bound: choose, mt.values({self.name!r}, 'ionic_conductivity')."
            )
        sizes = [float(row.value) for row in self.rows]
        note = f"geometric mean of {len(sizes)} published values, range: that of these"
        mean = math.exp(math.fsum(map(math.log, sizes)) / len(sizes))
        return Value(
            mean,
            unit=self.rows[0].value.unit,
            low=min(sizes),
            high=max(sizes),
            kind="computed",
            source=self.rows[0].value.source,
            note=note,
        )

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
        Of a material of the library, or its formula.
    quantity : str, optional
        For example ``"ionic_conductivity"``; all quantities by default.

    Raises
    ------
    UnknownNameError
        For an unknown material, or a quantity of which nothing is published.

    Examples
    --------
    >>> import mgtwin as mt
    >>> round(mt.values("Li6PS5Cl", "ionic_conductivity").spread)
    62
    """
    if name not in library.names("materials"):
        documents = {path.stem: yamlfile.load(path).data for path in library.files("materials")}
        alike = (stem for stem, data in documents.items() if is_published(data) and data["formula"] == name)
        name = next(alike, name)
    document = yamlfile.load(library.find("materials", name))
    rows = []
    if is_published(document.data):
        published = read_published(document.with_data({"name": name, **document.data}))
        for sample in published.samples:
            rows += [
                PrintedValue(sample.name, item.quantity, item.number, str(item), item.temperature, item.counts)
                for item in sample.values
            ]
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
