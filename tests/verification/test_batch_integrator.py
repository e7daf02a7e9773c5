"""Radau IIA over parameter sets side by side: closed forms, observed order, events, failures, other integrators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import casadi
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from mgtwin.batch.collocation import A, C
from mgtwin.batch.elimination import Elimination
from mgtwin.batch.equations import Equations
from mgtwin.batch.radau import March, march

T, P = casadi.SX.sym("t"), casadi.SX.sym("p")
RNG = np.random.default_rng(12)


def equations(rates: Sequence[casadi.SX], y: casadi.SX, differential: int, event: casadi.SX | None = None) -> Equations:
    found = None if event is None else casadi.Function("events", [T, y, P], [event])
    return Equations(casadi.Function("f", [T, y, P], [casadi.vertcat(*rates)]), differential, found, ["level"])


# -- elimination -------------------------------------------------------------------------------------------------------
def arrow(size: int, border: int) -> np.ndarray:
    """Unknowns that couple only to themselves and to a few."""
    there = np.eye(size, dtype=bool)
    there[-border:] = there[:, -border:] = True
    return there


def mesh(size: int, border: int) -> np.ndarray:
    """Neighbours couple, and all to a few."""
    return arrow(size, border) | np.eye(size, k=1, dtype=bool) | np.eye(size, k=-1, dtype=bool)


def pairs(size: int, border: int) -> np.ndarray:
    """Pairs of unknowns, as a mode and its dielectric field, of which one member couples to a few."""
    there = np.eye(size, dtype=bool)
    half = (size - border) // 2
    there |= np.eye(size, k=half, dtype=bool) | np.eye(size, k=-half, dtype=bool)
    there[-border:, :half] = there[:half, -border:] = there[-border:, -border:] = True
    return there


@pytest.mark.parametrize(("pattern", "levels"), [(arrow, 1), (pairs, 2), (mesh, 6)])
@pytest.mark.parametrize("shift", [7.0, 6.0 + 5.0j])
def test_elimination_solves_what_dense_matrices_do(pattern: object, levels: int, shift: complex) -> None:
    there = pattern(64, 4)  # type: ignore[operator]
    rows, columns = np.nonzero(there)
    held = np.arange(64) < 60
    system = Elimination(rows, columns, held)
    entries = RNG.normal(size=(rows.size, 5))
    values = np.zeros((system.places, 5), dtype=type(shift))
    values[: rows.size] = entries
    values[system.diagonal[held]] += 10 * shift
    right = RNG.normal(size=(64, 5)).astype(type(shift))
    found = system.factorised(values)(right)
    matrices = np.zeros((5, 64, 64), dtype=type(shift))
    matrices[:, rows, columns] = values[: rows.size].T
    assert np.abs(np.einsum("sij,js->is", matrices, found) - right).max() < 1e-11
    assert len(system.levels) == levels
    assert system.rest.size <= 4


def test_the_diagonal_of_algebraic_unknowns_is_never_a_pivot() -> None:
    rows, columns = np.nonzero(~np.eye(6, dtype=bool))  # a zero diagonal, as Kirchhoff's laws have
    system = Elimination(rows, columns, np.zeros(6, dtype=bool))
    values = np.zeros((system.places, 1))
    values[: rows.size] = 1.0
    assert system.factorised(values)(np.ones((6, 1))) == pytest.approx(np.full((6, 1), 0.2), rel=1e-13)


def test_a_singular_matrix_gives_nan_for_its_set_alone() -> None:
    system = Elimination(np.array([0, 1]), np.array([0, 1]), np.array([False, False]))
    found = system.factorised(np.array([[1.0, 0.0], [1.0, 1.0]]))(np.ones((2, 2)))
    assert np.isfinite(found[:, 0]).all()
    assert np.isnan(found[:, 1]).any()


# -- the method --------------------------------------------------------------------------------------------------------
def test_the_butcher_matrix_satisfies_the_order_conditions() -> None:
    assert np.array([4 / 9 - np.sqrt(6) / 36, 4 / 9 + np.sqrt(6) / 36, 1 / 9]) == pytest.approx(A[-1], abs=1e-15)
    for k in range(1, 6):  # quadrature of order 5 in the last row, collocation of order 3 in all
        assert A[-1] @ C ** (k - 1) == pytest.approx(1 / k, abs=1e-15)
    for k in range(1, 4):
        assert A @ C ** (k - 1) == pytest.approx(C**k / k, abs=1e-15)


def fixed_steps(model: Equations, start: np.ndarray, number: int) -> np.ndarray:
    """The state at 1 s after steps of one length, whatever their error."""

    class Fixed(March):
        def _error(self, *args: object, **kwargs: object) -> np.ndarray:
            return np.zeros(1)

        def _first_step(self, duration: float) -> float:
            return duration / number

        def _factor(self, length: float, error: float) -> float:
            return 0.0

        def _step(self, length: float, duration: float) -> float:
            super()._step(length, duration)
            return length

    return Fixed(model.for_sets(np.array([[1.0]])), start, np.array([1.0]), 1e-7, 1e-7).finished().final


@pytest.mark.parametrize("algebraic", [False, True])
def test_the_observed_order_is_5_also_for_algebraic_unknowns(algebraic: bool, monkeypatch: Any) -> None:
    monkeypatch.setattr("mgtwin.batch.radau.ITERATIONS", 40)  # long steps, and no error but that of the method
    # y' = -y z, z = 1 + y^2 (eliminated or as an unknown): a Bernoulli equation, 1/y^2 = (1 + 1/y0^2) e^2t - 1
    y = casadi.SX.sym("y", 2 if algebraic else 1)
    z = y[1] if algebraic else 1 + y[0] ** 2
    rates = [-y[0] * z] + ([z - 1 - y[0] ** 2] if algebraic else [])
    model = equations(rates, y, 1)
    exact = 1 / np.sqrt(2 * np.exp(2) - 1)
    start = np.array([[1.0], [2.0]][: 1 + algebraic])
    found = [fixed_steps(model, start, number) for number in (4, 8, 16)]
    errors = [abs(state[0, 0] - exact) for state in found]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(5, abs=0.4)
    assert np.log2(errors[1] / errors[2]) == pytest.approx(5, abs=0.2)
    if algebraic:
        errors = [abs(state[1, 0] - 1 - exact**2) for state in found]
        assert np.log2(errors[1] / errors[2]) == pytest.approx(5, abs=0.2)


def test_sets_side_by_side_follow_their_closed_forms_at_all_output_times() -> None:
    y = casadi.SX.sym("y")
    times = np.geomspace(1e-3, 10, 40)
    rate = np.geomspace(0.3, 3.0, 7)
    found = march(equations([-P * y], y, 1).for_sets(rate[np.newaxis]), np.ones((1, 7)), times, 1e-8, 1e-12)
    assert found.states[:, 0] == pytest.approx(np.exp(-times[:, np.newaxis] * rate), rel=1e-6, abs=1e-9)
    assert found.ends == pytest.approx(np.full(7, 10.0), abs=0)
    assert found.steps < 400


def test_a_stiff_problem_agrees_with_another_integrator() -> None:
    y = casadi.SX.sym("y", 3)  # Robertson's kinetics, its conservation law as the algebraic equation
    rates = [-0.04 * y[0] + 1e4 * P * y[1] * y[2], 0.04 * y[0] - 1e4 * P * y[1] * y[2] - 3e7 * y[1] ** 2]
    model = equations([*rates, y[0] + y[1] + y[2] - 1], y, 2)
    times = np.geomspace(1e-3, 1e5, 20)
    start = np.tile([[1.0], [0.0], [0.7]], (1, 2))  # the start of the algebraic unknown is a guess only
    found = march(model.for_sets(np.array([[1.0, 2.0]])), start, times, 1e-8, 1e-13)
    for k, p in enumerate((1.0, 2.0)):

        def slopes(t: float, u: np.ndarray, p: float = p) -> list[float]:
            forward = 0.04 * u[0] - 1e4 * p * u[1] * u[2]
            return [-forward, forward - 3e7 * u[1] ** 2, 3e7 * u[1] ** 2]

        other = solve_ivp(slopes, (0, 1e5), [1, 0, 0], "Radau", times, rtol=1e-10, atol=1e-15)
        assert found.states[:, :, k] == pytest.approx(other.y.T, rel=3e-7)


# -- events, failures, stiffness ---------------------------------------------------------------------------------------
def test_every_set_ends_at_its_own_event_and_the_others_go_on() -> None:
    y = casadi.SX.sym("y")
    model = equations([P], y, 1, event=2 - y)
    rate = np.array([0.5, 1.0, 4.0, -1.0])
    times = np.array([0.25, 0.75, 3.0])
    found = march(model.for_sets(rate[np.newaxis]), np.zeros((1, 4)), times, 1e-8, 1e-10)
    assert found.ended_by == ["time", "event: level", "event: level", "time"]
    assert found.ends == pytest.approx([3.0, 2.0, 0.5, 3.0], rel=1e-12)
    assert found.final[0] == pytest.approx([1.5, 2.0, 2.0, -3.0], rel=1e-12)
    assert np.isnan(found.states[1:, 0, 2]).all()
    assert found.states[0, 0] == pytest.approx(0.25 * rate)


def test_an_event_of_a_curve_is_located_by_the_collocation_polynomial() -> None:
    y = casadi.SX.sym("y")
    model = equations([-P * y], y, 1, event=y - 0.1)
    rate = np.array([1.0, 2.0, 3.0])
    found = march(model.for_sets(rate[np.newaxis]), np.ones((1, 3)), [10.0], 1e-8, 1e-12)
    assert found.ends == pytest.approx(np.log(10) / rate, rel=1e-7)


def test_what_lies_beyond_an_event_ends_at_once() -> None:
    y = casadi.SX.sym("y")
    found = march(equations([P], y, 1, 2 - y).for_sets(np.ones((1, 2))), np.array([[3.0, 0.0]]), [0.0, 1.0], 1e-8, 1e-8)
    assert found.ended_by == ["event: level", "time"]
    assert found.ends.tolist() == [0.0, 1.0]
    assert found.states[0, 0].tolist() == [3.0, 0.0]


def test_a_set_that_fails_says_why_and_harms_no_other() -> None:
    y = casadi.SX.sym("y")
    model = equations([P * y**2], y, 1)  # ends at 1/p: beyond it there is no solution
    found = march(model.for_sets(np.array([[0.1, 2.0, 0.2]])), np.ones((1, 3)), [1.0], 1e-8, 1e-10)
    assert list(found.failures) == [1]
    assert "the integration fails at 0.5 s" in found.failures[1]
    assert found.final[0, [0, 2]] == pytest.approx([1 / 0.9, 1 / 0.8], rel=1e-7)
    assert np.isnan(found.final[0, 1])


def test_a_set_without_a_consistent_start_is_given_up() -> None:
    y = casadi.SX.sym("y", 2)
    model = equations([-y[0], y[1] ** 2 - P], y, 1)
    found = march(model.for_sets(np.array([[4.0, -1.0]])), np.array([[1.0, 1.0], [1.0, 1.0]]), [1.0], 1e-6, 1e-9)
    assert list(found.failures) == [1]
    assert "no solution of the algebraic equations" in found.failures[1]
    assert found.final[:, 0] == pytest.approx([np.exp(-1), 2.0], rel=3e-6)


def test_a_set_that_is_far_stiffer_is_put_aside() -> None:
    y = casadi.SX.sym("y")
    model = equations([-y + casadi.sin(P * T)], y, 1)
    frequency = np.array([1.0] * 9 + [1000.0])
    found = march(model.for_sets(frequency[np.newaxis]), np.zeros((1, 10)), [1.0], 1e-7, 1e-9)
    assert found.slow == [9]
    assert found.steps < 60
    exact = (np.sin(1) - np.cos(1) + np.exp(-1)) / 2
    assert found.final[0, :9] == pytest.approx(np.full(9, exact), rel=1e-6)
    w = 1000.0
    exact = (np.sin(w) - w * np.cos(w) + w * np.exp(-1)) / (1 + w**2)
    assert found.final[0, 9] == pytest.approx(exact, abs=1e-8)


# -- one discrete map --------------------------------------------------------------------------------------------------
def test_differences_of_sets_side_by_side_are_derivatives() -> None:
    y = casadi.SX.sym("y")
    model = equations([-P * y], y, 1)
    step, times = 1e-6, np.linspace(0.1, 3, 10)
    p = np.array([[1.0, 1.0 + step]])
    # at a loose tolerance: the error of the trace is far larger than that of the difference
    found = march(model.for_sets(p), np.ones((1, 2)), times, 1e-4, 1e-7).states[:, 0]
    slope = (found[:, 1] - found[:, 0]) / step
    assert slope == pytest.approx(-times * np.exp(-times), abs=1e-4 * np.exp(-1))


def test_a_set_hardly_feels_its_neighbours() -> None:
    y = casadi.SX.sym("y", 2)
    model = equations([-P * y[0] ** 3, P * y[0] - y[1]], y, 2)
    rates = np.geomspace(0.5, 5.0, 12)[np.newaxis]
    start = np.tile([[1.0], [0.0]], (1, 12))
    together = march(model.for_sets(rates), start, [2.0], 1e-7, 1e-10).final
    alone = march(model.for_sets(rates[:, 3:4]), start[:, :1], [2.0], 1e-7, 1e-10).final
    again = march(model.for_sets(rates), start, [2.0], 1e-7, 1e-10).final
    assert together[:, 3] == pytest.approx(alone[:, 0], rel=1e-8)
    assert np.array_equal(together, again)
