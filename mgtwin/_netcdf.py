"""How a Dataset or DataTree lies on disk: plain netCDF 4, readable by any tool, and exact on the way back.

What netCDF cannot hold is encoded, and an attribute says so beside it: complex variables as two real ones, attributes
other than text and finite-size numbers as JSON text.
"""

from __future__ import annotations

import glob
import io
import json
import os
import subprocess
import sys
import time
import uuid
import warnings
from collections.abc import Collection, Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mgtwin._checksum import HDF5, seal, unseal
from mgtwin._schema import check, is_tree
from mgtwin.errors import FileError, InputError, MgtwinWarning
from mgtwin.plain import is_text
from mgtwin.shortnames import with_short_names

if TYPE_CHECKING:
    import xarray as xr

FORMAT = 1
#: What an attribute is on disk; dimensions, values and attributes of a variable.
_Native = str | int | float
_Encoded = tuple[tuple[Hashable, ...], np.ndarray, Mapping[str, object]]
_MARK = "mgtwin_format"
_KIND = "mgtwin_kind"
_NAME = "mgtwin_tree_name"
_COMPLEX = "mgtwin_complex"
_JSON = "mgtwin_json"
_REAL, _IMAG = "_real", "_imag"
_INT64 = 2**63
#: Seconds after which a temporary file that still lies there belongs to nobody.
_FORGOTTEN = 3600
# Nothing may be decoded by guess (a unit of "days" would become a timedelta, a fill value a NaN).
_RAW = {"engine": "h5netcdf", "decode_times": False, "decode_timedelta": False, "mask_and_scale": False}


def write(data: xr.Dataset | xr.DataTree, path: Path) -> Path:
    """Write `data` to `path` in one piece; see `mgtwin.dataset.save`."""
    path = path.expanduser()
    if not path.parent.is_dir():
        raise InputError(f"cannot save {path}: the folder {path.parent} does not exist; create it first.")
    if path.is_dir():
        raise InputError(f"cannot save {path}: it is a folder; give the name of a file, for example result.nc.")
    import xarray as xr

    match data:
        case xr.Dataset() | xr.DataTree():
            pass
        case other:
            raise InputError(
                f"cannot save a {type(other).__name__} in {path}: save takes results (Dataset, DataTree); cells and "
                "fits have a save of their own."
            )
    extra: dict[str, _Native] = {_MARK: FORMAT, _KIND: "dataset"}
    if is_tree(data):
        extra |= {_KIND: "tree", _NAME: json.dumps(data.name)}
        # Without inherited coordinates: written into each node they would come back as its own.
        groups = {node.relative_to(data): node.to_dataset(inherit=False) for node in data.subtree}
    else:
        groups = {".": data}
    raw = seal(_image({place: _Group.of(check(ds), extra if place == "." else {}) for place, ds in groups.items()}))
    # Beside its place, forced to the disk, then moved there: it is there whole or not at all. In the same folder,
    # because only a move within one file system is atomic.
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.part"):  # of a process that was killed while it wrote
        if time.time() - left.stat().st_mtime > _FORGOTTEN:
            left.unlink(missing_ok=True)
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with part.open("xb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())  # a power cut must not leave the name without its data
        os.replace(part, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileError(
            f"cannot be written ({len(raw) / 1e6:.3g} MB): {reason}. Make room, or save it elsewhere.", str(path)
        ) from error
    finally:
        # Also after Ctrl-C and a full disk: nothing that looks like a result may stay.
        part.unlink(missing_ok=True)
    return path


class _Group(NamedTuple):
    """What a netCDF group holds: sizes of its dimensions, variables, which of them label others, attributes."""

    sizes: Mapping[Hashable, int]
    variables: Mapping[str, _Encoded]
    labels: Collection[str]
    attrs: Mapping[str, _Native]

    @classmethod
    def of(cls, ds: xr.Dataset, extra: Mapping[str, _Native]) -> _Group:
        """Return what holds a Dataset, with `extra` attributes; one variable may become two."""
        variables: dict[str, _Encoded] = {}
        labels: set[str] = set()
        for name in map(str, ds.variables):
            dims, attrs = ds.variables[name].dims, _encode_attrs(ds.variables[name].attrs, name)
            values = np.asarray(ds.variables[name].values)
            parts: dict[str, np.ndarray] = {}
            match values.dtype.kind:
                case "f" | "i" | "u" | "b" | "U":
                    parts = {name: values}
                case "c":
                    parts = {name + _REAL: values.real, name + _IMAG: values.imag}
                    # Otherwise one would overwrite the other, and the file would come back with fewer variables.
                    if parts.keys() & set(map(str, ds.variables)):
                        raise InputError(
                            f"cannot save {name}: the names {name}_real and {name}_imag must be free for its parts."
                        )
                    attrs[_COMPLEX] = name
                case "O" if all(map(is_text, values.flat)):
                    parts = {name: values.astype(str)}
                case "O":
                    raise InputError(f"cannot save {name}: its values are Python objects; use numbers or text.")
                case _:
                    raise InputError(
                        f"cannot save {name}: values of type {values.dtype} are not part of the schema; store times "
                        "as seconds (float)."
                    )
            variables |= {part: (dims, numbers, attrs) for part, numbers in parts.items()}
            labels |= parts.keys() if name in ds.coords else set()
        return cls(ds.sizes, variables, labels, {**_encode_attrs(ds.attrs, "the Dataset"), **extra})


def _image(groups: Mapping[str, _Group]) -> bytes:
    """The bytes of a netCDF file, made in memory: HDF5 itself brings the interpreter down when a disk is full.

    (xarray could write it, but asks dask for a lock, whose import of `distributed` takes longer than all the rest.)
    """
    import h5netcdf
    import h5py

    image = io.BytesIO()
    with h5netcdf.File(image, "w") as file:
        for place, (sizes, variables, labels, attrs) in groups.items():
            group = file if place == "." else file.create_group(place)
            group.dimensions = dict(sizes)
            # CF's way to say which variables label others, as xarray reads it; who has a space in its name cannot.
            free = {name for name in labels if name not in sizes and " " not in name}
            alone = set(free)
            for name, (dims, values, own) in variables.items():
                labelled_by = {label for label in free if {*variables[label][0]} <= {*dims} and name not in labels}
                alone -= labelled_by
                also: dict[str, _Native] = {"coordinates": " ".join(sorted(labelled_by))} if labelled_by else {}
                if values.dtype.kind == "U":
                    values = values.astype(h5py.string_dtype())
                elif values.dtype.kind == "b":  # a type that netCDF lacks
                    values, also["dtype"] = values.astype("i1"), "bool"
                large = values.dtype.kind in "fiu" and values.nbytes > 100_000  # below that, chunks cost more
                options = {"compression": "gzip", "compression_opts": 4, "shuffle": True} if large else {}
                variable = group.create_variable(name, dims, values.dtype, **options)
                variable.attrs.update({**also, **own})
                variable[...] = values
            group.attrs.update({"coordinates": " ".join(sorted(alone)), **attrs} if alone else attrs)
    return image.getvalue()


def is_result(raw: bytes) -> bool:
    """Tell from the bytes of a file whether `write` made it, damaged or not."""
    return raw.startswith(HDF5) and _MARK.encode() in raw


def read(path: Path) -> xr.Dataset | xr.DataTree:
    """Read what `write` wrote; see `mgtwin.dataset.open`."""
    import xarray as xr

    path = path.expanduser()
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "there is no such file"
        raise FileError(f"{what}. mgtwin.open reads results that mgtwin.save has written.", str(path))
    try:
        with path.open("rb") as file:
            head = file.read(len(HDF5))
            image = unseal(head + file.read() if head == HDF5 else head, str(path))  # no other file is read whole
        if not image.is_sealed and image.data.startswith(HDF5):
            # Damage that no checksum shows may keep HDF5 busy for ever or bring the interpreter down: another process
            # reads it first. What it raises there is raised here, too.
            try:
                trial = subprocess.run(
                    [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\n{_TRIAL}"],
                    input=image.data,
                    capture_output=True,
                    timeout=_PATIENCE + len(image.data) / _PACE,
                )
            except subprocess.TimeoutExpired:
                trial = None
            if trial is None or trial.returncode < 0:
                raise FileError("is damaged: reading it does not come to an end. Run again what made it.", str(path))
        raw = loaded(image.data)
        if _MARK not in raw.attrs:
            raise FileError(f"is a netCDF file, but mgtwin did not write it.\n{_REMEDY}", str(path))
        # An older mgtwin cannot know what a newer one means: it refuses instead of guessing.
        if int(raw.attrs[_MARK]) > FORMAT:
            raise FileError(
                f"was written by a newer mgtwin (file format {int(raw.attrs[_MARK])}, this one reads up to "
                f"{FORMAT}); upgrade mgtwin to read it.",
                str(path),
            )
        nodes = {node.path: _decode(node.to_dataset(inherit=False)) for node in raw.subtree}
        kind, name = raw.attrs[_KIND], raw.attrs.get(_NAME, "null")
    except FileError:
        raise
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileError(f"cannot be read as a netCDF (HDF5) file ({reason}).\n{_REMEDY}", str(path)) from error
    if not image.is_sealed:
        warnings.warn(
            f"{path} carries no checksum (it was saved by mgtwin 0.1, or changed by another program): whether it is "
            "what was written cannot be known. mgtwin.save writes it with one.",
            MgtwinWarning,
            stacklevel=3,
        )
    if kind == "dataset":
        return nodes["/"]
    return xr.DataTree.from_dict(nodes, name=json.loads(name))


def loaded(data: bytes) -> xr.DataTree:
    """All that HDF5 data hold, as it lies there."""
    import xarray as xr

    # Into memory before the file closes: what is read later would come from a closed file.
    with xr.open_datatree(io.BytesIO(data), **_RAW) as raw:  # type: ignore[arg-type]  # as of open_dataset
        return raw.load()


#: What another process does with data that no checksum vouches for, and how long it may take: seconds, bytes a second.
_TRIAL = "from mgtwin._netcdf import loaded; loaded(sys.stdin.buffer.read())"
_PATIENCE, _PACE = 20.0, 5e6
_REMEDY = (
    "mgtwin.open reads results that mgtwin.save has written. Read an instrument's file with mgtwin.read; build a "
    "Dataset from arrays with mgtwin.dataset.spectrum or mgtwin.dataset.transient."
)


def _decode(raw: xr.Dataset) -> xr.Dataset:
    import xarray as xr

    data: dict[str, _Encoded] = {}
    coords: dict[str, _Encoded] = {}
    for key, variable in raw.variables.items():
        name, values, attrs = str(key), np.asarray(variable.values), _decode_attrs(variable.attrs)
        whole = attrs.pop(_COMPLEX, None)
        if whole is not None:
            if name.endswith(_IMAG):
                continue
            # real + 1j*imag would turn an infinite part into NaN
            joined = np.empty(values.shape, dtype=np.result_type(values.dtype, np.complex64))
            joined.real, joined.imag = values, np.asarray(raw.variables[f"{whole}{_IMAG}"].values)
            name, values = str(whole), joined
        elif values.dtype.kind in "OT":
            values = values.astype(str)
        target = coords if key in raw.coords else data
        target[name] = (variable.dims, values, attrs)
    attrs = _decode_attrs(raw.attrs)
    attrs = {k: v for k, v in attrs.items() if k not in (_MARK, _KIND, _NAME)}
    return with_short_names(xr.Dataset(data, coords=coords, attrs=attrs))


def _encode_attrs(attrs: Mapping[object, object], owner: str) -> dict[str, _Native]:
    plain: dict[str, _Native] = {}
    as_json = []
    for key, given in attrs.items():
        name, value = str(key), _simplify(given)
        match value:
            # As it is where netCDF can hold it: HDF5 ends text at a zero byte, and its integers have 64 bits. What is
            # larger goes into JSON, which has no limit.
            case bool():
                pass
            case str() if "\0" not in value:
                plain[name] = value
                continue
            case int() if -_INT64 <= value < _INT64:
                plain[name] = value
                continue
            case float() if type(value) is float:
                plain[name] = value
                continue
        try:
            plain[name] = json.dumps(value)
        except (TypeError, ValueError):
            raise InputError(
                f"cannot save attribute {name!r} of {owner}: {type(given).__name__} is not text, a number, a list or "
                "a mapping of these."
            ) from None
        # Listed by name: a text of the user that happens to be JSON must stay a text.
        as_json.append(name)
    return {**plain, _JSON: json.dumps(as_json)} if as_json else plain


def _simplify(value: object) -> object:
    """Reduce numpy numbers and arrays, subclasses of numbers and texts, and tuples to plain Python."""
    match value:
        case np.generic() | np.ndarray():
            return _simplify(value.tolist())
        case bool() | None:
            return value
        case str():
            return str(value)
        case int():
            return int(value)
        case float():
            return float(value)
        case Mapping():
            return {str(key): _simplify(item) for key, item in value.items()}
        case list() | tuple():
            return [_simplify(item) for item in value]
    return value


def _decode_attrs(attrs: Mapping[object, object]) -> dict[str, object]:
    as_json = set(json.loads(str(attrs.get(_JSON, "[]"))))
    return {
        str(name): json.loads(str(value)) if name in as_json else _simplify(value)
        for name, value in attrs.items()
        if name != _JSON
    }
