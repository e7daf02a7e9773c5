"""What is printed where: results on stdout, messages and progress on stderr; one red message per error."""

from __future__ import annotations

import functools
import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import NoReturn, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.text import Text

from ..errors import MgtwinError
from .renderables import Indented

__all__ = [
    "FAILED",
    "INTERRUPTED",
    "TERMINATED",
    "WRONG_INPUT",
    "debugging",
    "err",
    "forcing",
    "guarded",
    "hint",
    "indented",
    "leave_interrupted",
    "out",
    "print_error",
    "print_warnings",
    "shown_path",
    "stop",
]

#: Exit codes: files with errors (`mgtwin check`) or a fault of mgtwin itself; an error with a message; Ctrl-C; the
#: signal SIGTERM, by which a batch system or a shutdown ends a run.
FAILED, WRONG_INPUT, INTERRUPTED, TERMINATED = 1, 2, 130, 143

#: Whether errors show their traceback (``--debug``), and existing files of another kind are overwritten (``--force``).
debugging: ContextVar[bool] = ContextVar("debugging", default=False)
forcing: ContextVar[bool] = ContextVar("forcing", default=False)

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

# "  3 | a: 1,5 mm" and "    |    ^" below an error in a file
_SOURCE_LINE = re.compile(r"\s*\d* \| ")


class _Console(Console):
    """Ends quietly when the reader of our output has gone (``| head``)."""

    def on_broken_pipe(self) -> None:
        _leave_quietly()


def out() -> Console:
    """Return the console of results; made anew so that it follows the stream and the width of the moment."""
    return _Console(highlight=False, emoji=False)


def err() -> Console:
    """Return the console of messages and progress."""
    return _Console(stderr=True, highlight=False, emoji=False)


def print_error(message: str, head: str = "error", colour: str = "red") -> None:
    """Print one red message on stderr; lines of a file with their caret are kept as they are."""
    console = err()
    for number, line in enumerate(message.splitlines() or [""]):
        text = Text(f"{head}: " if number == 0 else "", style=f"bold {colour}")
        text.append(line, style=f"not bold {colour}")
        # A caret points at a column: a wrapped line would move it away from what it points at.
        as_it_is = bool(_SOURCE_LINE.match(line)) or not console.is_terminal
        console.print(text, soft_wrap=as_it_is)


def print_warnings(warnings: Sequence[str]) -> None:
    """Print what to beware of in yellow on stderr; those that differ in the path only are printed once."""
    console = err()
    grouped: dict[str, list[str]] = {}
    for warning in warnings:
        path, colon, text = warning.partition(": ")  # paths have no blanks, sentences do
        is_path = bool(colon) and " " not in path
        grouped.setdefault(text if is_path else warning, []).extend([path] if is_path else [])
    for what, paths in grouped.items():
        # A path that warns alone stays in front of its text.
        line = Text("warning: ", style="bold yellow")
        line.append(f"{paths[0]}: {what}" if len(paths) == 1 else what, style="not bold yellow")
        console.print(line, soft_wrap=not console.is_terminal)
        for path in paths if len(paths) > 1 else ():
            console.print(Text(f"  {path}", style="yellow"), soft_wrap=True)


def hint(message: str) -> None:
    """Print a dim remark on stderr, for example what to type next."""
    err().print(Indented(Text(message, style="dim")))


def indented(console: Console, text: Text, indent: int) -> None:
    """Print a text wrapped at words, every line of it indented, without blanks at the ends of lines."""
    console.print(Indented(text, indent))


def leave_interrupted(message: str) -> NoReturn:
    """Say what Ctrl-C left and leave with its exit code."""
    print_error(message, "interrupted", "yellow")
    raise typer.Exit(INTERRUPTED)


def stop(message: str, code: int = WRONG_INPUT) -> NoReturn:
    """Print an error and leave with an exit code."""
    print_error(message)
    raise typer.Exit(code)


def shown_path(path: os.PathLike[str] | str) -> str:
    """Return a path as short as it can be typed from here.

    Examples
    --------
    >>> shown_path("notes/../cell.yaml")
    'cell.yaml'
    """
    given = os.path.normpath(os.fspath(path))
    try:
        relative = os.path.relpath(given)
    except ValueError:  # another drive
        return given
    return given if relative.startswith(os.pardir) else relative


def guarded(command: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Make a command end in one message and an exit code whatever happens in it."""

    @functools.wraps(command)
    def run(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
        with _Ending():
            return command(*args, **kwargs)

    return run


class _Ending(AbstractContextManager["_Ending"]):
    """Turns whatever ends a command into a message and an exit code."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        match error:
            # typer's own ways to end, which have their message and code already.
            case typer.Exit() | typer.Abort() | typer.BadParameter():
                return
            case KeyboardInterrupt():
                leave_interrupted("nothing was kept.")
            # Before OSError, of which it is one: a reader that has seen enough is no error.
            case BrokenPipeError():
                _leave_quietly()
            case MgtwinError():
                _leave(str(error), WRONG_INPUT)
            case OSError():
                reason = (error.strerror or str(error) or type(error).__name__).rstrip(".")
                _leave(f"{error.filename}: {reason}." if error.filename else f"{reason}.", WRONG_INPUT)
            case Exception():
                _leave(
                    f"unexpected {type(error).__name__}: {error}\n"
                    "This is a fault of mgtwin, not of your input. The same command with --debug shows where it "
                    "happened; please report that.",
                    FAILED,
                )


def _leave(message: str, code: int) -> NoReturn:
    if debugging.get():
        traceback.print_exc()
    stop(message, code)


def _leave_quietly() -> NoReturn:
    # Python would complain on exit when it flushes the closed pipe.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(0)
