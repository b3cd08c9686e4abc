"""WhatsApp as a platform: signed batches in, marked texts out, and receipts that say what became of them."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from pydantic import JsonValue, SecretStr

from adapters.errors import CredentialsRefused, NotPermitted, OutcomeUnknown, Unacceptable, Unreachable
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
    TemplatePage,
    Webhook,
    file_of,
    without_file,
)
from adapters.platforms.fields import Fields, parse_object, part, parts, reference, shown_name, text
from adapters.platforms.graph.refusals import result_of
from adapters.platforms.graph.signature import answer_handshake, demand_signature, look_signed
from adapters.platforms.management import Management
from adapters.platforms.menus import Menu
from adapters.platforms.text.whatsapp import render as render_text
from adapters.platforms.whatsapp.errors import MEANINGS, WAITS
from adapters.platforms.whatsapp.files import render_file, with_media
from adapters.platforms.whatsapp.interactive import with_buttons
from adapters.platforms.whatsapp.menu import WhatsAppMenu
from adapters.platforms.whatsapp.people import address, recipient
from adapters.platforms.whatsapp.templates import payload_of, query, read_page
from adapters.platforms.whatsapp.webhook import read_call
from domain.buttons import Button
from domain.events import Attachment, InboundEvent
from domain.media import File
from domain.platforms import Guarantee, PlatformName
from domain.templates import TemplateMessage

_TYPING_SECONDS = 24.0
_SIGN_SECONDS = 12.0
_MAX_URL_CHARACTERS = 200
_FIELDS = "display_phone_number,verified_name,quality_rating,name_status,throughput"
_CLICKS = (
    "in the Meta app's dashboard open WhatsApp > Configuration, set the callback URL to {url} and the verify token to "
    "this channel's verify_token, press Verify and save, and subscribe to the webhook field `messages`"
)


class WhatsApp:
    """Speaks the Graph API at `api_url` in `version`: Meta's own or the simulator's."""

    name = PlatformName.WHATSAPP
    guarantee = Guarantee.RECEIPT
    changes: Changes | None = None
    management: Management | None = None
    typing_every: float | None = _TYPING_SECONDS
    growing_every: float | None = None

    def __init__(self, http: Http, api_url: str, version: str) -> None:
        self._http = http
        self._api_url = f"{api_url.rstrip('/')}/{version}"
        self.menu: Menu | None = WhatsAppMenu(self._post, self._get)

    def admits(self, channel: Channel, headers: Mapping[str, str]) -> None:
        """Refuse a call that carries no signature: raises `SignatureMismatch`."""
        look_signed(headers)

    def handshake(self, channel: Channel, request: Request) -> Reply | None:
        """The challenge, for whoever knows this channel's `verify_token`; asked by GET alone."""
        return None if request.body else answer_handshake(channel.secret("verify_token"), request.query)

    def receive(self, channel: Channel, request: Request, now: datetime) -> tuple[InboundEvent, ...]:
        """Verify by `app_secret`, and read every event of the batch."""
        demand_signature(channel.secret("app_secret"), request.headers, request.body)
        return read_call(parse_object(request.body))

    def taken(self, channel: Channel, request: Request) -> Reply | None:
        """Meta wants no word beyond the 200."""
        return None

    def recipient(self, given: str) -> str:
        """A number in international form, written as WhatsApp does, or a contact's id for this business."""
        return recipient(given)

    def render(self, markdown: str, destination: Destination) -> tuple[Payload, ...]:
        """Parts of text with WhatsApp's own marks; the first cites the message that it answers."""
        payloads = [_payload(body, destination) for body in render_text(markdown)]
        if payloads and destination.reply_to:
            payloads[0]["context"] = {"message_id": destination.reply_to}
        return tuple(payloads)

    def render_file(self, file: File, destination: Destination) -> tuple[Payload, ...]:
        """The message with a file, as the kind that WhatsApp takes it for; a voice or a long caption needs its own."""
        payload, rest = render_file(file, destination)
        return (payload, *self.render(rest, destination.model_copy(update={"reply_to": None})))

    def offered(self, payload: Payload, buttons: Sequence[Button]) -> Payload | None:
        """The same text with up to three buttons, or a list of up to ten; None for longer texts and labels."""
        return with_buttons(payload, buttons)

    async def locate(self, channel: Channel, attachment: Attachment) -> Source:
        """Where a file lies for the next five minutes; the token opens it."""
        _, headers = self._number(channel)
        url = f"{self._api_url}/{quote(attachment.reference or '', safe='')}"
        found = result_of(await self._http.call("GET", url, headers=headers), "reading a file", MEANINGS)
        address = text(found, "url")
        if address is None:
            raise Unacceptable("WhatsApp's answer names no address of the file; it is gone")
        return Source(url=address, headers={name: SecretStr(value) for name, value in headers.items()})

    async def send_file(self, channel: Channel, payload: Payload, content: bytes, deadline: float) -> Receipt:
        """Upload a file, which nobody sees, then send the message that names it."""
        file = file_of(payload)
        assert file is not None
        name = await self._upload(channel, file, content, deadline)
        return await self.send(channel, with_media(without_file(payload), name), deadline)

    async def _upload(self, channel: Channel, file: File, content: bytes, deadline: float) -> str:
        url, headers = self._number(channel)
        fields = {"messaging_product": "whatsapp", "type": file.type}
        upload = Upload("file", file.name, file.type, content)
        try:
            answer = await self._http.post_file(f"{url}/media", upload, fields, deadline=deadline, headers=headers)
            name = reference(result_of(answer, "media", MEANINGS), "id")
        except OutcomeUnknown as error:
            # A file that nobody is told of does no harm; only the message counts.
            raise Unreachable("WhatsApp gave no answer to a file; nothing was sent yet") from error
        if name is None:
            raise Unreachable("WhatsApp's answer to a file names none; nothing was sent yet")
        return name

    async def templates(
        self, channel: Channel, after: str | None = None, most: int = 50, name: str | None = None
    ) -> TemplatePage:
        """The account's templates, or those with this in their name."""
        account = channel.secret("business_account_id")
        if not account:
            raise Unacceptable(
                "the channel has no business_account_id, by which its templates are asked for; set it from "
                "WhatsApp > API setup in the app's dashboard"
            )
        url = f"{self._api_url}/{quote(account, safe='')}/message_templates?{query(after, most, name)}"
        answer = await self._http.call("GET", url, headers=self._number(channel)[1])
        return read_page(result_of(answer, "reading the templates", MEANINGS))

    def render_template(self, message: TemplateMessage, destination: Destination) -> Payload:
        """The message that is this template."""
        return payload_of(message, destination)

    def marked(self, payload: Payload, mark: str) -> Payload:
        """The part with a mark that comes back in each of its receipts."""
        return {**payload, "biz_opaque_callback_data": mark}

    async def send(self, channel: Channel, payload: Payload, deadline: float) -> Receipt:
        """Send one message."""
        sent = await self._post(channel, "messages", payload, deadline)
        name = next((reference(message, "id") for message in parts(sent, "messages")), None)
        if name is None:
            raise OutcomeUnknown("WhatsApp's answer to a message names no message")
        contact: Fields = next(iter(parts(sent, "contacts")), {})
        return Receipt(platform_message_id=name, chat=reference(contact, "wa_id"))

    async def find(
        self, channel: Channel, payload: Payload, mark: str, since: datetime, deadline: float
    ) -> Receipt | None:
        """WhatsApp says by itself what was sent, and lets nobody look."""
        raise NotPermitted("WhatsApp has no history to look into; its receipts say what was sent")

    def readdressed(self, payload: Payload, chat: str) -> Payload:
        """The same part for a contact's new number."""
        kept = {name: value for name, value in payload.items() if name not in ("recipient", "to", "context")}
        return kept | address(chat)

    def unformatted(self, payload: Payload) -> Payload | None:
        """Marks are text: nothing refuses them."""
        return None

    async def show_typing(self, channel: Channel, destination: Destination) -> None:
        """Mark what was heard as read and show "typing…" for 25 seconds, or until a message comes."""
        await self._read(channel, destination, {"typing_indicator": {"type": "text"}})

    async def mark_read(self, channel: Channel, destination: Destination) -> None:
        """Mark what was heard as read, and all before it."""
        await self._read(channel, destination, {})

    async def _read(self, channel: Channel, destination: Destination, more: Payload) -> None:
        if destination.heard is None:
            return
        read: Payload = {"messaging_product": "whatsapp", "status": "read", "message_id": destination.heard}
        await self._post(channel, "messages", read | more, time.monotonic() + _SIGN_SECONDS)

    async def acknowledge(self, channel: Channel, event: InboundEvent) -> None:
        """A pressed button comes to rest by itself."""

    async def check(self, channel: Channel) -> Account:
        """Whose number this is."""
        found = await self._get(channel, _FIELDS)
        name = reference(found, "id")
        if name is None:
            raise OutcomeUnknown("WhatsApp's answer names no number; check GRAPH_API_URL")
        known = {key: reference(found, key) for key in ("display_phone_number", "quality_rating", "name_status")}
        details: dict[str, JsonValue] = {key: value for key, value in known.items() if value}
        shown = shown_name(found, "verified_name") or shown_name(found, "display_phone_number")
        return Account(id=name, name=shown or name, details=details)

    async def register(self, channel: Channel, url: str) -> Webhook:
        """Have this number's events posted to this URL, which Meta first asks for its verify token.

        The app itself has to be subscribed to the field `messages`, which only a person can have done.
        """
        if len(url) > _MAX_URL_CHARACTERS:
            raise Unacceptable(f"the webhook's URL has more than {_MAX_URL_CHARACTERS} characters; shorten PUBLIC_URL")
        try:
            await self._configure(channel, {"override_callback_uri": url, "verify_token": self._verify_token(channel)})
        except NotPermitted as error:
            raise NotPermitted(f"{error}; by hand: {_CLICKS.format(url=url)}") from error
        return Webhook(url=url, details={"needs": "the app is subscribed to the webhook field `messages`"})

    async def inspect(self, channel: Channel) -> Webhook:
        """The URL that this number's events go to: its own, else its account's, else the app's."""
        urls = part(await self._get(channel, "webhook_configuration"), "webhook_configuration")
        names = ("phone_number", "whatsapp_business_account", "application")
        known: dict[str, JsonValue] = {name: found for name in names if (found := reference(urls, name))}
        return Webhook(url=str(next(iter(known.values()), "")), details=known)

    async def remove(self, channel: Channel) -> None:
        """Have this number's events go where its account's or the app's go."""
        await self._configure(channel, {"override_callback_uri": ""})

    async def _configure(self, channel: Channel, webhook: dict[str, JsonValue]) -> None:
        await self._post(channel, "", {"webhook_configuration": webhook})

    def _verify_token(self, channel: Channel) -> str:
        token = channel.secret("verify_token")
        if not token:
            raise Unacceptable("the channel has no verify_token, and Meta asks for one; set it")
        return token

    async def _get(self, channel: Channel, fields: str) -> Fields:
        url, headers = self._number(channel)
        answer = await self._http.call("GET", f"{url}?fields={fields}", headers=headers)
        return result_of(answer, "reading the number", MEANINGS)

    async def _post(self, channel: Channel, edge: str, body: Payload, deadline: float | None = None) -> Fields:
        url, headers = self._number(channel)
        address = f"{url}/{edge}".rstrip("/")
        answer = await self._http.post(address, body, deadline=deadline, headers=headers)
        return result_of(answer, edge or "changing the number", MEANINGS, waits=WAITS)

    def _number(self, channel: Channel) -> tuple[str, dict[str, str]]:
        token, number = channel.secret("access_token"), channel.secret("phone_number_id")
        if not token or not number:
            raise CredentialsRefused("the channel has no access_token or no phone_number_id; set both")
        return f"{self._api_url}/{quote(number, safe='')}", {"Authorization": f"Bearer {token}"}


def _payload(body: str, destination: Destination) -> Payload:
    return {
        "messaging_product": "whatsapp",
        **address(destination.chat),
        "type": "text",
        "text": {"body": body, "preview_url": False},
    }
