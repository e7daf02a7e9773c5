"""Study files: what ``mgtwin sweep`` and ``mgtwin optimise`` read, every problem at its line and column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .. import yamlfile
from ..analysis.metrics import METRICS, REFERENCE, ArgumentError, Measure
from ..cells import Cell
from ..cells.paths import expand
from ..errors import FileError, InputError, did_you_mean
from ..protocols import Protocol
from ..quantities import parse
from ..studies import AtLeast, AtMost, Evolution, Maximise, Minimise, Paired, Robust
from ..studies.axes import Axis, axes_of
from ..yamlfile import Document
from .cellargs import is_file_name, read_cell
from .protocolargs import part_of, protocol_of

__all__ = ["OptimisationFile", "SweepFile", "read_optimisation", "read_sweep"]

_SWEEP = ("cell", "protocol", "vary", "paired", "metrics", "uncertainty", "store")
_OPTIMISE = ("cell", "protocol", "bounds", "objectives", "constraints", "robust", "method")
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class SweepFile:
    """What a file for ``mgtwin sweep`` says; `sampling` is None or the arguments of `mgtwin.uncertainty`."""

    cell: Cell | dict[str, Cell]
    protocol: Protocol | dict[str, Protocol]
    axes: tuple[Mapping[Any, Any] | Paired, ...]
    metrics: dict[str, Callable[..., Any]]
    sampling: dict[str, int] | None
    store: Path


@dataclass(frozen=True)
class OptimisationFile:
    """What a file for ``mgtwin optimise`` says: the arguments of `mgtwin.optimise`."""

    cell: Cell
    bounds: dict[Any, Any]
    objectives: tuple[Minimise | Maximise, ...]
    constraints: tuple[AtMost | AtLeast, ...]
    protocol: Protocol | None
    robust: Robust | None
    method: Evolution | None


def read_sweep(path: Path) -> SweepFile:
    """Read a study file.

    Raises
    ------
    FileError
        With line, column and a caret for what is wrong in it.
    """
    document = yamlfile.load(path)
    data = _top(document, _SWEEP, ("cell", "protocol", "metrics"))
    cells = _cells(document)
    axes: list[Mapping[Any, Any] | Paired] = []
    if data.get("vary"):
        axes.append(_axes(document, cells, "vary"))
    if data.get("paired"):
        pairs = _axes(document, cells, "paired")
        with _at(document, ("paired",)):
            axes.append(Paired(pairs))
    sampling = _integers(document, "uncertainty", ("n", "seed")) if "uncertainty" in data else None
    if not axes and sampling is None:
        raise document.error("nothing is varied: give vary: {path: [values]}, paired: or uncertainty: {n: 256}.")
    if sampling is not None and isinstance(cells, dict):
        raise document.error("uncertainty goes with one cell, not with several.", ("uncertainty",), key=True)
    store = data.get("store", f"{path.stem}.zarr")
    if not isinstance(store, str):
        raise document.error(f"store is the name of a folder, not {store!r}.", ("store",))
    metrics = _metrics(document, ("metrics",))
    return SweepFile(cells, _protocols(document), tuple(axes), metrics, sampling, path.parent / store)


def read_optimisation(path: Path) -> OptimisationFile:
    """Read a file for ``mgtwin optimise``; raises FileError with line, column and a caret."""
    document = yamlfile.load(path)
    data = _top(document, _OPTIMISE, ("cell", "bounds", "objectives"))
    cell = _cell(document, ("cell",))
    protocol = _protocol(document, ("protocol",)) if "protocol" in data else None
    objectives = tuple(_objective(document, ("objectives", k)) for k in _items(document, "objectives"))
    constraints = tuple(_constraint(document, ("constraints", k)) for k in _items(document, "constraints"))
    for name, goals in (("objectives", objectives), ("constraints", constraints)):
        for k, goal in enumerate(goals):
            if protocol is None and goal.protocol is None:
                raise document.error("this needs a protocol: here, or one for all at the top.", (name, k))
    return OptimisationFile(
        cell, _axes(document, cell, "bounds"), objectives, constraints, protocol,
        _made(document, "robust", Robust, ("n", "probability", "seed", "held", "together")),
        _made(document, "method", Evolution, ("population", "generations", "seed")),
    )  # fmt: skip


@contextmanager
def _at(document: Document, place: Place, *, key: bool = False) -> Iterator[None]:
    """Give any error about the input the position of what it is about."""
    try:
        yield
    except FileError:
        raise
    except InputError as error:
        raise document.error(str(error), place, key=key) from None


def _top(document: Document, known: Sequence[str], needed: Sequence[str]) -> Mapping[str, Any]:
    data = document.data
    if not isinstance(data, Mapping):
        raise document.error(f"a study file has the keys {', '.join(known)}.")
    _known_keys(document, (), known)
    for key in needed:
        if data.get(key) in (None, [], {}):
            raise document.error(f"the key {key} is missing or empty.", (key,) if key in data else ())
    return data


def _known_keys(document: Document, place: Place, known: Sequence[str]) -> Mapping[str, Any]:
    found = _value(document, place)
    if not isinstance(found, Mapping):
        raise document.error(f"this is a mapping with keys among {', '.join(known)}.", place)
    for key in found:
        if key not in known:
            hint = did_you_mean(str(key), known) or f" Known: {', '.join(known)}."
            raise document.error(f"{key!r} is not a known key here.{hint}", (*place, key), key=True)
    return found


def _value(document: Document, place: Place) -> Any:
    found = document.data
    for part in place:
        found = found[part]
    return found


def _items(document: Document, key: str) -> range:
    found = document.data.get(key, [])
    if not isinstance(found, list):
        raise document.error(f"{key} is a list: start each with '- '.", (key,))
    return range(len(found))


def _cells(document: Document) -> Cell | dict[str, Cell]:
    """One cell, or several by label: a list of names, or a mapping label -> cell."""
    found = document.data["cell"]
    if isinstance(found, list):
        made = [_cell(document, ("cell", k)) for k in range(len(found))]
        labels = [" + ".join([cell.name, *cell.overlays]) for cell in made]
        if len(set(labels)) < len(labels):
            raise document.error("two of these cells have one name: label them, {label: cell, ...}.", ("cell",))
        return dict(zip(labels, made, strict=True))
    if isinstance(found, Mapping) and "name" not in found:
        return {label: _cell(document, ("cell", label)) for label in found}
    return _cell(document, ("cell",))


def _cell(document: Document, place: Place) -> Cell:
    """A name or file, or ``{name, overlays, set}``."""
    found = _value(document, place)
    if isinstance(found, str):
        with _at(document, place):
            return read_cell(_beside(document, found))
    given = _known_keys(document, place, ("name", "overlays", "set"))
    if not isinstance(given.get("name"), str):
        raise document.error("a cell needs a name.", place)
    with _at(document, (*place, "overlays" if "overlays" in given else "name")):
        overlays = given.get("overlays", [])
        cell = read_cell(_beside(document, given["name"]), [overlays] if isinstance(overlays, str) else overlays)
    for path, value in (given.get("set") or {}).items():
        with _at(document, (*place, "set", path)):
            cell = cell.with_({path: value})
    return cell


def _beside(document: Document, name: str) -> str:
    """Files are looked for from the folder of the study file."""
    return str(Path(document.name).parent / name) if is_file_name(name) else name


def _protocols(document: Document) -> Protocol | dict[str, Protocol]:
    found = document.data["protocol"]
    if isinstance(found, Mapping) and "type" not in found:
        return {label: _protocol(document, ("protocol", label)) for label in found}
    return _protocol(document, ("protocol",))


def _protocol(document: Document, place: Place) -> Protocol:
    found = _value(document, place)
    if isinstance(found, str):
        if not is_file_name(found):
            raise document.error("a protocol is a file (.yaml) or a mapping with the key type.", place)
        return protocol_of(yamlfile.load(_beside(document, found)))
    return protocol_of(part_of(document, place))


def _axes(document: Document, cells: Cell | dict[str, Cell], key: str) -> dict[Any, Any]:
    """Paths with their values, each checked against the cells; a bare number needs its unit."""
    found = _value(document, (key,))
    if not isinstance(found, Mapping):
        raise document.error(f"{key} is a mapping of paths to values.", (key,))
    among = list(cells.values()) if isinstance(cells, dict) else [cells]
    return {path: _axis(document, among, (key, path)) for path in found}


def _axis(document: Document, cells: Sequence[Cell], place: Place) -> np.ndarray:
    given, path = _value(document, place), str(place[-1])
    spaced = isinstance(given, Mapping)
    if spaced:
        _known_keys(document, place, ("from", "to", "points", "log"))
        missing = [key for key in ("from", "to", "points") if key not in given]
        if missing:
            raise document.error(f"{' and '.join(missing)} is missing: {{from: 1 mm, to: 2 mm, points: 5}}.", place)
    raw = [given["from"], given["to"]] if spaced else given
    with _at(document, place, key=True):
        for cell in cells:
            expand(cell, path, setting=True)
    for k, item in enumerate(raw if isinstance(raw, list) else ()):
        with _at(document, (*place, ("from", "to")[k] if spaced else k)):
            parse(item, axes_of(cells, {path: [item]})[0].unit, need_unit=True, allow_inf=True)
    with _at(document, place):
        axis = axes_of(cells, {path: raw})[0]
    return _spaced(document, place, axis) if spaced else axis.values


def _spaced(document: Document, place: Place, axis: Axis) -> np.ndarray:
    given = _value(document, place)
    points, low, high = given["points"], float(axis.values[0]), float(axis.values[1])
    if not isinstance(points, int) or isinstance(points, bool) or points < 2:
        raise document.error(f"points is a whole number of at least 2, not {points!r}.", (*place, "points"))
    if not given.get("log", False):
        return np.linspace(low, high, points)
    if low <= 0 or high <= 0:
        raise document.error("log: true needs two values above 0.", (*place, "log"))
    return np.geomspace(low, high, points)


def _metrics(document: Document, place: Place) -> dict[str, Callable[..., Any]]:
    found = _value(document, place)
    if not isinstance(found, list):
        raise document.error("metrics is a list: start each with '- '.", place)
    made: dict[str, Callable[..., Any]] = {}
    for k, item in enumerate(found):
        name, function = _named_metric(document, (*place, k), item)
        if name in made:
            raise document.error(f"the metric {name!r} is given twice: write {{name: ..., metric: ...}}.", (*place, k))
        made[name] = function
    return made


def _named_metric(document: Document, place: Place, item: Any) -> tuple[str, Callable[..., Any]]:
    """``overpotential``, ``{area_specific_resistance: {at: 1 kHz}}``, or one of them below ``metric`` with a name."""
    if isinstance(item, Mapping) and "metric" in item:
        _known_keys(document, place, ("name", "metric"))
        _, function = _named_metric(document, (*place, "metric"), item["metric"])
        return str(item.get("name", _function_name(function))), function
    try:
        measure = Measure.of(item)
    except ArgumentError as error:
        raise document.error(str(error), (*place, *item, error.argument), key=True) from None
    except InputError as error:
        raise document.error(str(error), place) from None
    if measure.declaration.series or measure.takes(REFERENCE):
        raise document.error(f"{measure.name} reads several runs, a study has one at each point: take another.", place)
    function = METRICS[measure.name]
    return measure.name, partial(function, **measure.arguments) if measure.arguments else function


def _function_name(function: Any) -> str:
    return str(getattr(function, "func", function).__name__)


def _goal(document: Document, place: Place, key: str) -> tuple[Callable[..., Any], Protocol | None, str | None]:
    found = _value(document, place)
    _, function = _named_metric(document, (*place, key), found[key])
    protocol = _protocol(document, (*place, "protocol")) if "protocol" in found else None
    return function, protocol, found.get("name")


def _objective(document: Document, place: Place) -> Minimise | Maximise:
    found = _known_keys(document, place, ("minimise", "maximise", "protocol", "name"))
    senses = [key for key in ("minimise", "maximise") if key in found]
    if len(senses) != 1:
        raise document.error("an objective has one of the keys minimise and maximise, with a metric.", place)
    goal = _goal(document, place, senses[0])
    with _at(document, place):
        return Minimise(*goal) if senses[0] == "minimise" else Maximise(*goal)


def _constraint(document: Document, place: Place) -> AtMost | AtLeast:
    found = _known_keys(document, place, ("metric", "at_most", "at_least", "protocol", "name"))
    senses = [key for key in ("at_most", "at_least") if key in found]
    if len(senses) != 1 or "metric" not in found:
        raise document.error("a constraint has the key metric and one of at_most and at_least.", place)
    function, protocol, name = _goal(document, place, "metric")
    kind = AtMost if senses[0] == "at_most" else AtLeast
    with _at(document, (*place, senses[0])):
        return kind(function, found[senses[0]], protocol, name)


def _integers(document: Document, key: str, known: Sequence[str]) -> dict[str, int]:
    given = _known_keys(document, (key,), known)
    for name, value in given.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise document.error(f"{name} is a whole number, not {value!r}.", (key, name))
    return dict(given)


def _made(document: Document, key: str, kind: Any, known: Sequence[str]) -> Any:
    if document.data.get(key) is None:
        return None
    given = _known_keys(document, (key,), known)
    with _at(document, (key,), key=True):
        try:
            return kind(**given)
        except TypeError as error:
            raise InputError(f"{key}: {error}.") from None
