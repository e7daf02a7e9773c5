"""Least squares, once: how deviations count, and the engine that makes their sum smallest. Knows nothing of cells."""

from .blocks import Block, Observable
from .least_squares import Minimum, least_squares
from .losses import LOSSES, Cauchy, Huber, Loss, SoftL1
from .weighting import WEIGHTINGS, Modulus, Noise, Proportional, Unit, Weighting

__all__ = [
    "LOSSES",
    "WEIGHTINGS",
    "Block",
    "Cauchy",
    "Huber",
    "Loss",
    "Minimum",
    "Modulus",
    "Noise",
    "Observable",
    "Proportional",
    "SoftL1",
    "Unit",
    "Weighting",
    "least_squares",
]
