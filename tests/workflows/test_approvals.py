"""A call that an operator has to agree to: the turn waits for it durably, and nothing is done without it."""

import pytest
from pydantic import JsonValue

from tests.machine import until
from tests.product import Product, Visitor, running_worker
from tests.tools import QUEUE, order_tool, says, wants


async def pending(product: Product, count: int = 1) -> list[str]:
    """The approvals that wait, once there are so many; their ids."""
    operator = await product.operator()
    found: list[str] = []

    async def enough() -> bool:
        items = (await operator.get("/approvals", state="pending"))["items"]
        assert isinstance(items, list)
        found[:] = [str(item["id"]) for item in items if isinstance(item, dict)]
        return len(found) == count

    await until(enough)
    return found


async def ordering(product: Product, **bot: JsonValue) -> Visitor:
    """A visitor who orders tea, with a bot that has to ask first."""
    await product.simulated.answers(wants("order", ("order", {"item": "tea"})), says("order"))
    tool = order_tool(product.simulated, approval=True)
    visitor = await product.visitor(bursts=QUEUE, tools=[tool], **bot)
    await visitor.say("order tea")
    return visitor


@pytest.mark.slow
async def test_an_approved_call_is_made_and_told_to_the_model(product: Product) -> None:
    visitor = await ordering(product)
    (approval,) = await pending(product)
    operator = await product.operator()
    notices = (await operator.get("/notices"))["items"]
    assert isinstance(notices, list)
    assert [item["kind"] for item in notices if isinstance(item, dict)] == ["approval_wanted"]
    assert await product.simulated.called() == []
    await operator.post(f"/approvals/{approval}/approve")
    (answer,) = await visitor.heard(1)
    assert '"outcome": "done"' in str(answer["text"])
    (called,) = await product.simulated.called()
    assert called["body"] == {"item": "tea"}
    await product.until_states("answered")
    items = (await operator.get(f"/conversations/{visitor.session['conversation_id']}/calls"))["items"]
    assert isinstance(items, list)
    assert isinstance(items[0], dict)
    assert (items[0]["tool"], items[0]["turn"], items[0]["outcome"]) == ("order", 1, "done")


@pytest.mark.slow
async def test_approvals_may_come_in_any_order(product: Product) -> None:
    both = wants("order", ("order", {"item": "tea"}), ("order", {"item": "milk"}))
    await product.simulated.answers(both, says("order", "Ordered.", results=2))
    visitor = await product.visitor(bursts=QUEUE, tools=[order_tool(product.simulated, approval=True)])
    await visitor.say("order tea and milk")
    operator = await product.operator()
    for approval in await pending(product, 2):  # newest first
        await operator.post(f"/approvals/{approval}/approve")
    assert [item["text"] for item in await visitor.heard(1)] == ["Ordered."]
    assert [item["body"] for item in await product.simulated.called()] == [{"item": "tea"}, {"item": "milk"}]


@pytest.mark.slow
async def test_a_denied_call_is_not_made(product: Product) -> None:
    visitor = await ordering(product)
    (approval,) = await pending(product)
    await (await product.operator()).post(f"/approvals/{approval}/deny")
    (answer,) = await visitor.heard(1)
    assert "An operator did not agree to it." in str(answer["text"])
    assert await product.simulated.called() == []


@pytest.mark.slow
async def test_while_an_approval_is_waited_for_an_operator_can_speak(product: Product) -> None:
    visitor = await ordering(product)
    (approval,) = await pending(product)
    operator = await product.operator()
    await operator.post(f"/conversations/{visitor.session['conversation_id']}/messages", text="I am looking into it.")
    assert [item["text"] for item in await visitor.heard(1)] == ["I am looking into it."]
    await operator.post(f"/approvals/{approval}/approve")
    assert '"outcome": "done"' in str((await visitor.heard(2))[1]["text"])
    assert len(await product.simulated.called()) == 1


@pytest.mark.slow
async def test_a_pause_withdraws_what_was_asked(product: Product) -> None:
    visitor = await ordering(product)
    await pending(product)
    operator = await product.operator()
    conversation = f"/conversations/{visitor.session['conversation_id']}"
    await operator.post(f"{conversation}/pause")
    await pending(product, 0)
    await product.until_states("held")
    await operator.post(f"{conversation}/resume", answer_held=True)
    (again,) = await pending(product)
    await operator.post(f"/approvals/{again}/approve")
    await visitor.heard(1)
    assert len(await product.simulated.called()) == 1


@pytest.fixture
async def visitor_who_waits(front_door: Product) -> Visitor:
    """A visitor whose order waits for an approval, while no worker runs any more."""
    async with running_worker(front_door.settings):
        visitor = await ordering(front_door)
        await pending(front_door)
    return visitor


@pytest.mark.slow
async def test_an_approval_given_while_no_worker_runs_is_not_lost(
    front_door: Product, visitor_who_waits: Visitor
) -> None:
    (approval,) = await pending(front_door)
    await (await front_door.operator()).post(f"/approvals/{approval}/approve")
    async with running_worker(front_door.settings):
        (answer,) = await visitor_who_waits.heard(1)
    assert '"outcome": "done"' in str(answer["text"])
    assert len(await front_door.simulated.called()) == 1


@pytest.mark.slow
async def test_a_message_that_begins_the_turn_anew_withdraws_what_was_asked(product: Product) -> None:
    tool = order_tool(product.simulated, approval=True)
    await product.simulated.answers(
        {"contains": "rather not", "text": "As you like."}, wants("order", ("order", {"item": "tea"}))
    )
    visitor = await product.visitor(bursts={"policy": "interrupt", "quiet_seconds": 0}, tools=[tool])
    await visitor.say("order tea")
    (approval,) = await pending(product)
    await visitor.say("rather not")
    assert [item["text"] for item in await visitor.heard(1)] == ["As you like."]
    operator = await product.operator()
    assert (await operator.get(f"/approvals/{approval}"))["state"] == "withdrawn"
    await product.until_states("answered", "answered")
    assert await product.simulated.called() == []
