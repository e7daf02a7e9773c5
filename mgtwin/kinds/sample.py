"""What a published number was measured on: what the ion is, what else carries current, and what surrounds it."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .noun import noun

__all__ = ["Counted", "Sample"]

#: Which carriers a published conductivity counts. Abstracts seldom say; between blocking electrodes it is the total.
Counted: TypeAlias = Literal["total", "partial", "bulk", "electronic", "not_stated"]


@noun
class Sample:
    """The sample of a publication that a material's numbers were measured on; texts only, which no equation reads.

    Parameters
    ----------
    name : str
        Of the sample among those of its material.
    formula : str
        As its authors write it.
    ion : str
        Symbol of the element whose ion moves: a cell of another ion refuses the material. ``""`` if it may be any.
    ambient : str
        What must surround it for its numbers to hold, for example ``"acetonitrile vapour"``.
    conductivity : {"total", "partial", "bulk", "electronic", "not_stated"}
        Which carriers its ionic conductivity counts: all (``total``), or the working ion alone (``partial``).
    transference_number : str
        Of the working ion, as published; ``""`` if none was.

    Examples
    --------
    >>> Sample("mil101", ambient="acetonitrile vapour").surroundings()
    'its numbers hold in acetonitrile vapour only, which a sealed cell does not have'
    """

    name: str
    formula: str = ""
    ion: str = ""
    ambient: str = ""
    conductivity: Counted = "not_stated"
    transference_number: str = ""

    def surroundings(self) -> str:
        """Say what a cell must have around it, ``""`` if nothing."""
        return f"its numbers hold in {self.ambient} only, which a sealed cell does not have" if self.ambient else ""

    def direct_current(self, ion: str) -> str:
        """Say what is doubtful of a lasting current of the cell's ion through it, ``""`` if nothing."""
        if self.conductivity not in ("total", "not_stated"):
            return ""
        counted = "is that of all ions" if self.conductivity == "total" else "may be that of all ions"
        known = self.transference_number
        number = f"transference number as published: {known}" if known else "no transference number is published"
        return f"its conductivity {counted} but carries a direct current here as {ion}'s alone ({number})"
