"""Contacts whom a platform knows by several ids, and who get new ones: their conversation goes on."""

from pydantic import JsonValue
from sqlalchemy import select

from adapters.database import events
from adapters.database.engine import Database
from adapters.database.tables import Conversation
from domain.events import EventKind, InboundEvent
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat

NUMBER, OLD, NEW = "7", "US.1", "US.2"


def said(chat: Chat, by: str, **details: JsonValue) -> InboundEvent:
    """A message of the contact, under this id."""
    return chat.event("hello", details=details).model_copy(update={"chat": by})


def renamed(chat: Chat, **details: JsonValue) -> InboundEvent:
    """The platform's word that the contact has a new id."""
    event = chat.event("", kind=EventKind.MEMBERSHIP, ignored="chat_moved", details={"migrate_to": NEW, **details})
    return event.model_copy(update={"chat": OLD})


async def told(chat: Chat, *happened: InboundEvent) -> None:
    """These happen one after the other."""
    for event in happened:
        async with chat.database.begin() as connection:
            await events.record(connection, chat.access, [event], chat.now)


async def places(chat: Chat) -> list[tuple[object, ...]]:
    """Where the contact's conversations are answered."""
    return await chat.rows(select(Conversation.chat))


async def test_a_conversation_under_an_id_goes_on_under_the_new_one(settings: Settings, database: Database) -> None:
    chat = await open_chat(settings, database)
    await told(chat, said(chat, OLD), renamed(chat), said(chat, NEW))
    assert await places(chat) == [(NEW,)]


async def test_a_conversation_under_a_number_is_found_by_the_new_id(settings: Settings, database: Database) -> None:
    chat = await open_chat(settings, database)
    await told(chat, said(chat, NUMBER, also_known_as=OLD), renamed(chat), renamed(chat), said(chat, NEW))
    assert await places(chat) == [(NUMBER,)]


async def test_a_number_told_beside_an_unheard_of_id_says_who_it_is(settings: Settings, database: Database) -> None:
    chat = await open_chat(settings, database)
    await told(chat, said(chat, NUMBER), renamed(chat, also_known_as=NUMBER), said(chat, NEW), said(chat, NUMBER))
    assert await places(chat) == [(NUMBER,)]


async def test_whoever_was_known_by_neither_has_one_conversation(settings: Settings, database: Database) -> None:
    chat = await open_chat(settings, database)
    await told(chat, renamed(chat, also_known_as=NUMBER), said(chat, NEW), said(chat, NUMBER), said(chat, OLD))
    assert len(await places(chat)) == 1
