"""The generator of lives against the simulator, which resolves every half cycle with its double layers."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt

from .lives import Event, Life

PROBE = mt.EIS(1e6, 0.1, 2)


@pytest.mark.parametrize(
    ("overlay", "short", "tolerances"),
    [
        # the charge that turns the double layers round is 1e-5 of that of a half cycle
        pytest.param("contact_loss", np.inf, (1e-10, 1e-5), marks=pytest.mark.slow),
        ("contact_and_film", 3.0, (2e-5, 4e-5)),
    ],
)
def test_spectra_and_voltages_are_those_of_the_simulator(
    overlay: str, short: float, tolerances: tuple[float, float]
) -> None:
    """Same contact, films, spectra at rest and end voltages, with a short too."""
    cell = mt.cell("trilayer", overlay)
    life = Life(cell, spectra=3, drift=0.0, noise=0.0, events=[Event(0, short=short)], frequencies=PROBE.values())
    if short < np.inf:
        cell = cell.with_({"shunt": mt.Shunt(life.conductance(0.0))})
    run = mt.simulate(
        cell, mt.Cycling(life.current, life.half_cycle, cycles=4, probe=PROBE, every=2, probe_rest="10 min")
    )
    np.testing.assert_allclose(run["impedance"].values[1::2], life.exact[1:], rtol=tolerances[0])
    found = np.column_stack([run["deposition_voltage"], run["dissolution_voltage"]])
    np.testing.assert_allclose(found, life.voltages, rtol=tolerances[1])
    np.testing.assert_allclose(run["voltage"].values[0], life.starts[0, 0], rtol=1e-3)


def test_a_seed_is_a_life() -> None:
    """Same seed, same bytes; another noise or one more event leaves what was drawn for the rest."""
    cell = mt.cell("trilayer", "film_growth")

    def life(**changes: object) -> Life:
        given = {"spectra": 8, "seed": 3, "spread": {"positive.double_layer.c": 0.2}, "exponent": 0.94}
        return Life(cell, **{**given, **changes})  # type: ignore[arg-type]

    one, same = life(), life()
    assert one.impedance.tobytes() == same.impedance.tobytes()
    assert one.voltages.tobytes() == same.voltages.tobytes()
    assert np.array_equal(life(noise=0.0).exact, one.exact)
    assert np.array_equal(life(events=[Event(6, gain=1.1)]).exact[:3], one.exact[:3])
    np.testing.assert_allclose(life(events=[Event(6, 8, gain=1.1)]).exact[3], 1.1 * one.exact[3], rtol=1e-12)
    assert life(seed=4).truth != one.truth
