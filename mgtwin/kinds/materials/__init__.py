"""Materials of layers and phases, each in one file; `material` declares one more (theory.md §2)."""

from typing import Annotated

from ...unions import OneOf
from .base import MATERIALS, Material, Store, material
from .binary_electrolyte import BinaryElectrolyte
from .composite import Composite, Phase
from .grain_boundary import GrainBoundary
from .insulator import Insulator
from .ion_conductor import IonConductor
from .mixed_conductor import MixedConductor
from .mixture import Content, Mixture
from .porous import Porous

__all__ = [
    "MATERIALS",
    "BinaryElectrolyte",
    "Composite",
    "Content",
    "GrainBoundary",
    "Insulator",
    "IonConductor",
    "LayerMaterial",
    "Material",
    "MixedConductor",
    "Mixture",
    "Phase",
    "Porous",
    "Store",
    "material",
]

#: What a layer can consist of: whatever conducts the ion.
LayerMaterial = Annotated[Material, OneOf(MATERIALS, only=lambda kind: kind.conducts_ions)]
