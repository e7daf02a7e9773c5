"""The contact of an interface in numbers: its fraction, its film, the constriction behind its spots (theory.md §3.4).

Algebra only, on floats, arrays and PyBaMM symbols alike: the mesh, the mesh-free impedance and the analyses ask here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..kinds.kind import Bound, has_formula
from ..kinds.noun import field_names
from ..kinds.numbers import Number, is_zero
from ..kinds.spreading import spreading_function, spreading_length
from .reader import Reader

__all__ = ["Spots", "contact_fraction", "film_when_new", "spreading_function", "spreading_length", "untouched_fraction"]


def untouched_fraction(reader: Reader, path: str) -> Number:
    """Contact fraction of a new interface as its `Contact` says it, 1 where that is not described.

    Parameters
    ----------
    reader : Reader
    path : str
        Of the interface, for example ``positive`` or ``interfaces.a-b``.
    """
    interface = reader.get(path)
    if interface is None or interface.contact is None:
        return 1.0
    if isinstance(interface.contact.fraction, float):
        return reader.number(f"{path}.contact.fraction")
    pressure = reader.number(f"{path}.contact.pressure")
    return pressure / (pressure + reader.property(f"{path}.contact.fraction.hardness", reader.temperature))


def contact_fraction(reader: Reader, path: str) -> Number:
    """Contact fraction of a new interface, less what its ageing laws have taken before the start (a first crack)."""
    fraction = untouched_fraction(reader, path)
    interface = reader.get(path)
    for law in () if interface is None else interface.ageing:
        if has_formula(type(law), "contact_kept"):
            # a crack takes its part of what other laws leave: these fractions multiply, rates add up (theory.md §3.5)
            bound = Bound(type(law), f"{path}.ageing.{law.type}", reader)
            fraction = fraction * bound.call("contact_kept", bound.call("start"))
    return fraction


def film_when_new(reader: Reader, path: str) -> Number:
    """Film resistance [ohm*m^2] of the area in contact of a new interface, 0 where its kind has none."""
    interface = reader.get(path)
    if interface is None or "film_resistance" not in field_names(type(interface)):
        return 0.0
    return reader.property(f"{path}.film_resistance", reader.temperature)


@dataclass(frozen=True, slots=True)
class Spots:
    """What an incomplete contact does to the two rails of an interface (§3.4).

    Attributes
    ----------
    fraction
        Contact fraction a.
    gap
        Capacitance of the area without contact [F/m2].
    ions, electrons
        Constriction ``L_c/sigma`` in the adjoining layers [ohm m2]; None for the electrons where a layer has none.
    whole
        Whether no constriction is described.
    """

    fraction: Number = 1.0
    gap: Number = 0.0
    ions: Number = 0.0
    electrons: Number | None = 0.0
    whole: bool = True

    @classmethod
    def of(
        cls,
        reader: Reader,
        path: str,
        fraction: Number,
        conductivities: Sequence[Callable[[], tuple[Number, Number | None]]],
    ) -> Spots:
        """Spots of the interface at a path.

        Parameters
        ----------
        reader : Reader
        path : str
        fraction : number
            Contact fraction a.
        conductivities : sequence of callable
            For each layer beside it: returns the conductivity of the ions, grain boundaries included, and that of the
            electrons or None [S/m per electrode area]. Called where a contact is described.
        """
        interface = reader.get(path)
        if interface is None or interface.contact is None:
            return cls(fraction)
        length = spreading_length(fraction, reader.number(f"{path}.contact.spacing"))
        gap = reader.number(f"{path}.contact.gap_capacitance")
        ions: Number = 0.0
        electrons: Number | None = 0.0
        for ionic, electronic in (conducts() for conducts in conductivities):
            ions = ions + length / ionic
            # one layer without electrons blocks the branch, whatever the spots would add on the other side
            electrons = None if electronic is None or electrons is None else electrons + length / electronic
        return cls(fraction, gap, ions, electrons, whole=False)

    def behind(self, resistance: Number) -> Spots:
        """The same with a resistance [ohm m2] in series with the ionic branch, as the constriction is."""
        return self if is_zero(resistance) else replace(self, ions=self.ions + resistance, whole=False)

    def storage(self, in_contact: Number, per_gap: Number = 1.0) -> Number:
        """What a double layer stores per electrode area: the fraction in contact, and the gap on the rest.

        `in_contact` is its capacitance or admittance, `per_gap` turns the gap's capacitance into the same (1, or s).
        """
        return in_contact if self.whole else self.fraction * in_contact + (1 - self.fraction) * self.gap * per_gap
