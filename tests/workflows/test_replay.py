"""Replay as a gate: recorded conversations of each kind still replay with the code at hand.

With RECORD_HISTORIES=1 in the environment the scenarios write their histories to tests/histories/, for a new kind of
conversation; a recorded history is never changed, because somewhere a conversation like it still runs.
"""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import JsonValue
from temporalio import workflow
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from domain.handovers import ConversationState, Handover
from domain.ids import ChannelId, ConversationId, conversation_id, workflow_id
from tests.machine import until
from tests.product import Product, Visitor
from tests.tools import http_tool, order_tool, says, wants
from tests.workflows.carried import carry
from worker import WORKFLOWS, workflow_runner

HISTORIES = sorted((Path(__file__).parent.parent / "histories").glob("*.json"))
QUEUE = {"policy": "queue"}


@workflow.defn(name="Conversation", sandboxed=False)
class ChangedConversation:
    """A conversation whose author forgot that others are running: it waits before anything else."""

    @workflow.init
    def __init__(self, state: ConversationState) -> None:
        """Take the state."""

    @workflow.signal(name="receive")
    def receive(self, handover: Handover) -> None:
        """Hear."""

    @workflow.run
    async def run(self, state: ConversationState) -> None:
        """Wait."""
        await workflow.sleep(timedelta(days=1))


async def one_turn(product: Product) -> Visitor:
    visitor = await product.visitor(bursts=QUEUE)
    await visitor.say("hello")
    await visitor.heard(1)
    return visitor


async def a_burst(product: Product) -> Visitor:
    visitor = await product.visitor(bursts={"policy": "coalesce", "quiet_seconds": 0.3})
    await visitor.say("one")
    await visitor.say("two")
    await visitor.heard(1)
    return visitor


async def an_apology(product: Product) -> Visitor:
    await product.simulated.answer(fault={"kind": "status", "status": 400})
    return await one_turn(product)


async def a_retry(product: Product) -> Visitor:
    await product.simulated.answers({"contains": "hello", "fault": {"kind": "status", "status": 503}, "count": 1})
    return await one_turn(product)


async def a_fixed_reply(product: Product) -> Visitor:
    visitor = await product.visitor(bursts=QUEUE, greeting="Welcome!")
    await visitor.say("/start")
    await visitor.heard(1)
    return visitor


async def a_spent_budget(product: Product) -> Visitor:
    visitor = await product.visitor(bursts=QUEUE, limits={"tokens_per_day": 10})
    await visitor.say("hello")
    await visitor.heard(1)
    return visitor


async def judged_by_a_provider(product: Product) -> Visitor:
    visitor = await product.visitor(bursts=QUEUE, moderation={"provider": "openai"})
    await product.simulated.post("/openai/answers", flagged_words={"badword": "hate"})
    await visitor.say("hello")
    await visitor.heard(1)
    await visitor.say("badword")
    await visitor.heard(2)
    return visitor


async def judged_first(product: Product) -> Visitor:
    visitor = await product.visitor(bursts=QUEUE, moderation={"provider": "openai", "when": "before"})
    await visitor.say("hello")
    await visitor.heard(1)
    return visitor


async def paused_in_a_turn(product: Product) -> Visitor:
    visitor = await product.visitor(bursts=QUEUE)
    operator = await product.operator()
    await product.simulated.answers({"contains": "think", "text": "late", "delay_seconds": 3})
    await visitor.say("think")
    await until(lambda: _asked(product))
    path = f"/conversations/{visitor.session['conversation_id']}"
    await operator.post(f"{path}/pause")
    await operator.post(f"{path}/messages", text="A word from Grace.")
    await visitor.heard(1)
    await operator.post(f"{path}/resume", answer_held=True)
    await visitor.heard(2)
    return visitor


async def closed(product: Product) -> Visitor:
    visitor = await one_turn(product)
    operator = await product.operator()
    await operator.post(f"/conversations/{visitor.session['conversation_id']}/close")
    return visitor


async def told_whole(product: Product) -> Visitor:
    channel = await product.channel(bursts=QUEUE)
    visitor = Visitor(product.client, channel.id)
    await visitor.enter()
    await carry(product, channel, visitor)
    await visitor.heard(1)
    await carry(product, channel, visitor, kind="unheard_of")
    await visitor.say("and on")
    await visitor.heard(2)
    return visitor


async def called_and_approved(product: Product) -> Visitor:
    tools: JsonValue = [http_tool(product.simulated), order_tool(product.simulated, approval=True)]
    both = wants("order", ("look_up", {"item": "tea"}), ("order", {"item": "tea"}))
    await product.simulated.answers(both, says("order", "Done.", results=2))
    visitor = await product.visitor(bursts=QUEUE, tools=tools)
    await visitor.say("order tea")
    operator = await product.operator()
    waiting: list[JsonValue] = []

    async def asked() -> bool:
        listed = (await operator.get("/approvals", state="pending"))["items"]
        waiting[:] = listed if isinstance(listed, list) else []
        return bool(waiting) and len(await product.simulated.called()) == 1

    await until(asked)
    assert isinstance(waiting[0], dict)
    await operator.post(f"/approvals/{waiting[0]['id']}/approve")
    await visitor.heard(1)
    return visitor


async def understood_first(product: Product) -> Visitor:
    visitor = await product.visitor(bursts=QUEUE, understanding={"sentiment": True}, translation={"enabled": True})
    await visitor.say("Wo ist mein Paket? Es sollte gestern kommen.")
    await visitor.heard(1)
    await visitor.say("Where is my parcel? It should have come yesterday.")
    await visitor.heard(2)
    return visitor


async def understood_beside(product: Product) -> Visitor:
    visitor = await product.visitor(bursts=QUEUE, understanding={"sentiment": True, "language": True})
    await product.simulated.answers({"contains": "hello", "shape": "understanding", "text": "no", "delay_seconds": 1})
    await visitor.say("hello")
    await visitor.heard(1)
    await visitor.say("and on")
    await visitor.heard(2)
    return visitor


async def an_album(product: Product) -> Visitor:
    channel = await product.telegram(bursts=QUEUE)
    for _ in range(2):
        await product.simulated.say(7, photo={}, fields={"media_group_id": "9"})
    await product.until_states("answered", "answered")
    someone = Visitor(product.client, channel.id)
    someone.session = {"conversation_id": str(conversation_id(ChannelId(channel.id), "7", None))}
    return someone


async def _asked(product: Product) -> bool:
    return len(await product.simulated.asked()) > 0


SCENARIOS: tuple[Callable[[Product], Awaitable[Visitor]], ...] = (
    one_turn, a_burst, an_apology, a_retry, a_fixed_reply, judged_by_a_provider, judged_first, paused_in_a_turn, closed,
    told_whole, a_spent_budget, called_and_approved, understood_first, understood_beside,
    an_album,
)  # fmt: skip


def without_machine(recorded: str) -> str:
    """A history without what it tells of the machine that made it."""
    for field in ("identity", "stackTrace", "binaryChecksum"):
        recorded = re.sub(rf'"{field}": "(?:[^"\\]|\\.)*"', f'"{field}": ""', recorded)
    return re.sub(r"\b\d+@[\w.]+(?=-[0-9a-f]{32})", "worker", recorded)


def replayer(*workflows: type) -> Replayer:
    """A replayer of these workflows, as the worker runs them."""
    return Replayer(
        workflows=workflows or WORKFLOWS,
        workflow_runner=workflow_runner(),
        data_converter=pydantic_data_converter,
    )


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
async def test_a_conversation_replays(product: Product, scenario: Callable[[Product], Awaitable[Visitor]]) -> None:
    visitor = await scenario(product)
    client = await Client.connect(str(product.settings.temporal_address))
    handle = client.get_workflow_handle(workflow_id(ConversationId(str(visitor.session["conversation_id"]))))

    async def at_rest() -> bool:
        described = await handle.describe()
        return not described.raw_description.pending_activities

    await until(at_rest)
    history = await handle.fetch_history()
    if os.environ.get("RECORD_HISTORIES"):
        file = Path(__file__).parent.parent / "histories" / f"{scenario.__name__}.json"
        file.write_text(without_machine(history.to_json()) + "\n")
    await replayer().replay_workflow(history)


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: file.stem)
async def test_a_recorded_conversation_replays(file: Path) -> None:
    recorded = await asyncio.to_thread(file.read_text)
    await replayer().replay_workflow(WorkflowHistory.from_json(file.stem, recorded))


async def test_there_is_a_recorded_conversation_of_each_kind() -> None:
    assert {scenario.__name__ for scenario in SCENARIOS} <= {file.stem for file in HISTORIES}


async def test_a_changed_workflow_does_not_pass_the_gate() -> None:
    history = WorkflowHistory.from_json("one_turn", HISTORIES[-1].with_stem("one_turn").read_text())
    result = await replayer(ChangedConversation).replay_workflow(history, raise_on_replay_failure=False)
    assert "Nondeterminism" in str(result.replay_failure)
