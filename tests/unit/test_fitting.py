"""Fits: what is free, weights, priors, losses, intervals, reports, files, interruption and bad input."""

from __future__ import annotations

import re

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin import dataset
from mgtwin.fitting.minimise import starting_points
from mgtwin.fitting.report import short_names

R, C = "layers.a.material.ionic_conductivity", "*.double_layer.c"
I0 = "*.exchange_current_density"
FREQUENCIES = np.geomspace(1e5, 0.1, 40)


def cell() -> mt.Cell:
    electrode = mt.Plating("20 uA/cm^2", double_layer="10 uF/cm^2")
    return mt.Cell("small", electrode, [mt.Layer("a", mt.IonConductor("0.1 mS/cm"), "0.5 mm")], electrode)


def measured(item: mt.Cell, noise: float = 0.0, seed: int = 0, **attrs):
    z = mt.impedance.exact(item, FREQUENCIES)
    rng = np.random.default_rng(seed)
    z = z + noise * np.abs(z) * (rng.normal(size=z.size) + 1j * rng.normal(size=z.size))
    return dataset.spectrum(FREQUENCIES, z, {"temperature": float(item.temperature), **attrs})


def test_values_std_and_provenance_end_up_in_the_cell() -> None:
    start = cell().with_({R: 0.02, C: 0.3, I0: 1.0})
    fit = mt.fit(start, measured(cell(), 0.01, file="lab/eis_25C.mpt"), [R, C, I0])
    for key, true in ((R, 0.01), (C, 0.1), (I0, 0.2)):
        assert abs(fit.values[key] - true) < 4 * fit.std[fit.index(key)]
    value = fit.cell.get(R)
    assert value.kind == "fitted" and value.source == "eis_25C.mpt" and value.unit == "S/m"
    assert value.std == pytest.approx(fit.std[0]) and float(value) == fit.values[R]
    assert fit.noise[0] == pytest.approx(0.01, rel=0.3) and fit.misfits[0] == pytest.approx(1, rel=0.1)
    np.testing.assert_allclose(fit.predicted[0], mt.impedance.exact(fit.cell, FREQUENCIES), rtol=1e-9)


def test_the_derivatives_are_those_of_the_residuals() -> None:
    other = cell().with_({"temperature": 333.15, "layers.a.thickness": "0.3 mm"})
    free = {R: mt.Free(log=False), C: mt.PerDataset(), I0: mt.PerTemperature(mt.Free(prior=mt.LogNormal(0.3, 2)))}
    short = measured(other).isel(frequency=slice(0, 25))
    fit = mt.fit([(cell(), measured(cell(), 0.01)), (other, short)], free)
    problem, x = fit.problem, fit.problem.start + 0.01
    jacobian = problem.jacobian(x)
    assert jacobian.shape == (2 * 65 + 2, 5)  # 40 and 25 complex numbers, two priors
    for k in range(x.size):
        step = 1e-6 * max(abs(x[k]), 1e-3) * np.eye(x.size)[k]
        expected = (problem.residuals(x + step) - problem.residuals(x - step)) / (2 * step[k])
        scale = np.abs(expected).max()
        np.testing.assert_allclose(jacobian[:, k], expected, atol=1e-6 * scale)  # differences: 1e-9/1e-6 and step^2


def test_one_value_per_temperature_and_per_dataset() -> None:
    warm = cell().with_({"temperature": 333.15, C: 0.2})
    data = [measured(cell(), 0.01, 1, file="a"), measured(warm, 0.01, 2, file="b"), measured(warm, 0.01, 3, file="c")]
    fit = mt.fit(cell(), data, {R: mt.PerDataset(), C: mt.PerTemperature(mt.Free(bounds=("1 uF/cm^2", "1 mF/cm^2")))})
    assert fit.names == (f"{R} [a]", f"{R} [b]", f"{R} [c]", f"{C} @ 25 °C", f"{C} @ 60 °C")
    assert fit.values[f"{C} @ 25 °C"] == pytest.approx(0.1, rel=0.02)
    assert fit.values[f"{C} @ 60 °C"] == pytest.approx(0.2, rel=0.02)
    assert float(fit.cells[2].get("positive.double_layer.c")) == fit.values[f"{C} @ 60 °C"]
    assert float(fit.cells[2].temperature) == 333.15


def test_cells_that_differ_share_the_parameters_that_they_have() -> None:
    gold = mt.Blocking("30 uF/cm^2")
    blocking = cell().with_({"negative": gold, "positive": gold, "name": "gold"})
    fit = mt.fit(
        [(cell(), measured(cell(), 0.01, 1)), (blocking, measured(blocking, 0.01, 2))],
        {R: mt.Free(start="1 mS/cm"), I0: mt.Free()},
    )
    assert fit.values[R] == pytest.approx(0.01, rel=0.02) and fit.values[I0] == pytest.approx(0.2, rel=0.02)
    assert len(fit.problem.blocks) == 2


def test_what_is_fitted_in_the_logarithm() -> None:
    tri = mt.cell("trilayer")
    conductivity = "layers.antiperovskite.material.ionic_conductivity"
    keys = [f"{conductivity}.reference", f"{conductivity}.activation_energy", "positive.transfer_coefficient"]
    keys += ["layers.antiperovskite.thickness", "series_resistance"]
    data = mt.simulate(tri, mt.EIS(1e6, 1, points=20))
    problem = mt.fit(tri, data, keys).problem
    assert [p.log for p in problem.parameters] == [True, False, False, True, True]
    assert problem.parameters[2].bounds == (0.0, 1.0 - 1e-9)  # the cell's own: below 1
    assert problem.parameters[3].bounds == (0.0, np.inf)


def test_a_prior_counts_like_one_more_measurement() -> None:
    data = measured(cell(), 0.05, 4)
    free = [R, C, I0]
    without = mt.fit(cell(), data, free, weighting=mt.Modulus("5 %"))
    mean, std = 1.02 * without.values[R], without.std[0]
    with_prior = {R: mt.Free(log=False, prior=mt.Normal(mean, std)), C: mt.Free(), I0: mt.Free()}
    fit = mt.fit(cell(), data, with_prior, weighting=mt.Modulus("5 %"))
    # equal weights: half way, and the variance halves (the problem is linear enough within a few per cent)
    assert fit.values[R] == pytest.approx((mean + without.values[R]) / 2, rel=0.01)
    assert fit.std[0] == pytest.approx(std / np.sqrt(2), rel=0.05)
    assert "±" in str(fit)


@pytest.mark.parametrize("loss", [mt.Huber(), mt.SoftL1(), mt.Cauchy()])
def test_a_loss_forgives_outliers(loss) -> None:
    data = measured(cell(), 0.01, 5)
    z = data["impedance"].values.copy()
    z[[3, 20, 33]] *= 3
    spoilt = data.assign(impedance=("frequency", z, data["impedance"].attrs))
    plain, robust = (mt.fit(cell(), spoilt, [R, C, I0], loss=item) for item in (None, loss))
    truth = np.array([0.01, 0.1, 0.2])
    wrong, right = (float(np.max(np.abs(fit.x / truth - 1))) for fit in (plain, robust))
    assert right < 0.02 < wrong  # noise alone: 0.3 %, three outliers a tenth of it each at most
    assert robust.levels[0] < 0.02 < plain.levels[0] and robust.noise[0] < 0.02 and plain.noise[0] < 0.02


def test_weightings() -> None:
    z = np.array([3 + 4j, 0.3 + 0.4j])
    np.testing.assert_allclose(mt.Modulus().std(z), [5, 0.5])
    np.testing.assert_allclose(mt.Modulus("1 %").std(z), [0.05, 0.005])
    np.testing.assert_allclose(mt.Noise("2 ohm").std(z), [2, 2])
    np.testing.assert_allclose(mt.Noise([1.0, 2.0]).std(z), [1, 2])
    assert mt.Noise(1.0).known and not mt.Unit().known
    with pytest.raises(mt.InputError, match="3 standard deviations, but there are 2 points"):
        mt.Noise([1.0, 2.0, 3.0]).std(z)
    # noise that is given is taken at its word: the covariance does not follow the misfit
    data = measured(cell(), 0.01, 6)
    stds = [mt.fit(cell(), data, [R], weighting=mt.Modulus(noise)).std[0] for noise in (0.01, 0.02)]
    assert stds[1] == pytest.approx(2 * stds[0], rel=1e-6)


def test_profile_of_a_nearly_linear_problem_is_the_interval_of_the_covariance() -> None:
    fit = mt.fit(cell(), measured(cell(), 0.01, 7), [R, C, I0])
    profile = fit.profile(I0)
    low, high = fit.interval(I0)
    assert profile.bounded
    # the profile leaves the level of noise free: t instead of normal, and one per cent of curvature
    assert profile.low == pytest.approx(low, rel=0.002) and profile.high == pytest.approx(high, rel=0.002)
    assert min(profile.rises) >= -1e-6 and profile.values == tuple(sorted(profile.values))
    assert fit.estimate(I0, profile=True).low == profile.low
    with pytest.raises(mt.InputError, match="Did you mean"):
        fit.profile("layers.a.material.ionic_conductivit")


def test_bootstrap_agrees_with_the_covariance() -> None:
    fit = mt.fit(cell(), measured(cell(), 0.01, 8), [R, C, I0])
    drawn = fit.bootstrap(80, seed=1)
    dataset.check(drawn)
    spread = drawn["fitted_value"].std("sample", ddof=1).values
    np.testing.assert_allclose(spread, fit.std, rtol=0.35)  # 80 samples: 8 %, four of these
    np.testing.assert_array_equal(drawn["fitted_value"], fit.bootstrap(80, seed=1)["fitted_value"])


def test_posterior_agrees_with_the_covariance() -> None:
    pytest.importorskip("emcee")
    pytest.importorskip("arviz_base")
    fit = mt.fit(cell(), measured(cell(), 0.01, 9), [R, I0])
    tree = fit.sample(steps=600, seed=2)
    spread = [float(tree["posterior"][name].std()) for name in fit.names]
    np.testing.assert_allclose(spread, fit.std, rtol=0.3)  # about 100 independent draws
    assert 0.2 < tree.attrs["acceptance"] < 0.9
    again = fit.sample(steps=600, seed=2)
    np.testing.assert_array_equal(tree["posterior"][R], again["posterior"][R])
    loose = mt.fit(cell(), measured(cell(), 0.01, 9), [R, "layers.a.thickness"])
    with pytest.raises(mt.InputError, match="neither bounds nor a prior"):
        loose.sample(steps=50)


def test_value_at_a_bound_is_flagged_and_has_no_std() -> None:
    free = {R: mt.Free(), I0: mt.Free(start="50 uA/cm^2", bounds=("40 uA/cm^2", "100 uA/cm^2"))}
    fit = mt.fit(cell(), measured(cell(), 0.01, 10), free)
    assert fit.at_bound.tolist() == [False, True]
    estimate = fit.estimate(I0)
    assert estimate.at_bound and estimate.std is None and not estimate.identifiable
    assert "AT A BOUND" in str(fit) and "POOR" not in str(fit).split("misfit")[0]
    assert fit.cell.get("positive.exchange_current_density").note.startswith(
        "at a bound of the fit; the model does not"
    )


def test_starts_are_repeatable_and_within_bounds() -> None:
    free = {R: mt.Free(bounds=("1 uS/cm", "1 S/cm")), C: mt.Free(), I0: mt.Free()}
    data = measured(cell(), 0.01, 11)
    one, same, other = (mt.fit(cell(), data, free, starts=6, seed=seed) for seed in (1, 1, 2))
    assert one.minimum.costs is not None and one.minimum.costs.size == 6
    np.testing.assert_array_equal(one.x, same.x)
    np.testing.assert_allclose(one.x, other.x, rtol=1e-6)
    points = starting_points(one.problem, 6, 1)
    assert points.shape == (6, 3) and len(np.unique(points[:, 1])) == 6
    assert np.all((np.exp(points[:, 0]) > 1e-4) & (np.exp(points[:, 0]) < 100))


def test_ctrl_c_returns_the_best_until_then(monkeypatch: pytest.MonkeyPatch) -> None:
    from mgtwin.fitting.spectra import SpectraBlock

    calls = 0
    plain = SpectraBlock.residuals

    def impatient(self, values):
        nonlocal calls
        calls += 1
        if calls == 5:
            raise KeyboardInterrupt
        return plain(self, values)

    monkeypatch.setattr(SpectraBlock, "residuals", impatient)
    fit = mt.fit(cell().with_({R: 0.1}), measured(cell(), 0.01), [R, C, I0], starts=3)
    assert fit.interrupted and "interrupted" in str(fit)
    assert np.isfinite(fit.x).all() and fit.values[R] != 0.1


def test_progress_is_reported() -> None:
    seen: list[tuple[float, str]] = []
    mt.fit(cell(), measured(cell()), [R], starts=3, progress=lambda *what: seen.append(what))
    assert seen[-1] == (1.0, "start 3 of 3") and len(seen) == 3


def test_a_fit_survives_its_file(tmp_path) -> None:
    warm = cell().with_({"temperature": 333.15})
    free = {R: mt.Free(prior=mt.LogNormal("0.1 mS/cm", 3)), C: mt.PerTemperature(), I0: mt.Free(bounds=(0.01, 10.0))}
    data = [measured(cell(), 0.01, 1, file="a"), measured(warm, 0.01, 2, file="b")]
    fit = mt.fit(cell(), data, free, weighting=[mt.Modulus(), mt.Noise(2.0)], loss=mt.Huber(), starts=2)
    again = mt.Fit.open(fit.save(tmp_path / "fit.nc"))
    assert again.names == fit.names and again.values == fit.values
    np.testing.assert_allclose(again.std, fit.std, rtol=1e-9)
    np.testing.assert_allclose(again.minimum.costs, fit.minimum.costs)
    assert str(again) == str(fit) and again.cell.identical(fit.cell)
    assert again.problem.weightings == fit.problem.weightings and again.loss == fit.loss
    with pytest.raises(mt.MgtwinError, match="is no fit"):
        mt.Fit.open(mt.save(data[0], tmp_path / "other.nc"))


def test_the_report_shows_every_parameter_and_every_dataset() -> None:
    fit = mt.fit(cell(), measured(cell(), 0.01, 1, file="eis.mpt"), [R, C, I0, "layers.a.thickness"])
    text = str(fit)
    for part in ("a.ionic_conductivity", "a.thickness", "eis.mpt", "25 °C", "Kramers-Kronig", "not identifiable"):
        assert part in text
    row = next(line for line in text.splitlines() if line.startswith("a.thickness"))
    assert "NO" in row and "open" in row and "yes" not in row
    assert short_names(["layers.a.thickness", "a.thickness"]) == ["layers.a.thickness", "a.thickness"]


def test_a_figure_of_data_and_fit() -> None:
    import matplotlib.pyplot as plt

    fit = mt.fit(cell(), [measured(cell(), 0.01, 1), measured(cell(), 0.01, 2)], [R])
    axes = fit.plot()
    assert len(axes.lines) == 4 and axes.get_xlabel() == "Re Z (kΩ)"
    np.testing.assert_allclose(axes.lines[0].get_xdata(), fit.measured(0).real / 1e3)
    plt.close("all")


def test_comparison_counts_parameters_and_noise() -> None:
    data = measured(cell(), 0.01, 12)
    small, large = mt.fit(cell(), data, [R, I0]), mt.fit(cell(), data, [R, C, I0])
    found = mt.compare([small, large], ["two", "three"])
    # BIC by hand: n ln(chi2/n) + k ln n, with the level of noise as one of k
    n, chi = 80, [fit.chi_squared * fit.noise[0] ** 2 for fit in (small, large)]
    difference = n * np.log(chi[1] / chi[0]) + np.log(n)
    assert found.bic[1] - found.bic[0] == pytest.approx(difference, rel=1e-6)
    assert found.cross_validated[0] == pytest.approx(1, rel=0.15)
    assert "UNDECIDABLE" in str(found) and not found.decided
    with pytest.raises(mt.InputError, match="not of the same data"):
        mt.compare([small, mt.fit(cell(), measured(cell(), 0.01, 13), [R])])
    with pytest.raises(mt.InputError, match="two or more"):
        mt.compare([small])


def test_candidates_that_cannot_be_done_are_listed() -> None:
    fit = mt.fit(cell(), measured(cell(), 0.01, 14), [R, C])
    found = mt.next_experiment(
        fit, {"eis": mt.EIS(1e5, 1, points=9), "odd": mt.Candidate(mt.EIS(1e5, 1), {"x.y": 1.0})}
    )
    assert found.best == "eis" and "odd" in found.failed and "cannot be done" in str(found)
    with pytest.raises(mt.InputError, match="noise that is known"):
        mt.Candidate(mt.EIS(1e5, 1), noise=mt.Unit())
    with pytest.raises(mt.InputError, match="at least one fit and one candidate"):
        mt.next_experiment(fit, {})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (lambda c, d: (c, d, {}), "nothing is free"),
        (lambda c, d: (c, d, "layers.a.thickness"), "is the text"),
        (lambda c, d: (c, d, {"layers.a.thicknes": mt.Free()}), "Did you mean"),
        (lambda c, d: (c, d, {R: 3.0}), "is no Free"),
        (lambda c, d: (c, d, {"layers.a.material": mt.Free()}), "Name one of its numbers"),
        (lambda c, d: (c, d, {R: mt.Free(start="1 mm")}), R),
        (lambda c, d: (c, d, {R: mt.Free(start=1.0, bounds=(2.0, 3.0))}), "outside the bounds"),
        (lambda c, d: (c, d, {"layers.a.thickness": mt.Free(), "layers.*.thickness": mt.Free()}), "free twice"),
        (lambda c, d: (c, d, {"series_resistance": mt.Free(log=True)}), "must start above 0"),
        (lambda c, d: (c, [], [R]), "no Datasets"),
        (lambda c, d: ([], [R]), "no data"),
        (lambda c, d: ([(c, 3)], [R]), "is no Dataset"),
        (lambda c, d: ([(d, c)], [R]), "pairs of a Cell and a Dataset"),
        (lambda c, d: ([c], [R]), "takes pairs"),
        (lambda c, d: (c, d.isel(frequency=slice(0, 1)), [R]), "fewer than two points"),
        (lambda c, d: (c, d.isel(frequency=slice(0, 2)), [R, C, I0, "layers.a.thickness"]), "only 4 numbers"),
    ],
)
def test_bad_input_is_explained(arguments, message: str) -> None:
    with pytest.raises(mt.InputError, match=message):
        mt.fit(*arguments(cell(), measured(cell())))


def test_a_number_that_must_stay_below_a_limit_is_profiled_up_to_it() -> None:
    path = "layers.polymer.material.electronic_mixing.threshold"  # of percolation, in a membrane far below it
    membrane = mt.cell("ss_polymer_ss", "from_recipe")
    fit = mt.fit(membrane, measured(membrane, 0.01), [path])
    assert not fit.estimate(path).identifiable and "hardly depend" in str(fit)


def test_bad_options_are_explained() -> None:
    with pytest.raises(mt.InputError, match="samples is 0"):
        mt.fit(cell(), measured(cell()), [R]).bootstrap(0)
    with pytest.raises(mt.InputError, match="list of two or more fits"):
        mt.compare(mt.fit(cell(), measured(cell()), [R]))
    with pytest.raises(mt.InputError, match="starts is 0"):
        mt.fit(cell(), measured(cell()), [R], starts=0)
    with pytest.raises(mt.InputError, match="weighting is"):
        mt.fit(cell(), measured(cell()), [R], weighting="modulus")
    with pytest.raises(mt.InputError, match="exchange them"):
        mt.Free(bounds=(2.0, 1.0))
    for wrong in (lambda: mt.Normal(1.0, 0.0), lambda: mt.LogNormal(-1.0, 2.0), lambda: mt.Modulus(-0.1)):
        with pytest.raises(mt.InputError):
            wrong()


def test_a_tree_of_spectra_is_refused_with_the_way_out() -> None:
    tree = xr.DataTree.from_dict({f"spectrum_{k}": measured(cell()) for k in range(4)})
    with pytest.raises(mt.InputError, match=r"choose a node \(spectrum_0, .*, \.\.\.\).*to_dataset"):
        mt.fit(cell(), tree, ["*.double_layer.c"])
    with pytest.raises(mt.InputError, match=r"give \{path: mt\.Free"):
        mt.fit(cell(), measured(cell()), None)


def test_the_report_shows_a_spread_in_the_unit_of_its_value_and_calls_a_model_that_fails_poor() -> None:
    text = str(mt.fit(cell(), measured(cell(), 0.01), [R]))
    row = next(line for line in text.splitlines() if line.startswith("a.ionic_conductivity"))
    assert len(set(re.findall(r"\S*S/c?m", row))) == 1 and "POOR" not in text
    wrong = measured(cell(), 0.01)
    wrong["impedance"] = wrong["impedance"] * np.geomspace(1, 100, wrong.sizes["frequency"])
    assert "POOR" in str(mt.fit(cell(), wrong, [R]))


def test_numbers_that_a_fit_makes_one_are_named_with_their_values(tmp_path) -> None:
    unlike = cell().with_({"positive.exchange_current_density": "10 uA/cm^2"})
    assert mt.fit(cell(), measured(cell(), 0.01), [I0]).made_one == ()
    fit = mt.fit(unlike, measured(unlike, 0.01), [I0])
    (said,) = fit.made_one
    assert "20 uA/cm^2 (negative.exch" in said and "10 uA/cm^2 (positive.exch" in said
    assert said in fit.warnings and said in str(fit)
    assert said in dataset.open(fit.save(tmp_path / "fit.nc")).attrs["warnings"]
    assert said in mt.Fit.open(tmp_path / "fit.nc").made_one
    # of several cells by one path
    thin = cell().with_({"layers.a.thickness": "0.3 mm"})
    pairs = [(cell(), measured(cell(), 0.01)), (thin, measured(thin, 0.01, 1))]
    assert "0.3 mm (layers.a.thickness of data 2)" in mt.fit(pairs, ["layers.a.thickness"]).made_one[0]


def test_gaps_of_a_spectrum_are_said_and_zeros_refused() -> None:
    data = measured(cell(), 0.01)
    gaps = data.assign(impedance=data.impedance.where(data.frequency > 1))
    assert "points have no finite impedance and were left out" in str(mt.fit(cell(), gaps, [R]))
    with pytest.raises(mt.InputError, match="the impedance is 0 at"):
        mt.fit(cell(), data.assign(impedance=data.impedance.where(data.frequency > 1, 0.0)), [R])
