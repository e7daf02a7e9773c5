"""``mgtwin sweep`` and ``mgtwin optimise``: files, stores, errors with their line and column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import studies
from mgtwin.analysis.metrics import METRICS
from mgtwin.cli import main
from mgtwin.cli.studyfile import read_optimisation, read_sweep

pytest.importorskip("zarr")

STUDY = """\
cell: trilayer
protocol: {type: eis, f_max: 1 MHz, f_min: 0.1 Hz, points: 5}
vary:
  layers.buffer_*.thickness: [0.2 mm, 0.5 mm]
  temperature: {from: 40 degC, to: 100 degC, points: 3}
metrics:
  - area_specific_resistance
  - {name: fast, metric: {area_specific_resistance: {at: 1 kHz}}}
"""
DESIGN = """\
cell: trilayer
protocol: {type: eis, f_max: 1 MHz, f_min: 0.1 Hz, points: 2}
bounds:
  layers.buffer_*.thickness: [0.1 mm, 1 mm]
objectives:
  - minimise: area_specific_resistance
  - maximise: stack_thickness
constraints:
  - {metric: stack_thickness, at_most: 2 mm}
method: {population: 8, generations: 4}
"""


@pytest.fixture
def mgtwin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any) -> Callable[..., Any]:
    """Run a command in an empty folder that has the two files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    Path("study.yaml").write_text(STUDY)
    Path("design.yaml").write_text(DESIGN)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        code = ended.value.code
        return (code if isinstance(code, int) else int(code is not None), *capsys.readouterr())

    return run


def test_a_sweep_goes_into_its_store(mgtwin: Any) -> None:
    code, printed, _ = mgtwin("sweep", "study.yaml", "-o", "study.nc", "--plot", "study.png")
    assert code == 0
    assert "6 points: layers.buffer_*.thickness 2, temperature 3" in printed
    kept = mt.open_study("study.zarr")
    expected = mt.sweep(
        mt.cell("trilayer"), mt.EIS(1e6, 0.1, points=5),
        {"layers.buffer_*.thickness": [2e-4, 5e-4], "temperature": np.linspace(313.15, 373.15, 3)},
        [mt.analysis.area_specific_resistance],
    )  # fmt: skip
    np.testing.assert_array_equal(kept["area_specific_resistance"], expected["area_specific_resistance"])
    assert (kept["fast"] < kept["area_specific_resistance"]).all()
    assert mt.open("study.nc").equals(kept.load())
    assert Path("study.png").stat().st_size > 10_000


def test_an_existing_store_needs_resume(mgtwin: Any) -> None:
    assert mgtwin("sweep", "study.yaml")[0] == 0
    code, _, said = mgtwin("sweep", "study.yaml")
    assert code == 2 and "study.zarr exists: --resume computes what it lacks" in said
    assert mgtwin("sweep", "study.yaml", "--resume")[0] == 0
    Path("study.yaml").write_text(STUDY.replace("0.5 mm", "0.6 mm"))
    code, _, said = mgtwin("sweep", "study.yaml", "--resume")
    assert code == 2 and "is the store of another study" in said and "layers.buffer_*.thickness" in said


def test_ctrl_c_says_how_to_go_on(mgtwin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("study.yaml").write_text(STUDY.replace("cell: trilayer", "cell: {a: trilayer, b: trilayer}"))
    real = studies.sweep

    def impatient(*given: Any, progress: Any, **more: Any) -> Any:
        def stop(fraction: float, text: str) -> None:
            progress(fraction, text)
            raise KeyboardInterrupt

        return real(*given, progress=stop, **more)

    with monkeypatch.context() as patched:
        patched.setattr(studies, "sweep", impatient)
        code, _, said = mgtwin("sweep", "study.yaml")
    assert code == 130 and "mgtwin sweep study.yaml --resume computes the rest" in said
    assert mgtwin("sweep", "study.yaml", "--resume")[0] == 0
    assert mt.open_study("study.zarr")["area_specific_resistance"].notnull().all()


def test_points_that_fail_are_counted(mgtwin: Any) -> None:
    Path("study.yaml").write_text(STUDY.replace("{at: 1 kHz}", "{at: 1 GHz}"))
    code, printed, _ = mgtwin("sweep", "study.yaml")
    assert code == 0
    assert "6 points, the first says: fast: at = 1000 MHz lies outside the spectrum" in " ".join(printed.split())


def test_a_study_under_uncertainty(mgtwin: Any) -> None:
    Path("study.yaml").write_text(STUDY.replace("vary:", "uncertainty: {n: 8, seed: 3}\nvary:"))
    assert mgtwin("sweep", "study.yaml")[0] == 0
    assert mt.open_study("study.zarr")["fast"].sizes == {"layers.buffer_*.thickness": 2, "temperature": 3, "sample": 8}


def test_an_optimisation_prints_its_designs(mgtwin: Any) -> None:
    code, printed, _ = mgtwin("optimise", "design.yaml", "-o", "design.nc", "--plot", "front.png")
    assert code == 0 and "optimised: 32 designs tried" in printed
    found = mt.open("design.nc")
    assert (found["stack_thickness"] <= 2e-3).all()
    assert Path("front.png").stat().st_size > 10_000
    assert mt.cell_at(found.isel(design=0)).get("layers.buffer_left.thickness") <= 1e-3


def test_a_cluster_that_is_not_there(mgtwin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from dask import distributed

    def refused(address: str, timeout: float) -> Any:
        raise OSError("timed out")

    monkeypatch.setattr(distributed, "Client", refused)
    code, _, said = mgtwin("sweep", "study.yaml", "--client", "tcp://127.0.0.1:1")
    assert code == 2 and "no cluster answers there (timed out)" in said
    assert not Path("study.zarr").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("0.5 mm]", "5 V]", "study.yaml:4:39: vary.layers.buffer_*.thickness.1: layers."),
        ("0.5 mm]", "0.5]", "study.yaml:4:39: vary.layers.buffer_*.thickness.1: '0.5' has no unit"),
        ("0.5 mm]", "-1 mm]", "study.yaml:4:39: vary.layers.buffer_*.thickness.1: "),
        ("[0.2 mm, 0.5 mm]", "[]", "study.yaml:4:30: vary.layers.buffer_*.thickness: layers."),
        ("buffer_*", "bufer_*", "study.yaml:4:3: vary.layers.bufer_*.thickness: no path"),
        ("points: 3", "points: 1", "study.yaml:5:54: vary.temperature.points: "),
        (", points: 3", "", "study.yaml:5:16: vary.temperature.points: is required"),
        ("to: 100 degC", "to: 1 V", "study.yaml:5:36: vary.temperature.to: "),
        ("cell: trilayer", "cell: trilayr", "study.yaml:1:7: cell: unknown cell 'trilayr'. Did you mean 'trilayer'?"),
        ("cell: trilayer", "cell: [trilayer, trilayer]", "study.yaml:1:7: cell: several are called trilayer"),
        ("cell: trilayer", "cell: {name: trilayer, overlays: [anealed]}", "study.yaml:1:34: cell.overlays: "),
        ("cell: trilayer", "cell: {name: trilayer, set: {area: 1 V}}", "study.yaml:1:36: cell.set.area: "),
        ("type: eis", "type: eiss", "study.yaml:2:18: protocol.type: type 'eiss' is not a protocol"),
        ("0.1 Hz", "0.1 V", "study.yaml:2:"),
        ("vary:", "varry:", "study.yaml:3:1: varry: is not a known key here. Did you mean 'vary'?"),
        ("- area_specific_resistance", "- area_specific", "study.yaml:7:5: metrics.0: 'area_specific' is not a metric"),
        ("{at: 1 kHz}", "{ad: 1 kHz}", "study.yaml:8:54: metrics.fast.metric.area_specific_resistance.ad: "),
        ("name: fast", "name: area_specific_resistance", "study.yaml:8:5: metrics.area_specific_resistance: "),
        ("metrics:\n", "uncertainty: {n: many}\nmetrics:\n", "study.yaml:6:18: uncertainty.n: "),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_study_has_a_place(mgtwin: Any, old: str, new: str, said: str) -> None:
    assert old in STUDY
    Path("study.yaml").write_text(STUDY.replace(old, new, 1))
    code, _, printed = mgtwin("sweep", "study.yaml")
    assert code == 2
    assert said in printed
    assert not Path("study.zarr").exists()
    assert mgtwin("check", "study.yaml")[0] == 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[0.1 mm, 1 mm]", "[0.1 mm]", "give two finite bounds"),
        ("minimise:", "minimize:", "design.yaml:6:5: objectives.0.minimize: is not a known key here. Did"),
        ("at_most: 2 mm", "at_most: 2 V", "design.yaml:9:40: constraints.0.at_most: AtMost: '2 V': the unit"),
        (", at_most: 2 mm", "", "design.yaml:9:5: constraints.0: a constraint has the key metric and one of the keys"),
        ("protocol: {type: eis, f_max: 1 MHz, f_min: 0.1 Hz, points: 2}\n", "", "design.yaml:5:5: objectives.0: this"),
        ("population: 8", "population: 2", "design.yaml:10:"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_design_has_a_place(mgtwin: Any, old: str, new: str, said: str) -> None:
    assert old in DESIGN
    Path("design.yaml").write_text(DESIGN.replace(old, new, 1))
    code, _, printed = mgtwin("optimise", "design.yaml")
    assert code == 2
    assert said in printed


def test_all_problems_of_a_file_are_told_at_once(mgtwin: Any) -> None:
    Path("study.yaml").write_text(STUDY.replace("trilayer", "trilayr").replace("- area_specific_resistance", "- area"))
    code, _, printed = mgtwin("sweep", "study.yaml")
    assert code == 2 and "study.yaml:1:7: cell: unknown cell" in printed and "study.yaml:7:5: metrics.0: " in printed


def test_a_protocol_that_is_wrong_in_its_own_file_is_told_there(mgtwin: Any) -> None:
    Path("rest.yaml").write_text("type: rest\nduration: 1 V\n")
    Path("study.yaml").write_text(STUDY.replace("{type: eis, f_max: 1 MHz, f_min: 0.1 Hz, points: 5}", "rest.yaml"))
    code, _, printed = mgtwin("sweep", "study.yaml")
    assert code == 2 and "study.yaml:2:11: protocol: rest.yaml:2:11: duration: " in printed


def test_files_take_everything_that_python_takes(tmp_path: Path) -> None:
    (tmp_path / "rest.yaml").write_text("{type: rest, duration: 1 h}\n")
    (tmp_path / "study.yaml").write_text(
        "cell: {thin: {name: trilayer, set: {layers.buffer_*.thickness: 0.2 mm}}, usual: trilayer}\n"
        "protocol: {a: rest.yaml, b: {type: rest, duration: 2 h}}\n"
        "vary: {area: {from: 1 cm^2, to: 100 cm^2, points: 3, log: true}}\n"
        "paired: {temperature: [40 degC, 60 degC], series_resistance: [0 ohm*cm^2, 1 ohm*cm^2]}\n"
        "metrics: [overpotential]\n"
        "store: other.zarr\n"
    )
    study = read_sweep(tmp_path / "study.yaml")
    assert list(study.cell) == ["thin", "usual"] and list(study.protocol) == ["a", "b"]  # type: ignore[call-overload]
    np.testing.assert_allclose(study.axes[0]["area"], [1e-4, 1e-3, 1e-2])  # type: ignore[index]
    assert isinstance(study.axes[1], mt.Paired)
    assert study.store == tmp_path / "other.zarr"
    (tmp_path / "design.yaml").write_text(DESIGN.replace("method:", "robust: {n: 8, probability: 0.9}\nmethod:"))
    design = read_optimisation(tmp_path / "design.yaml")
    assert design.robust == mt.Robust(n=8, probability=0.9)
    assert {"overpotential", "leakage_fraction", "cycles_until", "stack_areal_mass"} <= set(METRICS)
