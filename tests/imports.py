"""Who may import whom: the table of the house, and what in a file breaks it."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from tests.rules import Source

_BLOCK = "workflow.unsafe.imports_passed_through()"


@dataclass(frozen=True)
class Row:
    """What one package may import; a name stands for everything below it, None for whatever there is.

    `packages` are other people's, beside the standard library. `passed_through` is ours, but only inside
    `workflow.unsafe.imports_passed_through()`.
    """

    ours: tuple[str, ...] | None = None
    packages: tuple[str, ...] | None = None
    passed_through: tuple[str, ...] = ()


_CONTRACTS = (
    "adapters.errors",
    "adapters.vault",
    "adapters.platforms.base",
    "adapters.platforms.composing",
    "adapters.platforms.signs",
    "adapters.platforms.typing",
    "adapters.media.base",
    "adapters.tools.base",
    "adapters.ai.base",
    "adapters.ai.circuits",
    "adapters.database",
    "adapters.temporal.handover",
    "adapters.temporal.quarantine",
)
TABLE = {
    "domain": Row(ours=("domain",), packages=("pydantic", "jinja2", "re2")),
    "adapters": Row(ours=("adapters", "domain", "settings")),
    "activities": Row(ours=("activities", "domain", *_CONTRACTS)),
    "workflows": Row(ours=("workflows",), packages=("temporalio",), passed_through=("domain", "activities")),
    "api": Row(ours=("api", "adapters", "domain", "settings")),
    "simulator": Row(ours=("simulator",)),
    "settings": Row(ours=(), packages=("pydantic", "pydantic_settings")),
    "migrations": Row(ours=("migrations", "adapters", "domain", "settings", "commands.schema")),
    "commands": Row(),
    "worker": Row(),
    "cli": Row(),
    "tests": Row(),
}
"""Each package and module at the root of the repository."""


def imports(source: Source) -> Iterator[str]:
    """Imports point down the sentence: domain decides, workflows remember, activities act, adapters speak."""
    row = TABLE.get(source.package)
    if row is None:
        yield source.fault(1, f"{source.package} has no row in tests/imports.py; write down what it may import")
        return
    passed = {id(node) for block in ast.walk(source.tree) if _passes_through(block) for node in ast.walk(block)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in _imported(source, node):
                if not _allowed(row, name, passed_through=id(node) in passed):
                    yield source.fault(node.lineno, f"imports {name}; {_allowance(source.package, row)}")


def _passes_through(node: ast.AST) -> bool:
    return isinstance(node, ast.With) and any(ast.unparse(item.context_expr) == _BLOCK for item in node.items)


def _imported(source: Source, node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    above = ".".join(source.path.parts[: len(source.path.parts) - node.level]) if node.level else ""
    module = ".".join(part for part in (above, node.module) if part)
    return [f"{module}.{name.name}" for name in node.names]


def _allowed(row: Row, name: str, *, passed_through: bool) -> bool:
    top = name.partition(".")[0]
    if top in TABLE:
        ours = row.passed_through if passed_through else row.ours
        return ours is None or any(name == allowed or name.startswith(f"{allowed}.") for allowed in ours)
    return top in sys.stdlib_module_names or row.packages is None or top in row.packages


def _allowance(package: str, row: Row) -> str:
    listed = ", ".join(row.ours or ()) or "nothing of ours"
    if row.packages is not None:
        listed += f", {', '.join(row.packages)} and the standard library"
    if row.passed_through:
        listed += f", and inside {_BLOCK} {', '.join(row.passed_through)}"
    return f"{package} may import {listed}"
