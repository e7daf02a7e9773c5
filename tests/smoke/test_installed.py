"""What an installed mgtwin must do anywhere: in a clean environment, away from the repository, without any extra.

``python -m pytest tests/smoke`` against the wheel or the sdist (``docs/release.md``), and with the other tests here.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

import mgtwin as mt


def test_its_data_came_along() -> None:
    """Parameter sets, experiments, tables of modes and the mark of typed packages are part of the wheel."""
    assert {item.name for item in mt.list_cells()} >= {"trilayer", "au_mg3asn_au"}
    assert len(mt.list_experiments()) > 10
    assert files("mgtwin").joinpath("py.typed").is_file()


def test_every_shipped_cell_can_be_built() -> None:
    for item in mt.list_cells():
        assert mt.cell(item.name).layers


def test_a_spectrum_is_its_closed_form() -> None:
    """Mg | ion conductor | Mg without double layers: sigma L and two charge transfers, R = RT/zF i0."""
    cell = mt.Cell(
        name="resistors",
        negative=mt.Plating(exchange_current_density="1 mA/cm^2"),
        layers=[mt.Layer("separator", mt.IonConductor(ionic_conductivity="1 mS/cm"), thickness="1 mm")],
        positive=mt.Plating(exchange_current_density="1 mA/cm^2"),
        temperature="25 degC",
        area="1 cm^2",
    )
    eis = mt.simulate(cell, mt.EIS("1 kHz", "1 Hz", points=4))
    transfer = 8.314462618 * 298.15 / (2 * 96485.33212 * 1e-3)  # [ohm] over 1 cm2
    np.testing.assert_allclose(eis.impedance.values, 100.0 + 2 * transfer, rtol=1e-9)


@pytest.mark.parametrize("route", [None, mt.Mesh()], ids=["closed form or modes", "mesh"])
def test_time_is_integrated(route: mt.Mesh | None) -> None:
    """The state of rest, then PyBaMM where the mesh is asked for: a blocked cell settles on its leak."""
    cell = mt.cell("au_mg3asn_au", "infiltrated")
    polarization = mt.Polarization(voltage="10 mV", duration="3 h")
    current = (
        mt.simulate(cell, polarization) if route is None else mt.simulate(cell, polarization, route=route)
    ).current
    assert current.values[-1] > 0
    assert current.values[-1] < current.values[1]


def test_results_are_kept_and_opened(tmp_path: Path) -> None:
    eis = mt.simulate(mt.cell("trilayer"), mt.EIS("1 MHz", "0.1 Hz", points=8))
    mt.save(eis, tmp_path / "eis.nc")
    np.testing.assert_array_equal(mt.open(tmp_path / "eis.nc").impedance, eis.impedance)
    mt.plot.nyquist(eis)


def test_a_number_is_fitted_back() -> None:
    name = "layers.antiperovskite.material.ionic_conductivity.reference"
    truth = mt.cell("trilayer")
    fit = mt.fit(
        [(truth.with_({name: "0.9 mS/cm"}), mt.simulate(truth, mt.EIS("1 MHz", "0.1 Hz", points=20)))],
        {name: mt.Free(log=True)},
    )
    assert fit.values[name] == pytest.approx(truth.get(name), rel=1e-3)


@pytest.mark.parametrize("words", [["list", "cells"], ["check", "trilayer"], ["--version"]])
def test_the_command_answers(words: list[str], tmp_path: Path) -> None:
    answer = subprocess.run([sys.executable, "-m", "mgtwin", *words], cwd=tmp_path, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
