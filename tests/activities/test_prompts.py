"""Prompts in turns: the version in use is what the model is told, and the turn's record names it."""

from pydantic import JsonValue

from tests.product import Product


async def told(product: Product) -> list[str]:
    """What the model was told before all else, in each request."""
    requests = [item["request"] for item in await product.simulated.asked()]
    return [request["messages"][0]["content"] for request in requests if isinstance(request, dict)]


async def test_a_bot_says_what_its_prompt_says_and_the_record_names_the_version(product: Product) -> None:
    operator = await product.operator()
    await operator.post("/prompts", name="support", text="You help at {{ variables.shop }}.")
    prompt: JsonValue = {"name": "support", "variables": {"shop": "{{ bot.name }}"}}
    visitor = await product.visitor(bursts={"policy": "queue"}, prompt=prompt, instructions="unused")
    await visitor.say("one")
    await visitor.heard(1)
    await operator.post("/prompts/support/versions", text="You help no more.")
    await visitor.say("two")
    await visitor.heard(2)
    await product.until_states("answered", "answered")
    assert await told(product) == ["You help at {{ bot.name }}.", "You help no more."]
    conversation = str(visitor.session["conversation_id"])
    turns = (await operator.get(f"/conversations/{conversation}/turns"))["items"]
    assert isinstance(turns, list)
    found = [(item["number"], item["outcome"], item["told"]["prompt"], len(item["calls"])) for item in turns]  # type: ignore[call-overload,index,arg-type]  # JSON
    assert found == [
        (2, "answered", {"name": "support", "version": 2}, 1),
        (1, "answered", {"name": "support", "version": 1}, 1),
    ]
