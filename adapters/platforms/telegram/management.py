"""Managing Telegram's chats: https://core.telegram.org/bots/api#getchat, and what follows there."""

import re
from contextlib import suppress
from typing import Literal

from pydantic import JsonValue

from adapters.errors import MemberUnknown, OutcomeUnknown
from adapters.platforms.base import Channel, Payload
from adapters.platforms.fields import Fields, count, numeric_id, part, reference, shown_name, text
from adapters.platforms.management import Chat
from adapters.platforms.telegram.calls import Calls, object_of
from adapters.platforms.telegram.errors import Needless
from domain.events import Attachment

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_KINDS: dict[object, Literal["private", "group", "channel"]] = {"private": "private", "channel": "channel"}
_SHOWN = ("type", "is_forum", "linked_chat_id", "slow_mode_delay", "has_protected_content", "permissions")


class TelegramManagement:
    """Asks and does what a bot may in its chats."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def chat(self, channel: Channel, chat: str) -> Chat:
        """The chat as the bot sees it; of groups also how many are in it."""
        found = object_of(await self._calls.post(channel, "getChat", _in(chat)), "getChat")
        kind = _KINDS.get(found.get("type"), "group")
        members = None if kind == "private" else await self._calls.post(channel, "getChatMemberCount", _in(chat))
        return _chat(found, kind, members if isinstance(members, int) else None)

    async def pin(self, channel: Channel, chat: str, platform_message_id: str) -> None:
        """Pin a message without telling everybody."""
        body: Payload = {**_in(chat), "message_id": int(platform_message_id), "disable_notification": True}
        await self._do(channel, "pinChatMessage", body)

    async def unpin(self, channel: Channel, chat: str, platform_message_id: str) -> None:
        """Unpin a message."""
        await self._do(channel, "unpinChatMessage", {**_in(chat), "message_id": int(platform_message_id)})

    async def ban(self, channel: Channel, chat: str, member: str) -> None:
        """Ban a user."""
        await self._do(channel, "banChatMember", {**_in(chat), "user_id": _user(member)})

    async def unban(self, channel: Channel, chat: str, member: str) -> None:
        """Unban a user; who is in the chat stays there."""
        await self._do(channel, "unbanChatMember", {**_in(chat), "user_id": _user(member), "only_if_banned": True})

    async def leave(self, channel: Channel, chat: str) -> None:
        """Leave a group."""
        await self._do(channel, "leaveChat", _in(chat))

    async def _do(self, channel: Channel, method: str, body: Payload) -> None:
        with suppress(Needless):
            await self._calls.post(channel, method, body)


def _in(chat: str) -> Payload:
    return {"chat_id": int(chat) if _INTEGER.fullmatch(chat) else chat}


def _user(member: str) -> int:
    if not _INTEGER.fullmatch(member):
        raise MemberUnknown("Telegram knows its users by numbers; give the number that a message came from")
    return int(member)


def _chat(found: Fields, kind: Literal["private", "group", "channel"], members: int | None) -> Chat:
    name = numeric_id(found, "id")
    if name is None:
        raise OutcomeUnknown("Telegram's answer to getChat names no chat")
    details: dict[str, JsonValue] = {key: value for key in _SHOWN if (value := _plain(found.get(key))) is not None}
    return Chat(
        id=name,
        kind=kind,
        name=shown_name(found, "title") or shown_name(found, "first_name", "last_name"),
        username=reference(found, "username"),
        about=text(found, "description") or text(found, "bio"),
        members=members,
        pinned_message_id=numeric_id(part(found, "pinned_message"), "message_id"),
        picture=_picture(part(found, "photo")),
        details=details,
    )


def _picture(photo: Fields) -> Attachment | None:
    file, version = reference(photo, "big_file_id"), reference(photo, "big_file_unique_id")
    if file is None or version is None:
        return None
    return Attachment(kind="photo", reference=file, size_bytes=count(photo, "file_size"), details={"version": version})


def _plain(value: object) -> JsonValue:
    """A fact, or a table of permissions; nothing else of what Telegram tells is shown."""
    if isinstance(value, dict):
        return {str(name): fact for name, fact in value.items() if isinstance(fact, bool)}
    return value if isinstance(value, bool | int | str) else None
