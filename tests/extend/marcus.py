"""An electrode with Marcus kinetics, as somebody outside mgtwin would write it."""

from typing import Annotated

import numpy as np

import mgtwin as mt


@mt.electrode
class Marcus:
    r"""Mg electrode with symmetric Marcus kinetics, :math:`j = 2 i_0 e^{-(F\eta)^2/4\lambda RT...} \sinh(f\eta/2)`.

    Parameters
    ----------
    exchange_current_density : float or law
        [A/m^2], > 0.
    reorganisation_energy : float
        [eV], > 0.
    """

    exchange_current_density: Annotated[float | mt.Law, mt.Property("A/m^2")]
    reorganisation_energy: Annotated[float, mt.Quantity("eV", gt=0)]
    metal = True

    @staticmethod
    def current(eta, *, f, T, exchange_current_density, reorganisation_energy):
        """Return j [A/m^2]: Butler-Volmer near rest, slower where eta nears the reorganisation energy."""
        thermal = 8.617333262e-5 * T
        barrier = np.exp(-(eta**2) / (4 * reorganisation_energy * thermal))
        return exchange_current_density * barrier * (np.exp(f * eta / 2) - np.exp(-f * eta / 2))
