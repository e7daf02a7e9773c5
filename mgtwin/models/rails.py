"""Slices of a porous electrode: ions from the separator, electrons from the collector, a reaction in each (§3.7)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ..kinds.numbers import Number
from .mesh import graded_edges

__all__ = ["Rails"]

#: Stretching of the slices: thinner at both faces, where the current of each rail begins.
STRETCHING = 1.0


class Rails:
    r"""Finite volumes over the thickness, second order in their width, counted from the separator.

    With drops :math:`u` between ions and metal in +x, thickness as unit and the whole current i, the ions carry

    .. math:: J = \frac{iR_e - \partial_\xi u}{R_i + R_e}, \qquad J(0) = i, \quad J(1) = 0

    Parameters
    ----------
    ions, electrons
        Resistance of each over the whole thickness [ohm m2].
    slices : int
    """

    def __init__(self, ions: Number, electrons: Number, slices: int) -> None:
        self._ions, self._electrons = ions, electrons
        edges = graded_edges(slices, STRETCHING)
        self.widths = np.diff(edges)
        self._apart = np.diff((edges[1:] + edges[:-1]) / 2)

    def ionic(self, drops: Sequence[Number], current: Number, entering: Number) -> list[Number]:
        """Current density of the ions through every face from the separator, where `entering`, to the collector."""
        inner = [
            (current * self._electrons - (after - before) / apart) / (self._ions + self._electrons)
            for (before, after), apart in zip(pairwise(drops), self._apart, strict=True)
        ]
        return [entering, *inner, 0 * current]

    def separator(self, drops: Sequence[Number], current: Number) -> tuple[Number, Number]:
        """Drop at the separator's face while ions carry all of the current there, and how much of it electrons take.

        The latter is a resistance: what they carry instead is not lost to the ions in the first half of a slice.
        """
        first = self.ionic(drops, current, current)[1]
        half, both = self.widths[0] / 2, self._ions + self._electrons
        return drops[0] - half * (self._electrons * current - both * (3 * current + first) / 4), half * both * 3 / 4

    def taken(self, faces: Sequence[Number]) -> list[Number]:
        """What the reaction and the double layer of each slice take, as if all of the electrode did so."""
        return [(before - after) / width for (before, after), width in zip(pairwise(faces), self.widths, strict=True)]

    def drop(self, drops: Sequence[Number], faces: Sequence[Number], current: Number) -> Number:
        """From the ions at the separator to the electrons at the collector."""
        # half a slice at each end, in which the current of its rail falls by half of what the slice takes
        total = drops[0] + self._ions * self.widths[0] / 8 * (3 * faces[0] + faces[1])
        total = total + self._electrons * self.widths[-1] / 8 * (4 * current - faces[-2])
        for face, apart in zip(faces[1:-1], self._apart, strict=True):
            total = total + self._electrons * apart * (current - face)
        return total

    def mean(self, values: Sequence[Number]) -> Number:
        """Mean over the thickness."""
        return sum(width * value for width, value in zip(self.widths, values, strict=True))

    def impedance(self, admittance: complex) -> complex:
        """Z [ohm m2] where all that reacts has one admittance [S/m2]: of these slices, where (3.15) is of no width."""
        unit, zero = list(np.eye(self.widths.size)), np.zeros(self.widths.size)
        by_drops = np.array(self.taken(self.ionic(unit, zero, zero))) - admittance * np.eye(self.widths.size)
        still = [0.0] * self.widths.size
        drops = np.linalg.solve(by_drops, -np.array(self.taken(self.ionic(still, 1.0, 1.0))))
        return complex(self.drop(list(drops), self.ionic(list(drops), 1.0, 1.0), 1.0))
