"""Leads and fixture: the closed form on both routes, its derivatives, cases 21 and 23, and what transients say."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.impedance import exact, exact_jacobian, exact_laplace
from mgtwin.impedance.adjoint import adjoint_jacobian
from mgtwin.impedance.compiled import CompiledSpectra
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.impedance.shifts import rest_shift

CASES = Path(__file__).parents[1] / "cases"
FREQUENCIES = np.geomspace(1e8, 0.1, 37)
S = 2j * np.pi * FREQUENCIES
INDUCTANCE, CAPACITANCE = 0.6e-6, 100e-12
BARE = mt.cell("trilayer")
CELL = BARE.with_({"fixture": mt.Fixture("0.6 uH", "100 pF")})
PATHS = ["fixture.capacitance", "fixture.inductance", "layers.buffer_left.thickness", "series_resistance", "area"]


def test_closed_form() -> None:
    inner = exact(BARE, FREQUENCIES) + S * INDUCTANCE
    expected = inner / (1 + S * CAPACITANCE * inner)
    assert np.max(np.abs(exact(CELL, FREQUENCIES) / expected - 1)) < 1e-14
    # at 100 MHz the leads are all that is left, at 0.1 Hz they are nothing
    assert np.abs(exact(CELL, 1e8) / exact(BARE, 1e8) - 1) > 0.5
    assert np.abs(exact(CELL, 0.1) / exact(BARE, 0.1) - 1) < 1e-6


def test_direct_current_does_not_see_it() -> None:
    assert exact_laplace(CELL, 0) == exact_laplace(BARE, 0)
    blocked = mt.cell("au_mofsse_au").with_({"fixture.capacitance": "100 pF"})
    assert np.isinf(exact_laplace(blocked, 0).real)


def test_mesh_is_exact() -> None:
    stack = LinearisedStack(CELL, f_max=1e8, inputs=PATHS)
    assert np.max(np.abs(stack.impedance(FREQUENCIES) / exact(CELL, FREQUENCIES) - 1)) < 1e-4
    other = {"fixture.capacitance": 2e-10}
    expected = exact(CELL.with_(other), FREQUENCIES)
    assert np.max(np.abs(stack.impedance(FREQUENCIES, inputs=other) / expected - 1)) < 1e-4


def test_biased_and_kept_spectra_go_through_it() -> None:
    """A spectrum that simulate takes on the mesh, in another state than rest, is the bare one through the fixture."""
    protocol = mt.EIS(1e7, 1e3, points=9, bias=mt.Voltage("20 mV"))
    alone = mt.simulate(BARE, protocol)["impedance"].values
    s = 2j * np.pi * protocol.values()
    inner = alone + s * INDUCTANCE
    seen = mt.simulate(CELL, protocol)["impedance"].values
    assert np.max(np.abs(seen / (inner / (1 + s * CAPACITANCE * inner)) - 1)) < 1e-9


def test_derivatives_by_differences() -> None:
    """Central differences with a relative step of 1e-3: the truncation is 1e-6, the rounding of Z less than 1e-9."""
    found = exact_jacobian(CELL, FREQUENCIES, PATHS)
    for k, path in enumerate(PATHS):
        value = float(CELL.get(path))
        step = 1e-3 * value
        up, down = (exact(CELL, FREQUENCIES, {path: value + sign * step}) for sign in (1, -1))
        scale = np.max(np.abs(found[:, k]))
        assert np.max(np.abs(found[:, k] - (up - down) / (2 * step))) < 2e-6 * scale, path


def test_derivatives_where_there_is_none_yet() -> None:
    """A fit begins at 0: dZ/dC = -s Z^2 and dZ/dL = s there."""
    found = exact_jacobian(BARE, FREQUENCIES, PATHS[:2])
    z = exact(BARE, FREQUENCIES)
    assert np.max(np.abs(found[:, 0] / (-S * z**2) - 1)) < 1e-12
    assert np.max(np.abs(found[:, 1] / S - 1)) < 1e-12


def test_adjoint_is_exact() -> None:
    stack = LinearisedStack(CELL, f_max=1e8, inputs=PATHS)
    z, found = adjoint_jacobian(stack, FREQUENCIES, shift=rest_shift(stack))
    expected = exact_jacobian(CELL, FREQUENCIES, stack.input_names)
    assert np.max(np.abs(z / exact(CELL, FREQUENCIES) - 1)) < 1e-4
    assert np.max(np.abs(found - expected) / np.max(np.abs(expected), axis=0)) < 1e-4


def test_batches_and_compiled_spectra() -> None:
    values = np.array([0.0, 1e-10, 3e-10])
    batch = exact(CELL, FREQUENCIES, {"fixture.capacitance": values})
    slopes = exact_jacobian(CELL, FREQUENCIES, PATHS, {"fixture.capacitance": values})
    for k, value in enumerate(values):
        cell = CELL.with_({"fixture.capacitance": value})
        assert np.max(np.abs(batch[k] / exact(cell, FREQUENCIES) - 1)) < 1e-13
        expected = exact_jacobian(cell, FREQUENCIES, PATHS)
        assert np.max(np.abs(slopes[k] - expected) / np.max(np.abs(expected), axis=0)) < 1e-12
    compiled = CompiledSpectra(BARE, FREQUENCIES, PATHS)
    given = {path: float(CELL.get(path)) for path in PATHS}
    assert np.max(np.abs(compiled.impedance(given) / exact(CELL, FREQUENCIES) - 1)) < 1e-13
    expected = exact_jacobian(CELL, FREQUENCIES, PATHS)
    error = np.abs(compiled.jacobian(given, PATHS) - expected.T) / np.max(np.abs(expected), axis=0)[:, np.newaxis]
    assert np.max(error) < 1e-12


def test_it_is_a_part_of_the_cell_like_any_other() -> None:
    assert mt.Cell.from_yaml(CELL.to_yaml()) == CELL
    assert "fixture" not in BARE.to_yaml()
    measured = BARE.with_({"fixture.capacitance": mt.Value(1e-10, std=1e-11, kind="measured", unit="F")})
    back = mt.Cell.from_yaml(measured.to_yaml())
    assert back.get("fixture.capacitance").kind == "measured" and back.identical(measured)
    assert set(CELL.diff(BARE)) == {"fixture.inductance", "fixture.capacitance"}
    assert CELL.reversed().fixture == CELL.fixture
    with pytest.raises(mt.InputError, match=r"fixture\.capacitance"):
        BARE.with_({"fixture.capacitance": "-1 pF"})
    values = {"fixture.capacitance": ["0 pF", "100 pF"]}
    metric = mt.analysis.area_specific_resistance
    swept = mt.sweep(BARE, mt.EIS(1e6, 1e5, points=2), values, {"seen": partial(metric, at="1 MHz")})
    expected = [exact(BARE.with_({"fixture.capacitance": c}), 1e6).real * float(BARE.area) for c in (0.0, 1e-10)]
    assert swept["seen"].values == pytest.approx(expected, rel=1e-9)


# -- fits (architecture §5, cases 21 and 23) -------------------------------------------------------------------------
CONDUCTIVITY = "layers.buffer_*.material.ionic_conductivity.reference"
EXCHANGE = "*.exchange_current_density.reference"


@pytest.mark.parametrize("start", [None, "10 pF"])
def test_case_21_parallel_capacitance_is_found_with_the_true_cell(start: str | None) -> None:
    expected = json.loads((CASES / "21_fixture_capacitance/expected.json").read_text())["check"]
    cell = BARE.with_({"temperature": "25 degC"})
    eis = mt.read(CASES / "21_fixture_capacitance/eis.csv", temperature="25 degC")
    fit = mt.fit(
        [(cell, eis)], {CONDUCTIVITY: mt.Free(), EXCHANGE: mt.Free(), "fixture.capacitance": mt.Free(start=start)}
    )
    true = (0.258, 0.05, expected["parallel_capacitance_F"])
    assert list(fit.values.values()) == pytest.approx(true, rel=0.03)
    assert fit.identifiable.all() and not fit.at_bound.any()
    assert fit.std[2] / fit.values["fixture.capacitance"] < 0.01
    without = mt.fit([(cell, eis)], {CONDUCTIVITY: mt.Free(), EXCHANGE: mt.Free()})
    assert without.values[CONDUCTIVITY] > 2 * true[0]  # what it does to a cell without a fixture
    (verdict,) = without.verdicts
    assert verdict.poor and "a capacitance of about 0.1 nF in parallel" in verdict.looks_like
    assert verdict.noise == pytest.approx(expected["kk_noise"], rel=0.2) and not without.identifiable.any()


def test_case_23_lead_inductance_is_found() -> None:
    expected = json.loads((CASES / "23_lead_inductance/expected.json").read_text())["check"]
    path = "layers.mofsse.material.ionic_conductivity.reference"
    cell = mt.cell("au_mofsse_au").with_({"temperature": "100 degC"})
    eis = mt.read(CASES / "23_lead_inductance/eis.csv", temperature="100 degC")
    fit = mt.fit([(cell, eis)], {path: mt.Free(), "fixture.inductance": mt.Free()})
    assert fit.values["fixture.inductance"] == pytest.approx(expected["series_inductance_H"], rel=0.03)
    assert fit.values[path] == pytest.approx(float(cell.get(path)), rel=0.03)
    # what is right is called so, at the noise that the file has
    assert not fit.verdicts[0].poor and fit.identifiable.all()
    assert fit.verdicts[0].noise == pytest.approx(3e-3, rel=0.2)
    # "the std of the clean spectrum": the same noise, relative to |Z|, on the same cell without leads
    frequency, noisy = eis["frequency"].values, eis["impedance"].values
    without = exact(cell, frequency)
    leads = without + 2j * np.pi * frequency * expected["series_inductance_H"]
    clean = without + (noisy - leads) * np.abs(without / leads)
    alone = mt.fit([(cell, eis.assign(impedance=("frequency", clean)))], {path: mt.Free()})
    assert fit.std[0] == pytest.approx(alone.std[0], rel=0.25)


# -- in time -----------------------------------------------------------------------------------------------------------
def test_transients_leave_it_out_and_say_so() -> None:
    step = mt.Polarization("50 mV", "10 s", first_time="1 ms")
    seen, alone = mt.simulate(CELL, step), mt.simulate(BARE, step)
    assert np.array_equal(seen["current"], alone["current"])
    added = set(seen.attrs["warnings"]) - set(alone.attrs["warnings"])
    assert len(added) == 1 and "the fixture is left out" in added.pop()
    cycled = mt.simulate(CELL, mt.Cycling(current="10 uA", half_cycle="1 h", cycles=1))
    assert any("the fixture is left out" in text for text in cycled.attrs["warnings"])


@pytest.mark.parametrize(
    ("fixture", "first_time"),
    [
        (mt.Fixture(capacitance="100 pF"), "1 us"),
        (mt.Fixture(inductance="10 mH"), "10 us"),
        (mt.Fixture("2 H"), "1 ms"),
    ],
)
def test_transients_are_refused_where_it_still_acts(fixture: mt.Fixture, first_time: str) -> None:
    """Wherever the step response of the cell alone and that of the measured impedance would differ visibly."""
    time = float(mt.Polarization("1 mV", "1 s", first_time=first_time).first_time)
    cell = BARE.with_({"fixture": fixture})
    assert abs(exact_laplace(cell, 1 / time) / exact_laplace(BARE, 1 / time) - 1) > 0.02
    with pytest.raises(mt.InputError, match="fixture would still act"):
        mt.simulate(cell, mt.Polarization("50 mV", "1 s", first_time=first_time))
