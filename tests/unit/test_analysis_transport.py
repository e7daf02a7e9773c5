"""Transport numbers and electronic conductivity, on polarisations from closed form 6 of a whole cell.

The transients are numerical inverse Laplace transforms of V/(s Z(s)) with the exact Z of Au|MIEC|Au including double
layers, contact and lead resistances, which reduces to closed form 1.
"""

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin import analysis, dataset
from mgtwin.cells import Blocking, Cell, DefectElectrons, IonConductor, Layer, MixedConductor, Plating
from mgtwin.errors import InputError

AREA = 1.3273e-4


def cell(sigma_ion=4.1e-7, sigma_eon=4.9e-6, contact=0.0, series=0.0, double_layer=1e-3, c_chem=20.0) -> Cell:
    electrode = Blocking(double_layer, electronic_resistance=contact)
    oxide = Layer("oxide", MixedConductor(sigma_ion, sigma_eon, c_chem), 6.55e-4)
    return Cell("au_oxide_au", electrode, [oxide], electrode, area=AREA, temperature=373.15, series_resistance=series)


def impedance(s: np.ndarray, c: Cell) -> np.ndarray:
    """Exact impedance [ohm] at complex frequency s; E = A sinh(kappa (x - L/2)) in the layer."""
    layer = c.layers[0]
    ion, eon = float(layer.material.ionic_conductivity), float(layer.material.electronic_conductivity)
    length, contact = float(layer.thickness), float(c.negative.electronic_resistance)
    total, share = ion + eon, eon / (ion + eon)
    ambipolar = ion * eon / total
    kappa = np.sqrt(s * float(layer.material.chemical_capacitance) / ambipolar)
    tanh = np.tanh(kappa * length / 2)  # A is carried times cosh, so that nothing overflows
    y = 1 / (s * float(c.negative.double_layer.c))
    amplitude = (contact * share - y * (1 - share)) / (tanh + (contact + y) * ambipolar * kappa)
    eta = y / (contact + y) * (contact - amplitude * tanh)
    z = length / total + 2 * share * amplitude * tanh + 2 * eta + float(c.series_resistance)
    return z / float(c.area)


def talbot(function, time: np.ndarray, nodes: int = 40) -> np.ndarray:
    """Numerical inverse Laplace transform on a fixed Talbot contour."""
    theta = np.arange(1, nodes) * np.pi / nodes
    cot = 1 / np.tan(theta)
    result = []
    for t in time:
        r = 2 * nodes / (5 * t)
        s = r * theta * (cot + 1j)
        weight = 1 + 1j * (theta + (theta * cot - 1) * cot)
        body = np.real(np.exp(s * t) * function(s) * weight).sum()
        result.append(r / nodes * (0.5 * np.exp(r * t) * np.real(function(np.array([r + 0j]))[0]) + body))
    return np.array(result)


def polarization(c: Cell, voltage=0.5, duration=1e5, first=1e-6) -> xr.Dataset:
    time = np.geomspace(first, duration, 241)
    current = talbot(lambda s: voltage / (s * impedance(s, c)), time)
    attrs = dataset.stamp(cell=c.to_yaml(), temperature=float(c.temperature), area=float(c.area))
    return dataset.transient(time, np.full_like(time, voltage), current, step=np.zeros(len(time), int), attrs=attrs)


def plateaus(c: Cell) -> tuple[float, float, float]:
    layer = c.layers[0]
    ion, eon = float(layer.material.ionic_conductivity), float(layer.material.electronic_conductivity)
    contact, series = 2 * float(c.negative.electronic_resistance), float(c.series_resistance)
    thickness = float(layer.thickness)
    both, alone = thickness / (ion + eon), thickness / eon
    return tuple(r / AREA for r in (both + series, both + contact + series, alone + contact + series))


def test_the_reference_solution_is_closed_form_1():
    c = cell(double_layer=1e-12, c_chem=2e4)
    layer = c.layers[0]
    ion, eon = float(layer.material.ionic_conductivity), float(layer.material.electronic_conductivity)
    length, omega = float(layer.thickness), np.geomspace(1e-6, 1.0, 7)
    root = np.sqrt(1j * omega * length**2 / (4 * (ion * eon / (ion + eon)) / 2e4))
    z = length / (ion + eon) + (length / eon - length / (ion + eon)) * np.tanh(root) / root
    assert impedance(1j * omega, c) * AREA == pytest.approx(z, rel=1e-6)


def test_ideal_contacts_sampled_early_give_the_true_value():
    c = cell()
    t = analysis.transport_number(polarization(c), sampled_at="10 us")
    assert t.true == pytest.approx(4.1e-7 / (4.1e-7 + 4.9e-6), rel=1e-12)
    assert t.apparent == pytest.approx(t.true, rel=1e-3)
    assert t.steady and "agree" in t.reason and "not polarised yet" in t.reason
    assert t.sampled_at == pytest.approx(1e-5) and t.duration == 1e5 and t.voltage == 0.5
    assert "t_ion apparent 0.0772" in str(t)


def test_the_printed_conductivities_sampled_late_give_a_small_number_and_the_reason():
    c = cell(sigma_ion=5.54e-2, sigma_eon=4.9e-6, double_layer=0.1, c_chem=100.0)
    t = analysis.transport_number(polarization(c), sampled_at="30 s")
    assert t.true > 0.9999 and t.apparent < 0.9
    assert "sampled too late" in t.reason and "agree" not in t.reason


def test_contact_resistance_second_plateau():
    # The oxide stores enough charge for the second plateau to be flat.
    c = cell(sigma_ion=4.9e-6, contact=60.0, double_layer=1e-5, c_chem=2e5)
    first, second, last = plateaus(c)
    t = analysis.transport_number(polarization(c, duration=1e7), sampled_at="0.1 s")
    assert t.apparent == pytest.approx(1 - second / last, rel=0.02)  # closed form 6, second plateau
    assert t.true == pytest.approx(0.5)
    assert "double layers charged" in t.reason and "R_c = " in t.reason
    early = analysis.transport_number(polarization(c, duration=1e7), sampled_at="10 us")
    assert early.apparent == pytest.approx(1 - first / last, rel=0.02)  # closed form 6, first plateau
    assert "still short for the ions" in early.reason
    between = analysis.transport_number(polarization(c, duration=1e7), sampled_at="0.5 ms")
    assert first < 0.5 / between.initial_current < second
    assert "between the plateaus" in between.reason


def test_a_run_that_is_too_short_says_so():
    c = cell(c_chem=2e4)
    t = analysis.transport_number(polarization(c, duration=10.0), sampled_at="1 ms")
    assert not t.steady and "V/I_s" in t.reason and "not at steady state yet" in t.reason
    drifting = polarization(cell(sigma_ion=4.9e-5, c_chem=2e4), duration=10.0)
    bare = analysis.transport_number(drifting.assign_attrs(cell=""), sampled_at="1 ms")
    assert not bare.steady and "per decade of time" in bare.reason


def test_other_cells_get_no_plateau_story():
    c = cell()
    run = polarization(c)
    bare = analysis.transport_number(run.assign_attrs(cell=""), "1 ms")
    assert bare.true is None and "names no cell" in bare.reason and "unknown" in str(bare)
    buffer = Layer("buffer", IonConductor("1 mS/cm"), "0.5 mm")
    stack = c.with_({"layers": (buffer, c.layers[0])})
    t = analysis.transport_number(run.assign_attrs(cell=stack.to_yaml()), "1 ms")
    assert t.true == pytest.approx(0.0772, rel=1e-3) and "which this cell is not" in t.reason
    two = c.with_({"layers": (c.layers[0], Layer("other", c.layers[0].material, "1 mm"))})
    t = analysis.transport_number(run.assign_attrs(cell=two.to_yaml()), "1 ms")
    assert t.true is None and "2 mixed conductors" in t.reason


def test_true_value_of_defect_electrons_is_taken_at_rest():
    electrons = DefectElectrons(n=1e-6, p=2e-6, constant=1e-6)
    material = MixedConductor(4e-6, electrons, 20.0, rest_potential=0.05)
    c = cell().with_({"layers.oxide.material": material})
    t = analysis.transport_number(polarization(cell()).assign_attrs(cell=c.to_yaml()), "1 ms")
    reduced = 0.05 / (8.314462618 * 373.15 / 96485.33212)
    eon = 1e-6 * np.exp(-reduced) + 2e-6 * np.exp(reduced) + 1e-6
    assert t.true == pytest.approx(4e-6 / (4e-6 + eon), rel=1e-9)


def test_the_temperature_of_the_run_counts():
    law = {"type": "arrhenius", "reference": 4.1e-7, "reference_temperature": 373.15, "activation_energy": 0.3}
    c = cell().with_({"layers.oxide.material.ionic_conductivity": law})
    run = polarization(cell())
    cold = analysis.transport_number(run.assign_attrs(cell=c.to_yaml(), temperature=313.15), "1 ms")
    warm = analysis.transport_number(run.assign_attrs(cell=c.to_yaml()), "1 ms")
    assert cold.true < 0.3 * warm.true


def test_sampling_is_interpolated_in_log_time_and_never_extrapolated():
    run = dataset.transient([0.0, 0.1, 10.0, 1e3], [0.5] * 4, [9e-6, 3e-6, 1e-6, 1e-6])
    assert analysis.transport_number(run, "1 s").initial_current == pytest.approx(2e-6)
    assert analysis.transport_number(run, 10.0).initial_current == 1e-6
    assert analysis.transport_number(run, 0.0).initial_current == 9e-6  # a sample is there
    for outside in ("10 ms", "2 h"):
        with pytest.raises(InputError, match=r"outside the data .* not extrapolated"):
            analysis.transport_number(run, outside)


def test_of_several_steps_the_first_is_used_and_said():
    run = dataset.transient(
        [1.0, 10.0, 100.0, 101.0, 200.0], [0.5] * 3 + [1.0] * 2, [4e-6, 2e-6, 2e-6, 9e-6, 4e-6], step=[0, 0, 0, 1, 1]
    )
    t = analysis.transport_number(run, "1 s")
    assert t.apparent == pytest.approx(0.5) and "of 2 steps the first" in t.reason


def test_window_of_sampling_times():
    c = cell()
    run = polarization(c)
    window = analysis.transport_number_window(run, 0.070, 0.085)
    assert window.decades == pytest.approx(np.log10(window.end / window.start))
    assert window.decades > 1
    for when in np.geomspace(window.start, window.end, 7)[1:-1]:
        assert 0.070 <= analysis.transport_number(run, float(when)).apparent <= 0.085
    beyond = analysis.transport_number(run, window.end * 1.3).apparent
    assert beyond < 0.070
    assert analysis.transport_number(run, window.end).apparent == pytest.approx(0.070, abs=1e-9)
    none = analysis.transport_number_window(run, 0.5, 0.6)
    assert none.decades == 0 and np.isnan(none.start) and "no sampling time" in str(none)
    assert "decades" in str(window)
    with pytest.raises(InputError, match="must be below"):
        analysis.transport_number_window(run, 0.6, 0.5)


def test_window_takes_the_longest_of_several():
    time = [1, 10, 100, 1000, 1e4, 1e5, 1e6]
    current = [2.0, 4.0, 2.0, 2.0, 2.0, 4.0, 1.0]
    window = analysis.transport_number_window(dataset.transient(time, [1.0] * 7, current), 0.45, 0.55)
    low, high = 1 / 0.55, 1 / 0.45  # the currents that bound it
    assert low < 2 < high
    assert window.start == pytest.approx(10 ** (1 + (4 - high) / 2))
    assert window.end == pytest.approx(10 ** (4 + (high - 2) / 2))


@pytest.mark.parametrize("separate", [True, False])
def test_electronic_conductivity_is_the_slope(separate):
    c = cell(sigma_eon=4.9e-6)
    voltages = (0.5, 1.0, 2.0, 3.0)
    runs = [polarization(c, v) for v in voltages]
    if separate:
        data = runs
    else:
        end = runs[0].time.values[-1]
        data = dataset.transient(
            np.concatenate([r.time.values + k * end for k, r in enumerate(runs)]),
            np.concatenate([r.voltage.values for r in runs]),
            np.concatenate([r.current.values for r in runs]),
            step=np.repeat(range(4), runs[0].sizes["time"]),
            attrs=runs[0].attrs,
        )
    sigma = analysis.electronic_conductivity(data)
    assert sigma.value == pytest.approx(4.9e-6, rel=1e-4)
    assert sigma.std < 1e-4 * sigma.value and sigma.r2 == pytest.approx(1) and sigma.warnings == ()
    assert sigma.voltages == voltages and sigma.temperature == 373.15 and sigma.length == 6.55e-4
    assert "4 voltage(s)" in str(sigma)


def test_electronic_conductivity_standard_deviation():
    """Against the textbook numbers of a line through noisy points."""
    voltage, current = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.1, 1.9, 3.2, 3.8]) * 1e-6
    runs = [dataset.transient([1, 6, 8, 10], [v] * 4, [i] * 4) for v, i in zip(voltage, current, strict=True)]
    sigma = analysis.electronic_conductivity(runs, thickness="1 mm", area="1 cm^2")
    (slope, offset), covariance = np.polyfit(voltage, current, 1, cov=True)
    assert sigma.slope == pytest.approx(slope) and sigma.offset == pytest.approx(offset)
    assert sigma.std / sigma.value == pytest.approx(np.sqrt(covariance[0, 0]) / slope)


def test_electronic_conductivity_warns():
    c = cell(sigma_ion=4.9e-5, c_chem=2e4)
    one = analysis.electronic_conductivity(polarization(c, duration=10.0))
    assert any("not at steady state yet" in w for w in one.warnings) and any("origin" in w for w in one.warnings)
    assert np.isnan(one.std)
    few = analysis.electronic_conductivity(dataset.transient([1, 10], [1, 1], [1, 1]), thickness=1, area=1)
    assert any("cannot be judged" in w for w in few.warnings)


def test_electronic_conductivity_refuses():
    c = cell()
    run = polarization(c)
    with pytest.raises(InputError, match="at least one Dataset"):
        analysis.electronic_conductivity([])
    with pytest.raises(InputError, match="all steps are at"):
        analysis.electronic_conductivity([run, run])
    with pytest.raises(InputError, match="analyse each temperature"):
        analysis.electronic_conductivity([run, polarization(c, 1.0).assign_attrs(temperature=300.0)])
    with pytest.raises(InputError, match="give thickness="):
        analysis.electronic_conductivity(run.assign_attrs(cell=""))
    with pytest.raises(InputError, match="different thickness or area"):
        thicker = polarization(c, 1.0).assign_attrs(cell=c.with_({"layers.oxide.thickness": "1 mm"}).to_yaml())
        analysis.electronic_conductivity([run, thicker])
    with pytest.raises(InputError, match="not a cell"):
        analysis.electronic_conductivity(run.assign_attrs(cell="name: x"))
    with pytest.raises(InputError, match="choose a node"):
        analysis.electronic_conductivity(xr.DataTree.from_dict({"/ca": run}))
    with pytest.raises(InputError, match="needs time and voltage and current"):
        analysis.electronic_conductivity(dataset.spectrum([1.0], [1.0]))


def test_layer_area_scales_the_length():
    c = cell().with_({"layers.oxide.area": 2 * AREA})
    a = analysis.electronic_conductivity(polarization(cell()))
    b = analysis.electronic_conductivity(polarization(cell()).assign_attrs(cell=c.to_yaml()))
    assert b.value == pytest.approx(a.value / 2)


# -- only for the cells that a formula is meant for (issue 11 B) -----------------------------------------------------
MAGNESIUM = Plating("1 mA/cm^2", 0.5, "10 uF/cm^2")


def stepped(c: Cell, *voltages: str, duration="1e7 s") -> xr.DataTree | xr.Dataset:
    return [mt.simulate(c, mt.Polarization(v, duration)) for v in voltages]


@pytest.mark.parametrize("material", [MixedConductor("0.443 mS/cm", "5e-8 S/cm", 1e4), IonConductor("0.0975 mS/cm")])
def test_between_electrodes_that_pass_the_ion_nothing_is_read(material):
    """Mg|MIEC|Mg gave 0.4432 mS/cm (true 5e-8 S/cm), Mg|ion|Mg a transport number of 1.7e-16."""
    symmetric = Cell("mg_mg", MAGNESIUM, [Layer("layer", material, "0.65 mm")], MAGNESIUM)
    runs = stepped(symmetric, "5 mV", "10 mV")
    for read in (
        lambda: analysis.electronic_conductivity(runs),
        lambda: analysis.slope_conductivity(runs[0]),
        lambda: analysis.transport_number(runs[0]),
        lambda: analysis.transport_number_window(runs[0], 0.1, 0.9),
        lambda: analysis.apparent_transport_number(runs[0]),
    ):
        with pytest.raises(InputError, match="both electrodes of mg_mg pass the ion"):
            read()


def test_without_electrons_there_is_no_electronic_conductivity():
    gold = Blocking("10 uF/cm^2")
    c = Cell("au_au", gold, [Layer("layer", IonConductor("0.1 mS/cm"), "0.65 mm")], gold)
    with pytest.raises(InputError, match="no electrons get from electrode to electrode of au_au"):
        analysis.electronic_conductivity(stepped(c, "50 mV", "0.1 V", duration="1 h"))
    run = stepped(c, "50 mV", duration="1 h")[0]
    assert analysis.transport_number(run, "1 ms").apparent == pytest.approx(1)


def test_a_half_blocked_cell_passes_electrons_alone_too():
    """Mg|MIEC|Au, the sample on the plateau 1/(sigma_ion + sigma_eon)."""
    oxide = MixedConductor("0.5 mS/cm", "0.1 mS/cm", 1e6)
    c = Cell("mg_au", Plating(1e9, 0.5), [Layer("oxide", oxide, "1 mm")], Blocking(1e-4))
    run = mt.simulate(c, mt.Polarization("1 mV", "1e7 s", first_time="1 us"))
    found = analysis.transport_number(run, "10 us")
    assert found.apparent == pytest.approx(5 / 6, rel=1e-3) and found.true == pytest.approx(5 / 6) and found.steady
    slope = analysis.electronic_conductivity([run, mt.simulate(c, mt.Polarization("2 mV", "1e7 s"))])
    assert slope.value == pytest.approx(0.01, rel=1e-4)


def exponential(voltages, c):
    """Steady currents of closed form 5 (Hebb-Wagner): i L = sigma_p (exp(FV/RT) - 1) RT/F."""
    reduced = np.array(voltages) * 96485.33212 / (8.314462618 * 373.15)
    layer = c.layers[0]
    scale = float(layer.material.electronic_conductivity.p) / float(layer.thickness) * AREA
    currents = scale * np.expm1(reduced) * 8.314462618 * 373.15 / 96485.33212
    return [
        dataset.transient([1, 60, 80, 100], [v] * 4, [i] * 4, attrs={"cell": c.to_yaml()})
        for v, i in zip(voltages, currents, strict=True)
    ]


def test_a_curve_is_no_line():
    """The slope of a line through an exponential is the conductivity at no potential; between neighbours it is."""
    electrons = DefectElectrons(n=0.0, p=1e-6)
    c = Cell(
        "mg_au", MAGNESIUM, [Layer("oxide", MixedConductor(1e-3, electrons, 20.0), 1e-3)], Blocking(0.1), area=AREA,
        temperature=373.15,
    )  # fmt: skip
    with pytest.raises(InputError, match="do not lie on a line"):
        analysis.electronic_conductivity(exponential([0.05, 0.1, 0.15, 0.2], c))
    near = analysis.electronic_conductivity(exponential([0.0999, 0.1, 0.1001], c))
    assert near.value == pytest.approx(1e-6 * np.exp(0.1 * 96485.33212 / (8.314462618 * 373.15)), rel=1e-4)
    bent = analysis.electronic_conductivity(exponential([0.10, 0.11, 0.12], c))
    assert any("bend" in text for text in bent.warnings)


def test_both_branches_of_a_hyperbolic_sine_are_no_line():
    voltages = [-0.2, -0.1, -0.05, 0.05, 0.1, 0.2]
    runs = [dataset.transient([1, 60, 80, 100], [v] * 4, [1e-6 * np.sinh(v / 0.03)] * 4) for v in voltages]
    with pytest.raises(InputError, match="do not lie on a line"):
        analysis.electronic_conductivity(runs, thickness="1 mm", area="1 cm^2")


def test_a_current_that_falls_with_the_voltage_is_no_conductivity():
    runs = [dataset.transient([1, 60, 80, 100], [v] * 4, [-v * 1e-6] * 4) for v in (0.5, 1.0, 1.5)]
    with pytest.raises(InputError, match="does not grow with the voltage"):
        analysis.electronic_conductivity(runs, thickness="1 mm", area="1 cm^2")


def test_contacts_in_the_slope_are_said():
    """A tenth of the area in contact: R_e/a and the spots, 956 of 2056 ohm, and sigma_eon without them."""
    gold = Blocking("10 uF/cm^2", "50 ohm*cm^2", contact=mt.Contact(0.1, "20 um"))
    c = Cell("au_au", gold, [Layer("mixed", MixedConductor(0.05, 0.01, 1e9), 1e-3)], gold)
    runs = stepped(c, "1 mV", "2 mV", "3 mV", duration="1e8 s")
    found = analysis.electronic_conductivity(runs)
    assert 1 / found.slope == pytest.approx(2056.150, rel=1e-4)
    (said,) = [text for text in found.warnings if "contacts" in text]
    assert "sigma_eon = 0.1 mS/cm" in said
    # "read at 0.1 s" lies on the plateau of charged double layers, and the formula gives what the plateaus say
    number = analysis.transport_number(runs[0], "0.1 s")
    assert number.apparent == pytest.approx(1 - 1222.817 / 2056.150, rel=0.02)
    assert number.steady and "R_c = 1.056 kohm" in number.reason and "changed" not in number.reason


def test_grain_boundaries_belong_to_the_true_value():
    boundary = mt.GrainBoundary("1 ohm*cm^2", None, "1 um")
    material = MixedConductor(0.05, 0.01, 1e6, grain_boundary=boundary)
    c = Cell("au_au", Blocking(0.1), [Layer("mixed", material, 1e-3)], Blocking(0.1))
    run = mt.simulate(c, mt.Polarization("1 mV", "1e8 s", first_time="1 us"))
    found = analysis.transport_number(run, "1 ms")
    assert found.true == pytest.approx(5 / 11) and "agree" in found.reason and found.steady
    assert analysis.true_transport_number(run) == found.true


def test_a_graded_layer_has_no_plateaus_in_closed_form():
    grains = mt.Phase("grains", MixedConductor(0.05, 0.01, 1e6), mt.Linear(0.5, 0.7))
    graded = mt.Composite([grains, mt.Phase("gel", IonConductor(0.01))], mt.Bruggeman())
    c = Cell("au_au", Blocking(0.1), [Layer("mixed", graded, 1e-3)], Blocking(0.1))
    run = mt.simulate(c, mt.Polarization("1 mV", "1e6 s", first_time="1 ms"))
    found = analysis.transport_number(run, "1 s")
    assert 0 < found.true < 1 and "not known in closed form" in found.reason
