"""Campaigns: folders of experiments that are simulated, compared with what was observed, and judged."""

from .judge import Row, rows_of
from .run import run_campaign
from .table import Results
from .verdicts import Agrees, Calibrated, Contradicts, Failed, NotComparable, Verdict

__all__ = [
    "Agrees",
    "Calibrated",
    "Contradicts",
    "Failed",
    "NotComparable",
    "Results",
    "Row",
    "Verdict",
    "rows_of",
    "run_campaign",
]


def __getattr__(name: str) -> object:
    """``run_<name>``, ``<name>_experiments`` and ``<Name>Results`` of every folder of experiments that has a name."""
    from functools import partial

    from ..experiments import campaigns

    for known, item in ({} if name.startswith("_") else campaigns()).items():
        if name == f"run_{known}":
            return partial(run_campaign, known)
        if name == f"{known}_experiments":
            return lambda: tuple(path.stem for path in item.paths)
        if name == f"{known.capitalize()}Results":
            return Results
    raise AttributeError(f"mgtwin.campaign has no attribute {name!r}.")
