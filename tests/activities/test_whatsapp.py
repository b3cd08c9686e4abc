"""WhatsApp from end to end, over HTTP against the simulator: batches in, parts out, and receipts that end doubts."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from adapters.platforms.graph.signature import SIGNATURE_HEADER, sign
from tests.machine import taken, until
from tests.processes import command
from tests.product import Product, running_worker
from tests.whatsapp import CONTACT, NUMBER, SECRET, SIBLING, TOKEN, VERIFY, unregistered, whatsapp


async def test_receipts_end_without_waking_anything(product: Product) -> None:
    bot = await whatsapp(product)
    await bot.answered("hello")
    operator = await product.operator()

    async def told() -> bool:
        items = (await operator.get("/events"))["items"]
        assert isinstance(items, list)
        return [item["reason"] for item in items if isinstance(item, dict) and item["kind"] == "receipt"] == [
            "receipt"
        ] * 2

    await until(told)


@pytest.mark.slow
async def test_a_batch_with_a_broken_item_loses_no_message(product: Product) -> None:
    bot = await whatsapp(product)
    messages = [{"text": f"number {number}"} for number in range(5)]
    path = f"/whatsapp/{NUMBER}/batch"
    await product.simulated.post(path, **{"from": CONTACT}, messages=messages, raw=[None, {"id": 5}, {"type": "x"}])

    async def all_answered() -> bool:
        return sorted(await bot.sent()) == [f"You said: number {number}" for number in range(5)]

    await until(all_answered)
    assert [state for state in await bot.states() if state[1] == "malformed:message"] == [
        ("ignored", "malformed:message")
    ] * 3


@pytest.mark.slow
async def test_what_was_heard_is_marked_as_read_while_the_model_works(product: Product) -> None:
    bot = await whatsapp(product)
    await product.simulated.answer("done", delay_seconds=2)
    name = await bot.answered("think")
    signs = [item for item in await product.simulated.ledger("outbound") if item["method"] == "typing"]
    assert [sign["message_id"] for sign in signs] == [name]


async def test_what_was_answered_without_a_model_is_marked_as_read(product: Product) -> None:
    bot = await whatsapp(product, greeting="Welcome!")
    name = await bot.say("/start")

    async def read() -> bool:
        signs = [item for item in await product.simulated.ledger("outbound") if item["method"] != "messages"]
        return [(sign["method"], sign["message_id"]) for sign in signs] == [("read", name)]

    await until(read)
    assert await bot.sent() == ["Welcome!"]


async def test_every_send_carries_its_delivery_as_its_mark(product: Product) -> None:
    bot = await whatsapp(product)
    await bot.answered("hello")
    operator = await product.operator()
    items = (await operator.get("/deliveries"))["items"]
    outbound = [item for item in await product.simulated.ledger("outbound") if item["method"] == "messages"]
    payload = outbound[0]["payload"]
    assert isinstance(items, list)
    assert isinstance(items[0], dict)
    assert isinstance(payload, dict)
    assert payload["biz_opaque_callback_data"] == items[0]["id"]
    assert items[0]["platform_message_id"] == outbound[0]["message_id"]


async def test_a_contact_who_cannot_be_reached_is_known_from_the_receipt(product: Product) -> None:
    bot = await whatsapp(product)
    await product.simulated.post(f"/whatsapp/people/{CONTACT}", state="undeliverable")
    await bot.say("hello")
    await bot.until_ledger(("failed", "recipient_gone", 1))
    await bot.until_states("failed")
    assert await bot.states() == [("failed", "undeliverable")]


@pytest.mark.slow
async def test_a_contact_who_is_refused_at_once_is_not_tried_again(product: Product) -> None:
    bot = await whatsapp(product)
    await product.simulated.post(f"/whatsapp/people/{CONTACT}", state="refused")
    await bot.say("hello")
    await bot.until_states("failed")
    assert await bot.ledger() == [("failed", "recipient_gone", 1)]


@pytest.mark.slow
async def test_too_many_requests_are_waited_out(product: Product) -> None:
    bot = await whatsapp(product)
    await product.simulated.fault("status", status=429, parameters={"code": 80007}, retry_after=2, method="messages")
    await bot.answered("hello")
    calls = [item for item in await product.simulated.ledger("call") if item["method"] == "messages"]
    assert [item["status"] for item in calls] == [429, 200]
    assert await bot.ledger() == [("sent", None, 2)]


@pytest.mark.parametrize("kind", ["invalid_json", pytest.param("accept_then_hang", marks=pytest.mark.slow)])
async def test_a_doubtful_send_is_settled_by_its_receipt(product: Product, kind: str) -> None:
    bot = await whatsapp(product)
    await product.simulated.fault(kind, method="messages")
    await bot.say("hello")
    await bot.until_states("answered")
    await bot.until_ledger(("sent", None, 1))
    assert await bot.sent() == ["You said: hello"]


@pytest.mark.slow
async def test_a_doubtful_send_stays_in_doubt_until_its_receipt_comes(product: Product) -> None:
    bot = await whatsapp(product)
    await product.simulated.post("/whatsapp/settings", statuses=[])
    await product.simulated.fault("accept_then_reset", method="messages")
    await bot.say("hello")
    await bot.until_states("answered")
    assert await bot.ledger() == [("uncertain", "outcome_unknown", 1)]
    (sent,) = [item for item in await product.simulated.ledger("outbound") if item["method"] == "messages"]
    payload = sent["payload"]
    assert isinstance(payload, dict)
    told = {"message_id": sent["message_id"], "recipient": CONTACT, "mark": payload["biz_opaque_callback_data"]}
    await product.simulated.post(f"/whatsapp/{NUMBER}/statuses", status="delivered", **told)
    await bot.until_ledger(("sent", None, 1))


@pytest.mark.slow
async def test_a_send_that_was_reset_before_it_was_accepted_is_in_doubt_until_it_is_sent_once(product: Product) -> None:
    bot = await whatsapp(product, delivery={"uncertain": "at_least_once"})
    await product.simulated.fault("reset_before_accept", method="messages")
    await bot.say("hello")
    await bot.until_states("answered")
    assert await bot.sent() == ["You said: hello"]
    assert await bot.ledger() == [("sent", None, 2)]


async def test_a_message_for_a_sibling_number_goes_to_its_bot(product: Product) -> None:
    ours = await whatsapp(product)
    theirs = await whatsapp(product, SIBLING)
    path = f"/whatsapp/{SIBLING}/batch"
    await product.simulated.post(path, **{"from": CONTACT}, messages=[{"text": "hello"}], through=NUMBER)
    await ours.until_states("answered")
    assert (await ours.sent(), await theirs.sent()) == ([], ["You said: hello"])


async def test_a_contact_who_hides_the_number_keeps_the_conversation(product: Product) -> None:
    bot = await whatsapp(product)
    await product.simulated.post(f"/whatsapp/people/{CONTACT}", user_id="US.13491208655302741918")
    await bot.say("my name is Ann")
    await product.until_asked(1)
    await bot.say("what is my name?", hides_number=True)
    await product.until_asked(2)
    request = (await product.simulated.asked())[-1]["request"]
    assert isinstance(request, dict)
    assert "my name is Ann" in str(request["messages"])


@pytest.mark.slow
async def test_who_asks_with_the_verify_token_is_answered(product: Product) -> None:
    bot = await whatsapp(product)
    url = f"/webhooks/whatsapp/{bot.channel.id}"
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": VERIFY}
    answer = await product.client.get(url, params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    refused = await product.client.get(url, params={**asked, "hub.verify_token": "wrong"})
    assert (refused.status_code, refused.text) == (403, "")


async def test_a_call_that_is_not_signed_is_refused(product: Product) -> None:
    bot = await whatsapp(product)
    url = f"/webhooks/whatsapp/{bot.channel.id}"
    for headers in ({}, {"X-Hub-Signature-256": f"sha256={'0' * 64}"}):
        answer = await product.client.post(url, content=b'{"object":"whatsapp_business_account"}', headers=headers)
        assert answer.status_code == 401
    assert await bot.states() == []


async def test_a_channel_is_made_by_the_api_and_its_url_asked_before_it_is_set(product: Product) -> None:
    made = await unregistered(product)
    operator = await product.operator()
    credentials = {"access_token": TOKEN, "app_secret": SECRET, "verify_token": VERIFY, "phone_number_id": NUMBER}
    path = f"/bots/{made.channel.bot_id}/channels"
    channel = await operator.post(path, platform="whatsapp", credentials={**credentials})
    # Nobody is there at this PUBLIC_URL, so that the URL does not say back what it is asked.
    headers = {"Authorization": f"Bearer {operator.key}"}
    refused = await product.client.post(f"/v1/channels/{channel['id']}/webhook", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "unacceptable")
    inspected = await operator.get(f"/channels/{channel['id']}/webhook")
    assert (inspected["url"], inspected["ours"]) == ("", False)


@pytest.mark.slow
async def test_a_thousand_events_of_many_chats_in_one_body_are_taken_and_told(front_door: Product) -> None:
    bot = await whatsapp(front_door, bursts={"policy": "coalesce"})
    now = str(int(datetime.now(UTC).timestamp()))
    messages = [
        {"from": str(16500000000 + number % 60), "id": f"wamid.{number}", "timestamp": now,
         "type": "text", "text": {"body": "hello"}}
        for number in range(1000)
    ]  # fmt: skip
    change = {"field": "messages", "value": {"metadata": {"phone_number_id": NUMBER}, "messages": messages}}
    called = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    body = json.dumps(called).encode()
    path, headers = f"/webhooks/whatsapp/{bot.channel.id}", {SIGNATURE_HEADER: sign(SECRET, body)}
    assert (await taken(lambda: front_door.client.post(path, content=body, headers=headers))).status_code == 200

    async def all_told() -> bool:
        states = [state for state, _ in await bot.states()]
        return len(states) == len(messages) and "received" not in states

    async with running_worker(front_door.settings):
        await until(all_told)


@pytest.mark.slow
async def test_a_worker_killed_while_it_sends_leaves_one_answer_and_no_doubt(front_door: Product) -> None:
    bot = await whatsapp(front_door)
    await front_door.simulated.fault("accept_then_hang", method="messages")

    async def accepted() -> bool:
        return len(await bot.sent()) == 1

    async with command(front_door.settings, "worker") as worker:
        await bot.say("hello")
        await until(accepted)
        await worker.kill()
    async with command(front_door.settings, "worker"):
        await bot.until_states("answered")
    assert await bot.sent() == ["You said: hello"]
    await bot.until_ledger(("sent", None, 1))
    assert len(await front_door.simulated.asked()) == 1


async def test_who_is_written_to_by_another_spelling_of_the_number_answers_in_the_same_conversation(
    product: Product,
) -> None:
    dialled, known_as = "5511987654321", "551187654321"
    bot = await whatsapp(product)
    operator = await product.operator()
    await product.simulated.post(f"/whatsapp/people/{dialled}", known_as=known_as)
    await product.simulated.post("/whatsapp/settings", window=False)
    await product.simulated.post("/whatsapp/templates", name="hello_there", body="Hello.")
    first: dict[str, JsonValue] = {"channel_id": str(bot.channel.id), "recipient": f"+{dialled}"}
    first["template"] = {"name": "hello_there", "language": "en_US"}
    begun = await operator.post(f"/bots/{bot.channel.bot_id}/conversations", **first)
    await bot.until_ledger(("sent", None, 1))
    await product.simulated.post(f"/whatsapp/{bot.number}/messages", **{"from": known_as, "text": "hello"})
    await bot.until_states("answered")
    (known,) = (await operator.get("/conversations"))["items"]  # type: ignore[misc]  # a list of one
    assert known["id"] == begun["id"]  # type: ignore[index]  # an object


async def test_the_model_sees_nothing_of_who_had_the_number_before(product: Product) -> None:
    bot = await whatsapp(product)
    operator = await product.operator()
    for person, text in (("US.1349", "my card ends 4242"), ("US.2451", "who is this?")):
        await product.simulated.post(f"/whatsapp/people/{CONTACT}", user_id=person)
        await bot.answered(text)
    conversations = (await operator.get("/conversations"))["items"]
    assert isinstance(conversations, list)
    assert len(conversations) == 2
    assert "4242" not in str((await product.simulated.asked())[-1]["request"])
