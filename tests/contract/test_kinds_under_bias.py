"""Electrodes of somebody outside the package (tests/extend) where a formula says the answer.

Spectra under bias against the formula linearised at the state (K3), a stationary coverage, the order of the shells of a
particle, derivatives and fits. What every kind must do is in test_kinds.py.
"""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.cells import Reader
from mgtwin.impedance import exact, exact_jacobian, functions
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.kinds.electrode import ELECTRODES
from mgtwin.kinds.kind import Bound
from mgtwin.kinds.response import admittance_at

HERE = Path(__file__).parent.parent / "extend"


def _kind(name: str, file: str) -> Any:
    """The kind that a file outside the package declares."""
    kind = runpy.run_path(str(HERE / f"{file}.py"), run_name=file)[name]
    ELECTRODES.discard(kind.type)
    return kind


@pytest.fixture(scope="module", autouse=True)
def _declared() -> Iterator[None]:
    """The kinds are known for as long as this module runs."""
    foreign = {name: type(sample) for name, sample in SAMPLES.items() if name not in ELECTRODES}
    for name, kind in foreign.items():
        ELECTRODES.add(name, kind)
    yield
    for name in foreign:
        ELECTRODES.discard(name)


LAYER = "10 uF/cm^2"
SAMPLES = {
    "blocking": mt.Blocking(LAYER),
    "plating": mt.Plating("5 uA/cm^2", 0.3, LAYER, film_resistance="50 ohm*cm^2"),
    "marcus": _kind("Marcus", "marcus")("5 uA/cm^2", "0.8 eV", double_layer=LAYER, film_resistance="50 ohm*cm^2"),
    "passive_plating": _kind("PassivePlating", "passive_plating")(
        "5 uA/cm^2", 0.1, "1e-3 1/s", "1 m^2/C", double_layer=LAYER
    ),
    "simple_insertion": _kind("SimpleInsertion", "insertion")(
        "5 uA/cm^2", "1 um", "1e-15 m^2/s", "2e4 mol/m^3", 50, 0.4, "1.2 V", double_layer=LAYER
    ),
}
REACTING = [name for name, sample in SAMPLES.items() if sample.reacts]
MOF = mt.Layer("mof", mt.IonConductor("2.6 mS/cm"), "0.5 mm")


def cell_with(electrode, **more) -> mt.Cell:
    return mt.Cell("contract", mt.Plating("1 mA/cm^2", double_layer="20 uF/cm^2"), [MOF], electrode, **more)


def bound_to(electrode) -> Bound:
    return Bound(type(electrode), "positive", Reader(cell_with(electrode)), salt=1.0)


@pytest.mark.parametrize("name", [name for name in REACTING if name != "simple_insertion"])  # a host only fills
def test_a_spectrum_under_bias_is_that_of_the_formula(name: str) -> None:
    """Z under a current: the electrode linearised by its formula (K3) at the state of the mesh."""
    current, area = 1e-5, 1e-4
    cell = cell_with(SAMPLES[name])
    f = np.geomspace(1e4, 1e-3, 12)
    biased = mt.simulate(cell, mt.EIS(f.max(), f.min(), points=f.size, bias=mt.Current(current)))
    bound, density = bound_to(SAMPLES[name]), current / area
    memories = {}
    if name == "passive_plating":
        memories = {"coverage": 1e-3 / (1e-3 + 1.0 * density)}  # k/(k + b j), the stationary coverage
    left, right = -0.5, 0.5
    for _ in range(200):  # the overpotential at which the formula gives this current
        middle = (left + right) / 2
        left, right = (middle, right) if bound.call("current", middle, **memories) < density else (left, middle)
    s = 2j * np.pi * biased["frequency"].values
    reaction = admittance_at(bound, middle, memories, s)
    film = float(SAMPLES[name].film_resistance)
    positive = 1 / (0.1 * s + reaction / (1 + film * reaction))
    counter = 1 / (0.2 * s + _biased_plating(-density))
    expected = (positive + counter + 0.5e-3 / 0.26) / area
    assert np.max(np.abs(biased["impedance"].values - expected) / np.abs(expected)) < 1e-7


def _biased_plating(density: float) -> float:
    """Slope of a symmetric Butler-Volmer electrode of 10 A/m2 at a current density, from its closed form."""
    f = 2 * 96485.33212 / (8.314462618 * 298.15)
    return 10.0 * f * np.sqrt(1 + (density / 20.0) ** 2)


def test_a_passive_electrode_settles_at_the_coverage_of_its_closed_form() -> None:
    cell, density = cell_with(SAMPLES["passive_plating"]), 0.1
    run = mt.simulate(cell, mt.Galvanostatic("10 uA", "20 h"))
    coverage = run["state"].isel(segment=-1).values[run["state_variable"].values == "positive coverage"]
    assert coverage == pytest.approx(1e-3 / (1e-3 + density), rel=1e-6)


def test_shells_converge_with_the_square_of_their_width(monkeypatch: pytest.MonkeyPatch) -> None:
    cell, f = cell_with(SAMPLES["simple_insertion"]), np.geomspace(1e-1, 1e-4, 8)
    expected = exact(cell, f)
    errors = []
    for refinement in (0.25, 0.5, 1.0):
        monkeypatch.setattr(functions, "REFINEMENT", refinement)
        found = LinearisedStack(cell, f_max=f.max()).impedance(f)
        errors.append(np.max(np.abs(found - expected) / np.abs(expected)))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(orders > 1.8)


@pytest.mark.parametrize("name", REACTING)
def test_derivatives_by_the_fields_of_a_kind_are_those_of_differences(name: str) -> None:
    cell, f = cell_with(SAMPLES[name]), np.geomspace(1e5, 1e-2, 20)
    path = "positive.exchange_current_density"
    slope = exact_jacobian(cell, f, [path])[:, 0]
    value = float(cell.get(path))
    up, down = (exact(cell.with_({path: value * (1 + step)}), f) for step in (1e-5, -1e-5))
    expected = (up - down) / (2e-5 * value)
    assert np.max(np.abs(slope - expected)) < 1e-6 * np.max(np.abs(expected))


@pytest.mark.parametrize("name", REACTING)
def test_a_fit_finds_a_field_of_any_electrode(name: str) -> None:
    cell = cell_with(SAMPLES[name])
    data = mt.simulate(cell, mt.EIS(1e5, 0.1, points=40))
    path = "positive.exchange_current_density"
    start = cell.with_({path: 2 * float(cell.get(path))})
    assert mt.fit(start, data, [path]).values[path] == pytest.approx(float(cell.get(path)), rel=1e-6)


def test_every_number_of_a_kind_may_be_a_law_of_temperature() -> None:
    growth = mt.Arrhenius("1e-3 1/s", "25 degC", "0.5 eV")
    cell = cell_with(SAMPLES["passive_plating"]).with_({"positive.growth": growth, "temperature": "60 degC"})
    same = cell.with_({"positive.growth": float(growth("60 degC"))})
    f = np.geomspace(1e3, 1e-4, 10)
    assert np.max(np.abs(exact(cell, f) / exact(same, f) - 1)) < 1e-14
