"""What is built: immutable materials, interfaces, layers and cells, and the parameter sets they are read from."""

from ..kinds import (
    ageing,
    electrodes,
    electrons,
    fractions,
    functions,
    junctions,
    materials,
    mixing,
    potentials,
    probes,
    resolutions,
    storages,
)
from ..kinds.ageing import *  # noqa: F403 (the kinds of a family are listed nowhere but in its own files)
from ..kinds.carriers import has_electrons
from ..kinds.contact import Contact, Pressed
from ..kinds.electrodes import *  # noqa: F403
from ..kinds.electrons import *  # noqa: F403
from ..kinds.fractions import *  # noqa: F403
from ..kinds.functions import *  # noqa: F403
from ..kinds.junctions import *  # noqa: F403
from ..kinds.materials import *  # noqa: F403
from ..kinds.mixing import *  # noqa: F403
from ..kinds.potentials import *  # noqa: F403
from ..kinds.probes import *  # noqa: F403
from ..kinds.resolutions import *  # noqa: F403
from ..kinds.storages import *  # noqa: F403
from .cell import Cell, Ion, Layer
from .fixture import Fixture
from .paths import expand
from .reader import Reader
from .reference import Reference
from .shunt import Shunt

__all__ = [
    "Cell",
    "Contact",
    "Fixture",
    "Ion",
    "Layer",
    "Pressed",
    "Reader",
    "Reference",
    "Shunt",
    "expand",
    "has_electrons",
]
__all__ += ageing.__all__ + electrodes.__all__ + electrons.__all__ + fractions.__all__
__all__ += functions.__all__ + junctions.__all__ + materials.__all__ + mixing.__all__ + potentials.__all__
__all__ += probes.__all__ + resolutions.__all__ + storages.__all__
