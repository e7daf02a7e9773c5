"""What a file says about the cell and the instrument, and what was decided on reading it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mgtwin.data.hints import Hints
from mgtwin.dataset import stamp

__all__ = ["About", "attrs"]

Attribute = str | float | list[str] | dict[str, str]


@dataclass(frozen=True)
class About:
    """Facts from the head of a file; quantities in SI, None where the file does not say them."""

    format: str
    file: str
    instrument: str | None = None
    date: str | None = None
    comment: str | None = None
    area: float | None = None
    thickness: float | None = None
    temperature: float | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def with_(self, **changes: str | float | Mapping[str, str] | None) -> About:
        """Return a copy with other facts."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def noted(self, *notes: str, warnings: Sequence[str] = ()) -> About:
        """Return a copy with further notes and warnings."""
        return replace(self, notes=(*self.notes, *notes), warnings=(*self.warnings, *warnings))


def attrs(
    about: About, hints: Hints, notes: Sequence[str] = (), warnings: Sequence[str] = (), **more: float | str
) -> dict[str, Attribute]:
    """Return the attributes of a Dataset that was read from a file; hints go before what the file says."""
    told = {"area": hints.area, "thickness": hints.thickness, "temperature": hints.temperature}
    said = {"area": about.area, "thickness": about.thickness, "temperature": about.temperature}
    given = {name: value for name, value in told.items() if value is not None}
    facts = {name: float(value) for name, value in {**said, **given}.items() if value is not None}
    words = {"instrument": about.instrument, "date": about.date, "comment": about.comment}
    stamped = stamp(
        route=f"measured, {about.format}",
        warnings=[*about.warnings, *warnings],
        file=about.file,
        format=about.format,
        reading=[*about.notes, *notes, *(f"{name} was given" for name in given)],
        metadata=dict(about.metadata),
    )
    return {**stamped, **facts, **{name: word for name, word in words.items() if word}, **more}
