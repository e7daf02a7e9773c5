"""The command line ``mgtwin``.

`main` is the entry point. `app` declares the commands; what they do is in the other modules, imported when a command
runs, so that ``mgtwin --help`` and ``mgtwin list`` answer at once.
"""

from .app import main

__all__ = ["main"]
