"""Exports of battery cyclers, in the layout that their programs write; the numbers are invented here."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin.errors import FileError

#: Rest, charge, and discharge of a cell: what every file below holds.
TIME = np.array([0.0, 600.0, 1200.0, 1800.0])
VOLTAGE = np.array([2.3, 2.4, 2.2, 2.1])
CURRENT = np.array([0.0, 6e-4, -6e-4, -6e-4])

MACCOR_TEXT = (
    "Today's Date 01/15/2025  Date of Test:\t01/14/2025\t Filename:\tC:\\Data\\a.001 Procedure: p\tComment/Barcode: \n"
    "Rec#\tCyc#\tStep\tTest (Min)\tStep (Min)\tAmp-hr\tWatt-hr\tAmps\tVolts\tState\tES\tDPt Time\n"
    "1\t0\t1\t0.0000\t0.0000\t0.00000\t0.00000\t0.00000\t2.3000\tR\t0\t11:49:32\n"
    "2\t0\t2\t10.0000\t10.0000\t0.00010\t0.00024\t0.00060\t2.4000\tC\t1\t11:59:32\n"
    "3\t0\t3\t20.0000\t10.0000\t0.00010\t0.00022\t0.00060\t2.2000\tD\t1\t12:09:32\n"
    "4\t0\t3\t30.0000\t20.0000\t0.00020\t0.00044\t0.00060\t2.1000\tS\t1\t12:19:32\n"
)
BASYTEC = (
    "~Resultfile from Basytec Battery Test System\n~Date and Time of Data Converting: 07.07.2023 10:55:58\n~\n"
    "~Battery: pellet 7\n~Start of Test: 19.06.2023 17:56:53\n~\n"
    "~Time[h]\tDataSet\tt-Step[h]\tLine\tCommand\tU[V]\tI[A]\tAh[Ah]\tT1[°C]\tCyc-Count\tCount\tState\n"
    "0\t1\t0\t3\tPause\t2.3\t0\t0\t25.2\t0\t1\t3\n"
    "0.166666666666667\t2\t0\t4\tCharge\t2.4\t0.0006\t0.0001\t25.2\t0\t1\t1\n"
    "0.333333333333333\t3\t0\t5\tDischarge\t2.2\t-0.0006\t0\t25.2\t0\t1\t1\n"
    "0.5\t4\t0.166666666666667\t5\tDischarge\t2.1\t-0.0006\t-0.0001\t25.2\t0\t1\t2\n"
)
NOVONIX = (
    "[Summary]\nNovonix UHPC data file\nNovonix\nChannel: 01\nCell: pellet 7\nMass (g): 1.000\nCapacity (Ah): 5\n"
    'Area (cm2): 1.000\nStarted: 2025-07-19 15:26:20\n[End Summary]\n[Protocol]\n{"Version":"2.13.0"}\n'
    "[End Protocol]\n[Data]\nDate and Time,Cycle Number,Step Type,Run Time (h),Step Time (h),Current (A),"
    "Potential (V),Capacity (Ah),Temperature (°C),Circuit Temperature (°C),Energy (Wh),Step Number,Step position\n"
    "2025-07-19 15:26:20,1,0,0.0000000,0.0000000,0.00000000,2.30000000,0.0,25.200,26.268,0.0,1,1\n"
    "2025-07-19 15:36:20,1,1,0.1666667,0.0000000,0.00060000,2.40000000,0.0,25.200,26.270,0.0,2,1\n"
    "2025-07-19 15:46:20,1,2,0.3333333,0.0000000,-0.00060000,2.20000000,0.0,25.200,26.286,0.0,3,1\n"
    "2025-07-19 15:56:20,1,2,0.5000000,0.1666667,-0.00060000,2.10000000,0.0,25.200,26.286,0.0,3,2\n"
)
ARBIN = (
    "Data Point,Date Time,Test Time (s),Step Time (s),Cycle Index,Step Index,TC_Counter1,Current (A),Voltage (V),"
    "Charge Capacity (Ah),mAh/g,ACR (Ohm),dV/dt (V/s),Internal Resistance (Ohm),Aux_Temperature_1 (C)\n"
    '1,"\t09/20/2024 08:00:00.558",0.0,0.0,1,1,0,0,2.3,0,0,,1.9E-05,,25.2\n'
    '2,"\t09/20/2024 08:10:00.559",600.0,0.0,1,2,0,0.0006,2.4,0,0,,2.7E-05,,25.2\n'
    '3,"\t09/20/2024 08:20:00.559",1200.0,0.0,1,3,0,-0.0006,2.2,0,0,,,,25.2\n'
    '4,"\t09/20/2024 08:30:00.559",1800.0,600.0,1,3,0,-0.0006,2.1,0,0,,,,25.2\n'
)
LANDT = (
    "Record,TestTime/Sec,StepTime/Sec,Cycle-Index,Step-Index,Step-State,Voltage/V,Current/mA,Capacity/mAh\n"
    "1,0,0,1,1,R,2.3,0,0\n2,600,600,1,2,C_CC,2.4,0.6,0.1\n3,1200,600,1,3,D_CC,2.2,0.6,0.1\n"
    "4,1800,1200,1,3,D_CC,2.1,0.6,0.2\n"
)
NEWARE = (
    "DataPoint,Cycle Index,Step Index,Step Type,Time,Total Time,Current(mA),Voltage(V),Chg. Cap.(mAh),Date\n"
    "1,1,1,Rest,0:00:00,0:00:00,0.0,2.3,0,2024-01-01 00:00:00\n"
    "2,1,2,CC Chg,0:00:00,0:10:00,0.6,2.4,0,2024-01-01 00:10:00\n"
    "3,1,3,CC DChg,0:00:00,0:20:00,-0.6,2.2,0,2024-01-01 00:20:00\n"
    "4,1,3,CC DChg,0:10:00,0:30:00,-0.6,2.1,0,2024-01-01 00:30:00\n"
)
NEWARE_LAYERS = (
    "Cycle ID,Cap_Chg(mAh),Cap_DChg(mAh)\n,Step ID,Step Name,Step Time(h:min:s.ms)\n"
    ",,Record ID,Time(h:min:s.ms),Voltage(V),Current(mA),Temperature(C),Capacity(mAh),Realtime\n"
    "1,0.1,0.2\n,1,Rest,0:10:00.000\n,,1,0:00:00.000,2.3,0.0,25.2,0.0,2024-01-01 00:00:00\n"
    ",2,CC_Chg,0:10:00.000\n,,2,0:00:00.000,2.4,0.6,25.2,0.0,2024-01-01 00:10:00\n"
    ",3,CC_DChg,0:10:00.000\n,,3,0:00:00.000,2.2,0.6,25.2,0.0,2024-01-01 00:20:00\n"
    ",,4,0:10:00.000,2.1,0.6,25.2,0.1,2024-01-01 00:30:00\n"
)
FILES = {
    "maccor.txt": (MACCOR_TEXT, "Maccor text", "01/14/2025", None),
    "basytec.txt": (BASYTEC, "Basytec text", "19.06.2023 17:56:53", 298.35),
    "novonix.csv": (NOVONIX, "Novonix CSV", "2025-07-19 15:26:20", 298.35),
    "arbin.csv": (ARBIN, "delimited text", None, 298.35),
    "landt.csv": (LANDT, "delimited text", None, None),
    "neware.csv": (NEWARE, "delimited text", None, None),
    "layers.csv": (NEWARE_LAYERS, "Neware layered report", "2024-01-01 00:00:00", 298.35),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_cyclers(tmp_path: Path, name: str, encoding: str) -> None:
    text, format_name, date, temperature = FILES[name]
    path = tmp_path / "export"  # the name says nothing
    path.write_bytes(text.encode(encoding))
    ds = mt.read(path)
    assert isinstance(ds, xr.Dataset)
    np.testing.assert_allclose(ds.time, TIME, rtol=1e-6)
    np.testing.assert_allclose(ds.voltage, VOLTAGE, rtol=1e-12)
    np.testing.assert_allclose(ds.current, CURRENT, rtol=1e-12)
    assert ds.attrs["format"] == format_name and ds.attrs.get("date", date) == date
    assert ds.attrs.get("temperature") == (temperature and pytest.approx(temperature))
    assert ds.attrs["warnings"] == [] and "area" not in ds.attrs


def test_maccor_without_a_state_says_that_a_discharge_may_be_a_charge(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "Today's Date ,28-Nov-23\nDate of Test:,23-Nov-23 3:56:08 PM\nRec,Cycle C,Step,Test Time (sec),Current (A),"
        "Voltage (V)\n1,1,1,0.0,0.0,2.3\n2,1,2,600.0,0.0006,2.4\n3,1,3,1200.0,0.0006,2.2\n"
    )
    ds = mt.read(path)
    assert "a discharge may be read as a charge" in ds.attrs["warnings"][0]
    assert ds.attrs["date"] == "23-Nov-23 3:56:08 PM"


def test_a_damaged_row_of_a_layered_report_is_pointed_at(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(NEWARE_LAYERS.replace(",,3,0:00:00.000,2.2,0.6", ",,3,0:00:00.000,2.2"))
    with pytest.raises(FileError, match=r"a\.csv:10: has 6 values, but the header names 7 columns"):
        mt.read(path)
    path.write_text(NEWARE_LAYERS.replace(",,3,0:00:00.000,2.2,0.6", ",,3,0:00:00.000,2.x,0.6"))
    with pytest.raises(FileError, match=r"a\.csv:10: .* should hold numbers, but '2\.x'"):
        mt.read(path)


def test_ndax_through_fastnda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its columns by name; the real library reads a real file where it is installed and MGTWIN_LAB_DATA has one."""
    columns = {
        "total_time_s": TIME,
        "voltage_V": VOLTAGE.astype("f4"),
        "current_mA": 1e3 * CURRENT,
        "cycle_count": np.ones(4, dtype=int),
        "step_count": np.array([1, 2, 3, 3]),
    }

    class Frame(dict[str, np.ndarray]):
        @property
        def columns(self) -> list[str]:
            return [*self]

    class Series(np.ndarray):
        def to_numpy(self) -> np.ndarray:
            return np.asarray(self)

    frame = Frame({name: values.view(Series) for name, values in columns.items()})
    library = types.ModuleType("fastnda")
    monkeypatch.setattr(library, "read", lambda path: frame, raising=False)
    polars = types.ModuleType("polars.exceptions")
    monkeypatch.setattr(polars, "PolarsError", type("PolarsError", (Exception,), {}), raising=False)
    monkeypatch.setitem(sys.modules, "fastnda", library)
    monkeypatch.setitem(sys.modules, "polars", types.ModuleType("polars"))
    monkeypatch.setitem(sys.modules, "polars.exceptions", polars)
    path = tmp_path / "a.nda"
    path.write_bytes(b"NEWARE" + bytes(100))
    ds = mt.read(path)
    np.testing.assert_array_equal(ds.time, TIME)
    np.testing.assert_allclose(ds.voltage, VOLTAGE, rtol=1e-12)  # single precision as the decimal that it means
    np.testing.assert_allclose(ds.current, CURRENT, rtol=1e-12)
    assert ds.step.values.tolist() == [0, 1, 2, 2]


def test_ndax_without_fastnda_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fastnda", None)
    path = tmp_path / "a.nda"
    path.write_bytes(b"NEWARE" + bytes(100))
    with pytest.raises(FileError, match=r"fastnda \(BSD\): pip install 'mgtwin\[neware\]'"):
        mt.read(path)
