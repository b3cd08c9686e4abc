"""People behind numbers that change hands: nobody gets what was said to another."""

from datetime import timedelta

import pytest
from pydantic import JsonValue
from sqlalchemy import select

from adapters.database import events, first_words, people, unrecorded
from adapters.database.engine import Database
from adapters.database.records import Event, Message
from adapters.database.tables import Contact, Conversation
from domain.events import EventKind, InboundEvent, Sender
from domain.recording import Record
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat
from tests.adapters.database.test_unrecorded import whole

OLD_NUMBER, NEW_NUMBER = "491511", "491512"
ANN, BOB, NEW_ANN = "US.1", "US.2", "US.3"


@pytest.fixture
async def chat(settings: Settings, database: Database) -> Chat:
    """A channel on which nothing was heard yet."""
    return await open_chat(settings, database, "whatsapp")


def said(chat: Chat, number: str | None, person: str | None, *, ago: float = 0) -> InboundEvent:
    """A message from this number, with the id for good beside it, so many seconds ago."""
    names = [name for name in (number, person) if name]
    details: dict[str, JsonValue] = {"also_known_as": names[1]} if len(names) == 2 else {}
    said = {"chat": names[0], "sender": Sender(external_id=names[0]), "occurred_at": chat.now - timedelta(seconds=ago)}
    return chat.event("hello", details=details).model_copy(update=said)


def moved(chat: Chat, *, ago: float = 0, **details: JsonValue) -> InboundEvent:
    """The platform's word that Ann has a new number."""
    told = chat.event("", kind=EventKind.MEMBERSHIP, details={"migrate_to": NEW_NUMBER, **details})
    when = chat.now - timedelta(seconds=ago)
    return told.model_copy(update={"chat": OLD_NUMBER, "sender": None, "occurred_at": when, "ignored": "chat_moved"})


async def told(chat: Chat, *happened: InboundEvent, together: bool = False) -> list[object]:
    """These happen one after the other; the conversation of each."""
    for batch in [happened] if together else [[event] for event in happened]:
        async with chat.database.begin() as connection:
            await events.record(connection, chat.access, batch, chat.now)
        chat.pass_time(seconds=2)
    keys = [event.key for event in happened]
    found = dict(await chat.rows(select(Event.key, Event.conversation_id)))
    return [found[key] for key in keys]


async def places(chat: Chat) -> list[object]:
    """Where each conversation is answered, the elder first."""
    return [row[0] for row in await chat.rows(select(Conversation.chat).order_by(Conversation.created_at))]


async def test_who_writes_from_a_number_that_was_left_is_somebody_else(chat: Chat) -> None:
    first, _ = await told(chat, said(chat, OLD_NUMBER, ANN), moved(chat))
    (ann,) = await told(chat, said(chat, NEW_NUMBER, ANN))
    (bob,) = await told(chat, said(chat, OLD_NUMBER, BOB))
    assert (first == ann, ann == bob) == (True, False)
    assert await places(chat) == [NEW_NUMBER, OLD_NUMBER]
    contacts = select(Conversation.contact_id).distinct()
    assert len(await chat.rows(contacts)) == 2


@pytest.mark.parametrize("person", [None, BOB])
async def test_a_number_that_was_left_has_one_next_owner(chat: Chat, person: str | None) -> None:
    (ann, _) = await told(chat, said(chat, OLD_NUMBER, None), moved(chat))
    once, again = await told(chat, said(chat, OLD_NUMBER, None), said(chat, OLD_NUMBER, person))
    (late,) = await told(chat, said(chat, OLD_NUMBER, None, ago=60))
    assert once == again
    assert (once == ann, late == ann) == (False, True)
    assert await places(chat) == [NEW_NUMBER, OLD_NUMBER]


async def test_a_move_that_is_told_twice_moves_once(chat: Chat) -> None:
    first, *_ = await told(chat, said(chat, OLD_NUMBER, None), moved(chat))
    _, after = await told(chat, moved(chat), said(chat, NEW_NUMBER, None))
    assert first == after
    assert await places(chat) == [NEW_NUMBER]


async def test_a_number_under_another_id_is_another_person(chat: Chat) -> None:
    ann, bob = await told(chat, said(chat, OLD_NUMBER, ANN), said(chat, OLD_NUMBER, BOB))
    assert ann != bob
    assert await places(chat) == [ANN, OLD_NUMBER]
    (late,) = await told(chat, said(chat, OLD_NUMBER, ANN, ago=60))
    assert late == ann
    assert (
        await told(chat, said(chat, OLD_NUMBER, BOB), said(chat, None, BOB), said(chat, OLD_NUMBER, None)) == [bob] * 3
    )
    assert await places(chat) == [ANN, OLD_NUMBER]


async def test_who_is_heard_late_takes_no_number_from_who_was_heard_since(chat: Chat) -> None:
    bob, ann = await told(chat, said(chat, OLD_NUMBER, BOB), said(chat, OLD_NUMBER, ANN, ago=60))
    assert bob != ann
    assert await told(chat, said(chat, OLD_NUMBER, None)) == [bob]
    assert (await places(chat))[0] == OLD_NUMBER


async def test_two_who_come_together_are_told_apart(chat: Chat) -> None:
    ann, bob = await told(chat, said(chat, OLD_NUMBER, ANN, ago=9), said(chat, OLD_NUMBER, BOB), together=True)
    assert ann != bob


async def test_a_person_from_another_number_is_answered_there(chat: Chat) -> None:
    one, two = await told(chat, said(chat, OLD_NUMBER, ANN), said(chat, NEW_NUMBER, ANN))
    (late,) = await told(chat, said(chat, OLD_NUMBER, ANN, ago=60))
    (hidden,) = await told(chat, said(chat, None, ANN))
    assert one == two == late == hidden
    assert await places(chat) == [NEW_NUMBER]


async def test_a_person_who_showed_no_number_at_first_is_answered_at_it_then(chat: Chat) -> None:
    one, two = await told(chat, said(chat, None, ANN), said(chat, OLD_NUMBER, ANN))
    assert one == two
    assert await places(chat) == [OLD_NUMBER]


async def test_a_conversation_under_a_number_goes_on_with_whoever_shows_an_id_first(chat: Chat) -> None:
    numbered, ann, bob = await told(
        chat, said(chat, OLD_NUMBER, None), said(chat, OLD_NUMBER, ANN), said(chat, OLD_NUMBER, BOB)
    )
    assert (numbered == ann, ann == bob) == (True, False)


async def test_a_new_id_that_is_told_with_a_new_number_is_the_same_person(chat: Chat) -> None:
    first, *_ = await told(chat, said(chat, OLD_NUMBER, ANN), moved(chat, also_known_as=NEW_ANN))
    assert await told(chat, said(chat, NEW_NUMBER, NEW_ANN), said(chat, NEW_NUMBER, ANN)) == [first, first]


async def test_a_move_that_is_told_late_takes_nothing_from_the_next_owner(chat: Chat) -> None:
    ann, bob = await told(chat, said(chat, OLD_NUMBER, ANN), said(chat, OLD_NUMBER, BOB))
    await told(chat, moved(chat, ago=3))
    assert await told(chat, said(chat, NEW_NUMBER, ANN), said(chat, OLD_NUMBER, BOB)) == [ann, bob]
    assert await places(chat) == [NEW_NUMBER, OLD_NUMBER]


async def test_first_words_go_to_whoever_has_the_number_now(chat: Chat) -> None:
    ann, _ = await told(chat, said(chat, OLD_NUMBER, ANN), moved(chat))
    async with chat.database.begin() as connection:
        begun = [
            (await first_words.speak_first(connection, chat.access, name, "hello", now=chat.now))[0]
            for name in (NEW_NUMBER, ANN, OLD_NUMBER, OLD_NUMBER)
        ]
    assert begun[:2] == [ann, ann]
    assert begun[2] == begun[3] != ann
    assert await told(chat, said(chat, OLD_NUMBER, BOB)) == [begun[2]]


async def test_a_contact_answers_under_the_number_that_the_platform_makes_of_ours(chat: Chat) -> None:
    async with chat.database.begin() as connection:
        begun, _ = await first_words.speak_first(connection, chat.access, OLD_NUMBER, "hello", now=chat.now)
        for _ in range(2):
            await people.note_answered_as(connection, chat.access.channel.id, OLD_NUMBER, NEW_NUMBER, chat.now)
    assert await told(chat, said(chat, NEW_NUMBER, ANN), said(chat, NEW_NUMBER, None)) == [begun, begun]
    assert len(await chat.rows(select(Contact.id))) == 1
    assert len(await chat.rows(select(Message.id).where(Message.conversation_id == begun))) == 3


async def test_what_was_carried_past_the_database_goes_to_whoever_said_it(chat: Chat) -> None:
    ann, _ = await told(chat, said(chat, OLD_NUMBER, ANN), moved(chat))
    late, strange = said(chat, OLD_NUMBER, None, ago=60), said(chat, OLD_NUMBER, BOB)
    items = (whole(chat, late), whole(chat, strange))
    async with chat.database.begin() as connection:
        await unrecorded.record(connection, Record(conversation_id=str(ann), items=items), chat.now)
    events_of = select(Event.key, Event.conversation_id).where(Event.key.in_([late.key, strange.key]))
    found = dict(await chat.rows(events_of))
    assert (found[late.key] == ann, found[strange.key] == ann) == (True, False)
