r"""What is uncertain of numbers that are not free: it is considered, and nothing is learnt of them.

A life is found with such numbers p as they are printed. Were they larger by :math:`\delta p`, the most probable states
would be elsewhere by :math:`S\,\delta p`, so that states and numbers together have the covariance

.. math:: \begin{pmatrix} P + S C S^T & S C \\ C S^T & C \end{pmatrix}

with P that of the smoother and C that printed (consider covariance analysis: Tapley, Schutz and Born, Statistical Orbit
Determination, 2004, chapter 6). S solves the same linear life with what p does to transitions and predictions in place
of the data, a column for each number. What is foreseen has to move both: a thickness that is printed too large makes a
conductivity too large, but not a voltage wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from ..cells import Cell
from ..cells.paths import Key
from ..fitting.free import Free
from ..fitting.priors import Normal
from ..studies.sampling import parameters
from .linear import Linear, solve
from .smoother import Smoothed

__all__ = ["considered_numbers", "sensitivities", "widened"]

Reals = NDArray[np.float64]


def considered_numbers(cell: Cell, free: Collection[str], chosen: Sequence[str] | None) -> dict[Key, Free]:
    """Return the numbers of a cell that are printed with a standard deviation and not free, each with its prior.

    Parameters
    ----------
    cell : Cell
    free : collection of str
        Paths of what is free.
    chosen : sequence of str, optional
        Paths or wildcards of those that count; by default all.
    """
    found: dict[Key, Free] = {}
    for number in parameters([cell], held=list(free)):
        # one measured number may stand at several places: they are wrong together
        paths, value = tuple(number.paths), number.places[0][2]
        if value.std and (chosen is None or any(fnmatchcase(p, key) for p in paths for key in chosen)):
            found[paths[0] if len(paths) == 1 else paths] = Free(prior=Normal(float(value), float(value.std)))
    return found


def sensitivities(life: Linear, start: Reals, transitions: Reals, slopes: Sequence[Reals]) -> Reals:
    """Derivatives S of the smoothed states by numbers that are not free, (K, n, numbers).

    Parameters
    ----------
    life : Linear
    start : ndarray
        Derivatives of the mean of the first state, (n, numbers).
    transitions : ndarray
        Those of every transition, (K, n, numbers).
    slopes : sequence of ndarray
        Those of every prediction, (numbers measured, numbers) each.
    """
    # data that stay while the prediction grows are residuals that fall
    residuals = [-column for column in slopes]
    return solve(replace(life, mean=start, offsets=transitions, residuals=residuals)).means


def widened(
    smoothed: Smoothed, states: Reals, places: Sequence[int], spread: Mapping[int, float], S: Reals
) -> Smoothed:
    """A smoothed life whose states hold the considered numbers, too.

    Parameters
    ----------
    smoothed : Smoothed
    states : ndarray
        Those of the wider life, (K, N).
    places : sequence of int
        Where in them the states of `smoothed` are.
    spread : mapping of int to float
        Where the considered numbers are, with their standard deviations.
    S : ndarray
        `sensitivities`.
    """
    count, size = states.shape
    factors = np.zeros((count, size, len(spread)))
    deviations = np.array([*spread.values()])
    factors[:, places] = S * deviations
    factors[:, [*spread], range(len(spread))] = deviations
    covariances = np.zeros((count, size, size))
    covariances[np.ix_(range(count), places, places)] = smoothed.covariances
    last = np.zeros((size, smoothed.solved.factor.shape[1]))
    last[places] = smoothed.solved.factor
    solved = replace(smoothed.solved, factor=np.hstack([last, factors[-1]]))
    total = covariances + factors @ factors.transpose(0, 2, 1)
    return replace(smoothed, states=states, covariances=total, solved=solved)
