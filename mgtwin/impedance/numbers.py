"""The numbers that the elements of the chain are made of, checked as they are read: all parameter sets at once."""

from __future__ import annotations

import numpy as np

from ..cells.cell import Cell, Layer
from ..cells.reader import Reader
from ..cells.rest import rest_potentials
from ..errors import InputError
from ..kinds.carriers import has_electrons
from ..kinds.numbers import Number
from ..kinds.own import Own
from .links import Array

__all__ = ["geometry", "potentials_at_rest", "require", "with_boundaries"]


def require(value: Array, path: str, *, zero: bool = False) -> Array:
    """Return a number if it is positive (or zero, where allowed), however many parameter sets it has."""
    # asked this way round, and not for what is wrong, a nan is refused, too: every comparison with it is false
    allowed = value >= 0 if zero else value > 0
    if allowed if isinstance(allowed, bool) else np.all(allowed):
        return value
    worst = np.nanmin(value) if not np.all(np.isnan(value)) else np.nan
    raise InputError(f"{path} must be {'at least' if zero else 'greater than'} 0, but {worst:g} was given.")


def geometry(reader: Reader, layer: Layer, area: Array) -> tuple[Array, Array]:
    """Thickness [m] of a layer and its area over the electrode's."""
    path = f"layers.{layer.name}"
    thickness = require(reader.number(f"{path}.thickness"), f"{path}.thickness")
    if layer.area is None:
        return thickness, 1.0
    return thickness, require(reader.number(f"{path}.area"), f"{path}.area") / area


def with_boundaries(own: Own, ionic: Array) -> Array:
    """Ionic conductivity with the boundaries' resistance in it, ``1/sigma_eff = 1/sigma_ion + R_gb/d`` (§2.3)."""
    resistance = require(own.property("resistance"), own.place("resistance"), zero=True)
    return ionic / (1 + ionic * resistance / require(own.number("grain_size"), own.place("grain_size")))


def potentials_at_rest(cell: Cell, reader: Reader) -> tuple[Number, ...]:
    """Rest potentials of all layers [V]; 0 where no conductivity of the cell depends on them.

    A cell with an electrode of another equilibrium than the metal's is asked in any case, for it may have no rest.
    """
    foreign = any(electrode.reacts and not electrode.metal for electrode in (cell.negative, cell.positive))
    if foreign or any(has_electrons(layer.material) and layer.material.depends_on_potential for layer in cell.layers):
        return rest_potentials(cell, reader).layers
    return (0.0,) * len(cell.layers)
