"""Exports: what other programs read of it is what was in it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import warnings
from html.parser import HTMLParser

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.dataset import spectrum as dataset_spectrum
from mgtwin.exports import EXPORT_FORMATS, Column, Table, tables_of


@pytest.fixture(scope="module")
def spectrum():
    return mt.simulate(mt.cell("trilayer"), mt.EIS("1 MHz", "0.1 Hz"))


@pytest.fixture(scope="module")
def life():
    probe = mt.EIS(1e5, 1.0, 2)
    return mt.simulate(mt.cell("trilayer", "contact_loss"), mt.Cycling("-10 uA", "1 h", cycles=2, probe=probe, every=1))


@pytest.fixture(scope="module")
def study():
    axes = {"layers.buffer_*.thickness": ["0.1 mm", "0.3 mm"], "temperature": ["25 degC", "60 degC", "80 degC"]}
    return mt.sweep(
        mt.cell("trilayer"), mt.EIS(1e5, 1.0), axes, metrics=[mt.analysis.area_specific_resistance]
    )  # fmt: skip


@pytest.mark.parametrize(("ending", "tolerance"), [(".csv", 0.0), (".mpt", 0.0), (".z", 1e-6)])
def test_a_spectrum_is_read_back_equal(spectrum, tmp_path, ending, tolerance):
    (path,) = mt.export(spectrum, tmp_path / f"a{ending}")
    again = mt.read(path)
    order = np.argsort(again.frequency.values), np.argsort(spectrum.frequency.values)
    np.testing.assert_allclose(again.frequency.values[order[0]], spectrum.frequency.values[order[1]], rtol=tolerance)
    np.testing.assert_allclose(again.impedance.values[order[0]], spectrum.impedance.values[order[1]], rtol=tolerance)


@pytest.mark.parametrize(("ending", "tolerance"), [(".bdf.csv", 0.0), (".time.csv", 0.0), (".mpt", 1e-15)])
def test_a_run_is_read_back_equal(life, tmp_path, ending, tolerance):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mt.MgtwinWarning)
        mt.export(life, tmp_path / f"a{ending.replace('.time', '')}")
    again = mt.read(tmp_path / f"a{ending}")
    for name in ("time", "voltage", "current"):
        np.testing.assert_allclose(again[name].values, life[name].values, rtol=tolerance)


def test_battery_data_format_is_valid_to_its_own_tool(life, tmp_path):
    pytest.importorskip("bdf", reason="batterydf is not installed")
    with pytest.warns(mt.MgtwinWarning, match="Left out"):
        (path,) = mt.export(life, tmp_path / "a.bdf.csv")
    # in a process of its own: the tool declares units anew in the registry that mgtwin converts with
    asked = (
        "import bdf.validate, json, sys, pandas; print(json.dumps("
        "sys.modules['bdf.validate'].validate_df(pandas.read_csv(sys.argv[1]), raise_on_error=False)))"
    )
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", asked, path], capture_output=True, text=True, check=True
    )
    report = json.loads(said.stdout)
    assert report["ok"] and not report["legacy_labels"] and report["time_stats"]["monotonic"]
    assert not [
        name for name in report["extras"] if name.split(" /")[0] in ("time", "voltage", "current", "cycle", "step")
    ]


@pytest.mark.parametrize("ending", [".mpt", ".z"])
def test_columns_that_a_file_has_no_place_for_are_named(spectrum, tmp_path, ending):
    more = spectrum.assign(
        residual=("frequency", np.zeros(spectrum.sizes["frequency"]), {"units": "1", "long_name": "r"})
    )
    with pytest.warns(mt.MgtwinWarning, match="no place for residual: left out"):
        mt.export(more, tmp_path / f"a{ending}")


def test_csv_has_names_units_numbers(spectrum, tmp_path):
    (path,) = mt.export(spectrum, tmp_path / "a.csv")
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    names, units, first = csv.reader(lines[:3])
    assert dict(zip(names, units, strict=True)) == {
        "frequency": "Hz", "Re(Z)": "ohm", "-Im(Z)": "ohm", "|Z|": "ohm", "Phase(Z)": "deg",
    }  # fmt: skip
    z = complex(spectrum.impedance.values[0])
    expected = [z.real, -z.imag, abs(z), np.degrees(np.angle(z))]
    np.testing.assert_allclose([float(x) for x in first[1:]], expected, rtol=1e-15)
    assert len(lines) == 2 + spectrum.sizes["frequency"]
    comments = [line for line in path.read_text("utf-8").splitlines() if line.startswith("#")]
    assert any("outside its validity" in line for line in comments)


def test_workbook_has_units_and_keeps_texts_texts(life, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    (path,) = mt.export({"=1+1": life}, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book["=1+1 time"]
    names, units = ([cell.value for cell in row] for row in sheet.iter_rows(max_row=2))
    assert (names[:3], units[:3]) == (["time", "voltage", "current"], ["s", "V", "A"])
    assert sheet.max_row == 2 + life.sizes["time"]
    volts = [row[1] for row in sheet.iter_rows(min_row=3, values_only=True)]
    np.testing.assert_allclose(volts, life.voltage.values, rtol=1e-15)  # openpyxl writes 16 digits
    assert all(cell.data_type != "f" for row in book["about"].iter_rows() for cell in row)


def test_every_point_of_a_study_is_a_row(study):
    (table,) = tables_of(study)
    assert [column.head for column in table.columns][:3] == [
        "layers.buffer_*.thickness / m", "temperature / K", "area_specific_resistance / ohm*m^2",
    ]  # fmt: skip
    for thickness, kelvin, value in zip(*(column.values for column in table.columns[:3]), strict=True):
        point = {"layers.buffer_*.thickness": thickness, "temperature": kelvin}
        assert float(study.area_specific_resistance.sel(point)) == value


def test_a_fit_says_what_it_could_not_tell(fit, tmp_path):
    (table,) = tables_of(fit)
    assert table["identifiable"].texts == ["by the law"] and table["unit"].texts == ["S/m"]
    (path,) = mt.export(fit, tmp_path / "fit.tex")
    text = path.read_text("utf-8")
    assert r"ionic\_conductivity" in text and text.count(r"\\") == 2  # the head and one row
    (page,) = mt.export({"fit": fit, "cell": fit.cell}, tmp_path / "fit.html")
    assert "<script" not in page.read_text("utf-8") and "http" not in page.read_text("utf-8").split("<body>")[0]


def test_a_cell_comes_with_its_sources():
    (table,) = tables_of(mt.cell("trilayer"))
    k = table["parameter"].texts.index("layers.antiperovskite.thickness")
    assert float(table["value"].texts[k]) == pytest.approx(0.655e-3)
    assert (table["unit"].texts[k], table["source"].texts[k]) == ("m", "mg3asn2025")


def test_a_circuit_is_its_numbers(spectrum):
    fit = mt.fit([(mt.Circuit("R0-p(R1,C1)"), spectrum)])
    (table,) = tables_of(fit.cell)
    assert table["parameter"].texts == ["R0", "R1", "C1"] and table["unit"].texts == ["ohm", "ohm", "F"]
    np.testing.assert_array_equal(table["value"].values, fit.x)


def test_a_series_is_a_table_over_its_coordinate(tmp_path):
    circuit, f = mt.Circuit("R0-p(R1,C1)"), np.geomspace(1e5, 1, 30)
    truth = {300.0: 100.0, 320.0: 60.0}
    spectra = [
        dataset_spectrum(f, circuit.with_({"R0": 5, "R1": r, "C1": 1e-6}).impedance(f), {"temperature": T})
        for T, r in truth.items()
    ]
    (table,) = tables_of(mt.series(spectra).fit(circuit))
    assert table["temperature"].unit == "K" and table["R1"].unit == "ohm"
    np.testing.assert_allclose(table["temperature"].values, [*truth])
    np.testing.assert_allclose(table["R1"].values, [*truth.values()], rtol=1e-6)
    assert table["R1 identifiable"].texts == ["yes", "yes"]


def test_several_tables_are_several_files(life, tmp_path):
    written = mt.export(life, tmp_path / "a.csv")
    assert {path.name for path in written} == {
        f"a.{dim}.csv" for dim in ("frequency", "time", "cycle", "half_cycle", "x")
    }


@pytest.mark.parametrize("ending", [".z", ".mpt", ".bdf.csv"])
def test_what_does_not_fit_is_refused(tmp_path, ending):
    with pytest.raises(mt.InputError, match=r"holds .* This has a table \(parameter, value"):
        mt.export(mt.cell("trilayer"), tmp_path / f"a{ending}")
    assert not list(tmp_path.iterdir())


def test_unknown_things_endings_and_folders_are_refused(spectrum, tmp_path):
    with pytest.raises(mt.InputError, match=r"there are .*\.xlsx"):
        mt.export(spectrum, tmp_path / "a.docx")
    with pytest.raises(mt.InputError, match="make it first"):
        mt.export(spectrum, tmp_path / "nowhere" / "a.csv")
    with pytest.raises(mt.InputError, match="a float has no tables"):
        mt.export(1.0, tmp_path / "a.csv")
    with pytest.raises(mt.InputError, match="that are not empty"):
        mt.export([], tmp_path / "a.csv")


def test_what_fails_leaves_the_older_file(spectrum, tmp_path):
    @mt.export_format
    class Broken:
        """Ends half-way."""

        ending, several = ".broken", True

        @staticmethod
        def takes(table):
            """Anything."""
            return True

        @staticmethod
        def write(tables, path):
            path.write_text("half")
            raise OSError("disk full")

    target = tmp_path / "a.broken"
    target.write_text("whole")
    try:
        with pytest.raises(OSError, match="disk full"):
            mt.export(spectrum, target)
    finally:
        EXPORT_FORMATS.discard(".broken")
    assert [path.name for path in tmp_path.iterdir()] == ["a.broken"] and target.read_text() == "whole"


def test_html_and_latex_escape(tmp_path):
    table = Table("<b>&", (Column("a_b & <i>", "%", np.array(["<script>x"], dtype=object)),))
    for ending, wanted in ((".html", "&lt;script&gt;x"), (".tex", r"a\_b \& \textless{}i\textgreater{} / \%")):
        EXPORT_FORMATS[ending].write([table], tmp_path / "a")
        assert wanted in (tmp_path / "a").read_text("utf-8")


@pytest.fixture(scope="module")
def fit(spectrum):
    free = {"layers.antiperovskite.material.ionic_conductivity.reference": mt.Free(log=True)}
    return mt.fit([(mt.cell("trilayer"), spectrum)], free)


class Page(HTMLParser):
    """What a browser would load, run and show."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.loaded, self.shown = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.loaded += [given[key] for key in ("src", "href") if given.get(key)]
        if tag not in ("img", "meta", "br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.shown.append(data)


@pytest.mark.parametrize("what", ["cell", "spectrum", "life", "study", "fit", "both", "folder"])
def test_a_report_is_whole_and_loads_nothing(what, spectrum, life, study, fit, tmp_path):
    folder = tmp_path / "pellets"
    folder.mkdir()
    mt.export(spectrum, folder / "<i>pellet.z")
    things = {
        "cell": mt.cell("trilayer"), "spectrum": spectrum, "life": life, "study": study, "fit": fit,
        "both": [fit, spectrum], "folder": folder,
    }  # fmt: skip
    text = mt.report(things[what], tmp_path / "page.html").read_text("utf-8")
    page = Page(text)
    assert page.open == [] and "<script" not in text
    assert all(link.startswith(("data:image/png;base64,", "#s")) for link in page.loaded)
    shown = " ".join(page.shown)
    wanted = {
        "cell": ("0.655", "mg3asn2025", "relative_permittivity"), "spectrum": ("outside its validity", "-Im(Z)"),
        "life": ("deposition_voltage", "Repeat"), "study": ("area_specific_resistance", "353.15"),
        "fit": ("by the law", "Fitted"), "both": ("1: What the data say", "2: Figure"),
        "folder": ("<i>pellet.z", "Kramers"),
    }[what]  # fmt: skip
    assert [text for text in wanted if text not in shown] == []


def test_a_report_of_nothing_is_refused(spectrum, tmp_path):
    with pytest.raises(mt.InputError, match=r"end in \.html"):
        mt.report(spectrum, tmp_path / "page.pdf")
    with pytest.raises(mt.InputError, match="is no folder"):
        mt.report(tmp_path / "none", tmp_path / "page.html")
    (tmp_path / "empty").mkdir()
    with pytest.raises(mt.InputError, match="is empty"):
        mt.report(tmp_path / "empty", tmp_path / "page.html")
    with pytest.raises(mt.InputError, match="nothing to report of a float"):
        mt.report(1.0, tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_where_nothing_can_be_written_the_message_names_the_file(tmp_path):
    folder = tmp_path / "taken.csv"
    folder.mkdir()
    with pytest.raises(mt.MgtwinError, match=r"taken\.csv: cannot be written: .*Choose another folder"):
        mt.export(mt.simulate(mt.cell("trilayer"), mt.EIS(1e5, 1.0)), folder)


def test_of_many_curves_the_ends_of_the_bands_are_exported(tmp_path):
    run = mt.uncertainty(mt.cell("trilayer"), mt.EIS(1e5, 1.0, points=7), n=16)
    written = mt.export(run, tmp_path / "run.csv")
    lines = [line for line in written[0].read_text().splitlines() if not line.startswith("#")]
    columns = dict(zip(lines[0].split(","), zip(*(line.split(",") for line in lines[2:]), strict=True), strict=True))
    found = np.array(columns["-Im(Z) 84 %"], dtype=float)
    np.testing.assert_array_equal(found, np.quantile(-run["impedance_samples"].values.imag, 0.84, axis=0))
