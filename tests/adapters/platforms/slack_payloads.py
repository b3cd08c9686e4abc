"""Slack's test channel, and its recorded calls, signed as Slack signs them.

The recorded payloads keep the shape of Slack's and none of the values: a test says the values that matter to it.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

from pydantic import JsonValue, SecretStr

from adapters.http import Http
from adapters.platforms.base import Channel, Request
from adapters.platforms.slack import Slack
from adapters.platforms.slack.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from domain.events import InboundEvent
from domain.ids import ChannelId
from domain.platforms import PlatformName

PAYLOADS = Path(__file__).parents[2] / "payloads" / "slack"
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TOKEN = "xoxb-1-2-" + "a" * 24
TEAM, CHANNEL_ID, DIRECT, USER, ME, BOT = "T00000001", "C00000001", "D00000001", "U0000000A", "U0000BOT1", "B00000001"
NOW = datetime(2025, 12, 23, 2, 47, 6, tzinfo=UTC)
TS = "1766458026.240809"
SAID_AT = datetime(2025, 12, 23, 2, 47, 6, 240809, tzinfo=UTC)
CHANNEL = Channel(
    id=ChannelId(UUID("0b0c5e53-7f4e-4b0e-9a55-2f1f4d9f3c12")),
    platform=PlatformName.SLACK,
    credentials={"bot_token": SecretStr(TOKEN), "signing_secret": SecretStr(SECRET)},
    account={"id": ME, "name": "ada", "team_id": TEAM, "bot_id": BOT},
)
JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"


@cache
def deaf_slack() -> Slack:
    """A Slack for what needs no network."""
    return Slack(Http("0"), "https://slack.com/api")


def signed(body: bytes, kind: str = JSON_TYPE, at: datetime = NOW, secret: str = SECRET) -> Request:
    """A call with this body, signed at a time."""
    seconds = str(int(at.timestamp()))
    headers = {TIMESTAMP_HEADER: seconds, SIGNATURE_HEADER: sign(secret, seconds, body), "content-type": kind}
    return Request(headers=headers, body=body)


def read(body: bytes, kind: str = JSON_TYPE, channel: Channel = CHANNEL) -> tuple[InboundEvent, ...]:
    """The events of a signed call."""
    return deaf_slack().receive(channel, signed(body, kind), NOW)


def read_event(event: Mapping[str, JsonValue], channel: Channel = CHANNEL, **envelope: JsonValue) -> InboundEvent:
    """The one event of a call that tells of this."""
    told = {"type": "event_callback", "event_id": "Ev0000001", "team_id": TEAM, "event": dict(event), **envelope}
    (found,) = read(json.dumps(told).encode(), channel=channel)
    return found


def read_form(form: Mapping[str, str], channel: Channel = CHANNEL) -> tuple[InboundEvent, ...]:
    """The events of a form."""
    return read(urlencode(form).encode(), FORM_TYPE, channel)


def recorded(name: str) -> dict[str, JsonValue]:
    """A recorded payload, its values blank."""
    payload: dict[str, JsonValue] = json.loads((PAYLOADS / f"{name}Payload.json").read_text())
    return payload


def filled(payload: JsonValue, values: Mapping[str, JsonValue]) -> JsonValue:
    """The payload with these values where it has their places: a mapping goes into the object of that name."""
    if not isinstance(payload, dict):
        return payload
    result = dict(payload)
    for name, value in values.items():
        assert name in payload, f"the recorded payload has no {name!r}"
        inner = payload[name]
        result[name] = filled(inner, value) if isinstance(value, dict) and isinstance(inner, dict) else value
    return result


def read_recorded(name: str, **event: JsonValue) -> InboundEvent:
    """The event of a recorded call of the Events API with these values in its `event`."""
    values: dict[str, JsonValue] = {"type": "event_callback", "event_id": "Ev0000001", "team_id": TEAM, "event": event}
    (found,) = read(json.dumps(filled(recorded(name), values)).encode())
    return found
