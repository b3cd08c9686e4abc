"""Our own webchat as a platform: sending is a row of our database, which the visitor's stream then reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from adapters.errors import NotPermitted, SignatureMismatch
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
    file_payload,
)
from adapters.platforms.management import Management
from adapters.platforms.menus import Menu
from domain.buttons import Button
from domain.events import Attachment, InboundEvent
from domain.media import File
from domain.platforms import Guarantee, PlatformName


class Webchat:
    """Has no outside: its messages come through the API's webchat routes, its parts appear by their transaction."""

    name = PlatformName.WEBCHAT
    guarantee = Guarantee.TRANSACTION
    changes: Changes | None = None
    management: Management | None = None
    menu: Menu | None = None
    typing_every: float | None = None
    growing_every: float | None = None

    def admits(self, channel: Channel, headers: Mapping[str, str]) -> None:
        """Nobody calls a webhook of the webchat."""
        raise SignatureMismatch("webchat has no webhook; use the webchat routes")

    def handshake(self, channel: Channel, request: Request) -> Reply | None:
        """Nobody asks."""
        return None

    def receive(self, channel: Channel, request: Request, now: datetime) -> tuple[InboundEvent, ...]:
        """Nobody calls a webhook of the webchat."""
        raise SignatureMismatch("webchat has no webhook; use the webchat routes")

    def taken(self, channel: Channel, request: Request) -> Reply | None:
        """There are no calls."""
        return None

    def recipient(self, given: str) -> str:
        """A session by its id, however that is spelt; whether there is one only the record knows."""
        try:
            return str(UUID(given))
        except ValueError:
            return given

    def render(self, markdown: str, destination: Destination) -> tuple[Payload, ...]:
        """One part, however long: the page scrolls."""
        return ({"markdown": markdown},) if markdown.strip() else ()

    def render_file(self, file: File, destination: Destination) -> tuple[Payload, ...]:
        """The page shows a link to the file, or the picture itself, with its caption."""
        return ({**file_payload(file), "markdown": file.caption},)

    def offered(self, payload: Payload, buttons: Sequence[Button]) -> Payload | None:
        """The page shows as many buttons as there are."""
        return {**payload, "buttons": [button.label for button in buttons]}

    async def locate(self, channel: Channel, attachment: Attachment) -> Source:
        """What visitors bring is in our store from the start."""
        raise NotPermitted("a webchat has no files elsewhere; there is nothing to fetch")

    async def send_file(self, channel: Channel, payload: Payload, content: bytes, deadline: float) -> Receipt:
        """A part is sent by the transaction that plans it."""
        raise NotPermitted("a webchat part appears with its transaction; there is nothing to call")

    async def send(self, channel: Channel, payload: Payload, deadline: float) -> Receipt:
        """A part is sent by the transaction that plans it."""
        raise NotPermitted("a webchat part appears with its transaction; there is nothing to call")

    async def find(
        self, channel: Channel, payload: Payload, mark: str, since: datetime, deadline: float
    ) -> Receipt | None:
        """There is no doubt to be ended."""
        raise NotPermitted("a webchat part is known by its transaction; there is nothing to look for")

    def marked(self, payload: Payload, mark: str) -> Payload:
        """A part is a row, which has its id."""
        return payload

    def readdressed(self, payload: Payload, chat: str) -> Payload:
        """A session keeps its id."""
        return payload

    def unformatted(self, payload: Payload) -> Payload | None:
        """Nothing refuses formatting here."""
        return None

    async def show_typing(self, channel: Channel, destination: Destination) -> None:
        """Typing is a notification of the database."""

    async def acknowledge(self, channel: Channel, event: InboundEvent) -> None:
        """The page knows that it was pressed."""

    async def check(self, channel: Channel) -> Account:
        """There is no account."""
        return Account(id=str(channel.id), name="webchat")

    async def register(self, channel: Channel, url: str) -> Webhook:
        """There is nothing to register."""
        raise NotPermitted("webchat needs no webhook; embed the widget instead")

    async def inspect(self, channel: Channel) -> Webhook:
        """There is nothing to inspect."""
        raise NotPermitted("webchat needs no webhook; embed the widget instead")

    async def remove(self, channel: Channel) -> None:
        """There is nothing to remove."""
        raise NotPermitted("webchat needs no webhook; embed the widget instead")
