r"""The life of one explanation as it runs: one piece of evidence after the other, each in bounded work.

Every piece and every step between pieces is held as linear in the states, about where they were when it was last
looked at, so that one more piece costs one more step of the filter. What that is off by is measured: with residuals
:math:`\Delta r` between what the model says at the smoothed states and what the linear pieces say, in units of the
noise, no state is off by more than :math:`|\Delta r|` standard deviations, for
:math:`P^{1/2} H^T R^{-1/2}` has no singular value above 1. What has moved too far for that is linearised anew, and
whenever their number has doubled all of them, the model's error being estimated with them.

Measured against the search for the whole life that is 0.01 standard deviations where the model is right, and up to 0.3
where it is so wrong that the slopes themselves depend on what the data leave over.

(A filter that never looks back, the extended one, invents information where the weak direction turns: see
`mgtwin.twin.smoother` for the search that looks back at everything.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..errors import MgtwinError
from .alarms.faults import Foreseen
from .coordinates import Coordinates
from .evidence import Evidence
from .life import ROUNDS, Life, Measured, WithError, error_odds, live, with_errors
from .linear import Backward, Filtered, Linear, triangle_of
from .model_error import ErrorBasis, ModelError
from .smoother import ITERATIONS
from .transitions import Journey

__all__ = ["Running"]

Reals = NDArray[np.float64]

#: Standard deviations by which a piece may be off before it is linearised anew, and by which all that was linearised
#: anew may have been off: what is left is about the square of it.
OFF, SETTLED = 0.1, 0.15
#: Times that they are linearised anew before the whole life is searched for.
TRIES = 5
#: Steps of a search for a life that nobody believes.
FEW = 12


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of evidence, and the step to it, as linear functions of the states (error of the model included).

    Attributes
    ----------
    item : Evidence
    counts : bool
        Whether it is assimilated, or only foreseen.
    gap : Journey
        The step to it.
    step : tuple of ndarray
        F (n, n), what it gives from a state of zeros (n,), and G (n, q) of the cell alone.
    residual, slopes : ndarray
        In units of the noise: (data - prediction) at a state of zeros, (N,), and the slopes of the prediction (N, n).
    about : tuple of ndarray
        States of the cell before the step and at the piece about which both are linear, (n,).
    deviations : ndarray
        Standard deviations of the noise (N,).
    edges : sequence of float
        The lowest and the highest frequency [Hz], if it has frequencies.
    shown : Foreseen or None
        What faults would do to it, while it is the last.
    """

    item: Evidence
    counts: bool
    gap: Journey
    step: tuple[Reals, Reals, Reals]
    residual: Reals
    slopes: Reals
    about: tuple[Reals, Reals]
    deviations: Reals
    edges: Sequence[float]
    shown: Foreseen | None = None

    @cached_property
    def log_norm(self) -> float:
        """Logarithm of the determinant of 2 pi R, halved."""
        return float(0.5 * len(self.deviations) * np.log(2 * np.pi) + np.log(self.deviations).sum())

    @cached_property
    def told(self) -> tuple[Reals, Reals]:
        """Residuals (m, 1) and slopes of no more numbers than there are unknowns: all that counts for the states."""
        both = np.column_stack([self.slopes, self.residual])[: None if self.counts else 0]
        triangle = triangle_of(both) if len(both) > both.shape[1] else both
        return triangle[:, -1:], triangle[:, :-1]


@dataclass(frozen=True, eq=False)
class Running:
    """One explanation after some evidence.

    Attributes
    ----------
    coordinates : Coordinates
    settings : ModelError
        What is to be estimated of the model's error.
    model_error : ModelError
        As estimated.
    basis : ErrorBasis
        In which it is held: that of all evidence so far.
    pieces : tuple of Piece
    steps : tuple of Filtered
        What each of them adds to those before it.
    converged : bool
        Whether the states are as good as they are meant to be.
    """

    coordinates: Coordinates
    settings: ModelError
    model_error: ModelError
    basis: ErrorBasis = field(default_factory=lambda: ErrorBasis.over([]))
    pieces: tuple[Piece, ...] = ()
    steps: tuple[Filtered, ...] = ()
    converged: bool = True

    @classmethod
    def before(cls, coordinates: Coordinates, settings: ModelError) -> Running:
        """An explanation before any evidence."""
        return cls(coordinates, settings, coordinates.likely(settings))

    @classmethod
    def of(cls, life: Life, settings: ModelError, edges: Sequence[Sequence[float]]) -> Running:
        """A life that was searched for as a whole."""
        smoothed, size, pieces = life.smoothed, life.coordinates.size, list[Piece]()
        linear, chain = smoothed.linear, smoothed.chain
        before, own = chain.mean + chain.factor @ smoothed.start, linear.noises.shape[2] - life.basis.size
        deviations, since = Measured(life.evidence, life.coordinates, life.basis).deviations, life.coordinates.since
        for k, (item, state) in enumerate(zip(life.evidence, smoothed.states, strict=True)):
            F, G = linear.transitions[k, :size, :size], linear.noises[k, :size, :own]
            rest = state[:size] - F @ before[:size] - G @ smoothed.noises[k, :own]
            slopes = linear.slopes[k]
            residual = linear.residuals[k][:, 0] + slopes @ state
            counts = bool(chain.assimilated[k])
            about = before[:size], state[:size]
            gap, since = Journey(life.coordinates, [item.moment], since), item.moment
            pieces.append(Piece(item, counts, gap, (F, rest, G), residual, slopes, about, deviations[k], edges[k]))
            before = state
        bare = cls(life.coordinates, settings, life.model_error, life.basis, tuple(pieces), converged=life.converged)
        return bare.filtered_from(0)

    # -- what it says -------------------------------------------------------------------------------------------------
    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """In order."""
        return tuple(piece.item for piece in self.pieces)

    @property
    def apart(self) -> frozenset[str]:
        """Evidence that is foreseen, but not assimilated."""
        return frozenset(piece.item.sha for piece in self.pieces if not piece.counts)

    def after(self, count: int) -> tuple[Reals, Reals]:
        """Mean (n, 1) and factor of the covariance of the state after so many pieces, the model's error included."""
        if count:
            return self.steps[count - 1].mean, self.steps[count - 1].factor
        mean, factor = with_errors(*self.coordinates.prior, float(self.model_error.size or 0.0), self.basis)
        return mean[:, np.newaxis], factor

    @property
    def state(self) -> Reals:
        """Coordinates after the last piece (n,)."""
        return self.after(len(self.steps))[0][: self.coordinates.size, 0]

    @property
    def covariance(self) -> Reals:
        """Theirs (n, n)."""
        factor = self.after(len(self.steps))[1][: self.coordinates.size]
        return np.asarray(factor @ factor.T)

    @property
    def noise(self) -> float:
        """That of the instrument at the last piece of evidence, relative."""
        return float(self.pieces[-1].item.noise or np.nan)

    @property
    def forecasts_only(self) -> bool:
        """Whether the model's error leaves hidden numbers without a standard deviation that holds."""
        return self.model_error.outweighs(self.noise)

    @property
    def log_evidences(self) -> Reals:
        """Logarithm of the density of every piece, predicted from those before it, (K,); 0 of what is only foreseen."""
        pairs = zip(self.pieces, self.steps, strict=True)
        return np.array(
            [
                -0.5 * (step.square + step.log_determinant) - piece.log_norm if piece.counts else 0.0
                for piece, step in pairs
            ]
        )

    @property
    def start(self) -> Reals:
        """Where the life begins; see `mgtwin.twin.smoother.Smoothed`."""
        return np.asarray(self.after(0)[1].T @ self._back.adjoint)[:, 0]

    @property
    def noises(self) -> Reals:
        """What moves it from one piece of evidence to the next (K, q)."""
        return self._back.noises[:, :, 0]

    @cached_property
    def _back(self) -> Backward:
        return Backward.through(self.steps, covariances=False)

    # -- one more piece -----------------------------------------------------------------------------------------------
    def ahead(self, item: Evidence) -> Running:
        """With one more piece, which is foreseen and does not count."""
        measured = Measured([item], self.coordinates, self.basis)
        (edges,), (deviations,) = measured.edges, measured.deviations
        basis = ErrorBasis.over([*edges, *(x for piece in self.pieces for x in piece.edges)])
        if basis != self.basis:
            return self.over(basis).ahead(item)
        size, count = self.coordinates.size, len(self.pieces)
        mean = self.after(count)[0]
        since = self.pieces[-1].item.moment if count else self.coordinates.since
        gap = Journey(self.coordinates, [item.moment], since)
        # what is linear can have led where no cell can be: the nearest one is looked at
        begin = self.coordinates.inside(mean[:size].T)
        reached, F, G = gap.moved(begin, np.zeros((1, gap.noises)))
        left = WithError(gap, self.model_error, self.basis).kept[0]
        state = np.concatenate([self.coordinates.inside(reached)[0], left * mean[size:, 0]])
        residual, slopes, shown = measured.ahead(state)
        step = (F[0], reached[0] - F[0] @ begin[0], G[0])
        about = begin[0], reached[0]
        piece = Piece(item, False, gap, step, residual + slopes @ state, slopes, about, deviations, edges, shown)
        return replace(self, pieces=(*self.pieces, piece)).filtered_from(count)

    def innovation(self) -> tuple[Reals, Reals]:
        """What the last piece differs by from its prediction, and the covariance of that; as if it did not count."""
        piece, step = self.pieces[-1], self.steps[-1]
        J = piece.slopes @ step.spread * piece.deviations[:, np.newaxis]
        e = (piece.residual - piece.slopes @ step.predicted[:, 0]) * piece.deviations
        return e, np.diag(piece.deviations**2) + J @ J.T

    @property
    def errors(self) -> Reals:
        """What errors of the model of one standard deviation add to the numbers of the last piece (N, m)."""
        piece, size = self.pieces[-1], self.coordinates.size
        return float(self.model_error.size or 0.0) * piece.slopes[:, size:] * piece.deviations[:, np.newaxis]

    def counting(self, *, believed: bool = True) -> Running:
        """With the last piece assimilated. What nobody believes need not be found to the last digit."""
        last = replace(self.pieces[-1], counts=True, shown=None)
        found = replace(self, pieces=(*self.pieces[:-1], last))
        number, most = sum(piece.counts for piece in found.pieces), ITERATIONS if believed else FEW
        if number == 1:
            return found.searched(None, self.settings, most)
        # a function of the number alone: at the same pieces, whenever and in whatever order they came
        whole = believed and any(n & (n - 1) == 0 for n in ([number, number // 3] if number % 3 == 0 else [number]))
        try:
            found = found.filtered_from(len(self.pieces) - 1)
            if not believed:
                found, off = found.looked_back(len(self.pieces) - 1)
                return replace(found, converged=off < SETTLED)
            found, tried = found.settled(everywhere=whole), [found.model_error]
            for _ in range(ROUNDS if whole else 0):
                densities = found.error_odds()
                best = max(densities, key=lambda one: densities[one])
                if best in tried:
                    break
                tried.append(best)
                found = replace(found, model_error=best).filtered_from(0).settled(everywhere=True)
            return replace(found, converged=True)
        except MgtwinError:
            # pieces that are linear can lead where no cell can be: the search goes on from where one was
            return found.searched(self, self.settings if whole else self.model_error, most)

    def settled(self, *, everywhere: bool) -> Running:
        """Linear about where it is, all or what has moved too far.

        Raises
        ------
        MgtwinError
            It does not get there.
        """
        found, least = self, 0.0 if everywhere else OFF
        for _ in range(TRIES):
            found, off = found.looked_back(0, least)
            if off < SETTLED:
                return found
            least = OFF
        raise MgtwinError("the most probable life was not found step by step.")

    def error_odds(self) -> dict[ModelError, float]:
        """What all pieces, as they are linear, say of the error of the model; see `Coordinates`."""
        pieces = self.pieces
        journey, (mean, factor) = Journey.joined([piece.gap for piece in pieces]), self.after(0)
        F, offsets, G = (np.stack(parts) for parts in zip(*(piece.step for piece in pieces), strict=True))
        wide = np.pad(offsets, ((0, 0), (0, self.basis.size)))[:, :, np.newaxis]
        told = [piece.told for piece in pieces]
        counted = np.array([piece.counts for piece in pieces])
        linear = Linear(mean, factor, F, wide, G, [e for e, _ in told], [H for _, H in told], counted)
        return error_odds([*self.settings.candidates()], linear, journey, self.basis, self.coordinates)

    @cached_property
    def life(self) -> Life:
        """The most probable life of all pieces, found to the last digit that counts."""
        most = ITERATIONS if self.converged else FEW
        return live(self.coordinates, self.evidence, self.model_error, self.apart, self, most)

    def searched(self, begin: Running | None, error: ModelError, iterations: int) -> Running:
        """All pieces linearised along their most probable life."""
        life = live(self.coordinates, self.evidence, error, self.apart, begin, iterations)
        return Running.of(life, self.settings, [piece.edges for piece in self.pieces])

    def looked_back(self, first: int, off: float = OFF) -> tuple[Running, float]:
        """From a piece on what has moved too far linearised anew, and by how many s.d. that was off."""
        size, back = self.coordinates.size, Backward.through(self.steps, covariances=False)
        mean, factor = self.after(0)
        states = np.vstack([(mean + factor @ (factor.T @ back.adjoint)).T, back.means[:, :, 0]])
        # what is linear can have led where no cell can be: the nearest one is looked at
        own = states[:, :size] = self.coordinates.inside(states[:, :size])
        rows = [k for k, moved in enumerate(self._moved(own)) if k >= first and moved >= off]
        if not rows:
            return self, 0.0
        measured = Measured([self.pieces[k].item for k in rows], self.coordinates, self.basis)
        journey = Journey.joined([self.pieces[k].gap for k in rows])
        drive = back.noises[rows, : journey.noises, 0]
        reached, F, G = journey.moved(own[rows], drive)
        residuals, slopes = measured.linearised(states[1:][rows])
        anew, total = list(self.pieces), 0.0
        for i, k in enumerate(rows):
            piece, spread = self.pieces[k], np.linalg.norm(self.steps[k].factor[:size], axis=1)
            jump = np.abs(reached[i] - own[k + 1])
            total += float(np.max(jump / np.where(spread > 0, spread, np.inf))) ** 2
            if piece.counts:
                total += float(np.sum((residuals[i] - piece.residual + piece.slopes @ states[k + 1]) ** 2))
            step = (F[i], reached[i] - F[i] @ own[k] - G[i] @ drive[i], G[i])
            residual = residuals[i] + slopes[i] @ states[k + 1]
            about = own[k], own[k + 1]
            anew[k] = replace(piece, step=step, residual=residual, slopes=slopes[i], about=about)
        return replace(self, pieces=tuple(anew)).filtered_from(rows[0]), float(np.sqrt(total))

    def _moved(self, states: Reals) -> list[float]:
        """Standard deviations by which each piece is off where the states (K + 1, n) are.

        To second order that is what its slopes make of the way from where it was linearised, times the part of itself
        by which anything has changed on that way.
        """
        about = np.array([piece.about for piece in self.pieces])
        way = np.stack([states[:-1], states[1:]], axis=1) - about
        part = np.abs(way / self.coordinates.scales(about.reshape(-1, states.shape[1])).reshape(way.shape))
        before, after = np.moveaxis(way * part.max(axis=2, keepdims=True), 1, 0)
        size, off = states.shape[1], []
        for piece, x, y in zip(self.pieces, before, after, strict=True):
            slopes = piece.told[1][:, :size]
            off.append(float(np.linalg.norm(slopes @ y) + np.linalg.norm(slopes @ (piece.step[0] @ x))))
        return off

    def over(self, basis: ErrorBasis) -> Running:
        """The same with the model's error in another basis."""
        bare = replace(self, basis=basis)
        if not self.pieces:
            return bare
        size, pieces = self.coordinates.size, self.pieces
        errors = Measured([piece.item for piece in pieces], self.coordinates, basis).errors
        pairs = zip(pieces, errors, strict=True)
        moved = (replace(piece, slopes=np.hstack([piece.slopes[:, :size], extra])) for piece, extra in pairs)
        return replace(bare, pieces=tuple(moved)).filtered_from(0)

    def filtered_from(self, first: int) -> Running:
        """With the steps of the filter from a piece on."""
        steps, pieces = list(self.steps[:first]), self.pieces[first:]
        mean, factor = self.after(first)
        dynamics = WithError(Journey.joined([piece.gap for piece in pieces]), self.model_error, self.basis)
        F, G = dynamics.widened(np.stack([piece.step[0] for piece in pieces]), np.stack([p.step[2] for p in pieces]))
        none = np.zeros((self.basis.size, 1))
        for k, piece in enumerate(pieces):
            offset = np.vstack([piece.step[1][:, np.newaxis], none])
            steps.append(Filtered.after(mean, factor, (F[k], offset, G[k]), *piece.told))
            mean, factor = steps[-1].mean, steps[-1].factor
        return replace(self, steps=tuple(steps))
