"""How the finite volumes of a layer are graded towards its faces. Numbers only, without PyBaMM."""

from __future__ import annotations

import numpy as np

from ..cells import Cell
from ..cells.reader import Reader
from ..cells.rest import rest_diffusivity, starting_potentials
from ..errors import InputError
from ..kinds.memories import Body
from ..kinds.numbers import Number
from ..routes import FINEST

__all__ = ["SHARED_STEP", "diffusion_length", "graded_edges", "length_at_rest", "penetration", "points", "stretching"]

#: Growth of the cell width from one cell to the next. The second-order error of a diffusion profile that decays into
#: a layer is about growth**2/12, so 0.05 keeps it near 2e-4 where the outermost cell is much thinner than the profile.
GROWTH = 0.05
#: Width of the outermost cell over the diffusion length at the highest frequency, in units of GROWTH. Near that
#: frequency it makes most of the error in the diffusive part of Z: 6e-4 with 1, 3.6e-3 with 3.
FIRST_CELL = 1.0
FEWEST_POINTS = 40
#: Stretching where no profile decays from the faces: nearly uniform, 120 cells.
SMOOTH = 1.5
#: Steps of the stretching of meshes that cells of one structure share: quarters of a decade of the diffusion length.
SHARED_STEP = np.log(10) / 8


def stretching(diffusion_length: float, step: float = 0.0) -> float:
    """Stretching of :func:`graded_edges` that resolves a profile of this length (relative to the layer's thickness).

    With ``n = 4 beta / GROWTH`` cells the first width of the tanh map is ``GROWTH exp(-2 beta)``; it shall be
    ``FIRST_CELL GROWTH`` diffusion lengths, so that refining GROWTH refines every cell. It is a multiple of
    `step`.
    """
    beta = 0.5 * np.log(1 / (FIRST_CELL * max(diffusion_length, 1e-12)))
    return float(np.clip(step * np.ceil(beta / step) if step else beta, 0.5, 12.0))


def points(beta: float, refinement: float = 1.0) -> int:
    """Number of cells that keeps the growth between neighbours at :data:`GROWTH` over `refinement`."""
    if not 0 < refinement <= 2 * FINEST:  # spectra multiply what they are given
        raise InputError(f"refinement must lie between 0 and {2 * FINEST:g}, not {refinement:g}.")
    return int(max(np.ceil(4 * beta * refinement / GROWTH), FEWEST_POINTS * refinement))


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


def length_at_rest(layer: str, cell: Cell, f_max: float) -> float:
    """The same at the layer's potential at rest."""
    number = [item.name for item in cell.layers].index(layer)
    return diffusion_length(Reader(cell), layer, starting_potentials(cell).layers[number], f_max)


def penetration(body: Body, cell: Cell, f_max: float) -> float:
    """``sqrt(D/(2 pi f_max))`` in a body, relative to its size, D being the smallest that it comes to."""
    reader = Reader(cell)
    size, diffusivity = (reader.property(path, cell.temperature) for path in (body.size_path, body.diffusivity_path))
    if body.factor is not None:
        factor = reader.property(body.factor_path, cell.temperature)
        diffusivity = diffusivity * np.min(factor(np.linspace(0.0, 1.0, 101)))
    return float(np.sqrt(diffusivity / (2 * np.pi * f_max)) / size)
