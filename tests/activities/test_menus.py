"""What contacts are offered before they type, from end to end: shown by the platform, tapped, and answered."""

from pydantic import JsonValue

from adapters.platforms.catalogue import http_client, platforms
from domain.platforms import PlatformName
from tests.messenger import CONTACT as PERSON
from tests.messenger import PAGE, messenger
from tests.product import MadeChannel, Product
from tests.whatsapp import CONTACT, NUMBER, whatsapp

OFFERED: dict[str, JsonValue] = {
    "greeting": "Welcome!",
    "help": "I know our prices.",
    "commands": [{"command": "help", "description": "What I can do"}],
    "ice_breakers": ["What does it cost?"],
}


async def _show(product: Product, made: MadeChannel, platform: PlatformName) -> None:
    access = await product.access(made)
    http = http_client()
    menu = platforms(product.settings, http)[platform].menu
    assert menu is not None
    await menu.show(access.channel, access.bot.offers)
    await http.close()


async def test_taps_on_whatsapp_are_texts_and_commands(product: Product) -> None:
    bot = await whatsapp(product, **OFFERED)
    await _show(product, bot.channel, PlatformName.WHATSAPP)
    operator = await product.operator()
    address = f"/channels/{bot.channel.id}/webhook"
    shown = await operator.get(address)
    assert (shown["commands"], shown["ice_breakers"]) == (OFFERED["commands"], OFFERED["ice_breakers"])
    assert shown["persistent_menu"] is None
    for number, label in enumerate(("What does it cost?", "/help"), 1):
        await product.simulated.post(f"/whatsapp/{NUMBER}/taps", **{"from": CONTACT}, label=label)
        await bot.until_states(*["answered"] * number)
    assert await bot.sent() == ["You said: What does it cost?", "I know our prices."]


async def test_taps_on_messenger_are_buttons_and_commands(product: Product) -> None:
    menu: JsonValue = [
        {"label": "What I can do", "value": "/help", "url": None},
        {"label": "Our shop", "value": None, "url": "https://shop.example/"},
    ]
    bot = await messenger(product, **OFFERED, persistent_menu=menu)
    await _show(product, bot.channel, PlatformName.MESSENGER)
    operator = await product.operator()
    shown = await operator.get(f"/channels/{bot.channel.id}/webhook")
    assert (shown["ice_breakers"], shown["persistent_menu"]) == (OFFERED["ice_breakers"], menu)
    for number, label in enumerate(("Get Started", "What does it cost?", "What I can do"), 1):
        await product.simulated.post(f"/messenger/{PAGE}/taps", **{"from": PERSON}, label=label)
        await bot.until_states(*["answered"] * number)
    assert await bot.sent() == ["Welcome!", "You said: What does it cost?", "I know our prices."]


async def test_a_pages_profile_is_called_no_more_often_than_messenger_lets_it(product: Product) -> None:
    bot = await messenger(product, **OFFERED)
    await product.simulated.post("/messenger/settings", profile_limit=True)
    path, headers = (
        f"/v1/channels/{bot.channel.id}/webhook",
        {"Authorization": f"Bearer {(await product.operator()).key}"},
    )
    asked = [await product.client.get(path, headers=headers) for _ in range(8)]
    assert {item.status_code for item in asked} == {200, 503}
    assert asked[-1].json()["code"] == "rate_limited"
    assert int(asked[-1].headers["retry-after"]) > 100
    calls = [item for item in await product.simulated.ledger("call") if item["method"] == "messenger_profile"]
    assert {item["status"] for item in calls} == {200}
    await bot.answered("hello")
    assert await bot.sent() == ["You said: hello"]
