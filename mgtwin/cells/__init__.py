"""What is built: immutable materials, interfaces, layers and cells, and the parameter sets they are read from."""

from ..kinds import electrons, fractions, materials, mixing
from ..kinds.carriers import has_electrons
from ..kinds.electrons import *  # noqa: F403 (the kinds of a family are listed nowhere but in its own files)
from ..kinds.fractions import *  # noqa: F403
from ..kinds.materials import *  # noqa: F403
from ..kinds.mixing import *  # noqa: F403
from .ageing import CrackGrowth, FatigueContactLoss, FilmGrowth, VoidContactLoss
from .cell import Cell, Ion, Layer
from .contact import Contact, Pressed
from .fixture import Fixture
from .interfaces import CPE, Blocking, Capacitor, Junction, Plating
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
