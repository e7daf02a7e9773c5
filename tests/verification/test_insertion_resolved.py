"""Electrodes with a thickness: the transmission line of both rails in frequency, its finite volumes in time."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pybamm
import pytest

import mgtwin as mt
from mgtwin.errors import MgtwinWarning
from mgtwin.impedance import exact, exact_jacobian
from mgtwin.impedance.adjoint import adjoint_jacobian
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.impedance.shifts import rest_shift
from mgtwin.models.rails import Rails

from .test_insertion import ACTIVE, CAPACITY, CONCENTRATION, F_, FARADAY, RADIUS, SLOPING, SURFACE, D, T, slope

THICKNESS = 3e-5


def full_cell(resolution: Any = None, filling: float = 0.3, electronic: float = 0.02, **fields: Any) -> mt.Cell:
    """1 m2 of reversible Mg, an ion conductor and a host that conducts ions half as well as electrons."""
    cathode = mt.Insertion(
        fields.pop("potential", SLOPING), 0.2, D, RADIUS, CONCENTRATION, ACTIVE, THICKNESS, 0.01, electronic, filling,
        double_layer=fields.pop("double_layer", 0.1), resolution=resolution, **fields,
    )  # fmt: skip
    return mt.Cell("full", mt.Plating(1e6), [mt.Layer("ions", mt.IonConductor(0.01), 5e-5)], cathode, area=1.0,
                   temperature=T)  # fmt: skip


def line(omega: np.ndarray, electronic: float) -> np.ndarray:
    """(7.6), written with the conductivities and plain hyperbolic functions."""
    s = RADIUS * np.sqrt(1j * omega / D)
    sphere = -slope(SLOPING, 0.3) * RADIUS / D / (2 * FARADAY * CONCENTRATION) / SURFACE
    transfer = 1 / (F_ * 0.2 * np.sqrt(0.3 * 0.7) * SURFACE)
    Y = 0.1j * omega + 1 / (transfer + sphere * np.tanh(s) / (s - np.tanh(s)))
    ionic = 0.01
    nu = np.sqrt(THICKNESS * Y * (1 / ionic + 1 / electronic))
    ratio = ionic / electronic + electronic / ionic
    Z = THICKNESS / (ionic + electronic) * (1 + (2 + ratio * np.cosh(nu)) / (nu * np.sinh(nu)))
    return 5e-5 / 0.01 + 1 / (1e6 * F_) + Z


@pytest.mark.parametrize("electronic", [0.01, 0.02, 10.0])
def test_impedance_is_the_transmission_line(electronic: float) -> None:
    omega = 2 * np.pi * np.geomspace(1e-3, 1e7, 40)  # |nu| up to 250
    found = exact(full_cell(electronic=electronic), omega / (2 * np.pi))
    np.testing.assert_allclose(found, line(omega, electronic), rtol=1e-9)


def test_limits_of_the_line() -> None:
    """nu -> 0: 1/Y + (R_i + R_e)/3; to infinity: both rails in parallel; R_e = 0: de Levie's coth."""
    added = mt.Resolved.added
    assert added(1e-7, ions=0.2, electrons=0.1).real == pytest.approx(0.1, rel=1e-7)
    assert added(1e12, ions=0.2, electrons=0.1).real == pytest.approx(0.2 * 0.1 / 0.3, rel=1e-5)
    Y = np.array([1e-3, 0.04, 0.06, 3.0 + 4.0j, 500j])  # the series meets the closed form at |nu^2| = 0.01
    expected = np.sqrt(0.2 / Y) / np.tanh(np.sqrt(0.2 * Y))
    np.testing.assert_allclose(1 / Y + added(Y, ions=0.2, electrons=1e-13), expected, rtol=1e-9)
    uniform = [abs(0.1 * y / 3 + 1 - y * (1 / y + added(y, ions=0.1, electrons=0.0 + 1e-12))) for y in (3.0, 10.0)]
    assert 0.001 < uniform[0] < 0.004 and 0.01 < uniform[1] < 0.03  # |nu|^2 = 0.3: 0.2 %; 1: 1.5-2.1 %


@pytest.mark.parametrize("turned", [False, True])
def test_a_model_with_one_reaction_has_the_spectrum_of_the_line(turned: bool) -> None:
    cell = full_cell(film_resistance=1e-4)
    cell, f = cell.reversed() if turned else cell, np.geomspace(1e6, 1e-4, 11)
    paths = ["area", "temperature"]
    side = "negative" if turned else "positive"
    paths += [f"{side}.{name}" for name in ("thickness", "ionic_conductivity", "double_layer.c", "diffusivity")]
    stack = LinearisedStack(cell, f_max=f.max(), inputs=paths)
    found, slopes = adjoint_jacobian(stack, f, shift=rest_shift(stack))
    np.testing.assert_allclose(found, exact(cell, f), rtol=1e-4)
    expected = exact_jacobian(cell, f, stack.input_names)
    assert np.max(np.abs(slopes - expected) / np.max(np.abs(expected), axis=0)) < 3e-4


@pytest.mark.slow
def test_slices_are_of_second_order() -> None:
    """Z of the finite volumes against the line, 4 to 16 of them; theirs alone, the shells being the same."""
    f, cells = np.geomspace(3e4, 1.0, 6), {n: full_cell(mt.Resolved(n)) for n in (4, 8, 16)}
    errors = [np.max(np.abs(LinearisedStack(cells[n], f_max=1.0).impedance(f) / exact(cells[n], f) - 1)) for n in cells]
    assert np.all(np.log2(np.array(errors[:-1]) / errors[1:]) > 1.7) and errors[-1] < 1e-3


# -- in time -------------------------------------------------------------------------------------------------------
def discharged(cell: mt.Cell, hours: float) -> Any:
    current = -CAPACITY / (3600 * hours)
    return mt.simulate(cell, mt.Galvanostatic(current, f"{hours} h", limits=(0.7, 2.0), points=12))


def test_thickness_is_resolved_where_one_reaction_is_not_enough() -> None:
    """Left open: by the spread of the driving force, i/2 max(R_i, R_e)^2/(R_i + R_e) = 10 mV; V within 0.7 of it."""
    cell = full_cell(filling=0.05)
    spread = CAPACITY / 1800 / 2 * 3e-3**2 / 4.5e-3
    assert cell.reaction_uniformity(CAPACITY / 1800) == {"positive": pytest.approx(spread)}
    assert spread > 0.01
    open_, uniform = discharged(cell, 0.5), discharged(cell.with_({"positive.resolution": mt.Uniform()}), 0.5)
    assert "slice" in " ".join(open_["state_variable"].values) and not open_.attrs["warnings"][1:]
    assert any("too much for one reaction" in w for w in uniform.attrs["warnings"])
    assert mt.Cell.from_yaml(open_.attrs["cell"]).positive.resolution == mt.Resolved()
    shared = open_["time"].values[1:-1]
    found = np.interp(shared, uniform["time"].values, uniform["voltage"].values)
    difference = np.abs(open_["voltage"].values[1:-1] - found)
    assert 1e-5 < difference.max() < 0.7 * spread


def test_slices_conserve_charge_and_go_on_into_a_spectrum() -> None:
    cell = full_cell(mt.Resolved(6), filling=0.1)
    steps = [mt.Galvanostatic(-CAPACITY / 1800, "300 s", points=4), mt.Rest("30 min", points=4)]
    tree = mt.simulate(cell, mt.Sequence([*steps, mt.EIS(1e3, 1e-1, points=6)]))
    first, rest, spectrum = (node.to_dataset() for node in tree.leaves)
    held = 0.0
    names, where, state = first["state_variable"].values, first["state_position"].values, first["state"].values[-1]
    drop = [state[names == f"positive slice {k} potential drop [V]"][0] for k in range(6)]
    for k, width in enumerate(Rails(1.0, 1.0, 6).widths):
        inside = names == f"positive slice {k} surface inside"
        bounds = [0.0]
        for node in where[inside]:
            bounds.append(2 * node - bounds[-1])
        filling = state[inside] @ np.diff(np.array(bounds) ** 3)
        held += width * (CAPACITY * (filling - 0.1) + 0.1 * (drop[k] + float(SLOPING(0.1, T))))
    assert held == pytest.approx(CAPACITY / 6, rel=1e-9)
    assert np.ptp(drop) > 1e-3  # under current they differ; at rest they are even again
    filled = 0.1 + 1 / 6
    assert rest["voltage"].values[-1] == pytest.approx(float(SLOPING(filled, T)), abs=2e-3)
    expected = exact(cell.with_({"positive.filling": filled}), spectrum["frequency"].values)
    np.testing.assert_allclose(spectrum["impedance"].values, expected, rtol=2e-2)


def test_what_cannot_be_resolved_is_refused() -> None:
    with pytest.raises(mt.InputError, match="greater than or equal to 4"):
        mt.Resolved(2)


def test_a_first_output_before_the_thickness_is_even_is_said() -> None:
    cell = mt.cell("mg_polymer_ti2s4")
    early, late = (mt.simulate(cell, mt.Galvanostatic("1 uA", duration, points=3)) for duration in ("30 us", "3000 s"))
    assert any("before about" in text for text in early.attrs["warnings"])
    assert not any("before about" in text for text in late.attrs["warnings"])


def test_stock_pybamm_warns_of_one_reaction_in_a_spectrum() -> None:
    cell = mt.cell("mg_polymer_ti2s4")
    made = {"dielectric": True, "f_max": 1e3}
    with pytest.warns(MgtwinWarning, match="one reaction over the whole thickness"):
        pybamm.EISSimulation(mt.StackModel(cell, **made))
    with warnings.catch_warnings():
        warnings.simplefilter("error", MgtwinWarning)
        pybamm.EISSimulation(mt.StackModel(cell.with_({"positive.resolution": mt.Uniform()}), **made))


def test_a_spectrum_of_one_reaction_says_where_that_ends() -> None:
    """Asked for, it is right below f = 1/(2 pi C (R_i + R_e)) = 354 Hz: 0.1 F/m2, 4.5 mohm m2."""
    uniform = mt.simulate(full_cell(mt.Uniform()), mt.EIS(1e5, 1.0, points=3))
    assert "above about 353.7 Hz" in uniform.attrs["warnings"][0]
    for cell, f_max in ((full_cell(), 1e5), (full_cell(mt.Uniform()), 100.0)):
        assert not mt.simulate(cell, mt.EIS(f_max, 1.0, points=3)).attrs["warnings"]
