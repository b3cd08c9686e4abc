"""Discord's test channel, and its calls as the published vector and its documentation have them."""

import json
from datetime import UTC, datetime
from functools import cache
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import JsonValue, SecretStr

from adapters.http import Http
from adapters.platforms.base import Channel, Request
from adapters.platforms.discord import Discord
from adapters.platforms.discord.messages import read_dispatch
from adapters.platforms.discord.place import me_of
from adapters.platforms.discord.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER
from domain.events import InboundEvent
from domain.ids import ChannelId
from domain.platforms import PlatformName

SEED = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
PUBLIC_KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
"""RFC 8032, section 7.1, test 1."""
TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAw.GabcdE." + "a" * 38
ME, USER, CHAT, GUILD = "1457469483726668048", "1033044521375764530", "1459213904352645277", "1457468924290662599"
MESSAGE = "1473118766652199044"
CHANNEL = Channel(
    id=ChannelId(UUID("0b0c5e53-7f4e-4b0e-9a55-2f1f4d9f3c13")),
    platform=PlatformName.DISCORD,
    credentials={
        "bot_token": SecretStr(TOKEN),
        "public_key": SecretStr(PUBLIC_KEY),
        "application_id": SecretStr("1457469483726668000"),
    },
    account={"id": ME, "name": "Ada"},
)


@cache
def deaf_discord() -> Discord:
    """A Discord for what needs no network."""
    return Discord(Http("0"), "https://discord.com/api/v10")


def signed(body: bytes, seconds: str = "1625603592", seed: str = SEED) -> Request:
    """A call with this body, signed with the published key or another one."""
    signature = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)).sign(seconds.encode() + body)
    return Request(headers={SIGNATURE_HEADER: signature.hex(), TIMESTAMP_HEADER: seconds}, body=body)


def interaction(**more: JsonValue) -> dict[str, JsonValue]:
    """A slash command as the documentation has it, with these values."""
    told: dict[str, JsonValue] = {
        "type": 2,
        "id": "786008729715212338",
        "application_id": ME,
        "token": "A_UNIQUE_TOKEN",
        "version": 1,
        "guild_id": "290926798626357999",
        "channel_id": "645027906669510667",
        "member": {"user": {"id": "53908232506183680", "username": "Mason", "global_name": None}, "nick": None},
        "data": {
            "id": "771825006014889984",
            "name": "ask",
            "type": 1,
            "options": [{"type": 3, "name": "text", "value": "The Gitrog Monster"}],
        },
    }
    return {**told, **more}


def message(**more: JsonValue) -> dict[str, JsonValue]:
    """A message in a server as the gateway dispatches it, with these values; None leaves one out."""
    told: dict[str, JsonValue] = {
        "id": MESSAGE,
        "channel_id": CHAT,
        "guild_id": GUILD,
        "type": 0,
        "author": {"id": USER, "username": "testuser2384", "global_name": "Test User", "discriminator": "0"},
        "content": f"<@{ME}> Test",
        "timestamp": "2026-02-17T00:48:03.193000+00:00",
        "edited_timestamp": None,
        "mentions": [{"id": ME, "username": "ada", "bot": True}],
        "attachments": [],
        **more,
    }
    return {name: value for name, value in told.items() if value is not None}


def read(body: bytes) -> InboundEvent:
    """The event of a signed call."""
    (event,) = deaf_discord().receive(CHANNEL, signed(body), datetime(2026, 1, 1, tzinfo=UTC))
    return event


def read_told(**told: JsonValue) -> InboundEvent:
    """The event of an interaction with these values."""
    return read(json.dumps(interaction(**told)).encode())


def dispatched(name: str, told: dict[str, JsonValue]) -> tuple[InboundEvent, ...]:
    """The events of a dispatch."""
    return read_dispatch(name, told, "dispatch:1:1", me_of(CHANNEL))


def said(**more: JsonValue) -> InboundEvent:
    """The event of a message with these values."""
    (event,) = dispatched("MESSAGE_CREATE", message(**more))
    return event
