"""From the numbers of a cell to the layers of the chain.

Every function takes the Laplace variable s [1/s] and returns quantities per electrode area. A new kind of material
registers itself with `layer_element`, a new kind of capacitor with `admittance`; nothing else needs to change.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from ..cells.capacitors import CPE
from ..cells.cell import Layer
from ..cells.effective import (
    chemical_capacitance,
    electronic_conductivity,
    permittivity,
)
from ..cells.materials import GrainBoundary, IonConductor, MixedConductor
from ..cells.mixtures import Mixture
from ..cells.reader import Reader
from ..errors import InputError
from .chain import Array, Mixed, Ohmic
from .interfaces import stored
from .numbers import geometry, ion_conductivity, require, with_boundaries

__all__ = ["VACUUM_PERMITTIVITY", "Surroundings", "layer_element"]

VACUUM_PERMITTIVITY = 8.8541878128e-12


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a layer needs to know beyond its material.

    Attributes
    ----------
    temperature : Array
        [K]
    potential : Array or None
        Local electrode potential at rest [V]; None where no property depends on it.
    isolated : bool or ndarray
        Whether electrons are blocked at both faces.
    """

    temperature: Array
    potential: Array
    isolated: Array


@singledispatch
def layer_element(
    material: Any, reader: Reader, layer: Layer, area: Array, around: Surroundings, s: Array
) -> Ohmic | Mixed:
    """Element of the chain for a layer.

    Parameters
    ----------
    material : IonConductor, MixedConductor or BinaryElectrolyte
        The layer's material; its type decides the equations.
    reader : Reader
    layer : Layer
    area : float or ndarray
        Electrode area [m2], to which all results refer.
    around : Surroundings
    s : ndarray
        Laplace variable [1/s].

    Raises
    ------
    InputError
        If no equations are known for that type, or a number is out of its range.
    """
    raise InputError(
        f"layers.{layer.name}.material is a {type(material).__name__}, for which the mesh-free impedance has no "
        f"equations. It knows IonConductor, MixedConductor, BinaryElectrolyte, Composite and Porous."
    )


@layer_element.register(IonConductor)
def _ion_conductor(
    material: IonConductor | Mixture, reader: Reader, layer: Layer, area: Array, around: Surroundings, s: Array
) -> Ohmic:
    path = f"layers.{layer.name}"
    thickness, ratio = geometry(reader, layer, area)
    sigma = ion_conductivity(reader, f"{path}.material", material, around.temperature)
    impedance = thickness / _with_dielectric(reader, material, path, sigma, s)
    if material.grain_boundary is not None:
        impedance = impedance + _boundaries(reader, material.grain_boundary, path, thickness, s)
    return Ohmic(impedance / ratio)


@layer_element.register(MixedConductor)
def _mixed_conductor(
    material: MixedConductor | Mixture, reader: Reader, layer: Layer, area: Array, around: Surroundings, s: Array
) -> Mixed:
    path = f"layers.{layer.name}"
    where = f"{path}.material"
    thickness, ratio = geometry(reader, layer, area)
    T, potential = around.temperature, around.potential
    ionic = ion_conductivity(reader, where, material, T)
    in_series: Array = 0.0
    if material.grain_boundary is not None:
        in_series, ionic = _on_ionic_rail(reader, material.grain_boundary, path, thickness, ionic, around.isolated, s)
    ionic = _with_dielectric(reader, material, path, ionic, s)
    electronic = electronic_conductivity(reader, where, material, T, potential)
    require(electronic, f"{where}.electronic_conductivity")
    storage = chemical_capacitance(reader, where, material, T, potential)
    require(storage, f"{where}.chemical_capacitance")

    total = ionic + electronic
    ambipolar = thickness * total / (ionic * electronic)  # L/sigma_amb
    shunt = (storage * thickness) * s
    arm, passing = _half_and_whole(shunt * ambipolar)
    return Mixed(
        electrons=electronic / total,
        ions=ionic / total,
        impedance=(thickness / total + in_series) / ratio,
        arm=arm * (ambipolar / ratio),
        passing=passing,
        storage=shunt * ratio,
    )


def _with_dielectric(reader: Reader, material: Any, path: str, ionic: Array, s: Array) -> Array:
    r"""Ionic conductivity plus displacement, :math:`\sigma_{ion} + s\varepsilon_0\varepsilon_r`.

    This is the local form of theory.md §2.4, displacement wherever the ionic potential has a gradient. Unlike one
    lumped capacitor per layer it does not change when a layer is cut in two.
    """
    name = f"{path}.material.relative_permittivity"
    found = permittivity(reader, f"{path}.material", material)
    if found is None:
        return ionic
    if isinstance(found, CPE):
        return ionic + stored(found, reader, name, s)
    return ionic + s * (VACUUM_PERMITTIVITY * require(found, name))


def _on_ionic_rail(
    reader: Reader, boundary: GrainBoundary, path: str, thickness: Array, ionic: Array, isolated: Array, s: Array
) -> tuple[Array, Array]:
    """Grain boundaries of a mixed conductor: what they add in series and the ionic conductivity that remains.

    In series where electrons are blocked at both faces, else folded into the conductivity (theory.md §2.3).
    """
    if isolated is True:
        return _boundaries(reader, boundary, path, thickness, s), ionic
    folded = with_boundaries(reader, f"{path}.material.grain_boundary", ionic)
    if isolated is False:
        return 0.0, folded
    in_series = _boundaries(reader, boundary, path, thickness, s)
    return np.where(isolated, in_series, 0.0), np.where(isolated, ionic, folded)


def _boundaries(reader: Reader, boundary: GrainBoundary, path: str, thickness: Array, s: Array) -> Array:
    """Impedance [ohm m2] of all grain boundaries in series, ``n R/(1 + s R C)`` with n = L/d."""
    where = f"{path}.material.grain_boundary"
    resistance = require(reader.property(f"{where}.resistance", reader.temperature), f"{where}.resistance", zero=True)
    grain = require(reader.number(f"{where}.grain_size"), f"{where}.grain_size")
    number = thickness / grain
    if boundary.capacitance is None:
        return number * resistance
    capacitance = require(reader.number(f"{where}.capacitance"), f"{where}.capacitance", zero=True)
    return number * resistance / (1 + s * (resistance * capacitance))


def _half_and_whole(square: Array) -> tuple[Array, Array]:
    """``tanh(x/2)/x`` and ``x/sinh(x)`` for x = sqrt(square), Re x >= 0, from decaying exponentials only."""
    x = np.sqrt(square + 1e-300)  # the shift is nothing but keeps x = 0 from dividing 0 by 0
    decay = np.expm1(-x.real)
    half = np.where(x.real > 750, 0.0, x.imag / 2)  # exp(-x) is 0 there, and sines of large numbers are slow
    sine, cosine = np.sin(half), np.cos(half)
    turned = 2 * (1 + decay) * sine
    minus = np.empty_like(x)  # 1 - exp(-x); both terms of its real part are positive
    minus.real = turned * sine - decay
    minus.imag = turned * cosine
    plus = 2 - minus  # 1 + exp(-x)
    return minus / (plus * x), 2 * x * (1 - minus) / (minus * plus)
