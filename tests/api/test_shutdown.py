"""SIGTERM of the API: what is in hand is finished, and nothing holds the process up for longer than its grace."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.database.engine import Database
from adapters.processes.ports import free_port, is_taken
from settings import Settings
from tests.api.door import CREDENTIALS, SECRET_HEADER, Door, said, status_of
from tests.api.visits import listening
from tests.machine import until
from tests.processes import ChildProcess, command
from tests.product import WEBHOOK_SECRET, Visitor, make_channel


@pytest.fixture
async def running(settings: Settings, database: Database) -> AsyncIterator[tuple[ChildProcess, Door]]:
    """The API in a process of its own."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    channel = await make_channel(settings, database, "telegram", CREDENTIALS)
    async with (
        command(settings, "api", "--port", str(port)) as process,
        httpx.AsyncClient(base_url=url, timeout=30) as client,
    ):

        async def up() -> bool:
            try:
                return (await client.get("/health/live")).status_code == 200
            except httpx.TransportError:
                return False

        await until(up)
        yield process, Door(url, client, database, channel)


@pytest.mark.slow
async def test_a_request_that_is_in_hand_is_finished(running: tuple[ChildProcess, Door]) -> None:
    process, door = running
    body, port = json.dumps(said(1)).encode(), int(door.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = [f"POST {door.path} HTTP/1.1", "Host: test", f"{SECRET_HEADER}: {WEBHOOK_SECRET}",
            f"Content-Length: {len(body)}", "", ""]  # fmt: skip
    writer.write("\r\n".join(head).encode() + body[:10])
    await writer.drain()
    # The answer to another request says that the first one was begun.
    assert (await door.client.get("/health/live")).status_code == 200
    stopping = asyncio.create_task(process.stop())
    await until(lambda: not is_taken(port))
    writer.write(body[10:])
    answer = await reader.read()
    writer.close()
    assert status_of(answer) == 200
    assert await stopping == 0
    assert await door.texts() == ["hello"]


@pytest.mark.slow
async def test_an_open_stream_does_not_hold_up_the_end(
    running: tuple[ChildProcess, Door], settings: Settings, database: Database
) -> None:
    process, door = running
    channel = await make_channel(settings, database)
    visitor = Visitor(door.client, channel.id)
    await visitor.enter()
    await visitor.say("hello")
    async with listening(door.client, channel.id, visitor) as stream:
        assert (await stream.next()).data["text"] == "hello"
        stopping = asyncio.create_task(process.stop())
        await stream.ended(within_seconds=20)
    assert await stopping == 0
