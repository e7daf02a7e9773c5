"""dZ/dp on a mesh: against the mesh-free route at rest, against differences under a bias and in a kept state."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.cells import (
    CPE,
    Blocking,
    Cell,
    Contact,
    FatigueContactLoss,
    FilmGrowth,
    Junction,
    Layer,
    Plating,
    Pressed,
)
from mgtwin.impedance import exact, exact_jacobian
from mgtwin.impedance.adjoint import adjoint_jacobian
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.impedance.shifts import rest_shift
from mgtwin.impedance.steady import SteadyState
from mgtwin.simulation import spectra, start_state

from .derivative_cells import DEFECTS, GOLD, ION, MG, MG_OUTSIDE, STACKS, logarithmic, parameters

FREQUENCIES = np.geomspace(1e6, 1e-4, 13)


def on_mesh(cell: Cell, paths: list[str]) -> np.ndarray:
    """dZ/d ln p of the linearised mesh at rest."""
    stack = LinearisedStack(cell, f_max=float(FREQUENCIES.max()), inputs=paths)
    _, derivative = adjoint_jacobian(stack, FREQUENCIES, shift=rest_shift(stack))
    found = logarithmic(cell, stack.input_names, derivative)
    return found[:, [stack.input_names.index(path) for path in paths]]


@pytest.mark.parametrize("name", [*mt.list_cells()])
def test_both_routes_agree_on_every_shipped_cell(name: Any) -> None:
    cell = mt.cell(getattr(name, "name", name))
    paths = parameters(cell)
    expected = logarithmic(cell, paths, exact_jacobian(cell, FREQUENCIES, paths))
    error = np.max(np.abs(on_mesh(cell, paths) - expected)) / np.max(np.abs(expected))
    print(f"{cell.name}: {error:.1e}")
    # the charge of a host is so large that rounding of the linear systems shows at 1e-4 Hz
    assert error < (3e-4 if isinstance(cell.positive, mt.Insertion) else 1e-4)


@pytest.mark.parametrize("name", STACKS)
def test_both_routes_agree_on_other_stacks(name: str) -> None:
    """Exponents of constant-phase elements and potentials of rest that move included."""
    cell = STACKS[name]
    paths = parameters(cell)
    expected = logarithmic(cell, paths, exact_jacobian(cell, FREQUENCIES, paths))
    # the mesh itself is good to 1e-4 of Z
    scale = np.maximum(np.max(np.abs(expected)), np.max(np.abs(exact(cell, FREQUENCIES))))
    assert np.max(np.abs(on_mesh(cell, paths) - expected)) / scale < 1e-4


BIASED = {
    "electrons blocked, composition kept": (
        Cell(
            "blocked",
            MG_OUTSIDE,
            [Layer("l", ION, 1e-4), Layer("m", DEFECTS, 1e-4), Layer("r", ION, 1e-4)],
            MG_OUTSIDE,
            {"l-m": Junction(3e-3, 0.01), "m-r": Junction(4e-3)},
        ),
        ["layers.m.material.rest_potential", "layers.m.material.chemical_capacitance.p_mobility"],
    ),
    "ions blocked, charge shared with double layers": (
        Cell("au_au", GOLD, [Layer("m", DEFECTS, 1e-4)], GOLD, series_resistance=1e-3),
        ["layers.m.material.rest_potential", "negative.double_layer.c"],
    ),
    "ions blocked behind spots": (
        Cell(
            "au_au",
            Blocking(0.2, 5e-3, contact=Contact(0.3, 1e-5, gap_capacitance=0.02)),
            [Layer("m", DEFECTS, 1e-4)],
            Blocking(0.2, 5e-3, contact=Contact(Pressed(3e6), 1e-5, pressure=1e6)),
        ),
        ["negative.contact.fraction", "negative.contact.gap_capacitance", "positive.contact.pressure"],
    ),
    "half-blocking, ageing": (
        Cell(
            "mg_au",
            Plating(
                5.0,
                transfer_coefficient=0.4,
                double_layer=0.1,
                electronic_resistance=3e-3,
                contact=Contact(0.4, 1e-5),
                ageing=[FatigueContactLoss(1e-3, 0.02), FilmGrowth(1e-6)],
            ),
            [Layer("m", DEFECTS, 1e-4)],
            GOLD,
        ),
        ["negative.contact.fraction", "negative.exchange_current_density"],
    ),
    "half-blocking": (
        Cell("mg_au", MG, [Layer("m", DEFECTS, 1e-4)], GOLD),
        ["negative.exchange_current_density", "positive.electronic_resistance"],
    ),
}
COMMON = ["layers.m.thickness", "layers.m.material.electronic_conductivity.p", "temperature", "area"]
BIAS_FREQUENCIES = np.geomspace(1e4, 1e-3, 8)


def central(z: Any, cell: Cell, path: str, step: float = 2e-3) -> np.ndarray:
    """dZ/d ln p of a function of a cell."""
    value = float(cell.get(path))
    return (z(cell.with_({path: value * (1 + step)})) - z(cell.with_({path: value * (1 - step)}))) / (2 * step)


@pytest.mark.parametrize(
    ("bias", "paths"),
    [
        (mt.Voltage(0.3), ["layers.m.material.rest_potential", *COMMON[:3]]),
        (mt.Current("2 A/m^2"), ["temperature", "area"]),
    ],
    ids=["voltage", "current"],
)
def test_biased_cell_against_differences_of_simulations(bias: Any, paths: list[str]) -> None:
    """The operating point moves: E(x), the overpotentials, the current, the composition that is conserved."""
    cell, protocol = BIASED["electrons blocked, composition kept"][0], mt.EIS.at(BIAS_FREQUENCIES, bias=bias)
    ds = mt.impedance_jacobian(cell, protocol, paths)
    assert "adjoint" in ds.attrs["route"] and "steady" in ds.attrs["route"]
    found = logarithmic(cell, paths, ds["impedance_jacobian"].values)
    for k, path in enumerate(paths):
        expected = central(lambda other: mt.simulate(other, protocol)["impedance"].values, cell, path)
        error = np.max(np.abs(found[:, k] - expected)) / np.max(np.abs(expected))
        print(f"{path}: {error:.1e}")
        assert error < 5e-4, path


@pytest.mark.parametrize("name", BIASED)
def test_biased_cell_against_differences_of_converged_states(name: str) -> None:
    """At 0.3 V, where sigma_eon changes by up to e**12 within the layer; without the integrator's tolerance."""
    cell, own = BIASED[name]
    stack = LinearisedStack(cell, f_max=float(BIAS_FREQUENCIES.max()), inputs=[*own, *COMMON])
    origin, moved = stack.rest_state(), rest_shift(stack)
    kept = spectra.steady_state(cell, mt.Voltage(0.3), None)
    state = stack.complete(*start_state.transfer(kept, cell, stack.layout, origin))
    bias = SteadyState(stack, origin, voltage=0.3)
    state = bias.converged(state)
    shift = bias.shift(state, moved)
    z, derivative = adjoint_jacobian(stack, BIAS_FREQUENCIES, state, shift)
    np.testing.assert_allclose(z, stack.impedance(BIAS_FREQUENCIES, state), rtol=1e-12)

    def changed(k: int, by: float) -> np.ndarray:
        step = by * stack.values(None)[k]
        inputs = {stack.input_names[k]: stack.values(None)[k] + step}
        other = SteadyState(stack, origin + moved[:, k] * step, voltage=0.3, inputs=inputs)
        return stack.impedance(BIAS_FREQUENCIES, other.converged(state), inputs)

    for k, path in enumerate(stack.input_names):
        expected = (changed(k, 1e-4) - changed(k, -1e-4)) / 2e-4
        error = np.max(np.abs(derivative[:, k] * stack.values(None)[k] - expected)) / np.max(np.abs(expected))
        print(f"{path}: {error:.1e}")
        assert error < 1e-3, path
    k = stack.input_names.index("temperature")
    frozen = adjoint_jacobian(stack, BIAS_FREQUENCIES, state)[1][:, k]
    assert np.max(np.abs(derivative[:, k] - frozen)) > 0.1 * np.max(np.abs(frozen))  # the shift matters


def test_state_of_a_run_is_held() -> None:
    """Compositions and double layers stay, what follows them at once (here the films) does not."""
    cell = Cell(
        "kept",
        Plating(5.0, double_layer=CPE(0.1, 0.8), film_resistance=2e-3),
        [Layer("l", ION, 1e-4), Layer("m", DEFECTS, 1e-4)],
        Plating(5.0, transfer_coefficient=0.3, film_resistance=3e-3),
    )
    run = mt.simulate(cell, mt.Galvanostatic(current="20 A/m^2", duration="2 s"))
    protocol = mt.EIS.at(BIAS_FREQUENCIES)
    paths = ["layers.m.thickness", "area", "negative.film_resistance", "positive.transfer_coefficient"]
    exponent = "negative.double_layer.n"
    ds = mt.impedance_jacobian(cell, protocol, [*paths, exponent], run)
    assert "held" in ds.attrs["route"] and any("not stationary" in text for text in ds.attrs["warnings"])
    found = ds["impedance_jacobian"]

    def z(other: Cell) -> np.ndarray:
        return mt.simulate(other, protocol, run)["impedance"].values

    for path in paths:
        expected = central(z, cell, path)
        error = np.max(np.abs(float(cell.get(path)) * found.sel(parameter=path).values - expected))
        assert error < 1e-3 * np.max(np.abs(expected)), path
    flat, steep = (cell.with_({"negative.double_layer": CPE(0.1, n)}) for n in (0.799, 0.801))
    expected = (z(steep) - z(flat)) / 0.002
    assert np.max(np.abs(found.sel(parameter=exponent).values - expected)) < 1e-4 * np.max(np.abs(expected))
    earlier = mt.impedance_jacobian(cell, protocol, ["area"], run, start_time=run["segment_time"].values[0])
    assert earlier.sizes["parameter"] == 1


def test_zero_film_under_bias() -> None:
    """As a parameter it adds an unknown that the biased state does not have."""
    cell = BIASED["electrons blocked, composition kept"][0]
    protocol = mt.EIS.at([1e3, 1e-3], bias=mt.Current("2 A/m^2"))
    ds = mt.impedance_jacobian(cell, protocol, ["positive.film_resistance", "series_resistance"])
    film, series = ds["impedance_jacobian"].values.T * float(cell.area)
    np.testing.assert_allclose(series, 1, rtol=1e-9)
    # the share of the current that the double layer does not take, squared
    assert abs(film[0]) < 1 and film[1] == pytest.approx(1, abs=1e-4)
