"""What is built: immutable materials, interfaces, layers and cells, and the parameter sets they are read from."""

from .ageing import CrackGrowth, FatigueContactLoss, FilmGrowth, VoidContactLoss
from .cell import Cell, Ion, Layer
from .contact import Contact, Pressed
from .interfaces import CPE, Blocking, Capacitor, Junction, Plating
from .materials import DefectCapacitance, DefectElectrons, GrainBoundary, IonConductor, MixedConductor
from .paths import expand
from .reader import Reader
from .salts import BinaryElectrolyte

__all__ = [
    "CPE",
    "BinaryElectrolyte",
    "Blocking",
    "Capacitor",
    "Cell",
    "Contact",
    "CrackGrowth",
    "DefectCapacitance",
    "DefectElectrons",
    "FatigueContactLoss",
    "FilmGrowth",
    "GrainBoundary",
    "Ion",
    "IonConductor",
    "Junction",
    "Layer",
    "MixedConductor",
    "Plating",
    "Pressed",
    "Reader",
    "VoidContactLoss",
    "expand",
]
