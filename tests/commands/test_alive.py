"""What a container's health check asks: whether the process of this host does its work."""

import asyncio
import sys

import pytest

from commands.alive import is_alive
from commands.gateway import poll
from settings import Settings
from tests.commands.commandline import HOUSE, bare
from tests.machine import until
from tests.processes import environment
from tests.product import running_worker


async def test_a_worker_is_alive_while_it_polls(settings: Settings) -> None:
    before = await is_alive("worker", settings)
    async with running_worker(settings):
        await until(lambda: is_alive("worker", settings))
    assert not before


async def test_a_gateway_is_alive_while_it_looks_for_channels(settings: Settings) -> None:
    before = await is_alive("gateway", settings)
    running = asyncio.create_task(poll(settings))
    await until(lambda: is_alive("gateway", settings))
    running.cancel()
    await asyncio.wait({running})

    assert not before


@pytest.mark.slow
async def test_without_its_process_the_check_ends_with_1(settings: Settings) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "commands.alive", "gateway", env=bare() | environment(settings), cwd=HOUSE
    )
    assert await process.wait() == 1
