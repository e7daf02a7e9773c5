"""Interfaces: electrodes at the two ends and junctions between layers (theory.md §3).

Every resistance, capacitance and current density refers to the area of the electrode. Electronic resistance: ``inf``
blocks electrons, ``0`` is an ideal contact.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from ..errors import InputError
from ..kinds.noun import noun, one_of
from ..laws import Law, Property
from ..quantities import Quantity, Value
from .ageing import AgeingLaws, check_ageing
from .capacitors import CPE, Capacitor, Storage, across_interface
from .contact import Contact

__all__ = ["CPE", "Blocking", "Capacitor", "Electrode", "Interfaces", "Junction", "Plating"]

_DoubleLayer = Annotated[Storage, AfterValidator(across_interface)] | None
_ElectronicResistance = Annotated[float, Quantity("ohm*m^2", ge=0, allow_inf=True)]
_NOTHING = Value(0.0, unit="ohm*m^2")
_BLOCKED = Value(math.inf, unit="ohm*m^2")


def _check_gap(contact: Contact | None, storage: Any) -> None:
    """A gap is a capacitor beside the double layer's: it needs one, and one of the same kind."""
    if contact is None or contact.gap_capacitance == 0 or isinstance(storage, Capacitor):
        return
    if isinstance(storage, CPE):
        raise InputError(
            "contact.gap_capacitance is an ideal capacitor, which cannot stand in for a part of a constant-phase "
            "element: make the double layer a capacitor, or leave gap_capacitance at 0."
        )
    raise InputError(
        "contact.gap_capacitance replaces the double layer where contact is lost: give the interface a capacitance, "
        "or leave gap_capacitance at 0."
    )


@noun
class Blocking:
    r"""Inert electrode (Au, Cu, stainless steel): passes electrons, blocks ions, :math:`j_F = 0`.

    Parameters
    ----------
    double_layer : Capacitor, CPE, float or None
        Double layer [F/m^2]; a bare capacitance is accepted. None: no ionic current at all.
    electronic_resistance : float
        Contact resistance of the electrons [ohm*m^2], 0 (ideal) to inf (blocked).
    contact : Contact, optional
        How much of the area touches; None: all of it, for good. Keyword only.
    name, description : str
        For people; keyword only.

    Examples
    --------
    >>> Blocking("10 uF/cm^2").double_layer
    Capacitor(c=Value(0.1, unit='F/m^2'))
    """

    double_layer: _DoubleLayer
    electronic_resistance: _ElectronicResistance = _NOTHING
    contact: Contact | None = field(default=None, kw_only=True)
    ageing: AgeingLaws = field(default=(), kw_only=True)
    name: str = field(default="", kw_only=True)
    description: str = field(default="", kw_only=True, repr=False)
    type: Literal["blocking"] = field(default="blocking", kw_only=True, repr=False)

    @model_validator(mode="after")
    def _contact_fits(self) -> Blocking:
        if self.ageing:
            raise InputError(
                f"no faradaic current crosses a blocking electrode, so {self.ageing[0].type} would never act there: "
                f"give the ageing to a plating electrode or a junction."
            )
        _check_gap(self.contact, self.double_layer)
        return self


@noun
class Plating:
    r"""Electrode of the ion's own metal (Mg), Butler-Volmer (theory.md §3.1).

    .. math:: j_F = i_0\left[e^{\alpha_a zF\eta_{ct}/RT} - e^{-\alpha_c zF\eta_{ct}/RT}\right], \quad
              \alpha_a + \alpha_c = 1, \quad \eta = \eta_{ct} + R_{film} j_F

    Parameters
    ----------
    exchange_current_density : float or law
        :math:`i_0` [A/m^2], > 0.
    transfer_coefficient : float
        :math:`\alpha_a` of the anodic reaction (stripping), between 0 and 1; :math:`\alpha_c = 1 - \alpha_a`.
    double_layer : Capacitor, CPE or float, optional
        Double layer across charge transfer and film [F/m^2].
    electronic_resistance : float
        Contact resistance of the electrons [ohm*m^2], 0 (ideal) to inf (blocked).
    film_resistance : float or law
        :math:`R_{film}` in series with the charge transfer [ohm*m^2], >= 0.
    contact : Contact, optional
        How much of the area touches; None: all of it, for good. Keyword only.
    ageing : sequence of ageing laws
        What changes the contact or the film while the cell is used (theory.md §3.5). Keyword only.
    name, description : str
        For people; keyword only.

    Examples
    --------
    >>> Plating("5 uA/cm^2", film_resistance="100 ohm*cm^2").transfer_coefficient
    Value(0.5, unit='')
    """

    exchange_current_density: Annotated[float | Law, Property("A/m^2")]
    transfer_coefficient: Annotated[float, Quantity("", gt=0, lt=1)] = Value(0.5, unit="")
    double_layer: _DoubleLayer = None
    electronic_resistance: _ElectronicResistance = _NOTHING
    film_resistance: Annotated[float | Law, Property("ohm*m^2", ge=0)] = _NOTHING
    contact: Contact | None = field(default=None, kw_only=True)
    ageing: AgeingLaws = field(default=(), kw_only=True)
    name: str = field(default="", kw_only=True)
    description: str = field(default="", kw_only=True, repr=False)
    type: Literal["plating"] = field(default="plating", kw_only=True, repr=False)

    @model_validator(mode="after")
    def _contact_fits(self) -> Plating:
        check_ageing(self.ageing, self.contact, metal=True)
        _check_gap(self.contact, self.double_layer)
        return self


@noun
class Junction:
    r"""Contact between two layers: ions pass :math:`R_{int} \parallel C_{int}`, electrons pass :math:`R_e` (§3.2).

    Where a cell has no `Junction` between two layers both carriers pass perfectly. A `Junction` blocks electrons unless
    its `electronic_resistance` says otherwise.

    Parameters
    ----------
    resistance : float or law
        :math:`R_{int}` of the ions [ohm*m^2], 0 (ideal) to inf (blocked).
    capacitance : Capacitor, CPE or float, optional
        :math:`C_{int}` [F/m^2].
    electronic_resistance : float
        :math:`R_e` [ohm*m^2], 0 (ideal) to inf (blocked, the default).
    contact : Contact, optional
        How much of the area touches; None: all of it, for good. Keyword only.
    ageing : sequence of ageing laws
        What changes the contact or the film while the cell is used (theory.md §3.5). Keyword only.
    name, description : str
        For people; keyword only.

    Examples
    --------
    >>> Junction("30 ohm*cm^2").electronic_resistance
    Value(inf, unit='ohm*m^2')
    """

    resistance: Annotated[float | Law, Property("ohm*m^2", ge=0, allow_inf=True)] = _NOTHING
    capacitance: _DoubleLayer = None
    electronic_resistance: _ElectronicResistance = _BLOCKED
    contact: Contact | None = field(default=None, kw_only=True)
    ageing: AgeingLaws = field(default=(), kw_only=True)
    name: str = field(default="", kw_only=True)
    description: str = field(default="", kw_only=True, repr=False)
    type: Literal["junction"] = field(default="junction", kw_only=True, repr=False)

    @model_validator(mode="after")
    def _contact_fits(self) -> Junction:
        check_ageing(self.ageing, self.contact, metal=False)
        _check_gap(self.contact, self.capacitance)
        return self


class Interfaces(Mapping[str, Junction]):
    """Immutable mapping ``"left-right"`` -> `Junction`, in the order given; compares and hashes by content."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Junction] | None = None) -> None:
        self._items = dict(items or {})

    def __getitem__(self, key: str) -> Junction:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)


Electrode = Annotated[Blocking | Plating, Field(discriminator="type"), one_of("an electrode", "blocking", "plating")]
