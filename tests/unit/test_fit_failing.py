"""A model that fails says so in everything that is made of its fit, and nothing of it is called identifiable."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import dataset

F = np.geomspace(1e6, 0.1, 70)
TRUTH = mt.Circuit("R0-p(R1,C1)-p(R2,C2)", {"R0": 5, "R1": 50, "C1": 1e-6, "R2": 30, "C2": 1e-4})
WRONG, RIGHT = "R0-p(R1,C1)", "R0-p(R1,C1)-p(R2,C2)"


def data(noise: float = 1e-3, seed: int = 1):
    z, rng = TRUTH.impedance(F), np.random.default_rng(seed)
    z = z + noise * np.abs(z) * (rng.normal(size=z.size) + 1j * rng.normal(size=z.size))
    return dataset.spectrum(F, z, {"temperature": 298.15})


@pytest.fixture(scope="module", params=[None, mt.Modulus("0.1 %")], ids=["noise of the data", "noise given"])
def fit(request):
    return mt.fit(mt.Circuit(WRONG), data(), weighting=request.param)


def test_no_parameter_of_it_is_identifiable_anywhere(fit) -> None:
    assert fit.fails and not fit.identifiable.any() and fit.identifiability.identifiable.all()
    for name in fit.names:
        for estimate in (fit.known(name), fit.estimate(name), fit.estimate(name, profile=True)):
            assert not estimate.identifiable and estimate.std == fit.std[fit.index(name)]
    rows = [line for line in str(fit).splitlines() if line.startswith(fit.names)]
    assert len(rows) == 3 and all("MODEL FAILS" in row and "yes" not in row for row in rows)
    assert all("does not describe the data" in fit.cell.to_yaml() for _ in rows)


def test_the_noise_is_that_of_the_data_and_the_misfit_is_counted_in_it(fit) -> None:
    assert fit.noise[0] * (1 if fit.problem.extra else 1e-3) == pytest.approx(1e-3, rel=0.2)
    assert fit.misfits[0] == pytest.approx(fit.verdicts[0].misfit) and fit.misfits[0] > 20
    assert fit.chi_squared / fit.freedom > 400
    (outside,) = fit.outside_model
    assert outside.kind == "misfit" and "times the noise, most at" in outside.reason


def test_its_intervals_are_widened_by_the_error_of_the_model_and_hold_what_a_right_one_finds(fit) -> None:
    (verdict,) = fit.verdicts
    assert verdict.widening > verdict.misfit > 20  # residuals hang together
    noise = 1e-3 if not fit.problem.extra else fit.levels[0]
    k, taken_for_right = fit.index("R1"), fit.identifiability.covariance
    assert fit.covariance[k, k] / taken_for_right[k, k] == pytest.approx(
        (verdict.widening * 1e-3 / noise) ** 2, rel=0.2
    )
    # one arc in the place of two: R0 + R1 of the fit against those of the truth
    low, high = fit.interval("R1")
    assert low < 80 < high
    profile = fit.profile("R1")
    assert profile.low is None or profile.low < 80
    assert profile.high is None or profile.high > 80


def test_it_is_said_by_series_samples_figures_and_files(fit, tmp_path) -> None:
    series = mt.fit_series(mt.Circuit(WRONG), [data(), data(seed=2)])
    table = series.to_dataset()
    assert str(series).count("POOR") == 2 and table.poor.values.tolist() == [1, 1] and len(table.attrs["warnings"]) == 2
    drawn = fit.bootstrap(2)
    assert "does not describe the data" in drawn.attrs["warnings"][0]
    ax = fit.plot()
    assert "POOR" in ax.get_legend().get_texts()[0].get_text()
    again = mt.Fit.open(fit.save(tmp_path / "fit.nc"))
    assert again.fails and str(again).count("MODEL FAILS") == 3 and again.verdicts == fit.verdicts
    assert "does not describe the data" in mt.open(tmp_path / "fit.nc").attrs["warnings"][0]


def test_what_is_propagated_from_it_says_so(fit) -> None:
    cell = mt.cell("trilayer")
    drawn = fit.bootstrap(4).assign_coords(parameter=["series_resistance", "layers.buffer_left.thickness", "area"])
    drawn = drawn.assign(fitted_value=drawn.fitted_value * 0 + np.array([1e-5, 5e-4, 1.1e-4]))
    found = mt.uncertainty(cell, mt.EIS(1e5, 1, points=5), [mt.analysis.area_specific_resistance], n=4, posterior=drawn)
    assert any("does not describe the data" in warning for warning in found.attrs["warnings"])


def test_comparisons_among_wrong_models_decide_nothing() -> None:
    z = data()
    z = z.assign(impedance=("frequency", z.impedance.values + 2e-6 * 2j * np.pi * F, z.impedance.attrs))
    fits = [mt.fit(mt.Circuit(text), z) for text in (WRONG, RIGHT)]
    found = mt.compare(fits, ["one arc", "two arcs"], folds=0)
    assert found.best == "two arcs" and found.margin > 10 and not found.decided
    assert "NONE DESCRIBES THE DATA" in str(found) and "the data decide" not in str(found)
    proposals = mt.next_experiment(fits, {"again": mt.EIS(1e6, 0.1, points=20)}, ["one arc", "two arcs"])
    assert proposals.decides == (False,) and len(proposals.warnings) == 2
    right = mt.fit(mt.Circuit(f"L0-{RIGHT}"), z)
    assert mt.compare([*fits, right], folds=0).decided


def test_degenerate_pairs_stay_undecided_and_unidentifiable() -> None:
    # two resistances in series, and the same arcs in the other order
    twice = mt.fit(mt.Circuit("R0-R3-p(R1,C1)-p(R2,C2)"), data())
    assert not twice.fails and not twice.identifiable[[0, 1]].any() and "not identifiable" in str(twice)
    once = mt.fit(mt.Circuit(RIGHT), data())
    found = mt.compare([once, twice], folds=0)
    assert found.best == RIGHT and not found.decided
