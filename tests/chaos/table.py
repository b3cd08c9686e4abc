"""The table that a run ends with."""

import json
from collections.abc import Mapping, Sequence

from tests.chaos.suite import Report, Row

_HEADINGS = (
    "fault",
    "",
    "times",
    "events",
    "lost",
    "doubled",
    "disordered",
    "uncertain",
    "made doubtful",
    "drained in",
)
_SHOWN = 5


def lines(report: Report) -> list[str]:
    """The table in Markdown, what is wrong by name, and what each judge says."""
    rows = [_HEADINGS, *map(_cells, report.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    table = [_line(row, widths) for row in rows]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return [table[0], rule, *table[1:], "", *_faults(report.rows), *_audit(report)]


def _cells(row: Row) -> tuple[str, ...]:
    found = row.verdict
    counts = (row.injected, found.events, len(found.lost), len(found.doubled), len(found.disordered), row.uncertain)
    drained = f"{row.drained_seconds:.1f} s" + (" (not)" if row.late else "")
    return (row.fault, row.title, *(f"{count:,}" for count in counts), _made(row), drained)


def _made(row: Row) -> str:
    fewest, most = row.doubts
    return str(fewest) if fewest == most else f"{fewest} to {most}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    # Words to the left, numbers to the right.
    cells = [cell.ljust(width) if place < 2 else cell.rjust(width) for place, (cell, width) in _placed(row, widths)]
    return "| " + " | ".join(cells) + " |"


def _placed(row: Sequence[str], widths: Sequence[int]) -> list[tuple[int, tuple[str, int]]]:
    return list(enumerate(zip(row, widths, strict=True)))


def _faults(rows: Sequence[Row]) -> list[str]:
    said: list[str] = []
    for row in rows:
        for what in ("lost", "doubled", "disordered"):
            tokens: list[str] = getattr(row.verdict, what)
            if tokens:
                more = f" and {len(tokens) - _SHOWN} more" if len(tokens) > _SHOWN else ""
                said.append(f"{row.fault}: {what}: {', '.join(tokens[:_SHOWN])}{more}")
        if not row.doubts_agree:
            said.append(f"{row.fault}: {row.uncertain} are uncertain, and {_made(row)} were made doubtful")
    return said


def _audit(report: Report) -> list[str]:
    """One line for each invariant that the first judge found broken."""
    invariants = report.audit["invariants"]
    assert isinstance(invariants, list)
    broken = [item for item in invariants if isinstance(item, Mapping) and not item["ok"]]
    found = [f"audit: {item['id']} is broken: {json.dumps(item['breaches'][:_SHOWN])}" for item in broken]
    checked = ", ".join(f"{item['id']} {item['checked']:,}" for item in invariants if isinstance(item, Mapping))
    verdict = "content" if report.audited else "not content"
    by_ledger = "content" if all(row.ok for row in report.rows) else "not content"
    return [*found, f"judges: audit {verdict} ({checked} checked); ledger {by_ledger}"]
