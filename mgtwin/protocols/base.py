"""What all protocols share: their family, the way to plain data and back, the types of their fields."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeGuard, TypeVar, dataclass_transform
from typing import Protocol as Interface

import numpy as np
from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, ValidationInfo
from pydantic_core import SchemaSerializer

from ..errors import InputError
from ..kinds.declare import declared, require
from ..kinds.kind import Added
from ..kinds.noun import explained, field_names
from ..plain import is_mapping
from ..quantities import AmbientTemperature, Quantity, Value, parse_current
from ..registry import Family
from ..unions import OneOf
from ..yamlfile import MOST_ITEMS, dumps, loads

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from ..cells import Cell
    from .segments import Segment

Temperature = Annotated[Value, AmbientTemperature()]
Duration = Annotated[Value, Quantity("s", gt=0)]
Volts = Annotated[Value, Quantity("V")]


def read_current(raw: object, info: ValidationInfo) -> Value:
    """Read a current as `parse_current`; in a file it needs its unit."""
    return parse_current(raw, need_unit=bool(info.context and info.context.get("file")))


def is_array(raw: object) -> TypeGuard[np.ndarray]:
    """Whether it is an array of numpy: the one sequence that pydantic does not take."""
    return isinstance(raw, np.ndarray)


CurrentValue = Annotated[Value, BeforeValidator(read_current)]


class Written:
    """A noun that YAML can hold."""

    __pydantic_serializer__: ClassVar[SchemaSerializer]
    __pydantic_fields__: ClassVar[dict[str, FieldInfo]]
    type: str

    def given(self) -> dict[str, object]:
        """What was set: the fields that are neither None nor at their default."""
        # The type is what it is and not what was set.
        fields = {name: info for name, info in self.__pydantic_fields__.items() if name != "type"}
        return {name: item for name, info in fields.items() if (item := vars(self)[name]) not in (None, info.default)}

    def to_data(self) -> dict[str, object]:
        """The noun as plain data for YAML, without fields that are None."""
        data: dict[str, object] = self.__pydantic_serializer__.to_python(self, mode="json", exclude_none=True)
        return data


class Runner(Interface):
    """What runs protocols: a method for each way of doing something to a cell."""

    def spectrum(self, protocol: Protocol) -> object:
        """Measure an impedance."""

    def transient(self, protocol: TransientProtocol) -> object:
        """Impose something in time."""

    def cycling(self, protocol: Protocol) -> object:
        """Cycle, with a summary of every cycle."""

    def sequence(self, protocol: Protocol) -> object:
        """Run one protocol after the other."""


class Protocol(Written):
    """Base of everything that can be done to a cell; `mgtwin.protocols.from_data` rebuilds one from its data."""

    temperature: Value | None

    def run_by(self, runner: Runner) -> object:
        """Ask a runner for what this protocol is."""
        raise NotImplementedError(f"{type(self).__name__} must say which way of running it is")

    def distinct_segments(self, cell: Cell) -> tuple[Segment, ...]:
        """One stretch of each kind that the protocol has: what has to be checked before a run; none outside time."""
        return ()

    def starts_at(self) -> float:
        """Time [s] at which it starts on the clock of its data."""
        return 0.0

    def rest_before(self) -> float | None:
        """How long [s] no current has flowed when its spectra are taken; None under a bias."""
        return float("inf")

    def one_by_one(self) -> tuple[Protocol, ...]:
        """The protocols that it consists of; none unless it is a sequence."""
        return ()

    #: Whether it is imposed in time, stretch by stretch, which takes far longer than a spectrum.
    in_time: ClassVar[bool] = False

    #: Whether it is a record, whose stretches are no steps that an instrument has numbered.
    recorded: ClassVar[bool] = False

    #: The plot that shows a run of it, and the signal that it imposes; "" where the signals themselves tell.
    drawn: ClassVar[str] = ""
    imposed: ClassVar[Literal["voltage", "current", ""]] = ""

    def to_yaml(self) -> str:
        """The protocol as YAML text."""
        return self._yaml

    @cached_property
    def _yaml(self) -> str:
        # Every result carries the text, and a protocol does not change: thousands of runs of a study write it once.
        return dumps(self.to_data())


class TransientProtocol(Protocol):
    """A protocol in time: a series of stretches, each under one control."""

    in_time: ClassVar[bool] = True

    def run_by(self, runner: Runner) -> object:
        """Ask for a run in time."""
        return runner.transient(self)

    def segments(self, cell: Cell) -> tuple[Segment, ...]:
        """The stretches for a cell (its area turns current densities into currents)."""
        raise NotImplementedError(f"{type(self).__name__} must say its segments")

    def distinct_segments(self, cell: Cell) -> tuple[Segment, ...]:
        """One stretch of each kind that the protocol has: what has to be checked before a run."""
        return self.segments(cell)


#: Every protocol under the name that files use.
PROTOCOLS: Family[type[Protocol]] = Family("protocol")
#: A field that holds any of them.
AnyProtocol = Annotated[Protocol, OneOf(PROTOCOLS)]

_Class = TypeVar("_Class")


@dataclass_transform(frozen_default=True, field_specifiers=(Field,))
def protocol(cls: type[_Class]) -> type[_Class]:
    """Declare a protocol: a class with fields and the method ``segments(cell)``, which says what is imposed over time.

    It becomes a `TransientProtocol`; ``temperature`` and ``type`` are added. Simulations, files, sequences and the
    command line know it by its ``type`` from then on.

    Raises
    ------
    InputError
        When the class is made: there is no ``segments``, or another protocol has that name.

    Examples
    --------
    >>> import mgtwin as mt
    >>> from mgtwin.protocols import CurrentRamp, Segment
    >>> @protocol
    ... class Pulse:
    ...     current: CurrentValue
    ...
    ...     def segments(self, cell):
    ...         return (Segment(CurrentRamp(self.current), 1.0, (0.0, 1.0)),)
    >>> float(mt.simulate(mt.cell("trilayer"), from_data({"type": "pulse", "current": "1 uA"}))["current"][-1])
    1e-06
    >>> PROTOCOLS.discard("pulse")
    """
    # Spectra and sequences have no stretches in time; whatever derives from nothing is meant to have.
    base = Protocol if issubclass(cls, Protocol) else TransientProtocol

    def check(made: type[Protocol]) -> None:
        written = not issubclass(made, TransientProtocol) or made.segments is not TransientProtocol.segments
        require(written, made, PROTOCOLS, "without the method segments(cell), which says what is imposed over time.")

    return declared(cls, PROTOCOLS, base, check, added={"temperature": Added(Temperature | None, None)})


def from_data(data: object) -> Protocol:
    """Protocol from plain data with a ``type`` key.

    Raises
    ------
    InputError, UnknownNameError
        For data without a type, an unknown type, or a wrong field.

    Examples
    --------
    >>> from_data({"type": "rest", "duration": "1 h"}).duration
    Value(3600.0, unit='s')
    """
    if not is_mapping(data) or "type" not in data:
        raise InputError(f"a protocol is a mapping with the key 'type' (one of {', '.join(PROTOCOLS)}).")
    kind = PROTOCOLS[data["type"]]  # type: ignore[index]
    try:
        return TypeAdapter(kind).validate_python(data, context={"file": True})
    except ValidationError as error:
        raise explained(error, f"protocol {data['type']}", data, field_names(kind)) from None


def from_yaml(text: str) -> Protocol:
    """Protocol from YAML text, as kept in the ``protocol`` attribute of every result."""
    # A replayed record is long; without aliases no text has more values than signs.
    return from_data(loads(text, most=max(len(text), MOST_ITEMS)).data)
