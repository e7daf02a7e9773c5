r"""Derivatives of the mesh-free impedance with respect to any number of a cell.

Z is the stationary value, over the electronic fractions j of the current at all interfaces, of a sum of local terms
(:mod:`mgtwin.impedance.chain`). So fractions need not be differentiated:

.. math:: \frac{dZ}{dp} = \frac{\partial Z}{\partial p}\bigg|_j ,

only the terms of those layers and interfaces that read p. These are closed expressions, whose differences at fixed j
are good to 1e-11 of Z, at the cost of a few evaluations of one element per parameter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..cells.cell import Cell
from ..cells.materials import MixedConductor
from ..cells.paths import Key, expand
from ..cells.reader import Reader
from ..errors import InputError
from .chain import Array, Link, Mixed, Ohmic
from .currents import Division, Shares, divide
from .elements import Surroundings, electrode, junction, layer_element
from .exact import _isolated, _potentials
from .parameters import Overrides, reader_of

__all__ = ["exact_jacobian", "parameters_of"]

#: Complex numbers per intermediate array.
_BLOCK = 65536
#: Relative step of central differences. Rounding costs 2e-11 of a term; truncation as much of the derivative of
#: anything that changes by less than e per ten percent of p, and 1e-8 where it is e per percent.
_STEP = 1e-5
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
        dZ/dp [ohm per SI unit of p], shape ``batch + frequencies.shape + (len(paths),)``. Good to 1e-11 of
        \|Z\|/p (where p is 0: of \|Z\| over the p that would change Z by its own size). NaN where no current passes.

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
    values = {path: _aligned(reader.number(path), path, len(batch)) for path in single}
    flat = 2j * np.pi * f.reshape(-1)
    partial = np.zeros((len(single), *batch, flat.size), dtype=complex)
    block = max(1, _BLOCK // (2 * math.prod(batch) * max(len(single), 1)))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for start in range(0, flat.size, block):
            part = slice(start, start + block)
            _add_slopes(cell, reader, values, flat[part], partial[..., part])
    place = {path: k for k, path in enumerate(single)}
    chosen = [[place[path] for path in key] for key in keys]
    if all(len(rows) == 1 for rows in chosen):
        summed = partial[[rows[0] for rows in chosen]]
    else:
        summed = np.stack([partial[rows].sum(axis=0) for rows in chosen])
    return np.moveaxis(summed, 0, -1).reshape((*batch, *f.shape, len(keys)))


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
        keys.append((key,) if plain else expand(cell, key))
        for path in keys[-1]:
            _check(cell, path, reader.get(path))
    return keys


def _check(cell: Cell, path: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        below = [known for known in cell.paths() if known.startswith(f"{path}.")]
        hint = f" Name one of its numbers: {', '.join(below)}." if below else " Set it first, with Cell.with_."
        raise InputError(f"{path} is {value!r}, not a number, so there is no derivative by it.{hint}")
    if not math.isfinite(value):
        raise InputError(
            f"{path} is {value:g}: there is no derivative by a number that is not finite. Set it to a large but finite "
            f"value first, with Cell.with_."
        )


def _aligned(value: Any, path: str, dimensions: int) -> NDArray[np.float64]:
    """Values of a parameter, the first axis of length 1, then those of the batch and that of the frequencies."""
    if isinstance(value, float):
        return np.full((1,) * (2 + dimensions), value)
    if not np.all(np.isfinite(value)):
        raise InputError(f"{path} is infinite in some parameter set: there is no derivative by it.")
    return np.reshape(value, (1,) * (2 + dimensions - np.ndim(value)) + np.shape(value))


# -- the local terms of Z ------------------------------------------------------------------------------------------
class _Listening(Reader):
    """Notes which paths are read through it."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader.cell)
        self._reader = reader
        self.heard: set[str] = set()

    def get(self, path: str) -> Any:
        return self._reader.get(path)

    def number(self, path: str) -> Any:
        self.heard.add(path)
        return self._reader.number(path)

    def property(self, path: str, T: Any) -> Any:
        self.heard.add(path)
        return self._reader.property(path, T)


class _Shifted(Reader):
    """Reads other values of some numbers than the reader on which it stands."""

    def __init__(self, reader: Reader, values: Mapping[str, Array]) -> None:
        super().__init__(reader.cell, lambda path, value: self.number(path))
        self._reader, self._values = reader, values
        self._laws = {path.rpartition(".")[0] for path in values}

    def get(self, path: str) -> Any:
        return self._reader.get(path)

    def number(self, path: str) -> Any:
        return self._values[path] if path in self._values else self._reader.number(path)

    def property(self, path: str, T: Any) -> Any:
        if path in self._values:
            return self._values[path]
        if path in self._laws or "temperature" in self._values:
            return super().property(path, T)
        return self._reader.property(path, T)


class _Term:
    """A summand of Z [ohm m2]: which paths it reads, and its value with what a reader says while all j are fixed."""

    def __init__(self, cell: Cell, reader: Reader, s: Array) -> None:
        self._cell, self._s = cell, s
        self._listening = _Listening(reader)

    def reads(self, path: str) -> bool:
        """Whether a path, or the law that it belongs to, was read."""
        heard = self._listening.heard
        return path in heard or path.rpartition(".")[0] in heard

    def value(self, reader: Reader) -> Array:
        """The summand, broadcast over what the reader returns."""
        raise NotImplementedError


class _Series(_Term):
    def __init__(self, cell: Cell, reader: Reader, s: Array) -> None:
        super().__init__(cell, reader, s)
        self.value(self._listening)

    def value(self, reader: Reader) -> Array:
        return reader.number("series_resistance")


class _Interface(_Term):
    """``z (1 - j)^2 + R_e j^2`` of interface k, the electrodes being the first and the last."""

    def __init__(self, cell: Cell, reader: Reader, s: Array, k: int) -> None:
        super().__init__(cell, reader, s)
        self._k = k
        self.link = self._element(self._listening)
        self.shares = Shares(0.0, 1.0)

    def _element(self, reader: Reader) -> Link | None:
        layers, k = self._cell.layers, self._k
        if k == 0:
            return electrode(self._cell, reader, "negative", layers[0], self._s)
        if k == len(layers):
            return electrode(self._cell, reader, "positive", layers[-1], self._s)
        return junction(self._cell, reader, layers[k - 1], layers[k], self._s)

    def value(self, reader: Reader) -> Array:
        link = self._element(reader)
        if link is None:
            return 0.0
        ions = _squared(link.ion_top, link.ion_bottom, self.shares.ions)
        return ions + _squared(link.electron_top, link.electron_bottom, self.shares.electrons)


class _Layer(_Term):
    """``L/sigma + Z_a (j_l - t)^2 + Z_b (j_l - j_r)^2 + Z_a (j_r - t)^2`` of layer k."""

    def __init__(self, cell: Cell, reader: Reader, s: Array, k: int, isolated: Array) -> None:
        super().__init__(cell, reader, s)
        self._k, self._isolated = k, isolated
        self.element = self._element(self._listening)
        self.division: Division | None = None

    def _element(self, reader: Reader) -> Ohmic | Mixed:
        layer = self._cell.layers[self._k]
        mixed = isinstance(layer.material, MixedConductor)
        potential = _potentials(self._cell, reader)[self._k] if mixed else None
        around = Surroundings(reader.temperature, potential, self._isolated)
        return layer_element(layer.material, reader, layer, reader.number("area"), around, self._s)

    def value(self, reader: Reader) -> Array:
        now, base, division = self._element(reader), self.element, self.division
        if not isinstance(now, Mixed) or not isinstance(base, Mixed) or division is None:
            return now.impedance
        # how far the transference number moves, without a difference of numbers close to 1
        moved = now.electrons * base.ions - now.ions * base.electrons
        left, right = division.left - moved, division.right - moved
        arms = now.arm * (left * left + right * right)
        return now.impedance + arms + now.passing / now.storage * (division.stored * division.stored)


def _squared(top: Array, bottom: Array, share: Array) -> Array:
    """``top/bottom share^2``, 0 where bottom is (and the share with it)."""
    if isinstance(bottom, float):
        return 0.0 if bottom == 0 else top / bottom * (share * share)
    return np.where(bottom == 0, 0.0, top / bottom * (share * share))


def _terms(cell: Cell, reader: Reader, s: Array) -> list[_Term]:
    """All summands of Z, with the division of the current that makes it stationary."""
    interfaces = [_Interface(cell, reader, s, k) for k in range(len(cell.layers) + 1)]
    links = [interface.link for interface in interfaces]
    layers = [_Layer(cell, reader, s, k, _isolated(*pair)) for k, pair in enumerate(pairwise(links))]
    divisions, shares = divide([layer.element for layer in layers], links)
    for interface, share in zip(interfaces, shares, strict=True):
        interface.shares = share
    for layer, division in zip(layers, divisions, strict=True):
        layer.division = division
    return [*interfaces, *layers, _Series(cell, reader, s)]


# -- their differences ---------------------------------------------------------------------------------------------
def _add_slopes(
    cell: Cell,
    reader: Reader,
    values: Mapping[str, NDArray[np.float64]],
    s: NDArray[np.complex128],
    partial: NDArray[np.complex128],
) -> None:
    """Add dZ/dp [ohm per unit of p] for every path of `values` to the rows of `partial`."""
    area = reader.number("area")
    terms = _terms(cell, reader, s)
    some_are_zero = {path for path, value in values.items() if not value.all()}
    for term in terms:
        read = [(row, path) for row, path in enumerate(values) if term.reads(path)]
        regular = [(row, path) for row, path in read if path not in some_are_zero]
        if regular:
            slopes = _central(term, reader, {path: values[path] for _, path in regular})
            partial[[row for row, _ in regular]] += slopes / area
        for row, path in read:
            if path in some_are_zero:
                partial[row] += _one_sided(term, reader, path, values[path]) / area
    if "area" in values:
        partial[list(values).index("area")] -= sum(term.value(reader) for term in terms) / area**2


def _central(term: _Term, reader: Reader, values: Mapping[str, NDArray[np.float64]]) -> Array:
    """Derivatives of a term by several parameters, of which none is 0: all values are evaluated together."""
    number = len(values)
    points: Any = list(values.values())
    if any(point.shape != points[0].shape for point in points):
        points = np.broadcast_arrays(*points)
    points = np.array(points)
    rows = points * _pattern(number, points.ndim)
    found = term.value(_Shifted(reader, dict(zip(values, rows, strict=True))))
    each = np.arange(number)
    return (found[number:] - found[:number]) / (rows[each, number + each] - rows[each, each])


@lru_cache(maxsize=64)
def _pattern(number: int, dimensions: int) -> NDArray[np.float64]:
    """Factors of every parameter (first axis) in every row: each of them a step down, then each a step up."""
    factors = np.ones((number, 2 * number))
    factors[range(number), range(number)] -= _STEP
    factors[range(number), range(number, 2 * number)] += _STEP
    return factors.reshape((number, 2 * number) + (1,) * (dimensions - 2))


def _one_sided(term: _Term, reader: Reader, path: str, value: NDArray[np.float64]) -> Array:
    """Derivative of a term at p = 0, by the best of many steps.

    Three neighbouring difference quotients are extrapolated to a step of 0. Their error is estimated by how much the
    result changes to the next step (truncation) and by the rounding of the quotients.
    """
    steps = np.where(value == 0, 1.0, np.abs(value)) * _LADDER.reshape((-1,) + (1,) * (value.ndim - 1))
    found = term.value(_Shifted(reader, {path: np.concatenate([value, value + steps])}))
    quotients = (found[1:] - found[0]) / steps
    ratio = _LADDER[1] / _LADDER[0]
    first, second = ratio**3, -ratio * (1 + ratio)
    limits = (first * quotients[:-2] + second * quotients[1:-1] + quotients[2:]) / (first + second + 1)
    doubt = np.abs(np.diff(limits, axis=0)) + np.finfo(float).eps * np.abs(found[0]) / steps[:-3]
    best = np.argmin(np.where(np.isnan(doubt), np.inf, doubt), axis=0)
    return np.take_along_axis(limits, best[np.newaxis], axis=0)[0]
