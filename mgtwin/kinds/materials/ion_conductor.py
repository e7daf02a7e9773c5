"""Conductors of ions only."""

from __future__ import annotations

from typing import Annotated

from pydantic import model_validator

from ...errors import InputError
from ..carriers import IONS_ONLY
from ..dielectric import BulkDielectric
from ..fields import Property
from ..laws import Law
from ..numbers import Number
from ..own import Own
from .base import Material, material
from .grain_boundary import GrainBoundary

__all__ = ["IonConductor"]


@material
class IonConductor(Material):
    r"""Layer material that conducts ions only: :math:`V = i_f L/\sigma_{ion}`, no electrons.

    Parameters
    ----------
    ionic_conductivity : float or law
        :math:`\sigma_{ion}` [S/m], > 0.
    relative_permittivity : float, law or CPE, optional
        :math:`\varepsilon_r` >= 1, or a `CPE` per length [S s^n/m] (dispersive bulk); None: no geometric capacitance
        (§2.4).
    grain_boundary : GrainBoundary, optional
    name, description : str
        For people; keyword only.

    Raises
    ------
    InputError
        `grain_boundary` with an electronic resistance; bounds.

    Examples
    --------
    >>> IonConductor("2.6 mS/cm").ionic_conductivity
    Value(0.26, unit='S/m')
    """

    ionic_conductivity: Annotated[float | Law, Property("S/m")]
    relative_permittivity: BulkDielectric | None = None
    grain_boundary: GrainBoundary | None = None

    carriers = IONS_ONLY
    colour = "#9ecae1"

    @model_validator(mode="after")
    def _without_electrons(self) -> IonConductor:
        if self.grain_boundary is not None and self.grain_boundary.electronic_resistance is not None:
            raise InputError(
                "grain_boundary.electronic_resistance in a conductor of ions only: no electrons flow here. Leave it "
                "out, or take a MixedConductor."
            )
        return self

    def ionic(self, own: Own, position: Number = 0.5) -> Number:
        """Ionic conductivity [S/m]."""
        return own.property("ionic_conductivity")
