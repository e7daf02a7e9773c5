"""Conductivity from spectra, and activation energies."""

import numpy as np
import pytest

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
