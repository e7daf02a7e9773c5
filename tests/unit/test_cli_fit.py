"""``mgtwin fit``: a fit from a file, its template, and errors that point into the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.cli import main

CELL = """\
name: small
negative: {type: plating, exchange_current_density: 20 uA/cm^2, double_layer: 10 uF/cm^2}
positive: {type: plating, exchange_current_density: 20 uA/cm^2, double_layer: 10 uF/cm^2}
layers:
  - name: a
    thickness: 0.5 mm
    material: {type: ion_conductor, ionic_conductivity: 0.1 mS/cm}
"""
FIT = """\
cell: small.yaml
data:
  - {file: eis.csv, temperature: 25 degC}
  - file: warm.nc
    weighting: {type: noise, std_of_data: 2 ohm}
set: {layers.a.thickness: 0.4 mm}
free:
  layers.a.material.ionic_conductivity: {start: 0.2 mS/cm, bounds: [1 uS/cm, 10 mS/cm]}
  "*.exchange_current_density": {type: per_temperature, free: {log: true}}
starts: 2
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as leaving:
        main(list(arguments))
    printed = capsys.readouterr()
    return int(leaving.value.code or 0), printed.out, printed.err


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(CELL, encoding="utf-8")
    cell = mt.load_cell("small.yaml").with_({"layers.a.thickness": "0.4 mm"})
    eis = mt.simulate(cell, mt.EIS("100 kHz", "0.1 Hz", points=30))
    z = eis["impedance"].values
    rows = np.stack([eis["frequency"].values, z.real, -z.imag], axis=1)
    np.savetxt("eis.csv", rows, delimiter=";", header="f/Hz;Re Z/ohm;-Im Z/ohm", comments="", fmt="%.9g")
    mt.save(mt.simulate(cell.with_({"temperature": "60 degC"}), mt.EIS("100 kHz", "0.1 Hz", points=30)), "warm.nc")
    Path("fit.yaml").write_text(FIT, encoding="utf-8")
    return tmp_path


def test_fits_and_keeps_what_was_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "fit", "fit.yaml", "-o", "fit.nc", "--plot", "fit.png", "--cell", "fitted.yaml")
    assert code == 0
    assert "eis.csv" in out and "warm.nc" in out and "@ 60 °C" in out
    fit = mt.Fit.open("fit.nc")
    assert fit.values["layers.a.material.ionic_conductivity"] == pytest.approx(0.01, rel=1e-6)
    assert fit.problem.weightings[1] == mt.Noise(2.0)
    assert Path("fit.png").stat().st_size > 1000
    value = mt.load_cell("fitted.yaml").get("layers.a.material.ionic_conductivity")
    assert value.kind == "fitted" and value == pytest.approx(0.01, rel=1e-6)


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("eis.csv", "eis2.csv", "fit.yaml:3:12", "there is no file eis2.csv"),
        ("cell: small.yaml", "cell: trilayr", "fit.yaml:1:7", "trilayer"),
        ("ionic_conductivity: {start", "ionic_conductivty: {start", "fit.yaml:8:", "Did you mean"),
        ("start: 0.2 mS/cm", "start: '0,2 mS/cm'", "fit.yaml:8:", "decimal point"),
        ("type: noise", "type: nois", "fit.yaml:5:", "modulus, noise, unit"),
        ("temperature: 25 degC", "temperatur: 25 degC", "fit.yaml:3:", "temperature"),
        ("0.4 mm}", "-1 mm}", "fit.yaml:6:", "greater than 0"),
        ("starts: 2", "starts: 0", "fit.yaml:10:", "starts"),
    ],
)
def test_errors_point_into_the_file(
    folder: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, place: str, message: str
) -> None:
    assert old in FIT
    Path("fit.yaml").write_text(FIT.replace(old, new), encoding="utf-8")
    code, _, err = run(capsys, "fit", "fit.yaml")
    assert code == 2 and place in err and message in " ".join(err.split())


def test_a_file_with_several_measurements_needs_a_node(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cell = mt.load_cell("small.yaml")
    both = mt.simulate(cell, mt.Sequence((mt.EIS(1e5, 1, points=9), mt.EIS(1e4, 1, points=9))))
    mt.save(both, "both.nc")
    Path("fit.yaml").write_text(FIT.replace("file: warm.nc", "file: both.nc"), encoding="utf-8")
    code, _, err = run(capsys, "fit", "fit.yaml")
    assert code == 2 and "fit.yaml:4:" in err and "node: 00_eis, 01_eis" in " ".join(err.split())
    text = FIT.replace("file: warm.nc", "file: both.nc\n    node: 01_eis")
    Path("fit.yaml").write_text(text, encoding="utf-8")
    assert run(capsys, "fit", "fit.yaml")[0] == 0


def test_the_template_is_a_fit_file_of_that_cell(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "fit", "--template", "trilayer")
    assert code == 0
    cell = mt.cell("trilayer")
    wanted = [path for path in cell.paths() if path.startswith("layers.antiperovskite.material")]
    assert all(path in out for path in wanted if not path.endswith("reference_temperature"))  # no one fits those
    for name in ("eis_25C.mpt", "eis_60C.mpt"):
        out = out.replace(name, "warm.nc")
    Path("template.yaml").write_text(out, encoding="utf-8")
    from mgtwin.fitting.files import load_fit

    request = load_fit("template.yaml")
    assert len(request.pairs) == 2 and request.pairs[0][0].name == "trilayer" and request.free
    assert run(capsys, "fit", "--template", "trilayer", "-o", "new.yaml")[0] == 0
    assert run(capsys, "fit", "--template", "trilayer", "-o", "new.yaml")[0] == 2  # never overwritten


def test_what_is_missing_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "fit")
    assert code == 2 and "--template" in err
    assert run(capsys, "fit", "fit.yaml", "--template", "trilayer")[0] == 2
