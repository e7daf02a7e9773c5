"""Equivalent circuit: its own spectra give its parameters back, with honest errors; what is open is said to be open."""

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import dataset
from mgtwin.analysis import Modulus, PaperCircuit, Proportional, Unit, equivalent_circuit
from mgtwin.errors import InputError

F = np.geomspace(1e6, 0.1, 100)
CIRCUIT = PaperCircuit()
TRUTHS = {
    "paper-like": {"R0": 30.0, "R1": 89.0, "Q1": 1e-8, "n1": 0.9, "R2": 46.0, "Q2": 1e-5, "n2": 0.8},
    "wide": {"R0": 50.0, "R1": 2e3, "Q1": 1e-9, "n1": 0.95, "R2": 9e5, "Q2": 2e-8, "n2": 0.7},
    "depressed": {"R0": 5.0, "R1": 20.0, "Q1": 1e-6, "n1": 0.6, "R2": 80.0, "Q2": 1e-3, "n2": 0.55},
    "ideal capacitors": {"R0": 30.0, "R1": 89.0, "Q1": 1e-8, "n1": 1.0, "R2": 46.0, "Q2": 1e-5, "n2": 1.0},
}


def of(impedance, frequency=F, **attrs):
    return dataset.spectrum(frequency, impedance, attrs)


def noisy(z, share, seed=0):
    rng = np.random.default_rng(seed)
    return z + share * np.abs(z) * (rng.standard_normal(len(z)) + 1j * rng.standard_normal(len(z)))


@pytest.mark.parametrize("weighting", [Modulus(), Proportional(), Unit()])
@pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS.keys())
def test_own_spectra_give_the_parameters_back(truth, weighting):
    fit = equivalent_circuit(of(CIRCUIT.impedance(F, truth)), CIRCUIT, weighting)
    for name, value in truth.items():
        assert fit.values[name] == pytest.approx(value, rel=1e-6), name
    assert fit.misfit < 1e-7 and not fit.undetermined
    np.testing.assert_allclose(CIRCUIT.impedance(F, fit.values), fit.model_impedance, rtol=1e-12)


@pytest.mark.parametrize("truth", [TRUTHS["paper-like"], TRUTHS["wide"]], ids=["paper-like", "wide"])
def test_noise_leaves_them_within_their_standard_errors(truth):
    names = list(truth)
    off = []
    for seed in range(20):
        fit = equivalent_circuit(of(noisy(CIRCUIT.impedance(F, truth), 3e-3, seed)))
        off.append([(fit.values[name] - truth[name]) / fit.std[name] for name in names])
        # 3e-3 per part, 200 residuals: 5 %
        assert np.sqrt(fit.chi_squared) == pytest.approx(3e-3, rel=0.2)
    off = np.array(off)
    assert np.abs(off[0]).max() < 3  # the first seed, as a user would see it
    assert (np.abs(off) < 3).mean() > 0.97
    # over 20 seeds the scatter is the standard error: chi2 of 20 values lies within 0.5 and 1.6 of it (99.9 %)
    scatter = np.sqrt((off**2).mean(axis=0))
    assert (scatter > 0.5).all() and (scatter < 1.6).all(), dict(zip(names, scatter, strict=True))


@pytest.mark.parametrize("truth", [TRUTHS["paper-like"], TRUTHS["wide"]], ids=["paper-like", "wide"])
def test_standard_errors_are_those_of_another_fit_in_other_variables(truth):
    from scipy.optimize import curve_fit

    names = list(truth)
    z = noisy(CIRCUIT.impedance(F, truth), 1e-3, seed=2)
    fit = equivalent_circuit(of(z))

    def parts(_, *shares):  # in R, Q and n themselves, in units of the truth, with numerical derivatives
        model = CIRCUIT.impedance(F, {name: share * truth[name] for name, share in zip(names, shares, strict=True)})
        return np.concatenate([model.real, model.imag])

    sigma = np.concatenate([np.abs(z)] * 2)
    start = [fit.values[name] / truth[name] for name in names]
    shares, covariance = curve_fit(parts, None, np.concatenate([z.real, z.imag]), start, sigma, absolute_sigma=False)
    for name, share, variance in zip(names, shares, np.diag(covariance), strict=True):
        assert fit.values[name] == pytest.approx(share * truth[name], rel=1e-4)
        assert fit.std[name] == pytest.approx(np.sqrt(variance) * truth[name], rel=0.01), name


def test_one_arc_leaves_the_second_open():
    z = noisy(PaperCircuit(arcs=1).impedance(F, {"R0": 30, "R1": 89, "Q1": 1e-7, "n1": 0.9}), 3e-3)
    fit = equivalent_circuit(of(z))
    assert fit.undetermined and any("does not determine" in warning for warning in fit.warnings)
    sure = [arc for arc in fit.arcs if arc.determined]
    assert len(sure) <= 1
    one = equivalent_circuit(of(z), PaperCircuit(arcs=1))
    assert not one.undetermined and one.values["R1"] == pytest.approx(89, rel=0.01)


@pytest.mark.parametrize("share", [0.0, 1e-3])
def test_a_resistance_too_small_to_be_seen_is_not_determined(share):
    z = noisy(PaperCircuit(arcs=1).impedance(F, {"R0": 1e-3, "R1": 1e6, "Q1": 4e-11, "n1": 1.0}), share)
    fit = equivalent_circuit(of(z), PaperCircuit(arcs=1))
    assert fit.values["R1"] == pytest.approx(1e6, rel=5e-3) and not fit.std["R1"] > 5e3
    if share:
        assert "R0" in fit.undetermined and "not determined" in str(fit)


@pytest.mark.parametrize("seed", range(6))  # R0 ends at 0 in some, takes all of R1 in others
def test_an_arc_above_the_data_shares_its_resistance_with_r0_and_both_are_said_to_be_open(seed):
    truth = {"R0": 30, "R1": 89, "Q1": 4.5e-11, "n1": 1.0, "R2": 114, "Q2": 1.1e-6, "n2": 1.0}  # first top at 40 MHz
    fit = equivalent_circuit(of(noisy(CIRCUIT.impedance(F, truth), 3e-3, seed)))
    assert fit.values["R0"] + fit.values["R1"] == pytest.approx(119, rel=0.01)
    assert "R1" in fit.undetermined and not fit.arcs[0].determined and not fit.arcs[0].inside
    assert fit.values["R2"] == pytest.approx(114, rel=0.01) and "R2" not in fit.undetermined
    for name, value in fit.values.items():  # nothing is called known that is wrong
        assert name in fit.undetermined or abs(value - truth[name]) < 4 * fit.std[name], name


def test_a_blocking_tail_ends_at_a_bound():
    fit = equivalent_circuit(of(100 + 1 / (2j * np.pi * F * 1e-6)), PaperCircuit(arcs=1))
    assert fit.undetermined and fit.values["R0"] == pytest.approx(100, rel=1e-3)


def test_n_stays_in_its_bounds():
    warburg = 50 + 1e3 / (1 + (2j * np.pi * F * 1e-2) ** 0.4)
    for least in (0.5, 0.6):
        fit = equivalent_circuit(of(warburg), PaperCircuit(arcs=1, smallest_exponent=least))
        assert fit.values["n1"] == least and "lower bound" in fit.undetermined["n1"]
    free = equivalent_circuit(of(warburg), PaperCircuit(arcs=1, smallest_exponent=0.1))
    assert free.values["n1"] == pytest.approx(0.4, rel=1e-6)


def test_a_spectrum_that_the_circuit_cannot_describe_is_said_to_be_one():
    fit = equivalent_circuit(of(50 + 1e3 * np.tanh(np.sqrt(2j * np.pi * F)) / np.sqrt(2j * np.pi * F)), PaperCircuit(1))
    assert fit.misfit > 0.02 and any("does not describe" in warning for warning in fit.warnings)


def test_capacitances_and_conductivities():
    truth = TRUTHS["paper-like"]
    fit = equivalent_circuit(of(CIRCUIT.impedance(F, truth)), thickness="0.655 mm", area="1.3273 cm^2")
    r0, r1, q1, n1, r2, q2, n2 = truth.values()
    fast, slow = fit.arcs
    assert fast.capacitance == pytest.approx(q1 ** (1 / n1) * r1 ** ((1 - n1) / n1), rel=1e-6)
    assert fast.capacitance == pytest.approx(1 / (2 * np.pi * fast.frequency * r1), rel=1e-6)
    assert fast.capacitance_brug == pytest.approx(q1 ** (1 / n1) * (1 / r0 + 1 / r1) ** ((n1 - 1) / n1), rel=1e-6)
    assert slow.capacitance_brug == pytest.approx(q2 ** (1 / n2) * (1 / (r0 + r1) + 1 / r2) ** ((n2 - 1) / n2))
    length_per_area = 0.655e-3 / 1.3273e-4
    assert fit.conductivity["R1"] == fast.conductivity == pytest.approx(length_per_area / r1)
    assert fit.conductivity["total"] == pytest.approx(length_per_area / (r0 + r1 + r2))
    assert "0.655 mm" in fit.normalised_by
    # the frequency at which the arc is highest, read off the arc itself
    f = np.geomspace(1e3, 1e8, 20001)
    alone = PaperCircuit(arcs=1).impedance(f, {"R0": 0, "R1": r1, "Q1": q1, "n1": n1})
    assert fast.frequency == pytest.approx(f[np.argmax(-alone.imag)], rel=1e-3)


def test_geometry_comes_from_the_cell_or_not_at_all():
    cell = mt.cell("mg_mg3asn_mg")
    eis = of(mt.impedance.exact(cell, F), cell=cell.to_yaml())
    fit = equivalent_circuit(eis)
    total = sum(fit.values[name] for name in ("R0", "R1", "R2"))
    assert fit.conductivity["total"] == pytest.approx(0.655e-3 / 1.3273e-4 / total)  # the layer's own area
    assert dict(equivalent_circuit(of(eis.impedance.values, eis.frequency.values)).conductivity) == {}
    with pytest.raises(InputError, match="give area="):
        equivalent_circuit(of(eis.impedance.values, eis.frequency.values), thickness="1 mm")


def test_order_of_the_points_and_scale_do_not_matter():
    z = noisy(CIRCUIT.impedance(F, TRUTHS["paper-like"]), 3e-3)
    fit, other, larger = (equivalent_circuit(ds) for ds in (of(z), of(z[::-1], F[::-1]), of(1e5 * z)))
    assert other.values == pytest.approx(fit.values)
    for name in ("R0", "R1", "R2"):
        assert larger.values[name] == pytest.approx(1e5 * fit.values[name], rel=1e-5)
        assert larger.std[name] == pytest.approx(1e5 * fit.std[name], rel=1e-3)
    assert larger.values["Q1"] == pytest.approx(1e-5 * fit.values["Q1"], rel=1e-4)


def test_weighting_decides_what_counts():
    z = CIRCUIT.impedance(F, TRUTHS["wide"])
    wrong = z * np.where(F > 1e4, 1.1, 1.0)  # 10 % at small |Z|, 1e-4 of the largest
    unit, modulus = (equivalent_circuit(of(wrong), weighting=w) for w in (Unit(), Modulus()))
    assert unit.values["R2"] == pytest.approx(9e5, rel=1e-3)
    assert unit.misfit > modulus.misfit > 5e-3


def test_what_is_wrong_with_the_input():
    z = CIRCUIT.impedance(F, TRUTHS["paper-like"])
    with pytest.raises(InputError, match=r"PaperCircuit\(arcs=2\)"):
        equivalent_circuit(of(z), "R(RQ)(RQ)")
    with pytest.raises(InputError, match=r"mt.analysis.Modulus\(\)"):
        equivalent_circuit(of(z), weighting="modulus")
    with pytest.raises(InputError, match=r"mt.analysis.Modulus\(\)"):
        equivalent_circuit(of(z), weighting=Modulus)
    with pytest.raises(InputError, match="10 finite points"):
        equivalent_circuit(of(z[:9], F[:9]))
    with pytest.raises(InputError, match="arcs is 5"):
        PaperCircuit(arcs=5)
    with pytest.raises(InputError, match="smallest_exponent is 1"):
        PaperCircuit(smallest_exponent=1)
    with pytest.raises(InputError, match=r"'r1' is not one of them\. Did you mean"):
        CIRCUIT.impedance(F, {**TRUTHS["paper-like"], "r1": 1})
    with pytest.raises(InputError, match="positive and finite"):
        CIRCUIT.impedance([0.0], TRUTHS["paper-like"])


def test_text_and_immutability():
    fit = equivalent_circuit(of(noisy(CIRCUIT.impedance(F, TRUTHS["paper-like"]), 1e-3)))
    text = str(fit)
    assert "R-(R||CPE)-(R||CPE) fitted with modulus weighting" in text and "Hsu-Mansfeld" in text and "Brug" in text
    with pytest.raises(ValueError, match="read-only"):
        fit.model_impedance[0] = 0
    with pytest.raises(AttributeError):
        fit.misfit = 0.0


def test_plot_overlays_fit_and_data_and_lists_the_arcs():
    truth = TRUTHS["paper-like"]
    fit = equivalent_circuit(of(CIRCUIT.impedance(F, truth) * np.where(F > 1e3, 1.0, 1.0001)))
    upper, lower = mt.plot.circuit(fit)
    upper.figure.canvas.draw()
    lines = {line.get_label(): line for line in upper.lines}
    np.testing.assert_allclose(lines["data"].get_xdata(), fit.impedance.real)
    np.testing.assert_allclose(lines["R-(R||CPE)-(R||CPE)"].get_ydata(), -fit.model_impedance.imag)
    rest = {line.get_label(): line for line in lower.lines}
    expected = 100 * (fit.model_impedance - fit.impedance) / np.abs(fit.impedance)
    np.testing.assert_allclose(rest["Re"].get_ydata(), expected.real)
    listed = [text.get_text() for text in upper.get_legend().get_texts()]
    assert "R0: 30 Ω" in listed[2] and listed[3].startswith("arc 1: 89 Ω") and "n = 0.80" in listed[4]
    with pytest.raises(InputError, match="equivalent_circuit, not Dataset"):
        mt.plot.circuit(of(fit.impedance))


# -- what the sum of resistances is of (issue 11 B.1, B.5) ------------------------------------------------------------
def test_a_blocking_tail_is_no_part_of_the_total():
    """10 kohm of a pellet before a blocking electrode: 1e-5 S/cm, and not the tail's 1e-10."""
    z = 1e4 / (1 + 2j * np.pi * F * 1e4 * 1e-10) + 1 / (1e-6 * (2j * np.pi * F) ** 0.95)
    fit = equivalent_circuit(of(noisy(z, 2e-3)), thickness="1 mm", area="1 cm^2")
    assert fit.conductivity["total"] == pytest.approx(1e-3, rel=0.02)
    assert abs(fit.conductivity["total"] - 1e-3) < 3 * fit.conductivity_std["total"] < 0.03e-3
    assert any("R2 does not close within the data" in text for text in fit.warnings)
    assert "total ±" in str(fit) and "from R2 (not determined)" in str(fit)


def test_the_total_is_known_where_its_terms_are_not():
    """R_0 and an arc faster than the data share their sum; the standard error of the total covers in repeats."""
    truth = {"R0": 40.0, "R1": 60.0, "Q1": 1e-10, "n1": 1.0, "R2": 50.0, "Q2": 1e-5, "n2": 1.0}
    z, hits = CIRCUIT.impedance(F, truth), 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        seen = z * (1 + 2e-3 * (rng.standard_normal(F.size) + 1j * rng.standard_normal(F.size)))
        fit = equivalent_circuit(of(seen), thickness="1 mm", area="1 cm^2")
        error = abs(fit.conductivity["total"] - 10 / 150)
        assert fit.conductivity_std["total"] < 0.005 * 10 / 150
        hits += error < 2 * fit.conductivity_std["total"]
    assert hits >= 26  # 95 %


def test_what_the_dataset_states_is_used():
    z = CIRCUIT.impedance(F, TRUTHS["paper-like"])
    fit = equivalent_circuit(of(z, thickness=0.655e-3, area=1.3273e-4))
    expected = equivalent_circuit(of(z), thickness="0.655 mm", area="1.3273 cm^2").conductivity
    assert dict(fit.conductivity) == pytest.approx(dict(expected)) and "stated 0.655 mm" in fit.normalised_by
    assert dict(equivalent_circuit(of(z, thickness=0.655e-3)).conductivity) == {}
