"""Cells whose impedance is differentiated, and how their parameters are compared, for the tests of both routes."""

from __future__ import annotations

import numpy as np

from mgtwin.cells import (
    CPE,
    BinaryElectrolyte,
    Blocking,
    Cell,
    Contact,
    DefectCapacitance,
    DefectElectrons,
    FatigueContactLoss,
    FilmGrowth,
    GrainBoundary,
    IonConductor,
    Junction,
    Layer,
    MixedConductor,
    Plating,
    Pressed,
)
from mgtwin.laws import Arrhenius, VogelFulcher

DEFECTS = MixedConductor(
    0.03,
    DefectElectrons(n=1e-3, p=2e-5, constant=1e-4),
    DefectCapacitance(constant=2e5, n_mobility=1e-9, p_mobility=3e-9),
    rest_potential=0.03,
)
ION = IonConductor(0.2, 30.0)
MG = Plating(5.0, transfer_coefficient=0.4, double_layer=0.1, electronic_resistance=3e-3, film_resistance=2e-3)
MG_OUTSIDE = Plating(5.0, double_layer=0.1)
GOLD = Blocking(0.2, electronic_resistance=5e-3)
BOUNDARY = GrainBoundary(1e-5, 1e-3, 2e-6)
TRILAYER = Cell(
    "trilayer_like",
    Plating(Arrhenius(0.05, 298.15, 0.5), double_layer=CPE(0.02, 0.85), film_resistance=1e-3),
    [
        Layer("left", IonConductor(VogelFulcher(2.0, 0.06, 200.0), 12.0, BOUNDARY), 5e-4),
        Layer(
            "middle",
            MixedConductor(Arrhenius(0.05, 373.15, 0.3), Arrhenius(5e-6, 373.15, 0.5), 2.4e5, 25.0, BOUNDARY),
            6e-4,
            area=1.3e-4,
        ),
        Layer("right", IonConductor(0.01, CPE(1e-8, 0.9)), 5e-4),
    ],
    Plating(0.05, double_layer=0.02),
    {"left-middle": Junction(3e-3, 0.01), "middle-right": Junction(4e-3, CPE(0.01, 0.8))},
    series_resistance=1e-5,
)
SALT = BinaryElectrolyte(100.0, 0.1, Arrhenius(1e-10, 298.15, 0.4), 0.2, 1.3, 0.7, 0.5, 30.0)
OTHER_SALT = BinaryElectrolyte(150.0, VogelFulcher(2.0, 0.06, 200.0), 3e-11, -0.1, 2.0, 0.5, 1.5, CPE(1e-8, 0.9))
SPOTS = Contact(0.2, 2e-5)
STACKS = {
    "trilayer": TRILAYER,
    "solutions around a mixed conductor": Cell(
        "buffered",
        Plating(5.0, transfer_coefficient=0.4, double_layer=0.1, film_resistance=2e-3),
        [Layer("left", SALT, 2e-4), Layer("middle", DEFECTS, 1e-4), Layer("right", OTHER_SALT, 3e-4, area=1.3e-4)],
        MG_OUTSIDE,
        {"left-middle": Junction(3e-3, 0.01)},
        series_resistance=1e-5,
    ),
    "two solutions": Cell(
        "solutions",
        MG_OUTSIDE,
        [Layer("a", SALT, 2e-4), Layer("b", OTHER_SALT, 3e-4, area=1.3e-4)],
        Blocking(0.3),
        {"a-b": Junction(2e-3, 0.05)},
        series_resistance=1e-4,
    ),
    "two mixed conductors of their own composition": Cell(
        "pair",
        GOLD,
        [Layer("a", DEFECTS, 1e-4), Layer("b", MixedConductor(0.01, DEFECTS.electronic_conductivity, 1e5), 3e-4, 2e-4)],
        Blocking(0.3, electronic_resistance=1e-2),
        {"a-b": Junction(2e-3, 0.05, electronic_resistance=0.03)},
        series_resistance=1e-4,
    ),
    "ideal contact": Cell("pair", MG, [Layer("a", DEFECTS, 1e-4), Layer("b", DEFECTS, 3e-4)], GOLD),
    "contacts": TRILAYER.with_(
        {
            "negative.contact": SPOTS,
            "positive.contact": Contact(Pressed(3e6), 1e-5, pressure=1e6, gap_capacitance=0.004),
            "interfaces.left-middle.contact": Contact(0.6, 5e-5, gap_capacitance=1e-3),
        }
    ),
    "contacts of both carriers": Cell(
        "pair",
        Blocking(0.2, electronic_resistance=5e-3, contact=Contact(0.3, 1e-5, gap_capacitance=0.01)),
        [Layer("a", DEFECTS, 1e-4), Layer("b", MixedConductor(0.01, 2e-3, 1e5), 3e-4, 2e-4)],
        Plating(5.0, double_layer=0.1, electronic_resistance=3e-3, film_resistance=2e-3, contact=SPOTS),
        {"a-b": Junction(2e-3, 0.05, electronic_resistance=0.03, contact=Contact(0.5, 3e-5))},
    ),
    "about to age": TRILAYER.with_(
        {
            "positive.contact": SPOTS,
            "positive.film_resistance": 2e-3,
            "positive.ageing": [FatigueContactLoss(1e-3, 0.02), FilmGrowth(1e-6)],
        }
    ),
    "grain boundaries folded": Cell(
        "folded", MG, [Layer("m", MixedConductor(0.05, 2e-3, 2e6, 100.0, BOUNDARY), 1e-3)], GOLD
    ),
}


def parameters(cell: Cell) -> list[str]:
    """All numbers that are finite, not 0, and small-signal equations can read."""
    unread = ("minimum_potential", "molar_volume", "charge")
    return [
        path
        for path in cell.paths()
        if np.isfinite(cell.get(path)) and cell.get(path) and not path.endswith(unread) and ".ageing." not in path
    ]


def logarithmic(cell: Cell, paths: list[str], derivative: np.ndarray) -> np.ndarray:
    """dZ/d ln p from dZ/dp."""
    return derivative * np.array([float(cell.get(path)) for path in paths])
