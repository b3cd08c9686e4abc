"""Edits and deletes: what they change, what they withdraw, and what is answered again."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from adapters.database import channels, events, turns
from adapters.database.channels import credentials_vault
from adapters.database.engine import Database
from adapters.database.records import Event, Message
from adapters.database.tables import Conversation
from domain.events import EventKind, InboundEvent
from domain.turns import Begin
from settings import Settings
from tests.api.door import CHAT, Door, edited, open_door, said
from tests.product import Product
from tests.simulated import TOKEN

EDIT = f"/telegram/{TOKEN}/edit"


@pytest.fixture
async def door(settings: Settings, database: Database) -> AsyncIterator[Door]:
    """The API alone, with a bot that answers edits again."""
    async with open_door(settings, database, edits="answer") as opened:
        yield opened


async def taken_up(door: Door) -> None:
    """A turn takes up what waits."""
    (conversation,) = await door.conversations()
    async with door.database.begin() as connection:
        ask = Begin(conversation_id=str(conversation), behind=True)
        assert (await turns.begin(connection, ask, datetime.now(UTC))).turn


async def deleted(door: Door, settings: Settings, message_id: str) -> None:
    """The platform tells that a message was deleted."""
    event = InboundEvent(key=f"delete:{message_id}", kind=EventKind.DELETE, chat=str(CHAT),
                         platform_message_id=message_id)  # fmt: skip
    async with door.database.begin() as connection:
        access = await channels.load(connection, credentials_vault(settings.secrets()), door.channel.id)
        assert access is not None
        await events.record(connection, access, [event], datetime.now(UTC))


async def edit_times(door: Door) -> list[bool]:
    """Whether each message was edited, in order."""
    async with door.database.begin() as connection:
        query = select(Message.edited_at).where(Message.direction == "inbound").order_by(Message.seq)
        return [time is not None for time in await connection.scalars(query)]


async def test_an_edit_of_an_unanswered_message_changes_it(door: Door) -> None:
    await door.post(said(1, "helo"))
    await door.post(edited(2, 1, "hello"))
    assert await door.texts() == ["hello"]
    assert await door.events() == [("message", "queued", None), ("edit", "ignored", "applied")]


async def test_an_edit_that_changes_no_text_has_no_effect(door: Door) -> None:
    await door.post(said(1, "hello"))
    await taken_up(door)
    await door.post(edited(2, 1, "hello"))
    assert await edit_times(door) == [False]
    assert (await door.events())[1] == ("edit", "ignored", "unchanged")


@pytest.mark.slow
async def test_an_edit_of_an_answered_message_is_recorded_and_by_default_not_answered(product: Product) -> None:
    await product.telegram(bursts={"policy": "queue"})
    await product.simulated.say(CHAT, "helo")
    await product.until_states("answered")
    await product.simulated.post(EDIT, chat_id=CHAT, message_id=1, text="hello")
    await product.until_states("answered", "ignored")
    assert (await product.states())[1] == ("ignored", "already_answered")
    assert len(await product.simulated.sent(CHAT)) == 1


@pytest.mark.slow
async def test_an_edit_of_an_answered_message_is_answered_where_the_bot_says_so(product: Product) -> None:
    await product.telegram(bursts={"policy": "queue"}, edits="answer")
    await product.simulated.say(CHAT, "helo")
    await product.until_states("answered")
    for states, text in ((["answered"] * 2, "hello"), (["answered"] * 3, "hello there")):
        await product.simulated.post(EDIT, chat_id=CHAT, message_id=1, text=text)
        await product.until_states(*states)
    sent = [item["text"] for item in await product.simulated.sent(CHAT)]
    assert sent == ["You said: helo", "You said: hello", "You said: hello there"]
    request = (await product.simulated.asked())[-1]["request"]
    assert isinstance(request, dict)
    assert [line["content"] for line in request["messages"] if line["role"] == "user"] == [
        "helo", "hello", "hello there",
    ]  # fmt: skip


async def test_an_edit_of_a_message_in_a_turn_is_answered_as_a_message_of_its_own(door: Door) -> None:
    await door.post(said(1, "helo"))
    await taken_up(door)
    await door.post(edited(2, 1, "hello"))
    await door.post(edited(2, 1, "hello"))
    assert await door.texts() == ["helo", "hello"]
    assert await edit_times(door) == [True, False]
    assert [state for _, state, _ in await door.events()] == ["queued", "queued"]
    await door.post(edited(3, 1, "hello!"))
    assert await door.texts() == ["helo", "hello!"]


async def test_an_edit_that_is_answered_reopens_a_closed_conversation(door: Door, database: Database) -> None:
    await door.post(said(1, "helo"))
    await taken_up(door)
    async with database.begin() as connection:
        await connection.execute(update(Conversation).values(closed_at=datetime.now(UTC)))
    await door.post(edited(2, 1, "hello"))
    async with database.begin() as connection:
        assert await connection.scalar(select(Conversation.closed_at)) is None


async def test_an_edit_of_a_message_that_needed_no_answer_is_not_answered(door: Door) -> None:
    await door.post(said(1, "to somebody else", chat=-100))
    await door.post(said(2, "/help", chat=-100, entities=[{"type": "bot_command", "offset": 0, "length": 5}]))
    await door.post(edited(3, 1, "to nobody", chat=-100))
    assert [state for _, state, _ in await door.events()] == ["ignored", "queued", "ignored"]


async def test_a_deleted_message_is_withdrawn(door: Door, settings: Settings, database: Database) -> None:
    await door.post(said(1, "forget it"))
    await door.post(said(2, "but answer this"))
    await deleted(door, settings, "1")
    async with database.begin() as connection:
        query = select(Message.text).where(Message.deleted_at.is_not(None))
        assert (await connection.scalars(query)).all() == ["forget it"]
    assert await door.events() == [
        ("message", "ignored", "withdrawn"), ("message", "queued", None), ("delete", "ignored", "applied"),
    ]  # fmt: skip


async def test_a_delete_takes_back_the_message_in_all_its_words(
    door: Door, settings: Settings, database: Database
) -> None:
    await door.post(said(1, "helo"))
    await taken_up(door)
    await door.post(edited(2, 1, "hello"))
    await deleted(door, settings, "1")
    async with database.begin() as connection:
        assert (await connection.scalars(select(Message.id).where(Message.deleted_at.is_(None)))).all() == []
    assert [state for _, state, _ in await door.events()] == ["ignored", "ignored", "ignored"]


async def test_an_edit_that_overtook_its_message_waits_for_it(door: Door) -> None:
    await door.post(edited(2, 1, "hello"))
    await door.post(said(1, "helo"))
    assert await door.texts() == ["hello"]
    await door.post(edited(4, 3, "second, corrected"))
    await door.post(said(3, "second"))
    assert await door.texts() == ["hello", "second, corrected"]
    assert sorted(await door.events()) == [("edit", "ignored", "applied")] * 2 + [("message", "queued", None)] * 2


async def test_a_delete_that_overtook_its_message_withdraws_it(door: Door, settings: Settings) -> None:
    await deleted(door, settings, "1")
    await door.post(said(1, "forget it"))
    assert sorted(await door.events()) == [("delete", "ignored", "applied"), ("message", "ignored", "withdrawn")]


async def test_an_edit_of_another_chats_message_changes_nothing_here(door: Door, database: Database) -> None:
    await door.post(edited(2, 1, "hello", chat=8))
    await door.post(said(1, "helo", chat=9))
    assert await door.texts() == ["helo"]
    async with database.begin() as connection:
        query = select(Event.reason).where(Event.kind == EventKind.EDIT)
        assert await connection.scalar(query) == "unknown_chat"
