"""Slack's calls that hold anything at all: whatever is in them, they are read or refused, and nothing breaks."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from adapters.platforms.slack.events import READERS
from tests.adapters.platforms.slack_payloads import (
    CHANNEL_ID,
    DIRECT,
    ME,
    TEAM,
    TS,
    USER,
    read_event,
    read_form,
    recorded,
)

_WORDS = st.sampled_from(
    ["", TS, "1766458000.000100", CHANNEL_ID, DIRECT, USER, ME, "\x00", "\ud800", "<@", "0" * 5000]
)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | _WORDS
ANYTHING: st.SearchStrategy[JsonValue] = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_MESSAGE = {"type": "message", "channel": CHANNEL_ID, "user": USER, "ts": TS, "text": "hi", "thread_ts": TS}
_FIELDS = (
    *("channel", "channel_type", "user", "ts", "text", "thread_ts", "parent_user_id", "subtype", "files", "message"),
    *(
        "previous_message",
        "deleted_ts",
        "item",
        "reaction",
        "item_user",
        "event_ts",
        "bot_id",
        "user_profile",
        "edited",
    ),
)
_SUBTYPES = st.sampled_from(["message_changed", "message_deleted", "channel_join", "file_share", "tombstone", ""])
_BROKEN = st.fixed_dictionaries({}, optional=dict.fromkeys(_FIELDS, ANYTHING))


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(sorted(READERS)), chat=_SCALARS, subtype=_SUBTYPES, broken=_BROKEN)
def test_an_event_with_any_values_is_read(
    kind: str, chat: JsonValue, subtype: str, broken: dict[str, JsonValue]
) -> None:
    event = {**_MESSAGE, "channel": chat, "subtype": subtype, "message": dict(_MESSAGE), "files": [dict(broken)]}
    event = {**event, **broken, "type": kind}
    told = read_event(event)
    assert told.key
    assert told.chat is None or told.chat.isalnum()
    json.dumps(told.model_dump(mode="json"), ensure_ascii=False).encode()


@settings(max_examples=150, deadline=None)
@given(
    envelope=st.dictionaries(st.sampled_from(["team_id", "authorizations", "event_time", "api_app_id"]), ANYTHING),
)
def test_an_envelope_with_any_values_is_read(envelope: dict[str, JsonValue]) -> None:
    told = read_event(dict(_MESSAGE), **envelope)
    assert told.ignored in (None, "other_workspace")


@settings(max_examples=150, deadline=None)
@given(
    places=st.dictionaries(
        st.sampled_from(["team", "user", "container", "channel", "message", "response_url"]), ANYTHING
    ),
    action=st.dictionaries(
        st.sampled_from(["action_id", "value", "text", "selected_option", "action_ts", "block_id"]), ANYTHING
    ),
)
def test_an_interaction_with_any_values_is_read(places: dict[str, JsonValue], action: dict[str, JsonValue]) -> None:
    payload = {**recorded("BlockAction"), "team": {"id": TEAM}, **places, "actions": [action, dict(places)]}
    for told in read_form({"payload": json.dumps(payload)}):
        json.dumps(told.model_dump(mode="json"), ensure_ascii=False).encode()


@settings(max_examples=150, deadline=None)
@given(
    form=st.dictionaries(
        st.sampled_from(["channel_id", "user_id", "user_name", "text", "trigger_id", "response_url", "command"]),
        st.text(max_size=30),
    )
)
def test_a_command_with_any_values_is_read(form: dict[str, str]) -> None:
    (told,) = read_form({"team_id": TEAM, "command": "/ask", **form})
    assert told.text.startswith("/") or told.text
    assert told.ignored in (None, "malformed:channel_id")


@pytest.mark.parametrize("name", ["channel", "user", "ts", "thread_ts"])
def test_an_id_that_is_a_number_is_none_of_slacks(name: str) -> None:
    """A `ts` that is a number has lost its last digits, and no id of Slack's is one."""
    told = read_event({**_MESSAGE, name: 1766458026.240809})
    assert (told.ignored == "malformed:message") is (name in ("channel", "ts"))
