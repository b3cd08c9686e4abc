"""Translation: the model sees and speaks the bot's language alone, the contact its own, and the record has both."""

import pytest
from pydantic import JsonValue

from tests.activities.test_understanding import QUEUE, Item, purposes
from tests.api.visits import listening
from tests.machine import until
from tests.product import Product, Visitor
from tests.simulated import Simulated

ON: JsonValue = {"enabled": True, "bot_language": "en"}
CHAT = 7527593
ASKED = "Wo ist mein Paket? Es sollte gestern kommen."
AGAIN = "Und wann kommt die andere Bestellung endlich an?"


async def sent(simulated: Simulated, count: int) -> list[str]:
    """What the contact got on Telegram, once there is so much."""
    found: list[str] = []

    async def enough() -> bool:
        found[:] = [str(item["text"]) for item in await simulated.sent(CHAT)]
        return len(found) >= count

    await until(enough)
    return found


async def of_telegram(product: Product) -> list[Item]:
    """The only conversation's messages as the API shows them."""
    operator = await product.operator()
    listed = (await operator.get("/conversations"))["items"]
    assert isinstance(listed, list)
    (found,) = listed
    assert isinstance(found, dict)
    shown = (await operator.get(f"/conversations/{found['id']}/messages"))["items"]
    assert isinstance(shown, list)
    return [item for item in shown if isinstance(item, dict)]


async def plain(simulated: Simulated) -> list[list[str]]:
    """What was said to the model for an answer, each time."""
    requests = [item["request"] for item in await simulated.asked()]
    return [
        [message["content"] for message in request["messages"]]
        for request in requests
        if isinstance(request, dict) and "response_format" not in request
    ]


@pytest.mark.slow
async def test_both_sides_speak_their_own_language(product: Product) -> None:
    await product.telegram(bursts=QUEUE, translation=ON, understanding={"sentiment": True})
    await product.simulated.say(CHAT, ASKED)
    assert await sent(product.simulated, 1) == [f"[de] You said: [en] {ASKED}"]
    await product.until_states("answered")
    assert await purposes(product) == ["answer", "translate", "understand"]
    await product.simulated.say(CHAT, AGAIN)
    await sent(product.simulated, 2)
    assert (await plain(product.simulated))[-1] == [f"[en] {ASKED}", f"You said: [en] {ASKED}", f"[en] {AGAIN}"]
    await product.until_states("answered", "answered")
    question, answer = (await of_telegram(product))[:2]
    assert (question["text"], answer["text"]) == (ASKED, f"[de] You said: [en] {ASKED}")
    languages = {"language": "en", "contact_language": "de", "reason": None}
    assert question["translation"] == {**languages, "text": f"[en] {ASKED}"}
    assert answer["translation"] == {**languages, "text": f"You said: [en] {ASKED}"}


@pytest.mark.slow
async def test_what_is_too_short_to_tell_is_in_the_language_of_the_chat(product: Product) -> None:
    await product.telegram(bursts=QUEUE, translation=ON)
    await product.simulated.say(CHAT, "Ja")
    assert await sent(product.simulated, 1) == ["You said: Ja"]
    await product.simulated.say(CHAT, ASKED)
    await sent(product.simulated, 2)
    await product.simulated.say(CHAT, "Ja")
    assert (await sent(product.simulated, 3))[2] == "[de] You said: [en] Ja"


async def test_who_speaks_the_bots_language_costs_no_translation(product: Product) -> None:
    await product.telegram(bursts=QUEUE, translation=ON)
    await product.simulated.say(CHAT, "Where is my parcel? It should have come yesterday.")
    await sent(product.simulated, 1)
    await product.until_states("answered")
    assert await purposes(product) == ["answer"]


async def test_what_cannot_be_translated_goes_on_as_it_is_and_says_so(product: Product) -> None:
    await product.simulated.answers(
        {"contains": "", "shape": "understanding", "text": "no"}, {"contains": "", "shape": "translation", "text": "no"}
    )
    await product.telegram(bursts=QUEUE, translation=ON)
    await product.simulated.say(CHAT, ASKED)
    assert await sent(product.simulated, 1) == [f"You said: {ASKED}"]
    await product.until_states("answered")
    question, answer = await of_telegram(product)
    languages = {"language": "en", "contact_language": "de", "reason": "not_understood"}
    assert question["translation"] == {**languages, "text": None}
    assert answer["translation"] == {**languages, "text": f"You said: {ASKED}"}


@pytest.mark.slow
async def test_moderation_judges_what_the_contact_would_see(product: Product) -> None:
    moderation: JsonValue = {"rules": {"words": ["[de]"]}, "refusal": "No."}
    await product.telegram(bursts=QUEUE, translation=ON, moderation=moderation)
    await product.simulated.say(CHAT, ASKED)
    assert await sent(product.simulated, 1) == ["No."]


@pytest.mark.slow
async def test_nothing_untranslated_is_seen_on_the_page(product: Product) -> None:
    said = "It is on its way. " * 20
    await product.simulated.answers({"contains": "Paket", "text": said, "chunk_characters": 4, "chunk_seconds": 0.02})
    channel = await product.channel(bursts=QUEUE, translation=ON)
    visitor = Visitor(product.client, channel.id)
    await visitor.enter()
    async with listening(product.client, channel.id, visitor) as stream:
        await visitor.say(ASKED)
        heard = await stream.next("delta", "message")
        while heard.event == "message" and heard.data["direction"] == "inbound":
            heard = await stream.next("delta", "message")
    assert (heard.event, heard.data["text"]) == ("message", f"[de] {said.strip()}")
