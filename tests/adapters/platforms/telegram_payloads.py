"""Telegram's test channel, and its recorded updates as the webhook brings them."""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from pydantic import SecretStr

from adapters.http import Http
from adapters.platforms.base import Channel, Request
from adapters.platforms.telegram import Telegram
from domain.events import InboundEvent
from domain.ids import ChannelId
from domain.platforms import PlatformName

PAYLOADS = Path(__file__).parents[2] / "payloads" / "telegram"
SECRET = "s3cret_-A"
TOKEN = "7203461589:AAF-example_of_a_token_0123456789abc"
HEADER = "x-telegram-bot-api-secret-token"
NOW = datetime(2025, 7, 22, 6, 6, 25, tzinfo=UTC)
CHANNEL = Channel(
    id=ChannelId(UUID("0b0c5e53-7f4e-4b0e-9a55-2f1f4d9f3c11")),
    platform=PlatformName.TELEGRAM,
    credentials={"token": SecretStr(TOKEN), "webhook_secret": SecretStr(SECRET)},
    account={"id": "7203461589", "username": "ada_help_bot"},
)


@cache
def deaf_telegram() -> Telegram:
    """A Telegram for what needs no network."""
    return Telegram(Http("0"), "https://api.telegram.org")


def read_bytes(body: bytes, channel: Channel = CHANNEL) -> InboundEvent:
    """The one event of a webhook call that knows the secret."""
    (event,) = deaf_telegram().receive(channel, Request(headers={HEADER: SECRET}, body=body), NOW)
    return event


def read_payload(name: str, channel: Channel = CHANNEL) -> InboundEvent:
    """The event of a recorded update."""
    return read_bytes((PAYLOADS / f"{name}.json").read_bytes(), channel)


def read_message(**fields: object) -> InboundEvent:
    """The event of a message from a private chat that has these fields too."""
    chat = {"id": 1111111, "type": "private", "first_name": "Test"}
    sender = {"id": 1111111, "is_bot": False, "first_name": "Test"}
    message = {"message_id": 17, "date": 1753164384, "chat": chat, "from": sender, **fields}
    return read_bytes(json.dumps({"update_id": 1, "message": message}).encode())
