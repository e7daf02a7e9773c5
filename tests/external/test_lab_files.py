"""Files of real instruments, of others: every one is read to the right numbers, or refused for a reason that is true.

They are not part of the repository. Set MGTWIN_LAB_DATA to the folder that holds them; without it these tests are
skipped. The numbers are parsed here a second time, by hand: which lines and columns hold them was read from each file.
"""

from __future__ import annotations

import os
import random
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin.errors import FileError, MgtwinError

FOLDER = os.environ.get("MGTWIN_LAB_DATA", "")
pytestmark = [
    pytest.mark.lab_files,
    pytest.mark.skipif(not FOLDER, reason="MGTWIN_LAB_DATA does not name a folder of instrument files"),
]
LILI = "LiLi_TEGDME/jr862_11_08_23_insitu-impedance-LiLi_1MLiTFSI_TEGDME-1mA_{}"


def lab(name: str) -> Path:
    return Path(FOLDER) / name


class Where(NamedTuple):
    """Where a text file holds its numbers: first line (from 1, or the line above), columns (from 0), sign of Im Z."""

    first: int | str
    columns: tuple[int, int, int]
    points: int
    sign: int = 1
    delimiter: str | None = None

    def numbers(self, path: Path) -> np.ndarray:
        """The three columns, shape (points, 3)."""
        lines = re.split(r"\r*\n|\r", path.read_bytes().decode("latin-1"))
        first = self.first - 1 if isinstance(self.first, int) else lines.index(self.first) + 1
        found = []
        for line in [line for line in lines[first:] if line.strip()][: self.points]:
            fields = [part for part in line.split(self.delimiter) if self.delimiter or part]
            found.append([float(fields[k].strip(" ,").replace(",", ".")) for k in self.columns])
        assert len(found) == self.points
        return np.array(found)


SPECTRA = {
    "impedance.py/exampleData.csv": Where(1, (0, 1, 2), 66, delimiter=","),
    "impedance.py/exampleDataAutolab.txt": Where(12, (0, 4, 5), 41, delimiter=","),
    "impedance.py/exampleDataBioLogic.mpt": Where(62, (0, 1, 2), 43, sign=-1),
    "impedance.py/exampleDataCHInstruments.txt": Where(19, (0, 1, 2), 73, delimiter=","),
    "impedance.py/exampleDataGamry.DTA": Where(449, (2, 3, 4), 72),
    "impedance.py/Chalco-in-buffer-50mV.DTA": Where(449, (2, 3, 4), 72),
    "impedance.py/exampleDataGamryABORT.DTA": Where(100, (2, 3, 4), 72),
    "impedance.py/exampleDataIvium.idf": Where("26        ", (2, 0, 1), 26),
    "impedance.py/exampleDataPowersuite.txt": Where(2, (0, 1, 2), 30),
    "impedance.py/exampleDataVersaStudio.par": Where(117, (9, 14, 15), 61, delimiter=","),
    "impedance.py/exampleDataZPlot_noComments.z": Where(11, (0, 4, 5), 31, delimiter=","),
    "hybrid-drt/PEIS_LPSCl_IonBlocking_-25C.txt": Where(66, (0, 1, 2), 79, sign=-1),
    "hybrid-drt/PEIS_LPSCl_IonBlocking_-25C_RelaxIS.txt": Where(5, (0, 1, 2), 79),
    "hybrid-drt/EISGALV_EISTest3.DTA": Where(11, (2, 3, 4), 71),
    "EISFitpython/CSV_Example.csv": Where(1, (0, 1, 2), 50, delimiter=","),
    "EISFitpython/Example-2_Example2a.txt": Where(5, (0, 1, 2), 51),
    "EISFitpython/Example-2_Example2b.txt": Where(4, (0, 1, 2), 50),
    "fGP-DRT/500-AIR-3H2O.csv": Where(2, (0, 1, 2), 43, delimiter=","),
    "gamry-parser/eispot_data.dta": Where(22, (2, 3, 4), 10),
    "gamry-parser/eispot_data_curveaborted.dta": Where(22, (2, 3, 4), 5),
}  # fmt: skip


@pytest.mark.parametrize("name", SPECTRA)
def test_spectra(name: str) -> None:
    ds = mt.read(lab(name))
    assert isinstance(ds, xr.Dataset)
    truth = SPECTRA[name].numbers(lab(name))
    np.testing.assert_array_equal(ds.frequency.values, truth[:, 0])
    np.testing.assert_array_equal(ds.impedance.values, truth[:, 1] + 1j * SPECTRA[name].sign * truth[:, 2])


def test_zplot_with_comments() -> None:
    """Its head announces more points than there are, which is said."""
    path = lab("impedance.py/exampleDataZPlot.z")
    lines = path.read_text().splitlines()
    start = lines.index("End Comments") + 1
    truth = np.array([[float(part) for part in line.split("\t")] for line in lines[start:]])
    ds = mt.read(path)
    np.testing.assert_array_equal(ds.frequency.values, truth[:, 0])
    np.testing.assert_array_equal(ds.impedance.values, truth[:, 4] + 1j * truth[:, 5])
    announced = next(int(line.split(":")[1]) for line in lines if "Data Points:" in line)
    expected = [] if announced == len(truth) else [f"the file announces {announced} points, but has {len(truth)}."]
    assert ds.attrs["warnings"] == expected


def test_the_three_exports_of_one_spectrum_agree() -> None:
    """EC-Lab prints 8 digits of single precision, RelaxIS all of it: they differ by its rounding, 6e-8, at most."""
    pytest.importorskip("galvani")
    stem = "hybrid-drt/PEIS_LPSCl_IonBlocking_-25C"
    mpr, txt, relaxis = (mt.read(lab(stem + end)).sortby("frequency") for end in (".mpr", ".txt", "_RelaxIS.txt"))
    for other in (txt, relaxis):
        np.testing.assert_allclose(other.frequency.values, mpr.frequency.values, rtol=1e-6)
        np.testing.assert_allclose(other.impedance.values, mpr.impedance.values, rtol=1e-6)
    # the manifest: R about 1.45 kOhm, where -Im Z is smallest between the arc and the blocking electrodes
    middle = mpr.where((mpr.frequency > 1e3) & (mpr.frequency < 1e6), drop=True).impedance.values
    assert middle[np.argmin(-middle.imag)].real == pytest.approx(1450, rel=0.15)


def test_an_mpr_of_another_version() -> None:
    pytest.importorskip("galvani")
    from galvani import BioLogic

    path = lab("impedance.py/exampleDataBioLogic.mpr")
    ds, data = mt.read(path), BioLogic.MPRfile(str(path)).data
    np.testing.assert_allclose(ds.frequency.values, data["freq/Hz"], rtol=6e-8)
    np.testing.assert_allclose(ds.impedance.values, data["Re(Z)/Ohm"] - 1j * data["-Im(Z)/Ohm"], rtol=6e-8)
    np.testing.assert_allclose(abs(ds.impedance.values), data["|Z|/Ohm"], rtol=3e-7)


# -- signals --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["chronoa_data.dta", "chronoa_de_data.dta"])
def test_chronoamperometry_with_points_and_commas(name: str) -> None:
    path = lab(f"gamry-parser/{name}")
    lines = path.read_text().splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("CURVE\tTABLE")) + 3
    truth = np.array([[float(part.replace(",", ".")) for part in line.split("\t")[2:5]] for line in lines[start:]])
    ds = mt.read(path)
    np.testing.assert_array_equal(np.column_stack([ds.time, ds.voltage, ds.current]), truth)
    assert ds.attrs["warnings"] == ["the file announces 5258 points, but has 10."]
    assert ("decimal comma" in ds.attrs["reading"]) == ("_de_" in name)


def test_voltammetry() -> None:
    path = lab("gamry-parser/cv_data.dta")
    rows = [line.split("\t")[2:5] for line in path.read_text().splitlines() if re.match(r"\t[0-9]", line)]
    ds = mt.read(path)
    np.testing.assert_array_equal(np.column_stack([ds.time, ds.voltage, ds.current]), np.array(rows, dtype=float))
    np.testing.assert_array_equal(ds.cycle, np.repeat(np.arange(5), 10))


def test_parstat_holds_a_signal_and_a_spectrum() -> None:
    path = lab("impedance.py/exampleDataParstat.txt")
    truth = np.genfromtxt(path, delimiter="\t", skip_header=1)[:, :6]
    tree = mt.read(path)
    ac = truth[:, 3] > 0
    spectrum, signal = tree["spectrum"].to_dataset(), tree["transient"].to_dataset()
    np.testing.assert_array_equal(spectrum.frequency.values, truth[ac, 3])
    np.testing.assert_array_equal(spectrum.impedance.values, truth[ac, 4] + 1j * truth[ac, 5])
    np.testing.assert_array_equal(np.column_stack([signal.voltage, signal.current, signal.time]), truth[~ac, :3])


def test_galvanostatic_text_needs_the_current() -> None:
    path = lab(LILI.format("03_GCPL_C05.txt"))
    with pytest.raises(FileError, match=r"no column of the current.*current='0.4 mA'"):
        mt.read(path)
    ds = mt.read(path, current="0.4 mA")
    truth = np.loadtxt(path, skiprows=1)
    np.testing.assert_array_equal(np.column_stack([ds.time, ds.voltage]), truth)
    assert (ds.current == 4e-4).all()


def test_galvanostatic_mpr_gives_the_current_that_was_set() -> None:
    """Its charge per second is the 0.4 mA of the protocol, although the name of the file says 1 mA."""
    pytest.importorskip("galvani")
    ds = mt.read(lab(LILI.format("01_GCPL_C05.mpr")))
    assert ds.sizes["time"] == 109
    on = ds.step.values == 1
    # the charge is a float32 of a count: its differences are good to some parts in a thousand
    np.testing.assert_allclose(ds.current.values[on][2:], 4e-4, rtol=5e-3)
    np.testing.assert_array_equal(ds.current.values[~on], 0)


def test_loops_of_impedance_show_the_soft_short() -> None:
    """45 spectra of 9 points; Re Z at 500 Hz grows from 122 to 202 ohm and falls to 118 at 24 h."""
    pytest.importorskip("galvani")
    from galvani import BioLogic

    path = lab(LILI.format("02_GEIS_C05.mpr"))
    tree, data = mt.read(path), BioLogic.MPRfile(str(path)).data
    spectra = [node.to_dataset() for node in tree.leaves]
    assert [ds.sizes["frequency"] for ds in spectra] == [9] * 45
    loops = np.array(lab(LILI.format("02_GEIS_C05_LOOP.txt")).read_text().split("INDEXES")[1].split(), dtype=int)
    for ds, start in zip(spectra, loops[:-1], strict=True):
        rows = data[start : start + 9]
        np.testing.assert_allclose(ds.impedance.values, rows["Re(Z)/Ohm"] - 1j * rows["-Im(Z)/Ohm"], rtol=6e-8)
    high = np.array([ds.impedance.values[0].real for ds in spectra])
    hours = np.array([ds.attrs["start_time"] for ds in spectra]) / 3600
    assert high[1] == pytest.approx(122, abs=0.5) and high[2:24].max() == pytest.approx(202, abs=0.5)
    short = np.flatnonzero(hours > 24)[0]
    assert high[short] == pytest.approx(118, abs=0.5)


# -- what is refused ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        # rows of 18 values below 17 names: either name may be the one that is missing
        ("impedance.py/exampleDataBioLogic_MissingFreq.mpt", "has 18 values, but the header names 17 columns"),
        ("impedance.py/exampleDataBioLogic_NoImZ.mpt", "has 18 values, but the header names 17 columns"),
        ("gamry-parser/cv_data_incompleteheader.dta", "no curve of data .* only settings"),
        ("hybrid-drt/sample_info.txt", "has no table of numbers"),
        (LILI.format("02_GEIS_C05_LOOP.txt"), "has no table of numbers"),
        ("EISFitpython/published_Example2_EIS_fit_report.txt", "is no row of numbers, although lines"),
    ],
)
def test_refused_with_a_reason_that_is_true(name: str, reason: str) -> None:
    with pytest.raises(FileError, match=reason):
        mt.read(lab(name))


def test_aborted_experiments_say_so() -> None:
    for name in ("impedance.py/exampleDataGamryABORT.DTA", "gamry-parser/eispot_data_curveaborted.dta"):
        assert "the experiment was aborted: the curve stops early." in mt.read(lab(name)).attrs["warnings"]


def test_geometry_in_the_head() -> None:
    ds = mt.read(lab("EISFitpython/Example-2_Example2a.txt"))
    assert ds.attrs["thickness"] == pytest.approx(0.75e-3) and ds.attrs["area"] == pytest.approx(np.pi / 4 * 0.013**2)


def test_no_file_is_forgotten() -> None:
    """Each file of the folder is in a test above."""
    others = {
        "impedance.py/exampleDataZPlot.z", "impedance.py/exampleDataBioLogic.mpr",
        "impedance.py/exampleDataParstat.txt",
        "impedance.py/exampleDataBioLogic_MissingFreq.mpt", "impedance.py/exampleDataBioLogic_NoImZ.mpt",
        "hybrid-drt/PEIS_LPSCl_IonBlocking_-25C.mpr", "hybrid-drt/sample_info.txt", "gamry-parser/chronoa_data.dta",
        "gamry-parser/chronoa_de_data.dta", "gamry-parser/cv_data.dta", "gamry-parser/cv_data_incompleteheader.dta",
        "EISFitpython/published_Example2_EIS_fit_report.txt",
        *(LILI.format(end) for end in ("01_GCPL_C05.mpr", "02_GEIS_C05.mpr", "02_GEIS_C05_LOOP.txt")),
        LILI.format("03_GCPL_C05.txt"),
    }  # fmt: skip
    held = {f"{path.parent.name}/{path.name}" for path in Path(FOLDER).glob("*/*") if path.is_file()}
    assert held <= set(SPECTRA) | others


def damaged(raw: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        return raw[: chance.randrange(10, len(raw))]
    size = chance.randint(8, 64)
    where = chance.randrange(len(raw) - size)
    return raw[:where] + chance.randbytes(size) + raw[where + size :]


@pytest.mark.parametrize("name", [*SPECTRA, "hybrid-drt/PEIS_LPSCl_IonBlocking_-25C.mpr"])
def test_damaged_files_are_refused_or_read_exactly(name: str, tmp_path: Path) -> None:
    """Ten truncations and bursts of noise for each of 21 files.

    A frequency in a binary file stands there once: damage that leaves it plausible gives a warning (an uneven series).
    """
    whole = mt.read(lab(name))
    truth = {*zip(whole.frequency.values, whole.impedance.values, strict=True)}
    path = tmp_path / lab(name).name
    for seed in range(10):
        path.write_bytes(damaged(lab(name).read_bytes(), random.Random(f"{name} {seed}")))
        try:
            ds = mt.read(path)
        except MgtwinError:
            continue
        assert isinstance(ds, xr.Dataset) and "impedance" in ds
        wrong = {*zip(ds.frequency.values, ds.impedance.values, strict=True)} - truth
        assert not wrong or any("unevenly" in text for text in ds.attrs["warnings"])
