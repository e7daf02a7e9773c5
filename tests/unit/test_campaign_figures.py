"""Figures of a campaign: what was observed is in them, no spectrum is missing, nothing collides, print sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import mgtwin as mt
from mgtwin.campaign import figures, rows_of
from mgtwin.campaign.against import decades
from mgtwin.campaign.judge import Simulated
from mgtwin.campaign.panels import in_words, names_of, panels
from mgtwin.experiments import experiment
from mgtwin.plot.look import COLOURS, printed
from mgtwin.plot.observed import observed


def simulated(name: str, readings: tuple[str, ...] = (), **changes: Any) -> tuple[Any, list[Simulated]]:
    """An experiment of the paper, perhaps changed, and its results, perhaps in some readings only."""
    found = replace(experiment(name), **changes)
    runs = [run for run in found.runs() if not readings or run.reading in readings]
    return found, [Simulated(run, mt.simulate(run.build(), run.protocol)) for run in runs]


@pytest.fixture(scope="module")
def treated() -> tuple[Any, list[Simulated]]:
    return simulated("eis_treated")


@pytest.fixture(scope="module")
def ageing() -> tuple[Any, list[Simulated]]:
    protocol = mt.Cycling("-10 uA", "1 h", cycles=12, points=2)
    return simulated("cycling_trilayer", ("infiltrated", "necks"), protocol=protocol, ageing=("film_growth",))


def picture(found: Any, done: list[Simulated]) -> Any:
    with printed():
        figure = figures.picture(found, done, rows_of(found, done))
        figure.set_dpi(200)
        FigureCanvasAgg(figure).draw()
    return figure


def drawn_observations(figure: Any) -> list[Any]:
    everything = [*figure.axes, *(child for ax in figure.axes for child in ax.child_axes)]
    return [artist for ax in everything for artist in ax.get_children() if artist.get_gid() == "observed"]


@pytest.fixture(scope="module")
def drawn(treated: tuple[Any, list[Simulated]]) -> Any:
    return picture(*treated)


# -- what was observed -------------------------------------------------------------------------------------------


def test_what_was_observed_of_the_cycling_stands_where_it_was_read(ageing: tuple[Any, list[Simulated]]) -> None:
    """Boxes at the first and the last cycle, in the panel and its inset, from one end of the interval to the other."""
    with printed():
        figure = figures.picture(ageing[0], ageing[1], rows_of(*ageing))
    voltages, half_sum = figure.axes[:2]
    boxes = {
        (line.get_xdata()[0], *np.round(line.get_ydata(), 6)) for line in voltages.lines if line.get_gid() == "observed"
    }
    assert boxes == {(1, -0.15, -0.05), (1, 0.02, 0.04), (12, -2.5, -1.5), (12, 1.85, 1.95)}
    bottom, top = voltages.get_ylim()
    assert bottom < -2.5 and top > 1.95, "what was observed is in view, whatever was simulated"
    (inset,) = voltages.child_axes
    assert {line.get_xdata()[0] for line in inset.lines if line.get_gid() == "observed"} >= {1}
    (sums,) = [line for line in half_sum.lines if line.get_gid() == "observed"]
    assert sums.get_ydata() == pytest.approx([-65, -5])  # mV


def test_one_line_for_every_law_of_ageing_and_a_grey_one_for_none(ageing: tuple[Any, list[Simulated]]) -> None:
    (panel,) = panels(ageing[1], ageing[0].figure)
    assert [curve.label for curve in panel.curves] == ["no ageing", "film growth"]
    assert panel.readings == ("infiltrated", "necks"), "readings that coincide share a panel"
    assert panel.curves[0].color == "#6b7280" and panel.curves[1].color == COLOURS[0]
    text = figures.caption(ageing[0], ageing[1], rows_of(*ageing))
    assert "Calibrated, so no evidence: deposition voltage, first cycle" in text and "Outside:" in text


def test_every_observation_is_drawn(treated: tuple[Any, list[Simulated]], drawn: Any) -> None:
    compared = [one for one in treated[0].observed if one.interval is not None and not one.not_comparable]
    assert len(drawn_observations(drawn)) >= len(compared) == 4
    for name in ("eis_mofsse", "eis_polymer"):
        found, done = simulated(name)
        assert len(drawn_observations(picture(found, done))) >= len(found.observed)


def test_an_interval_without_a_place_is_not_drawn() -> None:
    from matplotlib.figure import Figure

    ax = Figure().add_subplot()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    assert observed([ax], {"cycle": 1, "voltage": 0}, {"cycle": 1, "voltage": 1}) == observed([ax], {}, {}) == []
    ax.xaxis.set_gid("voltage")
    ax.set_xlabel("Voltage (mV)")
    (band,) = observed([ax], {"voltage": 1e-4}, {"voltage": np.inf})
    assert band.get_extents().transformed(ax.transData.inverted()).intervalx == pytest.approx([0.1, 1.0])


def test_metrics_say_where_in_the_signal_they_read() -> None:
    """A signal through the point gives back the number: the inverse of the metric."""
    cell = mt.cell("au_mg3asn_au", "infiltrated")
    run = mt.simulate(cell, mt.Polarization("0.5 V", "3 h", first_time="0.1 s", per_decade=10))
    measure = mt.analysis.metrics.Measure("transport_number", {"sampled_at": "1 s"})
    (point,) = measure.points(run, [float(measure(run))])
    assert point["current"] == pytest.approx(float(np.interp(1.0, run["time"], run["current"])), rel=1e-3)
    eis = mt.simulate(mt.cell("au_mofsse_au"), mt.EIS("1 MHz", "0.1 Hz", points=50))
    for name in ("resistance", "conductivity"):
        measure = mt.analysis.metrics.Measure(name)
        (point,) = measure.points(eis, [float(measure(eis))])
        assert point["resistance"] == pytest.approx(float(mt.analysis.intercept_resistance(eis)), rel=1e-9)


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [(0.5, 0.05, 5.0, 0.0), (-0.2, -0.2, -0.05, np.log10(2)), (0.0, 1, 2, -np.inf), (20, 2, np.inf, 1), (-3, -3, 3, 0)],
)
def test_simulated_over_observed_in_decades(value: float, low: float, high: float, expected: float) -> None:
    assert decades(np.array([value]), low, high)[0] == pytest.approx(expected)


# -- spectra -----------------------------------------------------------------------------------------------------


def test_no_spectrum_is_left_out_and_scales_are_equal(treated: tuple[Any, list[Simulated]], drawn: Any) -> None:
    planes = [ax for ax in drawn.axes if ax.get_xlabel().startswith("Re Z")]
    spectra = [line for ax in planes for line in ax.lines if len(line.get_xdata()) == 100]
    assert len(spectra) == len(treated[1])
    for ax in planes:
        box, (left, right), (bottom, top) = ax.get_window_extent(), ax.get_xlim(), ax.get_ylim()
        assert box.width / (right - left) == pytest.approx(box.height / (top - bottom), rel=1e-3)
        assert left < 0 < bottom + 0.2 * (top - bottom)
        for line in (line for line in ax.lines if len(line.get_xdata()) == 100):
            assert right > line.get_xdata().max() > right / 8 and top > line.get_ydata().max()


def test_a_spectrum_that_leaves_the_view_says_how_far_it_goes() -> None:
    eis = mt.simulate(mt.cell("au_mofsse_au"), mt.EIS("1 MHz", "0.1 Hz", points=50))
    ax = mt.plot.nyquist(eis, reach=(20.0, 15.0))
    said = [text.get_text() for text in ax.texts if text.get_gid() == "beyond"]
    assert len(said) == 1 and re.fullmatch(r"↑ to [\d.]+ kΩ", said[0])


# -- readings that coincide --------------------------------------------------------------------------------------


def test_readings_that_coincide_are_one_panel_and_those_that_do_not_are_several() -> None:
    found, done = simulated("eis_trilayer_treated")
    (panel,) = panels(done, found.figure)
    assert len(panel.readings) == 4 and panel.title.replace("\u00a0", " ").endswith("alike within 1 %")
    other = next(item for item in done if item.run.reading == "infiltrated")
    moved = [replace(item, data=item.data * 1.03) if item is other else item for item in done]
    apart = panels(moved, found.figure)
    assert [one.readings for one in apart] == [("as_printed", "contact_limited", "necks"), ("infiltrated",)]


def test_what_cannot_give_runs_their_colours_shows_one_each(ageing: tuple[Any, list[Simulated]]) -> None:
    """Voltage against time of two cells in one colour would be one area."""
    apart = panels(ageing[1], {"cycles": {}})
    assert [len(panel.curves) for panel in apart] == [1, 1]


def test_summaries_without_traces_are_drawn_and_a_result_that_no_plot_shows_costs_nothing() -> None:
    run = mt.simulate(mt.cell("trilayer"), mt.Cycling("-10 uA", "1 h", cycles=2, points=2, traces=[]))
    done = [Simulated(experiment("cycling_trilayer").runs()[0], run)]
    found = replace(experiment("cycling_trilayer"), observed=())
    assert len(picture(found, done).axes) == 2
    assert picture(found, [replace(done[0], data=run[["cycle"]])]).axes == []


def test_a_plot_that_is_not_there_is_refused_where_it_is_asked_for(tmp_path: Path) -> None:
    text = Path(mt.experiments.files.library.find("experiments", "cycling_trilayer")).read_text(encoding="utf-8")
    file = tmp_path / "cycling_trilayer.yaml"
    for right, wrong in (("half_cycles", "half_cycle"), ("first", "frist")):
        file.write_text(text.replace(f"{right}:", f"{wrong}:", 1), encoding="utf-8")
        with pytest.raises(mt.errors.FileError, match=f"(?s)figure.*{wrong}.*{right}"):
            experiment(file)


# -- letters -----------------------------------------------------------------------------------------------------


def texts(figure: Any) -> Iterator[tuple[str, Any, float]]:
    """Every text of a figure with its box and its size."""
    renderer = figure.canvas.get_renderer()
    for ax in [*figure.axes, *(child for one in figure.axes for child in one.child_axes)]:
        ticks = [tick.label1 for axis in (ax.xaxis, ax.yaxis) for tick in axis._update_ticks()]
        legend = ax.get_legend().texts if ax.get_legend() else []
        for text in [*ticks, ax.xaxis.label, ax.yaxis.label, ax._left_title, *ax.texts, *legend]:
            if text.get_visible() and text.get_text():
                yield text.get_text(), text.get_window_extent(renderer), text.get_size()
    for text in [*figure.texts, *(text for legend in figure.legends for text in legend.texts)]:
        yield text.get_text(), text.get_window_extent(renderer), text.get_size()


@pytest.mark.parametrize("which", ["treated", "ageing"])
def test_no_text_lies_on_another_or_outside_the_page(which: str, request: pytest.FixtureRequest) -> None:
    figure = request.getfixturevalue("drawn") if which == "treated" else picture(*request.getfixturevalue(which))
    assert figure.get_figwidth() * 25.4 == pytest.approx(170)
    everything = list(texts(figure))
    for (a, one, _), (b, other, _) in combinations(everything, 2):
        width = min(one.x1, other.x1) - max(one.x0, other.x0)
        height = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert width < 2 or height < 2, f"{a!r} and {b!r} collide"
    for text, box, size in everything:
        assert box.x0 > -1 and box.x1 < figure.bbox.width + 1 and box.y0 > -2 and box.y1 < figure.bbox.height + 1, text
        assert 7 <= size <= 9, text


def test_steps_of_a_sequence_are_told_apart_by_what_had_passed() -> None:
    run, cell = experiment("eis_polymer_ageing").runs()[0], mt.cell("au_mofsse_au")
    eis, rest = mt.EIS("1 MHz", "1 kHz", points=3), mt.Rest("6 d", points=3)
    done = Simulated(run, mt.simulate(cell, mt.Sequence([eis, rest, eis, rest, eis, eis])))
    assert done.steps_in_words([0, 2, 4]) == ["at first", "after 6 d", "after 12 d"]
    assert done.steps_in_words([2, 4, 5]) == ["step 3", "step 5", "step 6"], "nothing passed between the last two"
    ageing = replace(done, data=mt.simulate(cell, mt.Sequence([eis, rest, eis])))
    (panel,) = panels([ageing], {})
    assert [curve.label for curve in panel.curves] == ["at first", "after 6 d"]


def test_names_are_words() -> None:
    assert in_words("contact_loss") == "contact loss"
    assert in_words("au | Mg3AsN, 2 uA/cm2 -> [-0.1, >= 3]") == "au | Mg₃AsN, 2 µA/cm² → [−0.1, ≥ 3]"
    runs = experiment("eis_electrodes").runs(reading="as_printed")
    assert names_of(runs)[runs[0]][0] == "Au | Mg₃AsN | Au"


# -- files -------------------------------------------------------------------------------------------------------


def test_a_pdf_with_its_letters_stands_beside_the_picture(tmp_path: Path) -> None:
    found, done = simulated("eis_mofsse")
    path = figures.draw(found, done, rows_of(found, done), tmp_path / "x.png")
    pdf = (tmp_path / "x.pdf").read_bytes()
    assert path.stat().st_size < 500_000 and len(pdf) < 200_000
    assert b"/CIDFontType2" in pdf and b"/Type3" not in pdf, "letters, not outlines"


def test_neighbouring_colours_differ_for_readers_without_green_cones() -> None:
    """Deuteranopia by the matrix of Machado, Oliveira and Fernandes (2009), applied to linear RGB."""
    matrix = np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    )
    rgb = np.array([[int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)] for colour in COLOURS[:5]])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ matrix.T, 0, 1) ** (1 / 2.2)
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 0.12
