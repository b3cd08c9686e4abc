"""Reading where the bot is: servers, which Discord calls guilds, that it joins or leaves, and channels that go.

Source: https://discord.com/developers/docs/events/gateway-events#guilds
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Literal

from pydantic import JsonValue

from adapters.platforms.discord.place import identity, moment
from adapters.platforms.fields import Fields, parts
from domain.events import EventKind, InboundEvent
from domain.models import Frozen

_JUST_NOW = timedelta(days=1)


class Presence(Frozen):
    """What a dispatch says of where the bot is.

    It is in these `chats` of the guild, or no more in these, or in none of the guild, or in none but the `guilds`.
    """

    status: Literal["added", "removed"]
    guild: str | None = None
    chats: tuple[str, ...] = ()
    guilds: tuple[str, ...] | None = None
    joined_at: datetime | None = None


def read_presence(name: str, told: Fields) -> Presence | None:
    """What a dispatch says of where the bot is; None for most of them, and for a guild that is only down."""
    read = _READERS.get(name)
    return read(told) if read and told.get("unavailable") is not True else None


def presence_events(presence: Presence, key: str, chats: Iterable[str], now: datetime) -> list[InboundEvent]:
    """The memberships of these chats, and that of the guild as a whole where it was left, or joined just now.

    `key` names the dispatch.
    """
    found = [_membership(f"{key}:{chat}", presence, chat) for chat in chats]
    if presence.guild is None:
        return found
    if presence.status == "removed":
        return [_membership(key, presence), *found]
    joined = presence.joined_at
    if joined is None or now - joined > _JUST_NOW:
        return found
    return [_membership(f"guild:{presence.guild}:{joined.isoformat()}", presence), *found]


def _membership(key: str, presence: Presence, chat: str | None = None) -> InboundEvent:
    details: dict[str, JsonValue] = {"status": presence.status}
    if presence.guild is not None:
        details["guild"] = presence.guild
    return InboundEvent(key=key, kind=EventKind.MEMBERSHIP, chat=chat, is_group=True, details=details)


def _ready(told: Fields) -> Presence | None:
    if not isinstance(told.get("guilds"), list):
        return None
    return Presence(status="removed", guilds=_ids(parts(told, "guilds")))


def _joined(told: Fields) -> Presence | None:
    """Discord tells of a guild also at the beginning of a session."""
    guild, places = identity(told, "id"), (*parts(told, "channels"), *parts(told, "threads"))
    if guild is None:
        return None
    return Presence(status="added", guild=guild, chats=_ids(places), joined_at=moment(told, "joined_at"))


def _left(told: Fields) -> Presence | None:
    guild = identity(told, "id")
    return Presence(status="removed", guild=guild) if guild else None


def _deleted(told: Fields) -> Presence | None:
    chats = _ids([told])
    return Presence(status="removed", chats=chats) if chats else None


def _ids(listed: Iterable[Fields]) -> tuple[str, ...]:
    return tuple(name for item in listed if (name := identity(item, "id")) is not None)


_READERS: dict[str, Callable[[Fields], Presence | None]] = {
    "READY": _ready,
    "GUILD_CREATE": _joined,
    "GUILD_DELETE": _left,
    "CHANNEL_DELETE": _deleted,
    "THREAD_DELETE": _deleted,
}
