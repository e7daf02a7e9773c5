"""The impedance of salt solutions: closed form 7, mesh against mesh-free, under a bias and in the midst of a run."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

import mgtwin as mt
from mgtwin.cells import Ion
from mgtwin.impedance import exact, exact_laplace
from mgtwin.impedance.adjoint import adjoint_jacobian
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.impedance.shifts import rest_shift
from mgtwin.impedance.steady import SteadyState
from mgtwin.models import mesh
from mgtwin.simulation import spectra, start_state

from . import oracles
from .convergence import mesh_errors
from .salt_cells import (
    CONDUCTIVITY,
    DIFFUSION_TIME,
    GOLD,
    IDEAL,
    IONS,
    NUMBERS,
    SOLUTION,
    STACKS,
    THICKNESS,
    between,
)
from .simple_cells import reversible
from .stacks import worst

WIDE = np.logspace(-9, 9, 91)
#: From a tenth of the diffusion frequency, where the profile fills the layer, to where it is 3e-4 of its thickness.
FREQUENCIES = np.geomspace(1e6, 0.1, 36) / (2 * np.pi * DIFFUSION_TIME)
GROWTHS = (0.12, 0.06, 0.03)
MATERIAL = "layers.salt.material"


# -- closed form 7 -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "numbers",
    [
        NUMBERS,
        (5e-4, 0.2, 1e-12, 110.0, 0.03, 1.0, 0.7),  # MOFsSE
        (1e-4, 1e3, 1e-14, 1.0, -0.4, 4.0, 0.1),  # nearly all of it diffusion
        (1e-3, 1e-6, 1e-9, 1e3, 0.9, 0.5, 1.0),  # nearly none
    ],
)
@pytest.mark.parametrize("charge", [1, 2, 3])
def test_closed_form(numbers: tuple[float, ...], charge: int) -> None:
    thickness, conductivity, diffusivity, concentration, *rest = numbers
    material = mt.BinaryElectrolyte(concentration, conductivity, diffusivity, *rest)
    # an electrode of 1e-33 ohm m2, below rounding
    cell = between(mt.Plating(1e30), mt.Plating(1e30), material, ion=Ion("X", charge, 1e-5))
    cell = cell.with_({"layers.salt.thickness": thickness})
    expected = oracles.salt_impedance(2j * np.pi * WIDE, *numbers, charge)
    assert worst(exact(cell, WIDE), expected) < 1e-11


def test_its_resistance_to_direct_current() -> None:
    """L/kappa + 3RT (1-t)^2 Theta L/(4 F^2 D c_0) for MgX2, typed out."""
    t = oracles.GAS_CONSTANT * 298.15
    diffusion = 3 * t * 0.7**2 * 1.3 * 1e-4 / (4 * oracles.FARADAY**2 * 1e-11 * 100.0)
    assert exact_laplace(IDEAL, 0).real == pytest.approx(1e-4 / 0.1 + diffusion, rel=1e-10)


@pytest.mark.parametrize("exponent", [0.0, 1.0])
def test_mesh_converges_to_it_at_second_order(exponent: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """At rest c is uniform: that the conductivity depends on it makes no difference."""
    cell = IDEAL.with_({f"{MATERIAL}.conductivity_exponent": exponent})
    found = mesh_errors(
        cell, oracles.salt_impedance(2j * np.pi * FREQUENCIES, *NUMBERS), FREQUENCIES, GROWTHS, monkeypatch
    )
    orders = np.log2(found[:-1] / found[1:])
    print(f"errors {found}, observed orders {orders}")
    assert np.all(orders >= 1.8)
    assert found[-1] < GROWTHS[-1] ** 2 / 12  # as for mixed conductors


#: Relaxation at 1e8 Hz (any real solution), in the midst of the spectrum, and far below it.
PERMITTIVITIES = {"fast": 20.0, "in the spectrum": 1e9, "slow": 1e13}


@pytest.mark.parametrize("permittivity", PERMITTIVITIES.values(), ids=PERMITTIVITIES)
def test_displacement_needs_no_salt(permittivity: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The local form: i = i_f + eps dg/dt, and only i_f carries salt."""
    cell = IDEAL.with_({f"{MATERIAL}.relative_permittivity": permittivity})
    found = mesh_errors(cell, exact(cell, FREQUENCIES), FREQUENCIES, GROWTHS[1:], monkeypatch)
    print(f"errors {found}, observed order {np.log2(found[0] / found[1]):.2f}")
    assert found[0] / found[1] >= 2**1.8 or found[1] < 1e-9
    assert found[-1] < GROWTHS[-1] ** 2 / 12


@pytest.mark.parametrize("name", STACKS)
def test_both_routes_agree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = STACKS[name]
    found = mesh_errors(cell, exact(cell, FREQUENCIES), FREQUENCIES, GROWTHS[1:], monkeypatch)
    order = np.log2(found[0] / found[1])
    print(f"{name}: errors {found}, observed order {order:.2f}")
    assert order >= 1.8
    assert found[-1] < GROWTHS[-1] ** 2 / 12


@pytest.mark.parametrize("name", STACKS)
def test_mesh_agrees_with_the_equations_written_down_independently(name: str) -> None:
    """Against the dense many-digit system of `oracles`, which shares no code with the mesh or with `exact`."""
    cell = STACKS[name]
    if name == "Mg | solution | mixed | solution | Mg":  # the dense system has no defects
        cell = cell.with_({"layers.middle.material": STACKS["gold | mixed | solution | ions | Mg"].layers[0].material})
    frequencies = FREQUENCIES[::7]
    truth = np.array([oracles.reference_impedance(cell, 2j * np.pi * f) for f in frequencies])
    assert worst(exact(cell, frequencies), truth) < 1e-12
    z = LinearisedStack(cell, f_max=frequencies.max()).impedance(frequencies)
    assert worst(z, truth) < mesh.GROWTH**2 / 12  # the default mesh


def test_a_junction_of_solutions_is_in_series_with_everything() -> None:
    cell = STACKS["Mg | solutions | Mg"]
    junction = mt.Junction(0.02, 0.1)
    added = 1 / (1 / 0.02 + 2j * np.pi * FREQUENCIES * 0.1)
    z = exact(cell, FREQUENCIES)
    assert worst(exact(cell.with_({"interfaces.a-b": junction}), FREQUENCIES), z + added) < 1e-13


def test_gold_on_both_sides_shows_a_branch_of_the_salt_in_series_with_the_double_layers() -> None:
    """The charge of the double layers passes the solution as ions, and cations arrive but anions do not."""
    z = exact(between(GOLD, GOLD), FREQUENCIES)
    double_layers = 2 / (2j * np.pi * FREQUENCIES * 0.2)
    assert worst(z - double_layers, oracles.salt_impedance(2j * np.pi * FREQUENCIES, *NUMBERS)) < 1e-9
    branch = np.abs(z - double_layers - THICKNESS / CONDUCTIVITY) / np.abs(z)
    assert 1e-3 < branch.max() < 0.1  # small beside solution and double layers, but there


# -- under a bias --------------------------------------------------------------------------------------------------
def steady_voltage(share: Any, exponent: float) -> Any:
    """Steady voltage drop of IDEAL at a share of the limiting current, from the straight profile of c."""
    thickness, conductivity, diffusivity, concentration, ions, factor, _ = NUMBERS
    density = share * oracles.limiting_current(thickness, diffusivity, concentration, ions)
    volts = 1.5 * oracles.GAS_CONSTANT * 298.15 / oracles.FARADAY * factor * (1 - ions)
    ohmic = mpmath.quad(lambda x: (1 + share * (1 - 2 * x)) ** -exponent, [0, 1]) * thickness / conductivity
    return density * ohmic + volts * mpmath.log((1 + share) / (1 - share))


@pytest.mark.parametrize("exponent", [0.0, 1.0, -0.5])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_resistance_under_a_current_is_the_slope_of_the_steady_voltage(exponent: float, share: float) -> None:
    cell = IDEAL.with_({f"{MATERIAL}.conductivity_exponent": exponent})
    limit = oracles.limiting_current(THICKNESS, *[NUMBERS[k] for k in (2, 3, 4)])
    protocol = mt.EIS.at([1e-6 / DIFFUSION_TIME], bias=mt.Current(f"{-share * limit} A"))
    ds = mt.simulate(cell, protocol)
    expected = float(mpmath.diff(lambda s: steady_voltage(s, exponent), share)) / limit
    assert not ds.attrs["warnings"]
    # the profile is straight, which any mesh holds exactly; the ohmic integral of 1/c, 19-fold from face to face, is a
    # midpoint sum over 60 cells
    assert ds["impedance"].values[0].real == pytest.approx(expected, rel=1e-6 if exponent == 0 else 1e-3)


def test_at_high_frequency_only_the_local_conductivities_count() -> None:
    """At 0.9 of the limiting current kappa = kappa_0 c/c_0 differs 19-fold between the faces."""
    cell = IDEAL.with_({f"{MATERIAL}.conductivity_exponent": 1.0})
    limit = oracles.limiting_current(THICKNESS, *[NUMBERS[k] for k in (2, 3, 4)])
    ds = mt.simulate(cell, mt.EIS.at([1e8 / DIFFUSION_TIME], bias=mt.Current(f"{0.9 * limit} A")))
    expected = THICKNESS / CONDUCTIVITY * np.log(1.9 / 0.1) / 1.8
    # Z_diff sinks as the square root of the frequency, to 2e-4 of its start
    assert ds["impedance"].values[0].real == pytest.approx(expected, rel=3e-3)


@pytest.mark.parametrize("exponent", [0.0, 1.0])
def test_derivatives_under_a_bias(exponent: float) -> None:
    """The operating point moves with every parameter, and the amount of salt is kept."""
    cell = STACKS["Mg | solutions of other factors | Mg"].with_(
        {f"layers.{name}.material.conductivity_exponent": exponent for name in "abc"}
    )
    paths = [
        "layers.a.material.concentration",
        "layers.b.material.porosity",
        "layers.b.material.thermodynamic_factor",
        "layers.c.material.transference_number",
        "layers.b.thickness",
        "temperature",
    ]
    frequencies = np.geomspace(1e3, 1e-3, 5) / DIFFUSION_TIME
    stack = LinearisedStack(cell, f_max=float(frequencies.max()), inputs=paths)
    origin, moved = stack.rest_state(), rest_shift(stack)
    kept = spectra.steady_state(cell, mt.Voltage(0.05), None)
    state = stack.complete(*start_state.transfer(kept, cell, stack.layout, origin))
    bias = SteadyState(stack, origin, voltage=0.05)
    state = bias.converged(state)
    _, derivative = adjoint_jacobian(stack, frequencies, state, bias.shift(state, moved))
    for k, path in enumerate(stack.input_names):
        value, z = stack.values(None)[k], []
        for step in (-1e-4, 1e-4):
            inputs = {path: value * (1 + step)}
            other = SteadyState(stack, origin + moved[:, k] * value * step, voltage=0.05, inputs=inputs)
            z.append(stack.impedance(frequencies, other.converged(state), inputs))
        expected = (z[1] - z[0]) / (2e-4 * value)
        assert np.max(np.abs(derivative[:, k] - expected)) < 1e-5 * np.max(np.abs(expected)), path


def test_spectrum_in_the_midst_of_a_run() -> None:
    """Half of Sand's time on, the surface has lost 1/sqrt(2): high frequencies see that layer only."""
    limit = oracles.limiting_current(THICKNESS, *[NUMBERS[k] for k in (2, 3, 4)])
    current = 20 * limit
    sand = oracles.sand(current, *[NUMBERS[k] for k in (2, 3, 4, 6)])
    run = mt.simulate(IDEAL, mt.Galvanostatic(-current, sand / 2, points=200))
    frequency = 1e4 / sand  # a hundredth of the depleted layer, and slow enough for the default mesh
    ds = mt.simulate(IDEAL, mt.EIS.at([frequency]), start=run)
    assert "not stationary" not in " ".join(ds.attrs["warnings"])
    faces = [1 + 1 / np.sqrt(2), 1 - 1 / np.sqrt(2)]
    s = 2j * np.pi * frequency
    at_rest = oracles.salt_impedance(s, *NUMBERS) - THICKNESS / CONDUCTIVITY
    expected = at_rest * np.mean(1 / np.array(faces))
    found = ds["impedance"].values[0] - THICKNESS / CONDUCTIVITY
    # Z_diff of each face goes as 1/c there; c changes by 1 % over the depth that the signal reaches
    assert abs(found / expected - 1) < 0.03


def test_the_thicker_the_solution_the_lower_its_frequency() -> None:
    """tanh(s)/s: the peak of -Im Z lies at omega = 2.54 x 4 D/(eps L^2), for any permittivity of real size."""
    frequencies = np.geomspace(0.1, 10, 2001) / DIFFUSION_TIME
    for factor in (1.0, 3.0):
        cell = between(reversible(), reversible(), SOLUTION).with_({"layers.salt.thickness": factor * THICKNESS})
        peak = frequencies[np.argmax(-exact(cell, frequencies / factor**2).imag)]
        assert 2 * np.pi * peak * DIFFUSION_TIME == pytest.approx(4 * 2.54, rel=5e-3)
    assert 0 < IONS < 1
