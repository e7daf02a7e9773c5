"""Which printed numbers can hold together, which cannot, and what the others predict of each."""

from .result import Answer, Candidate, Conflict, Correction, LeftOut, Reconciled, RowSaid
from .rows import observations
from .sharing import PerState, Shared
from .statesfile import StatesFile, read_states
from .verb import reconcile

__all__ = [
    "Answer",
    "Candidate",
    "Conflict",
    "Correction",
    "LeftOut",
    "PerState",
    "Reconciled",
    "RowSaid",
    "Shared",
    "StatesFile",
    "observations",
    "read_states",
    "reconcile",
]
