"""Workers that die: whatever was in hand, the contact gets each answer once."""

import pytest
from sqlalchemy import select

from adapters.database.records import DeliveryRow, Usage
from adapters.database.spending import Reservation
from tests.machine import until
from tests.processes import command
from tests.product import Product

CHAT = 7
GOES_ON_SECONDS = 30.0


@pytest.mark.slow
async def test_a_worker_killed_while_the_model_works_leaves_one_answer(front_door: Product) -> None:
    await front_door.telegram(bursts={"policy": "queue"})
    await front_door.simulated.answers({"contains": "hello", "fault": {"kind": "hang"}, "count": 1})
    async with command(front_door.settings, "worker") as worker:
        await front_door.simulated.say(CHAT, "hello")
        await front_door.until_asked()
        await worker.kill()
    async with command(front_door.settings, "worker"):
        await front_door.until_states("answered", within_seconds=GOES_ON_SECONDS)
    assert [item["text"] for item in await front_door.simulated.sent(CHAT)] == ["You said: hello"]
    async with front_door.database.begin() as connection:
        assert len((await connection.scalars(select(Usage.id))).all()) == 1


@pytest.mark.slow
async def test_what_a_killed_worker_held_of_the_budget_pays_for_the_answer_of_the_next(front_door: Product) -> None:
    await front_door.telegram(bursts={"policy": "queue"}, limits={"tokens_per_day": 1500})
    await front_door.simulated.answers({"contains": "hello", "fault": {"kind": "hang"}, "count": 1})
    async with command(front_door.settings, "worker") as worker:
        await front_door.simulated.say(CHAT, "hello")
        await front_door.until_asked()
        await worker.kill()
    async with front_door.database.begin() as connection:
        assert (await connection.scalars(select(Reservation.lease))).all() == [1]
    async with command(front_door.settings, "worker"):
        await front_door.until_states("answered", within_seconds=GOES_ON_SECONDS)
    async with front_door.database.begin() as connection:
        assert (await connection.scalars(select(Reservation.lease))).all() == []


@pytest.mark.slow
async def test_a_worker_killed_while_it_sends_leaves_a_doubt_and_no_second_message(front_door: Product) -> None:
    await front_door.telegram(bursts={"policy": "queue"})
    await front_door.simulated.fault("accept_then_hang", method="sendMessage")

    async def accepted() -> bool:
        return len(await front_door.simulated.sent(CHAT)) == 1

    async with command(front_door.settings, "worker") as worker:
        await front_door.simulated.say(CHAT, "hello")
        await until(accepted)
        await worker.kill()
    async with command(front_door.settings, "worker"):
        await front_door.until_states("answered", within_seconds=GOES_ON_SECONDS)
    assert len(await front_door.simulated.sent(CHAT)) == 1
    assert len(await front_door.simulated.asked()) == 1
    async with front_door.database.begin() as connection:
        assert (await connection.scalars(select(DeliveryRow.state))).all() == ["uncertain"]


async def test_what_arrives_without_a_worker_is_answered_when_one_is_there(front_door: Product) -> None:
    visitor = await front_door.visitor(bursts={"policy": "queue"})
    for number in range(3):
        assert (await visitor.say(f"number {number}")).status_code == 202
    async with command(front_door.settings, "worker") as worker:
        answers = await visitor.heard(3, within_seconds=GOES_ON_SECONDS)
        code = await worker.stop()
    assert [item["text"] for item in answers] == [f"You said: number {number}" for number in range(3)]
    assert code == 0


@pytest.mark.slow
async def test_an_attempt_that_wakes_after_its_successor_sends_nothing(front_door: Product) -> None:
    await front_door.telegram(bursts={"policy": "queue"})
    await front_door.simulated.answers({"contains": "hello", "text": "the one answer", "delay_seconds": 2})
    async with command(front_door.settings, "worker") as frozen:
        await front_door.simulated.say(CHAT, "hello")
        await front_door.until_asked()
        frozen.freeze()
        async with command(front_door.settings, "worker"):
            await front_door.until_states("answered", within_seconds=120)
            frozen.wake()
            await front_door.simulated.say(CHAT, "next")
            await front_door.until_states("answered", "answered")
        await frozen.stop()
    texts = [item["text"] for item in await front_door.simulated.sent(CHAT)]
    assert texts == ["the one answer", "You said: next"]
