"""The smoother against other people's: linear Gaussian lives are exact in statsmodels, means, covariances, evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from mgtwin.twin.linear import Linear, log_densities
from mgtwin.twin.smoother import Chain, smooth

Reals = NDArray[np.float64]
STATES, NOISES, NUMBERS, PIECES = 4, 3, 6, 25


@dataclass(frozen=True)
class LinearDynamics:
    """x_k = F_k x_(k-1) + G_k w_k, where one number never moves and one starts known."""

    F: Reals
    G: Reals
    noises: int = NOISES

    def step(self, k: int, state: Reals, noise: Reals) -> Reals:
        return self.F[k] @ state + self.G[k] @ noise

    def linearised(self, states: Reals, noises: Reals) -> tuple[Reals, Reals]:
        return self.F, self.G


@dataclass(frozen=True)
class LinearData:
    """y_k = H_k x_k + v_k with unit noise."""

    H: Reals
    y: Reals

    @property
    def log_deviations(self) -> Reals:
        return np.zeros(len(self.y))

    def residuals(self, states: Reals) -> Sequence[Reals]:
        return list(self.y - np.einsum("kmn,kn->km", self.H, states))

    def linearised(self, states: Reals) -> tuple[Sequence[Reals], Sequence[Reals]]:
        return self.residuals(states), list(self.H)


@pytest.fixture(scope="module")
def chain() -> Chain:
    random = np.random.default_rng(7)
    F = np.eye(STATES) + 0.1 * random.standard_normal((PIECES, STATES, STATES))
    G = random.standard_normal((PIECES, STATES, NOISES))
    F[:, 0], G[:, 0] = np.eye(STATES)[0], 0.0
    # well and badly determined directions, as sigma and R_int of one layer
    H = 10 * random.standard_normal((PIECES, NUMBERS, STATES)) * np.array([1.0, 1.0, 0.1, 1e-2])
    factor = np.diag([1.0, 2.0, 0.0, 0.5])[:, [0, 1, 3]]
    mean = random.standard_normal(STATES)
    y, x = np.empty((PIECES, NUMBERS)), mean + factor @ random.standard_normal(3)
    for k in range(PIECES):
        x = F[k] @ x + G[k] @ random.standard_normal(NOISES)
        y[k] = H[k] @ x + random.standard_normal(NUMBERS)
    return Chain(mean, factor, LinearDynamics(F, G), LinearData(H, y), np.ones(PIECES, dtype=bool))


def kalman(chain: Chain) -> object:
    """The same life in statsmodels: its state k is ours at piece k."""
    from statsmodels.tsa.statespace.kalman_smoother import KalmanSmoother

    F, G, H, y = chain.dynamics.F, chain.dynamics.G, chain.observed.H, chain.observed.y  # type: ignore[attr-defined]
    model = KalmanSmoother(k_endog=NUMBERS, k_states=STATES, k_posdef=NOISES)
    model.bind(np.asfortranarray(y.T))
    model["design"] = np.moveaxis(H, 0, -1)
    model["obs_cov"] = np.eye(NUMBERS)
    # in statsmodels the transition after piece k is numbered k
    model["transition"] = np.moveaxis(np.concatenate([F[1:], F[:1]]), 0, -1)
    model["selection"] = np.moveaxis(np.concatenate([G[1:], G[:1]]), 0, -1)
    model["state_cov"] = np.eye(NOISES)
    first = F[0] @ chain.factor
    model.initialize_known(F[0] @ chain.mean, first @ first.T + G[0] @ G[0].T)
    return model.smooth()


def test_linear_gaussian_lives_are_those_of_statsmodels(chain: Chain) -> None:
    ours, theirs = smooth(chain), kalman(chain)
    assert ours.converged and ours.iterations <= 2
    sigma = np.sqrt(np.einsum("kii->ki", ours.covariances))
    means = theirs.smoothed_state.T  # type: ignore[attr-defined]
    covariances = np.moveaxis(theirs.smoothed_state_cov, -1, 0)  # type: ignore[attr-defined]
    scale = sigma[:, :, np.newaxis] * sigma[:, np.newaxis]
    assert np.abs((ours.states - means) / sigma).max() < 1e-10
    assert np.abs((ours.covariances - covariances) / scale).max() < 1e-10
    # statsmodels' own logarithms of densities, piece by piece
    assert np.abs(ours.log_evidences - theirs.llf_obs).max() < 1e-10 * np.abs(theirs.llf_obs).max()  # type: ignore[attr-defined]
    filtered = theirs.filtered_state[:, -1]  # type: ignore[attr-defined]
    assert np.abs((ours.states[-1] - filtered) / sigma[-1]).max() < 1e-10
    final = ours.solved.factor @ ours.solved.factor.T
    assert np.abs((final - theirs.filtered_state_cov[:, :, -1]) / scale[-1]).max() < 1e-10  # type: ignore[attr-defined]
    for k in (0, 11, PIECES - 1):
        e, S = ours.innovation(k)
        assert np.allclose(e, theirs.forecasts_error[:, k], rtol=1e-9, atol=1e-9 * np.abs(e).max())  # type: ignore[attr-defined]
        assert np.allclose(S, theirs.forecasts_error_cov[:, :, k], rtol=1e-9)  # type: ignore[attr-defined]


def test_densities_of_other_dynamics_are_those_of_statsmodels(chain: Chain) -> None:
    """By them the error of the model is chosen: here the last number of the state, which fades and is renewed."""
    F, G, H, y = chain.dynamics.F.copy(), chain.dynamics.G.copy(), chain.observed.H, chain.observed.y  # type: ignore[attr-defined]
    F[:, -1], F[:, :, -1], G[:, -1], G[:, :-1, -1] = 0.0, 0.0, 0.0, 0.0
    still, mean = np.zeros((PIECES, STATES, 1)), chain.mean[:, np.newaxis]
    life = Linear(
        mean, chain.factor, F[:, :-1, :-1], still, G[:, :-1], list(y[:, :, np.newaxis]), list(H), chain.assimilated
    )
    left, deviation = np.array([0.9, 0.2]), np.array([0.1, 2.0])
    factor, many = chain.factor @ chain.factor.T, np.ones((1, PIECES))
    found = log_densities(
        life.compressed(), np.stack([factor, factor]), left[:, np.newaxis] * many, deviation[:, np.newaxis] ** 2 * many
    )
    theirs = []
    for part, new in zip(left, deviation, strict=True):
        F[:, -1, -1], G[:, -1, -1] = part, new
        theirs.append(kalman(replace(chain, dynamics=LinearDynamics(F, G))).llf_obs.sum())  # type: ignore[attr-defined]
    assert found[1] - found[0] == pytest.approx(theirs[1] - theirs[0], rel=1e-10)


def test_what_is_only_foreseen_changes_nothing(chain: Chain) -> None:
    """Apart evidence gives the life without it, and what it differs from that life by."""
    kept = np.ones(PIECES, dtype=bool)
    kept[[4, PIECES - 1]] = False
    held = smooth(Chain(chain.mean, chain.factor, chain.dynamics, chain.observed, kept))
    H = chain.observed.H.copy()  # type: ignore[attr-defined]
    H[~kept] = 0.0
    without = smooth(
        Chain(chain.mean, chain.factor, chain.dynamics, LinearData(H, chain.observed.y), np.ones_like(kept))
    )  # type: ignore[attr-defined]
    sigma = np.sqrt(np.einsum("kii->ki", without.covariances))
    assert np.abs((held.states - without.states) / sigma).max() < 1e-10
    e, S = held.innovation(PIECES - 1)
    last = chain.dynamics.F[-1] @ held.states[-2]  # type: ignore[attr-defined]
    assert np.allclose(e, chain.observed.y[-1] - chain.observed.H[-1] @ last, atol=1e-9 * np.sqrt(S[0, 0]))  # type: ignore[attr-defined]


def test_steps_that_overshoot_are_halved() -> None:
    """A number whose data are exp(x), begun far away: Gauss and Newton's first step goes where the sum is larger."""

    @dataclass(frozen=True)
    class Growing:
        log_deviations: Reals

        def residuals(self, states: Reals) -> Sequence[Reals]:
            return list((1.0 - np.exp(states)) / 1e-3)

        def linearised(self, states: Reals) -> tuple[Sequence[Reals], Sequence[Reals]]:
            return self.residuals(states), list(np.exp(states)[:, :, np.newaxis] / 1e-3)

    still = LinearDynamics(np.ones((1, 1, 1)), np.zeros((1, 1, 1)), 1)
    found = smooth(Chain(np.array([-4.0]), np.array([[3.0]]), still, Growing(np.zeros(1)), np.ones(1, dtype=bool)))
    assert found.converged
    # the prior pulls by 4.4e-7; found to a thousandth of the standard deviation
    assert found.states[0, 0] == pytest.approx(-4 / 9 * 1e-6, abs=1e-6)
