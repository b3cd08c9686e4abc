"""What in a group is meant for the bot without naming it: the rest of an album, a number or a reply to its words."""

from dataclasses import replace
from uuid import UUID

import pytest
from pydantic import JsonValue
from sqlalchemy import select, update

from adapters.database import events, handovers
from adapters.database.records import DeliveryRow, Event, Message
from domain.handovers import Item
from tests.adapters.database.chat import Chat
from tests.adapters.database.test_transcripts import shown

UNHEARD = ("ignored", "not_addressed")
HEARD = ("queued", None)
LIST: JsonValue = [{"label": "Tea"}, {"label": "Coffee"}]


async def hear(
    chat: Chat, text: str = "", *, album: str | None = None, addressed: bool = False, **more: JsonValue
) -> list[Item]:
    """Somebody in the group says something; what is handed over because of it."""
    items: list[Item] = []
    details: JsonValue = {"media_group_id": album} if album else {}
    photo: JsonValue = [{"kind": "photo"}] if album else []
    described = {"is_group": True, "addressed": addressed, "details": details, "attachments": photo, **more}
    async with chat.database.begin() as connection:
        recorded = await events.record(connection, chat.access, [chat.event(text, **described)], chat.now)
        for batch in recorded.conversations.values():
            whole = batch or await handovers.batch(connection, chat.id)
            assert whole is not None
            items += whole.items
        await handovers.mark(connection, [UUID(item.id) for item in items], chat.now)
    return items


async def states(chat: Chat) -> list[tuple[object, ...]]:
    """How what was heard stands."""
    query = select(Event.state, Event.reason).where(Event.conversation_id == chat.id)
    return await chat.rows(query.order_by(Event.seq))


async def offer(chat: Chat, name: str = "out:1", *, is_numbered: bool = True) -> None:
    """The bot has said something with choices."""
    await hear(chat, "What is there?", addressed=True)
    begun = await chat.begin()
    await chat.send(begun)
    async with chat.database.begin() as connection:
        said = update(Message).where(Message.turn_id == UUID(begun.turn_id))
        await connection.execute(said.values(buttons=LIST, is_numbered=is_numbered, created_at=chat.now))
        parts = update(DeliveryRow).where(DeliveryRow.turn_id == UUID(begun.turn_id))
        await connection.execute(parts.values(platform_message_id=name))
    await chat.end(begun)


async def test_the_rest_of_an_album_is_meant_as_its_captioned_picture_is(chat: Chat) -> None:
    await hear(chat, "what are these?", album="a", addressed=True)
    await hear(chat, album="a")
    await hear(chat, album="b")
    assert await states(chat) == [HEARD, HEARD, UNHEARD]


async def test_what_of_an_album_came_before_its_captioned_picture_is_handed_over_with_it(chat: Chat) -> None:
    await hear(chat, "hello", addressed=True)
    await hear(chat, album="a")
    await hear(chat, album="b")
    assert await states(chat) == [HEARD, UNHEARD, UNHEARD]
    handed_over = await hear(chat, "what are these?", album="a", addressed=True)
    assert [item.album for item in handed_over] == ["a", "a"]
    assert await states(chat) == [HEARD, HEARD, UNHEARD, HEARD]
    assert await shown(chat, await chat.begin()) == [
        "Test User: hello", "Test User: [photo]", "Test User: what are these?\n  [photo]",
    ]  # fmt: skip


async def test_an_album_of_long_ago_is_another_one(chat: Chat) -> None:
    await hear(chat, "what are these?", album="a", addressed=True)
    chat.pass_time(minutes=2)
    await hear(chat, album="a")
    assert await states(chat) == [HEARD, UNHEARD]


async def test_a_number_answers_the_list_that_was_said_last(chat: Chat) -> None:
    await offer(chat)
    await hear(chat, "3")
    await hear(chat, "2")
    assert (await states(chat))[1:] == [UNHEARD, HEARD]
    assert (await shown(chat, await chat.begin()))[-1] == "Test User: Coffee"


@pytest.mark.parametrize(("is_numbered", "minutes"), [(False, 0), (True, 61)])
async def test_a_number_is_a_number_where_no_list_waits_for_one(chat: Chat, is_numbered: bool, minutes: int) -> None:
    await offer(chat, is_numbered=is_numbered)
    chat.pass_time(minutes=minutes)
    await hear(chat, "2")
    assert (await states(chat))[1:] == [UNHEARD]


async def test_a_reply_to_the_bots_words_is_meant_for_it(chat: Chat) -> None:
    await offer(chat, "out:7")
    await hear(chat, "Coffee, please", reply_to="out:7")
    await hear(chat, "Not you", reply_to="in:7")
    assert (await states(chat))[1:] == [HEARD, UNHEARD]


async def test_a_bot_that_answers_no_group_is_not_made_to(chat: Chat) -> None:
    await offer(chat)
    chat.access = replace(chat.access, bot=chat.access.bot.model_copy(update={"groups": "never"}))
    await hear(chat, "2")
    assert (await states(chat))[1:] == [UNHEARD]
