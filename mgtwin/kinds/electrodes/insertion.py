"""The insertion electrode: particles of a host that take up the ion, over the thickness of a composite."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, ClassVar

import numpy as np
from pydantic import model_validator

from ...errors import InputError
from ...quantities import Quantity, Value
from ..electrode import electrode
from ..fields import Property
from ..functions import AnyFunction, check_positive
from ..laws import Law
from ..memories import Diffusion, Sphere
from ..numbers import FARADAY, Number, saturating_exp
from ..potentials import AnyPotential

__all__ = ["Insertion"]

#: Where the potential is asked whether it falls.
FILLINGS = np.linspace(1e-3, 1 - 1e-3, 400)


def _softplus(x: Number) -> Number:
    """``ln(1 + e^x)`` without overflow."""
    positive = np.maximum(x, 0)  # |x| = 2 max(x, 0) - x, also with a complex step on it
    return positive + np.log(1 + np.exp(x - 2 * positive))


@electrode
class Insertion:
    r"""Composite of host particles, electrolyte and carbon at the end of a cell.

    Spheres of radius :math:`R_p` fill a part :math:`\varepsilon_s` of the thickness L; they take up the ion from their
    contacted surface, a part :math:`\theta` of :math:`a = 3\varepsilon_s/R_p` per volume (theory.md §3.7):

    .. math::

       \partial_t y = r^{-2}\partial_r(r^2 D\,\partial_r y), \qquad
       D\,\partial_r y|_{R_p} = -\frac{j_F}{aL\,zF c_{max}}

       j_F = a\theta L\,i_{00}\,y^{\alpha_c}(1 - y)^{\alpha_a}(c/c_0)^{\alpha_a}\left[e^{\alpha_a zF(\eta - U)/RT}
             - e^{-\alpha_c zF(\eta - U)/RT}\right]

    with :math:`y` and U at the surface, c that of a salt solution beside the electrode, and :math:`\eta` the potential
    of the electrons against the ions. Spectra know the conduction of ions and electrons over the thickness exactly; in
    time one reaction stands for all of it where that is enough, else the thickness is resolved (`resolution`,
    `Cell.reaction_uniformity`).
    `double_layer` and `film_resistance` are per electrode area, as in every electrode.

    Parameters
    ----------
    potential : Sites, TabulatedPotential or RegularSolution
        U [V] over the filling of the host, against the ion's metal; falls with y.
    exchange_current_density : float or law
        :math:`i_{00}` per contacted area of particles [A/m^2], > 0.
    diffusivity : float or law
        Chemical diffusivity D in the particles [m^2/s], as from GITT.
    radius : float
        :math:`R_p` [m].
    concentration : float
        :math:`c_{max}` of the ion in the full host [mol/m^3].
    active_fraction : float
        :math:`\varepsilon_s` of the host that is connected to ions and electrons, between 0 and 1.
    thickness : float
        L [m].
    ionic_conductivity, electronic_conductivity : float or law
        Effective ones of the electrode [S/m].
    filling : float
        y of the new electrode, between 0 and 1.
    particle_contact : float
        :math:`\theta`, contacted part of the surface of the particles.
    transfer_coefficient : float
        :math:`\alpha_a` of the anodic reaction (extraction).
    diffusivity_factor : function of y, optional
        What D is multiplied with at the filling y: a `Tabulated` factor over decades. Keyword only.
    resolution : Uniform or Resolved, optional
        Whether one reaction stands for the whole thickness in time; by default the current decides. Keyword only.
    name, description : str
        For people; keyword only.

    Raises
    ------
    InputError
        U rises with y somewhere; D is not positive; a number out of its bounds.

    Examples
    --------
    >>> import mgtwin as mt
    >>> curve = mt.Sites([(0.5, "1.25 V", 4.0), (0.5, "0.95 V", 5.0)])
    >>> cathode = Insertion(curve, "1e-5 A/cm^2", "1e-9 cm^2/s", "1 um", "14.3 mol/L", 0.5, "50 um",
    ...                     "0.1 mS/cm", "1 S/cm", filling=0.02)
    >>> layers = [mt.Layer("polymer", mt.IonConductor("0.1 mS/cm"), "50 um")]
    >>> cell = mt.Cell("full", mt.Plating("1 mA/cm^2"), layers, cathode)
    >>> round(float(cathode.capacity), 1)  # C/m2
    68987.0
    """

    potential: AnyPotential
    exchange_current_density: Annotated[float | Law, Property("A/m^2")]
    diffusivity: Annotated[float | Law, Property("m^2/s")]
    radius: Annotated[float, Quantity("m", gt=0)]
    concentration: Annotated[float, Quantity("mol/m^3", gt=0)]
    active_fraction: Annotated[float, Quantity("", gt=0, lt=1)]
    thickness: Annotated[float, Quantity("m", gt=0)]
    ionic_conductivity: Annotated[float | Law, Property("S/m")]
    electronic_conductivity: Annotated[float | Law, Property("S/m")]
    filling: Annotated[float, Quantity("", gt=0, lt=1)]
    particle_contact: Annotated[float, Quantity("", gt=0, le=1)] = Value(1.0, unit="")
    transfer_coefficient: Annotated[float, Quantity("", gt=0, lt=1)] = Value(0.5, unit="")
    diffusivity_factor: AnyFunction | None = field(default=None, kw_only=True)
    memories: ClassVar = {
        "surface": Diffusion("filling", "flux", Sphere("radius"), "diffusivity", "diffusivity_factor", bounded=True)
    }
    colour: ClassVar[str] = "#9e9ac8"

    @property
    def capacity(self) -> float:
        r"""Charge of all sites for z = 2, :math:`2F c_{max}\varepsilon_s L` [C/m^2]."""
        return float(2 * FARADAY * self.concentration * self.active_fraction * self.thickness)

    @staticmethod
    def current(
        eta: Number,
        *,
        surface: Number,
        f: Number,
        salt: Number,
        potential: Number,
        exchange_current_density: Number,
        radius: Number,
        active_fraction: Number,
        thickness: Number,
        particle_contact: Number,
        transfer_coefficient: Number,
    ) -> Number:
        """Return j [A/m^2] per electrode area, extraction positive."""
        a = transfer_coefficient
        # ln(1 + e^-l) = -ln y by the log odds l: no digit is lost where the host is nearly full or empty
        emptier, fuller = _softplus(-surface), _softplus(surface)
        # ln of y^(1-a) (1-y)^a (c/c_0)^a; phi_ion holds the rest of Nernst's law
        exchange = a * np.log(salt) - (1 - a) * emptier - a * fuller
        over = f * (eta - potential(surface, f))
        area = 3 * active_fraction / radius * thickness * particle_contact
        rates = saturating_exp(exchange + a * over) - saturating_exp(exchange - (1 - a) * over)
        return area * exchange_current_density * rates

    @staticmethod
    def flux(
        j: Number, eta: Number, *, z: Number, radius: Number, active_fraction: Number, thickness: Number,
        concentration: Number,
    ) -> Number:  # fmt: skip
        """Return the flux of filling into the particles [m/s]; the sphere sees the mean over its surface."""
        return -j * radius / (3 * active_fraction * thickness * z * FARADAY * concentration)

    @staticmethod
    def equilibrium(*, f: Number, potential: Number, filling: Number) -> Number:
        """Return U(y) [V] of the new electrode."""
        return potential(np.log(filling / (1 - filling)), f)

    @staticmethod
    def rails(
        *, thickness: Number, ionic_conductivity: Number, electronic_conductivity: Number
    ) -> tuple[Number, Number]:
        r"""Return :math:`L/\sigma_i` and :math:`L/\sigma_e` [ohm*m^2]."""
        return thickness / ionic_conductivity, thickness / electronic_conductivity

    @model_validator(mode="after")
    def _host_is_stable(self) -> Insertion:
        curve = np.asarray(self.potential(FILLINGS))
        if not np.all(np.diff(curve) < 0):
            where = FILLINGS[int(np.argmax(np.diff(curve) >= 0))]
            raise InputError(
                f"the potential must fall with the filling, but rises at {where:.3g}: where it does not fall a host "
                f"separates into two phases."
            )
        check_positive("diffusivity_factor", self.diffusivity_factor, np.linspace(0.0, 1.0, 101))
        return self
