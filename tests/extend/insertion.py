"""An insertion electrode: a formula of the filling at the surface of its particles, and diffusion inside them."""

from typing import Annotated

import numpy as np

import mgtwin as mt


@mt.electrode
class SimpleInsertion:
    r"""Host of ideal sites in spheres, :math:`U(x) = U_0 - f^{-1}\ln(x/(1-x))`, Butler-Volmer at their surface.

    Parameters
    ----------
    exchange_current_density : float or law
        Per electrode area at half filling [A/m^2].
    radius : float
        [m].
    diffusivity : float or law
        [m^2/s].
    sites : float
        [mol/m^3].
    roughness : float
        Particle surface per electrode area.
    filling : float
        x when new, between 0 and 1.
    potential : float
        U_0 [V] against the ion's metal.
    """

    exchange_current_density: Annotated[float | mt.Law, mt.Property("A/m^2")]
    radius: Annotated[float, mt.Quantity("m", gt=0)]
    diffusivity: Annotated[float | mt.Law, mt.Property("m^2/s")]
    sites: Annotated[float, mt.Quantity("mol/m^3", gt=0)]
    roughness: Annotated[float, mt.Quantity("", gt=0)]
    filling: Annotated[float, mt.Quantity("", gt=0, lt=1)]
    potential: Annotated[float, mt.Quantity("V")]
    memories = {"surface": mt.Diffusion("filling", "flux", mt.Sphere("radius"), "diffusivity")}

    @staticmethod
    def current(eta, *, surface, f, exchange_current_density, potential):
        """Return j [A/m^2]."""
        over = eta - potential + np.log(surface / (1 - surface)) / f
        exchange = 2 * exchange_current_density * np.sqrt(surface * (1 - surface))
        return exchange * (np.exp(f * over / 2) - np.exp(-f * over / 2))

    @staticmethod
    def flux(j, eta, *, z, sites, roughness):
        """Return the flux of filling into the surface [m/s]: oxidation takes ions out."""
        return -j / (z * 96485.33212 * sites * roughness)

    @staticmethod
    def equilibrium(*, f, filling, potential):
        """Return U(x) [V]."""
        return potential - np.log(filling / (1 - filling)) / f
