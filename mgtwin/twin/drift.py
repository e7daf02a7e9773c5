"""One more explanation: no law of ageing acts, and numbers drift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..errors import InputError
from ..fitting.free import Drifting
from .coordinates import Coordinates

__all__ = ["DRIFT", "with_drift"]

#: Its name.
DRIFT = "drift"


def with_drift(explanations: Mapping[str, Coordinates], drift: Drifting | None) -> dict[str, Coordinates]:
    """Return explanations and, with a drift, one more: the first cell without laws, whose constant numbers wander.

    Raises
    ------
    InputError
        There is one of that name, or nothing is left to drift.
    """
    if drift is None:
        return dict(explanations)
    name, first = next(iter(explanations.items()))
    constant = [p for p in first.parameters if not any(first.free[p.key].wander)]
    # what only laws of ageing read is no number of a cell without them
    left = [p for p in constant if not any(map(first.ageing.reads, p.targets[0]))]
    if DRIFT in explanations or not any(p.log for p in left):
        raise InputError(
            f"drift: an explanation has that name already, or no constant positive number of {name} is free that could "
            "drift: leave the drift out, or name in free what may."
        )
    moving = {p.key: replace(drift, free=first.free[p.key].single) for p in left if p.log}
    others = {p.key: first.free[p.key] for p in left if not p.log}
    return {**explanations, DRIFT: Coordinates(first.cell, {**moving, **others}, first.usage, first.considered)}
