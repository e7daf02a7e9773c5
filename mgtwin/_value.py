"""The float that remembers its unit, uncertainty and origin, and how it is written."""

from __future__ import annotations

import math
import re
from operator import attrgetter
from typing import Any, Literal, NoReturn, Self, get_args

from mgtwin import units
from mgtwin.errors import QuantityError, did_you_mean

__all__ = ["KINDS", "TEXTS", "Kind", "NumberWithOrigin", "format_value", "origin_of", "to_file"]

Kind = Literal["measured", "fitted", "assimilated", "literature", "computed", "assumed", "setting"]
KINDS: tuple[str, ...] = get_args(Kind)
TEXTS = ("source", "where", "printed", "note")
_FIELDS = ("unit", "std", "low", "high", "kind", *TEXTS)
# One call in C for all slots: a study asks thousands of Values for their origin.
_attributes = attrgetter(*_FIELDS)


class NumberWithOrigin(float):
    """An immutable float with its unit, uncertainty and provenance: `mgtwin.quantities.Value` but for its reading."""

    # A cell has hundreds of these, and a study thousands of cells: no dictionary for each.
    __slots__ = _FIELDS

    unit: str | None
    std: float | None
    low: float | None
    high: float | None
    kind: Kind | None
    source: str | None
    where: str | None
    printed: str | None
    note: str | None

    def __new__(
        cls,
        number: float,
        *,
        unit: str | None = None,
        std: float | None = None,
        low: float | None = None,
        high: float | None = None,
        kind: Kind | None = None,
        source: str | None = None,
        where: str | None = None,
        printed: str | None = None,
        note: str | None = None,
    ) -> Self:
        self = super().__new__(cls, number)
        if kind is not None and kind not in KINDS:
            raise QuantityError(f"kind {kind!r} is unknown: use one of {', '.join(KINDS)}.{did_you_mean(kind, KINDS)}")
        given = (unit, std, low, high, kind, source, where, printed, note)
        for field, item in zip(_FIELDS, given, strict=True):
            # Past our own refusal to set anything: only here is a Value being made.
            object.__setattr__(self, field, item)
        return self

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Value is immutable: use value.replace({name}=...) to make a changed one.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a Value is immutable.")

    @classmethod
    def of(cls, value: float) -> NumberWithOrigin:
        """Return a number as one that can be asked for its unit and origin; a plain float knows neither."""
        return value if isinstance(value, NumberWithOrigin) else cls(value)

    def provenance(self) -> dict[str, Any]:
        """Return the attributes that are known (without the number itself), in a fixed order."""
        return {field: item for field, item in zip(_FIELDS, _attributes(self), strict=True) if item is not None}

    def replace(self, number: float | None = None, **changes: Any) -> Self:
        """Return a copy with another number or other attributes."""
        unknown = set(changes) - set(_FIELDS)
        if unknown:
            name = min(unknown)
            raise QuantityError(f"a Value has no attribute {name!r}.{did_you_mean(name, _FIELDS)}")
        return type(self)(float(self) if number is None else number, **{**self.provenance(), **changes})

    def __repr__(self) -> str:
        inside = "".join(f", {name}={item!r}" for name, item in self.provenance().items())
        return f"Value({float.__repr__(self)}{inside})"

    def __str__(self) -> str:
        return float.__repr__(self)

    # What never changes need not be copied.
    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # pickle would set the slots one by one, which an immutable object refuses; worker processes need it.
        return _rebuild, (type(self), float(self), self.provenance())


def _rebuild(kind: type[NumberWithOrigin], number: float, attributes: dict[str, Any]) -> NumberWithOrigin:
    return kind(number, **attributes)


def origin_of(value: object) -> dict[str, Any]:
    """Return what a number says of its unit, uncertainty and provenance: nothing where it is a plain one."""
    return value.provenance() if isinstance(value, NumberWithOrigin) else {}


def format_value(value: float, unit: str | None = None, *, uncertainty: bool = False) -> str:
    """Write a value in the unit that a laboratory would use, to four digits; `parse` reads the text back.

    Parameters
    ----------
    value : float or Value
        In SI (or eV).
    unit : str, optional
        Its SI unit; taken from ``value.unit`` by default.
    uncertainty : bool
        Append ``± std`` or ``[low, high]`` where the Value has them (this text cannot be read back).

    Examples
    --------
    >>> format_value(0.0554, "S/m"), format_value(373.15, "K"), format_value(6.5e-4, "m")
    ('0.554 mS/cm', '100 °C', '0.65 mm')
    """
    known = NumberWithOrigin.of(value)
    unit = unit if unit is not None else known.unit or ""
    number, shown, size = units.display(float(value), unit) if math.isfinite(value) else (float(value), "", 1.0)
    text = _digits(number)
    if uncertainty and shown is not None:
        if known.std is not None:
            text += f" ± {_digits(known.std / size, 2)}"
        elif known.low is not None and known.high is not None:
            shift = float(value) / size - number  # 273.15 for °C
            text += f" [{_digits(known.low / size - shift)}, {_digits(known.high / size - shift)}]"
    return f"{text} {shown}".rstrip()


def _digits(number: float, digits: int = 4) -> str:
    text = f"{number:.{digits}g}"
    # Four digits of 12 345 are 1.234e+04 to Python, but a laboratory reads 12345.
    if abs(number) < 1e6 and "e+" in text:
        text = f"{number:.0f}"
    return re.sub(r"e([+-])0*(\d)", lambda m: f"e{m[1].replace('+', '')}{m[2]}", text)


def to_file(value: float, unit: str | None = None) -> float | str | dict[str, Any]:
    """Return the plain form of a value for YAML or JSON, from which `parse` rebuilds it exactly.

    A number if dimensionless, ``"inf"``, or text with its SI unit; a mapping if there is provenance.

    Examples
    --------
    >>> from mgtwin.quantities import Value
    >>> to_file(Value(0.0554, unit="S/m", kind="measured"))
    {'value': '0.0554 S/m', 'kind': 'measured'}
    """
    about = origin_of(value)
    unit = about.get("unit", "") if unit is None else unit

    def plain(number: float) -> float | str:
        # YAML has a spelling of its own for infinity; as a text it is the same in YAML and JSON.
        if math.isinf(number):
            return repr(float(number))
        return f"{float(number)!r} {unit}" if unit else float(number)

    result: dict[str, Any] = {"value": plain(value)}
    if "std" in about:
        result["std"] = plain(about["std"])
    if "low" in about and "high" in about:
        result["range"] = [plain(about["low"]), plain(about["high"])]
    result |= {key: about[key] for key in ("kind", *TEXTS) if key in about}
    # A mapping with nothing but the value would be noise in every file.
    return result if len(result) > 1 else result["value"]
