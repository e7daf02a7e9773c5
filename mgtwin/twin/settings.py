"""What a twin is told once, as YAML: in its file, and in its journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, TypeAdapter, ValidationInfo

from .. import yamlfile
from ..cells import Cell
from ..cells.files import cell as cell_named
from ..cells.overlays import applicable_overlays
from ..cells.paths import Key, Node, parts_of
from ..errors import InputError
from ..fitting.files import FreeField
from ..fitting.free import Drifting, FreeLike
from ..fitting.parameters import wanted
from ..kinds.noun import noun
from ..plain import is_listed, is_mapping
from ..protocols import Cycling, Written
from ..unions import OneOf
from .alarms import ALARM_KINDS, AlarmKind
from .forecasts import Limit
from .model_error import ModelError
from .watch import Reading

__all__ = ["Settings", "TwinFile", "load_twin", "template"]


@noun
class CellChoice:
    """A cell by its name or file, with overlays, and with numbers that are set."""

    cell: str
    overlays: tuple[str, ...] = ()
    set: dict[Key, Node] = field(default_factory=dict)

    def read(self, info: ValidationInfo) -> Cell:
        """Build it; a file is looked for from the folder of the twin's file."""
        name = self.cell
        if name.endswith((".yaml", ".yml")) and info.context and "folder" in info.context:
            name = str(info.context["folder"] / name)
        found = cell_named(name, *self.overlays)
        return found.with_(self.set) if self.set else found


def read_explanation(raw: object, info: ValidationInfo) -> Cell:
    """Return the cell of an explanation: a Cell, its YAML, its name, or a `CellChoice`."""
    # What is typed in Python comes as it is; a journal has whole cells, a file only says which are meant.
    match raw:
        case Cell():
            return raw
        case str() if "\n" in raw:  # a whole cell, as `Settings.to_yaml` writes it
            return Cell.from_yaml(raw)
        case str():
            return CellChoice(raw).read(info)
    choice: CellChoice = TypeAdapter(CellChoice).validate_python(raw, context=info.context)
    return choice.read(info)


Explanation = Annotated[Cell, PlainValidator(read_explanation), PlainSerializer(lambda cell: str(cell.to_yaml()))]
AnyAlarm = Annotated[AlarmKind, OneOf(ALARM_KINDS)]


@noun
class Settings(Written):
    """What a twin is told once; its state is a function of these and of the evidence.

    Parameters
    ----------
    explanations : mapping of str to Cell
        In files a cell is its name, a file ending in .yaml, or ``{cell, overlays, set}``; a list names overlays of the
        twin's ``cell``.
    free : mapping
        Path or wildcard, or several with ", " between them that are one number, to what is free: ``{log, prior, ...}``,
        or ``{type: drifting, std: 5 %, per: cycle}``.
    use : Cycling, optional
        What is done in a cycle.
    alarms : sequence of alarms, optional
    model_error : ModelError
    label : str
        What the cell is called in its measurements, if they say it.
    considered : sequence of str, optional
        Paths or wildcards of numbers that are not free and whose printed standard deviation counts; by default all.
    drift : Drifting, optional
        How constant free numbers wander in one more explanation, ``drift``, without laws of ageing.

    Examples
    --------
    >>> import mgtwin as mt
    >>> told = Settings({"film": mt.cell("trilayer", "film_growth")}, {"*.ageing.*.rate": mt.Drifting("5 %")})
    >>> Settings.from_yaml(told.to_yaml()) == told
    True
    """

    explanations: dict[str, Explanation]
    free: dict[str, FreeField] = field(default_factory=dict)
    use: Cycling | None = None
    alarms: tuple[AnyAlarm, ...] | None = None
    model_error: ModelError = field(default_factory=ModelError)
    label: str = ""
    considered: tuple[str, ...] | None = None
    drift: Drifting | None = None

    @classmethod
    def told(
        cls,
        explanations: Cell | Mapping[str, Cell],
        free: Mapping[Key, FreeLike] | None,
        use: Cycling | None,
        alarms: AlarmKind | Iterable[AlarmKind] | None,
        model_error: ModelError | None,
        label: str,
        considered: str | Iterable[str] | None,
        drift: Drifting | None,
    ) -> Settings:
        """What `mgtwin.Twin` was given, checked as a file is.

        Raises
        ------
        InputError
            Something is not what it has to be; UnknownNameError for a cell that there is not.
        """
        match explanations:
            case Mapping():
                named = dict(explanations)
            case cell:
                named = {"as given": cell}
        match use:
            case Cycling() | None:
                pass
            case _:
                raise InputError(
                    f"use is what is done in one cycle, mt.Cycling('-10 uA', '1 h', cycles=1), not {use!r}."
                )
        match alarms:
            case None:  # every kind there is, also one of a file of one's own
                kinds = tuple(kind() for kind in ALARM_KINDS.values())
            case AlarmKind():
                kinds = (alarms,)
            case _:
                kinds = tuple(alarms)
        listed = {", ".join(parts_of(key)): what for key, what in wanted({} if free is None else free).items()}
        numbers = None if considered is None else parts_of(considered)
        error = ModelError() if model_error is None else model_error
        return cls(named, listed, use, kinds, error, label, numbers, drift)

    @property
    def wanted(self) -> dict[Key, FreeLike]:
        """What is free, by keys as Python has them."""
        parts = {key: tuple(key.split(", ")) for key in self.free}
        return {paths if len(paths) > 1 else key: self.free[key] for key, paths in parts.items()}

    def to_yaml(self) -> str:
        """Return all of it as YAML, whole cells included, from which `from_yaml` makes the same."""
        return yamlfile.dumps(self.to_data())

    @classmethod
    def from_yaml(cls, text: str) -> Settings:
        """Read what `to_yaml` wrote."""
        # Whole cells are long texts; without aliases no text has more values than signs.
        # What was given without a unit is in SI: a person's file has to say units, this text has what was understood.
        return yamlfile.validate(yamlfile.loads(text, most=len(text)), Settings)


@noun
class TwinFile(Settings):
    """A file that describes a twin, and where its measurements come from.

    Parameters
    ----------
    store : Path
        Folder that keeps the twin; from the folder of the file.
    reading : Reading
        Which files are its measurements, and how they are read.
    forecast : Cycling, optional
        What is foreseen in reports and tables; by default as many cycles of `use` as were done.
    until : Limit, optional
        Where the life of the cell counts as over.
    """

    store: Path = Path("cell.twin")
    reading: Reading = field(default_factory=Reading)
    forecast: Cycling | None = None
    until: Limit | None = None


def load_twin(path: str | Path) -> TwinFile:
    """Read a file that describes a twin.

    Its key ``cell`` alone is one explanation, "as given"; with it, an explanation may be a list of overlays.

    Raises
    ------
    FileError
        With line, column and a caret for what is wrong in it.
    """
    document = yamlfile.load(path)
    match document.data:
        case {"cell": str(cell), **others}:
            given = others.pop("explanations", {"as given": []})
            if is_mapping(given):
                given = {
                    name: {"cell": cell, "overlays": raw} if is_listed(raw) else raw for name, raw in given.items()
                }
            document = document.with_data({**others, "explanations": given})
        case {"explanations": {**others}} if any(map(is_listed, others.values())):
            raise document.error("overlays of which cell? Name it with the key cell.", ("explanations",))
    folder = Path(path).parent
    found = yamlfile.validate(document, TwinFile, context={"file": True, "folder": folder})
    return replace(found, store=folder / found.store)


def template(name: str) -> str:
    """Return a commented file to edit, for a cell by its name or file.

    What ages it is a law of the cell itself, or else of each overlay that gives it one.

    Raises
    ------
    InputError
        Nothing ages this cell: there is no law of ageing in it, and no overlay gives it one.
    """
    cell = cell_named(name)
    named = {} if name.endswith((".yaml", ".yml")) else {names[0]: names for names in applicable_overlays(name)}
    explanations = {"as given": cell}
    if not _rates(cell):
        overlaid = {label: cell_named(name, label) for label, names in named.items() if len(names) == 1}
        explanations = {label: found for label, found in overlaid.items() if _rates(found)}
    if not explanations:
        raise InputError(
            f"{name}: no law of ageing is in it, and no overlay gives it one; add one to an interface (ageing:). A "
            "cell that does not change is for mgtwin fit."
        )
    paths = dict.fromkeys(path for found in explanations.values() for path in found.paths())
    # a star stands for one part of a path: electrodes have one in front of their laws of ageing, interfaces two
    aged = {path for found in explanations.values() for path in _rates(found)}
    rates = {
        "interfaces." * path.startswith("interfaces.") + f"*.ageing.{path.partition('.ageing.')[2]}" for path in aged
    }
    # of each electrode on its own: they need not be equal
    ends = "ionic_conductivity.reference", "exchange_current_density.reference"
    own = [path for path in paths if path.endswith(ends)]
    free = dict.fromkeys(own, "{log: true}")
    free |= dict.fromkeys(sorted(rates), "{type: drifting, std: 5 %, per: cycle}")
    # a star at the beginning would be an alias of YAML
    lines = [f'  "{path}": {what}' if path.startswith("*") else f"  {path}: {what}" for path, what in free.items()]
    listed = [f"  {label}: [{label}]" for label in explanations if label != "as given"]
    head = "explanations:    # overlays; or {cell: ..., overlays: [...], set: {...}}" if listed else _AS_GIVEN
    return _TEMPLATE.format(
        cell=name, store=Path(name).stem, explanations="\n".join([head, *listed]), free="\n".join(lines)
    )


def _rates(cell: Cell) -> list[str]:
    """Paths of the rates at which a cell ages."""
    return [path for path in cell.paths() if ".ageing." in path and path.endswith("rate") and cell.get(path)]


_AS_GIVEN = "# One explanation: the laws of ageing that the cell has."
_TEMPLATE = """\
# A twin: edit this file, then   mgtwin watch DATA/ --twin twin.yaml
cell: {cell}
{explanations}
store: {store}.twin

# What is free: paths or wildcards, for numbers that move together; {{type: drifting}} is a random walk.
free:
{free}

# What is done between measurements: how a cycle ages the cell, and how long it takes.
use: {{type: cycling, current: -10 uA, half_cycle: 1 h, cycles: 1}}

# Which files are its measurements, and when they were taken: where the name says the cycle (or by_time: hours).
reading:
  pattern: "*"
  moments: {{type: by_cycle, in_name: "loop_{{}}."}}
#  area: 1.131 cm^2     # what the files do not say
#  noise: 1 %           # of |Z|; by default from a Kramers-Kronig test, which needs ten points

# until: {{voltage: 2 V}}     # where its life is over: reports say when
# By default:
# alarms: [{{type: soft_short}}, {{type: acceleration}}, {{type: drift}}, {{type: instrument}}]
# model_error: {{size: 1 %, memory: 20}}     # by default estimated
"""
