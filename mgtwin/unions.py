"""Open unions: the annotation of a field that holds one kind of a family, whichever kinds there are by then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Protocol, cast

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, SchemaValidator, core_schema

from mgtwin.errors import InputError, did_you_mean
from mgtwin.locations import type_of
from mgtwin.plain import is_mapping, is_text
from mgtwin.registry import Family

__all__ = ["OneOf"]


class _Noun(Protocol):
    """What the class of a noun is to pydantic."""

    __pydantic_core_schema__: CoreSchema
    __pydantic_validator__: SchemaValidator


class OneOf:
    """Annotation of a field that holds one kind of a family: ``Annotated[Electrode, OneOf(ELECTRODES)]``.

    The kind is looked up by its ``type`` when a value is validated and validates alone, so that errors speak of one
    branch, and kinds that are declared after this field (by a package, in a notebook) are taken like the others.

    Parameters
    ----------
    family : Family or mapping
        Of frozen pydantic dataclasses by their ``type``.
    also : mapping, optional
        Further kinds by their ``type``: another family, or a dict.
    only : callable, optional
        ``only(kind)`` tells whether a kind may stand here; all by default.
    article : str, optional
        What the field holds, with its article, for messages; that of the family by default (a mapping has none).

    Raises
    ------
    InputError
        While validating: no ``type``, or one that is not of this family.

    Examples
    --------
    >>> from typing import Annotated
    >>> from pydantic import TypeAdapter
    >>> from mgtwin.cells import Blocking
    >>> from mgtwin.registry import FAMILIES
    >>> electrodes = Family("electrode of a doctest", "an electrode")
    >>> electrodes.add("blocking", Blocking)
    >>> blocking = {"type": "blocking", "double_layer": 0.1}
    >>> TypeAdapter(Annotated[Blocking, OneOf(electrodes)]).validate_python(blocking).type
    'blocking'
    >>> del FAMILIES[electrodes.name]
    """

    __slots__ = ("_also", "_family", "_only", "article")

    def __init__(
        self,
        family: Mapping[str, type],
        also: Mapping[str, type] | None = None,
        only: Callable[[type], bool] | None = None,
        article: str = "",
    ) -> None:
        self._family, self._also, self._only = family, {} if also is None else also, only
        self.article = article or cast("Family[type]", family).article

    def kinds(self) -> dict[str, type]:
        """Return the kinds that may stand here, by their ``type``."""
        # Asked anew each time: a notebook may have declared another kind since.
        known = {**self._family, **self._also, **self._family}
        return {name: kind for name, kind in known.items() if self._only is None or self._only(kind)}

    def kind_of(self, raw: object) -> type:
        """Return the kind that `raw`, a noun or a mapping, says it is.

        Raises
        ------
        InputError
            It says none, or one that may not stand here.
        """
        given = type_of(raw)
        # Before anything is said of the shape: a noun and a mapping alike have a type. And by its name alone: to know
        # all kinds, a family reads what every installed package says of itself.
        for known in (self._family, self._also):
            if given is not None and given in known and (self._only is None or self._only(known[given])):
                return known[given]
        kinds = self.kinds()
        allowed = ", ".join(kinds)
        if given is not None:
            raise InputError(f"type {given!r} is not {self.article}: use one of {allowed}.{did_you_mean(given, kinds)}")
        if is_mapping(raw):
            raise InputError(f"{self.article} needs the key 'type', one of {allowed}.")
        # Names are looked up by the reader of cell files, which has a library; a union has none.
        if is_text(raw):
            raise InputError(
                f"{raw!r} is a name: {self.article} is looked up by its name only in cell files; here give the object "
                f"itself (type {allowed})."
            )
        raise InputError(f"{self.article} is needed here (type {allowed}), not {raw!r}.")

    def validate(self, raw: object, info: ValidationInfo) -> object:
        """Return the noun; a ValidationError of its own fields keeps their locations below that of this field."""
        kind = self.kind_of(raw)
        # Nouns are frozen, so what was valid once still is: validating a whole stack again at each change would cost
        # more than the change.
        if type(raw) is kind:
            return raw
        return cast(_Noun, kind).__pydantic_validator__.validate_python(raw, context=info.context)

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        # The metadata lets whoever explains an unknown key find the fields of the kinds.
        return core_schema.with_info_plain_validator_function(self.validate, metadata={"kinds": self.kinds})

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        # Made when asked, not with the class: only then are all kinds known.
        branches: dict[str, JsonSchemaValue] = {}
        for name, kind in self.kinds().items():
            # A kind may hold fields of its own family (a Sequence, a composite): whoever began to write it puts it
            # among the definitions.
            written = cast(_Noun, kind).__pydantic_core_schema__
            reference = (written["schema"] if written["type"] == "definitions" else written)["ref"]  # type: ignore[typeddict-item]
            if reference in _in_writing.get():
                branches[name] = handler(core_schema.definition_reference_schema(reference))
                continue
            token = _in_writing.set((*_in_writing.get(), reference))
            try:
                # within definitions it is written as a reference
                branches[name] = handler(core_schema.definitions_schema(written, []))
            finally:
                _in_writing.reset(token)
        # Editors choose the branch by the type alone with this, instead of trying them all.
        references = {name: branch["$ref"] for name, branch in branches.items()}
        return {"discriminator": {"mapping": references, "propertyName": "type"}, "oneOf": [*branches.values()]}


_in_writing: ContextVar[tuple[str, ...]] = ContextVar("_in_writing", default=())
