"""A channel's problem: told once, tried again ever more rarely, and over with what works."""

from datetime import timedelta

from pydantic import JsonValue
from sqlalchemy import select

from adapters.database import channel_admin, channel_problems, channels, events
from adapters.database.engine import Database
from adapters.database.records import Notice
from adapters.platforms.base import Account
from domain.channel_problems import ChannelProblem
from domain.events import EventKind, InboundEvent
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat

REASON = "credentials_refused"


async def refuse(chat: Chat, reason: str = REASON, text: str = "the token is wrong") -> None:
    """A call is refused for the channel's sake."""
    async with chat.database.begin() as connection:
        await channel_problems.note(connection, chat.channel.id, reason, text, chat.now)


async def may_try(chat: Chat) -> bool:
    """Whether a call may be tried now."""
    async with chat.database.begin() as connection:
        return await channel_problems.probe(connection, chat.channel.id, chat.now) is None


async def check(chat: Chat) -> None:
    """The platform says whose the credentials are."""
    async with chat.database.begin() as connection:
        await channels.keep_account(connection, chat.access.channel.id, Account(id="1", name="Ada"))


async def tell(chat: Chat, **details: JsonValue) -> None:
    """The platform tells something of the account, twice."""
    told = InboundEvent(key="1", kind=EventKind.OTHER, ignored="account", details=details)
    for _ in range(2):
        async with chat.database.begin() as connection:
            await events.record(connection, chat.access, [told], chat.now)


async def problem(chat: Chat) -> ChannelProblem | None:
    """The problem as whoever sends sees it."""
    async with chat.database.begin() as connection:
        access = await channels.load(connection, chat.vault, chat.channel.id)
    assert access is not None
    return access.problem


async def notices(chat: Chat) -> list[tuple[object, ...]]:
    """Kind and details of what operators were told of the channel."""
    mine = Notice.details["channel_id"].as_string() == str(chat.channel.id)
    return await chat.rows(select(Notice.kind, Notice.details["reason"]).where(mine).order_by(Notice.created_at))


async def test_a_problem_is_told_once_and_keeps_its_beginning(settings: Settings, shared: Database) -> None:
    chat = await open_chat(settings, shared)
    begun = chat.now
    await refuse(chat)
    chat.pass_time(hours=1)
    await refuse(chat, text="the token was revoked")
    found = await problem(chat)
    assert found is not None
    assert (found.reason, found.text, found.since) == (REASON, "the token was revoked", begun)
    assert await notices(chat) == [("channel_refused", REASON)]


async def test_one_call_at_a_time_is_tried_and_ever_more_rarely(settings: Settings, shared: Database) -> None:
    chat = await open_chat(settings, shared)
    await refuse(chat)
    pauses = []
    for _ in range(10):
        assert not await may_try(chat)
        found = await problem(chat)
        assert found is not None
        pauses.append((found.probe_at - chat.now).total_seconds())
        chat.now = found.probe_at
        assert await may_try(chat)
        # Nothing was heard of that one yet, or it was refused as well.
        await refuse(chat)
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


async def test_what_works_is_the_end(settings: Settings, shared: Database) -> None:
    chat = await open_chat(settings, shared)
    await refuse(chat)
    for _ in range(2):
        async with shared.begin() as connection:
            await channel_problems.clear(connection, chat.channel.id, "sending")
    assert (await problem(chat), await may_try(chat)) == (None, True)
    assert await notices(chat) == [("channel_refused", REASON), ("channel_recovered", REASON)]
    await refuse(chat)
    found = await problem(chat)
    assert found is not None
    assert found.probe_at == chat.now + timedelta(seconds=2)


async def test_a_check_that_works_is_the_end_unless_the_account_is_held_back(
    settings: Settings, shared: Database
) -> None:
    chat = await open_chat(settings, shared)
    await refuse(chat)
    await check(chat)
    assert await problem(chat) is None
    await refuse(chat, "account_held")
    await check(chat)
    assert await problem(chat) is not None


async def test_new_credentials_are_the_end(settings: Settings, shared: Database) -> None:
    chat = await open_chat(settings, shared)
    await refuse(chat, "account_held")
    for secrets, is_over in ((None, False), ({"token": "another"}, True)):
        async with shared.begin() as connection:
            await channel_admin.change(
                connection, chat.vault, chat.channel.workspace_id, chat.channel.id, "telegram", secrets, {}
            )
        assert (await problem(chat) is None) is is_over


async def test_what_the_platform_tells_by_itself_is_a_problem_that_the_next_call_tries(
    settings: Settings, shared: Database
) -> None:
    chat = await open_chat(settings, shared)
    await tell(chat, problem="app_uninstalled")
    found = await problem(chat)
    assert found is not None
    assert "install it again" in found.text
    assert [await may_try(chat), await may_try(chat)] == [True, False]
    assert await notices(chat) == [("channel_refused", "app_uninstalled")]


async def test_a_word_of_policy_is_a_notice_and_no_problem(settings: Settings, shared: Database) -> None:
    chat = await open_chat(settings, shared)
    await tell(chat, policy={"action": "warning", "reason": "spam"})
    assert await problem(chat) is None
    assert await notices(chat) == [("policy_enforcement", "spam")]


async def test_channels_that_cannot_speak_are_counted_by_platform(settings: Settings, database: Database) -> None:
    await refuse(await open_chat(settings, database))
    await open_chat(settings, database)
    async with database.begin() as connection:
        assert await channel_problems.counted(connection) == {"telegram": 1}
