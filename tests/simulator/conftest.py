"""One simulator and one receiver of webhooks for all tests here; both are emptied before each."""

from collections.abc import AsyncIterator

import httpx
import pytest

from simulator.server import running
from simulator.simulation import Settings, Simulation
from tests.simulator.harness import Bot, Control, Receiver, receiving

RETRY_SCALE = 0.005


@pytest.fixture(scope="session")
async def base_url() -> AsyncIterator[str]:
    """The address of a simulator whose waits between two posts are short."""
    async with running(simulation=Simulation(Settings(webhook_retry_scale=RETRY_SCALE))) as address:
        yield address


@pytest.fixture(scope="session")
async def _shared_client(base_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=base_url, timeout=10, trust_env=False) as shared:
        yield shared


@pytest.fixture(scope="session")
async def _shared_receiver() -> AsyncIterator[Receiver]:
    async with receiving() as shared:
        yield shared


@pytest.fixture(autouse=True)
async def client(_shared_client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client of a simulator that is as at its start."""
    assert (await _shared_client.post("/_sim/reset")).status_code == 204
    return _shared_client


@pytest.fixture
def bot(client: httpx.AsyncClient) -> Bot:
    """A bot without a webhook."""
    return Bot(client)


@pytest.fixture
def control(client: httpx.AsyncClient) -> Control:
    """The control API."""
    return Control(client)


@pytest.fixture
async def receiver(_shared_receiver: Receiver, client: httpx.AsyncClient) -> Receiver:
    """A product that takes webhooks, but has not asked for any."""
    _shared_receiver.clear()
    return _shared_receiver


@pytest.fixture
async def hooked(bot: Bot, receiver: Receiver) -> Receiver:
    """A product that takes the bot's webhooks."""
    await bot.result("setWebhook", url=receiver.url, secret_token="s3cret_-A")
    return receiver
