"""`chat-orchestrator audit`: proves on the live data that nothing was lost, doubled, overtaken or hidden."""

import json
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from adapters.database import audit as record
from adapters.database.audit import Finding, Found
from adapters.database.auditing import CLAIMS as OF_RECORD
from adapters.database.auditing import LOOK_AGAIN_AFTER, look, proved, twice
from adapters.database.engine import Database
from adapters.temporal.client import connect
from commands.audit_histories import REPLAYED, Advance, Histories
from commands.outside import database
from commands.tables import plain, print_table
from settings import Settings

CLAIMS = {**OF_RECORD, "I10": "recorded conversations replay"}


@dataclass(frozen=True)
class Report:
    """What was found of each invariant, and what is worth knowing without being a breach."""

    findings: dict[str, Finding]
    uncertain: list[Found]
    young: list[Found]
    suspicious: list[Found]
    states: dict[str, dict[str, int]]

    @property
    def ok(self) -> bool:
        """Whether every invariant holds."""
        return all(finding.ok for finding in self.findings.values())


async def audit(settings: Settings, *, as_json: bool, look_again_after: timedelta = LOOK_AGAIN_AFTER) -> int:
    """Shows what was found on stdout; the answer is an exit code, 1 when an invariant is broken."""
    async with AsyncExitStack() as stack:
        opened = database(settings)
        stack.push_async_callback(opened.close)
        histories = Histories(settings, await connect(settings))
        progress = stack.enter_context(_progress())
        report = await Auditor(opened, histories, progress, look_again_after).report()
    if as_json:
        _print_json(report)
    else:
        _print_tables(report)
    return 0 if report.ok else 1


class Auditor:
    """Looks at the record and at Temporal, one invariant after the other."""

    def __init__(
        self, database: Database, histories: Histories, progress: Progress, look_again_after: timedelta
    ) -> None:
        self._database = database
        self._histories = histories
        self._progress = progress
        self._look_again_after = look_again_after

    async def report(self) -> Report:
        """All that is found."""
        findings = {
            "I1": await twice(self._no_loss, self._look_again_after),
            "I2": await self._of_record("I2"),
            "I3": await self._of_record("I3"),
            "I5": await self._of_record("I5"),
            "I6": await self._of_record("I6"),
            "I7": await self._of_record("I7") + await self._small_histories(),
            "I10": await self._replays(),
        }
        async with record.snapshot(self._database) as connection:
            return Report(
                findings=findings,
                uncertain=await record.uncertain(connection),
                young=await record.young(connection, _now()),
                suspicious=await record.suspicious(connection),
                states=await record.states(connection),
            )

    async def _of_record(self, invariant: str) -> Finding:
        with self._step(invariant):
            return await proved(self._database, invariant, _now, self._look_again_after)

    async def _no_loss(self) -> Finding:
        now = _now()
        with self._step("I1"):
            found = await look(self._database, "I1", now)
        async with record.snapshot(self._database) as connection:
            awaited = await record.awaited(connection, now)
        with self._step("I1", len(awaited)) as advance:
            return found + await self._histories.missing(awaited, advance)

    async def _small_histories(self) -> Finding:
        with self._step("I7", await self._histories.number_running()) as advance:
            return await self._histories.bounded(advance)

    async def _replays(self) -> Finding:
        with self._step("I10", REPLAYED) as advance:
            return await self._histories.replays(advance)

    @contextmanager
    def _step(self, invariant: str, total: int | None = None) -> Iterator[Advance]:
        task = self._progress.add_task(f"{invariant}: {CLAIMS[invariant]}", total=total)
        try:
            yield partial(self._progress.advance, task)
        finally:
            self._progress.remove_task(task)


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _progress() -> Iterator[Progress]:
    """What is being looked at, beside the answer, and only where somebody watches."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress


def _print_json(report: Report) -> None:
    invariants = [
        {
            "id": invariant,
            "claim": CLAIMS[invariant],
            "ok": finding.ok,
            "checked": finding.checked,
            "total": finding.total,
            "breaches": list(finding.breaches),
        }
        for invariant, finding in report.findings.items()
    ]
    said = {"ok": report.ok, "invariants": invariants, "uncertain": report.uncertain, "young": report.young,
            "suspicious": report.suspicious, "states": report.states}  # fmt: skip
    print(json.dumps(said, indent=2, ensure_ascii=False))


def _print_tables(report: Report) -> None:
    table = plain("", "", "Invariant", "Checked", "Broken")
    for invariant, finding in report.findings.items():
        mark = Text("✓", "green") if finding.ok else Text("✗", "red")
        table.add_row(mark, invariant, CLAIMS[invariant], f"{finding.checked:,}", f"{finding.total:,}")
    print_table(table)
    for invariant, finding in report.findings.items():
        _print_list(f"Broken: {invariant}, {CLAIMS[invariant]}", finding.breaches, finding.total)
    _print_list("In doubt", report.uncertain, report.states["deliveries"].get("uncertain", 0))
    _print_list("Young, without an end yet", report.young)
    _print_list("Told of under two keys", report.suspicious)
    for kind, counted in report.states.items():
        print(f"{kind}: {', '.join(f'{number:,} {state}' for state, number in counted.items()) or 'none'}")


def _print_list(heading: str, items: Sequence[Found], total: int = 0) -> None:
    if not items:
        return
    print(f"\n{heading}:")
    table = plain()
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for item in items:
        ids = " ".join(f"{name}={value}" for name, value in item.items() if name != "problem")
        table.add_row(str(item.get("problem", "")), ids)
    print_table(table)
    if total > len(items):
        print(f"and {total - len(items):,} more")
