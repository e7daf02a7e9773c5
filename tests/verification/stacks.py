"""Random stacks for property tests, with numbers spread over many decades."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mgtwin.cells import (
    BinaryElectrolyte,
    Blocking,
    Cell,
    Contact,
    DefectCapacitance,
    DefectElectrons,
    GrainBoundary,
    IonConductor,
    Junction,
    Layer,
    MixedConductor,
    Plating,
)

#: From 1e-9 to 1e9 Hz.
FREQUENCIES = np.logspace(-9, 9, 13)


def decades(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers whose logarithm is uniform between two powers of ten."""
    return st.floats(low, high).map(lambda exponent: float(10**exponent))


def resistances() -> st.SearchStrategy[float]:
    """Area-specific resistances [ohm m2], ideal and blocked ones included."""
    return st.one_of(st.just(0.0), st.just(math.inf), decades(-8, 3))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """None or what the strategy draws."""
    return st.one_of(st.none(), strategy)


capacitances = decades(-6, 1)
permittivities = maybe(st.floats(1.0, 1e4))

ion_conductors = st.builds(
    IonConductor,
    decades(-8, 2),
    permittivities,
    maybe(st.builds(GrainBoundary, decades(-9, -2), maybe(decades(-5, 0)), decades(-8, -5))),
)
mixed_conductors = st.builds(MixedConductor, decades(-8, 2), decades(-12, 4), decades(2, 9), permittivities)
electrons = st.builds(DefectElectrons, decades(-12, 0), decades(-12, 0), decades(-12, 0))
defective_conductors = st.builds(
    MixedConductor,
    decades(-8, 2),
    electrons,
    st.one_of(decades(2, 9), st.builds(DefectCapacitance, decades(2, 9), decades(-12, -4), decades(-12, -4))),
    permittivities,
    rest_potential=st.floats(-0.2, 0.4).map(lambda number: round(number, 3)),  # no relative step at 1e-300
)
binary_electrolytes = st.builds(
    BinaryElectrolyte,
    decades(0, 4),
    decades(-8, 2),
    decades(-16, -8),
    st.floats(-0.5, 0.89).map(lambda number: round(number, 3)),  # relative steps mean nothing for 1e-300
    decades(-1, 1),
    st.floats(0.05, 0.9),
    relative_permittivity=permittivities,
)
contacts = maybe(st.builds(Contact, st.floats(0.01, 0.99), decades(-6, -3)))
contacts_over_gaps = maybe(st.builds(Contact, st.floats(0.01, 0.99), decades(-6, -3), gap_capacitance=capacitances))
blocking = st.builds(Blocking, capacitances, resistances(), contact=contacts_over_gaps)
plating = st.builds(
    Plating,
    decades(-4, 4),
    double_layer=maybe(capacitances),
    electronic_resistance=resistances(),
    film_resistance=st.one_of(st.just(0.0), decades(-6, 1)),
    contact=contacts,
)
electrodes = st.one_of(blocking, plating)
junctions = st.builds(Junction, resistances(), capacitances, resistances(), contact=contacts_over_gaps)


@st.composite
def cells(draw: Any, layers: int = 7, materials: Any = None, electrode: Any = electrodes, areas: bool = True) -> Cell:
    """Cells of 1 to `layers` layers that let some current pass at every finite frequency."""
    everything = st.one_of(ion_conductors, mixed_conductors, defective_conductors, binary_electrolytes)
    kinds = everything if materials is None else materials
    area = draw(decades(-5, -3))
    stack = [
        Layer(f"l{k}", material, draw(decades(-7, -2)), draw(maybe(decades(-5, -3))) if areas else None)
        for k, material in enumerate(draw(st.lists(kinds, min_size=1, max_size=layers)))
    ]
    interfaces = {}
    for left, right in pairwise(stack):
        junction = draw(maybe(junctions))
        if junction is not None:
            interfaces[f"{left.name}-{right.name}"] = junction
    return Cell(
        "random",
        draw(electrode),
        tuple(stack),
        draw(electrode),
        interfaces,
        area=area,
        series_resistance=draw(st.one_of(st.just(0.0), decades(-6, 0))),
    )


def renamed(layers: Any, interfaces: list[Junction | None]) -> dict[str, Any]:
    """Layers under new names in their order, with the junctions between them: changes for `Cell.with_`."""
    named = [Layer(f"r{k}", layer.material, layer.thickness, layer.area) for k, layer in enumerate(layers)]
    keyed = {f"r{k}-r{k + 1}": junction for k, junction in enumerate(interfaces) if junction is not None}
    return {"layers": tuple(named), "interfaces": keyed}


def junctions_of(cell: Cell) -> list[Junction | None]:
    """The junctions of a cell in order, None where there is none."""
    return [cell.interfaces.get(f"{left.name}-{right.name}") for left, right in pairwise(cell.layers)]


def worst(z: Any, expected: Any) -> float:
    """Largest relative deviation of two spectra."""
    return float(np.max(np.abs(np.asarray(z) - expected) / np.abs(expected)))
