"""The command line ``mgtwin``.

`main` is the entry point, `start` what it does first. `app` declares the commands; what they do is in the other
modules, imported when a command runs, so that ``mgtwin --help`` and ``mgtwin list`` answer at once.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with an exit code.

    Exit codes: 0 done; 1 `mgtwin check` found errors, a run of a folder of experiments failed, or a fault of mgtwin
    itself; 2 wrong input, said in one message; 130 interrupted with Ctrl-C.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of those of the process.

    Raises
    ------
    SystemExit
        Always.
    """
    if arguments is None:  # a process of its own
        gc.set_threshold(50_000, 20, 20)  # looking for garbage among modules takes a tenth of its time
        # what nothing here uses takes another tenth: pandas imports pyarrow, pydantic looks for plugins everywhere
        sys.modules.setdefault("pyarrow", None)  # type: ignore[arg-type]  # as Python has it: not to be imported
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from .start import run_app

        run_app(arguments)
    except KeyboardInterrupt:  # before a command took over, for example while modules are read
        raise SystemExit(130) from None
    finally:
        if arguments is None:
            gc.freeze()  # a process that ends looks for garbage once more, for longer than it took to import NumPy
