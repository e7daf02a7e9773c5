"""Constant current up to a voltage that is then held (CC-CV): when it ends, what it takes up, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.batch.runs import side_by_side
from mgtwin.simulation.resolving import largest_current

from .test_insertion import CAPACITY
from .test_insertion_resolved import full_cell
from .test_leaking_cells import PELLET, leaking

STRAIGHT = mt.TabulatedPotential([0.0, 1.0], [1.0, 0.8])


def cell(**fields: Any) -> mt.Cell:
    return full_cell(mt.Uniform(), filling=0.5, potential=STRAIGHT, **fields)


def capacitor() -> mt.Cell:
    """Electrodes of 1 F/m2 through which nothing reacts, in series with 0.01 ohm m2: R C = 5 ms."""
    gold = mt.Blocking(double_layer=1.0)
    return mt.Cell("two gold", gold, [mt.Layer("ions", mt.IonConductor(0.1), 1e-3)], gold, area=1.0)


def test_a_capacitor_in_closed_form() -> None:
    """``t = C(V/I - R)``, then ``R C ln(I/I_end)``, whatever the sign."""
    for sign in (1.0, -1.0):
        run = mt.simulate(capacitor(), mt.CCCV(2.0 * sign, 0.5 * sign, 0.1, "10 s"))
        time, step = run["time"].values, run["step"].values
        charged = 0.5 * (0.5 / 2.0 - 0.01)
        assert time[step == 0][-1] == pytest.approx(charged, rel=1e-7)
        assert time[-1] - charged == pytest.approx(0.01 * 0.5 * np.log(2.0 / 0.1), rel=1e-5)
        assert run["current"].values[-1] == pytest.approx(0.1 * sign, rel=1e-6)
        said = [text.partition(" after")[0] for text in run.attrs["warnings"]]
        assert said == [f"step 0: event: {'highest' if sign > 0 else 'lowest'} voltage", "step 1: event: least current"]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_hold_takes_the_host_to_its_potential(sign: float) -> None:
    """All that is left at the end is the last current through the resistance of the cell: U(y) = V - I R."""
    volts = 0.9 + 0.05 * sign
    run = mt.simulate(cell(), mt.CCCV(10.0 * sign, volts, 1e-3, "3e4 s", points=2000))
    assert run["current"].values[-1] == pytest.approx(1e-3 * sign, rel=1e-4)
    y = mt.analysis.stoichiometry(run)
    assert float(STRAIGHT(y)) == pytest.approx(volts, abs=1e-3 * 0.02)
    hold = run["step"].values == 1
    assert np.all(np.diff(np.abs(run["current"].values[hold])) < 0)
    np.testing.assert_allclose(run["voltage"].values[hold][1:], volts, atol=1e-9)
    taken = np.trapezoid(run["current"].values, run["time"].values)
    assert -CAPACITY * (y - 0.5) == pytest.approx(taken, rel=2e-3)  # of samples


def test_it_goes_on_and_repeats_in_a_sequence() -> None:
    """A charge after a charge has nothing to do: the hold is over at once, or within what the last one left."""
    charge = mt.CCCV(10.0, 0.95, 0.1, "1e6 s")
    tree = mt.simulate(cell(), mt.Sequence([charge, charge]))
    first, again = (node.to_dataset() for node in tree.children.values())
    assert again["time"].values[-1] < 1e-3 * first["time"].values[-1]


def test_a_leak_holds_the_current_up() -> None:
    """Electrons through a mixed conductor: below what leaks the current cannot fall, and time ends the hold."""
    leaky = leaking(STRAIGHT, **{"positive.resolution": mt.Uniform(), "positive.filling": 0.7})
    leak = 0.9 * 4.9e-6 / PELLET
    run = mt.simulate(leaky, mt.CCCV(1.0, 0.9, 0.5 * leak, "3e5 s", points=10))
    assert run["time"].values[-1] > 3e5 and "least current" not in "".join(run.attrs["warnings"])
    assert run["current"].values[-1] == pytest.approx(leak, rel=1e-3)


def test_the_hold_asks_for_no_larger_current() -> None:
    """It begins where the current ends, so that this alone decides on one reaction or slices."""
    both = mt.CCCV(1e-3, 0.95, 1e-4, "1 h").segments(cell())
    assert largest_current(cell(), both) == 1e-3 and largest_current(cell(), both[1:]) > 1.0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("1 mA", "1 V", "2 mA", "1 h"), "below that of the current"),
        (("1 mA", "1 V", "-0.1 mA", "1 h"), "above 0"),
        (("1 mA", "1 V", "0.1 mA/cm^2", "1 h"), "the same unit"),
        ((0.0, "1 V", 0.0, "1 h"), "above 0"),
    ],
)
def test_what_is_refused(given: tuple[Any, ...], said: str) -> None:
    with pytest.raises(mt.InputError, match=said):
        mt.CCCV(*given)


def test_a_cut_off_that_the_rest_violates() -> None:
    with pytest.raises(mt.InputError, match=r"at rest the cell stands at 0\.9 V"):
        mt.simulate(cell(), mt.CCCV(1.0, 0.85, 0.1, "1 h"))


def test_side_by_side_each_charge_has_its_own_end() -> None:
    """In closed form again: a larger resistance reaches the voltage earlier and holds it longer."""
    path, thicknesses = "layers.ions.thickness", np.array([1e-3, 2e-3, 4e-3])
    cells = [capacitor().with_({path: thickness}) for thickness in thicknesses]
    runs = side_by_side(capacitor(), cells, {path: thicknesses}, mt.CCCV(2.0, 0.5, 0.1, "10 s")).datasets
    assert len(runs) == len(cells)
    for k, thickness in enumerate(thicknesses):
        resistance = thickness / 0.1
        charged = 0.5 * (0.5 / 2.0 - resistance)
        time, step = runs[k]["time"].values, runs[k]["step"].values
        assert time[step == 0][-1] == pytest.approx(charged, rel=1e-6)
        assert time[-1] - charged == pytest.approx(resistance * 0.5 * np.log(2.0 / 0.1), rel=1e-4)
