"""Fitting: lab data in, physical parameters with their uncertainty out."""

from .fit import fit
from .free import Free, LogNormal, Normal, PerDataset, PerTemperature
from .result import Fit
from .weighting import Cauchy, Huber, Modulus, Noise, SoftL1, Unit

__all__ = [
    "Cauchy",
    "Fit",
    "Free",
    "Huber",
    "LogNormal",
    "Modulus",
    "Noise",
    "Normal",
    "PerDataset",
    "PerTemperature",
    "SoftL1",
    "Unit",
    "fit",
]
