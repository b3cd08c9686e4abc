"""A database that refuses at once, instead of being silent: what was carried past it waits for its return."""

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from adapters.database.engine import Database
from domain.ids import ChannelId, conversation_id, workflow_id
from settings import Settings
from tests.api.door import said
from tests.api.outages import door_behind, through
from tests.machine import until
from tests.product import running_worker
from tests.proxy import Proxy
from tests.simulated import Simulated

GOES_ON_SECONDS = 60.0


@pytest.mark.slow
async def test_what_was_carried_survives_a_database_that_refuses(
    pointed: Settings, database: Database, simulated: Simulated, to_database: Proxy, to_temporal: Proxy
) -> None:
    async with door_behind(pointed, database, to_database, to_temporal) as door:
        assert (await door.post(said(1))).status_code == 200
        await to_database.cut()
        assert (await door.post(said(2, "hello", chat=8))).status_code == 200
        client = await Client.connect(str(pointed.temporal_address))
        carried = client.get_workflow_handle(workflow_id(conversation_id(ChannelId(door.channel.id), "8", None)))

        async def waits_patiently() -> bool:
            assert (await carried.describe()).status is WorkflowExecutionStatus.RUNNING
            return "activityTaskScheduledEventAttributes" in (await carried.fetch_history()).to_json()

        async def answered() -> bool:
            return [item["text"] for item in await simulated.sent(8)] == ["You said: hello"]

        async with running_worker(through(pointed, to_database)):
            await until(waits_patiently)
            await to_database.listen()
            await until(answered, GOES_ON_SECONDS)
