"""Recording late: what a workflow was told whole is recorded once, in its place, and never stands in its way."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from pydantic import JsonValue
from sqlalchemy import insert, select, update

from adapters.database import events, unrecorded
from adapters.database.records import Event, Message, Notice
from adapters.database.tables import ChannelRow, ChatAlias
from domain.conversations import Control
from domain.events import InboundEvent
from domain.handovers import ItemKind, Unrecorded, Waiting
from domain.ids import event_id
from domain.recording import Record, Recorded
from tests.adapters.database.chat import Chat
from tests.adapters.database.test_transcripts import shown

EARLIER = datetime(2025, 12, 31, 23, tzinfo=UTC)


def whole(chat: Chat, event: InboundEvent, kind: ItemKind = "message") -> Waiting:
    """An event as the workflow holds it."""
    content = event.model_dump(mode="json", exclude_defaults=True)
    return told(chat, content, str(event_id(chat.access.channel.id, event.key)), kind)


def told(chat: Chat, content: dict[str, JsonValue], name: str, kind: ItemKind = "message") -> Waiting:
    """Something that the workflow holds."""
    known = Unrecorded(channel_id=str(chat.channel.id), event=content, correlation_id="c-1")
    return Waiting(id=name, kind=kind, received_at=EARLIER, heard_at=chat.now, unrecorded=known)


async def record(chat: Chat, *items: Waiting) -> Recorded:
    """PostgreSQL is back."""
    async with chat.database.begin() as connection:
        return await unrecorded.record(connection, Record(conversation_id=str(chat.id), items=items), chat.now)


async def known(chat: Chat, item: Waiting) -> tuple[object, ...]:
    """How the event of an item stands."""
    query = select(Event.state, Event.reason, Event.conversation_id).where(Event.id == UUID(item.id))
    return (await chat.rows(query))[0]


async def test_it_is_recorded_as_of_when_it_came_and_is_in_the_workflow(chat: Chat) -> None:
    item = whole(chat, chat.event("hello"))
    assert await record(chat, item) == Recorded()
    query = select(Event.state, Event.received_at, Event.queued_at, Event.handovers, Event.correlation_id, Message.text)
    rows = await chat.rows(query.join(Message, Message.id == Event.id).where(Event.conversation_id == chat.id))
    assert rows == [("queued", EARLIER, chat.now, 1, "c-1", "hello")]
    assert (await chat.begin(UUID(item.id))).members == 1


async def test_recording_again_changes_nothing(chat: Chat) -> None:
    items = [whole(chat, chat.event(f"number {number}")) for number in range(3)]
    assert [await record(chat, *items), await record(chat, *items)] == [Recorded(), Recorded()]
    assert await chat.states() == [("queued", None)] * 3


async def test_what_postgresql_took_all_the_same_is_one_event(chat: Chat) -> None:
    event = chat.event("hello")
    async with chat.database.begin() as connection:
        await events.record(connection, chat.access, [event], chat.now)
    assert await record(chat, whole(chat, event)) == Recorded()
    assert await chat.states() == [("queued", None)]


async def test_what_has_its_end_already_needs_no_answer(chat: Chat) -> None:
    event = chat.event("hello")
    item = whole(chat, event)
    await record(chat, item)
    begun = await chat.begin(UUID(item.id))
    assert (await record(chat, item)).settled == (item.id,)
    assert (await chat.begin(UUID(item.id))).turn == begun.turn


async def test_what_was_recorded_before_is_named_and_answered_first(chat: Chat) -> None:
    chat.pass_time(days=-1)
    (before,) = await chat.hear("before", handed_over=False)
    chat.pass_time(days=1)
    item = whole(chat, chat.event("after"))
    assert await record(chat, item) == Recorded(behind=True)
    assert (await chat.begin(UUID(item.id), behind=True, together=False)).turn == 1
    taken = select(Event.id).where(Event.turn_id.is_not(None), Event.conversation_id == chat.id)
    assert await chat.rows(taken) == [(before,)]


async def test_what_came_before_what_another_process_recorded_is_answered_before_it(chat: Chat) -> None:
    chat.pass_time(days=-1)
    (oldest,) = await chat.hear("oldest")
    chat.pass_time(days=1)
    later = await chat.hear("later", "latest")
    items = [whole(chat, chat.event(f"carried {number}")) for number in range(2)]
    for item in items:
        await record(chat, item)
    await chat.settings(bursts={"policy": "queue"})
    in_order = [oldest, *(UUID(item.id) for item in items), *later]
    for number, expected in enumerate(in_order, 1):
        begun = await chat.begin(*in_order[number - 1 :], together=False)
        assert (begun.turn, [UUID(item) for item in begun.settled]) == (number, [expected])
        await chat.end(begun)


async def test_an_edit_changes_what_was_carried_before_it(chat: Chat) -> None:
    said = whole(chat, chat.event("before", platform_message_id="1"))
    edit = whole(chat, chat.event("after", kind="edit", platform_message_id="1"), "record")
    assert await record(chat, said, edit) == Recorded(settled=(edit.id,))
    assert await chat.states() == [("queued", None), ("ignored", "applied")]
    assert await chat.rows(select(Message.text).where(Message.conversation_id == chat.id)) == [("after",)]


async def test_an_edit_that_was_carried_before_its_message_changes_it(chat: Chat) -> None:
    edit = whole(chat, chat.event("after", kind="edit", platform_message_id="1"), "record")
    said = whole(chat, chat.event("before", platform_message_id="1"))
    assert await record(chat, edit, said) == Recorded(settled=(edit.id,))
    assert await chat.rows(select(Message.text).where(Message.conversation_id == chat.id)) == [("after",)]


async def test_an_edit_that_is_answered_again_waits_for_the_relay(chat: Chat) -> None:
    await chat.settings(edits="answer")
    said = whole(chat, chat.event("before", platform_message_id="1"))
    await record(chat, said)
    await chat.begin(UUID(said.id))
    edit = whole(chat, chat.event("after", kind="edit", platform_message_id="1"), "record")
    assert (await record(chat, edit)).settled == (edit.id,)
    assert (await known(chat, edit))[:2] == ("received", None)


async def test_a_receipt_ends_where_it_is_recorded(chat: Chat) -> None:
    await chat.hear("hello")
    item = whole(chat, chat.event(kind="receipt"), "record")
    assert await record(chat, item) == Recorded(settled=(item.id,), behind=True)
    assert (await known(chat, item))[:2] == ("ignored", "receipt")


async def test_nobody_is_left_to_answer_where_there_is_no_conversation_or_it_is_closed(chat: Chat) -> None:
    receipts = [whole(chat, chat.event(kind="receipt"), "record") for _ in range(3)]
    assert (await record(chat, receipts[0])).over
    await chat.hear("hello")
    assert not (await record(chat, receipts[1])).over
    await chat.control(Control.CLOSE)
    assert (await record(chat, receipts[2])).over


async def test_a_message_reopens_a_closed_conversation(chat: Chat) -> None:
    await chat.hear("hello")
    await chat.control(Control.CLOSE)
    assert not (await record(chat, whole(chat, chat.event("again")))).over


async def test_a_message_of_a_chat_with_a_new_name_waits_for_the_relay_in_its_conversation(chat: Chat) -> None:
    await chat.hear("before")
    renamed = {"channel_id": chat.channel.id, "chat": "-1007", "original_chat": chat.name}
    async with chat.database.begin() as connection:
        await connection.execute(insert(ChatAlias).values(**renamed))
    item = whole(chat, chat.event("after", chat="-1007"))
    async with chat.database.begin() as connection:
        elsewhere = Record(conversation_id=str(uuid4()), items=(item,))
        assert await unrecorded.record(connection, elsewhere, chat.now) == Recorded(settled=(item.id,), over=True)
    assert await known(chat, item) == ("received", None, chat.id)


@pytest.mark.parametrize(("content", "reason"), [
    ({"key": "1", "kind": "unheard_of"}, "unreadable"),
    ({}, "unreadable"),
    ({"key": "2", "kind": "message", "chat": "7", "text": "\x00"}, "unstorable"),
])  # fmt: skip
async def test_what_cannot_be_read_or_stored_ends_as_failed_with_a_notice_and_harms_nothing_else(
    chat: Chat, content: dict[str, JsonValue], reason: str
) -> None:
    broken, sound = told(chat, content, str(uuid4())), whole(chat, chat.event("hello"))
    assert await record(chat, broken, sound) == Recorded(settled=(broken.id,))
    assert await record(chat, broken, sound) == Recorded(settled=(broken.id,))
    assert await known(chat, broken) == ("failed", reason, None)
    assert await chat.states() == [("queued", None)]
    about = select(Notice.kind).where(Notice.details["event_id"].as_string() == broken.id)
    assert await chat.rows(about) == [("event_failed",)]


async def test_what_belongs_to_nobody_is_let_go(chat: Chat) -> None:
    stray = whole(chat, chat.event())
    assert stray.unrecorded is not None
    elsewhere = stray.model_copy(update={"unrecorded": Unrecorded(channel_id=str(uuid4()))})
    nowhere = stray.model_copy(update={"unrecorded": Unrecorded(channel_id="nowhere")})
    nameless = stray.model_copy(update={"id": "nameless"})
    for item in (elsewhere, nowhere, nameless):
        assert (await record(chat, item)).settled == (item.id,)


async def test_what_a_deleted_channel_was_told_ends_as_ignored(chat: Chat) -> None:
    async with chat.database.begin() as connection:
        gone = update(ChannelRow).where(ChannelRow.id == chat.channel.id)
        await connection.execute(gone.values(deleted_at=chat.now, credentials=None, credentials_key_id=None))
    item = whole(chat, chat.event())
    assert (await record(chat, item)).settled == (item.id,)
    assert (await known(chat, item))[:2] == ("ignored", "bot_deleted")


async def test_who_wrote_what_and_in_reply_to_what_is_told_all_the_same(chat: Chat) -> None:
    sender: JsonValue = {"external_id": "1", "name": "Ann"}
    group: dict[str, JsonValue] = {"sender": sender, "is_group": True, "details": {"media_group_id": "9"}}
    replied: JsonValue = {"text": "Which flowers?", "ours": True}
    asked = whole(chat, chat.event("these", **group, replied=replied))
    rest = whole(chat, chat.event(addressed=False, text="and these", **group), kind="record")
    assert (await record(chat, asked, rest)).behind
    begun = await chat.begin(UUID(asked.id), behind=True)
    assert await shown(chat, begun) == ['Ann: [in reply to you: "Which flowers?"]\n  these', "Ann: and these"]
