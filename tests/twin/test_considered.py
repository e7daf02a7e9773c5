"""Numbers that are not free count with their printed standard deviation: in closed form, and beside freeing them."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.twin.considered import considered_numbers, sensitivities, widened
from mgtwin.twin.coordinates import Coordinates
from mgtwin.twin.curvature import growth
from mgtwin.twin.forecasts import forecast
from mgtwin.twin.life import live
from mgtwin.twin.model_error import ModelError
from mgtwin.twin.smoother import Chain, smooth
from tests.twin import trials


class Straight:
    """A linear life: x_k = F x_{k-1} + G w_k + B p, y_k = H x_k + D p + v."""

    def __init__(self, random: np.random.Generator, count: int, size: int, numbers: int) -> None:
        self.F = np.eye(size) + 0.2 * random.standard_normal((count, size, size))
        self.G = random.standard_normal((count, size, 2))
        self.B = random.standard_normal((count, size, numbers))
        self.H = random.standard_normal((count, 4, size))
        self.D = random.standard_normal((count, 4, numbers))
        self.y = random.standard_normal((count, 4))
        self.noises = 2
        self.log_deviations = np.zeros(count)

    def step(self, k: int, state: np.ndarray, noise: np.ndarray) -> np.ndarray:
        return np.asarray(self.F[k] @ state + self.G[k] @ noise)

    def residuals(self, states: np.ndarray) -> list[np.ndarray]:
        return [y - H @ x for y, H, x in zip(self.y, self.H, states, strict=True)]

    # the two protocols of the smoother call both of them `linearised`
    def linearised(self, states: np.ndarray, noises: np.ndarray | None = None) -> tuple[object, object]:
        return (self.residuals(states), list(self.H)) if noises is None else (self.F, self.G)


def test_covariance_is_that_of_the_estimate_in_closed_form() -> None:
    """Dense: the estimate is a matrix times the data; its error is linear in prior, noises, data's noise and p."""
    random, count, size, numbers = np.random.default_rng(5), 5, 3, 2
    life = Straight(random, count, size, numbers)
    L, leaning = random.standard_normal((size, size)), random.standard_normal((size, numbers))
    deviations = np.array([0.7, 1.9])
    found = smooth(Chain(np.zeros(size), L, life, life, np.ones(count, dtype=bool)))  # type: ignore[arg-type]
    S = sensitivities(found.linear, leaning, life.B, list(life.D))
    both = widened(found, np.zeros((count, size + numbers)), [0, 2, 4], dict(zip((1, 3), deviations, strict=True)), S)
    # u = (z, all w): what is unknown; x_k = X_k u + M_k p
    unknown = size + 2 * count
    X, M = [np.hstack([L, np.zeros((size, 2 * count))])], [leaning]
    for k in range(count):
        further = life.F[k] @ X[-1]
        further[:, size + 2 * k : size + 2 * k + 2] += life.G[k]
        X.append(further)
        M.append(life.F[k] @ M[-1] + life.B[k])
    A = np.vstack([H @ x for H, x in zip(life.H, X[1:], strict=True)])
    N = np.vstack([H @ m + D for H, m, D in zip(life.H, M[1:], life.D, strict=True)])
    gain = np.linalg.solve(np.eye(unknown) + A.T @ A, A.T)
    for k, (x, m) in enumerate(zip(X[1:], M[1:], strict=True)):
        # what is estimated without p, minus the truth: by u, by the noise of the data, by p
        by_u, by_v, by_p = x @ (gain @ A - np.eye(unknown)), x @ gain, x @ gain @ N - m
        own = by_u @ by_u.T + by_v @ by_v.T + (by_p * deviations**2) @ by_p.T
        P = both.covariances[k]
        assert P[np.ix_([0, 2, 4], [0, 2, 4])] == pytest.approx(own, rel=1e-10, abs=1e-10)
        # truth minus estimate goes with p
        assert P[np.ix_([0, 2, 4], [1, 3])] == pytest.approx(-by_p * deviations**2, rel=1e-10, abs=1e-10)
        assert P[np.ix_([1, 3], [1, 3])] == pytest.approx(np.diag(deviations**2), abs=1e-14)
    factor = both.solved.factor
    assert factor @ factor.T == pytest.approx(both.covariances[-1], rel=1e-10, abs=1e-10)


def test_a_linear_life_is_straight_and_a_curved_valley_says_so() -> None:
    random = np.random.default_rng(5)
    life = Straight(random, 5, 3, 1)
    linear = smooth(Chain(np.zeros(3), random.standard_normal((3, 3)), life, life, np.ones(5, dtype=bool)))  # type: ignore[arg-type]
    for direction in np.eye(3):
        assert growth(linear, direction) == pytest.approx((1.0, 1.0), abs=1e-9)

    class Bent(Straight):
        """x_1 + x_0^2 is measured to 0.05, x_0 hardly at all."""

        def residuals(self, states: np.ndarray) -> list[np.ndarray]:
            return [np.array([-(x[1] + x[0] ** 2) / 0.05]) for x in states]

        def linearised(self, states: np.ndarray, noises: np.ndarray | None = None) -> tuple[object, object]:
            if noises is not None:
                return np.eye(2)[np.newaxis], np.zeros((1, 2, 2))
            return self.residuals(states), [np.array([[2 * x[0], 1.0]]) / 0.05 for x in states]

        def step(self, k: int, state: np.ndarray, noise: np.ndarray) -> np.ndarray:
            return state

    bent = Bent(random, 1, 2, 1)
    found = smooth(Chain(np.zeros(2), np.eye(2), bent, bent, np.ones(1, dtype=bool)))  # type: ignore[arg-type]
    # 2 s.d. of x_0: (4/0.05)^2 on top of 4
    assert growth(found, np.array([1.0, 0.0])) == pytest.approx((1 + 1600.0, 1 + 1600.0), rel=1e-6)
    known = live(trials.coordinates("both"), trials.evidence(trials.life("both", 3, 9), 9), ModelError(0.0003, 5.0))
    curvature = known.curvature()
    assert set(curvature) == set(known.coordinates.names)
    assert all(0.5 < value < 2 for pair in curvature.values() for value in pair), curvature


def test_what_data_cannot_tell_is_as_if_it_were_free() -> None:
    """The temperature at which a free conductivity was measured: nothing tells it from the conductivity itself."""
    narrow, pieces = trials.coordinates("contact"), trials.evidence(trials.life("contact", 3, 7), 7)
    cell, error = narrow.original, ModelError(0.0003, 5.0)
    # of the conductivity nothing is known beforehand, or that would tell of the temperature
    free = {**narrow.free, "layers.buffer_*.material.ionic_conductivity.reference": mt.Free(log=True)}
    considering = Coordinates(cell, free, narrow.usage, ["layers.buffer_*.reference_temperature"])
    # one material on both sides: one number, not two
    (key,) = considered_numbers(cell, (), considering.considered)
    assert len(key) == 2
    known = mt.Free(prior=mt.Normal("100 degC", "1 K"))
    lives = [
        live(space, pieces, error) for space in (considering, Coordinates(cell, {**free, key: known}, narrow.usage))
    ]
    held, freed = lives[0].considered, lives[1]
    path = "layers.buffer_left.material.ionic_conductivity.reference"
    alone, wide, other = (one.deviations()[path] for one in (lives[0], held, freed))
    assert wide > 2 * alone
    assert wide == pytest.approx(other, rel=0.002)
    for path in ("interfaces.buffer_left-antiperovskite.contact.fraction", "negative.double_layer.c"):
        assert held.deviations()[path] == pytest.approx(freed.deviations()[path], rel=0.002), path
    # what is measured moves with neither
    assert held.modulus()[1] == pytest.approx(lives[0].modulus()[1], rel=1e-3)
    bands = [
        forecast({"": one}, {"": 1.0}, mt.Cycling("-10 uA", "1 h", 10), (0.05, 0.5, 0.95), voltages=False)
        for one in (held, freed)
    ]
    ours, theirs = (np.diff(one["impedance_modulus_quantiles"].values[-1]) for one in bands)
    # end voltages are those at the numbers as printed: no cells of different ones on one curve over the resistance
    ends = [
        forecast({"": one}, {"": 1.0}, mt.Cycling("-10 uA", "1 h", 2), (0.05, 0.95))["deposition_voltage_quantiles"]
        for one in (lives[0], live(Coordinates(cell, free, narrow.usage), pieces, error))
    ]
    assert np.array_equal(ends[0], ends[1])
    # two ensembles of 256
    assert ours == pytest.approx(theirs, rel=0.2)


def test_only_numbers_that_say_how_uncertain_they_are() -> None:
    cell = mt.cell("trilayer", "film_growth")
    with pytest.raises(mt.InputError, match=r"considered: \*\.thickness names no number .*temperature"):
        mt.Twin(cell, {"*.ageing.*.charge_rate": mt.Drifting("5 %")}, use=trials.USE, considered=["*.thickness"])
