"""What a check found, and how several findings are shown: as a table for eyes or as JSON for scripts."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.text import Text

from adapters.faults import CommandFailed
from commands.tables import plain, print_table


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; a problem with `ok` is a warning."""

    name: str
    ok: bool = True
    problem: str | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        return " ".join(part for part in (f"{self.name}: {self.problem or 'ok.'}", self.remedy) if part)


class SettingsFaulty(CommandFailed):
    """One or more settings are missing or wrong; each has a line of its own."""

    def __init__(self, faults: Sequence[Check]) -> None:
        super().__init__("\n".join(map(str, faults)), "", code=2)
        self.faults = tuple(faults)


def fault(name: str, problem: str, remedy: str) -> Check:
    """A check that failed."""
    return Check(name, False, problem, remedy)


def warning(name: str, problem: str, remedy: str | None = None) -> Check:
    """A check that passed, with something to know about it."""
    return Check(name, True, problem, remedy)


def show(checks: Sequence[Check], *, as_json: bool, failure_code: int) -> int:
    """Prints what was found on stdout and returns the exit code."""
    ok = all(check.ok for check in checks)
    if as_json:
        print(json.dumps({"ok": ok, "checks": [asdict(check) for check in checks]}, indent=2, ensure_ascii=False))
    else:
        _print_table(checks)
    return 0 if ok else failure_code


def _print_table(checks: Sequence[Check]) -> None:
    table = plain()
    table.add_column()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in checks:
        mark = Text("✗", "red") if not check.ok else Text("!", "yellow") if check.problem else Text("✓", "green")
        words = Text(" ".join(part for part in (check.problem, check.remedy) if part))
        table.add_row(mark, Text(check.name), words)
    print_table(table)
