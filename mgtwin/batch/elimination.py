"""Linear systems of one sparsity for many parameter sets at once.

Unknowns that are not coupled to each other are eliminated together, level by level, and what remains is solved as
dense matrices. One rule serves every stack: the modes of uniform layers couple only to the few unknowns of their faces
and go in one level (an arrow matrix and its Schur complement), pairs of a mode and its dielectric field take two, the
cells of a mesh go by cyclic reduction, in as many levels as their number has binary digits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["Elimination", "inverses"]

#: Adds up rows; small ones are dense, for a call of a sparse one takes longer.
Matrix: TypeAlias = sparse.csr_array | NDArray[np.float64]
SMALL = 50_000
#: Real or complex.
Numbers = NDArray[np.inexact]
Indices = NDArray[np.intp]

#: So few unknowns are solved as dense matrices at once: the bookkeeping of one more level costs more.
FEW = 4
#: Pivots of a level may cost this many times as much as its cheapest one.
DEARER = 4


@dataclass(frozen=True)
class Level:
    """Unknowns that are eliminated together, and where their entries stand among all entries of the matrix.

    Attributes
    ----------
    pivots, diagonal : array
        The unknowns, and their diagonal entries.
    left, left_pivot : array
        Entries below and above the pivots in their columns, and of which pivot (its number in this level).
    right, right_pivot, right_unknown : array
        Entries beside the pivots in their rows, of which pivot, and in which unknown's column.
    factors : (array, array)
        Which products left times right change other entries: numbers of their factors.
    changed : array
        The entries that they change.
    sums : (matrix, matrix, matrix)
        Add up the products by entry, the left entries by row, and the right entries by pivot.
    rows : array
        Rows of the left entries, each once.
    """

    pivots: Indices
    diagonal: Indices
    left: Indices
    left_pivot: Indices
    right: Indices
    right_pivot: Indices
    right_unknown: Indices
    factors: tuple[Indices, Indices]
    changed: Indices
    sums: tuple[Matrix, Matrix, Matrix]
    rows: Indices


class Elimination:
    """The order in which unknowns of a sparse matrix are eliminated, worked out once for all matrices of its sparsity.

    Parameters
    ----------
    rows, columns : array of int
        Where entries are.
    eligible : array of bool
        Unknowns whose diagonal is safely not zero, whatever the numbers: only these become pivots. The others remain
        for the dense matrices, which are solved with an exchange of rows.

    Examples
    --------
    >>> system = Elimination(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([True, True]))
    >>> solve = system.factorised(np.array([[2.0], [1.0], [1.0], [1.0]]))
    >>> solve(np.array([[3.0], [2.0]])).ravel().tolist()
    [1.0, 1.0]
    """

    def __init__(self, rows: Indices, columns: Indices, eligible: NDArray[np.bool_]) -> None:
        size = len(eligible)
        entries = list(zip(rows.tolist(), columns.tolist(), strict=True))
        #: Position of every entry of the matrix in the workspace, which also holds what elimination fills.
        self._place = {entry: k for k, entry in enumerate(entries)}
        self._in_row: dict[int, set[int]] = {k: set() for k in range(size)}
        self._in_column: dict[int, set[int]] = {k: set() for k in range(size)}
        for row, column in entries:
            if row != column:
                self._in_row[row].add(column)
                self._in_column[column].add(row)
        for k in range(size):
            self._place.setdefault((k, k), len(self._place))
        self.diagonal = np.array([self._place[k, k] for k in range(size)])
        #: How many entries `factorised` takes: those of the matrix, and the diagonal entries that it lacks.
        self.places = len(self._place)
        remaining = dict.fromkeys(range(size))
        self.levels: list[Level] = []
        while len(remaining) > FEW and (chosen := self._uncoupled([k for k in remaining if eligible[k]])):
            self.levels.append(self._level(chosen))
            for k in chosen:
                del remaining[k]
        self.rest = np.array(list(remaining), dtype=np.intp)
        dense = [(a, b, self._place.get((i, j))) for a, i in enumerate(remaining) for b, j in enumerate(remaining)]
        self._dense = np.array([entry for entry in dense if entry[2] is not None], dtype=np.intp).reshape(-1, 3).T

    def _uncoupled(self, candidates: list[int]) -> list[int]:
        """The cheapest unknowns no two of which are coupled."""
        cost = {k: len(self._in_row[k]) * len(self._in_column[k]) for k in candidates}
        chosen: dict[int, None] = {}
        for k in sorted(candidates, key=cost.__getitem__):
            if chosen and cost[k] > DEARER * max(cost[next(iter(chosen))], 1):
                break
            if not any(other in chosen for other in self._in_row[k] | self._in_column[k]):
                chosen[k] = None
        return list(chosen)

    def _level(self, chosen: list[int]) -> Level:
        """Note where the entries of pivots stand, and make room for what their elimination fills."""
        left = [(self._place[i, k], p, i) for p, k in enumerate(chosen) for i in sorted(self._in_column[k])]
        right = [(self._place[k, j], p, j) for p, k in enumerate(chosen) for j in sorted(self._in_row[k])]
        below: dict[int, list[int]] = {}
        for number, (_, p, _) in enumerate(left):
            below.setdefault(p, []).append(number)
        products = [(a, b, left[a][2], right[b][2]) for b, (_, p, _) in enumerate(right) for a in below.get(p, ())]
        for k in chosen:
            for i in self._in_column.pop(k):
                self._in_row[i].discard(k)
            for j in self._in_row.pop(k):
                self._in_column[j].discard(k)
        for _, _, i, j in products:
            self._place.setdefault((i, j), len(self._place))
            if i != j:
                self._in_row[i].add(j)
                self._in_column[j].add(i)
        changed, sum_products = _sum_by([self._place[i, j] for _, _, i, j in products])
        rows, sum_left = _sum_by([i for _, _, i in left])
        sum_right = _adding(np.array([p for _, p, _ in right], dtype=np.intp), len(chosen))
        pivots = np.array(chosen, dtype=np.intp)
        left_place, left_pivot, _ = _columns(left)
        right_place, right_pivot, right_unknown = _columns(right)
        first, second, _, _ = _columns(products, 4)
        return Level(
            pivots, self.diagonal[pivots], left_place, left_pivot, right_place, right_pivot, right_unknown,
            (first, second), changed, (sum_products, sum_left, sum_right), rows,
        )  # fmt: skip

    def factorised(self, values: Numbers) -> Callable[[Numbers], Numbers]:
        """Eliminate in matrices with these entries, shape (places, sets).

        Returns
        -------
        callable
            Solves for right-hand sides of shape (unknowns, sets). Sets whose matrix is singular give NaN.
        """
        work = np.zeros((len(self._place), values.shape[1]), dtype=values.dtype)
        work[: self.places] = values
        parts = []
        for level in self.levels:
            inverse = 1 / work[level.diagonal]
            left = work[level.left]
            right = work[level.right] * inverse[level.right_pivot]
            first, second = level.factors
            work[level.changed] -= level.sums[0] @ (left[first] * right[second])
            parts.append((level, inverse, left * inverse[level.left_pivot], right))
        dense = np.zeros((values.shape[1], self.rest.size, self.rest.size), dtype=values.dtype)
        row, column, place = self._dense
        dense[:, row, column] = work[place].T
        inverted = inverses(dense)

        def solve(given: Numbers) -> Numbers:
            right_side = np.array(given, dtype=np.result_type(given, values))
            for level, _, left, _ in parts:
                right_side[level.rows] -= level.sums[1] @ (left * right_side[level.pivots[level.left_pivot]])
            found = right_side
            found[self.rest] = np.matmul(inverted, right_side[self.rest].T[:, :, np.newaxis])[:, :, 0].T
            for level, inverse, _, right in reversed(parts):
                found[level.pivots] = inverse * right_side[level.pivots] - level.sums[2] @ (
                    right * found[level.right_unknown]
                )
            return found

        return solve


def _columns(entries: Sequence[tuple[int, ...]], width: int = 3) -> NDArray[np.intp]:
    """Tuples of integers as one array for each place in them."""
    return np.array(entries, dtype=np.intp).reshape(-1, width).T


def _sum_by(keys: list[int]) -> tuple[Indices, Matrix]:
    """The distinct keys, and the matrix that adds up what has the same one."""
    distinct, place = np.unique(np.array(keys, dtype=np.intp), return_inverse=True)
    return distinct, _adding(place, distinct.size)


def _adding(places: Indices, size: int) -> Matrix:
    """The matrix that adds up rows by their places."""
    matrix = sparse.csr_array((np.ones(len(places)), (places, np.arange(len(places)))), shape=(size, len(places)))
    return matrix if size * len(places) > SMALL else matrix.toarray()


def inverses(matrices: Numbers) -> Numbers:
    """Inverses of matrices (sets first); NaN for singular ones, which must not be the end of the others."""
    try:
        return np.linalg.inv(matrices)
    except np.linalg.LinAlgError:
        found = np.full_like(matrices, np.nan)
        for k, matrix in enumerate(matrices):
            if np.linalg.matrix_rank(matrix) == len(matrix):
                found[k] = np.linalg.inv(matrix)
        return found
