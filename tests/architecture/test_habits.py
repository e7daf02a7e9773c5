"""Every measure of the house stays within its limit."""

from __future__ import annotations

import pytest

from .limits import LIMITS
from .report import AT_LEAST, numbers


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
