"""Hosts in cells that leak, held at a voltage or a current: their steady states, spectra there, and how they get there.

A mixed conductor whose conductivities are constant has the impedance of any of its states, and a host that of its
filling. So the spectrum of a cell that leaks under a bias is, in closed form, that at rest of a cell whose host has the
same curve shifted down to 0 V at that filling.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.impedance import exact
from mgtwin.protocols import Segment
from mgtwin.protocols.bias import Current, Voltage
from mgtwin.protocols.segments import VoltageRamp
from mgtwin.simulation.resolving import settled

from .test_insertion_resolved import full_cell
from .test_leaking_cells import PELLET, STRAIGHT, bridged, leaking

HELD, ELECTRONIC = 0.9, 4.9e-6
SHIFTED = mt.TabulatedPotential([0.0, 1.0], [0.1, -0.1])
FREQUENCIES = np.geomspace(1e4, 1e-2, 4)


def of_pellet(potential: Any, **changes: Any) -> mt.Cell:
    return leaking(potential, ELECTRONIC, **changes)


def of_shunt(potential: Any, **changes: Any) -> mt.Cell:
    return bridged(potential, 1.0, **changes)


@pytest.mark.slow
@pytest.mark.parametrize(("leaky", "turned"), [(of_pellet, False), (of_shunt, True)])
def test_a_spectrum_under_a_voltage_is_that_of_the_filling(leaky: Any, turned: bool) -> None:
    """Slices in the host, volumes in the layer: twelve slices leave 1e-3 of Z, six 4e-3."""
    resolved = {"positive.resolution": mt.Resolved(6)}
    cell, closed = leaky(STRAIGHT, **resolved), exact(leaky(SHIFTED, **{"positive.filling": 0.5}), FREQUENCIES)
    cell, bias = (cell.reversed(), Voltage(-HELD)) if turned else (cell, Voltage(HELD))
    found = mt.simulate(cell, mt.EIS.at(FREQUENCIES, bias=bias))
    assert np.max(np.abs(found["impedance"].values / closed - 1)) < 5e-3


def test_a_current_that_makes_up_for_the_leak_holds_the_voltage() -> None:
    """All of it is electrons, I = sigma_eon U / L, and so the host stands at that U."""
    cell = of_pellet(STRAIGHT, **{"positive.resolution": mt.Uniform()})
    leak = HELD * ELECTRONIC / PELLET
    by_voltage = mt.simulate(cell, mt.EIS.at(FREQUENCIES, bias=Voltage(HELD)))["impedance"].values
    by_current = mt.simulate(cell, mt.EIS.at(FREQUENCIES, bias=Current(leak)))["impedance"].values
    np.testing.assert_allclose(by_current, by_voltage, rtol=1e-5)
    with pytest.raises(mt.SimulationError, match="no steady state under"):  # a tenth of it, and the host fills
        mt.simulate(cell, mt.EIS.at(FREQUENCIES, bias=Current(0.1 * leak)))


def test_a_spectrum_beside_a_shunt_resolves_what_was_left_open() -> None:
    """In time a shunt asks for nothing."""
    cell, held = of_shunt(STRAIGHT), (Segment(VoltageRamp(1.0 - 0.02), 1.0, (1.0,)),)
    assert settled(cell, ()).positive.resolution == mt.Resolved() and settled(cell, held).positive.resolution is None


@pytest.mark.parametrize("filled_first", [False, True])
def test_a_voltage_held_for_ever_ends_in_no_current(filled_first: bool) -> None:
    """Long after its time constant of 2000 s the current is what tolerances leave, and the host stands at U."""
    cell = full_cell(mt.Uniform(), filling=0.7 if filled_first else 0.1, potential=STRAIGHT)
    run = mt.simulate(cell, mt.Polarization(HELD, "1e8 s", per_decade=2))
    assert np.abs(run["current"].values[-7:]).max() < 1e-6 and run["time"].values[-1] == 1e8
    assert mt.analysis.stoichiometry(run) == pytest.approx(0.5, abs=1e-6)


def test_a_host_in_a_stack_of_modes_can_be_held() -> None:
    run = mt.simulate(mt.cell("mg_trilayer_mo6s8"), mt.Polarization("1 V", "1e7 s", per_decade=2))
    assert abs(run["current"].values[-1]) < 1e-10


def test_a_current_that_fills_a_host_is_no_bias() -> None:
    """Where no electrons pass, whatever its sign: said before anything is computed."""
    for current in (-1e-6, 1e-6):
        with pytest.raises(mt.InputError, match="fills or empties the host of the positive electrode"):
            mt.simulate(mt.cell("mg_polymer_ti2s4"), mt.EIS.at([1.0], bias=Current(current)))
