"""Idle conversations are closed by the sweep, and come back with their memory."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update
from temporalio.client import Client, WorkflowExecutionStatus

from adapters.database.tables import Conversation
from adapters.temporal import names
from adapters.temporal.client import connect
from adapters.temporal.schedules import ensure_schedules, schedule_ids
from domain.ids import ConversationId, workflow_id
from tests.machine import until
from tests.product import Product, Visitor


async def sweep(product: Product, client: Client) -> int:
    """One round of the sweep, as its Schedule starts it: how many conversations it closed."""
    queue = product.settings.task_queue
    closed = await client.execute_workflow(names.IDLE_WORKFLOW, id=f"sweep-{uuid4()}", task_queue=queue)
    assert isinstance(closed, int)
    return closed


async def grow_idle(product: Product, visitor: Visitor) -> None:
    """Let a conversation lie for two days."""
    async with product.database.begin() as connection:
        await connection.execute(
            update(Conversation)
            .where(Conversation.id == visitor.session["conversation_id"])
            .values(last_message_at=Conversation.last_message_at - timedelta(days=2))
        )


@pytest.mark.slow
async def test_an_idle_conversation_is_closed_and_comes_back(product: Product) -> None:
    client = await connect(product.settings)
    idle = await product.visitor(bursts={"policy": "queue"})
    await idle.say("hello")
    await idle.heard(1)
    busy = await product.visitor(bursts={"policy": "queue"})
    await busy.say("hello")
    await busy.heard(1)
    await product.until_states("answered", "answered")
    await grow_idle(product, idle)
    assert await sweep(product, client) == 1
    handle = client.get_workflow_handle(workflow_id(ConversationId(str(idle.session["conversation_id"]))))

    async def completed() -> bool:
        return (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED

    await until(completed)
    await idle.say("me again")
    await idle.heard(2)
    request = (await product.simulated.asked())[-1]["request"]
    assert [line["content"] for line in request["messages"]] == ["hello", "You said: hello", "me again"]
    assert await sweep(product, client) == 0


async def test_schedules_can_be_made_twice(product: Product) -> None:
    client = await connect(product.settings)
    for _ in range(2):
        await ensure_schedules(client, product.settings.task_queue)
    made = [await client.get_schedule_handle(one).describe() for one in schedule_ids(product.settings.task_queue)]
    assert [one.id for one in made] == list(schedule_ids(product.settings.task_queue))
    for one in made:
        await client.get_schedule_handle(one.id).delete()
