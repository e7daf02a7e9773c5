"""Time of the linear programs of `reconcile`.

Run with ``pytest -m benchmark -s`` to see the number that docs/performance.md reports. What the whole of it takes
beside the campaign of the same paper is measured where both run anyway: tests/validation/test_paper.py.
"""

from __future__ import annotations

import pytest

import mgtwin as mt

from .ratios import cpu_seconds, report

pytestmark = pytest.mark.benchmark


def test_proofs_take_seconds() -> None:
    observed = mt.observations("paper")
    mt.reconcile(observed, states="paper", witness=False)  # reads files, imports SciPy
    taken = cpu_seconds(lambda: mt.reconcile(observed, states="paper", witness=False))
    report("conflicts, corrections and predictions of the paper, both exponents [s]", taken, "5")
    assert taken < 5
