"""Files of states: what samples have in common, what is free, and which texts are damaged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, TypeAdapter

from .. import library, yamlfile
from ..errors import FileError
from ..experiments import Experiment, campaign
from ..experiments.observation import Names
from ..kinds.noun import noun
from ..plain import is_mapping
from .rows import observations
from .sharing import PerState, Relation, Shared

__all__ = ["StatesFile", "read_states"]

_Factors = Annotated[
    dict[str, str],
    BeforeValidator(
        # what is no mapping is refused by what it is validated as
        lambda raw: {key: str(value) for key, value in raw.items()} if is_mapping(raw) else raw
    ),
]


@noun
class Written:
    """A free parameter as a file has it: a list of factors, or a mapping; see `Shared` and `PerState`."""

    shared: Names = ()
    per_state: bool = False
    bounds: tuple[str | float, str | float] | None = None
    fixed: Mapping[str, str | float] = field(default_factory=dict)

    def read(self) -> Shared:
        """Return the object that it stands for."""
        if self.per_state:
            return PerState(bounds=self.bounds, fixed=self.fixed)
        return Shared(*self.shared, bounds=self.bounds, fixed=self.fixed)


_Written = Annotated[Written, BeforeValidator(lambda raw: raw if is_mapping(raw) else {"shared": raw})]


@noun
class StatesFile:
    """What `reconcile` is told about samples.

    Parameters
    ----------
    states : mapping
        Name of an overlay, a cell or an experiment to its factors and their values.
    free : mapping of path to Written
    alternatives : mapping of str to tuple of str
    relations : tuple of str
        As of `Relation`.
    ageing, overlays, deny : tuple of str
    experiments : tuple of str
        Folders and files of experiments; by default those of the file's own folder.
    """

    states: Mapping[str, _Factors]
    free: Mapping[str, _Written] = field(default_factory=dict)
    alternatives: Mapping[str, Names] = field(default_factory=dict)
    relations: Annotated[Names, AfterValidator(lambda texts: tuple(str(Relation(text)) for text in texts))] = ()
    ageing: Names = ()
    overlays: Names = ()
    deny: Names = ()
    experiments: Names = ()
    folder: str = ""

    @property
    def parameters(self) -> dict[str, Shared]:
        """What is free."""
        return {path: written.read() for path, written in self.free.items()}

    def observed(self) -> tuple[Experiment, ...]:
        """Return the experiments that it speaks of."""
        own = [str(Path(self.folder) / name) if Path(self.folder, name).exists() else name for name in self.experiments]
        return observations(*(own or (self.folder,)))


def read_states(source: StatesFile | str | Path | Mapping[str, Mapping[str, str]]) -> StatesFile:
    """Return what a file of states says; of a folder of experiments its ``states.yaml``.

    Parameters
    ----------
    source : StatesFile, str, Path or mapping
        A file, a folder of experiments by name or path, or the states themselves; a `StatesFile` is returned as it is.

    Raises
    ------
    FileError
        The file is wrong, with its line and column; or there is none.
    """
    match source:
        case StatesFile():
            return source
        case str() | Path():
            path = Path(source).expanduser()
        case _:
            return StatesFile(states=source)  # type: ignore[arg-type]  # it becomes what is asked for, or is refused
    if path.suffix not in (".yaml", ".yml"):
        path = campaign(source).folder / library.STATES
    if not path.is_file():
        raise FileError("there is no such file of states.", str(path))
    document = yamlfile.load(path)
    match document.data:
        case {"states": _} as data:
            whole = {**data, "folder": str(path.resolve().parent)}
        case data:
            whole = {"states": data, "folder": str(path.resolve().parent)}
    found: StatesFile = yamlfile.validate(document.with_data(whole), TypeAdapter(StatesFile), context={"file": True})
    return found
