"""Protocols: what they accept, what they refuse and in which words, what they ask of the integrator."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
import pytest

from mgtwin import protocols
from mgtwin.cells.files import cell
from mgtwin.dataset import spectrum, transient
from mgtwin.errors import InputError, MgtwinError, UnknownNameError
from mgtwin.protocols import (
    CCCV,
    EIS,
    AgainstReference,
    Current,
    CurrentRamp,
    Cycling,
    Galvanostatic,
    LinearSweep,
    Polarization,
    RateTest,
    Replay,
    ReplayedSignal,
    Rest,
    Segment,
    Sequence,
    Signal,
    Voltage,
    VoltageRamp,
    Voltammetry,
    from_data,
    from_yaml,
    protocol,
)
from mgtwin.protocols.bias import bias
from mgtwin.quantities import Quantity, Value
from mgtwin.simulation import simulate

CELL = cell("trilayer")
AREA = float(CELL.area)

#: One protocol of each kind, with every field set to something else than its default.
EXAMPLES: dict[str, Any] = {
    "eis": EIS("1 MHz", "0.1 Hz", points=7, temperature="60 degC"),
    "eis per decade": EIS(1e6, 0.1, per_decade=3),
    "eis at": EIS.at([1e3, 0.1, 10.0]),
    "eis under voltage": EIS(1e6, 0.1, bias=Voltage("0.5 V")),
    "eis under current": EIS(1e6, 0.1, bias=Current("7.5 uA/cm^2")),
    "polarization": Polarization(["0.5 V", 1.0], "2 h", first_time="1 ms", per_decade=5, temperature=333.15),
    "voltammetry": Voltammetry("-1.6 V", "1.4 V", "0.1 mV/s", cycles=2, start="0.1 V", points=50, temperature=333.15),
    "linear sweep": LinearSweep("-1 V", "0.1 mV/s", start="0.1 V", points=50, temperature=333.15),
    "galvanostatic": Galvanostatic("-7.5 uA/cm^2", "1 h", limits=("-2 V", "2 V"), points=10, first_time="1 s"),
    "cycling": Cycling("10 uA", "1 h", cycles=3, rest="1 min", limits=("-2 V", "2 V"), points=8, temperature=300.0),
    "CC-CV": CCCV("0.1 mA/cm^2", "1.7 V", "5 uA/cm^2", "10 h", points=6, temperature="60 degC"),
    "three electrodes": AgainstReference(Rest("1 s"), temperature="60 degC"),
    "rate test": RateTest(["C/10", 2], ("0.6 V", "1.7 V"), "C/5", rest="1 min", nominal_current="1 mA/cm^2", points=6),
    "rest": Rest("1 h", points=6, temperature=300.0),
    "replay": ReplayedSignal(Signal([0.0, 1.0, 1.0, 2.0], [0.0, 1e-6, -1e-6, 0.0]), temperature=300.0),
    "replay by voltage": ReplayedSignal(Signal([0.0, 1.0], [0.0, 0.1]), by_voltage=True),
    "sequence": Sequence([EIS(1e6, 0.1), Cycling("-1 uA", "60 s", 2), Sequence([Rest("1 s")])], temperature="25 degC"),
}


# -- YAML -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", EXAMPLES)
def test_survives_yaml_and_plain_data(name: str) -> None:
    protocol = EXAMPLES[name]
    assert from_yaml(protocol.to_yaml()) == protocol
    assert from_data(protocol.to_data()) == protocol


@pytest.mark.parametrize("name", EXAMPLES)
def test_is_immutable(name: str) -> None:
    field = dataclasses.fields(EXAMPLES[name])[0].name
    with pytest.raises((dataclasses.FrozenInstanceError, AttributeError)):
        setattr(EXAMPLES[name], field, None)


def test_every_kind_has_an_example() -> None:
    assert {protocol.type for protocol in EXAMPLES.values()} == set(protocols.PROTOCOLS)


def test_the_unit_of_a_current_survives_yaml() -> None:
    """A current density stays one: its current depends on the cell."""
    again = from_yaml(Galvanostatic("7.5 uA/cm^2", "1 h").to_yaml())
    assert again.current.unit == "A/m^2"
    assert again.segments(CELL)[0].control.start == pytest.approx(0.075 * AREA)


# -- what is refused, and how ---------------------------------------------------------------------------------------
BAD: dict[str, tuple[Any, str]] = {
    # EIS
    "f_max below f_min": (lambda: EIS(0.1, 1e6), r"f_max \(0.1 Hz\) must be above f_min \(1e\+06 Hz\): exchange them"),
    "equal frequencies": (lambda: EIS(1.0, 1.0), r"f_max \(1 Hz\) must be above f_min \(1 Hz\)"),
    "negative frequency": (lambda: EIS(1e6, -1), "f_min: must be greater than 0 Hz, but is -1 Hz"),
    "zero frequency": (lambda: EIS.at([1.0, 0.0]), "frequencies.1: must be greater than 0 Hz, but is 0 Hz"),
    "NaN frequency": (lambda: EIS.at([np.nan]), "NaN is not a value"),
    "infinite frequency": (lambda: EIS(np.inf, 1.0), "f_max: inf is infinite: a finite value is needed"),
    "frequency of another dimension": (lambda: EIS("1 S/m", 1.0), "a frequency in Hz is needed"),
    "no frequencies": (lambda: EIS.at([]), "give at least one frequency"),
    "a frequency twice": (lambda: EIS.at([10.0, 1.0, 10.0]), "the frequency 10 Hz is given twice"),
    "no f_min": (lambda: EIS(1e6), "give f_max and f_min, or frequencies, as EIS.at"),
    "points and per_decade": (lambda: EIS(1e6, 1, points=5, per_decade=3), "either points .* or per_decade, not both"),
    "a list and limits": (lambda: EIS(1e6, 1, frequencies=[1.0]), "either frequencies, or f_max and f_min, not both"),
    "one point": (lambda: EIS(1e6, 1, points=1), "points: .*greater than or equal to 2"),
    "bias that is a number": (lambda: EIS(1e6, 1, bias=0.5), r"bias: a bias is needed here \(type voltage, current\)"),
    # currents
    "current in volts": (lambda: Galvanostatic("1 V", "1 s"), "'1 V' is not a current: write one in A, mA, uA"),
    "current per length": (lambda: Galvanostatic("10 uA/cm", "1 s"), "'10 uA/cm' is not a current"),
    "decimal comma": (lambda: Galvanostatic("1,5 uA", "1 s"), "comma: write a decimal point"),
    "NaN current": (lambda: Galvanostatic(np.nan, "1 s"), "current: NaN is not a value"),
    "infinite current": (lambda: Galvanostatic(np.inf, "1 s"), "current: inf is infinite"),
    "current that is true": (lambda: Galvanostatic(True, "1 s"), "current: .*not True"),
    # durations
    "negative duration": (lambda: Galvanostatic(1e-6, -1), "duration: must be greater than 0 s, but is -1 s"),
    "no time at all": (lambda: Rest(0), "duration: must be greater than 0 s"),
    "duration twice": (lambda: Rest("1 h", duration=3), "duration is given twice"),
    "first output after the end": (
        lambda: Polarization(1, "1 s", first_time="2 s"),
        r"first output time \(2 s\) must be shorter than the duration \(1 s\)",
    ),
    # voltages and limits
    "no voltages": (lambda: Polarization([], 1), "give at least one voltage"),
    "limits exchanged": (
        lambda: Galvanostatic(1e-6, 1, limits=(1, -1)),
        r"limits are \(lowest, highest\) voltage, but 1 V is not below -1 V",
    ),
    "one limit": (lambda: Cycling(1e-6, 1, 1, limits=("1 V",)), "limits"),
    "vertices exchanged": (lambda: Voltammetry(1, -1, 1), r"low \(1 V\) must be below high \(-1 V\): exchange them"),
    "start outside": (lambda: Voltammetry(-1, 1, 1, start=2), r"start \(2 V\) must lie between low and high"),
    "no scan rate": (lambda: Voltammetry(-1, 1, 0), "rate: must be greater than 0 V/s"),
    # cycling
    "no current": (lambda: Cycling(0, 1, 1), "the current of a cycle must not be zero: use Rest"),
    "no spectrum": (lambda: Cycling(1e-6, 1, 2, probe=EIS(1e3, 1)), "after every 10 cycles is none in 2: give every=1"),
    "no cycles": (lambda: Cycling(1e-6, 1, 0), "cycles: .*greater than or equal to 1"),
    # temperature
    "below absolute zero": (lambda: Rest("1 h", temperature="-300 degC"), "temperature: must be greater than 0 K"),
    # sequences
    "no steps": (lambda: Sequence([]), "a Sequence needs at least one protocol"),
    "a step without a list": (lambda: Sequence(Rest(1)), "a Sequence takes a list of protocols"),
    "a step that is a number": (lambda: Sequence([3]), r"steps.0: a protocol is needed here \(type .*\), not 3"),
    # signals
    "lengths": (lambda: Signal([0, 1], [1]), "2 times, 1 values: a signal has two or more of both"),
    "one sample": (lambda: Signal([0], [1]), "a signal has two or more"),
    "backwards": (lambda: Signal([1, 0], [1, 2]), "the times of a signal must not decrease: sort the samples"),
    "gap in the signal": (lambda: Signal([0, 1], [1, np.nan]), "must not contain NaN or infinite samples: drop them"),
    # files
    "no type": (lambda: from_yaml("f_max: 1 Hz"), "a protocol is a mapping with the key 'type'"),
    "no unit in a file": (lambda: from_yaml("type: rest\nduration: 3600"), "'3600' has no unit: write for example"),
    "unknown key": (lambda: from_yaml("type: rest\nduration: 1 h\nfoo: 1"), "foo: is not a known key here"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_its_message(name: str) -> None:
    make, message = BAD[name]
    with pytest.raises(InputError, match=message):
        make()


def test_an_unknown_type_lists_close_matches() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown protocol 'polarisation'\. Did you mean 'polarization'"):
        from_yaml("type: polarisation\nvoltage: 1 V\nduration: 1 h")


def test_errors_are_of_one_family() -> None:
    """A caller can catch everything with MgtwinError, and bad values with ValueError."""
    for make, _ in BAD.values():
        with pytest.raises(MgtwinError) as caught:
            make()
        assert isinstance(caught.value, ValueError)


# -- EIS ------------------------------------------------------------------------------------------------------------
def test_frequencies() -> None:
    assert EIS(1e6, 0.1, points=100).values().shape == (100,)
    values = EIS(1e6, 0.1, per_decade=3).values()
    assert values.shape == (22,) and values[0] == 1e6 and values[-1] == pytest.approx(0.1)
    assert np.all(np.diff(values) < 0)
    assert EIS(1e6, 0.1).values().shape == (71,)  # 10 per decade if nothing is said
    np.testing.assert_array_equal(EIS.at([1.0, 1e3, 10.0]).values(), [1.0, 1e3, 10.0])  # as given
    assert EIS("1 MHz", "100 mHz", points=2).values().tolist() == pytest.approx([1e6, 0.1])


# -- segments: signs, times, labels ---------------------------------------------------------------------------------
def test_currents_in_amperes_and_per_area() -> None:
    for given, amperes in (("10 uA", 1e-5), (1e-5, 1e-5), ("-7.5 uA/cm^2", -0.075 * AREA), ("2 A/m^2", 2 * AREA)):
        (segment,) = Galvanostatic(given, "1 h").segments(CELL)
        assert segment.control == CurrentRamp(pytest.approx(amperes))


def test_the_first_half_cycle_has_the_sign_of_the_current() -> None:
    """In the laboratory's sign: negative deposits at the working electrode."""
    for sign in (-1, 1):
        segments = Cycling(sign * 1e-5, "1 h", cycles=2).segments(CELL)
        assert [segment.control.start for segment in segments] == [sign * 1e-5, -sign * 1e-5] * 2
        assert [segment.half_cycle for segment in segments] == [0, 1, 2, 3]
        assert [segment.cycle for segment in segments] == [0, 0, 1, 1]
        assert [segment.step for segment in segments] == [0, 1, 2, 3]


def test_rests_between_half_cycles() -> None:
    segments = Cycling(1e-5, "1 h", cycles=1, rest="5 min", limits=("-2 V", "2 V")).segments(CELL)
    assert [segment.control.start for segment in segments] == [1e-5, 0.0, -1e-5, 0.0]
    assert [segment.duration for segment in segments] == [3600, 300, 3600, 300]
    assert [segment.half_cycle for segment in segments] == [0, None, 1, None]
    assert segments[0].limits.high == 2 and segments[1].limits.high == np.inf


@pytest.mark.parametrize("name", [name for name in EXAMPLES if "eis" not in name and name != "sequence"])
def test_output_times_start_and_end_where_they_should(name: str) -> None:
    for segment in EXAMPLES[name].segments(CELL):
        times = np.asarray(segment.times)
        assert np.all(np.diff(times) > 0) and times[0] >= 0
        assert times[-1] == pytest.approx(segment.duration, rel=1e-12)


def test_polarization_times_are_logarithmic_in_each_step() -> None:
    first, second = Polarization([0.5, 1.0], "1 h", first_time="1 us", per_decade=20).segments(CELL)
    assert first.control == VoltageRamp(0.5) and second.control == VoltageRamp(1.0)
    assert first.times[0] == 1e-6 and first.times[-1] == 3600.0
    steps = np.diff(np.log10(first.times))
    np.testing.assert_allclose(steps, steps[0])
    assert 1 / steps[0] == pytest.approx(20, rel=0.02)
    assert (first.step, second.step) == (0, 1)


def test_a_voltammogram_is_a_triangle_that_deposits_first() -> None:
    segments = Voltammetry("-1.6 V", "1.4 V", "0.1 mV/s", cycles=2).segments(CELL)
    assert [segment.control.start for segment in segments] == [0.0, -1.6, 1.4] * 2
    assert [np.sign(segment.control.rate) for segment in segments] == [-1, 1, -1] * 2
    assert segments[1].duration == pytest.approx(3.0 / 1e-4)
    assert [segment.cycle for segment in segments] == [0, 0, 0, 1, 1, 1]
    # the start at a vertex leaves out a sweep of no length
    assert len(Voltammetry(-1, 1, 0.1, start=-1).segments(CELL)) == 2


# -- Replay ---------------------------------------------------------------------------------------------------------
def test_replay_of_a_spectrum_is_eis_at_its_frequencies() -> None:
    again = Replay(spectrum([1e3, 1.0], [1 + 0j, 2 - 1j]), temperature="60 degC")
    assert again == EIS.at([1e3, 1.0], temperature=333.15)


def test_replay_of_a_spectrum_under_a_bias_keeps_the_bias() -> None:
    """Without it the answer would silently be that of the cell at rest."""
    frequencies, z = [1e3, 1.0], [1 + 0j, 2 - 1j]
    simulated = spectrum(frequencies, z, {"protocol": EIS(1e3, 1.0, bias=Current("1 uA")).to_yaml()})
    assert Replay(simulated) == EIS.at(frequencies, bias=Current(1e-6))
    assert Replay(spectrum(frequencies, z, {"bias": 0.4})) == EIS.at(frequencies, bias=Voltage(0.4))
    for at_rest in (
        {"bias": 2e-4},
        {"protocol": EIS(1e3, 1.0).to_yaml(), "bias": 0.4},
        {"protocol": Rest(1).to_yaml()},
    ):
        assert Replay(spectrum(frequencies, z, at_rest)) == EIS.at(frequencies)


def test_replay_takes_current_or_voltage() -> None:
    data = transient([0.0, 1.0, 2.0], [0.1, 0.2, 0.3], [1e-6, 1e-6, 2e-6])
    assert Replay(data) == ReplayedSignal(Signal([0, 1, 2], [1e-6, 1e-6, 2e-6]))
    assert Replay(data, by_voltage=True).signal.values == (0.1, 0.2, 0.3)
    with pytest.raises(InputError, match="no current over time, so it cannot be replayed under current control"):
        Replay(data.drop_vars("current"))
    with pytest.raises(InputError):
        Replay(5)


def test_straight_samples_share_a_stretch_and_jumps_separate() -> None:
    times = [0, 1, 2, 3, 3, 4, 5, 6]
    values = [1, 1, 1, 1, -1, -1, 0, 1]
    segments = ReplayedSignal(Signal(times, values)).segments(CELL)
    assert [segment.control.start for segment in segments] == [1, -1, -1]
    assert [segment.control.rate for segment in segments] == pytest.approx([0, 0, 1])
    assert [segment.duration for segment in segments] == [3, 1, 2]
    assert segments[0].times == (0.0, 1.0, 2.0, 3.0)


def test_replayed_signal_is_followed_sample_by_sample() -> None:
    """Whatever the signal, the segments put together are the signal."""
    rng = np.random.default_rng(2)
    times = np.cumsum(rng.uniform(0.1, 2, 40))
    values = np.where(rng.uniform(size=40) < 0.5, np.linspace(0, 1, 40), rng.normal(size=40))
    position, followed = times[0], []
    for segment in ReplayedSignal(Signal(times, values)).segments(CELL):
        ramp = [(position + t, segment.control.start + segment.control.rate * t) for t in segment.times]
        followed += ramp[:-1]
        position += segment.duration
        last = ramp[-1]
    found = np.array([*followed, last])
    np.testing.assert_allclose(found[:, 0], times)
    np.testing.assert_allclose(found[:, 1], values, atol=1e-6 * np.ptp(values))  # STRAIGHT


# -- the family -----------------------------------------------------------------------------------------------------
@pytest.fixture
def own() -> Iterator[Any]:
    """A protocol of a user, taken out of the family again behind the test."""

    @protocol
    class Pulse:
        current: Annotated[Value, Quantity("A")]
        length: Annotated[Value, Quantity("s", gt=0)]

        def segments(self, cell: Any) -> tuple[Segment, ...]:
            return (Segment(CurrentRamp(float(self.current)), float(self.length), (0.0, float(self.length))),)

    yield Pulse
    protocols.PROTOCOLS.discard("pulse")


def test_a_users_protocol_is_read_written_run_and_a_step_of_a_sequence(own: Any) -> None:
    pulse = from_yaml("type: pulse\ncurrent: 1 uA\nlength: 1 s")
    assert pulse == own(1e-6, 1.0) and from_yaml(pulse.to_yaml()) == pulse
    assert from_data(Sequence([pulse]).to_data()).steps == (pulse,)
    run = simulate(CELL, pulse)
    assert run["current"].values == pytest.approx(1e-6) and run.attrs["protocol"] == pulse.to_yaml()


def test_an_incomplete_protocol_is_refused_when_it_is_declared() -> None:
    with pytest.raises(InputError, match=r"Bad is a protocol without the method segments\(cell\), which says what is"):

        @protocol
        class Bad:
            current: float

    assert "bad" not in protocols.PROTOCOLS
    with pytest.raises(InputError, match=r"Worse is a bias without the method control\(cell\)"):

        @bias
        class Worse:
            power: float
