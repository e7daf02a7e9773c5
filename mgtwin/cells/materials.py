"""Materials of layers: ionic conductors and mixed conductors (theory.md §2)."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, ClassVar, Literal

from pydantic import model_validator

from ..errors import InputError
from ..kinds.noun import noun
from ..laws import Law, Property
from ..quantities import Quantity, Value
from .capacitors import BulkDielectric
from .carriers import ELECTRONS, Carrier

__all__ = ["DefectCapacitance", "DefectElectrons", "GrainBoundary", "IonConductor", "MixedConductor"]


@noun
class GrainBoundary:
    r"""Grain boundaries across the ionic path, as a brick layer (theory.md §2.3).

    A layer of thickness :math:`L` holds :math:`n_{gb} = L/d` boundaries in series; for alternating current they are
    :math:`n_{gb} R_{gb} \parallel C_{gb}/n_{gb}`, for direct current
    :math:`1/\sigma_{eff} = 1/\sigma_{ion} + R_{gb}/d`.

    .. warning::
       The brick-layer model fails for nanograins: it takes boundaries as thin, flat sheets between grains whose inside
       is bulk. In ball-milled Mg3AsN the crystallites measure 14 nm, about the width of a space-charge layer; there
       is no bulk left, and `resistance` and `grain_size` are then only one fitted number, :math:`R_{gb}/d`.

    Parameters
    ----------
    resistance : float or law
        Area-specific resistance of one boundary [ohm*m^2], >= 0.
    capacitance : float, optional
        Capacitance of one boundary [F/m^2], > 0; None: its arc is not resolved.
    grain_size : float
        Distance d between boundaries along the current [m], > 0.

    Examples
    --------
    >>> GrainBoundary("0.01 ohm*cm^2", "1 uF/cm^2", "2 um").grain_size
    Value(2e-06, unit='m')
    """

    resistance: Annotated[float | Law, Property("ohm*m^2", ge=0)]
    capacitance: Annotated[float, Quantity("F/m^2", gt=0)] | None
    grain_size: Annotated[float, Quantity("m", gt=0)]


@noun
class DefectElectrons:
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
    type: Literal["defect_electrons"] = field(default="defect_electrons", kw_only=True, repr=False)

    @model_validator(mode="after")
    def _conducts(self) -> DefectElectrons:
        if all(part == 0 for part in (self.n, self.p, self.constant)):
            raise InputError("n, p and constant are all zero: a material without electrons is an ion_conductor.")
        return self


@noun
class DefectCapacitance:
    r"""Chemical capacitance consistent with `DefectElectrons`, ionic defects in the majority (theory.md §2.2).

    .. math:: c_{chem}(E) = c_0 + \frac{F}{RT}\left[\frac{\sigma_n}{u_n} e^{-FE/RT}
              + \frac{\sigma_p}{u_p} e^{FE/RT}\right]

    Parameters
    ----------
    constant : float or law
        :math:`c_0` [F/m^3], >= 0.
    n_mobility, p_mobility : float
        Mobilities of electrons and holes [m^2/(V*s)], > 0; ``inf`` removes the term.

    Examples
    --------
    >>> DefectCapacitance("1 F/cm^3", "1e-4 cm^2/(V*s)", "1e-6 cm^2/(V*s)").n_mobility
    Value(1e-08, unit='m^2/(V*s)')
    """

    constant: Annotated[float | Law, Property("F/m^3", ge=0)]
    n_mobility: Annotated[float, Quantity("m^2/(V*s)", gt=0, allow_inf=True)]
    p_mobility: Annotated[float, Quantity("m^2/(V*s)", gt=0, allow_inf=True)]
    type: Literal["defect_capacitance"] = field(default="defect_capacitance", kw_only=True, repr=False)


@noun
class IonConductor:
    r"""Layer material that conducts ions only: :math:`V = i_f L/\sigma_{ion}`, no electrons.

    Parameters
    ----------
    ionic_conductivity : float or law
        :math:`\sigma_{ion}` [S/m], > 0.
    relative_permittivity : float or CPE, optional
        :math:`\varepsilon_r` >= 1, or a `CPE` per length [S s^n/m] (dispersive bulk); None: no geometric capacitance
        (§2.4).
    grain_boundary : GrainBoundary, optional
    name, description : str
        For people; keyword only.

    Examples
    --------
    >>> IonConductor("2.6 mS/cm").ionic_conductivity
    Value(0.26, unit='S/m')
    """

    ionic_conductivity: Annotated[float | Law, Property("S/m")]
    relative_permittivity: BulkDielectric | None = None
    grain_boundary: GrainBoundary | None = None
    name: str = field(default="", kw_only=True)
    description: str = field(default="", kw_only=True, repr=False)
    type: Literal["ion_conductor"] = field(default="ion_conductor", kw_only=True, repr=False)
    carriers: ClassVar[frozenset[Carrier]] = frozenset()


@noun
class MixedConductor:
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
    relative_permittivity : float or CPE, optional
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
        `DefectCapacitance` without `DefectElectrons`; `homogeneity_range` without `molar_volume`; bounds.

    Examples
    --------
    >>> MixedConductor("0.554 mS/cm", "4.9e-8 S/cm", "10 F/cm^3", rest_potential="0.4 V").rest_potential
    Value(0.4, unit='V')
    """

    ionic_conductivity: Annotated[float | Law, Property("S/m")]
    electronic_conductivity: Annotated[float | Law | DefectElectrons, Property("S/m", also=(DefectElectrons,))]
    chemical_capacitance: Annotated[float | Law | DefectCapacitance, Property("F/m^3", also=(DefectCapacitance,))]
    relative_permittivity: BulkDielectric | None = None
    grain_boundary: GrainBoundary | None = None
    rest_potential: Annotated[float, Quantity("V")] = Value(0.0, unit="V")
    homogeneity_range: tuple[Annotated[float, Quantity("", le=0)], Annotated[float, Quantity("", ge=0)]] | None = field(
        default=None, kw_only=True
    )
    minimum_potential: Annotated[float, Quantity("V", le=0)] = field(default=Value(-0.05, unit="V"), kw_only=True)
    molar_volume: Annotated[float, Quantity("m^3/mol", gt=0)] | None = field(default=None, kw_only=True)
    name: str = field(default="", kw_only=True)
    description: str = field(default="", kw_only=True, repr=False)
    type: Literal["mixed_conductor"] = field(default="mixed_conductor", kw_only=True, repr=False)
    carriers: ClassVar[frozenset[Carrier]] = ELECTRONS

    @model_validator(mode="after")
    def _consistent(self) -> MixedConductor:
        capacitance, electrons = self.chemical_capacitance, self.electronic_conductivity
        if isinstance(capacitance, DefectCapacitance):
            if not isinstance(electrons, DefectElectrons):
                raise InputError(
                    "chemical_capacitance of type defect_capacitance needs an electronic_conductivity of type "
                    "defect_electrons: give the conductivities n and p, or a constant chemical_capacitance."
                )
            if (
                capacitance.constant == 0
                and not _stores(electrons.n, capacitance.n_mobility)
                and not _stores(electrons.p, capacitance.p_mobility)
            ):
                raise InputError("chemical_capacitance is zero: give it a constant above 0, or n or p with a mobility.")
        if self.homogeneity_range is not None and self.molar_volume is None:
            raise InputError("homogeneity_range needs molar_volume, the volume of one formula unit (45.6 cm^3/mol).")
        return self


def _stores(conductivity: float | Law, mobility: float) -> bool:
    """Whether these carriers add to the chemical capacitance."""
    return conductivity != 0 and mobility != float("inf")
