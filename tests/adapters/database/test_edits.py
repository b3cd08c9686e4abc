"""Edits and deletions: they find their message wherever they come, and an older one never undoes a newer one."""

from datetime import timedelta

import pytest
from pydantic import JsonValue
from sqlalchemy import select

from adapters.database import events
from adapters.database.records import Event, Message
from domain.events import EventKind, InboundEvent
from tests.adapters.database.chat import Chat


@pytest.fixture
def newcomer(chat: Chat) -> Chat:
    """Somebody who never wrote before."""
    return Chat(chat.database, chat.vault, chat.channel, chat.access, name="newcomer", now=chat.now)


@pytest.fixture(params=["known", "new"])
def writer(request: pytest.FixtureRequest, chat: Chat, newcomer: Chat) -> Chat:
    """Somebody who wrote before, and somebody who did not."""
    return newcomer if request.param == "new" else chat


def said(chat: Chat, text: str = "helo") -> InboundEvent:
    """The message that the others are about."""
    return chat.event(text, platform_message_id="1", occurred_at=chat.now)


def edit(chat: Chat, text: str, seconds: int | None = None, **more: JsonValue) -> InboundEvent:
    """An edit of it, made so many seconds after it."""
    made = None if seconds is None else (chat.now + timedelta(seconds=seconds)).isoformat()
    return chat.event(text, kind="edit", platform_message_id="1", occurred_at=made, **more)


def deletion(chat: Chat) -> InboundEvent:
    """Its deletion."""
    return chat.event("", kind="delete", platform_message_id="1")


async def record(chat: Chat, *told: InboundEvent) -> events.Recorded:
    """One body with these events."""
    async with chat.database.begin() as connection:
        return await events.record(connection, chat.access, told, chat.now)


async def texts(chat: Chat) -> list[object]:
    """What the contact said, as it stands."""
    query = select(Message.text).where(Message.conversation_id == chat.id, Message.platform_message_id == "1")
    return [text for (text,) in await chat.rows(query.order_by(Message.seq))]


async def reasons(chat: Chat, kind: EventKind = EventKind.EDIT) -> list[object]:
    """What became of the changes, in the order in which they came."""
    query = select(Event.reason).where(Event.kind == kind, Event.channel_id == chat.channel.id)
    return [reason for (reason,) in await chat.rows(query.order_by(Event.received_at, Event.seq))]


async def test_an_edit_in_one_body_with_its_message_changes_it(writer: Chat) -> None:
    await writer.hear("something else") if writer.name == "7" else None
    await record(writer, said(writer), edit(writer, "hello"))
    assert (await texts(writer), await reasons(writer)) == (["hello"], ["applied"])


async def test_a_deletion_in_one_body_with_its_message_withdraws_it(writer: Chat) -> None:
    await writer.hear("something else") if writer.name == "7" else None
    recorded = await record(writer, said(writer), deletion(writer))
    query = select(Event.state, Event.reason).where(Event.conversation_id == writer.id).order_by(Event.seq)
    assert (await writer.rows(query))[-2:] == [("ignored", "withdrawn"), ("ignored", "applied")]
    assert list(recorded.conversations.values()) == [None]  # what is to be handed over is read: nothing was withdrawn


async def test_an_edit_that_comes_first_in_its_body_changes_the_message_all_the_same(newcomer: Chat) -> None:
    await record(newcomer, edit(newcomer, "hello"), said(newcomer))
    assert (await texts(newcomer), await reasons(newcomer)) == (["hello"], ["applied"])


async def test_several_edits_in_one_body_follow_each_other(chat: Chat) -> None:
    told = (said(chat), edit(chat, "hell", 1), edit(chat, "hello", 2), edit(chat, "hello", 3))
    await record(chat, *told)
    await record(chat, *told)
    assert (await texts(chat), await reasons(chat)) == (["hello"], ["applied", "applied", "unchanged"])


async def test_several_edits_in_one_body_are_answered_as_one(chat: Chat) -> None:
    await chat.settings(edits="answer")
    chat.access = await chat.loaded()
    await record(chat, said(chat))
    await chat.begin(behind=True)
    await record(chat, edit(chat, "hello", 1), edit(chat, "hello", 2), edit(chat, "hello!", 3))
    assert await texts(chat) == ["helo", "hello!"]
    assert await reasons(chat) == [None, "unchanged", "applied"]


async def test_what_else_is_in_the_body_keeps_its_place(chat: Chat) -> None:
    await record(chat, edit(chat, "hello"), said(chat), chat.event("second"), chat.event("third"))
    query = select(Message.text).where(Message.conversation_id == chat.id).order_by(Message.seq)
    assert await chat.rows(query) == [("hello",), ("second",), ("third",)]
    assert await chat.states() == [("ignored", "applied"), *[("received", None)] * 3]


@pytest.mark.parametrize("early", [False, True], ids=["after its message", "before its message"])
@pytest.mark.parametrize("told", ["dated", "counted"])
async def test_an_older_edit_does_not_undo_a_newer_one(chat: Chat, told: str, early: bool) -> None:
    older = edit(chat, "older", 1) if told == "dated" else edit(chat, "older", 9, edition=1)
    newer = edit(chat, "newer", 2) if told == "dated" else edit(chat, "newer", 8, edition=2)
    order = [newer, older, said(chat)] if early else [said(chat), newer, older]
    for event in order:
        await record(chat, event)
        chat.pass_time(seconds=1)
    assert (await texts(chat), await reasons(chat)) == (["newer"], ["applied", "older_edit"])


async def test_an_older_edit_does_not_undo_one_that_changed_nothing(chat: Chat) -> None:
    for event in (said(chat), edit(chat, "helo", 2), edit(chat, "older", 1)):
        await record(chat, event)
    assert (await texts(chat), await reasons(chat)) == (["helo"], ["unchanged", "older_edit"])


async def test_of_two_edits_of_one_moment_the_last_to_come_counts(chat: Chat) -> None:
    for event in (said(chat), edit(chat, "hello", 1), edit(chat, "hello!", 1), edit(chat, "hello!", 1)):
        await record(chat, event)
    assert (await texts(chat), await reasons(chat)) == (["hello!"], ["applied", "applied", "unchanged"])


async def test_an_older_edit_is_not_answered_again(chat: Chat) -> None:
    await chat.settings(edits="answer")
    chat.access = await chat.loaded()
    await record(chat, said(chat))
    await chat.begin(behind=True)
    await record(chat, edit(chat, "newer", 2))
    await record(chat, edit(chat, "older", 1))
    assert (await texts(chat), await reasons(chat)) == (["helo", "newer"], [None, "older_edit"])


async def test_an_edit_that_comes_after_the_deletion_changes_nothing(chat: Chat) -> None:
    for event in (said(chat), deletion(chat), edit(chat, "hello", 1)):
        await record(chat, event)
    assert (await texts(chat), await reasons(chat)) == (["helo"], ["deleted"])
