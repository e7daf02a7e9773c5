"""Study files: what ``mgtwin sweep`` and ``mgtwin optimise`` read, every problem at its line and column."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import (
    BeforeValidator,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from .. import yamlfile
from ..analysis.metrics import METRICS, REFERENCE, ArgumentError, Measure
from ..cells import Cell
from ..cells.paths import Key, expand
from ..errors import InputError, did_you_mean, validation_problems
from ..kinds.noun import noun
from ..plain import is_listed, is_mapping, is_text
from ..protocols import PROTOCOLS, Protocol
from ..protocols.base import AnyProtocol
from ..quantities import parse
from ..registry import Family
from ..studies import Evolution, Paired, Robust
from ..studies.axes import Axes, axes_of
from ..studies.goals import CONSTRAINTS, OBJECTIVES, Goal, Limit
from ..studies.measured import Function
from ..studies.plan import labelled_cells, labelled_protocols
from ..studies.sampling import SEED
from ..unions import OneOf
from .cellargs import is_file_name, read_cell
from .protocolargs import protocol_of

__all__ = ["OptimisationFile", "SweepFile", "read_optimisation", "read_sweep"]

#: pydantic's name of a place that is a key.
_KEY = "[key]"


@contextmanager
def _at(*place: str | int) -> Iterator[None]:
    """Give what is wrong with the input its place in the file, below that of the field that is being read."""
    try:
        yield
    except ValidationError as error:
        problems = validation_problems(error)
    except InputError as error:
        problems = [((), str(error))]
    else:
        return
    # As an error of pydantic: only those keep their place on the way through the validators above.
    raise ValidationError.from_exception_data("study", [
        InitErrorDetails(type=PydanticCustomError("value_error", "{error}", {"error": InputError(text)}),
                         loc=(*place, *below), input=None)
        for below, text in problems
    ]) from None  # fmt: skip


def _beside(name: str, info: ValidationInfo) -> str:
    """Files are looked for from the folder of the study file."""
    return str(info.context["path"].parent / name) if info.context and is_file_name(name) else name


def _several(one: Any, sign: str, labelled: Callable[[list[Any]], dict[str, Any]]) -> PlainValidator:
    """A validator of one thing, a list of them or a mapping label -> thing; one in full has the key `sign`."""

    def read(raw: object, info: ValidationInfo) -> object:
        match raw:
            case list():
                return labelled(TypeAdapter(list[one]).validate_python(raw, context=info.context))  # type: ignore[valid-type]
            case Mapping() if sign not in raw:
                return TypeAdapter(dict[str, one]).validate_python(raw, context=info.context)  # type: ignore[valid-type]
        return TypeAdapter(one).validate_python(raw, context=info.context)

    return PlainValidator(read)


@noun
class _CellChoice:
    """A cell by its name or file, with overlays, and with numbers that are set."""

    name: str
    overlays: Annotated[tuple[str, ...], BeforeValidator(lambda raw: (raw,) if is_text(raw) else raw)] = ()
    set: dict[str, object] = field(default_factory=dict)


def _cell(raw: object, info: ValidationInfo) -> Cell:
    if is_text(raw):
        return read_cell(_beside(raw, info))
    asked: _CellChoice = TypeAdapter(_CellChoice).validate_python(raw, context=info.context)
    with _at("overlays" if asked.overlays else "name"):
        cell = read_cell(_beside(asked.name, info), asked.overlays)
    for path, value in asked.set.items():
        with _at("set", path):
            cell = cell.with_({path: value})
    return cell


_Cell = Annotated[Cell, PlainValidator(_cell)]


def _protocol(raw: object, info: ValidationInfo) -> Protocol:
    if is_text(raw):
        if not is_file_name(raw):
            raise InputError("a protocol is a file (.yaml) or a mapping with the key type.")
        return protocol_of(yamlfile.load(_beside(raw, info)))
    with _at("type"):
        OneOf(PROTOCOLS).kind_of(raw)
    return TypeAdapter(AnyProtocol).validate_python(raw, context=info.context)


_Protocol = Annotated[Protocol, PlainValidator(_protocol)]


@noun
class _Span:
    """Evenly spaced values; ``from`` is a word of Python."""

    start: Annotated[object, Field(alias="from")]
    end: Annotated[object, Field(alias="to")]
    points: Annotated[int, Field(ge=2, strict=True)]
    log: bool = False


def _axes(raw: object, info: ValidationInfo) -> dict[Key, np.ndarray]:
    # Fields are validated in their order, the cell first: paths mean nothing without it.
    cells = info.data.get("cell")
    if cells is None or raw is None:  # what is wrong is the cell; a key without a value
        return {}
    if not is_mapping(raw):
        raise InputError("this is a mapping of paths to values.")
    studied = list(labelled_cells(cells).values())
    axes: dict[Key, np.ndarray] = {}
    for path, given in raw.items():
        with _at(path, _KEY):
            for cell in studied:
                expand(cell, path, setting=True)
        span: _Span | None = None
        items: dict[str | int, object] = {}
        match given:
            case Mapping():
                with _at(path):
                    span = TypeAdapter(_Span).validate_python(given)
                    items = {"from": span.start, "to": span.end}
            case list():
                items = dict(enumerate(given))
            # Anything else is left to the axes below, which say what values may look like.
        for place, item in items.items():
            with _at(path, place):
                # one by one, so that what is wrong is shown where it stands
                parse(item, axes_of(studied, {path: [item]})[0].unit, need_unit=True, allow_inf=True)
        with _at(path):
            # Each item alone above, so that a wrong one is shown at its place; here the axis as a whole.
            axes[path] = axes_of(studied, {path: list(items.values()) or given})[0].values
        if span is not None and span.log and not (axes[path] > 0).all():
            with _at(path, "log"):
                raise InputError("log: true needs two values above 0.")
        if span is not None:
            axes[path] = (np.geomspace if span.log else np.linspace)(axes[path][0], axes[path][1], span.points)
    return axes


_Axes = Annotated[dict[Key, Any], PlainValidator(_axes)]


def _metric(raw: Any) -> tuple[str, Function]:
    """``overpotential``, ``{area_specific_resistance: {at: 1 kHz}}``, or one of them below ``metric`` with a name."""
    match raw:
        case {"metric": inner, **rest}:
            _refuse_unknown(rest, ("name",))
            with _at("metric"):
                name, function = _metric(inner)
            return str(rest.get("name", name)), function
    try:
        measure = Measure.of(raw)
    except ArgumentError as error:
        with _at(*(() if "type" in raw else raw), error.argument, _KEY):  # type: ignore[operator, misc]
            raise
    # Refused when read: in a sweep of hours it would fail at every point.
    if measure.declaration.series or measure.takes(REFERENCE):
        raise InputError(f"{measure.name} reads several runs, a study has one at each point: take another.")
    function = METRICS[measure.name]
    return measure.name, partial(function, **measure.arguments) if measure.arguments else function


def _refuse_unknown(given: Mapping[Any, object], known: Collection[str]) -> None:
    for key in given:
        if key not in known:
            hint = did_you_mean(key, known) or f" Known: {', '.join(known)}."
            with _at(key, _KEY):
                raise InputError(f"is not a known key here.{hint}")


def _goal(family: Family[type[Goal]], raw: Any, info: ValidationInfo) -> Goal:
    """``{minimise: metric}`` or ``{metric: ..., at_most: limit}``, with a protocol and a name if need be."""
    limited = family is CONSTRAINTS
    also = ("metric",) if limited else ()
    match raw:
        case Mapping():
            _refuse_unknown(raw, (*family, *also, "protocol", "name"))
            senses = [key for key in raw if key in family]
        case _:
            senses = []
    if len(senses) != 1 or (limited and "metric" not in raw):
        keys = f"{'the key metric and ' if limited else ''}one of the keys {', '.join(family)}"
        raise InputError(f"{family.article} has {keys}.")
    place = "metric" if limited else senses[0]
    given = {key: item for key, item in raw.items() if key == "name"}
    with _at(place):
        given["metric"] = _metric(raw[place])[1]
    if "protocol" in raw:
        with _at("protocol"):
            given["protocol"] = _protocol(raw["protocol"], info)
    with _at(senses[0]):
        return family[senses[0]](**given, **({"limit": raw[senses[0]]} if limited else {}))


_Objective = Annotated[Goal, PlainValidator(partial(_goal, OBJECTIVES))]
_Constraint = Annotated[Limit, PlainValidator(partial(_goal, CONSTRAINTS))]


@noun
class Sampling:
    """How many parameter sets are drawn from the uncertainties, and with which seed."""

    n: Annotated[int, Field(ge=1, strict=True)] = 256
    seed: Annotated[int, Field(ge=0, strict=True)] = SEED


@noun
class SweepFile:
    """What a file for ``mgtwin sweep`` says.

    Parameters
    ----------
    cell, protocol, metrics
        As of `mgtwin.sweep`.
    vary, paired : mapping
        Path to values.
    uncertainty : Sampling, optional
        Repeat every point for parameter sets drawn from the uncertainties of the cell.
    store : Path
        Where the numbers go; by default beside the file.
    """

    cell: Annotated[Cell | dict[str, Cell], _several(_Cell, "name", labelled_cells)]
    protocol: Annotated[Protocol | dict[str, Protocol], _several(_Protocol, "type", labelled_protocols)]
    metrics: dict[str, Function]
    vary: _Axes = field(default_factory=dict)
    paired: _Axes = field(default_factory=dict)
    uncertainty: Sampling | None = None
    store: Path = field(default="", kw_only=True)  # type: ignore[assignment]

    @field_validator("metrics", mode="plain")
    @classmethod
    def _named_metrics(cls, raw: object) -> dict[str, Function]:
        if not is_listed(raw) or not raw:
            raise InputError("metrics is a list of at least one: start each with '- '.")
        made: dict[str, Function] = {}
        for k, item in enumerate(raw):
            with _at(k):
                name, function = _metric(item)
                if made.setdefault(name, function) is not function:
                    raise InputError(f"the metric {name!r} is given twice: write {{name: ..., metric: ...}}.")
        return made

    @field_validator("store", mode="plain")
    @classmethod
    def _store_beside(cls, raw: object, info: ValidationInfo) -> Path:
        path: Path = (info.context or {})["path"]
        if not is_text(raw):
            raise InputError(f"store is the name of a folder, not {raw!r}.")
        return path.parent / (raw or f"{path.stem}.zarr")

    def __post_init__(self) -> None:
        if not self.axes and self.uncertainty is None:
            raise InputError("nothing is varied: give vary: {path: [values]}, paired: or uncertainty: {n: 256}.")
        if self.uncertainty is not None and is_mapping(self.cell):
            with _at("uncertainty"):
                raise InputError("uncertainty goes with one cell, not with several.")

    @property
    def axes(self) -> list[Axes]:
        """What `mgtwin.sweep` varies."""
        found: list[Axes] = [self.vary] if self.vary else []
        return [*found, Paired(self.paired)] if self.paired else found


@noun
class OptimisationFile:
    """What a file for ``mgtwin optimise`` says: the arguments of `mgtwin.optimise`."""

    cell: _Cell
    bounds: _Axes
    objectives: Annotated[list[_Objective], Field(min_length=1)]
    constraints: list[_Constraint] = field(default_factory=list)
    protocol: _Protocol | None = None
    robust: Robust | None = None
    method: Evolution | None = None

    def __post_init__(self) -> None:
        for name, goals in (("objectives", self.objectives), ("constraints", self.constraints)):
            for k, goal in enumerate(goals):
                if self.protocol is None and goal.protocol is None:
                    with _at(name, k):
                        raise InputError("this needs a protocol: here, or one for all at the top.")


def read_sweep(path: Path) -> SweepFile:
    """Read a study file.

    Raises
    ------
    FileError
        With line, column and a caret for what is wrong in it.
    """
    found: SweepFile = yamlfile.validate(yamlfile.load(path), SweepFile, {"file": True, "path": path})
    return found


def read_optimisation(path: Path) -> OptimisationFile:
    """Read a file for ``mgtwin optimise``; raises FileError with line, column and a caret."""
    found: OptimisationFile = yamlfile.validate(yamlfile.load(path), OptimisationFile, {"file": True, "path": path})
    return found
