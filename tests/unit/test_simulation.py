"""`simulate`: what it refuses, how it fails, how it goes on, what it writes into a result."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin.cells import (
    Blocking,
    Cell,
    DefectElectrons,
    IonConductor,
    Junction,
    Layer,
    MixedConductor,
    Plating,
)
from mgtwin.cells.files import cell
from mgtwin.dataset import problems
from mgtwin.errors import InputError, UnknownNameError
from mgtwin.impedance.exact import exact
from mgtwin.protocols import (
    EIS,
    Current,
    Cycling,
    Galvanostatic,
    Polarization,
    Replay,
    ReplayedSignal,
    Rest,
    Sequence,
    Signal,
    Voltage,
    Voltammetry,
    from_yaml,
)
from mgtwin.simulation import simulate

GOLD = Blocking(0.1)
MG = Plating(5.0, double_layer=0.1)
SEALED = Blocking(0.1, electronic_resistance=np.inf)
ION = IonConductor(0.05)
MIXED = MixedConductor(0.05, 0.01, 1e6)


def single(negative: Any, material: Any, positive: Any, **fields: Any) -> Cell:
    """One layer of 0.1 mm between two electrodes of 1 cm2."""
    return Cell("made_up", negative, [Layer("layer", material, 1e-4)], positive, **fields)


#: Mg | ions | Mg: small, fast, with double layers.
SIMPLE = single(MG, ION, MG)
#: Mg | mixed | Au with a profile of E.
DIFFUSING = single(MG, MIXED, GOLD)


# -- galvanostatic control without a path ---------------------------------------------------------------------------
STOPPED = {
    "ions at both electrodes": single(GOLD, ION, GOLD),
    "ions at one electrode": single(MG, ION, GOLD),
    "electrons by contacts, ions by gold": single(SEALED, MIXED, SEALED),
    "electrons by a layer, ions by gold": Cell("made_up", GOLD, [Layer("a", MIXED, 1e-4), Layer("b", ION, 1e-4)], GOLD),
    "electrons by a junction, ions by gold": Cell(
        "made_up", GOLD, [Layer("a", MIXED, 1e-4), Layer("b", MIXED, 1e-4)], GOLD, {"a-b": Junction(0.1)}
    ),
    "ions by a junction, electrons by a layer": Cell(
        "made_up", MG, [Layer("a", ION, 1e-4), Layer("b", ION, 1e-4)], MG, {"a-b": Junction(np.inf, 0.1)}
    ),
}
PASSING = {
    "ions": single(MG, ION, MG),
    "electrons": single(GOLD, MIXED, GOLD),
    "electrons, ions stopped by a junction": Cell(
        "made_up", MG, [Layer("a", MIXED, 1e-4), Layer("b", MIXED, 1e-4)], MG, {"a-b": Junction(np.inf, None, 0.1)}
    ),
    "both": single(MG, MIXED, MG),
}
MESSAGE = "no single carrier conducts from electrode to electrode .* Set voltage limits"


@pytest.mark.parametrize("name", STOPPED)
def test_a_current_that_no_carrier_can_take_through_is_refused(name: str) -> None:
    item = STOPPED[name]
    for protocol in (
        Galvanostatic("1 uA", "10 s"),
        Cycling("1 uA", "10 s", 2),
        EIS.at([1.0], bias=Current("1 uA")),
        Sequence([Rest("1 s"), Galvanostatic("1 uA", "10 s")]),
    ):
        with pytest.raises(InputError, match=MESSAGE):
            simulate(item, protocol)
    # with limits, without current, or with a voltage it can be done
    run = simulate(item, Galvanostatic("1 uA", "1 h", limits=("-0.2 V", "0.2 V"), points=2))
    assert float(run["voltage"][-1]) == pytest.approx(0.2, abs=1e-6) and float(run["time"][-1]) < 3600
    simulate(item, Rest("1 s", points=2))
    # the refusal was right: in the end nothing flows, measured by what the ohmic resistance would let through
    current = simulate(item, Polarization("50 mV", "1e9 s", first_time="1 s", per_decade=1))["current"].values
    assert abs(current[-1]) < 1e-12 * 0.05 / float(exact(item, 1e9).real)


@pytest.mark.parametrize("name", PASSING)
def test_a_current_that_one_carrier_can_take_through_is_accepted(name: str) -> None:
    run = simulate(PASSING[name], Galvanostatic("1 uA", "1e9 s", points=2))
    assert float(run["time"][-1]) == 1e9 and abs(float(run["voltage"][-1])) < 0.1  # it reaches a steady state


# -- voltage control of capacitors ----------------------------------------------------------------------------------
#: eps/sigma = 0.9 s
SLOW = single(GOLD, IonConductor(1e-9, relative_permittivity=100.0), GOLD)


def test_a_voltage_on_nothing_but_capacitors_is_refused() -> None:
    message = "every element in series is a capacitor at the first output time .*layer.* series_resistance"
    for protocol in (
        Polarization(0.1, "1 s", first_time="1 us"),
        Voltammetry(-0.1, 0.1, "1 V/s"),
        ReplayedSignal(Signal([0, 1e-3, 2e-3], [0, 0.1, 0]), by_voltage=True),
        Sequence([Rest("1 s"), Polarization(0.1, "1 s")]),
    ):
        with pytest.raises(InputError, match=message):
            simulate(SLOW, protocol)


def test_what_the_message_advises_works() -> None:
    short = Polarization(0.1, "1 s", first_time="1 us", per_decade=1)
    with_resistance = simulate(SLOW.with_({"series_resistance": "0.1 ohm*cm^2"}), short)
    assert float(with_resistance["current"][0]) > 0
    later = simulate(SLOW, Polarization(0.1, "100 s", first_time="20 s", per_decade=3))  # 20 relaxation times
    assert np.all(np.diff(later["current"].values) < 0)


@pytest.mark.parametrize(
    "change",
    [
        {"negative": Plating(5.0)},  # charge transfer without a double layer
        {"layers.layer.material.relative_permittivity": None},
    ],
    ids=["electrode", "layer"],
)
def test_one_ohmic_element_is_enough(change: dict[str, Any]) -> None:
    run = simulate(SLOW.with_(change), Polarization(0.1, "1 s", first_time="1 us", per_decade=1))
    assert np.all(np.isfinite(run["current"].values)) and float(run["current"][0]) > 0


def test_a_resistance_of_next_to_nothing_is_none() -> None:
    """No first step could be found beside an electrode of 1e12 A/m2: fast layers are resistances, or it is said."""
    protocol, metal = Polarization(0.1, "1 s", first_time="1 us", per_decade=1), Plating(1e12)
    slow, fast = (single(metal, IonConductor(sigma, relative_permittivity=25.0), metal) for sigma in (1e-4, 1e-2))
    with pytest.raises(InputError, match=r"a charge transfer below 1e-08 of their resistance is none.*start later"):
        simulate(slow, protocol)
    run = simulate(fast, protocol)
    assert float(run["voltage"][-1] / run["current"][-1]) == pytest.approx(mt.impedance.dc_resistance(fast), rel=1e-6)


def test_an_ohmic_junction_is_enough() -> None:
    layers = [Layer(name, SLOW.layers[0].material, 1e-4) for name in ("a", "b")]
    stack = Cell("made_up", GOLD, layers, GOLD, {"a-b": Junction(0.1)})
    protocol = Polarization(0.1, "1 s", first_time="1 us", per_decade=1)
    assert float(simulate(stack, protocol)["current"][0]) > 0
    with pytest.raises(InputError, match="every element in series is a capacitor"):
        simulate(stack.with_({"interfaces.a-b.capacitance": 0.01}), protocol)


# -- other refusals -------------------------------------------------------------------------------------------------
def test_wrong_arguments_are_named() -> None:
    with pytest.raises(InputError, match=r"simulate needs a Cell first, not str: build one with mt\.cell"):
        simulate("trilayer", Rest("1 s"))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="simulate needs a protocol second, not str: for example"):
        simulate(SIMPLE, "rest")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="needs a Cell first, not Rest"):
        simulate(Rest("1 s"), SIMPLE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        (single(Blocking(None), ION, MG), "negative electrode blocks ions, has no double layer"),
        (single(MG, MIXED, Blocking(None, np.inf)), "positive electrode blocks ions, has no double layer"),
        (
            Cell("made_up", MG, [Layer("a", ION, 1e-4), Layer("b", ION, 1e-4)], MG, {"a-b": Junction(np.inf)}),
            "interfaces.a-b blocks ions and electrons and has no capacitance",
        ),
    ],
    ids=["negative", "positive", "junction"],
)
def test_an_interface_that_passes_nothing_is_refused(stack: Cell, message: str) -> None:
    with pytest.raises(InputError, match=message):
        simulate(stack, Polarization(0.1, "1 s"))
    with pytest.raises(InputError, match="no current of any kind crosses it"):
        simulate(stack, EIS.at([1.0]))


def test_inputs_of_a_model_are_checked() -> None:
    for inputs, error, message in (
        (["layers.layer.thicknes"], UnknownNameError, "Did you mean .*layers.layer.thickness"),
        (["layers.layer.thickness", "layers.*.thickness"], InputError, "layers.layer.thickness is named twice"),
        (["layers.layer.material"], InputError, "layers.layer.material"),
    ):
        with pytest.raises(error, match=message):
            mt.StackModel(SIMPLE, inputs=inputs)


# -- temperatures ---------------------------------------------------------------------------------------------------
def test_a_temperature_outside_a_law_is_noted_in_every_result() -> None:
    law = mt.Arrhenius(0.05, 300.0, 0.3, valid=(290.0, 350.0))
    item = single(MG, IonConductor(law), MG, temperature=280.0)
    protocols = (EIS.at([1.0]), Rest("1 s", points=2), Polarization(0.01, "1 s"), EIS.at([1.0], bias=Voltage(0.01)))
    for protocol in protocols:
        for stack, expected in ((item, 1), (item.with_({"temperature": 300.0}), 0)):
            warnings = simulate(stack, protocol).attrs["warnings"]
            found = [
                text for text in warnings if "layers.layer.material.ionic_conductivity: Arrhenius law used at" in text
            ]
            assert len(found) == expected
            assert all("outside its validity" in text for text in found)


def test_a_protocol_brings_its_own_temperature() -> None:
    law = mt.Arrhenius(0.05, 300.0, 0.3, valid=(290.0, 350.0))
    item = single(MG, IonConductor(law), MG, temperature=280.0)
    cold, warm = (simulate(item, EIS.at([1e6], temperature=t)) for t in (None, 320.0))
    assert (cold.attrs["temperature"], warm.attrs["temperature"]) == (280.0, 320.0)
    assert cold.attrs["warnings"] and not warm.attrs["warnings"]
    assert Cell.from_yaml(warm.attrs["cell"]).temperature == 320.0
    assert item.temperature == 280.0  # nothing mutates
    same = simulate(item.with_({"temperature": 320.0}), EIS.at([1e6]))
    np.testing.assert_array_equal(warm["impedance"], same["impedance"])
    in_time = simulate(item, Galvanostatic("1 uA", "1 s", points=2, temperature=320.0))
    expected = simulate(item.with_({"temperature": 320.0}), Galvanostatic("1 uA", "1 s", points=2))
    np.testing.assert_array_equal(in_time["voltage"], expected["voltage"])


def test_the_steps_of_a_sequence_may_differ_in_temperature() -> None:
    law = mt.Arrhenius(0.05, 300.0, 0.3)
    item = single(MG, IonConductor(law), MG)
    tree = simulate(
        item,
        Sequence([EIS.at([1e6]), EIS.at([1e6], temperature=330.0), EIS.at([1e6])], temperature=310.0),
    )
    assert [node.to_dataset().attrs["temperature"] for node in tree.leaves] == [310.0, 330.0, 310.0]
    z = [float(node["impedance"].values[0].real) for node in tree.leaves]
    assert z[0] == z[2] > z[1]


# -- results --------------------------------------------------------------------------------------------------------
def test_a_result_follows_the_schema_and_says_what_made_it() -> None:
    import pybamm

    for protocol in (EIS.at([1.0, 10.0]), Galvanostatic("1 uA", "1 s"), Voltammetry(-0.1, 0.1, "1 V/s", points=4)):
        run = simulate(DIFFUSING.with_({"positive": MG}), protocol)
        assert problems(run) == []
        assert from_yaml(run.attrs["protocol"]) == protocol
        assert run.attrs["area"] == 1e-4 and run.attrs["temperature"] == 298.15
        assert run.attrs["mgtwin_version"] and run.attrs["created"].startswith("20")
        assert run.attrs["route"].startswith("exact" if protocol.type == "eis" else "modes (")
        if protocol.type != "eis":
            assert run.attrs["pybamm_version"] == pybamm.__version__


def test_sources_are_those_of_the_cell() -> None:
    run = simulate(cell("trilayer"), EIS.at([1.0]))
    assert "mg3asn2025" in run.attrs["sources"] and len(set(run.attrs["sources"])) == len(run.attrs["sources"])


def test_signs_are_the_laboratory_s() -> None:
    """Positive current strips the working (right) electrode; V and I of a passive cell have the same sign."""
    run = simulate(SIMPLE, Galvanostatic("1 uA", "10 s", points=4))
    assert np.all(run["current"].values > 0) and np.all(run["voltage"].values > 0)
    assert np.all(run["overpotential"].isel(time=-1).values >= 0)
    leak = simulate(single(GOLD, MIXED, GOLD), Polarization("10 mV", "1e6 s", per_decade=1))
    assert float(leak["electronic_current"].sel(interface="positive")[-1]) == pytest.approx(float(leak["current"][-1]))


def test_profiles_lie_where_the_layers_are() -> None:
    run = simulate(cell("trilayer"), Rest("1 s", points=2))
    item = cell("trilayer")
    left = float(item.layers[0].thickness)
    right = left + float(item.layers[1].thickness)
    x = run["x"].values
    assert set(run["layer"].values) == {"antiperovskite"}
    assert np.all(np.diff(x) > 0) and left < x[0] < left + 1e-5 and right - 1e-5 < x[-1] < right
    assert "x" not in simulate(SIMPLE, Rest("1 s", points=2)).dims


def test_a_sequence_is_a_tree_with_a_node_per_step() -> None:
    protocol = Sequence([EIS.at([1.0]), Galvanostatic("1 uA", "10 s", points=3), EIS.at([1.0]), Rest("5 s", points=3)])
    tree = simulate(SIMPLE, protocol)
    assert list(tree.children) == ["00_eis", "01_galvanostatic", "02_eis", "03_rest"]
    # the state is carried on, also past a spectrum
    assert float(tree["03_rest"]["voltage"][0]) == pytest.approx(
        float(tree["01_galvanostatic"]["voltage"][-1]) - 1e-6 * 1e-4 / 0.05 / 1e-4, rel=1e-4
    )
    assert "exact" in tree["00_eis"].attrs["route"] and "mesh" in tree["02_eis"].attrs["route"]


def test_sequences_in_sequences() -> None:
    inner = Sequence([EIS.at([1.0])])
    tree = simulate(SIMPLE, Sequence([inner, Galvanostatic("1 uA", "10 s", points=3), inner, Rest("5 s", points=3)]))
    assert list(tree.children) == ["00_sequence", "01_galvanostatic", "02_sequence", "03_rest"]
    assert "mesh" in tree["02_sequence/00_eis"].attrs["route"]  # after the current, not at rest
    assert abs(float(tree["03_rest"]["voltage"][0])) > 1e-5  # the nested spectrum did not reset the state


def test_progress_is_reported() -> None:
    seen: list[tuple[float, str]] = []
    stairs = Polarization([0.1, 0.2, 0.1, 0.2], "1 s", per_decade=2)
    simulate(DIFFUSING, stairs, progress=lambda part, text: seen.append((part, text)))
    assert [part for part, _ in seen] == [0.25, 0.5, 0.75, 1.0]
    assert [text for _, text in seen] == ["cycle 1"] * 4


@pytest.mark.parametrize(
    "protocol",
    [
        EIS.at([10.0, 1.0]),
        Polarization("20 mV", "10 s", first_time="1 ms", per_decade=2),
        Cycling("-1 uA", "10 s", cycles=2, rest="1 s", points=3),
        Sequence([Rest("1 s", points=2), EIS.at([1.0])]),
    ],
    ids=lambda protocol: protocol.type,
)
def test_a_saved_result_can_be_run_again(protocol: Any, tmp_path: Path) -> None:
    """Open the file, read cell and protocol from its attributes, simulate: the same numbers."""
    run = simulate(DIFFUSING.with_({"positive": MG}), protocol)
    opened = mt.open(mt.save(run, tmp_path / "run.nc"))
    xr.testing.assert_identical(opened, run)
    again = simulate(Cell.from_yaml(opened.attrs["cell"]), from_yaml(opened.attrs["protocol"]))
    pairs = [(run, again)] if isinstance(run, xr.Dataset) else list(zip(run.leaves, again.leaves, strict=True))
    assert len(pairs) == (len(protocol.steps) if isinstance(protocol, Sequence) else 1)
    for old, new in pairs:
        assert set(old.data_vars) == set(new.data_vars)
        for name in old.data_vars:
            np.testing.assert_array_equal(new[name].values, old[name].values)


def test_a_run_goes_on_from_a_file(tmp_path: Path) -> None:
    half = simulate(DIFFUSING, Polarization("20 mV", "50 s", first_time="1 s", per_decade=2))
    opened = mt.open(mt.save(half, tmp_path / "half.nc"))
    protocol = Polarization("20 mV", "50 s", first_time="1 s", per_decade=2)
    np.testing.assert_array_equal(
        simulate(DIFFUSING, protocol, start=opened)["current"], simulate(DIFFUSING, protocol, start=half)["current"]
    )


def test_replay_of_a_run_repeats_it() -> None:
    item = DIFFUSING.with_({"positive": MG})
    run = simulate(item, Cycling("-1 uA", "10 s", cycles=2, rest="1 s", points=5))
    again = simulate(item, Replay(run))
    np.testing.assert_array_equal(again["time"], run["time"])
    scale = float(np.max(np.abs(run["voltage"])))  # meshes: cycling has half the points, and errs by 1e-3 at most
    np.testing.assert_allclose(again["voltage"], run["voltage"], rtol=0, atol=1e-3 * scale)
    by_voltage = simulate(item, Replay(simulate(item, Voltammetry(-0.1, 0.1, "10 mV/s", points=10)), by_voltage=True))
    np.testing.assert_allclose(
        by_voltage["current"], simulate(item, Voltammetry(-0.1, 0.1, "10 mV/s", points=10))["current"], rtol=1e-4
    )


# -- warnings about the state ---------------------------------------------------------------------------------------
def test_supersaturation_is_noted() -> None:
    """E below minimum_potential: Mg could precipitate inside, which the model lacks."""
    item = single(GOLD, MIXED, GOLD)
    noted = simulate(item, Polarization("0.5 V", "1e4 s", per_decade=1)).attrs["warnings"]
    assert any("Mg supersaturated" in text and "risk of internal deposition" in text for text in noted)
    assert simulate(item, Polarization("20 mV", "1e4 s", per_decade=1)).attrs["warnings"] == []


def test_a_rest_at_which_exponentials_saturate_is_refused() -> None:
    """A composition whose E0 is 47 kT/e: continued along its tangent the conductivity would be 130 times too small."""
    holes = DefectElectrons(1e-6, 1e-26)
    with pytest.raises(InputError, match=r"changed by exp\(47\) from its value at 0 V \(allowed: exp\(40\)\)"):
        simulate(single(GOLD, MixedConductor(0.05, holes, 1e6, rest_potential=1.2), GOLD), Rest("1 s", points=2))
    run = simulate(single(GOLD, MixedConductor(0.05, holes, 1e6, rest_potential=0.9), GOLD), Rest("1 s", points=2))
    assert not any("|FE/RT| exceeds 40" in text for text in run.attrs["warnings"])


def test_leaving_the_homogeneity_range_is_noted() -> None:
    protocol = Polarization("0.4 V", "1e5 s", per_decade=1)
    for limit, expected in ((1e-4, 0), (1e-5, 1)):
        material = dataclasses.replace(MIXED, homogeneity_range=(-limit, limit), molar_volume="45.6 cm^3/mol")
        warnings = simulate(single(MG, material, GOLD), protocol).attrs["warnings"]
        noted = [text for text in warnings if "stoichiometry" in text]
        assert len(noted) == expected
    assert "beyond its homogeneity range [-1e-05, 1e-05]" in noted[0]
    # E rises from 0 to 0.4 V across the layer: the mean change is -V_m c_chem 0.2 V/(zF)
    change = float(noted[0].split("changes by ")[1].split()[0])
    assert change == pytest.approx(-45.6e-6 * 1e6 * 0.2 / (2 * 96485.33), rel=0.01)


def test_a_spectrum_at_rest_has_no_state_to_warn_of() -> None:
    assert simulate(single(GOLD, MIXED, GOLD), EIS.at([1.0])).attrs["warnings"] == []


def test_simulating_changes_neither_cell_nor_protocol() -> None:
    item, protocol = DIFFUSING, Polarization("20 mV", "1 s", first_time="1 ms", per_decade=1)
    before = (item.to_yaml(), protocol.to_yaml())
    simulate(item, protocol)
    assert (item.to_yaml(), protocol.to_yaml()) == before
