"""Voltages imposed against a reference: closed forms of a linear stack, full cells, other routes, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.impedance.halves import exact_halves

from .test_insertion_resolved import full_cell

RESISTANCES, CAPACITY = (0.02, 0.03), 1.0  # ohm m2 on either side of the wire, F/m2 at both ends
WIRE = mt.Reference(at="left|right", kind=mt.IonProbe())


def gold(**changes: Any) -> mt.Cell:
    """Two double layers with an ion conductor between them, in which a wire reads the ions."""
    layers = [
        mt.Layer(name, mt.IonConductor(1e-3 / R), 1e-3) for name, R in zip(("left", "right"), RESISTANCES, strict=True)
    ]
    electrode = mt.Blocking(double_layer=CAPACITY)
    return mt.Cell("gold", electrode, layers, electrode, area=1.0, reference=WIRE).with_(changes)


def against(protocol: Any) -> mt.AgainstReference:
    return mt.AgainstReference(protocol)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_step_and_a_sweep_in_closed_form(sign: float) -> None:
    """``i = V/R exp(-t/RC)`` with R of the right part alone; the left part has ``-(iR + q/C)`` on top."""
    left, right = RESISTANCES
    run = mt.simulate(gold(), against(mt.Polarization(0.2 * sign, "0.3 s", first_time="1 ms", per_decade=5)))
    time = run["time"].values
    charge = 0.2 * sign * CAPACITY * (1 - np.exp(-time / right / CAPACITY))
    current = (0.2 * sign - charge / CAPACITY) / right
    np.testing.assert_allclose(run["current"].values, current, atol=1e-5)
    np.testing.assert_allclose(run["voltage_negative"].values, left * current + charge / CAPACITY, atol=1e-6)
    np.testing.assert_allclose(run["voltage_positive"].values, 0.2 * sign, atol=1e-12)
    np.testing.assert_allclose(run["voltage"].values, 0.2 * sign + left * current + charge / CAPACITY, atol=1e-6)
    swept = mt.simulate(gold(), against(mt.LinearSweep(1.0 * sign, "0.5 V/s", points=20)))
    time = swept["time"].values
    np.testing.assert_allclose(
        swept["current"].values, 0.5 * sign * CAPACITY * (1 - np.exp(-time / right / CAPACITY)), atol=1e-6
    )


def test_limits_are_those_of_the_half() -> None:
    """A current charges the right capacitor: ``t = C(V/I - R)``; the hold then keeps the half's voltage."""
    run = mt.simulate(gold(), against(mt.CCCV(2.0, 0.5, 0.1, "10 s")))
    time, constant = run["time"].values, run["step"].values == 0
    assert time[constant][-1] == pytest.approx(0.5 / 2.0 - RESISTANCES[1], rel=1e-6)
    np.testing.assert_allclose(run["voltage_positive"].values[~constant], 0.5, atol=1e-9)
    assert time[-1] - time[constant][-1] == pytest.approx(RESISTANCES[1] * np.log(2.0 / 0.1), rel=1e-4)
    at_once = mt.simulate(gold(), against(mt.Galvanostatic(30.0, "1 s", limits=(-0.5, 0.5))))
    assert "highest voltage after 0 s" in "".join(at_once.attrs["warnings"])


@pytest.mark.parametrize("route", [mt.Modes(), mt.Mesh()])
def test_a_stack_settles_to_the_resistance_of_the_half(route: Any) -> None:
    cell = mt.cell("trilayer")
    cell = cell.with_(
        {"reference": mt.Reference(at="buffer_left-antiperovskite", kind=mt.IonProbe(), layer="buffer_left")}
    )
    run = mt.simulate(cell, against(mt.Polarization("1 mV", "1 h", per_decade=2)), route=route)
    negative, positive = (float(half[0].real) for half in exact_halves(cell, [1e-7]))
    assert float(run["voltage"][-1]) == pytest.approx(1e-3 * (negative + positive) / positive, rel=1e-5)
    with pytest.raises(mt.InputError, match="imposed against the reference"):
        mt.simulate(gold(), against(mt.Polarization("1 mV", "1 h")), route=mt.Laplace())


def test_a_full_cell_is_charged_against_the_wire() -> None:
    """What the Mg side takes is not part of the cut-off."""
    straight = mt.TabulatedPotential([0.0, 1.0], [1.0, 0.8])
    cell = full_cell(mt.Uniform(), filling=0.7, potential=straight)
    cell = cell.with_({"negative.film_resistance": 0.01, "reference": mt.Reference(at="negative", kind=mt.IonProbe())})
    run = mt.simulate(cell, against(mt.CCCV(1.0, 0.9, 0.01, "1e6 s")))
    constant = run["step"].values == 0
    assert run["voltage_positive"].values[constant][-1] == pytest.approx(0.9, abs=1e-6)
    assert run["voltage"].values[constant][-1] == pytest.approx(0.91, abs=1e-4)  # the film of 0.01 ohm m2 at 1 A/m2
    assert float(straight(mt.analysis.stoichiometry(run))) == pytest.approx(0.9, abs=3e-4)


def test_side_by_side_they_are_what_they_are_alone() -> None:
    protocol, path = (
        against(mt.Polarization("0.2 V", "50 ms", first_time="1 ms", per_decade=2)),
        "layers.right.thickness",
    )
    values = [0.8e-3, 1.2e-3]
    study = mt.sweep(gold(), protocol, {path: values}, metrics={"last": lambda run: float(run["voltage"][-1])})
    alone = [float(mt.simulate(gold(**{path: value}), protocol)["voltage"][-1]) for value in values]
    np.testing.assert_allclose(np.ravel(study["last"].values), alone, rtol=1e-6)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: against(mt.EIS(1e3, 1.0)), "eis cannot be run"),
        (lambda: against(mt.Cycling(1.0, "1 h", cycles=2)), "cycling cannot be run"),
        (lambda: against(against(mt.Rest("1 s"))), "against_reference cannot be run"),
        (lambda: against(mt.Rest("1 s", temperature="60 degC")), "that of the whole"),
        (lambda: mt.simulate(gold(reference=None), against(mt.Polarization(0.1, "1 s"))), "no reference electrode"),
        (
            lambda: mt.simulate(
                gold(reference=mt.Reference(at="positive", kind=mt.IonProbe())), against(mt.Polarization(0.1, "1 s"))
            ),
            "only capacitors",
        ),
        (
            lambda: mt.simulate(gold(), against(mt.Galvanostatic(1.0, "1 s", limits=(0.1, 1.0)))),
            "outside the voltage limits",
        ),
    ],
)
def test_what_is_refused(made: Any, said: str) -> None:
    with pytest.raises(mt.InputError, match=said):
        made()
