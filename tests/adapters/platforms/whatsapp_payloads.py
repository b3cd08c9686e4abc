"""WhatsApp's test channel, and its recorded webhook calls as Meta posts and signs them."""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from pydantic import SecretStr

from adapters.http import Http
from adapters.platforms.base import Channel, Request
from adapters.platforms.graph.signature import SIGNATURE_HEADER, sign
from adapters.platforms.whatsapp import WhatsApp
from domain.events import InboundEvent
from domain.ids import ChannelId
from domain.platforms import PlatformName

PAYLOADS = Path(__file__).parents[2] / "payloads" / "whatsapp"
NUMBER = "1122334455667"
CONTACT = "972987654321"
SECRET, VERIFY, TOKEN = "app-secret-of-a-test", "verify-me", "EAAtoken"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CHANNEL = Channel(
    id=ChannelId(UUID("0b0c5e53-7f4e-4b0e-9a55-2f1f4d9f3c12")),
    platform=PlatformName.WHATSAPP,
    credentials={
        "access_token": SecretStr(TOKEN),
        "app_secret": SecretStr(SECRET),
        "verify_token": SecretStr(VERIFY),
        "phone_number_id": SecretStr(NUMBER),
    },
)


@cache
def deaf_whatsapp() -> WhatsApp:
    """A WhatsApp for what needs no network."""
    return WhatsApp(Http("0"), "https://graph.facebook.com", "v25.0")


def read_bytes(body: bytes) -> tuple[InboundEvent, ...]:
    """The events of a call that is signed with the channel's secret."""
    request = Request(headers={SIGNATURE_HEADER: sign(SECRET, body)}, body=body)
    return deaf_whatsapp().receive(CHANNEL, request, NOW)


def recorded(file: str) -> dict[str, dict[str, object]]:
    """The recorded calls of a file, by name."""
    found: dict[str, dict[str, object]] = json.loads((PAYLOADS / f"{file}.json").read_text())
    return found


def read_recorded(file: str, name: str) -> InboundEvent:
    """The one event of a recorded call."""
    (event,) = read_bytes(json.dumps(recorded(file)[name]).encode())
    return event


def call(*values: object, field: str = "messages") -> dict[str, object]:
    """A call with one change for each value."""
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": field, "value": value} for value in values]}],
    }


def value_of(*messages: object, **more: object) -> dict[str, object]:
    """What a change tells of the channel's number."""
    metadata = {"display_phone_number": "972123456789", "phone_number_id": NUMBER}
    contacts = [{"profile": {"name": "Test Name"}, "wa_id": CONTACT, "user_id": "US.1349"}]
    told = {"messages": list(messages)} if messages else {}
    return {"messaging_product": "whatsapp", "metadata": metadata, "contacts": contacts, **told, **more}


def message(name: str = "wamid.1", **more: object) -> dict[str, object]:
    """A text from the contact, or what these fields make of it."""
    words = {"type": "text", "text": {"body": "hello"}}
    return {"from": CONTACT, "id": name, "timestamp": "1697043223", **words, **more}


def read(*messages: object) -> tuple[InboundEvent, ...]:
    """The events of these messages, which came together."""
    return read_bytes(json.dumps(call(value_of(*messages))).encode())
