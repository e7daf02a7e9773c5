"""mgtwin: a physics-based digital twin of solid-state Mg cells.

The public face. Its names are those of the stub beside it (made from the registry of kinds by docs/make_stub.py); each
is imported when it is first used, so that ``import mgtwin`` costs nothing and the command line answers at once.
"""

from __future__ import annotations

import os
import re
from importlib import import_module
from pathlib import Path

# PyBaMM sends telemetry unless told not to; mgtwin never does, whoever imports it first
os.environ.setdefault("PYBAMM_DISABLE_TELEMETRY", "true")

_STUB = Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")
#: Name -> module that defines it; "" for the packages that are public as a whole.
_HOME = {name: module for module, name in re.findall(r"^from \.([\w.]*) import \w+ as (\w+)$", _STUB, re.MULTILINE)}

__all__ = sorted([*_HOME, "__version__"])


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version  # takes longer than everything above

        return version("mgtwin")
    if name not in _HOME:
        from .errors import did_you_mean

        raise AttributeError(f"mgtwin has no attribute {name!r}.{did_you_mean(name, __all__)}")
    module = import_module(f".{_HOME[name] or name}", __name__)
    value = module if not _HOME[name] else vars(module)[name]
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
