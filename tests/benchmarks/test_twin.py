"""What a twin costs, in spectra with derivatives of the same cell: ratios, for processors differ."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import pytest

import mgtwin as mt
from mgtwin.impedance.compiled import CompiledSpectra
from mgtwin.twin.life import live
from mgtwin.twin.model_error import ModelError
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
    # measured: 280, of which most is the choice of the model's error
    assert seconds(lambda: live(space, pieces, ModelError()), 1) < 1000 * one
    twin = mt.Twin(trials.cell("both"), dict(space.free), use=trials.USE)
    begun = process_time()
    for k in range(20):
        twin.update(true.dataset(k), at=mt.Moment(cycle=true.moments[k]), noise=trials.NOISE)
    # what is only taken up and not asked for is not worked out
    assert process_time() - begun < 20 * 10 * one
