"""A filament through some layers: i = i_layers + G V_layers on that part of the chain, in every route."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.batch.runs import side_by_side
from mgtwin.dataset import transient
from mgtwin.impedance import dc_resistance, exact, exact_jacobian
from mgtwin.impedance.adjoint import adjoint_jacobian
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.simulation import built

F = np.geomspace(1e5, 1e-4, 8)
AREA, LEADS, G = 1e-4, 1e-3, 100.0
MIXED = mt.MixedConductor(0.05, 0.005, 1e5, relative_permittivity=25.0)
METAL = mt.Plating("1 mA/cm^2", double_layer="5 uF/cm^2")
GOLD = mt.Blocking("10 uF/cm^2", electronic_resistance="5 ohm*cm^2")
IDEAL = mt.Plating(1e12)
LAYERS = [mt.Layer("a", MIXED, 1e-4), mt.Layer("b", mt.IonConductor(0.26), 3e-4), mt.Layer("c", MIXED, 3e-4)]
NAMED: list[tuple[str, ...]] = [("a",), ("b",), ("a", "b"), ("c", "b"), ("c",)]


def cell(through: Sequence[str] | None = ("a",), conductance: float = G, electrode: Any = METAL) -> mt.Cell:
    """Two mixed conductors with an ionic one between them, leads, and a reference; the filament through some."""
    shunt = None if through is None else mt.Shunt(conductance, through=tuple(through))
    given: dict[str, Any] = {"series_resistance": LEADS, "shunt": shunt}
    given["reference"] = mt.Reference(at="a|b", kind=mt.IonProbe())
    junctions = {"b-c": mt.Junction("10 ohm*cm^2", "1 uF/cm^2")}
    return mt.Cell("bridged", electrode, LAYERS, electrode, junctions, **given)


def part_alone(through: Sequence[str], electrode: Any = METAL) -> mt.Cell:
    """What the filament passes by as a cell of its own: an ideal electrode where it ends among the layers."""
    layers = [layer for layer in LAYERS if layer.name in through]
    ends = [electrode if names <= {*through} else IDEAL for names in ({"a"}, {"c"})]
    junctions = {"b-c": mt.Junction("10 ohm*cm^2", "1 uF/cm^2")} if {"b", "c"} <= {*through} else {}
    closed = [end.__class__(**{**vars(end), "electronic_resistance": np.inf}) if end is IDEAL else end for end in ends]
    return mt.Cell("part", closed[0], layers, closed[1], junctions)


# -- closed forms ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("through", NAMED)
def test_the_part_is_parallel_to_the_filament(through: tuple[str, ...]) -> None:
    """Z changes by 1/(1/z + GA) - z, z being the impedance of the part as a cell of its own."""
    z = exact(part_alone(through), F)
    expected = exact(cell(None), F) + 1 / (1 / z + G * AREA) - z
    np.testing.assert_allclose(exact(cell(through), F), expected, rtol=1e-9)


def test_resistors_in_parallel() -> None:
    """Three resistors of 1, 2 and 4 mohm m2; the filament passes by the second, or by electrode and first."""
    layers = [mt.Layer(name, mt.IonConductor(1.0), r) for name, r in (("a", 1e-3), ("b", 2e-3), ("c", 4e-3))]
    metal, transfer = mt.Plating(1.0), 8.314462618 * 298.15 / (2 * 96485.33212)
    one = mt.Cell("three", metal, layers, metal, area=1.0)
    by = {("b",): transfer + 1e-3 + 1 / (1 / 2e-3 + 300) + 4e-3 + transfer}
    by["a",] = 1 / (1 / (transfer + 1e-3) + 300) + 2e-3 + 4e-3 + transfer
    by["b", "c"] = transfer + 1e-3 + 1 / (1 / (6e-3 + transfer) + 300)
    for through, resistance in by.items():
        found = dc_resistance(one.with_({"shunt": mt.Shunt(300.0, through=through)}))
        assert found == pytest.approx(resistance, rel=1e-12)


def test_all_layers_named_is_from_metal_to_metal() -> None:
    np.testing.assert_array_equal(exact(cell(("c", "a", "b")), F), exact(cell(()), F))
    protocol = mt.Galvanostatic("1 uA", "10 min", points=4)
    named, whole = (mt.simulate(cell(through), protocol) for through in (("a", "b", "c"), ()))
    np.testing.assert_array_equal(named["voltage"], whole["voltage"])


def test_without_conductance_nothing_changes_to_the_bit() -> None:
    np.testing.assert_array_equal(exact(cell(("b",), 0.0), F), exact(cell(None), F))
    protocol = mt.Galvanostatic("1 uA", "10 min", points=4)
    for route in (mt.Modes(), mt.Mesh()):
        none, zero = (mt.simulate(one, protocol, route=route) for one in (cell(None), cell(("b",), 0.0)))
        np.testing.assert_array_equal(zero["voltage"], none["voltage"])
        assert "shunt_current" not in zero


# -- routes ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("through", [("b",), ("c", "b")])
def test_spectra_of_all_routes(through: tuple[str, ...]) -> None:
    runs = [mt.simulate(cell(through), mt.EIS.at(F), route=way) for way in (mt.Laplace(), mt.Mesh(), mt.Modes())]
    for name in ("impedance", "impedance_negative", "impedance_positive"):
        for other in runs[1:]:
            assert float(np.abs((runs[0][name] - other[name]) / runs[0]["impedance"]).max()) < 1e-5


def test_derivatives_in_closed_form_and_of_the_mesh() -> None:
    paths = ["shunt.conductance", "layers.a.thickness", "layers.c.thickness", "area", "series_resistance"]
    paths += ["positive.double_layer.c", "negative.exchange_current_density"]
    for through in (("a",), ("b", "c")):
        one = cell(through)
        found = exact_jacobian(one, F, paths)
        for k, path in enumerate(paths):
            value = float(one.get(path))
            up, down = (exact(one, F, {path: value * (1 + h)}) for h in (1e-5, -1e-5))
            scale = np.abs(exact(one, F)).max() / value
            assert np.abs(found[:, k] - (up - down) / (2e-5 * value)).max() < 1e-8 * scale
    stack = LinearisedStack(one, f_max=float(F.max()), inputs=paths[:5])
    columns = [paths.index(name) for name in stack.input_names]
    scale = np.abs(found[:, columns]).max(axis=0)
    assert np.max(np.abs(adjoint_jacobian(stack, F)[1] - found[:, columns]) / scale) < 1e-4


def follows(run: Any, through: Sequence[str]) -> None:
    """Ohm's law of the filament, over the elements that it passes by."""
    elements = [*through, *(["negative"] if "a" in through else []), *(["positive"] if "c" in through else [])]
    elements += ["b-c"] if {"b", "c"} <= {*through} else []
    over = run["overpotential"].sel(element=elements).sum("element")
    np.testing.assert_allclose(run["shunt_current"], G * AREA * over, rtol=1e-6, atol=1e-15)


@pytest.mark.parametrize("through", [("b",), ("b", "c")])
def test_runs_in_time_by_all_routes(through: tuple[str, ...]) -> None:
    one, protocol = cell(through, electrode=GOLD), mt.Polarization("10 mV", "1 h", per_decade=2)
    runs = [mt.simulate(one, protocol, route=way) for way in (mt.Laplace(), mt.Modes(), mt.Mesh())]
    for run in runs:
        follows(run, through)
        for name in ("current", "voltage_negative", "shunt_current"):
            scale = float(np.abs(runs[0][name]).max())
            np.testing.assert_allclose(run[name], runs[0][name], atol=1e-3 * scale)


def test_other_runs_in_time() -> None:
    """Cycles in one solve, a record of a current in one solve, and a nonlinear cell; what passes by goes on as ions."""
    times = np.linspace(0.0, 100.0, 40)
    record = mt.Replay(transient(times, 0 * times, 1e-6 * np.sin(times / 10)))
    for protocol in (mt.Cycling("1 uA", "10 min", cycles=2), record, mt.Galvanostatic("1 uA", "1 h", points=4)):
        run = mt.simulate(cell(), protocol)
        follows(run, ("a",))
        assert float(np.abs(run["shunt_current"]).max()) > 0.01 * float(np.abs(run["current"]).max())
    leaking = run["electronic_current"].sel(interface="positive")[-1] / run["current"][-1]
    assert mt.analysis.leakage_fraction(run) == pytest.approx(float(leaking), rel=1e-12)


@pytest.mark.parametrize("current", [3e-4, -3e-3])
def test_a_spectrum_under_bias(current: float) -> None:
    """Butler-Volmer in the part that the filament passes by: its slope at the current that goes through there."""
    from scipy.optimize import brentq

    layers = [mt.Layer("a", mt.IonConductor(1.0), 1e-3), mt.Layer("b", mt.IonConductor(1.0), 2e-3)]
    metal, thermal = mt.Plating(1.0), 8.314462618 * 298.15 / (2 * 96485.33212)
    one = mt.Cell("bv", metal, layers, metal, shunt=mt.Shunt(100.0, through=("a",)))
    density = abs(current) / 1e-4

    def of_part(i: float) -> float:
        return 2 * thermal * np.arcsinh(i / 2) + 1e-3 * i

    inside = brentq(lambda i: i + 100.0 * of_part(i) - density, 0.0, density, xtol=1e-15)
    slopes = [thermal / np.hypot(1.0, i / 2) for i in (inside, density)]
    expected = (1 / (1 / (slopes[0] + 1e-3) + 100.0) + 2e-3 + slopes[1]) / 1e-4
    for route in (None, mt.Mesh()):
        found = mt.simulate(one, mt.EIS.at([1e-3], bias=mt.Current(current)), route=route)
        assert found["impedance"].values[0].real == pytest.approx(expected, rel=1e-6)


def test_salt_beside_a_filament() -> None:
    """The salt carries what the filament leaves it, i_lim at most, and none of it is lost."""
    salt, metal = mt.BinaryElectrolyte("0.1 mol/L", "1 mS/cm", "1e-6 cm^2/s", 0.3), mt.Plating("1 mA/cm^2")
    layers = [mt.Layer("dry", mt.IonConductor("1 mS/cm"), "0.1 mm"), mt.Layer("wet", salt, "0.2 mm")]
    one = mt.Cell("wet", metal, layers, metal, shunt=mt.Shunt("1 mS/cm^2", through=("wet",)))
    run = mt.simulate(one, mt.Polarization("1 V", "1 h", per_decade=2))
    through = float(run["current"][-1] - run["shunt_current"][-1])
    assert through == pytest.approx(float(mt.analysis.limiting_current(one).deposition), rel=1e-4)
    np.testing.assert_allclose(run["concentration"].isel(time=-1).mean(), 100.0, rtol=1e-4)
    over = run["overpotential"].sel(element=["wet", "positive"]).sum("element")
    np.testing.assert_allclose(run["shunt_current"], 10.0 * AREA * over, rtol=1e-6)


def test_a_kept_model_gives_the_bits_of_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    protocol = mt.Polarization("10 mV", "1 h", per_decade=1)

    def alone(one: mt.Cell) -> bytes:
        monkeypatch.setattr(built, "_KEPT", type(built._KEPT)())
        return mt.simulate(one, protocol)["current"].values.tobytes()

    cells = [cell(("a",), 1.0), cell(("a",), 30.0), cell(("b",), 30.0)]
    expected = [alone(one) for one in cells]
    mt.simulate(cell(("a",), 7.0), protocol)
    assert [mt.simulate(one, protocol)["current"].values.tobytes() for one in cells] == expected
    assert len(set(expected)) == 3


@pytest.mark.slow
def test_side_by_side() -> None:
    values, protocol = np.array([10.0, 50.0, 200.0]), mt.Galvanostatic("1 uA", "1 h", points=4)
    cells = [cell(conductance=value) for value in values]
    runs = side_by_side(cell(), cells, {"shunt.conductance": values}, protocol).datasets
    assert len(runs) == 3
    for number, run in runs.items():
        np.testing.assert_allclose(run["voltage"], mt.simulate(cells[number], protocol)["voltage"], rtol=1e-3)


# -- bad input ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("through", "said"),
    [
        (("a", "c"), "a, c are no neighbours"),
        (("a", "a"), "one is named twice"),
        (("aa",), "there is no layer 'aa'; the layers are a, b, c. Did you mean 'a'"),
    ],
)
def test_layers_that_no_filament_passes_by(through: tuple[str, ...], said: str) -> None:
    with pytest.raises(mt.InputError, match=said):
        cell(through)


def test_an_end_that_electrons_cross_is_refused() -> None:
    """By the cell, and where a number that decides is given later only."""
    layers, path = [mt.Layer("a", MIXED, 1e-4), mt.Layer("b", MIXED, 1e-4)], "interfaces.a-b.electronic_resistance"
    beside = {"shunt": mt.Shunt(10.0, through=("a",))}
    with pytest.raises(mt.InputError, match="another carrier crosses a-b, where the filament through a ends"):
        mt.Cell("mixed", METAL, layers, METAL).with_(beside)
    closed = mt.Cell("mixed", METAL, layers, METAL, {"a-b": mt.Junction("10 ohm*cm^2")}).with_(beside)
    with pytest.raises(mt.InputError, match="another carrier crosses a-b"):
        exact(closed, F, {path: np.array([1.0, 2.0])})
    with pytest.raises(mt.InputError, match="another carrier crosses a-b"):
        mt.StackModel(closed, inputs=[path])


def test_ions_that_a_filament_takes_past_a_blocking_junction() -> None:
    layers = [mt.Layer(name, mt.IonConductor(1.0), 1e-3) for name in "ab"]
    closed = mt.Cell("closed", METAL, layers, METAL, {"a-b": mt.Junction(np.inf, "1 uF/cm^2")})
    with pytest.raises(mt.InputError, match="no single carrier conducts"):
        mt.simulate(closed, mt.Galvanostatic("1 uA", "1 h"))
    bridged = closed.with_({"shunt": mt.Shunt(1.0, through=("a", "b"))})
    run = mt.simulate(bridged, mt.Galvanostatic("1 uA", "1 h", points=3))
    assert float(run["voltage"][-1] / run["current"][-1]) == pytest.approx(1 / (1.0 * AREA), rel=1e-6)
    assert mt.Cell.from_yaml(bridged.to_yaml()) == bridged == bridged.reversed().reversed()
