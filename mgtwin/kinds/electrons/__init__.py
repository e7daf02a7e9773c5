"""How electrons conduct and are stored where that depends on the local electrode potential."""

from .base import (
    CAPACITANCE_LAWS,
    ELECTRON_LAWS,
    CapacitanceLaw,
    ElectronLaw,
    PotentialLaw,
    capacitance_law,
    check_together,
    electron_law,
    numbers_for,
)
from .base import Electrons as Electrons  # an answer of materials, not a noun of files
from .defects import DefectCapacitance, DefectElectrons

__all__ = [
    "CAPACITANCE_LAWS",
    "ELECTRON_LAWS",
    "CapacitanceLaw",
    "DefectCapacitance",
    "DefectElectrons",
    "ElectronLaw",
    "PotentialLaw",
    "capacitance_law",
    "check_together",
    "electron_law",
    "numbers_for",
]
