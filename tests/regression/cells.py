"""Cells of the regression oracle, through public constructors only; together they hold every kind of 0.1.0."""

from __future__ import annotations

import mgtwin as mt

DEFECTS = mt.MixedConductor(
    0.03,
    mt.DefectElectrons(n=1e-3, p=2e-5, constant=1e-4),
    mt.DefectCapacitance(constant=2e5, n_mobility=1e-9, p_mobility=3e-9),
    rest_potential=0.03,
)
ION = mt.IonConductor(0.2, 30.0)
MG = mt.Plating(5.0, transfer_coefficient=0.4, double_layer=0.1, electronic_resistance=3e-3, film_resistance=2e-3)
GOLD = mt.Blocking(0.2, electronic_resistance=5e-3)
BOUNDARY = mt.GrainBoundary(1e-5, 1e-3, 2e-6)
SALT = mt.BinaryElectrolyte(100.0, 0.1, mt.Arrhenius(1e-10, 298.15, 0.4), 0.2, 1.3, 0.7, 0.5, 30.0)
DILUTE = mt.BinaryElectrolyte(50.0, 0.03, 4e-11, -0.2, 1.3, 0.5, 1.0)
LIQUID = mt.BinaryElectrolyte(100.0, 0.1, 1e-10, 0.3, 1.3, 1.0)
SPOTS = mt.Contact(0.2, 2e-5)


def of_ions(negative: object, positive: object, **fields: object) -> mt.Cell:
    """Two ion conductors of 1 m2 between two electrodes."""
    layers = [mt.Layer("a", mt.IonConductor(0.05), 1e-4), mt.Layer("b", mt.IonConductor(0.08), 2e-4)]
    return mt.Cell("ions", negative, layers, positive, **({"area": 1.0} | fields))


CONSTANT_PHASE = mt.Cell(
    "constant_phase",
    mt.Plating(mt.Arrhenius(0.05, 298.15, 0.5), double_layer=mt.CPE(0.02, 0.85), film_resistance=1e-3),
    [
        mt.Layer("left", mt.IonConductor(mt.VogelFulcher(2.0, 0.06, 200.0), 12.0), 5e-4),
        mt.Layer("right", mt.IonConductor(0.01, mt.CPE(1e-8, 0.9)), 5e-4),
    ],
    mt.Plating(0.05, double_layer=0.02),
    {"left-right": mt.Junction(3e-3, mt.CPE(0.01, 0.8))},
    series_resistance=1e-5,
)
GRAINS = mt.Cell(
    "grain_boundaries",
    MG,
    [mt.Layer("ions", mt.IonConductor(0.02, 12.0, BOUNDARY), 5e-4), mt.Layer("mixed", DEFECTS, 2e-4, area=1.3e-4)],
    GOLD,
)
CONTACTS = mt.Cell(
    "contacts",
    mt.Blocking(0.2, electronic_resistance=5e-3, contact=mt.Contact(0.3, 1e-5, gap_capacitance=0.01)),
    [mt.Layer("a", DEFECTS, 1e-4), mt.Layer("b", mt.MixedConductor(0.01, 2e-3, 1e5), 3e-4, 2e-4)],
    mt.Plating(
        5.0,
        double_layer=0.1,
        electronic_resistance=3e-3,
        film_resistance=2e-3,
        contact=mt.Contact(mt.Pressed(3e6), 2e-5, pressure=1e6),
    ),
    {"a-b": mt.Junction(2e-3, 0.05, electronic_resistance=0.03, contact=mt.Contact(0.5, 3e-5))},
)
SALTS = mt.Cell(
    "salts",
    mt.Plating(5.0, transfer_coefficient=0.4, double_layer=0.1, film_resistance=2e-3),
    [mt.Layer("a", SALT, 2e-4), mt.Layer("middle", DEFECTS, 1e-4), mt.Layer("b", DILUTE, 1e-4, area=1.3e-4)],
    mt.Plating(5.0, double_layer=0.1),
    {"a-middle": mt.Junction(3e-3, 0.01)},
    series_resistance=1e-5,
)
PORES = mt.Cell(
    "pores",
    mt.Plating(5.0, double_layer=0.1, electronic_resistance=1e-3),
    [
        mt.Layer(
            "wet",
            mt.Porous(
                mt.MixedConductor(0.05, 0.01, 1e6),
                0.35,
                mt.PoreExponent("liquid", 1.8),
                LIQUID,
                1.0,
                electronic_mixing=mt.Bruggeman(),
            ),
            2e-4,
        )
    ],
    mt.Plating(8.0, double_layer=0.05),
    area=1.0,
)
WET_INSULATOR = mt.Cell(
    "wet_insulator",
    mt.Plating(5.0, double_layer=0.1),
    [mt.Layer("wet", mt.Porous(mt.Insulator(), 0.5, mt.PoreExponent("liquid", 1.5), LIQUID, 1.0), 2e-4)],
    mt.Plating(8.0, double_layer=0.05),
    area=1.0,
)
GRADED = mt.Cell(
    "graded",
    mt.Plating(10.0, double_layer=0.1, electronic_resistance=5e-4),
    [
        mt.Layer(
            "m",
            mt.Composite(
                [
                    mt.Phase("grains", mt.MixedConductor(0.1, 1e-2, 1e6, 25.0), mt.Linear(0.45, 0.75)),
                    mt.Phase("gel", mt.IonConductor(0.01, 1000.0)),
                ],
                mt.Bruggeman(),
                permittivity_mixing=mt.Bruggeman(),
            ),
            2e-4,
        )
    ],
    mt.Blocking(0.1, 3e-4),
    area=1.0,
)
#: All four ageing laws, at both electrodes and at the junction.
AGEING = of_ions(
    mt.Plating(
        5.0,
        double_layer=0.1,
        contact=mt.Contact(0.9, 1e-5, pressure=2e6),
        ageing=(
            mt.VoidContactLoss(0.3, 0.8, 1e-6, 0.1, 1e-6, 2.0),
            mt.CrackGrowth(1e-6, 100.0, 1e-4, 1e-3, 0.05, 2.0, 1e6, reference_intensity=1e5),
        ),
    ),
    mt.Plating(
        5.0,
        double_layer=0.1,
        film_resistance=1e-3,
        contact=mt.Contact(0.8, 1e-5, pressure=4e6, gap_capacitance=0.01),
        ageing=(mt.FatigueContactLoss(1e-3, 0.02, 0.5), mt.FilmGrowth(1e-5, 1e-9, 1e-4)),
    ),
    interfaces={
        "a-b": mt.Junction(
            0.02,
            0.1,
            contact=mt.Contact(0.95, 1e-5),
            ageing=(mt.FatigueContactLoss(1e-4, 0.05), mt.FilmGrowth(1e-6)),
        )
    },
)
#: What sets its own potential of rest: two mixed conductors that share electrons with no metal.
SHARING = mt.Cell(
    "sharing",
    GOLD,
    [
        mt.Layer("a", DEFECTS, 1e-4),
        mt.Layer("b", mt.MixedConductor(0.01, DEFECTS.electronic_conductivity, 1e5, rest_potential=-0.1), 3e-4, 2e-4),
    ],
    mt.Blocking(0.3, electronic_resistance=1e-2),
    {"a-b": mt.Junction(2e-3, 0.05, electronic_resistance=0.03)},
    series_resistance=1e-4,
)

#: Ion conductors between the same electrodes; what is left of the impedance at zero frequency is their resistance.
MIXING_RULES = {
    "wiener parallel": mt.WienerParallel(),
    "wiener series": mt.WienerSeries(),
    "hashin-shtrikman lower": mt.HashinShtrikmanLower(),
    "hashin-shtrikman upper": mt.HashinShtrikmanUpper(),
    "bruggeman": mt.Bruggeman(),
    "maxwell-garnett": mt.MaxwellGarnett("matrix"),
    "mclachlan": mt.McLachlan("grains", threshold=0.16),
    "pore exponent": mt.PoreExponent("matrix", 1.7),
}


def mixture(rule: object) -> mt.Cell:
    """A mixture of 30 % grains of 1 S/m in a matrix of 0.01 S/m, between electrodes without resistance, 1 m2."""
    phases = [mt.Phase("grains", mt.IonConductor(1.0), 0.3), mt.Phase("matrix", mt.IonConductor(0.01))]
    electrode = mt.Plating(1e12)
    return mt.Cell("mixture", electrode, [mt.Layer("m", mt.Composite(phases, rule), 1e-3)], electrode, area=1.0)


#: The cells whose impedance is frozen (none with a crack: its exact impedance forgets the crack in 0.1.0).
WITH_IMPEDANCE = {
    "constant phase": CONSTANT_PHASE,
    "grain boundaries": GRAINS,
    "contacts": CONTACTS,
    "salts": SALTS,
    "wet insulator": WET_INSULATOR,
}
#: The cells whose equations are frozen.
WITH_EQUATIONS = {
    "constant phase": CONSTANT_PHASE,
    "contacts": CONTACTS,
    "salts": SALTS,
    "pores": PORES,
    "graded": GRADED,
    "ageing": AGEING,
}
