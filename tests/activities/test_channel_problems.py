"""A channel whose token is refused, from end to end over HTTP: shown and told, and what comes behind waits."""

from pydantic import JsonValue

from tests.machine import until
from tests.product import Operator, Product
from tests.whatsapp import TOKEN, whatsapp


async def items(operator: Operator, path: str) -> list[dict[str, JsonValue]]:
    """What is listed there."""
    found = (await operator.get(path))["items"]
    assert isinstance(found, list)
    return [item for item in found if isinstance(item, dict)]


async def test_what_comes_behind_a_refusal_waits_until_the_token_is_accepted(product: Product) -> None:
    bot, operator = await whatsapp(product), await product.operator()

    async def problem() -> JsonValue:
        return (await operator.get(f"/channels/{bot.channel.id}"))["problem"]

    async def is_refused() -> bool:
        return isinstance(await problem(), dict)

    await product.simulated.post("/whatsapp/settings", refused_tokens=[TOKEN])
    await bot.say("hello")
    await bot.until_states("failed")
    await until(is_refused)
    await bot.say("are you there?")

    async def waits() -> bool:
        return [state for state, _, _ in await bot.ledger()] in (["failed", "planned"], ["failed", "sending"])

    await until(waits)
    checked = [item["method"] for item in await product.simulated.ledger("call")]
    await product.simulated.post("/whatsapp/settings", refused_tokens=[])
    await bot.until_states("failed", "answered")
    assert checked.count("messages") == 1
    assert (await bot.sent(), await problem()) == (["You said: are you there?"], None)
    notices = [item["kind"] for item in await items(operator, "/notices")]
    assert notices == ["channel_recovered", "channel_refused"]
    assert [item["undeliverable"] for item in await items(operator, "/conversations")] == [None]
