"""What a platform told us, in one shape for all platforms."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field, JsonValue

from domain.models import Frozen


class EventKind(StrEnum):
    """What kind of thing happened."""

    MESSAGE = "message"
    EDIT = "edit"
    DELETE = "delete"
    BUTTON = "button"
    REACTION = "reaction"
    RECEIPT = "receipt"
    MEMBERSHIP = "membership"
    OTHER = "other"
    CONTROL = "control"
    """Of our own making: an operator paused, resumed, closed, took over or released."""
    SAY = "say"
    """Of our own making: an operator or the bot itself speaks first."""


class EventState(StrEnum):
    """Where an event stands; the last six are ends."""

    RECEIVED = "received"
    QUEUED = "queued"
    HELD = "held"
    ANSWERED = "answered"
    REFUSED = "refused"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"
    IGNORED = "ignored"
    FAILED = "failed"


OPEN_STATES = (EventState.RECEIVED, EventState.QUEUED, EventState.HELD)
END_STATES = tuple(state for state in EventState if state not in OPEN_STATES)
WAKING_KINDS = (EventKind.MESSAGE, EventKind.BUTTON)
"""The kinds that ask for an answer."""
ANSWERED_KINDS = (*WAKING_KINDS, EventKind.EDIT, EventKind.REACTION)
"""The kinds that can be part of a turn: edits and reactions are where the bot answers them."""


ARRIVED = ("delivered", "read", "played")
"""The statuses of a receipt that say that the contact has a message; `sent` says that the platform has it."""
READ = ("read", "played")
"""Those that say that the contact has also read, or heard, it."""


_SECRET = ("answer_by", "response_url", "token")


class Attachment(Frozen):
    """Media by reference: what the platform needs to hand the bytes over, or for what we say the file in our store."""

    kind: Literal["photo", "document", "voice", "audio", "video", "sticker", "location", "contact", "other"]
    reference: str | None = None
    name: str | None = None
    mime_type: str | None = None
    size_bytes: int | None = None
    media_id: str | None = None
    caption: str | None = None
    details: Mapping[str, JsonValue] = Field(default_factory=dict)


class Sender(Frozen):
    """Who is on the other side, as the platform says."""

    external_id: str
    name: str | None = None
    language: str | None = None


class Replied(Frozen):
    """What a message replies to: how it begins, and whose words they are."""

    text: str
    sender: Sender | None = None
    ours: bool = False


class InboundEvent(Frozen):
    """One thing that a platform told us.

    `key` identifies it on its channel: a repeat of the same thing has the same key, however it is encoded.
    `chat` is where it happened and where an answer goes; without a chat it belongs to no conversation.
    `ignored` says why it needs no answer; events that need one leave it empty.
    `follows_up` says that it is addressed to the bot where its thread is a conversation of the bot's already.
    `account` is the platform's name of the account that it happened to, where one webhook serves several.
    `edition` says which edit of its message it is, where the platform counts them.
    """

    key: str
    kind: EventKind
    account: str | None = None
    chat: str | None = None
    thread: str | None = None
    sender: Sender | None = None
    is_group: bool = False
    addressed: bool = True
    follows_up: bool = False
    platform_message_id: str | None = None
    reply_to: str | None = None
    replied: Replied | None = None
    text: str = ""
    command: str | None = None
    attachments: tuple[Attachment, ...] = ()
    occurred_at: datetime | None = None
    edition: int | None = None
    ignored: str | None = None
    details: Mapping[str, JsonValue] = Field(default_factory=dict)


def told(details: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """What may be shown of an event's details: not what lets whoever has it answer in the bot's name."""
    return {name: value for name, value in details.items() if name not in _SECRET}


def receipt_key(platform_message_id: str, status: str) -> str:
    """The key of a receipt: a platform says each status of a message once."""
    return f"{platform_message_id}:{status}"
