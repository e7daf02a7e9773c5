"""One writer at a time: a lock of the operating system on a file, which says who holds it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from mgtwin.errors import InputError

__all__ = ["locked"]


@contextmanager
def locked(file: Path, busy: Callable[[str], str]) -> Iterator[None]:
    """Keep other processes from what a lock file stands for.

    The lock is the system's: whatever way this process ends, also by kill -9, it is free again, and a file that was
    left there is used again. The file holds the number of the process and when it took the lock.

    Parameters
    ----------
    file : pathlib.Path
        The lock file; its folder exists.
    busy : callable
        ``busy(holder)`` is the message where another process has it; the holder is like
        ``"pid 4711, since 2026-11-27 04:12:07"``.

    Raises
    ------
    InputError
        Another process has it.
    OSError
        The file cannot be made.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "lock"
    >>> with locked(file, "it is taken by {}".format):
    ...     with locked(file, lambda holder: "it is taken"):
    ...         pass
    Traceback (most recent call last):
        ...
    mgtwin.errors.InputError: it is taken
    """
    # Opened without a change to it: it may say who holds it.
    with file.open("a+", encoding="utf-8") as held:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(held.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_busy = not os.path.samestat(os.fstat(held.fileno()), file.stat())  # removed by whoever had it
        except (BlockingIOError, PermissionError, FileNotFoundError):
            is_busy = True
        if is_busy:
            holder = ""
            with suppress(OSError):  # Windows lets nobody read it
                held.seek(0)
                holder = held.read().strip()
            raise InputError(busy(holder or "which one it does not say"))
        try:
            # what a killed process wrote into it goes
            held.truncate(0)
            held.write(f"pid {os.getpid()}, since {datetime.now():%Y-%m-%d %H:%M:%S}")
            held.flush()
            yield
        finally:
            with suppress(OSError):  # Windows keeps an open file
                file.unlink()
