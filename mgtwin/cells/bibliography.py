"""Bibliographies (``.bib``): what a reference stands for, and what to cite for a cell, a result or a fit."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .. import library
from ..errors import InputError
from ..kinds.noun import remembered
from ..plain import is_listed, is_text
from ..quantities import Value
from .paths import Node, walk

__all__ = ["Entry", "bibliographies", "cite", "entries", "read", "software"]

#: The key of numbers that nobody published; in the bibliography only to say so.
ESTIMATE = "estimate"
_OWN = """@software{{mgtwin,
  title   = {{{{mgtwin: a physics-based digital twin of solid-state Mg cells}}}},
  author  = {{{{The mgtwin founders}}}},
  version = {{{version}}}
}}"""


@dataclass(frozen=True)
class Entry:
    """An entry of a bibliography: its key, its text as it stands there, and the file."""

    key: str
    text: str
    path: Path

    @cached_property
    def fields(self) -> dict[str, str]:
        """Its fields in plain text: without braces, on one line."""
        body, found = self.text, {}
        for match in re.finditer(r"^\s*(\w+)\s*=\s*([{\"])", body, re.MULTILINE):
            end = _closing(body, match.start(2)) if match[2] == "{" else body.index('"', match.end())
            found[match[1].lower()] = " ".join(re.sub(r"[{}]", "", body[match.end() : end]).split())
        return found

    @property
    def short(self) -> str:
        """Authors, title, journal and year."""
        parts = (self.fields.get(name, "").strip("[] ") for name in ("author", "title", "journal", "year"))
        return ", ".join(part for part in parts if part)


def _closing(text: str, start: int) -> int:
    """Position of the brace that closes the one at `start`; the end of the text where none does."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(text, start):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.start()
    return len(text)


def entries(path: Path) -> Iterator[Entry]:
    """Yield the entries of a bibliography, each verbatim."""
    text = path.read_text(encoding="utf-8")
    for match in re.finditer(r"^\s*(@\w+\s*\{)\s*([^,\s]+)\s*,", text, re.MULTILINE):
        yield Entry(match[2], text[match.start(1) : _closing(text, match.end(1) - 1) + 1], path)


def bibliographies(near: Path | None = None) -> tuple[Path, ...]:
    """Return the files that list references (``.bib``): beside a file, one folder above it, in the library.

    Parameters
    ----------
    near : Path, optional
        The file whose sources are looked up; None for the library alone.
    """
    # one folder above, too: cells/ and materials/ of a library share the bibliography beside them
    roots = [] if near is None else [near.absolute().parent, near.absolute().parent.parent]
    roots += [folder.parent for kind in library.KINDS for folder in library.folders(kind)]
    return tuple(dict.fromkeys(path.resolve() for root in roots for path in sorted(root.glob("*.bib"))))


def read(near: Path | None = None) -> dict[str, Entry]:
    """Return every entry that a file may refer to, by its key; the nearest bibliography wins."""
    found: dict[str, Entry] = {}
    for path in bibliographies(near):
        for entry in entries(path):
            found.setdefault(entry.key, entry)
    return found


def cite(what: Node, file: str | Path | None = None, *, near: str | Path | None = None) -> str:
    r"""Return the BibTeX of everything that the numbers of something come from, and of mgtwin and PyBaMM.

    Parameters
    ----------
    what : Cell, Dataset, DataTree, Fit, table of `mgtwin.materials`, material, or a list of these
    file : path, optional
        Also write the text there.
    near : path, optional
        A file beside which further bibliographies lie (of your own cell), before those of the library.

    Returns
    -------
    str
        Every entry once and as it stands in its bibliography, in the order of first use. Estimates and references that
        no bibliography has are comment lines.

    Raises
    ------
    InputError
        For anything that has no sources (a name has to be turned into a cell first), or a file that cannot be written.

    Examples
    --------
    >>> import re, mgtwin as mt
    >>> text = mt.cite(mt.material("mg_en_bh4"))
    >>> re.findall(r"^@\w+{(\w+),", text, re.MULTILINE)
    ['roedern2017', 'mgtwin', 'Sulzer2021']
    """
    keys = list(dict.fromkeys(_sources(what)))
    known = read(None if near is None else Path(near))
    given = [known[key] for key in keys if key in known and key != ESTIMATE]
    lines = [f"% What the numbers come from (sources: {len(given)}), then the software."]
    if ESTIMATE in keys:
        lines.append(
            "% Some numbers are estimates of the authors of mgtwin, with nothing to cite: see 'assumed' values."
        )
    lines += [f"% No bibliography has an entry for {key!r}." for key in keys if key not in known and key != ESTIMATE]
    text = "\n\n".join(["\n".join(lines), *(entry.text for entry in given), *software()]) + "\n"
    if file is not None:
        try:
            Path(file).write_text(text, encoding="utf-8")
        except OSError as error:
            raise InputError(f"{file} cannot be written: {error.strerror}.") from None
    return text


def _sources(what: Node) -> Iterable[str]:
    """Keys of the references of whatever knows some, in the order in which they are used."""
    if is_listed(what):
        return [key for item in what for key in _sources(item)]
    match what:
        case object(leaves=leaves):  # a tree of results
            return [key for node in leaves for key in node.attrs.get("sources", ())]
        case object(attrs=attributes):  # a measurement may have none
            return list(attributes.get("sources", ()))
        case object(sources=sources):
            return list(sources)
        case object(__dataclass_fields__=_):
            numbers = (item for _, node in walk(what) for item in (node if is_listed(node) else [node]))
            return [number.source for number in numbers if type(number) is Value and number.source]
    hint = f" mt.cell({what!r}) is a cell, mt.open({what!r}) a result." if is_text(what) else ""
    raise InputError(f"cite needs a cell, material, result or fit, not {type(what).__name__}.{hint}")


@remembered
def software() -> tuple[str, ...]:
    """Return the entries of mgtwin, and of PyBaMM as its own file has it."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        own = _OWN.format(version=version("mgtwin"))
    except PackageNotFoundError:  # run from a source tree that was never installed
        own = _OWN.format(version="unknown")
    # found and not imported: that would take seconds
    spec = importlib.util.find_spec("pybamm")
    places = spec.submodule_search_locations if spec is not None else None
    files = [Path(place) / "CITATIONS.bib" for place in places or ()]
    solver = [entry.text for path in files if path.is_file() for entry in entries(path) if entry.key == "Sulzer2021"]
    return (own, *solver)
