"""Reactions that a bot answers: told with what they are about, once, and where there is a conversation."""

from pydantic import JsonValue
from sqlalchemy import select, update

from adapters.database import events
from adapters.database.engine import Database
from adapters.database.records import DeliveryRow, Message
from adapters.database.tables import Conversation
from domain.deliveries import DeliveryState
from domain.events import EventKind
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat


async def react(chat: Chat, about: str, key: str = "r") -> None:
    """The contact reacts to a message."""
    details: dict[str, JsonValue] = {"added": ["!"], "removed": []}
    event = chat.event("", key=key, kind=EventKind.REACTION, platform_message_id=about, details=details)
    async with chat.database.begin() as connection:
        await events.record(connection, chat.access, [event], chat.now)


async def answered(settings: Settings, database: Database) -> Chat:
    """A chat with an answer whose second part is the platform's `out_2`."""
    chat = await open_chat(settings, database, reactions="answer")
    begun = await chat.begin(*await chat.hear("hello"))
    for part in await chat.plan(begun, 2):
        known = {"platform_message_id": f"out_{part.part}", "sent_at": chat.now}
        assert await chat.settle(part, await chat.claim(part), DeliveryState.SENT, **known)
    await chat.end(begun)
    return chat


async def said(chat: Chat) -> list[tuple[object, ...]]:
    """What the contact said, and under which of the platform's ids."""
    mine = select(Message.text, Message.platform_message_id).where(Message.conversation_id == chat.id)
    return await chat.rows(mine.where(Message.direction == "inbound").order_by(Message.seq))


async def test_a_reaction_is_a_message_that_names_what_it_is_about(settings: Settings, shared: Database) -> None:
    chat = await answered(settings, shared)
    await react(chat, "out_2")
    await react(chat, "out_2")
    assert (await said(chat))[1:] == [('[reacted ! to "the reply"]', None)]
    assert (await chat.states())[1:] == [("received", None)]
    begun = await chat.begin()
    assert begun.members == 1


async def test_a_reaction_to_what_is_not_known_says_just_that(settings: Settings, shared: Database) -> None:
    chat = await answered(settings, shared)
    deleted = update(Message).where(Message.conversation_id == chat.id, Message.direction == "outbound")
    async with shared.begin() as connection:
        await connection.execute(deleted.values(deleted_at=chat.now))
    await react(chat, "out_1")
    await react(chat, "another", key="r2")
    assert [text for text, _ in (await said(chat))[1:]] == ["[reacted !]"] * 2


async def test_a_reaction_reopens_a_closed_conversation(settings: Settings, shared: Database) -> None:
    chat = await answered(settings, shared)
    await chat.change(closed_at=chat.now)
    await react(chat, "out_1")
    assert await chat.rows(select(Conversation.closed_at).where(Conversation.id == chat.id)) == [(None,)]


async def test_a_reaction_begins_no_conversation(settings: Settings, shared: Database) -> None:
    chat = await open_chat(settings, shared, reactions="answer")
    await react(chat, "out_1")
    assert await chat.rows(select(Conversation.id).where(Conversation.id == chat.id)) == []
    assert await chat.rows(select(DeliveryRow.id).where(DeliveryRow.conversation_id == chat.id)) == []
