"""What nobody needs any more is removed, some at a time: silent events and sessions, bought answers, paces, days.

Messages, turns, deliveries, verdicts and usage stay: they are what the API shows and `audit` proves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, cast, delete, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import Completion, Event, Message, Notice, PaceRow, Turn
from adapters.database.spending import Budget, Reservation
from adapters.database.tables import Conversation, WebchatSession, Workspace
from adapters.database.tool_records import ToolCallRow, ToolStep
from domain.events import EventState

SHORTEST = timedelta(days=8)
"""Platforms repeat for seven days, and an event older than that is not heard: until then its key is needed."""
MOST = 1000
"""How many rows one transaction looks at: locks are held for milliseconds."""
_SILENT = timedelta(days=1)
"""After as long as nothing was said the row is of no use; much sooner, and it would have to be made again too often."""

_DAYS_COUNTED = timedelta(days=2)
"""A call is counted for the day on which it began, and lasts for minutes."""


@dataclass(frozen=True)
class Window:
    """How many of the next old rows were removed, and where those begin that were not looked at; None: nowhere."""

    removed: int
    after: tuple[datetime, UUID] | None


async def workspaces(connection: AsyncConnection) -> Sequence[UUID]:
    """All workspaces: old rows are found by them."""
    return (await connection.scalars(select(Workspace.id))).all()


async def prune_events(
    connection: AsyncConnection, workspace: UUID, before: datetime, after: tuple[datetime, UUID] | None
) -> Window:
    """Remove events that were ignored before, and were neither said by anybody nor part of a turn."""
    place = tuple_(Event.received_at, Event.id)
    old = (
        select(Event.received_at, Event.id)
        .where(Event.workspace_id == workspace, Event.state == EventState.IGNORED, Event.received_at < before)
        .where(*([place > after] if after else []))
        .order_by(Event.received_at, Event.id)
        .limit(MOST)
    )
    rows = (await connection.execute(old)).all()
    said = select(Message.id).where(Message.id == Event.id)
    unneeded = delete(Event).where(
        Event.id.in_([row.id for row in rows]), Event.ended_at < before, Event.turn_id.is_(None), ~said.exists()
    )
    removed = (await connection.execute(unneeded)).rowcount if rows else 0
    return Window(removed, (rows[-1].received_at, rows[-1].id) if len(rows) == MOST else None)


async def prune_completions(connection: AsyncConnection, before: datetime) -> int:
    """Remove what models answered in turns that ended before: what was said of it is a message."""
    old = (
        select(Completion.turn_id, Completion.generation)
        .join(Turn, Turn.id == Completion.turn_id)
        .where(Turn.ended_at < before)
        .limit(MOST)
    )
    unneeded = delete(Completion).where(tuple_(Completion.turn_id, Completion.generation).in_(old))
    return (await connection.execute(unneeded)).rowcount


async def prune_calls(connection: AsyncConnection, before: datetime) -> int:
    """Empty the calls of tools in turns that ended before: that they were made stays, what they said goes."""
    old = (
        select(ToolCallRow.id)
        .join(Turn, Turn.id == ToolCallRow.turn_id)
        .where(ToolCallRow.arguments.is_not(None), Turn.ended_at < before)
        .limit(MOST)
    )
    emptied = update(ToolCallRow).where(ToolCallRow.id.in_(old)).values(arguments=None, result=None)
    steps = select(ToolStep.turn_id).join(Turn, Turn.id == ToolStep.turn_id).where(Turn.ended_at < before).limit(MOST)
    await connection.execute(delete(ToolStep).where(ToolStep.turn_id.in_(steps)))
    return (await connection.execute(emptied)).rowcount


async def prune_sessions(connection: AsyncConnection, before: datetime) -> int:
    """Remove sessions of visitors in which nothing was ever said."""
    talked = select(Conversation.id).where(
        Conversation.channel_id == WebchatSession.channel_id, Conversation.chat == cast(WebchatSession.id, Text)
    )
    silent = select(WebchatSession.id).where(WebchatSession.created_at < before, ~talked.exists()).limit(MOST)
    # A visitor who says the first word this moment loses the session; the page opens another one.
    unneeded = delete(WebchatSession).where(WebchatSession.id.in_(silent))
    return (await connection.execute(unneeded)).rowcount


async def prune_paces(connection: AsyncConnection, now: datetime) -> int:
    """Remove the pace of channels and chats that are ahead of no rate: one without a row begins just so."""
    silent = (PaceRow.due_at < now - _SILENT, PaceRow.queued_until < now - _SILENT)
    old = select(PaceRow.channel_id, PaceRow.chat).where(*silent).limit(MOST)
    unneeded = delete(PaceRow).where(tuple_(PaceRow.channel_id, PaceRow.chat).in_(old), *silent)
    return (await connection.execute(unneeded)).rowcount


async def prune_budgets(connection: AsyncConnection, today: date) -> int:
    """Remove days that no call is counted for any more; what was spent is on the bill.

    With them goes what calls held whose workers died, in workspaces where nobody reserved anything since.
    """
    last = today - _DAYS_COUNTED
    await connection.execute(delete(Reservation).where(Reservation.day < last))
    key = tuple_(Budget.day, Budget.owner, Budget.owner_id)
    old = select(*key.clauses).where(Budget.day < last).limit(MOST)
    return (await connection.execute(delete(Budget).where(key.in_(old)))).rowcount


async def prune_notices(connection: AsyncConnection, workspace: UUID, before: datetime) -> int:
    """Remove notices that were raised before."""
    old = select(Notice.id).where(Notice.workspace_id == workspace, Notice.created_at < before)
    unneeded = delete(Notice).where(Notice.id.in_(old.order_by(Notice.created_at).limit(MOST)))
    return (await connection.execute(unneeded)).rowcount
