"""What a study is told about a function Dataset -> scalar: the unit of what it returns, and its name in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = ["Declaration", "declaration", "metric"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Declaration:
    """What `metric` notes: SI unit (``""`` if not stated), long name, and whether a batch is taken at once."""

    units: str = ""
    long_name: str = ""
    batched: bool = False


def metric(units: str, long_name: str, *, batched: bool = False) -> Callable[[_Function], _Function]:
    """Return a decorator that tells studies the unit and the long name of a metric; the function stays as it is.

    Parameters
    ----------
    units : str
        SI unit of the number returned, ``"1"`` for a pure number.
    long_name : str
    batched : bool
        The function also takes spectra with a further dimension ``point``, and returns one number for each: studies
        then call it once for many spectra. What varies between the points is a coordinate under its dotted path.

    Examples
    --------
    >>> @metric("ohm", "resistance at 1 kHz", batched=True)
    ... def resistance(eis):
    ...     return eis["impedance"].real.sel(frequency=1e3)
    >>> declaration(resistance).units
    'ohm'
    """

    def declare(function: _Function) -> _Function:
        function.__mgtwin_metric__ = Declaration(units, long_name, batched)  # type: ignore[attr-defined]
        return function

    return declare


def declaration(function: Any) -> Declaration:
    """Return what `metric` noted of a function, also below `functools.partial`; an empty one where it did not."""
    while hasattr(function, "func"):
        function = function.func
    found = getattr(function, "__mgtwin_metric__", None)
    return found if isinstance(found, Declaration) else Declaration()
