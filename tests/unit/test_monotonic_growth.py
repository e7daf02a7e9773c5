"""Series that should only grow: false alarms, detection, values apart; and Datasets outside the model of a fit."""

from __future__ import annotations

import json

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import dataset
from mgtwin.analysis import monotonic_growth

FILM = "*.film_resistance"
FREQUENCIES = np.geomspace(1e5, 1, 15)


@pytest.mark.parametrize(("count", "rate"), [(8, 0.02), (20, 0.006), (45, 0.002)])
def test_false_alarms_are_as_rare_as_documented(count: int, rate: float) -> None:
    rng, series = np.random.default_rng(0), 300
    breaks = sum(monotonic_growth(rng.normal(size=count)).break_at is not None for _ in range(series))
    # constant values are the worst case; three standard deviations of a binomial count, and one
    assert breaks <= rate * series + 3 * np.sqrt(rate * series) + 1


def test_a_lasting_fall_is_found_where_it_is() -> None:
    rng, places = np.random.default_rng(1), []
    for _ in range(100):
        values = np.linspace(0, 10, 40) + rng.normal(size=40)
        values[24:] -= 8.0
        places.append(monotonic_growth(values).break_at)
    # a fall by 8 times the scatter, of which two values on either side would do: 8 / sqrt(1/2 + 1/2) = 8, limit 6
    assert np.mean([place is not None and abs(place - 24) <= 1 for place in places]) >= 0.95


def test_a_fall_below_the_scatter_is_not_found() -> None:
    rng = np.random.default_rng(2)
    found = 0
    for _ in range(100):
        values = rng.normal(size=40)
        values[24:] -= 0.5  # D is about 0.5 sqrt(24 * 16 / 40) = 1.5, and chance adds 3
        found += monotonic_growth(values).break_at is not None
    assert found <= 10


def test_single_values_stand_apart_and_do_not_end_the_law() -> None:
    values = np.arange(20.0) + np.tile([0.3, -0.3], 10)
    low, high = values.copy(), values.copy()
    low[9] -= 30
    high[9] += 30
    for series in (low, high):
        growth = monotonic_growth(series)
        assert growth.apart == (9,) and growth.break_at is None and growth.outside.sum() == 1
        assert np.all(np.diff(growth.level) >= 0)
    assert "apart from the others: value 10" in str(growth)


def test_growth_in_steps_of_any_size_passes() -> None:
    values = np.repeat([1.0, 50.0, 51.0, 400.0], 5)
    growth = monotonic_growth(values)
    assert not growth.outside.any() and growth.drop == 0
    np.testing.assert_allclose(growth.level, values, rtol=1e-14)  # means of equal numbers


def test_after_a_break_nothing_continues_even_if_the_value_comes_back() -> None:
    values = np.arange(20.0) + np.tile([0.3, -0.3], 10)
    values[10:14] -= 30
    growth = monotonic_growth(values)
    assert growth.break_at == 10 and growth.outside.sum() == 10
    assert np.isnan(growth.level[10:]).all() and np.isfinite(growth.level[:10]).all()


def test_known_standard_deviations_count_where_they_are_larger() -> None:
    values = np.r_[np.arange(10.0), np.arange(10.0) - 5]
    assert monotonic_growth(values).break_at == 10
    assert monotonic_growth(values, 20.0).break_at is None


@pytest.mark.parametrize(
    ("values", "std", "word"),
    [(np.ones(7), 0.0, "8 values"), (np.r_[np.ones(9), np.nan], 0.0, "finite"), (np.ones(9), [1.0, 2.0], "9 of them")],
)
def test_bad_series_are_refused(values, std, word: str) -> None:
    with pytest.raises(mt.errors.InputError, match=word):
        monotonic_growth(values, std)


def ageing_cell(film: float) -> mt.Cell:
    electrode = mt.Plating("50 uA/cm^2", double_layer="10 uF/cm^2", film_resistance=film)
    return mt.Cell("ageing", electrode, [mt.Layer("a", mt.IonConductor("1 mS/cm"), "0.5 mm")], electrode)


def aged(films, seed: int = 0) -> list:
    rng = np.random.default_rng(seed)
    found = []
    for number, film in enumerate(films):
        z = mt.impedance.exact(ageing_cell(film), FREQUENCIES)
        z = z * (1 + 0.01 * (rng.normal(size=z.size) + 1j * rng.normal(size=z.size)))
        found.append(dataset.spectrum(FREQUENCIES, z, {"label": f"h{number}", "temperature": 298.15}))
    return found


def fitted(data) -> mt.Fit:
    return mt.fit(ageing_cell(0.05), data, {FILM: mt.PerDataset(grows=True), "*.double_layer.c": mt.Free()})


def test_a_fit_names_the_datasets_behind_a_short(tmp_path) -> None:
    films = [0.05, 0.06, 0.07, 0.08, 0.09, 0.10, 0.11, 0.12, 0.02, 0.03, 0.025]
    fit = fitted(aged(films))
    assert [(item.label, item.kind) for item in fit.outside_model] == [(f"h{k}", "break") for k in (8, 9, 10)]
    assert "OUTSIDE THE MODEL" in str(fit) and "h8 … h10 (3 Datasets)" in str(fit)
    path = fit.save(tmp_path / "fit.nc")
    assert list(json.loads(mt.open(path).attrs["outside_model"])) == ["h8", "h9", "h10"]
    assert [item.number for item in mt.Fit.open(path).outside_model] == [8, 9, 10]


def test_a_fit_of_a_film_that_grows_names_none() -> None:
    named = [len(fitted(aged(np.linspace(0.05, 0.1, 10), seed)).outside_model) for seed in range(10)]
    assert sum(named) == 0  # growth leaves chance even less room than the constant series of above


def test_a_dataset_of_another_cell_is_named_by_its_misfit() -> None:
    data = aged(np.full(6, 0.05))
    other = ageing_cell(0.05).with_({"*.double_layer.c": 1.0})
    strange = data[0].copy(data={"impedance": mt.impedance.exact(other, FREQUENCIES)}).assign_attrs(label="strange")
    for weighting in (None, mt.Modulus("1 %")):
        fit = mt.fit(ageing_cell(0.05), [*data, strange], {"*.film_resistance": mt.Free()}, weighting=weighting)
        assert [item.kind for item in fit.outside_model if item.label == "strange"] == ["misfit"]
    assert not mt.fit(ageing_cell(0.05), data, {"*.film_resistance": mt.Free()}).outside_model


def test_growth_cannot_be_tested_with_few_datasets() -> None:
    with pytest.raises(mt.errors.InputError, match="8 Datasets at least, not 3"):
        fitted(aged([0.05, 0.06, 0.07]))
