"""How the command line starts: flags that may stand anywhere, warnings in plain words, SIGTERM like Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from io import TextIOWrapper
from types import FrameType

import typer

from ..errors import MgtwinWarning
from .console import INTERRUPTED, TERMINATED, debugging, forcing, guarded, print_warnings

__all__ = ["run_app"]

#: Accepted anywhere, also behind a command.
_FLAGS = {"--debug": debugging, "--force": forcing}


def run_app(arguments: Sequence[str] | None = None) -> None:
    """Run the application; see `mgtwin.cli.main`."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    wanted = [item for item in given if item not in _FLAGS]  # typer takes an option only where it is declared
    if wanted[:1] == ["read"]:
        from .reading import with_figure_name

        wanted = with_figure_name(wanted)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that cannot show a sign shows ? instead of a traceback
            stream.reconfigure(errors="replace")

    def show(message: Warning | str, category: type[Warning], *place: object, **more: object) -> None:
        # Warnings of mgtwin in plain words; those of libraries only when debugging.
        if issubclass(category, MgtwinWarning):
            print_warnings([str(message)])
        elif debugging.get():
            print_warnings([f"{category.__name__}: {message}"])

    tokens = {flag: setting.set(flag in given) for flag, setting in _FLAGS.items()}
    try:
        with warnings.catch_warnings(), _terminated_like_interrupted():
            warnings.showwarning = show
            warnings.simplefilter("always", MgtwinWarning)  # the same warning of the second run is about that run
            if wanted[:1] == ["list"] and len(wanted) < 3 and not wanted[-1].startswith("-"):
                from .listing import print_lists

                try:
                    guarded(print_lists)(*wanted[1:])  # nothing to parse: what parses takes longer than the list
                except typer.Exit as ended:
                    raise SystemExit(ended.exit_code) from None
                raise SystemExit(0)
            from .twinapp import app

            asked, known = copy(app), app.registered_commands  # typer reads the annotations of all that it knows
            named = [one for one in known if one.callback and (one.name or one.callback.__name__) in wanted[:1]]
            if named:
                asked.registered_commands, asked.registered_groups = named, []
            # Named, since argv[0] is a file of the installation, and differs for python -m mgtwin.
            asked(args=wanted, prog_name="mgtwin")
    finally:
        # Tests and notebooks call this many times in one process: a flag must not outlive its command.
        for flag, token in tokens.items():
            _FLAGS[flag].reset(token)


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """What Ctrl-C keeps, SIGTERM keeps, too; a second one ends at once."""
    if threading.current_thread() is not threading.main_thread():  # Python lets no other thread handle signals
        yield
        return
    was_terminated = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal was_terminated
        was_terminated = True
        # a second signal ends a process that does not let go
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except SystemExit as ended:
        raise SystemExit(TERMINATED if was_terminated and ended.code == INTERRUPTED else ended.code) from None
    finally:
        signal.signal(signal.SIGTERM, before)
