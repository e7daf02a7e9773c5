"""Frequency domain against time domain: the current after a small voltage step on every shipped cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.cells.rest import rest_potentials
from mgtwin.impedance import exact_laplace
from mgtwin.simulation.integrator import Integrator
from tests.verification.oracles import step_response_voltage

CASES = [(entry.name, ()) for entry in mt.list_cells()]
CASES += [("au_mg3asn_au", ("infiltrated",)), ("au_mg3asn_au", ("contact_limited",)), ("trilayer", ("hot_pressed",))]

#: Small against RT/zF (13 mV at 25 degC): Butler-Volmer is then linear to (f V/2)**2/24 = 6e-5.
STEP = 1e-3


@pytest.mark.parametrize(("name", "overlays"), CASES, ids=["+".join((name, *o)) for name, o in CASES])
def test_step_response_is_the_inverse_laplace_transform_of_the_exact_impedance(
    name: str, overlays: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    # the tolerance acts on the volt that a cell with a host stands at, not on the step of a tenth of a millivolt
    monkeypatch.setenv("MGTWIN_CACHE", "0")  # a kept model has the tolerance that it was made with
    monkeypatch.setattr(Integrator, "rtol", Integrator.rtol / 10)
    cell = mt.cell(name, *overlays)
    # a run chooses its resolution by the current, a spectrum has the finest: here both have the same
    cell = cell.with_({f"{side}.resolution": mt.Uniform() for side in cell.reaction_uniformity(0.0)})

    def transform(s: Any) -> Any:
        return exact_laplace(cell, s)

    rest = rest_potentials(cell)
    size = STEP if rest.positive == 0 else STEP / 10  # a host that fills is nonlinear in what has passed, too
    step = mt.Polarization(size - rest.negative - rest.positive, "1000 s", first_time="1 us")
    run = mt.simulate(cell, step)  # nine decades of time
    expected = step_response_voltage(transform, size, run["time"].values)
    # 1e-3 of the current itself; what is left of a current that has died away is compared with its largest value
    np.testing.assert_allclose(run["current"].values, expected, rtol=1e-3, atol=1e-6 * np.max(expected))
