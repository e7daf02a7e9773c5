"""Electrons and holes in equilibrium with the ionic defects of the majority."""

from __future__ import annotations

from typing import Annotated

from pydantic import model_validator

from ...errors import InputError
from ...quantities import Value
from ..fields import Property
from ..laws import Law
from ..numbers import SATURATION, Number, integral_of_saturating_exp, saturating_exp
from .base import CapacitanceLaw, ElectronLaw, capacitance_law, electron_law

__all__ = ["DefectCapacitance", "DefectElectrons"]


@electron_law
class DefectElectrons(ElectronLaw):
    r"""Electronic conductivity that depends on the local electrode potential E (theory.md §2.2).

    .. math:: \sigma_{eon}(E) = \sigma_n e^{-FE/RT} + \sigma_p e^{FE/RT} + \sigma_0

    Parameters
    ----------
    n, p : float or law
        Conductivity by electrons and by holes at E = 0, i.e. in equilibrium with the metal of the ion [S/m], >= 0.
    constant : float or law
        :math:`\sigma_0`, independent of E [S/m], >= 0.

    Raises
    ------
    InputError
        If all three are zero: that is an `IonConductor`.

    Examples
    --------
    >>> DefectElectrons(n="1e-8 S/cm", p="1e-12 S/cm").constant
    Value(0.0, unit='S/m')
    """

    n: Annotated[float | Law, Property("S/m", ge=0)]
    p: Annotated[float | Law, Property("S/m", ge=0)]
    constant: Annotated[float | Law, Property("S/m", ge=0)] = Value(0.0, unit="S/m")

    largest_exponent = SATURATION

    @model_validator(mode="after")
    def _conducts(self) -> DefectElectrons:
        if all(part == 0 for part in (self.n, self.p, self.constant)):
            raise InputError("n, p and constant are all zero: a material without electrons is an ion_conductor.")
        return self

    @staticmethod
    def conductivity(E: Number, *, n: Number, p: Number, constant: Number, e_over_kT: Number) -> Number:
        """Electrons, holes, and what does not depend on E."""
        return n * saturating_exp(-e_over_kT * E) + p * saturating_exp(e_over_kT * E) + constant

    @staticmethod
    def integral(E: Number, *, n: Number, p: Number, constant: Number, e_over_kT: Number) -> Number:
        """The same, integrated term by term."""
        # Of the saturating exponential, not of exp: the flux (theory.md, 7.1) divides differences of this by those of
        # E, and must go over into the conductivity for small ones on either side of the saturation.
        primitive = integral_of_saturating_exp
        return (p * primitive(e_over_kT * E) - n * primitive(-e_over_kT * E)) / e_over_kT + constant * E


@capacitance_law
class DefectCapacitance(CapacitanceLaw):
    r"""Chemical capacitance consistent with `DefectElectrons`, ionic defects in the majority (theory.md §2.2).

    .. math:: c_{chem}(E) = c_0 + \frac{F}{RT}\left[\frac{\sigma_n}{u_n} e^{-FE/RT}
              + \frac{\sigma_p}{u_p} e^{FE/RT}\right]

    Parameters
    ----------
    constant : float or law
        :math:`c_0` [F/m^3], >= 0.
    n_mobility, p_mobility : float or law
        Mobilities of electrons and holes [m^2/(V*s)], > 0; ``inf`` removes the term.

    Examples
    --------
    >>> DefectCapacitance("1 F/cm^3", "1e-4 cm^2/(V*s)", "1e-6 cm^2/(V*s)").n_mobility
    Value(1e-08, unit='m^2/(V*s)')
    """

    constant: Annotated[float | Law, Property("F/m^3", ge=0)]
    n_mobility: Annotated[float | Law, Property("m^2/(V*s)", allow_inf=True)]
    p_mobility: Annotated[float | Law, Property("m^2/(V*s)", allow_inf=True)]

    def check(self, electrons: DefectElectrons) -> None:  # type: ignore[override]
        """Refuse defects that store nothing."""
        carriers = ((electrons.n, self.n_mobility), (electrons.p, self.p_mobility))
        stored = any(conductivity != 0 and mobility != float("inf") for conductivity, mobility in carriers)
        if self.constant == 0 and not stored:
            raise InputError("chemical_capacitance is zero: give it a constant above 0, or n or p with a mobility.")

    @staticmethod
    def capacitance(
        E: Number, *, constant: Number, n_mobility: Number, p_mobility: Number, n: Number, p: Number, e_over_kT: Number
    ) -> Number:
        """Each carrier stores what it conducts, over its mobility."""
        # an infinite mobility makes its term exactly 0: no case of its own
        electrons, holes = n / n_mobility, p / p_mobility
        return constant + e_over_kT * (
            electrons * saturating_exp(-e_over_kT * E) + holes * saturating_exp(e_over_kT * E)
        )

    @staticmethod
    def charge(
        E: Number, *, constant: Number, n_mobility: Number, p_mobility: Number, n: Number, p: Number, e_over_kT: Number
    ) -> Number:
        """The same, integrated term by term."""
        primitive = integral_of_saturating_exp
        electrons, holes = n / n_mobility, p / p_mobility
        return constant * E + holes * primitive(e_over_kT * E) - electrons * primitive(-e_over_kT * E)
