"""Every measure of the house stays within its limit."""

from __future__ import annotations

from pathlib import Path

import pytest

from .limits import LIMITS
from .report import AT_LEAST, numbers

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def measured() -> dict[str, float]:
    return numbers()


def test_every_measure_has_a_limit(measured: dict[str, float]) -> None:
    assert list(LIMITS) == list(measured)


@pytest.mark.parametrize("name", LIMITS)
def test_within_its_limit(name: str, measured: dict[str, float]) -> None:
    limit, goal = LIMITS[name]
    sign = -1 if name in AT_LEAST else 1
    assert sign * limit >= sign * goal, "a limit is never stricter than the goal"
    assert sign * measured[name] <= sign * limit, f"{name}: {measured[name]:g}, limit {limit:g}, goal {goal:g}"


def test_benchmarks_are_where_they_are_run() -> None:
    """`.ci/run` runs those of tests/benchmarks only: one that lies elsewhere would never fail."""
    mark = "mark." + "benchmark"
    marked = {path for path in TESTS.rglob("*.py") if mark in path.read_text(encoding="utf-8")}
    assert not {path.name for path in marked if path.parent != TESTS / "benchmarks"}
