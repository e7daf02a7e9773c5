"""BioLogic's binary files (.mpr), through galvani (GPL, hence an extra)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mgtwin.data.formats import Parsed
from mgtwin.data.report import About
from mgtwin.data.table import Table
from mgtwin.errors import FileError

__all__ = ["parse", "recognises"]

_MAGIC = b"BIO-LOGIC MODULAR FILE"
_SECONDS_PER_HOUR = 3600.0


def recognises(raw: bytes) -> bool:
    """The file says so in its first bytes."""
    return raw.startswith(_MAGIC)


def parse(path: Path) -> Parsed:
    """Return the table of an .mpr file.

    Raises
    ------
    FileError
        galvani is not installed, or cannot read the file.
    """
    try:
        from galvani import BioLogic
    except ImportError:
        raise FileError(
            "BioLogic's binary files are read with galvani: pip install 'mgtwin[biologic]' (GPL). Or export the "
            "file as text "
            "from EC-Lab (.mpt), which needs nothing.",
            path.name,
        ) from None
    try:
        file = BioLogic.MPRfile(str(path))
    except Exception as error:  # whatever a damaged or newer file makes of it
        raise FileError(
            f"galvani cannot read this file ({type(error).__name__}: {error}): it is damaged, or of a version of "
            f"EC-Lab that it "
            "does not know. Export it as text from EC-Lab (.mpt).",
            path.name,
        ) from None
    date = getattr(file, "timestamp", None) or getattr(file, "startdate", None)
    about = About("BioLogic .mpr", path.name, date=str(date) if date else None)
    return Parsed(about, [_table(path.name, file)])


def _table(name: str, file: Any) -> Table:
    data = file.data
    labels = tuple(label for label in data.dtype.names if label != "flags")
    array = np.column_stack([_exact(data[label]) for label in labels]) if len(data) else np.empty((0, len(labels)))
    table = Table(name, labels, (None,) * len(labels), array=array)
    currents = {"I/mA", "<I>/mA", "control/mA"}
    if "dq/mA.h" in labels and "freq/Hz" not in labels and not currents & set(labels):
        return _with_current(table)
    return table


def _exact(values: np.ndarray) -> np.ndarray:
    """Single precision as the shortest decimal that means it: 359.24146 rather than 359.24145507."""
    if values.dtype == np.float32:
        return values.astype("U32").astype(float)
    return values.astype(float)


def _with_current(table: Table) -> Table:
    """Galvanostatic files hold the charge passed since the row before instead of the current."""
    assert table.array is not None
    time = table.array[:, table.labels.index("time/s")]
    charge = table.array[:, table.labels.index("dq/mA.h")] * _SECONDS_PER_HOUR
    passed = np.diff(time, prepend=np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        current = np.where(passed > 0, charge / passed, np.nan)
    current[0] = 0.0 if charge[0] == 0 else np.nan
    array = np.column_stack([table.array, current])
    whole = Table(table.file, (*table.labels, "I/mA"), (*table.units, None), array=array)
    return whole.noted(
        "the file holds no current: it is the charge passed since the row before over the time between them"
    )
