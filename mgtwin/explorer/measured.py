"""What was measured, beside what is computed: how far apart they are, and whether the data can be those of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from ..analysis.kramers_kronig import kramers_kronig
from ..cells.cell import Cell
from ..data import read
from ..dataset import is_result
from ..dataset import open as open_result
from ..errors import InputError, MgtwinError
from ..fitting.measurements import Measurement, measurement
from ..plain import is_listed
from ..quantities import format_value

__all__ = ["Measured", "measured"]

#: Temperatures of data and cell that differ by more [K] are said.
_SAME = 0.05


@dataclass(frozen=True)
class Measured:
    """A measurement, and the verdict on it once it is known.

    Attributes
    ----------
    measurement : Measurement
    verdict : str
        Of the test of Kramers and Kronig, ``""`` as long as it is not known.
    """

    measurement: Measurement
    verdict: str = ""

    @property
    def label(self) -> str:
        """Name for people."""
        return self.measurement.label

    @property
    def is_spectrum(self) -> bool:
        """Whether it is a spectrum."""
        return self.measurement.is_spectrum

    def judged(self) -> Measured:
        """The same with its verdict; where the test cannot be done it says why."""
        if not self.is_spectrum:
            return self
        # pyimpspec is an extra, and some spectra are too short: neither is a reason not to show them
        try:
            return replace(self, verdict=str(kramers_kronig(self.measurement.dataset).attrs["verdict"]))
        except MgtwinError as error:
            return replace(self, verdict=f"not tested for Kramers-Kronig: {error}")

    def misfit(self, model: ArrayLike) -> str:
        """How far a model is from it: root mean square, of a spectrum relative to |Z|."""
        data, found = np.asarray(self.measurement.data), np.asarray(model)
        apart = np.abs(found - data)
        if self.is_spectrum:
            return f"{float(np.sqrt(np.mean((apart / np.abs(data)) ** 2))):.3g} of |Z|"
        return format_value(float(np.sqrt(np.mean(apart**2))), "A" if self.measurement.by_voltage else "V")

    def doubt(self, cell: Cell) -> str:
        """What has to be said where the cell is not at the temperature of the data; else ``""``."""
        taken, now = self.measurement.temperature, float(cell.temperature)
        if taken is None or abs(taken - now) <= _SAME:
            return ""
        return f"{self.label} was taken at {format_value(taken, 'K')}, the cell is at {format_value(now, 'K')}"


def measured(data: object, cell: Cell) -> tuple[Measured, ...]:
    """Return what was measured from Datasets or files, one or several.

    Raises
    ------
    InputError
        For something that is neither a spectrum nor a run in time; of a file, as `mgtwin.read`.
    """
    if data is None:
        return ()
    several: Sequence[object] = data if is_listed(data) else [data]
    found = []
    for number, item in enumerate(several):
        match item:
            case str() | Path():
                path = Path(item)
                if not path.is_file():
                    raise InputError(f"{path}: there is no such file of data.")
                # results of mgtwin are told from files of instruments by their first bytes, whatever they are called
                with path.open("rb") as file:
                    saved = is_result(file.read(64))
                item = open_result(path) if saved else read(path)
                match item:
                    case xr.Dataset() if "file" not in item.attrs:
                        item = item.assign_attrs(file=path.name)
        found.append(Measured(measurement(cell, item, number)))
    return tuple(found)
