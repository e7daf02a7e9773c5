"""Fits as YAML: which cell, which data files, what is free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal

import xarray as xr
from pydantic import BeforeValidator, Field, TypeAdapter

from .. import dataset, yamlfile
from ..cells.files import cell as cell_named
from ..circuits import Circuit
from ..data import read
from ..errors import FileError, InputError, UnknownNameError
from ..kinds.noun import noun
from ..quantities import AmbientTemperature, Quantity
from ..regression import LOSSES, WEIGHTINGS, Loss, Weighting
from ..regression.weighting import usual
from ..unions import OneOf
from .free import FREE, FreeLike
from .models import Subject, model_of

__all__ = ["DataFile", "FitFile", "FreeField", "Request", "load_fit"]


def _typed(default: str) -> BeforeValidator:
    """A mapping without a type means the default one; nothing means all its defaults."""

    def add(raw: object) -> object:
        given = {} if raw is None else raw
        match given:
            case {"type": _}:
                return given
            case Mapping():
                return {"type": default, **given}
        return given

    return BeforeValidator(add)


FreeField = Annotated[FreeLike, OneOf(FREE), _typed("free")]
_WeightingField = Annotated[Weighting, OneOf(WEIGHTINGS)]
#: Where something stands in a file.
_Place = tuple[str | int, ...]
_Frequency = Annotated[float, Quantity("Hz", gt=0)]
_LossField = Annotated[Loss, OneOf(LOSSES)]


@noun
class DataFile:
    """One data file of a fit.

    Parameters
    ----------
    file : str
        A result of mgtwin (.nc) or an instrument's file, relative to the fit's file.
    node : str, optional
        Which measurement, of a file with several (``spectrum_1``, or a step of a Sequence).
    temperature : float or str, optional
        [K]; by default what the file says, else the cell's.
    control : {"current", "voltage"}, optional
        What was imposed in a run in time, where that cannot be told from the file.
    set : mapping, optional
        What was different in the cell: path to value.
    weighting : Modulus, Noise or Unit, optional
    circuit : str, optional
        What describes this file, where that is another model than that of the fit.
    """

    file: str
    node: str | None = None
    temperature: Annotated[float, AmbientTemperature()] | None = None
    control: Literal["current", "voltage"] | None = None
    set: dict[str, Any] = field(default_factory=dict)
    weighting: _WeightingField | None = None
    circuit: str | None = None


@noun
class FitFile:
    """What a fit's file says.

    Parameters
    ----------
    cell : str, optional
        Name of a cell, or a file ending in .yaml, relative to the fit's file. Either this or `circuit`.
    circuit : str, optional
        An equivalent circuit instead of a cell, ``R0-p(R1,CPE1)``; `set` gives values to its numbers.
    data : sequence of DataFile
    free : mapping, optional
        Path or wildcard to ``{start, bounds, log, prior}``, all optional, or to ``{type: per_temperature, free: ...}``.
    overlays : sequence of str
    set : mapping
        Path to value: changes of the cell before the fit.
    weighting : Modulus, Noise or Unit, optional
    loss : Huber, SoftL1 or Cauchy, optional
    starts, seed : int
    frequency_range : (low, high), optional
        Points of spectra outside are left out.
    """

    data: tuple[DataFile, ...]
    cell: str | None = None
    circuit: str | None = None
    free: dict[str, FreeField] = field(default_factory=dict)
    overlays: tuple[str, ...] = ()
    set: dict[str, Any] = field(default_factory=dict)
    weighting: _WeightingField | None = None
    loss: _LossField | None = None
    starts: Annotated[int, Field(ge=1)] = 1
    seed: int = 0
    frequency_range: tuple[_Frequency, _Frequency] | None = None


@noun
class Request:
    """A fit that is ready to run: ``mgtwin.fit(request.pairs, request.free, **request.options)``."""

    pairs: tuple[Any, ...]
    free: dict[str, Any]
    options: dict[str, Any]


def load_fit(path: str | Path) -> Request:
    """Read a fit's file with the data that it names.

    Raises
    ------
    FileError
        As ``path:line:col`` with the line and a caret: for what is wrong in the file, for a cell, a data file or a path
        that does not exist, and for a value that the cell refuses.
    """
    document = yamlfile.load(Path(path))
    wanted: FitFile = yamlfile.validate(document, TypeAdapter(FitFile), context={"file": True})
    folder = Path(path).parent
    if not wanted.data:
        raise document.error("data is empty: name at least one file.", ("data",))
    subject = _subject(document, wanted, folder)
    pairs = tuple(_pair(document, subject, item, folder, number) for number, item in enumerate(wanted.data))
    _check_paths(document, wanted, [pair[0] for pair in pairs])
    weighting: object = wanted.weighting
    if any(item.weighting is not None for item in wanted.data):
        weighting = [
            item.weighting or wanted.weighting or usual(spectrum="impedance" in pair[1])
            for item, pair in zip(wanted.data, pairs, strict=True)
        ]
    options = {
        "weighting": weighting, "loss": wanted.loss, "starts": wanted.starts, "seed": wanted.seed,
        "frequency_range": wanted.frequency_range,
    }  # fmt: skip
    return Request(pairs, dict(wanted.free), options)


def _subject(document: yamlfile.Document, wanted: FitFile, folder: Path) -> Subject | None:
    """What the whole file is about; None where every data file names a circuit of its own."""
    if wanted.cell is not None and wanted.circuit is not None:
        raise document.error("give either a cell or a circuit, not both.", ("circuit",))
    if wanted.circuit is not None:
        return _changed(document, _circuit(document, wanted.circuit, ("circuit",)), wanted.set, ("set",))
    if wanted.cell is not None:
        return _cell(document, wanted, wanted.cell, folder)
    if not all(item.circuit for item in wanted.data):
        raise document.error("cell is missing: name one, or a circuit such as R0-p(R1,CPE1).", ())
    return None


def _circuit(document: yamlfile.Document, text: str, place: _Place) -> Circuit:
    try:
        return Circuit(text)
    except InputError as error:
        raise document.error(str(error), place) from None


def _cell(document: yamlfile.Document, wanted: FitFile, name: str, folder: Path) -> Subject:
    if name.endswith((".yaml", ".yml")) and not Path(name).is_absolute():
        name = str(folder / name)
    try:
        found = cell_named(name, *wanted.overlays)
    except FileError:
        raise
    except InputError as error:
        place = "overlays" if "overlay" in str(error) and wanted.overlays else "cell"
        raise document.error(str(error), (place,)) from None
    return _changed(document, found, wanted.set, ("set",))


def _changed(document: yamlfile.Document, subject: Subject, changes: Mapping[str, Any], place: _Place) -> Subject:
    for path, value in changes.items():
        try:
            subject = model_of(subject).with_written(path, value)
        except InputError as error:
            raise document.error(str(error), (*place, path)) from None
    return subject


def _pair(
    document: yamlfile.Document, subject: Subject | None, item: DataFile, folder: Path, number: int
) -> tuple[Subject, xr.Dataset]:
    place = ("data", number)
    file = folder / item.file
    if not file.is_file():
        raise document.error(f"there is no file {file}.", (*place, "file"))
    found: xr.Dataset | xr.DataTree
    try:
        # A result of mgtwin, or what the readers of instruments make of a file.
        found = dataset.open(file) if file.suffix in (".nc", ".nc4", ".h5", ".hdf5") else read(file)
    except InputError as error:
        raise document.error(str(error), (*place, "file")) from None
    match found:
        case xr.Dataset() as ds:
            pass
        case tree:
            names = [leaf.path.lstrip("/") for leaf in tree.leaves]
            if item.node not in names:
                listed = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
                where = "file" if item.node is None else "node"
                raise document.error(
                    f"{item.file} holds several measurements: say which, node: {listed}.", (*place, where)
                )
            ds = tree[item.node].to_dataset()
    attrs: dict[str, str | float] = {"file": item.file}
    if item.temperature is not None:
        attrs["temperature"] = float(item.temperature)
    if item.control is not None:
        attrs["control"] = item.control
    if item.circuit is not None:
        subject = _circuit(document, item.circuit, (*place, "circuit"))
    assert subject is not None
    return _changed(document, subject, item.set, (*place, "set")), ds.assign_attrs(attrs)


def _check_paths(document: yamlfile.Document, wanted: FitFile, subjects: list[Subject]) -> None:
    """Every key must name numbers of some cell."""
    models = [model_of(subject) for subject in {id(subject): subject for subject in subjects}.values()]
    for key in wanted.free:
        problem = None
        for model in models:
            try:
                model.expand(key)
                break
            except UnknownNameError as error:
                problem = error
        else:
            raise document.error(str(problem), ("free", key))
