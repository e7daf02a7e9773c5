"""Mixing rules: bounds, limits, thresholds, and bad input."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mgtwin.cells import (
    Bruggeman,
    HashinShtrikmanLower,
    HashinShtrikmanUpper,
    MaxwellGarnett,
    McLachlan,
    PoreExponent,
    WienerParallel,
    WienerSeries,
)
from mgtwin.errors import InputError

#: Enough for rules of a few lines; there are many of them.
few = settings(max_examples=25, deadline=None)
#: Rounding: sums of a few terms, and Newton's last step.
EXACT = 1e-12
#: From nearly nothing to a metal, and nothing at all.
conductivities = st.one_of(st.just(0.0), st.floats(-16, 2).map(lambda exponent: float(10**exponent)))
positive = st.floats(-16, 2).map(lambda exponent: float(10**exponent))


def names(count):
    return [f"p{k}" for k in range(count)]


@st.composite
def mixtures(draw, values=conductivities, absent=(0.0,)):
    """Fractions that add up to 1, phases that are absent included, and values."""
    count = draw(st.integers(2, 5))
    amounts = st.one_of(st.floats(1e-6, 1.0), *map(st.just, absent))
    parts = draw(st.lists(amounts, min_size=count, max_size=count).filter(any))
    return [part / sum(parts) for part in parts], draw(st.lists(values, min_size=count, max_size=count))


ISOTROPIC = [
    Bruggeman(),
    MaxwellGarnett("p0"),
    MaxwellGarnett("p1"),
    PoreExponent("p0", 1.5),
    McLachlan("p0", threshold=1 / 3, s=1.0, t=1.0),
]
ALL = [
    *ISOTROPIC,
    WienerParallel(),
    WienerSeries(),
    HashinShtrikmanUpper(),
    HashinShtrikmanLower(),
    McLachlan("p0", threshold=0.16),
    PoreExponent("p1", 2.5),
]


def bounds(fractions, values):
    return (rule.effective(fractions, values) for rule in (HashinShtrikmanLower(), HashinShtrikmanUpper()))


@pytest.mark.parametrize("rule", ISOTROPIC, ids=str)
@few
@given(mixtures())
def test_isotropic_rules_lie_within_hashin_shtrikman(rule, mixture):
    fractions, values = mixture
    if rule.phase_field:  # what is to surround or pervade the others must be there
        assume(fractions[rule.position(names(len(values)))] > 0)
    low, high = bounds(fractions, values)
    found = rule.effective(fractions, values, names(len(values)))
    assert low * (1 - 1e-9) <= found <= high * (1 + 1e-9)  # rounding of a root next to its threshold


@few
@given(mixtures())
def test_hashin_shtrikman_lies_within_wiener(mixture):
    low, high = bounds(*mixture)
    assert WienerSeries().effective(*mixture) * (1 - EXACT) <= low <= high * (1 + EXACT)
    assert high <= WienerParallel().effective(*mixture) * (1 + EXACT)


@few
@given(st.floats(1e-3, 1.0), st.floats(1.5, 5.0))
def test_pore_exponents_from_one_and_a_half_are_within_the_bounds(porosity, exponent):
    found = PoreExponent("p0", exponent).effective([porosity, 1 - porosity], [1.0, 0.0], names(2))
    assert found == pytest.approx(porosity**exponent, rel=EXACT)
    assert found <= HashinShtrikmanUpper().effective([porosity, 1 - porosity], [1.0, 0.0]) * (1 + EXACT)


def test_the_exceptions_leave_the_bounds():
    fractions, values = [0.4, 0.6], [1.0, 0.0]
    _, high = bounds(fractions, values)
    assert PoreExponent("p0", 1.0).effective(fractions, values, names(2)) > high
    low, high = bounds([0.3, 0.7], [1.0, 0.5])
    assert not low <= McLachlan("p0", threshold=0.05, s=0.5, t=3.0).effective([0.3, 0.7], [1.0, 0.5], names(2)) <= high


@pytest.mark.parametrize("rule", ALL, ids=str)
@few
@given(mixtures(), st.floats(1.0, 1e6), st.integers(0, 4))
def test_more_conducting_phases_conduct_more(rule, mixture, factor, which):
    fractions, values = mixture
    assume(which < len(values))
    better = [value * factor if k == which else value for k, value in enumerate(values)]
    before, after = (rule.effective(fractions, v, names(len(values))) for v in (values, better))
    assert after >= before * (1 - 1e-9)


@pytest.mark.parametrize("rule", ALL, ids=str)
@few
@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), positive, conductivities)
def test_more_of_the_better_phase_conducts_more(rule, one, other, good, bad):
    assume(bad <= good)
    less, more = sorted((one, other))
    found = [rule.effective([x, 1 - x], [good, bad], names(2)) for x in (less, more)]
    assert found[1] >= found[0] * (1 - 1e-9)


@pytest.mark.parametrize("rule", ALL, ids=str)
@few
@given(mixtures(), st.floats(-8, 8))
def test_rules_are_homogeneous(rule, mixture, exponent):
    fractions, values = mixture
    factor = 10.0**exponent
    once = rule.effective(fractions, values, names(len(values)))
    scaled = rule.effective(fractions, [factor * value for value in values], names(len(values)))
    assert scaled == pytest.approx(factor * once, rel=1e-9, abs=0)


@pytest.mark.parametrize("rule", ALL, ids=str)
@few
@given(st.lists(st.floats(0.01, 1.0), min_size=2, max_size=4), positive)
def test_equal_phases_are_one_medium(rule, parts, value):
    fractions = [part / sum(parts) for part in parts]
    found = rule.effective(fractions, [value] * len(parts), names(len(parts)))
    assert found == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize(
    "rule", [Bruggeman(), WienerParallel(), WienerSeries(), HashinShtrikmanUpper(), HashinShtrikmanLower()], ids=str
)
@few
@given(mixtures(), st.randoms(use_true_random=False))
def test_rules_that_name_no_phase_are_symmetric(rule, mixture, random):
    order = list(range(len(mixture[0])))
    random.shuffle(order)
    fractions, values = ([entries[k] for k in order] for entries in mixture)
    assert rule.effective(fractions, values) == pytest.approx(rule.effective(*mixture), rel=1e-9, abs=0)


@pytest.mark.parametrize("rule", ALL, ids=str)
@pytest.mark.parametrize("values", [(1.0, 0.0), (0.0, 1.0), (1.0, 1e-16), (1e-16, 1.0), (3.0, 2.0)])
def test_a_pure_phase_is_itself(rule, values):
    for fractions, value in (((1.0, 0.0), values[0]), ((0.0, 1.0), values[1])):
        assert rule.effective(fractions, values, names(2)) == pytest.approx(value, rel=EXACT, abs=0)


@pytest.mark.parametrize("bad", [0.0, 1e-16, 1e-6])
def test_bruggeman_has_its_threshold_at_one_third(bad):
    third = 1 / 3
    at = [Bruggeman().effective([x, 1 - x], [1.0, bad]) for x in (0.2, third, third + 1e-6, 0.5)]
    if bad == 0:
        assert at[:2] == [0.0, 0.0]
        assert at[2] == pytest.approx(1.5e-6, rel=1e-6)  # the slope above the threshold
        assert at[3] == 0.25
    else:
        assert at[0] == pytest.approx(bad / (1 - 3 * 0.2), rel=10 * bad)  # grains that do not touch
        assert at[1] == pytest.approx(math.sqrt(bad / 2), rel=math.sqrt(bad))


@few
@given(st.floats(0.0, 1.0), positive, positive)
@example(1 / 3, 1.0, 1e-16)
def test_bruggeman_of_two_phases_is_the_root_of_a_quadratic(x, one, other):
    b = (3 * x - 1) * one + (2 - 3 * x) * other
    root = math.sqrt(b * b + 8 * one * other)
    expected = (b + root) / 4 if b >= 0 else 2 * one * other / (root - b)
    # where b cancels next to the threshold, the root is as uncertain as x itself
    uncertain = 1e-15 * max(one, other) / root
    assert Bruggeman().effective([x, 1 - x], [one, other]) == pytest.approx(expected, rel=1e-12 + 10 * uncertain)


@few
@given(st.floats(0.05, 0.6), st.floats(0.0, 1.0), st.floats(0.6, 1.5), st.floats(1.0, 3.0))
def test_mclachlan_is_the_percolation_law_in_an_insulator(threshold, x, s, t):
    found = McLachlan("p0", threshold=threshold, s=s, t=t).effective([x, 1 - x], [2.0, 0.0], names(2))
    if x <= threshold:
        assert found == pytest.approx(0.0, abs=1e-12)
        return
    assume(x - threshold > 1e-6)
    assert found == pytest.approx(2 * ((x - threshold) / (1 - threshold)) ** t, rel=1e-8)


def test_mclachlan_threshold_is_exact():
    rule = McLachlan("p0", threshold=0.25, t=2.0)
    assert rule.effective([0.25, 0.75], [1.0, 0.0], names(2)) == 0
    assert rule.effective([0.2499999, 0.7500001], [1.0, 0.0], names(2)) == 0
    assert rule.effective([0.25 + 1e-9, 0.75 - 1e-9], [1.0, 0.0], names(2)) == pytest.approx(1.78e-18, rel=1e-2)


def test_mclachlan_of_a_perfect_conductor_grows_below_the_threshold():
    found = McLachlan("p0", threshold=0.3, s=0.9, t=2.0).effective([0.2, 0.8], [1e14, 1.0], names(2))
    assert found == pytest.approx((0.3 / 0.1) ** 0.9, rel=1e-6)


@pytest.mark.parametrize("rest", [1e-16, 1e-3, 0.5, 2.0, 1e3, 1e16])
@pytest.mark.parametrize("exponent", [1.5, 2.0, 3.0])
def test_pore_exponent_solves_its_equation(rest, exponent):
    for porosity in (0.01, 0.3, 0.9):
        found = PoreExponent("p0", exponent).effective([porosity, 1 - porosity], [1.0, rest], names(2))
        left = (rest - found) / (rest - 1.0) * (1.0 / found) ** (1 - 1 / exponent)
        cancels = 1e-15 * rest / abs(rest - found)
        assert left == pytest.approx(porosity, rel=1e-10 + 10 * cancels)


def test_arrays_give_what_numbers_give():
    x = np.linspace(0, 1, 7)[:, np.newaxis]
    bad = np.array([0.0, 1e-9, 0.5])
    for rule in ALL:
        found = rule.effective([x, 1 - x], [1.0, bad], names(2))
        one = [[rule.effective([float(a), 1 - float(a)], [1.0, float(b)], names(2)) for b in bad] for a in x[:, 0]]
        np.testing.assert_allclose(np.broadcast_to(found, (7, 3)), one, rtol=1e-9)


@settings(max_examples=10, deadline=None)
@given(mixtures(values=positive, absent=()))
def test_symbols_give_what_numbers_give(mixture):
    import pybamm

    from mgtwin.models.inputs import function_of

    fractions, values = mixture
    count = len(values)
    symbols = [pybamm.InputParameter(f"s{k}") for k in range(2 * count)]
    inputs = {f"s{k}": number for k, number in enumerate([*fractions, *values])}
    for rule in ALL:
        numbers = {name: float(getattr(rule, name)) for name in rule.numbers}
        special = rule.position(names(count))

        def formula(*given, rule=rule, special=special, numbers=numbers):
            return rule.formula(given[:count], given[count:], special, **numbers)

        symbol = function_of(formula, symbols) if rule.iterates else formula(*symbols)
        found = float(np.squeeze(symbol.evaluate(inputs=inputs)))
        assert found == pytest.approx(rule.effective(fractions, values, names(count)), rel=1e-9)


def test_the_derivative_of_a_root_is_right_in_casadi():
    casadi = pytest.importorskip("casadi")
    x = casadi.MX.sym("x")
    for rule in (Bruggeman(), McLachlan("p0", threshold=0.2), PoreExponent("p0", 2.0)):
        numbers = {name: float(getattr(rule, name)) for name in rule.numbers}
        special = rule.position(names(2))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # CasADi's, on NumPy's functions
            found = rule.formula([x, 1 - x], [1.0, 1e-3], special, **numbers)
        slope = casadi.Function("slope", [x], [casadi.jacobian(found, x)])
        step = 1e-6
        ends = [rule.effective([0.4 + d, 0.6 - d], [1.0, 1e-3], names(2)) for d in (-step, step)]
        assert float(slope(0.4)) == pytest.approx((ends[1] - ends[0]) / (2 * step), rel=1e-7)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: McLachlan("p0", threshold=0.0), "threshold"),
        (lambda: McLachlan("p0", threshold=0.3, t=0.0), "t"),
        (lambda: PoreExponent("p0", 0.9), "exponent"),
        (lambda: MaxwellGarnett("p7").effective([0.5, 0.5], [1.0, 2.0], names(2)), "no phase 'p7'"),
        (lambda: PoreExponent("p").effective([0.5, 0.5], [1.0, 2.0], ["pores", "solid"]), "did you mean|phases are"),
    ],
)
def test_bad_input(make, says):
    with pytest.raises(InputError, match=says):
        make()
