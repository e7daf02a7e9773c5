"""Metrics: numbers read off Datasets as an experimenter reads them, by name in files and from Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import analysis
from mgtwin.analysis.metrics import METRICS, Measure, declaration
from mgtwin.analysis.spectral import resistance_beside
from mgtwin.dataset import spectrum, stamp, transient
from mgtwin.errors import InputError


def two_arcs(ratio: float) -> np.ndarray:
    """Two RC elements in series, the second of `ratio` times the resistance, 4 decades apart."""
    omega = 2 * np.pi * np.geomspace(1e6, 0.1, 100)
    return 100 / (1 + 1j * omega * 1e-5) + 100 * ratio / (1 + 1j * omega * 1e-1)


def eis(z: np.ndarray) -> Any:
    return spectrum(np.geomspace(1e6, 0.1, z.size), z)


def test_arcs_are_counted_where_they_can_be_seen() -> None:
    assert analysis.arcs(eis(two_arcs(1.0))) == 2
    assert analysis.arcs(eis(two_arcs(1e-3))) == 1, "an arc of a thousandth cannot be seen beside the other"
    capacitor = 10 + 1 / (2j * np.pi * np.geomspace(1e6, 0.1, 100) * 1e-6)
    assert analysis.arcs(eis(capacitor)) == 0


def test_closure_is_the_tangent_of_the_phase() -> None:
    frequency = np.geomspace(1e6, 0.1, 100)
    ds = spectrum(frequency, 10 / (1 + 2j * np.pi * frequency * 0.1))
    assert analysis.closure(ds, "0.1 Hz") == pytest.approx(2 * np.pi * 0.1 * 0.1, rel=1e-9)
    with pytest.raises(InputError, match="outside the spectrum"):
        analysis.closure(ds, "10 mHz")


def voltammogram(current: Any) -> Any:
    voltage = np.concatenate([np.linspace(0, -2, 50), np.linspace(-2, 2, 100)[1:], np.linspace(2, 0, 50)[1:]])
    return transient(np.arange(voltage.size), voltage, current(voltage), cycle=np.zeros(voltage.size, dtype=int))


def test_a_peak_is_found_and_a_resistor_has_none() -> None:
    with_peak = voltammogram(lambda v: 1e-6 * (np.exp(-((v - 1.4) ** 2) / 0.02) - np.exp(-((v + 1.6) ** 2) / 0.02)))
    assert analysis.cathodic_peak(with_peak) == pytest.approx(-1.6, abs=0.03)
    assert analysis.anodic_peak(with_peak) == pytest.approx(1.4, abs=0.03)
    resistor = analysis.cathodic_peak(voltammogram(lambda v: v / 1e6))
    assert np.isnan(resistor) and "1 Mohm" in resistor.remark


def cycling(deposition: list[float], dissolution: list[float]) -> Any:
    pairs = [v for pair in zip(deposition, dissolution, strict=True) for v in pair]
    voltage = np.repeat(pairs, 2)
    current = np.tile([-1e-5, -1e-5, 1e-5, 1e-5], len(deposition))
    time = np.repeat(np.arange(len(pairs) + 1), 2)[1:-1] * 3600.0
    return transient(time, voltage, current, cycle=np.repeat(np.arange(len(deposition)), 4))


def test_voltages_of_cycles_and_their_drift() -> None:
    ds = cycling([-0.1, -1.0, -2.0], [0.03, 1.0, 1.9])
    assert analysis.deposition_voltage(ds) == -0.1
    assert analysis.dissolution_voltage(ds, -1) == 1.9
    assert analysis.half_sum(ds) == pytest.approx(-0.035)
    assert analysis.half_difference(ds, -1) == pytest.approx(1.95)
    assert analysis.drift(ds) == pytest.approx(0.95)
    with pytest.raises(InputError, match="no cycle 5"):
        analysis.half_sum(ds, 5)


def test_the_window_of_sampling_times_comes_with_the_transport_number() -> None:
    time = np.geomspace(1e-3, 1e3, 601)
    ds = transient(time, np.full(601, 0.5), np.where(time < 10, 1e-6 / (1 - 0.077), 1e-6))
    found = analysis.apparent_transport_number(ds, "0.1 s", (0.07, 0.085))
    assert found == pytest.approx(0.077) and found.numbers["decades"] == pytest.approx(4, abs=0.02)


def test_a_layers_conductivity_is_what_the_rest_of_the_stack_leaves() -> None:
    cell = mt.cell("trilayer").with_({"temperature": "100 degC"})
    rest = resistance_beside(cell, "antiperovskite")
    # two pellets of MOFsSE, two junctions, leads: typed from the data sheet
    assert rest == pytest.approx(2 * 14.6 + 2 * 26.0 / 1.1310 + 0.1 / 1.1310, rel=3e-3)
    frequency = np.geomspace(1e6, 0.1, 100)
    attrs = stamp(cell=cell.to_yaml(), temperature=373.15, area=float(cell.area))
    ds = spectrum(frequency, np.full(100, rest + 89.07 + 0j), attrs)
    found = analysis.layer_conductivity(ds, "antiperovskite", "100 kHz")
    assert found == pytest.approx(0.0554, rel=1e-3)
    low = spectrum(frequency, np.full(100, rest / 2 + 0j), attrs)
    with pytest.raises(InputError, match="exceeds the intercept"):
        analysis.layer_conductivity(low, "antiperovskite", "100 kHz")


def test_contacts_can_be_taken_off_a_slope() -> None:
    cell = mt.cell("au_mg3asn_au", "contact_limited")
    attrs = stamp(cell=cell.to_yaml(), temperature=373.15, area=float(cell.area))
    resistance = 0.655e-3 / (6.36e-5 * 1.3273e-4) + 2 * 0.617e6 * 1e-4 / 1.3273e-4
    steps = [(volts, t) for volts in (0.5, 1.0, 1.5) for t in (1.0, 10.0, 100.0)]
    ds = transient(
        np.cumsum([t for _, t in steps]),
        [v for v, _ in steps],
        [v / resistance for v, _ in steps],
        step=np.repeat([0, 1, 2], 3),
        attrs=attrs,
    )
    assert analysis.slope_conductivity(ds) == pytest.approx(4.9e-6, rel=2e-3)
    assert analysis.slope_conductivity(ds, True) == pytest.approx(6.36e-5, rel=1e-9)


# -- the family --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_says_its_unit_and_itself_and_refuses_data_of_another_kind(name: str) -> None:
    function, known = METRICS[name], declaration(METRICS[name])
    assert known.long_name and function.__doc__
    mt.Value(1.0, unit=known.units)
    empty = mt.analysis.arrhenius([(300.0, 1.0), (320.0, 2.0)])
    given = {key: 1.0 for key in ("current", "layer", "reference") if Measure(name, asked(name)).takes(key)}
    with pytest.raises(InputError, match=r"needs|names no cell|no cell|nothing|fewer|no current"):
        function([empty] if known.series else empty, **{**asked(name), **given})


def asked(name: str) -> dict[str, Any]:
    """Arguments without a default."""
    return {
        "overpotential_at": {"current": "1 uA"},
        "sand_time_at": {"current": "1 uA"},
        "specific_energy": {"densities": {}},
        "stack_areal_mass": {"densities": {}},
        "layer_conductivity": {"layer": "a"},
    }.get(name, {})


@pytest.mark.parametrize("name", ["arcs", "closure", "magnitude_ratio", "conductivity", "area_specific_resistance"])
def test_batches_give_what_single_spectra_give(name: str) -> None:
    """Three thicknesses at once, as studies and the campaign hand them over."""
    import xarray as xr

    cell, frequency = mt.cell("au_mg3asn_au", "infiltrated"), np.geomspace(1e6, 0.1, 50)
    path, values = "layers.antiperovskite.thickness", np.array([4e-4, 6e-4, 8e-4])
    z = mt.impedance.exact(cell, frequency, {path: values})
    batch = xr.Dataset(
        {"impedance": (("point", "frequency"), z)},
        {path: ("point", values), "frequency": frequency},
        {"cell": cell.to_yaml(), "area": float(cell.area)},
    )
    given: dict[str, Any] = {} if name == "arcs" else {"at": frequency[20]}
    singles = [mt.simulate(cell.with_({path: one}), mt.EIS.at(frequency)) for one in values]
    found, expected = METRICS[name], []
    for single in singles:
        more = {"reference": singles[0]} if name == "magnitude_ratio" else {}
        expected.append(found(single, **given, **more))
    more = {"reference": batch.isel(point=[0, 0, 0]).drop_vars(path)} if name == "magnitude_ratio" else {}
    np.testing.assert_allclose(np.asarray(found(batch, **given, **more)), expected, rtol=1e-9)


@pytest.mark.parametrize("raw", ["closure", {"closure": {"at": "1 Hz"}}, {"type": "closure", "at": "1 Hz"}])
def test_three_ways_to_write_a_metric_with_its_arguments(raw: Any) -> None:
    found = Measure.of(raw)
    f = np.geomspace(1e3, 0.01, 60)
    at = 0.1 if raw == "closure" else 1.0
    assert found(spectrum(f, 1 / (1 / 10 + 2j * np.pi * f * 0.01))) == pytest.approx(0.2 * np.pi * at, rel=2e-2)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("closur", "Did you mean 'closure'"),
        ({"type": "closure", "ad": "1 Hz"}, "'ad' is no argument"),
        ({"type": "layer_conductivity"}, "needs layer"),
        ({"closure": "1 Hz"}, "are a mapping"),
        (3, "a metric is a name or a mapping"),
    ],
)
def test_what_is_no_metric_is_refused(raw: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Measure.of(raw)


def test_units_are_asked_for_in_files_only() -> None:
    assert Measure.of({"type": "closure", "at": 0.1}).arguments == {"at": 0.1}
    with pytest.raises(InputError, match="has no unit"):
        Measure.of({"type": "closure", "at": 0.1}, need_unit=True)


def test_a_declaration_that_lacks_something_is_refused_where_it_is_made() -> None:
    with pytest.raises(InputError, match="'resistance' is not a unit"):
        mt.metric("resistance", "ohm")
    with pytest.raises(InputError, match=r"'arcs' is a metric already.*another name"):

        @mt.metric("1", "mine")
        def arcs(ds: Any) -> float:
            return 1.0


def test_the_metric_of_a_ratio_says_what_it_lacks() -> None:
    with pytest.raises(InputError, match="compares with another run"):
        Measure("magnitude_ratio")(eis(two_arcs(1.0)))


def test_a_run_that_a_limit_ends_has_reached_it() -> None:
    """The run stops at the limit, within the tolerance of the solver; both metrics said inf there."""
    time, voltage = [0.0, 50.0, 100.0], [0.05, 0.1, 0.2 * (1 - 1e-8)]
    run = transient(time, voltage, [1e-5] * 3, cycle=[0, 0, 1])
    assert analysis.time_until(run, "0.2 V") == pytest.approx(100.0)
    assert analysis.cycles_until(run, "0.2 V") == 1.0
    assert analysis.time_until(run, "0.21 V") == np.inf and analysis.cycles_until(run, "0.21 V") == np.inf


def test_a_dead_cell_has_reached_its_limit() -> None:
    """The trilayer that loses contact, between ±0.2 V: its half cycles end early from some cycle on."""
    cell = mt.cell("trilayer", "contact_loss")
    protocol = mt.Cycling("-10 uA", "1 h", cycles=40, limits=("-0.2 V", "0.2 V"), points=2, traces=())
    run = mt.simulate(cell, protocol)
    assert analysis.cycles_until(run, "0.2 V") == np.flatnonzero(run["limited"].values)[0]
    assert run["deposition_capacity"].values[-1] < 0.01 * run["deposition_capacity"].values[0]
