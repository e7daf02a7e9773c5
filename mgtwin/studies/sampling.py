"""Parameter sets drawn from the uncertainties that the numbers of a cell state."""

from __future__ import annotations

import math
import warnings
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from ..cells import Cell
from ..cells.parts import is_part
from ..cells.paths import expand, parts_of
from ..errors import UnknownNameError
from ..quantities import Value

__all__ = ["SEED", "Draw", "Parameter", "draw", "parameters", "quasi_random"]

#: Ranges wider than this factor are sampled in the logarithm.
WIDE = 10.0
#: Share of the nominal value below which draws are cut off: a normal distribution has a tail below zero.
SMALLEST = 1e-3
#: Of the scramble where none is given: the same call gives the same numbers.
SEED = 20251


@dataclass(frozen=True)
class Parameter:
    """An uncertain number: its value at every place where it occurs, as (number of the cell, path, value)."""

    places: tuple[tuple[int, str, Value], ...]

    @property
    def name(self) -> str:
        """Its path, and how many more places move with it."""
        paths = dict.fromkeys(path for _, path, _ in self.places)
        first = next(iter(paths))
        return first if len(paths) == 1 else f"{first} (and {len(paths) - 1} with it)"

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path at which it stands, each once."""
        return tuple(dict.fromkeys(path for _, path, _ in self.places))

    def at_quantile(self, u: np.ndarray) -> dict[str, np.ndarray]:
        """Its values at quantiles of its uncertainty, by path."""
        return {path: _at_quantile(value, u) for _, path, value in self.places}


@dataclass(frozen=True)
class Draw:
    """Sets of parameters for several cells.

    Attributes
    ----------
    parameters : tuple of Parameter
    quantiles : ndarray, shape (sets, parameters)
    values : tuple of dict
        For every cell, path to values of shape (sets,): what `mgtwin.impedance.exact` takes as overrides.
    """

    parameters: tuple[Parameter, ...]
    quantiles: np.ndarray
    values: tuple[dict[str, np.ndarray], ...]


def parameters(
    cells: Sequence[Cell], together: Sequence[Sequence[str]] = (), held: Sequence[str] = ()
) -> tuple[Parameter, ...]:
    """Return the uncertain numbers of some cells.

    Two places hold one number, which moves in both, where the cell says so: the same material, electrode or junction
    stands there (one object, or parts of one name from a file) and the number has not been changed in either; or the
    same path of several cells. Equal values alone say nothing.

    Parameters
    ----------
    cells : sequence of Cell
    together : sequence of keys
        Paths (wildcards allowed) whose uncertainties have one common cause; a key of a single path makes that number
        independent of every other.
    held : sequence of str
        Patterns of paths that are left out.

    Raises
    ------
    UnknownNameError
        For a key of `together` that no cell has.
    """
    # For each cell, the number of the key of `together` that a path belongs to.
    ties: list[dict[str, int]] = [{} for _ in cells]
    for number, given in enumerate(together):
        unknown = []
        for cell, tied in zip(cells, ties, strict=True):
            try:
                tied |= dict.fromkeys(expand(cell, parts_of(given)), number)
            except UnknownNameError as error:  # a tie may be about some of the cells
                unknown.append(error)
        if unknown and len(unknown) == len(cells):
            raise unknown[0]
    found: dict[Hashable, list[tuple[int, str, Value]]] = {}
    for k, (cell, tied) in enumerate(zip(cells, ties, strict=True)):
        homes: dict[int, str] = {}
        for path in cell.paths():
            value = cell.get(path)
            match value:
                case Value(std=std) if std is not None:
                    uncertain = std > 0
                case Value(low=low, high=high) if low is not None and high is not None:
                    uncertain = low < high and math.isfinite(high)
                case _:
                    uncertain = False
            if uncertain and not any(fnmatchcase(path, pattern) for pattern in held):
                # Value and provenance belong to it: a number that was changed in one of the places is another number.
                identity = tied.get(path, (*_origin(cell, path, homes), float(value), *value.provenance().items()))
                found.setdefault(identity, []).append((k, path, value))
    return tuple(Parameter(tuple(places)) for places in found.values())


def _origin(cell: Cell, path: str, homes: dict[int, str]) -> tuple[str, str]:
    """The part (material, electrode, junction) that a number belongs to, and its path in that part.

    A part is told by its name; one without a name by the first place at which the same object stands in this cell,
    which `homes` remembers.
    """
    steps = path.split(".")
    # The innermost part first: a number of a phase belongs to the phase, wherever its composite stands.
    for depth in range(len(steps) - 1, 0, -1):
        place = ".".join(steps[:depth])
        if is_part(place):
            part = cell.get(place)
            return part.name or homes.setdefault(id(part), place), ".".join(steps[depth:])
    return "", path  # of the cell itself or of a layer, which are there once


def quasi_random(dimensions: int, samples: int, seed: int = SEED) -> np.ndarray:
    """Points of a scrambled Sobol sequence in the unit cube, shape (samples, dimensions)."""
    from scipy.stats import qmc

    if not dimensions:
        return np.empty((samples, 0))
    with warnings.catch_warnings():  # any number of samples is allowed; a power of two is balanced best
        warnings.filterwarnings("ignore", message="The balance properties")
        return np.asarray(qmc.Sobol(dimensions, scramble=True, seed=seed).random(samples))


def draw(
    cells: Sequence[Cell],
    together: Sequence[Sequence[str]] = (),
    held: Sequence[str] = (),
    *,
    samples: int,
    seed: int = SEED,
) -> Draw:
    """Draw sets of parameters from the stated uncertainties: a scrambled Sobol sequence.

    Normal for a standard uncertainty, uniform for a range (in the logarithm if it spans more than a decade).
    `together` and `held` as for `parameters`; `samples` should be a power of two.
    """
    uncertain = parameters(cells, together, held)
    u = quasi_random(len(uncertain), samples, seed)
    values: tuple[dict[str, np.ndarray], ...] = tuple({} for _ in cells)
    for column, parameter in zip(u.T, uncertain, strict=True):
        for k, path, value in parameter.places:
            values[k][path] = _at_quantile(value, column)
    return Draw(uncertain, u, values)


def _at_quantile(value: Value, u: np.ndarray) -> np.ndarray:
    from scipy.stats import norm

    if value.std is not None:
        # A std says nothing of a distribution; the normal one assumes least beside it.
        found = float(value) + value.std * norm.ppf(u)
        return np.maximum(found, SMALLEST * float(value)) if value > 0 else found
    assert value.low is not None and value.high is not None
    # Between 1e-9 and 1e-3 every decade is as likely as any other: evenly in the number, the top decade would get 90 %.
    if value.low > 0 and value.high > WIDE * value.low:
        return np.exp(np.log(value.low) + u * np.log(value.high / value.low))
    return value.low + u * (value.high - value.low)
