"""A reference electrode: closed forms of both halves, mirror images, and that all routes read the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.batch.runs import side_by_side
from mgtwin.impedance.halves import exact_halves

from .simple_cells import ELECTRONIC, IDEAL, STORAGE, THICKNESS

FARADAY, GAS = 96485.33212, 8.314462618
PROBES = {"ion": mt.IonProbe(), "inert": mt.InertProbe()}
MIXED = mt.MixedConductor(0.05, ELECTRONIC, STORAGE)
METAL, BLOCKED = mt.Plating(IDEAL), mt.Blocking(None)
F = np.geomspace(1e5, 1e-3, 9)


def cut(fraction: float, probe: Any, material: Any = MIXED, negative: Any = METAL, positive: Any = BLOCKED) -> mt.Cell:
    """A layer of 1 mm and 1 m2 with a reference at x/L, where it is cut in two."""
    parts = [mt.Layer("a", material, fraction * THICKNESS), mt.Layer("b", material, (1 - fraction) * THICKNESS)]
    reference = mt.Reference(at="a|b", kind=probe)
    return mt.Cell("cut", negative, parts, positive, area=1.0, reference=reference)


def stack(probe: Any, at: str, layer: str = "", **fields: Any) -> mt.Cell:
    """Everything that a stack can have: a reaction, two kinds of layers, a junction, leads and a fixture."""
    mixed = replace(MIXED, relative_permittivity=25.0)
    layers = [mt.Layer("a", mixed, 1e-4), mt.Layer("b", mixed, 2e-4), mt.Layer("c", mt.IonConductor(0.26), 3e-4)]
    layers.append(mt.Layer("d", mixed, 3e-4))
    given = {"series_resistance": 1e-4, "fixture": mt.Fixture("1 uH", "50 pF")} | fields
    metal = mt.Plating("1 mA/cm^2", double_layer="5 uF/cm^2")
    gold = mt.Blocking("10 uF/cm^2", electronic_resistance="50 ohm*cm^2")
    junctions = {"c-d": mt.Junction("10 ohm*cm^2", "1 uF/cm^2")}
    reference = mt.Reference(at=at, kind=probe, layer=layer)
    return mt.Cell("stack", metal, layers, gold, junctions, reference=reference, **given)


PLACES = [("negative", ""), ("a|b", ""), ("b-c", "b"), ("c-d", "d"), ("positive", "")]


# -- the physics -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("fraction", [0.25, 0.8])
def test_hebb_wagner_resistances(fraction: float) -> None:
    """Reversible left, blocked right: the ions stand still, so an ion probe sees nothing and an inert one R_eon x/L."""
    resistance = THICKNESS / ELECTRONIC
    for probe, expected in ((PROBES["ion"], 0.0), (PROBES["inert"], resistance * fraction)):
        negative, positive = exact_halves(cut(fraction, probe), [1e-9])
        assert negative[0].real == pytest.approx(expected, abs=1e-9 * resistance)
        assert positive[0].real == pytest.approx(resistance - expected, rel=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("voltage", [0.3, -0.06])
def test_hebb_wagner_of_electrons_that_depend_on_the_potential(voltage: float) -> None:
    """The electronic current is uniform, so the integral of sigma_eon from the metal to E(x) grows with x (form 5)."""
    n, p, constant, fraction = 5e-6, 5e-12, 1e-7, 0.3
    material = mt.MixedConductor(0.05, mt.DefectElectrons(n, p, constant), 1e4)
    run = {
        name: mt.simulate(cut(fraction, probe, material), mt.Polarization(voltage, "1000 h", first_time="1 h"))
        for name, probe in PROBES.items()
    }
    f = FARADAY / (GAS * 298.15)

    def integral(E: float) -> float:
        return (n * -np.expm1(-f * E) + p * np.expm1(f * E)) / f + constant * E

    assert float(run["ion"]["voltage_negative"][-1]) == pytest.approx(0.0, abs=1e-9)
    read = float(run["inert"]["voltage_negative"][-1])
    assert integral(read) == pytest.approx(fraction * integral(voltage), rel=1e-5)
    assert abs(read / (fraction * voltage) - 1) > 1e-3  # a linear cell would not do


def test_a_symmetric_salt_cell_has_two_equal_halves() -> None:
    solution = mt.BinaryElectrolyte("0.1 mol/L", "1 mS/cm", "1e-6 cm^2/s", 0.3)
    negative, positive = exact_halves(cut(0.5, mt.IonProbe(), solution, METAL, METAL), F)
    np.testing.assert_allclose(negative, positive, rtol=1e-10)


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize(("at", "layer"), PLACES)
def test_the_mirror_image_swaps_the_halves(at: str, layer: str, probe: str) -> None:
    cell = stack(PROBES[probe], at, layer)
    negative, positive = exact_halves(cell, F)
    turned, back = exact_halves(cell.reversed(), F)
    scale = np.abs(negative + positive)
    assert np.max(np.abs(negative - back) / scale) < 1e-13 and np.max(np.abs(positive - turned) / scale) < 1e-13


def test_halves_add_up() -> None:
    """Behind a fixture, too; and without a reference the spectrum is the same."""
    cell = stack(PROBES["inert"], "c|d", "d")
    spectrum = mt.simulate(cell, mt.EIS.at(F))
    total = mt.simulate(cell.with_({"reference": None}), mt.EIS.at(F))["impedance"].values
    np.testing.assert_allclose(spectrum["impedance"], total, rtol=1e-12)
    np.testing.assert_allclose(spectrum["impedance_negative"] + spectrum["impedance_positive"], total, rtol=1e-12)


def test_leads_are_shared_by_both_halves() -> None:
    """At a frequency at which nothing but the leads is seen."""
    cell = mt.Cell("c", mt.Blocking("1 F/cm^2"), [mt.Layer("a", mt.IonConductor(1e6), 1e-6)], mt.Blocking("1 F/cm^2"),
                   series_resistance=1e-2, reference=mt.Reference(at="positive", kind=mt.IonProbe()))  # fmt: skip
    np.testing.assert_allclose([half[0] for half in exact_halves(cell, [1e4])], 50.0, rtol=1e-6)


# -- the routes ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("probe", "at", "layer"), [("inert", "c-d", "d"), ("ion", "b-c", "c")])
def test_spectra_of_the_mesh_and_in_closed_form(probe: str, at: str, layer: str) -> None:
    cell = stack(PROBES[probe], at, layer)
    exact = mt.simulate(cell, mt.EIS.at(F))
    mesh = mt.simulate(cell, mt.EIS.at(F), route=mt.Mesh())
    for name in ("impedance_negative", "impedance_positive"):
        assert float(np.abs((exact[name] - mesh[name]) / exact["impedance"]).max()) < 1e-4


@pytest.mark.parametrize(("probe", "at", "layer"), [("inert", "c-d", "d"), ("ion", "a-b", "")])
def test_runs_in_time_by_all_routes(probe: str, at: str, layer: str) -> None:
    cell = stack(PROBES[probe], at, layer, fixture=mt.Fixture()).with_({"negative": mt.Blocking("5 uF/cm^2")})
    protocol = mt.Polarization("10 mV", "1 h", first_time="1 ms")
    exact, *others = (mt.simulate(cell, protocol, route=route) for route in (mt.Laplace(), mt.Modes(), mt.Mesh()))
    for run in others:
        np.testing.assert_allclose(run["voltage_negative"], exact["voltage_negative"], atol=1e-6)
        np.testing.assert_allclose(run["voltage_negative"] + run["voltage_positive"], run["voltage"], atol=1e-12)
    assert float(np.ptp(exact["voltage_negative"].values)) > 1e-4  # something happened


@pytest.mark.slow
def test_a_spectrum_under_bias_starts_from_the_slopes_of_the_halves() -> None:
    """dV_neg/dI of the steady states is Z_neg at the lowest frequency: ions and electrons divide otherwise at 0.2 V."""
    material = mt.MixedConductor(0.05, mt.DefectElectrons(5e-6, 5e-12, 1e-7), 1e4)
    cell, fraction, f = cut(0.3, mt.InertProbe(), material), 0.3, FARADAY / (GAS * 298.15)
    found = mt.simulate(cell, mt.EIS.at([1e-9], bias=mt.Voltage("0.2 V")))

    def sigma(E: float) -> float:
        return 5e-6 * np.exp(-f * E) + 5e-12 * np.exp(f * E) + 1e-7

    def integral(E: float) -> float:
        return (5e-6 * -np.expm1(-f * E) + 5e-12 * np.expm1(f * E)) / f + 1e-7 * E

    from scipy.optimize import brentq

    inside = brentq(lambda E: integral(E) - fraction * integral(0.2), 0.0, 0.2, xtol=1e-14)
    # i L = S(E_L), S(E_x) = S(E_L) x/L: dE_x/di = x/sigma(E_x)
    assert found["impedance_negative"].values[0].real == pytest.approx(fraction * THICKNESS / sigma(inside), rel=1e-4)
    assert found["impedance"].values[0].real == pytest.approx(THICKNESS / sigma(0.2), rel=1e-4)


@pytest.mark.slow
def test_runs_side_by_side_have_halves() -> None:
    cell, path = stack(PROBES["inert"], "c-d", "d", fixture=mt.Fixture()), "layers.d.thickness"
    values = np.array([1.1e-4, 2.1e-4, 3.1e-4])
    cells = [cell.with_({path: value}) for value in values]
    protocol = mt.Polarization("10 mV", "1 h", per_decade=2)
    runs = side_by_side(cell, cells, {path: values}, protocol).datasets
    assert len(runs) == 3
    for number, run in runs.items():
        one = mt.simulate(cells[number], protocol)
        np.testing.assert_allclose(run["voltage_negative"], one["voltage_negative"], atol=1e-7)


def test_kept_models_know_where_the_reference_is() -> None:
    """Cells that differ in its place alone are run one after the other, as the first of them would be kept."""
    protocol = mt.Polarization("10 mV", "1 h", per_decade=1)
    places = PLACES[2:4]
    read = {
        at: [
            float(mt.simulate(stack(PROBES["ion"], at, layer, fixture=mt.Fixture()), protocol)["voltage_negative"][1])
            for _ in range(2)
        ]
        for at, layer in places
    }
    assert all(first == second for first, second in read.values())
    assert len({round(first, 12) for first, _ in read.values()}) == len(places)


# -- halves as data --------------------------------------------------------------------------------------------------
def test_a_fit_of_one_half_finds_what_lies_there() -> None:
    cell, path = stack(PROBES["ion"], "c-d", "c"), "negative.exchange_current_density"
    measured = mt.simulate(cell, mt.EIS.at(np.geomspace(1e5, 1e-2, 30)))
    data = mt.analysis.negative_half(measured)
    found = mt.fit(cell.with_({path: "3 mA/cm^2"}), data, [path])
    assert found.values[path] == pytest.approx(float(cell.get(path)), rel=1e-6)
    with pytest.raises(mt.InputError, match="the cell to be fitted has no reference"):
        mt.fit(cell.with_({"reference": None}), data, [path])


def test_a_fit_of_one_half_of_a_run_in_time() -> None:
    metal, path = mt.Plating("1 mA/cm^2"), "layers.a.thickness"
    cell = stack(PROBES["ion"], "c-d", "c", fixture=mt.Fixture()).with_({"positive": metal})
    run = mt.simulate(cell, mt.Galvanostatic("10 uA", "1 h", points=20))
    half = mt.analysis.negative_half(run)
    assert mt.fit(cell.with_({path: 2e-4}), half, [path]).values[path] == pytest.approx(1e-4, rel=1e-3)
    held = half.assign_attrs(control="voltage", protocol="")
    with pytest.raises(mt.InputError, match="a simulation imposes that of the cell"):
        mt.fit(cell, held, [path])
    with pytest.raises(mt.InputError, match="no halves"):
        mt.analysis.positive_half(half)


def test_an_impedance_read_as_that_of_the_working_electrode(tmp_path: Any) -> None:
    """EC-Lab's Zwe alone: the positive half of a cell with a reference, the cell's own of one without."""
    cell = stack(PROBES["ion"], "c-d", "d")
    half = mt.analysis.positive_half(mt.simulate(cell, mt.EIS.at(np.geomspace(1e5, 1e-1, 20))))
    z = half["impedance"].values
    written(tmp_path / "zwe.txt", ["freq/Hz", "Re(Zwe)/Ohm", "-Im(Zwe)/Ohm"], half["frequency"].values, z.real, -z.imag)
    read, path = mt.read(tmp_path / "zwe.txt"), "layers.d.thickness"
    assert read.attrs["electrode"] == "working"
    assert mt.fit(cell.with_({path: 2e-4}), read, [path]).values[path] == pytest.approx(3e-4, rel=1e-5)
    assert mt.fit(cell.with_({"reference": None}), read, [path]).values[path] != pytest.approx(3e-4, rel=1e-2)


def test_files_with_both_halves(tmp_path: Any) -> None:
    """EC-Lab with the counter electrode recorded: Zwe beside Zwe-ce, Ewe beside Ece."""
    eis = mt.simulate(stack(PROBES["ion"], "c-d", "d"), mt.EIS.at(np.geomspace(1e5, 1e-1, 20)))
    whole, side = eis["impedance"].values, eis["impedance_positive"].values
    heads = ["freq/Hz", "Re(Zwe-ce)/Ohm", "-Im(Zwe-ce)/Ohm", "Re(Zwe)/Ohm", "-Im(Zwe)/Ohm"]
    written(tmp_path / "both.txt", heads, eis["frequency"].values, whole.real, -whole.imag, side.real, -side.imag)
    read = mt.read(tmp_path / "both.txt")
    assert "electrode" not in read.attrs
    for name in ("impedance", "impedance_negative", "impedance_positive"):
        np.testing.assert_allclose(read[name], eis[name], rtol=1e-7)
    time, counter = np.linspace(0.0, 10.0, 12), np.linspace(-0.01, -0.02, 12)
    written(
        tmp_path / "signal.txt", ["time/s", "Ewe/V", "Ece/V", "I/A"], time, counter + 0.05, counter, 1e-6 + 0 * time
    )
    signal = mt.read(tmp_path / "signal.txt")
    np.testing.assert_allclose(signal["voltage"], 0.05, rtol=1e-9)
    np.testing.assert_allclose(mt.analysis.negative_half(signal)["voltage"], -counter, rtol=1e-9)


def written(path: Any, heads: list[str], *columns: np.ndarray) -> None:
    rows = ["\t".join(f"{x:.9e}" for x in row) for row in zip(*columns, strict=True)]
    path.write_text("\n".join(["\t".join(heads), *rows]))


# -- what is refused -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"at": "a|c"}, "'a-c' is no face of this stack, whose faces are negative, a-b, b-c, c-d, positive"),
        ({"at": "c|d"}, "say on which side of it the reference lies, layer='c' or layer='d'"),
        ({"at": "c|d", "layer": "a"}, "'a' does not lie at c-d"),
        ({"at": "c|d", "layer": "c", "kind": mt.InertProbe()}, "exchanges electrons, which do not move in c but only"),
        ({"at": "a|b", "kind": "inert"}, "a probe"),
    ],
)
def test_what_cannot_be_read_is_refused(given: dict[str, Any], said: str) -> None:
    cell = stack(PROBES["ion"], "negative")
    with pytest.raises(mt.InputError, match=said.replace("|", r"\|")):
        cell.with_({"reference": {"kind": mt.IonProbe()} | given})


def test_a_cell_with_a_reference_is_written_and_read() -> None:
    cell = stack(PROBES["inert"], "c | d", "d")
    assert mt.Cell.from_yaml(cell.to_yaml()).identical(cell)
    with pytest.raises(mt.InputError, match="has no reference"):
        exact_halves(cell.with_({"reference": None}), F)
