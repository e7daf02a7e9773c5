"""The campaign's judgement: verdicts, numbers read off Datasets, propagated uncertainties, what survives a failure."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import simulation
from mgtwin.analysis.metrics import Measure, shown
from mgtwin.campaign import (
    Agrees,
    Calibrated,
    Contradicts,
    Failed,
    NotComparable,
    Results,
    Row,
    Verdict,
    rows_of,
    run_campaign,
    run_paper,
)
from mgtwin.campaign.judge import Simulated
from mgtwin.campaign.spread import decisive, propagate
from mgtwin.campaign.verdicts import judge, shown_interval
from mgtwin.errors import InputError, SimulationError
from mgtwin.experiments import Observation, Run, experiment
from mgtwin.quantities import Value
from mgtwin.studies.sampling import draw, parameters

RANGED = {"value": "1 V", "range": ["0.9 V", "1.2 V"], "printed": "1 V"}
RUN = Run("x", "trilayer", ("as_printed",), "as_printed", Value(373.15, unit="K"), mt.EIS(1e6, 0.1, points=5))

READ_ALIKE = ("infiltrated", "necks")


def observation(**given: Any) -> Observation:
    return Observation("x", "x", "§1", **{"value": RANGED, "measure": "half_sum", **given})


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


# -- uncertainties -----------------------------------------------------------------------------------------------


def ohmic_cell(thickness: Any, sigma: Any) -> Any:
    gold = mt.Blocking("10 mF/cm^2")
    return mt.Cell("x", gold, [mt.Layer("a", mt.IonConductor(sigma), thickness)], gold)


def test_a_propagated_interval_is_the_closed_form_of_a_normal_distribution() -> None:
    cell = ohmic_cell("1 mm", {"value": "1 mS/cm", "std": "5 %"})
    spread = propagate(Measure("conductivity", {"at": 1e6}), cell)
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
    assert len(results.failures) == 4 and "failed at 12 s" in (tmp_path / "table.md").read_text(encoding="utf-8")


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
    results = run_paper(tmp_path, experiments=["eis_mofsse", "eis_polymer", "eis_au_au"], figures=False, processes=1)
    assert results.interrupted and len(calls) == 6 and len(results.datasets) == 5
    assert [row.observation for row in results.rows] == ["mofsse_resistance", "sigma_polymer"]
    assert "Interrupted" in (tmp_path / "table.md").read_text(encoding="utf-8")


def test_processes_find_the_same_in_the_same_order(tmp_path: Path) -> None:
    chosen = ["eis_mofsse", "eis_polymer", "ca_transport"]
    seen: list[tuple[float, str]] = []
    one = run_paper(tmp_path / "one", experiments=chosen, figures=False, processes=1)
    two = run_paper(tmp_path / "two", lambda *said: seen.append(said), experiments=chosen, figures=False, processes=2)
    assert one.rows == two.rows
    assert [path.name for path in one.datasets] == [path.name for path in two.datasets]
    for first, second in zip(one.datasets, two.datasets, strict=True):
        assert mt.open(first).equals(mt.open(second))
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions) and seen[-1] == (1.0, "done") and len(seen) > 2


def test_readings_that_build_the_same_cell_are_simulated_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pores of the trilayer are filled in both: each result is its own, and tells of its own overlays."""
    real, calls = simulation.simulate, []

    def counted(cell: Any, protocol: Any, **more: Any) -> Any:
        calls.append(cell.overlays)
        return real(cell, protocol, **more)

    monkeypatch.setattr(simulation, "simulate", counted)
    results = run_paper(tmp_path, experiments=["eis_trilayer"], figures=False, processes=1)
    assert len(calls) == 12 and len(results.datasets) == 16
    pair = [mt.open(tmp_path / "data" / f"eis_trilayer__trilayer__cold_pressed__{name}__40C.nc") for name in READ_ALIKE]
    assert pair[0].equals(pair[1]) and pair[0].attrs["warnings"] == pair[1].attrs["warnings"]
    for ds, name in zip(pair, READ_ALIKE, strict=True):
        assert mt.Cell.from_yaml(ds.attrs["cell"]).overlays == ("cold_pressed", name)


def test_ctrl_c_in_one_process_keeps_what_others_have_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = simulation.simulate

    def interrupted(cell: Any, protocol: Any, **more: Any) -> Any:
        if cell.name == "au_mofsse_au":
            raise KeyboardInterrupt
        return real(cell, protocol, **more)

    monkeypatch.setattr(simulation, "simulate", interrupted)
    results = run_paper(tmp_path, experiments=["eis_mofsse", "eis_polymer"], figures=False, processes=2)
    assert results.interrupted and {row.experiment for row in results.rows} == {"eis_polymer"}


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


# -- what would tell readings apart ------------------------------------------------------------------------------


def predicted(reading: str, observation: str, value: float, resolution: float = 0.1) -> Row:
    quantity, said, verdict = observation.replace("_", " "), shown(value, "ohm"), NotComparable("a prediction")
    row = Row(
        "life", observation, quantity, "x", (), reading, "(not measured)", said, verdict, (value,), (298.15,), "ohm"
    )
    return replace(row, resolution=resolution)


def observed(reading: str, verdict: Verdict) -> Row:
    return Row("life", "end", "voltage at the end", "x", (), reading, "2 V", "1.9 V", verdict, (1.9,), (298.15,), "V")


FILM = [observed("film", Calibrated("fitted")), predicted("film", "at_1_kHz", 3e3), predicted("film", "at_0.1_Hz", 2e5)]
BOTH = [predicted("contact", "at_1_kHz", 2e5), predicted("contact", "at_0.1_Hz", 2e5)]
CONTACT = [observed("contact", Agrees("inside")), *BOTH]
SALT = [observed("salt", Contradicts("0.1 V")), predicted("salt", "at_1_kHz", 3e3), predicted("salt", "at_0.1_Hz", 4e3)]


def test_what_separates_the_closest_readings_that_stand_is_named(tmp_path: Path) -> None:
    results = Results((*FILM, *CONTACT, *SALT), tmp_path)
    assert results.standing() == ("contact", "film")
    quantity, apart, line = results.separation() or ("", 0.0, {})
    assert quantity == "at 1 kHz" and apart == pytest.approx(np.log(2e5 / 3e3) / 0.1)
    assert set(line) == {"film", "contact"}, "what is contradicted needs no further measurement"
    text = results.summary()
    assert text.startswith("Contradicted by what was observed: salt.") and "film 3 kohm, contact 200 kohm" in text
    results.write()
    assert text in (tmp_path / "table.md").read_text(encoding="utf-8")
    alone = Results(tuple(FILM), tmp_path)
    assert alone.separation() is None and alone.summary() == ""


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [(1.0, np.e, 10.0), (2.0, 2.0, 0.0), (1.0, np.nan, np.inf), (np.nan, np.nan, 0.0), (1.0, -1.0, np.inf)],
)
def test_separation_counts_resolutions(tmp_path: Path, a: float, b: float, apart: float) -> None:
    found = Results((predicted("a", "x", a), predicted("b", "x", b)), tmp_path).separation()
    assert found is not None and found[1] == pytest.approx(apart)


LAB = """\
protocol: {type: cycling, current: "10 uA/cm^2", half_cycle: "10 min", cycles: 2, points: 3}
cells: ours
temperatures: "25 degC"
observed:
  - {name: ends, quantity: "voltage at the end", where: "notebook 7", value: {value: "20 mV", std: "5 %"},
     measure: largest_size}
"""
OWN_METRIC = """\
import mgtwin as mt


@mt.metric("V", "largest voltage", needs=["voltage"])
def largest_size(run):
    '''Return the largest size of the voltage [V].'''
    return abs(run["voltage"]).max().item()
"""


def test_a_folder_of_ones_own_with_its_own_cell_and_metric(tmp_path: Path) -> None:
    lab = tmp_path / "lab"
    for name in ("cells", "kinds"):
        (lab / name).mkdir(parents=True)
    (lab / "cycling.yaml").write_text(LAB, encoding="utf-8")
    (lab / "kinds" / "sizes.py").write_text(OWN_METRIC, encoding="utf-8")
    magnesium = mt.Plating("1 mA/cm^2", double_layer="10 uF/cm^2")
    ours = mt.Cell("ours", magnesium, [mt.Layer("a", mt.IonConductor("1 mS/cm"), "1 mm")], magnesium, area="1 cm^2")
    ours.save(lab / "cells" / "ours.yaml")
    results = run_campaign(lab, tmp_path / "results")
    (row,) = results.rows
    assert row.values, row.verdict
    # closed form: 10 uA/cm2 through 100 ohm cm2 and twice asinh(i/2i0) of the electrodes
    expected = 1e-5 * 100 + 2 * 8.314462618 * 298.15 / (2 * 96485.33212) / 0.5 * np.arcsinh(0.005)
    assert row.values[0] == pytest.approx(expected, rel=2e-2) and not results.failures
    assert isinstance(row.verdict, Contradicts) and row.unit == "V"
    assert [path.name for path in results.figures] == ["cycling.png"]


def test_a_fault_of_ones_own_metric_costs_its_row_only(tmp_path: Path) -> None:
    lab = tmp_path / "lab"
    (lab / "kinds").mkdir(parents=True)
    (lab / "kinds" / "faulty.py").write_text(
        "import mgtwin as mt\n\n\n@mt.metric('1', 'faulty')\ndef faulty(ds):\n    return ds['nothing_of_this_name']\n"
    )
    text = (Path(__file__).parents[2] / "experiments" / "mg3asn2025" / "eis_mofsse.yaml").read_text(encoding="utf-8")
    more = """
  - {name: broken, quantity: x, where: here, text: x, accepted: [0, 1], because: x, measure: faulty}
  - {name: late, quantity: x, where: here, text: x, accepted: [0, 1], because: x, measure: arcs, step: 3}
"""
    (lab / "eis_mofsse.yaml").write_text(text + more, encoding="utf-8")
    results = run_campaign(lab, tmp_path / "out", figures=False)
    verdicts = {row.observation: row.verdict for row in results.rows}
    assert isinstance(verdicts["mofsse_resistance"], Calibrated)
    assert isinstance(verdicts["broken"], Failed) and "unexpected KeyError" in verdicts["broken"].reason
    assert isinstance(verdicts["late"], Failed) and "there is no step 3" in verdicts["late"].reason


def test_a_figure_that_fails_costs_no_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mgtwin.campaign import figures

    def broken(*_: Any) -> Any:
        raise ValueError("no such colour")

    monkeypatch.setattr(figures, "draw", broken)
    monkeypatch.delenv("MGTWIN_PATH", raising=False)
    results = run_paper(tmp_path, experiments=["eis_mofsse"])
    assert results.failures == {"eis_mofsse: figure": "unexpected ValueError: no such colour"}
    assert len(results.rows) == 1 and (tmp_path / "table.md").is_file()
    assert "MGTWIN_PATH" not in os.environ, "the folder is looked at while it runs only"


@pytest.mark.slow
def test_the_explanations_of_ageing(tmp_path: Path) -> None:
    """Everything, with its figures: three explanations stand, 1 kHz decides."""
    said: list[float] = []
    results = run_campaign("ageing", tmp_path, lambda fraction, text: said.append(fraction))
    assert not results.failures and said[-1] == 1.0 and said == sorted(said)
    assert results.standing() == ("contact_and_film", "contact_loss", "film_growth")
    assert "resistance at 1 kHz after the last cycle" in results.summary()
    # as 0.1.0 printed them
    expected = {"contact_and_film": 97.6e3, "contact_loss": 191e3, "film_growth": 2.65e3, "salt_depletion": 2.67e3}
    for name, ohm in expected.items():
        assert results.row("resistance_1_khz_aged", name).values[0] == pytest.approx(ohm, rel=3e-3)
    pressed = {"contact_and_film": 0.676, "contact_loss": 0.227, "film_growth": 1.0, "salt_depletion": 1.0}
    for name, ratio in pressed.items():
        assert results.row("half_difference_pressed", name).values[0] == pytest.approx(ratio, rel=3e-3)
    assert len(results.figures) == 2 and len(results.datasets) == 8
