"""Salt solutions."""

from __future__ import annotations

import math
from dataclasses import field
from typing import Annotated

import numpy as np
from pydantic import model_validator

from ...errors import InputError
from ...quantities import Quantity, Value
from ..carriers import ANIONS
from ..dielectric import BulkDielectric
from ..fields import Property
from ..functions import AnyFunction, Function, check_positive
from ..laws import Law
from ..numbers import Number
from ..own import Own
from ..salt import Salt
from .base import Material, material

__all__ = ["BinaryElectrolyte"]

_FACTORS = ("conductivity_factor", "diffusivity_factor", "anion_factor")


@material
class BinaryElectrolyte(Material):
    r"""Solution of one salt of the working ion, whose concentration c(x, t) polarises under a direct current.

    The salt is :math:`M X_z`, one cation of charge z and z monovalent anions (MgX2; LiX for another `Ion`), so that
    :math:`\nu_+ = 1` and :math:`\nu = 1 + z` ions per formula unit. With :math:`i_f` the current of both ions and
    :math:`\varphi_{ion}` as a probe of the ion's metal reads it (theory.md §2.2),

    .. math::

       \varepsilon\,\partial_t c = \partial_x(D_{eff}\,\partial_x c) - \partial_x\frac{t_+ i_f}{zF}

       \partial_x\varphi_{ion} = -\frac{i_f}{\kappa}
       + \frac{(1 + z)RT}{zF}(1 - t_+)\,\Theta\,\partial_x\ln c, \qquad
       \kappa = \kappa_0\,(c/c_0)^p

    No electrons move. Anions pass into a neighbouring `BinaryElectrolyte` (salt flux and chemical potential are
    continuous, :math:`\Theta\ln(c/c_0)` on both sides) and nowhere else; there
    :math:`-D_{eff}\,\partial_x c = (1 - t_+)\,i_f/(zF)`. Displacement and double layers carry no salt flux of their
    own, but the current that charges a double layer does pass the solution: a spectrum of Au | solution | Au shows the
    small branch of the salt in series with the double layers.

    Parameters
    ----------
    concentration : float
        :math:`c_0` of the salt at rest, per volume of the solution [mol/m^3], > 0.
    ionic_conductivity : float or law
        :math:`\kappa_0` of the layer at :math:`c_0`, all ions together [S/m], > 0.
    salt_diffusivity : float or law
        :math:`D_{eff}` of the salt through the layer [m^2/s], > 0: the flux per area of the layer and gradient of c.
    transference_number : float or law
        :math:`t_+` of the ion, < 1; negative where it moves in anionic complexes.
    thermodynamic_factor : float or law
        :math:`\Theta = 1 + d\ln f/d\ln c`, > 0; 1 for an ideal solution.
    porosity : float
        :math:`\varepsilon`, volume of the solution per volume of the layer, above 0 to 1.
    conductivity_exponent : float
        p of :math:`\kappa \propto c^p`; 0 where the ion is a small part of all ions, about 1 in a dilute solution.
    relative_permittivity : float, law or CPE, optional
        :math:`\varepsilon_r` >= 1, or a `CPE` per length; None: no geometric capacitance (§2.4).
    conductivity_factor, diffusivity_factor, anion_factor : function of c/c_0, optional
        What :math:`\kappa`, :math:`D` and :math:`1 - t_+` are multiplied with at :math:`c/c_0` (a `Polynomial`, a
        `Tabulated` factor): 1 at :math:`c_0`, positive up to twice that. Keyword only.
    name, description : str
        For people; keyword only.

    Raises
    ------
    InputError
        For a number out of its bounds, or a factor that is not 1 at :math:`c_0` or not positive.

    Examples
    --------
    >>> BinaryElectrolyte("0.1 mol/L", "1 mS/cm", "1e-8 cm^2/s", 0.03).concentration
    Value(100.0, unit='mol/m^3')
    """

    concentration: Annotated[float, Quantity("mol/m^3", gt=0)]
    ionic_conductivity: Annotated[float | Law, Property("S/m")]
    salt_diffusivity: Annotated[float | Law, Property("m^2/s")]
    transference_number: Annotated[float | Law, Property("", ge=-math.inf, lt=1)]
    thermodynamic_factor: Annotated[float | Law, Property("")] = Value(1.0, unit="")
    porosity: Annotated[float, Quantity("", gt=0, le=1)] = Value(1.0, unit="")
    conductivity_exponent: Annotated[float, Quantity("")] = Value(0.0, unit="")
    relative_permittivity: BulkDielectric | None = None
    conductivity_factor: AnyFunction | None = field(default=None, kw_only=True)
    diffusivity_factor: AnyFunction | None = field(default=None, kw_only=True)
    anion_factor: AnyFunction | None = field(default=None, kw_only=True)

    carriers = ANIONS
    colour = "#a1d9b4"

    @property
    def follows_concentration(self) -> bool:
        """Whether one of the factors is given."""
        return any(vars(self)[name] is not None for name in _FACTORS)

    def ionic(self, own: Own, position: Number = 0.5) -> Number:
        """Conductivity [S/m] of all ions at the concentration of rest."""
        return own.property("ionic_conductivity")

    def salt(self, own: Own) -> Salt:
        """The solution itself; equations are simpler where the conductivity cannot come to depend on c."""
        return Salt(
            own.path,
            concentration=own.number("concentration"),
            conductivity=own.property("ionic_conductivity"),
            diffusivity=own.property("salt_diffusivity"),
            transference_number=own.property("transference_number"),
            thermodynamic_factor=own.property("thermodynamic_factor"),
            porosity=own.number("porosity"),
            exponent=None if own.constant("conductivity_exponent") == 0 else own.number("conductivity_exponent"),
            fixed_factor=own.constant("thermodynamic_factor"),
            **{name: own.property(name) for name in _FACTORS},
        )

    @model_validator(mode="after")
    def _factors_fit(self) -> BinaryElectrolyte:
        given = {name: vars(self)[name] for name in _FACTORS if vars(self)[name] is not None}
        for name, factor in given.items():
            check_positive(name, factor, np.linspace(0.0, 2.0, 81))
            if abs(factor(1.0) - 1) > 1e-6:
                raise InputError(
                    f"{name} must be 1 at c/c_0 = 1, where the property itself holds, but is {factor(1.0):.6g}."
                )
        if "anion_factor" in given and given["anion_factor"].logarithmic is Function.logarithmic:
            raise InputError(
                f"anion_factor: {type(self.anion_factor).__name__} has no integral in ln c, which the diffusion "
                f"potential needs: use a Polynomial, or add the static method logarithmic(x, log_x, *, …)."
            )
        return self
