"""Whatever kind has a rate, a conductivity, a resistance or a capacity takes a law of temperature in its place.

Asked of the registry: a kind of tomorrow is asked, too. A number that is exempt is a size, a state or a definition.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from functools import lru_cache

import mgtwin as mt
from mgtwin.kinds.fields import Property
from mgtwin.quantities import Quantity
from mgtwin.registry import FAMILIES

#: Families whose numbers describe matter.
OF_MATTER = ("electrode", "junction", "storage", "kind of material", "ageing law")
#: Their parts that are no kinds of a family.
PARTS = (mt.GrainBoundary, mt.Pressed, mt.DefectElectrons, mt.DefectCapacitance)
#: Units of what moves or stores: with seconds, ohms, siemens, farads or amperes; and charges per area.
MOVES = re.compile(r"\b(s|S|ohm|F|A)\b|^C/m\^2$|^m\^2/C$")
#: Pure numbers that the specification names: transference number, thermodynamic factor, permittivity, void fraction.
NAMED = {"transference_number", "thermodynamic_factor", "relative_permittivity", "void_fraction"}
#: Charges that are no rates: what one cycle is, how much metal there is when the cell is new.
EXEMPT = {("CrackGrowth", "half_cycle_charge"), ("PlatingOnSubstrate", "metal_charge")}


def annotations(hint: object) -> Iterator[object]:
    """What stands in Annotated, however deep."""
    if typing.get_origin(hint) is typing.Annotated:
        yield from hint.__metadata__  # type: ignore[attr-defined]
    for part in typing.get_args(hint):
        yield from annotations(part)


@lru_cache(maxsize=1)
def numbers() -> dict[tuple[str, str], tuple[str, bool]]:
    """Every number of matter: (class, field) -> its unit, and whether it takes a law."""
    kinds = {kind for family in OF_MATTER for kind in FAMILIES[family].values()} | set(PARTS)
    found = {}
    for kind in kinds:
        if not kind.__module__.startswith("mgtwin."):
            continue
        for name, hint in typing.get_type_hints(kind, include_extras=True).items():
            for item in annotations(hint):
                match item:
                    case Property():
                        found[kind.__name__, name] = (item.quantity.unit or "", True)
                    case Quantity():
                        found.setdefault((kind.__name__, name), (item.unit or "", False))
    return found


def test_what_moves_or_stores_takes_a_law() -> None:
    known = numbers()
    assert len(known) > 60 and sum(law for _, law in known.values()) > 35  # the registry was read
    without = {
        key
        for key, (unit, law) in known.items()
        if not law and (MOVES.search(unit) or key[1] in NAMED) and key not in EXEMPT
    }
    assert not without, f"these numbers take no law of temperature: {sorted(without)}"
    assert known.keys() >= EXEMPT  # an exemption of what is gone, goes
