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
            data = found.data
            labels = tuple(label for label in data.dtype.names or () if label != "flags")
            columns = [exact(data[label]) for label in labels]
            array = np.column_stack(columns) if len(data) else np.empty((0, len(labels)))
            table = Table(file.name, labels, (None,) * len(labels), array=array)
            if "dq/mA.h" not in labels or "freq/Hz" in labels or _CURRENTS & set(labels):
                return found, str(date) if date else None, table
            # Galvanostatic files hold the charge passed since the row before instead of the current.
            charge = array[:, labels.index("dq/mA.h")] * _SECONDS_PER_HOUR
            passed = np.diff(array[:, labels.index("time/s")], prepend=np.nan)
            with np.errstate(divide="ignore", invalid="ignore"):
                current = np.where(passed > 0, charge / passed, np.nan)
            # no row before the first one: without charge nothing flowed, with some it cannot be told for how long
            current[:1] = np.where(charge[:1] == 0, 0.0, np.nan)
            array = np.column_stack([array, current])
            table = Table(file.name, (*labels, "I/mA"), (None,) * (len(labels) + 1), array=array).noted(
                "the file holds no current: it is the charge passed since the row before over the time between them"
            )
            return found, str(date) if date else None, table

        instead = "Or export the file as text from EC-Lab (.mpt), which needs nothing."
        _, date, table = read_by("galvani (GPL)", "biologic", file, read, instead)
        return Parsed(About(BioLogic.name, file.name, date=date), [table])
