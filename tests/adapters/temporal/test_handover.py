"""Handing over: what Temporal does not take is taken up again, at once where it did not answer."""

from datetime import timedelta
from uuid import uuid4

import pytest

from adapters.database.engine import Database
from adapters.temporal.client import connect
from adapters.temporal.handover import Handing
from settings import Settings
from tests.api.door import Door, open_door, said

NO_PORT = "127.0.0.1:1"
AT_ONCE = timedelta(0)


@pytest.fixture
async def left_behind(settings: Settings, database: Database) -> Door:
    """Two conversations that could not be handed over, and no relay that runs any more."""
    async with open_door(settings.model_copy(update={"temporal_address": NO_PORT}), database) as door:
        for number in (1, 2):
            await door.post(said(number, chat=number))
    return door


async def handing(settings: Settings, database: Database, **changed: str) -> Handing:
    """Hands over with these settings."""
    client = await connect(settings.model_copy(update=changed), lazy=True, impatient=True)
    return Handing(database, client, settings.task_queue)


async def states(door: Door) -> list[str]:
    """How the events stand; the door is closed, what it recorded is still there."""
    return [state for _, state, _ in await door.events()]


async def test_the_relay_hands_over_what_was_left_behind(
    left_behind: Door, settings: Settings, database: Database
) -> None:
    assert await states(left_behind) == ["received", "received"]
    assert await (await handing(settings, database)).relay_once(AT_ONCE) == 2
    assert await states(left_behind) == ["queued", "queued"]


async def test_a_conversation_is_queued_with_those_of_its_bot(
    left_behind: Door, settings: Settings, database: Database
) -> None:
    hands = await handing(settings, database)
    (conversation, *_) = await left_behind.conversations()
    assert await hands.hand_over(conversation)
    client = await connect(settings)
    described = await client.get_workflow_handle(f"conversation:{conversation}").describe()
    assert described.raw_info.priority.fairness_key == str(left_behind.channel.bot_id)


async def test_while_temporal_is_away_the_relay_tries_all_again_each_time(
    left_behind: Door, settings: Settings, database: Database
) -> None:
    relay = await handing(settings, database, temporal_address=NO_PORT)
    assert [await relay.relay_once(AT_ONCE), await relay.relay_once(AT_ONCE)] == [2, 2]


async def test_what_temporal_refuses_waits_for_its_lease_to_end_and_holds_up_nothing_else(
    left_behind: Door, settings: Settings, database: Database
) -> None:
    relay = await handing(settings, database, temporal_namespace="nowhere")
    assert [await relay.relay_once(AT_ONCE), await relay.relay_once(AT_ONCE)] == [2, 0]


async def test_after_a_failure_nobody_but_the_relay_tries_for_a_moment(
    left_behind: Door, settings: Settings, database: Database
) -> None:
    conversation = (await left_behind.conversations())[0]
    hands = await handing(settings, database, temporal_address=NO_PORT)
    nothing_waits = uuid4()
    assert await hands.hand_over(nothing_waits)
    assert not await hands.hand_over(conversation)
    assert not await hands.hand_over(nothing_waits)
    assert await hands.relay_once(AT_ONCE) > 0
