"""The families of kinds and the nouns of files, asked of the registry, and what a docstring says in one line."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from typing import Any

import mgtwin

from ..registry import FAMILIES, Family

__all__ = ["about", "families", "family_of", "nouns", "plain"]


def families() -> dict[str, Family[object]]:
    """Return every family by its name; the rooms that declare them are imported for it."""
    # A family exists once its room is imported; which rooms have one, nobody keeps a list of.
    for room in pkgutil.iter_modules(mgtwin.__path__):
        if room.ispkg:
            importlib.import_module(f"mgtwin.{room.name}")
    return dict(sorted(FAMILIES.items()))


def family_of(word: str) -> Family[object] | None:
    """Return the family that a word means (``metric``, ``metrics``, ``ageing-law``), None where there is none."""
    return {_bare(name): family for name, family in families().items()}.get(_bare(word))


def _bare(word: str) -> str:
    return re.sub(r"[-_ ]", "", word.lower()).removesuffix("s")


def nouns() -> dict[str, type]:
    """Return every class that can be written in YAML by its name: files, kinds, and what these are made of."""
    from ..cells import Cell
    from ..cells.overlays import Overlay
    from ..experiments import Experiment

    # From the registry: a kind of one's own has a schema as soon as it is declared.
    kinds = [kind for family in families().values() for kind in family.values()]
    found: dict[str, type] = {}
    for noun in (Cell, Overlay, Experiment, *kinds):
        nodes = list(_nodes(vars(noun).get("__pydantic_core_schema__")))  # metrics are functions and have none
        if all(node.get("type") != "callable" for node in nodes):  # an objective holds its metric, which no file can
            found |= {node["cls"].__name__: node["cls"] for node in nodes if node.get("type") == "dataclass"}
    return found


def _nodes(schema: object) -> Iterator[Mapping[str, Any]]:
    """Every part of a pydantic core schema, each one before what it holds."""
    match schema:
        case Mapping():
            yield schema
            for item in schema.values():
                yield from _nodes(item)
        case list() | tuple():
            for item in schema:
                yield from _nodes(item)


def about(noun: object) -> str:
    """Return the first sentence of a docstring without markup."""
    text = plain(noun.__doc__ or "").partition(". ")[0].rstrip(".")
    text = re.sub(r"^Return (the |an? )?", "", text)  # of a metric
    return text[:1].upper() + text[1:]


def plain(docstring: str) -> str:
    """Return the summary of a docstring without its markup, on one line."""
    text = " ".join(docstring.strip().partition("\n\n")[0].split())
    # References to sections mean nothing in a terminal, where the documentation is not at hand.
    text = re.sub(r"\s*\((?:physics\.md )?§[^)]*\)", "", text)

    def without_tex(formula: re.Match[str]) -> str:
        tex = formula[1].replace(r"\,", " ").replace("{", "").replace("}", "")
        tex = re.sub(r"\\(mathrm|text|mathit)", "", tex)
        return re.sub(r"\\([a-z]+)", lambda command: _SIGNS.get(command[1], command[1]), tex)

    text = re.sub(r":\w+:`([^`]*)`", without_tex, text)
    return text.replace("`", "")


_SIGNS = {"sigma": "σ", "eta": "η", "omega": "ω", "varphi": "φ", "sum": "Σ", "parallel": "∥"}
