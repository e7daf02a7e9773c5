"""Figures of studies: units of the laboratory, scales, what is missing; every figure is rendered."""

from __future__ import annotations

from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin import plot

THICKNESS, TEMPERATURE = "layers.a.thickness", "temperature"


@pytest.fixture(autouse=True)
def no_leftovers() -> Any:
    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before
    plt.close("all")


def draw(ax: Any) -> Any:
    """Render: layout warnings and broken artists show up only here."""
    ax.figure.canvas.draw()
    return ax


def study(values: Any, coords: dict[str, Any], units: str = "ohm*m^2", **more: Any) -> xr.Dataset:
    metric = {"units": units, "long_name": "resistance", "metric": "x"}
    unit = {THICKNESS: "m", TEMPERATURE: "K"}
    made = {name: (name, at, {"units": unit.get(name, "1"), "long_name": name}) for name, at in coords.items()}
    return xr.Dataset({"r": (tuple(coords), np.asarray(values), metric), **more}, coords=made, attrs={"study": "{}"})


def grid(values: Any) -> xr.Dataset:
    values = np.asarray(values)
    return study(values, {
        THICKNESS: np.linspace(1e-4, 5e-4, values.shape[0]), TEMPERATURE: np.linspace(300.0, 350.0, values.shape[1])
    })  # fmt: skip


def test_a_map_has_both_dimensions_and_the_metric_in_lab_units() -> None:
    ax = draw(plot.map(grid(np.outer(np.arange(1, 6), np.arange(1, 5)) * 1e-3)))
    assert ax.get_xlabel() == "Temperature (°C)"
    assert ax.get_ylabel() == "Layers.a.thickness (µm)"
    assert ax.get_xlim() == pytest.approx((300 - 273.15, 350 - 273.15))  # what was studied, and nothing beyond
    assert ax.figure.axes[1].get_ylabel() == "Resistance (Ω cm²)"
    mesh = ax.collections[0]
    np.testing.assert_allclose(mesh.get_array().ravel()[:4], [10.0, 20.0, 30.0, 40.0])  # 1e-3 ohm m2 = 10 ohm cm2


def test_the_axes_of_a_map_can_be_exchanged() -> None:
    ax = draw(plot.map(grid(np.arange(20.0).reshape(4, 5)), x=THICKNESS))
    assert ax.get_xlabel().startswith("Layers.a.thickness")
    np.testing.assert_array_equal(ax.collections[0].get_array(), 1e-2 * np.arange(20.0).reshape(4, 5).T * 1e3)


def test_a_map_of_few_points_is_joined_between_them_and_says_where_they_are() -> None:
    values = 1e-4 * np.add.outer(np.array([1.0, 2.0]), np.array([0.0, 5.0, 30.0]))
    ax = draw(plot.map(grid(values)))
    colours = ax.collections[0].get_array()
    # linear: the corners are the values, and what lies between two points is between their values
    np.testing.assert_allclose(colours[[0, 0, -1, -1], [0, -1, 0, -1]], 1e4 * values[[0, 0, 1, 1], [0, 2, 0, 2]])
    assert (np.diff(colours, axis=0) > 0).all() and (np.diff(colours, axis=1) > 0).all()
    np.testing.assert_allclose(sorted(ax.lines[0].get_xdata()), np.repeat([26.85, 51.85, 76.85], 2))


def test_points_that_failed_are_left_open() -> None:
    values = np.ones((3, 4)) + np.arange(4)
    values[1, 2], values[2, 3] = np.nan, np.inf
    mesh = draw(plot.map(grid(values))).collections[0]
    assert mesh.get_array().mask.sum() == 1  # never reached is a value of its own


def test_a_metric_over_decades_has_a_logarithmic_scale() -> None:
    ax = draw(plot.map(grid(np.geomspace(1e-3, 1e3, 20).reshape(4, 5))))
    assert type(ax.collections[0].norm).__name__ == "LogNorm"
    assert type(draw(plot.map(grid(np.linspace(1, 3, 20).reshape(4, 5)))).collections[0].norm).__name__ == "Normalize"


def test_contours_lie_where_they_are_asked_for() -> None:
    values = np.tile(np.linspace(0.0, 4e-3, 5), (3, 1))
    ax = draw(plot.map(grid(values), levels=[1.5e-3]))
    segments = [path.vertices for line in ax.collections[1:] for path in line.get_paths() if len(path.vertices)]
    at = 300 + 50 * 1.5 / 4 - 273.15
    np.testing.assert_allclose(np.concatenate(segments)[:, 0], at)
    assert len(draw(plot.map(grid(values), levels=0)).collections) == 1


def test_a_band_is_the_interval_around_the_median() -> None:
    at = {THICKNESS: np.array([1e-3, 2e-3, 3e-3])}
    quantiles = np.array([[1.0, 2.0, 3.0], [2.0, 3.0, 4.0], [4.0, 5.0, 6.0]]) * 1e-4
    ds = study(quantiles[1], at).assign(
        r_quantiles=(("quantile", THICKNESS), quantiles, {"units": "ohm*m^2", "long_name": "r", "metric": "x"})
    )
    ax = draw(plot.band(ds.assign_coords(quantile=[0.025, 0.5, 0.975]), label="a"))
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [2.0, 3.0, 4.0])
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [1.0, 2.0, 3.0])
    corners = ax.collections[0].get_paths()[0].vertices
    assert corners[:, 1].min() == pytest.approx(1.0) and corners[:, 1].max() == pytest.approx(6.0)
    assert "95 % interval" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_curves_that_share_axes_are_all_named() -> None:
    at = {THICKNESS: np.array([1e-3, 2e-3, 3e-3])}
    ax = plot.band(study([1.0, 2.0, 3.0], at), label="first")
    plot.band(study([2.0, 3.0, 4.0], at), ax=ax, label="second")
    assert [text.get_text() for text in draw(ax).get_legend().get_texts()] == ["first", "second"]


def test_every_contour_of_a_map_has_a_label_that_covers_no_other() -> None:
    ax = draw(plot.map(grid(np.add.outer(np.arange(4.0), np.arange(5.0))), levels=[1.5, 3.0, 4.5, 6.98]))
    assert sorted(text.get_text() for text in ax.texts) == ["15", "30", "45"]  # kΩ cm²; the last one cuts a corner
    boxes, frame = [text.get_window_extent() for text in ax.texts], ax.get_window_extent()
    assert all(frame.x0 < box.x0 and box.x1 < frame.x1 and frame.y0 < box.y0 and box.y1 < frame.y1 for box in boxes)
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])


def test_without_a_dimension_the_distribution_is_drawn() -> None:
    values = np.random.default_rng(1).normal(1e-2, 1e-3, 400)
    ds = study(values, {"sample": np.arange(400)})
    quantiles = np.quantile(values, [0.025, 0.5, 0.975])
    ds = ds.assign_coords(quantile=[0.025, 0.5, 0.975]).assign(r_quantiles=("quantile", quantiles, ds["r"].attrs))
    ax = draw(plot.band(ds))
    assert sum(patch.get_height() for patch in ax.patches if patch.get_width() < 5) >= 400
    low, middle, high = 1e4 * quantiles
    assert ax.get_title("left") == f"median {middle:.3g}, from {low:.3g} to {high:.3g} Ω cm²"


def test_a_front_is_drawn_in_the_plane_of_two_metrics() -> None:
    metric = {"long_name": "m", "metric": "x"}
    ds = xr.Dataset(
        {"a": ("design", [1e-4, 2e-4], {**metric, "units": "ohm*m^2"}),
         "b": ("design", [2.0, 1.0], {**metric, "units": "V"}),
         "a_robust": ("design", [2e-4, 3e-4], {**metric, "units": "ohm*m^2"})},
        coords={THICKNESS: ("design", [1e-4, 2e-4], {"units": "m", "long_name": "thickness"}), "design": [0, 1]},
    )  # fmt: skip
    # where it was judged, and what it gives as stated beside
    ax = draw(plot.pareto(ds))
    robust, stated = (next(line for line in ax.lines if line.get_label() == name) for name in ("robust", "as stated"))
    np.testing.assert_allclose(robust.get_xydata(), [[2.0, 2.0], [3.0, 1.0]])
    np.testing.assert_allclose(stated.get_xydata(), [[1.0, 2.0], [2.0, 1.0]])
    ax = draw(plot.pareto(ds, x="a", y="b"))
    np.testing.assert_allclose(ax.lines[1].get_xydata(), [[1.0, 2.0], [2.0, 1.0]])
    coloured = draw(plot.pareto(ds, color_by=THICKNESS, x="a_robust", y="b"))
    assert coloured.figure.axes[1].get_ylabel() == "Thickness (µm)"
    with pytest.raises(mt.InputError, match="there is no 'c' here"):
        plot.pareto(ds, y="c")
    with pytest.raises(mt.InputError, match="has one"):
        plot.pareto(ds[["a"]])


def sensitivity(key: str) -> xr.Dataset:
    shown = {"first_order": "total_order", "mean_size": "mean_size"}[key]
    names = {key, shown}
    data = {name: (("metric", "parameter"), [[0.1, 0.7, 0.2]]) for name in names}
    data |= {f"{name}_half_width": (("metric", "parameter"), [[0.01, 0.02, 0.03]]) for name in names}
    paths = ["layers.a.thickness", "positive.exchange_current_density.reference (and 1 with it)", "temperature"]
    about = {"metric_unit": ("metric", ["V"]), "metric_name": ("metric", ["overpotential"])}
    coords = {"metric": ["r"], "parameter": paths, **about}
    return xr.Dataset(data, coords=coords, attrs={"study": "{}"})


def test_a_tornado_has_the_most_important_parameter_at_the_top() -> None:
    ax = draw(plot.tornado(sensitivity("first_order")))
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels == ["a thickness", "temperature", "positive exchange current density\n(and 1 with it)"]
    assert ax.get_xlabel() == "Share of the variance"
    assert len(draw(plot.tornado(sensitivity("first_order"), most=2)).get_yticklabels()) == 2
    ax = draw(plot.tornado(sensitivity("mean_size")))
    assert ax.get_xlabel() == "Mean size of the effect (mV)"
    assert max(patch.get_width() for patch in ax.patches) == pytest.approx(700)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda: plot.map(grid(np.ones((2, 2))), "s"), "there is no 's'"),
        (lambda: plot.map(study([1.0, 2.0], {THICKNESS: np.array([1.0, 2.0])})), "map draws two dimensions"),
        (lambda: plot.map(grid(np.ones((2, 2))), x="layers.a.thicknes"), "Did you mean 'layers.a.thickness'"),
        (lambda: plot.band(grid(np.ones((2, 2)))), "band draws one dimension"),
        (lambda: plot.tornado(grid(np.ones((2, 2)))), "tornado needs metric and parameter"),
        (lambda: plot.tornado(sensitivity("mean_size"), "s"), "there is no 's'"),
        (lambda: plot.pareto(grid(np.ones((2, 2)))), "pareto needs design"),
    ],
)
def test_what_a_plot_cannot_draw_is_said(function: Any, said: str) -> None:
    with pytest.raises(mt.InputError, match=said):
        function()


def test_figure_chooses_what_suits_a_study() -> None:
    assert len(plot.figure(grid(np.arange(12.0).reshape(3, 4))).axes) == 2
    assert len(plot.figure(study([1.0, 2.0, 3.0], {TEMPERATURE: np.array([300.0, 310.0, 320.0])})).axes) == 1
    assert plot.figure(sensitivity("first_order")).axes[0].get_xlabel() == "Share of the variance"
    many = study(np.ones((2, 2, 2)), {THICKNESS: [1e-4, 2e-4], TEMPERATURE: [300.0, 310.0], "n": [0, 1]})
    with pytest.raises(mt.InputError, match="no plot is known"):
        plot.figure(many)
