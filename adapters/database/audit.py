"""The invariants of the record, asked of PostgreSQL one by one: how much was checked, and what breaks them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import audit_lists as lists
from adapters.database import audit_rules as rules
from adapters.database.audit_rules import Rule
from adapters.database.engine import Database

MOST_LISTED = 100
"""Of what breaks an invariant; all of it is counted."""
YOUNG = timedelta(seconds=60)
"""What happened so lately is under way; what should move and has not for so long stands still."""
MOST_WAITING = 10_000
"""How many messages may wait in one conversation."""
_STATEMENT_MILLISECONDS = 10 * 60 * 1000
"""A question reads whole tables: it may take longer than any step of a turn."""

Found: TypeAlias = dict[str, JsonValue]
"""What was found: ids by their names, and for a breach `problem` in words."""


@dataclass(frozen=True)
class Finding:
    """How much was looked at, and what breaks the invariant: `total` in all, of which the first are `breaches`."""

    checked: int = 0
    total: int = 0
    breaches: tuple[Found, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the invariant holds."""
        return self.total == 0

    def __add__(self, other: "Finding") -> "Finding":
        breaches = (*self.breaches, *other.breaches)[:MOST_LISTED]
        return Finding(self.checked + other.checked, self.total + other.total, breaches)

    def still(self, later: "Finding") -> "Finding":
        """What a later look found in the same standing; what has moved meanwhile is no breach."""
        same = tuple(breach for breach in later.breaches if breach in self.breaches)
        unlisted = later.total - len(later.breaches)
        return Finding(later.checked, len(same) + unlisted if same else 0, same)


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[AsyncConnection]:
    """The record as it is this moment, for as many questions as wanted; nothing can be changed."""
    async with database.begin() as connection:
        await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        await connection.execute(select(func.set_config("statement_timeout", str(_STATEMENT_MILLISECONDS), True)))
        yield connection


async def no_loss(connection: AsyncConnection, now: datetime) -> Finding:
    """I1: every event has an end, is held, is young, or its conversation is at work; `answered` means answered."""
    return await _ask(connection, "SELECT count(*) FROM events", rules.NO_LOSS, now=now, young=now - YOUNG)


async def one_reply(connection: AsyncConnection) -> Finding:
    """I2: a turn has one reply that reached the contact, whole and in order, and begins no effect twice."""
    return await _ask(connection, "SELECT count(*) FROM deliveries", rules.ONE_REPLY)


async def in_order(connection: AsyncConnection) -> Finding:
    """I3: turns answer the events of their conversation in the order in which these came."""
    return await _ask(connection, "SELECT count(*) FROM events WHERE turn_id IS NOT NULL", rules.IN_ORDER)


async def known_once(connection: AsyncConnection) -> Finding:
    """I5: what a platform told us twice was recorded once."""
    return await _ask(connection, "SELECT count(*) FROM events WHERE NOT ours", rules.KNOWN_ONCE)


async def visible_doubt(connection: AsyncConnection, now: datetime) -> Finding:
    """I6: a send of unknown outcome is `uncertain` or was made again as the bot's policy has it; nothing hangs."""
    return await _ask(connection, "SELECT count(*) FROM deliveries", rules.VISIBLE_DOUBT, young=now - YOUNG)


async def bounded(connection: AsyncConnection) -> Finding:
    """I7: no conversation's queue grows without an end."""
    return await _ask(connection, "SELECT count(*) FROM conversations", rules.BOUNDED, most=MOST_WAITING)


async def awaited(connection: AsyncConnection, now: datetime) -> Sequence[UUID]:
    """The conversations whose workflow has events that are neither young nor at their end: it should be running."""
    return (await connection.scalars(text(lists.AWAITED), {"young": now - YOUNG})).all()


async def uncertain(connection: AsyncConnection) -> list[Found]:
    """Parts that may or may not have arrived, the oldest doubts first."""
    return await _list(connection, lists.UNCERTAIN)


async def young(connection: AsyncConnection, now: datetime) -> list[Found]:
    """Events without an end that may yet come to one in time."""
    return await _list(connection, lists.YOUNG, young=now - YOUNG)


async def suspicious(connection: AsyncConnection) -> list[Found]:
    """Messages that a platform told us of under two keys: its numbering may begin anew, or something is wrong."""
    return await _list(connection, lists.SUSPICIOUS)


async def states(connection: AsyncConnection) -> dict[str, dict[str, int]]:
    """How many events and deliveries are in which state."""
    counted: dict[str, dict[str, int]] = {"events": {}, "deliveries": {}}
    for row in await connection.execute(text(lists.STATES)):
        counted[row.kind][row.state] = row.number
    return counted


async def _ask(connection: AsyncConnection, count: str, broken_by: Sequence[Rule], **given: object) -> Finding:
    finding = Finding(await connection.scalar(text(count)) or 0)
    for rule in broken_by:
        rows = (await connection.execute(_counted(rule), given)).mappings().all()
        breaches = tuple({"problem": rule.problem, **_shown({**row, "total": None})} for row in rows)
        finding += Finding(0, rows[0]["total"] if rows else 0, breaches)
    return finding


def _counted(rule: Rule) -> Select[*tuple[object, ...]]:
    """The first of what breaks a rule, each with how many there are."""
    found = text(rule.sql).columns().subquery("found")
    return (
        select(text("found.*"), func.count().over().label("total"))
        .select_from(found)
        .order_by(text("1"))
        .limit(MOST_LISTED)
    )


async def _list(connection: AsyncConnection, sql: str, **given: object) -> list[Found]:
    rows = (await connection.execute(text(sql), {**given, "most": MOST_LISTED})).mappings()
    return [_shown(dict(row)) for row in rows]


def _shown(row: dict[str, object]) -> Found:
    """Ids and times as JSON has them; what is not known is left out."""
    return {name: value if isinstance(value, int) else _moment(value) for name, value in row.items()
            if value is not None}  # fmt: skip


def _moment(value: object) -> str:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)
