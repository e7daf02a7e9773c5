"""Trials of a twin on lives that are drawn from its own priors: how far its bands are from the truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

import mgtwin as mt
from mgtwin.cells import Cell
from mgtwin.cells.paths import expand
from mgtwin.fitting.free import FreeLike
from mgtwin.twin.coordinates import Coordinates
from mgtwin.twin.evidence import Evidence, Moment, Usage
from mgtwin.twin.forecasts import forecast
from mgtwin.twin.life import Life, live
from mgtwin.twin.model_error import ModelError
from tests.twin import lives

Reals = NDArray[np.float64]

KINDS = {"contact": "contact_loss", "film": "film_growth", "both": "contact_and_film"}
USE = mt.Cycling("-10 uA", "1 h", 1)
NOISE = 0.005
CONTACT, FILM = "interfaces.*.ageing.*.rate", "*.ageing.film_growth.charge_rate"
#: What is free, and its standard deviation (of the logarithm) about the cell's own number.
SPREAD = {
    "layers.buffer_*.material.ionic_conductivity.reference": 0.1,
    "positive.exchange_current_density.reference": 0.2,
    "negative.exchange_current_density.reference": 0.2,
    "*.double_layer.c": 0.2,
}
RATES = {"contact": (CONTACT,), "film": (FILM,), "both": (CONTACT, FILM)}
RATE_SPREAD = 0.3


@cache
def cell(kind: str) -> Cell:
    """The new cell of an explanation."""
    return mt.cell("trilayer", KINDS[kind])


def known(kind: str) -> dict[str, float]:
    """What is free in an explanation, with its spread."""
    return SPREAD | dict.fromkeys(RATES[kind], RATE_SPREAD)


@cache
def coordinates(kind: str) -> Coordinates:
    """Its coordinates, with the priors that its lives are drawn from."""
    made, free = cell(kind), dict[str, FreeLike]()
    for key, spread in known(kind).items():
        path = expand(made, key)[0]
        how = mt.Free(log=True, prior=mt.LogNormal(float(made.get(path)), float(np.exp(spread))))
        free[key] = mt.Drifting("5 %", free=how) if ".ageing." in key else how
    return Coordinates(made, free, Usage(USE))


def life(kind: str, seed: int, spectra: int, exponent: float = 1.0) -> lives.Life:
    """A life drawn from the prior."""
    return lives.Life(cell(kind), spectra, seed=seed, noise=NOISE, spread=known(kind), exponent=exponent)


def evidence(true: lives.Life, count: int) -> list[Evidence]:
    """Its first spectra."""
    return [
        Evidence(str(k), f"spectrum {k}", Moment(cycle=float(true.moments[k])), "spectrum", true.dataset(k), NOISE)
        for k in range(count)
    ]


@dataclass(frozen=True)
class Trial:
    """What a twin knew after some spectra, against the truth.

    Attributes
    ----------
    life : Life
    one_step : ndarray
        Deviations of every number of the next spectrum from its prediction, in standard deviations.
    ahead : float
        Fraction of the ensemble below the modulus that was measured ten cycles later.
    hidden : mapping
        (estimate - truth)/standard deviation of log contact fraction and film resistance.
    numbers : ndarray
        The same of every free number.
    scores : tuple
        CRPS of log|Z| ten cycles ahead: of the twin, of persistence with a random walk, of a linear trend.
    """

    life: Life
    one_step: Reals
    ahead: float
    hidden: dict[str, float]
    numbers: Reals
    scores: tuple[float, float, float]


def next_spectrum(kind: str, true: lives.Life, count: int, error: ModelError) -> tuple[Life, Reals]:
    """What an explanation says of the first `count` spectra of a life, and how far off the next one is [s.d.]."""
    pieces = evidence(true, count + 1)
    found = live(coordinates(kind), pieces, error, apart={pieces[-1].sha})
    e, S = found.smoothed.innovation(count)
    return found, e / np.sqrt(np.diag(S))


def trial(kind: str, true: lives.Life, count: int, error: ModelError) -> Trial:
    """Assimilate the first `count` spectra of a life, and look ahead by five spectra (ten cycles)."""
    space = coordinates(kind)
    found, one_step = next_spectrum(kind, true, count, error)
    numbers, state, P = [], found.states[count - 1], found.covariances[count - 1]
    for k, parameter in enumerate(space.parameters):
        path = parameter.targets[0][0]
        drawn = np.log(true.truth.numbers.get(path, np.nan))
        if ".ageing." in path:
            # the rate of the last cycle and that of the next one, for it wanders in steps
            n = true.moments[count - 1]
            drawn += true.log_rates["contact" if ".ageing.fatigue" in path else "film"][max(n - 1, 0) : n + 1].mean()
        numbers.append((state[k] - drawn) / np.sqrt(P[k, k]))
    hidden = {}
    for place, (contact, film) in space.reached(state).items():
        deviation = found.deviations(count - 1)
        for path, value, truth, log in (
            (f"{place}.contact.fraction", contact, f"{place}.a", True),
            (f"{place}.film_resistance", film, f"{place}.R", False),
        ):
            if path in deviation and deviation[path] > 0:
                actual = float(true.state(truth)[count - 1])
                difference = np.log(value / actual) * value if log else value - actual
                hidden[truth] = float(difference / deviation[path])
    ahead, scores = np.nan, (np.nan,) * 3
    if count + 4 < true.spectra:
        ahead, scores = _ahead(found, true, count)
    return Trial(found, one_step, ahead, hidden, np.array(numbers), scores)


QUANTILES = tuple((np.arange(50) + 0.5) / 50)


def _ahead(found: Life, true: lives.Life, count: int) -> tuple[float, tuple[float, float, float]]:
    """Rank of what was measured ten cycles later in the forecast, and scores of it and of simpler ones."""
    # the life ends with the next spectrum, two cycles later, of which it knows only when it was taken
    bands = forecast({"": found}, {"": 1.0}, mt.Cycling("-10 uA", "1 h", 8), QUANTILES, voltages=False)
    ends = np.log(bands["impedance_modulus_quantiles"].values[-1])
    past = np.log(np.abs(true.impedance[:count, -1]))
    measured = float(np.log(np.abs(true.impedance[count + 4, -1])))
    steps = np.diff(past)
    normal = np.random.default_rng(1).standard_normal(200)
    walk = past[-1] + np.sqrt(5.0) * np.sqrt(np.mean(steps**2)) * normal
    x = np.arange(min(count, 8), dtype=float)
    line, residual, *_ = np.polyfit(x, past[-x.size :], 1, full=True)
    scatter = np.sqrt(float(residual[0]) / max(x.size - 2, 1)) if residual.size else 1e-3
    trend = np.polyval(line, x[-1] + 5) + scatter * np.sqrt(1 + 36 / x.size) * normal
    rank = float(np.searchsorted(ends, measured) / len(ends))
    return rank, (_crps(ends, measured), _crps(walk, measured), _crps(trend, measured))


def _crps(members: Reals, measured: float) -> float:
    """Continuous ranked probability score of an ensemble."""
    spread = np.abs(members[:, np.newaxis] - members).mean()
    return float(np.abs(members - measured).mean() - 0.5 * spread)
