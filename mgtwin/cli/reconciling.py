"""``mgtwin reconcile``: which printed numbers can hold together."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from ..errors import InputError
from .console import indented, leave_interrupted, out, shown_path
from .files import figure_name, unless_other
from .output import print_rows, took
from .progress import progress_bar

__all__ = ["reconcile_file"]


def reconcile_file(file: str, budget: str, seed: int, output: Path | None, plot: Path | None) -> None:
    """Reconcile the observations that a file of states speaks of, and print what came out.

    Raises
    ------
    FileError
        With line, column and a caret for what is wrong in a file.
    InputError
        For an output of another kind.
    """
    # all that can be wrong with what was typed shows before the search
    if output is not None:
        if output.suffix not in (".yaml", ".yml"):
            raise InputError(f"--output {output}: what mgtwin reconcile found is written as .yaml.")
        unless_other(output, "a file of mgtwin reconcile", lambda start: start.startswith(b"answers:"))
    figure = None if plot is None else figure_name(plot)
    from ..reconciliation import read_states, reconcile

    states = read_states(file)
    with progress_bar(f"{file}: reading", "", log=True) as progress:
        found = reconcile(states.observed(), states=states, budget=budget, seed=seed, progress=progress)
    indented(out(), Text(str(found)), 0)
    lines = []
    if output is not None:
        lines.append(("saved", shown_path(found.save(output))))
    if figure is not None:
        import matplotlib

        matplotlib.use("agg")  # a terminal has no screen to ask for
        import matplotlib.pyplot as plt

        from ..plot import conflicts

        conflicts(found)
        plt.savefig(figure)
        plt.close()
        lines.append(("drawn", shown_path(figure)))
    print_rows([*lines, ("took", took(found.seconds))])
    if found.interrupted:
        leave_interrupted("what is said stands, but there may be more conflicts.")
