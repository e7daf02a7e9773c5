"""Formats that only other libraries read: through pyimpspec (GPL) and zahner-analysis (MIT, with a binary part)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from mgtwin.data.formats import Parsed
from mgtwin.data.report import About
from mgtwin.data.table import Table
from mgtwin.errors import FileError

__all__ = ["ENDINGS", "parse"]

_LABELS = ("freq/Hz", "Re(Z)/Ohm", "Im(Z)/Ohm")
_PYIMPSPEC = {
    ".pssession": "PalmSens session",
    ".ids": "Ivium data set",
    ".dfr": "Eco Chemie FRA",
    ".i2b": "Elins i2b",
    ".p00": "VoltaLab P00",
    ".xlsx": "spreadsheet",
    ".ods": "spreadsheet",
}
ENDINGS = (*_PYIMPSPEC, ".ism")


def parse(path: Path) -> Parsed:
    """Return the spectra of a file in one of the formats of `ENDINGS`.

    Raises
    ------
    FileError
        The library is not installed, or cannot read the file.
    """
    ending = path.suffix.casefold()
    read: Callable[[Path], list[Table]] = _zahner if ending == ".ism" else _pyimpspec
    name, extra = ("zahner-analysis", "zahner") if ending == ".ism" else ("pyimpspec", "spectra")
    try:
        tables = read(path)
    except ImportError:
        raise FileError(
            f"{ending} files are read with {name}: pip install 'mgtwin[{extra}]'. Or export the file as text from the "
            "instrument's software.",
            path.name,
        ) from None
    except Exception as error:  # whatever a damaged file makes of it
        raise FileError(
            f"{name} cannot read this file ({type(error).__name__}: {error}). Export it as text from the "
            f"instrument's software.",
            path.name,
        ) from None
    if not tables:
        raise FileError(f"{name} finds no spectrum in this file.", path.name)
    return Parsed(About(f"{_PYIMPSPEC.get(ending, 'Zahner .ism')}, read by {name}", path.name), tables)


def _pyimpspec(path: Path) -> list[Table]:
    import pyimpspec

    spectra = pyimpspec.parse_data(str(path))
    return [_table(path, item.get_frequencies(masked=None), item.get_impedances(masked=None)) for item in spectra]


def _zahner(path: Path) -> list[Table]:
    from zahner_analysis.file_import.ism_import import IsmImport

    file = IsmImport(str(path))
    return [_table(path, file.getFrequencyArray(), file.getComplexImpedanceArray())]


def _table(path: Path, frequency: np.ndarray, impedance: np.ndarray) -> Table:
    f, z = np.asarray(frequency, dtype=float), np.asarray(impedance, dtype=complex)
    return Table(path.name, _LABELS, (None,) * 3, array=np.column_stack([f, z.real, z.imag]))
