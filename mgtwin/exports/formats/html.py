"""Tables for a browser."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from ..exportformat import export_format
from ..tables import Table

__all__ = ["Html", "html_table", "page"]

_STYLE = """body{font:15px/1.4 system-ui,sans-serif;margin:2em;max-width:75em}
table{border-collapse:collapse;margin:1em 0}
th,td{padding:.15em .8em;text-align:right;border-bottom:1px solid #ddd}th{border-bottom:2px solid #666}
td.text,th.text{text-align:left}td:not(.text){white-space:nowrap}caption{font-weight:600;text-align:left}dt{font-weight:600}pre{white-space:pre-wrap}
.wide{overflow-x:auto}img{max-width:100%}
@media print{body{margin:0}table{font-size:8pt}.wide{overflow-x:visible}h2{break-after:avoid}img{break-inside:avoid}}
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
        path.write_text(page("\n".join(html_table(table) + _origin(table) for table in tables)), encoding="utf-8")


def page(body: str) -> str:
    """Return a page that loads nothing and runs nothing."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>mgtwin</title><style>{_STYLE}</style>'
        f"</head><body>\n{body}\n</body></html>\n"
    )


def html_table(table: Table, digits: int | None = None) -> str:
    """Return the HTML of a table; every text is escaped, numbers have all their digits unless told otherwise."""
    kinds = [' class="text"' if column.values.dtype.kind in "OU" else "" for column in table.columns]
    heads = "".join(f"<th{k}>{escape(column.head)}</th>" for k, column in zip(kinds, table.columns, strict=True))
    rows = (
        "".join(f"<td{k}>{escape(entry)}</td>" for k, entry in zip(kinds, row, strict=True))
        for row in zip(*(column.rounded(digits) for column in table.columns), strict=True)
    )
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    caption = f"<caption>{escape(table.name)}</caption>"
    whole = f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide">{whole}</div>'


def _origin(table: Table) -> str:
    """What a table comes from, below it."""
    said = {**table.about, **table.origin}.items()
    return f"<dl>{''.join(f'<dt>{escape(key)}</dt><dd><pre>{escape(text)}</pre></dd>' for key, text in said)}</dl>"
