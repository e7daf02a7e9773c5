"""Make ``mgtwin/models/tables/modes.npz``: the modes of a uniform layer (theory.md §7), pure numbers.

The span of the exact profiles at real ``z = s c L^2/sigma_a`` is brought to functions that are orthonormal and have
orthogonal gradients. Its Gram matrices are closed forms but nearly singular: sixty digits, hence not at run time. A
quarter of an hour on one core: ``python docs/make_modes.py [file]``.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
from mpmath import mp, mpf

from mgtwin.models.modes import DECADES, DENSITIES, FILE, half_nodes

#: The Gram matrix of 46 functions over 15 decades has a condition of 1e30.
DIGITS = 70


def even(z: mpf, x: Any = 0) -> mpf:
    """``cosh(sqrt(z) (x - 1/2))``, 1 at x = 0."""
    return mpmath.cosh(mpmath.sqrt(z) * (x - mpf(1) / 2)) / mpmath.cosh(mpmath.sqrt(z) / 2)


def odd(z: mpf, x: Any = 0) -> mpf:
    """``-sinh(sqrt(z) (x - 1/2))``, 1 at x = 0; a straight line for z = 0."""
    if z == 0:
        return 1 - 2 * mpf(x)
    return -mpmath.sinh(mpmath.sqrt(z) * (x - mpf(1) / 2)) / mpmath.sinh(mpmath.sqrt(z) / 2)


def even_slope(z: mpf) -> tuple[mpf, mpf]:
    """Minus the slope of `even` at x = 0, and its derivative by z."""
    if z == 0:
        return mpf(0), mpf(1) / 2
    root = mpmath.sqrt(z)
    return root * mpmath.tanh(root / 2), mpmath.tanh(root / 2) / (2 * root) + mpmath.sech(root / 2) ** 2 / 4


def odd_slope(z: mpf) -> tuple[mpf, mpf]:
    """Minus the slope of `odd` at x = 0, and its derivative by z."""
    if z == 0:
        return mpf(2), mpf(1) / 6
    root = mpmath.sqrt(z)
    return root * mpmath.coth(root / 2), mpmath.coth(root / 2) / (2 * root) - mpmath.csch(root / 2) ** 2 / 4


def modes(
    points: Sequence[mpf], profile: Callable[..., mpf], slope: Callable[[mpf], tuple[mpf, mpf]], x: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rates lambda_k, weights phi_k(0)^2 and shapes phi_k(x)/phi_k(0) of one parity, the slowest first."""
    n = len(points)
    slopes = [slope(z) for z in points]
    mass, stiffness = mp.matrix(n), mp.matrix(n)
    for j in range(n):
        mass[j, j] = 2 * slopes[j][1]
        stiffness[j, j] = 2 * slopes[j][0] - points[j] * mass[j, j]
        for k in range(j):
            over = 2 / (points[j] - points[k])
            mass[j, k] = mass[k, j] = over * (slopes[j][0] - slopes[k][0])
            stiffness[j, k] = stiffness[k, j] = over * (points[j] * slopes[k][0] - points[k] * slopes[j][0])
    inverse = mp.cholesky(mass) ** -1
    rates, vectors = mp.eigsy(inverse * stiffness * inverse.T)
    vectors = inverse.T * vectors
    at_face = [mpmath.fsum(vectors[:, k]) for k in range(n)]
    values = mp.matrix([[profile(z, mpf(float(one))) for z in points] for one in x]) * vectors
    shapes = [[float(values[i, k] / at_face[k]) for k in range(n)] for i in range(len(x))]
    order = np.argsort([float(rate) for rate in rates])
    return (
        np.array([float(rates[int(k)]) for k in order]),
        np.array([float(at_face[int(k)] ** 2) for k in order]),
        np.array(shapes)[:, order],
    )


def table(decades: int, density: float) -> dict[str, np.ndarray]:
    """Both parities in turn, the even constant first."""
    with mp.workdps(DIGITS):
        points = [mpf(0), *(mpf(10) ** (mpf(k) / mpf(density)) for k in range(math.ceil(decades * density) + 1))]
        x, _ = half_nodes(decades)
        both = [modes(points, even, even_slope, x), modes(points, odd, odd_slope, x)]
    # in turn: the last axis is that of the modes
    paired = (np.stack(part, axis=-1) for part in zip(*both, strict=True))
    rates, weights, shapes = (part.reshape(*part.shape[:-2], -1) for part in paired)
    rates[0], weights[0], shapes[:, 0] = 0.0, 1.0, 1.0  # exact: the conserved charge
    # What the fastest pair adds to a face is to depend on the currents of that face alone, so both have to be equal (to
    # 1e-5 they are); the pair before takes the difference up, so that the steady state remains exact.
    static = weights[-4:] / rates[-4:]
    equal = (static[2] + static[3]) / 2
    weights[-4:] = rates[-4:] * np.concatenate([static[:2] + static[2:] - equal, [equal, equal]])
    return {"rates": rates, "weights": weights, "shapes": shapes.astype(np.float32)}


if __name__ == "__main__":
    arrays = {
        f"{density:g}/{decades}/{name}": array
        for density in DENSITIES
        for decades in DECADES
        for name, array in table(decades, density).items()
    }
    np.savez_compressed(Path(sys.argv[1]) if len(sys.argv) > 1 else FILE, **arrays)  # type: ignore[arg-type]
