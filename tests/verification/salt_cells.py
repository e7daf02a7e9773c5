"""Cells with salt solutions and round numbers, shared by the tests of their impedance and of their runs in time."""

from __future__ import annotations

from typing import Any

from mgtwin.cells import (
    BinaryElectrolyte,
    Blocking,
    Cell,
    Contact,
    DefectCapacitance,
    DefectElectrons,
    IonConductor,
    Junction,
    Layer,
    MixedConductor,
    Plating,
)

from .simple_cells import reversible

THICKNESS, CONDUCTIVITY, DIFFUSIVITY, CONCENTRATION, IONS, FACTOR, POROSITY = 1e-4, 0.1, 1e-11, 100.0, 0.3, 1.3, 0.7
SOLUTION = BinaryElectrolyte(CONCENTRATION, CONDUCTIVITY, DIFFUSIVITY, IONS, FACTOR, POROSITY)
#: As the arguments of `oracles.salt_impedance` after s.
NUMBERS = (THICKNESS, CONDUCTIVITY, DIFFUSIVITY, CONCENTRATION, IONS, FACTOR, POROSITY)
#: Time [s] of diffusion through the layer.
DIFFUSION_TIME = POROSITY * THICKNESS**2 / DIFFUSIVITY

DILUTE = BinaryElectrolyte(50.0, 0.03, 4e-11, -0.2, 1.3, 0.5, 1.0)
OTHER_FACTOR = BinaryElectrolyte(150.0, 0.12, 3e-11, 0.2, 2.0, 0.5, 0.7)
MG = Plating(5.0, transfer_coefficient=0.4, double_layer=0.1, film_resistance=2e-3)
GOLD = Blocking(0.2)
ION = IonConductor(0.2)
MIXED = MixedConductor(0.05, 0.002, 2e6)
DEFECTS = MixedConductor(
    0.03,
    DefectElectrons(n=1e-3, p=2e-5, constant=1e-4),
    DefectCapacitance(constant=2e5, n_mobility=1e-9, p_mobility=3e-9),
)


def between(negative: Any, positive: Any, material: Any = SOLUTION, **fields: Any) -> Cell:
    """One layer of a solution, 1 m2, so that a resistance in ohm is one in ohm m2."""
    given = {"area": 1.0, "name": "salt"} | fields
    return Cell(negative=negative, layers=[Layer("salt", material, THICKNESS)], positive=positive, **given)


IDEAL = between(reversible(), reversible())

STACKS = {
    "Mg | solution | gold": between(MG, GOLD),
    "Mg | solutions | Mg": Cell(
        "solutions", MG, [Layer("a", SOLUTION, 1e-4), Layer("b", DILUTE, 5e-5, area=1.3)], MG, area=1.0
    ),
    "Mg | solutions of other factors | Mg": Cell(
        "factors",
        MG,
        [Layer("a", SOLUTION, 1e-4), Layer("b", OTHER_FACTOR, 5e-5, area=0.8), Layer("c", DILUTE, 6e-5)],
        MG,
        {"a-b": Junction(2e-3, 0.05)},
        area=1.0,
        series_resistance=1e-4,
    ),
    "Mg | solution | mixed | solution | Mg": Cell(
        "buffered",
        MG,
        [Layer("left", SOLUTION, 1e-4), Layer("middle", DEFECTS, 6e-5), Layer("right", DILUTE, 8e-5)],
        MG,
        {"left-middle": Junction(3e-3, 0.01)},
        area=1.0,
    ),
    "Mg in spots | solutions | Mg": Cell(
        "spots",
        Plating(5.0, double_layer=0.1, contact=Contact(0.3, 1e-5, gap_capacitance=0.01)),
        [Layer("a", SOLUTION, 1e-4), Layer("b", DILUTE, 5e-5, area=1.3)],
        MG,
        {"a-b": Junction(2e-3, 0.05, contact=Contact(0.5, 2e-5))},
        area=1.0,
    ),
    "gold | mixed | solution | ions | Mg": Cell(
        "row",
        GOLD,
        [Layer("m", MIXED, 6e-5), Layer("salt", OTHER_FACTOR, 1e-4), Layer("i", ION, 1e-4)],
        MG,
        {"salt-i": Junction(3e-3)},
        area=1.0,
    ),
}
