"""Messenger's test channel, and its webhook calls as Meta posts and signs them."""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from pydantic import SecretStr

from adapters.http import Http
from adapters.platforms.base import Channel, Request
from adapters.platforms.graph.signature import SIGNATURE_HEADER, sign
from adapters.platforms.messenger import Messenger
from domain.events import InboundEvent
from domain.ids import ChannelId
from domain.platforms import PlatformName

PAYLOADS = Path(__file__).parents[2] / "payloads" / "messenger"
PAGE, APP, CONTACT = "1234567890", "517299288", "7001002003004005"
MID = "m_Kb1fTq8oLumEyIp3Q2MR-aY7IfLZDamVrALniheU"
SECRET, VERIFY, TOKEN = "app-secret-of-a-test", "verify-me", "EAAtoken"
NOW = datetime(2026, 3, 8, 20, tzinfo=UTC)
CHANNEL = Channel(
    id=ChannelId(UUID("0b0c5e53-7f4e-4b0e-9a55-2f1f4d9f3c13")),
    platform=PlatformName.MESSENGER,
    credentials={
        "page_access_token": SecretStr(TOKEN),
        "app_secret": SecretStr(SECRET),
        "verify_token": SecretStr(VERIFY),
        "page_id": SecretStr(PAGE),
        "app_id": SecretStr(APP),
    },
)


def channel(**changed: str) -> Channel:
    """The test channel with other credentials."""
    given = {name: SecretStr(value) for name, value in changed.items()}
    return CHANNEL.model_copy(update={"credentials": {**CHANNEL.credentials, **given}})


@cache
def deaf_messenger() -> Messenger:
    """A Messenger for what needs no network."""
    return Messenger(Http("0"), "https://graph.facebook.com", "v25.0")


def read_bytes(body: bytes) -> tuple[InboundEvent, ...]:
    """The events of a call that is signed with the channel's secret."""
    request = Request(headers={SIGNATURE_HEADER: sign(SECRET, body)}, body=body)
    return deaf_messenger().receive(CHANNEL, request, NOW)


def written(file: str) -> dict[str, dict[str, object]]:
    """The calls of a file, by name."""
    found: dict[str, dict[str, object]] = json.loads((PAYLOADS / f"{file}.json").read_text())
    return found


def read_all(file: str, name: str) -> tuple[InboundEvent, ...]:
    """The events of a call in a file."""
    return read_bytes(json.dumps(written(file)[name]).encode())


def read_one(file: str, name: str) -> InboundEvent:
    """The one event of a call in a file."""
    (event,) = read_all(file, name)
    return event


def call(*items: object, edge: str = "messaging", page: object = PAGE) -> dict[str, object]:
    """A call with one entry."""
    return {"object": "page", "entry": [{"id": page, "time": 1772998024400, edge: list(items)}]}


def item(**what: object) -> dict[str, object]:
    """Something that the contact did."""
    return {"sender": {"id": CONTACT}, "recipient": {"id": PAGE}, "timestamp": 1772998024123, **what}


def said(name: str = MID, text: str = "hello") -> dict[str, object]:
    """A text from the contact."""
    return item(message={"mid": name, "text": text})


def read(*items: object, edge: str = "messaging", page: object = PAGE) -> tuple[InboundEvent, ...]:
    """The events of these items, which came together."""
    return read_bytes(json.dumps(call(*items, edge=edge, page=page)).encode())
