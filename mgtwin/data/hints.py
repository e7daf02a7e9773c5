"""What a user may tell `mgtwin.read` about a file that does not say it itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mgtwin.data.labels import SI, convert
from mgtwin.errors import InputError, UnknownNameError
from mgtwin.kinds.noun import noun
from mgtwin.quantities import AmbientTemperature, Quantity

__all__ = ["Column", "Hints", "hints"]

#: Names of the columns that may be given.
QUANTITIES = tuple(name for name in SI if name != "angular_frequency")


@noun
class Column:
    """Where a quantity stands in a file.

    Parameters
    ----------
    name : str or int
        Text above the column, or its number counted from 1 as in a spreadsheet.
    unit : str, optional
        Unit of the numbers; that of the header by default.
    negate : bool
        The numbers have the opposite sign (-Im Z instead of Im Z, cathodic currents positive).

    Examples
    --------
    >>> Column("Imag", unit="kohm", negate=True)
    Column(name='Imag', unit='kohm', negate=True)
    """

    name: str | int
    unit: str | None = None
    negate: bool = False

    @classmethod
    def of(cls, text: str) -> Column:
        """Return what a text says: ``3``, ``-3:mA`` (the third, in mA and with the other sign), ``Ewe:V``."""
        # The sign is that of the current (some instruments count discharge positive), not of the column.
        numbered = re.fullmatch(r"(-?)([0-9]+)(?::(.+))?", text)
        if numbered:
            return cls(int(numbered[2]), unit=numbered[3], negate=bool(numbered[1]))
        head, _, unit = text.partition(":")
        return cls(head, unit=unit or None)

    @property
    def number(self) -> int | None:
        """The number of the column, where it is called by that and not by its head."""
        return self.name if isinstance(self.name, int) else None


@dataclass(frozen=True)
class Hints:
    """Validated keyword arguments of `mgtwin.read`."""

    columns: Mapping[str, Column] = field(default_factory=dict)
    decimal: str | None = None
    current: float | None = None
    area: float | None = None
    thickness: float | None = None
    temperature: float | None = None
    check: bool = True
    complete: bool = False


def hints(
    columns: Mapping[str, str | int | Column] | None,
    decimal: str | None,
    quantities: Mapping[str, float | str | None],
    check: bool,
    complete: bool,
) -> Hints:
    """Return the validated hints.

    Raises
    ------
    InputError
        A name of a column, a unit, the decimal sign or a quantity is not acceptable.
    """
    if decimal not in (None, ".", ","):
        raise InputError(f"decimal: the decimal sign is '.' or ',', not {decimal!r}.")
    for name, value in (("check", check), ("complete", complete)):
        if not isinstance(value, bool):
            raise InputError(f"{name}: must be True or False, not {value!r}.")
    kinds = {
        "current": Quantity("A"),
        "area": Quantity("m^2", gt=0),
        "thickness": Quantity("m", gt=0),
        "temperature": AmbientTemperature(),
    }
    given: dict[str, float] = {}
    for name, raw in quantities.items():
        if raw is not None:
            try:
                given[name] = float(kinds[name].read(raw))
            except InputError as error:
                raise InputError(f"{name}: {error}") from None
    found: dict[str, Column] = {}
    for name, where in (columns or {}).items():
        if name not in QUANTITIES:
            raise UnknownNameError(name, QUANTITIES, "column")
        column = where if isinstance(where, Column) else Column(where)
        if column.number is not None and column.number < 1:
            raise InputError(f"columns: {name}: columns are counted from 1, not {column.name}.")
        if column.unit is not None and not convert(name, column.unit):
            raise InputError(f"columns: {name}: {column.unit!r} is no unit of it; for example {SI[name] or 'none'}.")
        found[name] = column
    return Hints(columns=found, decimal=decimal, check=check, complete=complete, **given)
