"""How electrons conduct and are stored where that depends on the local electrode potential."""

from .base import (
    CAPACITANCE_LAWS,
    ELECTRON_LAWS,
    CapacitanceLaw,
    ElectronLaw,
    Electrons,
    PotentialLaw,
    capacitance_law,
    check_together,
    electron_law,
    numbers_for,
)
from .defects import DefectCapacitance, DefectElectrons

__all__ = [
    "CAPACITANCE_LAWS",
    "ELECTRON_LAWS",
    "CapacitanceLaw",
    "DefectCapacitance",
    "DefectElectrons",
    "ElectronLaw",
    "Electrons",
    "PotentialLaw",
    "capacitance_law",
    "check_together",
    "electron_law",
    "numbers_for",
]
