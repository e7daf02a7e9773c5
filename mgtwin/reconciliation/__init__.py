"""Which printed numbers can hold together, which cannot, and what the others predict of each."""

from .result import Aged, Answer, Candidate, Conflict, Correction, LeftOut, Reconciled, RowSaid
from .rows import observations
from .sharing import PerState, Relation, Shared
from .statesfile import StatesFile, read_states
from .verb import reconcile

__all__ = [
    "Aged",
    "Answer",
    "Candidate",
    "Conflict",
    "Correction",
    "LeftOut",
    "PerState",
    "Reconciled",
    "Relation",
    "RowSaid",
    "Shared",
    "StatesFile",
    "observations",
    "read_states",
    "reconcile",
]
