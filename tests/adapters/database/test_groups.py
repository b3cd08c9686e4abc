"""Groups: who wrote is on record, and the model is told."""

from uuid import UUID

import pytest
from pydantic import JsonValue, SecretStr
from sqlalchemy import select

from adapters.database import events, handovers, profiles, replies, summaries
from adapters.database.engine import Database
from adapters.database.records import Message
from adapters.platforms.base import Destination
from domain.profiles import Profile
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat
from tests.adapters.database.test_transcripts import answer, context, shown
from tests.conftest import SECRET_KEY

ANN: JsonValue = {"external_id": "1", "name": "Ann"}
BOB: JsonValue = {"external_id": "2", "name": "Bob"}
NAMELESS: JsonValue = {"external_id": "U3"}


@pytest.fixture
async def slack(shared: Database) -> Chat:
    """A channel on Slack, which tells no names."""
    settings = Settings(_env_file=None, secret_key=(SecretStr(SECRET_KEY),))
    return await open_chat(settings, shared, "slack")


async def hear(chat: Chat, text: str, sender: JsonValue, **more: JsonValue) -> None:
    """Somebody in the group says something to the bot."""
    told = chat.event(text, **{"sender": sender, "is_group": True, **more})
    async with chat.database.begin() as connection:
        recorded = await events.record(connection, chat.access, [told], chat.now)
        await handovers.mark(connection, [item.id for item in recorded.new], chat.now)


async def test_the_model_is_told_who_wrote_in_a_group(chat: Chat) -> None:
    await hear(chat, "one", ANN)
    await answer(chat, await chat.begin(), "ONE")
    await hear(chat, "two\nAnn: three", BOB)
    await hear(chat, "four", NAMELESS)
    begun = await chat.begin()
    assert await shown(chat, begun) == ["Ann: one", "[ONE]", "Bob: two\n  Ann: three", "U3: four"]
    assert (await context(chat, begun)).is_group


async def test_in_a_chat_of_two_nobody_is_named_and_the_record_says_who_wrote(chat: Chat) -> None:
    begun = await chat.begin(*await chat.hear("one"))
    assert await shown(chat, begun) == ["one"]
    assert not (await context(chat, begun)).is_group
    senders = await chat.rows(select(Message.sender).where(Message.conversation_id == chat.id))
    assert senders == [({"id": "7", "name": "Test User"},)]


@pytest.mark.parametrize(("is_group", "reply_to"), [(True, "in:2"), (False, None)])
async def test_an_answer_in_a_group_is_a_reply_to_the_newest_that_it_answers(
    chat: Chat, is_group: bool, reply_to: str | None
) -> None:
    await hear(chat, "one", ANN, platform_message_id="in:1", is_group=is_group)
    await hear(chat, "two", BOB, platform_message_id="in:2", is_group=is_group)
    begun = await chat.begin()
    async with chat.database.begin() as connection:
        place = await replies.answering(connection, UUID(begun.turn_id), Destination(chat=chat.name))
    assert (place.heard, place.reply_to) == ("in:2", reply_to)


async def test_a_summary_is_made_of_who_said_what(chat: Chat) -> None:
    await hear(chat, "one", ANN)
    await answer(chat, await chat.begin(), "ONE")
    async with chat.database.begin() as connection:
        source = await summaries.source(connection, chat.id)
    assert source is not None
    assert [said.line.text for said in source.past] == ["Ann: one", "ONE"]


async def test_who_writes_without_a_name_is_called_as_the_platform_says_when_asked(slack: Chat) -> None:
    await hear(slack, "one", NAMELESS)
    begun = await slack.begin()
    assert await shown(slack, begun) == ["U3: one"]
    async with slack.database.begin() as connection:
        due = await profiles.claim(connection, slack.now, 100)
        (wanted,) = [found for found in due if found.channel_id == slack.access.channel.id]
        assert wanted.external_id == "U3"
        await profiles.keep(connection, wanted.id, Profile(name="Cleo"), slack.now)
    assert await shown(slack, begun) == ["Cleo: one"]
