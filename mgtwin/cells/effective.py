r"""What ions and electrons find in a layer's material, by the names of version 0.1.0: each asks the material.

Numbers are read through a `Reader`, so that any of them can be an array or a symbol.
"""

from __future__ import annotations

from ..kinds.materials import Material
from ..kinds.numbers import (
    FARADAY,
    GAS_CONSTANT,
    SATURATION,
    Number,
    integral_of_saturating_exp,
    saturating_exp,
)
from ..kinds.own import Own
from ..kinds.storage import Storage
from .reader import Reader

__all__ = [
    "FARADAY",
    "GAS_CONSTANT",
    "SATURATION",
    "chemical_capacitance",
    "electronic_conductivity",
    "integral_of_saturating_exp",
    "ionic_conductivity",
    "permittivity",
    "saturating_exp",
]


def ionic_conductivity(
    reader: Reader, path: str, material: Material, temperature: Number, position: Number = 0.5
) -> Number:
    """Ionic conductivity [S/m] of a material, > 0.

    Parameters
    ----------
    reader : Reader
    path : str
        Path of the material, for example ``layers.antiperovskite.material``.
    material : Material
        The material itself.
    temperature : float or ndarray
        T [K].
    position : float, ndarray or symbol
        x/L, where the mixture is graded.

    Raises
    ------
    InputError
        Where the ions of a mixture do not percolate.
    """
    return material.ionic(Own(reader, path, temperature), position)


def electronic_conductivity(
    reader: Reader,
    path: str,
    material: Material,
    temperature: Number,
    potential: Number = 0.0,
    position: Number = 0.5,
) -> Number:
    """Electronic conductivity [S/m] of a material with electrons, at a local electrode potential E [V].

    Other parameters as for `ionic_conductivity`.
    """
    return material.electronic(Own(reader, path, temperature)).conductivity(potential, position)


def chemical_capacitance(
    reader: Reader,
    path: str,
    material: Material,
    temperature: Number,
    potential: Number = 0.0,
    *,
    integrated: bool = False,
    position: Number = 0.5,
) -> Number:
    """Chemical capacitance [F/m3] at a local potential, or (`integrated`) its integral from any fixed E [C/m3].

    Other parameters as for `electronic_conductivity`.
    """
    asked = material.charge if integrated else material.capacitance
    return asked(Own(reader, path, temperature), potential, position)


def permittivity(reader: Reader, path: str, material: Material, position: Number = 0.5) -> Number | Storage | None:
    """Relative permittivity of a material: a number, the `CPE` of a dispersive bulk, or None where it has none."""
    return material.permittivity(Own(reader, path, reader.temperature), position)
