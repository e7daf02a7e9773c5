"""A bank as arrays, for the cache of a store: what its evidence does not say, and takes long to find."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from .alarms.watching import Innovation, Report
from .evidence import Evidence
from .life import Measured
from .model_error import ModelError
from .odds import Bank
from .running import Piece, Running
from .store import Arrays
from .transitions import Journey

__all__ = ["arrays_of", "bank_of"]

_REPORT = TypeAdapter(Report)


def arrays_of(bank: Bank) -> Arrays | None:
    """What has to be kept of a bank; None where a piece waits for the next one, or a life before is built upon."""
    if bank.report.open or bank.report.breaks:
        return None
    told = json.dumps(_REPORT.dump_python(bank.report))
    arrays: dict[str, NDArray[np.generic]] = {"report": np.frombuffer(told.encode(), dtype=np.uint8)}
    for number, member in enumerate(bank.members):
        running, pieces = member.running, member.running.pieces
        size, error = running.coordinates.size, running.model_error
        known = error.size, error.memory, running.converged, member.unseen
        rows = {
            "about": [np.concatenate([*piece.about, piece.step[1]]) for piece in pieces],
            "step": [np.hstack([piece.step[0], piece.step[2]]) for piece in pieces],
        }
        arrays |= {f"{name} {number}": np.stack(values) for name, values in rows.items()}
        # pieces differ in how many numbers they have; what the model's error adds to them is known
        numbers = [np.column_stack([piece.residual, piece.slopes[:, :size]]) for piece in pieces]
        arrays[f"told {number}"] = np.concatenate(numbers)
        arrays[f"known {number}"] = np.array(known, dtype=float)
    return arrays


def bank_of(empty: Bank, evidence: tuple[Evidence, ...], arrays: Arrays) -> Bank:
    """The bank of some evidence, from the one before any and what was kept of it."""
    report = _REPORT.validate_python(json.loads(arrays["report"].tobytes()))
    members = []
    for number, member in enumerate(empty.members):
        space, settings = member.running.coordinates, member.running.settings
        *known, converged, unseen = arrays[f"known {number}"].tolist()
        seen = evidence[: len(evidence) - int(unseen)]
        measured = Measured(seen, space)
        edges = np.cumsum([0, *measured.sizes]).tolist()
        pieces, since = [], space.since
        for k, (first, stop) in enumerate(pairwise(edges)):
            told, step = arrays[f"told {number}"][first:stop], arrays[f"step {number}"][k]
            before, at, offset = arrays[f"about {number}"][k].reshape(3, space.size)
            slopes = np.hstack([told[:, 1:], measured.errors[k]])
            gap, since = Journey(space, [seen[k].moment], since), seen[k].moment
            linear = (step[:, : space.size], offset, step[:, space.size :])
            pieces.append(
                Piece(
                    seen[k], not report.apart[k], gap, linear, told[:, 0], slopes, (before, at), measured.deviations[k],
                    measured.edges[k],
                )
            )  # fmt: skip
        running = Running(
            space, settings, ModelError(*known[:2]), measured.basis, tuple(pieces), converged=bool(converged)
        )
        members.append(replace(member, running=running.filtered_from(0), unseen=int(unseen)))
    usage = empty.members[0].running.coordinates.usage
    known_before = [Innovation(e.sha, e.name, e.kind, e.moment, usage.cycle(e.moment), {}) for e in evidence]
    return Bank(tuple(members), empty.kinds, evidence, report, tuple(known_before))
