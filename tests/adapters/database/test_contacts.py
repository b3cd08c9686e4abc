"""Contacts that are new to several at once."""

import asyncio

from sqlalchemy import text

from adapters.database import chats
from domain.events import EventKind, InboundEvent, Sender
from domain.ids import conversation_id
from tests.adapters.database.chat import Chat


async def test_of_those_who_hear_a_new_contact_at_the_same_time_none_fails(chat: Chat) -> None:
    names = [str(number) for number in range(60)]
    await asyncio.gather(*(_open(chat, name) for name in names for _ in range(5)))
    async with chat.database.begin() as connection:
        known = await connection.scalars(text("SELECT last_seq FROM conversations WHERE chat LIKE 'new-%'"))
    assert known.all() == [5] * len(names)


async def test_nothing_but_its_id_is_unique_of_a_contact(chat: Chat) -> None:
    """With another unique index one of two who insert at the same moment fails, now and then."""
    async with chat.database.begin() as connection:
        query = text("SELECT count(*) FROM pg_index WHERE indrelid = 'contacts'::regclass AND indisunique")
        assert await connection.scalar(query) == 1


async def _open(chat: Chat, name: str) -> None:
    sender = Sender(external_id=f"new-{name}", name=name)
    event = InboundEvent(key=f"m-{name}", kind=EventKind.MESSAGE, chat=f"new-{name}", sender=sender, text="hi")
    conversation = conversation_id(chat.access.channel.id, f"new-{name}", None)
    place = chats.place_of([event], event, f"new-{name}", chat.now)
    async with chat.database.begin() as connection:
        await chats.open_chat(connection, chat.access, conversation, place, 1, chat.now, chat.now)
