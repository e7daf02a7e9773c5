"""A Mg electrode whose passivating film covers it at rest and is eroded by stripping: a state of its own."""

from typing import Annotated

import numpy as np

import mgtwin as mt


@mt.electrode
class PassivePlating:
    r"""Butler-Volmer with a coverage :math:`\theta`: :math:`i_0 \to i_0[1 - (1-\rho)\theta]`.

    .. math:: \dot\theta = k(1 - \theta) - b\,j_+\,\theta

    Parameters
    ----------
    exchange_current_density : float or law
        :math:`i_0` of the bare metal [A/m^2].
    open_share : float
        :math:`\rho`, what is left of it under a complete film, between 0 and 1.
    growth : float or law
        k [1/s].
    erosion : float
        b [m^2/C].
    """

    exchange_current_density: Annotated[float | mt.Law, mt.Property("A/m^2")]
    open_share: Annotated[float, mt.Quantity("", gt=0, le=1)]
    growth: Annotated[float | mt.Law, mt.Property("1/s")]
    erosion: Annotated[float, mt.Quantity("m^2/C", ge=0)]
    metal = True
    memories = {"coverage": mt.Rate(start=1.0, drive="coverage_rate")}

    @staticmethod
    def current(eta, *, f, coverage, exchange_current_density, open_share):
        """Return j [A/m^2]."""
        exchange = exchange_current_density * (1 - (1 - open_share) * coverage)
        return exchange * (np.exp(f * eta / 2) - np.exp(-f * eta / 2))

    @staticmethod
    def coverage_rate(j, eta, *, coverage, growth, erosion):
        """Return d(theta)/dt [1/s]."""
        return growth * (1 - coverage) - erosion * np.maximum(j, 0) * coverage
