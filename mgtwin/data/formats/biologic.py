"""BioLogic's binary files (.mpr), through galvani (GPL, hence an extra)."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.hints import Hints
from mgtwin.data.library import read_by
from mgtwin.data.numbers import exact
from mgtwin.data.report import About
from mgtwin.data.source import File
from mgtwin.data.table import Table

__all__ = ["BioLogic"]

_MAGIC = b"BIO-LOGIC MODULAR FILE"
_SECONDS_PER_HOUR = 3600.0
_CURRENTS = {"I/mA", "<I>/mA", "control/mA"}


class _Mpr(Protocol):
    """What is used of galvani's MPRfile."""

    data: np.ndarray


@file_format
class BioLogic:
    """BioLogic binary (.mpr), through galvani (GPL): `pip install 'mgtwin[biologic]'`."""

    name = "BioLogic .mpr"

    @staticmethod
    def recognises(file: File) -> bool:
        """First bytes."""
        return file.head.startswith(_MAGIC)

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the table of an .mpr file.

        Raises
        ------
        FileError
            galvani is not installed, or cannot read the file.
        """

        def read() -> tuple[_Mpr, str | None, Table]:
            from galvani import BioLogic as galvani

            found = galvani.MPRfile(str(file.path))
            date = vars(found).get("timestamp") or vars(found).get("startdate")
            return found, str(date) if date else None, _table(file.name, found.data)

        instead = "Or export the file as text from EC-Lab (.mpt), which needs nothing."
        _, date, table = read_by("galvani (GPL)", "biologic", file, read, instead)
        return Parsed(About(BioLogic.name, file.name, date=date), [table])


def _table(name: str, data: np.ndarray) -> Table:
    labels = tuple(label for label in data.dtype.names or () if label != "flags")
    array = np.column_stack([exact(data[label]) for label in labels]) if len(data) else np.empty((0, len(labels)))
    table = Table(name, labels, (None,) * len(labels), array=array)
    if "dq/mA.h" in labels and "freq/Hz" not in labels and not _CURRENTS & set(labels):
        return _with_current(table, array)
    return table


def _with_current(table: Table, array: np.ndarray) -> Table:
    """Galvanostatic files hold the charge passed since the row before instead of the current."""
    time = array[:, table.labels.index("time/s")]
    charge = array[:, table.labels.index("dq/mA.h")] * _SECONDS_PER_HOUR
    passed = np.diff(time, prepend=np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        current = np.where(passed > 0, charge / passed, np.nan)
    if len(current):
        # no row before the first one: without charge nothing flowed, with some it cannot be told for how long
        current[0] = 0.0 if charge[0] == 0 else np.nan
    whole = Table(table.file, (*table.labels, "I/mA"), (*table.units, None), array=np.column_stack([array, current]))
    return whole.noted(
        "the file holds no current: it is the charge passed since the row before over the time between them"
    )
