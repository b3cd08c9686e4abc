"""What the tests of the contract need to know of each platform: how it is called, what it is sent, and one message."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest
from pydantic import JsonValue, SecretStr

from adapters.errors import OutsideError
from adapters.http import Http
from adapters.platforms.base import Channel, Payload, Platform, Request
from adapters.platforms.discord import Discord
from adapters.platforms.graph.signature import SIGNATURE_HEADER, sign
from adapters.platforms.messenger import Messenger
from adapters.platforms.slack import Slack
from adapters.platforms.telegram import Telegram
from adapters.platforms.whatsapp import WhatsApp
from tests.adapters.platforms import (
    discord_payloads,
    messenger_payloads,
    slack_payloads,
    telegram_payloads,
    whatsapp_payloads,
)

CANARY = "canary text of a contact"
PATIENCE_SECONDS = 1.5
META_SECRET = messenger_payloads.SECRET
PAGE_KNOWN: dict[str, JsonValue] = {
    "access_token": messenger_payloads.TOKEN, "app_id": messenger_payloads.APP, "app_secret": META_SECRET,
}  # fmt: skip
NUMBER_KNOWN: dict[str, JsonValue] = {"access_token": whatsapp_payloads.TOKEN, "app_secret": META_SECRET}
PAGE = f"/messenger/pages/{messenger_payloads.PAGE}"
NUMBER = f"/whatsapp/numbers/{whatsapp_payloads.NUMBER}"


@dataclass(frozen=True)
class Contract:
    """A platform as its contract is tested.

    `signed` makes a call of a body, with the secret of the channel or another one. `said` is the body of a message with
    such a name of its sender, who has such an id. `method` is what the simulator calls the sending of `payload`.
    """

    name: str
    made: Callable[[Http, str], Platform]
    api_path: str
    channel: Channel
    secret: str
    signed: Callable[[bytes, str | None], Request]
    said: Callable[[str, object], object]
    payload: Payload
    method: str
    token: str
    signs_body: bool = True
    names_sender: bool = True
    counted_ids: bool = False
    """Whether ids are numbers, which may come as texts; elsewhere they are texts, and numbers are none."""
    prepared: tuple[tuple[str, dict[str, JsonValue]], ...] = field(default=())

    def platform(self, http: Http, simulator_url: str) -> Platform:
        """The adapter, pointed to the simulator."""
        return self.made(http, f"{simulator_url}{self.api_path}")

    async def prepare(self, control: httpx.AsyncClient) -> None:
        """Have the simulator know what a send needs."""
        for path, body in self.prepared:
            (await control.post(path, json=body)).raise_for_status()

    async def refusal(self, platform: Platform, control: httpx.AsyncClient, **fault: object) -> OutsideError:
        """What sending raises when it meets this fault."""
        await self.prepare(control)
        (await control.post("/faults", json={"method": self.method, **fault})).raise_for_status()
        with pytest.raises(OutsideError) as raised:
            await platform.send(self.channel, self.payload, time.monotonic() + PATIENCE_SECONDS)
        return raised.value

    def without_secret(self) -> Channel:
        """The channel, its secret empty."""
        return self.channel.model_copy(update={"credentials": {**self.channel.credentials, self.secret: SecretStr("")}})

    def called(self, said: object, secret: str | None = None) -> Request:
        """The call that tells of something, signed with the channel's secret or another one."""
        return self.signed(json.dumps(said).encode(), secret)


def _telegram_said(name: str, sender: object) -> object:
    person = {"id": sender, "is_bot": False, "first_name": name}
    chat = {"id": sender, "type": "private", "first_name": name}
    return {
        "update_id": 1,
        "message": {"message_id": 7, "date": 1753164384, "chat": chat, "from": person, "text": "hi"},
    }


def _slack_said(name: str, sender: object) -> object:
    event = {
        "type": "message",
        "channel": "D1",
        "channel_type": "im",
        "user": sender,
        "ts": slack_payloads.TS,
        "text": "hi",
    }
    return {"type": "event_callback", "event_id": "Ev1", "team_id": slack_payloads.TEAM, "event": event}


def _discord_said(name: str, sender: object) -> object:
    option: JsonValue = {"type": 3, "name": "text", "value": "hi"}
    return discord_payloads.interaction(
        guild_id=None, member=None, user={"id": str(sender), "username": name, "global_name": name},
        data={"name": "ask", "type": 1, "options": [option]},
    )  # fmt: skip


def _whatsapp_said(name: str, sender: object) -> object:
    message = whatsapp_payloads.message(**{"from": sender, "text": {"body": "hi"}})
    told = whatsapp_payloads.value_of(message)
    return whatsapp_payloads.call({**told, "contacts": [{"profile": {"name": name}, "wa_id": sender}]})


def _messenger_said(name: str, sender: object) -> object:
    return messenger_payloads.call({**messenger_payloads.said(text="hi"), "sender": {"id": sender}})


def _by_meta(body: bytes, other: str | None) -> Request:
    return Request(headers={SIGNATURE_HEADER: sign(META_SECRET if other is None else other, body)}, body=body)


def _by_slack(body: bytes, other: str | None) -> Request:
    return slack_payloads.signed(body, secret=slack_payloads.SECRET if other is None else other)


def _by_discord(body: bytes, other: str | None) -> Request:
    return discord_payloads.signed(body, seed=discord_payloads.SEED if other is None else "00" * 32)


def _by_telegram(body: bytes, other: str | None) -> Request:
    secret = telegram_payloads.SECRET if other is None else other
    return Request(headers={telegram_payloads.HEADER: secret}, body=body)


def _whatsapp(http: Http, url: str) -> WhatsApp:
    return WhatsApp(http, url, "v25.0")


def _messenger(http: Http, url: str) -> Messenger:
    return Messenger(http, url, "v25.0")


TELEGRAM = Contract(
    "telegram", Telegram, "/telegram", telegram_payloads.CHANNEL, "webhook_secret", _by_telegram, _telegram_said,
    {"chat_id": 1111111, "text": CANARY}, "sendMessage", telegram_payloads.TOKEN,
    signs_body=False, counted_ids=True,
)  # fmt: skip
SLACK = Contract(
    "slack", Slack, "/slack/api", slack_payloads.CHANNEL, "signing_secret", _by_slack, _slack_said,
    {"channel": "C00000001", "text": CANARY}, "chat.postMessage", slack_payloads.TOKEN, names_sender=False,
)  # fmt: skip
DISCORD = Contract(
    "discord", Discord, "/discord/api/v10", discord_payloads.CHANNEL, "public_key", _by_discord, _discord_said,
    {"channel_id": "8000001", "content": CANARY}, "messages.create", discord_payloads.TOKEN,
    counted_ids=True, prepared=(("/discord/channels/8000001", {}),),
)  # fmt: skip
WHATSAPP = Contract(
    "whatsapp", _whatsapp, "/graph", whatsapp_payloads.CHANNEL, "app_secret", _by_meta, _whatsapp_said,
    {"messaging_product": "whatsapp", "to": "1", "type": "text", "text": {"body": CANARY}}, "messages",
    whatsapp_payloads.TOKEN, prepared=((NUMBER, NUMBER_KNOWN),),
)  # fmt: skip
MESSENGER = Contract(
    "messenger", _messenger, "/graph", messenger_payloads.CHANNEL, "app_secret", _by_meta, _messenger_said,
    {"recipient": {"id": "1"}, "messaging_type": "RESPONSE", "message": {"text": CANARY}}, "messages",
    messenger_payloads.TOKEN, names_sender=False,
    prepared=((PAGE, PAGE_KNOWN), ("/messenger/settings", {"window": False})),
)  # fmt: skip
CONTRACTS = (TELEGRAM, SLACK, DISCORD, WHATSAPP, MESSENGER)
"""The platforms that have an outside; webchat has none, and says so."""
