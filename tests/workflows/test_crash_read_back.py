"""Workers that die while they send, where the platform can be asked what it got: each answer is there once."""

import pytest
from sqlalchemy import select

from adapters.database.records import DeliveryRow
from tests.machine import until
from tests.processes import command
from tests.product import Product
from tests.slack import OWN, join_workspace

GOES_ON_SECONDS = 60.0


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["accept_then_hang", "hang"])
async def test_a_worker_killed_while_it_sends_leaves_one_message(front_door: Product, kind: str) -> None:
    workspace = await join_workspace(front_door, bursts={"policy": "queue"})
    await front_door.simulated.fault(kind, method="chat.postMessage")

    async def sending() -> bool:
        return len(await workspace.calls("chat.postMessage")) == 1

    async def answered() -> bool:
        return ("answered", None) in [state for state in await front_door.states() if state != OWN]

    async with command(front_door.settings, "worker") as worker:
        await workspace.say("hello")
        await until(sending)
        await worker.kill()
    async with command(front_door.settings, "worker"):
        await until(answered, GOES_ON_SECONDS)
    assert await workspace.texts() == ["You said: hello"]
    assert len(await workspace.calls("conversations.history")) == 1
    async with front_door.database.begin() as connection:
        assert list(await connection.scalars(select(DeliveryRow.state))) == ["sent"]
