"""The metrics of a study: functions Dataset -> scalar with the name, unit and fingerprint that a store keeps."""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from types import FunctionType
from typing import Any, TypeAlias

from ..analysis.metrics import declaration
from ..errors import InputError

__all__ = ["FAILURE", "Function", "Metric", "Metrics", "described", "fingerprint", "metrics_of", "unbound"]

#: Variable that says why a point has no number.
FAILURE = "failure"

Function: TypeAlias = Callable[..., Any]
#: What `mgtwin.sweep` takes: functions, or functions by the name that their results get.
Metrics: TypeAlias = Iterable[Function] | Mapping[str, Function]


@dataclass(frozen=True)
class Metric:
    """A function Dataset -> scalar and what results say of it."""

    name: str
    function: Function
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
    match given:
        case Mapping():
            pairs = list(given.items())
        case Iterable() if not callable(given) and not isinstance(given, str):
            pairs = [(unbound(item)[0], item) for item in given]
        case _:
            raise InputError(
                f"metrics are a list of functions Dataset -> number, or {{name: function}}, not {given!r}."
            )
    if not pairs:
        raise InputError("a study without metrics has no result: give at least one, e.g. mt.analysis.overpotential.")
    found: dict[str, Metric] = {}
    for name, function in pairs:
        if not callable(function):
            raise InputError(f"metric {name!r} is {function!r}, not a function Dataset -> number.")
        if not re.fullmatch(r"[A-Za-z_][\w.-]*", str(name)):
            raise InputError(f"{name!r} cannot name a metric: give {{'name': function}} with letters, digits and _.")
        if name in found or name in taken or name == FAILURE:
            raise InputError(f"two things of this study are called {name!r}: give {{'another name': function}}.")
        known = declaration(function)
        words = known.long_name or name.replace("_", " ")
        found[name] = Metric(name, function, known.units, words, known.batched)
    return tuple(found.values())


def unbound(function: Any) -> tuple[str, Any, list[str]]:
    """Name of a function, the function below any `functools.partial`, and what is bound to it, in words."""
    match function:
        case partial(func=inner, args=args, keywords=keywords):
            # Sorted, for partials that differ in the order of their keywords only compute the same number.
            own = [*map(repr, args), *(f"{name}={item!r}" for name, item in sorted(keywords.items()))]
            name, innermost, below = unbound(inner)
            return name, innermost, [*own, *below]
    return getattr(function, "__name__", type(function).__name__), function, []


def described(function: Function) -> str:
    """Where a function is defined, and the arguments that are bound to it."""
    _, inner, bound = unbound(function)
    place = f"{inner.__module__}.{getattr(inner, '__qualname__', repr(inner))}"
    return _addressless(f"{place}({', '.join(bound)})" if bound else place)


def fingerprint(function: Function) -> str:
    """Hash of what a function does as far as it shows: its source, what it closes over, bound arguments."""
    inner = unbound(function)[1]
    parts = [described(function)]
    match inner:
        case FunctionType(__code__=code, __closure__=closure, __defaults__=defaults):
            try:
                parts.append(inspect.getsource(inner))
            except OSError:  # typed into a console
                parts.append(f"{code.co_code!r}{code.co_consts!r}")
            parts += [*(repr(cell.cell_contents) for cell in closure or ()), repr(defaults)]
        case _:  # an object with __call__
            parts.append(repr(inner))
    return hashlib.sha256(_addressless("\n".join(parts)).encode()).hexdigest()[:16]


def _addressless(text: str) -> str:
    # addresses change from run to run: with them no study would ever be taken up again
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)
