"""An operator manages a Telegram chat, over HTTP against the simulator: what it is, pins, members, and who is there."""

import base64

import httpx
import pytest
from pydantic import JsonValue

from tests.desk import Desk, desk, until_delivered
from tests.files import PNG
from tests.product import Product
from tests.simulated import TOKEN
from tests.slack import join_workspace

GROUP, PERSON = -1007, 7
QUEUE: JsonValue = {"policy": "queue"}


async def at_group(product: Product, **chat: JsonValue) -> Desk:
    """A group in which the bot was spoken to."""
    await product.telegram(bursts=QUEUE, groups="always")
    await product.simulated.say(GROUP, "hello", title="Club", user_id=PERSON)
    await until_delivered(product, "sent")
    if chat:
        await product.simulated.post(f"/telegram/chats/{GROUP}", state="known", name="Club", **chat)
    return await desk(product)


async def ask(place: Desk, deed: str, **what: JsonValue) -> httpx.Response:
    """Have something done in the chat."""
    headers = {"Authorization": f"Bearer {place.operator.key}"}
    path = f"/v1/conversations/{place.conversation}/chat/{deed}"
    return await place.operator.client.post(path, json=what or None, headers=headers)


@pytest.mark.slow
async def test_a_group_is_shown_pinned_to_and_left_by_its_administrator(product: Product) -> None:
    place = await at_group(product, about="We meet on Mondays.", is_administered=True)
    answer = (await place.messages())[-1]
    assert (await ask(place, "pin", message_id=answer["id"])).json() == {"done": "pin"}
    assert (await ask(place, "pin", message_id=answer["id"])).json() == {"done": "pin"}
    assert (await ask(place, "ban", member="8")).json() == {"done": "ban"}
    shown = await place.operator.get(f"/conversations/{place.conversation}/chat")
    expected = {
        "id": str(GROUP), "kind": "group", "name": "Club", "about": "We meet on Mondays.", "members": 1,
        "pinned_message_id": answer["platform_message_id"],
    }  # fmt: skip
    assert {name: shown[name] for name in expected} == expected
    assert (await ask(place, "unban", member="8")).json() == {"done": "unban"}
    assert (await ask(place, "unpin", message_id=answer["id"])).json() == {"done": "unpin"}
    assert (await ask(place, "leave")).json() == {"done": "leave"}
    assert (await ask(place, "leave")).json()["code"] == "recipient_gone"


@pytest.mark.slow
async def test_what_may_not_be_done_says_why(product: Product) -> None:
    place = await at_group(product)
    answer = (await place.messages())[-1]
    refusals = [await ask(place, "pin", message_id=answer["id"]), await ask(place, "ban", member="8")]
    await product.simulated.post(f"/telegram/chats/{GROUP}", state="known", is_administered=True, strangers=[9])
    refusals += [await ask(place, "ban", member="9"), await ask(place, "ban", member="@somebody")]
    assert [(item.status_code, item.json()["code"]) for item in refusals] == [
        (422, "not_permitted"), (422, "not_permitted"), (422, "member_unknown"), (422, "member_unknown"),
    ]  # fmt: skip


async def test_what_the_platform_asks_to_wait_is_waited_for(product: Product) -> None:
    place = await at_group(product, is_administered=True)
    await product.simulated.post("/faults", kind="status", status=429, retry_after=40, method="banChatMember")
    answers = [await ask(place, "ban", member="8"), await ask(place, "ban", member="8"), await ask(place, "leave")]
    assert [(item.status_code, item.json()["code"]) for item in answers] == [(503, "rate_limited")] * 3
    assert all(30 < int(item.headers["retry-after"]) <= 45 for item in answers)
    calls = [item["method"] for item in await product.simulated.ledger("call")]
    assert (calls.count("banChatMember"), calls.count("leaveChat")) == (1, 0)


@pytest.mark.slow
async def test_in_a_private_chat_nobody_is_banned(product: Product) -> None:
    await product.telegram(bursts=QUEUE)
    await product.simulated.say(PERSON, "hello")
    await until_delivered(product, "sent")
    place = await desk(product)
    refusals = [await ask(place, "ban", member="8"), await ask(place, "unban", member="8"), await ask(place, "leave")]
    assert {(item.status_code, item.json()["code"]) for item in refusals} == {(422, "not_a_group")}


@pytest.mark.slow
async def test_other_platforms_say_that_they_are_not_managed(product: Product) -> None:
    workspace = await join_workspace(product, bursts=QUEUE)
    await workspace.say("hello")
    await until_delivered(product, "sent")
    place = await desk(product)
    refused = await ask(place, "leave")
    assert (refused.status_code, refused.json()["code"]) == (422, "unsupported_by_platform")
    contact = (await place.operator.get(f"/conversations/{place.conversation}"))["contact"]
    assert isinstance(contact, dict)
    shown = await place.operator.get(f"/contacts/{contact['id']}")
    assert (shown["external_id"], shown["profile"], shown["problem"]) == (contact["external_id"], None, None)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["new", "same"])
async def test_a_contacts_picture_comes_from_our_store_and_is_fetched_once(product: Product, kind: str) -> None:
    await product.telegram(bursts=QUEUE)
    await product.simulated.say(PERSON, "hello", name="Ada Lovelace")
    await until_delivered(product, "sent")
    picture = base64.b64encode(PNG).decode()
    await product.simulated.post(
        f"/telegram/chats/{PERSON}", state="known", about="Mathematics", picture_base64=picture
    )
    place = await desk(product)
    contact = (await place.operator.get(f"/conversations/{place.conversation}"))["contact"]
    assert isinstance(contact, dict)
    first = await place.operator.get(f"/contacts/{contact['id']}")
    if kind == "new":
        await product.simulated.post(f"/telegram/chats/{PERSON}", state="known", picture_base64=picture)
    second = await place.operator.get(f"/contacts/{contact['id']}")
    profiles = [shown["profile"] for shown in (first, second)]
    assert isinstance(profiles[0], dict)
    assert isinstance(profiles[1], dict)
    assert (profiles[0]["name"], profiles[0]["about"], first["problem"]) == ("Ada Lovelace", "Mathematics", None)
    url = str(profiles[0]["picture_url"])
    assert TOKEN.partition(":")[2] not in url
    assert (await product.client.get(url.partition("/v1/")[1] + url.partition("/v1/")[2])).content == PNG
    same = url.partition("?")[0] == str(profiles[1]["picture_url"]).partition("?")[0]
    assert same == (kind == "same")
    fetched = [item for item in await product.simulated.ledger("call") if item["method"] == "getFile"]
    assert len(fetched) == (1 if kind == "same" else 2)
