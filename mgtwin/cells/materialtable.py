"""The table of materials: what conducts at a temperature, in the units of the laboratory and within 80 columns."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from textwrap import wrap

from ..errors import UnknownNameError
from ..quantities import Quantity, Value, format_value

__all__ = ["MaterialRow", "MaterialTable"]

_THICKNESS = Quantity("m", gt=0)

#: The foil that resistances are given for unless another is asked for [m].
FOIL = Value(25e-6, unit="m")


@dataclass(frozen=True)
class MaterialRow:
    """One material, or one of its published samples, at one temperature.

    Attributes
    ----------
    name, sample : str
        Of the file; of the sample where it has several.
    temperature : float
        At which the numbers hold [K]; NaN where none is published.
    ionic_conductivity, electronic_conductivity : float
        [S/m]; NaN where there is none, 0 where no electrons move.
    bounds : tuple of float, optional
        Of an ionic conductivity of which only these are printed [S/m].
    transference_number : (float, float), optional
        Lowest and highest of the working ion; None where none is known.
    activation_energy : float
        [eV]; NaN without.
    valid : (float, float), optional
        Temperatures [K] at which its conductivity is known.
    grade : str
        A a law with its range, A- one without, B a single point, C bounds only; for other files the kind of the number.
    ion, ambient : str
    extrapolated : bool
    sources : tuple of str
    direct : (float, float), optional
        By how much a lasting current meets more resistance than an alternating one: 1/t of an ideal solution of one
        salt between electrodes of its metal, for any charge; of a `BinaryElectrolyte` what its own numbers give.
    thickness : float
        For which the resistances are given [m].
    """

    name: str
    sample: str
    temperature: float
    ionic_conductivity: float
    electronic_conductivity: float
    bounds: tuple[float, float] | None
    transference_number: tuple[float, float] | None
    activation_energy: float
    valid: tuple[float, float] | None
    grade: str
    ion: str
    ambient: str
    extrapolated: bool
    sources: tuple[str, ...]
    direct: tuple[float, float] | None = None
    thickness: float = FOIL

    @property
    def ac_resistance(self) -> float:
        r"""Resistance of the layer to an alternating current, :math:`L/\sigma` [ohm*m^2]."""
        return self.thickness / self.ionic_conductivity

    @property
    def dc_resistance(self) -> tuple[float, float] | None:
        """Lowest and highest resistance of the layer to a lasting current [ohm*m^2]; None where no t is known."""
        return (
            None if self.direct is None else (self.ac_resistance * self.direct[0], self.ac_resistance * self.direct[1])
        )

    @property
    def label(self) -> str:
        """Name, with the sample where there are several."""
        return f"{self.name}: {self.sample}" if self.sample else self.name

    @property
    def cells(self) -> tuple[str, ...]:
        """It as text: numbers in S/cm, degC, eV, ohm cm2."""

        def number(value: float, digits: str = ".2g") -> str:
            text = re.sub(r"e([+-])0", lambda sign: f"e{sign[1].strip('+')}", f"{value:{digits}}")
            return "" if math.isnan(value) else text

        def span(ends: tuple[float, float] | None, digits: str = ".2g") -> str:
            low, high = ends or (-math.inf, math.inf)
            if low <= 0 or high == math.inf:
                return (f"≤{number(high, '.1e')}" if low <= 0 else f"≥{number(low, '.1e')}").replace(".0e", "e")
            return number(low, digits) if low == high else f"{number(low, digits)}-{number(high, digits)}"

        sigma, bounds = self.ionic_conductivity / 100, self.bounds
        bound = "" if bounds is None else span((bounds[0] / 100, bounds[1] / 100), ".0e")
        known = not math.isnan(sigma)
        direct = None if self.dc_resistance is None else (self.dc_resistance[0] * 1e4, self.dc_resistance[1] * 1e4)
        return (
            self.label,
            self.ion,
            number(self.temperature - 273.15, ".3g"),
            number(sigma, ".1e") or bound,
            "0" if self.electronic_conductivity == 0 else number(self.electronic_conductivity / 100, ".1e"),
            number(self.activation_energy),
            "" if self.transference_number is None else span(self.transference_number),
            number(self.ac_resistance * 1e4) if known else "",
            ("?" if direct is None else span(direct)) if known else "",
            f"{self.grade}{'*' if self.extrapolated else ''}{'v' if self.ambient else ''}",
        )


#: What a table can be sorted by; unknown ones come last.
_KEYS: dict[str, Callable[[MaterialRow], float]] = {
    "ionic_conductivity": lambda row: -row.ionic_conductivity,
    "electronic_conductivity": lambda row: row.electronic_conductivity,
    "activation_energy": lambda row: row.activation_energy,
    "ac_resistance": lambda row: row.ac_resistance,
    "dc_resistance": lambda row: math.nan if row.dc_resistance is None else row.dc_resistance[1],
}
_HEAD = ("material", "ion", "T/°C", "σ S/cm", "σₑ S/cm", "E/eV", "t", "AC", "DC", "grade")


@dataclass(frozen=True)
class MaterialTable:
    """What `mgtwin.materials` found; printed within 80 columns. It can be sorted, cited and gone through.

    Attributes
    ----------
    rows : tuple of MaterialRow
    left_out : tuple of str
        What passed the other filters but has no number to compare at the temperature, with the reason.
    """

    rows: tuple[MaterialRow, ...]
    left_out: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[MaterialRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> MaterialRow:
        """Return the row of a material, or of ``"material: sample"`` where it has several.

        Raises
        ------
        UnknownNameError
            If there is no such row, or several.
        """
        found = [row for row in self.rows if name in (row.name, row.label)]
        if len(found) != 1:
            several = f"{name} has several rows: {', '.join(row.label for row in found)}." if found else None
            raise UnknownNameError(name, [row.label for row in self.rows], "material of this table", several)
        return found[0]

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of the references of all rows, each once; for `mgtwin.cite`."""
        return tuple(dict.fromkeys(key for row in self.rows for key in row.sources))

    def at_thickness(self, thickness: float | str) -> MaterialTable:
        """Return the table with the resistances of layers of a thickness [m]."""
        length = _THICKNESS.read(thickness)
        return replace(self, rows=tuple(replace(row, thickness=length) for row in self.rows))

    def sort(self, by: str, *, thickness: float | str | None = None) -> MaterialTable:
        """Return the table with the best row first and what is not known last.

        Parameters
        ----------
        by : {"ionic_conductivity", "electronic_conductivity", "activation_energy", "ac_resistance", "dc_resistance"}
        thickness : quantity, optional
            Of the layer that the resistances are given for [m].

        Raises
        ------
        UnknownNameError
            For another key.
        """
        if by not in _KEYS:
            raise UnknownNameError(by, _KEYS, "key to sort by")
        rows = (self if thickness is None else self.at_thickness(thickness)).rows
        values = {id(row): _KEYS[by](row) for row in rows}
        ordered = sorted(rows, key=lambda row: (math.isnan(values[id(row)]), values[id(row)]))
        return replace(self, rows=tuple(ordered))

    def __str__(self) -> str:
        table = [_HEAD, *(row.cells for row in self.rows)]
        # a column that says the same of all, or nothing, makes no room narrower
        shown = [
            k for k in range(len(_HEAD)) if k not in (1, 4) or len({row[k] for row in table[1:]} - {"", "0"}) > (k == 1)
        ]
        widths = {k: max(len(row[k]) for row in table) for k in shown}
        widths[0] = min(widths[0], 80 - sum(widths[k] + 1 for k in shown[1:]))
        lines = []
        for row in table:
            name, colon, sample = row[0].partition(": ")
            room = widths[0] - len(colon + sample)
            name = name if len(name) <= room else f"{name[: room - 1]}…"
            cells = [row[k].ljust(widths[k]) if k in (1, 9) else row[k].rjust(widths[k]) for k in shown[1:]]
            lines.append(" ".join([f"{name}{colon}{sample}".ljust(widths[0]), *cells]).rstrip())
        thickness = format_value(self.rows[0].thickness, "m") if self.rows else ""
        notes = {
            f"AC, DC: L/σ and L/(σt) in Ω cm² for L = {thickness}; ?: no t is published": bool(self.rows),
            "*: outside the temperatures at which it was measured": any(row.extrapolated for row in self.rows),
            "v: holds in a vapour, not in a sealed cell": any(row.ambient for row in self.rows),
        }
        lines += [text for text, wanted in notes.items() if wanted]
        for text in self.left_out:
            lines += wrap(f"left out: {text}", 80, subsequent_indent="  ")
        return "\n".join(lines) if self.rows else "\n".join(["no material", *lines[1:]])

    __repr__ = __str__
