"""Figures of a twin: bands where the numbers are, crossings where they cross, areas that add up to one."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

import mgtwin as mt

QUANTILES = np.array([0.05, 0.5, 0.95])


def modulus(cycle: np.ndarray, spread: np.ndarray | float) -> xr.Dataset:
    """A modulus that grows by 1 ohm a cycle, with bands that are `spread` ohm wide on each side."""
    lines = 100 + cycle[:, None] + np.array([-1, 0, 1]) * np.atleast_1d(spread)[:, None]
    return xr.Dataset(
        {"impedance_modulus_quantiles": (("cycle", "quantile"), lines, {"units": "ohm", "long_name": "|Z|"})},
        coords={"cycle": cycle, "quantile": QUANTILES},
    )


@pytest.fixture(autouse=True)
def _closed() -> object:
    yield
    plt.close("all")


def test_a_forecast_reaches_its_limit_where_it_does() -> None:
    past, ahead = modulus(np.arange(0.0, 11.0), 1.0), modulus(np.arange(10.0, 41.0, 3.0), np.linspace(1, 4, 11))
    past["impedance_modulus_measured"] = ("cycle", 100 + past["cycle"].values)
    ax = mt.plot.fan_chart(past, forecast=ahead, earlier=[modulus(np.arange(5.0, 16.0), 1.0)], limit=130.0)
    # 100 + c + (1 + (c - 10) / 10) s = 130 for s = -1, 0, 1
    crossed = sorted(line.get_xdata()[0] for line in ax.lines if line.get_marker() == "|")
    np.testing.assert_allclose(crossed, [30 / 1.1, 30, 30 / 0.9], rtol=1e-12)
    assert ax.get_ylabel() == "|Z| (Ω)"
    outline = ax.collections[0].get_paths()[0].vertices
    assert (outline[:, 1].min(), outline[:, 1].max()) == (99.0, 111.0)
    assert sum(line.get_linewidth() == 0.7 for line in ax.lines) == 1


def test_of_several_interfaces_the_one_that_changes_is_drawn() -> None:
    cycle = np.arange(5.0)
    values = np.stack([np.full((5, 3), 0.9), np.full((5, 3), 0.8) - 0.1 * cycle[:, None]], axis=1)
    ds = xr.Dataset(
        {"contact_fraction_quantiles": (("cycle", "interface", "quantile"), values)},
        coords={"cycle": cycle, "interface": ["negative", "positive"], "quantile": QUANTILES},
    )
    assert mt.plot.fan_chart(ds).get_ylabel() == "Contact fraction, positive"
    assert mt.plot.fan_chart(ds, interface="negative").get_ylabel() == "Contact fraction, negative"
    assert len(mt.plot.figure(ds).axes) == 1
    with pytest.raises(mt.InputError, match="Did you mean 'contact_fraction'"):
        mt.plot.fan_chart(ds, "contact_fractoin")


def test_odds_fill_the_figure() -> None:
    shares = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    ds = xr.Dataset(
        {"odds": (("evidence", "explanation"), shares)},
        coords={"cycle": ("evidence", [0.0, 2.0]), "explanation": ["contact", "film", "drift"]},
    )
    ax = mt.plot.odds(ds)
    tops = [area.get_paths()[0].vertices[:, 1].max() for area in ax.collections]
    np.testing.assert_allclose(tops, [0.5, 0.8, 1.0])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["drift", "film", "contact"]


def test_scores_are_drawn_with_their_thresholds() -> None:
    z = np.array([[0.0, 1.0], [8.0, 2.0]])
    ds = xr.Dataset(
        dict.fromkeys(("z", "cusum"), (("evidence", "mechanism"), z)),
        coords={"cycle": ("evidence", [0.0, 2.0]), "mechanism": ["shunt", "gain"]},
    ).assign(jump=("mechanism", [6.0, 6.0]), slow=("mechanism", [8.0, np.inf]))
    above, below = mt.plot.alarm_scores(ds)
    levels = [{line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == "--"} for ax in (above, below)]
    assert levels == [{6.0}, {8.0}]
    shunt = next(line for line in above.lines if line.get_label() == "shunt")
    assert list(shunt.get_ydata()) == [0.0, 8.0]
