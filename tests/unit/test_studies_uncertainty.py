"""Uncertainties and sensitivities against closed forms: an analytic test function, and numbers linear in the cell."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin import dataset
from mgtwin.errors import UnknownNameError
from mgtwin.studies.sampling import parameters, quasi_random

pytest.importorskip("SALib")

SPECTRUM = mt.EIS(1e3, 1.0, points=4)
ASR = mt.analysis.area_specific_resistance
THICKNESSES = {"a": (1e-3, 1e-4), "b": (2e-3, 3e-4), "c": (1e-3, 5e-5)}  # mean and std [m]
SIGMA = {"a": 0.1, "b": 0.5, "c": 0.02}  # [S/m]


def value(number: float, **provenance: Any) -> mt.Value:
    return mt.Value(number, unit="m", **provenance)


@pytest.fixture(scope="module")
def stack() -> Any:
    """Three ion conductors between reversible electrodes: the resistance is linear in the uncertain thicknesses."""
    layers = [
        mt.Layer(name, mt.IonConductor(SIGMA[name]), value(mean, std=std, note=name))
        for name, (mean, std) in THICKNESSES.items()
    ]
    metal = mt.Plating(1e12)
    return mt.Cell("stack", metal, layers, metal, area="1 cm^2")


# uncertainty ----------------------------------------------------------------------------------------------------------


def test_the_spread_of_a_linear_metric_is_the_root_of_the_sum_of_squares(stack: Any) -> None:
    found = mt.uncertainty(stack, SPECTRUM, [ASR], n=1024)
    mean = sum(mean / SIGMA[name] for name, (mean, _) in THICKNESSES.items())
    std = math.sqrt(sum((std / SIGMA[name]) ** 2 for name, (_, std) in THICKNESSES.items()))
    numbers = found["area_specific_resistance"]
    assert numbers.sizes == {"sample": 1024}
    # the error of a scrambled Sobol sequence of 1024 points for a smooth function is below 1e-3 of the spread
    assert float(numbers.mean()) == pytest.approx(mean, abs=2e-3 * std)
    assert float(numbers.std()) == pytest.approx(std, rel=5e-3)
    # a 2.5 % quantile of 1024 random points is known to sqrt(0.025 * 0.975 / 1024) / 0.058 = 0.084 spreads
    expected = mean + std * np.array([-1.959964, 0.0, 1.959964])
    np.testing.assert_allclose(found["area_specific_resistance_quantiles"], expected, atol=0.084 * std)
    dataset.check(found)


def test_the_same_seed_gives_the_same_sets(stack: Any) -> None:
    one, same, other = (mt.uncertainty(stack, SPECTRUM, [ASR], n=8, seed=seed) for seed in (1, 1, 2))
    assert one.equals(same)
    assert not one.equals(other)


def test_a_posterior_takes_the_place_of_the_stated_uncertainties(stack: Any) -> None:
    class Fit:
        def draws(self, n: int, seed: int) -> dict[str, Any]:
            return {"layers.a.thickness": np.random.default_rng(seed).normal(1e-3, 1e-5, n)}

    values = np.random.default_rng(3).normal(1e-3, 1e-5, 700)
    path = "layers.a.thickness"
    table = xr.Dataset({"fitted_value": (("parameter", "sample"), values[np.newaxis])}, {"parameter": [path]})
    chains = xr.DataTree.from_dict({"posterior": xr.Dataset({path: (("chain", "draw"), values.reshape(7, 100))})})
    for posterior in (Fit(), {path: values}, table, chains):
        found = mt.uncertainty(stack, SPECTRUM, [ASR], n=512, seed=3, posterior=posterior)
        assert "layers.b.thickness" not in found.coords
        # 512 random values: their standard deviation is known to 1/sqrt(2 * 512) = 3 %
        assert float(found["area_specific_resistance"].std()) == pytest.approx(1e-5 / 0.1, rel=0.1)


def test_the_sets_of_a_posterior_stay_together(stack: Any) -> None:
    a = np.linspace(1e-3, 2e-3, 50)
    together = {"layers.a.thickness": a, "layers.b.thickness, layers.c.thickness": 3e-3 - a}
    found = mt.uncertainty(stack, SPECTRUM, [mt.analysis.stack_thickness], n=20, posterior=together)
    np.testing.assert_allclose(found["stack_thickness"], 6e-3 - found["layers.a.thickness"])
    assert len(np.unique(found["layers.a.thickness"])) == 20


def test_a_band_has_the_same_sets_at_every_point(stack: Any) -> None:
    axis = {"layers.b.thickness": ["1 mm", "2 mm"]}
    found = mt.uncertainty(stack, SPECTRUM, [ASR], n=64, axes=axis)
    step = found["area_specific_resistance"].diff("layers.b.thickness")
    np.testing.assert_allclose(step, 1e-3 / SIGMA["b"], rtol=1e-9)  # what is varied is not drawn
    assert found["area_specific_resistance_quantiles"].dims == ("quantile", "layers.b.thickness")


def test_sets_that_fail_are_left_out_and_counted(stack: Any) -> None:
    def picky(eis: Any) -> float:
        if mt.analysis.stack_thickness(eis) > 4e-3:
            raise ValueError("too thick")
        return 1.0

    found = mt.uncertainty(stack, SPECTRUM, [picky], n=64)
    missing = int(found["picky"].isnull().sum())
    assert 16 < missing < 48  # 4 mm is the mean
    np.testing.assert_array_equal(found["picky_quantiles"], [1.0, 1.0, 1.0])
    assert any(text.startswith(f"{missing} of 64 numbers are missing") for text in found.attrs["warnings"])


def test_never_reached_limits_are_infinite_quantiles(stack: Any) -> None:
    def life(eis: Any) -> float:
        return math.inf if mt.analysis.stack_thickness(eis) > 4e-3 else 10.0

    quantiles = mt.uncertainty(stack, SPECTRUM, [life], n=64)["life_quantiles"].values
    assert quantiles[0] == 10.0 and quantiles[-1] == math.inf


def test_bad_input_is_refused(stack: Any) -> None:
    certain = stack.with_({f"layers.{name}.thickness": 1e-3 for name in THICKNESSES})
    with pytest.raises(mt.InputError, match="no number of this cell states an uncertainty"):
        mt.uncertainty(certain, SPECTRUM, [ASR])
    with pytest.raises(mt.InputError, match="a probability between 0 and 1"):
        mt.uncertainty(stack, SPECTRUM, [ASR], level=95)
    with pytest.raises(mt.InputError, match="at least one parameter set"):
        mt.uncertainty(stack, SPECTRUM, [ASR], n=0)
    with pytest.raises(mt.InputError, match="at least n = 9 values, and equally many"):
        mt.uncertainty(stack, SPECTRUM, [ASR], n=9, posterior={"layers.a.thickness": [1e-3] * 8})
    with pytest.raises(mt.InputError, match=r"draws\(n, seed\)"):
        mt.uncertainty(stack, SPECTRUM, [ASR], posterior=3)  # type: ignore[arg-type]


# which numbers are one number ----------------------------------------------------------------------------------------


def pair(left: Any, right: Any, std: float = 5e-5) -> Any:
    """Two layers of equal thickness and equal uncertainty."""
    layers = [mt.Layer("a", left, value(1e-3, std=std)), mt.Layer("b", right, value(1e-3, std=std))]
    return mt.Cell("pair", mt.Plating(1e12), layers, mt.Plating(1e12), area="1 cm^2")


def test_equal_numbers_are_not_one_number() -> None:
    """Two thicknesses that happen to agree add as a root of squares; the tied sum would be 1.3 times as wide."""
    cell = pair(mt.IonConductor(0.1), mt.IonConductor(0.05))
    parts = np.array([5e-5 / 0.1, 5e-5 / 0.05])
    apart = mt.uncertainty(cell, SPECTRUM, [ASR], n=1024)["area_specific_resistance"]
    tied = mt.uncertainty(cell, SPECTRUM, [ASR], n=1024, together=[("layers.a.thickness", "layers.b.thickness")])
    assert float(apart.std()) == pytest.approx(np.hypot(*parts), rel=5e-3)
    assert float(tied["area_specific_resistance"].std()) == pytest.approx(parts.sum(), rel=5e-3)
    found = mt.sensitivity(cell, SPECTRUM, [ASR], mt.Sobol(n=512))
    np.testing.assert_allclose(found["first_order"][0], parts**2 / (parts**2).sum(), atol=0.05)


def test_a_transfer_coefficient_does_not_move_with_a_porosity() -> None:
    half = {"value": 0.5, "std": 0.05}
    wet = mt.Porous(mt.IonConductor(1e-6), half, mt.Bruggeman(), mt.IonConductor(1.0), saturation=1.0)
    cell = mt.Cell("wet", mt.Plating(1.0, half), [mt.Layer("wet", wet, 1e-3)], mt.Plating(1.0), area=1e-4)
    found = mt.uncertainty(cell, SPECTRUM, [ASR], n=256)
    names = [str(name) for name in found.coords if "paths" in found[name].attrs]
    assert names == ["negative.transfer_coefficient", "layers.wet.material.porosity"]
    assert abs(float(np.corrcoef(*(found[name] for name in names))[0, 1])) < 0.02


def test_one_part_in_two_places_is_one_number() -> None:
    sigma = {"value": "1 mS/cm", "std": "0.1 mS/cm"}
    one, path = mt.IonConductor(sigma), "layers.{}.material.ionic_conductivity"
    both = {path.format("a"), path.format("b")}
    for left, right, tied in (
        (one, one, True),  # one object
        (mt.IonConductor(sigma, name="mof"), mt.IonConductor(sigma, name="mof"), True),  # one name, as from a file
        (one, mt.IonConductor(sigma), False),
        (mt.IonConductor(sigma, name="mof"), mt.IonConductor(sigma, name="lot 2"), False),
        (mt.IonConductor(sigma, name="mof"), mt.IonConductor({**sigma, "note": "remeasured"}, name="mof"), False),
    ):
        groups = [set(item.paths) for item in parameters([pair(left, right)])]
        assert (both in groups) is tied
    # a key of one path sets it free, whatever the cell says
    assert both not in [set(item.paths) for item in parameters([pair(one, one)], [path.format("a")])]


def test_what_ties_nothing_is_told(stack: Any) -> None:
    with pytest.raises(UnknownNameError, match=r"layers\.a\.thicknes"):
        mt.uncertainty(stack, SPECTRUM, [ASR], n=4, together=[("layers.a.thicknes", "layers.b.thickness")])
    with pytest.raises(UnknownNameError, match="held"):
        mt.uncertainty(stack, SPECTRUM, [ASR], n=4, held=["layers.a.thicknes"])


# sensitivity ----------------------------------------------------------------------------------------------------------


def ishigami(u: np.ndarray) -> np.ndarray:
    x = np.pi * (2 * u - 1)
    return np.asarray(np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))


def test_sobol_indices_of_the_ishigami_function() -> None:
    """Ishigami & Homma 1990: V = a^2/8 + b pi^4/5 + b^2 pi^8/18 + 1/2 with a = 7, b = 0.1."""
    a, b = 7.0, 0.1
    total = a**2 / 8 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 18 + 0.5
    first = np.array([0.5 * (1 + b * np.pi**4 / 5) ** 2, a**2 / 8, 0.0]) / total
    joint = b**2 * np.pi**8 * (1 / 18 - 1 / 50) / total
    method = mt.Sobol(n=2048)
    found = method.indices(ishigami(method.points(3)), 3)
    for name, expected in (("first_order", first), ("total_order", first + np.array([joint, 0.0, joint]))):
        half = found[f"{name}_half_width"]
        assert (np.abs(found[name] - expected) <= half).all(), (name, found[name], expected, half)
        assert (half < 0.1).all()  # an interval that contains everything says nothing


def test_sobol_indices_of_a_linear_metric_are_the_shares_of_the_variance(stack: Any) -> None:
    found = mt.sensitivity(stack, SPECTRUM, [ASR, mt.analysis.stack_thickness], mt.Sobol(n=1024))
    assert [str(name) for name in found["parameter"].values] == [f"layers.{name}.thickness" for name in THICKNESSES]
    for metric, weights in (("area_specific_resistance", SIGMA), ("stack_thickness", dict.fromkeys(SIGMA, 1.0))):
        parts = np.array([(std / weights[name]) ** 2 for name, (_, std) in THICKNESSES.items()])
        one = found.sel(metric=metric)
        for order in ("first_order", "total_order"):  # no interactions: both are the share
            assert (np.abs(one[order] - parts / parts.sum()) <= one[f"{order}_half_width"]).all()
            assert (one[f"{order}_half_width"] < 0.15).all()
    # c has the largest std over conductivity, b the largest std
    assert "know layers.c.thickness would remove" in found.attrs["measure_first"][0]
    assert "know layers.b.thickness would remove" in found.attrs["measure_first"][1]
    dataset.check(found)


def test_morris_effects_of_a_linear_metric_are_its_slopes(stack: Any) -> None:
    ranged = stack.with_({
        f"layers.{name}.thickness": value(mean, low=mean - std, high=mean + std, note=name)
        for name, (mean, std) in THICKNESSES.items()
    })  # fmt: skip
    found = mt.sensitivity(ranged, SPECTRUM, [ASR], mt.Morris(trajectories=6)).sel(metric="area_specific_resistance")
    # levels run over 99 % of the width of each range
    slopes = [0.99 * 2 * std / SIGMA[name] for name, (_, std) in THICKNESSES.items()]
    np.testing.assert_allclose(found["mean_effect"], slopes, rtol=1e-6)
    np.testing.assert_allclose(found["mean_size"], slopes, rtol=1e-6)
    np.testing.assert_allclose(found["spread"], 0.0, atol=1e-6 * max(slopes))


def test_parameters_can_be_chosen(stack: Any) -> None:
    found = mt.sensitivity(stack, SPECTRUM, [ASR], mt.Morris(trajectories=2), ["layers.[ab].thickness"])
    assert found["parameter"].values.tolist() == ["layers.a.thickness", "layers.b.thickness"]
    with pytest.raises(mt.InputError, match="states no uncertainty"):
        mt.sensitivity(stack, SPECTRUM, [ASR], parameters=["area"])
    with pytest.raises(mt.InputError, match=r"Did you mean 'layers\.a\.thickness'"):
        mt.sensitivity(stack, SPECTRUM, [ASR], parameters=["layers.a.thicknes"])


def test_failed_runs_are_left_out_or_refused(stack: Any) -> None:
    def picky(limit: float) -> Any:
        def resistance(eis: Any) -> float:
            if mt.analysis.stack_thickness(eis) > limit:
                raise ValueError("too thick")
            return float(eis["impedance"].real[-1])

        return {"resistance": resistance}

    with pytest.raises(mt.InputError, match=r"runs give no finite resistance; the first says: .*too thick"):
        mt.sensitivity(stack, SPECTRUM, picky(4e-3), mt.Sobol(n=32))
    found = mt.sensitivity(stack, SPECTRUM, picky(4.6e-3), mt.Sobol(n=64))
    assert np.isfinite(found["first_order"]).all()
    assert any("left out of the indices" in text for text in found.attrs["warnings"])


def test_a_metric_that_does_not_vary_has_no_indices(stack: Any) -> None:
    found = mt.sensitivity(stack, SPECTRUM, {"constant": lambda eis: 1.0}, mt.Sobol(n=16))
    assert np.isnan(found["first_order"]).all()
    assert found.attrs["measure_first"] == ["constant: it does not vary"]


@pytest.mark.parametrize("bad", [{"n": 100}, {"n": 0}, {"confidence": 95}])
def test_methods_check_their_settings(bad: Any) -> None:
    with pytest.raises(mt.InputError):
        mt.Sobol(**bad)


@pytest.mark.parametrize("bad", [{"trajectories": 1}, {"levels": 3}, {"confidence": 0}])
def test_morris_checks_its_settings(bad: Any) -> None:
    with pytest.raises(mt.InputError):
        mt.Morris(**bad)


def test_methods_are_objects(stack: Any) -> None:
    with pytest.raises(mt.InputError, match=r"method is mt\.Sobol\(\) or mt\.Morris\(\)"):
        mt.sensitivity(stack, SPECTRUM, [ASR], "sobol")  # type: ignore[arg-type]


def test_quasi_random_points_fill_the_cube_evenly() -> None:
    points = quasi_random(3, 64)
    for column in points.T:  # one point in each of 64 equal parts: what makes it quasi-random
        assert np.array_equal(np.sort(np.floor(64 * column)), np.arange(64))


def test_what_a_fit_leaves_open_is_propagated() -> None:
    """From noisy data of a known cell: the interval contains the true resistance and is as wide as the fit says."""
    metal = mt.Plating("1 mA/cm^2", double_layer="10 uF/cm^2")
    true = mt.Cell("true", metal, [mt.Layer("layer", mt.IonConductor("1 mS/cm"), "0.5 mm")], metal)
    spectrum = mt.EIS(1e5, 1.0, points=20)
    data = mt.simulate(true, spectrum)
    noise = np.random.default_rng(1).normal(size=(2, 20))
    data["impedance"] = data["impedance"] * (1 + 0.01 * (noise[0] + 1j * noise[1]))
    path = "layers.layer.material.ionic_conductivity"
    fit = mt.fit([(true.with_({path: "2 mS/cm"}), data)], {path: mt.Free(log=True)})
    found = mt.uncertainty(fit.cell, spectrum, [ASR], n=24, posterior=fit.bootstrap(samples=24, seed=1))
    low, _, high = found["area_specific_resistance_quantiles"].values
    resistance = ASR(mt.simulate(true, spectrum))
    assert low - 0.01 * resistance < resistance < high + 0.01 * resistance
    # the resistance of the layer alone is uncertain; its std follows from that of the conductivity
    layer = 0.5e-3 / float(fit.cell.get(path))
    expected = layer * float(found[path].std()) / float(fit.cell.get(path))
    assert float(found["area_specific_resistance"].std()) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("method", [mt.Sobol(8), mt.Morris()])
def test_without_salib_it_says_what_to_install(method: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "SALib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "SALib", None)
    with pytest.raises(mt.InputError, match=r"mgtwin\[studies\]"):
        method.points(3)
