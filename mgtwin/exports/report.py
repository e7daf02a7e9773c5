"""``mgtwin.report``: one page that says what was made or measured, from what, what to think of it, how to repeat it."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import singledispatch
from html import escape
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..analysis import kramers_kronig
from ..bench import Series, SeriesFit
from ..cells import Cell
from ..cells.bibliography import cite
from ..cells.bibliography import read as bibliography
from ..cells.html import as_html
from ..circuits import Circuit
from ..data import read
from ..errors import FileError, InputError, MgtwinError
from ..fitting import Fit, figure_of_fit
from ..plain import is_listed, is_mapping
from ..plot.look import describe
from .formats.html import html_table, page
from .tables import Table
from .things import tables_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["report", "sections_of"]

#: Longer tables are for a file of their own (`mgtwin.export`).
_ROWS = 60
#: Of numbers in a table that is read, not computed with.
_DIGITS = 5


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it, as HTML.

    Attributes
    ----------
    title, body : str
    """

    title: str
    body: str

    def within(self, name: str) -> Section:
        """Return the same section of one of several things."""
        return Section(f"{name}: {self.title}", self.body)


def report(thing: object, path: str | Path) -> Path:
    """Write a page about a cell, a result, a fit, a study, a series or a folder of measurements.

    It has the stack and its parameters with their origin, figures, tables, verdicts, warnings, sources, and how to
    repeat it. The page is one file without scripts that loads nothing; a browser prints it as PDF.

    Parameters
    ----------
    thing : Cell, Dataset, DataTree, Fit, Series, SeriesFit, Circuit, list, mapping, or a folder
        A folder (its path) of instrument files is read with `mgtwin.read`.
    path : str or Path
        Ending in ``.html``; an older file is replaced.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    InputError
        It ends otherwise, the folder is not there, or nothing is known to report of the thing.

    Examples
    --------
    >>> import mgtwin as mt, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = mt.report(mt.cell("trilayer"), f"{folder}/trilayer.html")
    ...     "relative_permittivity" in page.read_text()
    True
    """
    target = Path(path)
    if target.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{target}: a report is a page: let its name end in .html (a browser prints it as PDF).")
    if not target.parent.is_dir():
        raise InputError(f"{target}: there is no folder {target.parent}; make it first.")
    sections = sections_of(thing)
    contents = ""
    for name, group in groupby(enumerate(sections), lambda one: one[1].title.partition(": ")[0]):
        several = [*group]
        of = f"{name}: " if len(several) > 1 else ""  # sections of one thing share a line
        links = [f'<a href="#s{k}">{escape(one.title.removeprefix(of))}</a>' for k, one in several]
        contents += f"<li>{escape(of)}{' · '.join(links)}</li>"
    body = "".join(
        f'<section id="s{k}"><h2>{escape(one.title)}</h2>{one.body}</section>' for k, one in enumerate(sections)
    )
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_text(page(f"<h1>{escape(_title(thing))}</h1><ol>{contents}</ol>{body}"), encoding="utf-8")
        os.replace(part, target)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise FileError(f"cannot be written: {error.strerror or error}. Choose another folder.", str(target)) from error
    return target


def _title(thing: object) -> str:
    match thing:
        case Cell():
            return f"Cell {thing.name}"
        case str() | Path():
            return f"Measurements in {Path(thing).name}"
        case xr.Dataset() if "study" in thing.attrs:
            return "Design study"
        case xr.Dataset():
            return describe(thing.attrs) or "Measurement"
    return {Fit: "Fit", SeriesFit: "Fits of a series", Series: "Series", Circuit: "Circuit"}.get(type(thing), "Report")


@singledispatch
def sections_of(thing: object) -> tuple[Section, ...]:
    """Return the sections of a report.

    Raises
    ------
    InputError
        Nothing is known to report of such a thing.
    """
    if is_mapping(thing) and thing:
        return tuple(one.within(name) for name, item in thing.items() for one in sections_of(item))
    if is_listed(thing) and thing:
        return sections_of({str(number): item for number, item in enumerate(thing, 1)})
    raise InputError(f"there is nothing to report of a {type(thing).__name__}.")


@sections_of.register
def sections_of_folder(thing: str | Path) -> tuple[Section, ...]:
    """Of every measurement in it, in the order of the names and of the numbers in them."""
    folder = Path(thing)
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder: give what is to be reported, or the folder of its files.")
    paths = [item for item in folder.iterdir() if item.is_file() and not item.name.startswith(".")]
    paths.sort(key=lambda path: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name)])
    if not paths:
        raise InputError(f"{folder} is empty.")
    return sections_of({path.name: read(path) for path in paths})


@sections_of.register
def sections_of_cell(thing: Cell) -> tuple[Section, ...]:
    """The stack with its parameters, sources, and its file."""
    return (
        Section("Stack and parameters", as_html(thing)),
        Section("Sources", _listed(thing.sources)),
        Section(
            "Repeat", f"<p>Save as cell.yaml, then <code>mgtwin show cell.yaml</code>.</p>{_text(thing.to_yaml())}"
        ),
    )


@sections_of.register
def sections_of_circuit(thing: Circuit) -> tuple[Section, ...]:
    """Its numbers."""
    return (Section(str(thing), "".join(map(_shown, tables_of(thing)))),)


@sections_of.register
def sections_of_tree(thing: xr.DataTree) -> tuple[Section, ...]:
    """Those of its nodes."""
    return sections_of({node.path.strip("/"): node.to_dataset() for node in thing.leaves if node.has_data})


@sections_of.register
def sections_of_dataset(thing: xr.Dataset) -> tuple[Section, ...]:
    """Figure, verdict, numbers, conditions, and of a simulation what repeats it."""
    from ..plot import figure

    tables = tables_of(thing)
    sections = []
    try:
        sections.append(Section("Figure", _figure(lambda: figure(thing))))
    except InputError as error:
        sections.append(Section("Figure", f"<p>{escape(str(error))}</p>"))
    if "impedance" in thing and thing["impedance"].ndim == 1 and "protocol" not in thing.attrs:
        sections.append(Section("Kramers–Kronig", _verdict(thing)))
    said = {**tables[0].about, "reading": "; ".join(thing.attrs.get("reading", ()))}
    sections.append(Section("What it is", _named({key: text for key, text in said.items() if text})))
    sections.append(Section("Numbers", "".join(map(_shown, tables))))
    if {"cell", "protocol"} <= thing.attrs.keys():
        line = "<p><code>mgtwin run --cell cell.yaml --protocol protocol.yaml</code></p>"
        files = (_folded(f"{name}.yaml", thing.attrs[name]) for name in ("protocol", "cell"))
        sections.append(Section("Repeat", line + "".join(files)))
        sections.append(Section("Sources", _sources(thing, thing.attrs.get("sources", ()))))
    return tuple(sections)


@sections_of.register
def sections_of_fit(thing: Fit) -> tuple[Section, ...]:
    """Table and verdict, data and fit, the data, and the fitted cell."""
    data = {item.label: item.dataset for item in thing.problem.measurements}
    return (
        Section("What the data say", _text(str(thing))),
        Section("Data and fit", _figure(lambda: figure_of_fit(thing))),
        Section("Numbers", "".join(map(_shown, tables_of(thing)))),
        *(Section(f"Data: {label}", _named(tables_of(ds)[0].about)) for label, ds in data.items()),
        *(one.within("Fitted") for one in sections_of(thing.cell)),
    )


@sections_of.register
def sections_of_series(thing: Series) -> tuple[Section, ...]:
    """Each measurement."""
    return sections_of(dict(zip(thing.labels, thing.datasets, strict=True)))


@sections_of.register
def sections_of_series_fit(thing: SeriesFit) -> tuple[Section, ...]:
    """The table over the coordinate, its figure, what stands apart, and each fit."""
    from ..plot import figure

    whole = thing.to_dataset()
    warnings = [text for text in whole.attrs["warnings"] if text]
    return (
        Section("Along the series", _figure(lambda: figure(whole)) + "".join(map(_shown, tables_of(thing)))),
        Section("Warnings", _listed(warnings) if warnings else "<p>None.</p>"),
        *(
            Section(label, _text(str(item)) + _figure(lambda item=item: figure_of_fit(item)))  # type: ignore[misc]
            for label, item in zip(thing.labels, thing, strict=True)
        ),
    )


def _verdict(ds: xr.Dataset) -> str:
    try:
        tested = kramers_kronig(ds)
    except MgtwinError as error:
        return f"<p>Not tested: {escape(str(error))}</p>"
    return f"<p>{escape(str(tested.attrs['verdict']))}</p>"


def _figure(draw: Callable[[], Figure]) -> str:
    """A figure as part of the page; no window is opened, and the user's backend stays."""
    import matplotlib.pyplot as plt
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    drawn = draw()
    image = BytesIO()
    FigureCanvasAgg(drawn).print_png(image)
    plt.close(drawn)
    return f'<img alt="figure" src="data:image/png;base64,{b64encode(image.getvalue()).decode()}">'


def _shown(table: Table) -> str:
    """A table, of a long one some rows from the first to the last."""
    if table.rows <= _ROWS:
        return html_table(table, digits=_DIGITS)
    rows = np.unique(np.linspace(0, table.rows - 1, _ROWS // 3).round().astype(int))
    shown = html_table(table.taken(rows), digits=_DIGITS)
    return f"<p>{len(rows)} of {table.rows} rows; mgtwin.export writes all.</p>{shown}"


def _text(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"


def _folded(name: str, text: str) -> str:
    return f"<details><summary>{escape(name)}</summary>{_text(text)}</details>"


def _sources(thing: Cell | xr.Dataset, keys: Iterable[str]) -> str:
    """What the numbers come from, with the entries of the bibliographies."""
    known = bibliography()
    shown = (f"{key}: {known[key].short}" if key in known and known[key].short else key for key in keys)
    return _listed(shown) + _folded("BibTeX", cite(thing))


def _listed(texts: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>"


def _named(texts: Mapping[str, str]) -> str:
    return f"<dl>{''.join(f'<dt>{escape(key)}</dt><dd>{escape(text)}</dd>' for key, text in texts.items())}</dl>"
