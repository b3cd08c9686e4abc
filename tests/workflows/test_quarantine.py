"""A conversation that cannot go on from its own history is set aside and begun anew, and the others go on."""

from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from temporalio.client import Client

from adapters.database.engine import Database
from adapters.database.records import Notice
from adapters.temporal import names
from adapters.temporal.client import connect
from adapters.temporal.quarantine import Quarantine
from domain.handovers import Handover
from domain.ids import ConversationId, workflow_id
from settings import Settings
from tests.deployment import ANSWER, CONVERSATION, SLEEPS_FIRST, changed
from tests.machine import until
from tests.processes import command
from tests.product import Product, Visitor, running_product
from tests.simulated import Simulated

STRANGE_KEY = SecretStr("a key that this installation has never had")


async def poison(settings: Settings, visitor: Visitor) -> None:
    """Signal a conversation with what nobody here can decrypt."""
    strange = await connect(settings.model_copy(update={"secret_key": (STRANGE_KEY,)}))
    workflow = workflow_id(ConversationId(str(visitor.session["conversation_id"])))
    await strange.get_workflow_handle(workflow).signal(names.RECEIVE_SIGNAL, Handover())


async def sweep(client: Client, queue: str) -> None:
    """One round of the sweep, as its Schedule starts it."""
    await client.execute_workflow(names.SWEEP_WORKFLOW, id=f"sweep-{uuid4()}", task_queue=queue)


@pytest.mark.slow
async def test_an_unreadable_conversation_is_begun_anew(
    pointed: Settings, database: Database, simulated: Simulated
) -> None:
    encrypted = pointed.model_copy(update={"encrypt_payloads": True})
    client = await connect(encrypted)
    async with running_product(encrypted, database, simulated) as product:
        poisoned, other = [await product.visitor(bursts={"policy": "queue"}) for _ in range(2)]
        for visitor in (poisoned, other):
            await visitor.say("hello")
            await visitor.heard(1)
        await poison(encrypted, poisoned)
        await poisoned.say("still there?")
        await other.say("you too?")
        await other.heard(2)
        quarantine = Quarantine(client, encrypted.task_queue)

        async def reported() -> bool:
            return await quarantine.stuck(10) != []

        await until(reported, within_seconds=180)
        for _ in range(2):
            await sweep(client, encrypted.task_queue)
        answers = await poisoned.heard(2)
        assert [item["text"] for item in answers] == ["You said: hello", "You said: still there?"]
        await product.until_states(*["answered"] * 4)
        async with database.begin() as connection:
            told = (await connection.execute(select(Notice.kind, Notice.conversation_id, Notice.details))).all()
    assert [(kind, str(conversation)) for kind, conversation, _ in told] == [
        ("conversation_stuck", poisoned.session["conversation_id"])
    ]
    assert told[0].details["failure"] == "KeyMissing"


@pytest.mark.slow
async def test_what_a_faulty_version_did_is_no_obstacle_for_the_one_before(front_door: Product, tmp_path: Path) -> None:
    client = await connect(front_door.settings)
    quarantine = Quarantine(client, front_door.settings.task_queue)

    async def reported() -> bool:
        return any(stuck.has_diverged for stuck in await quarantine.stuck(10))

    visitor = await front_door.visitor(bursts={"policy": "queue"})
    faulty = changed(tmp_path, CONVERSATION, ANSWER, SLEEPS_FIRST)
    async with command(front_door.settings, "worker", source=faulty):
        await visitor.say("hello")
        await visitor.heard(1)
    async with command(front_door.settings, "worker"):
        await visitor.say("still there?")
        await until(reported, within_seconds=180)
        await sweep(client, front_door.settings.task_queue)
        answers = await visitor.heard(2)
    assert [item["text"] for item in answers] == ["You said: hello", "You said: still there?"]
