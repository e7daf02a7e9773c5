r"""The small-signal answer of an electrode or junction at rest, memories included, from its formulas alone.

Linearised about a stationary point, with the current density eliminated,

.. math::
    P(s)\,\delta x = A\,\delta x + b\,\delta\eta, \qquad
    Y(s) = \frac{dj}{d\eta} = g_\eta + g_x [P(s) - A]^{-1} b                                            (K2, K3)

Slopes are complex steps, :math:`\mathrm{Im}\,g(\eta + ih)/h`: exact to rounding, for nothing is subtracted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from ..errors import InputError
from .kind import Bound, has_formula
from .numbers import Number

__all__ = ["admittance", "admittance_at", "rest_of_memories"]

#: Complex step; its square vanishes beside any number.
_STEP = 1e-30
#: A sum this much smaller than its terms is 0.
_ROUNDING = 8 * np.finfo(float).eps
#: Largest drive at rest, relative to what a change of the state or of the potential by its own size would make of it.
_STILL = 1e-9


def _slope(function: Callable[[Number], Number], at: Number) -> Number:
    return np.imag(function(at + 1j * _STEP)) / _STEP


def rest_of_memories(bound: Bound) -> dict[str, Number]:
    """Return the value of every memory of a kind when the cell is new."""
    return {name: memory.initial(bound) for name, memory in bound.kind.memories.items()}


def admittance(bound: Bound, overpotential: Number, s: Number) -> Number:
    """Return dj/deta [S/m2] of the area in contact at rest, at the Laplace variable s [1/s].

    Parameters
    ----------
    bound : Bound
        A kind with the formula ``current``.
    overpotential : float or ndarray
        At rest, in the kind's own sense [V].
    s : ndarray
        [1/s]

    Raises
    ------
    InputError
        A current flows, or a memory moves, at what should be rest.
    """
    if has_formula(bound.kind, "slope") and not bound.kind.memories:
        return bound.call("slope")  # closed: as exact, and free of the rounding of a complex step
    return admittance_at(bound, overpotential, rest_of_memories(bound), s)


def admittance_at(bound: Bound, overpotential: Number, state: dict[str, Number], s: Number) -> Number:
    """Return dj/deta [S/m2] of the area in contact at any stationary state of the memories.

    Parameters as for `admittance`; `state` has the value of every memory.
    """
    kind = bound.kind

    def current(eta: Number, x: Mapping[str, Number]) -> Number:
        return bound.call("current", eta, **x)

    def drive(name: str, eta: Number, x: Mapping[str, Number]) -> Number:
        return bound.call(kind.memories[name].drive, current(eta, x), eta, **x)

    def moved_current(k: str, value: Number) -> Number:
        return current(overpotential, state | {k: value})

    def moved_drive(k: str, j: str, value: Number) -> Number:
        return drive(k, overpotential, state | {j: value})

    names = list(state)
    own = _slope(lambda eta: current(eta, state), overpotential)
    if not names:
        return own
    by_state = [_slope(partial(moved_current, k), state[k]) for k in names]
    gains = [_slope(partial(drive, k, x=state), overpotential) for k in names]
    couplings = [[_slope(partial(moved_drive, k, j), state[j]) for j in names] for k in names]
    # A state that would change by itself is refused: a spectrum of it would not be one at rest. What is held may
    # change with a current, which makes the spectrum one of a moment.
    flows = np.any(current(overpotential, state) != 0)
    for k, name in enumerate(names):
        if flows and kind.memories[name].held:
            continue
        at_rest = drive(name, overpotential, state)
        # against what the drive is made of, because its unit is the kind's own affair: no fixed tolerance fits all
        scale = np.abs(gains[k]) + sum(
            np.abs(slope * state[other]) for slope, other in zip(couplings[k], state, strict=True)
        )
        if np.any(np.abs(at_rest) > _STILL * scale):
            raise InputError(
                f"{bound.path}: {name} is not at rest when the cell is new: its {kind.memories[name].drive} is "
                f"{np.max(np.abs(at_rest)):.3g} there. Start it where that vanishes (field "
                f"{kind.memories[name].start!r}), or simulate a Rest first and give the spectrum start=run."
            )
    moved = [k for k, name in enumerate(names) if not kind.memories[name].held]  # what is held stays where it is
    matrix = [
        [(kind.memories[names[k]].operator(s, bound) if j == k else 0.0) - couplings[k][j] for j in moved]
        for k in moved
    ]
    changes = _solved(matrix, [gains[k] for k in moved])
    terms = [own, *(by_state[k] * change for k, change in zip(moved, changes, strict=True))]
    total, size = sum(terms), sum(map(np.abs, terms))
    # a host that is full stops a direct current: what rounding leaves of the difference would be a resistance
    return np.where(np.abs(total) <= _ROUNDING * size, 0.0, total)[()]


def _solved(matrix: list[list[Number]], right: list[Number]) -> list[Number]:
    """Solve a small linear system of arrays by elimination; its diagonal carries the operators, which never vanish."""
    size = len(right)
    rows = [[*matrix[k], right[k]] for k in range(size)]
    for k in range(size):
        for other in range(k + 1, size):
            factor = rows[other][k] / rows[k][k]
            rows[other] = [low - factor * top for low, top in zip(rows[other], rows[k], strict=True)]
    found: list[Number] = [0.0] * size
    for k in reversed(range(size)):
        found[k] = (rows[k][size] - sum(rows[k][j] * found[j] for j in range(k + 1, size))) / rows[k][k]
    return found
