"""Sweeps in memory: grids, units, metrics, failures; every number against `simulate` or the exact impedance itself."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin import dataset
from mgtwin.studies import axes, measured, points
from mgtwin.studies.progress import Report

BUFFERS = "layers.buffer_*.thickness"
THICKNESS = "layers.antiperovskite.thickness"
ELECTRONIC = "layers.antiperovskite.material.electronic_conductivity"
SPECTRUM = mt.EIS(1e6, 0.1, points=13)
ASR = mt.analysis.area_specific_resistance


@pytest.fixture(scope="module")
def cell() -> Any:
    return mt.cell("trilayer")


@pytest.fixture(scope="module")
def charged() -> Any:
    """A cell whose transients take milliseconds: an ion conductor between two capacitors."""
    gold = mt.Blocking("10 uF/cm^2")
    return mt.Cell("gold", gold, [mt.Layer("buffer", mt.IonConductor("2.6 mS/cm"), "0.5 mm")], gold)


def real_part(eis: xr.Dataset) -> float:
    """Not batched: called once per spectrum."""
    return float(eis["impedance"].real[-1] * eis.attrs["area"])


# grids ----------------------------------------------------------------------------------------------------------------


def test_every_point_of_a_grid_is_the_spectrum_of_its_cell(cell: Any) -> None:
    thicknesses, temperatures = ["0.2 mm", "0.5 mm"], ["25 degC", "60 degC", "100 degC"]
    study = mt.sweep(cell, SPECTRUM, {BUFFERS: thicknesses, "temperature": temperatures}, [ASR])
    assert study["area_specific_resistance"].dims == (BUFFERS, "temperature")
    np.testing.assert_allclose(study["temperature"], [298.15, 333.15, 373.15], rtol=1e-15)
    for i, thickness in enumerate(thicknesses):
        for k, temperature in enumerate(temperatures):
            changed = cell.with_({BUFFERS: thickness, "temperature": temperature})
            expected = ASR(mt.simulate(changed, SPECTRUM))
            # the batch does the same arithmetic in another order of summation
            assert study["area_specific_resistance"][i, k].item() == pytest.approx(expected, rel=1e-12)


def test_a_metric_that_takes_single_spectra_gives_the_same_numbers(cell: Any) -> None:
    study = mt.sweep(cell, SPECTRUM, {BUFFERS: ["0.2 mm", "0.5 mm"], "area": ["1 cm^2", "2 cm^2"]}, [ASR, real_part])
    np.testing.assert_allclose(study["real_part"], study["area_specific_resistance"], rtol=1e-14)


def test_paired_values_go_together_and_form_a_product_with_an_axis(cell: Any) -> None:
    pairs = mt.Paired({THICKNESS: [2e-4, 3e-4, 4e-4], "temperature": ["25 degC", "60 degC", "100 degC"]})
    study = mt.sweep(cell, SPECTRUM, [{BUFFERS: ["0.2 mm", "0.5 mm"]}, pairs], [ASR])
    assert study["area_specific_resistance"].shape == (2, 3)
    assert study[THICKNESS].dims == ("sample",)
    changed = cell.with_({BUFFERS: "0.5 mm", THICKNESS: 3e-4, "temperature": "60 degC"})
    assert study["area_specific_resistance"][1, 1].item() == pytest.approx(
        ASR(mt.simulate(changed, SPECTRUM)), rel=1e-12
    )
    assert mt.cell_at(study.isel({BUFFERS: 1, "sample": 1})) == changed


def test_a_tuple_of_paths_and_a_whole_law_are_one_axis(cell: Any) -> None:
    both = ("positive.film_resistance", "negative.film_resistance")
    study = mt.sweep(
        cell, SPECTRUM, {both: ["0 ohm*cm^2", "10 ohm*cm^2"], ELECTRONIC: ["1e-9 S/cm", "1e-7 S/cm"]}, [ASR]
    )
    name = ", ".join(both)
    assert study["area_specific_resistance"].dims == (name, ELECTRONIC)
    assert study[name].attrs["units"] == "ohm*m^2"
    changed = cell.with_({both: "10 ohm*cm^2", ELECTRONIC: "1e-7 S/cm"})
    assert mt.cell_at(study.isel({name: 1, ELECTRONIC: 1})) == changed
    assert study["area_specific_resistance"][1, 1].item() == pytest.approx(
        ASR(mt.simulate(changed, SPECTRUM)), rel=1e-12
    )


def test_several_cells_and_protocols_are_dimensions(cell: Any) -> None:
    cells = {"thin": cell.with_({BUFFERS: "0.2 mm"}), "thick": cell}
    protocols = {"cold": mt.EIS(1e5, 1.0, points=4), "hot": mt.EIS(1e5, 1.0, points=4, temperature="100 degC")}
    study = mt.sweep(cells, protocols, {"area": ["1 cm^2"]}, [ASR])
    assert study["area_specific_resistance"].dims == ("cell", "protocol", "area")
    one = study["area_specific_resistance"].sel(cell="thin", protocol="hot").item()
    expected = ASR(mt.simulate(cells["thin"].with_({"area": "1 cm^2"}), protocols["hot"]))
    assert one == pytest.approx(expected, rel=1e-12)
    assert mt.cell_at(study.sel(cell="thin")) == cells["thin"].with_({"area": "1 cm^2"})


def test_transients_are_read_point_by_point(charged: Any) -> None:
    protocol = mt.Galvanostatic(current="1 uA", duration="1 s", limits=("-9 V", "9 V"))
    study = mt.sweep(charged, protocol, {"area": ["1 cm^2", "2 cm^2"]}, [mt.analysis.overpotential])
    for k, area in enumerate([1e-4, 2e-4]):  # two capacitors and a resistance: U = I t 2/C + I R
        expected = 1e-6 * (2 / 0.1 + 5e-4 / 0.26) / area
        # capacitors of 10 uF/cm2 = 0.1 F/m2; the integrator's tolerance is 1e-6
        assert study["overpotential"][k].item() == pytest.approx(expected, rel=1e-5)
    dataset.check(study)


@pytest.mark.parametrize(
    ("shape", "whole", "points"),
    [((7,), 0, 3), ((4, 5, 6), 0, 13), ((4, 5, 6), 1, 1000), ((2, 3000), 1, 1000), ((3, 1, 2), 0, 1), ((5, 4), 0, 20)],
)
def test_chunks_cover_a_grid_once_and_are_contiguous(shape: tuple[int, ...], whole: int, points: int) -> None:
    grid = axes.Grid.cut({f"d{k}": n for k, n in enumerate(shape)}, whole, points)
    flat = np.arange(math.prod(shape)).reshape(shape)
    seen = np.concatenate([flat[grid.region(number)].reshape(-1) for number in grid])
    assert np.array_equal(seen, flat.reshape(-1))
    for number in grid:
        assert math.prod(grid.block(number)) <= points
        index = np.ravel_multi_index([grid.along(number, dim) for dim in grid.dims], shape)
        assert np.array_equal(index, flat[grid.region(number)].reshape(-1))
        assert all(part.stop - part.start == 1 for part in grid.region(number)[:whole])


# failures -------------------------------------------------------------------------------------------------------------


def test_a_metric_that_raises_is_kept_per_point(charged: Any) -> None:
    def picky(run: xr.Dataset) -> float:
        if run.attrs["area"] > 1.5e-4:
            raise ValueError("too large")
        return 1.0

    protocol = mt.Galvanostatic(current="1 uA", duration="1 s", limits=("-9 V", "9 V"))
    study = mt.sweep(charged, protocol, {"area": ["1 cm^2", "2 cm^2"]}, [picky, mt.analysis.overpotential])
    np.testing.assert_array_equal(study["picky"], [1.0, np.nan])
    assert study["failure"].values.tolist() == ["", "picky: ValueError: too large"]
    assert np.isfinite(study["overpotential"]).all()


def test_a_batched_metric_that_raises_loses_only_the_points_that_it_cannot_read(cell: Any) -> None:
    @mt.analysis.metric("1", "only small ones", batched=True)
    def small(eis: xr.Dataset) -> Any:
        if (eis["area"] > 1.5e-4).any():
            raise RuntimeError("no")
        return eis["area"].values * 0 + 1.0

    study = mt.sweep(cell, SPECTRUM, {"area": ["1 cm^2", "2 cm^2", "1.2 cm^2"]}, [small])
    np.testing.assert_array_equal(study["small"], [1.0, np.nan, 1.0])
    assert study["failure"].values.tolist() == ["", "small: RuntimeError: no", ""]


def test_a_cell_that_fails_at_some_points_ends_nothing(charged: Any) -> None:
    protocol = mt.Galvanostatic(current="1 uA", duration="1 s", limits=("-9 V", "9 V"))
    # no voltage limits: two capacitors take no lasting current, which simulate refuses
    study = mt.sweep({"a": charged}, {"fine": protocol, "refused": mt.Galvanostatic(current="1 uA", duration="1 s")},
                     {"area": ["1 cm^2", "2 cm^2"]}, [mt.analysis.overpotential])  # fmt: skip
    assert np.isfinite(study["overpotential"].sel(protocol="fine")).all()
    assert np.isnan(study["overpotential"].sel(protocol="refused")).all()
    assert all("no single carrier conducts" in text for text in study["failure"].sel(protocol="refused").values.ravel())


def test_the_exact_impedance_refusing_one_point_leaves_the_others(cell: Any) -> None:
    junction = "interfaces.buffer_left-antiperovskite"
    blocked = cell.with_({f"{junction}.resistance": 0.0, f"{junction}.capacitance": None})
    study = mt.sweep(blocked, SPECTRUM, {f"{junction}.resistance": [1e-3, math.inf]}, [ASR, real_part])
    assert np.isfinite(study["area_specific_resistance"][0])
    assert not np.isfinite(study["area_specific_resistance"][1])
    assert study["failure"][0].item() == ""


def test_a_metric_that_gives_nan_says_so(cell: Any) -> None:
    study = mt.sweep(cell, SPECTRUM, {"area": ["1 cm^2"]}, {"nothing": lambda eis: float("nan")})
    assert study["failure"].values.tolist() == ["nothing: gave NaN"]


# bad input ------------------------------------------------------------------------------------------------------------


def boom(run: xr.Dataset) -> float:
    raise AssertionError("nothing may be computed")


@pytest.mark.parametrize(
    ("varied", "said"),
    [
        ({"layers.antiperovskit.thickness": [1e-4]}, "Did you mean 'layers.antiperovskite.thickness'"),
        ({"layers.bufer_*.thickness": [1e-4]}, "no path of this cell matches"),
        ({THICKNESS: ["0.3 mm", "5 V"]}, "the unit 'V' is wrong here"),
        ({THICKNESS: [1e-4, -1e-4]}, "greater than 0"),
        ({THICKNESS: []}, "there are no values"),
        ({THICKNESS: np.array([])}, "there are no values"),
        ({THICKNESS: "0.3 mm"}, "give a list of values"),
        ({THICKNESS: np.ones((2, 2))}, "not an array of 2 dimensions"),
        ({THICKNESS: [1e-4, math.nan]}, "NaN is not a value"),
        ({THICKNESS: np.array([1e-4, math.nan])}, "NaN is not a value"),
        ({}, "nothing is varied"),
        (7, "a mapping {path: values} or Paired"),
        ({BUFFERS: [1e-4], "layers.buffer_left.thickness": [1e-4]}, "varied twice"),
        ({"positive": [mt.Blocking("1 uF/cm^2")]}, "is not a number"),
        ({ELECTRONIC: [1e-7], f"{ELECTRONIC}.reference": [1e-7]}, "is a part of"),
        ({(THICKNESS, "temperature"): [300.0]}, "differ in their units"),
        ([mt.Paired({THICKNESS: [1e-4]}), mt.Paired({"temperature": [300.0, 310.0]})], "give one another dim"),
        (mt.Paired({THICKNESS: [1e-4]}, dim="point"), "has another meaning"),
    ],
)
def test_what_cannot_be_varied_is_refused_before_anything_runs(cell: Any, varied: Any, said: str) -> None:
    with pytest.raises(mt.InputError) as error:
        mt.sweep(cell, SPECTRUM, varied, [boom])
    assert said in str(error.value)


def test_paired_values_of_different_number_are_refused() -> None:
    with pytest.raises(mt.InputError, match="equally many values, but has a: 1, b: 2"):
        mt.Paired({"a": [1], "b": [1, 2]})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "at least one"),
        (ASR, "are a list of functions"),
        ([3], "not a function"),
        ([lambda run: 1.0], "cannot name a metric"),
        ([ASR, functools.partial(ASR, at=1.0)], "two things of this study are called 'area_specific_resistance'"),
        ({"failure": ASR}, "two things of this study"),
        ({"temperature": ASR}, "two things of this study"),
    ],
)
def test_metrics_that_cannot_be_kept_apart_are_refused(cell: Any, given: Any, said: str) -> None:
    with pytest.raises(mt.InputError, match=said):
        mt.sweep(cell, SPECTRUM, {"temperature": [300.0]}, given)


def test_what_is_no_cell_protocol_or_client_is_refused(cell: Any) -> None:
    with pytest.raises(mt.InputError, match="needs a Cell"):
        mt.sweep("trilayer", SPECTRUM, {"area": [1e-4]}, [ASR])  # type: ignore[arg-type]
    with pytest.raises(mt.InputError, match="needs a protocol"):
        mt.sweep(cell, [], {"area": [1e-4]}, [ASR])
    with pytest.raises(mt.InputError, match="several are called trilayer"):
        mt.sweep([cell, cell], SPECTRUM, {"area": [1e-4]}, [ASR])
    with pytest.raises(mt.InputError, match=r"dask\.distributed\.Client"):
        mt.sweep(cell, SPECTRUM, {"area": [1e-4]}, [ASR], client="127.0.0.1:8786")
    with pytest.raises(mt.InputError, match="sets its own"):
        mt.sweep(cell, mt.EIS(1e5, 1.0, temperature=300.0), {"temperature": [300.0]}, [ASR])


def test_cell_at_wants_one_point_of_a_study(cell: Any) -> None:
    study = mt.sweep(cell, SPECTRUM, {"area": ["1 cm^2", "2 cm^2"]}, [ASR])
    with pytest.raises(mt.InputError, match="choose one point first"):
        mt.cell_at(study)
    with pytest.raises(mt.InputError, match="not the result of a study"):
        mt.cell_at(mt.simulate(cell, SPECTRUM))


# what results carry ---------------------------------------------------------------------------------------------------


def test_a_study_is_saved_and_opened_as_any_result(cell: Any, tmp_path: Any) -> None:
    study = mt.sweep(cell, SPECTRUM, {BUFFERS: ["0.2 mm", "0.5 mm"]}, [ASR])
    again = mt.open(mt.save(study, tmp_path / "study.nc"))
    assert again.equals(study)
    assert mt.cell_at(again.isel({BUFFERS: 0})) == cell.with_({BUFFERS: "0.2 mm"})


def test_attributes_have_units_names_and_what_to_beware_of(cell: Any) -> None:
    study = mt.sweep(cell, SPECTRUM, {BUFFERS: ["0.2 mm"]}, {"asr": ASR, "plain": real_part})
    assert study["asr"].attrs["units"] == "ohm*m^2"
    assert study["asr"].attrs["long_name"] == "area-specific resistance"
    assert study["plain"].attrs["units"] == ""  # nobody said which
    assert study[BUFFERS].attrs["long_name"] == "buffer thickness"
    assert any("outside" in text for text in study.attrs["warnings"])  # laws measured at 40 to 100 degC, used at 25


def test_ctrl_c_returns_what_was_done(cell: Any) -> None:
    cells = {str(k): cell for k in range(4)}

    def impatient(fraction: float, text: str) -> None:
        if fraction > 0.3:
            raise KeyboardInterrupt

    study = mt.sweep(cells, SPECTRUM, {"area": ["1 cm^2"]}, [ASR], progress=impatient)
    assert study.attrs["interrupted"]
    assert np.isfinite(study["area_specific_resistance"].values.ravel()).tolist() == [True, True, False, False]
    assert study["failure"].values.ravel()[-1] == "not computed: the study was interrupted"
    assert any(text.startswith("interrupted: 2 of 4") for text in study.attrs["warnings"])


@pytest.mark.parametrize("in_store", [True, False])
def test_a_run_that_was_interrupted_is_no_point(charged: Any, tmp_path: Any, monkeypatch: Any, in_store: bool) -> None:
    """A run in time takes Ctrl-C for itself and returns its first half, whose numbers are not those of the point."""
    runs: list[float] = []

    def simulate(*given: Any) -> Any:
        runs.append(1.0)
        return mt.simulate(*given).assign_attrs({"interrupted": True} if len(runs) == 3 else {})

    protocol = mt.Galvanostatic(current="1 uA", duration="1 s", limits=("-9 V", "9 V"))
    given = (charged, protocol, {"area": ["1 cm^2", "2 cm^2", "3 cm^2", "4 cm^2"]}, [mt.analysis.overpotential])
    store = {"store": tmp_path / "study.zarr"} if in_store else {}
    with monkeypatch.context() as patched:
        patched.setattr(points, "simulate", simulate)
        half = mt.sweep(*given, **store)
    assert half.attrs["interrupted"]
    assert half["overpotential"].notnull().values.tolist() == [True, True, False, False]
    if in_store:
        assert mt.sweep(*given, **store)["overpotential"].notnull().all()


def test_progress_has_rate_and_time_left() -> None:
    now, said = [0.0], []
    report = Report(100, 20, lambda fraction, text: said.append((fraction, text)), clock=lambda: now[0])
    now[0] = 10.0
    report.add(40)
    assert said == [(0.2, "20 of 100 points were finished before"), (0.6, "60 of 100 points, 4/s, 10 s left")]


def test_the_fingerprint_of_a_metric_follows_its_code_and_its_arguments() -> None:
    def maker(limit: float) -> Any:
        return lambda run: limit

    assert measured.fingerprint(maker(1.0)) == measured.fingerprint(maker(1.0))
    assert measured.fingerprint(maker(1.0)) != measured.fingerprint(maker(2.0))
    assert measured.fingerprint(functools.partial(ASR, at=1.0)) != measured.fingerprint(functools.partial(ASR, at=2.0))
    assert measured.fingerprint(ASR) != measured.fingerprint(real_part)
