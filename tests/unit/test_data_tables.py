"""CSV and TSV of any dialect; what heads mean; hints; what is refused because it cannot be told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import mgtwin as mt
from mgtwin.data.labels import understand
from mgtwin.data.passive import misfit
from mgtwin.errors import FileError, InputError

F = np.geomspace(1e5, 1.0, 16)
Z = 20 + 100 / (1 + (2j * np.pi * F * 1e-4) ** 0.9)

REAL = ("Re Z", "Z'", "Zre", "Re(Z)", "Z_real", "Real")
IMAGINARY = ("Im Z", "Z''", "Zim", "Im(Z)", "Z_imag", "Imag", 'Z"')
FREQUENCY = ("f", "Freq", "Frequency", "freq.")
OHM = {"Ohm": 1.0, "ohm": 1.0, "Ω": 1.0, "kOhm": 1e3, "MΩ": 1e6, "mOhm": 1e-3}
HERTZ = {"Hz": 1.0, "kHz": 1e3, "MHz": 1e6}
UNIT_STYLES = ("{}/{}", "{} [{}]", "{} ({})", "{} in {}", "{} / {}")


@st.composite
def dialects(draw: st.DrawFn) -> dict[str, Any]:
    """How somebody may have exported a table."""
    delimiter = draw(st.sampled_from([",", ";", "\t", " ", ", "]))
    decimal = "." if delimiter.startswith(",") else draw(st.sampled_from([".", ","]))
    return {
        "delimiter": delimiter,
        "decimal": decimal,
        "style": draw(st.sampled_from([s for s in UNIT_STYLES if delimiter != " " or " " not in s.replace("{} ", "")])),
        "units_below": draw(st.booleans()),
        "order": draw(st.permutations(range(3))),
        "ohm": draw(st.sampled_from(list(OHM))),
        "hertz": draw(st.sampled_from(list(HERTZ))),
        "minus": draw(st.sampled_from(["", "-", "−"])),
        "names": (draw(st.sampled_from(FREQUENCY)), draw(st.sampled_from(REAL)), draw(st.sampled_from(IMAGINARY))),
        "digits": draw(st.integers(5, 17)),
        "newline": draw(st.sampled_from(["\n", "\r\n", "\r"])),
        "comment": draw(st.sampled_from(["", "# ", "% "])),
        "above": draw(st.sampled_from([[], ["Pellet 7, pressed at 300 MPa"], ["Sample: a", "", "Operator: b"]])),
        "trailing": draw(st.booleans()),
        "rising": draw(st.booleans()),
        "extra": draw(st.booleans()),
        "encoding": draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])),
    }


def table(d: dict[str, Any]) -> tuple[str, np.ndarray, np.ndarray]:
    """Text of the file, and the numbers that it holds after rounding to its digits."""
    way = slice(None, None, -1) if d["rising"] else slice(None)
    sign = -1.0 if d["minus"] else 1.0
    columns = [F[way] / HERTZ[d["hertz"]], Z.real[way] / OHM[d["ohm"]], sign * Z.imag[way] / OHM[d["ohm"]]]
    printed = [[f"{value:.{d['digits']}g}" for value in column] for column in columns]
    numbers = [np.array(column, dtype=float) for column in printed]
    units = [d["hertz"], d["ohm"], d["ohm"]]
    names = [d["names"][0], d["names"][1], d["minus"] + d["names"][2]]
    heads = names if d["units_below"] else [d["style"].format(*pair) for pair in zip(names, units, strict=True)]
    order = list(d["order"])
    lines = [[heads[k] for k in order]] + ([[units[k] for k in order]] if d["units_below"] else [])
    lines[0][0] = d["comment"] + lines[0][0]
    lines += [[printed[k][row].replace(".", d["decimal"]) for k in order] for row in range(len(F))]
    if d["extra"]:
        fill = ["quality"] + ([""] if d["units_below"] and d["delimiter"] != " " else ["-"] if d["units_below"] else [])
        lines = [[*line, fill[k] if k < len(fill) else "ok"] for k, line in enumerate(lines)]
    end = d["delimiter"].strip(" ") if d["trailing"] else ""
    text = d["newline"].join([*d["above"], *(d["delimiter"].join(line) + end for line in lines)]) + d["newline"]
    impedance = (numbers[1] + 1j * sign * numbers[2]) * OHM[d["ohm"]]
    return text, numbers[0] * HERTZ[d["hertz"]], impedance


@given(dialects())
def test_any_dialect_is_read_back(tmp_path_factory: pytest.TempPathFactory, dialect: dict[str, Any]) -> None:
    text, frequency, impedance = table(dialect)
    if dialect["delimiter"] == " " and any(" " in name for name in dialect["names"]):
        return  # blanks cannot both separate heads and be part of them
    path = tmp_path_factory.mktemp("dialect") / "spectrum.txt"
    path.write_bytes(text.encode(dialect["encoding"]))
    ds = mt.read(path)
    np.testing.assert_allclose(ds.frequency.values, frequency, rtol=1e-14)
    np.testing.assert_allclose(ds.impedance.values, impedance, rtol=1e-14)


@given(
    time=st.sampled_from([("t/s", 1.0), ("Time (h)", 3600.0), ("Zeit [min]", 60.0), ("Elapsed Time(s)", 1.0)]),
    voltage=st.sampled_from([("U/V", 1.0), ("Voltage (mV)", 1e-3), ("Ewe/V", 1.0), ("E [V]", 1.0)]),
    current=st.sampled_from(
        [("I/mA", 1e-3), ("Current (uA)", 1e-6), ("<I>/µA", 1e-6), ("I [A]", 1.0), ("-I/mA", -1e-3)]
    ),
    order=st.permutations(range(3)),
    delimiter=st.sampled_from([",", ";", "\t"]),
)
def test_signals_of_any_unit_are_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    time: tuple[str, float],
    voltage: tuple[str, float],
    current: tuple[str, float],
    order: list[int],
    delimiter: str,
) -> None:
    t = np.linspace(0, 7200, 13)
    v, i = 0.5 + 0 * t, 1e-5 * (1 + np.exp(-t / 600))
    heads, factors = zip(time, voltage, current, strict=True)
    printed = [[repr(float(x)) for x in column / factor] for column, factor in zip((t, v, i), factors, strict=True)]
    lines = [delimiter.join(row[k] for k in order) for row in [heads, *zip(*printed, strict=True)]]
    path = tmp_path_factory.mktemp("signal") / "signal.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    ds = mt.read(path)
    np.testing.assert_allclose(ds.time, t, rtol=1e-14)
    np.testing.assert_allclose(ds.voltage, v, rtol=1e-14)
    np.testing.assert_allclose(ds.current, i, rtol=1e-14)


# -- heads ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("head", "quantity", "unit", "negated"),
    [
        ("freq/Hz", "frequency", "Hz", False),
        ("-Im(Z)/Ohm", "imaginary", "Ohm", True),
        ('Z"/ohm', "imaginary", "ohm", False),
        ("Z''(b)", "imaginary", None, False),
        ("Neg. Zimag (Ohm)", "imaginary", "Ohm", True),
        ("Re Z / Ω cm²", "real", "Ω cm²", False),
        ("θ (°)", "phase", "°", False),
        ("T/K", "temperature", "K", False),
        ("T (s)", "time", "s", False),
        ("omega (rad/s)", "angular_frequency", "rad/s", False),
        ("j (mA/cm2)", "current", "mA/cm2", False),
        ("cycle number", "cycle", None, False),
    ],
)
def test_heads_in_words_and_symbols(head: str, quantity: str, unit: str | None, negated: bool) -> None:
    found = understand(head)
    assert found is not None
    assert (found.quantity, found.unit, found.negated) == (quantity, unit, negated)


@pytest.mark.parametrize(
    "head", ["|Ewe|/V", "|I|/A", "Cs/µF", "Re(Y)/Ohm-1", "Z2 Real", "E Applied(V)", "f/V", "Pt", "Im/V"]
)
def test_heads_that_say_something_else(head: str) -> None:
    assert understand(head) is None


def test_im_is_a_current_where_its_unit_says_so() -> None:
    found = understand("Im", "A")
    assert found is not None and found.quantity == "current"


# -- what is told and what is refused -------------------------------------------------------------------------------
def csv(tmp_path: Path, head: str, *columns: np.ndarray) -> Path:
    path = tmp_path / "a.csv"
    lines = [",".join(repr(float(v)) for v in row) for row in zip(*columns, strict=True)]
    path.write_text("\n".join(([head] if head else []) + lines) + "\n", encoding="utf-8")
    return path


def test_minus_im_under_the_head_im_is_refused_with_the_hint_that_helps(tmp_path: Path) -> None:
    path = csv(tmp_path, "Freq,Re,Imag", F, Z.real, -Z.imag)
    with pytest.raises(FileError, match=r"the imaginary part has the opposite sign.*negate=True"):
        mt.read(path)
    ds = mt.read(path, columns={"imaginary": mt.Column("Imag", negate=True)})
    np.testing.assert_allclose(ds.impedance.values, Z, rtol=1e-14)
    assert "Im Z = -(Imag)" in ds.attrs["reading"]


def test_so_is_it_when_there_are_too_few_points_to_test_more(tmp_path: Path) -> None:
    path = csv(tmp_path, "Freq,Re,Imag", F[:4], Z.real[:4], -Z.imag[:4])
    with pytest.raises(FileError, match="Im Z is positive at 100% of the points"):
        mt.read(path)
    assert (mt.read(path, check=False).impedance.values.imag > 0).all()


def test_an_inductive_end_is_no_reason_to_refuse(tmp_path: Path) -> None:
    z = Z + 2j * np.pi * F * 1e-5
    assert 0 < (z.imag > 0).sum() < len(F) / 2
    np.testing.assert_allclose(mt.read(csv(tmp_path, "f/Hz,Re/Ohm,Im/Ohm", F, z.real, z.imag)).impedance.values, z)


@pytest.mark.parametrize(
    "columns",
    [(F, Z.imag, Z.real), (F, -Z.imag, Z.real), (Z.real, F, Z.imag), (F, abs(Z), np.angle(Z, deg=True))],
    ids=["exchanged", "exchanged with minus", "frequency elsewhere", "|Z| and phase"],
)
def test_columns_under_the_wrong_heads_are_refused(tmp_path: Path, columns: tuple[np.ndarray, ...]) -> None:
    with pytest.raises(FileError, match=r"Say which column is which|not positive"):
        mt.read(csv(tmp_path, "f/Hz,Re/Ohm,Im/Ohm", *columns))


def test_frequencies_that_jump_are_refused(tmp_path: Path) -> None:
    shuffled = np.random.default_rng(1).permutation(len(F))
    with pytest.raises(FileError, match="neither rises nor falls"):
        mt.read(csv(tmp_path, "f/Hz,Re/Ohm,Im/Ohm", F[shuffled], Z.real[shuffled], Z.imag[shuffled]))


@pytest.mark.parametrize(("factor", "reason"), [(1e6, "beyond 1e-07 ... 1e.09 Hz"), (1e-9, "beyond 1e-07")])
def test_frequencies_out_of_reach_are_refused(tmp_path: Path, factor: float, reason: str) -> None:
    with pytest.raises(FileError, match=reason):
        mt.read(csv(tmp_path, "f/Hz,Re/Ohm,Im/Ohm", F * factor, Z.real, Z.imag))


def test_several_sweeps_are_a_tree(tmp_path: Path) -> None:
    """Loops that start again, and a sweep that comes back the way it went."""
    loops = csv(tmp_path, "f/Hz,Re/Ohm,Im/Ohm", *(np.tile(v, 3) for v in (F, Z.real, Z.imag)))
    tree = mt.read(loops)
    assert isinstance(tree, xr.DataTree) and list(tree.children) == ["spectrum_1", "spectrum_2", "spectrum_3"]
    back = csv(tmp_path, "f/Hz,Re/Ohm,Im/Ohm", *(np.concatenate([v, v[-2::-1]]) for v in (F, Z.real, Z.imag)))
    tree = mt.read(back)
    assert [node.sizes["frequency"] for node in tree.leaves] == [16, 15]
    np.testing.assert_array_equal(tree["spectrum_2"].impedance.values, Z[-2::-1])
    assert isinstance(mt.read(back, check=False), xr.DataTree)


def test_three_columns_without_heads_are_told_apart_if_they_can_be(tmp_path: Path) -> None:
    ds = mt.read(csv(tmp_path, "", F, Z.real, Z.imag))
    np.testing.assert_allclose(ds.impedance.values, Z, rtol=1e-14)
    assert "no heads: taken as frequency" in ds.attrs["reading"][0]


@pytest.mark.parametrize(
    "columns",
    [
        (np.arange(20.0), 0.5 + 0 * np.arange(20.0), np.geomspace(1e-5, 1e-6, 20)),  # time, voltage, current
        (F, Z.real, -Z.imag),  # Re Z and -Im Z, or |Z| and something else
        (F, abs(Z), np.angle(Z, deg=True)),
        (F, Z.real),
        (F, Z.real, Z.imag, abs(Z)),
    ],
)
def test_columns_without_heads_that_cannot_be_told_apart_are_refused(tmp_path: Path, columns: Any) -> None:
    with pytest.raises(FileError, match=r"columns without heads, which cannot be told apart.*columns=\{'frequency': 1"):
        mt.read(csv(tmp_path, "", *columns))


def test_columns_without_heads_can_be_named(tmp_path: Path) -> None:
    t, i = np.arange(20.0), np.geomspace(1e-2, 1e-3, 20)
    path = csv(tmp_path, "", t, 500 + 0 * t, i)
    where = {"time": mt.Column(1, unit="min"), "voltage": mt.Column(2, unit="mV"), "current": mt.Column(3, unit="mA")}
    ds = mt.read(path, columns=where)
    np.testing.assert_allclose(ds.time, 60 * t)
    np.testing.assert_allclose(ds.voltage, 0.5 + 0 * t)
    np.testing.assert_allclose(ds.current, i / 1e3)


def test_a_current_without_a_unit_is_refused(tmp_path: Path) -> None:
    t = np.arange(5.0)
    path = csv(tmp_path, "t/s,U/V,I", t, 0.5 + 0 * t, 0.1 + 0 * t)
    with pytest.raises(FileError, match=r"gives no unit of the current.*unit='mA'"):
        mt.read(path)
    assert float(mt.read(path, columns={"current": mt.Column("I", unit="mA")}).current[0]) == 1e-4


def test_a_file_without_current_asks_for_it(tmp_path: Path) -> None:
    t = np.arange(5.0)
    path = csv(tmp_path, "time/s,Ewe/V", t, 0.5 + 0 * t)
    with pytest.raises(FileError, match=r"no column of the current.*current='0.4 mA'"):
        mt.read(path)
    ds = mt.read(path, current="0.4 mA")
    assert (ds.current == 4e-4).all() and "the file has no current: 0.0004 A was given" in ds.attrs["reading"]


def test_voltage_and_current_must_belong_together(tmp_path: Path) -> None:
    t = np.arange(5.0)
    with pytest.raises(FileError, match="do not belong together"):
        mt.read(csv(tmp_path, "t/s,U/V,I/A", t, 1e-6 + 0 * t, 0.5 + 0 * t))
    with pytest.raises(FileError, match="the time goes back"):
        mt.read(csv(tmp_path, "t/s,U/V,I/A", t[::-1], 0.5 + 0 * t, 1e-6 + 0 * t))
    with pytest.raises(FileError, match="the time stands still"):
        mt.read(csv(tmp_path, "t/s,U/V,I/A", 0 * t, 0.5 + 0 * t, 1e-6 + 0 * t))


def test_times_of_a_clock_and_a_current_per_area(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Time;U [V];j [mA/cm2]\n00:00:00;0,5;0,02\n01:00:00;0,5;0,01\n1d 00:00:01,5;0,5;0,01\n")
    ds = mt.read(path, area="2 cm^2")
    np.testing.assert_array_equal(ds.time, [0, 3600, 86401.5])
    np.testing.assert_allclose(ds.current, [4e-5, 2e-5, 2e-5])


def test_frequencies_that_are_measured_again_are_no_new_sweep(tmp_path: Path) -> None:
    f, z = np.repeat(F, 2), np.repeat(Z, 2)
    f[1::2] *= 1.0001
    ds = mt.read(csv(tmp_path, "f/Hz,Re/Ohm,Im/Ohm", f, z.real, z.imag))
    np.testing.assert_array_equal(ds.frequency, f)


def test_a_frequency_out_of_place_is_pointed_out(tmp_path: Path) -> None:
    f = F.copy()
    f[5] *= 1.1
    ds = mt.read(csv(tmp_path, "f/Hz,Re/Ohm,Im/Ohm", f, Z.real, Z.imag))
    assert [text for text in ds.attrs["warnings"] if text.startswith(f"{f[5]:g} Hz stands unevenly")]


def test_what_was_read_can_be_analysed_and_replayed(tmp_path: Path) -> None:
    """A measurement is a Dataset like any other."""
    eis = mt.read(csv(tmp_path, "f/Hz,Re/Ohm,Im/Ohm", F, Z.real, Z.imag))
    assert float(mt.analysis.kramers_kronig(eis)["systematic_residual"]) < 0.01  # three points a decade
    t = np.linspace(0, 60, 4)
    step = mt.read(csv(tmp_path, "t/s,U/V,I/A", t, 0 * t + 0.01, 0 * t + 1e-5))
    np.testing.assert_array_equal(mt.Replay(step).signal.times, t)


def test_quantities_per_area_need_the_area(tmp_path: Path) -> None:
    path = csv(tmp_path, "f/Hz,Re Z / Ohm cm²,Im Z / Ohm cm²", F, Z.real, Z.imag)
    with pytest.raises(FileError, match=r"per area .*give the area"):
        mt.read(path)
    ds = mt.read(path, area="0.5 cm^2", temperature="60 degC", thickness="0.7 mm")
    np.testing.assert_allclose(ds.impedance.values, Z / 0.5, rtol=1e-12)
    assert ds.attrs["area"] == pytest.approx(0.5e-4) and ds.attrs["temperature"] == pytest.approx(333.15)
    assert ds.attrs["thickness"] == pytest.approx(0.7e-3)


def test_commas_that_may_mark_thousands_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("f/Hz;Re/Ohm;Im/Ohm\n1,000;120,500;-3,500\n0,100;130,500;-9,500\n0,010;150,500;-3,250\n")
    with pytest.raises(FileError, match=r"may mark decimals or thousands.*decimal=','"):
        mt.read(path)
    np.testing.assert_array_equal(mt.read(path, decimal=",").impedance.values.real, [120.5, 130.5, 150.5])


def test_decimal_commas_between_commas_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("f/Hz,Re/Ohm,Im/Ohm\n1000,5,120,5,-3,5\n100,5,130,5,-9,5\n10,5,150,5,-3,2\n")
    with pytest.raises(FileError, match=r"has 6 values, but the header names 3 columns.*a comma marks decimals"):
        mt.read(path)


@pytest.mark.parametrize(
    "text",
    [
        # Nova, Zahner's text, Origin with its three lines of heads, pandas with an index, words with underscores
        "Index;Frequency (Hz);Z' (Ω);-Z'' (Ω);Z (Ω);-Phase (°);Time (s)\n"
        "1;100,0;120,5;3,5;120,55;1,6638;1\n2;10,0;130,5;9,5;130,85;4,1636;2\n3;1,0;150,5;3,2;150,53;1,2181;3\n",
        "Frequency\tZ'\tZ''\nHz\tOhm\tOhm\n\t\tcell 1\n100\t120.5\t-3.5\n10\t130.5\t-9.5\n1\t150.5\t-3.2\n",
        ",freq_Hz,z_real_ohm,minus_z_imag_ohm\n0,100.0,120.5,3.5\n1,10.0,130.5,9.5\n2,1.0,150.5,3.2\n",
        "# Frequency/Hz  Impedance real/Ohm  Impedance imag/Ohm\n100 120.5 -3.5\n10 130.5 -9.5\n1 150.5 -3.2\n",
        '"Frequency, Hz","Re Z, kOhm","Im Z, kOhm"\n"100","0.1205","-0.0035"\n"10","0.1305","-0.0095"\n'
        '"1","0.1505","-0.0032"\n',
    ],
)
def test_exports_of_other_programs(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    ds = mt.read(path)
    np.testing.assert_allclose(ds.frequency, [100, 10, 1])
    np.testing.assert_allclose(ds.impedance.values, [120.5 - 3.5j, 130.5 - 9.5j, 150.5 - 3.2j], rtol=1e-12)


def test_exports_of_cyclers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "Data_Point,Date_Time,Test_Time(s),Step_Time(s),Step_Index,Cycle_Index,Voltage(V),Current(A)\n"
        "1,1/2/2026 10:00:00,0.0,0.0,1,1,0.5,0.001\n2,1/2/2026 10:00:10,10.0,10.0,1,1,0.6,0.001\n"
        "3,1/2/2026 10:00:20,20.0,0.0,2,2,0.4,-0.001\n"
    )
    ds = mt.read(path)
    np.testing.assert_array_equal(ds.time, [0, 10, 20])
    assert (ds.step.values.tolist(), ds.cycle.values.tolist()) == ([0, 0, 1], [0, 0, 1])
    path.write_text("Time(h:min:s.ms)\tVoltage(V)\tCurrent(mA)\n0:00:00.000\t0.5\t1.0\n0:00:10.500\t0.6\t1.0\n")
    np.testing.assert_array_equal(mt.read(path).time, [0, 10.5])


def test_the_minus_sign_of_typographers_in_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("f/Hz;Re/Ohm;Im/Ohm\n100;120.5;−3.5\n10;130.5;−9.5\n1;150.5;−3.2\n", encoding="utf-8")
    np.testing.assert_array_equal(mt.read(path).impedance.values.imag, [-3.5, -9.5, -3.2])


def test_an_unknown_head_shows_what_was_seen(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no column of Im Z.*Columns seen: f/Hz \(frequency\), Re/Ohm \(real\), what"):
        mt.read(csv(tmp_path, "f/Hz,Re/Ohm,what", F, Z.real, Z.imag))
    with pytest.raises(FileError, match=r"no column of the frequency"):
        mt.read(csv(tmp_path, "what,Re/Ohm,Im/Ohm", F, Z.real, Z.imag))
    with pytest.raises(FileError, match="may both be the"):
        mt.read(csv(tmp_path, "f/Hz,Re/Ohm,Im/Ohm,Im/Ohm", F, Z.real, Z.imag, Z.imag))


@pytest.mark.parametrize(
    ("hints", "reason"),
    [
        ({"decimal": "dot"}, "the decimal sign is"),
        ({"columns": {"impedence": 1}}, "unknown column 'impedence'"),
        ({"columns": {"frequency": 0}}, "counted from 1"),
        ({"columns": {"frequency": 9}}, "no column 9, only 3"),
        ({"columns": {"frequency": "Freq"}}, "'Freq' is no head of a column"),
        ({"columns": {"frequency": mt.Column(1, unit="V")}}, "'V' is no unit of it"),
        ({"area": "3 mm"}, "area: "),
        ({"temperature": "25"}, "temperature: "),
        ({"check": "yes"}, "must be True or False"),
    ],
)
def test_hints_are_validated(tmp_path: Path, hints: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        mt.read(csv(tmp_path, "f/Hz,Re/Ohm,Im/Ohm", F, Z.real, Z.imag), **hints)


def test_facts_above_the_table_are_kept(tmp_path: Path) -> None:
    head = "Electrode area: 0.785 cm2\nThickness (um): 750\nTemperature = 60 °C\nmeasured 2026-01-02 10:00\n"
    head += "f/Hz,Re/Ohm,Im/Ohm"
    ds = mt.read(csv(tmp_path, head, F, Z.real, Z.imag))
    assert ds.attrs["area"] == pytest.approx(0.785e-4) and ds.attrs["thickness"] == pytest.approx(0.75e-3)
    assert ds.attrs["temperature"] == pytest.approx(333.15) and ds.attrs["date"] == "2026-01-02 10:00"
    assert ds.attrs["file"] == "a.csv" and ds.attrs["route"] == "measured, delimited text"


def test_what_was_read_can_be_saved_and_opened(tmp_path: Path) -> None:
    ds = mt.read(csv(tmp_path, "f/Hz,Re/Ohm,Im/Ohm", F, Z.real, Z.imag))
    assert mt.open(mt.save(ds, tmp_path / "a.nc")).identical(ds)


def test_every_simulated_spectrum_is_passive() -> None:
    """The judge of columns lets pass what the model says cells do: within the 2 % that it takes as noise."""
    for name in ("trilayer", "au_mg3asn_au", "au_mofsse_au"):
        ds = mt.simulate(mt.cell(name), mt.EIS(1e6, 1.0, points=25))
        assert misfit(ds.frequency.values, ds.impedance.values) < 0.02
