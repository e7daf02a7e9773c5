"""One small tree of errors, and the search for what a misspelt name meant.

Every error that a user can cause derives from `MgtwinError`. Those caused by bad input are also `ValueError`, so that
pydantic turns them into validation errors with the path of the field.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr
    from pydantic import ValidationError

__all__ = [
    "LISTED",
    "FileError",
    "InputError",
    "MgtwinError",
    "MgtwinWarning",
    "OverlayError",
    "QuantityError",
    "SimulationError",
    "UnknownNameError",
    "caret_block",
    "close_matches",
    "did_you_mean",
    "validation_problems",
]


#: So many names are listed where none is close to the one that was typed.
LISTED = 12


class MgtwinWarning(UserWarning):
    """Something worth knowing that does not stop the calculation; it is stored in the result too."""


class MgtwinError(Exception):
    """Base of all errors raised on purpose by mgtwin."""


class InputError(MgtwinError, ValueError):
    """An argument, a file or a value in it is not acceptable."""


class QuantityError(InputError):
    """A number with a unit could not be read, or has the wrong dimension or an impossible value."""


class OverlayError(InputError):
    """An overlay (state, reading, alternative) does not apply to the cell or to the other overlays."""


class FileError(InputError):
    """A problem in a text file, shown as ``path:line:col: message`` with the line and a caret below it.

    Parameters
    ----------
    message : str
        What is wrong and how to fix it. Further lines are printed below the caret.
    path : str
        Name of the file (or of the text).
    line, column : int, optional
        Position counted from 1.
    source_line : str, optional
        The text of that line; without it no caret is drawn.
    """

    def __init__(
        self,
        message: str,
        path: str = "<text>",
        line: int | None = None,
        column: int | None = None,
        source_line: str | None = None,
    ) -> None:
        self.message = message
        self.path = str(path)
        self.line = line
        self.column = column
        self.source_line = source_line
        super().__init__(message, self.path, line, column, source_line)

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)
        first, _, rest = self.message.partition("\n")
        lines = [f"{place}: {first}"]
        if self.source_line is not None and self.line is not None:
            lines.append(caret_block(self.source_line, self.line, self.column or 1))
        if rest:
            lines.append(rest)
        return "\n".join(lines)


class UnknownNameError(InputError):
    """A path, cell, overlay, experiment or other name does not exist.

    Parameters
    ----------
    name : str
        The name that was asked for.
    candidates : iterable of str
        The names that exist; the close ones are appended to the message.
    what : str
        What the name should have been, for example ``"cell"``.
    message : str, optional
        Replaces the first sentence ``unknown {what} '{name}'.``
    """

    def __init__(
        self, name: str, candidates: Iterable[str] = (), what: str = "name", message: str | None = None
    ) -> None:
        self.name = name
        self.candidates = tuple(candidates)
        self.what = what
        self.message = message
        super().__init__(name, self.candidates, what, message)

    def __str__(self) -> str:
        text = self.message or f"unknown {self.what} {self.name!r}."
        hint = did_you_mean(self.name, self.candidates)
        if not hint and 0 < len(self.candidates) <= LISTED:
            hint = " Known: " + ", ".join(self.candidates) + "."
        return text + hint


class SimulationError(MgtwinError):
    """A simulation could not be finished.

    Parameters
    ----------
    message : str
        What failed, at which time and in which state.
    time : float, optional
        Time reached [s].
    partial : xarray.Dataset, optional
        What had been computed until then, in the schema of every result.
    """

    def __init__(
        self, message: str, time: float | None = None, partial: xr.Dataset | xr.DataTree | None = None
    ) -> None:
        self.message = message
        self.time = time
        self.partial = partial
        super().__init__(message, time, partial)

    def __str__(self) -> str:
        return self.message


#: Columns of a line of a file that are shown.
_WIDEST = 300


def caret_block(source_line: str, line: int, column: int) -> str:
    """Return a line of a file with its number and a caret below `column` (counted from 1).

    Examples
    --------
    >>> print(caret_block("a: 1,5 mm", 3, 4))
      3 | a: 1,5 mm
        |    ^
    """
    text = source_line.rstrip("\r\n")
    if len(text) > _WIDEST:  # a file of one line: what stands around the caret
        start = max(column - _WIDEST // 2, 0)
        text, column = f"...{text[start : start + _WIDEST]}...", column - start + 3
    number = f"{line:>3}"
    # Tabs are kept in the indent so that the caret stays below its character whatever the tab width.
    before = text[: max(column - 1, 0)]
    indent = "".join("\t" if char == "\t" else " " for char in before)
    return f"{number} | {text}\n{' ' * len(number)} | {indent}^"


# Symbols and short forms of the field, for people who type sigma_ion where the path says ionic_conductivity.
_ALIASES = {
    "sigma": "conductivity",
    "sigma_ion": "ionic_conductivity",
    "sigma_ionic": "ionic_conductivity",
    "sigma_eon": "electronic_conductivity",
    "sigma_e": "electronic_conductivity",
    "sigma_el": "electronic_conductivity",
    "sigma_electronic": "electronic_conductivity",
    "ea": "activation_energy",
    "e_a": "activation_energy",
    "i0": "exchange_current_density",
    "i_0": "exchange_current_density",
    "j0": "exchange_current_density",
    "j_0": "exchange_current_density",
    "alpha": "transfer_coefficient",
    "alpha_a": "transfer_coefficient",
    "cdl": "double_layer",
    "c_dl": "double_layer",
    "c_chem": "chemical_capacitance",
    "cchem": "chemical_capacitance",
    "eps": "relative_permittivity",
    "eps_r": "relative_permittivity",
    "epsilon_r": "relative_permittivity",
    "permittivity": "relative_permittivity",
    "r_e": "electronic_resistance",
    "r_film": "film_resistance",
    "r_int": "resistance",
    "r_s": "series_resistance",
    "rs": "series_resistance",
    "r_gb": "grain_boundary.resistance",
    "d": "thickness",
    "l": "thickness",
    "length": "thickness",
    "t": "temperature",
    "temp": "temperature",
    "e0": "rest_potential",
    "e_0": "rest_potential",
}


def _likeness(name: str, candidate: str) -> float:
    """Score from 0 to 2 how likely `candidate` is what `name` meant; whole, in part, or as the last component."""
    wanted, have = name.lower(), candidate.lower()
    if wanted == have:
        return 2.0
    last = wanted.rsplit(".", 1)[-1]
    # Symbols of papers look like no name, so similarity of spelling would never find them.
    expanded = _ALIASES.get(last)
    if expanded is not None:
        # A symbol at the end of a path stands for the name of the quantity; what is in front is kept.
        stem = wanted[: len(wanted) - len(last)]
        if have == stem + expanded or (not stem and f".{expanded}" in f".{have}"):
            return 1.2
        wanted = stem + expanded
    # The numbers rank kinds of likeness: same word > same word by its symbol > part of the name > similar spelling.
    score = difflib.SequenceMatcher(None, wanted, have).ratio()
    have_last = have.rsplit(".", 1)[-1]
    if "." not in wanted and "." in have:  # a bare "thickness" means the end of a path, but a whole name beats it
        score = max(score, 0.95 * difflib.SequenceMatcher(None, wanted, have_last).ratio())
    if len(wanted) > 2 and wanted in have:  # of two letters nearly every name has a part
        # Shorter candidates are closer to what was typed.
        score = max(score, 0.8 + 0.2 * len(wanted) / len(have))
    return score


def close_matches(name: str, candidates: Iterable[str], n: int = 3) -> tuple[str, ...]:
    """Return at most `n` candidates that `name` may have meant, the best first.

    Compares whole names, substrings, the last component of dotted paths and the symbols of the field
    (``sigma_ion`` finds ``ionic_conductivity``).

    Examples
    --------
    >>> close_matches("trilayr", ["trilayer", "au_mofsse_au"])
    ('trilayer',)
    >>> close_matches("sigma_ion", ["layers.a.material.ionic_conductivity", "layers.a.thickness"])
    ('layers.a.material.ionic_conductivity',)
    """
    scored = [(_likeness(str(name), candidate), candidate) for candidate in dict.fromkeys(candidates)]
    # Below 0.6 a hint misleads more often than it helps: "capacitance" is 0.57 like "resistance".
    likely = sorted(((score, text) for score, text in scored if score >= 0.6), key=lambda pair: -pair[0])
    if likely and likely[0][0] >= 1.0:  # a sure match: drop the merely similar
        likely = [pair for pair in likely if pair[0] >= 0.8]
    return tuple(text for _, text in likely[:n])


def did_you_mean(name: str, candidates: Iterable[str], n: int = 3) -> str:
    """Return ``" Did you mean 'a' or 'b'?"`` with at most `n` close matches, or ``""`` if nothing is close.

    Examples
    --------
    >>> did_you_mean("trilayr", ["trilayer", "au_mofsse_au"])
    " Did you mean 'trilayer'?"
    """
    matches = [repr(match) for match in close_matches(name, candidates, n)]
    if not matches:
        return ""
    head = ", ".join(matches[:-1])
    return f" Did you mean {head + ' or ' if head else ''}{matches[-1]}?"


def validation_problems(error: ValidationError) -> list[tuple[tuple[str | int, ...], str]]:
    """List the problems of a pydantic ``ValidationError`` as (location, message in our words).

    The location is the key path of the offending value. Unknown keys and missing fields are put in plain words.
    """
    problems = []
    for item in error.errors(include_url=False):
        location = tuple(item["loc"])
        match item["type"]:
            case "value_error" | "assertion_error":  # one of ours, without pydantic's words in front
                message = str(item["ctx"]["error"]) if "ctx" in item else item["msg"]
            case "missing" | "missing_argument":
                message = "is required but missing."
            case "extra_forbidden" | "unexpected_keyword_argument":
                message = "is not a known key here."
            case "dict_type" | "mapping_type" | "dataclass_type" if item["input"] is None:
                message = "nothing stands here: write keys with their values, 'key: value'."
            case kind:
                given = repr(item["input"])
                keys = kind in ("dict_type", "mapping_type", "dataclass_type")
                asked = "write keys with their values here, 'key: value'" if keys else item["msg"]
                message = f"{asked} (got {given if len(given) <= 60 else given[:57] + '...'})."
        problems.append((location, message))
    return problems
