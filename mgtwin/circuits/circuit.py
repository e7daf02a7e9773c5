"""The circuit as a noun: what it is made of, and what of its numbers is known."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import yaml
from numpy.typing import ArrayLike, NDArray
from pydantic import Field as PydanticField
from pydantic import SkipValidation

from ..errors import InputError, QuantityError, UnknownNameError
from ..kinds.noun import noun
from ..quantities import Value, format_value, to_file
from .family import Field
from .network import Leaf, Node, parsed

__all__ = ["Circuit", "Raw", "parts_of"]

Key = str | tuple[str, ...]


def parts_of(key: Key) -> tuple[str, ...]:
    """Return the paths, with or without wildcards, that a key is made of."""
    return (key,) if isinstance(key, str) else key


#: A number as it may be given.
Raw = float | str | Mapping[str, object] | None


class _Values(Mapping[str, Value]):
    """Known numbers by path, immutable, in the order in which the circuit is written."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Value]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: str) -> Value:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr({path: format_value(value) for path, value in self._items.items()})


@noun
class Circuit:
    """An equivalent circuit: a model of a spectrum that :func:`mgtwin.fit` takes like a cell.

    Elements are written with a number behind their letters, ``-`` puts them in series and ``p(,)`` in parallel, nested
    as wanted: the language of impedance.py. The numbers of an element are called by its name where it has one (``R1``)
    and with a dot where it has several (``CPE1.q``, ``CPE1.n``); impedance.py's ``CPE1_0`` is understood, too.
    A number that has a value is fixed in a fit unless it is free; one that has none is free, and where it starts is
    found from the data. `mgtwin.circuits.ELEMENTS` lists the elements, `circuit_element` adds one.

    Parameters
    ----------
    text : str
        ``"R0-p(R1,CPE1)-W2"``.
    values : mapping, optional
        What is known: path to a number [SI] or a text with its unit.

    Raises
    ------
    InputError
        For a text that is no circuit (with a caret), and for values that its elements cannot have.
    UnknownNameError
        For an element or a path that does not exist; with close matches.

    Examples
    --------
    >>> circuit = Circuit("R0-p(R1,CPE1)", {"R0": "10 ohm", "R1": 90, "CPE1.q": 1e-6, "CPE1.n": 1})
    >>> circuit.paths()
    ('R0', 'R1', 'CPE1.q', 'CPE1.n')
    >>> circuit.impedance([1e9, 1e-3]).real.round(3).tolist()
    [10.0, 100.0]
    >>> circuit.with_({"R1": "0.2 kohm"}).get("R1")
    Value(200.0, unit='ohm')
    """

    text: str
    # what the values have to be is known once the text is read, not before
    values: SkipValidation[Mapping[str, float]] = field(default_factory=dict)
    type: Literal["circuit"] = PydanticField(default="circuit", kw_only=True, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", self._known)

    @cached_property
    def _known(self) -> _Values:
        known = self._read(self.values)
        return _Values({path: known[path] for path in self._fields if path in known})

    def __str__(self) -> str:
        return self.text

    @cached_property
    def network(self) -> Node:
        """The tree of its elements."""
        return parsed(self.text)

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """Its elements, in the order in which they are written."""
        return tuple(self.network.leaves())

    @cached_property
    def _fields(self) -> dict[str, Field]:
        return {path: what for leaf in self.leaves for path, what in zip(leaf.paths, leaf.fields, strict=True)}

    @cached_property
    def _aliases(self) -> dict[str, str]:
        """Other names: those of impedance.py, and ``R1.resistance`` for the one number of R1."""
        found: dict[str, str] = {}
        for leaf in self.leaves:
            for k, (path, what) in enumerate(zip(leaf.paths, leaf.fields, strict=True)):
                found |= {f"{leaf.name}_{k}": path, f"{leaf.name}.{what.name}": path}
        return found

    @property
    def name(self) -> str:
        """What it is called in comparisons."""
        return self.text

    def paths(self) -> tuple[str, ...]:
        """Names of all numbers, in the order in which the circuit is written."""
        return tuple(self._fields)

    def expand(self, key: Key) -> tuple[str, ...]:
        """Return the paths that a key stands for: a path, one with wildcards (``CPE*.n``), or a tuple of these.

        Raises
        ------
        UnknownNameError
            With close matches.
        """
        return tuple(dict.fromkeys(path for part in parts_of(key) for path in self._expanded(part)))

    def _expanded(self, part: str) -> tuple[str, ...]:
        path = self._aliases.get(part, part)
        found = (path,) if path in self._fields else tuple(item for item in self._fields if fnmatchcase(item, part))
        if not found:
            raise UnknownNameError(part, (*self._fields, *self._aliases), f"number of the circuit {self.text}")
        return found

    def field(self, path: str) -> Field:
        """What the number at a path is: its unit and its limits."""
        return self._fields[self.expand(path)[0]]

    def get(self, path: str) -> Value | None:
        """Return the number at a path, None where it is not known."""
        return self._known.get(self.expand(path)[0])

    @property
    def unknown(self) -> tuple[str, ...]:
        """Paths of the numbers that have no value."""
        return tuple(path for path in self._fields if path not in self.values)

    def with_(self, changes: Mapping[Key, Raw]) -> Circuit:
        """Return a circuit with other values at some paths; None makes a number unknown.

        Raises
        ------
        UnknownNameError, InputError
            As for the circuit itself.
        """
        # known numbers lose their unit: that of a constant-phase element changes with its exponent
        changed: dict[str, object] = {path: value.replace(unit=None) for path, value in self._known.items()}
        for key, raw in changes.items():
            changed |= dict.fromkeys(self.expand(key), raw)
        # made anew rather than replaced, so that every number is checked against its changed neighbours
        return Circuit(self.text, {path: raw for path, raw in changed.items() if raw is not None})  # type: ignore[misc]

    def _read(self, given: Mapping[str, object]) -> dict[str, Value]:
        raw = {path: item for key, item in given.items() for path in self.expand(key)}
        # a number that stands in the unit of another one (an exponent) is read before it
        order = sorted(raw, key=lambda path: self._fields[path].unit != "")
        known: dict[str, Value] = {}
        for path in order:
            element = path.partition(".")[0]
            siblings = {
                item.rpartition(".")[2]: value for item, value in known.items() if item.partition(".")[0] == element
            }
            try:
                known[path] = self._fields[path].read(raw[path], siblings)
            except QuantityError as error:
                raise InputError(f"{self.text}: {path}: {error}") from None
        return known

    def impedance(self, frequency: ArrayLike) -> NDArray[np.complex128]:
        """Return Z [ohm] at frequencies [Hz].

        Raises
        ------
        InputError
            A number has no value, or a frequency is not positive.
        """
        s, numbers = _laplace(frequency), self._numbers()
        # what overflows at an extreme frequency is for the caller to judge, who sees the infinity
        with np.errstate(all="ignore"):
            return np.asarray(self.network.evaluate(s, numbers).z)

    def jacobian(self, frequency: ArrayLike, paths: Sequence[str] = ()) -> NDArray[np.complex128]:
        """Return dZ/dp [ohm per SI unit] by some numbers, all by default, shape (paths, frequencies)."""
        s, numbers = _laplace(frequency), self._numbers()
        result = np.empty((len(numbers), s.size), dtype=complex)
        with np.errstate(all="ignore"):
            self.network.add_slopes(self.network.evaluate(s, numbers), 1.0, s, numbers, result)
        known = self.paths()
        return result[[known.index(self.expand(path)[0]) for path in paths or known]]

    def _numbers(self) -> list[float]:
        if self.unknown:
            raise InputError(
                f"Circuit {self.text}: {', '.join(self.unknown)} has no value: give it with "
                f"with_({{{self.unknown[0]!r}: ...}}), or find it with mt.fit."
            )
        return [float(value) for value in self.values.values()]

    # -- files --------------------------------------------------------------------------------------------------------
    def to_yaml(self) -> str:
        """Return the circuit as text that `from_yaml` reads."""
        values = {path: to_file(value) for path, value in self.values.items()}
        return yaml.safe_dump({"circuit": self.text, "values": values}, sort_keys=False, allow_unicode=True)

    @classmethod
    def from_yaml(cls, text: str) -> Circuit:
        """Read what `to_yaml` wrote."""
        data = yaml.safe_load(text)
        return cls(data["circuit"], data.get("values") or {})

    def save(self, path: str | Path) -> Path:
        """Write the circuit as YAML; return the path."""
        Path(path).write_text(self.to_yaml(), encoding="utf-8")
        return Path(path)


def _laplace(frequency: ArrayLike) -> NDArray[np.complex128]:
    f = np.asarray(frequency, dtype=float)
    if not ((f > 0) & (f < math.inf)).all():
        raise InputError("frequencies must be positive and finite [Hz].")
    return 2j * np.pi * f
