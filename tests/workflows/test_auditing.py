"""The audit runs as its Schedule starts it, and tells an operator what is broken."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from activities.auditing import Audited
from adapters.database.records import Event
from adapters.temporal import names
from adapters.temporal.client import connect
from tests.product import Product


async def audited(product: Product) -> Audited:
    """One round."""
    client, queue = await connect(product.settings), product.settings.task_queue
    return await client.execute_workflow(
        names.AUDIT_WORKFLOW, id=f"audit-{uuid4()}", task_queue=queue, result_type=Audited
    )


@pytest.mark.slow
async def test_an_operator_finds_what_the_audit_found(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"})
    await visitor.say("hello")
    await product.until_states("answered")
    assert await audited(product) == Audited()
    async with product.database.begin() as connection:
        earlier = Event.received_at - timedelta(minutes=5)
        await connection.execute(update(Event).values(state="queued", ended_at=None, received_at=earlier))
    assert await audited(product) == Audited(broken=("I1",), told=1)
    (notice,) = (await (await product.operator()).get("/notices"))["items"]
    assert (notice["kind"], notice["details"]["invariant"]) == ("invariant_broken", "I1")
