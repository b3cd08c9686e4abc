"""One product with a bot on every platform, and a contact of the test's own on the platform in question."""

from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest

from adapters.database.engine import Database
from simulator.server import running as simulator_running
from tests.conftest import fresh_database, made_settings, pointed_to
from tests.discord import listening
from tests.machine import caller
from tests.matrix.discord import Discord, discord
from tests.matrix.messenger import messenger
from tests.matrix.phones import Line, Phone
from tests.matrix.rows import ROWS
from tests.matrix.slack import slack
from tests.matrix.telegram import telegram
from tests.matrix.webchat import webchat
from tests.matrix.whatsapp import whatsapp
from tests.product import Product, running_product
from tests.simulated import Simulated

OPENED = {
    "webchat": webchat, "telegram": telegram, "slack": slack, "whatsapp": whatsapp, "messenger": messenger,
    "discord": discord,
}  # fmt: skip


@pytest.fixture(scope="package")
async def shared_product(
    template: str, temporal_address: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Product]:
    """API and worker for all tests of the folder that a process runs."""
    async with fresh_database(template) as address, simulator_running() as url, caller(url) as client:
        simulated, database = Simulated(url, client), Database(address)
        settings = made_settings(address, temporal_address, tmp_path_factory.mktemp("media"))
        async with running_product(pointed_to(settings, simulated), database, simulated) as made:
            yield made
        await database.close()


@pytest.fixture(scope="package")
async def lines(shared_product: Product) -> AsyncIterator[dict[str, Line]]:
    """A bot on every platform; a gateway listens for the one on Discord."""
    operator = await shared_product.operator()
    made = {name: await opened(shared_product, operator) for name, opened in OPENED.items()}
    someone = made["discord"](0)
    assert isinstance(someone, Discord)
    async with listening(someone.server):
        yield made


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    """A number for each contact."""
    return count(1)


@pytest.fixture(params=[row.name for row in ROWS])
async def phone(request: pytest.FixtureRequest, lines: dict[str, Line], numbers: Iterator[int]) -> Phone:
    """A contact whom the bot does not know yet; the model says what it says without being told."""
    made = lines[request.param](next(numbers))
    await made.product.simulated.answers()
    return made
