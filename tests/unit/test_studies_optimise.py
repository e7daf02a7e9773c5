"""Optimisation against fronts and optima that are known in closed form."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import dataset

pytest.importorskip("pymoo")

SPECTRUM = mt.EIS(1e3, 1.0, points=2)
ASR = mt.analysis.area_specific_resistance
A, B = "layers.a.thickness", "layers.b.thickness"
BOUNDS = {A: ("0.1 mm", "0.9 mm"), B: ("0.1 mm", "0.9 mm")}
SIGMA = {"a": 0.05, "b": 0.5}


@pytest.fixture(scope="module")
def stack() -> Any:
    """Two ion conductors between reversible electrodes."""
    layers = [mt.Layer(name, mt.IonConductor(sigma), "0.5 mm") for name, sigma in SIGMA.items()]
    metal = mt.Plating(1e12)
    return mt.Cell("stack", metal, layers, metal, area="1 cm^2")


@mt.analysis.metric("m", "distance from a thin stack", batched=True)
def from_thin(eis: Any) -> Any:
    return np.hypot(eis[A].values - 0.3e-3, eis[B].values - 0.5e-3)


@mt.analysis.metric("m", "distance from a thick stack", batched=True)
def from_thick(eis: Any) -> Any:
    return np.hypot(eis[A].values - 0.7e-3, eis[B].values - 0.5e-3)


def test_a_known_pareto_front(stack: Any) -> None:
    """The best compromises between the distances from two points are the points of the line between them."""
    found = mt.optimise(stack, BOUNDS, [mt.Minimise(from_thin), mt.Minimise(from_thick)], protocol=SPECTRUM,
                        method=mt.Evolution(population=40, generations=60))  # fmt: skip
    total = found["from_thin"] + found["from_thick"]
    # NSGA-II comes close to a front, not onto it: 2 % of the distance of the two points
    np.testing.assert_allclose(total, 0.4e-3, rtol=0.02)
    assert float(total.min()) >= 0.4e-3 * (1 - 1e-12)
    assert found.sizes["design"] >= 30
    assert (np.diff(found["from_thin"]) > 0).all() and (np.diff(found["from_thick"]) < 0).all()
    # the whole front, from end to end without large gaps
    assert float(found["from_thin"].min()) < 0.02e-3 and float(found["from_thick"].min()) < 0.02e-3
    assert float(found["from_thin"].diff("design").max()) < 0.06e-3
    dataset.check(found)


def test_the_points_of_a_front_are_cells(stack: Any) -> None:
    found = mt.optimise(stack, BOUNDS, [mt.Minimise(from_thin), mt.Minimise(from_thick)], protocol=SPECTRUM,
                        method=mt.Evolution(population=8, generations=3))  # fmt: skip
    for k in range(found.sizes["design"]):
        cell = mt.cell_at(found.isel(design=k))
        distance = math.hypot(float(cell.get(A)) - 0.3e-3, float(cell.get(B)) - 0.5e-3)
        assert float(found["from_thin"][k]) == pytest.approx(distance, rel=1e-12)


def test_one_objective_with_a_constraint(stack: Any) -> None:
    """The least resistance of 1 mm in all: all of it in the better conductor but for the bounds."""
    found = mt.optimise(stack, BOUNDS, mt.Minimise(ASR), mt.AtLeast(mt.analysis.stack_thickness, "1 mm"),
                        protocol=SPECTRUM, method=mt.Evolution(population=20, generations=60))  # fmt: skip
    assert found.sizes["design"] == 1
    assert float(found["stack_thickness"][0]) >= 1e-3
    expected = 0.1e-3 / SIGMA["a"] + 0.9e-3 / SIGMA["b"]
    assert float(found["area_specific_resistance"][0]) == pytest.approx(expected, rel=0.01)


def test_goals_of_different_protocols_and_of_opposite_senses(stack: Any) -> None:
    """Least resistance against largest thickness: the front is all stacks whose worse conductor is thinnest."""
    other = mt.EIS(2e3, 2.0, points=2)
    found = mt.optimise(stack, BOUNDS, [mt.Minimise(ASR, SPECTRUM), mt.Maximise(mt.analysis.stack_thickness, other)],
                        method=mt.Evolution(population=24, generations=40))  # fmt: skip
    best = found["area_specific_resistance"].values
    worse = np.maximum(found["stack_thickness"].values - 1e-3, 0)  # what does not fit into b goes into a
    expected = (0.1e-3 + worse) / SIGMA["a"] + (found["stack_thickness"].values - 0.1e-3 - worse) / SIGMA["b"]
    np.testing.assert_allclose(best, expected, rtol=0.05)
    assert (np.diff(found["stack_thickness"]) > 0).all()


def test_a_robust_optimum_keeps_its_distance_from_a_limit(stack: Any) -> None:
    """Thickest layer whose resistance stays below a limit with 95 %: the closed form of a normal distribution."""
    sigma = 0.02
    uncertain = stack.with_({"series_resistance": {"value": 2e-3, "std": sigma * 1e-2}})
    limit = 2e-3 + 0.5e-3 / SIGMA["a"] + 0.5e-3 / SIGMA["b"]
    given = {"protocol": SPECTRUM, "robust": mt.Robust(n=256, probability=0.95)}
    found = mt.optimise(uncertain, {A: BOUNDS[A]}, mt.Maximise(mt.analysis.stack_thickness), mt.AtMost(ASR, limit),
                        **given, method=mt.Evolution(population=16, generations=40))  # fmt: skip
    margin = 1.6449 * sigma * 1e-2
    # the 95 % quantile of 256 quasi-random sets is known to about 2 % of the std
    assert float(found[A][0]) == pytest.approx(0.5e-3 - margin * SIGMA["a"], abs=0.05 * sigma * 1e-2 * SIGMA["a"])
    assert float(found["area_specific_resistance_robust"][0]) <= limit
    assert float(found["area_specific_resistance"][0]) == pytest.approx(limit - margin, abs=0.05 * sigma * 1e-2)


def test_a_number_wanted_large_and_limited_is_judged_in_both_senses(stack: Any) -> None:
    uncertain = stack.with_({B: {"value": "0.5 mm", "std": "0.01 mm"}})
    robust = mt.Robust(n=64, probability=0.95)
    found = mt.optimise(uncertain, {A: BOUNDS[A]}, mt.Maximise(mt.analysis.stack_thickness),
                        mt.AtMost(mt.analysis.stack_thickness, "1.2 mm"), protocol=SPECTRUM, robust=robust,
                        method=mt.Evolution(population=12, generations=30))  # fmt: skip
    spread = 1.6449 * 0.01e-3  # 64 sets know the 95 % quantile to about a tenth of the std
    assert float(found["stack_thickness"][0]) == pytest.approx(1.2e-3 - spread, abs=0.3e-5)
    assert float(found["stack_thickness_robust"][0]) == pytest.approx(1.2e-3 - 2 * spread, abs=0.5e-5)
    assert float(found["stack_thickness_limit_robust"][0]) <= 1.2e-3


def test_designs_that_fail_are_avoided(stack: Any) -> None:
    def picky(eis: Any) -> float:
        if mt.analysis.stack_thickness(eis) < 0.6e-3:
            raise ValueError("too thin to be made")
        return mt.analysis.area_specific_resistance(eis)

    found = mt.optimise(stack, {B: BOUNDS[B]}, mt.Minimise(picky), protocol=SPECTRUM,
                        method=mt.Evolution(population=8, generations=10))  # fmt: skip
    assert 0.6e-3 <= 0.5e-3 + float(found[B][0]) < 0.65e-3


def test_a_wide_range_is_searched_in_the_logarithm(stack: Any) -> None:
    path = "layers.a.material.ionic_conductivity"

    def decades(eis: Any) -> float:
        return abs(math.log10(mt.analysis.area_specific_resistance(eis) - 1e-3))

    # 0.5 mm / 1 ohm m2 = 5e-4 S/m lies in the middle of the decades and at 0.05 % of the range
    found = mt.optimise(stack, {path: (1e-6, 1.0)}, mt.Minimise(decades), protocol=SPECTRUM,
                        method=mt.Evolution(population=8, generations=20))  # fmt: skip
    assert float(found[path][0]) == pytest.approx(5e-4, rel=0.05)


def test_ctrl_c_keeps_what_was_found(stack: Any) -> None:
    def impatient(fraction: float, text: str) -> None:
        if fraction > 0.15:
            raise KeyboardInterrupt

    found = mt.optimise(stack, BOUNDS, mt.Minimise(ASR), protocol=SPECTRUM, progress=impatient)
    assert found.attrs["interrupted"]
    assert np.isfinite(found["area_specific_resistance"]).all()


def test_designs_that_were_finished_before_ctrl_c_are_kept() -> None:
    """Also those of the first generation: runs that do not go side by side may take hours."""
    gold = mt.Blocking("10 uF/cm^2")
    cell = mt.Cell("gold", gold, [mt.Layer("a", mt.IonConductor("2.6 mS/cm"), "0.5 mm")], gold)
    charging = mt.Cycling("1 uA", "1 s", cycles=1, limits=("-9 V", "9 V"), points=4)
    runs: list[float] = []

    def largest(run: Any) -> float:
        runs.append(1.0)
        if len(runs) == 6:
            raise KeyboardInterrupt
        return float(run["voltage"].max())

    found = mt.optimise(cell, {"area": ("1 cm^2", "2 cm^2")}, mt.Minimise(largest), protocol=charging)
    assert found.attrs["interrupted"] and not found.attrs["converged"]
    assert found.attrs["route"] == "optimised: 5 designs tried"


# convergence ----------------------------------------------------------------------------------------------------------


def valley(eis: Any) -> Any:
    """Rosenbrock's banana over the bounds: its least value, 1, lies at the end of a flat, curved valley, at (1, 1)."""
    x, y = ((eis[path].values - 0.1e-3) / 0.8e-3 * 3 - 1 for path in (A, B))
    return 1 + 100 * (y - x**2) ** 2 + (1 - x) ** 2


VALLEY = mt.analysis.metric("1", "valley", batched=True)(valley)
BEST = 0.1e-3 + 2 / 3 * 0.8e-3


def test_the_end_is_polished_and_convergence_told(stack: Any) -> None:
    given: Any = {"bounds": BOUNDS, "objectives": mt.Minimise(VALLEY), "protocol": SPECTRUM}
    rough = mt.optimise(stack, **given, method=mt.Evolution(population=16, generations=16, polish=0))
    found = mt.optimise(stack, **given, method=mt.Evolution(population=16, generations=16))
    assert abs(float(rough[A][0]) - BEST) > 0.005 * 0.8e-3  # evolution alone comes close only
    for path in (A, B):
        assert float(found[path][0]) == pytest.approx(BEST, rel=1e-4)
    assert found.attrs["converged"] and not [text for text in found.attrs["warnings"] if "converged" in text]
    dataset.check(found)


@pytest.mark.parametrize(
    ("method", "said"),
    [
        (mt.Evolution(population=8, generations=2, polish=6), "allow it more designs"),
        (mt.Evolution(population=8, generations=4, polish=0), "no local search"),
    ],
)
def test_a_search_that_has_not_converged_says_so(stack: Any, method: Any, said: str) -> None:
    found = mt.optimise(stack, BOUNDS, mt.Minimise(VALLEY), protocol=SPECTRUM, method=method)
    assert not found.attrs["converged"] and said in found.attrs["convergence"]
    assert any(text.startswith("convergence is not shown: ") for text in found.attrs["warnings"])


def test_a_front_that_has_settled_says_so(stack: Any) -> None:
    goals = [mt.Minimise(from_thin), mt.Minimise(from_thick)]
    few, many = (
        mt.optimise(stack, BOUNDS, goals, protocol=SPECTRUM, method=mt.Evolution(population=16, generations=n))
        for n in (3, 50)
    )
    assert not few.attrs["converged"] and many.attrs["converged"]


def test_an_optimum_on_a_slanted_limit_is_found(stack: Any) -> None:
    """Where neither number can improve alone: the corner of the thickness limit and a bound."""
    found = mt.optimise(stack, BOUNDS, mt.Minimise(ASR), mt.AtLeast(mt.analysis.stack_thickness, "1.4 mm"),
                        protocol=SPECTRUM, method=mt.Evolution(population=8, generations=6))  # fmt: skip
    assert float(found["stack_thickness"][0]) >= 1.4e-3
    assert float(found[A][0]) == pytest.approx(0.5e-3, rel=1e-4) and float(found[B][0]) == pytest.approx(0.9e-3)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bounds": {}}, "at least one path"),
        ({"bounds": {A: ("0.1 mm",)}}, "two finite bounds"),
        ({"bounds": {A: ("0.9 mm", "0.1 mm")}}, "the lowest first"),
        ({"bounds": {A: ("0.1 mm", "1 V")}}, "the unit 'V' is wrong here"),
        ({"bounds": {"layers.c.thickness": (1e-4, 1e-3)}}, "unknown path"),
        ({"objectives": []}, "nothing to optimise"),
        ({"objectives": ASR}, "an objective is"),
        ({"objectives": [ASR]}, "an objective is"),
        ({"constraints": [mt.Minimise(ASR)]}, "a constraint is"),
        ({"protocol": None}, "give it a protocol"),
        ({"objectives": [mt.Minimise(ASR), mt.Minimise(ASR, mt.EIS(1e4, 1.0))]}, "two goals are called"),
        ({"method": "nsga2"}, "method is"),
        ({"robust": 64}, "robust is"),
        ({"robust": mt.Robust(n=8)}, "no number of this cell states an uncertainty"),
    ],
)
def test_what_cannot_work_is_refused_first(stack: Any, changes: Any, said: str) -> None:
    given = {"bounds": BOUNDS, "objectives": [mt.Minimise(ASR)], "protocol": SPECTRUM} | changes
    certain = stack.with_({"temperature": 298.15})
    with pytest.raises(mt.InputError, match=said):
        mt.optimise(certain, **given)


def test_limits_have_the_unit_of_their_metric() -> None:
    assert mt.AtMost(mt.analysis.stack_thickness, "1 mm").value() == 1e-3
    assert mt.AtMost(mt.analysis.leakage_fraction, "1 %").value() == 0.01
    with pytest.raises(mt.InputError, match="the unit 'V' is wrong here"):
        mt.AtMost(mt.analysis.stack_thickness, "1 V")
    for bad in (lambda: mt.Robust(probability=95), lambda: mt.Robust(n=1), lambda: mt.Evolution(population=3)):
        with pytest.raises(mt.InputError):
            bad()


def test_constraints_that_nothing_meets_are_told(stack: Any) -> None:
    with pytest.raises(
        mt.SimulationError, match=r"none of \d+ designs meets the constraints; .* misses stack_thickness"
    ):
        mt.optimise(stack, BOUNDS, mt.Minimise(ASR), mt.AtMost(mt.analysis.stack_thickness, "0.1 mm"),
                    protocol=SPECTRUM, method=mt.Evolution(population=8, generations=2))  # fmt: skip
