"""``mgtwin run EXPERIMENT``: the runs of one experiment, or those that the options leave, against what was observed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from .. import library, yamlfile
from ..campaign.figures import draw
from ..campaign.judge import Simulated, rows_of
from ..errors import FileError, InputError, MgtwinError, UnknownNameError, close_matches
from ..experiments import Experiment, Run, campaigns, experiment
from ..quantities import format_value
from .cellargs import changed_cell, is_file_name, read_cell
from .checking import kind_of
from .comparison import print_comparison
from .console import WRONG_INPUT, leave_interrupted, out, print_error, print_warnings
from .files import targets
from .output import Request, keep, partial_name, report
from .progress import progress_bar
from .protocolargs import read_route
from .summary import brief, headline

if TYPE_CHECKING:
    from ..cells import Cell
    from ..routes import Route
    from .output import Result

__all__ = ["chosen_runs", "run_experiment"]


def run_experiment(request: Request) -> None:
    """Simulate an experiment and print its results, compared with what was observed where nothing was changed.

    Raises
    ------
    UnknownNameError
        If there is no such experiment.
    InputError
        If the options leave no run, or cannot be combined.
    """
    item = _found(str(request.experiment))
    runs = chosen_runs(item, request)
    output, figure = targets(request.output, request.plot)
    cells = [
        changed_cell(read_cell(run.cell, run.overlays).with_({"temperature": run.temperature}), request.changes)
        for run in runs
    ]
    done, failed, interrupted = _simulate(runs, cells, read_route(request.route))
    if len(runs) == 1 and done:
        report(cells[0], runs[0].protocol, done[0].data)
    elif done:
        _print_runs(item, done)
    # What was changed is no longer what was observed: a verdict on it would be about another cell.
    as_observed = not request.changes and set(runs) <= set(item.runs())
    rows = rows_of(item, done, failed) if done and as_observed else []
    if len(done) + len(failed) < len(item.runs()):
        # Of a part of the runs: what they say themselves, without ratios to runs that were left out.
        mine = {(run.cell, run.state, run.reading) for run in (*(one.run for one in done), *failed)}
        rows = [row for row in rows if (row.cell, row.state, row.reading) in mine]
        rows = [row for row in rows if failed or row.verdict.label != "failed"]
    print_comparison(rows)
    for run, error in failed.items():
        print_error(f"{run}: {error}")
    if done:
        target = partial_name(output) if interrupted and output is not None else output
        if len(done) == 1:
            keep(done[0].data, target, figure)
        else:
            import xarray as xr

            by_run = {replace(one.run, cell=Path(one.run.cell).stem).key: one.data for one in done}
            together: Result = xr.DataTree.from_dict(by_run)
            keep(together, target, figure, (lambda _, path: draw(item, done, rows, path)) if as_observed else None)
    if interrupted:
        leave_interrupted(f"{len(done)} of {len(runs)} runs are done.")
    if failed:
        raise typer.Exit(WRONG_INPUT)


def _found(name: str) -> Experiment:
    if is_file_name(name):
        document = yamlfile.load(name)
        kind = ""
        with suppress(FileError):
            kind = kind_of(document)
        # A file of a cell or a protocol is easily given here instead: say what to type for it.
        if kind == "cell":
            raise InputError(
                f"{name} is a cell, not an experiment: write --cell {name} and a --protocol, or an EXPERIMENT."
            )
        if kind == "protocol":
            raise InputError(f"{name} is a protocol, not an experiment: write --protocol {name} and a --cell.")
    try:
        return experiment(name)
    except UnknownNameError as error:
        if error.what != "experiment":
            raise
        file = Path(f"{name}.yaml")
        if file.is_file():
            message = f"unknown experiment {name!r}, but there is a file {file} here: write {file}."
            raise UnknownNameError(name, (), "experiment", message) from None
        # mgtwin run takes folders too, so a misspelt folder has to find its name here.
        known = (*error.candidates, *campaigns())
        found = close_matches(name, known)
        raise UnknownNameError(name, known, "experiment", None if found else error.message) from None


def chosen_runs(item: Experiment, request: Request) -> tuple[Run, ...]:
    """Return the runs of an experiment that ``--cell`` and ``--overlay`` leave.

    A cell that is not one of the experiment's is treated as the experiment treats its own, at each of its temperatures,
    with exactly the overlays given. ``--set temperature=...`` leaves one run of each cell and overlays.
    """
    if request.cell is not None and request.cell not in item.cells:
        temperatures = item.temperatures[:1] if _sets_temperature(request) else item.temperatures
        return tuple(
            Run(item.name, request.cell, request.overlays, "", temperature, item.protocol)
            for temperature in temperatures
        )
    found = [
        run for run in item.runs() if request.cell in (None, run.cell) and set(request.overlays) <= set(run.overlays)
    ]
    if not found:
        for name in request.overlays:
            library.find("overlays", name)
        combinations = dict.fromkeys(f"{run.cell} ({', '.join(run.overlays)})" for run in item.runs())
        raise InputError(
            f"{item.name} has no run with --overlay {' --overlay '.join(request.overlays)}: it has\n  "
            + "\n  ".join(combinations)
        )
    if _sets_temperature(request):
        # The first of each: runs that differ in the temperature only become the same by the one that is set.
        found = list({(run.cell, run.overlays): run for run in reversed(found)}.values())[::-1]
    return tuple(found)


def _sets_temperature(request: Request) -> bool:
    return any(text.partition("=")[0].strip() == "temperature" for text in request.changes)


def _simulate(
    runs: Sequence[Run], cells: Sequence[Cell], route: Route | None
) -> tuple[list[Simulated], dict[Run, str], bool]:
    """Results, failures, and whether Ctrl-C ended it early."""
    from ..simulation import simulate

    done: list[Simulated] = []
    failed: dict[Run, str] = {}
    with progress_bar(runs[0].experiment, "") as progress:
        for number, (run, cell) in enumerate(zip(runs, cells, strict=True)):
            progress(number / len(runs), _brief_name(run))

            def within(fraction: float, text: str, *, run: Run = run, number: int = number) -> None:
                progress((number + fraction) / len(runs), f"{_brief_name(run)}, {text}")

            try:
                result = Simulated(run, simulate(cell, run.protocol, progress=within, route=route))
            except KeyboardInterrupt:
                return done, failed, True
            except MgtwinError as error:
                if len(runs) == 1:
                    raise
                # One of several: the others are worth having, and the table shows which failed.
                failed[run] = str(error)
                continue
            if result.interrupted:
                return done, failed, True
            done.append(result)
    return done, failed, False


def _brief_name(run: Run) -> str:
    return " ".join([_cell_name(run), *run.overlays, format_value(run.temperature, "K")])


def _print_runs(item: Experiment, done: Sequence[Simulated]) -> None:
    """One line per run."""
    names = list(dict.fromkeys(_cell_name(one.run) for one in done))
    overlays = any(one.run.overlays for one in done)
    title = f"{item.name}: {names[0]}" if len(names) == 1 else item.name
    table = Table(title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    if len(names) > 1:
        table.add_column("cell", no_wrap=True)
    if overlays:
        table.add_column("overlays", style="cyan")
    table.add_column("at", justify="right", no_wrap=True)
    table.add_column(headline([ds for one in done for ds in one.steps]))
    for one in done:
        temperature = float(one.steps[0].attrs.get("temperature", one.run.temperature))
        which = [_cell_name(one.run)] if len(names) > 1 else []
        which += [", ".join(one.run.overlays)] if overlays else []
        table.add_row(*which, format_value(temperature, "K"), "; ".join(map(brief, one.steps)))
    out().print(table)
    print_warnings(list(dict.fromkeys(text for one in done for text in one.warnings)))


def _cell_name(run: Run) -> str:
    return Path(run.cell).stem if is_file_name(run.cell) else run.cell
