"""The float that remembers its unit, uncertainty and origin (public as ``mgtwin.quantities.Value``)."""

from __future__ import annotations

from typing import Any, Literal, NoReturn, Self, get_args

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from mgtwin.errors import QuantityError, did_you_mean

__all__ = ["KINDS", "TEXTS", "Kind", "Value"]

Kind = Literal["measured", "fitted", "literature", "computed", "assumed", "setting"]
KINDS: tuple[str, ...] = get_args(Kind)
TEXTS = ("source", "where", "printed", "note")
_FIELDS = ("unit", "std", "low", "high", "kind", *TEXTS)


class Value(float):
    """An immutable float in SI units that carries its uncertainty and provenance.

    It is equal to, hashes as and calculates like the plain float; the result of arithmetic is a plain float.

    Parameters
    ----------
    number : float
        The value in `unit`.
    unit : str, optional
        SI unit (or ``"eV"``); None if unknown, ``""`` if dimensionless.
    std : float, optional
        Standard uncertainty in `unit`.
    low, high : float, optional
        Range in which the value lies, in `unit`.
    kind : {"measured", "fitted", "literature", "computed", "assumed", "setting"}, optional
        How the number was obtained.
    source, where, printed, note : str, optional
        Key in references.bib; place in that source; the number as printed there; a remark.

    Examples
    --------
    >>> sigma = Value(0.0554, unit="S/m", kind="measured", source="paper")
    >>> sigma * 2, sigma.kind
    (0.1108, 'measured')
    """

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
            object.__setattr__(self, field, item)
        return self

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Value is immutable: use value.replace({name}=...) to make a changed one.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a Value is immutable.")

    def provenance(self) -> dict[str, Any]:
        """Return the attributes that are known (without the number itself), in a fixed order."""
        return {field: getattr(self, field) for field in _FIELDS if getattr(self, field) is not None}

    def replace(self, number: float | None = None, **changes: Any) -> Value:
        """Return a copy with another number or other attributes."""
        unknown = set(changes) - set(_FIELDS)
        if unknown:
            name = min(unknown)
            raise QuantityError(f"a Value has no attribute {name!r}.{did_you_mean(name, _FIELDS)}")
        return Value(float(self) if number is None else number, **{**self.provenance(), **changes})

    def __repr__(self) -> str:
        inside = "".join(f", {name}={item!r}" for name, item in self.provenance().items())
        return f"Value({float.__repr__(self)}{inside})"

    def __str__(self) -> str:
        return float.__repr__(self)

    def __copy__(self) -> Value:
        return self

    def __deepcopy__(self, memo: object) -> Value:
        return self

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        # A field annotated with plain Value takes any dimension and keeps its SI unit.
        from mgtwin.quantities import Quantity

        return Quantity(None).__get_pydantic_core_schema__(source, handler)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: core_schema.CoreSchema, handler: Any) -> dict[str, Any]:
        from mgtwin.quantities import Quantity

        return Quantity(None).json_schema()

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (float(self), self.provenance())


def _rebuild(number: float, attributes: dict[str, Any]) -> Value:
    return Value(number, **attributes)
