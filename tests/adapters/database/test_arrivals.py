"""Arrivals: when the contact had what was sent, and read it, in whatever order that is told."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from pydantic import JsonValue
from sqlalchemy import select, text

from adapters.database import arrivals, events
from adapters.database.engine import Database
from adapters.database.ledger import Part
from adapters.database.records import DeliveryRow
from domain.deliveries import DeliveryState
from domain.events import EventKind, receipt_key
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
EXPLAINED = """EXPLAIN UPDATE deliveries SET read_at = now()
    WHERE conversation_id = gen_random_uuid() AND state = 'sent' AND read_at IS NULL AND sent_at < now()"""
TOLD = {"delivered": 2, "read": 5, "played": 9}


def at(seconds: float) -> datetime:
    """So long after the parts were sent."""
    return NOON + timedelta(seconds=seconds)


async def spoken(settings: Settings, database: Database, *sent_at: datetime) -> tuple[Chat, list[Part]]:
    """A chat with a reply whose parts went out at these times."""
    chat = await open_chat(settings, database)
    parts = await chat.plan(await chat.begin(*await chat.hear("hello")), len(sent_at))
    for number, (part, moment) in enumerate(zip(parts, sent_at, strict=True)):
        known = {"platform_message_id": f"m_{number}", "sent_at": moment}
        assert await chat.settle(part, await chat.claim(part), DeliveryState.SENT, **known)
    chat.now = at(3600)
    return chat, parts


async def told(chat: Chat, status: str, moment: datetime, **details: JsonValue) -> None:
    """The platform says this, of a part by name or mark, or of all up to a moment."""
    name = str(details.pop("name", "")) or None
    event = chat.event(
        "", key=receipt_key(name or str(details.get("until")), status), kind=EventKind.RECEIPT,
        platform_message_id=name, occurred_at=moment.isoformat(), details={"status": status, **details},
    )  # fmt: skip
    async with chat.database.begin() as connection:
        await events.record(connection, chat.access, [event], chat.now)


async def times(chat: Chat) -> list[tuple[object, ...]]:
    """When each part was delivered and read, in order."""
    query = select(DeliveryRow.delivered_at, DeliveryRow.read_at).where(DeliveryRow.conversation_id == chat.id)
    return await chat.rows(query.order_by(DeliveryRow.part))


@pytest.mark.parametrize("order", list(permutations(TOLD)))
async def test_the_order_of_receipts_changes_nothing(
    settings: Settings, shared: Database, order: tuple[str, ...]
) -> None:
    chat, (part,) = await spoken(settings, shared, NOON)
    for status in order:
        await told(chat, status, at(TOLD[status]), mark=str(part.id), name="m_0")
    assert await times(chat) == [(at(2), at(5))]


async def test_what_was_read_was_delivered(settings: Settings, shared: Database) -> None:
    chat, (part,) = await spoken(settings, shared, NOON)
    await told(chat, "read", at(5), mark=str(part.id))
    assert await times(chat) == [(at(5), at(5))]


async def test_what_the_platform_has_the_contact_need_not_have(settings: Settings, shared: Database) -> None:
    chat, (part,) = await spoken(settings, shared, NOON)
    await told(chat, "sent", at(1), mark=str(part.id))
    assert await times(chat) == [(None, None)]


async def test_a_part_is_found_by_the_platforms_name(settings: Settings, shared: Database) -> None:
    chat, _ = await spoken(settings, shared, NOON, at(1))
    await told(chat, "delivered", at(2), name="m_1")
    assert await times(chat) == [(None, None), (at(2), None)]


async def test_a_clock_that_goes_ahead_is_not_believed(settings: Settings, shared: Database) -> None:
    chat, (part,) = await spoken(settings, shared, NOON)
    await told(chat, "delivered", at(10**8), mark=str(part.id))
    assert await times(chat) == [(chat.now, None)]


async def test_a_failure_does_not_undo_an_arrival(settings: Settings, shared: Database) -> None:
    chat, (part,) = await spoken(settings, shared, NOON)
    await told(chat, "delivered", at(2), mark=str(part.id))
    await told(chat, "failed", at(3), mark=str(part.id), reason="refused")
    assert (await chat.ledger(), await times(chat)) == ([("sent", None)], [(at(2), None)])


async def test_a_watermark_is_of_all_that_was_sent_until_then(settings: Settings, shared: Database) -> None:
    chat, _ = await spoken(settings, shared, NOON, at(10), at(60))
    other, _ = await spoken(settings, shared, NOON)
    # The platform had the second part before its call was answered.
    await told(chat, "delivered", at(11), until=at(9.5).isoformat())
    await told(chat, "read", at(30), until=at(5).isoformat())
    assert await times(chat) == [(at(11), at(30)), (at(11), None), (None, None)]
    assert await times(other) == [(None, None)]


async def test_a_watermark_touches_nothing_a_second_time(settings: Settings, shared: Database) -> None:
    chat, _ = await spoken(settings, shared, NOON, at(1))
    await told(chat, "read", at(5), until=at(5).isoformat())
    versions = select(text("xmin")).select_from(DeliveryRow).where(DeliveryRow.conversation_id == chat.id)
    before = await chat.rows(versions)
    await told(chat, "delivered", at(9), until=at(9).isoformat())
    await told(chat, "read", at(9), until=at(9).isoformat())
    assert await chat.rows(versions) == before


async def test_what_is_very_old_is_left_alone(settings: Settings, shared: Database) -> None:
    chat, _ = await spoken(settings, shared, NOON - timedelta(days=31), NOON)
    await told(chat, "read", at(5), until=at(5).isoformat())
    assert await times(chat) == [(None, None), (at(5), at(5))]


async def test_a_watermark_is_looked_up_in_the_index_of_what_is_unread(settings: Settings, shared: Database) -> None:
    async with shared.once() as connection:
        await connection.execute(text("SET enable_seqscan = off"))
        plan = await connection.scalars(text(EXPLAINED))
        assert "ix_deliveries_unread" in "".join(plan)


async def test_a_receipt_that_came_before_the_name_was_known_is_taken_up(settings: Settings, shared: Database) -> None:
    chat = await open_chat(settings, shared)
    (part,) = await chat.plan(await chat.begin(*await chat.hear("hello")))
    lease = await chat.claim(part)
    await told(chat, "delivered", chat.now, name="m_0")
    async with chat.locked() as (connection, _):
        await arrivals.note_forestalled(connection, part.id, chat.access.channel.id, "m_0")
    assert await chat.settle(part, lease, DeliveryState.SENT, platform_message_id="m_0")
    assert await times(chat) == [(chat.now, None)]
