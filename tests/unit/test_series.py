"""Series of measurements: order, chained fits, activation energies, what stands apart."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

import mgtwin as mt
from mgtwin.analysis._common import fit_line
from mgtwin.dataset import spectrum
from mgtwin.laws import BOLTZMANN

FREQUENCY = np.geomspace(1e6, 0.1, 40)
CELSIUS = (20, 35, 50, 65, 80, 95)
LENGTH, AREA, ENERGY, PREFACTOR = 1e-3, 1e-4, 0.35, 1e4
CIRCUIT = mt.Circuit("R0-p(R1,C1)")


def resistance(celsius: float) -> float:
    kelvin = celsius + 273.15
    return LENGTH / AREA / (PREFACTOR / kelvin * np.exp(-ENERGY / (BOLTZMANN * kelvin)))


def measured(celsius: float, noise: float = 0.0, factor: float = 1.0, seed: int = 0) -> object:
    z = CIRCUIT.with_({"R0": 5.0, "R1": factor * resistance(celsius), "C1": 1e-9}).impedance(FREQUENCY)
    random = np.random.default_rng([seed, int(celsius)])
    z = z + noise * np.abs(z) * (random.normal(size=z.size) + 1j * random.normal(size=z.size))
    return spectrum(FREQUENCY, z, {"temperature": celsius + 273.15, "area": AREA, "thickness": LENGTH})


def test_activation_energy_of_fitted_resistances_is_that_of_the_law():
    found = mt.series([measured(T) for T in reversed(CELSIUS)])
    assert found.values == tuple(sorted(found.values))
    law = found.fit(CIRCUIT).arrhenius("R1")
    assert float(law.activation_energy.sel(convention="sigma_T")) == pytest.approx(ENERGY, abs=1e-9)
    assert float(law.log_prefactor.sel(convention="sigma_T")) == pytest.approx(np.log(PREFACTOR), abs=1e-6)


def test_a_series_and_its_fits_are_drawn_in_the_colours_of_their_temperatures():
    found = mt.series([measured(T, 0.005) for T in (*CELSIUS, 110)])
    (bar,) = mt.plot.nyquist(found).child_axes
    assert [text.get_text() for text in bar.get_yticklabels()] == [f"{T} °C" for T in (*CELSIUS, 110)]
    ax = mt.plot.nyquist(mt.series(found[:3]).fit(CIRCUIT))
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert {"20 °C", "35 °C", "50 °C", "measured", "68 %"} <= set(names)
    assert len(mt.plot.figure(found).axes) == 3  # Nyquist, and the two of Bode
    with pytest.raises(mt.InputError, match="none of the data of this Series has time"):
        mt.plot.transient(found)
    plt.close("all")


def test_intervals_hold_the_truth_and_a_poor_point_weighs_little():
    items = [measured(T, noise=0.005 if T != 50 else 0.2) for T in CELSIUS]
    fits = mt.series(items).fit(CIRCUIT)
    weighted = fits.arrhenius("R1")
    std = float(weighted.activation_energy_std.sel(convention="sigma_T"))
    assert abs(float(weighted.activation_energy.sel(convention="sigma_T")) - ENERGY) < 3 * std
    bare = mt.analysis.arrhenius(
        [(float(T), float(s)) for T, s in zip(weighted.temperature, weighted.conductivity, strict=True)]
    )
    assert std < 0.3 * float(bare.activation_energy_std.sel(convention="sigma_T"))
    table = fits.to_dataset().sel(parameter="R1")
    assert (table.fitted_low < table.fitted_value).all() and (table.fitted_value < table.fitted_high).all()


def test_weighted_line_is_that_of_numpy():
    random = np.random.default_rng(3)
    x, std = np.linspace(1.0, 3.0, 9), random.uniform(0.5, 2.0, 9)
    y = 2 * x - 1 + std * random.normal(size=9) * 0.1
    line = fit_line(x, y, std)
    (slope, offset), covariance = np.polyfit(x, y, 1, w=1 / std, cov="unscaled")
    # scattering less than the standard deviations say, so these hold
    expected = (slope, offset, *np.sqrt(np.diag(covariance)))
    np.testing.assert_allclose((line.slope, line.offset, line.slope_std, line.offset_std), expected, rtol=1e-10)


def test_a_value_that_stands_apart_is_named():
    clean = [measured(T, noise=0.002) for T in CELSIUS]
    assert mt.series(clean).fit(CIRCUIT).outliers == ()
    wrong = [measured(T, noise=0.002, factor=1.6 if T == 65 else 1.0) for T in CELSIUS]
    fits = mt.series([ds.assign_attrs(file=f"{T}.z") for T, ds in zip(CELSIUS, wrong, strict=True)]).fit(CIRCUIT)
    (outlier,) = fits.outliers
    assert (outlier.label, outlier.parameter) == ("65.z", "R1") and outlier.factor == pytest.approx(1.6, rel=0.05)
    assert any("65.z" in text for text in fits.to_dataset().attrs["warnings"])


def test_a_folder_is_read_in_the_order_of_its_temperatures(tmp_path):
    for T in CELSIUS:
        mt.export(measured(T).drop_attrs(deep=False), tmp_path / f"pellet_{T}C.z")
    found = mt.series(tmp_path, mt.ByTemperature("_{}C"))
    np.testing.assert_allclose(found.values, np.array(CELSIUS) + 273.15)
    assert found.labels[0] == "pellet_20C.z" and found[0].attrs["temperature"] == pytest.approx(293.15)
    assert len(mt.series(str(tmp_path / "*_?5C.z"), mt.ByTemperature("_{}C"))) == 3
    with pytest.raises(mt.InputError, match=r'does not say its temperature.*ByTemperature\("pellet_\{\}degC"\)'):
        mt.series(tmp_path)
    with pytest.raises(mt.InputError, match=r"no number at '-\{\}K'"):
        mt.series(tmp_path, mt.ByTemperature("-{}K"))
    (tmp_path / "notes.txt").write_text("pellets of March")
    with pytest.raises(mt.InputError, match="Every file of a series must be a measurement"):
        mt.series(tmp_path, mt.ByTemperature("_{}C"))
    with pytest.raises(mt.InputError, match="no file has a name like that"):
        mt.series(tmp_path / "*.mpt")


def test_along_cycles_and_given_values():
    probe = mt.EIS(1e5, 1.0, 2)
    run = mt.simulate(mt.cell("trilayer", "contact_loss"), mt.Cycling("-10 uA", "1 h", cycles=2, probe=probe, every=1))
    spectra = [run[["impedance"]].isel(cycle=k) for k in (1, 0)]
    assert mt.series(spectra, mt.ByCycle()).values == (0.0, 1.0)
    with pytest.raises(mt.InputError, match="values has 1 numbers, but there are 2"):
        mt.series(spectra, mt.ByCycle(), values=[1.0])
    with pytest.raises(mt.InputError, match="one Dataset is no series"):
        mt.series(spectra[0])
    with pytest.raises(mt.InputError, match="needs temperatures"):
        mt.series([measured(20), measured(35)], mt.ByBias(), values=[0.0, 0.1]).fit(CIRCUIT).arrhenius("R1")


def test_an_activation_energy_of_a_capacitance_or_without_a_shape_is_refused():
    fits = mt.series([measured(T) for T in CELSIUS[:3]]).fit(CIRCUIT)
    with pytest.raises(mt.InputError, match="not of a number in 'F'"):
        fits.arrhenius("C1")
    bare = [
        spectrum(FREQUENCY, ds.impedance, {"temperature": ds.attrs["temperature"]}) for ds in map(measured, (20, 35))
    ]
    with pytest.raises(mt.InputError, match="give thickness= and area="):
        mt.series(bare).fit(CIRCUIT).arrhenius("R1")


def test_relaxation_times_over_temperature():
    pytest.importorskip("pyimpspec")
    found = mt.series([measured(T) for T in CELSIUS[:3]]).relaxation_times()
    assert found.distribution.dims == ("temperature", "time_constant")
    # R C of the one arc falls with the temperature
    peaks = found.time_constant.values[found.distribution.values.argmax(axis=1)]
    np.testing.assert_allclose(peaks, [1e-9 * resistance(T) for T in CELSIUS[:3]], rtol=0.25)


@pytest.mark.parametrize(
    ("by", "name", "value"),
    [(mt.ByTemperature("_{}C"), "a_60C.z", 333.15), (mt.ByTemperature("_{}K"), "a_300K.z", 300.0),
     (mt.ByTemperature("_{}"), "a_60.z", 333.15), (mt.ByBias("_{}mV"), "a_50mV.z", 0.05),
     (mt.ByBias("{}V"), "0p5V.z", 0.5),
     (mt.ByTime("{}min"), "rest30min.z", 1800.0), (mt.ByCycle("cycle{}"), "cycle12.z", 12.0)],
)  # fmt: skip
def test_the_unit_behind_the_number_counts(by, name, value):
    assert by.value(None, name) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(("by", "name"), [(mt.ByTemperature("_{}F"), "a_140F.z"), (mt.ByBias("_{}C"), "a_50C.z")])
def test_a_unit_of_something_else_is_refused(by, name):
    with pytest.raises(mt.InputError, match="is no unit of a"):
        by.value(None, name)


def test_a_number_of_a_law_is_taken_where_its_data_are():
    cell, name = mt.cell("au_mofsse_au"), "layers.mofsse.material.ionic_conductivity.reference"
    spectra = [mt.simulate(cell.with_({"temperature": f"{T} degC"}), mt.EIS(1e6, 1.0, points=15)) for T in (40, 60, 80)]
    law = mt.series(spectra).fit(cell, [name]).arrhenius(name)  # not the three equal values at 100 °C
    assert float(law.activation_energy.sel(convention="sigma")) == pytest.approx(0.4, abs=1e-6)


def test_of_a_model_that_fails_the_activation_energy_says_so():
    circuit = mt.Circuit("p(R1,C1)")  # without R0
    law = mt.series([measured(T, 0.001) for T in CELSIUS[:3]]).fit(circuit).arrhenius("R1")
    assert sum("does not describe its data" in text for text in law.attrs["warnings"]) == 3
