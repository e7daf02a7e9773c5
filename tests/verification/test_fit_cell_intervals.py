"""Intervals of cells over 200 seeds: of one well determined, one with an exponent, and a pair that trades off."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import dataset
from mgtwin.cells.paths import expand

F = np.geomspace(1e6, 0.1, 50)
ION, I0, C = "layers.a.material.ionic_conductivity", "*.exchange_current_density", "*.double_layer.c"
Q, N = "*.double_layer.q", "*.double_layer.n"
SEEDS = 200


def cell(layer) -> mt.Cell:
    electrode = mt.Plating("20 uA/cm^2", double_layer=layer)
    return mt.Cell("cell", electrode, [mt.Layer("a", mt.IonConductor("0.1 mS/cm"), "0.5 mm")], electrode)


DETERMINED, DISPERSIVE = cell("10 uF/cm^2"), cell(mt.CPE("1e-5 S*s^0.8/cm^2", 0.8))


def fits(truth: mt.Cell, free: tuple[str, ...], seeds: range, noise: float = 0.01) -> Iterator[mt.Fit]:
    z = mt.impedance.exact(truth, F)
    for seed in seeds:
        rng = np.random.default_rng(seed)
        spoilt = z + noise * np.abs(z) * (rng.normal(size=z.size) + 1j * rng.normal(size=z.size))
        # 1.3: away from the truth, as nobody starts there
        starts = {
            key: mt.Free(start=float(truth.get(expand(truth, key)[0])) * (1.0 if key == N else 1.3)) for key in free
        }
        yield mt.fit(truth, dataset.spectrum(F, spoilt, {"temperature": 298.15}), starts)


def coverage(truth: mt.Cell, free: tuple[str, ...], seeds: range) -> dict[float, float]:
    """How often the intervals of the table's method hold the truth, of all parameters together."""
    covered: dict[float, list[bool]] = {0.68: [], 0.95: []}
    for fit in fits(truth, free, seeds):
        assert fit.identifiable.all() and not fit.fails
        for confidence, found in covered.items():
            for name in fit.names:
                low, high = fit.interval(name, confidence)
                found.append(low <= float(truth.get(expand(truth, name)[0])) <= high)
    return {confidence: float(np.mean(found)) for confidence, found in covered.items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("truth", "free"), [(DETERMINED, (ION, I0, C)), (DISPERSIVE, (ION, I0, Q, N))], ids=["determined", "an exponent"]
)
def test_intervals_of_68_and_95_percent_cover_the_truth_of_a_cell_as_often_as_they_say(truth, free) -> None:
    # of 200 seeds with three or four numbers that hang together: standard errors 0.025 and 0.012, two of each
    found = coverage(truth, free, range(SEEDS))
    assert 0.63 <= found[0.68] <= 0.73 and 0.93 <= found[0.95] <= 0.97


def test_intervals_of_a_few_seeds_are_not_absurd() -> None:
    # 20 seeds: 0.68 +- 0.08 and 0.95 +- 0.04, three of each
    found = coverage(DISPERSIVE, (ION, I0, Q, N), range(20))
    assert 0.44 <= found[0.68] <= 0.92 and found[0.95] >= 0.83


def named(seeds: range, every: int = 1) -> None:
    """A conductivity and a thickness are one resistance: no seed gives either a number.

    The verdict, which asks for profiles and takes most of the time, of every few seeds only.
    """
    for seed, fit in zip(seeds, fits(DETERMINED, (ION, "layers.a.thickness", I0, C), seeds), strict=True):
        (combination,) = fit.identifiability.undetermined
        assert {name for name, _ in combination.powers} == {ION, "layers.a.thickness"}
        if seed % every:
            continue
        assert fit.identifiable.tolist() == [False, False, True, True] and "can move together" in str(fit)
        assert all(fit.known(name).std is None for name in fit.names[:2])


def test_a_pair_of_a_cell_that_trades_off_is_named() -> None:
    named(range(5))


@pytest.mark.slow
def test_a_pair_of_a_cell_that_trades_off_is_named_in_every_seed() -> None:
    named(range(SEEDS), every=4)
