"""Buttons, slash commands, and calls that hold anything at all."""

import json

import pytest
from pydantic import JsonValue

from adapters.errors import Unreadable
from domain.events import EventKind, InboundEvent, Sender
from tests.adapters.platforms.slack_payloads import (
    CHANNEL,
    CHANNEL_ID,
    DIRECT,
    FORM_TYPE,
    ME,
    SAID_AT,
    TEAM,
    TS,
    USER,
    filled,
    read,
    read_event,
    read_form,
    recorded,
)

THREAD = "1766458000.000100"
BUTTON: dict[str, JsonValue] = {
    "type": "button",
    "action_id": "info",
    "block_id": "b1",
    "value": "42",
    "text": {"type": "plain_text", "text": "Show *Info*"},
    "action_ts": TS,
}
PRESSED: dict[str, JsonValue] = {
    "team": {"id": TEAM},
    "user": {"id": USER, "name": "test.user"},
    "container": {"channel_id": CHANNEL_ID, "message_ts": "1766458020.000300", "thread_ts": THREAD},
    "actions": [BUTTON],
}


def press(**changed: JsonValue) -> tuple[InboundEvent, ...]:
    payload = filled(recorded("BlockAction"), {**PRESSED, **changed})
    return read_form({"payload": json.dumps(payload)})


def test_a_pressed_button_is_a_message_with_its_label() -> None:
    assert press() == (
        InboundEvent(
            key=f"button:{CHANNEL_ID}:{USER}:{TS}:info",
            kind=EventKind.BUTTON,
            chat=CHANNEL_ID,
            thread=THREAD,
            sender=Sender(external_id=USER, name="test.user"),
            is_group=True,
            reply_to="1766458020.000300",
            text="Show *Info*",
            occurred_at=SAID_AT,
            details={"action_id": "info", "block_id": "b1", "data": "42"},
        ),
    )


def test_a_link_that_was_opened_says_nothing() -> None:
    (event,) = press(actions=[{**BUTTON, "action_id": "link:2"}])
    assert event.ignored == "link_opened"


def test_a_chosen_option_is_what_was_said() -> None:
    option: JsonValue = {"text": {"type": "plain_text", "text": "Tuesday"}, "value": "tue"}
    (event,) = press(
        actions=[{"type": "static_select", "action_id": "day", "selected_option": option, "action_ts": TS}]
    )
    assert (event.text, event.details["data"]) == ("Tuesday", "tue")


def test_an_interaction_that_asks_nothing_is_ignored_with_its_name() -> None:
    (event,) = read_form({"payload": json.dumps({"type": "view_closed", "team": {"id": TEAM}})})
    assert event.ignored == "unsupported:view_closed"


def command(**values: JsonValue) -> InboundEvent:
    blank: dict[str, JsonValue] = {"team_id": TEAM, "channel_id": DIRECT, "user_id": USER, "trigger_id": "1.2.abc"}
    form = filled(recorded("SlashCommand"), {**blank, "command": "/ask", **values})
    assert isinstance(form, dict)
    (event,) = read_form({name: str(value) for name, value in form.items()})
    return event


def test_a_slash_command_says_what_stands_behind_it() -> None:
    assert command(text="where is my &lt;parcel&gt;?", user_name="ada") == InboundEvent(
        key="command:1.2.abc",
        kind=EventKind.MESSAGE,
        chat=DIRECT,
        sender=Sender(external_id=USER, name="ada"),
        text="where is my <parcel>?",
        command="ask",
    )


def test_help_behind_a_command_asks_for_help() -> None:
    assert command(text=" Help ").command == "help"


def test_a_command_without_words_is_its_name() -> None:
    assert (command(text="").text, command(text="").command) == ("/ask", "ask")


def test_a_command_in_a_channel_is_for_the_bot() -> None:
    event = command(text="hi", channel_id=CHANNEL_ID)
    assert (event.is_group, event.addressed) == (True, True)


def test_slacks_own_check_tells_nothing() -> None:
    assert read_form({"ssl_check": "1", "token": "x"}) == ()


SAID: dict[str, JsonValue] = {"type": "message", "channel": DIRECT, "channel_type": "im", "user": USER, "ts": TS}
TEXTS = [
    ("plain", "plain"),
    ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
    (f"<@{ME}>", "@ada"),
    (f"<@{ME}|ada>: hello", "hello"),
    (f"ask <@{ME}> or <@U0000000Z> or <@U0000000Z|zoe>", "ask @ada or @U0000000Z or @zoe"),
    ("in <#C123|general> and <#C124>", "in #general and #C124"),
    ("<!here> <!channel> <!subteam^S1|@team> <!subteam^S1>", "@here @channel @team @subteam"),
    ("<!date^1392734382^{date}|Feb 18>", "Feb 18"),
    ("<https://x.y/?a=1&amp;b=2|the page>", "the page (https://x.y/?a=1&b=2)"),
    ("<https://x.y> <http://x.y|x.y>", "https://x.y http://x.y"),
    ("<mailto:a@b.c|a@b.c>", "a@b.c"),
    ("a < b > c <>", "a < b > c <>"),
]


@pytest.mark.parametrize(("raw", "shown"), TEXTS)
def test_text_is_read_as_its_writer_saw_it(raw: str, shown: str) -> None:
    assert read_event({**SAID, "text": raw}).text == shown


def test_before_the_bot_is_known_its_authorization_names_it() -> None:
    unknown = CHANNEL.model_copy(update={"account": {}})
    said: dict[str, JsonValue] = {**SAID, "channel": CHANNEL_ID, "channel_type": "channel", "text": f"<@{ME}> hi"}
    granted: JsonValue = [{"team_id": TEAM, "user_id": ME, "is_bot": True}]
    assert read_event(said, unknown, authorizations=granted).text == "hi"
    assert read_event(said, unknown).addressed
    assert not read_event({**said, "text": "hi"}, unknown).addressed


def test_what_is_told_for_another_workspace_is_ignored() -> None:
    said: dict[str, JsonValue] = {**SAID, "text": "hi"}
    assert read_event(said, team_id="T00000002").ignored == "other_workspace"
    ours: JsonValue = [{"team_id": TEAM, "is_bot": True}]
    assert read_event(said, team_id="T00000002", authorizations=ours).ignored is None
    (pressed,) = press(team={"id": "T00000002"})
    assert pressed.ignored == "other_workspace"


HOSTILE: list[tuple[dict[str, JsonValue], str]] = [
    ({"type": "message"}, "malformed:message"),
    ({**SAID, "ts": 1766458026.240809}, "malformed:message"),
    ({**SAID, "ts": "1766458026.240809; drop"}, "malformed:message"),
    ({**SAID, "channel": {"id": "C1"}}, "malformed:message"),
    ({**SAID, "text": ["a"]}, "empty"),
    ({**SAID, "subtype": "huddle_thread"}, "subtype:huddle_thread"),
    ({**SAID, "subtype": "message_changed"}, "malformed:message_changed"),
    ({**SAID, "subtype": "message_deleted"}, "malformed:message_deleted"),
    ({**SAID, "user": "USLACKBOT", "text": "psst"}, "from_slack"),
    ({"type": "reaction_added", "item": []}, "malformed:reaction"),
    ({"type": "member_joined_channel"}, "malformed:channel"),
    ({"type": "pin_added"}, "unsupported:pin_added"),
    ({"type": "\u0000 <script>"}, "unsupported:unknown"),
    ({}, "unsupported:nothing"),
]


@pytest.mark.parametrize(("event", "reason"), HOSTILE)
def test_what_cannot_be_heard_is_recorded_with_its_reason(event: dict[str, JsonValue], reason: str) -> None:
    assert read_event(event).ignored == reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"type":"app_rate_limited","minute_rate_limited":1518467820}', "app_rate_limited"),
        (b'{"type":"tomorrow"}', "unsupported:tomorrow"),
        (b"{}", "unsupported:nothing"),
        (b'{"type":"event_callback","event_id":"Ev1","event":7}', "unsupported:nothing"),
    ],
)
def test_calls_without_an_event_are_recorded_too(body: bytes, reason: str) -> None:
    (event,) = read(body)
    assert event.ignored == reason


@pytest.mark.parametrize("body", [b"", b"[]", b"no JSON", b"\xff", b"[" * 100_000])
def test_a_body_that_slack_would_not_send_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


@pytest.mark.parametrize("body", [b"payload=no+JSON", b"payload=[]", b"&".join([b"a=b"] * 101)])
def test_a_form_that_slack_would_not_send_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body, FORM_TYPE)


def test_a_form_of_another_kind_is_recorded() -> None:
    assert [event.ignored for event in read_form({"something": "else"})] == ["unsupported:form"]
