"""Bands of what was: within what a cell can be, and none of hidden numbers where the model is too wrong for them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin.twin.rack import summary
from tests.twin import trials
from tests.twin.lives import Event

LEVELS = (0.001, 0.05, 0.5, 0.95, 0.999)
HIDDEN = ("contact_fraction_quantiles", "film_resistance_quantiles")


@cache
def told(kind: str, spectra: int, exponent: float = 1.0, contact: float | None = None) -> mt.Twin:
    """A twin of a life drawn from its prior; how whole the new contact is may be printed as uncertain."""
    space, true, cell = trials.coordinates(kind), trials.life(kind, 5, spectra, exponent), trials.cell(kind)
    if contact is not None:
        given = {path: {"value": contact, "std": 0.05} for path in cell.paths() if path.endswith("contact.fraction")}
        cell = cell.with_(given)
    twin = mt.Twin(cell, dict(space.free), use=trials.USE, alarms=[])
    for item in trials.evidence(true, spectra):
        twin.update(item.dataset, at=item.moment, noise=item.noise)
    return twin


@pytest.mark.parametrize("kind", ["contact", "both"])
def test_no_band_leaves_what_a_cell_can_be(kind: str) -> None:
    """A contact is at most whole, a film at least none, a modulus above 0, however little is known of the cell."""
    found = told(kind, 3, contact=0.97).history(LEVELS)
    contact, film = (found[name].values for name in HIDDEN)
    assert np.all(contact <= 1) and np.all(contact > 0)
    assert np.all(film >= 0)
    assert np.all(found["impedance_modulus_quantiles"] > 0)
    assert np.all(np.diff(contact, axis=-1) >= 0) and np.all(np.diff(film, axis=-1) >= 0)
    # of 0.97 +- 0.05 the upper fourth is whole; below that the quantiles are those of a normal number
    uncertain = contact[0][found["interface"].str.startswith("interfaces.").values]
    np.testing.assert_allclose(uncertain[:, 1:], np.broadcast_to([0.8878, 0.97, 1, 1], (2, 4)), atol=2e-4)
    middle = found["impedance_modulus_quantiles"].sel(quantile=0.5).values
    np.testing.assert_allclose(middle, found["impedance_modulus_measured"], rtol=0.03)


def test_where_the_model_is_too_wrong_nothing_hidden_has_a_spread() -> None:
    """Constant-phase elements in the cell and capacitors in the twin: forecasts only, wherever it is looked for."""
    twin = told("both", 8, 0.94)
    assert twin.forecasts_only
    assert "forecasts only" in twin.summary()
    assert not any(f"{name} in contact" in twin.summary() for name in twin.history()["interface"].values)
    cells = [twin.cell, twin.cell_at(cycle=6)]
    free = [path for life in twin.lives.values() for path, _ in life.coordinates.given(life.states[-1]).items()]
    assert all(cell.get(path).std is None for cell in cells for path in free)
    history, ahead = twin.history(), twin.forecast(mt.Cycling("-10 uA", "1 h", 2), voltages=False)
    for said in (history, ahead):
        assert said.attrs["forecasts_only"] == 1
        for name in HIDDEN:
            spread, median = said[name].drop_sel(quantile=0.5), said[name].sel(quantile=0.5)
            assert np.isnan(spread).all() and np.isfinite(median).all()
            assert "forecasts only" in said[name].attrs["comment"]
        # what is measured has its bands
        assert np.isfinite(said["impedance_modulus_quantiles"]).all()
    row = summary(twin, "cell 7")
    assert row.contact_fraction is None and row.film_resistance is None and row.resistance is not None
    figure = twin.plot(ahead)
    assert len(figure.axes) == 1 and "Forecasts only" in figure.get_suptitle()
    plt.close(figure)


def test_where_the_model_is_right_it_has() -> None:
    twin = told("both", 8)
    assert not twin.forecasts_only
    ahead = twin.forecast(mt.Cycling("-10 uA", "1 h", 2), voltages=False)
    for said in (twin.history(), ahead):
        assert said.attrs["forecasts_only"] == 0
        assert all(np.isfinite(said[name]).all() for name in HIDDEN)
    assert twin.cell.get("interfaces.buffer_left-antiperovskite.contact.fraction").std > 0


def test_a_life_has_a_history_before_it_broke() -> None:
    """Shorted from cycle 12 on: what was before is what it was said to be then, and had no filament."""
    space, true = trials.coordinates("film"), replace(trials.life("film", 5, 9), events=(Event(12, short=3.0),))
    pieces = trials.evidence(true, true.spectra)

    def twin_of(count: int) -> mt.Twin:
        twin = mt.Twin(trials.cell("film"), dict(space.free), use=trials.USE)
        for item in pieces[:count]:
            twin.update(item.dataset, at=item.moment, noise=item.noise)
        return twin

    broken, whole = twin_of(9), twin_of(6)
    assert broken.best == "as given + short" and len(broken.bank.whole(broken.best)) == 2
    told = broken.history(LEVELS)
    np.testing.assert_array_equal(told["cycle"], true.moments)
    xr.testing.assert_allclose(told.isel(cycle=slice(6)), whole.history(LEVELS))
    assert np.all(np.diff(told["film_resistance_quantiles"].sel(quantile=0.5).values.max(axis=1)) > 0)
    assert broken.cell_at(10).shunt is None and broken.cell_at(12).shunt is not None
    assert broken.cell_at(10).numbers == whole.cell.numbers
    with pytest.raises(mt.InputError, match="nothing had been measured by cycle -1"):
        broken.cell_at(-1)
