"""Explanations that are hard, or impossible, to tell apart, and lives that are drawn from any explanation.

`tests/twin/lives.py` has ageing in closed form, for two laws; here a life follows the laws as the twin has them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

import mgtwin as mt
from mgtwin.cells import Cell
from mgtwin.cells.paths import expand
from mgtwin.dataset import spectrum
from mgtwin.fitting.free import FreeLike
from mgtwin.impedance.compiled import CompiledSpectra
from mgtwin.twin.coordinates import Coordinates
from mgtwin.twin.evidence import Evidence, Moment, Usage
from mgtwin.twin.model_error import ModelError
from mgtwin.twin.odds import Bank, assimilated
from mgtwin.twin.transitions import Journey
from tests.twin import trials
from tests.twin.lives import FREQUENCIES, SIDES

FACES = ("interfaces.buffer_left-antiperovskite", "interfaces.antiperovskite-buffer_right")
FIRST_SEED = 70_000


@dataclass(frozen=True)
class Explanation:
    """A cell and the paths of the rates at which it ages."""

    cell: Cell
    rates: Sequence[str]

    @property
    def coordinates(self) -> Coordinates:
        """With priors from which lives are drawn."""
        free = dict[str, FreeLike]()
        for key, spread in {**trials.SPREAD, **dict.fromkeys(self.rates, trials.RATE_SPREAD)}.items():
            own = float(self.cell.get(expand(self.cell, key)[0]))
            how = mt.Free(log=True, prior=mt.LogNormal(own, float(np.exp(spread))))
            free[key] = mt.Drifting("5 %", free=how) if ".ageing." in key else how
        return Coordinates(self.cell, free, Usage(trials.USE))


def equal_electrodes() -> Cell:
    """A trilayer on whose electrodes a film grows, and which are the same."""
    cell = mt.cell("trilayer", "film_growth")
    return cell.with_({"negative": cell.positive})


def film_on_one() -> dict[str, Explanation]:
    """On one of two equal electrodes or on the other: identical spectra."""
    cell = equal_electrodes()
    return {
        side: Explanation(cell.with_({f"{other}.ageing": ()}), [f"{side}.ageing.film_growth.charge_rate"])
        for side, other in (SIDES, SIDES[::-1])
    }


def void_or_fatigue() -> dict[str, Explanation]:
    """Contact of both electrodes is lost by voids that stripping leaves, or with all charge."""
    laws = {"void": mt.VoidContactLoss(0.5, 0.5, "1 um", 0.02), "fatigue": mt.FatigueContactLoss("1.2e-5 m^2/C", 0.02)}
    rates = {"void": "*.ageing.void_contact_loss.void_fraction", "fatigue": "*.ageing.fatigue_contact_loss.rate"}
    cell = equal_electrodes().with_({f"{side}.contact": mt.Contact(1.0, "50 um") for side in SIDES})
    return {
        name: Explanation(cell.with_({f"{side}.ageing": (law,) for side in SIDES}), [rates[name]])
        for name, law in laws.items()
    }


def crack_or_fatigue() -> dict[str, Explanation]:
    """Contact within the stack is lost by a crack that grows, or with all charge."""
    crack = mt.CrackGrowth("0.1 mm", "318 C/m^2", "0.5 mm", "6 mm", 0.02, 2.0, "1 MPa")
    laws = {"crack": crack, "fatigue": mt.FatigueContactLoss("1e-5 m^2/C", 0.02)}
    rates = {
        "crack": "interfaces.*.ageing.crack_growth.rate",
        "fatigue": "interfaces.*.ageing.fatigue_contact_loss.rate",
    }
    cell = mt.cell("trilayer", "contact_loss")
    return {
        name: Explanation(cell.with_({f"{face}.ageing": (law,) for face in FACES}), [rates[name]])
        for name, law in laws.items()
    }


#: Pairs by what they are.
PAIRS: dict[str, Callable[[], dict[str, Explanation]]] = {
    "film on one of two": film_on_one,
    "void or fatigue": void_or_fatigue,
    "crack or fatigue": crack_or_fatigue,
}


def lived(space: Coordinates, seed: int, spectra: int, every: int = 2) -> list[Evidence]:
    """Spectra of a life that is drawn from the prior of an explanation, the first of the new cell."""
    random, states = np.random.default_rng(seed), []
    mean, factor = space.prior
    state = mean + factor @ random.standard_normal(factor.shape[1])
    moments = [Moment(cycle=float(every * k)) for k in range(spectra)]
    journey = Journey(space, moments)
    for k in range(spectra):
        state = journey.step(k, state, random.standard_normal(journey.noises))
        states.append(state)
    values = space.values(np.array(states))
    numbers = {path: values[:, [i]] for i, path in enumerate(space.paths)}
    z = CompiledSpectra(space.cell, np.tile(FREQUENCIES, (spectra, 1)), space.paths).impedance(numbers)
    noise = random.standard_normal((2, *z.shape))
    z = z + trials.NOISE * np.abs(z) * (noise[0] + 1j * noise[1])
    return [
        Evidence(f"{seed} {k}", f"spectrum {k}", moment, "spectrum", spectrum(FREQUENCIES, z[k]), trials.NOISE)
        for k, moment in enumerate(moments)
    ]


def judged(pair: str, truth: str, seed: int, spectra: int = 45) -> Bank:
    """A life of one explanation, under both."""
    spaces = {name: explanation.coordinates for name, explanation in PAIRS[pair]().items()}
    return assimilated(spaces, lived(spaces[truth], seed, spectra), ModelError(), [])
