"""A cell in words and numbers: one row per parameter with its unit and provenance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from ..kinds.laws import Dependence
from ..quantities import Value, format_value
from .paths import Node, find, walk

__all__ = ["Parameter", "Stack", "as_text", "electrode_label", "parameters", "stack_labels"]


class Stack(Protocol):
    """What is shown of a cell, which knows how it is shown and therefore cannot be named here."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def overlays(self) -> tuple[str, ...]: ...
    @property
    def negative(self) -> Node: ...
    @property
    def layers(self) -> tuple[Node, ...]: ...
    @property
    def positive(self) -> Node: ...
    @property
    def interfaces(self) -> Mapping[str, object]: ...
    @property
    def area(self) -> float: ...
    @property
    def temperature(self) -> float: ...
    @property
    def ion(self) -> Node: ...
    @property
    def reference(self) -> object: ...
    @property
    def shunt(self) -> object: ...


class Parameter(NamedTuple):
    """One number of a cell, ready to be shown.

    Attributes
    ----------
    path : str
    value : Value
    text : str
        The value in a laboratory unit, with its uncertainty.
    law : str
        The law that the number belongs to with its range of validity; empty for a plain number.
    kind, source, where, printed, note : str
        Provenance; empty where not given.
    """

    path: str
    value: float
    text: str
    law: str
    kind: str
    source: str
    where: str
    printed: str
    note: str

    @property
    def provenance(self) -> str:
        """Kind, source, place and number as printed, in one line."""
        quoted = f"printed {self.printed!r}" if self.printed else ""
        origin = ", ".join(part for part in (self.source, self.where, quoted) if part)
        return f"{self.kind} ({origin})" if self.kind and origin else self.kind or origin


def parameters(cell: Stack) -> tuple[Parameter, ...]:
    """Return all numbers of a cell in the order of its fields, those in tables of a law included.

    Examples
    --------
    >>> import mgtwin as mt
    >>> [row.text for row in parameters(mt.cell("trilayer")) if row.path == "layers.antiperovskite.thickness"]
    ['0.655 [0.62, 0.69] mm']
    """
    rows = []
    for path, item in walk(cell):
        match item:
            case float():
                rows.append(_parameter(path, item, _law_of(cell, path)))
            case (float(), *_) if not path.endswith(".valid"):  # the rows of a table
                rows.extend(_parameter(f"{path}[{k}]", row, _law_of(cell, path)) for k, row in enumerate(item))
    return tuple(rows)


def _parameter(path: str, value: float, law: str) -> Parameter:
    known = value.provenance() if isinstance(value, Value) else {}
    texts = [str(known.get(key, "")) for key in ("kind", "source", "where", "printed", "note")]
    return Parameter(path, value, format_value(value, uncertainty=True), law, *texts)


def _law_of(cell: Stack, path: str) -> str:
    """Name and validity of the law that the number at `path` belongs to, or ``""``."""
    parent = find(cell, path.rpartition(".")[0]) if "." in path else None
    return parent.label if isinstance(parent, Dependence) else ""


def electrode_label(electrode: Node) -> str:
    """Return the name of an electrode, or its kind where it has none."""
    return electrode.name or type(electrode).__name__


def stack_labels(cell: Stack) -> tuple[str, ...]:
    """Return what stands in the stack from left to right: electrode, layers with thickness, electrode."""
    layers = (f"{layer.name} {format_value(layer.thickness)}" for layer in cell.layers)
    return (electrode_label(cell.negative), *layers, electrode_label(cell.positive))


def as_text(cell: Stack) -> str:
    """Return the stack and a table of all parameters as plain text."""
    overlays = f" ({', '.join(cell.overlays)})" if cell.overlays else ""
    head = [f"{cell.name}{overlays}"]
    if cell.description:
        head.append(cell.description.strip())
    head.append(" | ".join(stack_labels(cell)))
    head += [str(part) for part in (cell.reference, cell.shunt) if part is not None]
    rows = parameters(cell)
    columns = [[row.path for row in rows], [row.text for row in rows], [row.law for row in rows]]
    widths = [max(map(len, column)) for column in columns]
    for row, *cells in zip(rows, *columns, strict=True):
        padded = (text.ljust(width) for text, width in zip(cells, widths, strict=True))
        head.append(f"  {'  '.join(padded)}  {row.provenance}".rstrip())
    return "\n".join(head)
