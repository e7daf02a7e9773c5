"""Contact between a layer and its neighbour: how much of the area touches (theory.md §3.4)."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal

from pydantic import model_validator

from ..errors import InputError
from ..quantities import Quantity, Value
from ..unions import OneOf
from .fields import NumberOr, Property
from .laws import Law, evaluate
from .noun import noun

__all__ = ["Contact", "Pressed", "Pressure"]

Pressure = Annotated[float, Quantity("Pa", gt=0)]
_Hardness = Annotated[float | Law, Property("Pa")]


@noun
class Pressed:
    r"""Contact fraction that the stack pressure sets, :math:`a_0 = P/(P + P_h)` (theory.md §3.4).

    Far below :math:`P_h` it is proportional to the pressure, so that a through-contact resistance falls as 1/P and
    the constriction as :math:`P^{-1/2}`. Nothing else depends on the pressure.

    Parameters
    ----------
    hardness : float or law
        :math:`P_h` [Pa], > 0: the pressure at which half of the area touches.

    Examples
    --------
    >>> Pressed("20 MPa").hardness
    Value(20000000.0, unit='Pa')
    """

    hardness: _Hardness
    type: Literal["pressed"] = field(default="pressed", kw_only=True, repr=False)


_PRESSED = OneOf({"pressed": Pressed}, article="a fraction in contact")


@noun
class Contact:
    r"""Contact over a part a of the area, through circular spots that are 2b apart (theory.md §3.4).

    Resistances, films, exchange currents and capacitances of an interface refer to the area in contact. Per electrode
    area they become

    .. math:: R/a, \qquad a\,i_0, \qquad a\,C + (1 - a)\,C_{gap},

    and in each adjoining layer the current has to spread out of the spots: per rail :math:`L_c/\sigma` in series,
    outside the double layer, with the spreading length :math:`L_c` of `mgtwin.cells.constriction`. Both rails have the
    same a, and the spacing of the spots stays while contact is lost (they shrink, they do not vanish): these are
    modelling choices. Valid for layers thicker than b and frequencies far below :math:`\tilde D/b^2`.

    Parameters
    ----------
    fraction : float or Pressed
        Contact fraction a of the new cell, 0 < a <= 1, or how the pressure sets it.
    spacing : float
        Half the distance b of neighbouring spots [m], > 0.
    pressure : float, optional
        Stack pressure P [Pa], > 0; `Pressed` and pressure exponents of ageing laws need it.
    gap_capacitance : float
        Capacitance of the area that has lost contact [F/m^2], >= 0.

    Raises
    ------
    InputError
        For a fraction outside (0, 1], or a `Pressed` fraction without a pressure.

    Examples
    --------
    >>> Contact(0.8, "50 um").spacing
    Value(5e-05, unit='m')
    >>> Contact(Pressed("20 MPa"), "50 um", pressure="1 MPa").fraction.hardness
    Value(20000000.0, unit='Pa')
    """

    fraction: Annotated[
        float | Pressed,
        NumberOr(Quantity("", gt=0, le=1), OneOf({"pressed": Pressed}, article="a fraction in contact")),
    ]
    spacing: Annotated[float, Quantity("m", gt=0)]
    pressure: Pressure | None = None
    gap_capacitance: Annotated[float, Quantity("F/m^2", ge=0)] = Value(0.0, unit="F/m^2")
    type: Literal["contact"] = field(default="contact", kw_only=True, repr=False)

    def fraction_when_new(self, temperature: float = 298.15) -> float:
        """Return the contact fraction a of the new cell, whether given or set by the pressure at a temperature [K]."""
        if not isinstance(self.fraction, Pressed):
            return float(self.fraction)
        assert self.pressure is not None  # checked when the contact was made
        return float(self.pressure / (self.pressure + evaluate(self.fraction.hardness, temperature)))

    @model_validator(mode="after")
    def _has_pressure(self) -> Contact:
        if isinstance(self.fraction, Pressed) and self.pressure is None:
            raise InputError("a fraction that the pressure sets (pressed) needs the pressure of the contact.")
        return self
