"""What parameters leave open of whole curves: samples of a fit and of uncertain cells, and how they are drawn."""

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.errors import InputError
from mgtwin.plot.bands import inner

SPECTRUM = mt.EIS(1e6, 0.1, points=40)
SIGMA = "layers.antiperovskite.material.ionic_conductivity.reference"
EXCHANGE = ("negative.exchange_current_density.reference", "positive.exchange_current_density.reference")


@pytest.fixture(scope="module")
def cell():
    return mt.cell("trilayer")


@pytest.fixture(scope="module")
def data(cell):
    rng = np.random.default_rng(1)
    eis = mt.simulate(cell, SPECTRUM)
    noise = 1 + 0.02 * (rng.normal(size=40) + 1j * rng.normal(size=40))
    return eis.assign(impedance=eis.impedance.copy(data=eis.impedance.values * noise))


@pytest.fixture(scope="module")
def fit(cell, data):
    return mt.fit([(cell, data)], {SIGMA: mt.Free(log=True), EXCHANGE: mt.Free(log=True)})


def test_curves_of_a_fit_scatter_as_its_covariance_says(cell, fit):
    samples = fit.curves(n=20_000)["data 1"]["impedance_samples"].values
    # the same by another route: derivatives of the cell itself by finite differences, J C J'
    steps = []
    for key in (SIGMA, EXCHANGE):
        value = fit.cell.get(key if isinstance(key, str) else key[0])
        moved = mt.simulate(fit.cell.with_({key: float(value) * np.exp(1e-5)}), SPECTRUM).impedance.values
        steps.append((moved - mt.simulate(fit.cell, SPECTRUM).impedance.values) / 1e-5)
    for part in (np.real, np.imag):
        slopes = part(np.array(steps))
        expected = np.sqrt(np.einsum("pf,pq,qf->f", slopes, fit.covariance, slopes))
        # a standard deviation of 20 000 samples is known to 0.5 %
        np.testing.assert_allclose(part(samples).std(axis=0), expected, rtol=0.03)


def test_the_noise_of_a_fit_is_shared_among_its_parameters(fit):
    """The leverages of all residuals sum to the number of parameters (a projection's trace)."""
    ds = fit.curves(n=20_000)["data 1"]
    noise = fit.levels[0] * np.abs(ds["measured_impedance"].values)
    deviation = (ds["impedance_samples"] - ds["impedance"]).values / noise
    total = (deviation.real**2 + deviation.imag**2).mean(axis=0).sum()
    assert total == pytest.approx(len(fit.names), rel=0.03)


def test_what_is_not_identifiable_leaves_the_curve_as_it_is(cell, data):
    """Only the product of two numbers matters: both are open, and the curve is not."""
    keys = [f"{side}.exchange_current_density.reference" for side in ("negative", "positive")]
    open_fit = mt.fit([(cell, data)], {key: mt.Free(log=True) for key in keys})
    ds = open_fit.curves(n=500)["data 1"]
    spread = np.abs((ds["impedance_samples"] - ds["impedance"]).values).std(axis=0) / np.abs(ds["impedance"].values)
    assert np.isfinite(spread).all()
    assert spread.max() < 0.02


def test_parameter_sets_of_a_fit_follow_its_covariance(fit):
    sets = np.log(np.array(list(fit.draws(20_000, seed=3).values())))
    np.testing.assert_allclose(np.cov(sets), fit.covariance, rtol=0.05, atol=0.03 * fit.covariance.max())


@pytest.mark.parametrize("level", [0.68, 0.9])
def test_a_band_holds_just_its_part_of_the_samples(level):
    rng = np.random.default_rng(0)
    samples = np.exp(rng.normal(size=(1000, 1))) * (1 + 1j * rng.normal(size=(1000, 3)))
    assert inner(samples, level).shape == (round(1000 * level), 3)
    # of a normal distribution those within the ellipse that has the part of chi squared with two degrees of freedom
    small = 1 + 1e-3 * (rng.normal(size=(20_000, 1)) + 2j * rng.normal(size=(20_000, 1)))
    reach = -2 * np.log(1 - level)
    kept = inner(small, level) - 1
    assert np.max((kept.real / 1e-3) ** 2 + (kept.imag / 2e-3) ** 2) == pytest.approx(reach, rel=0.05)


def test_samples_of_a_spectrum_are_spectra_of_the_cell_with_their_parameters(cell):
    found = mt.uncertainty(cell, SPECTRUM, n=8)
    xr_same = mt.simulate(cell, SPECTRUM)
    np.testing.assert_array_equal(found.impedance.values, xr_same.impedance.values)
    varied = [name for name, one in found.coords.items() if "paths" in one.attrs]
    one = found.isel(sample=5)
    changed = cell.with_({tuple(one[name].attrs["paths"]): one[name].item() for name in varied})
    expected = mt.simulate(changed, SPECTRUM).impedance.values
    np.testing.assert_allclose(one["impedance_samples"].values, expected, rtol=1e-12)


def test_samples_of_a_run_in_time_and_of_sets_that_fail_or_end(cell, tmp_path):
    run = mt.Galvanostatic("5 uA/cm^2", "1 h", limits=("-1 V", "50 mV"))
    found = mt.uncertainty(cell, run, n=3, posterior={"layers.buffer_left.thickness": np.array([4e-4, 6e-4, 5e-3])})
    samples = found["voltage_samples"]
    assert samples.sizes == {"sample": 3, "time": found.sizes["time"]}
    last = samples.values[:, -1]
    thick = mt.simulate(cell.with_({"layers.buffer_left.thickness": 6e-4}), run)
    assert last[1] == pytest.approx(float(thick.voltage[-1]), rel=1e-6)
    assert np.isnan(last[2])
    assert any("end sooner" in text for text in found.attrs["warnings"])
    again = mt.open(mt.save(found, tmp_path / "found.nc"))
    np.testing.assert_array_equal(again["voltage_samples"].values, samples.values)


def test_without_metrics_there_is_one_protocol_and_no_store(cell):
    for more in ({"store": "x.zarr"}, {"axes": {"temperature": [300.0]}}):
        with pytest.raises(InputError, match="without metrics"):
            mt.uncertainty(cell, SPECTRUM, **more)
    with pytest.raises(InputError, match="without metrics"):
        mt.uncertainty(cell, [SPECTRUM])
    with pytest.raises(InputError, match="one by one"):
        mt.uncertainty(cell, mt.Sequence([SPECTRUM, SPECTRUM]), n=2)


def test_figures_of_a_fit_have_its_data_and_bands(cell, data, fit):
    ax = mt.plot.nyquist(fit)
    assert {"fit", "measured", "68 %", "90 %"} <= set(ax.get_legend_handles_labels()[1])
    circles = next(line for line in ax.lines if line.get_label() == "measured")
    size = 1e3 if "kΩ" in ax.get_xlabel() else 1.0
    np.testing.assert_allclose(circles.get_xdata() * size, data.impedance.values.real, rtol=1e-12)
    wide, narrow = (patch.get_path() for patch in ax.patches)
    assert wide.get_extents().width >= narrow.get_extents().width
    # the curve itself lies in both
    curve = fit.curves()["data 1"].impedance.values[20] / size
    assert wide.contains_point((curve.real, -curve.imag))
    upper, lower = mt.plot.bode(fit)
    assert len(upper.collections) == len(lower.collections) == 2
    with pytest.raises(InputError, match="none of the data of this Fit has time"):
        mt.plot.transient(fit)
    assert len(mt.plot.figure(fit).axes) == 3
    assert len(fit.plot()[0].patches if isinstance(fit.plot(), np.ndarray) else fit.plot().patches) == 2


def test_predictions_draw_over_each_other_in_one_legend(cell):
    thin = cell.with_({"layers.antiperovskite.thickness": "0.2 mm"})
    ax = mt.plot.nyquist(
        {name: mt.uncertainty(one, SPECTRUM, n=16) for name, one in {"as is": cell, "thin": thin}.items()}
    )
    assert len(ax.patches) == 4
    assert [text.get_text() for text in ax.get_legend().get_texts()].count("68 %") == 1
    # nothing of a passive cell lies below the axis
    assert all(patch.get_path().get_extents().y0 > -1e-6 for patch in ax.patches)
    run = mt.uncertainty(cell, mt.Galvanostatic("5 uA/cm^2", "1 h"), n=16)
    assert len(mt.plot.transient(run).collections) == 2


def test_what_a_study_varies_has_a_short_name_beside_its_path(cell, tmp_path):
    path = "layers.buffer_*.thickness"
    study = mt.sweep(
        cell, SPECTRUM, {path: ["0.2 mm", "0.5 mm"], "temperature": [300.0, 330.0]},
        [mt.analysis.area_specific_resistance],
    )  # fmt: skip
    by_path = study.sel({path: 5e-4, "temperature": 330.0})["area_specific_resistance"]
    for one in (study, mt.open(mt.save(study, tmp_path / "study.nc"))):
        assert one["area_specific_resistance"].dims == (path, "temperature")  # as in 0.1.0
        assert float(one.sel(buffer_thickness=5e-4, temperature=330.0)["area_specific_resistance"]) == float(by_path)
        assert one["buffer_thickness"].attrs["paths"] == [
            "layers.buffer_left.thickness",
            "layers.buffer_right.thickness",
        ]
    assert float(mt.cell_at(study.sel(buffer_thickness=2e-4, temperature=300.0)).get("temperature")) == 300.0


def test_short_names_are_told_apart():
    from mgtwin.shortnames import short_names

    found = short_names(
        ["layers.a.material.ionic_conductivity.reference", "layers.a.ionic_conductivity", "interfaces.a-b.resistance"],
        taken=["a_b_resistance"],
    )
    assert found == {
        "layers.a.material.ionic_conductivity.reference": "a_ionic_conductivity",
        "layers.a.ionic_conductivity": "layers_a_ionic_conductivity",
        "interfaces.a-b.resistance": "interfaces_a_b_resistance",
    }


def test_a_fit_with_a_value_at_each_temperature_is_the_posterior_of_each_of_its_cells(cell):
    warm = cell.with_({"temperature": "60 degC"})
    pairs = [(one, mt.simulate(one, SPECTRUM)) for one in (cell, warm)]
    fit = mt.fit(
        pairs, {SIGMA: mt.Free(), "*.double_layer.c": mt.PerTemperature(mt.Free())}, weighting=mt.Modulus("1 %")
    )
    layers = ("negative.double_layer.c", "positive.double_layer.c")
    for number, name in enumerate(("*.double_layer.c @ 25 °C", "*.double_layer.c @ 60 °C")):
        thin = fit.cells[number].with_({"layers.buffer_*.thickness": "0.2 mm"})  # what was not fitted may change
        found = fit.draws_for(thin, 8, seed=1)
        assert set(found) == {SIGMA, layers}
        np.testing.assert_array_equal(found[layers], fit.draws(8, seed=1)[name])
    assert mt.uncertainty(fit.cells[1], SPECTRUM, n=8, posterior=fit).sizes["sample"] == 8
    with pytest.raises(InputError, match="which of these are the numbers of"):
        fit.draws_for(fit.cell.with_({"*.double_layer.c": 1.0}), 8)
