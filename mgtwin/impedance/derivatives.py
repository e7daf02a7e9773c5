r"""Derivatives of the mesh-free impedance with respect to any number of a cell.

Z is the stationary value, over the electronic fractions j of the current at all interfaces, of a sum of local terms
(:mod:`mgtwin.impedance.chain`). So fractions need not be differentiated:

.. math:: \frac{dZ}{dp} = \frac{\partial Z}{\partial p}\bigg|_j ,

only the terms of those layers and interfaces that read p. These are closed expressions, whose differences at fixed j
are good to 1e-10 of Z, at the cost of a few evaluations of one element per parameter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..cells.cell import Cell
from ..cells.paths import Key, expand
from ..cells.reader import Reader
from ..errors import InputError
from ..kinds.numbers import Number
from .fixture import FIXTURE, fixture_numbers, idle, measured, pass_through_fixture
from .links import Array
from .parameters import Overrides, reader_of
from .shunt import shunted, through_layers
from .terms import Shifted, Stack, first_of, plan_of

__all__ = ["exact_jacobian", "parameters_of", "slope"]

#: Complex numbers per intermediate array.
_BLOCK = 8192
#: Relative step of central differences. Rounding costs 2e-11 of a term; truncation as much of the derivative of
#: anything that changes by less than e per ten percent of p, and 1e-8 where it is e per two percent.
_STEP = 6e-6
#: Where p is 0 nothing tells how large a step is: all of these [SI units] are tried, on the side that is allowed.
_LADDER = 10.0 ** np.arange(-20.0, 1.0)


def exact_jacobian(
    cell: Cell, frequencies: ArrayLike, paths: Sequence[Key], overrides: Overrides | None = None
) -> NDArray[np.complex128]:
    r"""Return the derivatives of the impedance of a cell at rest with respect to its parameters.

    The rest state moves with the parameters: where conductivities depend on the local potential, so does its effect.

    Parameters
    ----------
    cell : Cell
    frequencies : array_like
        [Hz], positive; any shape.
    paths : sequence of str or tuple of str
        Dotted paths of the numbers to differentiate by. The numbers of a tuple or wildcard move together, by the same
        amount: their derivatives add up.
    overrides : mapping, optional
        Values in place of the cell's, a batch of parameter sets; as for :func:`mgtwin.impedance.exact`.

    Returns
    -------
    ndarray of complex
        dZ/dp [ohm per SI unit of p], shape ``batch + frequencies.shape + (len(paths),)``. Good to 1e-10 of
        \|Z\|/p (where p is 0: of \|Z\| over the p that would change Z by its own size) and 1e-8 of itself. NaN where no
        current passes.

    Raises
    ------
    UnknownNameError
        If a path names no number of the cell.
    InputError
        If a path names something that is no number, or a number that is infinite; for frequencies and overrides as
        `exact` does.

    Examples
    --------
    >>> import mgtwin as mt, numpy as np
    >>> paths = ["layers.buffer_*.thickness", "positive.double_layer.c", "temperature"]
    >>> exact_jacobian(mt.cell("trilayer"), np.logspace(6, -1, 100), paths).shape
    (100, 3)
    """
    f = np.asarray(frequencies, dtype=float)
    if not ((f > 0) & (f < np.inf)).all():
        raise InputError("Frequencies must be positive and finite [Hz].")
    keys = parameters_of(cell, paths)
    reader, batch = reader_of(cell, overrides or {})
    single = tuple(dict.fromkeys(path for key in keys for path in key))
    values = {path: leading(reader.number(path), 1 + len(batch)) for path in single}
    infinite = next((path for path, value in values.items() if not np.isfinite(value).all()), None)
    if infinite is not None:
        raise InputError(f"{infinite} is infinite in some parameter set: there is no derivative by it.")
    flat = 2j * np.pi * f.reshape(-1)
    partial = np.zeros((len(single), *batch, flat.size), dtype=complex)
    block = max(1, _BLOCK // max(1, math.prod(batch)))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for start in range(0, flat.size, block):
            part = slice(start, start + block)
            add_slopes(cell, reader, values, flat[part], partial[..., part])
    if any(len(key) > 1 for key in keys):
        partial = np.stack([partial[[single.index(path) for path in key]].sum(axis=0) for key in keys])
    elif len(single) < len(keys):
        partial = partial[[single.index(path) for (path,) in keys]]
    return np.moveaxis(partial, 0, -1).reshape((*batch, *f.shape, len(keys)))


def parameters_of(cell: Cell, paths: Sequence[Key]) -> list[tuple[str, ...]]:
    """Concrete paths of every key, all of them finite numbers.

    Raises
    ------
    UnknownNameError, InputError
        As for `exact_jacobian`.
    """
    if isinstance(paths, str) or not isinstance(paths, Sequence):
        raise InputError(f"paths must be a sequence of paths, not {paths!r}: write [{paths!r}].")
    reader, _ = reader_of(cell, {})  # finds every path only once
    keys = []
    for key in paths:
        plain = isinstance(key, str) and not any(sign in key for sign in "*?[")
        found = (key,) if plain and isinstance(key, str) else expand(cell, key)
        for path in found:
            value = reader.get(path)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                below = [known for known in cell.paths() if known.startswith(f"{path}.")]
                hint = f" Name one of its numbers: {', '.join(below)}." if below else " Set it first, with Cell.with_."
                raise InputError(f"{path} is {value!r}, not a number, so there is no derivative by it.{hint}")
            if not math.isfinite(value):
                raise InputError(
                    f"{path} is {value:g}: there is no derivative by a number that is not finite. Set it to a large "
                    "but finite value first, with Cell.with_."
                )
        keys.append(found)
    return keys


def add_slopes(
    cell: Cell,
    reader: Reader,
    values: Mapping[str, NDArray[np.float64]],
    s: NDArray[np.complex128],
    partial: NDArray[np.complex128],
) -> NDArray[np.complex128]:
    """Add dZ/dp [ohm per unit of p] for every path of `values` to the rows of `partial`; returns Z [ohm]."""
    area, dimensions = reader.number("area"), partial.ndim - 1
    rows = {path: partial[k] for k, path in enumerate(values)}
    regular = tuple(path for path, value in values.items() if value.all())
    # A relative step says nothing where p is 0. Those few go one by one, for each costs as many evaluations as
    # `_LADDER` has rungs; all others share slots.
    plan = plan_of(cell, reader, regular)
    varied = {path: values[path] * _pattern(slot, plan.count, dimensions) for path, slot in plan.slots.items()}
    stack = Stack(cell, Shifted(reader, varied), s, dimensions)
    shunt = first_of(stack.term(stack.size), dimensions)
    inside = 0.0 if cell.shunt is None else stack.inside(dimensions)

    def weight(k: int) -> Array:
        """Derivative of the impedance of stack, shunt and leads by term k."""
        if k == stack.size:
            return -(shunted(inside, shunt) ** 2)
        return through_layers(inside, shunt) ** 2 if k in stack.shunted else 1.0

    for k, read in plan.terms:
        term = stack.term(k)
        if np.ndim(term) > dimensions:  # else nothing that it reads makes a difference
            for path in read:
                down, up = 1 + 2 * plan.slots[path], 2 + 2 * plan.slots[path]
                # over the step that was really taken: p (1 + h) - p (1 - h) is not 2 p h once both are rounded, and h
                # is so small that the difference would show
                rows[path] += weight(k) * (term[up] - term[down]) / (area * (varied[path][up] - varied[path][down]))
    others = tuple(path for path in values if path not in plan.slots)
    for k, read in plan_of(cell, reader, others).terms if others else ():
        for path in read:
            rows[path] += weight(k) * slope(stack.along(k, reader, path), values[path]) / area
    leads = fixture_numbers(reader)
    through_fixture = not idle(*leads) or any(path in values for path in FIXTURE)
    alone = (shunted(stack.inside(dimensions), shunt) + stack.outside(dimensions)) / area
    if "area" in values:
        # the terms are impedances times area: of Z = sum/area this is the part of the slope that no term knows of
        rows["area"] -= alone / area
    if through_fixture:
        # last, when all rows are complete: it turns every one of them by the same (Z_m/Z_s)^2 (theory.md, 4.2)
        pass_through_fixture(partial, rows, alone, s, *leads)
    return np.asarray(measured(alone, s, *leads))


@lru_cache(maxsize=256)
def _pattern(slot: int, count: int, dimensions: int) -> NDArray[np.float64]:
    """Factors of a parameter: 1 in the first row, then a step down and a step up in the rows of its slot."""
    factors = np.ones(1 + 2 * count)
    factors[1 + 2 * slot] -= _STEP
    factors[2 + 2 * slot] += _STEP
    return factors.reshape((-1,) + (1,) * dimensions)


def leading(value: Number, dimensions: int) -> NDArray[np.float64]:
    """A value with a first axis of length 1 before those of the cells and the frequencies, `dimensions` in all."""
    array = np.asarray(value, dtype=float)
    return array.reshape((1,) * (1 + dimensions - array.ndim) + array.shape)


def slope(function: Callable[[NDArray[np.float64]], Array], value: NDArray[np.float64]) -> Array:
    """Derivative of a function of one number at `value`, whose first axis has length 1.

    `function` takes several values along that axis, and its result has them there too. At 0 it is not called with
    negative values.

    At p = 0 it is the best of many steps: three neighbouring difference quotients are extrapolated to a step of 0.
    Their error is estimated by how much the result changes to the next step (truncation) and by the rounding of the
    quotients.
    """
    if value.all():
        values = value * _pattern(0, 1, value.ndim - 1)
        found = function(values)
        return (found[2] - found[1]) / (values[2] - values[1])
    # a batch may hold zeros beside other values: these take steps of their own size
    steps = np.where(value == 0, 1.0, np.abs(value)) * _LADDER.reshape((-1,) + (1,) * (value.ndim - 1))
    found = function(np.concatenate([value, value + steps]))
    if np.ndim(found) < value.ndim:
        return 0.0
    steps = steps.reshape(steps.shape + (1,) * (np.ndim(found) - value.ndim))
    quotients = (found[1:] - found[0]) / steps
    # Richardson: with steps h, rh, r^2 h these weights cancel the errors in h and in h^2 alike. One-sided quotients
    # are of first order only, and would need steps so small that rounding takes what truncation leaves.
    ratio = _LADDER[1] / _LADDER[0]
    first, second = ratio**3, -ratio * (1 + ratio)
    limits = (first * quotients[:-2] + second * quotients[1:-1] + quotients[2:]) / (first + second + 1)
    doubt = np.abs(np.diff(limits, axis=0)) + np.finfo(float).eps * np.abs(found[0]) / steps[:-3]
    # steps that leave the domain of a formula give nan there: they are passed over, for smaller ones may do
    best = np.argmin(np.where(np.isnan(doubt), np.inf, doubt), axis=0)
    return np.take_along_axis(limits, best[np.newaxis], axis=0)[0]
