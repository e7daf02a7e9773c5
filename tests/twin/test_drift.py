"""An explanation without laws: it wins where numbers drift and nothing ages, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.dataset import spectrum
from mgtwin.twin.settings import Settings
from tests.twin import trials
from tests.twin.lives import FREQUENCIES

CONDUCTIVITY = "layers.buffer_left.material.ionic_conductivity.reference"
FREE = {CONDUCTIVITY: mt.Free(log=True, prior=mt.LogNormal("2.6 mS/cm", 1.2)), trials.FILM: mt.Drifting("5 %")}


def test_what_drifts_is_told_from_what_ages() -> None:
    """A conductivity that walks by 2 % a cycle under a law of films; and a film that grows by it."""
    cell, random = trials.cell("film"), np.random.default_rng(3)
    walk = np.exp(np.cumsum(0.02 * random.standard_normal(8)))
    z = mt.impedance.exact(cell, FREQUENCIES, {CONDUCTIVITY: float(cell.get(CONDUCTIVITY)) * walk})
    z = z + 0.005 * np.abs(z) * (random.standard_normal(z.shape) + 1j * random.standard_normal(z.shape))
    drifting = mt.Twin({"film": cell}, FREE, use=trials.USE, drift=mt.Drifting("2 %"))
    ageing = mt.Twin({"film": cell}, FREE, use=trials.USE, drift=mt.Drifting("2 %"))
    for k, item in enumerate(trials.evidence(trials.life("film", 1, 4), 4)):
        ageing.update(item.dataset, at=item.moment, noise=item.noise)
        drifting.update(spectrum(FREQUENCIES, z[k]), at=mt.Moment(cycle=k), noise=0.005)
    assert drifting.bank.names == ("film", "drift")
    assert drifting.best == "drift" and drifting.odds.values[-1, 1] > 0.99
    assert ageing.best == "film" and ageing.odds.values[-1, 0] > 0.99
    # what is foreseen and what was are told without films and contacts, which do not age in it
    assert "film_resistance_quantiles" not in drifting.history()
    ahead = drifting.forecast(mt.Cycling("-10 uA", "1 h", 2), voltages=False)
    assert np.all(np.isfinite(ahead["impedance_modulus_quantiles"]))
    assert drifting.cell.get(CONDUCTIVITY).kind == "assimilated"


def test_it_is_written_and_refused() -> None:
    cell = trials.cell("film")
    told = Settings({"film": cell}, {CONDUCTIVITY: FREE[CONDUCTIVITY]}, drift=mt.Drifting("2 %"))
    assert Settings.from_yaml(told.to_yaml()) == told
    with pytest.raises(mt.InputError, match="no constant positive number"):
        mt.Twin(cell, {trials.FILM: mt.Drifting("5 %")}, use=trials.USE, drift=mt.Drifting("2 %"))
    with pytest.raises(mt.InputError, match="has that name"):
        mt.Twin({"drift": cell}, FREE, use=trials.USE, drift=mt.Drifting("2 %"))
