"""Messenger as a platform: signed batches in, plain texts and files with a mark out, and echoes of what was sent."""

import re
import time
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from adapters.errors import CredentialsRefused, NotPermitted, OutcomeUnknown
from adapters.http import Http
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
    located,
)
from adapters.platforms.fields import Fields, parse_object, reference, shown_name, web_address
from adapters.platforms.graph.events import identity
from adapters.platforms.graph.signature import answer_handshake, demand_signature, look_signed
from adapters.platforms.management import Management
from adapters.platforms.menus import Menu
from adapters.platforms.messenger import subscription
from adapters.platforms.messenger.buttons import with_buttons
from adapters.platforms.messenger.calls import Calls
from adapters.platforms.messenger.files import form_of, render_file
from adapters.platforms.messenger.menu import MessengerMenu
from adapters.platforms.messenger.webhook import read_call
from adapters.platforms.recipients import demand
from adapters.platforms.text.messenger import render as render_text
from domain.buttons import Button
from domain.events import Attachment, InboundEvent
from domain.media import File
from domain.platforms import Guarantee, PlatformName
from domain.profiles import Profile

_PERSON = re.compile(r"(?=[^1-9]*[1-9])[A-Za-z0-9_-]{1,64}")
_TYPING_SECONDS = 15.0
_PROFILE = "first_name,last_name,profile_pic"


class Messenger:
    """Speaks the Graph API at `api_url` in `version`: Meta's own or the simulator's."""

    name = PlatformName.MESSENGER
    guarantee = Guarantee.RECEIPT
    changes: Changes | None = None
    management: Management | None = None
    typing_every: float | None = _TYPING_SECONDS
    growing_every: float | None = None

    def __init__(self, http: Http, api_url: str, version: str) -> None:
        self._calls = Calls(http, api_url, version)
        self.menu: Menu | None = MessengerMenu(self._calls)

    def admits(self, channel: Channel, headers: Mapping[str, str]) -> None:
        """Refuse a call that carries no signature: raises `SignatureMismatch`."""
        look_signed(headers)

    def handshake(self, channel: Channel, request: Request) -> Reply | None:
        """The challenge, for whoever knows this channel's `verify_token`; asked by GET alone."""
        return None if request.body else answer_handshake(channel.secret("verify_token"), request.query)

    def receive(self, channel: Channel, request: Request, now: datetime) -> tuple[InboundEvent, ...]:
        """Verify by `app_secret`, and read every event of the batch."""
        demand_signature(channel.secret("app_secret"), request.headers, request.body)
        return read_call(parse_object(request.body), channel.secret("app_id"))

    def taken(self, channel: Channel, request: Request) -> Reply | None:
        """Meta wants no word beyond the 200."""
        return None

    def recipient(self, given: str) -> str:
        """A person by the id that the page knows."""
        return demand(given, _PERSON, "the id that Messenger gives the person for this page (PSID)")

    def render(self, markdown: str, destination: Destination) -> tuple[Payload, ...]:
        """Parts of plain text, for Messenger knows no formatting."""
        return tuple(_payload(text, destination.chat) for text in render_text(markdown))

    def render_file(self, file: File, destination: Destination) -> tuple[Payload, ...]:
        """The message with a file, as the kind that Messenger takes it for, and its caption behind it."""
        return (render_file(file, destination.chat), *self.render(file.caption, destination))

    def offered(self, payload: Payload, buttons: Sequence[Button]) -> Payload | None:
        """The same text with up to 13 quick replies, or up to three buttons with links; None for longer labels."""
        return with_buttons(payload, buttons)

    async def locate(self, channel: Channel, attachment: Attachment) -> Source:
        """The file's own address, which is signed and ends after some time."""
        return located(attachment)

    async def send_file(self, channel: Channel, payload: Payload, content: bytes, deadline: float) -> Receipt:
        """Send one message with its file, in a single call."""
        file = file_of(payload)
        assert file is not None
        fields, upload = form_of(payload, file, content)
        return _receipt(await self._calls.post_form(channel, "messages", fields, upload, deadline))

    def marked(self, payload: Payload, mark: str) -> Payload:
        """The part with a mark that comes back in its echo."""
        message = payload.get("message")
        return {**payload, "message": {**(message if isinstance(message, dict) else {}), "metadata": mark}}

    async def send(self, channel: Channel, payload: Payload, deadline: float) -> Receipt:
        """Send one message."""
        return _receipt(await self._calls.of_page(channel, "POST", "messages", payload, deadline))

    async def find(
        self, channel: Channel, payload: Payload, mark: str, since: datetime, deadline: float
    ) -> Receipt | None:
        """Messenger says by itself what was sent: a message comes back as its echo."""
        raise NotPermitted("Messenger's history holds no marks; its echoes say what was sent")

    def readdressed(self, payload: Payload, chat: str) -> Payload:
        """The same part for another contact's id."""
        return {**payload, "recipient": {"id": chat}}

    def unformatted(self, payload: Payload) -> Payload | None:
        """A plain text has no formatting that could be refused."""
        return None

    async def show_typing(self, channel: Channel, destination: Destination) -> None:
        """Mark what was heard as seen, and show the dots for some 20 seconds, or until a message comes."""
        await self._sign(channel, destination, "mark_seen", "typing_on")

    async def mark_read(self, channel: Channel, destination: Destination) -> None:
        """Mark what was heard as seen."""
        await self._sign(channel, destination, "mark_seen")

    async def end_typing(self, channel: Channel, destination: Destination) -> None:
        """Show the dots no more, which would stay for some 20 seconds."""
        await self._sign(channel, destination, "typing_off")

    async def _sign(self, channel: Channel, destination: Destination, *actions: str) -> None:
        deadline = time.monotonic() + _TYPING_SECONDS / 2
        for action in actions:
            sign: Payload = {"recipient": {"id": destination.chat}, "sender_action": action}
            await self._calls.of_page(channel, "POST", "messages", sign, deadline)

    async def profile(self, channel: Channel, contact: str) -> Profile:
        """A person's names and picture; Meta gives them to apps that were reviewed for it."""
        found = await self._calls.of_person(channel, contact, _PROFILE)
        return Profile(name=shown_name(found, "first_name", "last_name"), picture_url=web_address(found, "profile_pic"))

    async def acknowledge(self, channel: Channel, event: InboundEvent) -> None:
        """A pressed button comes to rest by itself."""

    async def check(self, channel: Channel) -> Account:
        """Which page the token is for; one of another page, or of a person, is refused."""
        found = await self._calls.of_me(channel, "GET", fields="id,name")
        page = identity(found, "id")
        if page is None:
            raise OutcomeUnknown("Messenger's answer names no page; check GRAPH_API_URL")
        if page != channel.secret("page_id"):
            raise CredentialsRefused(f"the page_access_token is of {page!r}, not of this page_id; set that page's own")
        return Account(id=page, name=shown_name(found, "name") or page)

    async def register(self, channel: Channel, url: str) -> Webhook:
        """Have the app's events posted to this URL, and the page tell the app of its own.

        An app has one URL: what it tells of other pages goes there too.
        """
        return await subscription.subscribe(self._calls, channel, url)

    async def inspect(self, channel: Channel) -> Webhook:
        """The app's URL, where the page tells the app of its events."""
        return await subscription.inspect(self._calls, channel)

    async def remove(self, channel: Channel) -> None:
        """Have the page tell the app no more; the app's URL stays."""
        await subscription.unsubscribe(self._calls, channel)


def _receipt(sent: Fields) -> Receipt:
    name = reference(sent, "message_id")
    if name is None:
        raise OutcomeUnknown("Messenger's answer to a message names no message")
    return Receipt(platform_message_id=name)


def _payload(text: str, chat: str) -> Payload:
    message: dict[str, JsonValue] = {"text": text}
    return {"recipient": {"id": chat}, "messaging_type": "RESPONSE", "message": message}
