"""A turn with tools: the model calls, is told what came of it, and answers, however often it calls."""

import json

import pytest
from pydantic import JsonValue
from sqlalchemy import select

from adapters.database.tool_records import ToolCallRow
from tests.machine import until
from tests.processes import command
from tests.product import Product
from tests.tools import QUEUE, http_tool, order_tool, says, wants


async def calls(product: Product) -> list[tuple[object, ...]]:
    """The calls on record: tool, state and outcome, in order."""
    row = ToolCallRow
    query = select(row.name, row.state, row.outcome).order_by(row.generation, row.step, row.position)
    async with product.database.begin() as connection:
        return [tuple(found) for found in await connection.execute(query)]


@pytest.mark.parametrize("api", ["chat_completions", "responses"])
async def test_a_model_gets_what_its_tools_tell_and_answers_with_it(product: Product, api: str) -> None:
    await product.simulated.post("/tools/answers", look_up={"body": {"price": 3}})
    await product.simulated.answers(wants("tea", ("look_up", {"item": "green tea"})), says("tea"))
    visitor = await product.visitor(bursts=QUEUE, tools=[http_tool(product.simulated)], model={"api": api})
    await visitor.say("What does tea cost?")
    (answer,) = await visitor.heard(1)
    assert answer["text"] == 'The tools said: {"outcome": "done", "status": 200, "body": {"price": 3}}'
    (called,) = await product.simulated.called()
    assert (called["verb"], called["query"]) == ("GET", {"item": "green tea"})
    assert await calls(product) == [("look_up", "ended", "done")]
    await product.until_states("answered")


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("nothing_of_the_kind", {}, "There is no such tool; there are: look_up."),
        ("look_up", "{", "The arguments are not JSON."),
        ("look_up", "[]", "The arguments are not a JSON object."),
        ("look_up", '{"item": NaN}', "The arguments are not JSON."),
        ("look_up", '{"item": "\\ud800"}', "The arguments hold half a character."),
        ("look_up", {"thing": 1}, "The arguments do not fit the tool"),
        ("look_up", "[" * 10_000, "The arguments are not JSON."),
        ("look_up", json.dumps({"item": "x" * 20_000}), "The arguments are longer than 16000 characters."),
    ],
)
async def test_what_a_model_calls_wrongly_is_told_to_it(
    product: Product, name: str, arguments: object, told: str
) -> None:
    await product.simulated.answers(wants("tea", (name, arguments)), says("tea"))
    visitor = await product.visitor(bursts=QUEUE, tools=[http_tool(product.simulated)])
    await visitor.say("tea")
    (answer,) = await visitor.heard(1)
    assert told in str(answer["text"])
    assert await product.simulated.called() == []


async def test_a_loop_of_calls_ends_at_the_cap_with_an_answer(product: Product) -> None:
    endless = wants("tea", ("look_up", {"item": "a"}), ("look_up", {"item": "b"}), text="Enough.")
    await product.simulated.answers({**endless, "results": None})
    limits: JsonValue = {"calls_per_turn": 3}
    visitor = await product.visitor(bursts=QUEUE, tools=[http_tool(product.simulated)], tool_limits=limits)
    await visitor.say("tea")
    assert [item["text"] for item in await visitor.heard(1)] == ["Enough."]
    assert [outcome for *_, outcome in await calls(product)] == ["done", "done", "done", "refused"]
    assert len(await product.simulated.called()) == 3


async def test_a_model_that_calls_although_it_may_not_ends_in_the_apology(product: Product) -> None:
    endless = wants("tea", ("look_up", {"item": "a"}), disobedient=True)
    await product.simulated.answers({**endless, "results": None})
    visitor = await product.visitor(
        bursts=QUEUE, tools=[http_tool(product.simulated)], tool_limits={"calls_per_turn": 1}, apology="Sorry."
    )
    await visitor.say("tea")
    assert [item["text"] for item in await visitor.heard(1)] == ["Sorry."]
    await product.until_states("failed")


async def test_an_effect_whose_outcome_is_unknown_is_not_repeated(product: Product) -> None:
    await product.simulated.fault("accept_then_reset", platform="tools")
    await product.simulated.answers(wants("order", ("order", {"item": "tea"})), says("order"))
    visitor = await product.visitor(bursts=QUEUE, tools=[order_tool(product.simulated)])
    await visitor.say("order tea")
    (answer,) = await visitor.heard(1)
    assert "Nobody can say whether it was done." in str(answer["text"])
    (called,) = await product.simulated.called()
    assert called["body"] == {"item": "tea"}
    assert await calls(product) == [("order", "ended", "unknown")]


async def until_called(product: Product) -> None:
    """Wait until the service has taken a call."""

    async def called() -> bool:
        return len(await product.simulated.called()) == 1

    await until(called)


@pytest.mark.slow
async def test_a_worker_killed_in_a_call_with_effects_leaves_a_doubt_and_no_second_call(front_door: Product) -> None:
    simulated = front_door.simulated
    await simulated.fault("accept_then_hang", platform="tools")
    await simulated.answers(wants("order", ("order", {"item": "tea"})), says("order"))
    visitor = await front_door.visitor(bursts=QUEUE, tools=[order_tool(simulated, timeout_seconds=2)])
    async with command(front_door.settings, "worker") as worker:
        await visitor.say("order tea")
        await until_called(front_door)
        await worker.kill()
    async with command(front_door.settings, "worker"):
        (answer,) = await visitor.heard(1)
    assert "Nobody can say whether it was done." in str(answer["text"])
    assert len(await simulated.called()) == 1
    assert len(await simulated.asked()) == 2


async def test_what_a_stopped_turn_has_done_is_told_to_the_next(product: Product) -> None:
    simulated = product.simulated
    await simulated.answers(wants("order", ("order", {"item": "tea"}), count=1), {**says("order"), "delay_seconds": 3})
    visitor = await product.visitor(bursts=QUEUE, tools=[order_tool(simulated)])
    operator = await product.operator()
    conversation = f"/conversations/{visitor.session['conversation_id']}"
    await visitor.say("order tea")
    await product.until_asked(2)
    await operator.post(f"{conversation}/pause")
    await simulated.answer("It is ordered.")
    await operator.post(f"{conversation}/resume", answer_held=True)
    assert [item["text"] for item in await visitor.heard(1)] == ["It is ordered."]
    request = (await simulated.asked())[-1]["request"]
    assert '"tool": "order"' in json.dumps(request).replace("\\", "")
    assert len(await simulated.called()) == 1


async def test_a_pause_lets_no_call_begin(product: Product) -> None:
    simulated = product.simulated
    first = wants("order", ("look_up", {"item": "tea"}), ("order", {"item": "tea"}))
    await simulated.answers(first, says("order", results=2))
    await simulated.fault("delay", platform="tools", method="look_up", seconds=2)
    visitor = await product.visitor(bursts=QUEUE, tools=[http_tool(simulated), order_tool(simulated)])
    await visitor.say("order tea")
    await until_called(product)
    operator = await product.operator()
    await operator.post(f"/conversations/{visitor.session['conversation_id']}/pause")
    await product.until_states("held")

    async def over() -> bool:
        return next(state for _, state, _ in await calls(product)) == "ended"

    await until(over)
    assert [item["method"] for item in await simulated.called()] == ["look_up"]


async def test_documents_are_searched_for_the_model(product: Product) -> None:
    channel = await product.channel(bursts=QUEUE, tools=[{"kind": "knowledge"}], language="en")
    operator = await product.operator()
    document = {"title": "Handbook", "text": "# Hours\n\nOpen from nine to five."}
    await operator.post(f"/bots/{channel.bot_id}/documents", **document)
    await product.simulated.answers(wants("when", ("search_documents", {"query": "opening"})), says("when"))
    visitor = await product.visit(str(channel.id))
    await visitor.say("when?")
    (answer,) = await visitor.heard(1)
    found = '{"title": "Handbook", "heading": "Hours", "text": "Open from nine to five."}'
    assert answer["text"] == f'The tools said: {{"outcome": "done", "passages": [{found}]}}'
