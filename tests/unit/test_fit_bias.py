"""A spectrum taken under a bias is simulated at that bias, or refused: never taken for one of a cell at rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import dataset

CASE = Path(__file__).parents[1] / "cases" / "15_staircase_bias" / "speis.mpt"
F = np.geomspace(1e5, 1.0, 20)
I0, C = "*.exchange_current_density", "*.double_layer.c"


def cell() -> mt.Cell:
    electrode = mt.Plating("20 uA/cm^2", double_layer="10 uF/cm^2")
    return mt.Cell("small", electrode, [mt.Layer("a", mt.IonConductor("0.1 mS/cm"), "0.5 mm")], electrode)


def gold() -> mt.Cell:
    electrode = mt.Blocking("10 uF/cm^2")
    return mt.Cell("gold", electrode, [mt.Layer("a", mt.IonConductor("0.1 mS/cm"), "0.5 mm")], electrode)


@pytest.fixture(scope="module")
def biased():
    """A spectrum at 0.1 V as a reader of files hands it over: without a protocol."""
    found = mt.simulate(cell(), mt.EIS.at(F, bias=mt.Voltage(0.1)))
    z = found.impedance.values * (1 + 1e-3 * np.random.default_rng(1).normal(size=F.size))
    return dataset.spectrum(F, z, {"temperature": 298.15, "bias": 0.1})


def test_a_bias_in_the_attributes_is_simulated(biased) -> None:
    fit = mt.fit(cell().with_({I0: 0.1}), biased, [I0, C])
    # at rest the charge transfer would be 40 % slower: cosh(F 0.05 V/RT) (and the drop in the layer)
    assert fit.values[I0] == pytest.approx(0.2, rel=0.01) and not fit.fails
    assert fit.problem.measurements[0].protocol.bias == mt.Voltage(0.1)
    at_rest = mt.fit(cell(), biased.assign_attrs(bias=0.0), [I0, C])
    assert at_rest.values[I0] > 0.25


def test_a_bias_current_is_imposed_where_the_voltage_is_not_known(biased) -> None:
    attrs = {key: value for key, value in biased.attrs.items() if key != "bias"}
    data = biased.assign_attrs(bias_current=1e-5)
    data.attrs = {**attrs, "bias_current": 1e-5}
    assert mt.fit(cell(), data, [I0], starts=1).problem.measurements[0].protocol.bias == mt.Current(1e-5)


def test_a_bias_given_as_a_coordinate_is_that_of_the_spectrum(biased) -> None:
    data = biased.copy()
    del data.attrs["bias"]
    measured = data.assign_coords(bias=0.1)
    one = mt.fit(cell(), measured, [C]).problem.measurements[0]
    assert one.protocol.bias == mt.Voltage(0.1)
    along = data.assign_coords(bias=("frequency", np.linspace(0, 0.5, F.size)))
    with pytest.raises(mt.InputError, match=r"bias goes from 0 V to 0.5 V within the spectrum.*one spectrum for each"):
        mt.fit(cell(), along, [C])


def test_offsets_of_instruments_are_no_bias(biased) -> None:
    for attrs in ({"bias": 4e-4}, {"bias": 4e-4, "bias_current": 1e-10}, {"bias": 6e-3, "bias_current": 1e-11}):
        data = biased.copy()
        data.attrs = {"temperature": 298.15, **attrs}
        fit = mt.fit(cell(), data, [C])
        assert fit.problem.measurements[0].protocol is None
        assert ("open circuit at 6 mV, taken as at rest" in str(fit)) == (attrs["bias"] == 6e-3)
    # a circuit describes any spectrum, whatever the state in which it was taken
    assert mt.fit(mt.Circuit("R0-p(R1,C1)"), biased).problem.measurements[0].protocol is None


def test_a_voltage_without_the_current_that_it_would_drive_is_refused(biased) -> None:
    with pytest.raises(mt.InputError, match=r"taken at 0.5 V.*was not applied to the cell.*at rest has 0 V.*bias="):
        mt.fit(cell(), biased.assign_attrs(bias=0.5, bias_current=1e-12), [C])
    with pytest.raises(mt.InputError, match=r"of 10 uA cannot be at 0 V, which is the voltage of this cell at rest"):
        mt.fit(cell(), biased.assign_attrs(bias=0.0, bias_current=1e-5), [C])
    # gold passes no ions, so no current is what a voltage gives
    found = mt.fit(gold(), biased.assign_attrs(bias=0.5, bias_current=0.0), [C])
    assert found.problem.measurements[0].protocol.bias == mt.Voltage(0.5)


def test_the_staircase_of_the_case_is_not_taken_at_rest() -> None:
    tree = mt.read(CASE)
    taken = [
        mt.fit(gold(), node.to_dataset(), ["layers.a.thickness"]).problem.measurements[0].protocol
        for node in tree.children.values()
        if node.attrs["bias_current"] == 0
    ]
    assert taken == [None]  # 0 V and no current
    with pytest.raises(mt.InputError, match=r"20 uA cannot be at 0\.5 V.* drives none through a cell that blocks it"):
        mt.fit(gold(), tree["spectrum_2"].to_dataset(), ["layers.a.thickness"])


def test_comparisons_series_files_and_proposals_keep_the_bias(biased, tmp_path) -> None:
    biased = biased.isel(frequency=slice(0, None, 3))
    small, large = mt.fit(cell(), biased, [C]), mt.fit(cell(), biased, [C, I0])
    found = mt.compare([small, large], folds=2)  # with fewer points at a time
    assert np.isfinite(found.cross_validated).all()
    again = mt.Fit.open(large.save(tmp_path / "fit.nc"))
    assert again.problem.measurements[0].protocol.bias == mt.Voltage(0.1) and str(again) == str(large)
    series = mt.fit_series(cell(), [biased, biased.assign_attrs(bias=0.0)], [C])
    assert [item.problem.measurements[0].protocol is None for item in series] == [False, True]
    proposals = mt.next_experiment(large, {"biased": mt.EIS(1e5, 1, points=8, bias=mt.Voltage(0.1))})
    assert proposals.information[0] > 0


def test_a_frequency_measured_twice_under_a_bias_counts_twice(biased) -> None:
    f = np.append(F, F[3])
    z = np.append(biased.impedance.values, biased.impedance.values[3])
    fit = mt.fit(cell(), dataset.spectrum(f, z, biased.attrs), [C])
    assert fit.predicted[0].shape == f.shape and fit.predicted[0][-1] == fit.predicted[0][3]
