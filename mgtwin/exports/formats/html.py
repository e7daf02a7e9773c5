"""Tables for a browser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from ..exportformat import export_format
from ..tables import Table

__all__ = ["Html"]

_STYLE = """body{font:15px/1.4 system-ui,sans-serif;margin:2em;max-width:75em}
table{border-collapse:collapse;margin:1em 0}
th,td{padding:.15em .8em;text-align:right;border-bottom:1px solid #ddd}th{border-bottom:2px solid #666}
td.text,th.text{text-align:left}caption{font-weight:600;text-align:left}dt{font-weight:600}pre{white-space:pre-wrap}
@media (prefers-color-scheme:dark){body{background:#111;color:#ddd}th,td{border-color:#444}}"""


@export_format
class Html:
    """Page for a browser, complete in itself: tables, and what they come from."""

    ending, several = ".html", True

    @staticmethod
    def takes(table: Table) -> bool:
        """A page holds tables."""
        return True

    @staticmethod
    def write(tables: Sequence[Table], path: Path) -> None:
        """Write the tables, what they come from below."""
        body = "\n".join(line for table in tables for line in _lines(table))
        path.write_text(
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>mgtwin</title>'
            f"<style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n",
            encoding="utf-8",
        )


def _lines(table: Table) -> Iterator[str]:
    kinds = [' class="text"' if column.values.dtype.kind in "OU" else "" for column in table.columns]
    yield f"<table><caption>{escape(table.name)}</caption><thead><tr>"
    yield "".join(f"<th{k}>{escape(column.head)}</th>" for k, column in zip(kinds, table.columns, strict=True))
    yield "</tr></thead><tbody>"
    for row in zip(*(column.texts for column in table.columns), strict=True):
        yield f"<tr>{''.join(f'<td{k}>{escape(entry)}</td>' for k, entry in zip(kinds, row, strict=True))}</tr>"
    yield "</tbody></table>"
    if table.about or table.origin:
        yield "<dl>"
        for key, text in {**table.about, **table.origin}.items():
            yield f"<dt>{escape(key)}</dt><dd><pre>{escape(text)}</pre></dd>"
        yield "</dl>"
