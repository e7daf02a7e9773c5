"""What is measured of the house, each a function of its text alone (but for the families, which are asked)."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from .house import Function, Module, module_of, modules


def graph() -> dict[str, set[str]]:
    """Module -> the modules that it imports, at any depth: at module level, for type checkers, inside functions."""
    edges: dict[str, set[str]] = {name: set() for name in modules()}
    for name, module in modules().items():
        for _, source, imported in module.imports():
            target = module_of(source, imported)
            if target is not None and target != name:
                edges[name].add(target)
    return edges


def circles() -> list[list[str]]:
    """Modules that import each other, directly or by way of others (strongly connected components, by Tarjan)."""
    edges, found = graph(), []
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []

    def visit(node: str) -> None:
        index[node] = lowest[node] = len(index)
        stack.append(node)
        for other in sorted(edges[node]):
            if other not in index:
                visit(other)
                lowest[node] = min(lowest[node], lowest[other])
            elif other in stack:
                lowest[node] = min(lowest[node], index[other])
        if lowest[node] == index[node]:
            component = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(component) > 1:
                found.append(sorted(component))

    for node in edges:
        if node not in index:
            visit(node)
    return sorted(found)


def lines() -> dict[str, int]:
    """Lines of every module."""
    return {name: module.lines for name, module in modules().items()}


def lines_of_rooms() -> dict[str, int]:
    """Lines of every room."""
    found: Counter[str] = Counter()
    for module in modules().values():
        found[module.room] += module.lines
    return dict(sorted(found.items()))


def functions() -> dict[str, int]:
    """Lines of every function and method, docstring, comments and blank lines apart."""
    found: dict[str, int] = {}
    for module in modules().values():
        for node in module.nodes:
            if isinstance(node, Function):
                own = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                found[f"{module.name}:{node.lineno} {node.name}"] = len(module.code_lines.intersection(own))
    return found


def isinstances() -> dict[str, int]:
    """Calls of isinstance in every module."""
    return _counted(lambda module: module.calls("isinstance"))


def probes() -> dict[str, int]:
    """Calls of hasattr and getattr in every module."""
    return _counted(lambda module: module.calls("hasattr", "getattr"))


def uses_of_any() -> dict[str, int]:
    """How often every module writes ``Any``, its import included."""
    return _counted(lambda module: (token for token in module.tokens if token.string == "Any"))


def broad_catches() -> list[str]:
    """``except Exception``, ``except BaseException`` and bare ``except``."""
    found = []
    for module in modules().values():
        for node in module.nodes:
            if isinstance(node, ast.ExceptHandler):
                caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
                broad = [c for c in caught if c is None or (isinstance(c, ast.Name) and c.id in _BROAD)]
                if broad:
                    found.append(f"{module.name}:{node.lineno}")
    return found


_BROAD = ("Exception", "BaseException")


def private_names() -> list[str]:
    """Names with a leading underscore that a module takes from another: by import, or as attribute of a module."""
    found = []
    for module in modules().values():
        here: dict[str, str] = {}
        for node, source, name in module.imports():
            target = module_of(source, name)
            if target is None:
                continue
            if f"{source}.{name}" == target:
                here[name] = target
            elif _is_private(name):
                found.append(f"{module.name}:{node.lineno} {target}.{name}")
        for node in module.nodes:
            if isinstance(node, ast.Attribute) and _is_private(node.attr) and isinstance(node.value, ast.Name):
                owner = here.get(node.value.id)
                found += [f"{module.name}:{node.lineno} {owner}.{node.attr}"] if owner else []
    return found


def private_modules() -> list[str]:
    """Modules with a leading underscore that are imported from another room."""
    known, found = modules(), set()
    for module in known.values():
        for node, source, name in module.imports():
            target = module_of(source, name)
            if target is not None and known[target].room != module.room and _is_private(target.rpartition(".")[2]):
                found.add(f"{module.name}:{node.lineno} {target}")
    return sorted(found)


def helpers() -> Iterator[tuple[str, int]]:
    """Private functions at module level, with how often their module names them."""
    for module in modules().values():
        named = Counter(node.id for node in module.nodes if isinstance(node, ast.Name))
        for node in module.tree.body:
            if isinstance(node, Function) and _is_private(node.name):
                yield f"{module.name}:{node.lineno} {node.name}", named[node.name]


def used_once() -> tuple[list[str], int]:
    """Private helpers that are named once, and how many helpers there are."""
    found = list(helpers())
    return [name for name, count in found if count <= 1], len(found)


def comment_share() -> float:
    """Comments over lines of code."""
    everything = modules().values()
    return sum(module.comments for module in everything) / sum(len(module.code_lines) for module in everything)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _counted(find: Callable[[Module], Iterable[object]]) -> dict[str, int]:
    found = {name: sum(1 for _ in find(module)) for name, module in modules().items()}
    return {name: number for name, number in found.items() if number}
