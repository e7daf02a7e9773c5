r"""Derivatives of the mesh-free impedance with respect to any number of a cell.

Z is the stationary value, over the electronic fractions j of the current at all interfaces, of a sum of local terms
(:mod:`mgtwin.impedance.chain`). So fractions need not be differentiated:

.. math:: \frac{dZ}{dp} = \frac{\partial Z}{\partial p}\bigg|_j ,

only the terms of those layers and interfaces that read p. These are closed expressions, whose differences at fixed j
are good to 1e-11 of Z, at the cost of a few evaluations of one element per parameter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
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
    given = overrides or {}
    keys = parameters_of(cell, paths)
    reader, batch = reader_of(cell, given)
    concrete = {path: np.asarray(values, dtype=float) for key, values in given.items() for path in expand(cell, key)}
    single = tuple(dict.fromkeys(path for key in keys for path in key))
    points = {path: _point(reader, path, len(batch)) for path in single}
    flat = 2j * np.pi * f.reshape(-1)
    result = np.zeros((*batch, flat.size, len(keys)), dtype=complex)
    block = max(1, _BLOCK // (math.prod(batch) * _STEPS.size * max(len(single), 1)))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for start in range(0, flat.size, block):
            part = slice(start, start + block)
            partial = _Linearisation(cell, reader, concrete, flat[part]).partial(points)
            for k, key in enumerate(keys):
                for path in key:
                    result[..., part, k] += partial[path]
    return result.reshape((*batch, *f.shape, len(keys)))


def parameters_of(cell: Cell, paths: Sequence[Key]) -> list[tuple[str, ...]]:
    """Concrete paths of every key, all of them finite numbers.

    Raises
    ------
    UnknownNameError, InputError
        As for `exact_jacobian`.
    """
    if isinstance(paths, str) or not isinstance(paths, Sequence):
        raise InputError(f"paths must be a sequence of paths, not {paths!r}: write [{paths!r}].")
    keys = [expand(cell, key) for key in paths]
    for path in (path for key in keys for path in key):
        value = cell.get(path)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            below = [known for known in cell.paths() if known.startswith(f"{path}.")]
            hint = f" Name one of its numbers: {', '.join(below)}." if below else " Set it first, with Cell.with_."
            raise InputError(f"{path} is {value!r}, not a number, so there is no derivative by it.{hint}")
        if not math.isfinite(value):
            raise InputError(
                f"{path} is {value:g}: there is no derivative by a number that is not finite. Set it to a large but "
                f"finite value first, with Cell.with_."
            )
    return keys


@dataclass(frozen=True, slots=True)
class _Point:
    """Where to evaluate for one derivative: values of the parameter along a new first axis, and their differences."""

    values: NDArray[np.float64]
    slope: Callable[[Array], Array]


def _point(reader: Reader, path: str, dimensions: int) -> _Point:
    base = np.asarray(reader.number(path), dtype=float)
    if base.ndim:  # the axis of the frequencies is added again by `reader_of`
        base = base[..., 0]
    if not np.all(np.isfinite(base)):
        raise InputError(f"{path} is infinite in some parameter set: there is no derivative by it.")
    base = base.reshape((1,) * (1 + dimensions - base.ndim) + base.shape)
    scale = np.abs(base)
    column = (-1,) + (1,) * dimensions
    if np.any(scale == 0):
        scale = np.where(scale == 0, 1.0, scale)
        steps = np.append(0.0, _LADDER).reshape(column) * scale
        return _Point(base + steps, lambda terms: _extrapolated(terms, steps[..., np.newaxis]))
    width = (_RELATIVE_STEP * scale)[0, ..., np.newaxis]
    return _Point(
        base + _RELATIVE_STEP * scale * _STEPS.reshape(column),
        lambda terms: np.tensordot(_WEIGHTS, terms, axes=1) / width,
    )


def _extrapolated(terms: Array, steps: Array) -> Array:
    """Derivative at the first of `terms` from those at geometric distances `steps`, by the best of these.

    Three neighbouring difference quotients are extrapolated to distance 0. Their error is estimated by how much the
    result changes to the next distance (truncation) and by the rounding of the quotients.
    """
    quotients = (terms[1:] - terms[0]) / steps[1:]
    ratio = _LADDER[1] / _LADDER[0]
    first, second, third = ratio**3, -ratio * (1 + ratio), 1.0
    limits = (first * quotients[:-2] + second * quotients[1:-1] + third * quotients[2:]) / (first + second + third)
    rounding = np.finfo(float).eps * np.abs(terms[0]) / steps[1:-3]
    doubt = np.abs(np.diff(limits, axis=0)) + rounding
    best = np.argmin(np.where(np.isnan(doubt), np.inf, doubt), axis=0)
    return np.take_along_axis(limits, best[np.newaxis], axis=0)[0]


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

    def reads(self, path: str) -> bool:
        """Whether a path, or the law that it belongs to, was read."""
        return path in self.heard or any(path.startswith(f"{law}.") for law in self.heard)


@dataclass(frozen=True, slots=True)
class _Term:
    """A local term of Z: which paths it read, and its value [ohm m2] with what a reader says, all j being fixed."""

    reads: Callable[[str], bool]
    value: Callable[[Reader], Array]


class _Linearisation:
    """The terms of the impedance of one cell at some s, with the division of the current that makes Z stationary."""

    def __init__(self, cell: Cell, reader: Reader, overrides: dict[str, NDArray[np.float64]], s: Array) -> None:
        self._cell, self._reader, self._overrides, self._s = cell, reader, overrides, s
        layers = cell.layers
        links: list[Link | None] = []
        readers = [_Listening(reader) for _ in range(2 * len(layers) + 2)]
        for k in range(len(layers) + 1):
            links.append(self._link(k, readers[k]))
        isolated = [_isolated(left, right) for left, right in pairwise(links)]
        elements = [self._layer(k, readers[len(layers) + 1 + k], isolated[k]) for k in range(len(layers))]
        divisions, shares = divide(elements, links)
        readers[-1].number("series_resistance")
        self._terms = [_Term(readers[k].reads, self._of_link(k, share)) for k, share in enumerate(shares)]
        self._terms += [
            _Term(readers[len(layers) + 1 + k].reads, self._of_layer(k, element, isolated[k], divisions[k]))
            for k, element in enumerate(elements)
        ]
        self._terms.append(_Term(readers[-1].reads, lambda read: read.number("series_resistance")))

    def partial(self, points: dict[str, _Point]) -> dict[str, Array]:
        """dZ/dp [ohm per unit of p] for every path."""
        area = self._reader.number("area")
        result: dict[str, Array] = dict.fromkeys(points, 0.0)
        for term in self._terms:
            mine = [path for path in points if term.reads(path)]
            for path, slope in zip(mine, self._slopes(term, mine, points), strict=True):
                result[path] = result[path] + slope / area
        if "area" in points:
            total = sum(term.value(self._reader) for term in self._terms)
            result["area"] = result["area"] - total / area**2
        return result

    def _slopes(self, term: _Term, paths: list[str], points: dict[str, _Point]) -> Iterable[Array]:
        """Derivatives of one term by several parameters, all of whose values are evaluated together."""
        if not paths:
            return []
        edges = np.cumsum([0, *(len(points[path].values) for path in paths)])
        values: dict[Key, ArrayLike] = {path: value for path, value in self._overrides.items() if path not in paths}
        for path, start, stop in zip(paths, edges, edges[1:], strict=False):
            inside = points[path].values
            column = np.empty((edges[-1], *inside.shape[1:]))
            column[:] = _base(self._reader, path, inside.ndim - 1)
            column[start:stop] = inside
            values[path] = column
        reader, shape = reader_of(self._cell, values)
        terms = np.broadcast_to(term.value(reader), (*shape, self._s.size))
        return [points[path].slope(terms[start:stop]) for path, start, stop in zip(paths, edges, edges[1:], strict=False)]

    # -- the terms -------------------------------------------------------------------------------------------------
    def _link(self, k: int, reader: Reader) -> Link | None:
        """Interface k, the electrodes being the first and the last."""
        layers = self._cell.layers
        if k == 0:
            return electrode(self._cell, reader, "negative", layers[0], self._s)
        if k == len(layers):
            return electrode(self._cell, reader, "positive", layers[-1], self._s)
        return junction(self._cell, reader, layers[k - 1], layers[k], self._s)

    def _layer(self, k: int, reader: Reader, isolated: Array) -> Ohmic | Mixed:
        layer = self._cell.layers[k]
        potential = _potentials(self._cell, reader)[k] if isinstance(layer.material, MixedConductor) else None
        around = Surroundings(reader.temperature, potential, isolated)
        return layer_element(layer.material, reader, layer, reader.number("area"), around, self._s)

    def _of_link(self, k: int, share: Shares) -> Callable[[Reader], Array]:
        """``z (1 - j)^2 + R_e j^2``; a blocked carrier carries nothing."""

        def value(reader: Reader) -> Array:
            link = self._link(k, reader)
            if link is None:
                return 0.0
            ions = _squared(link.ion_top, link.ion_bottom, share.ions)
            return ions + _squared(link.electron_top, link.electron_bottom, share.electrons)

        return value

    def _of_layer(
        self, k: int, element: Ohmic | Mixed, isolated: Array, division: Division | None
    ) -> Callable[[Reader], Array]:
        """``L/sigma + Z_a (j_l - t)^2 + Z_b (j_l - j_r)^2 + Z_a (j_r - t)^2``."""

        def value(reader: Reader) -> Array:
            changed = self._layer(k, reader, isolated)
            if not isinstance(changed, Mixed):
                return changed.impedance
            assert isinstance(element, Mixed) and division is not None
            # how far the transference number moves, without a difference of numbers close to 1
            moved = changed.electrons * element.ions - changed.ions * element.electrons
            left, right = division.left - moved, division.right - moved
            arms = changed.arm * (left * left + right * right)
            return changed.impedance + arms + changed.passing / changed.storage * (division.stored * division.stored)

        return value


def _squared(top: Array, bottom: Array, share: Array) -> Array:
    """``top/bottom share^2``, 0 where bottom is (and the share with it)."""
    if isinstance(bottom, float):
        return 0.0 if bottom == 0 else top / bottom * (share * share)
    return np.where(bottom == 0, 0.0, top / bottom * (share * share))


def _base(reader: Reader, path: str, dimensions: int) -> NDArray[np.float64]:
    """The value of a parameter over the batch."""
    base = np.asarray(reader.number(path), dtype=float)
    return base if base.ndim == 0 else base[..., 0]
