"""Design studies: what happens to numbers of a run when numbers of the cell change, on a laptop or on a cluster."""

from .axes import Paired
from .result import cell_at, open_study
from .sensitivity import Morris, Sobol, sensitivity
from .sweep import sweep
from .uncertainty import Posterior, uncertainty

__all__ = ["Morris", "Paired", "Posterior", "Sobol", "cell_at", "open_study", "sensitivity", "sweep", "uncertainty"]
