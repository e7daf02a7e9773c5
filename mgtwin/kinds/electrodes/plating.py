"""The electrode of the ion's own metal, with Butler-Volmer kinetics."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from ...quantities import Quantity, Value
from ..electrode import electrode
from ..fields import Property
from ..interface import IDEAL, ElectronicResistance, FilmResistance
from ..laws import Law
from ..numbers import Number, saturating_exp
from ..storage import DoubleLayer

__all__ = ["Plating"]


@electrode
class Plating:
    r"""Electrode of the ion's own metal (Mg), Butler-Volmer (theory.md §3.1).

    .. math:: j_F = i_0\left[e^{\alpha_a zF\eta_{ct}/RT} - e^{-\alpha_c zF\eta_{ct}/RT}\right], \quad
              \alpha_a + \alpha_c = 1, \quad \eta = \eta_{ct} + R_{film} j_F

    On a salt solution :math:`i_0 (c/c_0)^{\alpha_a}` stands for :math:`i_0`.

    Parameters
    ----------
    exchange_current_density : float or law
        :math:`i_0` [A/m^2], > 0.
    transfer_coefficient : float
        :math:`\alpha_a` of the anodic reaction (stripping), between 0 and 1; :math:`\alpha_c = 1 - \alpha_a`.
    double_layer : Capacitor, CPE or float, optional
        Double layer across charge transfer and film [F/m^2].
    electronic_resistance : float
        Contact resistance of the electrons [ohm*m^2], 0 (ideal) to inf (blocked).
    film_resistance : float or law
        :math:`R_{film}` in series with the charge transfer [ohm*m^2], >= 0.
    contact : Contact, optional
        How much of the area touches; None: all of it, for good. Keyword only.
    ageing : sequence of ageing laws
        What changes the contact or the film while the cell is used (theory.md §3.5). Keyword only.
    name, description : str
        For people; keyword only.

    Examples
    --------
    >>> Plating("5 uA/cm^2", film_resistance="100 ohm*cm^2").transfer_coefficient
    Value(0.5, unit='')
    """

    exchange_current_density: Annotated[float | Law, Property("A/m^2")]
    transfer_coefficient: Annotated[float, Quantity("", gt=0, lt=1)] = Value(0.5, unit="")
    double_layer: DoubleLayer | None = None
    electronic_resistance: ElectronicResistance = IDEAL
    film_resistance: FilmResistance = IDEAL
    metal: ClassVar[bool] = True
    colour: ClassVar[str] = "#bdbdbd"

    @staticmethod
    def current(
        eta: Number, *, f: Number, salt: Number, exchange_current_density: Number, transfer_coefficient: Number
    ) -> Number:
        """Return j [A/m^2].

        Beyond 2e17 times the exchange current (exponent 40) the exponentials are continued along their tangents: no
        cell gets there, but Newton's first guess does where an electrode has no double layer, and must not overflow.
        """
        anodic, cathodic = transfer_coefficient * f * eta, (1 - transfer_coefficient) * f * eta
        # i_0 is that at c_0; phi_ion holds the rest of Nernst's law. In the exponents, because where salt runs out an
        # overpotential makes up for it that alone would be far beyond 40.
        richer = transfer_coefficient * np.log(salt)
        return exchange_current_density * (saturating_exp(richer + anodic) - saturating_exp(richer - cathodic))

    @staticmethod
    def slope(*, f: Number, exchange_current_density: Number) -> Number:
        """Return ``i_0 zF/RT`` [S/m^2]: exactly independent of the transfer coefficient."""
        return exchange_current_density * f
