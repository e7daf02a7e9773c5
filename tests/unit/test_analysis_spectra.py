"""Conductivity from spectra, and activation energies."""

import json
from pathlib import Path

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import analysis, dataset
from mgtwin.cells import Blocking, Cell, IonConductor, Layer
from mgtwin.errors import InputError

F = np.geomspace(1e6, 0.1, 141)
BOLTZMANN = 8.314462618 / 96485.33212
SHAPE = {"thickness": "1 mm", "area": "1 cm^2"}  # L/A = 10 / m


def arc(resistance, capacitance):
    return resistance / (1 + 2j * np.pi * F * resistance * capacitance)


def tail(capacitance):
    return 1 / (2j * np.pi * F * capacitance)


def read(z, **kwargs):
    return analysis.conductivity(dataset.spectrum(F, z), **SHAPE, **kwargs)


def test_bulk_without_arc_is_read_at_the_high_frequency_end():
    c = read(100 + tail(1e-5) + arc(1e4, 1e-6))
    assert c.resistance == pytest.approx(100, rel=1e-4) and c.value == pytest.approx(0.1, rel=1e-4)
    assert "high-frequency end" in c.rule


def test_bulk_arc_before_a_blocking_tail_is_read_between_them():
    c = read(arc(1e4, 1e-10) + tail(1e-5))
    assert c.resistance == pytest.approx(1e4, rel=1e-3)
    assert "between two arcs" in c.rule and 10 < c.frequency < 1e5


def test_of_two_minima_the_first_is_read_and_the_other_named():
    c = read(arc(1e3, 1e-9) + arc(2e3, 1e-6) + tail(1e-2))
    assert c.resistance == pytest.approx(1e3, rel=0.02)
    assert len(c.alternatives) == 1 and c.alternatives[0][1] == pytest.approx(3e3, rel=0.02)
    assert "could also be read" in str(c)
    other = read(arc(1e3, 1e-9) + arc(2e3, 1e-6) + tail(1e-2), at=c.alternatives[0][0])
    assert other.resistance == pytest.approx(c.alternatives[0][1]) and other.rule == "the given frequency"


def test_single_closed_arc_is_read_where_it_closes():
    c = read(arc(1e5, 1e-9))
    assert c.resistance == pytest.approx(1e5, rel=1e-3) and "low-frequency end" in c.rule


def test_inductive_lead_is_left_at_the_crossing():
    c = read(50 + 2j * np.pi * F * 1e-6 + arc(1e3, 1e-6))
    assert "inductive" in c.rule and c.resistance == pytest.approx(50, rel=0.05)
    z = 2j * np.pi * c.frequency * 1e-6 + 1e3 / (1 + 2j * np.pi * c.frequency * 1e-3)
    assert abs(z.imag) < 0.02 * 50


def test_nothing_but_a_shoulder_falls_back_to_the_smallest_phase():
    c = read(100 / np.sqrt(2j * np.pi * F) + tail(1e-3))
    assert c.rule == "smallest phase"


def test_noise_makes_no_intercepts():
    noise = np.random.default_rng(1).normal(0, 3e-3, (2, len(F)))
    z = arc(1e4, 1e-10) + tail(1e-5)
    c = read(z * (1 + noise[0] + 1j * noise[1]))
    assert c.resistance == pytest.approx(1e4, rel=0.02) and len(c.alternatives) == 0


def test_at_is_interpolated_inside_the_data_only():
    ds = dataset.spectrum([1.0, 100.0], [300 - 1j, 100 - 1j])
    assert analysis.conductivity(ds, at="10 Hz", **SHAPE).resistance == pytest.approx(200)
    with pytest.raises(InputError, match="outside the data"):
        analysis.conductivity(ds, at="1 kHz", **SHAPE)
    with pytest.raises(InputError, match="not positive"):
        analysis.conductivity(dataset.spectrum([1.0, 2.0], [-3 - 1j, -3 - 1j]), at=1.5, **SHAPE)


def test_order_gaps_and_an_empty_spectrum():
    z = 100 + tail(1e-5)
    up = dataset.spectrum(F[::-1], np.where(np.arange(141) == 3, np.nan, z[::-1]))
    assert analysis.conductivity(up, **SHAPE).resistance == pytest.approx(100, rel=1e-3)
    with pytest.raises(InputError, match="no finite point"):
        analysis.conductivity(dataset.spectrum([1.0], [np.nan]), **SHAPE)


def test_total_thickness_of_the_stack_normalises():
    layers = [Layer(name, IonConductor("1 mS/cm"), t) for name, t in (("a", "0.5 mm"), ("b", "0.655 mm"))]
    cell = Cell("stack", Blocking(0.1), layers, Blocking(0.1), area="1.3273 cm^2", temperature="40 degC")
    ds = dataset.spectrum(F, 87.0 + tail(1e-5), dataset.stamp(cell=cell.to_yaml()))
    c = analysis.conductivity(ds)
    assert c.length == pytest.approx(1.155e-3) and c.temperature == pytest.approx(313.15)
    assert c.value == pytest.approx(1.155e-3 / (87.0 * 1.3273e-4), rel=1e-4)
    assert "1.155 mm (total of 2 layers: a, b)" in c.normalised_by
    with pytest.raises(InputError, match="give area="):
        analysis.conductivity(dataset.spectrum(F, 87.0 + tail(1e-5)))


def test_arrhenius_returns_both_conventions():
    t = np.array([373.15, 313.15, 333.15, 353.15])
    law = analysis.arrhenius(zip(t, 6.24 * np.exp(-0.3 / (BOLTZMANN * t)), strict=True))
    assert dataset.problems(law) == []
    assert law.temperature.values.tolist() == sorted(t)
    sigma, sigma_t = (law.sel(convention=name) for name in ("sigma", "sigma_T"))
    assert sigma.activation_energy.item() == pytest.approx(0.3, rel=1e-10)
    assert np.exp(sigma.log_prefactor.item()) == pytest.approx(6.24)
    assert sigma.activation_energy_std.item() < 1e-10 and sigma.r2.item() == pytest.approx(1)
    assert 0.02 < sigma_t.activation_energy.item() - 0.3 < 0.035
    t_law = analysis.arrhenius(zip(t, 100 / t * np.exp(-0.3 / (BOLTZMANN * t)), strict=True))
    assert t_law.sel(convention="sigma_T").activation_energy.item() == pytest.approx(0.3, rel=1e-10)


def test_arrhenius_standard_deviation_covers_the_scatter():
    rng, t, hits = np.random.default_rng(7), np.linspace(313, 373, 7), 0
    for _ in range(200):
        sigma = np.exp(-0.3 / (BOLTZMANN * t) + rng.normal(0, 0.05, len(t)))
        law = analysis.arrhenius(zip(t, sigma, strict=True)).sel(convention="sigma")
        hits += abs(law.activation_energy.item() - 0.3) < 2.571 * law.activation_energy_std.item()  # Student, 5 free
    assert 0.90 < hits / 200 < 0.99


def test_arrhenius_of_spectra_and_of_text():
    def at(t):
        r = 10 / (6.24 * np.exp(-0.3 / (BOLTZMANN * t)))
        return dataset.spectrum(F, r + tail(1e-2), dataset.stamp(temperature=t))

    spectra = [analysis.conductivity(at(t), **SHAPE) for t in (313.15, 373.15)]
    assert analysis.arrhenius(spectra).activation_energy[0].item() == pytest.approx(0.3, rel=1e-3)
    two = analysis.arrhenius([("40 degC", "0.094 mS/cm"), ("100 degC", "0.76 mS/cm")])
    assert two.activation_energy.round(3).values.tolist() == [0.351, 0.380]  # data sheet D10
    assert np.isnan(two.activation_energy_std).all() and "standard deviation" in two.attrs["warnings"][0]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([(300, 1.0)], "two temperatures"),
        ([(300, 1.0), (300, 2.0)], "two temperatures"),
        ([(300, 1.0), (310, -2.0)], "must be positive"),
        ([1.0, 2.0], "not float"),
        ([("40 C*m", 1.0), (300, 1.0)], "K"),
    ],
)
def test_arrhenius_refuses(data, message):
    with pytest.raises(InputError, match=message):
        analysis.arrhenius(data)


# -- intercepts that are none, and what the Dataset states (issue 11 B) -----------------------------------------------
CASES = Path(__file__).parents[1] / "cases"


def test_case_03_an_activation_energy_from_one_file_of_three_temperatures():
    """Each spectrum at its own temperature; and three of ours, 2 K apart, whose mean would give no line at all."""
    sweep = mt.read(CASES / "03_three_temperatures_close/sweep.txt")
    law = analysis.arrhenius(sweep, **SHAPE)
    assert law["activation_energy"].values[0] == pytest.approx(0.4, abs=1e-3)
    np.testing.assert_allclose(law["temperature"], [298.15, 300.15, 302.15])
    with pytest.raises(InputError, match=r"names no cell and no area: give area="):
        analysis.arrhenius(sweep)


def test_another_file_of_several_temperatures(tmp_path):
    rows = [
        f"{f:.6e},{z.real:.6e},{z.imag:.6e},{t:.2f}"
        for t in (40.0, 42.0, 44.0)
        for f, z in zip(F, 100 * np.exp(0.3 / 8.617333e-5 * (1 / (273.15 + t) - 1 / 313.15)) + tail(1e-5), strict=True)
    ]
    (tmp_path / "b.csv").write_text("f/Hz,Re/Ohm,Im/Ohm,T/°C\n" + "\n".join(rows) + "\n", encoding="utf-8")
    law = analysis.arrhenius(mt.read(tmp_path / "b.csv"), **SHAPE)
    assert law["activation_energy"].values[0] == pytest.approx(0.3, abs=1e-3)


def lead(inductance, resistance=0.0):
    return 2j * np.pi * F * inductance + resistance


def test_case_17_the_resonance_of_leads_and_sample_is_no_intercept():
    expected = json.loads((CASES / "17_resonance/expected.json").read_text())["check"]
    pellet = mt.read(CASES / "17_resonance/pellet.csv")
    c = analysis.conductivity(pellet, **SHAPE)
    assert c.value == pytest.approx(expected["sigma_S_per_m"], rel=expected["rtol"])
    assert c.frequency == pytest.approx(1.39e3, rel=0.1) and "resonate" in c.rule
    assert all(frequency < 1e6 for frequency, _ in c.alternatives)


@pytest.mark.parametrize("resistance", [0.0, 1.0, 30.0])
def test_neither_is_the_resonance_of_lossy_leads(resistance):
    """Leads of 1 or 30 ohm make the real part flat at the crossing; that the arc is a bulk tells them from R_0."""
    f = np.geomspace(3e7, 1, 120)
    bulk = 1e4 / (1 + 2j * np.pi * f * 1e4 * 1e-10)  # eps_r = 113
    z = 2j * np.pi * f * 1e-6 + resistance + bulk + 1 / (2j * np.pi * f * 1e-6)
    c = analysis.conductivity(dataset.spectrum(f, z), **SHAPE)
    assert c.resistance == pytest.approx(1e4, rel=0.02) and "resonate" in c.rule


def test_a_sweep_that_begins_at_the_resonance_is_not_fooled():
    """There the phase is below 3 degrees by chance."""
    f = np.geomspace(5.03292e6 * 1.0005, 1, 120)  # 1/(2 pi sqrt(1 uH 1 nF))
    z = 2j * np.pi * f * 1e-6 + 1e4 / (1 + 2j * np.pi * f * 1e4 * 1e-9) + 1 / (2j * np.pi * f * 1e-6)
    assert abs(np.angle(z[0])) < np.deg2rad(3)
    c = analysis.conductivity(dataset.spectrum(f, z), **SHAPE)
    assert c.resistance == pytest.approx(1e4, rel=0.02)


def test_a_grain_boundary_after_the_bulk_leaves_the_bulk():
    """C = 5 nF, 5600 times that of the pellet: the crossing is the bulk's resistance."""
    c = read(lead(1e-5, 200.0) + arc(2e3, 5e-9) + tail(1e-5))
    assert c.resistance == pytest.approx(200, rel=0.05) and "crossing" in c.rule


def test_nothing_but_a_resonance_gives_no_number():
    f = np.geomspace(3e7, 1e5, 60)
    z = 2j * np.pi * f * 1e-6 + 1e6 / (1 + 2j * np.pi * f * 1e6 * 1e-10)
    with pytest.raises(InputError, match="no intercept but the resonance"):
        analysis.conductivity(dataset.spectrum(f, z), **SHAPE)
    assert analysis.conductivity(dataset.spectrum(f, z), at=2e7, **SHAPE).rule == "the given frequency"


def test_a_loop_at_low_frequency_is_no_intercept():
    """Relaxing inductance behind an arc: the spectrum turns inductive, and back, far below the arc."""
    loop = 40j * 2 * np.pi * F / (2j * np.pi * F + 2 * np.pi * 1.0) - 40
    c = read(100 + arc(200, 1e-6) + loop)
    assert c.resistance == pytest.approx(100, rel=0.01) and "high-frequency end" in c.rule
    assert all(resistance > 0 for _, resistance in c.alternatives) and len(c.alternatives) == 1


def test_what_the_dataset_states_is_used(tmp_path):
    """Thickness, area and temperature given to mt.read, by every analysis that asks for them; given ones go before."""
    file = tmp_path / "pellet.csv"
    z = 100 + tail(1e-5)
    rows = "\n".join(f"{f},{x.real},{x.imag}" for f, x in zip(F, z, strict=True))
    file.write_text(f"frequency (Hz),Re Z (ohm),Im Z (ohm)\n{rows}\n")
    at = {"25 degC": 1.0, "60 degC": 3.0}
    stated = [mt.read(file, thickness="1 mm", area="1 cm^2", temperature=t) for t in at]
    assert analysis.conductivity(stated[0]).value == pytest.approx(0.1, rel=1e-4)
    assert "stated 1 mm" in analysis.conductivity(stated[0]).normalised_by
    assert analysis.conductivity(stated[0], thickness="2 mm").value == pytest.approx(0.2, rel=1e-4)
    assert analysis.conductivity(stated[0]).temperature == pytest.approx(298.15)
    warmer = stated[1].assign(impedance=stated[1].impedance / 3)
    law = analysis.arrhenius([stated[0], warmer])
    assert law.conductivity.values == pytest.approx([0.1, 0.3], rel=1e-3)
    bare = [mt.read(file, temperature=t) for t in at]
    assert analysis.arrhenius(bare, **SHAPE).conductivity.values == pytest.approx([0.1, 0.1], rel=1e-4)
    with pytest.raises(InputError, match=r"here or to mt\.read"):
        analysis.arrhenius(bare)


def test_a_bare_temperature_in_degrees_is_refused_wherever_one_is_taken(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("frequency (Hz),Re Z (ohm),Im Z (ohm)\n1,1,-1\n2,1,-1\n3,1,-1\n")
    cell = mt.cell("trilayer")
    for take in (
        lambda: analysis.arrhenius([(25, 1e-3), (60, 3e-3)]),
        lambda: cell.with_({"temperature": 25}),
        lambda: mt.EIS(1e6, 1, temperature=60),
        lambda: mt.Galvanostatic("1 uA", "1 h", temperature=60.0),
        lambda: mt.read(file, temperature=25),
        lambda: mt.Arrhenius("1 mS/cm", 25, "0.3 eV"),
    ):
        with pytest.raises(InputError, match=r"has no unit and would be in K: write '(25|60) degC'"):
            take()
    assert analysis.arrhenius([("25 K", 1e-3), (60 + 273.15, 3e-3)]).temperature.values.tolist() == [25.0, 333.15]
    assert float(cell.with_({"temperature": "77 K"}).with_({"name": "cold"}).temperature) == 77.0
