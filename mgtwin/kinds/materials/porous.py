"""Porous solids, their pores empty or partly filled with a liquid (theory.md §2.6)."""

from __future__ import annotations

from functools import cached_property

from pydantic import model_validator

from ...errors import InputError
from ...quantities import Value
from ..fractions import Fraction, FractionProfile, fraction_at, is_graded
from ..mixing import Mixing
from ..numbers import Number, is_zero
from ..own import Own
from .base import material
from .insulator import Insulator
from .mixture import Content, Liquid, Mixture, PhaseMaterial

__all__ = ["Porous"]


@material
class Porous(Mixture):
    r"""A porous solid, its pores empty or partly filled with a liquid.

    Of the volume :math:`1-\varepsilon` is solid, :math:`\varepsilon S` liquid and :math:`\varepsilon(1-S)` gas. In
    everything else it is a `Composite` of the phases ``solid``, ``liquid`` and ``gas``.

    Parameters
    ----------
    solid : IonConductor, MixedConductor or Insulator
        Without pores.
    porosity : float, Linear or Profile
        :math:`\varepsilon` in [0, 1].
    mixing : mixing rule
        Of the ionic conductivity, and of the electronic one unless it has its own.
    liquid : IonConductor or BinaryElectrolyte, optional
        What fills the pores; a salt solution carries its concentration there.
    saturation : float, Linear or Profile
        S in [0, 1], the filled part of the pores.
    electronic_mixing, permittivity_mixing : mixing rule, optional
        Without a rule for the permittivity the layer has no geometric capacitance.
    name, description : str
        For people; keyword only.

    Raises
    ------
    InputError
        A porosity or saturation outside [0, 1], a saturation without a liquid; others as for `Composite`.

    Examples
    --------
    >>> from mgtwin.cells import IonConductor, PoreExponent
    >>> pellet = Porous(Insulator(), 0.35, PoreExponent("liquid"), IonConductor("11 mS/cm"), 0.4)
    >>> {name: round(value, 3) for name, value in pellet.fractions().items()}
    {'solid': 0.65, 'liquid': 0.14, 'gas': 0.21}
    """

    solid: PhaseMaterial
    porosity: Fraction
    mixing: Mixing
    liquid: Liquid | None = None
    saturation: Fraction = Value(0.0, unit="")
    electronic_mixing: Mixing | None = None
    permittivity_mixing: Mixing | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Porous:
        if self.liquid is None and (is_graded(self.saturation) or self.saturation != 0):
            raise InputError("the pores have a saturation but no liquid: give the material of the liquid.")
        self.check_phases()
        return self

    colour = "#c7e9e4"

    @cached_property
    def contents(self) -> tuple[Content, ...]:  # type: ignore[override]
        """Solid, liquid (where there is one) and gas."""
        liquid = [] if self.liquid is None else [Content("liquid", self.liquid, "liquid")]
        return (Content("solid", self.solid, "solid"), *liquid, Content("gas", _GAS, ""))

    @property
    def profiles(self) -> tuple[float | FractionProfile | None, ...]:
        """Porosity and saturation."""
        return (self.porosity, self.saturation)

    def fractions_at(self, own: Own, position: Number) -> list[Number]:
        """Volume fractions of solid, liquid and gas at x/L; see `Mixture`."""
        pores = fraction_at(self.porosity, own, "porosity", position)
        if self.liquid is None:
            return [1 - pores, pores]
        if is_zero(pores):  # and stays so among symbols
            return [1.0, 0.0, 0.0]
        filled = fraction_at(self.saturation, own, "saturation", position)
        return [1 - pores, pores * filled, pores * (1 - filled)]


_GAS = Insulator()
