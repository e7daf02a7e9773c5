"""Fitting: lab data in, physical parameters with their uncertainty out."""

from .. import regression
from ..regression import *  # noqa: F403 (the kinds of a family are listed nowhere but in its own files)
from .design import Candidate, Proposals, next_experiment
from .free import Free, LogNormal, Normal, PerDataset, PerTemperature
from .hypotheses import Comparison, compare
from .result import Fit, figure_of_fit
from .series import FitSeries, fit_series
from .store import is_fit
from .verb import fit

__all__ = [
    "Candidate",
    "Comparison",
    "Fit",
    "FitSeries",
    "Free",
    "LogNormal",
    "Normal",
    "PerDataset",
    "PerTemperature",
    "Proposals",
    "compare",
    "figure_of_fit",
    "fit",
    "fit_series",
    "is_fit",
    "next_experiment",
]
__all__ += regression.__all__
