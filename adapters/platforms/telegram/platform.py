"""Telegram as a platform: webhooks verified by a shared secret, replies as text with entities."""

import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from hmac import compare_digest
from json import dumps

from pydantic import JsonValue

from adapters.errors import NotPermitted, OutcomeUnknown, SignatureMismatch, Unacceptable
from adapters.http import Http, Upload
from adapters.media.base import Source
from adapters.platforms.base import (
    Account,
    Changes,
    Channel,
    Destination,
    Payload,
    Receipt,
    Reply,
    Request,
    Webhook,
    file_of,
    without_file,
)
from adapters.platforms.fields import Fields, count, numeric_id, parse_object, reference, shown_name, text
from adapters.platforms.management import Management
from adapters.platforms.menus import Menu
from adapters.platforms.telegram.calls import Calls, object_of
from adapters.platforms.telegram.changes import TelegramChanges
from adapters.platforms.telegram.errors import FieldRefused, Needless
from adapters.platforms.telegram.files import CALLS, render_file
from adapters.platforms.telegram.keyboards import with_keyboard
from adapters.platforms.telegram.management import TelegramManagement
from adapters.platforms.telegram.menu import TelegramMenu
from adapters.platforms.telegram.place import recipient
from adapters.platforms.telegram.updates import ALLOWED_UPDATES, bot_of, read_update
from adapters.platforms.text.telegram import TelegramText
from adapters.platforms.text.telegram import render as render_text
from domain.buttons import Button
from domain.events import Attachment, InboundEvent
from domain.media import File
from domain.platforms import Guarantee, PlatformName
from domain.text import storable

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_MAX_CONNECTIONS = 40
_MAX_POLLED = 25
"""Updates that are asked for at once: as many as surely fit into one answer."""
_TYPING_SECONDS = 4.0
_POLL_MARGIN_SECONDS = 10.0


class Telegram:
    """Speaks the Bot API at `api_url`: Telegram's own, a self-hosted server's or the simulator's."""

    name = PlatformName.TELEGRAM
    guarantee = Guarantee.POLICY
    typing_every: float | None = _TYPING_SECONDS
    growing_every: float | None = 1.5

    def __init__(self, http: Http, api_url: str) -> None:
        self._calls = Calls(http, api_url)
        self.changes: Changes | None = TelegramChanges(self._calls)
        self.menu: Menu | None = TelegramMenu(self._calls)
        self.management: Management | None = TelegramManagement(self._calls)

    def admits(self, channel: Channel, headers: Mapping[str, str]) -> None:
        """Refuse whoever does not know the channel's `webhook_secret`: raises `SignatureMismatch`."""
        secret = channel.secret("webhook_secret").encode("utf-8", "surrogatepass")
        given = headers.get(SECRET_HEADER, "").encode("utf-8", "surrogatepass")
        if not secret or not compare_digest(secret, given):
            raise SignatureMismatch(f"the header {SECRET_HEADER} does not hold this channel's webhook_secret")

    def handshake(self, channel: Channel, request: Request) -> Reply | None:
        """Telegram does not ask: it is told the URL by `setWebhook`."""
        return None

    def receive(self, channel: Channel, request: Request, now: datetime) -> tuple[InboundEvent, ...]:
        """Verify and parse a webhook call: one update, one event."""
        self.admits(channel, request.headers)
        return (self.read_update(channel, parse_object(request.body)),)

    def read_update(self, channel: Channel, update: Fields) -> InboundEvent:
        """The event that an update tells of, for updates that were polled: raises `Unreadable`."""
        return read_update(update, bot_of(channel))

    def taken(self, channel: Channel, request: Request) -> Reply | None:
        """Telegram wants no word beyond the 200."""
        return None

    def recipient(self, given: str) -> str:
        """A chat by its number; a name such as `@somebody` is none, and two names for one chat would be two chats."""
        return recipient(given)

    def render(self, markdown: str, destination: Destination) -> tuple[Payload, ...]:
        """The bodies of the `sendMessage` calls that make up a reply."""
        payloads = tuple(_payload(part, destination) for part in render_text(storable(markdown)))
        answered = destination.reply_to
        if payloads and answered and _INTEGER.fullmatch(answered):
            payloads[0]["reply_parameters"] = {"message_id": int(answered), "allow_sending_without_reply": True}
        return payloads

    def render_file(self, file: File, destination: Destination) -> tuple[Payload, ...]:
        """The call that sends a file, and a long caption behind it."""
        payload, rest = render_file(file, _address(destination))
        return (payload, *self.render(rest, destination))

    def offered(self, payload: Payload, buttons: Sequence[Button]) -> Payload | None:
        """The same part with an inline keyboard."""
        return with_keyboard(payload, buttons)

    async def locate(self, channel: Channel, attachment: Attachment) -> Source:
        """Where a file lies for the next hour; the address holds the token."""
        found = object_of(await self._calls.post(channel, "getFile", {"file_id": attachment.reference}), "getFile")
        path = reference(found, "file_path")
        if path is None:
            raise Unacceptable("Telegram's answer to getFile names no path; the file is gone")
        return Source(url=self._calls.file_url(channel, path))

    async def send(self, channel: Channel, payload: Payload, deadline: float) -> Receipt:
        """Put one part on the platform; a topic or a quoted message that is gone is left out at once."""
        return await self._send(payload, lambda left: self._calls.post(channel, "sendMessage", left, deadline))

    async def send_file(self, channel: Channel, payload: Payload, content: bytes, deadline: float) -> Receipt:
        """Put a file on the platform, in the one call that also sends it."""
        file = file_of(payload)
        assert file is not None
        method, field = CALLS[file.kind]
        upload = Upload(field, file.name, file.type, content)

        async def call(left: Payload) -> JsonValue:
            fields = {name: value if isinstance(value, str) else dumps(value) for name, value in left.items()}
            return await self._calls.post_file(channel, method, fields, upload, deadline)

        return await self._send(without_file(payload), call)

    async def _send(self, payload: Payload, call: Callable[[Payload], Awaitable[JsonValue]]) -> Receipt:
        try:
            return _receipt(await call(payload))
        except FieldRefused as refused:
            if refused.field not in payload:
                raise
            rest = {name: value for name, value in payload.items() if name != refused.field}
            return await self._send(rest, call)
        except Needless:
            return Receipt(platform_message_id="")

    async def find(
        self, channel: Channel, payload: Payload, mark: str, since: datetime, deadline: float
    ) -> Receipt | None:
        """Telegram shows a bot nothing of what was sent."""
        raise NotPermitted("Telegram does not let a bot read what it sent")

    def marked(self, payload: Payload, mark: str) -> Payload:
        """Telegram has no place for a mark."""
        return payload

    def readdressed(self, payload: Payload, chat: str) -> Payload:
        """The same part for the supergroup that a group became; its messages are counted anew."""
        kept = {name: value for name, value in payload.items() if name not in ("reply_parameters", "message_thread_id")}
        return kept | _address(Destination(chat=chat))

    def unformatted(self, payload: Payload) -> Payload | None:
        """The same text without entities."""
        plain = {name: value for name, value in payload.items() if name not in ("entities", "caption_entities")}
        return plain if len(plain) < len(payload) else None

    async def show_typing(self, channel: Channel, destination: Destination) -> None:
        """Show "typing…" for five seconds at most."""
        deadline = time.monotonic() + _TYPING_SECONDS
        await self._calls.post(channel, "sendChatAction", {**_address(destination), "action": "typing"}, deadline)

    async def acknowledge(self, channel: Channel, event: InboundEvent) -> None:
        """End the waiting sign on a pressed button; a press that is too old is no fault."""
        callback_id = event.details.get("callback_id")
        if isinstance(callback_id, str):
            with suppress(Needless):
                await self._calls.post(channel, "answerCallbackQuery", {"callback_query_id": callback_id})

    async def check(self, channel: Channel) -> Account:
        """Whose token this is."""
        bot = object_of(await self._calls.post(channel, "getMe", {}), "getMe")
        found = numeric_id(bot, "id")
        if found is None:
            raise OutcomeUnknown("Telegram's answer to getMe names no bot; check TELEGRAM_API_URL")
        username = reference(bot, "username")
        flags = {name: bot.get(name) is True for name in ("can_join_groups", "can_read_all_group_messages")}
        return Account(
            id=found, name=shown_name(bot, "first_name") or username or found, details={"username": username, **flags}
        )

    async def register(self, channel: Channel, url: str) -> Webhook:
        """Have updates posted to this URL, with the channel's secret."""
        secret = channel.secret("webhook_secret")
        if not secret:
            raise Unacceptable("the channel has no webhook_secret, and calls without one are refused; set one")
        allowed: list[JsonValue] = [*ALLOWED_UPDATES]
        await self._calls.post(
            channel,
            "setWebhook",
            {"url": url, "secret_token": secret, "allowed_updates": allowed, "max_connections": _MAX_CONNECTIONS},
        )
        return Webhook(url=url, details={"allowed_updates": allowed, "max_connections": _MAX_CONNECTIONS})

    async def inspect(self, channel: Channel) -> Webhook:
        """The webhook as Telegram knows it, with the last error that it met; no URL where there is none."""
        return _webhook(object_of(await self._calls.post(channel, "getWebhookInfo", {}), "getWebhookInfo"))

    async def remove(self, channel: Channel) -> None:
        """Have Telegram keep updates for polling; those that wait are kept."""
        await self._calls.post(channel, "deleteWebhook", {"drop_pending_updates": False})

    async def poll(
        self, channel: Channel, offset: int | None, timeout_seconds: float
    ) -> tuple[dict[str, JsonValue], ...]:
        """Updates from `offset` on, after at most so many whole seconds; a higher offset confirms those before it."""
        wanted: Payload = {
            "timeout": int(timeout_seconds),
            "limit": _MAX_POLLED,
            "allowed_updates": [*ALLOWED_UPDATES],
        }
        if offset is not None:
            wanted["offset"] = offset
        deadline = time.monotonic() + timeout_seconds + _POLL_MARGIN_SECONDS
        found = await self._calls.post(channel, "getUpdates", wanted, deadline)
        return tuple(update for update in found if isinstance(update, dict)) if isinstance(found, list) else ()


def _address(destination: Destination) -> Payload:
    chat, thread = destination.chat, destination.thread
    address: Payload = {"chat_id": int(chat) if _INTEGER.fullmatch(chat) else chat}
    return address | ({"message_thread_id": int(thread)} if thread and _INTEGER.fullmatch(thread) else {})


def _payload(part: TelegramText, destination: Destination) -> Payload:
    entities: list[JsonValue] = [entity.model_dump(mode="json", exclude_none=True) for entity in part.entities]
    payload: Payload = {**_address(destination), "text": part.text, "link_preview_options": {"is_disabled": True}}
    return payload | ({"entities": entities} if entities else {})


def _receipt(result: JsonValue) -> Receipt:
    found = numeric_id(object_of(result, "sendMessage"), "message_id")
    if found is None:
        raise OutcomeUnknown("Telegram's answer to sendMessage names no message")
    return Receipt(platform_message_id=found)


def _webhook(info: Fields) -> Webhook:
    listed = info.get("allowed_updates")
    allowed = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    details: dict[str, JsonValue] = {
        "allowed_updates": [*allowed],
        "max_connections": count(info, "max_connections"),
        "ip_address": reference(info, "ip_address"),
        "last_error_date": count(info, "last_error_date"),
    }
    return Webhook(
        url=reference(info, "url") or "",
        pending=count(info, "pending_update_count"),
        last_error=text(info, "last_error_message"),
        details={name: value for name, value in details.items() if value is not None},
    )
