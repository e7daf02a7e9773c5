"""Weightings and losses, as fits call them; they are declared in `mgtwin.regression`."""

from ..regression import Cauchy, Huber, Loss, Modulus, Noise, Proportional, SoftL1, Unit, Weighting

__all__ = ["Cauchy", "Huber", "Loss", "Modulus", "Noise", "Proportional", "SoftL1", "Unit", "Weighting"]
