"""Slack's recorded calls become events, each with its meaning."""

from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from adapters.platforms.slack.events import LIFECYCLE, READERS
from adapters.platforms.slack.setup import EVENTS
from domain.events import Attachment, EventKind, InboundEvent, Sender
from tests.adapters.platforms.slack_payloads import (
    BOT,
    CHANNEL_ID,
    DIRECT,
    ME,
    SAID_AT,
    TS,
    USER,
    read_recorded,
)

THREAD = "1766458000.000100"
IN_DIRECT: dict[str, JsonValue] = {"channel": DIRECT, "channel_type": "im", "user": USER, "ts": TS, "event_ts": TS}
IN_CHANNEL: dict[str, JsonValue] = {**IN_DIRECT, "channel": CHANNEL_ID, "channel_type": "channel"}
EDITED_TS = "1766458030.000200"
EDITED_AT = datetime(2025, 12, 23, 2, 47, 10, 200, tzinfo=UTC)


def test_a_direct_message_is_read_whole() -> None:
    assert read_recorded("Message", **IN_DIRECT, text="fish &amp; chips?") == InboundEvent(
        key=f"message:{DIRECT}:{TS}",
        kind=EventKind.MESSAGE,
        chat=DIRECT,
        sender=Sender(external_id=USER),
        platform_message_id=TS,
        text="fish & chips?",
        occurred_at=SAID_AT,
    )


@pytest.mark.parametrize(
    ("kind", "fields", "is_problem"),
    [
        ("AppUninstalled", {}, True),
        ("TokensRevoked", {"tokens": {"oauth": [USER], "bot": [ME]}}, True),
        ("TokensRevoked", {"tokens": {"oauth": [USER]}}, False),
        ("TokensRevoked", {"tokens": {"bot": ["U0ANOTHERS"]}}, False),
        ("TokensRevoked", {"tokens": 5}, False),
    ],
)
def test_what_takes_the_bots_token_away_is_the_channels_problem(
    kind: str, fields: dict[str, JsonValue], is_problem: bool
) -> None:
    event = read_recorded(kind, **fields)
    assert event.ignored == event.details.get("problem", event.ignored)
    assert ("problem" in event.details) is is_problem


def test_a_message_in_a_channel_is_not_for_the_bot_unless_it_says_so() -> None:
    said = read_recorded("Message", **IN_CHANNEL, text="anybody there?")
    assert (said.is_group, said.addressed, said.ignored) == (True, False, None)


def test_a_mention_addresses_the_bot_and_its_twin_has_the_same_key() -> None:
    text = f"<@{ME}> how late is it?"
    message = read_recorded("Message", **IN_CHANNEL, text=text)
    mention = read_recorded("AppMention", user=USER, channel=CHANNEL_ID, ts=TS, event_ts=TS, text=text)
    assert mention == message
    assert (message.addressed, message.text) == (True, "how late is it?")


def test_a_reply_in_a_thread_belongs_to_the_thread() -> None:
    said = read_recorded("Message", **IN_CHANNEL, text="and then?", thread_ts=THREAD, parent_user_id=USER)
    assert (said.thread, said.addressed) == (THREAD, False)


def test_a_reply_to_the_bot_addresses_it() -> None:
    said = read_recorded("Message", **IN_CHANNEL, text="and then?", thread_ts=THREAD, parent_user_id=ME)
    assert (said.thread, said.addressed) == (THREAD, True)


def test_the_first_message_of_a_thread_stays_in_the_channel() -> None:
    assert read_recorded("Message", **IN_CHANNEL, text="hi", thread_ts=TS).thread is None


def test_a_reply_that_the_channel_sees_too_belongs_to_its_thread() -> None:
    said = read_recorded("MessageThreadBroadcast", **IN_CHANNEL, text="all: look", thread_ts=THREAD)
    assert (said.kind, said.thread, said.ignored) == (EventKind.MESSAGE, THREAD, None)


def test_a_me_message_is_a_message() -> None:
    said = read_recorded("MessageMe", **IN_DIRECT, text="waves")
    assert (said.kind, said.text, said.ignored) == (EventKind.MESSAGE, "waves", None)


def test_files_come_by_reference() -> None:
    file: dict[str, JsonValue] = {
        "id": "F1",
        "name": "cat.png",
        "mimetype": "image/png",
        "size": 1234,
        "mode": "hosted",
        "url_private_download": "https://files.slack.com/cat.png",
    }
    said = read_recorded("MessageFileShare", **IN_DIRECT, text="look", files=[file, {"id": "F2", "mode": "tombstone"}])
    assert (said.kind, said.text) == (EventKind.MESSAGE, "look")
    assert said.attachments == (
        Attachment(
            kind="photo",
            reference="https://files.slack.com/cat.png",
            name="cat.png",
            mime_type="image/png",
            size_bytes=1234,
            details={"file_id": "F1", "mode": "hosted"},
        ),
        Attachment(kind="other", details={"file_id": "F2", "mode": "tombstone"}),
    )


def test_a_file_of_another_workspace_is_known_by_its_id() -> None:
    told: list[JsonValue] = [{"id": "F0000SHARED", "mode": "file_access", "file_access": "check_file_info"}]
    (attached,) = read_recorded("MessageFileShare", **IN_DIRECT, text="look", files=told).attachments
    assert (attached.kind, attached.reference) == ("document", "F0000SHARED")


def edit(message: dict[str, JsonValue], before: str) -> InboundEvent:
    told: dict[str, JsonValue] = {"channel": DIRECT, "channel_type": "im", "ts": EDITED_TS, "event_ts": EDITED_TS}
    previous: dict[str, JsonValue] = {"user": USER, "ts": TS, "text": before}
    return read_recorded("MessageChanged", **told, message=message, previous_message=previous)


CHANGED: dict[str, JsonValue] = {"user": USER, "ts": TS, "text": "new", "edited": {"user": USER, "ts": EDITED_TS}}


def test_an_edit_names_the_message_that_it_changes() -> None:
    assert edit(CHANGED, "old") == InboundEvent(
        key=f"edit:{DIRECT}:{TS}:{EDITED_TS}",
        kind=EventKind.EDIT,
        chat=DIRECT,
        sender=Sender(external_id=USER),
        platform_message_id=TS,
        text="new",
        occurred_at=EDITED_AT,
    )


def test_a_change_that_changes_no_word_is_ignored_under_another_key() -> None:
    unfolded = edit(CHANGED, "new")
    assert (unfolded.key, unfolded.ignored, unfolded.chat) == ("event:Ev0000001", "unchanged", None)


def test_what_the_bot_changes_itself_is_ignored() -> None:
    assert edit({**CHANGED, "user": ME, "bot_id": BOT}, "old").ignored == "own_message"


def test_a_message_with_answers_that_is_withdrawn_is_a_delete() -> None:
    gone = edit({**CHANGED, "subtype": "tombstone", "user": "USLACKBOT"}, "old")
    assert (gone.kind, gone.platform_message_id, gone.ignored) == (EventKind.DELETE, TS, None)


def test_a_delete_names_the_message_that_it_withdraws() -> None:
    previous: dict[str, JsonValue] = {"user": USER, "ts": TS, "text": "old", "thread_ts": THREAD}
    told: dict[str, JsonValue] = {"channel": CHANNEL_ID, "channel_type": "channel", "event_ts": EDITED_TS}
    assert read_recorded("MessageDeleted", **told, deleted_ts=TS, previous_message=previous) == InboundEvent(
        key=f"delete:{CHANNEL_ID}:{TS}",
        kind=EventKind.DELETE,
        chat=CHANNEL_ID,
        thread=THREAD,
        sender=Sender(external_id=USER),
        is_group=True,
        platform_message_id=TS,
        occurred_at=EDITED_AT,
    )


def test_the_bots_own_messages_come_back_and_are_ignored() -> None:
    echo = read_recorded("Message", **{**IN_DIRECT, "user": ME}, bot_id=BOT, text="an answer")
    assert (echo.key, echo.ignored, echo.chat) == (f"message:{DIRECT}:{TS}", "own_message", None)


def test_other_bots_are_ignored() -> None:
    told = {name: value for name, value in IN_CHANNEL.items() if name != "user"}
    assert read_recorded("MessageBot", **told, bot_id="B00000009", text="beep").ignored == "from_a_bot"


@pytest.mark.parametrize(("name", "added", "removed"), [("Added", ["wave"], []), ("Removed", [], ["wave"])])
def test_a_reaction_names_what_changed_and_where(name: str, added: list[str], removed: list[str]) -> None:
    item: dict[str, JsonValue] = {"channel": CHANNEL_ID, "ts": THREAD}
    told = read_recorded(f"Reaction{name}", user=USER, item=item, reaction="wave", item_user=ME, event_ts=TS)
    assert told == InboundEvent(
        key="event:Ev0000001",
        kind=EventKind.REACTION,
        chat=CHANNEL_ID,
        sender=Sender(external_id=USER),
        is_group=True,
        platform_message_id=THREAD,
        occurred_at=SAID_AT,
        details={"added": added, "removed": removed},
    )


@pytest.mark.parametrize(("user", "status"), [(USER, "joined"), (ME, "added")])
def test_who_joins_is_told_apart_from_the_bot(user: str, status: str) -> None:
    told = read_recorded("MemberJoinedChannel", user=user, channel=CHANNEL_ID, event_ts=TS)
    assert (told.kind, told.chat, told.details) == (EventKind.MEMBERSHIP, CHANNEL_ID, {"status": status})
    assert told.ignored == "membership"


def test_the_app_is_set_up_to_be_told_of_all_that_is_read() -> None:
    subscribed = {name.partition(".")[0] for name in EVENTS}
    assert subscribed == {*READERS, *LIFECYCLE}
