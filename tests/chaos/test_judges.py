"""The judges can say no: what is broken on purpose is noticed."""

from collections.abc import Sequence

import pytest
from temporalio.client import Client

from tests.chaos.faults import FAULTS
from tests.chaos.judge import Heard, Spoken, Verdict, judge
from tests.chaos.ledger import Reading
from tests.chaos.plan import plan
from tests.chaos.suite import Report, Row
from tests.chaos.table import lines
from tests.machine import until
from tests.processes import command
from tests.product import Product
from tests.simulated import TOKEN, Simulated
from tests.simulator.harness import receiving

FIRST, SECOND, THIRD = (f"R09x00001x0000{number}" for number in (1, 2, 3))
KINDS = {name: fault.kind for name, fault in FAULTS.items()}
CONTENT: dict[str, object] = {"ok": True, "invariants": []}


async def judged(simulated: Simulated) -> Verdict:
    """What the ledger's judge says of everything that the simulator saw."""
    reading = Reading()
    await reading.refresh(simulated)
    return judge(reading.heard(), reading.spoken())


async def answered(simulated: Simulated, texts: Sequence[str], heard: Sequence[str], chat: int = 7) -> Verdict:
    """What it says when a product acknowledges these messages of chat 7 and sends these answers."""
    async with receiving() as receiver:
        await simulated.client.post(f"/telegram/bot{TOKEN}/setWebhook", json={"url": receiver.url})
        for text in heard:
            await simulated.say(7, text)
            await receiver.next()
        for text in texts:
            answer = await simulated.client.post(
                f"/telegram/bot{TOKEN}/sendMessage", json={"chat_id": chat, "text": f"You said: {text}"}
            )
            assert answer.is_success, answer.text

        async def acknowledged() -> bool:
            return [item["state"] for item in await simulated.ledger("webhook")] == ["accepted"] * len(heard)

        await until(acknowledged)
    return await judged(simulated)


async def test_answers_that_come_once_and_in_order_are_right(simulated: Simulated) -> None:
    verdict = await answered(simulated, [FIRST, SECOND, THIRD], [FIRST, SECOND, THIRD])
    assert (verdict.ok, verdict.events) == (True, 3)


async def test_one_answer_may_cover_several_messages(simulated: Simulated) -> None:
    assert (await answered(simulated, [FIRST, f"{SECOND}\n{THIRD}"], [FIRST, SECOND, THIRD])).ok


async def test_an_answer_that_is_missing_is_a_loss(simulated: Simulated) -> None:
    assert (await answered(simulated, [FIRST, THIRD], [FIRST, SECOND, THIRD])).lost == [SECOND]


async def test_an_answer_that_comes_twice_is_doubled(simulated: Simulated) -> None:
    assert (await answered(simulated, [FIRST, FIRST, SECOND], [FIRST, SECOND])).doubled == [FIRST]


async def test_an_answer_that_is_overtaken_is_disordered(simulated: Simulated) -> None:
    assert (await answered(simulated, [SECOND, FIRST], [FIRST, SECOND])).disordered == [FIRST]


async def test_an_answer_in_another_chat_is_lost_here_and_too_much_there(simulated: Simulated) -> None:
    verdict = await answered(simulated, [FIRST], [FIRST], chat=8)
    assert (verdict.lost, verdict.doubled) == ([FIRST], [FIRST])


def test_an_apology_answers_only_where_it_is_expected() -> None:
    heard, spoken = [Heard(FIRST, "7", 1, 1.0)], [Spoken("7", "Sorry.")]
    assert judge(heard, spoken).lost == [FIRST]
    assert judge(heard, spoken, apologises=True).ok


def test_a_doubt_excuses_one_answer_in_its_own_chat() -> None:
    heard = [Heard(FIRST, "7", 1, 1.0), Heard(SECOND, "7", 2, 2.0), Heard(THIRD, "8", 3, 3.0)]
    assert judge(heard, [], unseen={"7": 1}).lost in ([SECOND, THIRD], [THIRD, SECOND])


def test_an_answer_in_doubt_may_have_been_to_neighbours_that_are_answered_together() -> None:
    heard = [Heard(token, "7", place, 1.0, together=True) for place, token in enumerate([FIRST, SECOND, THIRD])]
    assert judge(heard, [], unseen={"7": 1}).ok
    assert judge(heard, [Spoken("7", SECOND)], unseen={"7": 1}).lost == [THIRD]


@pytest.mark.parametrize("uncertain", [1, 4])
def test_doubts_that_nobody_made_and_doubts_that_nobody_sees_fail_a_run(uncertain: int) -> None:
    row = Row("R-15", "in doubt", 3, Verdict(events=3), uncertain, (2, 3), 1.0)
    assert not Report([row], CONTENT).ok


def test_what_is_not_answered_in_time_fails_a_run() -> None:
    assert not Report([Row("R-02", "no worker", 1, Verdict(events=3), 0, (0, 0), 240.0, late=True)], CONTENT).ok


def test_either_judge_fails_a_run() -> None:
    fine = Row("R-15", "in doubt", 3, Verdict(events=3), 2, (2, 2), 1.0)
    lost = Row("R-15", "in doubt", 3, Verdict(events=3, lost=[FIRST]), 2, (2, 2), 1.0)
    broken = {"id": "I2", "ok": False, "checked": 3, "breaches": [{"problem": "two replies"}]}
    assert Report([fine], CONTENT).ok
    assert not Report([lost], CONTENT).ok
    assert not Report([fine], {"ok": False, "invariants": [broken]}).ok


def test_what_is_wrong_is_named_below_the_table() -> None:
    row = Row("R-09", "repeated", 3, Verdict(events=3, doubled=[FIRST]), 0, (0, 0), 1.0)
    assert f"R-09: doubled: {FIRST}" in lines(Report([row], CONTENT))


def test_a_seed_gives_the_same_schedule_whatever_else_is_asked_for() -> None:
    alone = plan(KINDS, seed=3, scale=0.1, only=["R-05"])
    assert alone == [phase for phase in plan(KINDS, seed=3, scale=0.1) if phase.fault == "R-05"]
    assert alone != plan(KINDS, seed=4, scale=0.1, only=["R-05"])


async def test_a_product_that_does_not_know_an_event_again_is_caught(product: Product) -> None:
    await product.telegram(bursts={"policy": "queue"})
    await product.simulated.say(7, FIRST)
    await product.until_states("answered")
    async with product.database.begin() as connection:
        await connection.exec_driver_sql("TRUNCATE conversations CASCADE")
    client = await Client.connect(str(product.settings.temporal_address))
    async for run in client.list_workflows(f"TaskQueue = '{product.settings.task_queue}'"):
        await client.get_workflow_handle(run.id).terminate()
    update = (await product.simulated.ledger("webhook"))[0]["update"]
    await product.simulated.post(f"/telegram/{TOKEN}/updates", update=update)
    await product.until_states("answered")
    assert (await judged(product.simulated)).doubled == [FIRST]


@pytest.mark.slow
async def test_a_product_that_loses_what_it_acknowledged_is_caught(front_door: Product) -> None:
    await front_door.telegram(bursts={"policy": "queue"})
    await front_door.simulated.say(7, FIRST)
    await front_door.until_states("queued")
    async with front_door.database.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM events")
    await front_door.simulated.say(8, SECOND)
    async with command(front_door.settings, "worker") as worker:
        await front_door.until_states("answered", within_seconds=30)
        await worker.stop()
    assert (await judged(front_door.simulated)).lost == [FIRST]


@pytest.mark.slow
async def test_a_product_that_forgets_what_it_was_sending_is_caught(front_door: Product) -> None:
    await front_door.telegram(bursts={"policy": "queue"})
    await front_door.simulated.fault("accept_then_hang", method="sendMessage")

    async def accepted() -> bool:
        return len(await front_door.simulated.sent(7)) == 1

    async with command(front_door.settings, "worker") as worker:
        await front_door.simulated.say(7, FIRST)
        await until(accepted)
        await worker.kill()
    async with front_door.database.begin() as connection:
        await connection.exec_driver_sql("UPDATE deliveries SET state = 'planned', lease_until = NULL")
    async with command(front_door.settings, "worker"):
        await front_door.until_states("answered", within_seconds=60)
    assert (await judged(front_door.simulated)).doubled == [FIRST]
