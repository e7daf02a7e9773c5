"""Contact that is lost with time alone, by drying out: an ageing law with a state of its own."""

from typing import Annotated

import mgtwin as mt


@mt.ageing_law
class DryOut:
    r"""A dry share of the contact that grows towards 1, :math:`\dot x = k(1 - x)`, and leaves :math:`1 - (1-a_{min})x`.

    Parameters
    ----------
    rate : float or law
        k [1/s].
    initial : float
        Dry share of the new contact, 0 to 1.
    minimum : float
        Contact that never dries, between 0 and 1.
    """

    rate: Annotated[float | mt.Law, mt.Property("1/s")]
    initial: Annotated[float, mt.Quantity("", ge=0, le=1)]
    minimum: Annotated[float, mt.Quantity("", gt=0, lt=1)]
    changes = mt.Changes.OWN
    state_name = "dry share"

    @staticmethod
    def start(*, initial):
        """Return the dry share when the cell is new."""
        return initial

    @staticmethod
    def change(x, *, rate):
        """Return dx/dt [1/s]."""
        return rate * (1 - x)

    @staticmethod
    def contact_kept(x, *, minimum):
        """Return the part of the contact that is left."""
        return 1 - (1 - minimum) * x
