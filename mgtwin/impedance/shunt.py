r"""A shunt beside a stack or a part of it, in closed form.

With the impedance z [ohm m2] of what it passes by and its conductance G the share :math:`1/(1 + Gz)` of a current goes
through that, and

.. math:: z_G = \frac{z}{1 + Gz}, \qquad
          \frac{\partial z_G}{\partial p} = \frac{1}{(1 + Gz)^2}\frac{\partial z}{\partial p}
          - z_G^2\,\frac{\partial G}{\partial p} .

Where it ends between two layers only the ion crosses, so that a part is a stack of its own and stands as one ionic
conductor in the whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..cells.cell import Cell
from ..cells.questions import faces
from ..cells.reader import Reader
from ..errors import InputError
from ..kinds.numbers import is_zero
from .chain import Layer, Ohmic, stack_impedance
from .links import Array, Interface, Link

__all__ = ["conductance", "passed_by", "shunted", "shunted_stack", "through_layers"]

#: What the end of a filament is to the ionic conductor on which it lies: no resistance to ions, and no electrons.
_END = Link(0.0, 1.0, 1.0, 0.0)


def conductance(reader: Reader) -> Array:
    """G [S/m2], the plain number 0 where there is no shunt."""
    return 0.0 if reader.cell.shunt is None else reader.property("shunt.conductance", reader.temperature)


def through_layers(z: Array, G: Array) -> Array:
    """Share of the current that goes through layers of impedance z [ohm m2], 0 where nothing can."""
    if is_zero(G):
        return 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.isfinite(z), 1 / (1 + G * np.where(np.isfinite(z), z, 0.0)), 0.0)


def shunted(z: Array, G: Array) -> Array:
    """Impedance [ohm m2] of layers and the shunt beside them."""
    if is_zero(G):
        return z
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.isfinite(z), np.where(np.isfinite(z), z, 0.0) * through_layers(z, G), 1 / G)


def passed_by(cell: Cell, links: Sequence[Interface]) -> tuple[range, range]:
    """Numbers of the layers and of the interfaces that the shunt of a cell passes by, all where it has none.

    Raises
    ------
    InputError
        Where electrons cross an interface at which it ends.
    """
    if cell.shunt is None:
        return range(len(cell.layers)), range(len(links))
    elements = range(2 * len(links) - 1)[cell.shunt.elements([layer.name for layer in cell.layers])]
    interfaces, layers = (
        range((elements.start + 1) // 2, (elements.stop + 1) // 2),
        range(elements.start // 2, elements.stop // 2),
    )
    for k in {layers.start, layers.stop} - set(interfaces):
        if links[k].free or not links[k].insulating:
            raise InputError(cell.shunt.open_end(faces(cell)[k]))
    return layers, interfaces


def shunted_stack(
    cell: Cell, reader: Reader, layers: Sequence[Layer], links: Sequence[Interface], *, static: bool = False
) -> tuple[Array, Array]:
    """Impedance [ohm m2] of all layers with the shunt, and the share of the current that it leaves where it is.

    Parameters as for `stack_impedance`.
    """
    G = conductance(reader)
    if is_zero(G):
        return stack_impedance(layers, links, static=static), 1.0
    inner, across = passed_by(cell, links)
    first, last = inner.start, inner.stop
    # as seen from within and from without, each end is that of a stack: an electrode or the end of the filament
    within = [links[0] if first in across else _END, *links[first + 1 : last], links[-1] if last in across else _END]
    part = stack_impedance(layers[first:last], within, static=static)
    around = [
        *(links[: first + 1] if first not in across else [_END]),
        *(links[last:] if last not in across else [_END]),
    ]
    whole = [*layers[:first], Ohmic(shunted(part, G)), *layers[last:]]
    return stack_impedance(whole, around, static=static), through_layers(part, G)
