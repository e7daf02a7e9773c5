"""Where the samples of a polarisation lie between the plateaus that the cell has (theory.md §6, form 6).

What an experimenter gets for a transport number depends on the plateau that the first sample lies on. The plateaus are
limits of the cell's own impedance (`mgtwin.impedance.limits`); this module says in words where a sample lies.
"""

from __future__ import annotations

from mgtwin.cells import Cell, has_electrons
from mgtwin.cells.carriers import Carrier
from mgtwin.cells.questions import passes, transport_number
from mgtwin.errors import InputError
from mgtwin.impedance.limits import PlateauResistances
from mgtwin.impedance.limits import plateaus as of_model
from mgtwin.quantities import format_value

__all__ = [
    "check_electrons_alone",
    "explain_contacts",
    "explain_final",
    "explain_initial",
    "mixed_conductors",
    "plateaus",
    "true_transport_number",
]

#: A resistance lies on a plateau if it is within this share of it.
ON_PLATEAU = 0.05


def mixed_conductors(cell: Cell) -> list[str]:
    """Return the names of the layers that conduct electrons, too."""
    return [layer.name for layer in cell.layers if has_electrons(layer.material)]


def true_transport_number(cell: Cell) -> float | None:
    """Return ``sigma_ion / (sigma_ion + sigma_eon)`` of the only mixed conductor of a cell, None if not exactly one."""
    mixed = mixed_conductors(cell)
    return transport_number(cell, mixed[0]) if len(mixed) == 1 else None


def check_electrons_alone(cell: Cell | None, needed_by: str) -> None:
    """Refuse a cell through which ions pass: its steady current is not that of the electrons. None is not known.

    Raises
    ------
    InputError
    """
    if cell is not None and cell.shunt is not None:
        raise InputError(
            f"{needed_by}: {cell.name} has a shunt beside its layers, whose current is a part of the steady one. "
            f"Measure without it, or subtract its current, and give the cell shunt=None."
        )
    if cell is not None and passes(cell, Carrier.IONS):
        raise InputError(
            f"{needed_by}: both electrodes of {cell.name} pass the ion, so the steady current is not that of the "
            f"electrons alone. Polarise between electrodes of which one blocks the ions (mt.Blocking)."
        )


def plateaus(cell: Cell) -> PlateauResistances | None:
    """Return the plateaus of a cell, None where no electrons get through it or only the mesh knows a layer."""
    if not passes(cell, Carrier.ELECTRONS):
        return None
    try:
        return of_model(cell)
    except InputError:
        return None


def explain_initial(known: PlateauResistances, resistance: float, when: str) -> tuple[str, bool]:
    """Say on which plateau V/I_0 lies; the flag tells whether it is the one that the method assumes."""
    value = f"V/I_0 = {format_value(resistance, 'ohm')} at {when}"
    first, second = format_value(known.shorted, "ohm"), format_value(known.charged, "ohm")
    same = known.charged <= known.shorted * (1 + ON_PLATEAU)  # no contact resistance: the first two coincide
    if _on(resistance, known.charged) or (same and _on(resistance, known.shorted)):
        where = "the mixed conductor not polarised yet" if same else "double layers charged, not polarised yet"
        return f"{value} lies on the plateau R_inf + R_c = {second} ({where})", True
    if _on(resistance, known.shorted):
        return (
            f"{value} lies on the first plateau R_inf + R_s = {first}: the double layers were still short for the "
            "ions, so the contact resistance does not show in I_0 but does in I_s",
            False,
        )
    if resistance < known.shorted:
        return (
            f"{value} is below the first plateau, R_inf + R_s = {first}: sampled while the dielectric was still "
            "charging",
            False,
        )
    if resistance < known.charged:
        return (
            f"{value} lies between the plateaus {first} (double layers still short) and {second} (charged): sampled "
            "while the double layers were charging",
            False,
        )
    return (
        f"{value} lies above the plateau R_inf + R_c = {second}: sampled too late, part of the ionic current had "
        "already decayed",
        False,
    )


def _on(resistance: float, plateau: float) -> bool:
    return abs(resistance - plateau) <= ON_PLATEAU * plateau


def explain_contacts(known: PlateauResistances) -> str:
    """Say what contact and lead resistances do to the formula, ``""`` if they are negligible."""
    total = known.charged - known.bulk
    if total <= ON_PLATEAU * known.bulk:
        return ""
    value = 1 - known.charged / known.steady
    return (
        f"contact and lead resistance R_c = {format_value(total, 'ohm')} is in series with both currents: with "
        f"charged double layers the formula gives (R_eon - R_inf)/(R_eon + R_c) = {value:.3g}"
    )


def explain_final(cell: Cell, known: PlateauResistances, resistance: float) -> str:
    """Say whether V/I_s has reached the electronic plateau, ``""`` if it has."""
    if _on(resistance, known.steady):
        return ""
    found, steady = format_value(resistance, "ohm"), format_value(known.steady, "ohm")
    if resistance < known.steady and not any(layer.material.depends_on_potential for layer in cell.layers):
        return f"V/I_s = {found} is not the steady R_eon + R_c = {steady}: not at steady state yet"
    if resistance < known.steady:
        return (
            f"V/I_s = {found} is below the steady R_eon + R_c = {steady} of the cell at rest: not at steady state yet, "
            "or its electronic conductivity changed with the polarisation"
        )
    why = (
        "its electronic conductivity changed with the polarisation"
        if any(layer.material.depends_on_potential for layer in cell.layers)
        else "which nothing in this cell explains, so its numbers are not those of what was measured"
    )
    return f"V/I_s = {found} is above R_eon + R_c = {steady} of the cell at rest: {why}"
