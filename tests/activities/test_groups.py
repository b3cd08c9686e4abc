"""A group with several people, from end to end, over HTTP against the simulator."""

import pytest
from pydantic import JsonValue

from tests.desk import desk
from tests.product import Product

GROUP = -1001
QUEUE: JsonValue = {"policy": "queue"}
ANN = {"user_id": 11, "name": "Ann", "title": "Gardeners"}
BOB = {"user_id": 12, "name": "Bob", "title": "Gardeners"}


async def told_last(product: Product) -> list[str]:
    """What the model was told when it was asked last."""
    request = (await product.simulated.asked())[-1]["request"]
    assert isinstance(request, dict)
    return [str(message["content"]) for message in request["messages"]]


@pytest.mark.slow
async def test_people_in_a_group_are_told_apart(product: Product) -> None:
    await product.telegram(bursts=QUEUE, greeting=None, moderation={"provider": "none"})
    await product.simulated.answer("Noted.")
    first = await product.simulated.say(GROUP, "/ask I like roses", **ANN)
    await product.until_states("answered")
    second = await product.simulated.say(GROUP, "/ask And I do not", **BOB)
    await product.until_states("answered", "answered")
    told = await told_last(product)
    assert told[-3:] == ["Ann: /ask I like roses", "Noted.", "Bob: /ask And I do not"]
    assert "Several people write" in told[0]

    replied = [message["payload"].get("reply_parameters") for message in await product.simulated.sent(GROUP)]
    names = [item["message_id"] for item in (first, second)]
    assert replied == [{"message_id": name, "allow_sending_without_reply": True} for name in names]

    gardeners = await desk(product)
    senders = [message["sender"] for message in await gardeners.messages() if message["direction"] == "inbound"]
    assert senders == [{"id": "11", "name": "Ann"}, {"id": "12", "name": "Bob"}]
    (listed,) = (await gardeners.operator.get("/conversations"))["items"]
    assert listed["contact"]["name"] == "Gardeners"


@pytest.mark.slow
async def test_an_album_is_asked_about_once_and_answered_once(product: Product) -> None:
    await product.telegram(bursts=QUEUE, moderation={"provider": "none"})
    await product.simulated.answer("A rose and a tulip.")
    album = {"photo": {}, "fields": {"media_group_id": "9"}}
    await product.simulated.say(GROUP, caption="/ask what are these?", **album, **ANN)
    for _ in range(2):
        await product.simulated.say(GROUP, **album, **ANN)
    await product.until_states("answered", "answered", "answered")
    told = [line.splitlines()[0] for line in await told_last(product)]
    assert told[-3:] == ["Ann: /ask what are these?", "Ann: [photo]", "Ann: [photo]"]
    assert len(await product.simulated.sent(GROUP)) == 1
