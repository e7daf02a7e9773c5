"""Fitting: lab data in, physical parameters with their uncertainty out."""

from .design import Candidate, Proposals, next_experiment
from .free import Free, LogNormal, Normal, PerDataset, PerTemperature
from .hypotheses import Comparison, compare
from .result import Fit
from .series import FitSeries, fit_series
from .verb import fit
from .weighting import Cauchy, Huber, Modulus, Noise, Proportional, SoftL1, Unit

__all__ = [
    "Candidate",
    "Cauchy",
    "Comparison",
    "Fit",
    "FitSeries",
    "Free",
    "Huber",
    "LogNormal",
    "Modulus",
    "Noise",
    "Normal",
    "PerDataset",
    "PerTemperature",
    "Proportional",
    "Proposals",
    "SoftL1",
    "Unit",
    "compare",
    "fit",
    "fit_series",
    "next_experiment",
]
