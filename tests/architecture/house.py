"""The package as text: its modules, parsed once, without importing them."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "mgtwin"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file of the package."""

    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def room(self) -> str:
        """The package below mgtwin, or ``(top)`` for its own modules."""
        below = self.path.relative_to(ROOT).parts
        return below[0] if len(below) > 1 else "(top)"

    @property
    def package(self) -> str:
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    @cached_property
    def tokens(self) -> tuple[tokenize.TokenInfo, ...]:
        return tuple(tokenize.generate_tokens(io.StringIO(self.text).readline))

    @cached_property
    def comments(self) -> int:
        """Lines that are nothing but a comment."""
        return sum(token.type == tokenize.COMMENT and token.line.lstrip().startswith("#") for token in self.tokens)

    @cached_property
    def code_lines(self) -> frozenset[int]:
        """Numbers of the lines that hold code: no blank lines, comments or docstrings."""
        nothing = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        found: set[int] = set()
        for token in self.tokens:
            if token.type not in (*nothing, tokenize.ENDMARKER):
                found.update(range(token.start[0], token.end[0] + 1))
        for node in self.nodes:
            if isinstance(node, (ast.Module, ast.ClassDef, Function)) and ast.get_docstring(node) is not None:
                text = node.body[0]
                found.difference_update(range(text.lineno, (text.end_lineno or text.lineno) + 1))
        return frozenset(found)

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """Calls of built-in functions of these names."""
        for node in self.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield node

    def imports(self) -> Iterator[tuple[ast.stmt, str, str]]:
        """Imports at any depth, lazy and type-only ones included: statement, absolute module, name (or ``""``)."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield node, alias.name, ""
            elif isinstance(node, ast.ImportFrom):
                source = node.module or ""
                if node.level:
                    above = self.package.split(".")[: len(self.package.split(".")) - node.level + 1]
                    source = ".".join([*above, *([node.module] if node.module else [])])
                for alias in node.names:
                    yield node, source, alias.name


@lru_cache(maxsize=1)
def modules() -> dict[str, Module]:
    """All modules of the package by their dotted name."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = ("mgtwin", *path.relative_to(ROOT).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = Module(name, path)
    return found


def module_of(source: str, name: str) -> str | None:
    """The module of the package that an import of `name` from `source` reads; None outside the package."""
    known = modules()
    return next((found for found in (f"{source}.{name}", source) if found in known), None)
