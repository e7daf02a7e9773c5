"""Folders of experiments that belong together: those of a publication, of a laboratory, of one question."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from .. import library, yamlfile
from ..errors import InputError, UnknownNameError
from ..kinds.noun import noun
from .files import Experiment, load_experiment

__all__ = ["Campaign", "campaign", "campaigns"]


_NO_EXPERIMENTS = (library.CAMPAIGN, library.STATES)


@noun
class Heading:
    """What ``campaign.yaml`` says of its folder; see `Campaign`."""

    name: str
    title: str = ""
    description: str = ""
    conclusion: str = ""


@dataclass(frozen=True)
class Campaign:
    """A folder of experiments that are run and judged together.

    Its ``*.yaml`` are the experiments. The folders ``cells/``, ``overlays/``, ``materials/``, ``interfaces/`` and
    ``kinds/`` in it, if there are any, hold what only these experiments use. ``campaign.yaml``, which may be left out,
    gives the name by which ``mgtwin run`` knows it, a title for its table, a description, and a conclusion.

    Attributes
    ----------
    name, title, description : str
    conclusion : str
        What is said at the end of a whole run, with names in braces for what it came to (`mgtwin.campaign.ledger`).
    folder : Path
    """

    name: str
    folder: Path
    title: str = ""
    description: str = ""
    conclusion: str = ""

    @property
    def paths(self) -> tuple[Path, ...]:
        """Files of its experiments, by name."""
        return tuple(path for path in sorted(self.folder.glob("*.yaml")) if path.name not in _NO_EXPERIMENTS)

    def experiments(self, names: tuple[str, ...] | None = None) -> tuple[Experiment, ...]:
        """Read its experiments, or those that `names` lists.

        Raises
        ------
        UnknownNameError
            For a name that it has not.
        FileError
            If a file is wrong; the message has its line and column.
        """
        files = {path.stem: path for path in self.paths}
        for name in names or ():
            if name not in files:
                raise UnknownNameError(name, files, "experiment")
        # All are read before the first runs: a fault in the last file shows at once, not after hours.
        return tuple(load_experiment(files[name]) for name in names or files)

    @contextmanager
    def own_library(self) -> Iterator[None]:
        """Look for named files in this folder first, while the context lasts."""
        before = os.environ.get("MGTWIN_PATH")
        # in the environment, so that worker processes look there, too
        os.environ["MGTWIN_PATH"] = os.pathsep.join(filter(None, [str(self.folder.resolve()), before]))
        try:
            yield
        finally:
            del os.environ["MGTWIN_PATH"]
            os.environ |= {} if before is None else {"MGTWIN_PATH": before}


def campaigns() -> Mapping[str, Campaign]:
    """Return the folders of experiments that have a name, by that name: one's own (MGTWIN_PATH) before those shipped.

    Examples
    --------
    >>> campaigns()["ageing"].title
    'Why does the overpotential of the trilayer grow?'
    """
    found = [_read(entry.path.parent) for entry in library.campaigns()]
    return {item.name: item for item in reversed(found)}  # the first folder of the search path has the last word


def campaign(name: str | Path | Campaign) -> Campaign:
    """Return a folder of experiments by its name, or any folder by its path.

    Parameters
    ----------
    name : str, Path or Campaign

    Raises
    ------
    UnknownNameError
        If there is neither; the message lists close matches.
    InputError
        If the folder has no experiments.
    FileError
        If its ``campaign.yaml`` is wrong.
    """
    match name:
        case Campaign():
            return name
    known, folder = campaigns(), Path(name).expanduser()
    # The name goes before the path: a folder that happens to be called so here must not change what a command means.
    if str(name) in known:
        return known[str(name)]
    if not folder.is_dir():
        raise UnknownNameError(str(name), known, "folder of experiments")
    found = _read(folder)
    if not found.paths:
        raise InputError(f"{folder} has no experiments: put files with a protocol, cells and observed (.yaml) there.")
    return found


def _read(folder: Path) -> Campaign:
    file = folder / library.CAMPAIGN
    if not file.is_file():
        return Campaign(folder.resolve().name, folder)
    document = yamlfile.load(file)
    heading = yamlfile.validate(document, TypeAdapter(Heading), context={"file": True})
    # It is typed behind mgtwin run, beside experiments and options.
    if not heading.name.isidentifier():
        raise document.error(f"{heading.name!r} cannot name a folder: use letters, digits and _.", ("name",))
    return Campaign(heading.name, folder, heading.title, heading.description, heading.conclusion)
