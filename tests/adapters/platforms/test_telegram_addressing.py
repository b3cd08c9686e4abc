"""Whom a Telegram message is meant for: commands, mentions, replies, topics, and senders that are no people."""

import pytest

from adapters.platforms.base import Channel
from domain.events import EventKind, Sender
from tests.adapters.platforms.telegram_payloads import CHANNEL, read_message, read_payload

UNCHECKED = CHANNEL.model_copy(update={"account": {}})


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("command_start", "start"),
        ("command_start_payload", "start"),
        ("command_upper_case", "help"),
        ("group_command", "help"),
        ("group_command_to_us", "help"),
        ("message", None),
    ],
)
def test_a_command_is_its_name_in_lower_case(name: str, command: str | None) -> None:
    assert read_payload(name).command == command


def test_a_start_command_keeps_its_payload() -> None:
    event = read_payload("command_start_payload")
    assert (event.text, event.details) == ("/start spring_2025-A", {"payload": "spring_2025-A"})


def test_a_command_within_the_text_is_none() -> None:
    event = read_message(text="try /help", entities=[{"type": "bot_command", "offset": 4, "length": 5}])
    assert event.command is None


def test_a_message_that_was_passed_on_says_so() -> None:
    event = read_message(text="look", forward_origin={"type": "hidden_user", "sender_user_name": "Eve", "date": 1})
    assert event.details == {"forwarded": True}


def test_a_group_is_called_by_its_title() -> None:
    assert read_payload("group_plain").details["chat_title"] == "Garden club"


def test_a_private_message_is_always_addressed() -> None:
    text = "/help@rose_bot"
    event = read_message(text=text, entities=[{"type": "bot_command", "offset": 0, "length": len(text)}])
    assert (event.addressed, event.command) == (True, "help")


@pytest.mark.parametrize(
    ("name", "addressed"),
    [
        ("group_plain", False),
        ("group_mention", True),
        ("group_text_mention", True),
        ("group_caption_mention", True),
        ("group_mention_of_another", False),
        ("group_reply_to_us", True),
        ("group_reply_to_another", False),
        ("group_command", True),
        ("group_command_to_us", True),
        ("group_command_to_another", False),
        ("topic_message", False),
    ],
)
def test_a_group_message_is_addressed_by_mention_reply_or_command(name: str, addressed: bool) -> None:
    event = read_payload(name)
    assert (event.kind, event.is_group, event.addressed) == (EventKind.MESSAGE, True, addressed)


def test_a_command_for_another_bot_is_no_command_of_ours() -> None:
    assert read_payload("group_command_to_another").command is None


@pytest.mark.parametrize(
    ("name", "addressed"),
    [
        ("group_text_mention", True),
        ("group_reply_to_us", True),
        ("group_command_to_us", True),
        ("group_mention", False),
    ],
)
def test_before_the_first_check_the_token_tells_who_we_are(name: str, addressed: bool) -> None:
    assert read_payload(name, UNCHECKED).addressed is addressed


@pytest.mark.parametrize("channel", [CHANNEL, UNCHECKED.model_copy(update={"credentials": CHANNEL.credentials})])
def test_our_own_message_by_inline_mode_is_ignored(channel: Channel) -> None:
    assert read_payload("via_this_bot", channel).ignored == "via_this_bot"


def test_a_message_by_way_of_another_bot_is_heard() -> None:
    assert read_payload("via_another_bot").ignored is None


@pytest.mark.parametrize(("name", "reason"), [("from_a_bot", "from_a_bot"), ("automatic_forward", "automatic_forward")])
def test_what_no_person_wrote_is_ignored(name: str, reason: str) -> None:
    assert read_payload(name).ignored == reason


@pytest.mark.parametrize("name", ["anonymous_administrator", "sender_chat_only"])
def test_an_anonymous_administrator_speaks_as_the_group(name: str) -> None:
    event = read_payload(name)
    assert event.sender == Sender(external_id="-1001743869012", name="Garden club")
    assert (event.ignored, event.text) == (None, "Meeting at eight")


def test_a_topic_is_a_thread_and_its_opening_is_not_answered() -> None:
    event = read_payload("topic_message")
    assert (event.chat, event.thread, event.reply_to) == ("-1001743869012", "900", None)


def test_a_thread_of_replies_is_no_topic() -> None:
    event = read_payload("thread_without_topic")
    assert (event.thread, event.reply_to) == (None, "871")
