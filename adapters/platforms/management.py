"""The contract of managing a chat: what the platform knows of it, pinned messages, members, and leaving."""

from collections.abc import Mapping
from typing import Literal, Protocol

from pydantic import Field, JsonValue

from adapters.platforms.base import Channel
from domain.events import Attachment
from domain.models import Frozen


class Chat(Frozen):
    """A chat, or the person on the other side of one, as the platform knows it now; None for what it does not tell.

    `picture` can be located and fetched like a contact's file; its `details` hold a `version`, which is another one for
    another picture.
    """

    id: str
    kind: Literal["private", "group", "channel"]
    name: str | None = None
    username: str | None = None
    about: str | None = None
    members: int | None = None
    pinned_message_id: str | None = None
    picture: Attachment | None = None
    details: Mapping[str, JsonValue] = Field(default_factory=dict)


class Management(Protocol):
    """What a bot can do to the chats that it is in; every call may be repeated, and raises as `Platform.send` does.

    What a private chat has not is `NotAGroup`, a person who is unknown there `MemberUnknown`, a missing right
    `NotPermitted`, and a message that is not there `MessageGone`.
    """

    async def chat(self, channel: Channel, chat: str) -> Chat:
        """What the platform knows of a chat, or of a person."""

    async def pin(self, channel: Channel, chat: str, platform_message_id: str) -> None:
        """Have a message stand above the chat, without ringing."""

    async def unpin(self, channel: Channel, chat: str, platform_message_id: str) -> None:
        """Have it stand there no more."""

    async def ban(self, channel: Channel, chat: str, member: str) -> None:
        """Put somebody out of a group, who cannot come back."""

    async def unban(self, channel: Channel, chat: str, member: str) -> None:
        """Let somebody come back who was put out."""

    async def leave(self, channel: Channel, chat: str) -> None:
        """Go out of a group."""
