"""Impedance of a stack at rest with uniform layers, solved in closed form per layer: no mesh, no PyBaMM."""

from __future__ import annotations

import math
from collections.abc import Collection
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..cells.cell import Cell
from ..cells.reader import Reader
from ..errors import InputError
from .chain import Layer
from .elements import Surroundings, layer_element
from .fixture import fixture_numbers, measured
from .interfaces import electrode, junction
from .links import Array, Interface, isolated
from .numbers import potentials_at_rest
from .parameters import Overrides, reader_of
from .shunt import shunted_stack

__all__ = ["elements_of", "exact", "exact_laplace"]

#: Complex numbers per intermediate array.
_BLOCK = 8192


def exact(cell: Cell, frequencies: ArrayLike, overrides: Overrides | None = None) -> NDArray[np.complex128]:
    r"""Return the impedance of a cell at rest, exact for any stack of uniform layers.

    Within every mixed conductor equations (2.1)-(2.3) of theory.md have the solution
    :math:`E = A e^{-\kappa x} + B e^{-\kappa(L-x)}`, :math:`\kappa^2 = s c_{chem}/\sigma_{amb}`, with
    :math:`\sigma_{ion} + s\varepsilon_0\varepsilon_r` in place of :math:`\sigma_{ion}` where a permittivity is given.
    Layers and interfaces are then joined by a chain of divisions that cannot cancel
    (:mod:`mgtwin.impedance.chain`), which holds from 1e-9 to 1e9 Hz whatever the ratio of the conductivities.

    Parameters
    ----------
    cell : Cell
    frequencies : array_like
        [Hz], positive; any shape.
    overrides : mapping, optional
        Dotted path (or tuple of paths, or wildcard) to values in SI units, replacing the cell's. The values' shapes
        must broadcast with each other: together they are the batch of parameter sets. Resistances may be inf.

    Returns
    -------
    ndarray of complex
        Z = dV/dI [ohm] in the laboratory's sign (passive: Re Z >= 0), shape ``batch + frequencies.shape``; infinite
        where a parameter set lets no current pass.

    Raises
    ------
    UnknownNameError
        If an override names no number of the cell.
    InputError
        If a frequency or a value is out of range, or an interface blocks both carriers at every frequency.

    Examples
    --------
    >>> import mgtwin as mt, numpy as np
    >>> cell = mt.cell("trilayer")
    >>> exact(cell, np.logspace(6, -1, 100)).shape
    (100,)
    >>> thickness = np.linspace(0.2e-3, 0.8e-3, 1000)
    >>> exact(cell, np.logspace(6, -1, 100), {"layers.antiperovskite.thickness": thickness}).shape
    (1000, 100)
    """
    f = np.asarray(frequencies, dtype=float)
    if not ((f > 0) & (f < np.inf)).all():
        raise InputError("Frequencies must be positive and finite [Hz]; for the limit at 0 use exact_laplace(cell, 0).")
    # the masks for 0/0 at s = 0 cost time in every step of the chain, and no spectrum needs them
    return _impedance(cell, 2j * np.pi * f, overrides, static=False)


def exact_laplace(cell: Cell, s: ArrayLike, overrides: Overrides | None = None) -> NDArray[np.complex128]:
    """Return the impedance of a cell at rest as a function of the Laplace variable.

    Parameters
    ----------
    cell : Cell
    s : array_like of complex
        [1/s], any shape. All singularities lie on the negative real axis: anywhere else is allowed. The accuracy is
        that of `exact` for Re s >= 0 and falls off slowly towards the axis. 0 gives the resistance to direct current.
    overrides : mapping, optional
        As for `exact`.

    Returns
    -------
    ndarray of complex
        Z(s) [ohm], shape ``batch + s.shape``; infinite where no current passes.

    Raises
    ------
    UnknownNameError, InputError
        As for `exact`.

    Examples
    --------
    >>> import mgtwin as mt
    >>> resistance = exact_laplace(mt.cell("trilayer"), 0).real
    """
    variable = np.asarray(s, dtype=complex)
    if not np.all(np.isfinite(variable)) or np.any((variable.imag == 0) & (variable.real < 0)):
        raise InputError("The Laplace variable must be finite and not on the negative real axis, where Z(s) has poles.")
    return _impedance(cell, variable, overrides, static=bool(np.any(variable == 0)))


def _impedance(
    cell: Cell, s: NDArray[np.complex128], overrides: Overrides | None, *, static: bool
) -> NDArray[np.complex128]:
    """Z [ohm]; `static` if some s is 0."""
    reader, batch = reader_of(cell, overrides or {})
    flat = s.reshape(-1)
    result = np.empty((*batch, flat.size), dtype=complex)
    # Blocks of frequencies keep the intermediate arrays of a large batch within the processor's cache.
    block = max(1, _BLOCK // math.prod(batch))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # infinite impedances are set below
        for start in range(0, flat.size, block):
            result[..., start : start + block] = stack_at(cell, reader, flat[start : start + block], static)
    # a blocked stack arrives as inf, nan or a mixture in both parts, as complex division has it: one infinity for all
    finite = np.isfinite(result)
    if not finite.all():
        result[~finite] = np.inf
    return result.reshape((*batch, *s.shape))


def stack_at(cell: Cell, reader: Reader, s: NDArray[np.complex128], static: bool) -> Array:
    """Impedance [ohm] of all elements in series, as it is measured through the fixture."""
    stack, _ = shunted_stack(cell, reader, *elements_of(cell, reader, s), static=static)
    alone = (stack + reader.number("series_resistance")) / reader.number("area")
    return measured(alone, s, *fixture_numbers(reader))


def elements_of(
    cell: Cell, reader: Reader, s: NDArray[np.complex128], dielectric: Collection[str] | None = None
) -> tuple[list[Layer], list[Interface]]:
    """The layers and the interfaces of a cell as elements of the chain, at Laplace variables s [1/s].

    `dielectric` are the names of the layers that store dielectric charge, all by default.
    """
    area = reader.number("area")
    layers = cell.layers
    # interfaces first: whether both of a layer block electrons decides where its
    # grain boundaries stand (theory.md §2.3)
    links: list[Interface] = [electrode(cell, reader, "negative", layers[0], s)]
    links += [junction(cell, reader, left, right, s) for left, right in pairwise(layers)]
    links.append(electrode(cell, reader, "positive", layers[-1], s))
    potentials = potentials_at_rest(cell, reader)

    def stores(name: str) -> bool:
        return dielectric is None or name in dielectric

    elements = [
        layer_element(
            layer.material,
            reader,
            layer,
            area,
            Surroundings(reader.temperature, potentials[k], isolated(links[k], links[k + 1]), stores(layer.name)),
            s,
        )
        for k, layer in enumerate(layers)
    ]
    return elements, links
