"""Messenger from end to end, over HTTP against the simulator: batches in, parts out, and echoes that end doubts."""

from datetime import UTC, datetime

import pytest

from tests.machine import until
from tests.messenger import CONTACT, PAGE, SIBLING, VERIFY, credentials, messenger, unregistered
from tests.processes import command
from tests.product import Product


@pytest.mark.slow
async def test_a_conversation(product: Product) -> None:
    bot = await messenger(product, greeting="Welcome!")
    await bot.happens(postback={"mid": "m_start", "title": "Get Started", "payload": "GET_STARTED"})
    await bot.until_states("answered")
    await bot.answered("hello")
    await bot.answered("**and** again", fields={"quick_reply": {"payload": "v1:again"}})
    assert await bot.sent() == ["Welcome!", "You said: hello", "You said: and again"]
    await bot.until_ledger(*[("sent", None, 1)] * 3)
    operator = await product.operator()
    deliveries = (await operator.get("/deliveries"))["items"]
    assert isinstance(deliveries, list)
    known = {(item["id"], item["platform_message_id"]) for item in deliveries if isinstance(item, dict)}
    marks = {(_metadata(item), item["message_id"]) for item in await bot.sends()}
    assert marks == known


def _metadata(send: dict[str, object]) -> object:
    payload = send["payload"]
    assert isinstance(payload, dict)
    return payload["message"]["metadata"]


@pytest.mark.slow
async def test_echoes_and_receipts_end_without_waking_anything(product: Product) -> None:
    bot = await messenger(product)
    await product.simulated.post("/messenger/settings", receipts=["echo", "delivered", "read"])
    await bot.answered("hello")

    async def told() -> bool:
        return [state for state in await product.states() if state[1] == "receipt"] == [("ignored", "receipt")] * 3

    await until(told)
    assert await bot.sent() == ["You said: hello"]
    assert len(await product.simulated.asked()) == 1


async def test_when_the_contact_had_an_answer_and_read_it_is_shown(product: Product) -> None:
    bot = await messenger(product)
    await bot.answered("hello")
    operator = await product.operator()

    async def is_told(name: str) -> bool:
        deliveries = (await operator.get("/deliveries"))["items"]
        assert isinstance(deliveries, list)
        return all(isinstance(item, dict) and item[name] for item in deliveries)

    # The page's receipt may come before the answer to the call that it is of.
    await until(lambda: is_told("delivered_at"))
    await bot.happens(read={"watermark": int(datetime.now(UTC).timestamp() * 1000)})
    await until(lambda: is_told("read_at"))


async def test_a_reaction_is_answered_where_the_bot_says_so(product: Product) -> None:
    bot = await messenger(product, reactions="answer")
    await bot.answered("hello")
    (answer,) = await bot.sends()
    await bot.happens(reaction={"mid": answer["message_id"], "action": "react", "emoji": "!", "reaction": "other"})
    await bot.until_states("answered", "answered")
    assert (await bot.sent())[1:] == ['You said: [reacted ! to "You said: hello"]']


@pytest.mark.slow
async def test_a_batch_with_a_broken_item_loses_no_message(product: Product) -> None:
    bot = await messenger(product)
    messages = [{"text": f"number {number}"} for number in range(5)]
    raw = [None, {"message": {"mid": 5}}, {"sender": {"id": CONTACT}, "postback": {"title": []}}]
    path = f"/messenger/{PAGE}/batch"
    await product.simulated.post(path, **{"from": CONTACT}, messages=messages, raw=raw)

    async def all_answered() -> bool:
        return sorted(await bot.sent()) == [f"You said: number {number}" for number in range(5)]

    await until(all_answered)
    broken = sorted(reason for _, reason in await bot.states() if reason)
    assert broken == ["malformed:item", "malformed:message", "malformed:postback"]


async def test_what_a_person_says_in_the_pages_inbox_is_recorded_and_not_answered(product: Product) -> None:
    bot = await messenger(product)
    await bot.answered("hello")
    await product.simulated.post(f"/messenger/{PAGE}/echoes", to=CONTACT, text="I take over", app_id=263902037430900)
    await bot.happens("standby", message={"mid": "m_standby", "text": "to the human"})
    await bot.until_states("answered", "ignored", "ignored")
    assert sorted(await bot.states(), key=str)[1:] == [("ignored", "from_the_page"), ("ignored", "standby")]
    assert await bot.sent() == ["You said: hello"]


@pytest.mark.slow
async def test_where_staff_answer_the_bot_falls_silent_and_later_knows_what_they_said(product: Product) -> None:
    bot = await messenger(product)
    operator = await product.operator()
    path, headers = f"/v1/channels/{bot.channel.id}", {"Authorization": f"Bearer {operator.key}"}
    for answers, status in (("maybe", 422), ("take_over", 200)):
        wanted = {"settings": {"staff_answers": answers}}
        assert (await operator.client.patch(path, json=wanted, headers=headers)).status_code == status
    await bot.answered("hello")
    await product.simulated.post(f"/messenger/{PAGE}/echoes", to=CONTACT, text="Ann here", app_id=263902037430900)
    await bot.until_states("answered", "ignored")
    await bot.say("what now?")
    await bot.until_states("answered", "ignored", "held")
    (conversation,) = (await operator.get("/conversations"))["items"]  # type: ignore[misc]  # a list of one
    await operator.post(f"/conversations/{conversation['id']}/release", answer_held=True)  # type: ignore[index]  # an object
    await bot.until_states("answered", "ignored", "answered")
    assert await bot.sent() == ["You said: hello", "You said: what now?"]
    assert "Ann here" in str((await product.simulated.asked())[-1]["request"])


@pytest.mark.slow
async def test_too_many_requests_are_waited_out(product: Product) -> None:
    bot = await messenger(product)
    await product.simulated.fault("status", status=429, parameters={"code": 613}, retry_after=2, method="messages")
    await bot.answered("hello")
    calls = [item["status"] for item in await product.simulated.ledger("call") if item["method"] == "messages"]
    assert calls == [429, 200]
    await bot.until_ledger(("sent", None, 2))


@pytest.mark.slow
async def test_a_long_formatted_answer_goes_out_in_parts_while_typing_is_shown(product: Product) -> None:
    bot = await messenger(product)
    code = "```py\n" + "value = compute(1)\n" * 200 + "```"
    await product.simulated.answer(f"# Title\n\n**bold**\n\n{code}\n\n[link](https://a.example)", delay_seconds=2)
    await bot.answered("tell me all")
    parts = await bot.sent()
    assert len(parts) > 2
    assert parts[0].startswith("Title\n\nbold\n\n    value = compute(1)")
    assert parts[-1].endswith("link (https://a.example)")
    assert sum(part.count("value = compute(1)") for part in parts) == 200
    outbound = await product.simulated.ledger("outbound")
    assert [item["method"] for item in outbound][:3] == ["mark_seen", "typing_on", "messages"]


@pytest.mark.slow
async def test_what_was_answered_is_seen_and_typing_that_leads_to_nothing_ends(product: Product) -> None:
    bot = await messenger(product, greeting="Welcome!")

    async def signs(*expected: str) -> bool:
        outbound = await product.simulated.ledger("outbound")
        return [item["method"] for item in outbound] == [*expected]

    await bot.happens(postback={"mid": "m_start", "title": "Get Started", "payload": "GET_STARTED"})
    await until(lambda: signs("messages", "mark_seen"))
    await product.simulated.answer("too late", delay_seconds=60)
    await bot.say("hello")
    await until(lambda: signs("messages", "mark_seen", "mark_seen", "typing_on"))
    operator = await product.operator()
    (conversation,) = (await operator.get("/conversations"))["items"]  # type: ignore[misc]  # a list of one
    await operator.post(f"/conversations/{conversation['id']}/takeover")  # type: ignore[index]  # an object
    await until(lambda: signs("messages", "mark_seen", "mark_seen", "typing_on", "typing_off"))


@pytest.mark.parametrize("state", ["blocked", "unknown"])
async def test_a_contact_who_cannot_be_reached_is_not_tried_again(product: Product, state: str) -> None:
    bot = await messenger(product)
    await product.simulated.post(f"/messenger/people/{CONTACT}", state=state)
    await bot.say("hello")
    await bot.until_states("failed")
    assert await bot.ledger() == [("failed", "recipient_gone", 1)]


@pytest.mark.parametrize("kind", ["invalid_json", pytest.param("accept_then_hang", marks=pytest.mark.slow)])
async def test_a_doubtful_send_is_settled_by_its_echo(product: Product, kind: str) -> None:
    bot = await messenger(product)
    await product.simulated.fault(kind, method="messages")
    await bot.say("hello")
    await bot.until_states("answered")
    await bot.until_ledger(("sent", None, 1))
    assert await bot.sent() == ["You said: hello"]


@pytest.mark.slow
@pytest.mark.parametrize(("code", "reason", "attempts"), [(1, "not_permitted", 2), (2, "recipient_gone", 3)])
async def test_a_fault_that_does_not_pass_is_tried_a_few_times(
    product: Product, code: int, reason: str, attempts: int
) -> None:
    bot = await messenger(product)
    await product.simulated.fault("status", status=400, parameters={"code": code}, count=9, method="messages")
    await bot.say("hello")
    await bot.until_states("failed")
    assert await bot.ledger() == [("failed", reason, attempts)]


@pytest.mark.slow
async def test_a_doubtful_send_stays_in_doubt_until_its_echo_comes(product: Product) -> None:
    bot = await messenger(product)
    await product.simulated.post("/messenger/settings", receipts=["delivered", "read"])
    await product.simulated.fault("accept_then_reset", method="messages")
    await bot.say("hello")
    await bot.until_states("answered")
    assert await bot.ledger() == [("uncertain", "outcome_unknown", 1)]
    (sent,) = await bot.sends()
    told = {"to": CONTACT, "message_id": sent["message_id"], "metadata": _metadata(sent)}
    await product.simulated.post(f"/messenger/{PAGE}/echoes", app_id=int(credentials()["app_id"]), **told)
    await bot.until_ledger(("sent", None, 1))


@pytest.mark.slow
async def test_a_send_that_was_reset_before_it_was_accepted_is_in_doubt_until_it_is_sent_once(product: Product) -> None:
    bot = await messenger(product, delivery={"uncertain": "at_least_once"})
    await product.simulated.fault("reset_before_accept", method="messages")
    await bot.say("hello")
    await bot.until_states("answered")
    assert await bot.sent() == ["You said: hello"]
    assert await bot.ledger() == [("sent", None, 2)]


@pytest.mark.slow
async def test_a_message_to_a_sibling_page_goes_to_its_bot(product: Product) -> None:
    theirs = await messenger(product, SIBLING)
    ours = await messenger(product)
    # The app has one URL, that of the page registered last.
    await theirs.say("hello")
    await ours.until_states("answered")
    assert (await ours.sent(), await theirs.sent()) == ([], ["You said: hello"])


async def test_who_knows_the_verify_token_is_answered_and_who_does_not_sign_is_refused(product: Product) -> None:
    bot = await unregistered(product)
    url = f"/webhooks/messenger/{bot.channel.id}"
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": VERIFY}
    answer = await product.client.get(url, params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    refused = await product.client.get(url, params={**asked, "hub.verify_token": "wrong"})
    assert (refused.status_code, refused.text) == (403, "")
    for headers in ({}, {"X-Hub-Signature-256": f"sha256={'0' * 64}"}):
        answer = await product.client.post(url, content=b'{"object":"page","entry":[]}', headers=headers)
        assert answer.status_code == 401
    assert await bot.states() == []


@pytest.mark.slow
async def test_a_worker_killed_while_it_sends_leaves_one_answer_and_no_doubt(front_door: Product) -> None:
    bot = await messenger(front_door)
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
