"""What is built: immutable materials, interfaces, layers and cells, and the parameter sets they are read from."""

from ..kinds.carriers import has_electrons
from ..kinds.electrons import DefectCapacitance, DefectElectrons
from ..kinds.fractions import Linear, Mass, Profile, Volume
from ..kinds.materials import (
    BinaryElectrolyte,
    Composite,
    GrainBoundary,
    Insulator,
    IonConductor,
    MixedConductor,
    Phase,
    Porous,
)
from ..kinds.mixing import (
    Bruggeman,
    HashinShtrikmanLower,
    HashinShtrikmanUpper,
    MaxwellGarnett,
    McLachlan,
    PoreExponent,
    WienerParallel,
    WienerSeries,
)
from .ageing import CrackGrowth, FatigueContactLoss, FilmGrowth, VoidContactLoss
from .cell import Cell, Ion, Layer
from .contact import Contact, Pressed
from .interfaces import CPE, Blocking, Capacitor, Junction, Plating
from .paths import expand
from .reader import Reader

__all__ = [
    "CPE",
    "BinaryElectrolyte",
    "Blocking",
    "Bruggeman",
    "Capacitor",
    "Cell",
    "Composite",
    "Contact",
    "CrackGrowth",
    "DefectCapacitance",
    "DefectElectrons",
    "FatigueContactLoss",
    "FilmGrowth",
    "GrainBoundary",
    "HashinShtrikmanLower",
    "HashinShtrikmanUpper",
    "Insulator",
    "Ion",
    "IonConductor",
    "Junction",
    "Layer",
    "Linear",
    "Mass",
    "MaxwellGarnett",
    "McLachlan",
    "MixedConductor",
    "Phase",
    "Plating",
    "PoreExponent",
    "Porous",
    "Pressed",
    "Profile",
    "Reader",
    "VoidContactLoss",
    "Volume",
    "WienerParallel",
    "WienerSeries",
    "expand",
    "has_electrons",
]
