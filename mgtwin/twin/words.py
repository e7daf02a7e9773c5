"""What a twin says of its cell, for people."""

from __future__ import annotations

from ..quantities import format_value
from .odds import Bank

__all__ = ["in_words"]


def in_words(bank: Bank) -> str:
    """What the cell is now, in a few lines."""
    odds = bank.odds.values[-1]
    shares = ", ".join(f"{name} {100 * x:.0f} %" for name, x in zip(bank.names, odds, strict=True))
    life = bank.running(bank.names[int(odds.argmax())])
    now = ", ".join(
        f"{path} in contact {contact:.3g}, film {format_value(float(film), 'ohm*m^2')}"
        for path, (contact, film) in life.coordinates.reached(life.state).items()
    )
    trust = "forecasts only: the model's error is too large for hidden numbers" if life.forecasts_only else now
    alike = bank.cannot_tell
    found = f"; these data cannot tell {alike[0]} from {', '.join(alike[1:])}" if alike else ""
    found += "" if life.converged else "; the most probable life was not found"
    gone = [member.name for member in bank.members if member.unseen]
    found += f"; given up, as no life leads there: {', '.join(gone)}" if gone else ""
    return (
        f"{bank.evidence[-1].moment}, {len(life.pieces)} measurements; {shares}{found}\n"
        f"{trust}\nnoise {100 * life.noise:.2g} % of |Z|, error of the model {life.model_error}"
    )
