"""A channel whose token is refused, from end to end over HTTP: shown and told, and what it has to say waits."""

from pydantic import JsonValue

from tests.machine import until
from tests.product import Operator, Product
from tests.whatsapp import TOKEN, whatsapp


async def items(operator: Operator, path: str) -> list[dict[str, JsonValue]]:
    """What is listed there."""
    found = (await operator.get(path))["items"]
    assert isinstance(found, list)
    return [item for item in found if isinstance(item, dict)]


async def test_what_cannot_be_said_waits_until_the_token_is_accepted(product: Product) -> None:
    bot, operator = await whatsapp(product), await product.operator()

    async def problem() -> JsonValue:
        return (await operator.get(f"/channels/{bot.channel.id}"))["problem"]

    async def is_refused() -> bool:
        return isinstance(await problem(), dict)

    await product.simulated.post("/whatsapp/settings", refused_tokens=[TOKEN])
    await bot.say("hello")
    await until(is_refused)
    waiting = [(state, reason) for state, reason, _ in await bot.ledger()]
    assert waiting in ([("planned", "credentials_refused")], [("sending", None)])
    await product.simulated.post("/whatsapp/settings", refused_tokens=[])
    await bot.until_states("answered")
    assert (await bot.sent(), await problem()) == (["You said: hello"], None)
    notices = [item["kind"] for item in await items(operator, "/notices")]
    assert notices == ["channel_recovered", "channel_refused"]
    assert [item["undeliverable"] for item in await items(operator, "/conversations")] == [None]
