r"""Modes of a uniform layer (theory.md §7): pure numbers, the same for every thickness, conductivity and capacitance.

The local potential of a uniform linear mixed conductor is :math:`E(x) = \sum_k a_k\psi_k(x/L)` with functions that are
orthogonal and have orthogonal gradients, each 1 at the left face and +1 or -1 at the right one. :math:`a_k` is what a
mode adds to E at the left face [V], and that of the first, the constant, is the mean of E: the stored charge.

They span the exact profiles at real :math:`z = s c L^2/\sigma_{amb}`, a few per decade up to that of the shortest time.
``docs/make_modes.py`` makes the tables. Numbers only, without PyBaMM.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..routes.modes import ACCURACY

__all__ = ["DECADES", "DENSITIES", "ModalTable", "half_nodes", "modal_table"]

FILE = Path(__file__).parent / "tables" / "modes.npz"
#: Decades of z that tables span, and functions per decade: ten times the accuracy for half a function more.
DECADES = range(3, 16)
DENSITIES = tuple(ACCURACY)
#: Nodes, those of Gauss' quadrature, in every decade of the distance from a face.
PER_PANEL = 10
#: The fastest even and odd mode have no state of their own: they follow the currents through the faces at once.
STATIC = 2


@dataclass(frozen=True)
class ModalTable:
    r"""Modes of a density and a number of decades, even and odd in turn, the slowest first, the constant the first.

    Attributes
    ----------
    density : float
        Functions per decade of z.
    decades : int
    rates : ndarray
        :math:`\lambda_k = \int\psi_k'^2/\int\psi_k^2`.
    weights : ndarray
        :math:`w_k = 1/\int\psi_k^2`.
    shapes : ndarray
        :math:`\psi_k` at `nodes`, a row for each of these.
    """

    density: float
    decades: int
    rates: NDArray[np.float64]
    weights: NDArray[np.float64]
    shapes: NDArray[np.float64]

    @property
    def states(self) -> int:
        """Number of modes that have a state of their own."""
        return self.rates.size - STATIC

    @property
    def parity(self) -> NDArray[np.float64]:
        """psi_k at the right face, +1 or -1."""
        return np.asarray((-1.0) ** np.arange(self.rates.size))

    @property
    def static(self) -> NDArray[np.float64]:
        """w_k/lambda_k, what a mode adds to E under a steady current; 0 for the constant."""
        return np.divide(self.weights, self.rates, out=np.zeros_like(self.rates), where=self.rates > 0)

    @property
    def nodes(self) -> NDArray[np.float64]:
        """Points of Gauss' quadrature on panels that grow tenfold from each face."""
        half = half_nodes(self.decades)
        return np.concatenate([half, 1 - half[::-1]])

    @property
    def quadrature(self) -> NDArray[np.float64]:
        """Weights of the integral over the layer at `nodes`."""
        _, weights = np.polynomial.legendre.leggauss(PER_PANEL)
        half = (np.diff(_panels(self.decades))[:, None] * weights / 2).ravel()
        return np.concatenate([half, half[::-1]])

    def amplitudes(self, profile: Callable[[NDArray[np.float64]], ArrayLike], mean: float) -> NDArray[np.float64]:
        """Amplitudes of the modes that have a state, from a profile of E over x/L and its exact mean.

        Examples
        --------
        >>> table = modal_table(2.0, 9)
        >>> a = table.amplitudes(lambda x: 0.4 + 0.1 * x, 0.45)
        >>> float(a[0]), bool(abs(a.sum() - 0.4) < 1e-4)
        (0.45, True)
        """
        # not w_k int E psi_k: the fastest modes change sign between the nodes
        root = np.sqrt(self.quadrature)
        part = root * (np.asarray(profile(self.nodes)) - mean)
        found = np.linalg.lstsq(root[:, None] * self.shapes, part)[0][: self.states]
        found[0] = mean
        return np.asarray(found)

    def profile(self, amplitudes: ArrayLike, x: ArrayLike) -> NDArray[np.float64]:
        """E at x/L from amplitudes, by the polynomial through the nodes of each panel."""
        from scipy.interpolate import BarycentricInterpolator

        given, x = np.asarray(amplitudes), np.asarray(x, dtype=float)
        values = (self.shapes[:, : given.size] @ given).reshape(-1, PER_PANEL)
        half = _panels(self.decades)
        edges = np.concatenate([half, 1 - half[-2::-1]])
        panel = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(values) - 1)
        result = np.empty(x.shape)
        for number in np.unique(panel):
            here = panel == number
            result[here] = BarycentricInterpolator(self.nodes.reshape(-1, PER_PANEL)[number], values[number])(x[here])
        return result


@lru_cache(maxsize=32)
def modal_table(density: float, decades: int) -> ModalTable:
    """The table of a density (one of :data:`DENSITIES`) and a number of decades (one of :data:`DECADES`).

    Examples
    --------
    >>> modal_table(2.5, 9).rates[:3].round(6) / np.pi**2
    array([0., 1., 4.])
    """
    key = f"{density:g}/{decades}"
    with np.load(FILE) as file:
        rates, weights, half = (file[f"{key}/{name}"] for name in ("rates", "weights", "shapes"))
    shapes = half.astype(float)
    table = ModalTable(density, decades, rates, weights, shapes)
    return ModalTable(density, decades, rates, weights, np.concatenate([shapes, shapes[::-1] * table.parity]))


def half_nodes(decades: int) -> NDArray[np.float64]:
    """The nodes of the left half of a layer."""
    edges, (x, _) = _panels(decades), np.polynomial.legendre.leggauss(PER_PANEL)
    return np.asarray((edges[:-1, None] + np.diff(edges)[:, None] * (1 + x) / 2).ravel())


def _panels(decades: int) -> NDArray[np.float64]:
    """Edges of the panels of the left half: down to the depth that the fastest mode reaches, z_max**(-1/2)."""
    return 0.5 * np.concatenate([[0.0], 10.0 ** np.arange(-((decades + 1) // 2), 1)])
