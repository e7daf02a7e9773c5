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
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..routes.modes import ACCURACY

__all__ = ["DECADES", "DENSITIES", "ModalTable", "decades_for", "half_nodes", "length_for", "modal_table"]

FILE = Path(__file__).parent / "tables" / "modes.npz"
#: Decades of z that tables span, and functions per decade: ten times the accuracy for half a function more.
DECADES = range(3, 16)
DENSITIES = tuple(ACCURACY)
#: Nodes in every decade of the distance from a face: a front that diffuses in is interpolated within 1e-4.
PER_PANEL = 12
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
        """Where `shapes` are given: Gauss' points of panels that grow tenfold from each face."""
        half, _ = half_nodes(self.decades)
        return np.concatenate([half, 1 - half[::-1]])

    def amplitudes(self, profile: Callable[[NDArray[np.float64]], ArrayLike], mean: float) -> NDArray[np.float64]:
        """Amplitudes of the modes that have a state, from a profile of E over x/L and its exact mean.

        Examples
        --------
        >>> table = modal_table(2.0, 9)
        >>> a = table.amplitudes(lambda x: 0.4 + 0.1 * x, 0.45)
        >>> float(a[0]), bool(abs(a.sum() - 0.4) < 1e-4)
        (0.45, True)
        """
        found = self.fitted(lambda x: np.asarray(profile(x)) - mean)[: self.states]
        found[0] = mean
        return found

    def fitted(self, profile: Callable[[NDArray[np.float64]], ArrayLike]) -> NDArray[np.float64]:
        """Amplitudes of all modes, the static ones included, of a profile over x/L."""
        # not w_k int E psi_k: the fastest modes change sign between the nodes
        half = np.sqrt(half_nodes(self.decades)[1])
        root = np.concatenate([half, half[::-1]])
        return np.asarray(np.linalg.lstsq(root[:, None] * self.shapes, root * np.asarray(profile(self.nodes)))[0])

    def values(self, x: ArrayLike) -> NDArray[np.float64]:
        """psi_k at x/L, by the polynomial through the nodes of each panel: right for sums that are smooth there."""
        x = np.asarray(x, dtype=float)
        panel, place = _places(self.decades, np.minimum(x, 1 - x))
        powers = np.polynomial.legendre.legvander(place, PER_PANEL - 1)
        found = np.einsum("xn,xnk->xk", powers, self._series[panel])
        return np.where(x[:, None] <= 0.5, found, found * self.parity)

    def averages(self, edges: ArrayLike) -> NDArray[np.float64]:
        """Means of psi_k over volumes between edges on [0, 1], which are what finite volumes hold.

        With the widths as weights they add up to 1 for the constant and exactly 0 for all others: charge is conserved.
        """
        edges = np.asarray(edges, dtype=float)
        widths, (places, weights) = np.diff(edges), np.polynomial.legendre.leggauss(3)
        at = edges[:-1, None] + widths[:, None] * (1 + places) / 2
        found = np.tensordot(self.values(at.ravel()).reshape(*at.shape, -1), weights / 2, axes=(1, 0))
        several = self.rates > 0
        found[:, several] -= widths @ found[:, several]
        return np.asarray(found)

    @cached_property
    def _series(self) -> NDArray[np.float64]:
        """Legendre coefficients of psi_k on the panels of the left half, shape (panels, PER_PANEL, modes)."""
        x, weights = np.polynomial.legendre.leggauss(PER_PANEL)
        powers = np.polynomial.legendre.legvander(x, PER_PANEL - 1)
        into = (powers * weights[:, None]).T * (np.arange(PER_PANEL) + 0.5)[:, None]
        half = self.shapes[: self.shapes.shape[0] // 2].reshape(-1, PER_PANEL, self.rates.size)
        return np.asarray(into @ half)


def decades_for(length: ArrayLike) -> NDArray[np.float64]:
    """Decades of z that a diffusion length, relative to the thickness, asks for at the shortest time, as whole numbers.

    Up to z_max = 100 there, of which a tenth is right within ten times the error only.

    Examples
    --------
    >>> float(decades_for(length_for(12)))
    12.0
    """
    return np.ceil(2 - 2 * np.log10(length))


def length_for(decades: float) -> float:
    """A diffusion length, relative to the thickness, that asks for so many decades."""
    return float(10 ** ((2 - decades) / 2)) * (1 + 1e-9)  # no rounding beyond a whole number of them


@lru_cache(maxsize=32)
def modal_table(density: float, decades: int) -> ModalTable:
    """The table of a density (one of :data:`DENSITIES`) and a number of decades (one of :data:`DECADES`).

    Examples
    --------
    >>> (modal_table(2.5, 9).rates[:3] / np.pi**2).round(6)
    array([0., 1., 4.])
    """
    key = f"{density:g}/{decades}"
    with np.load(FILE) as file:
        rates, weights, half = (file[f"{key}/{name}"] for name in ("rates", "weights", "shapes"))
    shapes = half.astype(float)
    table = ModalTable(density, decades, rates, weights, shapes)
    return ModalTable(density, decades, rates, weights, np.concatenate([shapes, shapes[::-1] * table.parity]))


def half_nodes(decades: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The nodes of the left half of a layer, and the weights of a quadrature at them."""
    places, weights = np.polynomial.legendre.leggauss(PER_PANEL)
    edges = _panels(decades)
    # what comes in from the face is smooth in ln(x), but in the first panel, which ends where the fastest mode does
    logarithm = np.log(edges[1:])
    inner = np.exp(logarithm[:-1, None] + np.diff(logarithm)[:, None] * (1 + places) / 2)
    first = edges[1] * (1 + places) / 2
    steps = np.concatenate([edges[1] * weights / 2, (inner * np.diff(logarithm)[:, None] * weights / 2).ravel()])
    return np.concatenate([first, inner.ravel()]), steps


def _places(decades: int, depth: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Panel of a distance from the nearer face, and the place in it from -1 to 1."""
    edges = _panels(decades)
    panel = np.clip(np.searchsorted(edges, depth, side="right") - 1, 0, edges.size - 2)
    low, high = edges[panel], edges[panel + 1]
    inside = np.log(np.maximum(depth, edges[1]) / np.maximum(low, edges[1])) / np.log(high / np.maximum(low, 1e-300))
    return panel, 2 * np.where(panel > 0, inside, depth / edges[1]) - 1


def _panels(decades: int) -> NDArray[np.float64]:
    """Edges of the panels of the left half: down to the depth that the fastest mode reaches, z_max**(-1/2)."""
    return 0.5 * np.concatenate([[0.0], 10.0 ** np.arange(-((decades + 1) // 2), 1)])
