"""Fitting: lab data in, physical parameters with their uncertainty out."""

from .design import Candidate, Proposals, next_experiment
from .free import Free, LogNormal, Normal, PerDataset, PerTemperature
from .hypotheses import Comparison, compare
from .result import Fit
from .verb import fit
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
