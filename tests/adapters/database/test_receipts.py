"""Receipts: what a platform says later of a part, and what the ledger and the account make of it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import JsonValue
from sqlalchemy import select

from adapters.database import audit, events, turns
from adapters.database.engine import Database
from adapters.database.ledger import Part
from adapters.database.records import Event
from adapters.database.tables import Conversation
from domain.deliveries import DeliveryState
from domain.events import EventKind, EventState, receipt_key
from domain.ids import conversation_id
from domain.turns import Account, Begun
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat

FAILED: dict[str, JsonValue] = {"reason": "recipient_gone", "error": "error 131026", "unreachable": True}


async def told(chat: Chat, part: Part, *statuses: str, name: str = "wamid.1", **more: JsonValue) -> None:
    """The platform says this of a part, under our mark."""
    receipts = [
        chat.event(
            "", key=receipt_key(name, status), kind=EventKind.RECEIPT, platform_message_id=name,
            details={"status": status, "mark": str(part.id), **(FAILED if status == "failed" else {}), **more},
        )
        for status in statuses
    ]  # fmt: skip
    async with chat.database.begin() as connection:
        await events.record(connection, chat.access, receipts, chat.now)


async def spoken(settings: Settings, database: Database, *states: DeliveryState) -> tuple[Chat, Begun, Sequence[Part]]:
    """A chat with a reply whose parts were called for and stand so."""
    chat = await open_chat(settings, database)
    begun = await chat.begin(*await chat.hear("hello"))
    parts = await chat.plan(begun, len(states))
    for part, state in zip(parts, states, strict=True):
        lease = await chat.claim(part)
        known = {"platform_message_id": "wamid.1"} if state is DeliveryState.SENT else {}
        if state is not DeliveryState.SENDING:
            reason = {"reason": "outcome_unknown"} if state is DeliveryState.UNCERTAIN else {}
            assert await chat.settle(part, lease, state, **known, **reason)
    return chat, begun, parts


async def end(chat: Chat, begun: Begun, state: EventState) -> None:
    """The turn's account is made."""
    reason = "undeliverable" if state is EventState.FAILED else None
    async with chat.database.begin() as connection:
        await turns.end(connection, UUID(begun.turn_id), Account(state=state, reason=reason), chat.now)


async def breaches(chat: Chat) -> list[object]:
    """What the audit finds wrong in the record, an hour later."""
    later = datetime.now(UTC) + timedelta(hours=1)
    async with audit.snapshot(chat.database) as connection:
        timed = [await audit.no_loss(connection, later), await audit.visible_doubt(connection, later)]
        found = [await audit.one_reply(connection), await audit.in_order(connection), *timed]
    return [breach for finding in found for breach in finding.breaches]


async def states_of_messages(chat: Chat) -> list[tuple[object, ...]]:
    """How the contact's messages stand."""
    query = select(Event.state, Event.reason).where(Event.conversation_id == chat.id, Event.kind == EventKind.MESSAGE)
    return await chat.rows(query)


@pytest.mark.parametrize("status", ["sent", "delivered", "read", "played"])
@pytest.mark.parametrize("state", [DeliveryState.SENDING, DeliveryState.UNCERTAIN, DeliveryState.PLANNED])
async def test_a_receipt_settles_what_was_in_doubt(
    settings: Settings, database: Database, state: DeliveryState, status: str
) -> None:
    chat, _, (part,) = await spoken(settings, database, state)
    await told(chat, part, status)
    assert await chat.ledger() == [("sent", None)]


async def test_an_attempt_that_a_receipt_forestalled_repeats_it(settings: Settings, database: Database) -> None:
    chat, _, (part,) = await spoken(settings, database, DeliveryState.SENDING)
    await told(chat, part, "sent")
    assert await chat.settle(part, 1, DeliveryState.SENT, platform_message_id="wamid.1")
    assert not await chat.settle(part, 1, DeliveryState.UNCERTAIN)
    assert await chat.ledger() == [("sent", None)]


async def test_a_part_is_found_by_the_platforms_name_as_well(settings: Settings, database: Database) -> None:
    chat, begun, (part,) = await spoken(settings, database, DeliveryState.SENT)
    await end(chat, begun, EventState.ANSWERED)
    await told(chat, part, "failed", mark="not one of ours")
    assert await chat.ledger() == [("failed", "recipient_gone")]


async def test_a_failure_ends_what_was_answered_as_failed(settings: Settings, database: Database) -> None:
    chat, begun, (part,) = await spoken(settings, database, DeliveryState.SENT)
    await end(chat, begun, EventState.ANSWERED)
    await told(chat, part, "sent", "failed")
    assert await chat.ledger() == [("failed", "recipient_gone")]
    assert await states_of_messages(chat) == [("failed", "undeliverable")]
    assert await chat.turns() == [(1, "failed", "undeliverable")]
    shown = await chat.rows(select(Conversation.undeliverable).where(Conversation.id == chat.id))
    assert shown == [("recipient_gone",)]
    assert await breaches(chat) == []


async def test_where_another_part_arrived_it_stays_answered(settings: Settings, database: Database) -> None:
    chat, begun, (first, _) = await spoken(settings, database, DeliveryState.SENT, DeliveryState.SENT)
    await end(chat, begun, EventState.ANSWERED)
    await told(chat, first, "failed")
    assert await chat.ledger() == [("failed", "recipient_gone"), ("sent", None)]
    assert await states_of_messages(chat) == [("answered", None)]


@pytest.mark.parametrize("order", [("delivered", "failed"), ("failed", "delivered")])
async def test_what_arrived_anywhere_has_arrived(
    settings: Settings, database: Database, order: tuple[str, str]
) -> None:
    chat, begun, (part,) = await spoken(settings, database, DeliveryState.SENT)
    await end(chat, begun, EventState.ANSWERED)
    for status in order:
        await told(chat, part, status)
    assert await chat.ledger() == [("sent", None)]
    assert await states_of_messages(chat) == [("answered", None)]
    assert await chat.turns() == [(1, "answered", None)]
    assert await breaches(chat) == []


async def test_a_part_that_is_settled_late_stays_in_its_place(settings: Settings, database: Database) -> None:
    chat, begun, (first, second) = await spoken(settings, database, DeliveryState.UNCERTAIN, DeliveryState.SENDING)
    assert await chat.settle(second, 1, DeliveryState.SENT, sent_at=datetime.now(UTC))
    await end(chat, begun, EventState.ANSWERED)
    chat.now = datetime.now(UTC) + timedelta(minutes=1)
    await told(chat, first, "delivered")
    assert await chat.ledger() == [("sent", None), ("sent", None)]
    assert await breaches(chat) == []


async def test_one_member_of_a_group_is_not_the_group(settings: Settings, database: Database) -> None:
    chat, _, (part,) = await spoken(settings, database, DeliveryState.SENT)
    await told(chat, part, "failed", participant="1650")
    assert await chat.ledger() == [("sent", None)]


async def test_a_failure_of_an_earlier_send_does_not_undo_a_later_one(settings: Settings, database: Database) -> None:
    chat, _, (part,) = await spoken(settings, database, DeliveryState.SENT)
    await told(chat, part, "failed", name="wamid.0")
    assert await chat.ledger() == [("sent", None)]


async def test_a_mark_of_another_channel_settles_nothing(settings: Settings, database: Database) -> None:
    chat, _, (part,) = await spoken(settings, database, DeliveryState.UNCERTAIN)
    other = await open_chat(settings, database)
    await told(other, part, "delivered")
    assert await chat.ledger() == [("uncertain", "outcome_unknown")]


async def test_a_contact_with_two_ids_has_one_conversation(settings: Settings, database: Database) -> None:
    chat = await open_chat(settings, database)
    both = chat.event("with both", details={"also_known_as": "US.1"})
    hidden = chat.event("with the second alone").model_copy(update={"chat": "US.1"})
    for event in (both, hidden):
        async with database.begin() as connection:
            await events.record(connection, chat.access, [event], chat.now)
    assert len(await chat.states()) == 2


async def test_a_conversation_that_began_under_the_second_id_goes_on(settings: Settings, database: Database) -> None:
    chat = await open_chat(settings, database)
    hidden = chat.event("with the second alone").model_copy(update={"chat": "US.1"})
    both = chat.event("with both", details={"also_known_as": "US.1"})
    async with database.begin() as connection:
        await events.record(connection, chat.access, [hidden], chat.now)
    async with database.begin() as connection:
        await events.record(connection, chat.access, [both], chat.now)
    found = await chat.rows(select(Conversation.id, Conversation.chat))
    assert found == [(conversation_id(chat.access.channel.id, "US.1", None), "7")]
