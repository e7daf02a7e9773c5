"""Ageing laws of interfaces: loss of contact by fatigue, voids and cracks, and growth of a film (theory.md §3.5).

A law is a noun without numerics; ``models/ageing.py`` writes its state equation. Here :math:`j` is the interface's own
faradaic current density per electrode area, :math:`j_{strip}` and :math:`j_{plate}` its positive parts, and P the
pressure of its `Contact`.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from ..errors import InputError
from ..kinds.noun import noun, one_of
from ..quantities import Quantity, Value
from .contact import Contact, Pressed, Pressure

__all__ = ["AgeingLaws", "CrackGrowth", "FatigueContactLoss", "FilmGrowth", "VoidContactLoss", "check_ageing"]

_Minimum = Annotated[float, Quantity("", gt=0, lt=1)]
_Exponent = Annotated[float, Quantity("", ge=0)]
_ZERO = Value(0.0, unit="")
_ONE_MEGAPASCAL = Value(1e6, unit="Pa")


@noun
class FatigueContactLoss:
    r"""Contact lost with the charge that passes, by breathing of the Mg and shear of the contact.

    .. math:: \frac{da}{dt} = -k\,|j|\,(a - a_{min})\,(P_0/P)^m

    Parameters
    ----------
    rate : float
        :math:`k` [m^2/C], >= 0.
    minimum : float
        :math:`a_{min}`, between 0 and 1: contact that is never lost.
    pressure_exponent : float
        :math:`m` >= 0; other than 0 needs the pressure of the contact.
    reference_pressure : float
        :math:`P_0` [Pa] at which `rate` holds; keyword only.

    Examples
    --------
    >>> FatigueContactLoss("1e-4 m^2/C", 0.02).minimum
    Value(0.02, unit='')
    """

    rate: Annotated[float, Quantity("m^2/C", ge=0)]
    minimum: _Minimum
    pressure_exponent: _Exponent = _ZERO
    reference_pressure: Pressure = field(default=_ONE_MEGAPASCAL, kw_only=True)
    type: Literal["fatigue_contact_loss"] = field(default="fatigue_contact_loss", kw_only=True, repr=False)


@noun
class VoidContactLoss:
    r"""Voids that stripping leaves at the metal, partly refilled by plating, healed by creep under pressure.

    .. math::

       \frac{da}{dt} = -\frac{\gamma V_M}{zFh}\left[j_{strip}\frac{a - a_{min}}{1 - a_{min}}
       - \beta j_{plate}\frac{1 - a}{1 - a_{min}}\right] + k_h (P/P_0)^m (1 - a)

    with the molar volume :math:`V_M` of the metal, from the cell's ion. Only a `Plating` electrode has it.

    Parameters
    ----------
    void_fraction : float
        :math:`\gamma`, 0 to 1: share of the stripped volume that stays open at the interface.
    refilled_fraction : float
        :math:`\beta`, 0 to 1: how much of that plating fills again.
    depth : float
        :math:`h` of the voids [m], > 0.
    minimum : float
        :math:`a_{min}`, between 0 and 1.
    healing_rate : float
        :math:`k_h` [1/s], >= 0.
    pressure_exponent : float
        :math:`m` >= 0 of the healing; other than 0 needs the pressure of the contact.
    reference_pressure : float
        :math:`P_0` [Pa] at which `healing_rate` holds; keyword only.

    Examples
    --------
    >>> VoidContactLoss(0.1, 0.5, "1 um", 0.02).healing_rate
    Value(0.0, unit='1/s')
    """

    void_fraction: Annotated[float, Quantity("", ge=0, le=1)]
    refilled_fraction: Annotated[float, Quantity("", ge=0, le=1)]
    depth: Annotated[float, Quantity("m", gt=0)]
    minimum: _Minimum
    healing_rate: Annotated[float, Quantity("1/s", ge=0)] = Value(0.0, unit="1/s")
    pressure_exponent: _Exponent = _ZERO
    reference_pressure: Pressure = field(default=_ONE_MEGAPASCAL, kw_only=True)
    type: Literal["void_contact_loss"] = field(default="void_contact_loss", kw_only=True, repr=False)


@noun
class CrackGrowth:
    r"""Paris law of a crack along the interface, one cycle being the charge :math:`2Q_{half}`.

    .. math::

       \frac{dl}{dt} = C_p\left(\frac{\Delta K}{K_0}\right)^m\left(1 - \frac{l}{l_{max}}\right)
       \frac{|j|}{2Q_{half}}, \qquad \Delta K = Y\Delta\sigma\sqrt{\pi l}, \qquad
       a = 1 - (1 - a_{min})\frac{l}{l_{max}}

    Parameters
    ----------
    rate : float
        :math:`C_p` [m] per cycle, >= 0.
    half_cycle_charge : float
        :math:`Q_{half}` [C/m^2], > 0.
    initial_length, maximum_length : float
        :math:`l(0)` and :math:`l_{max}` [m], 0 < l(0) <= l_max.
    minimum : float
        :math:`a_{min}` at the maximum length, between 0 and 1.
    exponent : float
        :math:`m` >= 0.
    stress : float
        :math:`Y\Delta\sigma` [Pa], > 0.
    reference_intensity : float
        :math:`K_0` [Pa*m^0.5], > 0; keyword only.

    Raises
    ------
    InputError
        If the initial length exceeds the maximum length.

    Examples
    --------
    >>> CrackGrowth("1 um", "320 C/m^2", "10 um", "6 mm", 0.02, 2.0, "1 MPa").exponent
    Value(2.0, unit='')
    """

    rate: Annotated[float, Quantity("m", ge=0)]
    half_cycle_charge: Annotated[float, Quantity("C/m^2", gt=0)]
    initial_length: Annotated[float, Quantity("m", gt=0)]
    maximum_length: Annotated[float, Quantity("m", gt=0)]
    minimum: _Minimum
    exponent: _Exponent
    stress: Annotated[float, Quantity("Pa", gt=0)]
    reference_intensity: Annotated[float, Quantity("Pa*m^0.5", gt=0)] = field(
        default=Value(1e5, unit="Pa*m^0.5"), kw_only=True
    )
    type: Literal["crack_growth"] = field(default="crack_growth", kw_only=True, repr=False)

    @model_validator(mode="after")
    def _inside(self) -> CrackGrowth:
        if self.initial_length > self.maximum_length:
            raise InputError(
                f"initial_length {float(self.initial_length):g} m exceeds maximum_length "
                f"{float(self.maximum_length):g} m: a crack ends where the interface does."
            )
        return self


@noun
class FilmGrowth:
    r"""Film on the contact that grows with charge and with time.

    .. math:: \frac{dR}{dt} = r_q\frac{|j|}{a} + \frac{r_p}{2(R + R_1)}

    R starts from the interface's own `film_resistance` (0 at a `Junction`, where the film adds to its resistance).
    Without charge :math:`R + R_1 = \sqrt{(R_0 + R_1)^2 + r_p t}`.

    Parameters
    ----------
    charge_rate : float
        :math:`r_q` [ohm*m^4/C], >= 0.
    parabolic_rate : float
        :math:`r_p` [ohm^2*m^4/s], >= 0.
    onset_resistance : float
        :math:`R_1` [ohm*m^2], > 0: bounds the growth of a film that is not there yet.

    Examples
    --------
    >>> FilmGrowth("1e-4 ohm*m^4/C").parabolic_rate
    Value(0.0, unit='ohm^2*m^4/s')
    """

    charge_rate: Annotated[float, Quantity("ohm*m^4/C", ge=0)]
    parabolic_rate: Annotated[float, Quantity("ohm^2*m^4/s", ge=0)] = Value(0.0, unit="ohm^2*m^4/s")
    onset_resistance: Annotated[float, Quantity("ohm*m^2", gt=0)] = Value(1e-4, unit="ohm*m^2")
    type: Literal["film_growth"] = field(default="film_growth", kw_only=True, repr=False)


_TYPES = ("fatigue_contact_loss", "void_contact_loss", "crack_growth", "film_growth")
AgeingLaw = Annotated[
    FatigueContactLoss | VoidContactLoss | CrackGrowth | FilmGrowth,
    Field(discriminator="type"),
    one_of("an ageing law", *_TYPES),
]


def _listed(raw: Any) -> Any:
    """A single law stands for a list of one."""
    return raw if isinstance(raw, (list, tuple)) else (raw,)


def _once_each(laws: tuple[Any, ...]) -> tuple[Any, ...]:
    """Each law once: its type is its name in dotted paths (``positive.ageing.film_growth.charge_rate``)."""
    types = [law.type for law in laws]
    for name in types:
        if types.count(name) > 1:
            raise InputError(f"{name} acts twice on one interface: add its rates into one law.")
    return laws


AgeingLaws = Annotated[tuple[AgeingLaw, ...], BeforeValidator(_listed), AfterValidator(_once_each)]


def check_ageing(laws: tuple[Any, ...], contact: Contact | None, *, metal: bool) -> None:
    """Refuse laws that do not fit the interface that they act on.

    Parameters
    ----------
    laws : tuple of ageing laws
    contact : Contact or None
    metal : bool
        Whether it is an electrode of the ion's metal.

    Raises
    ------
    InputError
    """
    for law in laws:
        if isinstance(law, VoidContactLoss) and not metal:
            raise InputError("void_contact_loss is about metal that is stripped: only a plating electrode has it.")
        if not isinstance(law, FilmGrowth) and contact is None:
            raise InputError(
                f"{law.type} needs the contact that is lost: give the interface a contact, for example "
                f"contact=Contact(1.0, '50 um')."
            )
        exponent = getattr(law, "pressure_exponent", 0.0)
        if exponent != 0 and (contact is None or contact.pressure is None):
            raise InputError(
                f"{law.type} has pressure_exponent {float(exponent):g}: give the pressure of the contact, too."
            )
        _check_minimum(law, contact)


def _check_minimum(law: Any, contact: Contact | None) -> None:
    """The least contact of a law must not exceed the contact there is when the cell is new."""
    minimum = getattr(law, "minimum", None)
    if minimum is None or contact is None or isinstance(law, CrackGrowth):
        return
    fraction = contact.fraction
    if isinstance(fraction, Pressed):
        assert contact.pressure is not None
        fraction = contact.pressure / (contact.pressure + fraction.hardness)
    if minimum > fraction:
        raise InputError(
            f"{law.type}: minimum {float(minimum):g} exceeds the contact fraction {float(fraction):g} of the new cell: "
            f"contact cannot be lost down to more than there is."
        )
