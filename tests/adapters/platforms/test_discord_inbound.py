"""What Discord tells, by the gateway and by its calls, as events; broken or hostile, it is read as far as it can be."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from adapters.errors import Unreadable
from adapters.platforms.discord.messages import read_message
from adapters.platforms.discord.place import me_of, moment_of, snowflake_at
from domain.events import EventKind, Replied, Sender
from domain.text import unstorable
from tests.adapters.platforms.discord_payloads import (
    CHANNEL,
    CHAT,
    GUILD,
    ME,
    MESSAGE,
    USER,
    deaf_discord,
    dispatched,
    interaction,
    message,
    read,
    read_told,
    said,
    signed,
)

SAID_AT = datetime(2026, 2, 17, 0, 48, 3, 193000, tzinfo=UTC)


def test_a_mention_in_a_server_is_a_message_without_its_call() -> None:
    event = said()
    assert (event.key, event.kind, event.chat, event.text) == (f"message:{MESSAGE}", EventKind.MESSAGE, CHAT, "Test")
    assert (event.is_group, event.addressed, event.occurred_at) == (True, True, SAID_AT)
    assert event.sender == Sender(external_id=USER, name="Test User")


def test_a_direct_message_is_addressed_without_a_mention() -> None:
    event = said(guild_id=None, content="hi", mentions=[])
    assert (event.is_group, event.addressed, event.ignored) == (False, True, None)


def test_in_a_server_others_are_left_alone() -> None:
    assert not said(content="hi all", mentions=[]).addressed


def test_a_reply_to_the_bot_is_addressed() -> None:
    answered: JsonValue = {"id": "5", "author": {"id": ME, "bot": True}}
    event = said(type=19, content="why?", mentions=[], referenced_message=answered)
    assert (event.addressed, event.reply_to, event.replied) == (True, "5", None)


def test_a_reply_tells_what_it_replies_to() -> None:
    answered: JsonValue = {"id": "5", "author": {"id": USER, "username": "ada"}, "content": "At <@1>'s?"}
    event = said(type=19, content="why?", referenced_message=answered)
    assert event.replied == Replied(text="At @1's?", sender=Sender(external_id=USER, name="ada"))


def test_a_message_has_one_key_whether_it_was_told_or_found() -> None:
    found = read_message(message(guild_id=None), me_of(CHANNEL), GUILD)
    assert (found.key, found.is_group, found.addressed) == (said().key, True, True)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"author": {"id": ME, "bot": True}}, "own_message"),
        ({"author": {"id": "1457469483726668000", "bot": True}}, "own_message"),
        ({"author": {"id": "9", "bot": True}}, "from_a_bot"),
        ({"webhook_id": "9"}, "from_a_webhook"),
        ({"type": 7}, "type:7"),
        ({"content": " ", "mentions": []}, "empty"),
        ({"channel_id": "no number"}, "malformed:message"),
        ({"id": None}, "malformed:message"),
    ],
)
def test_what_needs_no_answer_says_why(more: dict[str, JsonValue], reason: str) -> None:
    assert said(**more).ignored == reason


def test_tokens_are_read_as_their_writer_saw_them() -> None:
    mentions: JsonValue = [{"id": "7", "username": "grace", "global_name": "Grace"}]
    event = said(content=f"ask <@7> and <@!{ME}> in <#8> <a:wave:9>\x00", mentions=mentions)
    assert event.text == "ask @Grace and @Ada in #8 :wave:"


def test_files_are_kept_by_reference() -> None:
    file: JsonValue = {
        "id": "5",
        "filename": "cat.png",
        "content_type": "image/png",
        "size": 7,
        "url": "https://cdn.discordapp.com/a?ex=1&is=2&hm=3",
    }
    event = said(content="", mentions=[], attachments=[file, {"id": "6", "waveform": "AA=="}, 5])
    assert [(item.kind, item.name, item.size_bytes) for item in event.attachments] == [
        ("photo", "cat.png", 7), ("voice", None, None),
    ]  # fmt: skip
    assert event.attachments[0].reference == "https://cdn.discordapp.com/a?ex=1&is=2&hm=3"
    assert event.ignored is None


def test_an_edit_has_a_key_of_its_own() -> None:
    edited = "2026-02-17T00:49:00+00:00"
    (event,) = dispatched("MESSAGE_UPDATE", message(content="new", edited_timestamp=edited))
    assert (event.kind, event.key, event.text) == (EventKind.EDIT, f"edit:{MESSAGE}:{edited}", "new")
    assert event.platform_message_id == MESSAGE


@pytest.mark.parametrize(
    "more", [{"edited_timestamp": None}, {"content": None}, {"author": {"id": ME}}, {"channel_id": None}]
)
def test_an_update_that_nobody_wrote_is_no_edit(more: dict[str, JsonValue]) -> None:
    assert dispatched("MESSAGE_UPDATE", message(**{"edited_timestamp": "2026-02-17T00:49:00+00:00", **more})) == ()


def test_messages_that_are_deleted_together_are_withdrawn_one_by_one() -> None:
    events = dispatched("MESSAGE_DELETE_BULK", {"ids": ["1", 2, "x", 3.0], "channel_id": CHAT, "guild_id": GUILD})
    assert [(event.kind, event.platform_message_id) for event in events] == [
        (EventKind.DELETE, "1"), (EventKind.DELETE, "2"),
    ]  # fmt: skip


def test_a_reaction_says_what_and_by_whom() -> None:
    told: dict[str, JsonValue] = {
        "user_id": USER, "channel_id": CHAT, "message_id": "1", "emoji": {"id": None, "name": "👍"},
        "message_author_id": ME, "guild_id": GUILD,
    }  # fmt: skip
    (event,) = dispatched("MESSAGE_REACTION_ADD", told)
    assert (event.kind, event.addressed, event.details) == (EventKind.REACTION, True, {"added": ["👍"], "removed": []})


def test_what_is_about_no_message_is_nothing() -> None:
    assert dispatched("TYPING_START", {"channel_id": CHAT}) == ()


def test_a_command_is_a_message_that_can_be_answered() -> None:
    event = read_told()
    assert (event.key, event.kind, event.text) == (
        "interaction:786008729715212338", EventKind.MESSAGE, "The Gitrog Monster",
    )  # fmt: skip
    assert (event.chat, event.is_group, event.addressed, event.command) == ("645027906669510667", True, True, "ask")
    by = {"interaction": "786008729715212338", "token": "A_UNIQUE_TOKEN"}
    assert event.details == {"guild": "290926798626357999", "answer_by": by}


def test_in_a_direct_conversation_the_user_stands_by_itself() -> None:
    event = read_told(guild_id=None, member=None, user={"id": "7", "username": "ada"})
    assert (event.is_group, event.sender) == (False, Sender(external_id="7", name="ada"))


def test_what_another_command_is_called_belongs_to_what_was_said() -> None:
    event = read_told(data={"name": "weather", "type": 1, "options": [{"type": 3, "value": "in Berlin"}]})
    assert (event.text, event.command) == ("/weather in Berlin", "weather")


def test_help_is_asked_for_by_that_word() -> None:
    assert read_told(data={"name": "ask", "type": 1, "options": [{"type": 3, "value": "Help"}]}).command == "help"


def test_a_press_is_read_by_its_label_and_a_choice_by_its() -> None:
    row: JsonValue = {"type": 1, "components": [{"type": 2, "label": "Yes, please", "custom_id": "v1:yes"}]}
    pressed = read_told(
        type=3, data={"component_type": 2, "custom_id": "v1:yes"}, message={"id": "5", "components": [row]}
    )
    assert (pressed.kind, pressed.text, pressed.reply_to) == (EventKind.BUTTON, "Yes, please", "5")
    options: JsonValue = [{"label": "One", "value": "1"}, {"label": "Two", "value": "2"}]
    menu: JsonValue = {"type": 1, "components": [{"type": 3, "custom_id": "m", "options": options}]}
    chosen = read_told(
        type=3, data={"component_type": 3, "custom_id": "m", "values": ["2", "1", 5]}, message={"components": [menu]}
    )
    assert chosen.text == "Two, One"


@pytest.mark.parametrize(("kind", "answer"), [(2, 5), (3, 6), (5, 5), (99, 6)])
def test_a_call_is_answered_at_once(kind: int, answer: int) -> None:
    reply = deaf_discord().taken(CHANNEL, signed(json.dumps(interaction(type=kind)).encode()))
    assert reply is not None
    assert json.loads(reply.body) == {"type": answer}


@pytest.mark.parametrize("kind", [2, 3, 4])
def test_a_command_of_a_menu_is_told_at_once_that_nobody_answers_it(kind: int) -> None:
    told = interaction(data={"name": "Ask about this", "type": kind, "target_id": "5"})
    reply = deaf_discord().taken(CHANNEL, signed(json.dumps(told).encode()))
    assert reply is not None
    answer = json.loads(reply.body)
    assert (answer["type"], answer["data"]["flags"]) == (4, 64)
    assert "no such command" in answer["data"]["content"]
    event = read(json.dumps(told).encode())
    assert (event.ignored, event.details.get("answer_by")) == ("unsupported:menu", None)


def test_autocompletion_has_no_choices() -> None:
    reply = deaf_discord().taken(CHANNEL, signed(json.dumps(interaction(type=4)).encode()))
    assert reply is not None
    assert json.loads(reply.body) == {"type": 8, "data": {"choices": []}}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"{}", b'{"id": 5.0}', b'{"id": "x"}', b'{"id": true}']
)
def test_what_is_no_interaction_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


def test_ids_that_are_numbers_are_read_like_texts() -> None:
    def as_numbers(value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {name: as_numbers(item) for name, item in value.items()}
        if isinstance(value, list):
            return [as_numbers(item) for item in value]
        return int(value) if isinstance(value, str) and value.isdigit() else value

    told = interaction(version=1, member={"user": {"id": USER, "username": "ada"}})
    assert read(json.dumps(as_numbers(told)).encode()) == read(json.dumps(told).encode())
    words: dict[str, JsonValue] = {
        "id": MESSAGE, "channel_id": CHAT, "guild_id": GUILD, "content": "hello", "mentions": [{"id": ME}],
        "author": {"id": USER, "username": "ada"},
    }  # fmt: skip
    counted = as_numbers(words)
    assert isinstance(counted, dict)
    assert dispatched("MESSAGE_CREATE", counted) == dispatched("MESSAGE_CREATE", words)
    gone: dict[str, JsonValue] = {"ids": [int(MESSAGE), MESSAGE, 5.0, None], "channel_id": CHAT}
    assert [event.platform_message_id for event in dispatched("MESSAGE_DELETE_BULK", gone)] == [MESSAGE, MESSAGE]


@pytest.mark.parametrize("moment", [datetime(2015, 1, 1, tzinfo=UTC), SAID_AT])
def test_a_snowflake_tells_its_time(moment: datetime) -> None:
    assert moment_of(str(snowflake_at(moment))) == moment


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
DISPATCHES = ["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK", "MESSAGE_REACTION_ADD"]


@given(st.sampled_from(DISPATCHES), st.sampled_from(sorted(message())), json_values)
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_any_value_anywhere_in_a_message_is_survived(name: str, field: str, value: JsonValue) -> None:
    for event in dispatched(name, {**message(ids=["1"]), field: value}):
        assert not unstorable(event.model_dump(mode="json"))


@given(st.sampled_from(sorted(interaction())), json_values)
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_any_value_anywhere_in_an_interaction_is_survived(field: str, value: JsonValue) -> None:
    try:
        event = read(json.dumps(interaction(**{field: value})).encode())
    except Unreadable:
        return
    assert not unstorable(event.model_dump(mode="json"))
