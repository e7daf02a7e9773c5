"""Design studies: what happens to numbers of a run when numbers of the cell change, on a laptop or on a cluster."""

from .axes import Paired
from .result import cell_at, open_study
from .sweep import sweep

__all__ = ["Paired", "cell_at", "open_study", "sweep"]
