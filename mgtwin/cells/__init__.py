"""What is built: immutable materials, interfaces, layers and cells, and the parameter sets they are read from."""

from ..kinds.ageing.crack_growth import CrackGrowth
from ..kinds.ageing.fatigue_contact_loss import FatigueContactLoss
from ..kinds.ageing.film_growth import FilmGrowth
from ..kinds.ageing.void_contact_loss import VoidContactLoss
from ..kinds.contact import Contact, Pressed
from ..kinds.electrodes.blocking import Blocking
from ..kinds.electrodes.plating import Plating
from ..kinds.junctions.junction import Junction
from ..kinds.storages.capacitor import Capacitor
from ..kinds.storages.cpe import CPE
from .cell import Cell, Ion, Layer
from .composites import Composite, Phase, Porous
from .fixture import Fixture
from .fractions import Linear, Mass, Profile, Volume
from .materials import DefectCapacitance, DefectElectrons, GrainBoundary, IonConductor, MixedConductor
from .mixing import (
    Bruggeman,
    HashinShtrikmanLower,
    HashinShtrikmanUpper,
    MaxwellGarnett,
    McLachlan,
    PoreExponent,
    WienerParallel,
    WienerSeries,
)
from .mixtures import Insulator, has_electrons
from .paths import expand
from .reader import Reader
from .salts import BinaryElectrolyte

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
    "Fixture",
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
