"""One simulator for all tests of platforms, emptied before each, and the client that speaks to it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.http import Http
from simulator.server import running


@pytest.fixture(scope="session")
async def simulator_url() -> AsyncIterator[str]:
    """The address of a running simulator."""
    async with running() as address:
        yield address


@pytest.fixture(scope="session")
async def _shared_control(simulator_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{simulator_url}/_sim", timeout=10, trust_env=False) as client:
        yield client


@pytest.fixture
async def control(_shared_control: httpx.AsyncClient) -> httpx.AsyncClient:
    """The simulator's control API, with the simulator as at its start."""
    (await _shared_control.post("/reset")).raise_for_status()
    return _shared_control


@pytest.fixture(scope="session")
async def http() -> AsyncIterator[Http]:
    """The client of the product."""
    client = Http("0")
    yield client
    await client.close()
