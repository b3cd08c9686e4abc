"""Long conversations: history is bounded, and nothing that waits is lost where a run ends."""

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from domain.ids import ConversationId, workflow_id
from tests.machine import until
from tests.product import Product, Visitor

MOST_EVENTS_OF_A_TURN = 25


async def client_of(product: Product) -> Client:
    """A client of the test's Temporal server."""
    return await Client.connect(str(product.settings.temporal_address))


async def test_an_ordinary_turn_costs_few_events(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"})
    await visitor.say("hello")
    await visitor.heard(1)
    handle = (await client_of(product)).get_workflow_handle(workflow(visitor))

    async def settled() -> bool:
        history = await handle.fetch_history()
        return history.events[-1].event_type == 7  # the workflow task behind the last activity is completed

    await until(settled)
    assert len((await handle.fetch_history()).events) <= MOST_EVENTS_OF_A_TURN + 1


@pytest.mark.slow
async def test_a_conversation_goes_on_in_a_new_run(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"}, limits={"messages_per_minute": None})
    turns = 75
    said = 0
    while said < turns:
        answer = await visitor.say(f"number {said}")
        if answer.status_code == 429:
            await visitor.heard(said, within_seconds=60)
            continue
        said += 1
    answers = await visitor.heard(turns, within_seconds=120)
    assert [item["text"] for item in answers] == [f"You said: number {number}" for number in range(turns)]
    client = await client_of(product)
    handle = client.get_workflow_handle(workflow(visitor))
    described = await handle.describe()
    assert described.status is WorkflowExecutionStatus.RUNNING
    assert described.raw_description.workflow_execution_info.first_run_id != described.run_id


def workflow(visitor: Visitor) -> str:
    """The id of a visitor's workflow."""
    return workflow_id(ConversationId(str(visitor.session["conversation_id"])))
