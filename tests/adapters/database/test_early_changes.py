"""A change that comes at the same moment as the first message of its chat is applied, whichever is recorded first."""

import asyncio

import pytest
from sqlalchemy import select

from adapters.database import events
from adapters.database.records import Message
from domain.events import EventKind, InboundEvent
from tests.adapters.database.chat import Chat, until_waiting_for_a_lock


@pytest.fixture
def newcomer(chat: Chat) -> Chat:
    """Somebody who never wrote before."""
    return Chat(chat.database, chat.vault, chat.channel, chat.access, name="newcomer", now=chat.now)


async def record(chat: Chat, event: InboundEvent) -> None:
    """Record an event in a transaction of its own."""
    async with chat.database.begin() as connection:
        await events.record(connection, chat.access, [event], chat.now)


@pytest.mark.parametrize("first", ["message", "edit"])
async def test_an_edit_and_the_first_message_of_a_chat_meet(newcomer: Chat, first: str) -> None:
    told = {
        "message": newcomer.event("helo", platform_message_id="1"),
        "edit": newcomer.event("hello", platform_message_id="1", kind=EventKind.EDIT),
    }
    second = "edit" if first == "message" else "message"
    async with newcomer.database.begin() as connection:
        await events.record(connection, newcomer.access, [told[first]], newcomer.now)
        other = asyncio.create_task(record(newcomer, told[second]))
        await until_waiting_for_a_lock(newcomer.database)
    await other
    async with newcomer.database.once() as connection:
        query = select(Message.text).where(Message.conversation_id == newcomer.id)
        assert (await connection.scalars(query)).all() == ["hello"]
