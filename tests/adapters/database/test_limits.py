"""What platforms ask to wait without saying whom they mean: a chat at first, the bot where another is told so too."""

from datetime import timedelta

import pytest

from adapters.database import paces
from adapters.database.engine import Database
from adapters.database.paces import Place, Queued
from domain.paces import LimitScope, Pace, Rate
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat

SECOND = timedelta(seconds=1)
PACE = Pace(bot=Rate(every=SECOND / 10, burst=5), chat=Rate(every=SECOND, burst=5))


@pytest.fixture
async def chat(settings: Settings, shared: Database) -> Chat:
    """A chat of a bot that has not spoken yet."""
    return await open_chat(settings, shared)


async def limited(chat: Chat, name: str, seconds: float = 30, scope: LimitScope = "unsaid") -> None:
    """A part to a chat is refused: to wait for so long."""
    place, until = Place(chat.access.channel.id, name, PACE), chat.now + timedelta(seconds=seconds)
    async with chat.database.begin() as connection:
        await paces.heed(connection, place, scope, until, chat.now)


async def waits(chat: Chat, *names: str) -> list[int]:
    """How many whole seconds a part to each of these chats has to wait now: behind the one that was refused."""
    parts = await chat.plan(await chat.begin(*await chat.hear("hello")), len(names))
    found = []
    for name, part in zip(names, parts, strict=True):
        async with chat.database.begin() as connection:
            taken = await paces.take(connection, part, Place(chat.access.channel.id, name, PACE), chat.now)
        found.append(int((taken.until - chat.now).total_seconds()) if isinstance(taken, Queued) else 0)
    return found


async def test_a_chat_that_is_told_to_wait_holds_up_no_other(chat: Chat) -> None:
    await limited(chat, "a")
    assert await waits(chat, "a", "b") == [31, 0]


async def test_a_second_chat_that_is_told_so_means_the_bot(chat: Chat) -> None:
    await limited(chat, "a")
    chat.pass_time(seconds=20)
    await limited(chat, "b", 40)
    assert await waits(chat, "c") == [40]


async def test_the_same_chat_told_twice_means_itself(chat: Chat) -> None:
    await limited(chat, "a")
    await limited(chat, "a", 60)
    assert await waits(chat, "a", "b") == [61, 0]


async def test_what_is_over_is_not_held_against_another_chat(chat: Chat) -> None:
    await limited(chat, "a")
    chat.pass_time(seconds=30)
    await limited(chat, "b")
    assert await waits(chat, "b", "c") == [31, 0]


async def test_where_the_platform_says_whom_it_means_that_is_kept(chat: Chat) -> None:
    await limited(chat, "a", scope="chat")
    await limited(chat, "b", scope="chat")
    assert await waits(chat, "a", "b", "c") == [31, 31, 0]


async def test_where_the_platform_means_the_bot_nobody_goes(chat: Chat) -> None:
    await limited(chat, "a", 45, scope="bot")
    assert await waits(chat, "b") == [45]
