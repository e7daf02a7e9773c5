"""Conductors of ions and electrons."""

from __future__ import annotations

import math
from dataclasses import field
from typing import Annotated

from pydantic import model_validator

from ...errors import InputError
from ...quantities import Quantity, Value
from ..carriers import ELECTRONS
from ..dielectric import BulkDielectric
from ..electrons import (
    CAPACITANCE_LAWS,
    ELECTRON_LAWS,
    CapacitanceLaw,
    ElectronLaw,
    Electrons,
    check_together,
    numbers_for,
)
from ..fields import Property
from ..laws import Law
from ..numbers import Number
from ..own import Own
from .base import Material, material
from .grain_boundary import GrainBoundary

__all__ = ["MixedConductor"]


@material
class MixedConductor(Material):
    r"""Layer material that conducts ions and electrons: one parabolic equation for the local potential E(x, t).

    With :math:`\sigma = \sigma_{ion} + \sigma_{eon}`, :math:`t_k = \sigma_k/\sigma` and
    :math:`\sigma_{amb} = \sigma_{ion}\sigma_{eon}/\sigma`, the faradaic current
    :math:`i_f = i_{ion} + i_{eon}` is uniform in x and (theory.md §2.1)

    .. math::

       i_{ion} = t_{ion} i_f + \sigma_{amb}\,\partial_x E, \qquad
       i_{eon} = t_{eon} i_f - \sigma_{amb}\,\partial_x E                                          \tag{2.1}

       c_{chem}\,\partial_t E = -\partial_x i_{eon}
       = \partial_x(\sigma_{amb}\,\partial_x E) - \partial_x(t_{eon} i_f)                          \tag{2.2}

       V = \int_0^L \frac{i_f + \sigma_{eon}\,\partial_x E}{\sigma}\,dx                            \tag{2.3}

    where V is the drop of the ionic potential and :math:`\tilde D = \sigma_{amb}/c_{chem}` the chemical diffusivity.

    Parameters
    ----------
    ionic_conductivity : float or law
        :math:`\sigma_{ion}` [S/m], > 0.
    electronic_conductivity : float, law or DefectElectrons
        :math:`\sigma_{eon}` [S/m], > 0; constant in E, or with the E dependence of defects.
    chemical_capacitance : float, law or DefectCapacitance
        :math:`c_{chem}` [F/m^3], > 0. `DefectCapacitance` needs `DefectElectrons`.
    relative_permittivity : float, law or CPE, optional
        :math:`\varepsilon_r` >= 1, or a `CPE` per length [S s^n/m] (dispersive bulk); None: no geometric capacitance
        (§2.4).
    grain_boundary : GrainBoundary, optional
    rest_potential : float
        :math:`E_0` [V] of the composition as made; it counts where no electrode of the ion's metal fixes E (§3.1).
    homogeneity_range : (float, float), optional
        Lowest (<= 0) and highest (>= 0) change of stoichiometry :math:`\Delta x` of the ion that the phase stands;
        :math:`\Delta x = -V_m \int c_{chem}\,dE/(zF)`. A result beyond it carries a warning. Needs `molar_volume`.
    minimum_potential : float
        Below this E [V] (default -50 mV; E < 0 means an activity above 1) a result carries the warning
        "Mg supersaturated: risk of internal deposition".
    molar_volume : float, optional
        :math:`V_m` of one formula unit [m^3/mol], > 0.
    name, description : str
        For people; the fields from `homogeneity_range` on are keyword only.

    Raises
    ------
    InputError
        `DefectCapacitance` without `DefectElectrons`; an electronic resistance of grain boundaries with it;
        `homogeneity_range` without `molar_volume`; bounds.

    Examples
    --------
    >>> MixedConductor("0.554 mS/cm", "4.9e-8 S/cm", "10 F/cm^3", rest_potential="0.4 V").rest_potential
    Value(0.4, unit='V')
    """

    ionic_conductivity: Annotated[float | Law, Property("S/m")]
    electronic_conductivity: Annotated[float | Law | ElectronLaw, Property("S/m", also=ELECTRON_LAWS)]
    chemical_capacitance: Annotated[float | Law | CapacitanceLaw, Property("F/m^3", also=CAPACITANCE_LAWS)]
    relative_permittivity: BulkDielectric | None = None
    grain_boundary: GrainBoundary | None = None
    rest_potential: Annotated[float, Quantity("V")] = Value(0.0, unit="V")
    homogeneity_range: tuple[Annotated[float, Quantity("", le=0)], Annotated[float, Quantity("", ge=0)]] | None = field(
        default=None, kw_only=True
    )
    minimum_potential: Annotated[float, Quantity("V", le=0)] = field(default=Value(-0.05, unit="V"), kw_only=True)
    molar_volume: Annotated[float, Quantity("m^3/mol", gt=0)] | None = field(default=None, kw_only=True)

    carriers = ELECTRONS
    colour = "#fdd0a2"

    @model_validator(mode="after")
    def _consistent(self) -> MixedConductor:
        if self.capacitance_law is not None:
            check_together(self.capacitance_law, self.electron_law)
        boundary = self.grain_boundary
        if boundary is not None and boundary.electronic_resistance is not None and self.electron_law is not None:
            raise InputError(
                "grain_boundary.electronic_resistance needs an electronic_conductivity that does not depend on E (a "
                f"number or a law of temperature): behind boundaries that of {self.electron_law.type} has no closed "
                "form. Leave one of the two out."
            )
        if self.homogeneity_range is not None and self.molar_volume is None:
            raise InputError("homogeneity_range needs molar_volume, the volume of one formula unit (45.6 cm^3/mol).")
        return self

    @property
    def electron_law(self) -> ElectronLaw | None:
        """How the electronic conductivity depends on E; None where it does not."""
        given = self.electronic_conductivity
        return given if isinstance(given, ElectronLaw) else None

    @property
    def capacitance_law(self) -> CapacitanceLaw | None:
        """How the chemical capacitance depends on E; None where it does not."""
        given = self.chemical_capacitance
        return given if isinstance(given, CapacitanceLaw) else None

    @property
    def depends_on_potential(self) -> bool:
        """Whether the electronic conductivity or the chemical capacitance is a law of E."""
        return self.electron_law is not None or self.capacitance_law is not None

    @property
    def largest_exponent(self) -> float:
        """|FE/RT| from which on the electronic conductivity is no longer the physical law."""
        return math.inf if self.electron_law is None else self.electron_law.largest_exponent

    def ionic(self, own: Own, position: Number = 0.5) -> Number:
        """Ionic conductivity [S/m]."""
        return own.property("ionic_conductivity")

    def electronic(self, own: Own) -> Electrons:
        """Electronic conductivity: independent of E, or by its law."""
        if self.electron_law is not None:
            return Electrons.of(self.electron_law, own.below("electronic_conductivity"))
        inside = own.property("electronic_conductivity")
        if self.grain_boundary is not None:
            inside = GrainBoundary.between_grains(own.below("grain_boundary"), inside)
        return Electrons(lambda position: inside)

    def capacitance(self, own: Own, E: Number, position: Number = 0.5) -> Number:
        """Chemical capacitance [F/m3] at E."""
        law = self.capacitance_law
        if law is None:
            return own.property("chemical_capacitance")
        return law.capacitance(E, **self._defects(law, "capacitance", own))

    def charge(self, own: Own, E: Number, position: Number = 0.5) -> Number:
        """Its antiderivative in E [C/m3]."""
        law = self.capacitance_law
        if law is None:
            return own.property("chemical_capacitance") * E
        return law.charge(E, **self._defects(law, "charge", own))

    @staticmethod
    def _defects(law: CapacitanceLaw, formula: str, own: Own) -> dict[str, Number]:
        """What its capacitance asks for, of itself and of the electronic conductivity."""
        return numbers_for(law, formula, own.below("chemical_capacitance"), own.below("electronic_conductivity"))

    def rest_potential_of(self, own: Own) -> Number:
        """E [V] of the composition as made."""
        return own.number("rest_potential")
