"""One module for each family of formats, each of which says how it recognises its files and takes them to tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mgtwin.data.report import About
from mgtwin.data.table import Table

__all__ = ["Parsed"]


@dataclass(frozen=True)
class Parsed:
    """What a file holds: facts from its head, and its tables in the order of the file."""

    about: About
    tables: Sequence[Table]
