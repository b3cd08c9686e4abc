"""The webchat's stream: what is said reaches every page, each event once and in order, however often it connects."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update

from adapters.database import voice
from adapters.database.engine import Database
from adapters.database.ledger import next_seq
from adapters.database.notifications import conversation_changed
from adapters.database.records import Message
from api.app import open_resources
from api.resources import Resources
from api.webchat_stream import told
from domain.conversations import Control
from domain.ids import ConversationId, WorkspaceId
from settings import Settings
from tests.api.visits import listening, say_many
from tests.machine import until
from tests.product import MadeChannel, Product, Visitor


@pytest.fixture
async def resources(settings: Settings) -> AsyncIterator[Resources]:
    """What the routes work with."""
    async with AsyncExitStack() as stack:
        yield await open_resources(settings, stack)


def conversation_of(visitor: Visitor) -> ConversationId:
    """The visitor's conversation."""
    return ConversationId(UUID(str(visitor.session["conversation_id"])))


async def change(database: Database, visitor: Visitor, old_text: str, **values: object) -> int:
    """A message changes; the number of the change."""
    conversation = conversation_of(visitor)
    async with database.begin() as connection:
        seq = await next_seq(connection, conversation)
        changed = update(Message).where(Message.conversation_id == conversation, Message.text == old_text)
        await connection.execute(changed.values(changed_seq=seq, **values))
        await conversation_changed(connection, conversation)
    return seq


async def test_first_comes_what_was_missed_and_then_what_comes(
    client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor
) -> None:
    said = [(await visitor.say(text)).json() for text in ("one", "two")]
    async with listening(client, channel.id, visitor) as stream:
        heard = [await stream.next() for _ in range(2)]
        said.append((await visitor.say("three")).json())
        heard.append(await stream.next())
    assert [(item.event, item.id, item.data["text"]) for item in heard] == [
        ("message", told["seq"], text) for told, text in zip(said, ("one", "two", "three"), strict=True)
    ]
    assert [item.data["id"] for item in heard] == [item["message_id"] for item in said]


async def test_no_proxy_may_keep_a_stream_to_itself(
    client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor
) -> None:
    async with listening(client, channel.id, visitor) as stream:
        headers = stream.answer.headers
    assert headers["Content-Type"].startswith("text/event-stream")
    assert (headers["Cache-Control"], headers["X-Accel-Buffering"]) == ("no-cache, no-transform", "no")


@pytest.mark.slow
async def test_an_answer_is_announced_and_arrives_as_safe_markup(product: Product) -> None:
    channel = await product.channel(bursts={"policy": "queue"})
    visitor = Visitor(product.client, channel.id)
    await visitor.enter()
    await product.simulated.answer("**Hello** <script>")
    async with listening(product.client, channel.id, visitor) as stream:
        await visitor.say("hi")
        kinds = [await stream.next("message", "typing") for _ in range(2)]
        answer = await stream.next("message")
    assert sorted(item.event for item in kinds) == ["message", "typing"]
    assert (answer.data["direction"], answer.data["text"]) == ("outbound", "**Hello** <script>")
    assert answer.data["html"] == "<p><strong>Hello</strong> &lt;script&gt;</p>"


@pytest.mark.parametrize("by", ["Last-Event-ID", "after_seq"])
async def test_a_stream_goes_on_where_the_last_one_ended(
    client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor, by: str
) -> None:
    for text in ("one", "two", "three"):
        await visitor.say(text)
    async with listening(client, channel.id, visitor) as stream:
        seen = (await stream.next()).id or 0
    asked = (seen, None) if by == "after_seq" else (0, str(seen))
    async with listening(client, channel.id, visitor, *asked) as stream:
        assert [(await stream.next()).data["text"] for _ in range(2)] == ["two", "three"]


async def test_a_last_event_id_of_garbage_counts_as_none(
    client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor
) -> None:
    await visitor.say("one")
    for garbage in ("x", "-1", "1.5", ""):
        async with listening(client, channel.id, visitor, last_event_id=garbage) as stream:
            assert (await stream.next()).data["text"] == "one"


async def test_changes_of_a_message_come_under_numbers_of_their_own(
    client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor, database: Database
) -> None:
    said = (await visitor.say("helo")).json()["seq"]
    now = datetime.now(UTC)
    async with listening(client, channel.id, visitor, said) as stream:
        edited = await change(database, visitor, "helo", text="hello", edited_at=now)
        first = await stream.next()
        gone = await change(database, visitor, "hello", deleted_at=now)
        last = await stream.next()
    assert (first.event, first.id, first.data["text"]) == ("message_updated", edited, "hello")
    assert (last.event, last.id, last.data["text"]) == ("message_deleted", gone, "")
    async with listening(client, channel.id, visitor, edited) as stream:
        assert (await stream.next()).id == gone


async def test_nothing_is_missed_where_more_was_missed_than_comes_at_once(
    client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor, settings: Settings, database: Database
) -> None:
    await say_many(visitor, channel, settings, database, 120)
    numbers = [await change(database, visitor, f"number {number}", edited_at=datetime.now(UTC)) for number in (0, 119)]
    async with listening(client, channel.id, visitor) as stream:
        heard = [await stream.next() for _ in range(122)]
    assert [item.id for item in heard] == [*range(1, 121), *numbers]
    assert [item.event for item in heard] == ["message"] * 120 + ["message_updated"] * 2


async def test_all_pages_of_a_session_hear_the_same_and_no_other_session_does(
    client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor
) -> None:
    other = Visitor(client, channel.id)
    await other.enter()
    async with (
        listening(client, channel.id, visitor) as one,
        listening(client, channel.id, visitor) as two,
        listening(client, channel.id, other) as foreign,
    ):
        await visitor.say("mine")
        await other.say("yours")
        assert [(await stream.next()).data["text"] for stream in (one, two, foreign)] == ["mine", "mine", "yours"]


async def test_a_close_is_told_as_such(
    client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor, database: Database
) -> None:
    await visitor.say("hello")
    async with listening(client, channel.id, visitor) as stream:
        await stream.next("message")
        async with database.begin() as connection:
            conversation, now = conversation_of(visitor), datetime.now(UTC)
            await voice.control(connection, conversation, channel.workspace_id, Control.CLOSE, now=now)
        heard = await stream.next("closed")
    told = {"conversation_id": visitor.session["conversation_id"], "status": "closed"}
    assert (heard.id, heard.data) == (None, told)


async def test_whoever_comes_to_a_paused_conversation_is_told_so(
    client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor, database: Database
) -> None:
    await visitor.say("hello")
    async with database.begin() as connection:
        conversation, now = conversation_of(visitor), datetime.now(UTC)
        await voice.control(connection, conversation, channel.workspace_id, Control.PAUSE, now=now)
    async with listening(client, channel.id, visitor) as stream:
        heard = await stream.next("status")
    assert heard.data["status"] == "paused"


@pytest.mark.slow
async def test_a_page_that_stops_reading_holds_up_nobody(
    client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor
) -> None:
    async with AsyncExitStack() as stack:
        stalled = [await stack.enter_async_context(listening(client, channel.id, visitor)) for _ in range(3)]
        reading = await stack.enter_async_context(listening(client, channel.id, visitor))
        for number in range(6):
            await visitor.say(f"{number} " + "x" * 39_000)
        heard = [str((await reading.next("message")).data["text"]).split()[0] for _ in range(6)]
        assert heard == [str(number) for number in range(6)]
        assert str((await stalled[0].next("message")).data["text"]).startswith("0 ")


async def test_a_quiet_stream_shows_that_it_lives(resources: Resources, channel: MadeChannel) -> None:
    conversation = ConversationId(channel.id)
    quiet = told(resources, WorkspaceId(channel.workspace_id), conversation, 0, ping_seconds=0.01)
    async with aclosing(quiet) as stream:
        assert [await anext(stream) for _ in range(3)] == ["retry: 3000\n\n", ": ping\n\n", ": ping\n\n"]


async def test_streams_end_when_the_server_stops(resources: Resources, channel: MadeChannel) -> None:
    async def rest(after: str) -> list[str]:
        stream = told(resources, WorkspaceId(channel.workspace_id), ConversationId(channel.id), 0)
        assert await anext(stream) == after
        return [piece async for piece in stream]

    open_streams = [asyncio.create_task(rest("retry: 3000\n\n")) for _ in range(3)]
    await until(lambda: resources.wakeups.listeners == 3)
    resources.wakeups.stop()
    async with asyncio.timeout(2):
        assert await asyncio.gather(*open_streams, rest("retry: 3000\n\n")) == [[]] * 4
    assert resources.wakeups.listeners == 0


async def test_a_listener_that_does_not_listen_keeps_only_the_newest_notes(
    resources: Resources, database: Database
) -> None:
    conversation = ConversationId(UUID(int=7))
    async with AsyncExitStack() as stack:
        queues = [await stack.enter_async_context(resources.wakeups.of(conversation)) for _ in range(200)]

        async def tell(kind: str) -> None:
            async with database.begin() as connection:
                await conversation_changed(connection, conversation, kind)

        async def listening_began() -> bool:
            await tell("look")
            return queues[0].qsize() > 0

        await until(listening_began)
        async with database.begin() as connection:
            for number in range(500):
                await conversation_changed(connection, conversation, f"note {number}")
        await tell("last")
        await until(lambda: "last" in str(queues[-1]))
        assert max(queue.qsize() for queue in queues) == 64
        kinds = [queues[0].get_nowait()["kind"] for _ in range(64)]
        assert kinds == [*(f"note {number}" for number in range(437, 500)), "last"]


async def test_a_page_that_left_is_forgotten(resources: Resources, channel: MadeChannel) -> None:
    async def read_on() -> str:
        return await anext(stream)

    stream = told(resources, WorkspaceId(channel.workspace_id), ConversationId(channel.id), 0)
    await read_on()
    waiting = asyncio.create_task(read_on())
    await until(lambda: resources.wakeups.listeners == 1)
    waiting.cancel()
    await until(lambda: resources.wakeups.listeners == 0)
