"""``mgtwin.series``: from files to measurements in order, and what is asked of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, overload

import numpy as np
import xarray as xr

from ..analysis import arrhenius, relaxation_times
from ..data import read
from ..dataset import attributes, stamp
from ..errors import InputError, MgtwinError
from ..fitting import fit_series
from ..fitting.models import Subject
from ..plot.overlays import Curve
from .coordinate import SeriesCoordinate
from .coordinates.temperature import ByTemperature
from .fits import SeriesFit

__all__ = ["Hint", "Series", "series"]

#: What is handed on as it is, to a verb that checks it: hints to `mgtwin.read`, options to `mgtwin.fit_series`.
Hint: TypeAlias = Any

#: A folder, a pattern of names, files, Datasets, or a tree of them.
Source: TypeAlias = str | Path | xr.DataTree | Sequence[str | Path | xr.Dataset]


@dataclass(frozen=True, eq=False)
class Series(Sequence[xr.Dataset]):
    """Measurements in the order of their coordinate. Made by :func:`mgtwin.series`.

    Attributes
    ----------
    datasets : tuple of Dataset
    values : tuple of float
        Coordinate of each [SI].
    labels : tuple of str
        Name of each: its file, or its number.
    by : SeriesCoordinate
    """

    datasets: tuple[xr.Dataset, ...]
    values: tuple[float, ...]
    labels: tuple[str, ...]
    by: SeriesCoordinate

    @overload
    def __getitem__(self, index: int) -> xr.Dataset: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[xr.Dataset, ...]: ...

    def __getitem__(self, index: int | slice) -> xr.Dataset | tuple[xr.Dataset, ...]:
        return self.datasets[index]

    def __len__(self) -> int:
        return len(self.datasets)

    def __iter__(self) -> Iterator[xr.Dataset]:
        return iter(self.datasets)

    def __repr__(self) -> str:
        ends = f"{self.values[0]:g} to {self.values[-1]:g} {self.by.unit}".strip()
        return f"<Series of {len(self)} measurements, {self.by.quantity} {ends}>"

    def curves(self) -> tuple[Curve, ...]:
        """The measurements with their places, as plots take them: ``mt.plot.nyquist(series)``."""
        return tuple(
            Curve(self.by.shown(value), ds, value) for ds, value in zip(self.datasets, self.values, strict=True)
        )

    def fit(self, subject: Subject, free: object = None, **options: Hint) -> SeriesFit:
        """Fit a cell or a circuit to each measurement, every fit starting where the one before ended.

        Parameters
        ----------
        subject : Cell or Circuit
        free, **options
            As for :func:`mgtwin.fit_series`.

        Raises
        ------
        InputError, UnknownNameError, SimulationError
            As :func:`mgtwin.fit` does.
        """
        fits = fit_series(subject, [*self.datasets], free, **options)
        return SeriesFit(fits.fits, self.values, self.labels, self.by)

    def arrhenius(self, **options: Hint) -> xr.Dataset:
        """Conductivity of each spectrum and its activation energy, see :func:`mgtwin.analysis.arrhenius`."""
        return arrhenius([*self.datasets], **options)

    def relaxation_times(self, **options: Hint) -> xr.Dataset:
        """The distribution of relaxation times of each spectrum over the coordinate.

        Parameters
        ----------
        **options
            As for :func:`mgtwin.analysis.relaxation_times`.

        Returns
        -------
        xarray.Dataset
            ``distribution`` [ohm] over the coordinate and ``time_constant`` [s]: those of the first spectrum, onto
            which the others are interpolated over ln(tau), 0 where they do not reach.
        """
        found = [relaxation_times(ds, **options) for ds in self.datasets]
        tau = found[0]["time_constant"].values
        rows = [
            np.interp(np.log(tau), np.log(one["time_constant"].values), one["distribution"].values, left=0.0, right=0.0)
            for one in found
        ]
        said = [
            f"{label}: {text}" for label, one in zip(self.labels, found, strict=True) for text in one.attrs["warnings"]
        ]
        return xr.Dataset(
            {"distribution": ((self.by.quantity, "time_constant"), rows, attributes("distribution"))},
            coords={
                self.by.quantity: (self.by.quantity, [*self.values], self.by_attributes),
                "time_constant": ("time_constant", tau, attributes("time_constant")),
            },
            attrs=stamp(route="series.relaxation_times", warnings=said),
        )

    @property
    def by_attributes(self) -> dict[str, str]:
        """Attributes of the coordinate in Datasets."""
        return {"units": self.by.unit or "1", "long_name": self.by.quantity.replace("_", " ")}


def series(
    source: Source, by: SeriesCoordinate | None = None, *, values: Sequence[float] | None = None, **hints: Hint
) -> Series:
    """Read measurements of one sample and bring them in the order of what differs between them.

    Parameters
    ----------
    source : str, Path, DataTree, or sequence of str, Path or Dataset
        A folder, of which every file must be a measurement; a pattern (``"spectra/*.mpt"``); a file that holds several;
        files; Datasets.
    by : ByTemperature, ByCycle, ByTime or ByBias, optional
        What differs, by default the temperature.
    values : sequence of float, optional
        The coordinate of each [SI], in the order in which they are given; of a folder in that of the names.
    **hints
        As for :func:`mgtwin.read`, for all files.

    Returns
    -------
    Series
        ``fit``, ``arrhenius`` and ``relaxation_times`` are asked of it.

    Raises
    ------
    InputError
        There is nothing, a file is no measurement, or one does not say its coordinate.

    Examples
    --------
    >>> import mgtwin as mt
    >>> cell, eis = mt.cell("au_mofsse_au"), mt.EIS(1e6, 1.0)
    >>> measured = [mt.simulate(cell.with_({"temperature": f"{T} degC"}), eis) for T in (60, 40, 80)]
    >>> found = series(measured)
    >>> found
    <Series of 3 measurements, temperature 313.15 to 353.15 K>
    """
    along = ByTemperature() if by is None else by
    items = [*_measurements(source, hints)]
    if not items:
        raise InputError(f"{source}: there is no measurement in it.")
    if values is not None and len(values) != len(items):
        names = ", ".join(label for label, _ in items)
        raise InputError(f"values has {len(values)} numbers, but there are {len(items)} measurements: {names}.")
    numbers = [along.value(ds, label) for label, ds in items] if values is None else [float(x) for x in values]
    order = sorted(range(len(items)), key=numbers.__getitem__)
    datasets = [items[k][1].assign_attrs({along.quantity: numbers[k]}) for k in order]
    return Series(tuple(datasets), tuple(numbers[k] for k in order), tuple(items[k][0] for k in order), along)


def _measurements(source: Source, hints: dict[str, Hint]) -> Iterator[tuple[str, xr.Dataset]]:
    """Name and Dataset of every measurement."""
    match source:
        case xr.DataTree():
            for node in source.leaves:
                if node.has_data:
                    yield node.path.strip("/"), node.to_dataset()
        case xr.Dataset():
            raise InputError("one Dataset is no series: give a list of them.")
        case str() | Path():
            for path in _files(Path(source).expanduser()):
                several = dict(_in_file(path, hints))
                for label, ds in several.items():
                    yield (path.name if len(several) == 1 else f"{path.name} {label}"), ds
        case Sequence():
            for number, item in enumerate(source, 1):
                match item:
                    case xr.Dataset():
                        yield str(item.attrs.get("file", number)), item
                    case _:
                        yield from _measurements(item, hints)
        case other:
            raise InputError(f"a {type(other).__name__} is no measurement: give a folder, files, or Datasets.")


def _in_file(path: Path, hints: dict[str, Hint]) -> Iterator[tuple[str, xr.Dataset]]:
    try:
        found = read(path, **hints)
    except MgtwinError as error:
        raise InputError(
            f"{error}\nEvery file of a series must be a measurement: name those that are by a pattern, such as "
            f'"{path.parent}/*{path.suffix}".'
        ) from error
    match found:
        case xr.DataTree():
            return _measurements(found, {})
    return iter([(path.name, found)])


def _files(path: Path) -> list[Path]:
    """The files that a name stands for: itself, those in a folder, or those of a pattern."""
    if path.is_dir():
        return sorted(item for item in path.iterdir() if item.is_file() and not item.name.startswith("."))
    if path.is_file():
        return [path]
    found = sorted(path.parent.glob(path.name))
    if not found:
        raise InputError(f"{path}: there is no such file or folder, and no file has a name like that.")
    return found
