"""The metrics of a study: functions Dataset -> scalar with the name, unit and fingerprint that a store keeps."""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..analysis.metrics import declaration
from ..errors import InputError

__all__ = ["FAILURE", "Metric", "Metrics", "metrics_of"]

#: Variable that says why a point has no number.
FAILURE = "failure"

#: What `mgtwin.sweep` takes: functions, or functions by the name that their results get.
Metrics: TypeAlias = Iterable[Callable[..., Any]] | Mapping[str, Callable[..., Any]]


@dataclass(frozen=True)
class Metric:
    """A function Dataset -> scalar and what results say of it."""

    name: str
    function: Callable[..., Any]
    units: str
    long_name: str
    batched: bool

    @property
    def attrs(self) -> dict[str, str]:
        """Attributes of its variable."""
        return {"units": self.units, "long_name": self.long_name, "metric": described(self.function)}


def metrics_of(given: Metrics, taken: Collection[str] = ()) -> tuple[Metric, ...]:
    """Read the metrics of a study.

    Raises
    ------
    InputError
        There is none, one is not callable or has no name, or a name is taken (by another or by a dimension).
    """
    if callable(given) or isinstance(given, str) or not isinstance(given, Iterable):
        raise InputError(f"metrics are a list of functions Dataset -> number, or {{name: function}}, not {given!r}.")
    pairs = list(given.items()) if isinstance(given, Mapping) else [(_name(item), item) for item in given]
    if not pairs:
        raise InputError("a study without metrics has no result: give at least one, e.g. mt.analysis.overpotential.")
    found: dict[str, Metric] = {}
    for name, function in pairs:
        if not callable(function):
            raise InputError(f"metric {name!r} is {function!r}, not a function Dataset -> number.")
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z_][\w.-]*", name):
            raise InputError(f"{name!r} cannot name a metric: give {{'name': function}} with letters, digits and _.")
        if name in found or name in taken or name == FAILURE:
            raise InputError(f"two things of this study are called {name!r}: give {{'another name': function}}.")
        known = declaration(function)
        words = known.long_name or name.replace("_", " ")
        found[name] = Metric(name, function, known.units, words, known.batched)
    return tuple(found.values())


def _name(function: Any) -> str:
    inner = function
    while hasattr(inner, "func"):
        inner = inner.func
    return str(getattr(inner, "__name__", type(inner).__name__))


def described(function: Any) -> str:
    """Where a function is defined, and the arguments that are bound to it."""
    bound: list[str] = []
    while hasattr(function, "func"):
        bound += [repr(item) for item in function.args]
        bound += [f"{name}={item!r}" for name, item in sorted(function.keywords.items())]
        function = function.func
    place = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', repr(function))}"
    return _addressless(f"{place}({', '.join(bound)})" if bound else place)


def fingerprint(function: Any) -> str:
    """Hash of what a function does as far as it shows: its source, what it closes over, bound arguments."""
    parts = [described(function)]
    while hasattr(function, "func"):
        function = function.func
    try:
        parts.append(inspect.getsource(function))
    except (OSError, TypeError):  # typed into a console, or an object with __call__
        code = getattr(function, "__code__", None)
        parts.append(f"{code.co_code!r}{code.co_consts!r}" if code is not None else repr(function))
    parts += [repr(item.cell_contents) for item in getattr(function, "__closure__", None) or ()]
    parts.append(repr(getattr(function, "__defaults__", None)))
    return hashlib.sha256(_addressless("\n".join(parts)).encode()).hexdigest()[:16]


def _addressless(text: str) -> str:
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)
