"""What a twin takes for measurements of its cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..quantities import format_value, parse
from .evidence import Evidence, Moment, Usage
from .observing import EVIDENCE_KINDS, EvidenceKind, kind_of

if TYPE_CHECKING:
    import xarray as xr

    from ..cells import Cell

__all__ = ["admitted", "check_is_of", "decision_on", "noise_given"]

#: Areas that differ by more than this fraction are those of two cells: a diameter is measured to 1 %.
_SAME_AREA = 0.02


def admitted(
    dataset: xr.Dataset, name: str, at: Moment | None, usage: Usage, cells: Sequence[Cell], label: str = ""
) -> tuple[type[EvidenceKind], list[tuple[xr.Dataset, str, Moment]]]:
    """The kind of evidence that a measurement is, and its parts, each with a name and a moment.

    Everything is checked that can be checked before it is kept.

    Raises
    ------
    InputError
        It is of another cell, of no kind, or nothing that a state of one of these cells can be held against; or nobody
        says when it was measured.
    """
    check_is_of(dataset, name, cells, label)
    kind = kind_of(dataset, name)
    parts = [*kind.parts(dataset, name, at, usage, cells[0])]
    for part, own, moment in parts:
        kind.check(part, own, cells)
        usage.time(moment)
    return kind, parts


def decision_on(piece: Evidence, known: Mapping[str, float | None], noise: float | None) -> str:
    """What becomes of a measurement, in words; `known` are the noises of those that there are, `noise` is given now."""
    if piece.sha in known:
        first = known[piece.sha]
        told = "that of the others" if first is None else f"{100 * first:.2g} %"
        return "known" if noise in (None, first) else f"known, with the noise that it came with, {told}"
    if piece.verdict:
        return f"held: {piece.verdict}"
    _, doubt = EVIDENCE_KINDS[piece.kind].doubt(piece.dataset)
    return f"assimilated ({doubt})" if doubt else "assimilated"


def noise_given(noise: float | str) -> float:
    """Noise of an instrument as a part of |Z|.

    Raises
    ------
    InputError
        It is none, or as large as what is measured.
    """
    found = float(parse(noise, ""))
    if not 0 < found < 1:
        raise InputError(f"noise is {found:g}, but it is relative to |Z|, above 0 and below 1: '0.5 %', or 0.005.")
    return found


def check_is_of(dataset: xr.Dataset, name: str, cells: Iterable[Cell], label: str = "") -> None:
    """Refuse a measurement of another cell, as far as it says of which it is, and one without numbers.

    Parameters
    ----------
    dataset : xarray.Dataset
    name : str
        For messages: the file.
    cells : iterable of Cell
        Explanations of the cell that is meant.
    label : str
        What that cell is called, if measurements say it in their attribute ``label``.

    Raises
    ------
    InputError
        The area is another one, or the label; or a spectrum has no point that is a number.

    Examples
    --------
    >>> import mgtwin as mt
    >>> from mgtwin.dataset import spectrum
    >>> other = spectrum([1.0], [1.0], attrs={"area": 2e-4})
    >>> check_is_of(other, "a.mpt", [mt.cell("trilayer")])
    Traceback (most recent call last):
        ...
    mgtwin.errors.InputError: a.mpt was measured on an area of 2 cm^2, but trilayer has 1.131 cm^2: it is ...
    """
    if "impedance" in dataset and not np.isfinite(dataset["impedance"].values).any():
        raise InputError(f"{name} has no point that is a number: no spectrum was taken then.")
    # What does not say of which cell it is is taken: few instruments write it.
    said = str(dataset.attrs.get("label", label))
    if label and said != label:
        raise InputError(f"{name} is of {said}, not of {label}: it is another cell's file.")
    for cell in cells:
        area = float(dataset.attrs.get("area", cell.area))
        if abs(area / cell.area - 1) > _SAME_AREA:
            raise InputError(
                f"{name} was measured on an area of {format_value(area, 'm^2')}, but {cell.name} has "
                f"{format_value(cell.area)}: it is another cell's file, or one of the two areas is wrong."
            )
