"""What is built: immutable materials, interfaces, layers and cells, and the parameter sets they are read from."""

from .cell import Cell, Ion, Layer
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
    "DefectCapacitance",
    "DefectElectrons",
    "GrainBoundary",
    "Ion",
    "IonConductor",
    "Junction",
    "Layer",
    "MixedConductor",
    "Plating",
    "Reader",
    "expand",
]
