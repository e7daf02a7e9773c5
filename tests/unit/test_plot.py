"""Figures: what is drawn, in which units, with which labels; each test reads it back from the Axes."""

import subprocess
import sys

import matplotlib
import numpy as np
import pytest
import xarray as xr

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import mgtwin as mt
from mgtwin import analysis, dataset, plot
from mgtwin.cells import Cell, IonConductor, Layer, MixedConductor, Plating
from mgtwin.errors import InputError
from mgtwin.plot.units import lab, short

F = np.geomspace(1e6, 0.1, 71)


@pytest.fixture(autouse=True)
def no_screen_and_no_leftovers(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda *_, **__: pytest.fail("a plot function called plt.show"))
    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before  # the user's own style stays
    plt.close("all")


def draw(figure_or_axes):
    """Render: layout warnings and broken artists show up only here."""
    figure = figure_or_axes if hasattr(figure_or_axes, "savefig") else figure_or_axes.figure
    figure.canvas.draw()
    return figure


def eis(scale=1.0, inductance=0.0):
    z = 1300 + 900 / (1 + 2j * np.pi * F * 900 * 2e-8) + 2400 / (1 + 2j * np.pi * F * 2400 * 3e-6)
    return dataset.spectrum(
        F, scale * z + 2j * np.pi * F * inductance, dataset.stamp(cell="name: tri\n", temperature=313.15)
    )


def polarization(voltages=(0.5,), area=1e-4):
    t = np.geomspace(1e-6, 1e4, 101)
    one = 1e-3 / (1 + t / 1e-3) + 1e-6
    n = len(voltages)
    return dataset.transient(
        np.concatenate([t + 1e4 * k for k in range(n)]), np.repeat(voltages, 101),
        np.concatenate([one * v for v in voltages]), step=np.repeat(range(n), 101),
        attrs=dataset.stamp(temperature=373.15, area=area),
    )  # fmt: skip


def cycling(n=3):
    u = np.linspace(0, 3600, 11)
    t = np.concatenate([u + 3600 * k for k in range(2 * n)])
    sign = np.repeat(np.where(np.arange(2 * n) % 2, 1.0, -1.0), 11)
    v = sign * 0.1 * (1 + np.tile(u, 2 * n) / 3600) - 0.02
    return dataset.transient(t, v, 1e-5 * sign, cycle=np.repeat(range(n), 22), step=np.repeat(range(2 * n), 11))


def voltammetry():
    corner = np.r_[np.linspace(0, -1, 50), np.linspace(-1, 1, 100)[1:], np.linspace(1, 0, 51)[1:]]
    v = np.tile(corner, 2)
    cycle = np.repeat([0, 1], len(corner))
    return dataset.transient(np.arange(len(v)) * 100.0, v, 1e-6 * np.sinh(2 * v) / (1 + cycle), cycle=cycle)


def layered(log=True, cell=True):
    time = np.geomspace(1e-3, 1e4, 80) if log else np.linspace(0, 3600, 80)
    rise = 1 - np.exp(-time / 100)
    parts = {
        "negative": 0.03 * rise, "buffer": 0.01 + 0 * time, "oxide": 0.05 + 0.02 * rise, "positive": -0.01 * rise,
        "series": 1e-6 + 0 * time,
    }  # fmt: skip
    x = np.linspace(0.5e-3, 1.1e-3, 30)
    stack = Cell(
        "stack", Plating(0.05),
        [Layer("buffer", IonConductor(0.1), 5e-4), Layer("oxide", MixedConductor(0.1, 1e-4, 1e3), 6e-4)],
        Plating(0.05), area=1e-4, temperature=300.0,
    )  # fmt: skip
    return dataset.transient(
        time, sum(parts.values()), 1e-5 + 0 * time, overpotential=parts, local_potential=np.outer(rise, x * 100),
        x=x, layer=["oxide"] * 30, attrs=dataset.stamp(cell=stack.to_yaml() if cell else None, temperature=300.0),
    )  # fmt: skip


def texts(ax):
    return [t.get_text() for t in ax.texts if t.get_text()]


# --- units ---


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (2e-6, "A", "2 µA"), (1.5e3, "ohm", "1.5 kΩ"), (0.1, "Hz", "0.1 Hz"), (1e5, "Hz", "100 kHz"),
        (373.15, "K", "100 °C"),
        (1e4, "s", "2.78 h"), (0.0, "s", "0 s"), (0.554, "S/m", "5.54 mS/cm"),
        (-0.05, "V", "-50 mV"), (36e-3, "C", "10 µAh"),
        (0.075, "A/m^2", "7.5 µA/cm²"), (6.5e-4, "m", "650 µm"),
    ],
)  # fmt: skip
def test_values_in_the_units_of_the_laboratory(value, unit, expected):
    assert short(value, unit) == expected


def test_unit_follows_the_largest_value():
    assert lab([1e-9, 5e-6, np.nan, np.inf], "A") == (1e-6, "µA")
    assert lab([7200.0], "s") == (60.0, "min") and lab([86400.0], "s") == (3600.0, "h")
    assert lab([0.0], "V") == (1.0, "V") and lab([2.0], "1") == (1.0, "") and lab([2.0], "eV") == (1.0, "eV")


# --- spectra ---


def test_nyquist_draws_minus_im_in_kiloohm_with_equal_scales_and_decades():
    ds = eis()
    ax = plot.nyquist(ds)
    draw(ax)
    line = ax.lines[0]
    order = np.argsort(-F)
    assert line.get_xdata() == pytest.approx(ds.impedance.values.real[order] / 1e3)
    assert line.get_ydata() == pytest.approx(-ds.impedance.values.imag[order] / 1e3)
    assert ax.get_xlabel() == "Re Z (kΩ)" and ax.get_ylabel() == "−Im Z (kΩ)" and ax.get_title("left") == "tri, 40 °C"
    box = ax.get_window_extent()
    per_x, per_y = box.width / np.ptp(ax.get_xlim()), box.height / np.ptp(ax.get_ylim())
    assert per_x == pytest.approx(per_y, rel=1e-3)
    assert ax.get_xlim()[0] == 0 and ax.get_xlim()[1] > 4.6
    marks = next(artist for artist in ax.lines if artist.get_marker() == "o")
    assert len(marks.get_xdata()) == 8  # 0.1 Hz to 1 MHz
    assert {"10 Hz", "100 Hz"} <= set(texts(ax))


def test_nyquist_decade_marks_lie_on_the_curve():
    ax = plot.nyquist(eis())
    marks = next(artist for artist in ax.lines if artist.get_marker() == "o")
    s = 2j * np.pi * 10.0 ** np.arange(-1, 7)
    z = 1300 + 900 / (1 + s * 900 * 2e-8) + 2400 / (1 + s * 2400 * 3e-6)
    assert marks.get_xdata() == pytest.approx(z.real / 1e3, abs=0.02)
    assert marks.get_ydata() == pytest.approx(-z.imag / 1e3, abs=0.02)


def test_nyquist_labels_do_not_overlap():
    ax = plot.nyquist(eis())
    renderer = draw(ax).canvas.get_renderer()
    boxes = [t.get_window_extent(renderer) for t in ax.texts if t.get_text()]
    assert len(boxes) >= 4
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])


def test_nyquist_shares_axes_and_keeps_their_unit():
    _, ax = plt.subplots()
    assert plot.nyquist(eis(), ax=ax, label="25 °C") is ax
    plot.nyquist(eis(0.1), ax=ax, label="60 °C", color="k")
    draw(ax)
    assert ax.get_xlabel() == "Re Z (kΩ)"
    second = next(line for line in ax.lines if line.get_label() == "60 °C")
    assert second.get_xdata().max() == pytest.approx(0.46, abs=0.001) and second.get_color() == "k"
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["25 °C", "60 °C"]
    assert ax.get_title("left") == ""


def test_nyquist_of_a_spike_and_of_an_inductive_spectrum_shows_all():
    spike = plot.nyquist(dataset.spectrum(F, 89 + 1 / (2j * np.pi * F * 1e-5)))
    draw(spike)
    assert spike.get_ylim()[1] > 159 and spike.get_xlim()[0] < 0.089
    inductive = plot.nyquist(eis(inductance=1e-4))
    draw(inductive)
    assert inductive.get_ylim()[0] < -0.6


def test_bode_has_magnitude_and_phase():
    ds = eis()
    upper, lower = plot.bode(ds)
    draw(upper)
    assert upper.lines[0].get_ydata() == pytest.approx(np.abs(ds.impedance.values))
    assert lower.lines[0].get_ydata() == pytest.approx(-np.degrees(np.angle(ds.impedance.values)))
    assert upper.get_xscale() == upper.get_yscale() == lower.get_xscale() == "log"
    assert lower.get_xlabel() == "Frequency (Hz)" and "°" in lower.get_ylabel()
    again = plot.bode(eis(2.0), ax=(upper, lower), label="b")
    assert again == (upper, lower) and len(upper.lines) == 2


def test_given_axes_are_divided_for_two_panels():
    figure, (left, right) = plt.subplots(1, 2, layout="constrained")
    plot.nyquist(eis(), ax=left)
    upper, lower = plot.bode(eis(), ax=right)
    draw(figure)
    assert upper is right and lower.figure is figure and len(figure.axes) == 3
    assert lower.get_position().y1 < upper.get_position().y0
    free = plt.figure().add_axes((0.2, 0.2, 0.6, 0.6))
    upper, lower = plot.bode(eis(), ax=free)
    assert lower.get_position().y1 < upper.get_position().y0


# --- laws ---


def test_arrhenius_has_points_both_laws_and_celsius():
    law = analysis.arrhenius([("40 degC", "0.094 mS/cm"), ("60 degC", "0.2 mS/cm"), ("100 degC", "0.76 mS/cm")])
    ax = plot.arrhenius(law)
    draw(ax)
    assert ax.lines[0].get_xdata() == pytest.approx(1000 / law.temperature.values)
    assert ax.lines[0].get_ydata() == pytest.approx([9.4e-5, 2e-4, 7.6e-4])
    entries = [t.get_text() for t in ax.get_legend().get_texts()]
    assert len(entries) == 2 and all("eV" in e and "±" in e for e in entries) and "σT" in entries[1]
    for line in ax.lines[1:]:  # both laws pass by the points
        at = np.interp(1000 / law.temperature.values, line.get_xdata()[::-1], np.log(line.get_ydata()[::-1]))
        assert np.exp(at) == pytest.approx(law.conductivity.values / 100, rel=0.1)
    top = ax.child_axes[0]
    assert "°C" in top.get_xlabel()
    assert sorted(top.get_xlim()) == pytest.approx(sorted(1000 / x - 273.15 for x in ax.get_xlim()))


# --- transients ---


def test_polarization_shows_the_current_on_logarithmic_axes():
    ax = plot.transient(polarization())
    draw(ax)
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert ax.get_xlabel() == "Time (s)" and ax.get_ylabel() == "Current (µA)" and ax.get_title("left") == "100 °C"
    assert ax.lines[0].get_ydata()[-1] == pytest.approx(0.5, rel=1e-3)
    right = ax.child_axes[0]
    assert right.get_ylabel() == "Current density (µA/cm²)"
    assert right.get_ylim() == pytest.approx(ax.get_ylim())  # 1 cm2


def test_each_step_of_a_series_has_its_own_curve_from_zero():
    ax = plot.transient(polarization((0.5, 1.0, 2.0)))
    draw(ax)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["0.5 V", "1 V", "2 V"]
    for line, voltage in zip(ax.lines, (0.5, 1.0, 2.0), strict=True):
        assert line.get_xdata()[0] == pytest.approx(1e-6, rel=1e-3)
        assert line.get_ydata()[-1] == pytest.approx(1e-3 * voltage, rel=1e-3)
    assert ax.get_xlabel() == "Time since the start of the step (s)"


def test_galvanostatic_run_shows_the_voltage():
    time = np.linspace(0, 7200, 50)
    ax = plot.transient(dataset.transient(time, -0.05 - 0.05 * (1 - np.exp(-time / 900)), np.full(50, -1e-5)))
    assert ax.get_ylabel() == "Cell voltage (mV)" and ax.get_xlabel() == "Time (min)" and ax.get_xscale() == "linear"
    assert ax.get_ylim()[1] == 0


def test_the_protocol_decides_what_was_controlled():
    ohmic = dataset.transient([0, 1, 2, 3], [1, 2, 1, 2], [1, 2, 1, 2])
    assert "voltage" in plot.transient(ohmic.assign_attrs(protocol="type: galvanostatic\n")).get_ylabel()
    assert "Current" in plot.transient(ohmic.assign_attrs(protocol="type: polarization\n")).get_ylabel()


def test_cycles_against_time_and_summary_against_cycle():
    run = cycling()
    ax = plot.cycles(run)
    draw(ax)
    assert ax.get_xlabel() == "Time (h)" and ax.get_ylabel() == "Cell voltage (mV)"
    assert ax.get_xlim() == (0, 6) and "3 cycles, ±10 µA" in ax.get_title("left")
    summary = plot.cycles(analysis.cycle_summary(run))
    draw(summary)
    curves = {line.get_label(): line for line in summary.lines}
    assert curves["deposition"].get_ydata() == pytest.approx(-220) and curves["half-sum"].get_ydata() == pytest.approx(
        -20
    )
    assert curves["deposition"].get_xdata().tolist() == [1, 2, 3]
    legend = summary.get_legend().get_window_extent()
    assert legend.x0 >= summary.get_window_extent().x1  # beside the data


def test_voltammogram_has_a_curve_per_cycle_and_the_scan_direction():
    ax = plot.voltammogram(voltammetry())
    draw(ax)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["cycle 1", "cycle 2"]
    assert ax.get_xlabel() == "Cell voltage (V)" and ax.get_ylabel() == "Current (µA)"
    arrow = ax.texts[0]
    assert arrow.xy[0] < arrow.get_position()[0] < 0  # the first sweep goes down
    one = plot.voltammogram(voltammetry(), label="both")
    assert [t.get_text() for t in one.get_legend().get_texts()] == ["both"]


# --- inside the cell ---


def test_profiles_name_the_layers_of_the_cell_and_the_times():
    ax = plot.profiles(layered(), times=["1 s", "1000 s"])
    draw(ax)
    assert texts(ax) == ["buffer", "oxide"]
    assert ax.get_xlim() == pytest.approx((0, 1.1)) and "Mg²⁺" in ax.get_ylabel()
    assert len([line for line in ax.lines if len(line.get_xdata()) == 30]) == 2
    entries = [t.get_text() for t in ax.get_legend().get_texts()]
    assert len(entries) == 2 and entries[1].endswith("min")
    with pytest.raises(InputError, match="outside the run"):
        plot.profiles(layered(), times=["1 d"])


def test_profiles_without_a_cell_span_the_positions():
    ax = plot.profiles(layered(cell=False))
    draw(ax)
    assert texts(ax) == ["oxide"] and ax.get_xlim() == pytest.approx((0.5, 1.1))
    assert 2 <= len(ax.get_legend().get_texts()) <= 6


def test_profiles_do_not_bridge_layers_without_electrons():
    ds = dataset.transient(
        [0, 1], [0, 1], [1, 1], local_potential=np.ones((2, 4)), x=[0, 1e-4, 5e-4, 6e-4], layer=["a", "a", "c", "c"]
    )
    ax = plot.profiles(ds, times=[1.0])
    assert [list(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2][:2] == [
        pytest.approx([0, 100]), pytest.approx([500, 600]),
    ]  # fmt: skip


def test_concentrations_are_drawn_from_zero_beside_the_potentials():
    ds = dataset.transient(
        [0, 1],
        [0, 1],
        [1, 1],
        local_potential=np.ones((2, 2)),
        x=[2e-4, 3e-4],
        layer=["b", "b"],
        concentration=[[100.0] * 4, [150.0, 50.0, 120.0, 80.0]],
        salt_x=[0, 1e-4, 5e-4, 6e-4],
        salt_layer=["a", "a", "c", "c"],
    )
    ax = plot.concentrations(ds, times=[1.0])
    draw(ax)
    curves = [line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_xdata()[0] != line.get_xdata()[1]]
    assert [list(line.get_xdata()) for line in curves] == [pytest.approx([0, 100]), pytest.approx([500, 600])]
    assert ax.get_ylim()[0] == 0 and "oncentration" in ax.get_ylabel() and texts(ax) == ["a", "c"]
    assert curves[0].get_ydata()[0] == pytest.approx(3 * curves[0].get_ydata()[1])
    with pytest.raises(InputError, match=r"concentrations: .* outside the run"):
        plot.concentrations(ds, times=["1 d"])
    whole = draw(plot.figure(ds))
    labels = " ".join(axes.get_ylabel() for axes in whole.axes)
    assert "Mg²⁺" in labels and "oncentration" in labels


def test_breakdown_stacks_to_the_voltage_and_groups_what_is_negligible():
    ds = layered()
    ax = plot.breakdown(ds)
    draw(ax)
    entries = [t.get_text() for t in ax.get_legend().get_texts()]
    assert entries == ["negative", "buffer", "oxide", "positive", "series (< 0.1%)", "cell voltage"]
    top = max(path.vertices[:, 1].max() for c in ax.collections for path in c.get_paths())
    bottom = min(path.vertices[:, 1].min() for c in ax.collections for path in c.get_paths())
    assert top + bottom == pytest.approx(1e3 * ds.voltage.max().item(), rel=1e-6)
    assert bottom == pytest.approx(-10, rel=1e-6) and ax.get_xscale() == "log"
    assert plot.breakdown(layered(log=False)).get_xscale() == "linear"


def test_breakdown_at_one_time_gives_bars_with_shares():
    ax = plot.breakdown(layered(), time="1e4 s")
    draw(ax)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["negative", "buffer", "oxide", "positive", "series"]
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([30, 10, 70, -10, 1e-3])
    assert any("70 mV (70%)" in t for t in texts(ax))


# --- comparison ---


def test_compare_spectra_shows_relative_residuals():
    measured, simulated = eis(), eis(1.02)
    upper, lower = plot.compare(simulated, measured)
    draw(upper)
    z = measured.impedance.values
    residual = {line.get_label(): line.get_ydata() for line in lower.lines}
    assert residual["Re"] == pytest.approx(2 * z.real / np.abs(z))
    assert residual["−Im"] == pytest.approx(-2 * z.imag / np.abs(z))
    assert lower.get_ylim()[0] == -lower.get_ylim()[1]
    assert {t.get_text() for t in upper.get_legend().get_texts()} == {"simulated", "measured"}


def test_compare_interpolates_to_the_measured_points_and_does_not_extrapolate():
    measured = eis()
    simulated = measured.isel(frequency=slice(10, None, 2))
    _, lower = plot.compare(simulated, measured)
    frequency = lower.lines[1].get_xdata()
    assert frequency.max() == pytest.approx(F[10]) and len(frequency) == 61
    assert np.abs(lower.lines[1].get_ydata()).max() < 1.0
    with pytest.raises(InputError, match="do not overlap"):
        plot.compare(measured.isel(frequency=slice(0, 10)), measured.isel(frequency=slice(20, None)))
    with pytest.raises(InputError, match="two spectra or two transients"):
        plot.compare(measured, cycling())


def test_compare_transients():
    run = polarization()
    more = run.assign(current=run.current.copy(data=1.1 * run.current.values))
    upper, lower = plot.compare(more, run)
    draw(upper)
    assert upper.get_yscale() == "log" and lower.get_ylabel() == "Residual\n(%)"
    assert lower.lines[1].get_ydata() == pytest.approx(10)
    shifted = cycling()
    shifted = shifted.assign(voltage=shifted.voltage.copy(data=shifted.voltage.values + 2e-3))
    _, lower = plot.compare(shifted, cycling())
    assert lower.get_ylabel() == "Residual\n(mV)" and lower.lines[1].get_ydata() == pytest.approx(2)


# --- the right plot ---


@pytest.mark.parametrize(
    ("ds", "labels"),
    [
        (eis(), ["Re Z (kΩ)", "", "Frequency (Hz)"]),
        (polarization(), ["Time (s)"]),
        (cycling(), ["Time (h)"]),
        (voltammetry(), ["Cell voltage (V)"]),
        (layered(), ["Time (s)", "Time (s)", "Distance from the negative electrode (mm)"]),
        (analysis.cycle_summary(cycling()), ["Cycle"]),
        (analysis.arrhenius([(300, 1.0), (350, 2.0)]), ["1000/T (1/K)"]),
    ],
)
def test_figure_picks_the_plot(ds, labels):
    figure = draw(plot.figure(ds))
    assert sorted(ax.get_xlabel() for ax in figure.axes) == sorted(labels)


def test_figure_of_many_cycles_shows_their_life():
    cell = mt.cell("trilayer", "contact_loss")
    probe = mt.EIS.at([1e3, 1.0])
    for traces, first in ((None, "Time (h)"), ((), "Cycle")):
        protocol = mt.Cycling("-10 uA", "1 h", cycles=12, points=2, traces=traces, probe=probe, every=6)
        figure = draw(plot.figure(mt.simulate(cell, protocol)))
        assert [ax.get_xlabel() for ax in figure.axes] == [first, "Cycle", "Cycle", "Frequency (Hz)"]


def test_cycles_of_a_continued_run_are_counted_on():
    whole = mt.Cycling("-10 uA", "1 h", cycles=4, points=2, traces=())
    cell = mt.cell("trilayer")
    start = mt.simulate(cell, mt.Cycling("-10 uA", "1 h", cycles=2, points=2, traces=()))
    ax = draw(plot.cycles(mt.simulate(cell, whole.after(start), start=start)).figure).axes[0]
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [3, 4])


def test_figure_of_a_tree_has_a_row_per_node(tmp_path):
    tree = xr.DataTree.from_dict({"/first": eis(), "/then": cycling(), "/last": eis()})
    figure = draw(plot.figure(tree))
    titles = [ax.get_title("left") for ax in figure.axes]
    assert "first: tri, 40 °C" in titles and "then" in titles and "last: tri, 40 °C" in titles
    figure.savefig(tmp_path / "tree.png")
    assert (tmp_path / "tree.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    "function",
    ["nyquist", "bode", "transient", "cycles", "voltammogram", "profiles", "concentrations", "breakdown", "arrhenius"],
)
def test_plots_say_what_they_need(function):
    empty = xr.Dataset({"a": ("k", [1.0])})
    with pytest.raises(InputError, match=f"{function} needs .* only a"):
        getattr(plot, function)(empty)
    # nor does a tree hold it; one of spectra is drawn by what draws several over each other
    if function not in ("nyquist", "bode"):
        with pytest.raises(InputError, match="choose a node"):
            getattr(plot, function)(xr.DataTree.from_dict({"/a": eis()}))
    with pytest.raises(InputError, match="no plot is known"):
        plot.figure(empty)


@pytest.mark.parametrize("make", [eis, polarization, cycling, voltammetry, layered])
def test_plots_leave_the_dataset_alone(make):
    ds = make()
    copy = ds.copy(deep=True)
    draw(plot.figure(ds))
    assert ds.identical(copy)


def test_importing_plot_stays_light():
    heavy = "{'pybamm', 'casadi', 'scipy', 'xarray', 'matplotlib', 'pint'} & set(sys.modules)"
    code = f"import sys, mgtwin.plot; sys.exit(bool({heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_curves_of_different_size_share_the_unit_of_their_axes() -> None:
    """A second current a million times larger must not be drawn on the first one's scale as if it had its unit."""
    time = np.geomspace(1e-3, 1e3, 30)
    small, large = (dataset.transient(time, np.full(30, 0.5), size * time**-0.1) for size in (1e-6, 1.0))
    ax = plot.transient(small)
    plot.transient(large, ax=ax)
    factor = 1e6
    np.testing.assert_allclose(ax.lines[-1].get_ydata() / ax.lines[0].get_ydata(), factor, rtol=1e-9)


# --- the family ---


def test_a_plot_of_ones_own_is_drawn_where_it_suits(monkeypatch) -> None:
    monkeypatch.setattr(plot.PLOTS, "_kinds", dict(plot.PLOTS._kinds))

    @plot.plot("potential", when=lambda ds: [{"colour": "r"}, {"colour": "b"}] if ds["potential"].ndim == 1 else False)
    def potentials(ds, *, ax=None, colour="k"):
        ax.plot(ds["potential"], color=colour)
        return ax

    figure = draw(plot.figure(xr.Dataset({"potential": ("k", [1.0, 2.0])})))
    assert [ax.lines[0].get_color() for ax in figure.axes] == ["r", "b"]
    with pytest.raises(InputError, match="no plot is known"):
        plot.figure(xr.Dataset({"potential": (("k", "l"), [[1.0]])}))
    with pytest.raises(InputError, match="potentials needs potential"):
        potentials(xr.Dataset({"a": 1.0}))


def test_every_plot_is_in_the_family() -> None:
    others = {"compare", "circuit", "conflicts", "figure", "panel", "plot", "PLOTS"}  # of no single Dataset
    assert set(plot.PLOTS) == set(plot.__all__) - others
    # the public one of this name draws materials of the library, too, and Datasets by that of the family
    assert all(getattr(plot, name) is plot.PLOTS[name] for name in plot.PLOTS if name != "arrhenius")


# -- several results ------------------------------------------------------------------------------------------------


def spectra(*celsius: float) -> list[xr.Dataset]:
    return [eis(100 / T).assign_attrs(temperature=T + 273.15) for T in celsius]


@pytest.mark.parametrize("several", [spectra(20, 40, 60), {"a": eis(), "b": eis(2.0)}])
def test_several_spectra_share_axes_and_each_has_its_name(several):
    names = list(several) if isinstance(several, dict) else ["20 °C", "40 °C", "60 °C"]
    ax = plot.nyquist(several)
    draw(ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == names
    assert len({line.get_color() for line in ax.lines if line.get_label() in names}) == len(names)
    items = several.values() if isinstance(several, dict) else several
    right = max(float(ds.impedance.real.max()) for ds in items)
    assert ax.get_xlim()[1] * (1000 if "kΩ" in ax.get_xlabel() else 1) > right
    upper, lower = plot.bode(several)
    assert len(upper.lines) == len(lower.lines) == len(names)
    everything = np.concatenate([np.abs(ds.impedance.values) for ds in items])
    assert upper.get_ylim()[0] < everything.min() and upper.get_ylim()[1] > everything.max()


def test_what_differs_is_not_the_title_of_all():
    one = plot.nyquist(spectra(20, 40))
    assert "°C" not in one.get_title("left")
    ax = None
    for ds in spectra(20, 40, 60):
        ax = plot.nyquist(ds, ax=ax)
    assert "°C" not in ax.get_title("left")
    alike = plot.nyquist([eis(), eis(2.0)])
    assert alike.get_title("left") == "tri, 40 °C"


def test_a_series_along_a_dimension_has_a_colour_bar():
    along = xr.concat(
        spectra(*range(20, 100, 10)), xr.IndexVariable("temperature", np.arange(293.15, 373, 10.0), {"units": "K"})
    )
    along["impedance"].attrs = eis()["impedance"].attrs
    # as xarray joins them: with the temperature of the first one in the attributes of all
    ax = plot.nyquist(along.assign_attrs(temperature=293.15))
    draw(ax)
    assert ax.get_legend() is None and "°C" not in ax.get_title("left")
    (bar,) = ax.child_axes
    assert [text.get_text() for text in bar.get_yticklabels()] == [f"{T} °C" for T in range(20, 100, 10)]
    assert len(draw(plot.figure(along)).axes) == 3  # Nyquist, and the two of Bode
    few = plot.nyquist(along.isel(temperature=slice(0, 3)))
    assert [text.get_text() for text in few.get_legend().get_texts()] == ["20 °C", "30 °C", "40 °C"]


def test_a_tree_and_a_figure_of_several(tmp_path):
    tree = xr.DataTree.from_dict({"/spectrum_1": eis(), "/spectrum_2": eis(2.0), "/transient": cycling()})
    assert [text.get_text() for text in plot.nyquist(tree).get_legend().get_texts()] == ["spectrum_1", "spectrum_2"]
    whole = draw(plot.figure({"a": eis(), "b": eis(2.0)}))
    assert len(whole.axes) == 3  # Nyquist, and the two of Bode
    with pytest.raises(InputError, match="no plot is known"):
        plot.figure([eis(), cycling()])


@pytest.mark.parametrize(
    ("several", "message"),
    [
        ([], "the list is empty"),
        ([1.0], "not a float"),
        ({"a": [eis()]}, "not a list"),
        ([eis(), None], "not a NoneType"),
    ],
)
def test_several_that_cannot_be_drawn_are_refused(several, message):
    with pytest.raises(InputError, match=message):
        plot.nyquist(several)


def test_what_shows_the_inside_of_one_result_refuses_several():
    with pytest.raises(InputError, match="breakdown draws one result: choose one of"):
        plot.breakdown([cycling(), cycling()])
    with pytest.raises(InputError, match="whose keys are the labels"):
        plot.nyquist(spectra(20, 40), label="mine")


def test_a_blocking_spectrum_is_drawn_so_that_its_arc_is_seen():
    arc = 1000 / (1 + 2j * np.pi * F * 1e-6) + 1 / (2j * np.pi * F * 1e-6)
    ax = plot.nyquist(dataset.spectrum(F, arc))
    draw(ax)
    size = 1000 if "kΩ" in ax.get_xlabel() else 1
    # the arc is 500 ohm high, the tail reaches much further and is said
    assert 500 < ax.get_ylim()[1] * size < 1500
    assert any("↑" in text.get_text() for text in ax.texts)
    # in the figures of a fit and of a comparison likewise
    circuit = mt.Circuit("p(R1,C1)-C2", {"R1": 1000, "C1": 1e-9, "C2": 1e-6})
    fit = mt.fit(circuit, dataset.spectrum(F, arc), {"R1": mt.Free()})
    for ax in (fit.plot(), plot.compare(dataset.spectrum(F, 1.01 * arc), dataset.spectrum(F, arc))[0]):
        draw(ax)
        assert 500 < ax.get_ylim()[1] * (1000 if "kΩ" in ax.get_xlabel() else 1) < 1500


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_labels_of_a_breakdown_cover_neither_names_nor_bars(sign):
    run = mt.simulate(mt.cell("trilayer"), mt.Galvanostatic(sign * 1e-5, "1 h", points=5))
    ax = plot.breakdown(run, "30 min")
    renderer = draw(ax).canvas.get_renderer()
    names = [label.get_window_extent(renderer) for label in ax.get_yticklabels()]
    bars = [bar.get_window_extent(renderer) for bar in ax.patches]
    frame = ax.get_window_extent(renderer)
    for text in ax.texts:
        box = text.get_window_extent(renderer)
        assert not any(box.overlaps(other) for other in names)
        assert frame.x0 - 1 <= box.x0 < box.x1 <= frame.x1 + 1
        # its own bar ends where the blank around the text begins
        assert all(min(box.x1, bar.x1) - max(box.x0, bar.x0) < 8 for bar in bars if box.overlaps(bar))


@pytest.mark.parametrize(
    ("make", "said"),
    [(lambda: plot.nyquist([eis(), polarization()]), r"nyquist \(.*\) needs frequency"),
     (lambda: plot.figure([eis(), polarization()]), "no plot is known for all of"),
     (lambda: plot.nyquist("eis.nc"), "not a str: mt.read"),
     (lambda: plot.bode(None), "not a NoneType"),
     (lambda: plot.compare(eis(), None), "not a NoneType"),
     (lambda: plot.conflicts(eis()), "what mt.reconcile returns, not a Dataset"),
     (lambda: plot.nyquist(eis(0.0)), "is 0 at every frequency"),
     (lambda: plot.nyquist(eis().isel(frequency=[])), "no finite point among 0"),
     (lambda: plot.bode(eis().assign(impedance=eis().impedance * np.nan)), "no finite point")],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_in_words(make, said):
    with pytest.raises(InputError, match=said):
        make()


def test_rounding_is_no_residual():
    run = mt.simulate(mt.cell("trilayer"), mt.Galvanostatic("10 uA", "1 h", points=20))
    _, lower = plot.compare(run.assign(voltage=run.voltage * (1 + 1e-15)), run)
    assert "mV" in lower.get_ylabel()
    assert lower.get_ylim()[1] == pytest.approx(1e-3 * 1e3 * float(abs(run.voltage).max()), rel=1e-6)


def test_one_sees_verbs():
    assert all(callable(getattr(plot, name)) for name in dir(plot))
    assert "PLOTS" not in dir(plot)


def test_compare_shows_what_was_not_imposed():
    time = np.linspace(0, 600, 61)
    current = np.where(time < 300, -1e-5, 5e-6)  # the voltage follows it in steps, too
    measured = dataset.transient(time, voltage=7e3 * current, current=current)
    upper, _ = plot.compare(mt.simulate(mt.cell("trilayer"), mt.Replay(measured)), measured)
    assert upper.get_ylabel() == "Cell voltage (mV)"


def test_one_point_is_drawn_where_it_is():
    ax = plot.nyquist(dataset.spectrum([1e3], [5 - 1.6j]))
    draw(ax)
    assert ax.get_xlim()[0] <= 0 < 5 < ax.get_xlim()[1] and ax.get_ylim()[0] <= 0 < 1.6 < ax.get_ylim()[1]
