"""Messages that are edited or deleted while the model works: what is answered is what the contact says in the end."""

import pytest

from tests.product import Product
from tests.whatsapp import whatsapp

_SECONDS = 5
"""How long the model takes; a change is heard within it."""


@pytest.mark.slow
async def test_what_changes_while_the_model_works_is_not_answered_as_it_was(product: Product) -> None:
    bot = await whatsapp(product)
    slow: dict[str, object] = {"text": "too late", "delay_seconds": _SECONDS, "count": 1}
    await product.simulated.answers({"contains": "slow helo", **slow}, {"contains": "slow mistake", **slow})
    name = await bot.say("slow helo")
    await product.until_asked()
    changed = {"original_message_id": name, "message": {"type": "text", "text": {"body": "hello"}}}
    await bot.say("", fields={"type": "edit", "edit": changed})
    await bot.until_states("answered", "ignored")
    name = await bot.say("slow mistake")
    await product.until_asked(3)
    await bot.say("", fields={"type": "revoke", "revoke": {"original_message_id": name}})
    await bot.until_states("answered", "ignored", "ignored", "ignored")
    await bot.say("goodbye")
    await bot.until_states("answered", "ignored", "ignored", "ignored", "answered")
    assert await bot.sent() == ["You said: hello", "You said: goodbye"]
    reasons = [reason for _, reason in await bot.states()]
    assert reasons == [None, "applied", "withdrawn", "applied", None]
