"""The campaign's judgement: verdicts, numbers read off Datasets, propagated uncertainties, what survives a failure."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import simulation
from mgtwin.campaign import Agrees, Calibrated, Contradicts, Failed, NotComparable, run_paper
from mgtwin.campaign.compare import rows_of
from mgtwin.campaign.readout import Readout, Simulated, count_arcs, read, resistance_beside
from mgtwin.campaign.uncertainty import decisive, propagate_conductivity
from mgtwin.campaign.verdicts import judge, shown, shown_interval
from mgtwin.dataset import spectrum, stamp, transient
from mgtwin.errors import InputError, SimulationError
from mgtwin.experiments import Observation, Run, experiment, measures
from mgtwin.quantities import Value
from mgtwin.studies.sampling import draw, parameters

RANGED = {"value": "1 V", "range": ["0.9 V", "1.2 V"], "printed": "1 V"}
RUN = Run("x", "trilayer", ("as_printed",), "as_printed", Value(373.15, unit="K"), mt.EIS(1e6, 0.1, points=5))


def observation(**given: Any) -> Observation:
    return Observation("x", "x", "§1", **{"value": RANGED, "measure": "half_sum", **given})


def read_one(measure: Any, ds: Any, interval: tuple[float, float] | None = None) -> Readout:
    def nothing(*_: Any) -> Any:
        raise AssertionError("no other result is needed")

    (found,) = read(measure, [Simulated(RUN, ds)], nothing, interval)
    return found


# -- verdicts ----------------------------------------------------------------------------------------------------


def test_inside_and_independent_agrees_and_states_the_interval() -> None:
    verdict = judge(observation(), "as_printed", [1.0])
    assert isinstance(verdict, Agrees) and "[0.9 V, 1.2 V]" in verdict.reason


def test_inside_but_put_in_is_calibrated_never_agreement() -> None:
    verdict = judge(observation(calibrated={"as_printed": "it was fitted"}), "as_printed", [1.0])
    assert isinstance(verdict, Calibrated) and verdict.reason == "it was fitted"
    other = judge(observation(calibrated={"as_printed": "it was fitted"}), "infiltrated", [1.0])
    assert isinstance(other, Agrees)


def test_outside_contradicts_also_where_it_was_put_in() -> None:
    verdict = judge(observation(calibrated={"all": "it was fitted"}), "as_printed", [3.6])
    assert isinstance(verdict, Contradicts)
    assert "3.6 V is outside [0.9 V, 1.2 V]" in verdict.reason and "3 times off" in verdict.reason
    assert "although it was fitted" in verdict.reason


def test_every_temperature_must_agree_and_the_worst_is_named() -> None:
    verdict = judge(observation(), "as_printed", [1.0, 1.3, 1.9])
    assert isinstance(verdict, Contradicts) and verdict.reason.startswith("1.9 V")


def test_what_the_simulation_does_not_show_contradicts() -> None:
    verdict = judge(observation(), "as_printed", [float("nan")], "no peak")
    assert verdict == Contradicts("no peak")


def test_not_comparable_stays_so_whatever_the_value() -> None:
    one = Observation("x", "x", "§1", text="(only in the figure)", not_comparable="no number", measure="half_sum")
    assert judge(one, "as_printed", [1.0]) == NotComparable("no number")


def test_the_ends_of_an_interval_belong_to_it() -> None:
    assert isinstance(judge(observation(), "", [0.9]), Agrees)
    assert isinstance(judge(observation(), "", [1.2 * (1 + 1e-12)]), Agrees)
    assert isinstance(judge(observation(), "", [0.9 - 1e-6]), Contradicts)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (4.9e-6, "S/m", "4.9e-8 S/cm"),
        (0.0554, "S/m", "0.554 mS/cm"),
        (1.23456e6, "ohm", "1.23 Mohm"),
        (17600.0, "ohm", "17.6 kohm"),
        (-3e-9, "V", "0 V"),
        (0.0764, "", "0.0764"),
        (float("nan"), "V", "none"),
    ],
)
def test_numbers_are_shown_as_in_a_notebook(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


def test_intervals_are_shown_with_bounds_where_they_are_open() -> None:
    assert shown_interval(1, 1, "") == "1"
    assert shown_interval(0.8, np.inf, "") == ">= 0.8"
    assert shown_interval(0.1735, 0.1745, "eV") == "[0.1735 eV, 0.1745 eV]"


# -- numbers read off results ------------------------------------------------------------------------------------


def two_arcs(ratio: float) -> np.ndarray:
    """Two RC elements in series, the second of `ratio` times the resistance, 4 decades apart."""
    omega = 2 * np.pi * np.geomspace(1e6, 0.1, 100)
    return 100 / (1 + 1j * omega * 1e-5) + 100 * ratio / (1 + 1j * omega * 1e-1)


def test_arcs_are_counted_where_they_can_be_seen() -> None:
    assert count_arcs(two_arcs(1.0)).size == 2
    assert count_arcs(two_arcs(1e-3)).size == 1, "an arc of a thousandth cannot be seen beside the other"
    capacitor = 10 + 1 / (2j * np.pi * np.geomspace(1e6, 0.1, 100) * 1e-6)
    assert count_arcs(capacitor).size == 0


def test_closure_is_the_tangent_of_the_phase() -> None:
    frequency = np.geomspace(1e6, 0.1, 100)
    ds = spectrum(frequency, 10 / (1 + 2j * np.pi * frequency * 0.1))
    assert read_one(measures.Closure("0.1 Hz"), ds).value == pytest.approx(2 * np.pi * 0.1 * 0.1, rel=1e-9)
    with pytest.raises(InputError, match="outside the spectrum"):
        read_one(measures.Closure("10 mHz"), ds)


def voltammogram(current: Any) -> Any:
    voltage = np.concatenate([np.linspace(0, -2, 50), np.linspace(-2, 2, 100)[1:], np.linspace(2, 0, 50)[1:]])
    return transient(np.arange(voltage.size), voltage, current(voltage), cycle=np.zeros(voltage.size, dtype=int))


def test_a_peak_is_found_and_a_resistor_has_none() -> None:
    with_peak = voltammogram(lambda v: 1e-6 * (np.exp(-((v - 1.4) ** 2) / 0.02) - np.exp(-((v + 1.6) ** 2) / 0.02)))
    assert read_one(measures.CathodicPeak(), with_peak).value == pytest.approx(-1.6, abs=0.03)
    assert read_one(measures.AnodicPeak(), with_peak).value == pytest.approx(1.4, abs=0.03)
    resistor = read_one(measures.CathodicPeak(), voltammogram(lambda v: v / 1e6))
    assert np.isnan(resistor.value) and "1 Mohm" in resistor.remark


def cycling(deposition: list[float], dissolution: list[float]) -> Any:
    pairs = [v for pair in zip(deposition, dissolution, strict=True) for v in pair]
    voltage = np.repeat(pairs, 2)
    current = np.tile([-1e-5, -1e-5, 1e-5, 1e-5], len(deposition))
    time = np.repeat(np.arange(len(pairs) + 1), 2)[1:-1] * 3600.0
    return transient(time, voltage, current, cycle=np.repeat(np.arange(len(deposition)), 4))


def test_voltages_of_cycles_and_their_drift() -> None:
    ds = cycling([-0.1, -1.0, -2.0], [0.03, 1.0, 1.9])
    assert read_one(measures.DepositionVoltage(), ds).value == -0.1
    assert read_one(measures.DissolutionVoltage(-1), ds).value == 1.9
    assert read_one(measures.HalfSum(), ds).value == pytest.approx(-0.035)
    assert read_one(measures.HalfDifference(-1), ds).value == pytest.approx(1.95)
    assert read_one(measures.Drift(), ds).value == pytest.approx(0.95)
    with pytest.raises(InputError, match="no cycle 5"):
        read_one(measures.HalfSum(5), ds)


def test_the_window_of_sampling_times_comes_with_the_transport_number() -> None:
    time = np.geomspace(1e-3, 1e3, 601)
    ds = transient(time, np.full(601, 0.5), np.where(time < 10, 1e-6 / (1 - 0.077), 1e-6))
    found = read_one(measures.TransportNumberAt("0.1 s"), ds, (0.07, 0.085))
    assert found.value == pytest.approx(0.077) and found.numbers["decades"] == pytest.approx(4, abs=0.02)


def test_a_layers_conductivity_is_what_the_rest_of_the_stack_leaves() -> None:
    cell = mt.cell("trilayer").with_({"temperature": "100 degC"})
    rest = resistance_beside(cell, "antiperovskite")
    # two pellets of MOFsSE, two junctions, leads: typed from the data sheet
    assert rest == pytest.approx(2 * 14.6 + 2 * 26.0 / 1.1310 + 0.1 / 1.1310, rel=3e-3)
    frequency = np.geomspace(1e6, 0.1, 100)
    attrs = stamp(cell=cell.to_yaml(), temperature=373.15, area=float(cell.area))
    ds = spectrum(frequency, np.full(100, rest + 89.07 + 0j), attrs)
    found = read_one(measures.LayerConductivity("antiperovskite", "100 kHz"), ds)
    assert found.value == pytest.approx(0.0554, rel=1e-3)
    low = spectrum(frequency, np.full(100, rest / 2 + 0j), attrs)
    with pytest.raises(InputError, match="exceeds the intercept"):
        read_one(measures.LayerConductivity("antiperovskite", "100 kHz"), low)


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
    assert read_one(measures.SlopeConductivity(), ds).value == pytest.approx(4.9e-6, rel=2e-3)
    assert read_one(measures.SlopeConductivity(True), ds).value == pytest.approx(6.36e-5, rel=1e-9)


# -- uncertainties -----------------------------------------------------------------------------------------------


def ohmic_cell(thickness: Any, sigma: Any) -> Any:
    gold = mt.Blocking("10 mF/cm^2")
    return mt.Cell("x", gold, [mt.Layer("a", mt.IonConductor(sigma), thickness)], gold)


def test_a_propagated_interval_is_the_closed_form_of_a_normal_distribution() -> None:
    cell = ohmic_cell("1 mm", {"value": "1 mS/cm", "std": "5 %"})
    spread = propagate_conductivity(cell, 1e6)
    assert spread.median == pytest.approx(0.1, rel=1e-3)
    assert (spread.low, spread.high) == (
        pytest.approx(0.1 * (1 - 1.96 * 0.05), rel=2e-3),
        pytest.approx(0.1 * (1 + 1.96 * 0.05), rel=2e-3),
    )
    assert spread.widest[0][0] == "layers.a.material.ionic_conductivity"
    assert "comes closest" in spread.forbids(0.2, "S/m") and "ionic_conductivity" in spread.forbids(0.2, "S/m")


def test_a_common_cause_cancels_where_it_must() -> None:
    """sigma was computed as L/(R A): with both from one L, the resistance stays and sigma follows L."""
    cell = ohmic_cell(
        {"value": "0.5 mm", "range": ["0.4 mm", "0.6 mm"]}, {"value": "1 mS/cm", "range": ["0.8 mS/cm", "1.2 mS/cm"]}
    )
    paths = ["layers.a.thickness", "layers.a.material.ionic_conductivity"]
    drawn = draw([cell], [paths], samples=64)
    assert len(drawn.parameters) == 1
    ratio = drawn.values[0][paths[0]] / drawn.values[0][paths[1]]
    assert np.ptp(ratio) < 1e-12
    assert len(parameters([cell])) == 2 and len(parameters([cell], held=["*.thickness"])) == 1


def test_one_material_in_two_layers_and_two_cells_is_one_number() -> None:
    pair = [mt.cell("au_mg3asn_au"), mt.cell("mg_mg3asn_mg")]
    uncertain = parameters(pair)
    path = "layers.antiperovskite.material.ionic_conductivity.reference"
    (found,) = [item for item in uncertain if any(place[1] == path for place in item.places)]
    assert {place[0] for place in found.places} == {0, 1}
    trilayer = mt.cell("trilayer")
    material, thickness = "layers.buffer_{}.material.ionic_conductivity.reference", "layers.buffer_{}.thickness"
    tied = [set(item.paths) for item in parameters([trilayer])]
    assert {material.format("left"), material.format("right")} in tied
    # two pellets of one material: equal numbers of one source, but nothing says that they are one pellet
    assert {thickness.format("left")} in tied and {thickness.format("right")} in tied
    together = [set(item.paths) for item in parameters([trilayer], ["layers.buffer_*.thickness"])]
    assert {thickness.format("left"), thickness.format("right")} in together


def test_wide_ranges_are_sampled_in_the_logarithm_and_nothing_becomes_negative() -> None:
    cell = ohmic_cell({"value": "1 mm", "std": "0.9 mm"}, {"value": "1 mS/cm", "range": ["1e-3 mS/cm", "1e3 mS/cm"]})
    values = draw([cell], samples=1024).values[0]
    assert values["layers.a.thickness"].min() > 0
    sigma = values["layers.a.material.ionic_conductivity"]
    assert np.median(sigma) == pytest.approx(0.1, rel=0.05) and sigma.min() >= 1e-4 * (1 - 1e-9)


def test_the_parameter_that_decides_is_named() -> None:
    cell = ohmic_cell({"value": "1 mm", "std": "5 %"}, {"value": "1 mS/cm", "std": "5 %"})
    drawn = draw([cell], samples=256)
    thick = drawn.values[0]["layers.a.thickness"] > 1e-3
    assert decisive(drawn, thick).startswith("layers.a.thickness decides")
    assert decisive(drawn, np.ones(256, dtype=bool)) == ""


# -- the campaign as a whole -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return run_paper(tmp_path_factory.mktemp("paper"), experiments=["eis_mofsse", "eis_polymer"])


def test_everything_lands_in_the_folder(quick: Any) -> None:
    assert not quick.failures and not quick.interrupted
    assert all(path.is_file() for path in (*quick.datasets, *quick.figures, *quick.tables))
    assert len(quick.datasets) == 7 and [path.name for path in quick.figures] == ["eis_mofsse.png", "eis_polymer.png"]
    again = mt.open(quick.datasets[0])
    assert np.iscomplexobj(again["impedance"].values) and again.attrs["cell"].startswith("name: au_mofsse_au")


def test_the_tables_hold_every_row_with_verdict_and_reason(quick: Any) -> None:
    data = json.loads((quick.folder / "table.json").read_text(encoding="utf-8"))
    lines = list(csv.DictReader((quick.folder / "table.csv").open(encoding="utf-8")))
    text = (quick.folder / "table.md").read_text(encoding="utf-8")
    assert len(data["rows"]) == len(lines) == len(quick.rows) == 4
    for row, line, item in zip(data["rows"], lines, quick.rows, strict=True):
        assert row["verdict"] == line["verdict"] == item.verdict.label
        assert row["reason"] and item.verdict.reason in line["reason"]
        assert item.quantity in text
    assert all(line.count("|") - 2 * line.count("\\|") > 3 for line in text.splitlines() if line.startswith("|"))
    assert sum(quick.counts("as_printed").values()) == 4


def test_a_failed_simulation_is_a_row_with_its_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = simulation.simulate

    def breaks_at_100(cell: Any, protocol: Any, **more: Any) -> Any:
        if cell.temperature > 370:
            raise SimulationError("the integration failed at 12 s", time=12.0)
        return real(cell, protocol, **more)

    monkeypatch.setattr(simulation, "simulate", breaks_at_100)
    results = run_paper(tmp_path, experiments=["eis_trilayer"], figures=False)
    row = results.row("sigma_total_100", "as_printed")
    assert isinstance(row.verdict, Failed) and "failed at 12 s" in row.verdict.reason
    assert isinstance(results.row("sigma_total_40", "as_printed").verdict, Calibrated)
    assert len(results.failures) == 3 and "failed at 12 s" in (tmp_path / "table.md").read_text(encoding="utf-8")


def test_a_bug_costs_one_run_and_not_the_campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(simulation, "simulate", broken)
    results = run_paper(tmp_path, experiments=["eis_mofsse"])
    assert all(isinstance(row.verdict, Failed) for row in results.rows) and len(results.failures) == 4


def test_ctrl_c_keeps_what_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = simulation.simulate, []

    def interrupted_at_the_sixth(cell: Any, protocol: Any, **more: Any) -> Any:
        calls.append(cell.name)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return real(cell, protocol, **more)

    monkeypatch.setattr(simulation, "simulate", interrupted_at_the_sixth)
    results = run_paper(tmp_path, experiments=["eis_mofsse", "eis_polymer", "eis_au_au"], figures=False)
    assert results.interrupted and len(calls) == 6 and len(results.datasets) == 5
    assert [row.observation for row in results.rows] == ["mofsse_resistance", "sigma_polymer"]
    assert "Interrupted" in (tmp_path / "table.md").read_text(encoding="utf-8")


def test_a_run_that_swallowed_ctrl_c_ends_the_campaign_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """simulate keeps the finished part of a run and returns it with a warning."""
    real = simulation.simulate

    def cut_short(cell: Any, protocol: Any, **more: Any) -> Any:
        ds = real(cell, protocol, **more)
        return ds.assign_attrs(warnings=["interrupted after 3 of 180 steps: the rest was not simulated"])

    monkeypatch.setattr(simulation, "simulate", cut_short)
    results = run_paper(tmp_path, experiments=["eis_mofsse"], figures=False)
    assert results.interrupted and not results.rows
    assert [path.name for path in results.datasets] == ["eis_mofsse__au_mofsse_au__as_printed__40C__partial.nc"]


def test_progress_runs_from_zero_to_one(tmp_path: Path) -> None:
    seen: list[tuple[float, str]] = []
    run_paper(tmp_path, lambda *said: seen.append(said), experiments=["eis_mofsse"], figures=False)
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions) and fractions[0] == 0 and seen[-1] == (1.0, "done")
    assert "au_mofsse_au" in seen[0][1]


def test_an_output_that_is_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="is a file"):
        run_paper(path)


def test_a_readout_that_fails_is_a_row_that_says_so() -> None:
    item = experiment("eis_electrodes")
    alone = next(run for run in item.runs() if run.cell == "mg_mg3asn_mg")
    ds = mt.simulate(alone.build(), mt.EIS.at([1e3, 0.1]))
    (row,) = [row for row in rows_of(item, [Simulated(alone, ds)]) if row.cell == "mg_mg3asn_mg"]
    assert isinstance(row.verdict, Failed) and "no result of au_mg3asn_au" in row.verdict.reason
