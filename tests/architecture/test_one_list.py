"""A kind is declared once: no module outside a family's own files names two of its kinds."""

from __future__ import annotations

import ast

import pytest

from mgtwin import cells

from . import kinds
from .house import Module, modules
from .kinds import families, lists_of_kinds
from .limits import LIMITS


def test_families_are_found() -> None:
    """Those of the registry, and those that are still unions: each with two kinds of this package or more."""
    found = {tag for family in families() for tag in family.kinds}
    assert {"plating", "blocking", "film_growth", "arrhenius", "cpe", "bruggeman", "eis", "modulus"} <= found


def test_no_module_lists_kinds() -> None:
    found = lists_of_kinds()
    limit = LIMITS["modules that list kinds"][0]
    assert len(found) <= limit, "\n".join(f"{name}: {'; '.join(of)}" for name, of in found.items())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("from mgtwin.cells import Plating, Blocking", [cells.Plating, cells.Blocking]),
        ("if TYPE_CHECKING:\n    from mgtwin.cells import Plating", [cells.Plating]),
        ("def f():\n    import mgtwin as mt", []),
        ("from mgtwin import cells\ncells.Plating", [cells.Plating]),
    ],
)
def test_imports_are_seen_wherever_they_stand(text: str, named: list[type]) -> None:
    assert list(kinds._imported(written(text))) == named


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("x.type == 'plating'", {"plating"}),
        ("{'plating': 1, 'blocking': 2}", {"plating", "blocking"}),
        ("one_of('an electrode', 'plating', 'blocking')", {"plating", "blocking"}),
        ("('voltage', 'current', 'time')", set()),
        ("f('a plating electrode')", set()),
    ],
)
def test_lists_are_seen(text: str, named: set[str]) -> None:
    assert set(kinds._listed(written(text))) == named


def written(text: str) -> Module:
    """A module with this text, in place of one that exists."""
    module = Module("mgtwin.written", modules()["mgtwin.registry"].path)
    vars(module)["tree"] = ast.parse(text)
    vars(module)["nodes"] = tuple(ast.walk(module.tree))
    return module
