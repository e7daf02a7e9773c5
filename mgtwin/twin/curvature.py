r"""Whether a life is as straight about its most probable course as the covariance that is given for it.

Two standard deviations of a number away, along the course that the covariance says goes with it, the sum of squares
that a life minimises has grown by :math:`2^2` where all is linear. Where it grows by much more the valley is curved and
the bands are too wide on a line that nothing follows; where by much less they are too narrow.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .linear import solve
from .smoother import Smoothed

__all__ = ["growth"]

Reals = NDArray[np.float64]

#: How far is gone [standard deviations].
AWAY = 2.0


def growth(smoothed: Smoothed, direction: Reals) -> tuple[float, float]:
    """Growth of the sum below and above the last state along a direction (n,), over that of a linear life: 1, 1.

    Infinite where no cell is that far away, as beyond whole contact; 1 where nothing is uncertain.
    """
    life, size = smoothed.linear, len(direction)
    spread = float(np.sqrt(direction @ smoothed.covariances[-1] @ direction))
    if spread == 0:
        return 1.0, 1.0
    # One more datum of this number, as sure as it is now, draws it half the way: by that all courses move together.
    datum = np.array([[2 * AWAY]])
    drawn = solve(
        replace(
            life,
            mean=np.zeros((size, 1)),
            transitions=np.concatenate([life.transitions, np.eye(size)[np.newaxis]]),
            offsets=np.zeros((len(life.slopes) + 1, size, 1)),
            noises=np.concatenate([life.noises, np.zeros_like(life.noises[:1])]),
            residuals=[*(np.zeros((len(H), 1)) for H in life.slopes), datum],
            slopes=[*life.slopes, direction[np.newaxis] / spread],
            assimilated=np.append(life.assimilated, True),
        )
    )
    z, w = drawn.start[:, 0], drawn.noises[:-1, :, 0]
    least, _ = smoothed.chain.cost(smoothed.start, smoothed.noises)
    down, up = (
        (smoothed.chain.cost(smoothed.start + way * z, smoothed.noises + way * w)[0] - least) / AWAY**2
        for way in (-1, 1)
    )
    return down, up
