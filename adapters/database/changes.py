"""Changes of what was said: recorded before anything is called, and how far each of them is done."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import CheckConstraint, ForeignKey, Row, RowMapping, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, aliased, mapped_column

from adapters.database import channels, transcripts, voice
from adapters.database.base import Base, Identified
from adapters.database.channels import ChannelAccess
from adapters.database.ledger import next_seq
from adapters.database.notifications import conversation_changed
from adapters.database.records import DeliveryRow, Event, Message
from adapters.database.scope import scoped
from adapters.database.tables import Conversation
from adapters.platforms.base import Destination, Payload
from adapters.vault import Vault
from domain.buttons import Button
from domain.changes import ChangeKind, ChangeState, Said, Step
from domain.deliveries import LEASE, DeliveryState
from domain.events import OPEN_STATES, EventKind, EventState
from domain.ids import EventId
from domain.turns import Reply

_STATES = {EventState.ANSWERED: ChangeState.DONE, EventState.SUPERSEDED: ChangeState.SUPERSEDED}
_STEPS = TypeAdapter(tuple[Step, ...])


class ChangeRow(Identified, Base):
    """An edit or delete of a message; its id is that of the event that carries it, which says how it ended.

    `steps` are the calls that it takes, from its first attempt on, and `done` is how many of them have been made.
    """

    __tablename__ = "message_changes"
    id: Mapped[UUID] = mapped_column(ForeignKey("events.id"), primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), index=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"), index=True)
    kind: Mapped[str]
    text: Mapped[str | None]
    steps: Mapped[list[JsonValue] | None]
    done: Mapped[int] = mapped_column(server_default="0")
    attempts: Mapped[int] = mapped_column(server_default="0")
    lease_until: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    error: Mapped[str | None]
    __table_args__ = (CheckConstraint("kind IN ('edit', 'delete')", name="kind"),)


@dataclass(frozen=True)
class Place:
    """Which change is to be done, and where."""

    event_id: UUID
    conversation_id: UUID
    access: ChannelAccess
    destination: Destination


@dataclass(frozen=True)
class Part:
    """A part of a message that still stands, as the ledger has it."""

    id: UUID
    state: DeliveryState
    payload: Payload
    platform_message_id: str | None
    lease_until: datetime | None


@dataclass(frozen=True)
class Standing:
    """A message and its parts, as a change finds them."""

    said: Said
    buttons: tuple[Button, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Change:
    """A change that has no end yet."""

    id: UUID
    message_id: UUID
    kind: ChangeKind
    text: str
    steps: tuple[Step, ...] | None
    done: int
    attempts: int
    lease_until: datetime | None
    retry_at: datetime | None
    is_overtaken: bool


# Built once, as all claims are: the pace of a place is kept by a statement around it.
CLAIM = (
    update(ChangeRow)
    .where(ChangeRow.id == bindparam("part_id"))
    .values(attempts=ChangeRow.attempts + 1, lease_until=bindparam("until"), retry_at=None, error=None)
    .returning(ChangeRow.attempts)
)


async def want(
    connection: AsyncConnection,
    place: Row[UUID, UUID, UUID],
    message_id: UUID,
    kind: ChangeKind,
    text: str | None,
    now: datetime,
) -> None:
    """Record a change of a message in a conversation that the caller has locked; its workflow has it done.

    A closed conversation reopens, as with whatever an operator says: its workflow would end no more otherwise.
    """
    event_id = EventId(uuid4())
    await connection.execute(update(Conversation).where(Conversation.id == place.id).values(closed_at=None))
    payload: dict[str, JsonValue] = {"text": text or "", "details": {"change": kind.value}}
    await voice.tell_workflow(connection, place, EventKind.SAY, payload, now, event_id=event_id)
    wanted = {"id": event_id, "workspace_id": place.workspace_id, "conversation_id": place.id, "message_id": message_id}
    await connection.execute(insert(ChangeRow).values(**wanted, kind=kind, text=text))
    await conversation_changed(connection, place.id)


async def load(connection: AsyncConnection, vault: Vault, reply: Reply) -> Place | None:
    """Where a change takes place; None for what is no change, and where its channel is gone."""
    conversation_id, event_id = UUID(reply.conversation_id), reply.message_id and UUID(reply.message_id)
    if not event_id or await connection.scalar(select(ChangeRow.id).where(ChangeRow.id == event_id)) is None:
        return None
    found = await transcripts.destination(connection, conversation_id)
    access = await channels.load(connection, vault, found[0]) if found else None
    return Place(event_id, conversation_id, access, found[1]) if found and access else None


async def standing(connection: AsyncConnection, workspace_id: UUID, message_id: UUID) -> Standing | None:
    """How a message stands; its parts are locked."""
    query = select(Message.direction, Message.deleted_at, Message.attachments, Message.buttons)
    row = (await connection.execute(scoped(query.where(Message.id == message_id), workspace_id))).one_or_none()
    if row is None:
        return None
    listed = (
        select(
            DeliveryRow.id, DeliveryRow.state, DeliveryRow.payload, DeliveryRow.platform_message_id.label("name"),
            DeliveryRow.lease_until, DeliveryRow.doubts,
        )
        .where(DeliveryRow.message_id == message_id, DeliveryRow.deleted_at.is_(None))
        .order_by(DeliveryRow.part)
        .with_for_update()
    )  # fmt: skip
    parts = tuple(_part(part) for part in (await connection.execute(scoped(listed, workspace_id))).mappings())
    said = Said(
        is_outbound=row.direction == "outbound",
        is_deleted=row.deleted_at is not None,
        has_attachments=bool(row.attachments),
        states=tuple(part.state for part in parts),
    )
    return Standing(said, tuple(Button.model_validate(item) for item in row.buttons), parts)


def _part(row: RowMapping) -> Part:
    state = DeliveryState(row["state"])
    is_nameless, is_doubted = state is DeliveryState.SENT and not row["name"], row["doubts"] > 0
    if is_nameless or (is_doubted and state is DeliveryState.PLANNED):
        # It may stand there, and nobody knows under which id.
        state = DeliveryState.UNCERTAIN
    return Part(row["id"], state, row["payload"], row["name"], row["lease_until"])


async def take_up(connection: AsyncConnection, event_id: UUID) -> Change | None:
    """A change that is to be done, locked; None when it has ended."""
    later, newer = aliased(ChangeRow), aliased(Event)
    overtaken = (
        select(later.id)
        .join(newer, newer.id == later.id)
        .where(later.message_id == ChangeRow.message_id, newer.seq > Event.seq, newer.state != EventState.FAILED)
    )
    query = (
        select(ChangeRow.__table__, overtaken.exists().label("is_overtaken"))
        .join(Event, Event.id == ChangeRow.id)
        .where(ChangeRow.id == event_id, Event.state.in_(OPEN_STATES))
        .with_for_update(of=ChangeRow)
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    known = {name: row[name] for name in ("id", "message_id", "done", "attempts", "lease_until", "retry_at")}
    steps = None if row["steps"] is None else _STEPS.validate_python(row["steps"])
    return Change(
        **known, kind=ChangeKind(row["kind"]), text=row["text"] or "", steps=steps, is_overtaken=row["is_overtaken"]
    )


async def keep_steps(connection: AsyncConnection, change: Change, steps: Sequence[Step]) -> Change:
    """The change with the calls that it takes, which are kept: a later attempt makes the same ones."""
    listed = [step.model_dump(mode="json") for step in steps]
    await connection.execute(update(ChangeRow).where(ChangeRow.id == change.id).values(steps=listed))
    return replace(change, steps=tuple(steps))


async def claim(connection: AsyncConnection, change: Change, now: datetime) -> int:
    """Take a change's next step for one attempt; the number of the lease, which only this attempt holds."""
    lease = await connection.scalar(CLAIM, to_claim(change, now))
    assert lease is not None
    return lease


def to_claim(change: Change, now: datetime) -> dict[str, object]:
    """The values of `CLAIM` for a change."""
    return {"part_id": change.id, "until": now + LEASE}


async def settle(connection: AsyncConnection, change: Change, lease: int, values: dict[str, object]) -> bool:
    """Write down how an attempt went; False when the step is no longer this attempt's."""
    settled = update(ChangeRow).where(ChangeRow.id == change.id, ChangeRow.attempts == lease)
    return (await connection.execute(settled.values(lease_until=None, **values))).rowcount > 0


async def replace_payload(connection: AsyncConnection, part_id: UUID, payload: Payload) -> None:
    """What a part says now, or is to say when it is sent."""
    await connection.execute(update(DeliveryRow).where(DeliveryRow.id == part_id).values(payload=payload))


async def remove_part(connection: AsyncConnection, part_id: UUID, now: datetime) -> None:
    """A part stands no more; one that was not begun is not sent."""
    gone = update(DeliveryRow).where(DeliveryRow.id == part_id)
    await connection.execute(gone.values(deleted_at=now))
    unsent = gone.where(DeliveryRow.state == DeliveryState.PLANNED)
    await connection.execute(unsent.values(state=DeliveryState.DROPPED, reason="deleted", retry_at=None))


async def reword(
    connection: AsyncConnection, conversation_id: UUID, message_id: UUID, text: str, now: datetime
) -> None:
    """The record says what the contact sees; the change has a number of its own, so that no stream misses it."""
    seq = await next_seq(connection, conversation_id)
    changed = {"text": text, "edited_at": now, "changed_seq": seq}
    await connection.execute(update(Message).where(Message.id == message_id).values(changed))
    await conversation_changed(connection, conversation_id)


async def mark_deleted(connection: AsyncConnection, conversation_id: UUID, message_id: UUID, now: datetime) -> None:
    """The contact sees the message no more."""
    seq = await next_seq(connection, conversation_id)
    changed = {"deleted_at": now, "changed_seq": seq}
    await connection.execute(update(Message).where(Message.id == message_id).values(changed))
    await conversation_changed(connection, conversation_id)


async def is_deleted(connection: AsyncConnection, message_id: UUID) -> bool:
    """Whether a message is deleted, or is to be."""
    query = (
        select(ChangeRow.id)
        .join(Event, Event.id == ChangeRow.id)
        .where(ChangeRow.message_id == message_id, ChangeRow.kind == ChangeKind.DELETE)
        .where(Event.state.in_((*OPEN_STATES, EventState.ANSWERED)))
    )
    return await connection.scalar(query.limit(1)) is not None


async def of_messages(
    connection: AsyncConnection, workspace_id: UUID, messages: Sequence[UUID]
) -> dict[UUID, dict[str, object]]:
    """The newest change of each of these messages that has one."""
    query = (
        select(
            ChangeRow.message_id, ChangeRow.kind, ChangeRow.text, ChangeRow.error, ChangeRow.created_at, Event.state,
            Event.reason, Event.ended_at,
        )
        .join(Event, Event.id == ChangeRow.id)
        .where(ChangeRow.message_id.in_(messages))
        .order_by(Event.seq)
    )  # fmt: skip
    rows = (await connection.execute(scoped(query, workspace_id))).mappings()
    found: dict[UUID, dict[str, object]] = defaultdict(dict)
    for row in rows:
        found[row["message_id"]] = {**row, "state": state_of(row)}
    return found


def state_of(row: RowMapping) -> ChangeState:
    """How a change stands, as its event tells."""
    state = EventState(row["state"])
    return ChangeState.PLANNED if state in OPEN_STATES else _STATES.get(state, ChangeState.FAILED)
