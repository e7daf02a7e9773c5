"""The command line: what it prints, what it writes, how it ends."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import campaign, library, simulation, yamlfile
from mgtwin.cells.files import new_cell_template
from mgtwin.cli import main
from mgtwin.cli.cellargs import changed_cell
from mgtwin.cli.checking import kind_of
from mgtwin.cli.kinds import families, nouns
from mgtwin.cli.progress import progress_bar
from mgtwin.cli.schemas import file_schema
from mgtwin.cli.summary import protocol_line
from mgtwin.errors import MgtwinWarning, SimulationError
from mgtwin.experiments import campaigns
from mgtwin.protocols import PROTOCOLS

ROOT = Path(mt.__file__).resolve().parent.parent
EIS = "{type: eis, f_max: 1 MHz, f_min: 0.1 Hz, points: 5}"
REST = "{type: rest, duration: 1 h}"
HEAVY = ("pybamm", "casadi", "scipy", "xarray", "pint", "matplotlib")


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Mgtwin = Callable[..., Ended]


@pytest.fixture
def mgtwin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run a command in an empty folder, in a terminal of 80 columns (or `columns`)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, columns: int = 80) -> Ended:
        monkeypatch.setenv("COLUMNS", str(columns))
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        code = ended.value.code
        return Ended(code if isinstance(code, int) else int(code is not None), *capsys.readouterr())

    return run


def in_process(code: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run([sys.executable, *more, "-c", code], capture_output=True, text=True, env=env, timeout=120)


def flat(text: str) -> str:
    """Text without line breaks, for messages that are wrapped."""
    return " ".join(text.split())


# -- starting -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["list"], (*HEAVY, "numpy", "mgtwin.cells")),
        (["--help"], (*HEAVY, "numpy", "pydantic", "yaml")),
        (["run", "--help"], (*HEAVY, "numpy")),
    ],
)
def test_listing_and_help_load_nothing_heavy(arguments: list[str], unwanted: Sequence[str]) -> None:
    done = in_process(
        f"import sys\nfrom mgtwin.cli import main\ntry:\n    main({arguments})\nfinally:\n"
        f"    print(sorted(set(sys.modules) & set({tuple(unwanted)})), file=sys.stderr)"
    )
    assert done.stderr.splitlines()[-1] == "[]"
    assert done.returncode == 0
    assert len(done.stdout) > 500


def test_a_saved_spectrum_loads_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    unwanted = ("dask", "distributed", "pint", "scipy", "pybamm", "casadi", "matplotlib", "mgtwin.campaign")
    protocol, file = "{type: eis, f_max: 1 MHz, f_min: 0.1 Hz}", tmp_path / "spectrum.nc"
    arguments = ["run", "--cell", "trilayer", "--protocol", protocol, "-o", str(file)]
    done = in_process(
        f"import sys\nfrom mgtwin.cli import main\ntry:\n    main({arguments})\nfinally:\n"
        f"    print(sorted(set(sys.modules) & set({unwanted})), file=sys.stderr)"
    )
    assert done.stderr.splitlines()[-1] == "[]" and done.returncode == 0 and file.is_file()


def test_runs_as_a_module() -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "mgtwin", "schema", "Rest"], capture_output=True, text=True, env=env, timeout=120
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["title"] == "mgtwin Rest"


def test_version(mgtwin: Mgtwin) -> None:
    assert mgtwin("--version").out.startswith("mgtwin ")


@pytest.mark.parametrize("command", ["list", "show", "new", "check", "run", "plot", "schema"])
def test_every_command_explains_itself(mgtwin: Mgtwin, command: str) -> None:
    done = mgtwin(command, "--help")
    assert done.code == 0
    assert f"Usage: mgtwin {command}" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_a_bare_command_shows_the_help(mgtwin: Mgtwin) -> None:
    done = mgtwin()
    assert "mgtwin run paper" in flat(done.out + done.err)


def test_a_misspelt_command_is_refused(mgtwin: Mgtwin) -> None:
    done = mgtwin("lst")
    assert done.code == 2
    assert "lst" in done.err


# -- list and show ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [80, 120])
def test_list_names_everything(mgtwin: Mgtwin, columns: int) -> None:
    done = mgtwin("list", columns=columns)
    assert done.code == 0
    for kind in ("cells", "overlays", "experiments"):
        for name in library.names(kind):
            assert re.search(rf"^  {name} ", done.out, re.MULTILINE), name
    assert re.search(r"^  infiltrated +reading +dry Mg3AsN", done.out, re.MULTILINE)
    assert max(map(len, done.out.splitlines())) <= columns


def test_list_of_one_kind_and_of_paths(mgtwin: Mgtwin) -> None:
    assert "mofsse" in mgtwin("list", "material").out
    assert "trilayer.yaml" in mgtwin("list", "cells", "--paths", columns=200).out
    done = mgtwin("list", "cels")
    assert (done.code, done.err) == (2, "error: unknown kind 'cels'. Did you mean 'cells'?\n")
    assert "'mgtwin list kinds' names the families." in flat(mgtwin("list", "nonsense").err)


def test_list_of_families_and_of_their_kinds(mgtwin: Mgtwin) -> None:
    for name, family in families().items():
        assert re.search(rf"^  {name} +{next(iter(family))}", mgtwin("list", "kinds").out, re.MULTILINE), name
        listed = mgtwin("list", name).out
        assert all(re.search(rf"^  {kind} ", listed, re.MULTILINE) for kind in family), name
        assert max(map(len, listed.splitlines())) <= 80
    assert mgtwin("list", "protocols").out == mgtwin("list", "Protocol").out
    assert re.search(r"^  rest +Open circuit for a time", mgtwin("list", "protocols").out, re.MULTILINE)


def test_list_says_so_where_there_are_none(mgtwin: Mgtwin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "folders", lambda kind: ())
    assert "none found" in mgtwin("list").out


def test_list_shows_a_broken_file_among_the_others(
    mgtwin: Mgtwin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells" / "broken.yaml").write_text("a: 1\na: 2\n")
    monkeypatch.setenv("MGTWIN_PATH", str(tmp_path))
    done = mgtwin("list", "cells")
    assert "cannot be read" in done.out
    assert "trilayer" in done.out


@pytest.mark.parametrize("columns", [80, 120])
def test_show_draws_the_stack_and_gives_every_number(mgtwin: Mgtwin, columns: int) -> None:
    done = mgtwin("show", "trilayer", "annealed", columns=columns)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "trilayer + annealed"
    assert max(map(len, lines)) <= columns
    assert re.search("║ +antiperovskite +║", done.out)
    cell = mt.cell("trilayer", "annealed")
    headings = ""
    shown = set()
    for line in lines:
        if re.match(r"[a-z]", line):
            headings = "" if line == "cell" else line.split()[0] + "."
        elif found := re.match(r"  ([a-z_.]+) {2,}\S", line):
            shown.add(headings + found[1])
    assert shown == {path for path in cell.paths() if ".valid" not in path}
    assert "Arrhenius: 0.01913 mS/cm at 25 °C, valid 40 to 100 °C: extrapolated" in done.out
    assert "0.2 [0.15, 0.25] mS/cm" in done.out
    assert "readings for this cell: as_printed, contact_limited, infiltrated" in done.out


def test_show_says_where_values_come_from(mgtwin: Mgtwin) -> None:
    done = mgtwin("show", "au_mg3asn_au", "--provenance")
    assert "§2.4: pellets of 0.2 g; printed “between 0.62 and 0.69 mm”" in flat(done.out)
    assert "middle and limits of the spread over pellets" in flat(done.out)
    assert "mg3asn2025: First experimental investigation" in flat(done.out)
    assert max(map(len, done.out.splitlines())) <= 80
    assert "§2.4" not in mgtwin("show", "au_mg3asn_au").out


@pytest.mark.parametrize("name", library.names("cells"))
def test_every_cell_can_be_shown(mgtwin: Mgtwin, name: str) -> None:
    done = mgtwin("show", name, "-p")
    assert (done.code, done.err) == (0, "")
    assert not any(line != line.rstrip() for line in done.out.splitlines())


def test_a_stack_wider_than_the_terminal_becomes_a_list(mgtwin: Mgtwin) -> None:
    done = mgtwin("show", "trilayer", columns=50)
    assert "┌" not in done.out
    assert re.search(r"^  antiperovskite +mg3asn, 0.65", done.out, re.MULTILINE)


def test_show_without_box_drawing_signs() -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii", "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-m", "mgtwin", "show", "trilayer"], capture_output=True, text=True, env=env, timeout=120
    )
    assert done.returncode == 0
    assert "# antiperovskite #" in done.stdout


def test_a_closed_pipe_ends_quietly() -> None:
    done = in_process(
        "import os, sys\n"
        "read, write = os.pipe()\nos.close(read)\nos.dup2(write, 1)\n"
        "from mgtwin.cli import main\nmain(['show', 'trilayer'])"
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trilayr"], "unknown cell 'trilayr'. Did you mean 'trilayer'?"),
        (["trilayer", "as_print"], "unknown overlay 'as_print'. Did you mean 'as_printed'?"),
        (["trilayer", "annealed", "hot_pressed"], "both of kind state"),
        (["au_mofsse_au", "annealed"], "does not apply to 'au_mofsse_au'"),
        (["nothing.yaml"], "nothing.yaml: there is no such file"),
    ],
)
def test_show_refuses(mgtwin: Mgtwin, arguments: list[str], message: str) -> None:
    done = mgtwin("show", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert message in done.err
    assert "Traceback" not in done.err


def test_a_file_that_was_meant_by_its_name_is_pointed_out(mgtwin: Mgtwin) -> None:
    mgtwin("new", "mine")
    assert "write mine.yaml" in mgtwin("show", "mine").err
    assert "write mine.yaml" in mgtwin("run", "mine").err
    assert mgtwin("show", "mine.yaml").code == 0


OWN_CELL = """\
name: c
negative: &mg {type: plating, exchange_current_density: 1 mA/cm^2}
positive: *mg
layers:
  - {name: a, thickness: 1 mm, material: {type: ion_conductor, ionic_conductivity: 1 mS/cm}}
"""

# -- new and check ------------------------------------------------------------------------------------------------


def test_new_writes_a_cell_that_is_right_and_runs(mgtwin: Mgtwin, tmp_path: Path) -> None:
    done = mgtwin("new", "mine")
    assert done.code == 0
    commands = re.findall(r"^  mgtwin (.*)$", done.out, re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["check", "show", "run"]
    text = (tmp_path / "mine.yaml").read_text(encoding="utf-8")
    assert text == new_cell_template("mine")
    assert mgtwin("check", "mine.yaml").code == 0
    assert mgtwin("run", "--cell", "mine.yaml", "--protocol", EIS).code == 0


@pytest.mark.parametrize(
    ("line", "offered"),
    [("mgtwin show tri", "trilayer"), ("mgtwin show trilayer contact_l", "contact_loss"), ("mgtwin exp", "export"),
     ("mgtwin run eis_mof", "eis_mofsse"), ("mgtwin run pap", "paper"), ("mgtwin list mat", "materials")],
)  # fmt: skip
def test_the_shell_is_told_how_to_go_on(
    line: str, offered: str, monkeypatch: pytest.MonkeyPatch, mgtwin: Mgtwin
) -> None:
    monkeypatch.setenv("_MGTWIN_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - 1))
    assert offered in mgtwin().out.split()


def test_what_the_new_cell_has_in_comments_is_right_too(mgtwin: Mgtwin, tmp_path: Path) -> None:
    text = new_cell_template("mine")
    keys = ("fixture", "shunt", "reference", "contact", "ageing", "relative_permittivity", "capacitance")
    option = re.compile(rf"^( *)# ( *(?:(?:{'|'.join(keys)}):|- {{).*)$", re.MULTILINE)
    assert {match[2].partition(":")[0] for match in option.finditer(text)} >= set(keys)
    given = option.sub(r"\1\2", text)
    cpe = re.sub(r"  double_layer: 10 uF/cm\^2 +# or.*\n  # double_layer", "  double_layer", text)
    cathode = text[: text.index("positive:\n")] + text[text.index("# positive:") + 2 :]
    for name, variant in {"given": given, "cpe": cpe, "cathode": cathode}.items():
        assert variant != text
        (tmp_path / f"{name}.yaml").write_text(variant.replace("name: mine", f"name: {name}"))
        done = mgtwin("check", f"{name}.yaml")
        assert done.code == 0 and "no errors" in done.out, done.err


def test_new_never_overwrites(mgtwin: Mgtwin, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("precious")
    for name in ("mine", "mine.yaml"):
        done = mgtwin("new", name)
        assert done.code == 2
        assert "exists already" in done.err
    assert (tmp_path / "mine.yaml").read_text() == "precious"


@pytest.mark.parametrize(("name", "message"), [("a b", "cannot name a cell"), ("nowhere/a", "does not exist")])
def test_new_refuses(mgtwin: Mgtwin, name: str, message: str) -> None:
    done = mgtwin("new", name)
    assert done.code == 2
    assert message in done.err


def test_everything_shipped_is_right(mgtwin: Mgtwin) -> None:
    done = mgtwin("check", columns=200)
    number = sum(len(library.names(kind)) for kind in library.KINDS) + len(campaigns())
    assert (done.code, done.err) == (0, "")
    assert f"{number} files, no errors." in done.out
    assert done.out.count("ok ") == number


WRONG = {
    "cell.yaml": (
        new_cell_template("cell").replace("0.5 mm", "0,5 mm", 1).replace("  thickness: 0.5 mm", "  thickness: 0,5 mm"),
        r"cell\.yaml:\d+:\d+: layers\.separator\.thickness: '0,5 mm' contains a comma",
    ),
    "twice.yaml": ("layers: []\nlayers: []\n", r"twice\.yaml:2:1: the key 'layers' is repeated"),
    "tab.yaml": ("a: 1\n\tb: 2\n", r"tab\.yaml:2:1: YAML syntax"),
    "empty.yaml": ("", r"empty\.yaml:1:1: what this file describes cannot be told"),
    "odd.yaml": ("type: eiss\n", r"odd\.yaml:1:7: type 'eiss' is unknown.* Did you mean 'eis'"),
    "eis.yaml": ("type: eis\nf_max: 1 MHz\nf_min: 2\n", r"eis\.yaml:3:8: f_min: '2' has no unit"),
    "mixed.yaml": ("type: ion_conductor\nionic_conductivity: 1 S*m\n", r"mixed\.yaml:2:21: .*a conductivity in S/m"),
    "tests.yaml": (
        "protocol: {type: rest, duration: 1 h}\ncells: trilayr\ntemperatures: 25 degC\n",
        r"tests\.yaml:2:8: cells: unknown cell 'trilayr'",
    ),
    "interfaces/gold.yaml": ("type: gold\n", r"gold\.yaml:1:1: type 'gold' is not an interface: use one of blocking"),
    "overlays/thick.yaml": (
        "kind: state\nvariants:\n  - cells: [trilayer]\n    set:\n      layers.a.thickness: 1 mm\n",
        r"thick\.yaml:5:\d+: layers\.a\.thickness in trilayer: unknown path",
    ),
    "cells/other.yaml": (new_cell_template("mine"), r"the cell's name 'mine' differs from the file name 'other'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_check_points_at_the_place(mgtwin: Mgtwin, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, message = WRONG[name]
    monkeypatch.setenv("MGTWIN_PATH", str(tmp_path))
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    done = mgtwin("check", name)
    assert done.code == 1
    assert done.out.startswith("wrong  ")
    assert re.search(f"^error: .*{message}", done.err, re.MULTILINE), done.err
    if re.search(r":\d+:\d+: ", done.err):
        assert re.search(r"^ +\| +\^$", done.err, re.MULTILINE)


def test_check_of_a_folder_counts_the_wrong_ones(mgtwin: Mgtwin, tmp_path: Path) -> None:
    mgtwin("new", "fine")
    (tmp_path / "bad.yaml").write_text("type: eiss\n")
    done = mgtwin("check", ".")
    assert done.code == 1
    assert re.search(r"^ok +cell +fine.yaml$", done.out, re.MULTILINE)
    assert "1 of 2 files with errors." in done.err


def test_check_of_names_and_of_nothing(mgtwin: Mgtwin, tmp_path: Path) -> None:
    assert "trilayer.yaml" in mgtwin("check", "trilayer", columns=200).out
    assert mgtwin("check", "nowhere").code == 1
    (tmp_path / "empty").mkdir()
    done = mgtwin("check", "empty")
    assert (done.code, done.err) == (2, "error: nothing to check: there is no YAML file in empty.\n")


def test_check_asks_where_numbers_come_from_and_knows_a_bibliography_beside_the_file(
    mgtwin: Mgtwin, tmp_path: Path
) -> None:
    given = {"value": "1 cm^2", "std": "1 %", "kind": "measured", "source": "notebook7", "where": "p. 3", "note": "-"}
    text = OWN_CELL
    (tmp_path / "c.yaml").write_text(text + "area: 1 cm^2\n")
    done = mgtwin("check", "c.yaml", columns=200)
    assert done.code == 0 and "without full provenance" in done.err
    (tmp_path / "c.yaml").write_text(text + yamlfile.dumps({"area": given}))
    done = mgtwin("check", "c.yaml", columns=200)
    assert done.code == 1 and re.search(r"c\.yaml:\d+:\d+: no bibliography has the reference 'notebook7'", done.err)
    (tmp_path / "ours.bib").write_text("@misc{notebook7,\n  title = {Notebook 7}\n}\n")
    done = mgtwin("check", "c.yaml", columns=200)
    assert done.code == 1 and re.search(r"c\.yaml:\d+:\d+: this number does not say: kind, source", done.err)
    complete = re.sub(r'"?(1 mA/cm\^2|1 mm|1 mS/cm)"?', lambda found: str({**given, "value": found[1]}), text)
    (tmp_path / "c.yaml").write_text(complete + yamlfile.dumps({"area": given}))
    done = mgtwin("check", "c.yaml", columns=200)
    assert done.code == 0 and "provenance" not in done.err


def test_an_overlay_outside_the_library_is_checked_by_itself(mgtwin: Mgtwin, tmp_path: Path) -> None:
    (tmp_path / "o.yaml").write_text("kind: state\nvariants: [{cells: trilayer, set: {temperature: 30 degC}}]\n")
    assert mgtwin("check", "o.yaml").code == 0
    (tmp_path / "o.yaml").write_text("kind: stat\nvariants: [{cells: trilayer, set: {temperature: 30 degC}}]\n")
    assert "o.yaml:1:7: kind" in mgtwin("check", "o.yaml").err


def test_a_file_is_known_by_what_it_holds() -> None:
    for text, kind in {
        "layers: []": "cell",
        "variants: []": "overlay",
        "protocol: {}": "experiment",
        "type: sequence": "protocol",
        "type: mixed_conductor": "material",
        "type: junction": "interface",
    }.items():
        assert kind_of(yamlfile.loads(text, "file.yaml")) == kind


# -- run: one simulation ------------------------------------------------------------------------------------------


def test_run_gives_what_simulate_gives(mgtwin: Mgtwin, tmp_path: Path) -> None:
    done = mgtwin("run", "--cell", "trilayer", "--overlay", "annealed", "--protocol", EIS, "-o", "eis")
    assert done.code == 0
    expected = mt.simulate(mt.cell("trilayer", "annealed"), mt.EIS(1e6, 0.1, points=5))
    saved = mt.open(tmp_path / "eis.nc")
    np.testing.assert_array_equal(saved["impedance"].values, expected["impedance"].values)
    assert done.out.splitlines()[0].split() == ["trilayer", "+", "annealed", "25", "°C,", "1.131", "cm^2"]
    resistance = float(expected["impedance"].values[0].real)
    assert f"at 1 MHz   Re Z = {resistance / 1e3:.4g} kohm" in done.out
    assert "at 0.1 Hz" in done.out
    assert re.search(r"saved +eis.nc", done.out)
    assert "warning: Arrhenius law used at 25 °C, outside its validity 40 °C to 100 °C." in flat(done.err)
    assert "  layers.antiperovskite.material.ionic_conductivity\n" in done.err
    assert max(map(len, done.out.splitlines())) <= 80


def test_run_with_changes_and_a_figure(mgtwin: Mgtwin, tmp_path: Path) -> None:
    (tmp_path / "eis.yaml").write_text("type: eis\nf_max: 1 MHz\nf_min: 0.1 Hz\npoints: 5\n")
    changes = ("--set", "layers.buffer_*.thickness=0.3mm", "--set", "temperature=60 degC")
    done = mgtwin("run", "--cell", "trilayer", "--protocol", "eis.yaml", *changes, "--plot", "eis")
    assert done.code == 0
    assert "60 °C" in done.out
    changed = mt.cell("trilayer").with_({"layers.buffer_*.thickness": 3e-4, "temperature": "60 degC"})
    resistance = float(mt.simulate(changed, mt.EIS(1e6, 0.1, points=5))["impedance"].values[-1].real)
    assert f"Re Z = {resistance / 1e3:.4g} kohm" in done.out
    assert (tmp_path / "eis.png").read_bytes().startswith(b"\x89PNG")


def test_run_says_when_nothing_is_kept(mgtwin: Mgtwin) -> None:
    assert "Not saved" in mgtwin("run", "--cell", "au_mofsse_au", "--protocol", EIS).err


def test_run_of_transients_says_how_they_end(mgtwin: Mgtwin, tmp_path: Path) -> None:
    staircase = "{type: polarization, voltage: [0.5 V, 1 V], duration: 10 s, first_time: 1 ms, per_decade: 2}"
    done = mgtwin("run", "--cell", "au_mg3asn_au", "--protocol", staircase, "-o", "ca.nc")
    saved = mt.open(tmp_path / "ca.nc")
    assert re.search(r"step 1 +0.5 V, ", done.out)
    assert re.search(r"step 2 +1 V, ", done.out)
    assert f"1 V, {saved['current'].values[-1] * 1e6:.4g} uA" in done.out
    cycling = "{type: cycling, current: -10 uA, half_cycle: 10 min, cycles: 2}"
    done = mgtwin("run", "--cell", "trilayer", "--protocol", cycling)
    assert re.search(r"duration +40 min, 2 cycles", done.out)
    assert re.search(r"first cycle +deposition ends at -\S+ mV, dissolution ends at \S+ mV", done.out)
    sweep = "{type: voltammetry, low: -50 mV, high: 50 mV, rate: 1 mV/s}"
    assert "lowest current" in mgtwin("run", "--cell", "mg_polymer_mg", "--protocol", sweep).out


def test_run_of_a_sequence_has_a_part_per_step(mgtwin: Mgtwin, tmp_path: Path) -> None:
    steps = f"{{type: sequence, steps: [{EIS}, {REST}]}}"
    done = mgtwin("run", "--cell", "trilayer", "--protocol", steps, "-o", "s.nc", "--plot", "s.svg")
    assert done.code == 0
    assert "00_eis" in done.out
    assert "01_rest" in done.out
    assert set(mt.open(tmp_path / "s.nc").children) == {"00_eis", "01_rest"}
    assert (tmp_path / "s.svg").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--cell and --protocol are missing"),
        (["--cell", "trilayer"], "--protocol is missing"),
        (["--protocol", REST], "--cell is missing"),
        (["papr"], "unknown experiment 'papr'. Did you mean 'paper'?"),
        (["eis_trilayr"], "Did you mean 'eis_trilayer'"),
        (["nonsense"], "'mgtwin list experiments' shows the"),
        (["eis_trilayer", "--protocol", REST], "give either an EXPERIMENT"),
        (["eis_trilayer", "--overlay", "annealed"], "trilayer (cold_pressed, as_printed)"),
        (["eis_trilayer", "--overlay", "nonsense"], "unknown overlay 'nonsense'"),
        (["eis_trilayer", "--cell", "trilayr"], "unknown cell 'trilayr'"),
        (["paper", "--set", "temperature=30 degC"], "'run paper' takes only --output, not --set"),
        (["--cell", "trilayer", "--protocol", "eis"], "neither a file"),
        (["--cell", "trilayer", "--protocol", "no.yaml"], "no.yaml: there is no such file"),
        (["--cell", "trilayer", "--protocol", "{type: eiss}"], "--protocol:1:8: type 'eiss' is not a protocol"),
        (["--cell", "trilayer", "--protocol", "{f_max: 1 Hz}"], "a protocol needs the key 'type'"),
        (["--cell", "trilayer", "--protocol", "{type: eis, f_max: 1, f_min: 1 mHz}"], "'1' has no unit"),
        (["--cell", "trilayer", "--protocol", "{type: eis, f_max: 1 Hz"], "YAML syntax"),
        (["--cell", "trilayer", "--protocol", "{type: rest, durations: 1 h}"], "Did you mean 'duration'"),
        (["--cell", "trilayer", "--protocol", REST, "-o", "nowhere/x.nc"], "the folder nowhere does not exist"),
        (["--cell", "trilayer", "--protocol", REST, "-o", "x.txt"], "write x.nc"),
        (["--cell", "trilayer", "--protocol", REST, "-o", "."], "is a folder"),
        (["--cell", "trilayer", "--protocol", REST, "--plot", "x.jpg"], "write x.png"),
        (
            ["--cell", "au_mofsse_au", "--protocol", "{type: galvanostatic, current: 1 uA, duration: 1 h}"],
            "no single carrier conducts",
        ),
    ],
)
def test_run_refuses(mgtwin: Mgtwin, arguments: list[str], message: str) -> None:
    done = mgtwin("run", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert message in flat(done.err)
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("thickness", "write path=value"),
        ("=1 mm", "write path=value"),
        ("layers.antiperovskite.thickness=", "the value is missing"),
        ("nothing_like_it=1", "mgtwin show CELL lists the paths"),
        ("layers.antiperovskite.thicknes=1 mm", "Did you mean 'layers.antiperovskite.thickness'"),
        ("layers.antiperovskite.sigma_ion=1 mS/cm", "Did you mean 'layers.antiperovskite.material.ionic_conductivity'"),
        ("layers.antiperovskite.thickness=1", "'1' has no unit"),
        ("layers.antiperovskite.thickness={value: 1}", "'1' has no unit"),
        ("layers.antiperovskite.thickness=-1 mm", "must be greater than 0 m, but is -1 mm"),
        ("layers.antiperovskite.thickness=1,5 mm", "contains a comma"),
        ("layers.antiperovskite.thickness=1 S/cm", "a length in m is needed"),
        ("layers.antiperovskite.material=mofse", "Did you mean 'mofsse'"),
        ("negative={type: blocking", "YAML syntax"),
    ],
)
def test_changes_are_refused(mgtwin: Mgtwin, assignment: str, message: str) -> None:
    done = mgtwin("run", "--cell", "trilayer", "--protocol", EIS, "--set", assignment)
    assert (done.code, done.out) == (2, "")
    assert assignment in done.err
    assert message in flat(done.err)


def test_changes_take_everything_that_a_file_takes() -> None:
    cell = mt.cell("trilayer")
    changed = changed_cell(
        cell,
        [
            "positive.transfer_coefficient = 0.4",
            "layers.buffer_left.material=polymer",
            "layers.buffer_right.material={from: mofsse, ionic_conductivity: 1 mS/cm}",
            "negative={type: blocking, double_layer: 10 uF/cm^2, electronic_resistance: inf}",
            "interfaces.antiperovskite-buffer_right=null",
            "ion.charge=1",
        ],
    )
    assert changed.get("positive.transfer_coefficient") == 0.4
    assert changed.layers[0].material.name == "polymer"
    assert changed.get("layers.buffer_right.material.ionic_conductivity") == 0.1
    assert changed.get("negative.electronic_resistance") == float("inf")
    assert list(changed.interfaces) == ["buffer_left-antiperovskite"]
    assert changed.ion.charge == 1
    assert changed_cell(cell, []) is cell


def test_a_protocol_on_one_line() -> None:
    assert protocol_line(mt.Polarization([0.1 * k for k in range(1, 11)], "2 h")).endswith(
        "... (10 in all), duration 2 h"
    )
    assert protocol_line(mt.EIS.at([1.0], bias=mt.Voltage(0.5))) == "eis: bias 0.5 V, frequencies 1 Hz"
    assert protocol_line(mt.Sequence([mt.Rest("1 h"), mt.EIS(1e6, 1)])) == "sequence: rest, eis"


# -- run: failures and Ctrl-C -------------------------------------------------------------------------------------


def _partial(warnings: Sequence[str] = ()) -> object:
    from mgtwin import dataset

    return dataset.transient([0.0, 1.0], [0.0, 0.1], [0.0, 1e-6], attrs=dataset.stamp(warnings=warnings))


def _raising(error: BaseException) -> Callable[..., object]:
    def simulate(*_: object, **__: object) -> object:
        raise error

    return simulate


def test_a_failed_run_keeps_what_there_is(mgtwin: Mgtwin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    error = SimulationError("trilayer: failed in step 3, 1 s after the start", 1.0, _partial())
    monkeypatch.setattr(simulation, "simulate", _raising(error))
    arguments = ("run", "--cell", "trilayer", "--protocol", REST)
    done = mgtwin(*arguments, "-o", "x.nc")
    assert done.code == 2
    assert "failed in step 3" in done.err
    assert "What was done until then is in x.partial.nc." in done.err
    assert mt.open(tmp_path / "x.partial.nc").sizes["time"] == 2
    assert not (tmp_path / "x.nc").exists()
    assert "can be kept with -o" in mgtwin(*arguments).err


def test_ctrl_c_keeps_the_part_that_was_done(mgtwin: Mgtwin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept = _partial(["interrupted after 1 of 9 steps: the rest was not simulated"])
    monkeypatch.setattr(simulation, "simulate", lambda *_, **__: kept)
    done = mgtwin("run", "--cell", "trilayer", "--protocol", REST, "-o", "x.nc")
    assert done.code == 130
    assert "interrupted after 1 of 9 steps" in done.err
    assert re.search(r"saved +x.partial.nc", done.out)
    assert (tmp_path / "x.partial.nc").is_file()
    assert not (tmp_path / "x.nc").exists()


def test_ctrl_c_before_anything_was_done(mgtwin: Mgtwin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "simulate", _raising(KeyboardInterrupt()))
    done = mgtwin("run", "--cell", "trilayer", "--protocol", REST)
    assert (done.code, done.err) == (130, "interrupted: nothing was kept.\n")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM there")
def test_sigterm_keeps_what_ctrl_c_keeps(tmp_path: Path) -> None:
    """A batch system ends a run with SIGTERM; its first cycles are worth keeping."""
    protocol = "{type: cycling, current: 1 uA, half_cycle: 1 h, cycles: 100000, points: 2, traces: []}"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    code = (
        "import sys\nfrom mgtwin import simulation\nfrom mgtwin.cli import main\n"
        "run = simulation.simulate\n"
        "def said(cell, protocol, progress, route):\n"
        "    def tell(fraction, text):\n"
        "        print(text, flush=True)\n"
        "    return run(cell, protocol, progress=tell)\n"
        "simulation.simulate = said\n"
        f"main(['run', '--cell', 'trilayer', '--protocol', '{protocol}', '-o', 'r.nc'])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        run.stdout.readline()  # a first cycle is done
        run.send_signal(signal.SIGTERM)
        _, said = run.communicate(timeout=60)
    assert run.returncode == 143, said
    assert "interrupted" in said
    assert mt.open(tmp_path / "r.partial.nc").attrs["interrupted"]


@pytest.mark.parametrize(
    ("arguments", "file", "text"),
    [
        (("run", "--cell", "trilayer", "--protocol", EIS, "-o", "x.nc"), "x.nc", "my notes"),
        (("run", "--cell", "trilayer", "--protocol", EIS, "--plot", "x.png"), "x.png", "my notes"),
        (("schema", "Rest", "-o", "x.json"), "x.json", '{"my": "notes"}'),
    ],
)
def test_a_file_of_another_kind_is_overwritten_only_by_force(
    mgtwin: Mgtwin, tmp_path: Path, arguments: tuple[str, ...], file: str, text: str
) -> None:
    (tmp_path / file).write_text(text)
    done = mgtwin(*arguments)
    assert done.code == 2
    assert re.search(rf"{file} exists and is not a .*: it is left as it is", flat(done.err))
    assert (tmp_path / file).read_text() == text
    assert mgtwin(*arguments, "--force").code == 0
    assert (tmp_path / file).read_bytes() != text.encode()
    assert mgtwin(*arguments).code == 0  # its own kind


def test_a_fault_of_mgtwin_is_called_one(mgtwin: Mgtwin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "simulate", _raising(TypeError("bad operand")))
    arguments = ("run", "--cell", "trilayer", "--protocol", REST)
    done = mgtwin(*arguments)
    assert done.code == 1
    assert done.err.startswith("error: unexpected TypeError: bad operand\nThis is a fault of mgtwin")
    assert "Traceback" not in done.err
    for debug in ((*arguments, "--debug"), ("--debug", *arguments)):
        done = mgtwin(*debug)
        assert done.code == 1
        assert "Traceback (most recent call last)" in done.err
    assert "Traceback" not in mgtwin(*arguments).err


def test_a_file_that_cannot_be_written_is_said(mgtwin: Mgtwin, monkeypatch: pytest.MonkeyPatch) -> None:
    full = OSError(28, "No space left on device", "x.nc")
    monkeypatch.setattr(simulation, "simulate", _raising(full))
    done = mgtwin("run", "--cell", "trilayer", "--protocol", REST)
    assert (done.code, done.err) == (2, "error: x.nc: No space left on device.\n")


def test_warnings_are_said_in_words(mgtwin: Mgtwin, monkeypatch: pytest.MonkeyPatch) -> None:
    def simulate(*_: object, **__: object) -> object:
        import warnings

        warnings.warn("a law is extrapolated", MgtwinWarning, stacklevel=1)
        warnings.warn("of a library", DeprecationWarning, stacklevel=1)
        return _partial()

    monkeypatch.setattr(simulation, "simulate", simulate)
    done = mgtwin("run", "--cell", "trilayer", "--protocol", REST)
    assert "warning: a law is extrapolated\n" in done.err
    assert "of a library" not in done.err


# -- run: experiments and the paper -------------------------------------------------------------------------------


def test_an_experiment_is_compared_with_what_was_observed(mgtwin: Mgtwin, tmp_path: Path) -> None:
    done = mgtwin("run", "eis_mofsse", "-o", "m.nc", "--plot", "m.png")
    assert (done.code, done.err) == (0, "")
    runs = mt.experiment("eis_mofsse").runs()
    assert len(re.findall(r"^ as_printed +\d+ °C ", done.out, re.MULTILINE)) == len(runs)
    assert "Re Z at 1 MHz ... 0.1 Hz" in done.out
    assert re.search(r"resistance of a MOFsSE pellet at 100 °C +14.\d ohm +as_printed +calibrated", done.out)
    assert "14.6 ohm; accepted: [" in flat(done.out)
    assert max(map(len, done.out.splitlines())) <= 80
    saved = mt.open(tmp_path / "m.nc")
    assert set(saved.children) == {run.key for run in runs}
    assert (tmp_path / "m.png").is_file()


def test_an_experiment_changed_is_not_compared(mgtwin: Mgtwin) -> None:
    done = mgtwin("run", "eis_mofsse", "--set", "layers.*.thickness=1 mm", "--set", "temperature=60 degC")
    assert done.code == 0
    assert "60 °C" in done.out
    assert "observed" not in done.out  # one run, at the temperature that was set


def test_an_experiment_on_a_cell_of_ones_own(mgtwin: Mgtwin) -> None:
    mgtwin("new", "mine")
    done = mgtwin("run", "eis_mofsse", "--cell", "mine.yaml", "-o", "mine.nc")
    assert done.code == 0
    assert "eis_mofsse: mine" in done.out
    assert done.out.count("°C") == len(mt.experiment("eis_mofsse").temperatures)
    assert "observed" not in done.out


def test_part_of_an_experiment_is_compared_without_what_was_left_out(mgtwin: Mgtwin) -> None:
    done = mgtwin("run", "eis_electrodes", "--cell", "au_mg3asn_mg", "--overlay", "infiltrated")
    assert done.code == 0
    assert "failed" not in done.out
    done = mgtwin("run", "eis_treated", "--overlay", "hot_pressed", "--overlay", "infiltrated")
    assert "contact_limited" not in done.out


def test_files_of_other_kinds_given_as_an_experiment(mgtwin: Mgtwin, tmp_path: Path) -> None:
    mgtwin("new", "mine")
    assert "write --cell mine.yaml" in mgtwin("run", "mine.yaml").err
    (tmp_path / "p.yaml").write_text("type: rest\nduration: 1 h\n")
    assert "write --protocol p.yaml" in mgtwin("run", "p.yaml").err
    assert "there is no such file" in mgtwin("run", "q.yaml").err


def test_one_failing_run_does_not_cost_the_others(mgtwin: Mgtwin, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate = mt.simulate

    def sometimes(cell: mt.Cell, protocol: object, **more: object) -> object:
        if cell.temperature > 370:
            raise SimulationError("no solution")
        return simulate(cell, protocol)

    monkeypatch.setattr(simulation, "simulate", sometimes)
    done = mgtwin("run", "eis_mofsse")
    assert done.code == 2
    assert done.out.count("kohm") + done.out.count("ohm ...") >= 3
    assert "eis_mofsse: au_mofsse_au (as_printed) at 100 °C: no solution" in flat(done.err)


def test_ctrl_c_in_an_experiment_keeps_the_finished_runs(
    mgtwin: Mgtwin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    simulate = mt.simulate
    done_so_far: list[object] = []

    def twice(cell: mt.Cell, protocol: object, **more: object) -> object:
        if len(done_so_far) == 2:
            raise KeyboardInterrupt
        done_so_far.append(simulate(cell, protocol))
        return done_so_far[-1]

    monkeypatch.setattr(simulation, "simulate", twice)
    done = mgtwin("run", "eis_mofsse", "-o", "m.nc")
    assert done.code == 130
    assert "interrupted: 2 of 4 runs are done." in done.err
    assert len(mt.open(tmp_path / "m.partial.nc").children) == 2


@pytest.fixture
def short_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """The paper with two of its experiments."""
    names = ("eis_mofsse", "eis_polymer")
    run = partial(campaign.run_campaign, experiments=names, figures=False)
    monkeypatch.setattr(campaign, "run_campaign", run)


@pytest.mark.usefixtures("short_paper")
@pytest.mark.parametrize("columns", [80, 120])
def test_the_main_job(mgtwin: Mgtwin, tmp_path: Path, columns: int) -> None:
    done = mgtwin("run", "paper", columns=columns)
    assert done.code == 0
    for word in ("observed", "simulated", "reading", "verdict", "calibrated", "0.134 mS/cm"):
        assert word in done.out
    assert re.search(r"^ +as_printed +\d", done.out, re.MULTILINE)  # the verdicts counted
    assert re.search(r"table +paper-results/table.md", done.out)
    assert re.search(r"data +7 Datasets in paper-results/data", done.out)
    assert "100%  done" in done.err  # no terminal: a log instead of a bar
    assert max(map(len, done.out.splitlines())) <= columns
    assert len(list((tmp_path / "paper-results" / "data").glob("*.nc"))) == 7


@pytest.mark.usefixtures("short_paper")
def test_the_main_job_into_a_folder(mgtwin: Mgtwin, tmp_path: Path) -> None:
    assert mgtwin("run", "paper", "--output", "here/there").code == 0
    assert (tmp_path / "here" / "there" / "table.md").is_file()
    (tmp_path / "file").write_text("")
    assert "is a file" in mgtwin("run", "paper", "-o", "file").err


@pytest.mark.usefixtures("short_paper")
def test_the_main_job_interrupted(mgtwin: Mgtwin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(simulation, "simulate", _raising(KeyboardInterrupt()))
    done = mgtwin("run", "paper")
    assert done.code == 130
    assert "interrupted: this is only what had been done until then." in done.err
    assert (tmp_path / "paper-results" / "table.md").is_file()


@pytest.mark.usefixtures("short_paper")
def test_the_main_job_with_failures(mgtwin: Mgtwin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "simulate", _raising(SimulationError("no solution")))
    done = mgtwin("run", "paper")
    assert done.code == 1
    assert "SimulationError: no solution" in done.err
    assert "failed" in done.out


def test_progress_in_a_terminal_and_in_a_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress_bar("start", log=True) as update:
        for step in range(101):
            update(step / 100, f"run {step}")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "  0%  run 0"
    assert lines[-1] == "100%  run 100"
    assert len(lines) == 11
    with progress_bar("start") as update:
        update(0.5, "half")
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    with progress_bar("start", "runs") as update:
        update(0.0, "first")
        update(0.5, "[second] " + "very " * 30 + "long")
    assert "[second]" in capsys.readouterr().err


# -- plot and schema ----------------------------------------------------------------------------------------------


def test_plot_draws_a_saved_result(mgtwin: Mgtwin, tmp_path: Path) -> None:
    mgtwin("run", "--cell", "au_mofsse_au", "--protocol", EIS, "-o", "x.nc")
    assert mgtwin("plot", "x.nc").out == "figure  x.png\n"
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    assert mgtwin("plot", "x.nc", "-o", "y.pdf").code == 0
    assert (tmp_path / "y.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no.nc"], "there is no such file"),
        (["text.nc"], "cannot be read"),
        (["."], "is a folder"),
        (["text.nc", "-o", "x.doc"], "write x.png"),
    ],
)
def test_plot_refuses(mgtwin: Mgtwin, tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "text.nc").write_text("not a result")
    done = mgtwin("plot", *arguments)
    assert done.code == 2
    assert message in done.err


def test_fits_studies_and_measurements_are_drawn_and_exported(mgtwin: Mgtwin, tmp_path: Path) -> None:
    import mgtwin as mt

    cell, protocol = mt.cell("au_mofsse_au"), mt.EIS(1e5, 10.0)
    spectrum = mt.simulate(cell, protocol)
    free = {"layers.*.material.ionic_conductivity.reference": mt.Free(log=True)}
    mt.fit([(cell, spectrum)], free).save(tmp_path / "fit.nc")
    axes = {"temperature": ["25 degC", "60 degC"]}
    mt.sweep(cell, protocol, axes, metrics=[mt.analysis.area_specific_resistance], store=tmp_path / "study.zarr")
    mt.export(spectrum, tmp_path / "eis.z")
    for name in ("fit.nc", "study.zarr", "eis.z"):
        done = mgtwin("plot", name)
        assert (done.code, done.err) == (0, "")
        assert (tmp_path / Path(name).with_suffix(".png")).read_bytes().startswith(b"\x89PNG")
        assert mgtwin("export", name, f"{name}.csv").code == 0
    assert "yes" in (tmp_path / "fit.nc.csv").read_text() or "by the law" in (tmp_path / "fit.nc.csv").read_text()
    assert mgtwin("export", "fit.nc", "study.zarr", "au_mofsse_au", "all.xlsx").code == 0
    again = mgtwin("export", "fit.nc", "all.xlsx")
    assert again.code == 2 and "--force" in again.err
    assert mgtwin("export", "fit.nc", "all.xlsx", "--force").code == 0
    assert "TARGET is missing" in mgtwin("export", "fit.nc").err
    assert mgtwin("plot", "au_mofsse_au").code == 2
    assert mgtwin("report", "fit.nc", "fit.html").code == 0
    assert "What the data say" in (tmp_path / "fit.html").read_text()
    (tmp_path / "mine.html").write_text("my notes")
    assert mgtwin("report", "au_mofsse_au", "mine.html").code == 2
    assert (tmp_path / "mine.html").read_text() == "my notes"


def test_a_series_is_fitted_from_files_to_a_table_and_a_figure(mgtwin: Mgtwin, tmp_path: Path) -> None:
    import mgtwin as mt
    from mgtwin.dataset import spectrum

    circuit, f = mt.Circuit("R0-p(R1,C1)"), np.geomspace(1e5, 1, 25)
    (tmp_path / "spectra").mkdir()
    for celsius in (20, 40, 60, 80):
        r = 1000 * np.exp(4000 / (273.15 + celsius) - 4000 / 293.15)
        z = circuit.with_({"R0": 5, "R1": r, "C1": 1e-7}).impedance(f)
        mt.export(spectrum(f, z), tmp_path / "spectra" / f"pellet_{celsius}C.z")
    where = "{type: by_temperature, in_name: 'pellet_{}C'}"
    base = ("fit", "--series", "spectra", "--model", "R0-p(R1,C1)")
    hints = ("--hint", "area=1cm^2", "--hint", "thickness=1mm", "--arrhenius", "R1")
    done = mgtwin(*base, "--by", where, *hints, "-o", "table.xlsx", "--plot", "law.png")
    assert (done.code, done.err) == (0, "")
    # E = k 4000 K, in the convention without T
    assert "0.3447" in next(line for line in done.out.splitlines() if "of σ " in line)
    assert (tmp_path / "law.png").read_bytes().startswith(b"\x89PNG") and (tmp_path / "table.xlsx").stat().st_size
    assert "does not say its temperature" in mgtwin(*base).err
    assert "--model is missing" in mgtwin(*base[:3]).err
    assert "has no value" in mgtwin(*base, "--by", where, "--hint", "area").err
    assert "Did you mean 'by_temperature'" in mgtwin(*base, "--by", "by_temp").err


def test_a_run_is_written_as_a_table(mgtwin: Mgtwin, tmp_path: Path) -> None:
    arguments = ("run", "--cell", "au_mofsse_au", "--protocol", EIS, "-o", "x.csv")
    assert "written" in mgtwin(*arguments).out
    assert "Re(Z)" in (tmp_path / "x.csv").read_text()
    before = (tmp_path / "x.csv").read_bytes()
    assert mgtwin(*arguments).code == 2 and (tmp_path / "x.csv").read_bytes() == before


def test_schema_of_every_noun(mgtwin: Mgtwin, tmp_path: Path) -> None:
    for name in nouns():
        assert json.loads(mgtwin("schema", name).out)["$schema"].endswith("2020-12/schema")
    assert mgtwin("schema", "mixed_conductor").code == 0
    listed = mgtwin("schema").out
    assert all(re.search(rf"^{name} ", listed, re.MULTILINE) for name in nouns())
    assert max(map(len, listed.splitlines())) <= 80
    done = mgtwin("schema", "Cell", "-o", "cell.json")
    assert "$schema=cell.json" in done.out
    assert "layers" in json.loads((tmp_path / "cell.json").read_text(encoding="utf-8"))["properties"]
    assert "Did you mean 'Cell'" in mgtwin("schema", "Cel").err
    assert "lists them" in mgtwin("schema", "Qwertzuiop").err


@pytest.mark.parametrize(("kind", "noun"), [("cells", "Cell"), ("overlays", "Overlay"), ("experiments", "Experiment")])
def test_shipped_files_follow_their_schema(kind: str, noun: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = file_schema(nouns()[noun])
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    for entry in library.entries(kind):
        assert not list(validator.iter_errors(yamlfile.load(entry.path).data)), entry.name
    if noun == "Cell":
        template = yamlfile.loads(new_cell_template("mine")).data
        assert validator.is_valid(template)
        assert not validator.is_valid({**template, "layrs": []})
        assert not validator.is_valid({**template, "temperature": True})


# -- instrument files -----------------------------------------------------------------------------------------------
def write_lab_files(folder: Path) -> None:
    """A spectrum of EC-Lab and a signal without heads, as an experimenter has them."""
    head = "EC-Lab ASCII FILE\nNb header lines : 4\nDevice : SP-300\nfreq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\tcycle number\t\n"
    sweep = "1000\t120\t1.5\t{0}\n100\t125\t9.5\t{0}\n10\t160\t30.5\t{0}\n"
    (folder / "eis_25C.mpt").write_text(head + sweep.format(1))
    (folder / "loops.mpt").write_text(head + "".join(map(sweep.format, range(1, 10))))
    (folder / "chrono.csv").write_text("t/s,U/V,I\n0,0.5,0.02\n3600,0.5,0.01\n")


def test_read_says_what_is_in_a_file_and_draws_it(mgtwin: Mgtwin, tmp_path: Path) -> None:
    write_lab_files(tmp_path)
    done = mgtwin("read", "eis_25C.mpt", "--plot", "--area", "0.785 cm^2")
    assert done.code == 0, done.err
    for text in (
        "EC-Lab text",
        "SP-300",
        "0.785 cm^2",
        "3, 10 Hz ... 1 kHz",
        "120 ohm ... 160 ohm",
        "Im Z = -(-Im(Z)/Ohm)",
    ):
        assert text in done.out
    assert (tmp_path / "eis_25C.png").is_file()


def test_read_saves_what_mt_read_returns(mgtwin: Mgtwin, tmp_path: Path) -> None:
    write_lab_files(tmp_path)
    assert mgtwin("read", "chrono.csv", "--column", "current=3:mA", "-o", "chrono.nc", "--plot", "a.pdf").code == 0
    kept = mt.open(tmp_path / "chrono.nc")
    expected = mt.read(tmp_path / "chrono.csv", columns={"current": mt.Column(3, unit="mA")})
    assert kept.drop_attrs(deep=False).identical(expected.drop_attrs(deep=False))
    assert float(kept["current"][0]) == 2e-5 and (tmp_path / "a.pdf").is_file()


def test_read_counts_loops_and_draws_them_together(mgtwin: Mgtwin, tmp_path: Path) -> None:
    write_lab_files(tmp_path)
    done = mgtwin("read", "--plot", "loops.png", "loops.mpt")
    assert done.code == 0, done.err
    assert "9 spectra" in done.out and "spectrum_9" in done.out and "spectrum_5" not in done.out
    assert (tmp_path / "loops.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("chrono.csv",), "gives no unit of the current"),
        (("nothing.csv",), "there is no such file"),
        (("chrono.csv", "--column", "current"), "write NAME=COLUMN"),
        (("chrono.csv", "--column", "charge=1", "--decimal", "x"), "the decimal sign is"),
        (("eis_25C.mpt", "--plot", "a.txt"), "a figure ends in"),
    ],
)
def test_read_refuses_in_one_message(mgtwin: Mgtwin, tmp_path: Path, arguments: Sequence[str], reason: str) -> None:
    write_lab_files(tmp_path)
    done = mgtwin("read", *arguments)
    assert done.code == 2 and reason in done.err and "Traceback" not in done.err


# -- documentation ------------------------------------------------------------------------------------------------


def test_the_commands_of_the_documentation_run(mgtwin: Mgtwin) -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for name, content in re.findall(r"^```yaml\n# (\w+\.yaml)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        Path(name).write_text(content, encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines()]
    assert len(commands) > 10
    write_lab_files(Path())
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "mgtwin"
        if arguments != ["run", "paper"]:
            assert mgtwin(*arguments).code == 0, command


def test_the_documentation_lists_every_command_and_protocol() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for command in ("list", "show", "new", "check", "run", "sweep", "optimise", "plot", "read", "schema"):
        assert f"`mgtwin {command} " in text
    for name, noun in PROTOCOLS.items():
        if name != "replay":  # made from a recorded signal, not typed
            row = re.search(rf"^\| `{name}` \|(.*)$", text, re.MULTILINE)
            assert row is not None, name
            documented = set(re.findall(r"`(\w+)`", row[1]))
            assert documented == {field.name for field in dataclasses.fields(noun)} - {"type", "temperature"}


def test_sources_are_whole_words_in_a_narrow_terminal(mgtwin: Mgtwin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = mgtwin("show", "trilayer").out
    assert "magnesium_kinetics2017" in shown
    assert "…" not in shown
