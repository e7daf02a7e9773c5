"""The electrode of the ion's own metal under a film that charge opens in spots."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, ClassVar

import numpy as np

from ...quantities import Quantity, Value, format_value
from ..electrode import electrode
from ..fields import Property
from ..interface import IDEAL, ElectronicResistance
from ..laws import Law, evaluate
from ..memories import Balance, Store
from ..numbers import FARADAY, GAS_CONSTANT, Number, saturating_exp
from ..spreading import spreading_function
from ..storage import DoubleLayer

__all__ = ["PlatingUnderFilm"]

#: Largest drop [V] over a film for which this description is meant.
THIN = 0.1


def _reaction(over: Number, f: Number, salt: Number, exchange_current_density: Number, a: Number) -> Number:
    """Butler-Volmer current density [A/m^2] at an overpotential [V]."""
    richer = a * np.log(salt)
    return exchange_current_density * (
        saturating_exp(richer + a * f * over) - saturating_exp(richer - (1 - a) * f * over)
    )


@electrode
class PlatingUnderFilm:
    r"""Electrode of the ion's own metal (Mg) under a film that charge opens in spots (theory.md §3.9).

    A part b of the area is bare, the rest reacts through the film; from bare spots the current has to spread in the
    layer in front of them, :math:`L_c(b)/\sigma` in series with the spots alone:

    .. math::

       j_F &= (1 - b)\,j_{BV}(\eta_f) + b\,j_{BV}(\eta_b), \qquad \eta = \eta_f + R_f j_{BV}(\eta_f)
             = \eta_b + \frac{L_c(b)}{\sigma}\,b\,j_{BV}(\eta_b)

       \dot b &= \frac{j_{strip} + \beta j_{plate}}{Q_b}(1 - b) - k_g (b - b_0)

    It is for thin films, whose ohmic drop :math:`R_f j` stays below about 0.1 V. Under a thick one any bare spot, as
    few as there may be, carries more than the film as soon as :math:`b\,i_0 e^{zF\eta/2RT} > \eta/R_f`: the voltage at
    which it opens then follows from :math:`b_0` alone, which nobody knows (`takes_over`), and results warn of it. A
    film that wears everywhere alike is `FilmErosion` of a `Plating`. b is held in spectra and steady states.

    Parameters
    ----------
    exchange_current_density : float or law
        :math:`i_0` of the bare metal [A/m^2], > 0, also under the film.
    covering_resistance : float or law
        :math:`R_f` of the complete film [ohm*m^2], > 0.
    breaking_charge : float or law
        :math:`Q_b` [C/m^2], > 0: after it 1 - 1/e of the film is open.
    spacing : float
        Half the distance of the spots [m].
    layer_conductivity : float or law
        :math:`\sigma` of the layer in front of it [S/m].
    bare_fraction : float
        :math:`b_0` of the complete film, above 0 and below 1.
    plating_fraction : float
        :math:`\beta`, 0 to 1: how much the charge of deposition opens, relative to that of stripping.
    reforming_rate : float or law
        :math:`k_g` [1/s], >= 0.
    transfer_coefficient : float
        :math:`\alpha_a` of stripping, between 0 and 1. Keyword only.
    name, description : str
        For people; keyword only.

    Examples
    --------
    >>> mg = PlatingUnderFilm("0.1 mA/cm^2", "7.9 kohm*cm^2", "1e-4 C/cm^2", "10 um", "2.6 mS/cm")
    >>> round(mg.takes_over(298.15), 3)  # V
    0.333
    """

    exchange_current_density: Annotated[float | Law, Property("A/m^2")]
    covering_resistance: Annotated[float | Law, Property("ohm*m^2")]
    breaking_charge: Annotated[float | Law, Property("C/m^2")]
    spacing: Annotated[float, Quantity("m", gt=0)]
    layer_conductivity: Annotated[float | Law, Property("S/m")]
    bare_fraction: Annotated[float, Quantity("", gt=0, lt=1)] = Value(1e-6, unit="")
    plating_fraction: Annotated[float, Quantity("", ge=0, le=1)] = Value(0.0, unit="")
    reforming_rate: Annotated[float | Law, Property("1/s", ge=0)] = Value(0.0, unit="1/s")
    double_layer: DoubleLayer | None = None
    electronic_resistance: ElectronicResistance = IDEAL
    transfer_coefficient: Annotated[float, Quantity("", gt=0, lt=1)] = field(default=Value(0.5, unit=""), kw_only=True)
    metal: ClassVar[bool] = True
    memories: ClassVar = {
        "log_bare": Store("bare_fraction", "opening_rate", logarithmic=True),
        "under_film": Balance(0.0, "film_drop"),
        "in_spots": Balance(0.0, "spreading_drop"),
    }
    colour: ClassVar[str] = "#a6bddb"

    @staticmethod
    def current(
        eta: Number,
        *,
        f: Number,
        salt: Number,
        log_bare: Number,
        under_film: Number,
        in_spots: Number,
        exchange_current_density: Number,
        covering_resistance: Number,
        transfer_coefficient: Number,
    ) -> Number:
        """Return j [A/m^2]."""
        bare = np.exp(log_bare)
        through_spots = _reaction(in_spots, f, salt, exchange_current_density, transfer_coefficient)
        return (1 - bare) * (eta - under_film) / covering_resistance + bare * through_spots

    @staticmethod
    def film_drop(
        j: Number, eta: Number, *, f: Number, salt: Number, under_film: Number, exchange_current_density: Number,
        covering_resistance: Number, transfer_coefficient: Number,
    ) -> Number:  # fmt: skip
        """Return what the drops over film and reaction miss of the overpotential [V]."""
        through = _reaction(under_film, f, salt, exchange_current_density, transfer_coefficient)
        return eta - under_film - covering_resistance * through

    @staticmethod
    def spreading_drop(
        j: Number, eta: Number, *, f: Number, salt: Number, log_bare: Number, in_spots: Number,
        exchange_current_density: Number, spacing: Number, layer_conductivity: Number, transfer_coefficient: Number,
    ) -> Number:  # fmt: skip
        """Return what the drops over constriction and reaction miss of the overpotential of the spots [V]."""
        through = _reaction(in_spots, f, salt, exchange_current_density, transfer_coefficient)
        radius_ratio = np.exp(log_bare / 2)
        # L_c b: written so that nothing is divided by what may be next to nothing
        length = np.pi / 4 * spacing * spreading_function(radius_ratio) * radius_ratio
        return eta - in_spots - length / layer_conductivity * through

    @staticmethod
    def opening_rate(
        j: Number, eta: Number, *, log_bare: Number, bare_fraction: Number, breaking_charge: Number,
        plating_fraction: Number, reforming_rate: Number,
    ) -> Number:  # fmt: skip
        """Return d(ln b)/dt [1/s]."""
        opening = (np.maximum(j, 0) + plating_fraction * np.maximum(-j, 0)) / breaking_charge
        return opening * (np.exp(-log_bare) - 1) - reforming_rate * (1 - bare_fraction * np.exp(-log_bare))

    def doubts(self, density: float, voltage: float, temperature: float) -> str:
        """Doubt drops over the film at which next to nothing of bare metal decides."""
        drop = max(float(evaluate(self.covering_resistance, temperature)) * density, voltage)
        if drop <= THIN:
            return ""
        taken_over = format_value(self.takes_over(temperature), "V")
        return (
            f"up to {format_value(drop, 'V')} over a film that opens in spots, which is meant for "
            f"{format_value(THIN, 'V')} or less: from {taken_over} on its bare spots carry more than the film, and "
            f"that follows from bare_fraction alone. Use a Plating with film_resistance and FilmErosion."
        )

    def takes_over(self, temperature: float = 298.15, charge: int = 2) -> float:
        """Return the overpotential [V] at which the bare spots of the complete film carry as much as the film."""
        exchange, film = (
            evaluate(law, temperature) for law in (self.exchange_current_density, self.covering_resistance)
        )
        found, f = 0.1, charge * FARADAY / (GAS_CONSTANT * temperature)
        for _ in range(100):  # the logarithm makes it a contraction
            found = float(2 / f * np.arcsinh(found / (2 * film * self.bare_fraction * exchange)))
        return found
