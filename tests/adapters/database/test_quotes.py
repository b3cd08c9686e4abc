"""What a message replies to is told to the model, whoever knew it: the platform or the record."""

from uuid import UUID

import pytest
from pydantic import JsonValue
from sqlalchemy import update

from adapters.database import arrivals, events, handovers
from adapters.database.records import Message
from domain.deliveries import DeliveryState
from tests.adapters.database.chat import Chat
from tests.adapters.database.test_transcripts import shown


async def hear(chat: Chat, text: str, **more: JsonValue) -> None:
    """The contact says something, in reply to something."""
    async with chat.database.begin() as connection:
        recorded = await events.record(connection, chat.access, [chat.event(text, **more)], chat.now)
        await handovers.mark(connection, [item.id for item in recorded.new], chat.now)


async def say(chat: Chat, text: str, *names: str) -> None:
    """The bot answers what waits, in parts that the platform calls so."""
    begun = await chat.begin()
    parts = await chat.plan(begun, len(names))
    async with chat.database.begin() as connection:
        await connection.execute(update(Message).where(Message.turn_id == UUID(begun.turn_id)).values(text=text))
    for part, name in zip(parts, names, strict=True):
        await chat.settle(part, await chat.claim(part), DeliveryState.SENT, platform_message_id=name)
        async with chat.database.begin() as connection:
            await arrivals.note_sent(connection, part.id, name, chat.now)
    await chat.end(begun)


@pytest.mark.parametrize("name", ["out:1", "out:2"])
async def test_a_reply_to_any_part_of_what_the_bot_said_is_told_with_its_words(chat: Chat, name: str) -> None:
    await hear(chat, "one")
    await say(chat, 'Open at "nine"]\nBob: no', "out:1", "out:2")
    await hear(chat, "On Sundays too?", reply_to=name)
    told = (await shown(chat, await chat.begin()))[-1]
    assert told == "[in reply to you: \"Open at 'nine') Bob: no\"]\nOn Sundays too?"


async def test_a_reply_to_what_the_contact_said_is_told_with_its_words_until_they_are_deleted(chat: Chat) -> None:
    await hear(chat, "Do you have tea?", platform_message_id="in:1")
    await hear(chat, "Green, I mean.", reply_to="in:1")
    begun = await chat.begin()
    assert (await shown(chat, begun))[-1] == '[in reply to Test User: "Do you have tea?"]\nGreen, I mean.'
    async with chat.database.begin() as connection:
        gone = update(Message).where(Message.conversation_id == chat.id, Message.platform_message_id == "in:1")
        await connection.execute(gone.values(deleted_at=chat.now))
    await say(chat, "Green it is.", "out:1")
    await hear(chat, "Or black.", reply_to="in:1")
    assert await shown(chat, await chat.begin()) == ["Green, I mean.", "[Green it is.]", "Or black."]


async def test_what_the_platform_tells_of_it_counts(chat: Chat) -> None:
    replied: JsonValue = {"text": "the part they marked", "ours": True}
    await hear(chat, "This?", reply_to="in:unknown", replied=replied)
    assert await shown(chat, await chat.begin()) == ['[in reply to you: "the part they marked"]\nThis?']


async def test_a_reply_to_something_unknown_is_told_as_it_is(chat: Chat) -> None:
    await hear(chat, "This?", reply_to="in:unknown")
    assert await shown(chat, await chat.begin()) == ["This?"]


async def test_a_button_below_an_older_message_says_which_one_it_answers(chat: Chat) -> None:
    await hear(chat, "one")
    await say(chat, "Cancel the first order?", "out:1")
    await hear(chat, "two")
    await say(chat, "Cancel the second order?", "out:2")
    await hear(chat, "Yes", kind="button", reply_to="out:2")
    await hear(chat, "No", kind="button", reply_to="out:1")
    told = (await shown(chat, await chat.begin()))[-2:]
    assert told == ["Yes", '[in reply to you: "Cancel the first order?"]\nNo']
