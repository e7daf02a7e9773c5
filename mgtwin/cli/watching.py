"""``mgtwin watch``: a folder and its twin, or a rack of them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ..errors import InputError
from ..quantities import format_value, parse
from ..twin.rack import Rack, Row, load_rack, twin_of
from ..twin.settings import load_twin
from ..twin.watch import Outcome, watch
from .console import WRONG_INPUT, hint, out, print_error
from .twinning import described, write_report

if TYPE_CHECKING:
    from ..twin.alarms.watching import Alarm

__all__ = ["ALARM", "watch_folder", "watch_rack"]

#: Exit code after an alarm.
ALARM = 3
#: Looks that are needed to see that a file stands still.
LOOKS = 3


def watch_folder(folder: Path, file: Path, every: str, report: Path | None, on_alarm: str | None, *, once: bool) -> int:
    """Hand the files of a folder to a twin as they come, until Ctrl-C; return the exit code.

    Raises
    ------
    InputError
        What was typed, or the twin's file, is wrong; another process keeps this twin.
    """
    told, seconds = load_twin(file), float(parse(every, "s"))
    if report is not None and not report.is_dir():
        raise InputError(f"--report {report}: there is no such folder; create it first.")
    twin = twin_of(told)
    known, refused = {state_of(alarm) for alarm in twin.alarms}, False
    out().print(Text(f"watching {folder} for {told.store}; Ctrl-C ends it."), soft_wrap=True)
    try:
        for outcomes in watch(twin, folder, told.reading, every=seconds, polls=LOOKS if once else None):
            refused |= print_outcomes(outcomes)
            if not outcomes:
                continue
            out().print(Text(str(twin)), soft_wrap=True)
            new = [alarm for alarm in twin.alarms if state_of(alarm) not in known]
            known |= {state_of(alarm) for alarm in new}
            announce(new, on_alarm)
            if report is not None and twin.evidence:
                write_report(twin, told, report)
    except KeyboardInterrupt:  # the usual way to end it: every file that was taken is on the disk
        hint("ended; the same command goes on from here.")
    # What stands, not what is new: whoever looks in once a day learns of it, too.
    stands = any(alarm.state != "withdrawn" for alarm in twin.alarms)
    return ALARM if stands else WRONG_INPUT if refused else 0


def state_of(alarm: Alarm) -> tuple[str, str, str]:
    """What makes an alarm news: another one, or another state of it."""
    return alarm.evidence, alarm.mechanism, alarm.state


def print_outcomes(outcomes: Iterable[Outcome], cell: str = "") -> bool:
    """Say what became of files; return whether one was refused."""
    refused = False
    for outcome in outcomes:
        name = f"{cell} {outcome.file}".strip()
        if outcome.decision == "refused":
            refused = True
            print_error(f"{name}: {outcome.reason}", "refused", "yellow")
        else:
            out().print(Text(f"{name}: {outcome.reason}"), soft_wrap=True)
    return refused


def announce(alarms: Sequence[Alarm], command: str | None) -> None:
    """Print alarms, and run the user's command for each."""
    for alarm in alarms:
        # on stderr like every message, so that what is piped on stays what the twin says
        print_error(f"{alarm.text} ({alarm.state})", "alarm")
        if command is not None:
            told = {"": alarm.text, "_MECHANISM": alarm.mechanism, "_STATE": alarm.state, "_CYCLE": f"{alarm.cycle:g}"}
            # In the environment, not in the line: a file's name must not become a part of a command.
            environment = {**os.environ, **{f"MGTWIN_ALARM{key}": value for key, value in told.items()}}
            done = subprocess.run(command, shell=True, env=environment, check=False)
            if done.returncode:
                print_error(f"--on-alarm ended with exit code {done.returncode}.", "warning", "yellow")


def watch_rack(folder: Path, file: Path, every: str, address: str | None, *, once: bool) -> int:
    """Keep the twins of a rack until Ctrl-C, and print the table whenever something changed; return the exit code.

    Raises
    ------
    InputError
        What was typed, the rack's file or that of a twin is wrong; there is no cluster at the address.
    """
    from .studying import connected

    rack, seconds = load_rack(file, folder), float(parse(every, "s"))
    refused = False
    try:
        with connected(address) as client:
            for n in count():
                rows = rack.poll(client)
                for row in rows:
                    refused |= print_outcomes(row.outcomes, row.cell) or bool(row.problem)
                # the whole table, for a line alone does not show what the others do meanwhile
                if rows:
                    out().print(table(rack))
                if once and n + 1 == LOOKS:
                    break
                time.sleep(seconds)
    except KeyboardInterrupt:
        hint("ended; the same command goes on from here.")
    return ALARM if any(row.alarms for row in rack.rows.values()) else WRONG_INPUT if refused else 0


def table(rack: Rack) -> Table:
    """The table of a rack: cell, age, state, forecast to the limit, alarms."""
    found = Table(box=None, header_style="bold")
    for head in ("cell", "age", "explanation", "|Z|", "contact", "film", "cycles to the limit", "alarms"):
        found.add_column(head, overflow="fold")
    for place in rack.places:
        row = rack.rows.get(place.name, Row(place.name))
        said = "; ".join(row.alarms) or row.problem.partition("\n")[0]
        found.add_row(
            row.cell,
            "" if row.cycle is None else f"{row.cycle:g}",
            row.explanation,
            "" if row.resistance is None else format_value(row.resistance, "ohm"),
            "" if row.contact_fraction is None else f"{row.contact_fraction:.3g}",
            "" if row.film_resistance is None else format_value(row.film_resistance, "ohm*m^2"),
            described(row.until),
            Text(said, style="red"),
        )
    return found
