"""Neware's reports in layers: a row for each cycle, below it one for each step, below that one for each record."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.formats.delimited import Split, splitter
from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.source import File
from mgtwin.data.table import rows_of
from mgtwin.data.text import TextFile

__all__ = ["NewareText"]

_HEADS = (re.compile(r"cycle (?:id|index)", re.I), re.compile(r"step (?:id|index)", re.I),
          re.compile(r"(?:record (?:id|index)|data ?point)", re.I))  # fmt: skip
_STEP_NAME = re.compile(r"step (?:name|type)", re.I)
_TIME = re.compile(r"^(?:relative )?time", re.I)
_CYCLE, _STEP, _RECORD = range(3)


@file_format
class NewareText:
    """Neware: layered reports as text (.csv, .txt); flat ones are read as any CSV."""

    name = "Neware layered report"

    @staticmethod
    def recognises(file: File) -> bool:
        """Three lines of heads: `Cycle ID`, then indented `Step ID`, then `Record ID`."""
        return any(_is_head(file.opening, split) for split in (splitter(","), splitter("\t")))

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the records of a report, with the cycle and the name of the step that they belong to.

        Raises
        ------
        FileError
            A row is damaged.
        """
        text = file.text
        split = next(split for split in (splitter(","), splitter("\t")) if _is_head(text.lines[:3], split))
        heads = [[label for label in split(line) if label] for line in text.lines[:3]]
        named = next((k for k, label in enumerate(heads[_STEP]) if _STEP_NAME.fullmatch(label)), None)
        # Records become a table of their own, line for line, so that an error still names the line of the file.
        layers = [("", "", "")] * 3  # cycle, name of the step and record of each line; the heads hold none
        cycle, step = "", ""
        for k in range(3, len(text.lines)):
            fields = split(text.lines[k])
            level = next((n for n, field in enumerate(fields) if field), None)
            record = ""
            if level == _CYCLE:
                cycle = fields[0]
            elif level == _STEP:
                step = fields[_STEP + named] if named is not None and len(fields) > _STEP + named else ""
            elif level == _RECORD:
                record = "\t".join(fields[_RECORD:]).rstrip("\t")
            elif level is not None:
                raise text.error("is a row of no layer (cycle, step or record): the file is damaged here.", k + 1)
            layers.append((cycle, step, record))
        records = TextFile(text.path, [record for _, _, record in layers], text.ended)
        # the time of a record is that since its step began
        labels = [_TIME.sub("Step Time", label) for label in heads[_RECORD]]
        table = rows_of(records, 3, len(layers), splitter("\t"), labels, hints)
        kept = [layers[line - 1] for line in table.lines]
        table = table.with_column("step name", [name for _, name, _ in kept])
        return Parsed(
            About(NewareText.name, file.name), [table.with_column("cycle", [number for number, _, _ in kept])]
        )


def _is_head(lines: Sequence[str], split: Split) -> bool:
    """Tell whether three lines name the columns of the layers, each indented by one column more than the one above."""
    if len(lines) < 3:
        return False
    fields = [split(line) for line in lines[:3]]
    return all(
        len(row) > level and not any(row[:level]) and bool(head.fullmatch(row[level]))
        for level, (head, row) in enumerate(zip(_HEADS, fields, strict=True))
    )
