"""Who names kinds: the families as the package declares them, and the modules that know two kinds of one family."""

from __future__ import annotations

import ast
import importlib
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache

from mgtwin.dataset import SCHEMA
from mgtwin.registry import FAMILIES

from .house import Module, module_of, modules


@dataclass(frozen=True)
class Kinds:
    """A family: its kinds by their names in files, and the modules that declare them."""

    family: str
    kinds: dict[str, object]

    @property
    def homes(self) -> set[str]:
        return {_home(kind) for kind in self.kinds.values()}

    @property
    def identifiers(self) -> dict[str, str]:
        """The name of a class or function -> the one in files."""
        return {getattr(kind, "__name__", tag): tag for tag, kind in self.kinds.items()}


@lru_cache(maxsize=1)
def families() -> tuple[Kinds, ...]:
    """Families of the registry, and unions and tables of nouns told apart by ``type`` that modules still spell out.

    What installed packages or tests declare does not count. A union within another one is of the same family, and a
    table of what unions hold already is a list, no family.
    """
    loaded = [importlib.import_module(name) for name in modules() if not name.endswith("__main__")]
    found = [Kinds(name, _own(family)) for name, family in FAMILIES.items()]
    for what in (typing.get_origin, lambda value: isinstance(value, dict)):
        spelled = [
            Kinds(name, _own({_tag(member): member for member in _members(value)}))
            for module in loaded
            for name, value in vars(module).items()
            if what(value)
        ]
        known = {kind for kinds in found for kind in kinds.kinds}
        found += sorted(
            (kinds for kinds in spelled if len(kinds.kinds) > 1 and not set(kinds.kinds) <= known),
            key=lambda kinds: -len(kinds.kinds),
        )
    distinct: list[Kinds] = []
    for kinds in found:
        if kinds.kinds and not any(set(kinds.kinds) <= set(other.kinds) for other in distinct):
            distinct.append(kinds)
    return tuple(distinct)


def _own(kinds: Mapping[str, object]) -> dict[str, object]:
    """Those of the package itself."""
    return {tag: kind for tag, kind in kinds.items() if tag and _home(kind).startswith("mgtwin.")}


def _home(kind: object) -> str:
    return str(getattr(kind, "__module__", ""))


def _members(annotation: object) -> Iterator[object]:
    """Classes within a union, however deep, or a mapping of names to classes."""
    if isinstance(annotation, type):
        yield annotation
    elif isinstance(annotation, dict):
        yield from (kind for kind in annotation.values() if isinstance(kind, type))
    elif typing.get_origin(annotation) is not None:
        for part in typing.get_args(annotation):
            yield from _members(part)


def _tag(kind: object) -> str:
    """The ``type`` of a noun, or ``""``."""
    if not (isinstance(kind, type) and is_dataclass(kind)):
        return ""
    default = next((item.default for item in fields(kind) if item.name == "type"), "")
    default = getattr(default, "default", default)  # of a pydantic field
    return default if isinstance(default, str) else ""


def lists_of_kinds() -> dict[str, list[str]]:
    """Module -> the families of which it names two kinds or more, though it declares none of them."""
    found: dict[str, list[str]] = {}
    for name, module in modules().items():
        imported, listed = list(_imported(module)), set(_listed(module))
        for kinds in families():
            known = {tag for tag, kind in kinds.kinds.items() if any(kind is item for item in imported)}
            known |= {tag for item, tag in kinds.identifiers.items() if item in listed}
            known |= listed & set(kinds.kinds)
            if len(known) > 1 and not _is_home(module, kinds):
                found.setdefault(name, []).append(f"{kinds.family}: {', '.join(sorted(known))}")
    return found


def _is_home(module: Module, kinds: Kinds) -> bool:
    """Whether a module declares a kind of the family, or is the ``__init__`` that imports those who do."""
    inside = module.path.name == "__init__.py" and module.name != "mgtwin"
    return module.name in kinds.homes or (inside and all(home.startswith(f"{module.name}.") for home in kinds.homes))


def _imported(module: Module) -> Iterator[object]:
    """What comes by name from other modules of the package, or as attribute of such a module."""
    here = {}
    for _, source, name in module.imports():
        target = module_of(source, name)
        if target == f"{source}.{name}":
            here[name] = target
        elif target is not None and name:
            yield getattr(importlib.import_module(source), name, None)
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in here:
            yield getattr(importlib.import_module(here[node.value.id]), node.attr, None)


def _listed(module: Module) -> Iterator[str]:
    """Texts that are compared with a ``type``, or stand in one display or call with others of their family."""
    for node in module.nodes:
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(isinstance(side, ast.Attribute) and side.attr == "type" for side in sides):
                yield from (text for side in sides for text in _texts(side))
        elif isinstance(node, ast.Dict | ast.List | ast.Tuple | ast.Set):
            parts = node.keys if isinstance(node, ast.Dict) else node.elts
            yield from _of_one_family(text for part in parts if part is not None for text in _texts(part))
        elif isinstance(node, ast.Call):
            yield from _of_one_family(text for part in node.args for text in _texts(part))


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.List | ast.Tuple | ast.Set):
        for part in node.elts:
            yield from _texts(part)


def _of_one_family(texts: Iterator[str]) -> Iterator[str]:
    """Texts of which most are kinds of one family."""
    given = [text for text in texts if text not in SCHEMA]  # many a variable of a Dataset is called like a metric
    for kinds in families():
        known = [text for text in given if text in kinds.kinds or text in kinds.identifiers]
        if len(known) > 1 and 2 * len(known) > len(given):
            yield from known
