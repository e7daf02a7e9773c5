"""Imports point down: no module imports another that imports it, at module level, lazily or for type checkers."""

from __future__ import annotations

from .limits import LIMITS
from .measures import circles


def test_no_module_stands_in_a_circle() -> None:
    found = circles()
    limit = LIMITS["modules in circles of imports"][0]
    assert sum(map(len, found)) <= limit, "\n".join(" <-> ".join(circle) for circle in found)
