"""A step of temperature keeps the composition of a mixed conductor, not its potential: the number of the specification.

Electron-blocked, Q_n = 300 C/m3 (0.5 eV), Q_p = 30 C/m3 (0.7 eV), c_0 = 0.01 F/cm3: 0.05 V at 25 degC becomes
0.00135 V at 100 degC, 0.2 V becomes 0.0721 V. Keeping E instead would create 3.8e4 C/m3 of magnesium.
"""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt

MOBILITY = 1e-9


def cell(rest: float) -> mt.Cell:
    def carriers(charge: float, energy: float) -> mt.Law:
        return mt.Arrhenius(charge * MOBILITY, 298.15, energy)

    electrons = mt.DefectElectrons(carriers(300.0, 0.5), carriers(30.0, 0.7), 1e-12)
    storage = mt.DefectCapacitance(1e4, MOBILITY, MOBILITY)
    material = mt.MixedConductor(0.05, electrons, storage, rest_potential=rest)
    inert = mt.Blocking(0.1, electronic_resistance="inf")
    return mt.Cell("step", inert, [mt.Layer("mixed", material, 1e-4)], inert)


@pytest.mark.parametrize(("before", "after"), [(0.05, 0.00135), (0.2, 0.0721)])
def test_the_composition_is_kept(before: float, after: float) -> None:
    run = mt.simulate(cell(before), mt.Sequence([mt.Rest("1 s"), mt.Rest("1 s", temperature="100 degC")]))
    found = run["01_rest"]["local_potential"].values
    assert found[0] == pytest.approx(after, abs=1e-5 if after < 0.01 else 5e-5)
    # electrons are blocked and the profile is flat: nothing happens after the step
    assert np.max(np.abs(found - found[0, 0])) < 1e-9


def test_back_at_the_first_temperature_nothing_has_changed() -> None:
    steps = [mt.Rest("1 s"), mt.Rest("1 s", temperature="100 degC"), mt.Rest("1 s")]
    found = mt.simulate(cell(0.05), mt.Sequence(steps))["02_rest"]["local_potential"].values
    assert found == pytest.approx(np.full_like(found, 0.05), abs=1e-9)


def test_a_constant_capacitance_keeps_the_potential() -> None:
    changed = cell(0.05).with_({"layers.mixed.material.chemical_capacitance": 1e6})
    run = mt.simulate(changed, mt.Sequence([mt.Rest("1 s"), mt.Rest("1 s", temperature="100 degC")]))
    assert run["01_rest"]["local_potential"].values[0] == pytest.approx(0.05, abs=1e-9)


def test_a_start_from_another_cell_is_said() -> None:
    run = mt.simulate(cell(0.05), mt.Rest("1 s"))
    other = cell(0.05).with_({"layers.mixed.thickness": 2e-4})
    found = mt.simulate(other, mt.Rest("1 s"), start=run)
    assert any("other values of layers.mixed.thickness" in text for text in found.attrs["warnings"])
