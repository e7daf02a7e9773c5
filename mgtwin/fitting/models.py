"""What a fit asks of the things it fits, cells and circuits: their numbers, limits and what they would give."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar, get_args

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..cells import Cell
from ..cells.cell import changed
from ..cells.paths import Key, expand
from ..circuits import Circuit, started
from ..circuits.circuit import Raw, parts_of
from ..dataset import spectrum
from ..errors import InputError, UnknownNameError
from ..laws import Law
from ..protocols import EIS, Protocol
from ..quantities import Quantity, Value, origin_of, parse
from ..regression import Weighting
from .free import Free

__all__ = ["AnyModel", "CellModel", "CircuitModel", "Model", "Subject", "kind_of", "model_of", "read_subject"]

#: What is fitted.
Subject = Cell | Circuit
_Subject = TypeVar("_Subject", Cell, Circuit)
#: How far a fit stays from an upper limit that is not allowed itself: nearer than that its complement is rounding.
_ROOM = 1e-9


class Model(ABC, Generic[_Subject]):
    """A cell or a circuit, as a fit sees it."""

    #: Whether what was done before a spectrum matters, and runs in time can be described, too.
    has_states: ClassVar[bool]
    #: Whether its numbers without a value are free unasked, and start where the data suggest.
    finds_starts: ClassVar[bool] = False

    def __init__(self, subject: _Subject) -> None:
        self.subject: _Subject = subject

    @property
    @abstractmethod
    def temperature(self) -> float | None:
        """Its own [K], None where it has none."""

    @property
    def name(self) -> str:
        """For tables."""
        return self.subject.name

    @property
    def text(self) -> str:
        """From which `from_text` makes it again."""
        return self.subject.to_yaml()

    @classmethod
    @abstractmethod
    def from_text(cls, text: str) -> Subject:
        """Read what `text` gives."""

    def expand(self, key: Key) -> tuple[str, ...]:
        """Paths that a key stands for, of a tuple those that there are: one key serves several cells.

        Raises
        ------
        UnknownNameError
            There is none of them; with close matches.
        """
        found: list[str] = []
        unknown = None
        for item in parts_of(key):
            try:
                found += self._expand(item)
            except UnknownNameError as error:
                unknown = error
        if not found and unknown is not None:
            raise unknown
        return tuple(dict.fromkeys(found))

    @abstractmethod
    def _expand(self, key: str) -> tuple[str, ...]:
        """Paths that a path or wildcard stands for."""

    @abstractmethod
    def number(self, path: str) -> float:
        """Its value [SI] as a Value; InputError where that cannot be fitted."""

    @abstractmethod
    def unit(self, path: str) -> str:
        """Its unit, for people and for what is given with one."""

    @abstractmethod
    def read(self, path: str, value: float) -> float:
        """A number given for a path [SI]; one with a unit must have the right dimension, else QuantityError."""

    @abstractmethod
    def limits(self, path: str) -> tuple[float, float]:
        """Between which values it can be."""

    def law_of(self, path: str) -> Law | None:
        """The law of temperature whose value in the unit of the property a path names; None where it names none."""
        return None

    @property
    def unknown(self) -> tuple[str, ...]:
        """Paths of numbers that have no value and are therefore free."""
        return ()

    def started(
        self,
        frequency: NDArray[np.float64],
        impedance: NDArray[np.complex128],
        weighting: Weighting,
        free: Mapping[str, Free],
    ) -> Subject:
        """The same with values for its unknown numbers that suit a spectrum; `free` says what is known of them."""
        return self.subject

    @abstractmethod
    def with_written(self, path: str, value: Raw) -> Subject:
        """The same with a value as it is written in a file, where a number needs its unit."""

    @abstractmethod
    def at(self, temperature: float) -> Subject:
        """The same at another temperature [K]."""

    @abstractmethod
    def simulate(self, protocol: Protocol) -> xr.Dataset:
        """What an experiment would give."""


class CellModel(Model[Cell]):
    """A cell."""

    has_states = True

    @property
    def temperature(self) -> float:
        return float(self.subject.temperature)

    @property
    def name(self) -> str:
        return " + ".join([self.subject.name, *self.subject.overlays])

    @classmethod
    def from_text(cls, text: str) -> Cell:
        return Cell.from_yaml(text)

    def _expand(self, key: str) -> tuple[str, ...]:
        return expand(self.subject, key)

    def number(self, path: str) -> float:
        value = self.subject.get(path)
        # a switch is an integer to Python, but nothing lies between its two values
        if value is True or value is False or not isinstance(value, (int, float)):
            below = [known for known in self.subject.paths() if known.startswith(f"{path}.")]
            hint = f" Name one of its numbers: {', '.join(below)}." if below else " Set it first, with Cell.with_."
            shown = f"a whole {type(value).__name__}" if below else repr(value)
            raise InputError(f"{path} is {shown}, not a number, so it cannot be fitted.{hint}")
        if not math.isfinite(value):
            raise InputError(f"{path} is {value:g}: set it to a finite number first, with Cell.with_.")
        return value

    def unit(self, path: str) -> str:
        unit: str = origin_of(self.subject.get(path)).get("unit", "")
        return unit

    def read(self, path: str, value: float) -> float:
        unit, given = self.unit(path), origin_of(value).get("unit")
        # infinity is the same in every unit; equal units spare pint
        if not given or math.isinf(value) or given == unit:
            return float(value)
        return float(parse(value, unit))

    def law_of(self, path: str) -> Law | None:
        owner, _, name = path.rpartition(".")
        law = self.subject.get(owner) if owner else None
        return law if isinstance(law, Law) and name in law.value_fields else None

    def limits(self, path: str) -> tuple[float, float]:
        # the value of a law has the dimension and the limits of the property that the law stands for
        declared = path if self.law_of(path) is None else path.rpartition(".")[0]
        quantity = _quantity_of(self.subject, declared)
        return (-math.inf, math.inf) if quantity is None else _limits(quantity)

    def with_written(self, path: str, value: Raw) -> Cell:
        return changed(self.subject, {path: value}, context={"file": True})

    def at(self, temperature: float) -> Cell:
        # the same object, so that fits of a series recognise one cell in many Datasets
        if temperature == self.temperature:
            return self.subject
        return self.subject.with_({"temperature": Value(temperature, unit="K", kind="measured")})

    def simulate(self, protocol: Protocol) -> xr.Dataset:
        from ..simulation import simulate

        found: xr.Dataset = simulate(self.subject, protocol)
        return found


class CircuitModel(Model[Circuit]):
    """A circuit."""

    has_states = False
    finds_starts = True

    @property
    def temperature(self) -> None:
        return None

    @classmethod
    def from_text(cls, text: str) -> Circuit:
        return Circuit.from_yaml(text)

    def _expand(self, key: str) -> tuple[str, ...]:
        return self.subject.expand(key)

    def number(self, path: str) -> float:
        value = self.subject.get(path)
        assert value is not None  # whatever has none is given one before the parameters are made
        return value

    @property
    def unknown(self) -> tuple[str, ...]:
        return self.subject.unknown

    def started(
        self,
        frequency: NDArray[np.float64],
        impedance: NDArray[np.complex128],
        weighting: Weighting,
        free: Mapping[str, Free],
    ) -> Circuit:
        starts: dict[Key, Raw] = {}
        bounds: dict[str, tuple[float, float]] = {}
        for path, what in free.items():
            if what.start is not None:
                starts[path] = self.read(path, what.start)
            if what.bounds is not None:
                low, high = what.bounds
                bounds[path] = (
                    -math.inf if low is None else self.read(path, low),
                    math.inf if high is None else self.read(path, high),
                )
        return started(self.subject.with_(starts), frequency, impedance, weighting, bounds)

    def unit(self, path: str) -> str:
        return self.subject.field(path).unit

    def read(self, path: str, value: float) -> float:
        return float(value) if math.isinf(value) else float(self.subject.field(path).read(value, {}, limited=False))

    def limits(self, path: str) -> tuple[float, float]:
        return _limits(self.subject.field(path).quantity)

    def with_written(self, path: str, value: Raw) -> Circuit:
        unit = self.subject.field(path).unit
        if unit and not isinstance(value, (str, Mapping)):
            raise InputError(f"{path}: {value!r} has no unit: write for example '{value} {unit}'.")
        return self.subject.with_({path: value})

    def at(self, temperature: float) -> Circuit:
        return self.subject

    def simulate(self, protocol: Protocol) -> xr.Dataset:
        if not isinstance(protocol, EIS):
            raise InputError(f"a circuit has a spectrum only: give mt.EIS(...), not {type(protocol).__name__}.")
        found: xr.Dataset = spectrum(protocol.values(), self.subject.impedance(protocol.values()))
        return found


#: A cell or a circuit, whichever.
AnyModel: TypeAlias = Model[Any]
_MODELS: dict[type, type[AnyModel]] = {Cell: CellModel, Circuit: CircuitModel}


def model_of(subject: object, label: str = "") -> AnyModel:
    """Return a cell or a circuit as a fit sees it.

    Raises
    ------
    InputError
        It is neither.
    """
    # the exact class: what a fit asks of a subclass with other equations nobody has said
    kind = kind_of(subject)
    if kind is None:
        where = f"{label}: " if label else ""
        raise InputError(f"{where}a fit needs pairs of a Cell and a Dataset, not {type(subject).__name__} first.")
    return kind(subject)


def kind_of(subject: object) -> type[AnyModel] | None:
    """How a fit sees things of this kind; None of what cannot be fitted."""
    return _MODELS.get(type(subject))


def read_subject(kind: str, text: str) -> Subject:
    """Read the text of a cell or a circuit; `kind` is the name of its class."""
    by_name = {subject.__name__: model for subject, model in _MODELS.items()}
    return by_name[kind].from_text(text)


def _limits(quantity: Quantity) -> tuple[float, float]:
    """What a declaration allows; from a limit below which a number has to stay a fit keeps a little room."""
    gt, ge, lt, le = quantity.bounds
    low = max((item for item in (gt, ge) if item is not None), default=-math.inf)
    # the limit itself is not allowed, and the trust region ends on bounds: a porosity goes to 1 - 1e-9 at most
    below = None if lt is None else lt - _ROOM * max(abs(lt), 1.0)
    high = min((item for item in (below, le) if item is not None), default=math.inf)
    return float(low), float(high)


def _quantity_of(cell: Cell, path: str) -> Quantity | None:
    """The declaration of a number, or of the property in whose place a law stands."""
    owner_path, _, name = path.rpartition(".")
    owner = cell.get(owner_path) if owner_path else cell
    if not dataclasses.is_dataclass(owner):
        return None
    field = getattr(type(owner), "__pydantic_fields__", {}).get(name)
    return None if field is None else _searched([*field.metadata, field.annotation])


def _searched(items: Sequence[Any]) -> Quantity | None:
    """The first Quantity in a field's annotations."""
    for item in items:
        match item:
            case Quantity() as found:
                return found
            case object(quantity=Quantity() as found):  # fields that take a number or something else
                return found
        # what an Annotated type is annotated with is among its arguments, as are the members of a union
        if (inner := _searched(get_args(item))) is not None:
            return inner
    return None
