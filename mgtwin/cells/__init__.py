"""What is built: immutable materials, interfaces, layers and cells, and the parameter sets they are read from."""

from ..kinds import electrons, fractions, materials, mixing
from ..kinds.ageing.crack_growth import CrackGrowth
from ..kinds.ageing.fatigue_contact_loss import FatigueContactLoss
from ..kinds.ageing.film_growth import FilmGrowth
from ..kinds.ageing.void_contact_loss import VoidContactLoss
from ..kinds.carriers import has_electrons
from ..kinds.contact import Contact, Pressed
from ..kinds.electrodes.blocking import Blocking
from ..kinds.electrodes.plating import Plating
from ..kinds.electrons import *  # noqa: F403 (the kinds of a family are listed nowhere but in its own files)
from ..kinds.fractions import *  # noqa: F403
from ..kinds.junctions.junction import Junction
from ..kinds.materials import *  # noqa: F403
from ..kinds.mixing import *  # noqa: F403
from ..kinds.storages.capacitor import Capacitor
from ..kinds.storages.cpe import CPE
from .cell import Cell, Ion, Layer
from .fixture import Fixture
from .paths import expand
from .reader import Reader

__all__ = [
    "CPE",
    "Blocking",
    "Capacitor",
    "Cell",
    "Contact",
    "CrackGrowth",
    "FatigueContactLoss",
    "FilmGrowth",
    "Fixture",
    "Ion",
    "Junction",
    "Layer",
    "Plating",
    "Pressed",
    "Reader",
    "VoidContactLoss",
    "expand",
    "has_electrons",
]
__all__ += electrons.__all__
__all__ += fractions.__all__
__all__ += materials.__all__
__all__ += mixing.__all__
