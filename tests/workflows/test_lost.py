"""What Temporal loses is handed over again: by the sweep, or by `recover` after all of its data is gone."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.sweeping import Sweeping
from adapters.database import sweep
from adapters.database.records import Notice
from adapters.temporal.client import connect
from adapters.temporal.handover import Handing
from adapters.temporal.quarantine import Quarantine
from domain.ids import ConversationId, workflow_id
from tests.processes import command
from tests.product import Product, Visitor


async def terminated_while_asked(product: Product, said: str) -> Visitor:
    """A visitor whose workflow was terminated while the model worked."""
    visitor = await product.visitor(bursts={"policy": "queue"})
    await product.simulated.answers({"contains": said, "fault": {"kind": "hang"}, "count": 1})
    await visitor.say(said)
    await product.until_asked()
    await terminate(product, visitor)
    return visitor


async def terminate(product: Product, visitor: Visitor) -> None:
    """Lose a conversation's workflow."""
    client = await Client.connect(str(product.settings.temporal_address))
    workflow = workflow_id(ConversationId(str(visitor.session["conversation_id"])))
    await client.get_workflow_handle(workflow).terminate()


@pytest.mark.slow
async def test_recover_answers_what_was_under_way(product: Product) -> None:
    visitor = await terminated_while_asked(product, "hello")
    async with command(product.settings, "recover") as recovering:
        assert await recovering.finished() == 0
    assert [item["text"] for item in await visitor.heard(1)] == ["You said: hello"]
    await product.until_states("answered")


@pytest.mark.slow
async def test_recover_repeats_nothing(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"})
    await visitor.say("hello")
    await visitor.heard(1)
    await product.until_states("answered")
    await terminate(product, visitor)
    async with command(product.settings, "recover") as recovering:
        assert await recovering.finished() == 0
    await visitor.say("again")
    assert [item["text"] for item in await visitor.heard(2)] == ["You said: hello", "You said: again"]


@pytest.mark.slow
async def test_the_sweep_hands_over_what_stands_still(product: Product) -> None:
    visitor = await terminated_while_asked(product, "hello")
    later = datetime.now(UTC) + sweep.OPEN_TURN_MOVES_WITHIN + timedelta(minutes=1)
    async with product.database.begin() as connection:
        conversations = await sweep.take_up_lost(connection, later, 10)
    assert [str(item) for item in conversations] == [visitor.session["conversation_id"]]
    assert [item["text"] for item in await visitor.heard(1)] == ["You said: hello"]


@pytest.mark.slow
async def test_the_sweep_leaves_alone_what_moves(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"})
    await product.simulated.answer("done", delay_seconds=2)
    await visitor.say("hello")
    await product.until_asked()
    later = datetime.now(UTC) + timedelta(minutes=5)
    async with product.database.begin() as connection:
        assert await sweep.take_up_lost(connection, later, 10) == []


async def test_what_cannot_be_handed_over_ends_with_a_notice(front_door: Product) -> None:
    visitor = await front_door.visitor(bursts={"policy": "queue"})
    client = await connect(front_door.settings)
    handing, quarantine = Handing(front_door.database, client, "nowhere"), Quarantine(client, "nowhere")
    await visitor.say("hello")
    now = datetime.now(UTC)
    for days in range(1, sweep.MOST_HANDOVERS + 1):
        sweeping = Sweeping(front_door.database, handing, quarantine, partial(_later, now, days))
        await front_door.until_states("queued")
        await ActivityEnvironment().run(sweeping.hand_over_again)
    assert await front_door.states() == [("failed", "lost")]
    async with front_door.database.begin() as connection:
        assert (await connection.scalars(select(Notice.kind))).all() == ["event_failed"]


def _later(now: datetime, days: int) -> datetime:
    return now + timedelta(days=days)
