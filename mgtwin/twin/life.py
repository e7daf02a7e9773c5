"""The life of one explanation: a pure function of its settings and of the sorted set of evidence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import MgtwinError
from ..impedance.compiled import CompiledSpectra
from .alarms.faults import Foreseen
from .considered import sensitivities, widened
from .coordinates import Coordinates
from .curvature import growth
from .evidence import Evidence
from .linear import Linear, log_densities
from .model_error import ErrorBasis, ModelError
from .observing import EVIDENCE_KINDS
from .smoother import ITERATIONS, Chain, Smoothed, smooth
from .transitions import Journey

__all__ = ["Begun", "Life", "Measured", "WithError", "live", "with_errors"]

Reals = NDArray[np.float64]

#: Times that size and memory of the model's error are estimated anew at the trajectory that they gave.
ROUNDS = 4
#: Times that the noise is larger where the search for a life begins, and steps for each.
BLURS, FEW = (30.0, 5.0), 4


class Begun(Protocol):
    """A life where the search for another one may begin."""

    @property
    def model_error(self) -> ModelError:
        """As it was estimated."""

    @property
    def start(self) -> Reals:
        """z of its first state (r,)."""

    @property
    def noises(self) -> Reals:
        """w of its steps (K, q)."""


class Measured:
    """All evidence along a life, in units of its noise (`mgtwin.twin.smoother.Observed`); states end with errors."""

    def __init__(self, evidence: Sequence[Evidence], coordinates: Coordinates, basis: ErrorBasis | None = None) -> None:
        kinds = dict.fromkeys(item.kind for item in evidence)
        self._groups = []
        self._size, self._coordinates = coordinates.size, coordinates
        for kind in kinds:
            members = [k for k, item in enumerate(evidence) if item.kind == kind]
            found = EVIDENCE_KINDS[kind].observation([evidence[k] for k in members], coordinates)
            self._groups.append((np.array(members), found))
        #: The lowest and the highest frequency [Hz] of each piece, if it has any.
        self.edges: list[tuple[float, ...]] = [()] * len(evidence)
        #: Standard deviations of the numbers of each piece, and what the numbers of the model's error add to them.
        self.deviations: list[Reals] = [np.empty(0)] * len(evidence)
        self.errors = list(self.deviations)
        for rows, group in self._groups:
            for k, f, deviation in zip(rows, group.frequencies, group.deviations, strict=True):
                self.edges[k] = (float(f.min()), float(f.max())) if f.size else ()
                self.deviations[k] = deviation
        self.basis = basis or ErrorBasis.over([f for edges in self.edges for f in edges])
        for rows, group in self._groups:
            for k, deviation, errors in zip(rows, group.deviations, group.error_directions(self.basis), strict=True):
                self.errors[k] = errors / deviation[:, np.newaxis]
        self.log_deviations = np.array([np.log(deviation).sum() for deviation in self.deviations])
        self.sizes = np.array([deviation.size for deviation in self.deviations])

    def residuals(self, states: Reals) -> list[Reals]:
        self._coordinates.check(states[:, : self._size])
        found: list[Reals] = [np.empty(0)] * len(states)
        for rows, group in self._groups:
            predicted = group.predicted(states[rows, : self._size])
            for k, data, deviation, h in zip(rows, group.data, group.deviations, predicted, strict=True):
                found[k] = (data - h) / deviation - self.errors[k] @ states[k, self._size :]
        return found

    def linearised(self, states: Reals) -> tuple[list[Reals], list[Reals]]:
        residuals: list[Reals] = [np.empty(0)] * len(states)
        slopes = list(residuals)
        for rows, group in self._groups:
            predicted = group.linearised(states[rows, : self._size])
            for k, data, deviation, (h, H) in zip(rows, group.data, group.deviations, predicted, strict=True):
                errors = self.errors[k]
                residuals[k] = (data - h) / deviation - errors @ states[k, self._size :]
                slopes[k] = np.hstack([H / deviation[:, np.newaxis], errors])
        return residuals, slopes

    def ahead(self, state: Reals) -> tuple[Reals, Reals, Foreseen]:
        """Residuals and slopes of the only piece at one state, and what faults would do to it."""
        (_, group), (deviation,), (errors,) = self._groups[0], self.deviations, self.errors
        (((h, H), shown),) = group.ahead(state[np.newaxis, : self._size])
        residual = (group.data[0] - h) / deviation - errors @ state[self._size :]
        return residual, np.hstack([H / deviation[:, np.newaxis], errors]), shown


@dataclass(frozen=True)
class _Blurred:
    """Evidence with more noise than it has."""

    measured: Measured
    factor: float

    @property
    def log_deviations(self) -> Reals:
        return self.measured.log_deviations + self.measured.sizes * np.log(self.factor)

    def residuals(self, states: Reals) -> list[Reals]:
        return [row / self.factor for row in self.measured.residuals(states)]

    def linearised(self, states: Reals) -> tuple[list[Reals], list[Reals]]:
        residuals, slopes = self.measured.linearised(states)
        return [row / self.factor for row in residuals], [H / self.factor for H in slopes]


class WithError:
    """A journey with an error of the model that fades and is renewed (`mgtwin.twin.smoother.Dynamics`)."""

    def __init__(self, journey: Journey, error: ModelError, basis: ErrorBasis) -> None:
        self.journey, self._count = journey, basis.size
        assert error.size is not None and error.memory is not None
        #: What is left of it after each step (K,), and the standard deviation of what is new.
        self.kept = np.exp(-journey.cycles / error.memory)
        self.renewed = error.size * np.sqrt(1 - self.kept**2)
        self.size = float(error.size)
        self.noises = journey.noises + basis.size

    def step(self, k: int, state: Reals, noise: Reals) -> Reals:
        own, first = state.size - self._count, self.journey.noises
        error = self.kept[k] * state[own:] + self.renewed[k] * noise[first:]
        return np.concatenate([self.journey.step(k, state[:own], noise[:first]), error])

    def linearised(self, states: Reals, noises: Reals) -> tuple[Reals, Reals]:
        own, first = states.shape[1] - self._count, self.journey.noises
        return self.widened(*self.journey.linearised(states[:, :own], noises[:, :first]))

    # the error is apart from the cell: its derivatives are known once and for all
    def widened(self, F: Reals, G: Reals) -> tuple[Reals, Reals]:
        """Derivatives of the journey alone with those of the error."""
        steps, own, first = G.shape
        unit = np.eye(self._count)
        wide, noise = (
            np.zeros((steps, own + self._count, own + self._count)),
            np.zeros((steps, own + self._count, self.noises)),
        )
        wide[:, :own, :own], wide[:, own:, own:] = F, self.kept[:, np.newaxis, np.newaxis] * unit
        noise[:, :own, :first], noise[:, own:, first:] = G, self.renewed[:, np.newaxis, np.newaxis] * unit
        return wide, noise


@dataclass(frozen=True)
class Life:
    """What one explanation says of a life.

    Attributes
    ----------
    coordinates : Coordinates
    evidence : tuple of Evidence
        In order.
    smoothed : Smoothed
        Its states end with the numbers of the model's error.
    model_error : ModelError
        As estimated.
    basis : ErrorBasis
        In which it is held.
    """

    coordinates: Coordinates
    evidence: tuple[Evidence, ...]
    smoothed: Smoothed
    model_error: ModelError
    basis: ErrorBasis

    @property
    def start(self) -> Reals:
        """Where its first state is in the prior; see `Smoothed`."""
        return self.smoothed.start

    @property
    def noises(self) -> Reals:
        """What moves it from one piece of evidence to the next."""
        return self.smoothed.noises

    @property
    def states(self) -> Reals:
        """Coordinates at every piece of evidence, (K, n)."""
        return self.smoothed.states[:, : self.coordinates.size]

    @property
    def covariances(self) -> Reals:
        """Theirs, (K, n, n)."""
        size = self.coordinates.size
        return self.smoothed.covariances[:, :size, :size]

    @cached_property
    def log_evidences(self) -> Reals:
        """Logarithm of the density of every piece of evidence, predicted from those before it, (K,)."""
        return self.smoothed.log_evidences

    @property
    def converged(self) -> bool:
        """Whether the most probable life was found."""
        return self.smoothed.converged

    @property
    def noise(self) -> float:
        """That of the instrument at the last piece of evidence, relative."""
        return float(self.evidence[-1].noise or np.nan)

    @property
    def forecasts_only(self) -> bool:
        """Whether the model's error leaves hidden numbers without a standard deviation that holds."""
        return self.model_error.outweighs(self.noise)

    @cached_property
    def considered(self) -> Life:
        """The same life, less sure by what is uncertain of numbers that are not free: here they are coordinates."""
        narrow, wide, smoothed = self.coordinates, self.coordinates.wide, self.smoothed
        if wide.size == narrow.size:
            return self
        # the model's error comes last in both
        places = [*(wide.names.index(name) for name in narrow.names), *range(wide.size, wide.size + self.basis.size)]
        mean, factor = wide.prior
        spread = {k: float(factor[k, k]) for k in range(wide.size) if k not in places}
        begin = smoothed.chain.mean + smoothed.chain.factor @ smoothed.start
        along = np.tile(np.concatenate([mean, np.zeros(self.basis.size)]), (len(self.evidence) + 1, 1))
        along[:, places] = np.vstack([begin, smoothed.states])
        journey = Journey(wide, [item.moment for item in self.evidence], narrow.since)
        moved = journey.linearised(along[:-1, : wide.size], smoothed.noises[:, : journey.noises])[0]
        _, slopes = Measured(self.evidence, wide).linearised(along[1:])
        numbers, errors = [*spread], np.zeros((len(self.evidence), self.basis.size, len(spread)))
        S = sensitivities(
            smoothed.linear,
            np.vstack([narrow.leaning, errors[0]]),
            np.concatenate([moved[:, places[: narrow.size]][:, :, numbers], errors], axis=1),
            [H[:, numbers] for H in slopes],
        )
        return replace(self, coordinates=wide, smoothed=widened(smoothed, along[1:], places, spread, S))

    def curvature(self) -> dict[str, tuple[float, float]]:
        """How much faster than linearly the life becomes improbable below and above each of its last coordinates.

        1 where its standard deviation holds; beyond a factor of 2 its bands are not to be trusted, nor are forecasts.
        A coordinate at a bound, such as a contact that is whole, has inf on that side.
        """
        unit = np.eye(self.smoothed.states.shape[1])
        return {name: growth(self.smoothed, unit[k]) for k, name in enumerate(self.coordinates.names)}

    def drawn(self, members: int, random: np.random.Generator) -> Reals:
        """States after the last piece of evidence as they may be, the model's error included: (members, n)."""
        factor, size = self.smoothed.solved.factor, self.coordinates.size
        states = self.smoothed.states[-1] + random.standard_normal((members, factor.shape[1])) @ factor.T
        states[:, :size] = self.coordinates.inside(states[:, :size])
        return states

    def modulus(self) -> tuple[Reals, Reals]:
        """|Z| [ohm] at the lowest frequency of all evidence at every piece, (K,), and its standard deviation."""
        space, f = self.coordinates, np.full((len(self.evidence), 1), self.basis.low)
        values, paths = space.values(self.states), list(space.paths)
        numbers = {path: values[:, [i]] for i, path in enumerate(paths)}
        compiled = CompiledSpectra(space.cell, f, paths)
        z = compiled.impedance(numbers)[:, 0]
        by_coordinate = np.einsum("pk,kpn->kn", compiled.jacobian(numbers, paths)[:, :, 0], space.slopes(self.states))
        slopes = (np.conj(z)[:, np.newaxis] * by_coordinate).real / np.abs(z)[:, np.newaxis]
        return np.abs(z), np.sqrt(np.clip(np.einsum("kn,knm,km->k", slopes, self.covariances, slopes), 0.0, None))

    def deviations(self, k: int = -1) -> dict[str, float]:
        """Standard deviations [SI] of the numbers of the cell at a piece of evidence, by their path."""
        slopes = self.coordinates.slopes(self.states[[k]])[0]
        variances = np.einsum("pn,nm,pm->p", slopes, self.covariances[k], slopes)
        return dict(zip(self.coordinates.paths, np.sqrt(np.clip(variances, 0.0, None)).tolist(), strict=True))


def live(
    coordinates: Coordinates,
    evidence: Sequence[Evidence],
    error: ModelError,
    apart: Collection[str] = (),
    begin: Begun | None = None,
    iterations: int = ITERATIONS,
) -> Life:
    """Smooth the life of one explanation.

    Parameters
    ----------
    coordinates : Coordinates
    evidence : sequence of Evidence
        In order.
    error : ModelError
    apart : collection of str
        Hashes of evidence that is foreseen, but not assimilated.
    begin : Begun, optional
        A life of the first of this evidence: where the search begins. The result is the same.
    iterations : int
        Steps of each search after which it is given up.
    """
    measured = Measured(evidence, coordinates)
    counted = np.array([item.sha not in apart for item in evidence], dtype=bool)
    journey = Journey(coordinates, [item.moment for item in evidence], coordinates.since)
    # the smallest first: a large error could stand for what the numbers of the cell have to explain
    candidates = list(error.candidates())
    chosen = coordinates.likely(error) if begin is None else begin.model_error
    smoothed, tried = _smoothed(coordinates, journey, measured, chosen, counted, begin, iterations), [chosen]
    for _ in range(ROUNDS if len(candidates) > 1 else 0):
        # linearised about the same numbers of the cell, but no error of the model
        linear, size = smoothed.linear, coordinates.size
        mean, offsets = linear.mean.copy(), linear.offsets.copy()
        mean[size:] = offsets[:, size:] = 0.0
        pairs = zip(linear.residuals, linear.slopes, smoothed.states[:, size:], strict=True)
        residuals = [e + (H[:, size:] @ d)[:, np.newaxis] for e, H, d in pairs]
        F, G = linear.transitions[:, :size, :size], linear.noises[:, :size, : journey.noises]
        bare = replace(linear, mean=mean, offsets=offsets, residuals=residuals, transitions=F, noises=G).compressed()
        densities = error_odds(candidates, bare, journey, measured.basis, coordinates)
        best = max(candidates, key=lambda one: densities[one])
        if best in tried:
            break
        tried.append(best)
        reached = Life(coordinates, tuple(evidence), smoothed, tried[-2], measured.basis)
        smoothed = _smoothed(coordinates, journey, measured, best, counted, reached, iterations)
    return Life(coordinates, tuple(evidence), smoothed, tried[-1], measured.basis)


def _smoothed(
    coordinates: Coordinates,
    journey: Journey,
    measured: Measured,
    error: ModelError,
    counted: NDArray[np.bool_],
    begin: Begun | None,
    iterations: int,
) -> Smoothed:
    mean, factor = coordinates.prior
    dynamics = WithError(journey, error, measured.basis)
    chain = Chain(*with_errors(mean, factor, dynamics.size, measured.basis), dynamics, measured, counted)
    if begin is not None:
        try:
            return smooth(chain, begin.start, begin.noises, iterations)
        except MgtwinError:
            pass  # it leads where no cell can be
    start = np.zeros(chain.factor.shape[1])
    # At the cell's own numbers, which need not be the middle of what is known of them; after a break at that middle.
    if coordinates.since is None:
        start[: factor.shape[1]] = np.linalg.lstsq(factor, coordinates.start - mean, rcond=None)[0]
    noises = np.zeros((chain.count, dynamics.noises))
    # as in annealing: with blurred data first, whose sum of squares has no side valleys
    for blur in BLURS:
        rough = smooth(replace(chain, observed=_Blurred(measured, blur)), start, noises, FEW)
        start, noises = rough.start, rough.noises
    return smooth(chain, start, noises, iterations)


def with_errors(mean: Reals, factor: Reals, size: float, basis: ErrorBasis) -> tuple[Reals, Reals]:
    wide = np.zeros((mean.size + basis.size, factor.shape[1] + basis.size))
    wide[: mean.size, : factor.shape[1]] = factor
    wide[mean.size :, factor.shape[1] :] = size * np.eye(basis.size)
    return np.concatenate([mean, np.zeros(basis.size)]), wide


def error_odds(
    candidates: Sequence[ModelError], linear: Linear, journey: Journey, basis: ErrorBasis, coordinates: Coordinates
) -> dict[ModelError, float]:
    """Logarithm of the density of all data by the error of the model, what was measured before included.

    Parameters
    ----------
    candidates : sequence of ModelError
    linear : Linear
        The life, compressed; its transitions and noises are those of the cell alone.
    """
    changed = [WithError(journey, error, basis) for error in candidates]
    factors = np.stack([with_errors(*coordinates.prior, one.size, basis)[1] for one in changed])
    left, added = np.stack([one.kept for one in changed]), np.stack([one.renewed**2 for one in changed])
    found = log_densities(linear, factors @ np.swapaxes(factors, 1, 2), left, added)
    least = candidates[0].size
    return {
        one: coordinates.error_odds.get(one, 0.0) + float(x) - basis.price * (one.size != least)
        for one, x in zip(candidates, found, strict=True)
    }
