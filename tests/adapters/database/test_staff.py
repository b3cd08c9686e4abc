"""Staff who answer on the platform itself: recorded once, as an operator's words, and a takeover."""

from dataclasses import replace

from pydantic import JsonValue
from sqlalchemy import select

from adapters.database import events
from adapters.database.engine import Database
from adapters.database.events import Recorded
from adapters.database.records import DeliveryRow, Event, Message
from adapters.database.tables import Conversation
from domain.conversations import Control
from domain.deliveries import DeliveryState
from domain.events import EventKind, InboundEvent
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat


async def staffed(settings: Settings, database: Database, answers: str = "take_over") -> Chat:
    """A chat whose channel hears its staff."""
    chat = await open_chat(settings, database)
    channel = chat.access.channel.model_copy(update={"settings": {"staff_answers": answers}})
    chat.access = replace(chat.access, channel=channel)
    return chat


def by_staff(chat: Chat, text: str = "I take over", name: str = "m_1", **more: JsonValue) -> InboundEvent:
    """What the platform tells of something that staff said."""
    details = {"staff": "said", **more}
    event = chat.event(text, key=name, kind=EventKind.OTHER, ignored="from_the_page", details=details)
    return event.model_copy(update={"sender": None, "platform_message_id": name, "occurred_at": chat.now})


async def told(chat: Chat, *happened: InboundEvent) -> Recorded:
    """The platform tells of all that in one call."""
    async with chat.database.begin() as connection:
        return await events.record(connection, chat.access, happened, chat.now)


async def said(chat: Chat) -> list[tuple[object, ...]]:
    """Who said what, in order."""
    query = select(Message.author, Message.text).where(Message.conversation_id == chat.id)
    return await chat.rows(query.order_by(Message.seq))


async def controls(chat: Chat) -> list[tuple[object, ...]]:
    """What the workflow is told of who has the voice."""
    control = Event.payload["details"]["control"].as_string()
    return await chat.rows(select(control, Event.state).where(Event.kind == EventKind.CONTROL).order_by(Event.seq))


async def voice(chat: Chat) -> list[tuple[object, ...]]:
    """Who has the voice."""
    return await chat.rows(select(Conversation.voice).where(Conversation.id == chat.id))


async def test_words_of_staff_are_an_operators_and_hand_over(settings: Settings, database: Database) -> None:
    chat = await staffed(settings, database)
    begun = await chat.begin(*await chat.hear("hello"))
    await chat.plan(begun)
    recorded = await told(chat, by_staff(chat))
    assert [*recorded.conversations.items()] == [(chat.id, None)]
    assert await said(chat) == [("contact", "hello"), ("bot", "the reply"), ("operator", "I take over")]
    assert await voice(chat) == [("operator",)]
    assert await controls(chat) == [("takeover", "received")]
    assert sorted(await chat.ledger(), key=str) == [("dropped", "handed_over"), ("sent", None)]
    assert (await chat.states())[0] == ("held", "handed_over")


async def test_what_is_told_twice_is_said_once(settings: Settings, database: Database) -> None:
    chat = await staffed(settings, database)
    await chat.hear("hello")
    in_standby = by_staff(chat).model_copy(update={"key": "standby:m_1", "ignored": "standby"})
    for happened in ([by_staff(chat), by_staff(chat), in_standby], [by_staff(chat)], [in_standby]):
        await told(chat, *happened)
    assert await said(chat) == [("contact", "hello"), ("operator", "I take over")]
    assert len(await controls(chat)) == 1


async def test_our_own_words_are_not_those_of_staff(settings: Settings, database: Database) -> None:
    chat = await staffed(settings, database)
    begun = await chat.begin(*await chat.hear("hello"))
    sent, sending = await chat.plan(begun, 2)
    await chat.settle(sent, await chat.claim(sent), DeliveryState.SENT, platform_message_id="m_9")
    await chat.claim(sending)
    await told(chat, by_staff(chat, name="m_9"), by_staff(chat, mark=str(sending.id)))
    assert [author for author, _ in await said(chat)] == ["contact", "bot"]
    assert await voice(chat) == [("bot",)]


async def test_who_is_first_written_to_by_staff_is_theirs(settings: Settings, database: Database) -> None:
    chat = await staffed(settings, database)
    await told(chat, by_staff(chat))
    await chat.hear("thank you")
    assert await said(chat) == [("operator", "I take over"), ("contact", "thank you")]
    assert await voice(chat) == [("operator",)]
    sent = await chat.rows(select(DeliveryRow.platform_message_id, DeliveryRow.part, DeliveryRow.attempts))
    assert sent == [("m_1", 1, 1)]


async def test_a_conversation_is_taken_and_given_back(settings: Settings, database: Database) -> None:
    chat = await staffed(settings, database)
    await chat.hear("hello")
    for number, done in enumerate(("took", "took", "gave_back", "gave_back")):
        await told(chat, by_staff(chat, "", f"m_{number}", staff=done))
    assert [control for control, _ in await controls(chat)] == ["takeover", "release"]
    assert await voice(chat) == [("bot",)]
    assert await said(chat) == [("contact", "hello")]


async def test_a_pause_stays_a_pause(settings: Settings, database: Database) -> None:
    chat = await staffed(settings, database)
    await chat.hear("hello")
    await chat.control(Control.PAUSE)
    await told(chat, by_staff(chat))
    assert await voice(chat) == [("nobody",)]
    assert ("operator", "I take over") in await said(chat)


async def test_by_default_staff_are_recorded_and_change_nothing(settings: Settings, database: Database) -> None:
    chat = await staffed(settings, database, "ignore")
    await chat.hear("hello")
    await told(chat, by_staff(chat))
    assert (await said(chat), await voice(chat)) == ([("contact", "hello")], [("bot",)])
    assert (await chat.states())[-1] == ("ignored", "from_the_page")
