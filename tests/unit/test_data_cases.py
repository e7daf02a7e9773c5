"""Small files, each for a kind of fault that once gave a wrong number silently: tests/cases, and more of each kind.

What is right, and why, stands in the file expected.json beside each of the first.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin.errors import FileError

CASES = Path(__file__).parents[1] / "cases"
F = np.geomspace(1e5, 1.0, 16)
Z = 20 + 100 / (1 + (2j * np.pi * F * 1e-4) ** 0.9)
W = 2 * np.pi * F
#: A file with these heads and columns.
Csv = Callable[..., Path]


def case(name: str, file: str) -> xr.Dataset:
    """The one Dataset of a file."""
    (found,) = several(name, file)
    return found


def several(name: str, file: str) -> list[xr.Dataset]:
    data = mt.read(CASES / name / file)
    return [node.to_dataset() for node in data.leaves] if isinstance(data, xr.DataTree) else [data]


def expected(name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((CASES / name / "expected.json").read_text())["check"]
    return found


@pytest.fixture
def csv(tmp_path: Path) -> Csv:
    """Writes a file of comma-separated columns; words stay words."""

    def write(head: str, *columns: object, above: str = "") -> Path:
        path = tmp_path / "a.csv"
        rows = zip(
            *(column if isinstance(column, list) else np.asarray(column).tolist() for column in columns), strict=True
        )
        path.write_text(above + "\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
        return path

    return write


# -- a current without sign, beside a column that says the direction --------------------------------------------------
def test_maccor_magnitudes_take_the_sign_of_their_state() -> None:
    ds, right = case("01_maccor_magnitude", "sym.csv"), expected("01_maccor_magnitude")
    assert float(ds.current.min()) == right["min_current_A"] and float(ds.current.max()) == right["max_current_A"]
    assert float(ds.current.sum()) * 600 == pytest.approx(right["charge_net_C"], abs=1e-15)
    assert (ds.voltage * ds.current >= 0).all()  # a passive cell
    assert any("is a magnitude: its sign is that of 'MD'" in note for note in ds.attrs["reading"])


T = np.arange(6.0)
V = np.array([0.0, 0.3, 0.3, -0.3, -0.3, 0.0])
I = np.array([0.0, 1e-5, 1e-5, 1e-5, 1e-5, 0.0])  # noqa: E741


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("State", ["R", "C", "S", "D", "S", "R"]),
        ("Step Type", ["Rest", "CC Chg", "CCCV Chg", "CC DChg", "CV_DChg", "Rest"]),
        ("Command", ["Pause", "Charge", "Charge", "Discharge", "Discharge", "Pause"]),
        ("Modus", ["搁置", "恒流充电", "恒流充电", "恒流放电", "恒流放电", "搁置"]),  # a head that nobody knows
    ],
)
def test_words_of_other_cyclers(csv: Csv, head: str, words: list[str]) -> None:
    ds = mt.read(csv(f"t/s,U/V,I/A,{head}", T, V, I, words))
    np.testing.assert_array_equal(ds.current, I * [1, 1, 1, -1, -1, 1])


def test_signs_that_contradict_the_words_are_the_other_convention(csv: Csv) -> None:
    words = ["R", "C", "C", "D", "D", "R"]
    path = csv("t/s,U/V,I/A,MD", T, V, -I * [1, 1, 1, -1, -1, 1], words)
    with pytest.raises(FileError, match=r"negative where 'MD' says 'C'.*negate=True"):
        mt.read(path)
    ds = mt.read(path, columns={"current": mt.Column("I/A", negate=True)})
    np.testing.assert_array_equal(np.sign(ds.current), [0, 1, 1, -1, -1, 0])


def test_a_word_that_says_no_direction_where_a_magnitude_flows(csv: Csv) -> None:
    with pytest.raises(FileError, match=r"'MD' says 'P' where it flows.*columns=\{'direction'"):
        mt.read(csv("t/s,U/V,I/A,MD", T, V, I, ["R", "C", "C", "D", "P", "R"]))


def test_a_magnitude_without_any_word_is_seen_by_the_voltage(csv: Csv) -> None:
    """V I < 0 from one row to the next at the same current: no passive cell, and no battery."""
    path = csv("t/s,U/V,I/A", T, V, I)
    with pytest.raises(FileError, match=r"the voltage turns over here while the current stays the same"):
        mt.read(path)
    np.testing.assert_array_equal(mt.read(path, check=False).current, I)


def test_a_battery_that_delivers_is_no_magnitude(csv: Csv) -> None:
    ds = mt.read(csv("t/s,U/V,I/A", T, 1.5 - 0.1 * T, -I))
    np.testing.assert_array_equal(ds.current, -I)


# -- temperature and bias belong to each spectrum ---------------------------------------------------------------------
def test_each_spectrum_has_its_own_temperature() -> None:
    found = several("03_three_temperatures_close", "sweep.txt")
    temperatures = [ds.attrs["temperature"] for ds in found]
    np.testing.assert_allclose(temperatures, expected("03_three_temperatures_close")["temperatures_K"], rtol=1e-12)


def test_each_spectrum_of_a_staircase_has_its_bias() -> None:
    found = several("15_staircase_bias", "speis.mpt")
    assert [ds.attrs["bias"] for ds in found] == expected("15_staircase_bias")["bias_V"]
    np.testing.assert_allclose([ds.attrs["bias_current"] for ds in found], [0, 20e-6, 40e-6])


@pytest.mark.parametrize("heads", ["Vdc/V,Idc/A", "Ewe/V,<I>/A", "DC potential (V),DC current (A)", "E [V],I [A]"])
def test_the_bias_under_other_heads(csv: Csv, heads: str) -> None:
    ds = mt.read(csv(f"f/Hz,Re/Ohm,Im/Ohm,{heads}", F, Z.real, Z.imag, 0 * F + 0.5, 0 * F + 1e-5))
    assert ds.attrs["bias"] == pytest.approx(0.5) and ds.attrs["bias_current"] == pytest.approx(1e-5)


def test_the_bias_is_that_of_the_cell_and_zeros_are_none(csv: Csv) -> None:
    ds = mt.read(csv("f/Hz,Re/Ohm,Im/Ohm,<Ewe>/V,<Ece>/V", F, Z.real, Z.imag, 0 * F + 0.5, 0 * F - 0.2))
    assert ds.attrs["bias"] == pytest.approx(0.7)
    assert "bias" not in mt.read(csv("f/Hz,Re/Ohm,Im/Ohm,Vdc/V", F, Z.real, Z.imag, 0 * F)).attrs


def test_a_temperature_that_moves_is_not_taken(csv: Csv) -> None:
    ds = mt.read(csv("f/Hz,Re/Ohm,Im/Ohm,T/°C", F, Z.real, Z.imag, np.linspace(25, 45, 16)))
    assert "temperature" not in ds.attrs and "goes from 25 to 45 °C" in ds.attrs["warnings"][0]


def test_spectra_that_are_mixed_row_by_row_are_refused(csv: Csv) -> None:
    two = [np.repeat(column, 2) for column in (F, Z.real, Z.imag)]
    with pytest.raises(FileError, match="one frequency have several temperatures"):
        mt.read(csv("f/Hz,Re/Ohm,Im/Ohm,T/°C", *two, np.tile([25.0, 28.0], 16)))


# -- a column that is not needed, or a date, stops nothing ------------------------------------------------------------
def test_a_time_written_as_dates_goes_on_past_midnight() -> None:
    ds, right = case("06_absolute_time_signal", "cp.mpt"), expected("06_absolute_time_signal")
    assert ds.sizes["time"] == right["points"]
    assert float(ds.time[0]) == 0 and float(ds.time[-1]) == right["duration_s"]
    assert ds.attrs["date"] == "11/20/2024 23:59:50.000"


@pytest.mark.parametrize(
    ("dates", "seconds"),
    [
        (["2024-02-28 23:59:59", "2024-02-29 00:00:00", "2024-03-01 00:00:00"], [0, 1, 86401]),
        (["2024-02-26T00:00:00Z", "2024-02-26T00:00:01.5Z", "2024-02-26T00:01:00Z"], [0, 1.5, 60]),
        (["23-Nov-23 11:59:59 AM", "23-Nov-23 12:00:00 PM", "24-Nov-23 12:00:00 AM"], [0, 1, 43201]),
        (["26.02.2024 23:59:59", "27.02.2024 00:00:00", "27.02.2024 00:00:01"], [0, 1, 2]),
        (["31/01/2024 23:59:59", "01/02/2024 00:00:00", "01/02/2024 00:00:01"], [0, 1, 2]),
    ],
)
def test_dates_of_other_programs(csv: Csv, dates: list[str], seconds: list[float]) -> None:
    ds = mt.read(csv("Date/Time,U/V,I/A", dates, V[:3], I[:3]))
    np.testing.assert_allclose(ds.time, seconds)


def test_dates_that_may_be_read_in_two_ways_are_refused(csv: Csv) -> None:
    with pytest.raises(FileError, match="has the day or the month first cannot be told"):
        mt.read(csv("Date/Time,U/V,I/A", ["01/02/2024 00:00:00", "02/03/2024 00:00:00"], V[:2], I[:2]))


def test_a_time_that_begins_anew_gives_way_to_dates(csv: Csv) -> None:
    dates = [f"2024-01-01 00:00:{10 * k:02d}" for k in range(6)]
    ds = mt.read(csv("Time/s,Realtime,U/V,I/A", [0, 10, 20, 0, 10, 20], dates, 0 * T + 0.3, 0 * T + 1e-5))
    np.testing.assert_array_equal(ds.time, 10 * T)
    assert any("begins anew with every step" in note for note in ds.attrs["reading"])


def test_the_time_of_the_test_goes_before_that_of_the_step(csv: Csv) -> None:
    ds = mt.read(csv("Time/s,Total Time/s,U/V,I/A", [0, 10, 20, 0, 10, 20], 10 * T, 0 * T + 0.3, 0 * T + 1e-5))
    np.testing.assert_array_equal(ds.time, 10 * T)


@pytest.mark.parametrize(
    ("heads", "column"),
    [
        ("time/s", [f"2024-01-01 00:00:{k:02d}" for k in range(16)]),  # a date
        ("time/s", ["?"] * 16),
        ("cycle number", ["a"] * 16),
        ("Temperature (C)", ["cold"] * 16),
        ("<Ewe>/V", ["---"] * 16),
        ("I", [1.0] * 16),  # a current without unit
    ],
)
def test_a_column_that_a_spectrum_does_not_need_never_stops_it(csv: Csv, heads: str, column: list[object]) -> None:
    ds = mt.read(csv(f"f/Hz,Re/Ohm,Im/Ohm,{heads}", F, Z.real, Z.imag, column))
    np.testing.assert_allclose(ds.impedance.values, Z)
    assert ds.attrs["warnings"] == []


def test_two_columns_of_a_quantity_that_is_not_needed_stop_nothing(csv: Csv) -> None:
    ds = mt.read(csv("f/Hz,Re/Ohm,Im/Ohm,Temp (C),Temp (C)", F, Z.real, Z.imag, 0 * F + 25, 0 * F + 60))
    assert "temperature" not in ds.attrs
    assert any("may both be the temperature" in note for note in ds.attrs["reading"])


# -- which electrode a column belongs to ------------------------------------------------------------------------------
def test_the_voltage_is_that_between_the_electrodes() -> None:
    ds = case("08_cp_with_counter", "cp3.mpt")
    np.testing.assert_allclose(ds.voltage, expected("08_cp_with_counter")["cell_voltage_V"], rtol=1e-12)
    assert any("'Ewe/V' - 'Ece/V'" in note for note in ds.attrs["reading"])


def test_a_counter_electrode_that_was_not_measured(csv: Csv) -> None:
    ds = mt.read(csv("t/s,Ewe/V,Ece/V,I/A", T, 0 * T + 0.3, 0 * T, 0 * T + 1e-5))
    np.testing.assert_array_equal(ds.voltage, 0 * T + 0.3)
    assert any("'Ece/V' is no measurement" in note for note in ds.attrs["reading"])


def test_the_impedance_of_the_cell_goes_before_that_of_an_electrode(csv: Csv) -> None:
    heads = "freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm,Re(Zce)/Ohm,-Im(Zce)/Ohm"
    columns = (F, Z.real, -Z.imag, 2 * Z.real, -2 * Z.imag)
    ds = mt.read(csv(heads, *columns))
    np.testing.assert_allclose(ds.impedance.values, Z)
    assert "working electrode against the reference; left out: Re(Zce)/Ohm" in ds.attrs["reading"][0]
    ds = mt.read(csv(f"{heads},Re(Zwe-ce)/Ohm,-Im(Zwe-ce)/Ohm", *columns, 3 * Z.real, -3 * Z.imag))
    np.testing.assert_allclose(ds.impedance.values, 3 * Z)
    assert ds.attrs["reading"][0].startswith("the impedance is that of the cell")


# -- zeros are no measurement -----------------------------------------------------------------------------------------
def test_a_voltage_of_zeros_while_a_current_flows_is_said() -> None:
    assert expected("09_zero_voltage")["must_warn"]
    assert any("the voltage is exactly 0 V" in text for text in case("09_zero_voltage", "cp0.mpt").attrs["warnings"])


def test_so_is_a_current_of_zeros(csv: Csv) -> None:
    ds = mt.read(csv("t/s,U/V,I/mA", T, V, ["0.00"] * 6))
    assert "printed with too few digits" in ds.attrs["warnings"][0]


def test_another_column_goes_before_one_of_zeros(csv: Csv) -> None:
    ds = mt.read(csv("t/s,Ecell/V,Ewe/V,I/A", T, 0 * T, 0 * T + 0.3, 0 * T + 1e-5))
    np.testing.assert_array_equal(ds.voltage, 0 * T + 0.3)
    ds = mt.read(csv("f/Hz,Re/Ohm,Im/Ohm,|Z|/Ohm,Phase/deg", F, Z.real, Z.imag, 0 * F, 0 * F))
    np.testing.assert_allclose(ds.impedance.values, Z)
    ds = mt.read(csv("f/Hz,Re/Ohm,Im/Ohm,|Z|/Ohm,Phase/deg", F, 0 * F, 0 * F, abs(Z), np.angle(Z, deg=True)))
    np.testing.assert_allclose(ds.impedance.values, Z)


# -- text above a table -----------------------------------------------------------------------------------------------
def test_text_above_a_table_follows_the_rules_of_its_columns() -> None:
    right = expected("11_head_units")
    assert case("11_head_units", "temp.csv").attrs["temperature"] == pytest.approx(right["temperature_K"])
    ds = case("11_head_units", "thick.csv")
    assert ds.attrs["temperature"] == pytest.approx(right["temperature_K"]) and "thickness" not in ds.attrs
    assert "the comma may mark decimals or thousands" in ds.attrs["reading"][0]


@pytest.mark.parametrize(
    ("text", "name", "value", "why"),
    [
        ("Electrode area: 1,000 mm²", "area", None, "may mark decimals or thousands"),
        ("Electrode area: 1,000.0 mm²", "area", 1e-3, ""),
        ("Electrode area: 78,5 mm²", "area", 78.5e-6, ""),
        ("Temperature: 20-25 °C", "temperature", None, "it is a range"),
        ("Temperature: 20 to 25 °C", "temperature", None, "it is a range"),
        ("Temperature: 25 ± 1 °C", "temperature", 298.15, ""),
        ("Temperature: 60", "temperature", None, "it has no unit"),
        ("Temperature: 60 mm", "temperature", None, "is no unit of it"),
        ("Thickness: 0.5 mm\nThickness: 0.7 mm", "thickness", None, "gives two values of the thickness"),
        ("Thickness: 0.5 mm\nSample thickness: 500 um", "thickness", 5e-4, ""),
        ("Thickness: -0.5 mm", "thickness", None, "it is not positive"),
    ],
)
def test_quantities_above_a_table(csv: Csv, text: str, name: str, value: float | None, why: str) -> None:
    ds = mt.read(csv("f/Hz,Re/Ohm,Im/Ohm", F, Z.real, Z.imag, above=f"{text}\n"))
    assert ds.attrs.get(name) == (value if value is None else pytest.approx(value))
    assert any("is not used" in note and why in note for note in ds.attrs["reading"]) == bool(why)


def test_a_decimal_comma_of_the_table_is_one_above_it(csv: Csv) -> None:
    rows = [f"{f:.4f};{z.real:.4f};{z.imag:.4f}".replace(".", ",") for f, z in zip(F, Z, strict=True)]
    path = csv("f/Hz;Re/Ohm;Im/Ohm", rows, above="Thickness: 1,250 mm\n")
    assert mt.read(path).attrs["thickness"] == pytest.approx(1.25e-3)


# -- what impedance analysers write -----------------------------------------------------------------------------------
def test_impedance_analysers() -> None:
    right = expected("13_analyser_theta_z")
    for file in ("e.csv", "cpd.csv"):
        z = case("13_analyser_theta_z", file).impedance.values
        for value, key in ((z[0], "z_first"), (z[-1], "z_last")):
            assert value == pytest.approx(complex(*right[key]), rel=1e-5)  # type: ignore[misc]


@pytest.mark.parametrize("heads", ["|Z|(Ohm),theta-z(deg)", "Trace 1: |Z| (Ohm),Trace 2: theta-z (deg)"])
def test_traces_side_by_side_or_in_blocks_of_their_own(tmp_path: Path, heads: str) -> None:
    f, z, phase = ([f"{x:.12e}" for x in column] for column in (F, abs(Z), np.angle(Z, deg=True)))
    first, second = heads.split(",")
    head = "!CSV A.01.01\n!Date: Mon Jun 03 10:00:00 2024\n"

    def block(channel: int, *columns: list[str], heads: str) -> str:
        rows = "\n".join(",".join(row) for row in zip(*columns, strict=True))
        return f"BEGIN CH{channel}_DATA\nFreq(Hz),{heads}\n{rows}\nEND\n"

    for k, text in enumerate((
        block(1, f, z, phase, heads=heads),
        block(1, f, z, heads=first) + block(2, f, phase, heads=second),
    )):  # fmt: skip
        path = tmp_path / f"{k}.csv"
        path.write_text(head + text)
        ds = mt.read(path)
        np.testing.assert_allclose(ds.impedance.values, Z, rtol=1e-11)
        assert ds.attrs["format"] == "Keysight CSV" and ds.attrs["warnings"] == []
        path.write_text((head + text)[:-200])
        with pytest.raises(FileError, match=r"does not end \(END\)"):
            mt.read(path)


def test_a_clock_that_passes_midnight_goes_on(csv: Csv) -> None:
    ds = mt.read(csv("Time,U/V,I/A", ["23:59:58", "23:59:59", "00:00:00", "00:00:01"], V[:4], [1e-5] * 4), check=False)
    np.testing.assert_array_equal(np.diff(ds.time), [1, 1, 1])
    assert any("midnight" in note for note in ds.attrs["reading"])


Y = 1 / Z
EPS = Y / (1j * W * 8.8541878128e-12) / (1e-4 / 1e-3)  # 1 cm² and 1 mm
PAIRS = {
    "|Y|/S,theta-y(deg)": (abs(Y), np.angle(Y, deg=True)),
    "G(S),B(S)": (Y.real, Y.imag),
    "Re(Y)/Ohm-1,Im(Y)/Ohm-1": (Y.real, Y.imag),
    "Cp(F),G(S)": (Y.imag / W, Y.real),
    "Cp(pF),Rp(Ohm)": (Y.imag / W * 1e12, 1 / Y.real),
    "Cp[F],D": (Y.imag / W, Y.real / Y.imag),
    "Cp[F],Q": (Y.imag / W, Y.imag / Y.real),
    "Cs[F],Rs[Ohm]": (-1 / (W * Z.imag), Z.real),
    "Cs[F],D": (-1 / (W * Z.imag), -Z.real / Z.imag),
    "Ls[H],Rs[Ohm]": (Z.imag / W, Z.real),
}


@pytest.mark.parametrize("heads", PAIRS)
def test_pairs_of_impedance_analysers(csv: Csv, heads: str) -> None:
    ds = mt.read(csv(f"Frequency[Hz],{heads}", F, *PAIRS[heads]))
    np.testing.assert_allclose(ds.impedance.values, Z, rtol=1e-12)
    assert any(note.startswith("Re Z and Im Z computed from") for note in ds.attrs["reading"])


@pytest.mark.parametrize(
    ("heads", "pair"),
    [
        ("Eps',Eps''", (EPS.real, -EPS.imag)),
        ("Eps',Tan(Delta)", (EPS.real, -EPS.imag / EPS.real)),
        ("Sig' [S/cm],Sig'' [S/cm]", (Y.real / 10, Y.imag / 10)),  # L/A = 10 1/m, S/m = 0.01 S/cm
    ],
)
def test_quantities_of_the_material_need_the_geometry(csv: Csv, heads: str, pair: tuple[np.ndarray, ...]) -> None:
    path = csv(f"Freq. [Hz],{heads}", F, *pair)
    with pytest.raises(FileError, match=r"give its geometry.*area='1 cm\^2', thickness='1 mm'"):
        mt.read(path)
    ds = mt.read(path, area="1 cm^2", thickness="1 mm")
    np.testing.assert_allclose(ds.impedance.values, Z, rtol=1e-12)


def test_half_a_pair_gets_the_hint_that_works(csv: Csv) -> None:
    path = csv("f/Hz,|Z|/Ohm,winkel", F, abs(Z), np.angle(Z, deg=True))
    with pytest.raises(FileError, match=r"no column of the phase.*'phase': mt.Column\('...', unit='deg'\)"):
        mt.read(path)
    ds = mt.read(path, columns={"modulus": 2, "phase": mt.Column("winkel", unit="deg")})
    np.testing.assert_allclose(ds.impedance.values, Z)


def test_a_time_out_of_place_and_a_lost_row_are_said(csv: Csv) -> None:
    t = np.arange(20.0)
    t[7] += 0.3
    ds = mt.read(csv("t/s,U/V,I/A", t, 0.3 + 0 * t, 1e-5 + 0 * t))
    assert ds.attrs["warnings"] == ["7.3 s stands unevenly, unlike all other times: it may be a wrong number."]
    t = np.delete(np.arange(20.0), 7)
    ds = mt.read(csv("t/s,U/V,I/A", t, 0.3 + 0 * t, 1e-5 + 0 * t))
    assert ds.attrs["warnings"] == ["between 6 and 8 s a time is missing, unlike anywhere else."]
    f, z = np.delete(F, 7), np.delete(Z, 7)
    ds = mt.read(csv("f/Hz,Re/Ohm,Im/Ohm", f, z.real, z.imag))
    assert "a frequency is missing" in ds.attrs["warnings"][0]


def test_a_number_that_is_printed_unlike_all_others_is_said(csv: Csv) -> None:
    rows = [f"{f:.4e},{z.real:.4e},{z.imag:.4e}" for f, z in zip(F, Z, strict=True)]
    rows[4] = rows[4].replace("e+01", "11e+01")
    ds = mt.read(csv("f/Hz,Re/Ohm,Im/Ohm", rows))
    assert "printed unlike all other numbers of the column" in ds.attrs["warnings"][0]


# -- rows that must not be lost ---------------------------------------------------------------------------------------
def test_the_last_row_of_a_file_without_a_final_line_break_is_kept(csv: Csv) -> None:
    """Whoever prints seven digits has none left to lose; a decimal that is shorter has lost its last ones at most."""
    rows = [f"{f:.7g},{z.imag:.7g},{z.real:.7g}" for f, z in zip(F, Z, strict=True)]
    path = csv("f/Hz,Im/Ohm,Re/Ohm", rows)
    whole = path.read_text().rstrip("\n")
    path.write_text(whole)
    ds = mt.read(path)
    assert ds.sizes["frequency"] == 16 and ds.attrs["warnings"] == []
    path.write_text(whole[:-2])
    ds = mt.read(path)
    assert ds.sizes["frequency"] == 16 and "may have lost digits, less than 8e-05 of it" in ds.attrs["warnings"][0]
    np.testing.assert_allclose(ds.impedance.values, Z, rtol=8e-5)
    path.write_text(whole[: -len("9793")])
    ds = mt.read(path)
    assert ds.sizes["frequency"] == 15 and "no line break" in ds.attrs["warnings"][0]


@pytest.mark.parametrize("joint", ["\t\t", "\t"])
def test_heads_with_double_tabs(tmp_path: Path, joint: str) -> None:
    path = tmp_path / "a.txt"
    rows = "\n".join(joint.join(f"{x:.6e}" for x in (f, z.real, z.imag)) for f, z in zip(F, Z, strict=True))
    path.write_text(f"Freq/Hz\t\tRe/Ohm\t\tIm/Ohm\n{rows}\n")
    np.testing.assert_allclose(mt.read(path).impedance.values, Z, rtol=1e-6)


@pytest.mark.parametrize("token", ["--", "1e999", "NaN", "-1.#IND"])
def test_gaps_of_a_signal_are_said(csv: Csv, token: str) -> None:
    ds = mt.read(csv("t/s,U/V,I/A", T, ["0.3", token, *["0.3"] * 4], 0 * T + 1e-5))
    assert np.isnan(float(ds.voltage[1])) and "1 values of the voltage are missing" in ds.attrs["warnings"][0]


@pytest.mark.parametrize("row", ["1e5,--,--", "1e999,20.0,-1.0"])
def test_gaps_of_a_spectrum_are_said_even_in_the_first_row(csv: Csv, row: str) -> None:
    rows = [row, *(f"{f},{z.real},{z.imag}" for f, z in zip(F[1:], Z[1:], strict=True))]
    ds = mt.read(csv("f/Hz,Re/Ohm,Im/Ohm", rows))
    assert ds.sizes["frequency"] == 15 and "without a value" in ds.attrs["warnings"][0]


def test_a_damaged_first_row_is_no_comment(csv: Csv) -> None:
    rows = ["1e5,2#.0,-§", *(f"{f},{z.real},{z.imag}" for f, z in zip(F[1:], Z[1:], strict=True))]
    with pytest.raises(FileError, match="stands between the heads and the rows, but is no row"):
        mt.read(csv("f/Hz,Re/Ohm,Im/Ohm", rows))
    rows[0] = "#?§§!"
    assert "was left out" in mt.read(csv("f/Hz,Re/Ohm,Im/Ohm", ["x?§§!", *rows[1:]])).attrs["warnings"][0]


def test_rows_of_frequency_zero_are_said(csv: Csv) -> None:
    ds = mt.read(csv("f/Hz,Re/Ohm,Im/Ohm", [0, *F], [0, *Z.real], [0, *Z.imag]))
    assert ds.sizes["frequency"] == 16 and "1 rows of frequency 0" in ds.attrs["warnings"][0]


def test_half_a_spectrum_is_no_signal(csv: Csv) -> None:
    """Times, voltages and currents stand beside every spectrum: a head that was lost does not make it a signal."""
    columns = (F, Z.real, Z.imag, np.arange(16.0), 0 * F + 0.3, 0 * F + 1e-5)
    with pytest.raises(FileError, match="no column of Im Z"):
        mt.read(csv("f/Hz,Re/Ohm,Xm?/Ohm,t/s,U/V,I/A", *columns))
    with pytest.raises(FileError, match="no column of the frequency"):
        mt.read(csv("?/Hz,Re/Ohm,Im/Ohm,t/s,U/V,I/A", *columns))


def test_a_damaged_row_does_not_end_a_table_of_gamry(tmp_path: Path) -> None:
    head = "EXPLAIN\nTAG\tEISPOT\nZCURVE\tTABLE\n\tPt\tFreq\tZreal\tZimag\n\t#\tHz\tohm\tohm\n"
    rows = [f"\t{k}\t{f:.5e}\t{z.real:.5e}\t{z.imag:.5e}\n" for k, (f, z) in enumerate(zip(F, Z, strict=True))]
    rows[5] = rows[5][1:]  # a tab is lost
    (tmp_path / "a.DTA").write_text(head + "".join(rows))
    with pytest.raises(FileError, match="is no row of the table, although line 12 below is one again"):
        mt.read(tmp_path / "a.DTA")


def test_relaxis_without_a_line_of_conditions(tmp_path: Path) -> None:
    rows = "".join(f"{f:.5e}\t{z.real:.5e}\t{z.imag:.5e}\n" for f, z in zip(F, Z, strict=True))
    (tmp_path / "a.txt").write_text(f"RelaxIS 3\nData: Frequency\tData: Z'\tData: Z''\n{rows}")
    np.testing.assert_allclose(mt.read(tmp_path / "a.txt").impedance.values, Z, rtol=1e-5)


def test_spectra_that_are_inductive_at_most_points(csv: Csv) -> None:
    """A loop and a lead: where Re Z and Im Z belong to each other, a majority of Im Z > 0 proves nothing."""
    z = 0.1 + 1e-6j * W + 0.05j * W * 1e-3 / (1 + 1j * W * 1e-3)
    assert (z.imag > 0).all()
    np.testing.assert_allclose(mt.read(csv("f/Hz,Re/Ohm,Im/Ohm", F, z.real, z.imag)).impedance.values, z)
    with pytest.raises(FileError, match="opposite sign"):
        mt.read(csv("f/Hz,Re/Ohm,Im/Ohm", F, Z.real, -Z.imag))
