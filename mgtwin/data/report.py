"""What a file says about the cell and the instrument, and what was decided on reading it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mgtwin.data.hints import Hints
from mgtwin.dataset import stamp

__all__ = ["About", "attrs"]


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


def attrs(about: About, hints: Hints, notes: Sequence[str] = (), warnings: Sequence[str] = ()) -> dict[str, Any]:
    """Return the attributes of a Dataset that was read from a file; hints go before what the file says."""
    own = {name: getattr(about, name) for name in ("instrument", "date", "comment")}
    thickness = hints.thickness if hints.thickness is not None else about.thickness
    if thickness is not None:
        own["thickness"] = float(thickness)
    told = [f"{name} was given" for name in ("area", "thickness", "temperature") if getattr(hints, name) is not None]
    return stamp(
        route=f"measured, {about.format}",
        warnings=[*about.warnings, *warnings],
        area=hints.area if hints.area is not None else about.area,
        temperature=hints.temperature if hints.temperature is not None else about.temperature,
        file=about.file,
        format=about.format,
        reading=[*about.notes, *notes, *told],
        metadata=dict(about.metadata),
        **{name: value for name, value in own.items() if value},
    )
