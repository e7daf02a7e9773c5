"""Derivatives of runs in time against differences of runs and against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.simulation.sensitivities import SensitiveRun

IONIC = "layers.antiperovskite.material.ionic_conductivity.reference"
GALVANOSTATIC = mt.Galvanostatic("10 uA", "10 s", points=12, first_time="1 ms")
STAIRCASE = mt.Polarization(["0.05 V", "0.1 V"], "10 s", first_time="10 ms", per_decade=3)


def small_cell() -> mt.Cell:
    """One ion conductor between Mg electrodes that lose contact: seven unknowns."""
    electrode = mt.Plating(
        "20 uA/cm^2",
        double_layer="10 uF/cm^2",
        film_resistance="50 ohm*cm^2",
        contact=mt.Contact(0.9, "50 um"),
        ageing=(mt.FatigueContactLoss("2e-5 m^2/C", 0.05),),
    )
    return mt.Cell("ageing", electrode, [mt.Layer("electrolyte", mt.IonConductor("0.5 mS/cm"), "0.5 mm")], electrode)


CASES = {
    "trilayer, current": (mt.cell("trilayer"), GALVANOSTATIC, ["*.double_layer.c", IONIC, "temperature", "area"]),
    "ageing, cycles": (
        small_cell(),
        mt.Cycling("-0.1 mA", "1 h", cycles=2, points=6),
        ["*.ageing.fatigue_contact_loss.rate", "*.contact.fraction", "*.exchange_current_density"],
    ),
    "ageing, voltage": (small_cell(), STAIRCASE, ["*.double_layer.c", "*.film_resistance"]),
    "mixed conductor, voltage": (
        mt.cell("au_mg3asn_au"),
        STAIRCASE,
        [IONIC, "layers.antiperovskite.material.chemical_capacitance"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_derivatives_agree_with_differences(case: str) -> None:
    cell, protocol, keys = CASES[case]
    run = SensitiveRun(cell, protocol.segments(cell), keys)
    values = {name: float(cell.get(places[0])) for name, places in run.places.items()}
    voltage, current, slopes = run.derivatives(values)
    plain = run.run(values)
    # both integrations are good to 1e-6 of the trace
    np.testing.assert_allclose(voltage, plain[0], atol=1e-5 * np.abs(plain[0]).max())
    np.testing.assert_allclose(current, plain[1], atol=1e-5 * np.abs(plain[1]).max())
    simulated = mt.simulate(cell, protocol)
    np.testing.assert_allclose(plain[0], simulated["voltage"], atol=1e-5 * np.abs(plain[0]).max())
    for k, name in enumerate(run.names):
        step = 0.002 * (abs(values[name]) or 0.1)
        up, down = (np.array(run.run({**values, name: values[name] + side * step})) for side in (1, -1))
        expected = (up - down) / (2 * step)
        for row, trace in zip((0, 1), plain, strict=True):
            # truncation below 1e-3 of the derivative (that of exp(E/kT) by the temperature is the largest), and
            # errors of the runs, 1e-6 of the trace over the step
            atol = 1e-3 * np.abs(expected[row]).max() + 1e-5 * np.abs(trace).max() / step
            np.testing.assert_allclose(slopes[row, :, k], expected[row], atol=atol)


def test_derivative_of_a_resistor_in_closed_form() -> None:
    electrode = mt.Plating("1 A/cm^2")  # overpotentials of 10 uA are 1e-7 V
    cell = mt.Cell("resistor", electrode, [mt.Layer("a", mt.IonConductor("1 mS/cm"), "1 mm")], electrode)
    run = SensitiveRun(cell, mt.Galvanostatic("10 uA", "1 s", points=4).segments(cell), ["layers.a.thickness", "area"])
    _, _, slopes = run.derivatives({"layers.a.thickness": 1e-3, "area": 1e-4})
    np.testing.assert_allclose(slopes[0, :, 0], 1e-5 / (0.1 * 1e-4), rtol=1e-5)  # dV/dL = i/sigma
    np.testing.assert_allclose(slopes[0, :, 1], -1e-5 * 1e-3 / (0.1 * 1e-8), rtol=1e-3)


def test_failed_sensitivities_fall_back_on_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = small_cell()
    run = SensitiveRun(cell, GALVANOSTATIC.segments(cell), ["*.film_resistance"])
    values = {"*.film_resistance": 5e-3}
    wanted = run.derivatives(values)[2]
    whole = run._run

    def failing(values, built):
        if built is run._models.sensitive:
            raise mt.SimulationError("the corrector fails")
        return whole(values, built)

    monkeypatch.setattr(run, "_run", failing)
    found = run.derivatives(values)[2]
    np.testing.assert_allclose(found[0], wanted[0], atol=2e-3 * np.abs(wanted[0]).max())
