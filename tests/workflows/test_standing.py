"""Who has the voice: pause, resume, close, takeover and release hold from their answer on."""

import pytest

from tests.machine import until
from tests.product import Operator, Product, Visitor


async def conversation_of(visitor: Visitor) -> str:
    """The path of a visitor's conversation in the API."""
    return f"/conversations/{visitor.session['conversation_id']}"


async def heard(visitor: Visitor) -> list[object]:
    """The texts that the visitor got."""
    return [item["text"] for item in await visitor.messages() if item["direction"] == "outbound"]


async def begun(product: Product, **bot: object) -> tuple[Visitor, Operator, str]:
    """A visitor with one answer, an operator, and the path of the conversation."""
    visitor = await product.visitor(bursts={"policy": "queue"}, **bot)
    await visitor.say("hello")
    await visitor.heard(1)
    await product.until_states("answered")
    return visitor, await product.operator(), await conversation_of(visitor)


@pytest.mark.slow
async def test_a_paused_conversation_holds_what_comes(product: Product) -> None:
    visitor, operator, path = await begun(product)
    assert (await operator.post(f"{path}/pause"))["status"] == "paused"
    await visitor.say("anybody there?")
    await product.until_states("answered", "held")
    assert await heard(visitor) == ["You said: hello"]
    assert (await product.states())[1] == ("held", "paused")


@pytest.mark.slow
async def test_resuming_answers_what_was_held(product: Product) -> None:
    visitor, operator, path = await begun(product)
    await operator.post(f"{path}/pause")
    await visitor.say("anybody there?")
    await product.until_states("answered", "held")
    assert (await operator.post(f"{path}/resume", answer_held=True))["voice"] == "bot"
    await product.until_states("answered", "answered")
    assert await heard(visitor) == ["You said: hello", "You said: anybody there?"]


@pytest.mark.slow
async def test_resuming_without_a_word_leaves_what_was_held_unanswered(product: Product) -> None:
    visitor, operator, path = await begun(product)
    await operator.post(f"{path}/pause")
    await visitor.say("anybody there?")
    await product.until_states("answered", "held")
    await operator.post(f"{path}/resume")
    await product.until_states("answered", "ignored")
    await visitor.say("and now?")
    assert [item["text"] for item in await visitor.heard(2)] == ["You said: hello", "You said: and now?"]


@pytest.mark.slow
async def test_a_pause_cancels_the_model_call(product: Product) -> None:
    visitor, operator, path = await begun(product)
    await product.simulated.answers({"contains": "think", "text": "too late", "delay_seconds": 3})
    await visitor.say("think")

    async def asked() -> bool:
        return len(await product.simulated.asked()) == 2

    await until(asked)
    await operator.post(f"{path}/pause")
    await product.until_states("answered", "held")
    await operator.post(f"{path}/resume")
    await visitor.say("something else")
    answers = await visitor.heard(2)
    assert [item["text"] for item in answers] == ["You said: hello", "You said: something else"]


@pytest.mark.slow
async def test_an_operator_speaks_and_the_bot_is_silent_until_released(product: Product) -> None:
    visitor, operator, path = await begun(product)
    assert (await operator.post(f"{path}/takeover"))["status"] == "handed_over"
    await visitor.say("a question")
    await product.until_states("answered", "held")
    spoken = await operator.post(f"{path}/messages", text="This is Grace.")
    assert spoken["author"] == "operator"
    await visitor.heard(2)
    await operator.post(f"{path}/release")
    await product.until_states("answered", "ignored")
    await visitor.say("thanks")
    await visitor.heard(3)
    assert await heard(visitor) == ["You said: hello", "This is Grace.", "You said: thanks"]


@pytest.mark.slow
async def test_a_closed_conversation_reopens_with_its_memory(product: Product) -> None:
    visitor, operator, path = await begun(product)
    assert (await operator.post(f"{path}/close"))["status"] == "closed"
    await visitor.say("me again")
    await visitor.heard(2)
    assert (await operator.get(path))["status"] == "waiting"
    request = (await product.simulated.asked())[-1]["request"]
    assert [line["content"] for line in request["messages"]] == ["hello", "You said: hello", "me again"]


@pytest.mark.slow
async def test_after_a_reset_the_model_sees_only_what_is_new(product: Product) -> None:
    visitor, operator, path = await begun(product)
    await operator.post(f"{path}/reset")
    await visitor.say("who am I?")
    await visitor.heard(2)
    request = (await product.simulated.asked())[-1]["request"]
    assert [line["content"] for line in request["messages"]] == ["who am I?"]


@pytest.mark.slow
async def test_a_stopped_bot_answers_when_it_is_started(product: Product) -> None:
    visitor, operator, path = await begun(product)
    bot = f"/bots/{(await operator.get(path))['bot_id']}"
    await operator.post(f"{bot}/stop")
    await visitor.say("hello?")
    await product.until_states("answered", "held")
    await operator.post(f"{bot}/start", answer_held=True)
    await product.until_states("answered", "answered")
    assert await heard(visitor) == ["You said: hello", "You said: hello?"]


@pytest.mark.slow
async def test_the_bot_speaks_first(product: Product) -> None:
    channel = await product.telegram(greeting="Welcome!")
    operator = await product.operator()
    made = await operator.post(f"/bots/{channel.bot_id}/conversations", channel_id=str(channel.id), recipient="7")

    async def greeted() -> bool:
        return [item["text"] for item in await product.simulated.sent(7)] == ["Welcome!"]

    await until(greeted)
    assert made["contact"]["external_id"] == "7"
    await product.simulated.say(7, "/start")
    await product.until_states("answered")
    assert [item["text"] for item in await product.simulated.sent(7)] == ["Welcome!", "Welcome!"]
