"""Constant-phase elements: exact in both impedance routes, and the same element as a ladder in time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.errors import InputError
from mgtwin.impedance import exact, exact_laplace
from mgtwin.impedance.linearise import LinearisedStack

from .oracles import step_response_current, step_response_voltage

AREA, SIGMA, THICKNESS, Q = 1e-4, 0.2, 5e-4, 1e-3


def blocking_cell(n: float) -> mt.Cell:
    """Two equal constant-phase electrodes on an ionic conductor."""
    electrode = mt.Blocking(mt.CPE(Q, n))
    return mt.Cell("t", electrode, [mt.Layer("a", mt.IonConductor(SIGMA), THICKNESS)], electrode, area=AREA)


@pytest.mark.parametrize("n", [0.3, 0.8, 1.0])
def test_exact_route_is_the_formula(n: float) -> None:
    f = np.geomspace(1e-9, 1e9, 60)
    expected = (THICKNESS / SIGMA + 2 / (Q * (2j * np.pi * f) ** n)) / AREA
    np.testing.assert_allclose(exact(blocking_cell(n), f), expected, rtol=1e-12)


def test_dispersive_bulk_is_the_formula() -> None:
    q, n = 1e-9, 0.9
    f = np.geomspace(1e-3, 1e9, 60)
    cell = blocking_cell(1.0).with_({"layers.a.material.relative_permittivity": mt.CPE(q, n)})
    s = 2j * np.pi * f
    expected = (THICKNESS / (SIGMA + q * s**n) + 2 / (Q * s)) / AREA
    np.testing.assert_allclose(exact(cell, f), expected, rtol=1e-12)


def mixed_cell() -> mt.Cell:
    """Constant-phase elements everywhere: electrodes, junction, bulk of an ionic and of a mixed conductor."""
    cpe = mt.CPE(Q, 0.8)
    ionic = mt.IonConductor(SIGMA, mt.CPE(1e-9, 0.9))
    mixed = mt.MixedConductor(0.05, 0.01, 2e5, mt.CPE(1e-9, 0.95))
    return mt.Cell(
        "t",
        mt.Plating(0.1, 0.3, cpe),
        [mt.Layer("a", ionic, 5e-4), mt.Layer("b", mixed, 6e-4)],
        mt.Blocking(cpe, 1e-3),
        {"a-b": mt.Junction(1e-3, cpe)},
        area=AREA,
    )


def test_mesh_route_has_the_same_element_exactly() -> None:
    f = np.geomspace(1e-4, 1e6, 40)
    cell = mixed_cell()
    mesh = LinearisedStack(cell, f_max=1e6).impedance(f)
    # what is left is the discretisation of E in the mixed conductor
    np.testing.assert_allclose(mesh, exact(cell, f), rtol=1e-4)


def test_the_exponent_can_be_an_input_of_the_mesh_route() -> None:
    f = np.geomspace(1e-2, 1e5, 10)
    path = "positive.double_layer.n"
    stack = LinearisedStack(mixed_cell(), f_max=1e5, inputs=[path])
    np.testing.assert_allclose(
        stack.impedance(f, inputs={path: 0.6}), exact(mixed_cell(), f, {path: np.array([0.6])})[0], rtol=1e-4
    )


@pytest.mark.parametrize("n", [0.3, 0.5, 0.8, 0.95])
def test_ladder_in_time_is_the_same_element(n: float) -> None:
    """The issue asks for 1 % over the window, which is six and a half decades of time here."""
    cell = blocking_cell(n)

    def transform(s: Any) -> Any:
        return exact_laplace(cell, s)

    step = mt.simulate(cell, mt.Polarization(0.01, "1 h", first_time="1 ms"))
    expected = step_response_voltage(transform, 0.01, step["time"].values)
    np.testing.assert_allclose(step["current"].values, expected, rtol=1e-2)
    charge = mt.simulate(cell, mt.Galvanostatic(1e-8, "1 h", first_time="1 ms", limits=(-10, 10)))
    expected = step_response_current(transform, 1e-8, charge["time"].values)
    np.testing.assert_allclose(charge["voltage"].values, expected, rtol=1e-2)


def test_spectrum_of_the_ladders_step_response() -> None:
    """Numerical Laplace transform of a simulated step against the formula, within 1 % over the window (n = 0.8)."""
    cell = blocking_cell(0.8)
    run = mt.simulate(cell, mt.Galvanostatic(1e-10, "1 h", first_time="10 us", limits=(-10, 10), points=2000))
    t, v = run["time"].values, run["voltage"].values
    v0 = 1e-10 * THICKNESS / SIGMA / AREA  # the ohmic jump at t = 0
    for s in np.geomspace(1e-2, 1e3, 6):  # the step's transform is real on the real axis: Z(s) = s L{v}/i
        # v - v0 grows like t**n: integrate by parts from t = 0, where it is 0
        integrand = (v - v0) * np.exp(-s * t)
        start = integrand[0] * t[0] / 1.8  # the exact integral of t**0.8 up to the first sample
        impedance = s * (v0 / s + start + np.trapezoid(integrand, t)) / 1e-10
        assert impedance == pytest.approx(exact_laplace(cell, np.array([s + 0j]))[0].real, rel=1e-2)


@pytest.mark.parametrize("n", [0.0, -0.5, 1.01])
def test_exponents_outside_0_to_1_are_refused(n: float) -> None:
    with pytest.raises(InputError, match="CPE: n: must be"):
        mt.CPE(1e-5, n)


def test_units_of_q_follow_n_and_the_place() -> None:
    assert mt.CPE("1e-5 S*s^0.8/cm^2", 0.8).q == pytest.approx(0.1)
    with pytest.raises(InputError, match=r"does not fit n = 0\.8"):
        mt.CPE("1e-5 S*s^0.7/cm^2", 0.8)
    with pytest.raises(InputError, match=r"here it must be in S\*s\^0\.8/m\^2"):
        mt.Blocking(mt.CPE("1e-5 S*s^0.8/m", 0.8))
    cell = mixed_cell()
    assert mt.Cell.from_yaml(cell.to_yaml()) == cell
