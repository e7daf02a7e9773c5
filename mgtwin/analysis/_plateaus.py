"""Closed form 6: the plateaus of V/i after a voltage step on a mixed conductor between ion-blocking electrodes.

What an experimenter gets for a transport number depends on the plateau that the first sample lies on; this module
knows the plateaus of a cell and says in words where a sample lies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgtwin.quantities import format_value

if TYPE_CHECKING:
    from mgtwin.cells import Cell

#: A resistance lies on a plateau if it is within this share of it.
ON_PLATEAU = 0.05


@dataclass(frozen=True)
class Plateaus:
    """Resistances V/i [ohm] of the three plateaus, and of the electronic contacts and leads.

    `shorted`: the double layers still pass the ions, ``R_inf + R_s``. `charged`: they are charged, the mixed conductor
    is not polarised yet, ``R_inf + R_c`` with ``R_c = R_e,left + R_e,right + R_s``. `steady`: electrons alone,
    ``R_eon + R_c``.
    """

    shorted: float
    charged: float
    steady: float
    contacts: float
    leads: float


def mixed_conductors(cell: Cell) -> list[int]:
    """Return the numbers of the layers that conduct electrons, too."""
    from mgtwin.cells import has_electrons

    return [k for k, layer in enumerate(cell.layers) if has_electrons(layer.material)]


def conductivities(cell: Cell, k: int) -> tuple[float, float]:
    """Return the ionic and the electronic conductivity [S/m] of mixed conductor number `k` at rest."""
    from mgtwin.cells import Reader
    from mgtwin.cells.effective import electronic_conductivity, ionic_conductivity
    from mgtwin.cells.rest import rest_potentials

    read, path, material = Reader(cell), f"layers.{cell.layers[k].name}.material", cell.layers[k].material
    ionic = ionic_conductivity(read, path, material, read.temperature)
    electronic = electronic_conductivity(read, path, material, read.temperature, rest_potentials(cell).layers[k])
    return float(ionic), float(electronic)


def true_transport_number(cell: Cell) -> float | None:
    """Return ``sigma_ion / (sigma_ion + sigma_eon)`` of the only mixed conductor of a cell, None if not exactly one."""
    mixed = mixed_conductors(cell)
    if len(mixed) != 1:
        return None
    ionic, electronic = conductivities(cell, mixed[0])
    return ionic / (ionic + electronic)


def plateaus(cell: Cell) -> Plateaus | None:
    """Return the plateaus of a cell, None unless it is one mixed conductor between two blocking electrodes."""
    from mgtwin.cells import Blocking

    if len(cell.layers) != 1 or len(mixed_conductors(cell)) != 1:
        return None
    if not (isinstance(cell.negative, Blocking) and isinstance(cell.positive, Blocking)):
        return None
    ionic, electronic = conductivities(cell, 0)
    layer, area = cell.layers[0], float(cell.area)
    geometric = float(layer.thickness) / float(layer.area or area)
    contacts = float(cell.negative.electronic_resistance + cell.positive.electronic_resistance) / area
    leads = float(cell.series_resistance) / area
    both = geometric / (ionic + electronic)
    alone = geometric / electronic if electronic > 0 else math.inf
    return Plateaus(both + leads, both + contacts + leads, alone + contacts + leads, contacts, leads)


def explain_initial(known: Plateaus, resistance: float, when: str) -> tuple[str, bool]:
    """Say on which plateau V/I_0 lies; the flag tells whether it is the one that the method assumes."""
    value = f"V/I_0 = {format_value(resistance, 'ohm')} at {when}"
    same = known.charged <= known.shorted * (1 + ON_PLATEAU)  # no contact resistance: the first two coincide
    if _on(resistance, known.charged) or (same and _on(resistance, known.shorted)):
        where = "the mixed conductor not polarised yet" if same else "double layers charged, not polarised yet"
        return f"{value} lies on the plateau R_inf + R_c = {format_value(known.charged, 'ohm')} ({where})", True
    if _on(resistance, known.shorted):
        return (
            f"{value} lies on the first plateau R_inf + R_s = {format_value(known.shorted, 'ohm')}: the double layers "
            "were still short for the ions, so the contact resistance does not show in I_0 but does in I_s",
            False,
        )
    if resistance < known.shorted:
        return (
            f"{value} is below the first plateau, R_inf + R_s = {format_value(known.shorted, 'ohm')}: sampled while "
            "the dielectric was still charging",
            False,
        )
    if resistance < known.charged:
        return (
            f"{value} lies between the plateaus {format_value(known.shorted, 'ohm')} (double layers still short) and "
            f"{format_value(known.charged, 'ohm')} (charged): sampled while the double layers were charging",
            False,
        )
    return (
        f"{value} lies above the plateau R_inf + R_c = {format_value(known.charged, 'ohm')}: sampled too late, part of "
        "the ionic current had already decayed",
        False,
    )


def _on(resistance: float, plateau: float) -> bool:
    return abs(resistance - plateau) <= ON_PLATEAU * plateau


def explain_contacts(known: Plateaus) -> str:
    """Say what contact and lead resistances do to the formula, ``""`` if they are negligible."""
    total = known.contacts + known.leads
    if total <= ON_PLATEAU * (known.charged - total):
        return ""
    value = 1 - known.charged / known.steady
    return (
        f"contact and lead resistance R_c = {format_value(total, 'ohm')} is in series with both currents: with "
        f"charged double layers the formula gives (R_eon - R_inf)/(R_eon + R_c) = {value:.3g}"
    )


def explain_final(known: Plateaus, resistance: float) -> str:
    """Say whether V/I_s has reached the electronic plateau, ``""`` if it has."""
    if _on(resistance, known.steady):
        return ""
    return (
        f"V/I_s = {format_value(resistance, 'ohm')} is not the steady R_eon + R_c = "
        f"{format_value(known.steady, 'ohm')}: not at steady state yet"
        if resistance < known.steady
        else f"V/I_s = {format_value(resistance, 'ohm')} is above R_eon + R_c = {format_value(known.steady, 'ohm')} of "
        "the cell at rest: its electronic conductivity changed with the polarisation"
    )
