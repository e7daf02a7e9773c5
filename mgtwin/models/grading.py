"""How the finite volumes of a layer are graded towards its faces. Numbers only, without PyBaMM."""

from __future__ import annotations

import numpy as np

from ..cells.reader import Reader
from ..cells.rest import rest_diffusivity
from ..kinds.numbers import Number

__all__ = ["diffusion_length", "graded_edges", "points", "stretching"]

#: Growth of the cell width from one cell to the next. The second-order error of a diffusion profile that decays into
#: a layer is about growth**2/12, so 0.05 keeps it near 2e-4 where the outermost cell is much thinner than the profile.
GROWTH = 0.05
#: Width of the outermost cell over the diffusion length at the highest frequency, in units of GROWTH. Near that
#: frequency it makes most of the error in the diffusive part of Z: 6e-4 with 1, 3.6e-3 with 3.
FIRST_CELL = 1.0
FEWEST_POINTS = 40
#: Stretching where no profile decays from the faces: nearly uniform, 120 cells.
SMOOTH = 1.5
MOST_POINTS = 2000


def stretching(diffusion_length: float) -> float:
    """Stretching of :func:`graded_edges` that resolves a profile of this length (relative to the layer's thickness).

    With ``n = 4 beta / GROWTH`` cells the first width of the tanh map is ``GROWTH exp(-2 beta)``; it shall be
    ``FIRST_CELL GROWTH`` diffusion lengths, so that refining GROWTH refines every cell.
    """
    return float(np.clip(0.5 * np.log(1 / (FIRST_CELL * max(diffusion_length, 1e-12))), 0.5, 12.0))


def points(beta: float, refinement: float = 1.0) -> int:
    """Number of cells that keeps the growth between neighbours at :data:`GROWTH` over `refinement`."""
    return int(np.clip(np.ceil(4 * beta * refinement / GROWTH), FEWEST_POINTS * refinement, MOST_POINTS))


def graded_edges(number: int, beta: float) -> np.ndarray:
    """Edges on [0, 1], ``x = (1 + tanh(beta (2 xi - 1))/tanh(beta))/2``: fine at both faces, smooth between.

    Distances from each face are computed without cancellation, so that even cells of 1e-10 keep their digits.

    Examples
    --------
    >>> edges = graded_edges(4, 1.0)
    >>> bool(edges[0] == 0.0 and edges[-1] == 1.0 and abs(edges[2] - 0.5) < 1e-15)
    True
    """
    xi = np.arange(number + 1) / number
    # (1 - tanh(a)/tanh(b))/2 = sinh(b - a) / (2 cosh(a) sinh(b))
    a = beta * np.abs(2 * xi - 1)
    from_face = np.sinh(beta - a) / (2 * np.cosh(a) * np.sinh(beta))
    edges = np.where(xi <= 0.5, from_face, 1 - from_face)
    # to the last digit: faces are told from inner edges by comparison with 0 and 1
    edges[0], edges[-1] = 0.0, 1.0
    return edges


def diffusion_length(numbers: Reader, layer: str, potential: Number, f_max: float) -> float:
    """``sqrt(D/(2 pi f_max))`` of a layer at a local potential [V], relative to its thickness."""
    diffusivity = rest_diffusivity(numbers, f"layers.{layer}.material", potential)
    return float(np.sqrt(diffusivity / (2 * np.pi * f_max)) / numbers.number(f"layers.{layer}.thickness"))
