"""Retention runs as its Schedule starts it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from activities.retention import Pruned
from adapters.database.records import Event, Turn
from adapters.temporal import names
from adapters.temporal.client import connect
from tests.product import Product


@pytest.mark.slow
async def test_what_is_old_is_removed_and_what_is_shown_stays(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"})
    await visitor.say("hello")
    await product.until_states("answered")
    shown = await visitor.messages()
    async with product.database.begin() as connection:
        old = timedelta(days=product.settings.retention_days + 1)
        await connection.execute(update(Event).values(received_at=Event.received_at - old))
        await connection.execute(update(Turn).values(ended_at=Turn.ended_at - old))
    client, queue = await connect(product.settings), product.settings.task_queue
    removed = await client.execute_workflow(
        names.RETENTION_WORKFLOW, id=f"prune-{uuid4()}", task_queue=queue, result_type=Pruned
    )
    assert removed == Pruned(completions=1)
    assert await visitor.messages() == shown
    assert await product.states() == [("answered", None)]
