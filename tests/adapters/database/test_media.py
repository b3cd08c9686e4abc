"""Files that are wanted: noted once with their message, claimed by one attempt at a time, ended once."""

import asyncio
from uuid import UUID

from pydantic import JsonValue

from adapters.database import events, media, media_fetching
from adapters.database.engine import Database
from adapters.database.media_fetching import LEASE, Wanted
from adapters.media.base import Measured
from domain.media import media_id
from tests.adapters.database.chat import Chat

FOUND = Measured(type="image/png", size_bytes=70, sha256="0" * 64)
PHOTO: JsonValue = {"kind": "photo", "reference": "AgAC1"}
PLACE: JsonValue = {"kind": "location", "details": {"latitude": 1.0}}
LOST: JsonValue = {"kind": "document"}


async def hear(chat: Chat, *attachments: JsonValue) -> UUID:
    """A message with these attachments, told twice as platforms do."""
    event = chat.event("look", attachments=list(attachments))
    async with chat.database.begin() as connection:
        recorded = await events.record(connection, chat.access, [event], chat.now)
    async with chat.database.begin() as connection:
        assert (await events.record(connection, chat.access, [event], chat.now)).new == ()
    return recorded.new[0].id


async def claim(chat: Chat) -> list[Wanted]:
    """What is due now."""
    async with chat.database.begin() as connection:
        return await media_fetching.claim(connection, chat.now, 10)


async def state(chat: Chat, name: UUID) -> tuple[str, str | None]:
    """How a file stands."""
    async with chat.database.begin() as connection:
        row = await media.one(connection, chat.channel.workspace_id, name)
    assert row is not None
    return row["state"], row["reason"]


async def test_what_has_bytes_is_wanted_once(chat: Chat) -> None:
    message = await hear(chat, PLACE, PHOTO, LOST)
    (wanted,) = await claim(chat)
    assert (wanted.id, wanted.attachment.reference) == (media_id(message, 1), "AgAC1")
    assert (wanted.workspace_id, wanted.channel_id) == (chat.channel.workspace_id, chat.channel.id)
    async with chat.database.begin() as connection:
        await media_fetching.keep(connection, wanted.id, FOUND)


async def test_a_file_belongs_to_one_attempt_until_its_lease_is_over(chat: Chat, shared: Database) -> None:
    await hear(chat, PHOTO)
    both = await asyncio.gather(claim(chat), claim(chat))
    (wanted,) = [item for found in both for item in found]
    assert wanted.attempts == 1
    chat.pass_time(seconds=LEASE.total_seconds())
    (again,) = await claim(chat)
    assert (again.id, again.attempts) == (wanted.id, 2)
    async with chat.database.begin() as connection:
        await media_fetching.keep(connection, wanted.id, FOUND)
    chat.pass_time(hours=1)
    assert await claim(chat) == []


async def test_a_file_ends_once(chat: Chat) -> None:
    name = media_id(await hear(chat, PHOTO), 0)
    assert await state(chat, name) == ("wanted", None)
    async with chat.database.begin() as connection:
        await media_fetching.keep(connection, name, FOUND)
        await media_fetching.give_up(connection, name, "unreachable")
    assert await state(chat, name) == ("stored", None)
    assert await claim(chat) == []


async def test_a_file_that_is_put_off_waits(chat: Chat) -> None:
    name = media_id(await hear(chat, PHOTO), 0)
    await claim(chat)
    async with chat.database.begin() as connection:
        await media_fetching.postpone(connection, name, "rate_limited", chat.pass_time(minutes=5))
    assert await state(chat, name) == ("wanted", "rate_limited")
    assert [item.id for item in await claim(chat)] == [name]
    async with chat.database.begin() as connection:
        await media_fetching.give_up(connection, name, "unreachable")
    assert await state(chat, name) == ("failed", "unreachable")
