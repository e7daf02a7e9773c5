"""The machinery behind `mgtwin.laws`: how a law is made, and the field that holds a number or a law."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import field, fields, replace
from typing import Annotated, Any, TypeVar, Union, dataclass_transform

from pydantic import (
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
)
from pydantic.dataclasses import dataclass
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from mgtwin.errors import InputError, QuantityError, did_you_mean, input_error
from mgtwin.quantities import Quantity, Value, to_file

__all__ = ["TaggedField", "law"]

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def law(cls: type[_T]) -> type[_T]:
    """Make a class a frozen pydantic dataclass whose bad arguments raise `InputError` in our words."""
    made: Any = dataclass(frozen=True, config=ConfigDict(extra="forbid"))(cls)
    validated_init = made.__init__
    positional = tuple(item.name for item in fields(made) if not item.kw_only)

    @functools.wraps(validated_init)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        if len(args) > len(positional):
            raise InputError(f"{made.__name__} takes {len(positional)} positional arguments: {', '.join(positional)}.")
        twice = [name for name in positional[: len(args)] if name in kwargs]
        if twice:
            raise InputError(f"{made.__name__}: {twice[0]} is given twice, by position and by name.")
        try:
            validated_init(self, **dict(zip(positional, args, strict=False)), **kwargs)
        except ValidationError as error:
            raise input_error(error, made.__name__) from None

    made.__init__ = __init__  # pydantic fills laws nested in other objects without calling it
    return made  # type: ignore[no-any-return]


class TaggedField:
    """A pydantic field that holds a quantity or one of several dataclasses with a ``type`` key.

    Parameters
    ----------
    quantity : Quantity
        Unit and bounds of the number, and of the fields that a class lists in ``value_fields``.
    classes : dict
        Frozen pydantic dataclasses by their ``type``.
    """

    __slots__ = ("classes", "quantity")

    def __init__(self, quantity: Quantity, classes: dict[str, Any]) -> None:
        self.quantity = quantity
        self.classes = classes

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.quantity.unit!r})"

    def __or__(self, other: Any) -> Any:
        return Union[Annotated[Any, self], other]  # noqa: UP007 (| would call this method again)

    def __ror__(self, other: Any) -> Any:
        return Union[other, Annotated[Any, self]]  # noqa: UP007

    def read(self, raw: Any, *, context: Mapping[str, Any] | None = None) -> Any:
        """Return the `Value` or object that `raw` stands for.

        Raises
        ------
        QuantityError
            If a number is not acceptable.
        pydantic.ValidationError
            If a field of an object is not acceptable; its location starts inside that object.
        """
        need_unit = bool(context and context.get("file"))
        if isinstance(raw, Mapping) and "type" in raw:
            cls = self._class_named(raw["type"])
            return TypeAdapter(cls).validate_python(self._with_units(cls, raw, need_unit), context=context)
        if isinstance(raw, Mapping) and "value" not in raw:
            raise QuantityError(
                "a mapping here needs the key 'value' (a quantity) or the key 'type' "
                f"(one of {', '.join(self.classes)}), but has {', '.join(map(str, raw)) or 'no keys'}."
            )
        if isinstance(raw, tuple(self.classes.values())):
            return self._conform(raw)
        return self.quantity.read(raw, need_unit=need_unit)

    def _class_named(self, name: Any) -> Any:
        if isinstance(name, str) and name in self.classes:
            return self.classes[name]
        hint = did_you_mean(str(name), self.classes)
        raise QuantityError(f"type {name!r} is unknown here: use one of {', '.join(self.classes)}.{hint}")

    def _with_units(self, cls: Any, raw: Mapping[str, Any], need_unit: bool) -> dict[str, Any]:
        """Read the fields that have the dimension of the property, while that dimension is known."""
        result = dict(raw)
        problems: list[InitErrorDetails] = []
        for name in getattr(cls, "value_fields", ()):
            if name not in raw:
                continue
            item = raw[name]
            rows = list(enumerate(item)) if isinstance(item, (list, tuple)) else [(None, item)]
            values = []
            for index, row in rows:
                try:
                    values.append(self.quantity.read(row, need_unit=need_unit))
                except QuantityError as error:
                    location = (name,) if index is None else (name, index)
                    problems.append(_problem(location, error, row))
            result[name] = values if isinstance(item, (list, tuple)) else next(iter(values), None)
        if problems:
            raise ValidationError.from_exception_data(cls.__name__, problems)
        return result

    def _conform(self, law: Any) -> Any:
        """Check an object that was built without knowing its unit; return it with its units filled in."""
        names = getattr(law, "value_fields", ())
        before = {name: getattr(law, name) for name in names}
        after = self._with_units(type(law), before, need_unit=False)
        same = all(_identical(before[name], after[name]) for name in names)
        return law if same else replace(law, **after)

    def _validate(self, raw: Any, info: ValidationInfo) -> Any:
        return self.read(raw, context=info.context)

    def _serialize(self, value: Any) -> Any:
        if isinstance(value, Value):
            return to_file(value, self.quantity.unit)
        plain = TypeAdapter(type(value)).dump_python(value, mode="json", exclude_none=True)
        return {"type": plain.pop("type"), **plain}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        # The union serves the JSON Schema only; validation picks the class itself, so that errors speak of one branch.
        union: Any = Annotated[Union[tuple(self.classes.values())], Field(discriminator="type")]  # noqa: UP007

        def validate(raw: Any, inner: Any, info: ValidationInfo) -> Any:
            return self._validate(raw, info)

        return core_schema.with_info_wrap_validator_function(
            validate,
            handler.generate_schema(union),
            serialization=core_schema.plain_serializer_function_ser_schema(self._serialize, when_used="json"),
        )

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        number = self.quantity.json_schema()
        return {"anyOf": [*number["anyOf"], handler(schema["schema"])]}


def _identical(before: Any, after: Any) -> bool:
    if isinstance(before, Value):
        return before is after
    return len(before) == len(after) and all(a is b for a, b in zip(before, after, strict=True))


def _problem(location: tuple[str | int, ...], error: QuantityError, item: Any) -> InitErrorDetails:
    kind = PydanticCustomError("value_error", "{error}", {"error": error})
    return InitErrorDetails(type=kind, loc=location, input=item)
