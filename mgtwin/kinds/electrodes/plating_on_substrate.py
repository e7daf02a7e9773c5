"""The foreign metal on which the ion's metal nucleates: copper, steel or gold in an anode-free cell."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, ClassVar

import numpy as np

from ...quantities import Quantity, Value
from ..electrode import electrode
from ..fields import Property
from ..interface import IDEAL, ElectronicResistance
from ..laws import Law
from ..memories import Store
from ..numbers import Number, saturating_exp
from ..storage import DoubleLayer

__all__ = ["PlatingOnSubstrate"]

#: Below this part of the nucleation overpotential nothing nucleates: exp(-900).
NEVER = 1 / 30
#: Metal [C/m2] that counts as used up: a ten-millionth of an atomic layer.
LEAST = 1e-6


@electrode
class PlatingOnSubstrate:
    r"""Foreign metal (Cu, Au, steel) that the ion's metal is plated on and stripped from (theory.md §3.8).

    The charge q of metal that can be stripped covers the part A of the area, on which alone it reacts:

    .. math::

       j_F &= A\,i_0\left[e^{\alpha_a zF\eta_{ct}/RT} - e^{-\alpha_c zF\eta_{ct}/RT}\right], \qquad
       \dot q = (1 - \delta)\,j_{plate} - j_{strip}

       \dot A &= (1 - A)\left[k_N e^{-(\eta_N/\eta_{ct})^2}\big|_{\eta_{ct} < 0} + j_{plate}/q_1\right]
                 - A\,j_{strip}/q

    Stripping thus ends where the metal does: a voltage limit ends it first, or the metal is "used up". The part
    :math:`\delta` of what is plated stays behind, dead; the Coulombic efficiency is :math:`1 - \delta`. A bare
    substrate has no potential of rest, so that some metal is there from the start. q and A are held in spectra and
    steady states. The spike of a first deposition passes within a second: sample it in the logarithm of time.
    Alloying (gold, zinc, tin) is not described: `alloys` says of a substrate that it does, and results say so, too.

    Parameters
    ----------
    exchange_current_density : float or law
        :math:`i_0` on the metal [A/m^2], > 0.
    metal_charge : float
        q of the new electrode [C/m^2], > 0.
    area_fraction : float
        A of the new electrode, above 0 to 1: seeds.
    spreading_charge : float or law
        :math:`q_1` [C/m^2], > 0: what is plated until the metal has spread over 1 - 1/e of the area.
    nucleation_rate : float or law
        :math:`k_N` [1/s], >= 0; 0 where the seeds alone grow.
    nucleation_overpotential : float or law
        :math:`\eta_N` [V], > 0.
    dead_fraction : float
        :math:`\delta`, from 0 to below 1.
    transfer_coefficient : float
        :math:`\alpha_a` of stripping, between 0 and 1. Keyword only.
    alloys : bool
        Whether the substrate takes the metal up, as gold does magnesium. Keyword only.
    name, description : str
        For people; keyword only.

    Examples
    --------
    >>> import mgtwin as mt
    >>> copper = PlatingOnSubstrate("10 uA/cm^2", "1 uC/cm^2", 1e-9, "2 mC/cm^2", "1e6 1/s", dead_fraction=0.01,
    ...                             double_layer="2 uF/cm^2")
    >>> cell = mt.Cell("anode-free", mt.Plating("1 mA/cm^2"), [mt.Layer("a", mt.IonConductor("1 mS/cm"), "1 mm")],
    ...                copper)
    >>> cycles = mt.simulate(cell, mt.Cycling("-10 uA/cm^2", "1 h", cycles=1, limits=("-1 V", "0.5 V")))
    >>> round(mt.analysis.coulombic_efficiency(cycles), 3)
    0.99
    """

    exchange_current_density: Annotated[float | Law, Property("A/m^2")]
    metal_charge: Annotated[float, Quantity("C/m^2", gt=0)]
    area_fraction: Annotated[float, Quantity("", gt=0, le=1)]
    spreading_charge: Annotated[float | Law, Property("C/m^2")]
    nucleation_rate: Annotated[float | Law, Property("1/s", ge=0)] = Value(0.0, unit="1/s")
    nucleation_overpotential: Annotated[float | Law, Property("V")] = Value(1.0, unit="V")
    dead_fraction: Annotated[float, Quantity("", ge=0, lt=1)] = Value(0.0, unit="")
    double_layer: DoubleLayer | None = None
    electronic_resistance: ElectronicResistance = IDEAL
    transfer_coefficient: Annotated[float, Quantity("", gt=0, lt=1)] = field(default=Value(0.5, unit=""), kw_only=True)
    alloys: bool = field(default=False, kw_only=True)
    metal: ClassVar[bool] = True
    memories: ClassVar = {
        "deposit": Store("metal_charge", "plating_rate", least=LEAST),
        "log_area": Store("area_fraction", "spreading_rate", logarithmic=True),
    }
    colour: ClassVar[str] = "#fdae6b"

    def doubts(self, density: float, voltage: float, temperature: float) -> str:
        """Doubt whatever is plated on a substrate that alloys."""
        if not self.alloys or not (density or voltage):
            return ""
        return (
            "the substrate alloys with what is plated on it, which is not described: metal is taken up before any "
            "nucleates and above 0 V against it, comes back slowly or not at all, and the electrode does not rest at "
            "the potential of the metal. Read its first cycles as those of a substrate that does not."
        )

    @staticmethod
    def current(
        eta: Number,
        *,
        f: Number,
        salt: Number,
        log_area: Number,
        exchange_current_density: Number,
        transfer_coefficient: Number,
    ) -> Number:
        """Return j [A/m^2]."""
        a = transfer_coefficient
        # the area in the exponents: an overpotential makes up for seeds that alone would be far beyond saturation
        there = log_area + a * np.log(salt)
        rates = saturating_exp(there + a * f * eta) - saturating_exp(there - (1 - a) * f * eta)
        return exchange_current_density * rates

    @staticmethod
    def plating_rate(j: Number, eta: Number, *, dead_fraction: Number) -> Number:
        """Return dq/dt [A/m^2]."""
        return (1 - dead_fraction) * np.maximum(-j, 0) - np.maximum(j, 0)

    @staticmethod
    def spreading_rate(
        j: Number,
        eta: Number,
        *,
        deposit: Number,
        log_area: Number,
        spreading_charge: Number,
        nucleation_rate: Number,
        nucleation_overpotential: Number,
    ) -> Number:
        """Return d(ln A)/dt [1/s]."""
        nucleating = np.minimum(eta, -NEVER * nucleation_overpotential)  # not above, where exp is 0 to rounding
        born = nucleation_rate * np.exp(-((nucleation_overpotential / nucleating) ** 2))
        bare = np.exp(-log_area) - 1  # (1 - A)/A
        # where a voltage strips what is not there both go on to fall: not below what the solver resolves
        return bare * (born + np.maximum(-j, 0) / spreading_charge) - np.maximum(j, 0) / np.maximum(deposit, 1e-9)
