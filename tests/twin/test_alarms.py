"""Alarms as pure functions of innovations: closed forms, innocent spectra, faults by name, what follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.impedance import exact, exact_jacobian
from mgtwin.twin.alarms import Acceleration, Drift, Instrument, SoftShort
from mgtwin.twin.alarms.faults import Along, Sized, Together, Whitened
from mgtwin.twin.alarms.spectra import SpectrumForeseen, foreseen_spectra, parts
from mgtwin.twin.alarms.watching import Explained, Innovation, Report
from mgtwin.twin.evidence import Moment

from .lives import FREQUENCIES, Reals

KINDS = (SoftShort(), Acceleration(), Drift(), Instrument())
#: What is free, and how well it is known before a spectrum.
FREE = {
    "positive.film_resistance": 0.05,
    "interfaces.buffer_left-antiperovskite.contact.fraction": 0.05,
    "layers.buffer_left.material.ionic_conductivity.reference": 0.01,
    "positive.exchange_current_density.reference": 0.02,
}
NOISE = 0.005


@cache
def aged() -> tuple[SpectrumForeseen, Reals]:
    """A spectrum of an aged trilayer, and a root of the covariance of what was not foreseen."""
    contact = {
        f"interfaces.{face}.contact.fraction": 0.3
        for face in ("buffer_left-antiperovskite", "antiperovskite-buffer_right")
    }
    film = {f"{side}.film_resistance": 2.0 for side in ("negative", "positive")}
    cell = mt.cell("trilayer", "contact_and_film").with_({**contact, **film})
    (foreseen,) = foreseen_spectra(cell, {}, FREQUENCIES[np.newaxis])
    np.testing.assert_allclose(foreseen.impedance, exact(cell, FREQUENCIES), rtol=1e-12)
    sizes = np.array([float(cell.numbers[path]) * deviation for path, deviation in FREE.items()])
    slopes = exact_jacobian(cell, FREQUENCIES, list(FREE))
    slopes = slopes if slopes.shape[0] == len(FREE) else slopes.T
    H = parts(slopes) * sizes[:, np.newaxis]
    noise = NOISE * np.repeat(np.abs(foreseen.impedance), 2)
    return foreseen, np.linalg.cholesky(H.T @ H + np.diag(noise**2))


def watched(shifts: Sequence[Reals | float], scale: float = 1.0, seed: int = 0) -> Report:
    """What the watch says of a life whose innovations are noise and these shifts, gone after a break."""
    foreseen, root = aged()
    random = np.random.default_rng(seed)
    noise = [scale * (root @ random.standard_normal(len(root))) for _ in shifts]
    report = Report()
    while len(report.apart) < len(shifts):
        broken = report.since if report.breaks else len(shifts)
        innovations = [
            Innovation(
                f"{k}",
                f"spectrum {k}",
                "spectrum",
                Moment(cycle=k),
                float(k),
                # after a break it is foreseen
                {"film": Explained(0.0, e + (0.0 if k >= broken else shift), root @ root.T, foreseen)},
            )
            for k, (e, shift) in enumerate(zip(noise, shifts, strict=True))
        ]
        report = report.after(innovations, KINDS)
    return report


def faults() -> dict[str, Callable[[], Reals]]:
    """What each fault does to the aged spectrum."""
    foreseen, _ = aged()
    R = foreseen.resistance
    return {
        "short": lambda: foreseen.shunted(np.array([1 / R]))[0],
        "contact": lambda: -0.1 * foreseen.by("*.contact.fraction"),
        "film": lambda: 1.0 * foreseen.by("*.film_resistance"),
        "film fell": lambda: -1.0 * foreseen.by("*.film_resistance"),
        "gain": lambda: 0.1 * foreseen.numbers,
        "temperature": lambda: 5.0 * foreseen.by("temperature"),
    }


def test_likelihoods_are_those_of_normal_densities() -> None:
    """l = ln N(e; gd, S) - ln N(e; 0, S) at the best g; a bound is one more measurement; small steps are linear."""
    from scipy.stats import multivariate_normal

    random = np.random.default_rng(3)
    root = np.tril(random.standard_normal((6, 6))) + 3 * np.eye(6)
    S, d = root @ root.T, random.standard_normal(6)
    e = 2.0 * d + 0.1 * root @ random.standard_normal(6)
    white = Whitened(e, S)
    weight = Along(d).weigh(white)

    def density(shift: Reals) -> float:
        return float(multivariate_normal(np.zeros(6), S).logpdf(e - shift))

    assert white.log_density == pytest.approx(density(0 * d), rel=1e-12)
    assert weight.likelihood == pytest.approx(density(weight.size * d) - density(0 * d), rel=1e-10)
    assert weight.score == pytest.approx(np.sqrt(2 * weight.likelihood), rel=1e-10)
    assert Along(-d).weigh(white).likelihood == 0 and Along(-d).weigh(white).score == pytest.approx(-weight.score)
    bounded = Along(d, bound=0.5).weigh(white)
    assert bounded.size == pytest.approx(weight.size / (1 + weight.std**2 / 0.25), rel=1e-10)
    sizes = np.geomspace(0.1, 10, 60)
    sized = Sized(sizes, sizes[:, np.newaxis] * d).weigh(white)
    assert sized.size == pytest.approx(weight.size, rel=2e-3)
    assert sized.std == pytest.approx(weight.std, rel=2e-2)
    together = Together(np.array([d, random.standard_normal(6)])).weigh(white)
    assert weight.likelihood - np.log(20) <= together.likelihood


def test_a_shunt_is_that_of_the_cell() -> None:
    """The formula for a filament beside a foreseen spectrum is the impedance of a cell with a Shunt."""
    foreseen, _ = aged()
    G = 0.7 / foreseen.resistance
    cell = mt.cell("trilayer", "film_growth")
    (plain,) = foreseen_spectra(cell, {}, FREQUENCIES[np.newaxis])
    with_shunt = exact(cell.with_({"shunt": mt.Shunt(G)}), FREQUENCIES)
    np.testing.assert_allclose(plain.numbers + plain.shunted(np.array([G]))[0], parts(with_shunt), rtol=1e-12)


def test_innocent_spectra_raise_no_alarm() -> None:
    """1000 spectra with the covariance that was foreseen; and 300 whose deviations are twice as large as foreseen."""
    assert len(watched([0.0] * 1000).alarms) == 0
    assert len(watched([0.0] * 300, scale=2.0).alarms) == 0


@pytest.mark.parametrize("name", ["short", "contact", "film", "film fell", "gain", "temperature"])
def test_a_fault_is_named_and_withdrawn_or_confirmed(name: str) -> None:
    """One spectrum with it stands apart; what lasts is a break, of the cell if a fault of the cell explains it."""
    shift = faults()[name]()
    once = watched([*[0.0] * 8, shift, *[0.0] * 4])
    assert [alarm.state for alarm in once.alarms] == ["withdrawn"]
    assert name == once.alarms[0].mechanism or name in once.alarms[0].others
    assert once.apart.count(True) == 1 and not once.breaks
    lasting = watched([*[0.0] * 8, *[shift] * 6])
    assert [alarm.state for alarm in lasting.alarms] == ["confirmed"]
    of_cell = any(
        kind.of_cell for kind in KINDS if {lasting.alarms[0].mechanism, *lasting.alarms[0].others} & {*kind.mechanisms}
    )
    assert bool(lasting.breaks) == of_cell
    # what is wrong with the instrument for good is never assimilated
    assert lasting.apart.count(True) == (0 if of_cell else 6)


def test_a_slow_change_is_told() -> None:
    """A short that grows by 0.6 standard deviations a spectrum never jumps beyond what is usual, but adds up."""
    foreseen, root = aged()
    small = foreseen.shunted(np.array([1e-3 / foreseen.resistance]))[0]
    deviation = 0.6 / np.linalg.norm(np.linalg.solve(root, small))
    report = watched([*[0.0] * 8, *[k * deviation * small for k in range(1, 21)]])
    assert report.alarms[0].mechanism == "short" and "slowly" in report.alarms[0].text


def test_none_before_the_fifth_and_none_without_current() -> None:
    """What is free has to be found first; evidence that shows nothing cannot raise an alarm."""
    shift = faults()["short"]()
    assert not watched([0.0, 0.0, shift, 0.0, 0.0]).alarms
    nothing = Along(np.zeros(4)).weigh(Whitened(np.ones(4), np.eye(4)))
    assert (nothing.likelihood, nothing.score) == (0.0, 0.0)
