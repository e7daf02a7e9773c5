"""Fitting: lab data in, physical parameters with their uncertainty out."""

from .compare import Comparison, compare
from .design import Candidate, Proposals, next_experiment
from .fit import fit
from .free import Free, LogNormal, Normal, PerDataset, PerTemperature
from .result import Fit
from .weighting import Cauchy, Huber, Modulus, Noise, SoftL1, Unit

__all__ = [
    "Candidate",
    "Cauchy",
    "Comparison",
    "Fit",
    "Free",
    "Huber",
    "LogNormal",
    "Modulus",
    "Noise",
    "Normal",
    "PerDataset",
    "PerTemperature",
    "Proposals",
    "SoftL1",
    "Unit",
    "compare",
    "fit",
    "next_experiment",
]
