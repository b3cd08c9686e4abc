"""The rules of the house as functions: one source file in, its faults out, each with its place and its remedy."""

import ast
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path, PurePosixPath
from typing import TypeAlias

ROOT = Path(__file__).parent.parent
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40

_GENERATED = ("migrations", "versions")
_BUILT = ("build", "node_modules")
_CLOCKS = {"now", "utcnow", "today"}
_CHANCE_MODULES = {"random", "secrets", "time"}
_CHANCE_NAMES = {"uuid1", "uuid4", "urandom"}
_ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv"}
_IGNORE = re.compile(r"#\s*type:\s*ignore")
_REASONED = re.compile(r"# type: ignore\[[a-z-]+(, ?[a-z-]+)*\]  # \w.{3,}")
_Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Source:
    """One file of Python, named by its path from the repository's root."""

    path: PurePosixPath
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The file, parsed."""
        return ast.parse(self.text)

    @property
    def package(self) -> str:
        """The package or module at the root that the file belongs to."""
        return self.path.parts[0].removesuffix(".py")

    def fault(self, line: int, what: str) -> str:
        """A fault as it is told."""
        return f"{self.path}:{line}: {what}"


def sources() -> list[Source]:
    """Every file of Python in the repository but the generated ones."""
    top = [path for path in ROOT.iterdir() if not path.name.startswith(".") and path.name not in _BUILT]
    files = [path for path in top if path.suffix == ".py"]
    for folder in top:
        if folder.is_dir():
            files += folder.rglob("*.py")
    named = sorted((PurePosixPath(path.relative_to(ROOT).as_posix()), path) for path in files)
    return [Source(name, path.read_text()) for name, path in named if name.parts[:2] != _GENERATED]


def file_length(source: Source) -> Iterator[str]:
    """A file has one subject."""
    lines = source.text.count("\n")
    if lines > MAX_FILE_LINES:
        yield source.fault(1, f"{lines} lines, at most {MAX_FILE_LINES}; give its second subject a file of its own")


def function_length(source: Source) -> Iterator[str]:
    """A function does one job."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                yield source.fault(
                    node.lineno, f"{node.name} has {lines} lines, at most {MAX_FUNCTION_LINES}; split it"
                )


def module_docstring(source: Source) -> Iterator[str]:
    """A module says what it is for."""
    if source.text.strip() and not ast.get_docstring(source.tree):
        yield source.fault(1, "no docstring; begin the module with one sentence that says what it is for")
    elif not source.text.strip():
        yield source.fault(1, "empty; begin the module with one sentence that says what it is for")


def public_docstrings(source: Source) -> Iterator[str]:
    """A public name has a sentence; a test's name is its sentence."""
    if source.package != "tests":
        yield from _undocumented(source, source.tree)


def _undocumented(source: Source, parent: ast.Module | ast.ClassDef) -> Iterator[str]:
    for node in parent.body:
        if isinstance(node, _Definition) and not node.name.startswith("_"):
            if not ast.get_docstring(node) and not _is_overload(node):
                yield source.fault(node.lineno, f"{node.name} has no docstring; say in a sentence what it is or does")
            if isinstance(node, ast.ClassDef):
                yield from _undocumented(source, node)


def _is_overload(node: _Definition) -> bool:
    return any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list)


def environment(source: Source) -> Iterator[str]:
    """The settings alone read the environment; starting a child hands it on unread."""
    if source.package in ("settings", "tests") or source.path == PurePosixPath("adapters/processes/children.py"):
        return
    for node in ast.walk(source.tree):
        read = isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os" and node.attr in _ENVIRONMENT
        imported = isinstance(node, ast.ImportFrom) and node.module == "os" and _imports(node, _ENVIRONMENT)
        if isinstance(node, ast.expr | ast.stmt) and (read or imported):
            yield source.fault(
                node.lineno, "reads the environment; add a field to settings.Settings and take it from there"
            )


def clock_and_chance(source: Source) -> Iterator[str]:
    """What decides or is replayed gets the time, and everything that is drawn, as an argument."""
    if source.package not in ("domain", "workflows"):
        return
    for node in ast.walk(source.tree):
        found = _clock_or_chance(node)
        if found and isinstance(node, ast.expr | ast.stmt):
            yield source.fault(node.lineno, f"uses {found}; take the time or the id as an argument (workflow.now())")


def _clock_or_chance(node: ast.AST) -> str | None:
    if isinstance(node, ast.Attribute):
        owner = ast.unparse(node.value).rpartition(".")[2]
        told = node.attr in _CLOCKS and owner in ("datetime", "date")
        return ast.unparse(node) if told or node.attr in _CHANCE_NAMES else None
    if isinstance(node, ast.Import):
        return next((name.name for name in node.names if name.name in _CHANCE_MODULES), None)
    if isinstance(node, ast.ImportFrom):
        drawn = node.module in _CHANCE_MODULES or _imports(node, _CHANCE_NAMES)
        return f"{node.module}.{node.names[0].name}" if drawn else None
    return None


def prints(source: Source) -> Iterator[str]:
    """What runs in a server is silent but for its log."""
    if source.package not in ("domain", "workflows", "activities", "adapters", "api"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id == "print":
            yield source.fault(node.lineno, "prints; log it, or hand it to the command that called")


def type_ignores(source: Source) -> Iterator[str]:
    """What the type checker is told to overlook has a code and a reason."""
    for token in tokenize.generate_tokens(StringIO(source.text).readline):
        if token.type == tokenize.COMMENT and _IGNORE.search(token.string) and not _REASONED.search(token.string):
            yield source.fault(token.start[0], "overlooks a type; write `# type: ignore[code]  # the reason`")


def _imports(node: ast.ImportFrom, names: set[str]) -> bool:
    return any(name.name in names for name in node.names)
