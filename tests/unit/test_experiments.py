"""The experiments of the paper as files: they load, name real places, and refuse what is wrong with line and caret.

The numbers here are typed from the paper (Mater. Horiz. 2025, 12, 9026), not read from the files.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.errors import FileError, InputError, OverlayError, UnknownNameError
from mgtwin.experiments import Experiment, Observation, Run, campaign, campaigns, experiment, load_experiment
from mgtwin.experiments.files import combinations
from mgtwin.protocols import EIS, Cycling, Galvanostatic, Polarization, Sequence, Voltammetry, from_yaml

ROOT = Path(__file__).parents[2]
NAMES = [path.stem for path in campaign("paper").paths]

#: Name of the experiment, of the observation, and the number that the paper prints, SI.
PRINTED = [
    ("ca_staircase", "sigma_eon_as_milled", 4.9e-6),
    ("ca_staircase", "sigma_eon_annealed", 6.87e-6),
    ("ca_staircase", "sigma_eon_annealed_9", 6.87e-7),
    ("ca_staircase", "sigma_eon_hot_pressed", 1.5e-4),
    ("ca_staircase", "sigma_eon_annealed_hot_pressed", 2.4e-6),
    ("ca_transport", "t_ion_as_milled", 0.077),
    ("ca_transport", "t_ion_annealed", 0.615),
    ("eis_trilayer", "sigma_total_40", 9.4e-3),
    ("eis_trilayer", "sigma_total_100", 0.076),
    ("eis_trilayer", "sigma_ion_as_milled", 0.0554),
    ("eis_trilayer", "activation_energy_as_milled", 0.3),
    ("eis_trilayer_treated", "sigma_ion_annealed", 0.02),
    ("eis_mofsse", "mofsse_resistance", 14.6),
    ("eis_polymer", "sigma_polymer", 0.0134),
    ("eis_polymer", "activation_energy_polymer", 0.174),
    ("cycling_trilayer", "first_deposition", -0.1),
    ("cycling_trilayer", "first_dissolution", 0.03),
    ("cycling_trilayer", "late_deposition", -2.0),
    ("cycling_trilayer", "late_dissolution", 1.9),
    ("cv_polymer", "cv_deposition", -1.6),
    ("cv_polymer", "cv_dissolution", 1.4),
]

SOUND = """\
name: mine
protocol: {type: eis, f_max: "1 MHz", f_min: "0.1 Hz", points: 10}
cells: au_mg3asn_au
states: cold_pressed
temperatures: "100 degC"
observed:
  - name: one_arc
    quantity: arcs
    where: "Fig. 3a"
    text: "one semicircle"
    accepted: [1, 1]
    because: "one maximum"
    measure: arcs
"""


def observed(name: str, observation: str) -> Observation:
    return next(item for item in experiment(name).observed if item.name == observation)


def written(folder: Path, *changes: tuple[str, str]) -> Path:
    """A file like SOUND with some text replaced."""
    text = SOUND
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


# -- the shipped files -------------------------------------------------------------------------------------------


def test_the_experiments_of_the_paper_are_there_and_say_what_they_are() -> None:
    assert set(NAMES) == {
        "ca_staircase", "ca_transport", "cv_polymer", "cycling_polymer", "cycling_trilayer", "dc_mg_mg", "eis_au_au",
        "eis_electrodes", "eis_mofsse", "eis_polymer", "eis_polymer_ageing", "eis_treated", "eis_trilayer",
        "eis_trilayer_treated",
    }  # fmt: skip
    assert {entry.name for entry in mt.list_experiments()} == {*NAMES, "ageing_life", "ageing_pressed"}
    assert all(entry.description for entry in mt.list_experiments())


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_names_its_place_and_source_and_builds_its_cells(name: str) -> None:
    item = mt.experiment(name)
    bibliography = (ROOT / "parameter_sets" / "references.bib").read_text(encoding="utf-8")
    known = set(re.findall(r"^@\w+\{([^,\s]+),", bibliography, re.M))
    assert item.where and item.source in known
    assert item.observed, "an experiment without an observation compares with nothing"
    for one in item.observed:
        assert one.where.startswith("§") and (one.source or item.source) in known
        if one.value is not None:
            assert one.value.printed and one.value.kind and one.value.note, one.name
    runs = item.runs()
    assert len({run.key for run in runs}) == len(runs)
    for run in (runs[0], runs[-1]):
        cell = run.build()
        assert cell.temperature == run.temperature and cell.overlays == run.overlays


@pytest.mark.parametrize("name", NAMES)
def test_every_observation_belongs_to_a_run_and_every_reading_named_is_one(name: str) -> None:
    item = mt.experiment(name)
    for one in item.observed:
        matching = [run for run in item.runs() if one.matches(run.cell, run.overlays)]
        assert matching, one.name
        if one.temperature is not None:
            assert any(abs(run.temperature - one.temperature) < 0.01 for run in matching), one.name
        readings = {run.reading for run in item.runs()}
        assert set(one.calibrated) <= readings | {run.ageing for run in matching} | {"all"}, one.name
        assert set(one.refused) <= readings and not set(one.refused) & {run.reading for run in matching}


@pytest.mark.parametrize(("name", "observation", "printed"), PRINTED)
def test_the_observed_numbers_are_those_of_the_paper(name: str, observation: str, printed: float) -> None:
    value = observed(name, observation).value
    assert value is not None and float(value) == pytest.approx(printed, rel=1e-12)
    low, high = observed(name, observation).interval or (np.nan, np.nan)
    assert low < printed < high


def test_the_protocols_are_those_of_the_paper() -> None:
    for name in NAMES:
        protocol = experiment(name).protocol
        if isinstance(protocol, EIS):
            frequency = protocol.values()
            assert (frequency.size, frequency.max(), frequency.min()) == (100, pytest.approx(1e6), pytest.approx(0.1))
    staircase, transport = experiment("ca_staircase").protocol, experiment("ca_transport").protocol
    assert isinstance(staircase, Polarization) and isinstance(transport, Polarization)
    assert (min(staircase.voltage), max(staircase.voltage)) == (0.5, 3.0)
    assert transport.voltage == (0.5,) and transport.duration == 3 * 3600
    trilayer, polymer = experiment("cycling_trilayer").protocol, experiment("cycling_polymer").protocol
    assert isinstance(trilayer, Cycling) and isinstance(polymer, Cycling)
    assert (trilayer.current, trilayer.cycles) == (pytest.approx(-1e-5), 90)
    assert (polymer.current, polymer.current.unit, polymer.cycles) == (pytest.approx(-0.02), "A/m^2", 200)
    voltammetry = experiment("cv_polymer").protocol
    assert isinstance(voltammetry, Voltammetry) and voltammetry.rate == pytest.approx(1e-4)
    assert isinstance(experiment("dc_mg_mg").protocol, Galvanostatic)
    assert isinstance(experiment("eis_polymer_ageing").protocol, Sequence)
    assert [t - 273.15 for t in experiment("eis_au_au").temperatures] == pytest.approx([40, 60, 80, 100])


@pytest.mark.parametrize("name", NAMES)
def test_what_the_paper_does_not_say_of_a_protocol_is_marked_assumed(name: str) -> None:
    item = experiment(name)
    guessed = any(temperature.kind == "assumed" for temperature in item.temperatures)
    assert item.assumed or not guessed


@pytest.mark.parametrize("name", NAMES)
def test_protocols_survive_the_way_into_a_result_and_back(name: str) -> None:
    protocol = experiment(name).protocol
    assert from_yaml(protocol.to_yaml()) == protocol


# -- runs --------------------------------------------------------------------------------------------------------


def test_runs_cover_states_readings_and_alternatives() -> None:
    item = experiment("ca_transport")
    readings = ("as_printed", "contact_limited", "infiltrated", "necks")
    states = (("cold_pressed",), ("annealed",), ("annealed", "exponent_9"))
    assert [run.overlays for run in item.runs()] == [(*state, reading) for state in states for reading in readings]
    assert {run.reading for run in item.runs(reading="infiltrated")} == {"infiltrated"}
    with pytest.raises(UnknownNameError, match="Did you mean 'infiltrated'"):
        item.runs(reading="infiltrate")


def test_a_reading_that_refuses_a_state_has_no_run_in_it() -> None:
    readings = {run.reading for run in experiment("ca_staircase").runs() if "annealed_hot_pressed" in run.overlays}
    assert readings == {"as_printed", "infiltrated", "necks"}


def test_a_cell_without_readings_runs_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cells").mkdir()
    mt.cell("au_mofsse_au").with_({"name": "plain"}).save(tmp_path / "cells" / "plain.yaml")
    monkeypatch.setenv("MGTWIN_PATH", str(tmp_path))
    assert combinations("plain") == (((), ""),)
    path = written(tmp_path, ("au_mg3asn_au", "plain"), ("states: cold_pressed\n", ""))
    (run,) = load_experiment(path).runs()
    assert (run.overlays, run.reading, run.build().name) == ((), "", "plain")


def test_a_folder_of_ones_own_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "experiments").mkdir()
    text = SOUND.replace("name: mine", "name: eis_au_au").replace("points: 10", "points: 7")
    (tmp_path / "experiments" / "eis_au_au.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("MGTWIN_PATH", str(tmp_path))
    assert mt.experiment("eis_au_au").protocol.points == 7


def test_folders_of_experiments_are_known_by_name_and_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(campaigns()) == {"paper", "ageing"}
    assert campaign(ROOT / "experiments" / "mg3asn2025") == campaign("paper")
    lab = tmp_path / "experiments" / "lab_2026"
    lab.mkdir(parents=True)
    with pytest.raises(InputError, match="has no experiments"):
        campaign(lab)
    (lab / "mine.yaml").write_text(SOUND, encoding="utf-8")
    assert [item.name for item in campaign(lab).experiments()] == ["mine"] and campaign(lab).name == "lab_2026"
    (lab / "campaign.yaml").write_text("name: lab\ntitle: Ours\n", encoding="utf-8")
    monkeypatch.setenv("MGTWIN_PATH", str(tmp_path))
    assert campaigns()["lab"].title == "Ours" and mt.experiment("mine").cells == ("au_mg3asn_au",)
    with pytest.raises(UnknownNameError, match="Did you mean 'paper'"):
        campaign("papr")
    (lab / "campaign.yaml").write_text("nme: lab\n", encoding="utf-8")
    with pytest.raises(FileError, match=r"campaign\.yaml:1"):
        campaign(lab)


def test_parameters_can_be_scaled_where_a_cell_has_them() -> None:
    pressed = {run.reading: run.build() for run in experiment("ageing_pressed").runs()}
    path = "interfaces.buffer_left-antiperovskite.contact.pressure"
    assert pressed["contact_loss"].get(path) == 4 * mt.cell("trilayer", "contact_loss").get(path)
    assert pressed["salt_depletion"].diff(mt.cell("trilayer", "salt_depletion")) == {}


def test_electrodes_are_those_of_the_cell_unless_an_experiment_names_others() -> None:
    named = experiment("cycling_trilayer").runs()
    assert [run.overlays for run in named if not run.ageing] == [
        ("cold_pressed", "passivated", reading) for reading in ("as_printed", "contact_limited", "infiltrated", "necks")
    ]
    assert named[0].state == ("cold_pressed", "passivated")
    assert not any("passivated" in run.overlays for run in experiment("eis_trilayer").runs())
    assert combinations("mg_polymer_mg", electrode="passivated") == ((("passivated", "as_printed"), "as_printed"),)
    # a cell that has no such electrodes says so when it is built, and does not run without
    ((overlays, reading),) = combinations("au_mofsse_au", electrode="passivated")
    with pytest.raises(OverlayError, match="does not apply to 'au_mofsse_au'"):
        Run("x", "au_mofsse_au", overlays, reading, mt.Value(333.15, unit="K"), mt.Rest("1 s")).build()


def test_ageing_is_tried_in_every_reading_with_the_electrodes_that_go_with_it() -> None:
    named = [run for run in experiment("cycling_trilayer").runs(reading="infiltrated") if run.ageing]
    assert [(run.ageing, run.state) for run in named] == [
        ("contact_loss", ("cold_pressed", "passivated")),
        *((name, ("cold_pressed",)) for name in ("film_growth", "contact_and_film", "salt_depletion")),
    ]
    filmed, aged = (mt.cell("trilayer", *run) for run in (("passivated",), ("passivated", "contact_loss")))
    assert not [path for path in filmed.diff(aged) if path.startswith(("negative", "positive"))], "the films stay"


def test_ageing_is_refused_where_it_is_compared_anyway_or_none(tmp_path: Path) -> None:
    source = (campaign("paper").folder / "cycling_trilayer.yaml").read_text(encoding="utf-8")
    path = tmp_path / "cycling_trilayer.yaml"
    path.write_text(source + "compare: ageing\n", encoding="utf-8")
    with pytest.raises(FileError, match="leave out either"):
        load_experiment(path)
    path.write_text(source.replace("ageing: [contact_loss", "ageing: [contact_lost"), encoding="utf-8")
    with pytest.raises(FileError, match="Did you mean 'contact_loss'"):
        load_experiment(path)


def test_explanations_of_ageing_are_compared_with_each_other_only() -> None:
    runs = experiment("ageing_life").runs()
    assert [run.overlays for run in runs] == [
        ("contact_and_film",), ("contact_loss",), ("film_growth",), ("salt_depletion",),
    ]  # fmt: skip
    assert combinations("mg_polymer_mg", compare="ageing") == ((("contact_loss",), "contact_loss"),)


# -- what is refused ---------------------------------------------------------------------------------------------


def test_an_unknown_experiment_lists_close_matches() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown experiment 'ca_transprt'\. Did you mean 'ca_transport'"):
        mt.experiment("ca_transprt")


def test_a_sound_file_loads(tmp_path: Path) -> None:
    item = mt.experiment(written(tmp_path))
    assert isinstance(item, Experiment) and item.observed[0].interval == (1, 1)


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("cells: au_mg3asn_au", "cells: au_mg3asn_aux", "3:8", "Did you mean 'au_mg3asn_au'"),
        ("states: cold_pressed", "states: cold_presed", "4:9", "Did you mean 'cold_pressed'"),
        ("states: cold_pressed", "states: infiltrated", "4:9", "unknown state 'infiltrated'"),
        ('temperatures: "100 degC"', "temperatures: 100", "5:15", "has no unit"),
        ('temperatures: "100 degC"', 'temperatures: "1,5 degC"', "5:15", "comma"),
        ("type: eis", "type: eiss", "2:", "Did you mean 'eis'"),
        ('f_max: "1 MHz"', 'f_max: "1 MV"', "2:", "f_max"),
        ("measure: arcs", "measure: arc", "13:", "Did you mean 'arcs'"),
        ("measure: arcs", "measure: {type: closure, at: 0.1}", "13:", "has no unit"),
        ("accepted: [1, 1]", "accepted: [2, 1]", "11:", "upside down"),
        ("accepted: [1, 1]", 'accepted: ["1 V", "2 ohm"]', "11:", "different dimensions"),
        ('    because: "one maximum"\n', "", "7:", "because"),
        ('    text: "one semicircle"\n', "", "7:", "what was observed"),
        ("    quantity: arcs", "    quantty: arcs", "8:", "quantty"),
    ],
)
def test_wrong_files_are_refused_with_line_and_caret(
    tmp_path: Path, old: str, new: str, place: str, message: str
) -> None:
    path = written(tmp_path, (old, new))
    with pytest.raises(FileError) as caught:
        load_experiment(path)
    text = str(caught.value)
    assert message in text
    assert f"mine.yaml:{place}" in text and "^" in text


def test_an_observation_needs_something_to_compare_with() -> None:
    with pytest.raises(InputError, match="std or a range"):
        Observation("x", "x", "§1", value="1 V", measure="half_sum")
    with pytest.raises(InputError, match="not_comparable"):
        Observation("x", "x", "§1", value="1 V")
    with pytest.raises(InputError, match="accepted is in"):
        Observation("x", "x", "§1", value="1 V", accepted=("1 ohm", "2 ohm"), because="y", measure="half_sum")
    with pytest.raises(InputError, match=r"half_sum cannot be compared: .* a voltage in V is needed"):
        Observation("x", "x", "§1", value={"value": "1 ohm", "std": "5 %"}, measure="half_sum")
    with pytest.raises(InputError, match="arcs cannot be compared"):
        Observation("x", "x", "§1", text="words", accepted=("1 V", "2 V"), because="y", measure="arcs")
    bare = Observation("x", "x", "§1", text="words", accepted=(1, 2), because="y", measure="half_sum")
    assert bare.unit == "V"  # numbers without a unit are in SI
    with pytest.raises(InputError, match="two values"):
        Observation("x", "x", "§1", text="words", accepted=(1, 2, 3), because="y", measure="arcs")
    assert Observation("x", "x", "§1", text="words", not_comparable="no number").interval is None


def test_the_interval_is_the_range_or_two_standard_deviations() -> None:
    ranged = Observation("x", "x", "§1", value={"value": "1 V", "range": ["0.9 V", "1.2 V"]}, measure="half_sum")
    spread = Observation("x", "x", "§1", value={"value": "1 V", "std": "10 %"}, measure="half_sum")
    bounded = Observation("x", "x", "§1", text="words", accepted=(0.8, float("inf")), because="y", measure="arcs")
    assert ranged.interval == (0.9, 1.2) and ranged.unit == "V"
    assert spread.interval == (pytest.approx(0.804, abs=1e-3), pytest.approx(1.196, abs=1e-3))
    assert bounded.interval == (0.8, float("inf")) and bounded.unit == ""


def test_calibration_is_known_by_reading_and_overlays_select() -> None:
    one = observed("ca_transport", "t_ion_as_milled")
    assert not one.calibrated_in("as_printed") and one.calibrated_in("infiltrated")
    assert one.matches("au_mg3asn_au", ("cold_pressed", "infiltrated"))
    assert not one.matches("au_mg3asn_au", ("annealed", "infiltrated"))
    eight = observed("ca_staircase", "sigma_eon_annealed")
    assert not eight.matches("au_mg3asn_au", ("annealed", "exponent_9", "as_printed"))
    assert observed("cycling_trilayer", "first_deposition").calibrated_in("anything")
