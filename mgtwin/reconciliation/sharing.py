"""Which samples have a number in common: free parameters by path, one value for each combination of factors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from .. import library
from ..cells import Cell
from ..cells.paths import expand
from ..errors import InputError, UnknownNameError, did_you_mean
from ..experiments import Run
from ..quantities import Value, parse

__all__ = ["UNSAID", "Free", "Parameter", "PerState", "Shared"]

#: What a factor is for a run of which the states say nothing.
UNSAID = "-"
#: Stands in `fixed` for the number that the cell has.
OWN = "own"
_Raw = str | float


@dataclass(frozen=True, init=False)
class Shared:
    """A free parameter that has one value for every combination of factors; without factors one for all samples.

    Parameters
    ----------
    *factors : str
        Names of factors that the states give (``"heat_treatment"``, ``"pressing"``).
    bounds : (low, high), optional
        Quantities; by default the range that the number has in the cell.
    fixed : mapping, optional
        Value of a factor to the number that it fixes: ``{"hot": "0 ohm*cm^2"}``; ``"own"`` leaves that of the cell.

    Examples
    --------
    >>> Shared("heat_treatment", "pressing", bounds=("0.4 mm", "1.7 mm")).factors
    ('heat_treatment', 'pressing')
    """

    factors: tuple[str, ...] | None
    bounds: tuple[_Raw, _Raw] | None
    fixed: Mapping[str, _Raw]

    def __init__(
        self, *factors: str, bounds: tuple[_Raw, _Raw] | None = None, fixed: Mapping[str, _Raw] | None = None
    ) -> None:
        if bounds is not None and len(bounds) != 2:
            raise InputError(f"bounds are two quantities, (lowest, highest), not {bounds!r}.")
        vars(self).update(factors=factors, bounds=None if bounds is None else tuple(bounds), fixed=dict(fixed or {}))


class PerState(Shared):
    """A free parameter with a value of its own in every state: shared by nothing but runs whose factors all agree.

    Parameters
    ----------
    bounds, fixed
        As those of `Shared`.
    """

    def __init__(self, *, bounds: tuple[_Raw, _Raw] | None = None, fixed: Mapping[str, _Raw] | None = None) -> None:
        super().__init__(bounds=bounds, fixed=fixed)
        vars(self).update(factors=None)


@dataclass(frozen=True)
class Parameter:
    """One unknown number: the path at which runs have it, the factors that tell it from others, its bounds [SI]."""

    path: str
    factors: tuple[str, ...]
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.path} ({', '.join(self.factors)})" if self.factors else self.path


@dataclass(frozen=True)
class Free:
    """What is free, and the factors of everything that a run is named after.

    Parameters
    ----------
    parameters : mapping of path to Shared
        Paths may have wildcards within their parts.
    states : mapping
        Name of an overlay, a cell or an experiment to its factors and their values.

    Raises
    ------
    InputError
        A parameter is shared over a factor that no state has, or fixed for a value that none has.
    """

    parameters: Mapping[str, Shared]
    states: Mapping[str, Mapping[str, str]]

    def __post_init__(self) -> None:
        known = self.factors
        values = dict.fromkeys(str(value) for one in self.states.values() for value in one.values())
        for path, shared in self.parameters.items():
            for name in shared.factors or ():
                if name not in known:
                    hint = did_you_mean(name, known) or f" Known: {', '.join(known) or 'none'}."
                    raise InputError(f"{path} is shared over {name!r}, but no state has such a factor.{hint}")
            for name in shared.fixed:
                if name not in values:
                    hint = did_you_mean(name, values) or f" Known: {', '.join(values) or 'none'}."
                    raise InputError(f"{path} is fixed for {name!r}, but no factor has that value.{hint}")

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of all factors."""
        return tuple(dict.fromkeys(name for one in self.states.values() for name in one))

    def check(self, runs: Iterable[Run], cells: Sequence[Cell]) -> None:
        """Refuse names of states that nothing has, and paths that no cell has: both would change nothing unseen.

        Raises
        ------
        UnknownNameError
        """
        shipped = [name for kind in ("overlays", "cells", "experiments") for name in library.names(kind)]
        known = dict.fromkeys([name for run in runs for name in (*run.overlays, run.cell, run.experiment)] + shipped)
        for name in self.states:
            if name not in known:
                raise UnknownNameError(name, known, "overlay, cell or experiment")
        for pattern in self.parameters:
            missed = 0
            for cell in cells:
                try:
                    expand(cell, pattern)
                except UnknownNameError as error:
                    missed += 1
                    if missed == len(cells):
                        raise error

    def of(self, run: Run, cell: Cell) -> tuple[tuple[Parameter, ...], dict[str, float]]:
        """Return the free parameters of a run's cell, and what the factors of the run fix.

        Raises
        ------
        InputError
            A parameter has no bounds.
        """
        mine: dict[str, str] = {}
        for name in (run.cell, *run.overlays, run.experiment):
            mine |= {key: str(value) for key, value in self.states.get(name, {}).items()}
        if self.states and not mine:  # of samples that nobody describes nobody said what is free
            return (), {}
        found, fixed = [], {}
        for pattern, shared in self.parameters.items():
            paths: Iterable[str] = ()
            with suppress(UnknownNameError):  # not every cell has what is free in some
                paths = expand(cell, pattern)
            names = self.factors if shared.factors is None else shared.factors
            values = tuple(mine.get(name, UNSAID) for name in names)
            raw = next((shared.fixed[value] for value in values if value in shared.fixed), None)
            if raw == OWN:
                continue
            for path in paths:
                number: Value = cell.get(path)
                unit = number.unit
                if raw is not None:
                    fixed[path] = float(parse(raw, unit))
                else:
                    found.append(Parameter(path, values, *self._bounds(path, shared, number, unit)))
        return tuple(found), fixed

    @staticmethod
    def _bounds(path: str, shared: Shared, number: Value, unit: str | None) -> tuple[float, float]:
        if shared.bounds is not None:
            low, high = (float(parse(end, unit)) for end in shared.bounds)
            if not low < high:
                raise InputError(f"{path}: the bounds {shared.bounds!r} are upside down or equal.")
            return low, high
        if number.low is not None and number.high is not None:
            return number.low, number.high
        raise InputError(f"{path} has no range in the cell: give bounds, Shared(..., bounds=(lowest, highest)).")
