"""Which samples have a number in common: free parameters by path, one value for each combination of factors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from .. import library
from ..cells import Cell
from ..cells.paths import expand
from ..errors import InputError, UnknownNameError, did_you_mean
from ..experiments import Run
from ..plain import is_mapping
from ..quantities import Value, parse

__all__ = ["UNSAID", "Free", "Parameter", "PerState", "Relation", "Shared"]

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


#: A factor, a path and the names of a state in brackets.
_SIDE = r"(?:([\d.]+(?:[eE][-+]?\d+)?)\s*(?:\*\s)?\s*)?([^\s\[\]]+)\s*\[([^\[\]]+)\]"


@dataclass(frozen=True)
class Side:
    """One side of a relation: a factor on a path in the runs that all of some names belong to."""

    factor: float
    path: str
    names: tuple[str, ...]

    def among(self, runs: Iterable[tuple[Run, Cell, Sequence[Parameter]]]) -> dict[str, Parameter]:
        """Return the free parameters that it speaks of, by path.

        Raises
        ------
        InputError
            There is none, or samples that it does not tell apart have several.
        """
        found: dict[str, Parameter] = {}
        for run, cell, parameters in runs:
            if {run.cell, *run.overlays, run.experiment}.issuperset(self.names):
                with suppress(UnknownNameError):
                    for item in (item for item in parameters if item.path in expand(cell, self.path)):
                        if (other := found.setdefault(item.path, item)).factors != item.factors:
                            both = f"{other} and {item}"
                            raise InputError(f"{self} is of several, {both}: name more in the brackets.")
        if not found:
            raise InputError(f"{self}: nothing is free there. A relation is between free parameters.")
        return found

    def __str__(self) -> str:
        return f"{f'{self.factor:g} ' if self.factor != 1 else ''}{self.path}[{', '.join(self.names)}]"


@dataclass(frozen=True, init=False)
class Relation:
    """What a claim says of two free parameters: one is at most, at least or as large as the other times a factor.

    Parameters
    ----------
    text : str
        ``"path[state] <= 1.2 path[state]"``, also with ``>=`` and ``==``. In brackets stands what tells the samples
        from others: an overlay, a cell, an experiment, or several of these.

    Raises
    ------
    InputError
        It is no such text.

    Examples
    --------
    >>> print(Relation("layers.*.thickness[annealed_hot_pressed] >= 1.24 * layers.*.thickness[annealed]"))
    1.24 layers.*.thickness[annealed] <= layers.*.thickness[annealed_hot_pressed]
    """

    low: Side
    high: Side
    equal: bool

    def __init__(self, text: str) -> None:
        found = re.fullmatch(rf"\s*{_SIDE}\s*(<=|>=|==)\s*{_SIDE}\s*", str(text))
        if found is None:
            raise InputError(
                f"{text!r} is no relation: write 'path[state] <= 1.2 path[state]', with <=, >= or == and, in brackets, "
                "an overlay, a cell or an experiment."
            )
        one, other = (
            Side(float(factor or 1), path, tuple(name.strip() for name in names.split(",")))
            for factor, path, names in (found.group(1, 2, 3), found.group(5, 6, 7))
        )
        if min(one.factor, other.factor) <= 0:
            raise InputError(f"{text!r}: the factors of a relation are positive.")
        low, high = (other, one) if found[4] == ">=" else (one, other)
        vars(self).update(low=low, high=high, equal=found[4] == "==")

    def pairs(self, runs: Sequence[tuple[Run, Cell, Sequence[Parameter]]]) -> list[tuple[Parameter, Parameter, float]]:
        """Return parameters of which the first is at most the second times a factor.

        Raises
        ------
        InputError
            What it speaks of is not free, or not told apart; or its sides have different paths.
        """
        low, high = self.low.among(runs), self.high.among(runs)
        if len(low) == len(high) == 1:
            alike = list(zip(low.values(), high.values(), strict=True))
        elif low.keys() == high.keys():
            alike = [(low[path], high[path]) for path in low]
        else:
            raise InputError(f"{self}: the sides have different paths, {', '.join(low)} and {', '.join(high)}.")
        factor = self.high.factor / self.low.factor
        found = [(one, other, factor) for one, other in alike]
        for one, other in alike:
            if one.key == other.key:
                raise InputError(f"{self}: both sides are the same number, {one}.")
            if one.low > factor * other.high or (self.equal and factor * other.low > one.high):
                raise InputError(f"{self}: within their bounds they cannot be so.")
        return found + [(other, one, 1 / factor) for one, other in alike if self.equal]

    def __str__(self) -> str:
        return f"{self.low} {'==' if self.equal else '<='} {self.high}"


@dataclass(frozen=True)
class Parameter:
    """One unknown number: the path at which runs have it, the factors that tell it from others, its bounds [SI]."""

    path: str
    factors: tuple[str, ...]
    low: float
    high: float

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        """What tells it from others, whatever the bounds in the cells that share it."""
        return self.path, self.factors

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
    relations : sequence of Relation
        Claims on parameters of two states.

    Raises
    ------
    InputError
        A parameter is shared over a factor that no state has, or fixed for a value that none has.
    """

    parameters: Mapping[str, Shared]
    states: Mapping[str, Mapping[str, str]]
    relations: Sequence[Relation] = ()

    def __post_init__(self) -> None:
        known = self.factors
        values = dict.fromkeys(str(value) for one in self.states.values() for value in one.values())
        if not is_mapping(self.parameters):
            raise InputError(f"free is a mapping of paths to mt.Shared(...), not {self.parameters!r}.")
        for path, shared in self.parameters.items():
            match shared:
                case Shared():
                    pass
                case _:
                    raise InputError(f"{path} is free as mt.Shared(...) or mt.PerState(...) says, not {shared!r}.")
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
        sides = [side for relation in self.relations for side in (relation.low, relation.high)]
        for name in dict.fromkeys((*self.states, *(name for side in sides for name in side.names))):
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
            try:
                low, high = (float(parse(end, unit)) for end in shared.bounds)
            except InputError as error:
                raise InputError(f"bounds of {path}: {error}") from None
            if not 0 <= low < high:
                wrong = "negative: what is free is sought over decades" if low < 0 else "upside down or equal"
                raise InputError(f"{path}: the bounds {shared.bounds!r} are {wrong}.")
            return low, high
        if number.low is not None and number.high is not None:
            return number.low, number.high
        raise InputError(
            f"{path} has no range in the cell: give bounds, Shared(..., bounds=(lowest, highest)), in a file of states "
            "'bounds: [lowest, highest]'."
        )
