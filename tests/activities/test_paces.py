"""The pace of replies: what a platform counts is kept before it complains, and what it asks for by all processes."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.delivery import Delivery
from adapters.database import changes, channels, voice
from adapters.database.changes import ChangeRow
from adapters.database.channels import credentials_vault
from adapters.database.engine import Database
from adapters.database.records import Message
from adapters.database.tables import ChannelRow
from adapters.media.store import MediaStore
from adapters.platforms.catalogue import http_client, platforms
from adapters.processes.ports import free_port
from domain.changes import ChangeKind
from domain.turns import Delivered, Reply, ReplyKind
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat
from tests.machine import until
from tests.product import make_channel, running_product
from tests.simulated import Simulated
from tests.slack import SIGNING_SECRET, TOKEN

BUSY, QUIET = 7, 8
PARTS = 9
PAGE = "words and more words. " * 150
ASKED = timedelta(seconds=40)


@dataclass(frozen=True)
class Process:
    """What one worker process delivers with."""

    delivery: Delivery

    async def deliver(self, reply: Reply) -> Delivered:
        """One attempt."""
        return await ActivityEnvironment().run(self.delivery.deliver, reply)

    async def apologise(self, chat: Chat) -> Delivered:
        """Hear something in a chat, and deliver the bot's apology at once."""
        return await self.deliver(await apology(chat))

    async def insist(self, chat: Chat) -> Delivered:
        """The same, tried again as often as it has to wait, and not before it is told."""
        reply = await apology(chat)
        while True:
            try:
                return await self.deliver(reply)
            except ApplicationError as later:
                wait = later.next_retry_delay or timedelta(0)
                await until_passed(time.monotonic() + wait.total_seconds())

    async def wait_of(self, chat: Chat) -> timedelta:
        """How long an apology has to wait that cannot be delivered now."""
        with pytest.raises(ApplicationError) as refused:
            await self.apologise(chat)
        assert refused.value.next_retry_delay is not None
        return refused.value.next_retry_delay


async def apology(chat: Chat) -> Reply:
    """A turn of the chat that ends in the bot's apology."""
    begun = await chat.begin(*await chat.hear("hello"))
    return Reply(conversation_id=str(chat.id), turn_id=begun.turn_id, turn=begun.turn, kind=ReplyKind.APOLOGY)


async def edit(chat: Chat, text: str) -> Reply:
    """The newest message of the chat is to say this."""
    async with chat.database.begin() as connection:
        place = await voice.lock(connection, chat.id, chat.access.workspace_id)
        assert place is not None
        newest = select(Message.id).where(Message.conversation_id == chat.id).order_by(Message.seq.desc()).limit(1)
        message_id = await connection.scalar(newest)
        assert message_id is not None
        await changes.want(connection, place, message_id, ChangeKind.EDIT, text, datetime.now(UTC))
        event_id = await connection.scalar(select(ChangeRow.id).where(ChangeRow.text == text))
    return Reply(conversation_id=str(chat.id), message_id=str(event_id))


async def until_passed(moment: float) -> None:
    """Wait until the monotonic clock has passed this moment."""
    await until(lambda: time.monotonic() >= moment)


@asynccontextmanager
async def process(settings: Settings, database: Database) -> AsyncIterator[Process]:
    """A worker process of its own, as far as deliveries go: its connections, its platforms."""
    own, http = Database(database.engine.url.render_as_string(hide_password=False)), http_client()
    vault, spoken = credentials_vault(settings.secrets()), platforms(settings, http)
    try:
        yield Process(
            Delivery(
                own, vault, spoken, MediaStore(settings.media_store_url), lambda: datetime.now(UTC), time.monotonic
            )
        )
    finally:
        await http.close()
        await own.close()


async def open_channel(settings: Settings, database: Database) -> Chat:
    """A Slack channel with a new bot in it."""
    credentials = {"bot_token": TOKEN, "signing_secret": SIGNING_SECRET}
    channel = await make_channel(settings, database, "slack", credentials)
    vault = credentials_vault(settings.secrets())
    async with database.begin() as connection:
        access = await channels.load(connection, vault, channel.id)
    assert access is not None
    return Chat(database, vault, channel, access, "C1")


async def sends(simulated: Simulated, method: str = "sendMessage") -> list[tuple[str, int]]:
    """Chat and status of every call that was to send something."""
    calls = [item for item in await simulated.ledger("call") if item["method"] == method]
    return [(str(item["chat_id"]), int(str(item["status"]))) for item in calls]


async def test_a_wait_asked_for_one_chat_holds_up_no_other(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    chat = await open_chat(simulating, shared)
    await simulated.fault("status", status=429, retry_after=40, method="sendMessage")
    async with process(simulating, shared) as one, process(simulating, shared) as other:
        assert ASKED - timedelta(seconds=5) < await one.wait_of(chat)
        assert ASKED - timedelta(seconds=5) < await other.wait_of(chat)
        assert (await other.apologise(replace(chat, name="8"))).sent == 1
    assert await sends(simulated) == [("7", 429), ("8", 200)]


async def test_a_change_of_a_message_waits_as_what_is_sent_does_and_holds_it_up(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    chat = await open_chat(simulating, shared)
    async with process(simulating, shared) as one, process(simulating, shared) as other:
        await one.apologise(chat)
        better, best = await edit(chat, "better"), await edit(chat, "best")
        await simulated.fault("status", status=429, retry_after=40, method="editMessageText")
        for who in (one, other):
            with pytest.raises(ApplicationError) as refused:
                await who.deliver(best)
            assert ASKED - timedelta(seconds=5) < (refused.value.next_retry_delay or timedelta(0))
        assert (await other.deliver(better)).state == "superseded"
        assert ASKED - timedelta(seconds=5) < await other.wait_of(chat)
    assert await sends(simulated, "editMessageText") == [("7", 429)]
    assert await sends(simulated) == [("7", 200)]


async def test_a_wait_that_names_nobody_is_one_chats_until_another_is_asked_to_wait_as_well(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    settings = simulating.model_copy(update={"slack_api_url": simulated.slack_api_url})
    chat = await open_channel(settings, shared)
    limit = {"status": 429, "retry_after": 40, "method": "chat.postMessage"}
    async with process(settings, shared) as one, process(settings, shared) as other:
        await simulated.fault("status", **limit)
        assert ASKED - timedelta(seconds=5) < await one.wait_of(chat)
        assert (await other.apologise(replace(chat, name="C2"))).sent == 1
        await simulated.fault("status", **limit)
        assert ASKED - timedelta(seconds=5) < await one.wait_of(replace(chat, name="C3"))
        assert ASKED - timedelta(seconds=5) < await other.wait_of(replace(chat, name="C4"))
        assert (await other.apologise(replace(await open_channel(settings, shared), name="C5"))).sent == 1
    assert await sends(simulated, "chat.postMessage") == [("C1", 429), ("C2", 200), ("C3", 429), ("C5", 200)]


@pytest.mark.slow
async def test_many_chats_at_once_get_their_answers_as_fast_as_the_bot_may_speak(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    chat = await open_chat(simulating, shared)
    async with shared.begin() as connection:
        slowly = update(ChannelRow).where(ChannelRow.id == chat.channel.id)
        await connection.execute(slowly.values(settings={"messages_per_second": 5}))
    await simulated.post("/telegram/settings", limits=True, messages_per_second=8)
    chats = [replace(chat, name=str(100 + number)) for number in range(12)]
    async with process(simulating, shared) as one, process(simulating, shared) as other:
        await asyncio.gather(*(who.insist(each) for who, each in zip([one, other] * 6, chats, strict=True)))
    assert sorted(await sends(simulated)) == sorted((each.name, 200) for each in chats)


@pytest.mark.slow
async def test_a_long_answer_goes_as_fast_as_its_chat_allows_and_holds_up_no_other(
    pointed: Settings, database: Database, simulated: Simulated
) -> None:
    port = free_port()
    await simulated.post("/telegram/settings", limits=True)
    await simulated.answers(
        {"contains": "everything", "text": "\n\n".join([PAGE] * PARTS)}, {"contains": "quick", "text": "Here."}
    )

    async def has_begun() -> bool:
        return len(await simulated.sent(BUSY)) > 0

    async with running_product(pointed.model_copy(update={"metrics_port": port}), database, simulated) as product:
        await product.telegram(bursts={"policy": "queue"})
        await simulated.say(BUSY, "tell me everything")
        await until(has_begun)
        await simulated.say(QUIET, "be quick")
        await product.until_states("answered", "answered", within_seconds=40)
        metrics = (await product.client.get(f"http://127.0.0.1:{port}/metrics")).text
    assert {status for _, status in await sends(simulated)} == {200}
    busy, quiet = await simulated.sent(BUSY), await simulated.sent(QUIET)
    assert len(busy) >= PARTS
    assert quiet[0]["seq"] < busy[-1]["seq"]  # type: ignore[operator]  # numbers
    counted = [line for line in metrics.splitlines() if line.startswith("chat_parts_paced{")]
    assert ['platform="telegram"' in line for line in counted] == [True]
