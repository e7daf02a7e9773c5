"""The one registry: families of kinds (electrodes, laws, metrics, file formats …), open to packages and to own files.

A kind is declared once, by the decorator of its family in its own file. Whatever asks which kinds there are (unions
that validate, schemas, the command line, documentation, `mgtwin.<Kind>`) asks its `Family` here and keeps no list.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Generic, TypeVar

from mgtwin.errors import InputError, UnknownNameError

__all__ = ["FAMILIES", "PLUGIN_GROUP", "Family"]

#: Entry points of this group are imported before a family answers what it holds.
PLUGIN_GROUP = "mgtwin.kinds"

_Kind = TypeVar("_Kind")


class Family(Mapping[str, _Kind], Generic[_Kind]):
    """Kinds of one family by the name that they have in files, in the order of their declaration.

    Parameters
    ----------
    name : str
        In the singular, as messages and the command line say it (``"electrode"``).
    article : str
        What a field of this family holds, for messages (``"an electrode"``); made from `name` by default.

    Examples
    --------
    >>> shapes = Family("shape of a doctest")
    >>> shapes.add("sphere", object())
    >>> list(shapes)
    ['sphere']
    >>> del FAMILIES[shapes.name]
    """

    def __init__(self, name: str, article: str = "") -> None:
        self.name = name
        self.article = article or f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
        self._kinds: dict[str, _Kind] = {}
        # A family makes itself known, so that listings and schemas need no list of families either.
        FAMILIES[name] = self

    def add(self, name: str, kind: _Kind) -> None:
        """Take up a kind under the name that it has in files.

        Raises
        ------
        InputError
            Another kind of this family has that name already; the same module declared anew (a reload, a notebook
            cell that is run again) replaces what it declared before.
        """
        # By module and name, not identity: a reload makes a new class of the same declaration.
        known = self._kinds.get(name)
        if known is not None and _home(known) != _home(kind):
            raise InputError(
                f"{name!r} is {self.article} already, declared in {_home(known)[0]}: give {_home(kind)[1]} another "
                f"name."
            )
        self._kinds[name] = kind

    def discard(self, name: str) -> None:
        """Forget a kind, if it is there; for kinds that were declared for a while (examples, tests)."""
        self._kinds.pop(name, None)

    def __getitem__(self, name: str) -> _Kind:
        if name not in self._kinds:
            load_plugins()
        if name not in self._kinds:
            raise UnknownNameError(name, tuple(self._kinds), self.name)
        return self._kinds[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return the kind of this name, or `default` where there is none."""
        known = name in self  # an unknown name raises no KeyError here, which is what Mapping.get expects
        return self._kinds[name] if known else default

    def __contains__(self, name: object) -> bool:
        if name not in self._kinds:
            load_plugins()
        return name in self._kinds

    def __iter__(self) -> Iterator[str]:
        load_plugins()
        # A copy: whoever iterates may declare kinds, or import a module that does.
        return iter(tuple(self._kinds))

    def __len__(self) -> int:
        load_plugins()
        return len(self._kinds)


#: Every family by its name, in the order in which the rooms declare them.
FAMILIES: dict[str, Family[Any]] = {}


def _home(kind: object) -> tuple[str, str]:
    """Module and name of a kind, for messages."""
    return str(getattr(kind, "__module__", "?")), str(getattr(kind, "__qualname__", kind))


def load_plugins() -> tuple[str, ...]:
    """Import what declares kinds outside of mgtwin, once, and return the names of the modules.

    These are the modules that installed packages name in the group `PLUGIN_GROUP`, and the files ``kinds/*.py`` in the
    folders of ``MGTWIN_PATH``, where one's own cells are.

    Raises
    ------
    InputError
        A module cannot be imported; the message names it and the reason.
    """
    # Read from the environment at each call: a folder of experiments sets it for the time that it runs.
    return (*_installed(), *_own(os.environ.get("MGTWIN_PATH", "")))


@lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    names = []
    for point in entry_points(group=PLUGIN_GROUP):
        try:
            point.load()  # a kind declares itself when its module is imported
        except ImportError as error:
            # Who declares it is who can repair it: the module alone tells users nothing.
            package = point.dist.name if point.dist else "an installed package"
            raise InputError(
                f"{package} declares kinds for mgtwin in {point.value!r}, which cannot be imported: {error}. Repair or "
                f"uninstall {package}."
            ) from error
        names.append(point.name)
    return tuple(names)


@lru_cache(maxsize=8)
def _own(path: str) -> tuple[str, ...]:
    names = []
    for folder in (Path(part).expanduser() / "kinds" for part in path.split(os.pathsep) if part):
        for file in sorted(folder.glob("*.py")):
            # on sys.path, so that worker processes of a study find the module by its name
            if str(folder.resolve()) not in sys.path:
                sys.path.append(str(folder.resolve()))
            try:
                module = import_module(file.stem)
            except (ImportError, SyntaxError) as error:
                raise InputError(f"{file} declares kinds for mgtwin, but cannot be imported: {error}.") from error
            # Python gives whatever it has imported under that name before, and the kinds would be missing without a
            # word.
            if Path(str(module.__file__)).resolve() != file.resolve():
                raise InputError(f"{file} has the name of another module, {module.__file__}: give it another one.")
            names.append(file.stem)
    return tuple(names)
