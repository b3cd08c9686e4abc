"""Messages as a conversation's record shows them: each with its turn, its end, its verdict, its deliveries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import RowMapping, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import changes, deliveries, media, understandings
from adapters.database.records import DeliveryRow, Event, Message, Turn, VerdictRow
from adapters.database.scope import scoped
from domain.deliveries import DeliveryState
from domain.verdicts import STRICTNESS

_JUDGED = {"inbound": "input", "outbound": "output"}


@dataclass(frozen=True)
class Detailed:
    """A message with all that belongs to it; `partners` are the messages that it answers or that answer it."""

    message: RowMapping
    partners: tuple[UUID, ...]
    verdict: RowMapping | None
    deliveries: tuple[RowMapping, ...]
    files: Mapping[UUID, RowMapping]
    change: Mapping[str, object] | None = None
    understood: RowMapping | None = None
    translated: RowMapping | None = None


async def page(
    connection: AsyncConnection, workspace_id: UUID, conversation_id: UUID, after_seq: int, limit: int
) -> list[Detailed]:
    """The messages of a conversation behind a number, oldest first, and one more than asked for."""
    query = _columns().where(Message.conversation_id == conversation_id, Message.seq > after_seq)
    ordered = scoped(query, workspace_id).order_by(Message.seq).limit(limit + 1)
    return await _detailed(connection, workspace_id, (await connection.execute(ordered)).mappings().all())


async def one(connection: AsyncConnection, workspace_id: UUID, message_id: UUID) -> Detailed | None:
    """A message."""
    query = scoped(_columns().where(Message.id == message_id), workspace_id)
    found = await _detailed(connection, workspace_id, (await connection.execute(query)).mappings().all())
    return found[0] if found else None


async def several(connection: AsyncConnection, workspace_id: UUID, ids: Sequence[UUID]) -> list[Detailed]:
    """These messages, in the order of the conversation, without what was understood of them."""
    query = scoped(_columns().where(Message.id.in_(ids)), workspace_id).order_by(Message.seq)
    rows = (await connection.execute(query)).mappings().all()
    return await _detailed(connection, workspace_id, rows, understood=False)


def _columns() -> Select[UUID]:
    turn_id = func.coalesce(Message.turn_id, Event.turn_id)
    columns = select(Message.id).outerjoin(Event, Event.id == Message.id).outerjoin(Turn, Turn.id == turn_id)
    return columns.add_columns(
        Message.conversation_id, Message.seq, Message.direction, Message.author, Message.sender, Message.text,
        Message.attachments, Message.platform_message_id, Message.reply_to, Message.sent_at, Message.created_at,
        Message.edited_at, Message.deleted_at, Message.metadata_.label("metadata"), Turn.number.label("turn"),
        turn_id.label("turn_id"), Message.client_message_id, Message.buttons, Message.template, Event.state,
        Event.reason,
    )  # fmt: skip


async def _detailed(
    connection: AsyncConnection, workspace_id: UUID, rows: Sequence[RowMapping], *, understood: bool = True
) -> list[Detailed]:
    if not rows:
        return []
    turns = {row["turn_id"] for row in rows if row["turn_id"]}
    asked = await _asked(connection, workspace_id, turns)
    replies = await _replies(connection, workspace_id, turns)
    verdicts = await _verdicts(connection, workspace_id, turns)
    sent = await deliveries.of_messages(connection, workspace_id, [row["id"] for row in rows])
    files = await media.of_messages(connection, workspace_id, rows)
    ids = [row["id"] for row in rows]
    changed = await changes.of_messages(connection, workspace_id, ids)
    meant = await understandings.of_messages(connection, workspace_id, ids) if understood else {}
    translated = await understandings.of_answers(connection, workspace_id, ids) if understood else {}
    detailed = []
    for row in rows:
        inbound = row["direction"] == "inbound"
        of_turn = replies[row["turn_id"]]
        partners = of_turn if inbound else asked[row["turn_id"]] if row["id"] in of_turn else []
        verdict = _verdict(row, verdicts[row["turn_id"]])
        about = changed.get(row["id"]), meant.get(row["id"]), translated.get(row["id"])
        detailed.append(Detailed(row, tuple(partners), verdict, tuple(sent[row["id"]]), files, *about))
    return detailed


async def _asked(connection: AsyncConnection, workspace_id: UUID, turns: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """The messages that each turn answers."""
    query = select(Event.turn_id, Event.id).join(Message, Message.id == Event.id).where(Event.turn_id.in_(turns))
    inbound = scoped(query.where(Message.direction == "inbound"), workspace_id)
    asked = inbound.order_by(Event.seq, Event.received_at, Message.seq)
    found = defaultdict(list)
    for row in (await connection.execute(asked)).mappings():
        found[row["turn_id"]].append(row["id"])
    return found


async def _replies(connection: AsyncConnection, workspace_id: UUID, turns: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """The replies of each turn; one that was stopped before any part of it began answers nothing."""
    part = select(DeliveryRow.id).where(DeliveryRow.message_id == Message.id)
    stopped = part.exists() & ~part.where(DeliveryRow.state != DeliveryState.DROPPED).exists()
    query = select(Message.turn_id, Message.id).where(Message.turn_id.in_(turns), ~stopped)
    found = defaultdict(list)
    for row in (await connection.execute(scoped(query, workspace_id).order_by(Message.seq))).mappings():
        found[row["turn_id"]].append(row["id"])
    return found


async def _verdicts(
    connection: AsyncConnection, workspace_id: UUID, turns: Iterable[UUID]
) -> dict[UUID, list[RowMapping]]:
    query = select(
        VerdictRow.turn_id, VerdictRow.message_id, VerdictRow.direction, VerdictRow.provider, VerdictRow.action,
        VerdictRow.categories,
    ).where(VerdictRow.turn_id.in_(turns))  # fmt: skip
    found = defaultdict(list)
    newest_first = scoped(query, workspace_id).order_by(VerdictRow.generation.desc(), VerdictRow.id)
    for row in (await connection.execute(newest_first)).mappings():
        found[row["turn_id"]].append(row)
    return found


def _verdict(message: RowMapping, of_turn: Sequence[RowMapping]) -> RowMapping | None:
    """The strictest that was found in this message, or in all of its turn on its side."""
    side = _JUDGED[message["direction"]]
    own = [row for row in of_turn if row["direction"] == side and row["message_id"] in (None, message["id"])]
    return max(own, key=lambda row: STRICTNESS.index(row["action"]), default=None)
