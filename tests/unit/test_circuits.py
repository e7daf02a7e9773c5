"""Circuits: what they are read from, elements of one's own, derivatives, starting values, and fits with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import dataset
from mgtwin.circuits import ELEMENTS, circuit_element, element, started
from mgtwin.quantities import Quantity

F = np.geomspace(1e6, 0.01, 80)
#: Values of about the right size for every unit, for tests of each element.
TYPICAL = {"ohm": 12.3, "s": 1.3e-3, "F": 2e-6, "H": 3e-7, "": 0.7, "S*s^n": 1.7e-4, "ohm/s^0.5": 5.0}
CIRCUITS = {
    "R0-p(R1,C1)": [10, 90, 1e-6],
    "R0-p(R1,CPE1)-W2": [10, 100, 1e-6, 0.9, 20],
    "L0-R0-p(R1,CPE1)-p(R2-W2,CPE2)": [1e-7, 5, 30, 1e-7, 0.85, 100, 50, 1e-5, 0.9],
    "R0-p(CPE1,R1-p(R2,C2))": [1, 1e-6, 0.9, 50, 100, 1e-3],
    "R0-Ws1": [10, 100, 1.0],
    "R0-p(R1,C1)-G2": [1, 5, 1e-6, 20, 0.1],
    "R0-HN1": [1, 20, 0.01, 0.8, 0.7],
    "R0-TLM1": [3, 20, 100, 1e-3, 0.9],
}


def noisy(z, share=3e-3, seed=0):
    rng = np.random.default_rng(seed)
    return z + share * np.abs(z) * (rng.normal(size=z.size) + 1j * rng.normal(size=z.size))


def known(text: str) -> mt.Circuit:
    circuit = mt.Circuit(text)
    return circuit.with_(dict(zip(circuit.paths(), CIRCUITS[text], strict=True)))


def spectrum_of(circuit: mt.Circuit, share=3e-3, seed=0, f=F, **attrs):
    return dataset.spectrum(f, noisy(circuit.impedance(f), share, seed), attrs)


# -- what is read ------------------------------------------------------------------------------------------------------
def test_impedance_of_a_nested_circuit_by_hand() -> None:
    s = 2j * np.pi * F
    circuit = known("R0-p(CPE1,R1-p(R2,C2))")
    inner = 50 + 1 / (1 / 100 + s * 1e-3)
    np.testing.assert_allclose(circuit.impedance(F), 1 + 1 / (1e-6 * s**0.9 + 1 / inner), rtol=1e-13)


def test_names_of_numbers_and_those_of_impedance_py() -> None:
    circuit = mt.Circuit("R0-p(R1,C1)-p(R2-Wo1,CPE0_1)")
    assert circuit.paths() == (
        "R0", "R1", "C1", "R2", "Wo1.resistance", "Wo1.time_constant", "CPE0_1.q", "CPE0_1.n",
    )  # fmt: skip
    assert circuit.expand("Wo1_1") == ("Wo1.time_constant",) and circuit.expand("R?") == ("R0", "R1", "R2")
    assert circuit.expand("R0.resistance") == ("R0",)
    with pytest.raises(mt.InputError, match="Did you mean"):
        circuit.expand("Wo1.time_constnt")


def test_elements_of_impedance_py_have_its_order_and_its_values() -> None:
    # worked out with impedance.py 1.7.1 at 10 Hz
    values = {
        "R": ([3.0], 3+0j), "C": ([1e-3], -15.915494309189533j), "L": ([1e-3], 0.06283185307179587j),
        "W": ([2.0], 0.252313252202016-0.252313252202016j),
        "Wo": ([5.0, 0.1], 1.3674956790290942-1.306838808316634j),
        "Ws": ([5.0, 0.1], 1.453306952954917-1.5207621367081896j),
        "CPE": ([1e-3, 0.8], 11.257409632428269-34.6467442969626j),
        "La": ([1e-3, 0.9], 0.012962665757282717+0.08184305055927005j),
        "G": ([5.0, 0.1], 1.507818160909363-1.286818763684946j),
        "Gs": ([5.0, 0.1, 0.7], 1.2507264426671962-1.3110069334027878j),
        "K": ([5.0, 0.1], 0.12352261515928822-0.7761154806732382j),
        "Zarc": ([5.0, 0.1, 0.8], 0.5183029900339913-0.9147522980066398j),
        "TLMQ": ([5.0, 1e-3, 0.8], 12.91920472777361-34.66112921884596j),
        "T": ([2.0, 1.0, 0.5, 0.1], 0.47018123700963566-0.5868056070542615j),
    }  # fmt: skip
    for name, (numbers, expected) in values.items():
        circuit = mt.Circuit(f"{name}1", {f"{name}1_{k}": value for k, value in enumerate(numbers)})
        np.testing.assert_allclose(circuit.impedance([10.0])[0], expected, rtol=1e-12, err_msg=name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("R0-p(R1,CPE1", r"a ',' or a '\)' is expected here"),
        ("R0--R1", "an element such as R1"),
        ("R0-R0", "R0 is there already"),
        ("R0-Q1", "Q"),
        ("R0)", "a '-' or the end"),
        ("", "an element such as R1"),
    ],
)
def test_what_is_no_circuit_is_pointed_at(text: str, message: str) -> None:
    with pytest.raises(mt.InputError, match=message):
        mt.Circuit(text)


def test_values_are_checked_with_their_units_and_a_circuit_does_not_change() -> None:
    circuit = mt.Circuit("R0-CPE1", {"R0": "1 kohm", "CPE1.q": "2 uS*s^0.9", "CPE1.n": 0.9})
    assert float(circuit.get("R0")) == 1000 and float(circuit.get("CPE1.q")) == pytest.approx(2e-6)
    assert float(circuit.with_({"CPE1.n": 0.8}).get("CPE1.q")) == pytest.approx(2e-6)  # the same number, another unit
    assert mt.Circuit.from_yaml(circuit.to_yaml()).values == circuit.values
    for wrong in ({"R0": "1 m"}, {"R0": -1}, {"CPE1.n": 1.2}, {"CPE1.q": 0}, {"R1": 3}):
        with pytest.raises(mt.InputError):
            circuit.with_(wrong)
    with pytest.raises(mt.InputError, match=r"CPE1\.q has no value"):
        circuit.with_({"CPE1.q": None}).impedance(F)
    with pytest.raises(AttributeError):
        circuit.text = "R0"
    with pytest.raises(TypeError):
        circuit.values["R0"] = 3


# -- elements ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ELEMENTS)
def test_derivatives_of_every_element(name: str) -> None:
    kind = element(name)
    circuit = mt.Circuit(f"{name}1", {f"{name}1_{k}": TYPICAL.get(f.unit, 0.8) for k, f in enumerate(kind.fields)})
    found, s = circuit.jacobian(F), 2j * np.pi * F
    values = {field.name: float(circuit.get(path)) for path, field in zip(circuit.paths(), kind.fields, strict=True)}
    for k, field in enumerate(kind.fields):
        # a complex step is impossible, for Z is complex; central differences of a power of the number have an error of
        # the square of the step, 1e-8, and rounding of 1e-16 over the step
        step = 1e-4
        up, down = (kind.impedance(s, **{**values, field.name: values[field.name] * (1 + h)}) for h in (step, -step))
        expected = (up - down) / (2 * step * values[field.name])
        np.testing.assert_allclose(found[k], expected, atol=1e-6 * np.abs(expected).max(), err_msg=field.name)


def test_closed_derivatives_are_those_on_the_circle() -> None:
    for name in ELEMENTS:
        kind, s = element(name), 2j * np.pi * F
        if kind.closed is None:
            continue
        values = {field.name: TYPICAL.get(field.unit, 0.8) for field in kind.fields}
        z = kind.impedance(s, **values)
        for field, slope in zip(kind.fields, kind.slopes(s, z, values), strict=True):
            circle = kind.on_circle(s, values, field.name)
            np.testing.assert_allclose(slope, circle, atol=1e-12 * np.abs(circle).max(), err_msg=f"{name}.{field.name}")


def test_an_element_of_ones_own_is_one_class() -> None:
    @circuit_element
    class Bounded:
        """Resistance that a capacitance bridges, and one that it does not."""

        resistance: Annotated[float, Quantity("ohm", gt=0)]
        capacitance: Annotated[float, Quantity("F", gt=0)]
        share: Annotated[float, Quantity("", gt=0, lt=1)]

        @staticmethod
        def impedance(s, *, resistance, capacitance, share):
            return resistance * (share + (1 - share) / (1 + s * resistance * capacitance))

    circuit = mt.Circuit("Bounded1", {"Bounded1.resistance": 100, "Bounded1.capacitance": 1e-6, "Bounded1.share": 0.3})
    fit = mt.fit(mt.Circuit("Bounded1"), spectrum_of(circuit))
    for path in circuit.paths():
        assert fit.values[path] == pytest.approx(float(circuit.get(path)), rel=0.01)
    assert fit.identifiable.all()


def test_an_incomplete_element_is_refused_when_it_is_declared() -> None:
    ohm = Annotated[float, Quantity("ohm", gt=0)]
    formula = staticmethod(lambda s, *, r: r + 0 * s)
    for name, body, message in (
        ("NoFormula", {"__annotations__": {"r": ohm}}, "without the formula impedance"),
        ("Asks", {"__annotations__": {}, "impedance": formula}, "asks for r, which is no field"),
        ("Lacks", {"__annotations__": {"r": ohm, "c": ohm}, "impedance": formula}, "does not take the field c"),
        (
            "Metre",
            {"__annotations__": {"r": Annotated[float, Quantity("m", gt=0)]}, "impedance": formula},
            "must be made of ohm",
        ),
        ("R1", {"__annotations__": {"r": ohm}, "impedance": formula}, "letters only"),
    ):
        with pytest.raises(mt.InputError, match=message):
            circuit_element(type(name, (), body))
        assert name not in ELEMENTS


# -- fits --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", CIRCUITS)
def test_starting_values_lead_to_the_minimum(text: str) -> None:
    truth = known(text)
    z = noisy(truth.impedance(F))
    found = started(mt.Circuit(text), F, z)
    misfit = np.sqrt(np.mean(np.abs((found.impedance(F) - z) / z) ** 2) / 2)
    best = np.sqrt(np.mean(np.abs((truth.impedance(F) - z) / z) ** 2) / 2)
    assert misfit <= best * 1.0001  # as good as the truth at least


@pytest.mark.parametrize("text", CIRCUITS)
def test_a_fit_gives_the_truth_within_its_errors(text: str) -> None:
    truth = known(text)
    fit = mt.fit([(mt.Circuit(text), spectrum_of(truth, seed=3))], {})
    assert fit.converged and fit.noise[0] == pytest.approx(3e-3, rel=0.2)
    for path in truth.paths():
        k = fit.index(path)
        parameter = fit.problem.parameters[k]
        off = parameter.to_internal(float(truth.get(path))) - fit.minimum.x[k]
        assert abs(off) < 4 * np.sqrt(fit.covariance[k, k]), path


def test_what_has_a_value_is_fixed_and_keys_tie_bound_and_start() -> None:
    truth = known("R0-p(R1,CPE1)-W2")
    data = spectrum_of(truth, seed=1)
    fixed = mt.fit(mt.Circuit("R0-p(R1,CPE1)-W2", {"R0": 10}), data)
    assert fixed.names == ("R1", "CPE1.q", "CPE1.n", "W2") and float(fixed.cell.get("R0")) == 10
    fit = mt.fit(
        [(mt.Circuit("R0-p(R1,CPE1)-W2", {"R0": 9.0}), data)],
        {
            "R0": mt.Free(log=False, prior=mt.Normal(10, 0.001)),
            "R1": mt.Free(start="120 ohm", bounds=("50 ohm", None)),
            "CPE1_0": mt.Free(start="2 uS*s^0.9"),
            "CPE1.n": mt.Free(bounds=(0.95, 1)),
        },
    )
    assert fit.values["R0"] == pytest.approx(10, abs=0.004) and not fit.problem.parameters[0].log
    assert fit.values["CPE1.n"] == pytest.approx(0.95) and fit.at_bound[3]
    assert fit.cell.get("R1").kind == "fitted" and fit.cell.get("R1").unit == "ohm"
    tied = mt.fit(mt.Circuit("p(R1,C1)-p(R2,C2)"), data, {("R1", "R2"): mt.Free()})
    assert float(tied.cell.get("R1")) == float(tied.cell.get("R2")) == tied.values["R1, R2"]


def test_cells_and_circuits_share_a_fit_and_are_compared() -> None:
    electrode = mt.Blocking("10 uF/cm^2")
    cell = mt.Cell("small", electrode, [mt.Layer("a", mt.IonConductor("0.1 mS/cm"), "0.5 mm")], electrode)
    f = np.geomspace(1e5, 0.1, 40)
    z = mt.impedance.exact(cell, f)
    data = dataset.spectrum(f, noisy(z, 0.01), {"temperature": float(cell.temperature)})
    one = mt.fit(cell, data, ["layers.a.material.ionic_conductivity", "*.double_layer.c"])
    circuit = mt.fit(mt.Circuit("R0-C1"), data)  # two capacitors of 10 uF in series
    assert circuit.values["C1"] == pytest.approx(5e-6, rel=0.02)
    found = mt.compare([one, circuit])
    assert found.names == ("small", "R0-C1") and not found.decided  # the same model in other words
    assert found.bic[0] == pytest.approx(found.bic[1], abs=1e-6)
    both = mt.fit(
        [(cell, data), (mt.Circuit("R0-C1"), spectrum_of(mt.Circuit("R0-C1", {"R0": 500, "C1": 5e-6}), 0.01, f=f))],
        ["layers.a.material.ionic_conductivity", "*.double_layer.c"],
    )
    assert both.names[-2:] == ("R0", "C1") and both.values["C1"] == pytest.approx(5e-6, rel=0.02)


def test_a_short_warburg_that_the_spectrum_does_not_reach_is_not_identifiable() -> None:
    truth = mt.Circuit("R0-Ws1", {"R0": 10, "Ws1.resistance": 1000, "Ws1.time_constant": 1000})
    fit = mt.fit(mt.Circuit("R0-Ws1"), spectrum_of(truth, f=np.geomspace(1e5, 1, 50)))  # 1 kHz s: all semi-infinite
    assert fit.identifiable.tolist() == [True, False, False]
    (open_one,) = fit.identifiability.undetermined
    powers = dict(open_one.powers)
    # only R/sqrt(tau) is seen, so that R may go with the square root of tau
    assert powers["Ws1.resistance"] / powers["Ws1.time_constant"] == pytest.approx(0.5, rel=0.01)
    assert "along Ws1" in str(fit) and "Ws1.resistance" in str(fit)


def test_profiles_bootstrap_files_and_figures_of_a_circuit(tmp_path: Path) -> None:
    truth = known("R0-p(R1,C1)")
    fit = mt.fit(mt.Circuit("R0-p(R1,C1)"), spectrum_of(truth, file="a.txt"))
    low, high = fit.interval("R1")
    profile = fit.profile("R1")
    assert profile.low == pytest.approx(low, rel=2e-3) and profile.high == pytest.approx(high, rel=2e-3)
    assert fit.bootstrap(10)["fitted_value"].shape == (10, 3)
    again = mt.Fit.open(fit.save(tmp_path / "fit.nc"))
    assert again.values == fit.values and again.cell.values == fit.cell.values and str(again) == str(fit)
    assert len(fit.plot().lines) == 2
    best = mt.next_experiment(fit, {"eis": mt.EIS(1e5, 1, points=9)})
    assert best.best == "eis"
    saved = fit.cell.save(tmp_path / "circuit.yaml")
    assert mt.Circuit.from_yaml(saved.read_text(encoding="utf-8")).values == fit.cell.values


def test_a_frequency_range_leaves_points_out() -> None:
    data = spectrum_of(known("R0-p(R1,C1)"))
    fit = mt.fit(mt.Circuit("R0-p(R1,C1)"), data, frequency_range=("1 Hz", "10 kHz"))
    f = fit.problem.measurements[0].frequency
    assert f.min() >= 1 and f.max() <= 1e4 and f.size == int(np.sum((F >= 1) & (F <= 1e4)))
    for wrong in ((1e4, 1), (1e8, 1e9)):
        with pytest.raises(mt.InputError):
            mt.fit(mt.Circuit("R0-p(R1,C1)"), data, frequency_range=wrong)


def test_a_series_keeps_arcs_in_their_places() -> None:
    text = "R0-p(R1,CPE1)-p(R2,CPE2)"
    truth = mt.Circuit(text).with_(
        {"R0": 5, "R1": 100, "CPE1.q": 1e-7, "CPE1.n": 0.9, "R2": 60, "CPE2.q": 1e-5, "CPE2.n": 0.9}
    )
    sizes = np.linspace(100, 40, 6)
    data = [spectrum_of(truth.with_({"R1": r}), seed=k, temperature=298.15 + k) for k, r in enumerate(sizes)]
    series = mt.fit_series(mt.Circuit(text), data)
    table = series.to_dataset()
    np.testing.assert_allclose(table["fitted_value"].sel(parameter="R1"), sizes, rtol=0.05)
    assert table["temperature"].values[-1] == 303.15 and len(series) == 6 and "R1" in str(series)
    assert (table["misfit"] < 0.004).all()


def test_errors_of_fits_with_circuits() -> None:
    data = spectrum_of(known("R0-p(R1,C1)"))
    with pytest.raises(mt.InputError, match="nothing is free"):
        mt.fit(known("R0-p(R1,C1)"), data)
    with pytest.raises(mt.InputError, match="Did you mean"):
        mt.fit(mt.Circuit("R0-p(R1,C1)"), data, {"R_1": mt.Free()})
    with pytest.raises(mt.InputError, match="temperature"):
        mt.fit(mt.Circuit("R0-p(R1,C1)"), data, {"R1": mt.PerTemperature()})
    run = dataset.transient([0.0, 1.0, 2.0], [0, 1, 1], [0, 1e-3, 1e-3])
    with pytest.raises(mt.InputError, match="spectra only"):
        mt.fit(mt.Circuit("R0"), run)


def test_a_circuit_in_a_file(tmp_path: Path) -> None:
    from mgtwin.errors import FileError
    from mgtwin.fitting.files import load_fit

    mt.save(spectrum_of(known("R0-p(R1,C1)"), temperature=298.15), tmp_path / "eis.nc")
    text = "circuit: R0-p(R1,C1)\ndata: [{file: eis.nc}]\nset: {R0: 10 ohm}\nfrequency_range: [1 Hz, 1 MHz]\n"
    (tmp_path / "fit.yaml").write_text(text, encoding="utf-8")
    request = load_fit(tmp_path / "fit.yaml")
    fit = mt.fit(request.pairs, request.free, **request.options)
    assert fit.names == ("R1", "C1") and fit.values["R1"] == pytest.approx(90, rel=0.01)
    for old, new, message in (
        ("R0-p(R1,C1)", "R0-p(R1,C1", "expected here"),
        ("10 ohm", "10", "has no unit"),
        ("R0: 10", "R9: 10", "R9"),
        ("circuit: R0-p(R1,C1)\n", "", "cell is missing"),
        ("circuit:", "cell: trilayer\ncircuit:", "not both"),
        ("set:", "free: {R7: {}}\nset:", "R7"),
    ):
        (tmp_path / "wrong.yaml").write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(FileError, match=message):
            load_fit(tmp_path / "wrong.yaml")
