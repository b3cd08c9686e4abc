"""Somebody resets a conversation in Temporal UI, to any earlier point: nothing is sent or bought a second time."""

import random
from uuid import uuid4

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client

from domain.ids import ConversationId, workflow_id
from tests.machine import until
from tests.product import Product, Visitor
from tests.tools import QUEUE, order_tool, says, wants

POINTS = 20
SEED = 20
TURNS = 4


class Resetting:
    """A conversation's workflow, and the chance by which its points are drawn."""

    def __init__(self, client: Client, visitor: Visitor) -> None:
        self._client = client
        self._workflow = workflow_id(ConversationId(str(visitor.session["conversation_id"])))
        self._chance = random.Random(SEED)  # noqa: S311 # which points are drawn is to be the same each time

    async def points(self) -> list[int]:
        """The events of the run that it can be reset to."""
        history = await self._client.get_workflow_handle(self._workflow).fetch_history()
        return [event.event_id for event in history.events
                if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED]  # fmt: skip

    async def reset(self) -> None:
        """Begin a new run from an earlier point."""
        request = ResetWorkflowExecutionRequest(
            namespace=self._client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=self._workflow),
            reason="a test",
            workflow_task_finish_event_id=self._chance.choice(await self.points()),
            request_id=str(uuid4()),
        )
        await self._client.workflow_service.reset_workflow_execution(request)

    async def until_at_rest(self) -> None:
        """Wait until the run has done all that it has to do."""
        handle = self._client.get_workflow_handle(self._workflow)

        async def at_rest() -> bool:
            described = (await handle.describe()).raw_description
            return not described.pending_activities and not described.HasField("pending_workflow_task")

        await until(at_rest)


@pytest.fixture
async def client(product: Product) -> Client:
    """A client of the test's Temporal server."""
    return await Client.connect(str(product.settings.temporal_address))


def numbers(count: int) -> list[str]:
    """The answers to so many numbered messages."""
    return [f"You said: number {number}" for number in range(count)]


@pytest.mark.slow
async def test_an_idle_conversation_repeats_nothing(product: Product, client: Client) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"})
    for number in range(TURNS):
        await visitor.say(f"number {number}")
    await visitor.heard(TURNS)
    await product.until_states(*["answered"] * TURNS)
    resetting = Resetting(client, visitor)
    for _ in range(POINTS):
        await resetting.until_at_rest()
        await resetting.reset()
    await resetting.until_at_rest()
    assert len(await product.simulated.asked()) == TURNS
    await visitor.say(f"number {TURNS}")
    assert [item["text"] for item in await visitor.heard(TURNS + 1)] == numbers(TURNS + 1)
    assert len(await product.simulated.asked()) == TURNS + 1


@pytest.mark.slow
async def test_a_busy_conversation_answers_each_message_once(product: Product, client: Client) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"}, limits={"messages_per_minute": None})
    await product.simulated.answer(echo="last", delay_seconds=0.1)
    resetting = Resetting(client, visitor)
    for number in range(POINTS):
        await visitor.say(f"number {number}")
        await product.until_asked(number // 2)

        async def begun() -> bool:
            return len(await resetting.points()) > 0

        await until(begun)
        await resetting.reset()
    answers = await visitor.heard(POINTS)
    await resetting.until_at_rest()
    assert [item["text"] for item in answers] == numbers(POINTS)
    assert [item["text"] for item in await visitor.heard(POINTS)] == numbers(POINTS)
    await product.until_states(*["answered"] * POINTS)


@pytest.mark.slow
async def test_a_turn_that_waits_for_an_approval_and_calls_repeats_nothing(product: Product, client: Client) -> None:
    await product.simulated.answers(wants("order", ("order", {"item": "tea"})), says("order", "Ordered."))
    visitor = await product.visitor(bursts=QUEUE, tools=[order_tool(product.simulated, approval=True)])
    resetting, operator = Resetting(client, visitor), await product.operator()
    await visitor.say("order tea")
    waiting: list[str] = []

    async def asked() -> bool:
        items = (await operator.get("/approvals", state="pending"))["items"]
        assert isinstance(items, list)
        waiting[:] = [str(item["id"]) for item in items if isinstance(item, dict)]
        return len(waiting) == 1

    async def begun() -> bool:
        return len(await resetting.points()) > 0

    for _ in range(3):
        await until(asked)
        await until(begun)
        await resetting.until_at_rest()
        await resetting.reset()
    await operator.post(f"/approvals/{waiting[0]}/approve")
    await visitor.heard(1)
    for _ in range(3):
        await until(begun)
        await resetting.until_at_rest()
        await resetting.reset()
    await resetting.until_at_rest()
    assert [item["text"] for item in await visitor.heard(1)] == ["Ordered."]
    assert (len(await product.simulated.called()), len(await product.simulated.asked())) == (1, 2)
