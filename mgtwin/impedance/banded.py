"""Complex banded linear systems ``((i omega)^n M - J) x = b`` and their transposes, for many frequencies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import zgbtrf, zgbtrs
from scipy.sparse import csr_matrix, diags, eye
from scipy.sparse.csgraph import reverse_cuthill_mckee

__all__ = ["BandedOrder", "BandedSystem", "Factors"]


class BandedOrder:
    """An order of the unknowns that keeps matrices with the pattern of one Jacobian narrow.

    Parameters
    ----------
    jacobian : sparse matrix
        Square.

    Attributes
    ----------
    order : ndarray of int
        Unknowns in their new order.
    width : int
        Half width of the band.
    """

    def __init__(self, jacobian: csr_matrix):
        # one order for A and its transpose: the pattern is made symmetric
        # of what can be other than 0, not of what is at this state: a coupling that vanishes at rest (of a film's
        # coverage, say) would lie outside the band of a state under bias
        coupled = csr_matrix((np.ones(jacobian.nnz), jacobian.indices, jacobian.indptr), shape=jacobian.shape)
        pattern = csr_matrix(coupled + coupled.T + eye(jacobian.shape[0]))
        # PyBaMM lists unknowns variable by variable, so that what is coupled in one cell of the mesh lies far apart
        self.order = np.asarray(reverse_cuthill_mckee(pattern, symmetric_mode=True))
        rows, columns = pattern[self.order][:, self.order].nonzero()
        self.width = int(np.max(np.abs(rows - columns), initial=0))


class BandedSystem:
    """The matrices ``(i omega)^n M - J`` of one Jacobian.

    Rows are scaled first: cells of 1e-10 of a layer make rows of very different size, which would cost the
    factorisation its digits.

    Parameters
    ----------
    jacobian : sparse matrix
        J, square.
    mass : ndarray
        Diagonal of M.
    exponents : ndarray
        n of every row.
    order : BandedOrder
        For the pattern of `jacobian`.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> J = sp.csr_matrix(np.array([[-2.0, 1.0], [1.0, -1.0]]))
    >>> system = BandedSystem(J, np.array([1.0, 0.0]), np.ones(2), BandedOrder(J))
    >>> factors = system.factorise(0.0)
    >>> factors.solve(np.array([1.0, 0.0])).real, factors.solve(np.array([1.0, 1.0]), transposed=True).real
    (array([1., 1.]), array([2., 3.]))
    """

    def __init__(
        self, jacobian: csr_matrix, mass: NDArray[np.float64], exponents: NDArray[np.float64], order: BandedOrder
    ):
        self._order, self._width = order.order, order.width
        # a row of J without entries must not divide by 0: whether M makes up for it is for the factorisation to say
        scale = 1 / np.maximum(abs(jacobian).max(axis=1).toarray().ravel(), 1e-300)
        self._scale = scale[self._order]
        self._mass, self._exponents = (scale * mass)[self._order], exponents[self._order]
        self._ideal = bool(np.all(exponents == 1))  # no constant-phase element: a power of every row would be waste
        entries = csr_matrix(diags(scale) @ jacobian)[self._order][:, self._order].tocoo()
        # in Fortran's order, or LAPACK's wrapper would copy it twice for every frequency
        self._static = np.zeros((3 * self._width + 1, scale.size), dtype=complex, order="F")
        # LAPACK's band storage: the topmost `width` rows are room for what pivoting fills in, hence 3
        # width + 1 rows with the diagonal at 2 width.
        self._static[2 * self._width + entries.row - entries.col, entries.col] = -entries.data

    def factorise(self, omega: float) -> Factors:
        """LU factors at an angular frequency [rad/s].

        Raises
        ------
        ZeroDivisionError
            Where the matrix is singular.
        """
        matrix = self._static.copy(order="F")
        power = 1j * omega if self._ideal else (1j * omega) ** self._exponents
        matrix[2 * self._width] += power * self._mass
        lu, pivots, info = zgbtrf(matrix, self._width, self._width, overwrite_ab=True)
        # info > 0: a pivot is exactly 0. (info < 0, a bad argument, cannot happen: the shapes are ours.)
        if info != 0:
            raise ZeroDivisionError(f"the banded matrix is singular in row {info}.")
        return Factors(lu, pivots, self._width, self._order, self._scale)


class Factors:
    """LU factors of one matrix; made by `BandedSystem.factorise`."""

    def __init__(
        self,
        lu: NDArray[np.complex128],
        pivots: NDArray[np.int32],
        width: int,
        order: NDArray[np.int64],
        scale: NDArray[np.float64],
    ):
        self._lu, self._pivots, self._width, self._order, self._scale = lu, pivots, width, order, scale

    def solve(self, right: NDArray, *, transposed: bool = False) -> NDArray[np.complex128]:
        """Solve ``A x = right``, or ``A^T x = right`` (transposed, not conjugated)."""
        ordered = np.asarray(right, dtype=complex)[self._order]
        if not transposed:
            ordered = self._scale * ordered
        found, _ = zgbtrs(
            self._lu, self._width, self._width, ordered, self._pivots, trans=int(transposed), overwrite_b=True
        )
        result = np.empty_like(found)
        # rows were scaled, A' = S A: then A^T x = b is A'^T y = b with x = S y
        result[self._order] = self._scale * found if transposed else found
        return result
