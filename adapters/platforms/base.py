"""The contract of a platform: verify and read what comes in, render and send what goes out."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from pydantic import Field, JsonValue, SecretStr

from adapters.errors import Unacceptable
from adapters.media.base import Source
from domain.buttons import Button
from domain.events import Attachment, InboundEvent
from domain.ids import ChannelId
from domain.media import File
from domain.models import Frozen
from domain.platforms import Guarantee, PlatformName
from domain.profiles import Profile
from domain.templates import Template, TemplateMessage

if TYPE_CHECKING:
    from adapters.platforms.management import Management
    from adapters.platforms.menus import Menu

Payload: TypeAlias = dict[str, JsonValue]


class Channel(Frozen):
    """One bot's connection to one account: what an adapter needs to speak for it."""

    id: ChannelId
    platform: PlatformName
    credentials: Mapping[str, SecretStr] = Field(default_factory=dict)
    settings: Mapping[str, JsonValue] = Field(default_factory=dict)
    account: Mapping[str, JsonValue] = Field(default_factory=dict)
    """What the platform said of the account at the last check, such as a bot's user name."""

    def secret(self, name: str) -> str:
        """A credential in the clear; empty when the channel has none of that name."""
        found = self.credentials.get(name)
        return found.get_secret_value() if found else ""


class Request(Frozen):
    """A webhook call as it arrived: header names in lower case, the body's bytes untouched."""

    headers: Mapping[str, str] = Field(default_factory=dict)
    query: Mapping[str, str] = Field(default_factory=dict)
    body: bytes = b""


class Reply(Frozen):
    """What a platform is answered that first asks whether a webhook is ours."""

    status: int = 200
    content_type: str = "text/plain"
    body: str = ""


class Destination(Frozen):
    """Where a part goes; `heard` is the contact's newest message there, where that is known.

    `answer_by` is what the platform gave with messages for their answer to go by, such as an interaction's token, the
    newest first.
    """

    chat: str
    thread: str | None = None
    reply_to: str | None = None
    heard: str | None = None
    is_group: bool = False
    answer_by: tuple[Mapping[str, str], ...] = ()


class Receipt(Frozen):
    """What a platform answered to a part that it took; `chat` is what it calls the chat there, if it says so.

    `pause` is how long nothing more may go to that chat, where the platform says that its limit is used up.
    """

    platform_message_id: str
    chat: str | None = None
    pause: timedelta | None = None


class Account(Frozen):
    """Who the channel's credentials belong to."""

    id: str
    name: str
    details: Mapping[str, JsonValue] = Field(default_factory=dict)


class Webhook(Frozen):
    """Our webhook as the platform knows it."""

    url: str
    pending: int | None = None
    last_error: str | None = None
    details: Mapping[str, JsonValue] = Field(default_factory=dict)


FILE = "file"
"""Where a part's payload names the stored file that goes out with it."""


def file_payload(file: File) -> Payload:
    """What the ledger keeps of a file: enough to find and to describe it, for whichever attempt sends it."""
    return {FILE: file.model_dump(mode="json", exclude={"caption"})}


def file_of(payload: Payload) -> File | None:
    """The file of a part; None for a part of text."""
    return File.model_validate(payload[FILE]) if FILE in payload else None


def without_file(payload: Payload) -> Payload:
    """What the platform gets of a part beside its file."""
    return {name: value for name, value in payload.items() if name != FILE}


def located(attachment: Attachment) -> Source:
    """Where an attachment lies whose reference is an address that anybody may ask; raises `Unacceptable`."""
    if not (attachment.reference or "").startswith(("https://", "http://")):
        raise Unacceptable("the attachment has no address; there is nothing to fetch")
    return Source(url=attachment.reference or "")


class Changes(Protocol):
    """How messages that were sent are changed; both calls raise as `send` does, and do no harm when they are repeated.

    What is so already is done; what a platform refuses because of the message's age is `ChangeRefused`.
    """

    def chat_of(self, payload: Payload) -> str:
        """The chat in which a part was put."""

    async def edit(self, channel: Channel, payload: Payload, platform_message_id: str, deadline: float) -> None:
        """Have a message say what this part says, which is addressed as the message was; raises `MessageGone`."""

    async def delete(self, channel: Channel, payload: Payload, platform_message_id: str, deadline: float) -> None:
        """Take a message away that was sent with this payload; raises `MessageGone`, which is as good."""


class Platform(Protocol):
    """One messaging platform.

    `admits`, `handshake`, `receive` and `taken` are pure. What `send` raises is from `adapters.errors` and says again,
    again at, never, moved, or unknown.
    """

    name: PlatformName
    guarantee: Guarantee

    def admits(self, channel: Channel, headers: Mapping[str, str]) -> None:
        """Refuse by the headers alone, before a byte of the body is read: raises `SignatureMismatch`."""

    def handshake(self, channel: Channel, request: Request) -> Reply | None:
        """The answer to a platform that asks whether the webhook is ours; None for a call that tells something.

        A call by GET, which has no body, can be nothing else. Raises `SignatureMismatch`.
        """

    def receive(self, channel: Channel, request: Request, now: datetime) -> tuple[InboundEvent, ...]:
        """Verify and parse in one step: raises `SignatureMismatch` or `Unreadable`."""

    def taken(self, channel: Channel, request: Request) -> Reply | None:
        """What the platform is answered once everything that a call told is safe; None for an empty 200."""

    def recipient(self, given: str) -> str:
        """The one way in which the platform writes this id of somebody; raises `Unacceptable` for what can be none."""

    def render(self, markdown: str, destination: Destination) -> tuple[Payload, ...]:
        """The parts of a reply, each ready to be sent; a part's text holds nothing but what the contact shall see."""

    def render_file(self, file: File, destination: Destination) -> tuple[Payload, ...]:
        """The part that is a file, as the kind that the platform takes it for, and where its caption does not fit
        there, the parts of that."""

    def offered(self, payload: Payload, buttons: Sequence[Button]) -> Payload | None:
        """The same part of text with buttons below; None where the platform cannot show all of them there."""

    async def locate(self, channel: Channel, attachment: Attachment) -> Source:
        """Where the file of an attachment can be fetched now; raises as `send` does."""

    async def send_file(self, channel: Channel, payload: Payload, content: bytes, deadline: float) -> Receipt:
        """Put a part with its file on the platform; like `send` otherwise."""

    async def send(self, channel: Channel, payload: Payload, deadline: float) -> Receipt:
        """Put one part on the platform; nothing is written after `deadline` (seconds of the monotonic clock)."""

    async def find(
        self, channel: Channel, payload: Payload, mark: str, since: datetime, deadline: float
    ) -> Receipt | None:
        """What was sent since then with this mark; None when surely nothing was. Raises as `send` does.

        Asked only of platforms whose guarantee is `READ_BACK`; those raise `NotPermitted` where they may not look.
        """

    def marked(self, payload: Payload, mark: str) -> Payload:
        """The same part with a mark by which its send can be told later; unchanged where the platform has none."""

    def readdressed(self, payload: Payload, chat: str) -> Payload:
        """The same part for a chat that got a new id."""

    def unformatted(self, payload: Payload) -> Payload | None:
        """The same part as plain text, for a platform that refused its formatting; None when it has none."""

    async def show_typing(self, channel: Channel, destination: Destination) -> None:
        """Show the contact that an answer is in the making; a failure is of no consequence and is raised."""

    async def acknowledge(self, channel: Channel, event: InboundEvent) -> None:
        """Tell the platform that a button press was heard; nothing where it wants no such word."""

    management: "Management | None"
    """What a bot can do to its chats; None where it can do nothing of that, or nobody wrote it yet."""

    menu: "Menu | None"
    """How the bot's commands are shown; None where the platform has no calls for that."""

    changes: Changes | None
    """How messages that were sent are changed; None where they cannot be, or where sending calls nothing."""

    typing_every: float | None
    """Seconds after which typing has to be shown again; None where the platform shows none."""

    growing_every: float | None
    """Seconds between edits of a message that grows with the model's answer; None where none can."""

    async def check(self, channel: Channel) -> Account:
        """Ask the platform whose credentials these are."""

    async def register(self, channel: Channel, url: str) -> Webhook:
        """Have the platform call this URL; raises `NotPermitted` where a person has to do it, saying how."""

    async def inspect(self, channel: Channel) -> Webhook:
        """What the platform knows of our webhook."""

    async def remove(self, channel: Channel) -> None:
        """Have the platform call us no more."""


class TemplatePage(Frozen):
    """Some of an account's templates; `after` leads to those behind them, where there are more."""

    templates: tuple[Template, ...]
    after: str | None = None


@runtime_checkable
class Profiling(Protocol):
    """What a platform can do that sends no names with its messages. What it raises is as with `send`."""

    async def profile(self, channel: Channel, contact: str) -> Profile:
        """Who a contact is, by the id on the platform."""


def profiling(platform: Platform | None) -> Profiling | None:
    """The platform, where it can be asked who somebody is."""
    return platform if isinstance(platform, Profiling) else None


@runtime_checkable
class Promising(Protocol):
    """What a platform can do that shows the contact from the first that an answer will come.

    `answer_by` is what it gave with the message (`Destination.answer_by`).
    """

    def answered_by(self, answer_by: Mapping[str, str]) -> Payload:
        """What is in the payload of the part that stands there in the end."""

    async def withdraw(self, channel: Channel, answer_by: Mapping[str, str], deadline: float) -> None:
        """Show it no longer, for no answer comes that way; what shows nothing is as good. Raises as `send` does."""


def promising(platform: Platform | None) -> Promising | None:
    """The platform, where it promises answers."""
    return platform if isinstance(platform, Promising) else None


@runtime_checkable
class Templating(Protocol):
    """What a platform can do that keeps templates. What it raises is from `adapters.errors`, as with `send`."""

    async def templates(
        self, channel: Channel, after: str | None = None, most: int = 50, name: str | None = None
    ) -> TemplatePage:
        """The templates of the channel's account, or those with this in their name."""

    def render_template(self, message: TemplateMessage, destination: Destination) -> Payload:
        """The part that is this template."""


def templating(platform: Platform | None) -> Templating | None:
    """The platform, where it has templates."""
    return platform if isinstance(platform, Templating) else None
