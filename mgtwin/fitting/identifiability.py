r"""What data determine: covariance, and the combinations of parameters that they fix or leave open.

With the Jacobian J of the residuals in units of the noise by the logarithms of the parameters (by their own size where
they are not fitted in the logarithm), :math:`J = U S V^T`: the data fix the combination :math:`\sum_k V_{ki} \ln p_k`
with the standard deviation :math:`1/S_i`. Combinations that are open within a factor of e or more at 95 % are called
undetermined, and so is every parameter whose own standard deviation is that large.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .parameters import Parameter

__all__ = ["Combination", "Identifiability", "identifiability"]

#: Relative standard deviation above which a number is not determined: its 95 % interval spans a factor of e either way.
LIMIT = 0.5
#: Singular values below this fraction of the largest are rounding errors of the derivatives.
ROUNDING = 1e-9
#: Share of a parameter in a direction below which it has no part in it.
NEGLIGIBLE = 1e-5
#: Powers below this fraction of the largest are left out of names.
_SHOWN = 0.05


@dataclass(frozen=True)
class Combination:
    """A product of powers of parameters.

    Attributes
    ----------
    powers : tuple of (str, float)
        Names of parameters and their exponents, the largest being 1.
    std : float
        Relative standard deviation of the product (inf: not determined at all), the others being free.
    """

    powers: tuple[tuple[str, float], ...]
    std: float

    def __str__(self) -> str:
        return " · ".join(name if abs(power - 1) < 0.005 else f"{name}^{power:.2g}" for name, power in self.powers)


@dataclass(frozen=True, eq=False)
class Identifiability:
    """What the data determine.

    Attributes
    ----------
    names : tuple of str
    singular_values : ndarray
        Of the scaled Jacobian, the largest first: 1 / relative standard deviation of a direction.
    directions : ndarray, shape (parameters, directions)
        In log-parameter space, orthonormal columns.
    covariance : ndarray, shape (parameters, parameters)
        Of the coordinates of the fit; rows of parameters at a bound are 0, of those without any influence inf.
    relative_std : ndarray
        Of every parameter.
    determined, undetermined : tuple of Combination
        Combinations that the data fix, and those along which the parameters can move without being noticed.
    identifiable : ndarray of bool
        Per parameter; False at a bound.
    at_bound : ndarray of bool
    """

    names: tuple[str, ...]
    singular_values: NDArray[np.float64]
    directions: NDArray[np.float64]
    covariance: NDArray[np.float64]
    relative_std: NDArray[np.float64]
    determined: tuple[Combination, ...]
    undetermined: tuple[Combination, ...]
    identifiable: NDArray[np.bool_]
    at_bound: NDArray[np.bool_]

    def __str__(self) -> str:
        lines = [f"{'determined':<14}{item}  (± {100 * item.std:.2g} %)" for item in self.determined]
        lines += [f"{'not determined':<14} {item}" for item in self.undetermined]
        return "\n".join(lines)


def identifiability(
    jacobian: NDArray[np.float64],
    parameters: Sequence[Parameter],
    values: NDArray[np.float64],
    at_bound: NDArray[np.bool_],
) -> Identifiability:
    """Work out what the data determine.

    Parameters
    ----------
    jacobian : ndarray, shape (residuals, parameters)
        Of the residuals in units of the noise by the coordinates.
    parameters : sequence of Parameter
    values : ndarray
        [SI]
    at_bound : ndarray of bool
        Parameters that a bound holds: they are treated as fixed.
    """
    names = tuple(parameter.name for parameter in parameters)
    count = len(names)
    # a bound holds its parameter: to let it move would widen all that it trades off with
    free = np.flatnonzero(~at_bound)
    # change of the coordinate that changes the parameter by its own size
    size = np.array([p.size(v) / p.slope(v) for p, v in zip(parameters, values, strict=True)])
    scaled = (jacobian * size)[:, free]
    # of the Jacobian, not of J'J: squaring would lose half of the digits, and with them the weak directions
    _, singular, rows = np.linalg.svd(scaled, full_matrices=False)
    directions = np.zeros((count, singular.size))
    directions[free] = rows.T
    floor = ROUNDING * max(float(singular[0]) if singular.size else 0.0, 1e-300)
    with np.errstate(over="ignore"):  # where nothing depends on anything
        inverse = 1 / np.maximum(singular, floor)
    # below rounding a singular value says nothing of the data: the direction is open, however small it looks
    inverse[singular <= floor] = np.inf
    # rounding leaves a trace of every parameter in an open direction: times infinity it would open them all
    parts = np.where(np.abs(directions) < NEGLIGIBLE, np.where(np.isinf(inverse), 0.0, directions), directions)
    finite = np.where(np.isinf(inverse), 0.0, inverse)
    covariance = (parts * finite**2) @ parts.T
    lost = (np.isinf(inverse) & (parts != 0)).any(axis=1)
    # only variances become infinite: covariances with what is open are undefined, those of the rest stay
    covariance[np.diag_indices(count)] = np.where(lost, np.inf, np.diag(covariance))
    relative = np.sqrt(np.diag(covariance))
    identifiable = (relative <= LIMIT) & ~at_bound
    with np.errstate(invalid="ignore"):
        covariance = covariance * np.outer(size, size)
    fixed = inverse <= LIMIT
    return Identifiability(
        names, singular, directions, covariance, relative,
        tuple(_combination(names, directions[:, i], inverse[i]) for i in np.flatnonzero(fixed)),
        tuple(_open_combinations(names, parts[:, ~fixed], inverse[~fixed])),
        identifiable, at_bound,
    )  # fmt: skip


def _combination(names: Sequence[str], direction: NDArray[np.float64], std: float) -> Combination:
    largest = direction[np.argmax(np.abs(direction))]
    powers = direction / largest
    shown = sorted(np.flatnonzero(np.abs(powers) >= _SHOWN), key=lambda k: -abs(powers[k]))
    return Combination(tuple((names[k], float(powers[k])) for k in map(int, shown)), float(std / abs(largest)))


def _open_combinations(
    names: Sequence[str], directions: NDArray[np.float64], stds: NDArray[np.float64]
) -> list[Combination]:
    """A basis of the open subspace whose members involve as few parameters as possible (pivoted elimination).

    Singular vectors of equally undetermined directions are arbitrary mixtures, which nobody could read.
    """
    from scipy.linalg import qr

    if directions.shape[1] == 0:
        return []
    hopeless = np.isinf(stds)
    found = []
    # apart: a mixture of the two would make the merely uncertain look hopeless
    for members, std in ((hopeless, np.inf), (~hopeless, float(np.max(stds[~hopeless], initial=0.0)))):
        group = directions[:, members]
        if group.shape[1] == 0:
            continue
        # the pivots are the parameters that span the space best, so the inverse below is well conditioned
        _, _, pivots = qr(group.T, pivoting=True, mode="economic")
        reduced = group @ np.linalg.inv(group[pivots[: group.shape[1]]])
        found += [_combination(names, column / np.linalg.norm(column), std) for column in reduced.T]
    return found
