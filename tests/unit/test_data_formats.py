"""Every text format is recognised by its content and read to the right numbers; the snippets are invented here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin.dataset import spectrum
from mgtwin.errors import FileError

#: A resistor of 20 ohm with an RC element of 100 ohm and 1 uF.
F = np.array([1e5, 1e4, 1e3, 1e2, 10.0, 1.0, 0.1])
Z = 20 + 100 / (1 + 2j * np.pi * F * 1e-4)


def rows(*columns: np.ndarray, joint: str = "\t", start: str = "", form: str = ".9E") -> str:
    return "".join(start + joint.join(format(v, form) for v in row) + "\n" for row in zip(*columns, strict=True))


def written(tmp_path: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def is_the_spectrum(ds: xr.Dataset | xr.DataTree) -> bool:
    assert isinstance(ds, xr.Dataset)
    np.testing.assert_allclose(ds.frequency.values, F, rtol=1e-9)
    np.testing.assert_allclose(ds.impedance.values, Z, rtol=1e-8)  # nine decimals, and a rotation by the phase
    return True


# -- spectra --------------------------------------------------------------------------------------------------------
def test_ec_lab_text(tmp_path: Path) -> None:
    head = (
        "EC-Lab ASCII FILE\r\nNb header lines : 9\r\n\r\nPotentio Electrochemical Impedance Spectroscopy\r\n\r\n"
        "Device : SP-300 (SN 7)\r\nTechnique started on : 05/15/2025 01:18:45\r\n"
        "Electrode surface area : 0.785 cm²\r\n"
        "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\t|Z|/Ohm\tPhase(Z)/deg\ttime/s\t<Ewe>/V\t<I>/mA\tcycle number\t\r\n"
    )
    steady = np.ones_like(F)
    body = rows(F, Z.real, -Z.imag, abs(Z), np.angle(Z, deg=True), np.arange(7.0), steady, steady, steady)
    ds = mt.read(written(tmp_path, "eis.mpt", head + body.replace("\n", "\r\n"), "cp1252"))
    assert is_the_spectrum(ds)
    assert ds.attrs["format"] == "EC-Lab text" and ds.attrs["instrument"] == "SP-300 (SN 7)"
    assert ds.attrs["area"] == pytest.approx(0.785e-4) and ds.attrs["date"] == "05/15/2025 01:18:45"
    assert (ds.attrs["start_time"], ds.attrs["end_time"]) == (0.0, 6.0)
    assert ds.attrs["reading"] == ["Im Z = -(-Im(Z)/Ohm)"] and ds.attrs["warnings"] == []


def test_an_area_that_ec_lab_writes_by_itself_is_not_taken(tmp_path: Path) -> None:
    head = (
        "EC-Lab ASCII FILE\nNb header lines : 4\nElectrode surface area : 0.001 cm²\nfreq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\n"
    )
    ds = mt.read(written(tmp_path, "eis.mpt", head + rows(F, Z.real, -Z.imag)))
    assert "area" not in ds.attrs and "EC-Lab writes without being told" in ds.attrs["reading"][0]


GAMRY = (
    "EXPLAIN\nTAG\tGALVEIS\nDATE\tLABEL\t1/2/2026\tDate\nTIME\tLABEL\t10:00:00\tTime\n"
    "AREA\tQUANT\t7.85E-1\t&Area (cm^2)\n"
)


def gamry_spectrum(extra: str = "") -> str:
    table = "ZCURVE\tTABLE\n\tPt\tTime\tFreq\tZreal\tZimag\tZmod\tZphz\tIERange\n\t#\ts\tHz\tohm\tohm\tohm\t\ufffd\t#\n"
    return GAMRY + table + rows(0 * F, F, F, Z.real, Z.imag, abs(Z), np.angle(Z, deg=True), 0 * F, start="\t") + extra


def test_gamry_spectrum(tmp_path: Path) -> None:
    ds = mt.read(written(tmp_path, "anything.txt", gamry_spectrum()))
    assert is_the_spectrum(ds)
    assert ds.attrs["area"] == pytest.approx(0.785e-4) and ds.attrs["date"] == "1/2/2026 10:00:00"


def test_gamry_says_when_it_was_aborted(tmp_path: Path) -> None:
    ds = mt.read(written(tmp_path, "a.DTA", gamry_spectrum("EXPERIMENTABORTED\tTOGGLE\tT\tExperiment Aborted\n")))
    assert is_the_spectrum(ds)
    assert ds.attrs["warnings"] == ["the experiment was aborted: the curve stops early."]


def test_gamry_curves_are_cycles_and_commas_decimals(tmp_path: Path) -> None:
    head = "\tPt\tT\tVf\tIm\tOver\n\t#\ts\tV vs. Ref.\tA\tbits\n"
    text = GAMRY.replace("GALVEIS", "CV")
    for cycle in range(2):
        lines = [f"\t{k}\t{10 * cycle + k}\t{0.1 * k:.3f}\t{1e-6 * k:.3E}\t...........\n" for k in range(4)]
        text += f"CURVE{cycle + 1}\tTABLE\t4\n{head}{''.join(lines)}"
    for name, body in (("point", text), ("comma", text.replace(".", ",").replace(",,,,,,,,,,,", "..........."))):
        ds = mt.read(written(tmp_path, f"{name}.DTA", body.replace("V vs, Ref,", "V vs. Ref.")))
        np.testing.assert_array_equal(ds.time, [0, 1, 2, 3, 10, 11, 12, 13])
        np.testing.assert_allclose(ds.voltage, [0, 0.1, 0.2, 0.3] * 2, rtol=1e-12)
        np.testing.assert_allclose(ds.current, [0, 1e-6, 2e-6, 3e-6] * 2, rtol=1e-12)
        np.testing.assert_array_equal(ds.cycle, [0] * 4 + [1] * 4)


def test_gamry_without_a_curve_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no curve of data .* only settings"):
        mt.read(written(tmp_path, "a.DTA", GAMRY))


ZVIEW_COLUMNS = "Freq(Hz){0}Ampl{0}Bias{0}Time(Sec){0}Z'(a){0}Z''(b){0}GD{0}Err{0}Range"


@pytest.mark.parametrize("first", ['"ZPlotW Data File: Version 3.2c"', '"Z60W Data File: Version 1.1"'])
def test_zplot_and_autolab_of_old(tmp_path: Path, first: str) -> None:
    head = f'\ufeff{first}\n""\n0,3,0,1,300000,0.005\n7\n"  {ZVIEW_COLUMNS.format("    ")}"\n'
    none = 0 * F
    ds = mt.read(
        written(tmp_path, "a.z", head + rows(F, none, none, F[::-1], Z.real, Z.imag, none, none, none, joint=","))
    )
    assert is_the_spectrum(ds)
    assert ds.attrs["format"] == ("Autolab FRA (Z60W)" if "Z60W" in first else "ZPlot/ZView")


def test_zplot_of_today(tmp_path: Path) -> None:
    head = "ZPLOT2 ASCII\n  Date:   10-12-2018\n    Surface Area:   1\n  Data Points:   9\n"
    head += f"  {ZVIEW_COLUMNS.format(chr(9))}\nEnd Comments\n"
    none = 0 * F
    ds = mt.read(written(tmp_path, "a.z", head + rows(F, none, none, F[::-1], Z.real, Z.imag, none, none, none)))
    assert is_the_spectrum(ds)
    assert ds.attrs["date"] == "10-12-2018" and "area" not in ds.attrs
    assert ds.attrs["warnings"] == ["the file announces 9 points, but has 7."]


def test_ch_instruments(tmp_path: Path) -> None:
    head = "Feb. 20, 2026   15:55:08\nA.C. Impedance\nInstrument Model:  CHI660E\n\nInit E (V) = 0\n\n"
    head += "Freq/Hz, Z'/ohm, Z\"/ohm, Z/ohm, Phase/deg\n\n"
    body = rows(F, Z.real, Z.imag, abs(Z), np.angle(Z, deg=True), joint=", ")
    ds = mt.read(written(tmp_path, "a.txt", head + body))
    assert is_the_spectrum(ds)
    assert ds.attrs["format"] == "CH Instruments text"


def test_the_sign_of_currents_of_ch_instruments_must_be_told(tmp_path: Path) -> None:
    text = "Feb. 20, 2026\ni-t Curve\nInstrument Model:  CHI660E\n\nTime/sec, Current/A, Potential/V\n\n"
    path = written(tmp_path, "a.txt", text + "1.0, -2e-6, 0.5\n2.0, -1e-6, 0.5\n")
    with pytest.raises(FileError, match="cathodic currents are positive unless"):
        mt.read(path)
    ds = mt.read(path, columns={"current": mt.Column("Current/A", negate=True)})
    np.testing.assert_allclose(ds.current, [2e-6, 1e-6])


def test_ivium(tmp_path: Path) -> None:
    block = "primary_data    \r\x003         \r\n7        \r\n" + "".join(
        f"{z.real:.9E}  {z.imag:.9E} {f:.9E} \r\n" for f, z in zip(F, Z, strict=True)
    )
    head = "\x00\x00\x40\x01\x00\r\x00Version=12\r\nserialnumber=B1\r\nMethod=Impedance\r\nTitle=Pellet\r\n"
    tail = "7         \r\nosc_data        \r\x0026        \r\n"
    path = written(tmp_path, "a.idf", head + block + tail, "latin-1")
    ds = mt.read(path)
    assert is_the_spectrum(ds)
    assert ds.attrs["comment"] == "Pellet"
    for marks in (b"\x00\x01" * 100, b""):  # a longer binary part, marks before the names of blocks
        path.write_bytes(marks + (head + block + tail).replace("primary", "\x02\x00primary").encode("latin-1"))
        assert is_the_spectrum(mt.read(path))
    with pytest.raises(FileError, match="announces 7 rows, but the file ends before"):
        mt.read(written(tmp_path, "b.idf", (head + block)[:-150], "latin-1"))
    with pytest.raises(FileError, match="holds the method 'CyclicVoltammetry'; only impedance"):
        mt.read(written(tmp_path, "c.idf", (head + block).replace("Impedance", "CyclicVoltammetry"), "latin-1"))


VERSASTUDIO = (
    "<Application>\nName=VersaStudio\nVersion=2.52\n</Application>\n<Action1>\nWorking Electrode Area "
    "(cm2)=1\n</Action1>\n"
    "<Segment1>\nType=2\nDefinition=Segment #, Point #, E(V), I(A), Elapsed Time(s), Status, E Applied(V), "
    "Frequency(Hz), "
    "E Real, Z Real, Z Imag, E2(V), Z2 Real, Z2 Imag, ActionId, 0\n{}</Segment1>\n<Graph1>\nX=1,2\n</Graph1>\n"
)


def test_versastudio(tmp_path: Path) -> None:
    none = 0 * F
    body = rows(none, none, none, none, F[::-1], none, none, F, none, Z.real, Z.imag, none, none, none, none, joint=",")
    assert is_the_spectrum(mt.read(written(tmp_path, "a.par", VERSASTUDIO.format(body))))
    with pytest.raises(FileError, match="not closed"):
        mt.read(written(tmp_path, "b.par", VERSASTUDIO.format(body).partition("</Segment1>")[0]))


def test_parstat_holds_a_signal_and_a_spectrum(tmp_path: Path) -> None:
    """Rows of frequency zero are the signal before the spectrum."""
    text = (
        "Potential (V)\tCurrent (A)\tElapsed Time (s)\tFrequency (Hz)\tZre (ohms)\tZim (ohms)\t|Vac| (V)\t|Iac| (A)\t\n"
    )
    text += "".join(f"3.5\t-0.15\t{10 * k}\t0\t0\t0\t0\t0\t\n" for k in range(1, 5))
    text += "".join(
        f"3.5\t0.0\t{50 + k}\t{f!r}\t{z.real!r}\t{z.imag!r}\t0.01\t0.1\t\n"
        for k, (f, z) in enumerate(zip(F.tolist(), Z.tolist(), strict=True))
    )
    tree = mt.read(written(tmp_path, "a.txt", text))
    assert isinstance(tree, xr.DataTree) and list(tree.children) == ["transient", "spectrum"]
    assert is_the_spectrum(tree["spectrum"].to_dataset())
    np.testing.assert_array_equal(tree["transient"].time, [10, 20, 30, 40])
    np.testing.assert_array_equal(tree["transient"].current, [-0.15] * 4)


def test_relaxis_with_two_spectra(tmp_path: Path) -> None:
    text = "RelaxIS 3.0 Spectrum export\nDate: 1/2/2026\n"
    text += "Data: Frequency\tData: Z'\tData: Z''\tData: |Z|\tData: Theta (Z)\n"
    for _ in range(2):
        text += "DC=-0.08, TM=33.7\tModel: Unassigned Spectra\tspectrum 1\t\t\n"
        text += rows(F, Z.real, Z.imag, abs(Z), np.angle(Z, deg=True))
    tree = mt.read(written(tmp_path, "a.txt", text))
    assert list(tree.children) == ["spectrum_1", "spectrum_2"]
    assert all(is_the_spectrum(tree[name].to_dataset()) for name in tree.children)


def test_novocontrol(tmp_path: Path) -> None:
    head = (
        "pellet_25deg, 26.02.2026, 15:11\nDiameter[mm]: 1.300e+01  Thickness[mm]: 7.500e-01  Spacer Area[mm^2] 0.0  "
        "Electrode Thickness[mm]: 4.00e+00\nFixed value(s) :  AC Volt  [Vrms]=7.1000e-03  \n"
        " Freq. [Hz]\t Temp. [K]\t Zs' [Ohms]\t Zs'' [Ohms]\n"
    )
    ds = mt.read(written(tmp_path, "a.txt", head + rows(F, 0 * F + 298.2, Z.real, Z.imag)))
    assert is_the_spectrum(ds)
    assert ds.attrs["thickness"] == pytest.approx(0.75e-3) and ds.attrs["area"] == pytest.approx(np.pi / 4 * 0.013**2)
    assert ds.attrs["temperature"] == pytest.approx(298.2) and ds.attrs["date"] == "26.02.2026, 15:11"


def test_lcr_meter(tmp_path: Path) -> None:
    text = "FREQ [Hz],|Z| [Ohm],THETA [deg],STATUS\n"
    text += "".join(
        f"{f!r},{abs(z)!r},{float(np.angle(z, deg=True))!r},OK\n" for f, z in zip(F.tolist(), Z.tolist(), strict=True)
    )
    ds = mt.read(written(tmp_path, "lcr.csv", text))
    assert is_the_spectrum(ds)
    assert ds.attrs["reading"] == ["Re Z and Im Z computed from |Z| and the phase"]


def test_powersuite(tmp_path: Path) -> None:
    text = "Frequency\t Zre\t Zimg\r\r\n" + rows(F, Z.real, Z.imag, joint="\t ").replace("\n", "\r\r\n")
    assert is_the_spectrum(mt.read(written(tmp_path, "a.txt", text)))


def test_corrware(tmp_path: Path) -> None:
    text = "CORRW ASCII\n  Date: 1-2-2026\n  Begin Experiment: 0\nEnd Comments\n0.5\t2e-6\t1.0\t0\n0.5\t1e-6\t2.0\t0\n"
    path = written(tmp_path, "a.cor", text)
    with pytest.raises(FileError, match="gives no unit of the current"):
        mt.read(path)
    where = {"current": mt.Column(2, unit="A/cm^2")}
    with pytest.raises(FileError, match=r"per area .* area="):
        mt.read(path, columns=where)
    ds = mt.read(path, columns=where, area="0.5 cm^2")
    np.testing.assert_allclose(ds.current, [1e-6, 0.5e-6])
    np.testing.assert_array_equal(ds.time, [1, 2])


def test_a_signal_of_ec_lab_takes_the_voltage_of_the_cell(tmp_path: Path) -> None:
    """A galvanostatic step with a counter electrode that is measured too, in cycles and steps."""
    head = "EC-Lab ASCII FILE\nNb header lines : 4\n\nmode\ttime/s\tEwe/V\tEcell/V\tI/mA\tcycle number\tNs\n"
    body = "".join(f"1\t{k}\t0.{k}\t0.{k + 1}\t0.02\t{1 + k // 2}\t{k % 2}\n" for k in range(4))
    ds = mt.read(written(tmp_path, "gcd.mpt", head + body))
    np.testing.assert_allclose(ds.voltage, [0.1, 0.2, 0.3, 0.4])
    np.testing.assert_allclose(ds.current, [2e-5] * 4)
    assert (ds.cycle.values.tolist(), ds.step.values.tolist()) == ([0, 0, 1, 1], [0, 1, 0, 1])
    assert "voltage is 'Ecell/V', not 'Ewe/V'" in ds.attrs["reading"]


def test_another_convention_of_currents_must_be_told(tmp_path: Path) -> None:
    text = GAMRY.replace("GALVEIS", "CHRONOA") + "CONVENTION\tIQUANT\t0\tCurrent Convention\n"
    text += "CURVE\tTABLE\t2\n\tPt\tT\tVf\tIm\n\t#\ts\tV vs. Ref.\tA\n\t0\t0.0\t0.5\t-2E-6\n\t1\t1.0\t0.5\t-1E-6\n"
    path = written(tmp_path, "a.DTA", text)
    with pytest.raises(FileError, match="convention of currents"):
        mt.read(path)
    ds = mt.read(path, columns={"current": mt.Column("Im", negate=True)})
    np.testing.assert_array_equal(ds.current, [2e-6, 1e-6])


# -- binary files ---------------------------------------------------------------------------------------------------
def test_mpr_without_galvani_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "galvani", None)
    path = tmp_path / "a.mpr"
    path.write_bytes(b"BIO-LOGIC MODULAR FILE\x1a" + bytes(200))
    with pytest.raises(FileError, match=r"mgtwin\[biologic\]"):
        mt.read(path)


def test_a_damaged_mpr_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("galvani")
    path = tmp_path / "a.mpr"
    path.write_bytes(b"BIO-LOGIC MODULAR FILE\x1a" + bytes(200))
    with pytest.raises(FileError, match="galvani cannot read this file"):
        mt.read(path)


@pytest.mark.parametrize(
    ("ending", "extra", "module"), [(".ism", "zahner", "zahner_analysis"), (".pssession", "spectra", "pyimpspec")]
)
def test_exotic_formats_name_their_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, extra: str, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, f"{module}.file_import.ism_import", None)
    with pytest.raises(FileError, match=rf"mgtwin\[{extra}\]"):
        mt.read(written(tmp_path, f"a{ending}", "no such thing"))


def test_palmsens_through_pyimpspec(tmp_path: Path) -> None:
    """A session as pyimpspec understands it: UTF-16, with -Im Z."""
    pytest.importorskip("pyimpspec")
    columns = (("Hertz", F), ("ZRe", Z.real), ("ZIm", -Z.imag))
    values = [
        {"Unit": {"Type": f"PalmSens.Units.{name}"}, "DataValues": [{"V": float(v)} for v in column]}
        for name, column in columns
    ]
    session = {"Measurements": [{"Title": "EIS", "DataSet": {"Type": "PalmSens.Data.DataSetEIS", "Values": values}}]}
    ds = mt.read(written(tmp_path, "a.pssession", json.dumps(session), "utf-16"))
    assert is_the_spectrum(ds)
    assert ds.attrs["format"] == "PalmSens session, read by pyimpspec"
    with pytest.raises(FileError, match="pyimpspec cannot read this file"):
        mt.read(written(tmp_path, "b.pssession", json.dumps(session)[:200], "utf-16"))


def test_zahner_through_its_own_library(tmp_path: Path) -> None:
    export = pytest.importorskip("zahner_analysis.file_export.ism_export")
    path = tmp_path / "a.ism"
    export.IsmExport(frequency=F, impedance=abs(Z), phase=np.angle(Z)).writeToFile(str(path))
    ds = mt.read(path).sortby("frequency", ascending=False)
    assert is_the_spectrum(ds)


def test_the_charge_of_galvanostatic_mpr_gives_the_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EC-Lab keeps the charge since the row before: 1/360 mA.h in 10 s are 1 mA."""
    galvani = pytest.importorskip("galvani")
    kinds = [("flags", "u1"), ("Ns", "u1"), ("time/s", "f8"), ("dq/mA.h", "f8"), ("Ewe/V", "f4")]
    data = np.array([(7, 0, 0.0, 0.0, 0.0), (7, 1, 10.0, 1 / 360, 0.125), (7, 1, 20.0, 1 / 360, 0.25)], dtype=kinds)
    monkeypatch.setattr(
        galvani.BioLogic, "MPRfile", lambda name: type("File", (), {"data": data, "timestamp": "2026-01-02"})
    )
    path = tmp_path / "a.mpr"
    path.write_bytes(b"BIO-LOGIC MODULAR FILE\x1a" + bytes(200))
    ds = mt.read(path)
    np.testing.assert_allclose(ds.current, [0, 1e-3, 1e-3], rtol=1e-12)
    np.testing.assert_array_equal(ds.step, [0, 1, 1])
    assert "charge passed since the row before" in ds.attrs["reading"][0]


# -- what no reader takes -------------------------------------------------------------------------------------------
def test_files_that_are_no_measurement(tmp_path: Path) -> None:
    for name, raw, reason in (
        ("empty", b"  \n", "the file is empty"),
        ("prose", b"A letter.\nWith two lines, and 3 numbers.\n", "has no table of numbers"),
        ("noise", bytes(range(256)) * 4, "of no format that is known"),
    ):
        path = tmp_path / name
        path.write_bytes(raw)
        with pytest.raises(FileError, match=reason):
            mt.read(path)
    saved = mt.save(spectrum(F, Z), tmp_path / "a.nc")
    with pytest.raises(FileError, match=r"opened with mt\.open"):
        mt.read(saved)
    with pytest.raises(FileError, match="is a folder"):
        mt.read(tmp_path)
    with pytest.raises(FileError, match="no such file"):
        mt.read(tmp_path / "nothing.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = "Größe: f/Hz\nf/Hz;Re Z/Ohm;−Im Z/Ohm\n".replace("−", "-") + rows(F, Z.real, -Z.imag, joint=";")
    assert is_the_spectrum(mt.read(written(tmp_path, "a.csv", text, encoding)))
