r"""The life of one explanation as it runs: one piece of evidence after the other, each in bounded work.

Every piece and every step between pieces is held as linear in the states, about where they were when it was last
looked at, so that one more piece costs one more step of the filter. What that is off by is measured: with residuals
:math:`\Delta r` between what the model says at the smoothed states and what the linear pieces say, in units of the
noise, no state is off by more than :math:`|\Delta r|` standard deviations, for
:math:`P^{1/2} H^T R^{-1/2}` has no singular value above 1. Where that is too much the last pieces are linearised anew,
and whenever their number has doubled all of them, the model's error being estimated with them.

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
from .evidence import Evidence, Moment
from .life import Life, Measured, WithError, live, with_errors
from .linear import Backward, Filtered, triangle_of
from .model_error import ErrorBasis, ModelError
from .observing import EVIDENCE_KINDS
from .smoother import ITERATIONS
from .transitions import Journey

__all__ = ["Running"]

Reals = NDArray[np.float64]

#: Standard deviations by which states may be off from those of the most probable life.
OFF = 0.05
#: Pieces of evidence that are looked back at.
WINDOW = 20
#: Times that they are linearised anew before the whole life is searched for.
TRIES = 5


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of evidence, and the step to it, as linear functions of the states (error of the model included).

    Attributes
    ----------
    item : Evidence
    counts : bool
        Whether it is assimilated, or only foreseen.
    step : tuple of ndarray
        F (n, n), what it gives from a state of zeros (n,), and G (n, q) of the cell alone.
    residual, slopes : ndarray
        In units of the noise: (data - prediction) at a state of zeros, (N,), and the slopes of the prediction (N, n).
    deviations : ndarray
        Standard deviations of the noise (N,).
    edges : sequence of float
        The lowest and the highest frequency [Hz], if it has frequencies.
    """

    item: Evidence
    counts: bool
    step: tuple[Reals, Reals, Reals]
    residual: Reals
    slopes: Reals
    deviations: Reals
    edges: Sequence[float]

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
        return cls(coordinates, settings, next(settings.candidates()))

    @classmethod
    def of(cls, life: Life, settings: ModelError, edges: Sequence[Sequence[float]]) -> Running:
        """A life that was searched for as a whole."""
        smoothed, size, pieces = life.smoothed, life.coordinates.size, list[Piece]()
        linear, chain = smoothed.linear, smoothed.chain
        before, own = chain.mean + chain.factor @ smoothed.start, linear.noises.shape[2] - life.basis.size
        deviations = Measured(life.evidence, life.coordinates, life.basis).deviations
        for k, (item, state) in enumerate(zip(life.evidence, smoothed.states, strict=True)):
            F, G = linear.transitions[k, :size, :size], linear.noises[k, :size, :own]
            rest = state[:size] - F @ before[:size] - G @ smoothed.noises[k, :own]
            slopes = linear.slopes[k]
            residual = linear.residuals[k][:, 0] + slopes @ state
            counts = bool(chain.assimilated[k])
            pieces.append(Piece(item, counts, (F, rest, G), residual, slopes, deviations[k], edges[k]))
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
        dynamics = self._dynamics(count, [item.moment])
        # what is not well known yet can have its mean where no cell can be: there nothing can be linearised
        own = self.coordinates.inside(mean[:size].T)
        reached, F, G = dynamics.journey.moved(own, np.zeros((1, dynamics.journey.noises)))
        state = np.concatenate([self.coordinates.inside(reached)[0], dynamics.kept[0] * mean[size:, 0]])
        (residual,), (slopes,) = measured.linearised(state[np.newaxis])
        step = (F[0], reached[0] - F[0] @ own[0], G[0])
        piece = Piece(item, False, step, residual + slopes @ state, slopes, deviations, edges)
        return replace(self, pieces=(*self.pieces, piece)).filtered_from(count)

    def innovation(self) -> tuple[Reals, Reals]:
        """What the last piece differs by from its prediction, and the covariance of that; as if it did not count."""
        piece, step = self.pieces[-1], self.steps[-1]
        J = piece.slopes @ step.spread * piece.deviations[:, np.newaxis]
        e = (piece.residual - piece.slopes @ step.predicted[:, 0]) * piece.deviations
        return e, np.diag(piece.deviations**2) + J @ J.T

    def foreseen(self) -> Foreseen:
        """What faults would do to the last piece."""
        item, state = self.pieces[-1].item, self.steps[-1].predicted[: self.coordinates.size].T
        observation = EVIDENCE_KINDS[item.kind].observation([item], self.coordinates)
        return observation.foreseen(self.coordinates.inside(state))[0]

    def counting(self, iterations: int = ITERATIONS) -> Running:
        """With the last piece assimilated; where all has to be searched for, in so many steps."""
        last = replace(self.pieces[-1], counts=True)
        found = replace(self, pieces=(*self.pieces[:-1], last))
        number = sum(piece.counts for piece in found.pieces)
        if number == 1:
            return found.searched(None, self.settings, iterations)
        found = found.filtered_from(len(self.pieces) - 1)
        try:
            for _ in range(TRIES):
                found, off = found.looked_back()
                # linearised anew, what is left of it is about its square
                if off < np.sqrt(OFF):
                    break
            else:
                return found.searched(self, self.model_error, iterations)
        except MgtwinError:
            # pieces that are linear can lead where no cell can be: the search goes on from where one was
            return found.searched(self, self.model_error, iterations)
        # a function of the number alone: at the same pieces, whenever and in whatever order they came
        if number & (number - 1) == 0 or (number % 3 == 0 and (number // 3) & (number // 3 - 1) == 0):
            return found.searched(found, self.settings, iterations)
        return found

    @cached_property
    def life(self) -> Life:
        """The most probable life of all pieces, found to the last digit that counts."""
        return live(self.coordinates, self.evidence, self.model_error, self.apart, self)

    def searched(self, begin: Running | None, error: ModelError, iterations: int) -> Running:
        """All pieces linearised along their most probable life."""
        try:
            life = live(self.coordinates, self.evidence, error, self.apart, begin, iterations)
        except MgtwinError:
            if begin is None:
                raise
            # where a linear life begins can lead where no cell can be
            return self.searched(None, error, iterations)
        return Running.of(life, self.settings, [piece.edges for piece in self.pieces])

    def looked_back(self) -> tuple[Running, float]:
        """The last pieces linearised where they are now, and by how many standard deviations they were off."""
        first, size = max(len(self.pieces) - WINDOW, 0), self.coordinates.size
        back = Backward.through(self.steps[max(first - 1, 0) :], covariances=False)
        if first:
            states, noises = back.means[:, :, 0], back.noises[1:, :, 0]
        else:
            mean, factor = self.after(0)
            states = np.vstack([(mean + factor @ (factor.T @ back.adjoint)).T, back.means[:, :, 0]])
            noises = back.noises[:, :, 0]
        pieces = self.pieces[first:]
        measured = Measured([piece.item for piece in pieces], self.coordinates, self.basis)
        dynamics = self._dynamics(first, [piece.item.moment for piece in pieces])
        own, drive = states[:, :size], noises[:, : dynamics.journey.noises]
        reached, F, G = dynamics.journey.moved(own[:-1], drive)
        residuals, slopes = measured.linearised(states[1:])
        spreads = np.stack([np.linalg.norm(step.factor[:size], axis=1) for step in self.steps[first:]])
        jumps = np.abs(reached - own[1:])
        off = np.max(jumps / np.where(spreads > 0, spreads, np.inf), axis=1) ** 2
        for k, piece in enumerate(pieces):
            if piece.counts:
                off[k] += np.sum((residuals[k] - piece.residual + piece.slopes @ states[k + 1]) ** 2)
        # those before the first that matters stay as they are
        changed = int(np.searchsorted(np.cumsum(off), OFF**2))
        anew = list(self.pieces)
        for k in range(changed, len(pieces)):
            step = (F[k], reached[k] - F[k] @ own[k] - G[k] @ drive[k], G[k])
            residual = residuals[k] + slopes[k] @ states[k + 1]
            anew[first + k] = replace(pieces[k], step=step, residual=residual, slopes=slopes[k])
        found = replace(self, pieces=tuple(anew)).filtered_from(first + changed) if changed < len(pieces) else self
        return found, float(np.sqrt(off.sum()))

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
        dynamics = self._dynamics(first, [piece.item.moment for piece in pieces])
        F, G = dynamics.widened(np.stack([piece.step[0] for piece in pieces]), np.stack([p.step[2] for p in pieces]))
        none = np.zeros((self.basis.size, 1))
        for k, piece in enumerate(pieces):
            offset = np.vstack([piece.step[1][:, np.newaxis], none])
            steps.append(Filtered.after(mean, factor, (F[k], offset, G[k]), *piece.told))
            mean, factor = steps[-1].mean, steps[-1].factor
        return replace(self, steps=tuple(steps))

    def _dynamics(self, first: int, moments: Sequence[Moment]) -> WithError:
        """Steps to these moments from the piece before the first."""
        begin = self.pieces[first - 1].item.moment if first else self.coordinates.since
        return WithError(Journey(self.coordinates, moments, begin), self.model_error, self.basis)
