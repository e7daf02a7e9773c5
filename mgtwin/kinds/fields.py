"""Fields that hold a number in a unit, or a kind of a family in its place (a law of temperature, a profile, a CPE)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Union

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter, ValidationError, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from ..errors import QuantityError
from ..plain import is_listed, is_mapping, listed
from ..quantities import Quantity, Value, to_file
from ..unions import OneOf, type_of
from .laws import LAWS, Law

__all__ = ["NumberOr", "Property"]

Context = Mapping[str, object] | None


class NumberOr:
    """Annotation of a field that holds a number or a noun, told apart so that an error speaks of one only.

    Parameters
    ----------
    quantity : Quantity
        Unit and bounds of the number.
    kinds : OneOf
        Which nouns the field takes.
    check : callable, optional
        ``check(noun)`` returns the noun that is kept.

    Examples
    --------
    >>> from mgtwin.kinds.laws import LAWS
    >>> NumberOr(Quantity("S/m"), OneOf(LAWS)).read("1 mS/cm")
    Value(0.1, unit='S/m')
    """

    __slots__ = ("_check", "kinds", "quantity")

    def __init__(self, quantity: Quantity, kinds: OneOf, check: Callable[[Any], object] | None = None) -> None:
        self.quantity, self.kinds, self._check = quantity, kinds, check

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.quantity.unit!r})"

    def __or__(self, other: object) -> Any:
        return Union[Annotated[Any, self], other]  # noqa: UP007 (| would call this method again)

    def __ror__(self, other: object) -> Any:
        return Union[other, Annotated[Any, self]]  # noqa: UP007

    def read(self, raw: object, *, context: Context = None) -> object:
        """Return the `Value` or noun that `raw` stands for.

        Raises
        ------
        QuantityError, InputError
            If a number is not acceptable, or a ``type`` is not one of the kinds.
        pydantic.ValidationError
            If a field of a noun is not acceptable; its location starts inside that noun.
        """
        if type_of(raw) is None and not (is_mapping(raw) and "value" not in raw):
            return self.quantity.read(raw, need_unit=bool(context and context.get("file")))
        if is_mapping(raw) and "type" not in raw:
            raise QuantityError(
                "a mapping here needs the key 'value' (a quantity) or the key 'type' "
                f"(one of {', '.join(self.kinds.kinds())}), but has {', '.join(map(str, raw)) or 'no keys'}."
            )
        found = self._noun(self.kinds.kind_of(raw), raw, context)
        return found if self._check is None else self._check(found)

    def _noun(self, kind: type, raw: object, context: Context) -> object:
        """The noun of this kind."""
        return raw if type(raw) is kind else TypeAdapter(kind).validate_python(raw, context=context)  # type: ignore[arg-type]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        def validate(raw: object, info: ValidationInfo) -> object:
            return self.read(raw, context=info.context)

        def plain(value: object) -> object:
            return to_file(value, self.quantity.unit) if isinstance(value, Value) else value

        return core_schema.with_info_plain_validator_function(
            validate,
            metadata={"kinds": self.kinds.kinds},
            serialization=core_schema.plain_serializer_function_ser_schema(plain, when_used="json"),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        number = self.quantity.json_schema()
        return {"anyOf": [*number["anyOf"], self.kinds.__get_pydantic_json_schema__(schema, handler)]}


class Property(NumberOr):
    """The type of a field that holds a number (`Value`) or a law of temperature, in a given unit.

    Use it as the annotation (``ionic_conductivity: Property("S/m")``), or, where a type checker should know, as
    ``Annotated[Value | Law, Property("S/m")]``. It accepts whatever `mgtwin.quantities.parse` reads, a `Law`, and
    ``{"type": "arrhenius", "reference": "0.5 mS/cm", ...}``. The value, reference, prefactor or values of a law must
    have the unit's dimension and keep the bounds, too.

    Parameters
    ----------
    unit : str
        SI unit of the property, ``""`` if dimensionless.
    gt, ge, lt, le : float, optional
        Bounds; without a lower one the property must be greater than 0.
    allow_inf : bool
        Accept infinity.
    also : Family or sequence of classes
        Other kinds that the field takes, such as laws of the potential.

    Examples
    --------
    >>> Property("S/m").read("0.5 mS/cm")
    Value(0.05, unit='S/m')
    """

    __slots__ = ()

    def __init__(
        self,
        unit: str,
        *,
        gt: float | None = None,
        ge: float | None = None,
        lt: float | None = None,
        le: float | None = None,
        allow_inf: bool = False,
        also: Mapping[str, type] | Iterable[type] = (),
    ) -> None:
        lower = 0.0 if gt is None and ge is None else gt
        others = also if isinstance(also, Mapping) else {cls.__dataclass_fields__["type"].default: cls for cls in also}  # type: ignore[attr-defined]
        super().__init__(
            Quantity(unit, gt=lower, ge=ge, lt=lt, le=le, allow_inf=allow_inf), OneOf(LAWS, others, article="a law")
        )

    def _noun(self, kind: type, raw: object, context: Context) -> object:
        """The same, its values being read while their unit is known: that of the property."""
        if not issubclass(kind, Law):
            return super()._noun(kind, raw, context)
        if isinstance(raw, Law):  # built without knowing its unit: return it with that filled in
            before = {name: vars(raw)[name] for name in kind.value_fields}
            after = self._with_units(kind, before, need_unit=False)
            pairs = (pair for name in before for pair in zip(listed(before[name]), listed(after[name]), strict=True))
            # reading changed nothing, not even the unit of a row
            return raw if all(old is new for old, new in pairs) else replace(raw, **after)  # type: ignore[type-var]
        need_unit = bool(context and context.get("file"))
        return super()._noun(kind, self._with_units(kind, dict(raw), need_unit), context)  # type: ignore[call-overload]

    def _with_units(self, kind: type[Law], given: Mapping[str, Any], need_unit: bool) -> dict[str, Any]:
        """The fields of a law, those that have the dimension of the property being read as values of it."""
        result, problems = dict(given), []

        def read(item: object, *place: str | int) -> object:
            try:
                return self.quantity.read(item, need_unit=need_unit)
            except QuantityError as error:
                text = PydanticCustomError("value_error", "{error}", {"error": error})
                problems.append(InitErrorDetails(type=text, loc=place, input=item))
                return None

        for name in given.keys() & kind.value_fields:
            item = given[name]
            rows = is_listed(item)
            result[name] = [read(row, name, k) for k, row in enumerate(item)] if rows else read(item, name)
        # only now: who has to mend a table is told of all its rows at once, as pydantic tells of all fields
        if problems:
            raise ValidationError.from_exception_data(kind.__name__, problems)
        return result
