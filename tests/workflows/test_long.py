"""Long conversations: history is bounded, and nothing that waits is lost where a run ends."""

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from adapters.temporal import names
from adapters.temporal.client import connect
from domain.bursts import BurstPolicy
from domain.handovers import ConversationState, Handover
from domain.ids import ConversationId, workflow_id
from tests.machine import until
from tests.product import Product, Visitor

MOST_EVENTS_OF_A_TURN = 25
SHORT_RUN = 30
"""Two or three turns."""
MESSAGES = 25
FLOOD = 200
CHAT = 7


async def client_of(product: Product) -> Client:
    """A client of the test's Temporal server."""
    return await Client.connect(str(product.settings.temporal_address))


@pytest.mark.slow
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
    for number in range(turns):
        await visitor.say_in_its_time(f"number {number}")
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


@pytest.mark.slow
async def test_nothing_is_lost_where_a_run_ends(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"}, limits={"messages_per_minute": None})
    identity = str(visitor.session["conversation_id"])
    state = ConversationState(
        conversation_id=identity, platform="webchat", bursts=BurstPolicy(policy="queue"), most_events=SHORT_RUN
    )
    client = await connect(product.settings)
    handle = await client.start_workflow(
        names.CONVERSATION_WORKFLOW, state, id=workflow(visitor), task_queue=product.settings.task_queue
    )
    for number in range(MESSAGES):
        await visitor.say_in_its_time(f"number {number}")
        # Signals that bring nothing new come at any moment, also in the activation that decides to end the run.
        await handle.signal(names.RECEIVE_SIGNAL, Handover(bursts=BurstPolicy(policy="queue")))
    answers = await visitor.heard(MESSAGES)
    assert [item["text"] for item in answers] == [f"You said: number {number}" for number in range(MESSAGES)]
    await product.until_states(*["answered"] * MESSAGES)
    runs = [item async for item in client.list_workflows(f"WorkflowId = '{workflow(visitor)}'")]
    assert len(runs) > MESSAGES // 4


@pytest.mark.slow
async def test_what_comes_while_a_turn_hangs_is_answered_by_the_next_ones(product: Product) -> None:
    await product.telegram(bursts={"policy": "coalesce", "quiet_seconds": 0})
    await product.simulated.answers({"contains": "first", "delay_seconds": 5, "text": "the first answer", "count": 1})
    await product.simulated.say(CHAT, "first")
    await product.until_asked()
    for number in range(FLOOD):
        await product.simulated.say(CHAT, f"number {number}")

    await product.until_states(*["answered"] * (FLOOD + 1))
    sent = await product.simulated.sent(CHAT)
    assert sent[0]["text"] == "the first answer"
    assert sent[-1]["text"] == f"You said: number {FLOOD - 1}"
    assert len(sent) < FLOOD // 2
