"""What all protocols share: the temperature field, the type of currents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, ValidationInfo

from ..errors import QuantityError
from ..quantities import Quantity, Value, parse, to_file

if TYPE_CHECKING:
    from ..cells import Cell
    from .segments import Segment

Temperature = Annotated[Value, Quantity("K", gt=0)]
Duration = Annotated[Value, Quantity("s", gt=0)]
Volts = Annotated[Value, Quantity("V")]


def read_current(raw: Any, info: ValidationInfo) -> Value:
    """A current in A, or a current density in A/m2 (told apart by its unit; a bare number is in A)."""
    return parse_current(raw, need_unit=bool(info.context and info.context.get("file")))


def parse_current(raw: Any, *, need_unit: bool = False) -> Value:
    """Read a current in A or a current density in A/m2; QuantityError for anything else."""
    if isinstance(raw, (str, Mapping, Value)):
        value = parse(raw, None, need_unit=need_unit)
        if value.unit in ("A", "A/m^2"):
            return value
        if isinstance(raw, Value) and raw.unit is None:
            return raw.replace(unit="A")
        raise QuantityError(
            f"{raw!r} is not a current: write one in A, mA, uA or a current density in A/m^2, mA/cm^2, uA/cm^2, "
            f"for example '10 uA' or '-7.5 uA/cm^2'."
        )
    return parse(raw, "A", need_unit=need_unit)


CurrentValue = Annotated[Value, BeforeValidator(read_current)]


class Protocol:
    """Base of everything that can be done to a cell."""

    type: str
    temperature: Any

    def to_data(self) -> dict[str, Any]:
        """The protocol as plain data for YAML; `mgtwin.protocols.from_data` is the way back."""
        return {field.name: plain(value) for field in fields(self) if (value := getattr(self, field.name)) is not None}  # type: ignore[arg-type]

    def to_yaml(self) -> str:
        """The protocol as YAML text."""
        return self._yaml

    @cached_property
    def _yaml(self) -> str:
        """The text of `to_yaml`: every result carries it, and a protocol does not change."""
        from ..yamlfile import dumps

        return dumps(self.to_data())


class TransientProtocol(Protocol):
    """A protocol in time: a series of stretches, each under one control."""

    def segments(self, cell: Cell) -> tuple[Segment, ...]:
        """The stretches for a cell (its area turns current densities into currents)."""
        raise NotImplementedError(f"{type(self).__name__} must say its segments")

    def distinct_segments(self, cell: Cell) -> tuple[Segment, ...]:
        """One stretch of each kind that the protocol has: what has to be checked before a run."""
        return self.segments(cell)


def plain(value: Any) -> Any:
    """Nouns, tuples and values as data that YAML can hold."""
    if isinstance(value, Protocol):
        return value.to_data()
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Value):
        return to_file(value)
    if hasattr(value, "to_data"):
        return value.to_data()
    return value
