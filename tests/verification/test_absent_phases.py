"""A phase of which there is nothing changes nothing, whatever it is, on the mesh as in closed form.

In a model fractions are symbols that may come to be 0: the bound of Hashin and Shtrikman once took an absent liquid as
its best conductor there (6 % in a dry pellet), and the rules in series an absent gas as an insulator.
"""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.impedance.linearise import LinearisedStack

RULES = [
    mt.Bruggeman(),
    mt.HashinShtrikmanUpper(),
    mt.HashinShtrikmanLower(),
    mt.WienerParallel(),
    mt.WienerSeries(),
    mt.MaxwellGarnett("solid"),
    mt.PoreExponent("liquid"),
]
SOLID, LIQUID = mt.IonConductor("1 mS/cm"), mt.IonConductor("10 mS/cm")
FREQUENCIES = np.array([1e3, 1e-3])


def resistance(material: object) -> float:
    """Of the layer on the mesh [ohm], which has to be what the closed form says."""
    cell = mt.Cell("pellet", mt.Plating("1 mA/cm^2"), [mt.Layer("a", material, "0.1 mm")], mt.Plating("1 mA/cm^2"))
    mesh = LinearisedStack(cell, f_max=1e3).impedance(FREQUENCIES)
    np.testing.assert_allclose(mesh, mt.impedance.exact(cell, FREQUENCIES), rtol=1e-9)
    return float(mesh[0].real)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.type)
def test_an_absent_phase_is_as_good_as_none(rule: mt.Bruggeman) -> None:
    """Full pores hold no gas; a solid without pores no liquid; dry pores none either."""
    full, half = mt.Porous(SOLID, 0.3, rule, LIQUID, 1.0), mt.Porous(SOLID, 0.3, rule, LIQUID, 0.999999)
    if rule not in (mt.HashinShtrikmanLower(), mt.WienerSeries()):  # for these any gas stops everything
        assert resistance(full) == pytest.approx(resistance(half), rel=1e-4)
    two = mt.Composite([mt.Phase("liquid", LIQUID, 0.3), mt.Phase("solid", SOLID)], rule)
    assert resistance(full) == pytest.approx(resistance(two), rel=1e-9)
    if rule not in (mt.HashinShtrikmanLower(), mt.WienerSeries(), mt.PoreExponent("liquid")):
        dry = mt.Porous(SOLID, 0.3, rule, LIQUID, 0.0)
        assert resistance(dry) == pytest.approx(resistance(mt.Porous(SOLID, 0.3, rule)), rel=1e-9)
