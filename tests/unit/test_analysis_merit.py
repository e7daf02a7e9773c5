"""Figures of merit: from small runs whose numbers are known, and that a batch of spectra gives those of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin import analysis
from mgtwin.analysis.metrics import declaration
from mgtwin.dataset import spectrum, transient


def test_the_resistance_of_a_spectrum_is_read_at_its_lowest_frequency_or_at_any() -> None:
    f = np.array([1e4, 1e2, 1.0])
    eis = spectrum(f, [10 - 1j, 30 - 5j, 40 - 1j], {"area": 2e-4})
    assert analysis.area_specific_resistance(eis) == pytest.approx(40 * 2e-4)
    for given in (eis, eis.isel(frequency=slice(None, None, -1))):
        assert analysis.area_specific_resistance(given, at="100 Hz") == pytest.approx(30 * 2e-4)
        assert analysis.area_specific_resistance(given, at="1 kHz") == pytest.approx(20 * 2e-4)  # half-way in log f
        assert analysis.area_specific_resistance(given, at=1e4) == pytest.approx(10 * 2e-4)
        assert analysis.area_specific_resistance(given, at=1.0) == pytest.approx(40 * 2e-4)
    with pytest.raises(mt.InputError, match="lies outside the spectrum"):
        analysis.area_specific_resistance(eis, at="1 MHz")
    with pytest.raises(mt.InputError, match="names no cell"):
        analysis.area_specific_resistance(spectrum(f, [1, 2, 3]))


@pytest.mark.parametrize("at", [None, "1 kHz"])
def test_a_batch_gives_the_numbers_of_its_spectra(at: str | None) -> None:
    z = np.array([[10 - 1j, 30 - 5j], [20 - 1j, 70 - 5j]])
    batch = xr.Dataset(
        {"impedance": (("point", "frequency"), z)}, {"frequency": [1e4, 1e2], "area": ("point", [1.0, 2.0])}
    )
    singles = [
        analysis.area_specific_resistance(spectrum([1e4, 1e2], z[k], {"area": float(area)}), at)
        for k, area in enumerate([1.0, 2.0])
    ]
    np.testing.assert_allclose(analysis.area_specific_resistance(batch, at), singles)


def test_the_overpotential_where_the_current_reaches_a_value() -> None:
    run = transient([0, 1, 2, 3], [0.0, -0.1, -0.3, 0.1], [0.0, -1e-5, -2e-5, 3e-5], attrs={"area": 1e-4})
    assert analysis.overpotential_at(run, "15 uA") == pytest.approx(0.2)
    assert analysis.overpotential_at(run, 2e-5) == pytest.approx(0.3)
    assert analysis.overpotential_at(run, "-10 uA/cm^2") == pytest.approx(0.1)
    with pytest.raises(mt.InputError, match="not a current"):
        analysis.overpotential_at(run, "1 V")
    with pytest.raises(mt.InputError, match=r"the current stays below .*; its largest value is"):
        analysis.overpotential_at(run, "1 mA")


def cycling() -> xr.Dataset:
    """Two and a half cycles: the cell delivers half of what was put in, then a third."""
    time = np.repeat(np.arange(6) * 10.0, 2)[1:-1]
    current = np.repeat([1e-5, -1e-5, 1e-5, -1e-5, 1e-5], 2)
    voltage = np.repeat([2.0, 1.0, 3.0, 1.0, 4.0], 2)
    return transient(time, voltage, current, cycle=np.repeat([0, 0, 1, 1, 2], 2))


def test_energy_efficiency_of_a_cycle_and_of_the_last_whole_one() -> None:
    assert analysis.energy_efficiency(cycling(), cycle=0) == pytest.approx(0.5)
    assert analysis.energy_efficiency(cycling()) == pytest.approx(1 / 3)
    with pytest.raises(mt.InputError, match="no such cycle"):
        analysis.energy_efficiency(cycling(), cycle=7)


def test_cycles_until_a_limit() -> None:
    assert analysis.cycles_until(cycling(), "2.5 V") == 1.0
    assert analysis.cycles_until(cycling(), "1.5 V") == 0.0
    assert analysis.cycles_until(cycling(), "5 V") == np.inf


def test_cycles_of_a_run_that_summarises_them() -> None:
    given = {"cycle": [5, 6, 7], "deposition_voltage": [-0.1, -0.4, -0.5], "dissolution_voltage": [0.1, 0.3, 0.9]}
    run = transient([0.0], [0.0], [1e-5], cycles=given)
    assert analysis.cycles_until(run, "0.35 V") == 1.0  # the first one reaches it, the second one exceeds it
    assert analysis.cycles_until(run, "0.8 V") == 2.0
    assert analysis.cycles_until(run, "1 V") == np.inf


def test_steady_current_density_needs_a_steady_end() -> None:
    time = np.geomspace(1, 1e4, 60)
    steady = transient(time, np.ones(60), 2e-6 + 1e-5 * np.exp(-time / 100), attrs={"area": 1e-4})
    assert analysis.steady_current_density(steady) == pytest.approx(0.02)
    with pytest.raises(mt.InputError, match=r"not at steady state yet.*longer"):
        analysis.steady_current_density(transient(time, np.ones(60), 1e-5 * time**-0.5, attrs={"area": 1e-4}))


def test_the_time_until_a_limit_is_sands_time_of_a_salt() -> None:
    tau = 100.0
    time = np.linspace(0, 99.99, 20_000)
    voltage = 0.1 - 0.0257 * np.log(1 - np.sqrt(time / tau))  # ideal constant-current depletion
    run = transient(time, voltage, np.full(time.size, 1e-5))
    expected = tau * (1 - np.exp(-(0.25 - 0.1) / 0.0257)) ** 2
    # linear between samples 5 ms apart
    assert analysis.time_until(run, "0.25 V") == pytest.approx(expected, abs=5e-3)
    assert analysis.time_until(run, "5 V") == np.inf
    assert analysis.time_until(run, "0.01 V") == 0.0


def test_transport_numbers_as_metrics() -> None:
    cell = mt.cell("au_mg3asn_au")
    run = transient([0.1, 1, 10, 60, 80, 100], [0.5] * 6, [1e-6, 9e-7, 4e-7, 4e-7, 4e-7, 4e-7],
                    attrs={"cell": cell.to_yaml()})  # fmt: skip
    both = analysis.transport_number(run, "0.1 s")
    assert analysis.apparent_transport_number(run, "0.1 s") == both.apparent == pytest.approx(0.6)
    assert analysis.true_transport_number(run) == both.true
    with pytest.raises(mt.InputError, match="needs a cell with one mixed conductor"):
        analysis.true_transport_number(run.assign_attrs(cell=mt.cell("au_mofsse_au").to_yaml()))


def test_mass_and_thickness_of_a_stack() -> None:
    cell = mt.cell("trilayer").with_({"layers.buffer_*.thickness": "0.5 mm", "layers.antiperovskite.thickness": "1 mm"})
    eis = mt.simulate(cell, mt.EIS(1e3, 1.0, points=2))
    assert analysis.stack_thickness(eis) == pytest.approx(2e-3)
    densities: dict[str, Any] = {"buffer_*": "1.2 g/cm^3", "antiperovskite": 3000.0}
    assert analysis.stack_areal_mass(eis, densities) == pytest.approx(1e-3 * 1200 + 1e-3 * 3000)
    with pytest.raises(mt.InputError, match="give the density of antiperovskite"):
        analysis.stack_areal_mass(eis, {"buffer_*": 1200.0})
    with pytest.raises(mt.InputError, match="no layer is called 'bufer'"):
        analysis.stack_areal_mass(eis, {**densities, "bufer": 1.0})
    metrics = {"mass": lambda ds: analysis.stack_areal_mass(ds, densities), "thick": analysis.stack_thickness}
    study = mt.sweep(cell, mt.EIS(1e3, 1.0, points=2), {"layers.buffer_*.thickness": ["0.5 mm", "1 mm"]}, metrics)
    np.testing.assert_allclose(study["mass"], [4.2, 5.4])
    np.testing.assert_allclose(study["thick"], [2e-3, 3e-3])


def test_what_is_declared_of_a_metric_is_seen_through_partial() -> None:
    from functools import partial

    assert declaration(partial(partial(analysis.overpotential_at, current=1.0))).units == "V"
    assert declaration(len).units == ""


def test_what_a_salt_allows_is_that_of_the_cell_of_the_run() -> None:
    """Closed form 7 of theory.md §6."""
    solution = mt.BinaryElectrolyte("0.1 mol/L", "1 mS/cm", "1e-6 cm^2/s", 0.5)
    magnesium = mt.Plating("1 mA/cm^2")
    cell = mt.Cell("mg_mg", magnesium, [mt.Layer("solution", solution, "1 mm")], magnesium, area="2 cm^2")
    study = mt.sweep(cell, mt.EIS(1e3, 1.0, points=2), {"layers.solution.thickness": ["1 mm", "2 mm"]},
                     [analysis.limiting_current_density])  # fmt: skip
    limit = 2 * 2 * 96485.33 * 1e-10 * 100 / (0.5 * 1e-3)
    np.testing.assert_allclose(study["limiting_current_density"], [limit, limit / 2], rtol=1e-6)
    run = mt.simulate(cell, mt.EIS(1e3, 1.0, points=2))
    tau = np.pi * 1e-10 * (2 * 96485.33 * 100 / (2 * 10.0 * 0.5)) ** 2
    assert analysis.sand_time_at(run, "10 A/m^2") == pytest.approx(tau, rel=1e-6)
    with pytest.raises(mt.InputError, match="names no cell"):
        analysis.limiting_current_density(spectrum([1.0], [1.0]))
