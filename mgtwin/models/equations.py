"""Which equations a layer has: by what moves in it, by its composition, and by how it is to be discretised."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..cells import Layer
from ..errors import InputError
from ..kinds.carriers import ANIONS, ELECTRONS, IONS_ONLY
from ..kinds.numbers import is_zero
from ..routes import Route
from .graded import GradedLayer
from .layers import MixedLayer, OhmicLayer, material_of
from .modal import ModalLayer
from .modes import DECADES, decades_for, modal_table
from .pores import MixedPoreLayer, PoreLayer
from .salt import SaltLayer
from .writer import Writer

__all__ = ["equations_of"]

#: What moves besides the ion -> the equations, where the composition is uniform and a solution is not all there is.
_EQUATIONS = {
    IONS_ONLY: OhmicLayer,
    ELECTRONS: MixedLayer,
    ANIONS: PoreLayer,
    ELECTRONS | ANIONS: MixedPoreLayer,
}


def equations_of(model: Writer, layer: Layer, route: Route) -> Any:
    """The class with the equations of a layer, modes included where the route and the material have them.

    Raises
    ------
    InputError
        Where carriers move for which there are no equations.
    """
    material, own = layer.material, material_of(model, layer)
    carriers = material.carriers
    if carriers not in _EQUATIONS:
        shown = ", ".join(sorted(map(str, carriers)))
        raise InputError(f"{own.path} carries {shown} besides the ion, for which there are no equations.")
    if route.density and material.has_modes:
        decades = model.decide(lambda cell, f_max: int(decades_for(model.diffusion_length(layer.name, cell, f_max))))
        if decades <= max(DECADES):
            return partial(ModalLayer, table=modal_table(route.density, max(decades, min(DECADES))))
    if carriers == ANIONS and is_zero(material.salt(own).beside):
        return SaltLayer
    return GradedLayer if carriers == IONS_ONLY and material.graded else _EQUATIONS[carriers]
