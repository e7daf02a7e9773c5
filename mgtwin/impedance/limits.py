r"""Limits of the impedance of a cell at rest: direct current, and the plateaus of a polarisation (theory.md §6).

The cell's own elements of the chain with storages at 0 or :math:`\infty`, in their true limit forms:

* a chemical capacitance :math:`\to\infty` (salt included) holds E where it is, so that nothing ties the currents at
  the two faces of a layer to each other: it is :math:`L/\sigma`, and ions and electrons pass every interface side by
  side;
* a double layer :math:`\to\infty` is a short circuit of what it spans, and leaves the constriction behind it;
* storages of 0 leave the impedance at s = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..cells.cell import Cell
from ..cells.questions import constriction, faces
from ..errors import InputError
from ..kinds.carriers import Carrier
from .exact import elements_of, exact_laplace
from .links import real_number
from .parameters import reader_of

__all__ = ["PlateauResistances", "dc_resistance", "plateaus"]


@dataclass(frozen=True)
class PlateauResistances:
    r"""Resistances V/i [ohm] on the plateaus of a polarisation, leads included.

    Attributes
    ----------
    shorted : float
        The double layers still pass the ions, and no layer is polarised yet.
    charged : float
        The double layers are charged, no layer is polarised yet.
    steady : float
        To direct current.
    bulk : float
        Part of the first two that is in the layers, :math:`\sum L/\sigma`; the rest are contacts and leads.
    """

    shorted: float
    charged: float
    steady: float
    bulk: float


def dc_resistance(cell: Cell) -> float:
    """Return the resistance of a cell to a small direct current [ohm], inf where none passes.

    Raises
    ------
    InputError
        For a layer that only the mesh knows (a graded mixture, salt in pores beside electrons).

    Examples
    --------
    >>> import mgtwin as mt
    >>> dc_resistance(mt.cell("au_mofsse_au"))
    inf
    """
    return float(exact_laplace(cell, 0).real)


def plateaus(cell: Cell) -> PlateauResistances:
    """Return the resistances that a step of voltage on a cell at rest shows one after the other.

    Raises
    ------
    InputError
        As `dc_resistance`; for a cell with a shunt, whose plateaus say nothing of its layers.

    Examples
    --------
    >>> import mgtwin as mt
    >>> gold = mt.Blocking("10 uF/cm^2", electronic_resistance="50 ohm*cm^2")
    >>> mixed = mt.MixedConductor("0.5 mS/cm", "0.1 mS/cm", "1 F/cm^3")
    >>> found = plateaus(mt.Cell("au_au", gold, [mt.Layer("mixed", mixed, "1 mm")], gold))
    >>> round(found.shorted, 2), round(found.charged, 2), round(found.steady, 2)
    (166.67, 266.67, 1100.0)
    """
    if cell.shunt is not None:
        raise InputError(f"{cell.name} has a shunt beside its layers: ask for the plateaus without it, shunt=None.")
    reader, _ = reader_of(cell, {})
    with np.errstate(divide="ignore", invalid="ignore"):
        # s = 0 opens all capacitors, which is what a charged double layer is; and L/sigma alone, without the arms of
        # the T network, is what a layer shows as long as its composition has not moved
        layers, links = elements_of(cell, reader, np.zeros(1, dtype=complex))
        bulk = sum(real_number(layer.impedance) for layer in layers)
        charged = sum(link.side_by_side() for link in links)
        storages = [
            cell.negative.double_layer,
            *(cell.interfaces[key].capacitance if key in cell.interfaces else None for key in faces(cell)[1:-1]),
            cell.positive.double_layer,
        ]
        # an endless double layer shorts what lies beside it but not the
        # constriction, through which it is charged itself
        shorted = sum(
            link.side_by_side(None if storage is None else real_number(constriction(cell, face, Carrier.IONS, reader)))
            for face, link, storage in zip(faces(cell), links, storages, strict=True)
        )
    area, leads = float(cell.area), float(cell.series_resistance)
    return PlateauResistances(
        (bulk + shorted + leads) / area, (bulk + charged + leads) / area, dc_resistance(cell), bulk / area
    )
