"""The band of a small-signal system holds whatever can be coupled, also what vanished at the state that made it."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from mgtwin.impedance.banded import BandedOrder, BandedSystem


def matrix(corner: float) -> csr_matrix:
    """A chain of five unknowns whose ends may be coupled; the entry is stored even where it is 0."""
    rows = [*range(5), *range(4), *range(1, 5), 0, 4]
    columns = [*range(5), *range(1, 5), *range(4), 4, 0]
    return csr_matrix(([-4.0] * 5 + [1.0] * 8 + [corner, corner], (rows, columns)), shape=(5, 5))


def test_a_coupling_that_vanished_where_the_order_was_made_is_in_the_band() -> None:
    order, right = BandedOrder(matrix(0.0)), np.arange(1.0, 6.0)
    system = BandedSystem(matrix(1.0), np.ones(5), np.ones(5), order)
    expected = np.linalg.solve(1j * np.eye(5) - matrix(1.0).toarray(), right)
    np.testing.assert_allclose(system.factorise(1.0).solve(right), expected, rtol=1e-12)
