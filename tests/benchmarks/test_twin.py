"""What a twin costs, in spectra with derivatives of the same cell: ratios, for processors differ."""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import process_time

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.impedance.compiled import CompiledSpectra
from mgtwin.twin.life import live
from mgtwin.twin.model_error import ModelError
from tests.benchmarks.ratios import report
from tests.twin import trials

pytestmark = pytest.mark.benchmark


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Of one run."""
    work()
    begun = process_time()
    for _ in range(repeats):
        work()
    return (process_time() - begun) / repeats


def test_a_whole_life_is_smoothed_in_a_thousand_spectra() -> None:
    space = trials.coordinates("both")
    numbers = dict(zip(space.paths, space.values(space.start[None])[0].tolist(), strict=True))
    compiled = CompiledSpectra(space.cell, trials.lives.FREQUENCIES, space.paths)
    one = seconds(lambda: (compiled.impedance(numbers), compiled.jacobian(numbers, space.paths)), 30)
    true = trials.life("both", 0, 45)
    pieces = trials.evidence(true, 45)
    # measured: 170-310
    whole = seconds(lambda: live(space, pieces, ModelError()), 1) / one
    report("a whole life of 45 spectra, in spectra with derivatives", whole, "1000")
    assert whole < 1000
    twin = mt.Twin(trials.cell("both"), dict(space.free), use=trials.USE)
    begun = process_time()
    for k in range(20):
        twin.update(true.dataset(k), at=mt.Moment(cycle=true.moments[k]), noise=trials.NOISE)
    # what is only taken up and not asked for is not worked out
    assert process_time() - begun < 20 * 10 * one


@pytest.mark.parametrize("names", [("both",), ("contact", "film", "both")], ids=len)
def test_an_update_costs_few_spectra(names: tuple[str, ...]) -> None:
    """One more spectrum, asked for state, odds and alarms, for each explanation: in the mean over a life of 29.

    Measured beside it: a spectrum with the derivatives by the same numbers. (At 1, 2, 3, 4, 6, 8, 12, 16 and 24 spectra
    all are linearised anew and the model's error is chosen: each is some 15 of them, and the first, searched for from
    the prior, 25.)
    """
    true, free = trials.life("both", 0, 29), {}
    for name in names:
        free |= trials.coordinates(name).free
    cells = {name: trials.cell(name) for name in names}
    data = [true.dataset(k) for k in range(29)]
    # what is imported and prepared with the first spectrum of a process is none of an update's
    first, twin = (mt.Twin(cells, free, use=trials.USE, considered=()) for _ in range(2))
    str(first.update(data[0], at=mt.Moment(cycle=0), noise=trials.NOISE))
    space = trials.coordinates("both")
    numbers = dict(zip(space.paths, space.values(space.start[None])[0].tolist(), strict=True))
    compiled = CompiledSpectra(space.cell, trials.lives.FREQUENCIES, space.paths)
    ratios = []
    gc.collect()
    gc.freeze()  # to look through what other tests have left behind takes longer than ten updates
    for k in range(29):
        begun = process_time()
        update = twin.update(data[k], at=mt.Moment(cycle=true.moments[k]), noise=trials.NOISE)
        assert str(update) and twin.odds.sizes["evidence"] == k + 1 and not twin.alarms
        spent = (process_time() - begun) / len(names)
        ratios.append(
            spent / seconds(lambda: (compiled.impedance(numbers), compiled.jacobian(numbers, space.paths)), 3)
        )
    gc.unfreeze()
    found = float(np.mean(ratios))
    told = f"median {np.median(ratios):.3g}, at most {max(ratios):.3g}"
    report(f"an update with {len(names)} explanations, in spectra with derivatives ({told})", found, "10")
    # the goal and a third: one alone bears all that is done once for each piece, the odds, the watch, the store
    assert found < 13.3
