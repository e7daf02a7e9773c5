"""A module or a function that grows beyond a page or two hides something that has a name of its own."""

from __future__ import annotations

from .limits import LIMITS
from .measures import functions, lines


def test_no_module_is_larger_than_its_limit() -> None:
    limit = LIMITS["lines of the largest module"][0]
    assert {name: size for name, size in lines().items() if size > limit} == {}


def test_no_function_is_larger_than_its_limit() -> None:
    limit = LIMITS["lines of the largest function"][0]
    assert {name: size for name, size in functions().items() if size > limit} == {}
