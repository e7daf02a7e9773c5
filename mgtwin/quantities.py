"""Numbers with units: ``"5.54e-4 S/cm"`` becomes an SI float that remembers where it came from.

`parse` is the only reader of numbers, `Value` the float that it returns, `Quantity` the same as the type of a pydantic
field, `to_file` the way back into a file and `format_value` into the units of the laboratory. The unit ``"eV"`` stays
eV (activation energies); every other unit is SI. pint is imported only when a unit has to be converted.
"""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, NoReturn, Union

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from mgtwin import units
from mgtwin._value import KINDS, TEXTS, Kind, NumberWithOrigin, format_value, origin_of, to_file
from mgtwin.errors import QuantityError, did_you_mean
from mgtwin.plain import is_mapping, is_number, is_text

__all__ = ["KINDS", "AmbientTemperature", "Kind", "Quantity", "Value", "format_value", "origin_of", "parse"]
__all__ += ["parse_current", "to_file"]

_KEYS = ("value", "std", "range", "kind", *TEXTS)


class Value(NumberWithOrigin):
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
    kind : {"measured", "fitted", "assimilated", "literature", "computed", "assumed", "setting"}, optional
        How the number was obtained.
    source, where, printed, note : str, optional
        Key in references.bib; place in that source; the number as printed there; a remark.

    Examples
    --------
    >>> sigma = Value(0.0554, unit="S/m", kind="measured", source="paper")
    >>> sigma * 2, sigma.kind
    (0.1108, 'measured')
    """

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        # a field annotated with plain Value takes any dimension and keeps its SI unit
        return Quantity(None).__get_pydantic_core_schema__(source, handler)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: core_schema.CoreSchema, handler: Any) -> JsonSchemaValue:
        return Quantity(None).json_schema()


_NUMBER = re.compile(
    r"\s*(?P<number>[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf(?:inity)?(?![A-Za-z])|nan(?![A-Za-z])))"
    r"\s*(?P<unit>.*?)\s*",
    re.IGNORECASE | re.DOTALL,
)


def parse(
    raw: object, unit: str | None, *, need_unit: bool = False, allow_inf: bool = False, difference: bool = False
) -> Value:
    """Read a number with an optional unit and return it in SI.

    Parameters
    ----------
    raw : float, int, str, Value, pint quantity or mapping
        ``0.05``, ``"0.5 mS/cm"``, or ``{"value": "0.5 mS/cm", "std": "3 %", "range": ["0.4 mS/cm", "0.6 mS/cm"],
        "kind": "measured", "source": "key", "where": "Fig. 2", "printed": "0.5", "note": "..."}``.
    unit : str or None
        The SI unit needed, ``"eV"``, or ``""`` for a pure number. None keeps the dimension of `raw`: the SI unit found
        is in ``Value.unit``.
    need_unit : bool
        Refuse numbers without a unit, as in files. ``0`` (except for a temperature) and ``inf`` need none.
    allow_inf : bool
        Accept infinity.
    difference : bool
        `raw` is a difference, so that ``"5 degC"`` is 5 K.

    Returns
    -------
    Value

    Raises
    ------
    QuantityError
        For a decimal comma, NaN, infinity, a missing, unknown or wrong unit, or an unknown key of a mapping.

    Examples
    --------
    >>> float(parse("0.5 mm", "m")), float(parse("100 degC", "K")), parse("2 %", "").unit
    (0.0005, 373.15, '')
    """
    match raw:
        case Mapping():
            return _parse_mapping(raw, unit, need_unit, allow_inf)
        case str():
            return _parse_text(raw, unit, need_unit, allow_inf, difference)
        # Before the plain numbers: a Value is a float too, and would lose its unit and origin there.
        case Value():  # it was read before
            value = raw
            if raw.unit is not None and unit is not None and raw.unit != unit:
                # Another spelling of its unit, or J/mol in eV. A pure number is no number in another unit with the unit
                # left out: the scale would be a guess.
                if raw.unit == "":
                    units.refuse_missing(str(raw), unit)
                try:
                    convert = units.conversion(raw.unit, unit)
                except QuantityError as error:
                    raise QuantityError(f"'{float(raw)!r} {raw.unit}': {error}") from error.__cause__
                limits = {"low": raw.low, "high": raw.high}
                changes = {name: convert(item) for name, item in limits.items() if item is not None}
                if raw.std is not None:
                    changes["std"] = convert.difference(raw.std)
                value = raw.replace(convert(float(raw)), unit=unit, **changes)
            _check_finite(float(value), _brief(value), allow_inf)
            return value if value.unit is not None or unit is None else value.replace(unit=unit)
        case numbers.Real() if raw is not True and raw is not False:
            try:
                number = float(raw)
            except OverflowError:
                number = math.copysign(math.inf, -1 if raw < 0 else 1)
            _check_finite(number, _brief(raw), allow_inf)
            if need_unit and unit != "" and not units.needs_no_unit(number, unit):
                # A whole number is shown as it was typed: 5, not 5.0, in the remedy that is meant to be copied.
                units.refuse_missing(repr(raw) if type(raw) is int else repr(number), unit)
            return Value(number, unit=unit)
        # By its two attributes, not its class: whoever has no pint need not import it, and pint has several classes. It
        # goes through text so that it is converted and refused like what is written in files.
        case object(magnitude=magnitude, units=given):  # a quantity of pint
            return _parse_text(f"{float(magnitude)!r} {given}", unit, need_unit, allow_inf, difference)
    raise QuantityError(f"a number{units.with_unit(unit)} is needed here, not {_brief(raw)}.")


def parse_current(raw: object, *, need_unit: bool = False) -> Value:
    """Read a current in A or a current density in A/m2, told apart by its unit; a bare number is in A.

    Raises
    ------
    QuantityError
        For anything else.
    """
    # Its unit decides which of the two it is, so it is read without asking for one.
    value = parse(raw, None)
    if value.unit is None:
        value = parse(raw, "A", need_unit=need_unit)
    if value.unit not in ("A", "A/m^2"):
        raise QuantityError(
            f"{raw!r} is not a current: write one in A, mA, uA or a current density in A/m^2, mA/cm^2, uA/cm^2, "
            f"for example '10 uA' or '-7.5 uA/cm^2'."
        )
    return value


@lru_cache(maxsize=4096)
def _parse_text(text: str, unit: str | None, need_unit: bool, allow_inf: bool, difference: bool) -> Value:
    if "," in text:
        # One comma may be a decimal one, several or one beside a point separate thousands: only the first has an
        # obvious remedy.
        single = text.count(",") == 1 and "." not in text
        hint = f" (perhaps {text.replace(',', '.')!r})" if single else ""
        raise QuantityError(f"{text!r} contains a comma: write a decimal point{hint}, and no thousands separators.")
    # Texts copied from a paper have the typographic minus.
    match = _NUMBER.fullmatch(text.replace("\u2212", "-"))
    if match is None:
        example = f"'0.5 {units.examples(unit)[0]}'" if unit else "'0.5'"
        raise QuantityError(f"{text!r} is not a number{units.with_unit(unit)}: write it like {example}.")
    number, given = float(match["number"]), match["unit"]
    _check_finite(number, text, allow_inf)
    if not given:
        if unit and not units.needs_no_unit(number, unit):
            units.refuse_missing(text.strip(), unit)
        any_unit = unit is None and units.needs_no_unit(number, "K")  # inf: its unit is found where it is put
        return Value(number, unit=None if any_unit else unit or "")
    try:
        si_unit = units.infer_si(given) if unit is None else unit
        convert = units.conversion(given, si_unit)
    except QuantityError as error:
        raise QuantityError(f"{_brief(text)}: {error}") from error.__cause__
    if number == 0 or math.isinf(number):  # also texts whose exact fraction would be absurdly long
        result = convert.difference(number) if difference else convert(number)
    else:
        # From the text and not from its float, with a single rounding: "0.554 mS/cm" is the same float as 0.0554.
        exact = Fraction(match["number"]) * Fraction(convert.multiplier) / Fraction(convert.divisor)
        try:
            result = float(exact if difference else exact + Fraction(repr(convert.offset)))
        except OverflowError:
            result = math.copysign(math.inf, number)
    _check_finite(result, text, allow_inf)
    return Value(result, unit=si_unit)


def _parse_mapping(raw: Mapping[str, object], unit: str | None, need_unit: bool, allow_inf: bool) -> Value:
    for key in raw:
        if key not in _KEYS:
            raise QuantityError(
                f"unknown key {key!r} beside a value: known are {', '.join(_KEYS)}.{did_you_mean(str(key), _KEYS)}"
            )
    if "value" not in raw or is_mapping(raw["value"]):
        raise QuantityError(f"the key 'value' with a number{units.with_unit(unit)} is required.")
    value = parse(raw["value"], unit, need_unit=need_unit, allow_inf=allow_inf)
    changes: dict[str, Any] = {}
    given = raw.get("std")
    if is_text(given) and given.rstrip().endswith("%"):
        # Percent of the value or points of percent, percent of kelvin or of degrees Celsius: nobody can tell which.
        if value.unit in ("", "K"):
            raise QuantityError(f"the uncertainty {given!r} could be meant in two ways here: write it without %.")
        changes["std"] = float(parse(given, "")) * abs(float(value))
    elif given is not None:
        # A difference: the offset between degC and K must not be added to an uncertainty.
        changes["std"] = float(parse(given, value.unit, need_unit=need_unit, difference=True))
    if changes.get("std", 0.0) < 0:
        raise QuantityError(f"the standard uncertainty must not be negative, but is {given!r}.")
    match raw.get("range"):
        case None:
            pass
        case [_, _] as ends:
            low, high = (float(parse(item, value.unit, need_unit=need_unit, allow_inf=allow_inf)) for item in ends)
            # The ends are converted one by one, so an end equal to the value may differ from it in the last digits.
            tolerance = 1e-9 * max(abs(low) if math.isfinite(low) else 0.0, abs(float(value)))
            if not low - tolerance <= value <= high + tolerance:
                shown = [format_value(item, value.unit) for item in (low, value, high)]
                raise QuantityError(f"the value {shown[1]} lies outside its range [{shown[0]}, {shown[2]}].")
            changes |= {"low": low, "high": high}
        case other:
            raise QuantityError(f"'range' must be two values, [lowest, highest], not {_brief(other)}.")
    if raw.get("kind") is not None:
        changes["kind"] = raw["kind"]
    for key in TEXTS:
        item = raw.get(key)
        if item is None:
            continue
        if type(item) not in (str, int, float):
            raise QuantityError(f"{key!r} must be a text, not {_brief(item)}.")
        changes[key] = str(item)
    return value.replace(**changes)


def _check_finite(number: float, raw: object, allow_inf: bool) -> None:
    if math.isnan(number):
        raise QuantityError("NaN is not a value: leave the field out if it is not known.")
    if math.isinf(number) and not allow_inf:
        raise QuantityError(f"{raw!s} is infinite: a finite value is needed here.")


def _brief(raw: object) -> str:
    text = repr(raw)
    return f"{text[:57]}..." if len(text) > 60 else text


class Quantity:
    """The type of a pydantic field that holds a `Value` in a given unit.

    Use it as the annotation itself (``thickness: Quantity("m", gt=0)``) or, where a type checker should know that the
    field is a float, as ``thickness: Annotated[Value, Quantity("m", gt=0)]``. Everything that `parse` reads is
    accepted. With the validation context ``{"file": True}`` a number must have its unit.

    Parameters
    ----------
    unit : str or None
        SI unit, ``"eV"``, or ``""``; None accepts every dimension and leaves the SI unit found in ``Value.unit``.
    gt, ge, lt, le : float, optional
        Bounds in `unit`.
    allow_inf : bool
        Accept infinity (``"inf"``).
    """

    __slots__ = ("allow_inf", "bounds", "unit")

    def __init__(
        self,
        unit: str | None,
        *,
        gt: float | None = None,
        ge: float | None = None,
        lt: float | None = None,
        le: float | None = None,
        allow_inf: bool = False,
    ) -> None:
        self.unit = unit
        self.bounds = (gt, ge, lt, le)
        self.allow_inf = allow_inf

    def __repr__(self) -> str:
        return f"Quantity({self.unit!r})"

    def __or__(self, other: object) -> Any:
        return Union[Annotated[Value, self], other]  # noqa: UP007 (| would call this method again)

    def __ror__(self, other: object) -> Any:
        return Union[other, Annotated[Value, self]]  # noqa: UP007

    def read(self, raw: object, *, need_unit: bool = False) -> Value:
        """Parse `raw` and check the bounds; raises `QuantityError`."""
        value = parse(raw, self.unit, need_unit=need_unit, allow_inf=self.allow_inf)
        gt, ge, lt, le = self.bounds
        # Each asked as "not inside", so that NaN, which compares false with everything, would be refused.
        if gt is not None and not value > gt:
            self._refuse(value, "greater than", gt)
        if ge is not None and not value >= ge:
            self._refuse(value, "at least", ge)
        if lt is not None and not value < lt:
            self._refuse(value, "less than", lt)
        if le is not None and not value <= le:
            self._refuse(value, "at most", le)
        return value

    def _refuse(self, value: Value, relation: str, bound: float) -> NoReturn:
        limit = f"{bound:g} {self.unit or ''}".rstrip()
        raise QuantityError(f"must be {relation} {limit}, but is {format_value(value, self.unit)}.")

    def _validate(self, raw: object, info: ValidationInfo) -> Value:
        # A number in a file outlives the memory of who wrote it; in Python the documented SI unit holds.
        return self.read(raw, need_unit=bool(info.context and info.context.get("file")))

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: to_file(value, self.unit), when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(self, schema: object, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return self.json_schema()

    def json_schema(self) -> JsonSchemaValue:
        """Return the JSON Schema of everything that `read` accepts."""
        keys = ("exclusiveMinimum", "minimum", "exclusiveMaximum", "maximum")
        number: JsonSchemaValue = {"type": "number"}
        number.update({key: bound for key, bound in zip(keys, self.bounds, strict=True) if bound is not None})
        text: JsonSchemaValue = {"type": "string"}
        if self.unit is None:
            text["description"] = "with a unit, for example 0.5 mS/cm"
        elif self.unit:
            number["description"] = f"in {self.unit}"
            text["description"] = f"with a unit, for example {', '.join(units.examples(self.unit))}"
        scalar = {"anyOf": [number, text]}
        properties: JsonSchemaValue = {"value": scalar, "std": {"type": ["number", "string"]}}
        # Files write the range with low and high in one list, so the schema does, too.
        properties["range"] = {"type": "array", "items": scalar, "minItems": 2, "maxItems": 2}
        properties["kind"] = {"enum": list(KINDS)}
        texts = {key: {"type": ["string", "number"] if key in ("where", "printed") else "string"} for key in TEXTS}
        properties.update(texts)
        mapping = {"type": "object", "properties": properties, "required": ["value"], "additionalProperties": False}
        return {"anyOf": [number, text, mapping]}


class AmbientTemperature(Quantity):
    """The type of a field that holds the temperature of a cell, a run or a measurement [K], > 0.

    A bare number below 150 is refused: it is meant in degC, and nothing here works so cold. ``"25 degC"`` is right,
    and so is ``"25 K"``.

    Examples
    --------
    >>> float(AmbientTemperature().read("25 degC")), float(AmbientTemperature().read(300))
    (298.15, 300.0)
    """

    __slots__ = ()
    #: [K]
    COLD = 150.0

    def __init__(self) -> None:
        # No upper bound: what is too hot differs from cell to cell, and laws warn outside their range themselves.
        super().__init__("K", gt=0)

    def read(self, raw: object, *, need_unit: bool = False) -> Value:
        """Parse `raw`; raises `QuantityError`."""
        value = super().read(raw, need_unit=need_unit)
        # a Value has been read before, and a text says its unit
        bare = is_number(raw) and (type(raw) is not Value or raw.unit is None)
        if bare and value < self.COLD:
            raise QuantityError(
                f"{raw:g} has no unit and would be in K: write '{raw:g} degC', or '{raw:g} K' if that is meant."
            )
        return value
