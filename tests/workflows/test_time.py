"""Time: what waits for minutes or a day is tested by a server that skips what nobody uses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update
from temporalio.api.enums.v1 import EventType
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from adapters.database.engine import Database
from adapters.database.records import DeliveryRow, PaceRow
from adapters.database.tool_records import ApprovalRow
from adapters.temporal import binary, names
from adapters.temporal.embedded import DYNAMIC_CONFIG
from commands.search_attributes import ensure
from commands.services import report
from domain.bursts import BurstPolicy
from domain.handovers import ConversationState
from domain.ids import ChannelId, ConversationId, conversation_id, workflow_id
from settings import Settings
from tests.machine import until
from tests.product import Product, running_product
from tests.simulated import Simulated
from tests.tools import order_tool, says, wants

CHAT = 7
SKIPPING = {**DYNAMIC_CONFIG, "frontend.WorkflowTimeSkippingEnabled": "true"}


@pytest.fixture(scope="module")
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    """A server that skips time for the workflows that its own client starts."""
    options = [word for name, value in SKIPPING.items() for word in ("--dynamic-config-value", f"{name}={value}")]
    path = await binary.find(None, report)
    async with await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=str(path), dev_server_extra_args=options, data_converter=pydantic_data_converter
    ) as environment:
        await ensure(environment.client)
        yield environment


@asynccontextmanager
async def timeless(
    skipping: WorkflowEnvironment, pointed: Settings, database: Database, simulated: Simulated
) -> AsyncIterator[Product]:
    """The product on the server that skips time."""
    address = skipping.client.service_client.config.target_host
    settings = pointed.model_copy(update={"temporal_address": address})
    async with running_product(settings, database, simulated) as product:
        yield product


async def begin(skipping: WorkflowEnvironment, product: Product, channel: UUID, bursts: BurstPolicy) -> ConversationId:
    """Start the conversation of a chat where time is skipped; its messages find it running."""
    conversation = conversation_id(ChannelId(channel), str(CHAT), None)
    state = ConversationState(conversation_id=str(conversation), platform="telegram", bursts=bursts)
    await skipping.client.start_workflow(
        names.CONVERSATION_WORKFLOW, state, id=workflow_id(conversation), task_queue=product.settings.task_queue
    )
    return conversation


async def let_the_limit_pass(database: Database) -> None:
    """The skipped hours have passed on Temporal's clock alone; now they have on that of the platform's limits too."""
    async with database.begin() as connection:
        await connection.execute(delete(PaceRow))


@pytest.mark.slow
async def test_an_answer_that_the_platform_puts_off_for_a_day_ends_and_the_next_one_arrives(
    skipping: WorkflowEnvironment, pointed: Settings, database: Database, simulated: Simulated
) -> None:
    async with timeless(skipping, pointed, database, simulated) as product:
        channel = await product.telegram(bursts={"policy": "queue"})
        await begin(skipping, product, channel.id, BurstPolicy(policy="queue"))
        await simulated.fault("status", method="sendMessage", status=429, retry_after=6 * 3600, contains="first")
        await simulated.say(CHAT, "first")
        await product.until_states("failed")
        await let_the_limit_pass(database)
        await simulated.say(CHAT, "second")
        await product.until_states("failed", "answered")
    assert [item["text"] for item in await simulated.sent(CHAT)] == ["You said: second"]
    async with database.begin() as connection:
        rows = (await connection.execute(select(DeliveryRow.state, DeliveryRow.reason))).all()
    assert sorted((row.state, row.reason) for row in rows) == [("failed", "patience_over"), ("sent", None)]


@pytest.mark.slow
async def test_a_burst_waits_for_its_quiet_minute(
    skipping: WorkflowEnvironment, pointed: Settings, database: Database, simulated: Simulated
) -> None:
    async with timeless(skipping, pointed, database, simulated) as product:
        channel = await product.telegram(bursts={"policy": "coalesce", "quiet_seconds": 60, "longest_seconds": 600})
        bursts = BurstPolicy(quiet=timedelta(seconds=60), longest=timedelta(seconds=600))
        conversation = await begin(skipping, product, channel.id, bursts)
        await simulated.say(CHAT, "hello")
        await product.until_states("answered")
        handle = skipping.client.get_workflow_handle(workflow_id(conversation))
        timers = [event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
                  for event in (await handle.fetch_history()).events
                  if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED]  # fmt: skip
    assert len(timers) == 1
    assert timedelta(seconds=50) < timers[0] <= timedelta(seconds=60)


@pytest.mark.slow
async def test_an_approval_that_nobody_gives_is_denied_in_the_end(
    skipping: WorkflowEnvironment, pointed: Settings, database: Database, simulated: Simulated
) -> None:
    async with timeless(skipping, pointed, database, simulated) as product:
        await simulated.answers(wants("order", ("order", {"item": "tea"})), says("order"))
        channel = await product.telegram(bursts={"policy": "queue"}, tools=[order_tool(simulated, approval=True)])
        await begin(skipping, product, channel.id, BurstPolicy(policy="queue"))
        await simulated.say(CHAT, "order tea")

        async def expired() -> bool:
            # The skipped hour has passed on Temporal's clock alone; so it does on the record's.
            async with database.begin() as connection:
                rows = await connection.execute(update(ApprovalRow).values(expires_at=datetime.now(UTC)))
            return rows.rowcount == 1

        await until(expired)
        await product.until_states("answered")
    assert "No operator answered in time." in str((await simulated.sent(CHAT))[0]["text"])
    assert await simulated.called() == []
    async with database.begin() as connection:
        assert (await connection.scalars(select(ApprovalRow.state))).all() == ["expired"]


@pytest.mark.slow
async def test_a_month_of_silence_costs_no_event_and_the_next_message_is_answered(
    skipping: WorkflowEnvironment, pointed: Settings, database: Database, simulated: Simulated
) -> None:
    async with timeless(skipping, pointed, database, simulated) as product:
        channel = await product.telegram(bursts={"policy": "queue"})
        conversation = await begin(skipping, product, channel.id, BurstPolicy(policy="queue"))
        await simulated.say(CHAT, "hello")
        await product.until_states("answered")
        handle = skipping.client.get_workflow_handle(workflow_id(conversation))
        assert await skipping.fast_forward(handle, timedelta(days=30))
        kinds = {event.event_type for event in (await handle.fetch_history()).events}
        await simulated.say(CHAT, "are you still there?")
        await product.until_states("answered", "answered")
    assert EventType.EVENT_TYPE_TIMER_STARTED not in kinds
    assert len(await simulated.sent(CHAT)) == 2
