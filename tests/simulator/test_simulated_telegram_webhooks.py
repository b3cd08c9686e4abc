"""Updates that are posted: signed, in order, and again until they are taken."""

import asyncio

import pytest
from starlette.responses import JSONResponse, Response

from simulator.wire import Object
from tests.simulator.harness import TOKEN, Bot, Control, Receiver


def accepted(count: int, entries: list[Object]) -> bool:
    return [entry["state"] for entry in entries] == ["accepted"] * count


async def test_an_update_is_posted_with_the_secret(hooked: Receiver, control: Control) -> None:
    told = await control.say(7, text="hello")
    post = await hooked.next()
    assert (post.update_id, post.text) == (told["update_id"], "hello")
    assert post.headers["x-telegram-bot-api-secret-token"] == "s3cret_-A"
    assert post.headers["content-type"] == "application/json"


async def test_without_a_secret_there_is_no_header(bot: Bot, receiver: Receiver, control: Control) -> None:
    await bot.result("setWebhook", url=receiver.url)
    await control.say(7, text="hello")
    assert "x-telegram-bot-api-secret-token" not in (await receiver.next()).headers


async def test_any_2xx_counts_as_taken(hooked: Receiver, control: Control) -> None:
    hooked.answers.append(Response(status_code=204))
    await control.say(7, text="a")
    (entry,) = await control.until(lambda entries: accepted(1, entries), kind="webhook")
    assert (entry["attempts"], entry["statuses"], entry["chat_id"]) == (1, [204], "7")
    assert entry["accepted_at"]


async def test_what_is_not_taken_is_posted_again_with_the_same_id(hooked: Receiver, control: Control) -> None:
    hooked.answers.extend([Response(status_code=500), Response(status_code=302), Response(status_code=404)])
    await control.say(7, text="a")
    posts = [await hooked.next() for _ in range(4)]
    assert len({post.update_id for post in posts}) == 1
    (entry,) = await control.until(lambda entries: accepted(1, entries), kind="webhook")
    assert (entry["attempts"], entry["statuses"]) == (4, [500, 302, 404, 200])


async def test_retry_after_holds_the_next_post_back_unscaled(hooked: Receiver, control: Control) -> None:
    hooked.answers.append(Response(status_code=503, headers={"Retry-After": "1"}))
    await control.say(7, text="a")
    await hooked.next()
    before = asyncio.get_running_loop().time()
    await hooked.next()
    assert asyncio.get_running_loop().time() - before >= 0.9


async def test_a_failing_update_blocks_its_own_chat_and_no_other(hooked: Receiver, control: Control) -> None:
    hooked.answers.append(Response(status_code=503, headers={"Retry-After": "1"}))
    await control.say(7, text="blocked")
    await hooked.next()
    await control.say(7, text="behind")
    await control.say(8, text="elsewhere")
    assert [(await hooked.next()).text for _ in range(3)] == ["elsewhere", "blocked", "behind"]


async def test_updates_of_one_chat_are_posted_one_after_another(hooked: Receiver, control: Control) -> None:
    hooked.gate.clear()
    for number in range(20):
        await control.say(7, text=str(number))
    await hooked.next()
    assert hooked.posts.empty()
    hooked.gate.set()
    assert [(await hooked.next()).text for _ in range(19)] == [str(number) for number in range(1, 20)]


async def test_at_most_max_connections_posts_are_under_way(bot: Bot, receiver: Receiver, control: Control) -> None:
    receiver.gate.clear()
    await bot.result("setWebhook", url=receiver.url, max_connections=2)
    for chat in range(1, 5):
        await control.say(chat, text="x")
    first = [await receiver.next() for _ in range(2)]
    assert await control.say(9, text="x")
    assert receiver.posts.empty()
    receiver.gate.set()
    others = [await receiver.next() for _ in range(3)]
    assert len({post.update_id for post in [*first, *others]}) == 5


async def test_a_product_that_cannot_be_reached_is_tried_again(bot: Bot, receiver: Receiver, control: Control) -> None:
    await bot.result("setWebhook", url="http://127.0.0.1:9/nobody")
    await control.say(7, text="a")
    await control.until(
        lambda entries: [entry["errors"] for entry in entries] >= [["ConnectError"] * 2], kind="webhook"
    )
    info = await bot.message("getWebhookInfo")
    assert (info["pending_update_count"], info["last_error_message"]) == (1, "Connection failed: ConnectError")
    await bot.result("setWebhook", url=receiver.url)
    assert (await receiver.next()).text == "a"


async def test_a_new_webhook_begins_with_what_is_pending(bot: Bot, receiver: Receiver, control: Control) -> None:
    for text in ("a", "b"):
        await control.say(7, text=text)
    await bot.result("setWebhook", url=receiver.url)
    assert [(await receiver.next()).text for _ in range(2)] == ["a", "b"]


async def test_pending_updates_can_be_dropped(bot: Bot, receiver: Receiver, control: Control) -> None:
    await control.say(7, text="old")
    await bot.result("setWebhook", url=receiver.url, drop_pending_updates=True)
    await control.say(7, text="new")
    assert (await receiver.next()).text == "new"


async def test_after_deletion_updates_wait_for_a_poller(bot: Bot, hooked: Receiver, control: Control) -> None:
    assert await bot.result("deleteWebhook") is True
    told = await control.say(7, text="a")
    assert [update["update_id"] for update in await bot.updates()] == [told["update_id"]]
    assert hooked.posts.empty()


async def test_set_and_delete_say_what_they_did(bot: Bot, receiver: Receiver) -> None:
    calls: list[tuple[str, Object]] = [
        ("setWebhook", {"url": receiver.url}),
        ("setWebhook", {"url": receiver.url}),
        ("setWebhook", {"url": ""}),
        ("deleteWebhook", {}),
    ]
    said = [(await bot.call(method, **arguments))["description"] for method, arguments in calls]
    assert said == ["Webhook was set", "Webhook is already set", "Webhook was deleted", "Webhook is already deleted"]


async def test_webhook_info_tells_what_was_set(bot: Bot, receiver: Receiver) -> None:
    await bot.result("setWebhook", url=receiver.url, max_connections=500, allowed_updates=["message"])
    assert await bot.message("getWebhookInfo") == {
        "url": receiver.url,
        "has_custom_certificate": False,
        "pending_update_count": 0,
        "max_connections": 100,
        "ip_address": "127.0.0.1",
        "allowed_updates": ["message"],
    }
    await bot.result("deleteWebhook")
    assert (await bot.message("getWebhookInfo"))["url"] == ""


async def test_the_last_error_is_told_in_the_platforms_words(bot: Bot, hooked: Receiver, control: Control) -> None:
    hooked.answers.append(Response(status_code=500))
    await control.say(7, text="a")
    await control.until(lambda entries: accepted(1, entries), kind="webhook")
    info = await bot.message("getWebhookInfo")
    assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"


@pytest.mark.parametrize(
    ("arguments", "description"),
    [
        ({"url": "ftp://x/y"}, "invalid webhook URL specified"),
        ({"url": "https://x/y", "secret_token": "not allowed"}, "secret token contains unallowed characters"),
        ({"url": "https://x/y", "secret_token": "a" * 257}, "secret token is too long"),
    ],
)
async def test_a_faulty_webhook_is_refused(bot: Bot, arguments: Object, description: str) -> None:
    assert (await bot.call("setWebhook", **arguments))["description"] == f"Bad Request: {description}"


async def test_plain_http_can_be_refused_as_the_real_server_does(bot: Bot, control: Control) -> None:
    await control.post("/telegram/settings", require_https=True)
    answer = await bot.call("setWebhook", url="http://example.com/hook")
    assert answer["description"] == "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"


async def test_a_call_in_the_answer_to_a_webhook_is_made(hooked: Receiver, control: Control) -> None:
    hooked.answers.append(JSONResponse({"method": "sendMessage", "chat_id": 7, "text": "by the way"}))
    await control.say(7, text="a")
    (sent,) = await control.until(lambda entries: len(entries) == 1, kind="outbound")
    assert sent["text"] == "by the way"


async def test_a_call_that_asks_for_something_is_not_made_from_there(hooked: Receiver, control: Control) -> None:
    hooked.answers.append(JSONResponse({"method": "deleteWebhook"}))
    await control.say(7, text="a")
    await control.say(7, text="b")
    assert [(await hooked.next()).text for _ in range(2)] == ["a", "b"]


async def test_a_duplicate_is_posted_beside_the_original(hooked: Receiver, control: Control) -> None:
    await control.fault("duplicate_webhook", copies=2)
    told = await control.say(7, text="a")
    assert [(await hooked.next()).update_id for _ in range(3)] == [told["update_id"]] * 3
    (entry,) = await control.until(lambda entries: entries[0]["duplicates"] == [200, 200], kind="webhook")
    assert entry["attempts"] == 1


async def test_a_reordered_update_comes_after_the_next_of_its_chat(hooked: Receiver, control: Control) -> None:
    await control.fault("reorder_webhook", contains="first")
    for text in ("first", "second", "third"):
        await control.say(7, text=text)
    assert [(await hooked.next()).text for _ in range(3)] == ["second", "first", "third"]


async def test_a_reordered_update_that_nothing_overtakes_comes_in_the_end(hooked: Receiver, control: Control) -> None:
    await control.fault("reorder_webhook", seconds=0.05)
    await control.say(7, text="alone")
    assert (await hooked.next()).text == "alone"


async def test_a_reset_forgets_webhooks_and_what_was_pending(bot: Bot, hooked: Receiver, control: Control) -> None:
    hooked.answers.append(Response(status_code=500))
    await control.say(7, text="a")
    await hooked.next()
    await control.post("/reset")
    assert (await bot.message("getWebhookInfo"))["url"] == ""
    assert (await control.client.get(f"/_sim/telegram/{TOKEN}")).json()["pending"] == 0


async def test_many_posts_under_way_hold_up_no_api_call(bot: Bot, hooked: Receiver, control: Control) -> None:
    hooked.gate.clear()
    await asyncio.gather(*(control.say(chat, text="x") for chat in range(1, 101)))
    assert await bot.message("sendMessage", chat_id=7, text="still here")
    hooked.gate.set()
    await control.until(lambda entries: accepted(100, entries), kind="webhook")
