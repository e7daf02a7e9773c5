"""The search of exact residuals against closed forms and scipy's, which searches in another way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares as trust_region

from mgtwin.regression import least_squares

OPEN = np.full(2, -np.inf), np.full(2, np.inf)


def rosenbrock(x: np.ndarray) -> np.ndarray:
    return np.array([10 * (x[1] - x[0] ** 2), 1 - x[0]])


def its_slopes(x: np.ndarray) -> np.ndarray:
    return np.array([[-20 * x[0], 10.0], [-1.0, 0.0]])


def test_a_curved_valley_is_followed_to_its_end() -> None:
    found = least_squares(rosenbrock, its_slopes, np.array([-1.2, 1.0]), OPEN)
    assert found.converged
    np.testing.assert_allclose(found.x, 1.0, rtol=1e-12)
    np.testing.assert_array_equal(found.residuals, rosenbrock(found.x))
    np.testing.assert_array_equal(found.jacobian, its_slopes(found.x))


@pytest.mark.parametrize("seed", range(30))
def test_linear_residuals_within_bounds_end_where_the_gradient_is_held_back(seed: int) -> None:
    """The conditions of Karush, Kuhn and Tucker, which have a single solution here; no bound is trodden upon."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(12, 4)) * 10.0 ** rng.uniform(-4, 4, 4)
    data = rng.normal(size=12)
    low, high = -rng.uniform(0, 1, 4) * 10.0 ** rng.uniform(-5, 1, 4), rng.uniform(0, 1, 4)
    found = least_squares(lambda x: matrix @ x - data, lambda x: matrix, np.zeros(4), (low, high))
    assert found.converged and (found.x > low).all() and (found.x < high).all()
    gradient = (matrix.T @ found.residuals) / np.linalg.norm(matrix, axis=0)
    size = 1e-6 * np.linalg.norm(found.residuals)
    near = 1e-6 * (high - low)
    for slope, x, below, above, close in zip(gradient, found.x, low, high, near, strict=True):
        assert abs(slope) < size or (slope > 0 and x - below < close) or (slope < 0 and above - x < close)
    other = trust_region(lambda x: matrix @ x - data, np.zeros(4), bounds=(low, high), xtol=1e-15, ftol=1e-15)
    assert found.cost <= other.cost * (1 + 1e-9)


@pytest.mark.parametrize("seed", [*range(20), 166, 177, 215, 237])
def test_bent_residuals_within_bounds_end_no_higher_than_scipys_search(seed: int) -> None:
    """The last four seeds: several bounds bend the first step until it leads uphill."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 5))
    matrix, data = rng.normal(size=(n + 3, n)), rng.normal(size=n + 3)
    rng.normal(size=n)

    def residuals(x: np.ndarray) -> np.ndarray:
        return np.sinh(matrix @ x) - data + 0.1 * (matrix @ x**3)

    def slopes(x: np.ndarray) -> np.ndarray:
        return np.cosh(matrix @ x)[:, np.newaxis] * matrix + 0.1 * matrix * (3 * x**2)

    bounds = -rng.uniform(0, 1, n), rng.uniform(0, 1, n)
    found = least_squares(residuals, slopes, np.zeros(n), bounds)
    other = trust_region(residuals, np.zeros(n), slopes, bounds=bounds, x_scale="jac", xtol=1e-12, max_nfev=300)
    assert found.converged and found.cost <= other.cost * (1 + 1e-7)


def test_exponentials_with_noise_end_where_scipys_search_ends() -> None:
    rng, t = np.random.default_rng(1), np.linspace(0, 5, 60)
    data = 2 * np.exp(-1.5 * t) + np.exp(-0.3 * t) + 0.01 * rng.normal(size=t.size)

    def residuals(x: np.ndarray) -> np.ndarray:
        a, b, c, d = np.exp(x)
        return a * np.exp(-b * t) + c * np.exp(-d * t) - data

    def slopes(x: np.ndarray) -> np.ndarray:
        a, b, c, d = np.exp(x)
        one, two = a * np.exp(-b * t), c * np.exp(-d * t)
        return np.stack([one, -b * t * one, two, -d * t * two], axis=1)

    bounds, start = (np.full(4, -np.inf), np.full(4, np.inf)), np.log([1.0, 3.0, 0.5, 0.1])
    found = least_squares(residuals, slopes, start, bounds)
    other = trust_region(residuals, start, slopes, x_scale="jac", ftol=1e-15, xtol=1e-12, gtol=1e-15)
    np.testing.assert_allclose(found.x, other.x, atol=1e-7)
    assert found.evaluations <= other.nfev


def test_a_number_that_nothing_feels_stays_and_one_that_runs_away_is_told() -> None:
    found = least_squares(
        lambda x: np.array([x[0] - 3.0, 0.0]), lambda x: np.array([[1.0, 0], [0, 0]]), np.array([1.0, 7.0]), OPEN
    )
    np.testing.assert_allclose(found.x, [3.0, 7.0], rtol=1e-12)
    with pytest.raises(FloatingPointError):
        least_squares(lambda x: np.full(2, np.inf), its_slopes, np.zeros(2), OPEN)
    few = least_squares(rosenbrock, its_slopes, np.array([-1.2, 1.0]), OPEN, max_evaluations=3)
    assert not few.converged and few.evaluations == 3
