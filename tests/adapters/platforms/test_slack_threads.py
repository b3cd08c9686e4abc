"""Threads: where a channel's messages are answered, and what in a thread follows up on what the bot was asked."""

import pytest
from pydantic import JsonValue

from adapters.platforms.base import Channel
from domain.events import EventKind, InboundEvent
from tests.adapters.platforms.slack_payloads import CHANNEL, CHANNEL_ID, DIRECT, ME, TS, USER, read_event

ROOT = "1766458000.000100"
OPENING = CHANNEL.model_copy(update={"settings": {"threads": "always"}})


def said(text: str, by: Channel = CHANNEL, **more: JsonValue) -> InboundEvent:
    return read_event({"type": "message", "channel": CHANNEL_ID, "user": USER, "ts": TS, "text": text, **more}, by)


def test_a_message_at_the_top_of_a_channel_can_be_a_thread_of_its_own() -> None:
    assert (said("hi").thread, said("hi", OPENING).thread) == (None, TS)
    assert said("hi", OPENING, thread_ts=TS).thread == TS
    assert said("hi", OPENING, thread_ts=ROOT).thread == ROOT


def test_between_two_nothing_opens_a_thread() -> None:
    assert said("hi", OPENING, channel=DIRECT, channel_type="im").thread is None


@pytest.mark.parametrize("kind", [EventKind.EDIT, EventKind.DELETE])
def test_a_change_is_looked_for_where_its_message_stands(kind: EventKind) -> None:
    message: JsonValue = {"user": USER, "ts": TS, "text": "new", "edited": {"user": USER, "ts": "1766458030.000000"}}
    changed: dict[str, JsonValue] = {"subtype": "message_changed", "message": message, "previous_message": {"text": ""}}
    deleted: dict[str, JsonValue] = {"subtype": "message_deleted", "deleted_ts": TS, "previous_message": message}
    event = said("", OPENING, **(changed if kind is EventKind.EDIT else deleted))
    assert (event.kind, event.thread) == (kind, TS)


TEXTS = [
    ("and then?", True),
    ("", True),
    (f"<@{ME}> and then?", True),
    ("<@U0000000Z> what do you say?", False),
    (f"<@{ME}> or <@U0000000Z|zoe>?", False),
    ("<!here> look", False),
    ("<!subteam^S1|@team> look", False),
    ("<#C123|general> has it", True),
]


@pytest.mark.parametrize(("text", "follows"), TEXTS)
def test_what_names_nobody_else_follows_up_in_a_thread(text: str, follows: bool) -> None:
    assert said(text, thread_ts=ROOT, files=[{"id": "F1"}]).follows_up is follows


def test_the_message_that_begins_a_thread_follows_up_on_nothing() -> None:
    assert not any(said("hi", channel, thread_ts=TS).follows_up for channel in (CHANNEL, OPENING))
