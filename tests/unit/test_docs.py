"""The documentation tells the truth: its Python runs and prints what is shown, its reference is complete."""

from __future__ import annotations

import contextlib
import io
import math
import re
import runpy
import shlex
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import dataset

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])[+-]?\d+\.?\d*(?:[eE][+-]?\d+)?(?![\w])")
#: Numbers in shown output may differ by this: rounding of the last digit shown, and the integrator's tolerance.
TOLERANCE = 0.02


class Block(NamedTuple):
    """Python of a page, the line it starts at, and the output that the page shows below it."""

    source: str
    line: int
    output: str | None


def blocks(text: str) -> list[Block]:
    """Return the Python blocks of a page; a ``text`` block directly below one is its output."""
    found = list(FENCE.finditer(text))
    result = []
    for k, match in enumerate(found):
        if match[1] != "python":
            continue
        below = found[k + 1] if k + 1 < len(found) else None
        shown = below is not None and below[1] == "text" and not text[match.end() : below.start()].strip()
        output = below[2] if below is not None and shown else None
        result.append(Block(match[2], text.count("\n", 0, match.start(2)) + 1, output))
    return result


def same_output(shown: str, printed: str) -> bool:
    """Whether two texts are equal word for word, and number for number within the tolerance."""
    texts = [" ".join(NUMBER.sub("#", text).split()) for text in (shown, printed)]
    numbers = [[float(number) for number in NUMBER.findall(text)] for text in (shown, printed)]
    return texts[0] == texts[1] and all(
        math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=0.0) for a, b in zip(*numbers, strict=True)
    )


PAGES = [
    "README.md",
    *(
        f"docs/{name}.md"
        for name in ("tutorial", "howto", "files", "materials", "reconcile", "studies", "derivatives", "twin")
    ),
]


@pytest.mark.parametrize("page", [*PAGES, pytest.param("docs/fitting.md", marks=pytest.mark.slow)])
def test_python_of_a_page_runs_and_prints_what_is_shown(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib.pyplot as plt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MGTWIN_PATH", "")  # put back afterwards, whatever the page sets
    namespace: dict[str, object] = {"__name__": "page"}
    found = blocks((ROOT / page).read_text(encoding="utf-8"))
    assert found
    for block in found:
        # empty lines in front, so that a traceback shows the line of the page
        code = compile("\n" * (block.line - 1) + block.source, str(ROOT / page), "exec")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, namespace)
        plt.close("all")
        if block.output is not None:
            text = printed.getvalue()
            assert same_output(block.output, text), f"{page}, line {block.line}: it prints\n{text}"


@pytest.mark.slow
def test_two_commands_make_of_ten_files_a_figure_a_table_and_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import openpyxl

    from mgtwin.cli import main

    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
    # the page makes the files itself, in the block that makes the folder
    setup = next(block for block in blocks(text) if "mkdir" in block.source)
    exec(setup.source, {"mt": mt, "np": np, "spectrum": dataset.spectrum, "rng": np.random.default_rng(1)})
    (shell,) = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    commands = shell.replace("\\\n", " ").splitlines()
    assert len(commands) == 2 and len(list(Path("spectra").iterdir())) == 10
    for command in commands:
        program, *arguments = shlex.split(command)
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert (program, ended.value.code) == ("mgtwin", 0), command
    assert Path("arrhenius.png").read_bytes().startswith(b"\x89PNG")
    law = openpyxl.load_workbook("pellet.xlsx")["arrhenius temperature"]
    assert law["A2"].value == "K" and law.max_row == 2 + 10
    assert "arrhenius: Figure" in Path("pellet.html").read_text() and Path("spectra.html").exists()


def test_outputs_are_compared_by_word_and_number() -> None:
    assert same_output("V = 0.067 V", "V = 0.0671  V\n")
    assert not same_output("V = 0.067 V", "V = 0.07 V")
    assert not same_output("V = 0.067 V", "U = 0.067 V")
    assert not same_output("V = 0.067 V", "V = -0.067 V")
    assert not same_output("1 2", "1")


def test_the_reference_is_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "docs/make_reference.py"))["reference"]()
    kept = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
    assert kept == made, "the public API has changed: run  python docs/make_reference.py"


def test_the_reference_names_everything_public() -> None:
    import mgtwin as mt

    text = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
    missing = [name for name in mt.__all__ if f"`{name}" not in text]
    for package in ("analysis", "impedance", "plot"):
        missing += [f"{package}.{name}" for name in getattr(mt, package).__all__ if f"`{package}.{name}" not in text]
    assert not missing


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{p.name}" for p in sorted((ROOT / "docs").glob("*.md")))])
def test_links_lead_somewhere(page: str) -> None:
    text = FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    assert not [target for target in targets if target and not ((ROOT / page).parent / target).exists()]
