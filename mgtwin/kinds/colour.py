"""In which colours a kind is drawn."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Colour"]


class Colour(NamedTuple):
    """Colour of a part of the stack: in notebooks (CSS), and in terminals (rich), which have few that suit all themes.

    Examples
    --------
    >>> Colour("#9ecae1", "blue").terminal
    'blue'
    """

    page: str = "#d9d9d9"
    terminal: str = "white"
