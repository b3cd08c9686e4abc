"""Updates that are fetched: what people do, and how a poller gets to know of it."""

import asyncio

import pytest

from simulator.wire import JSON, Object
from tests.simulator.harness import DEADLINE_SECONDS, TOKEN, Bot, Control


def inner(update: Object, kind: str) -> Object:
    content = update[kind]
    assert isinstance(content, dict)
    return content


async def test_a_text_message_has_the_platforms_shape(bot: Bot, control: Control) -> None:
    told = await control.say(7, text="hello", name="Ada Lovelace", language_code="nl")
    (update,) = await bot.updates()
    message = inner(update, "message")
    assert message.pop("date")
    assert update["update_id"] == told["update_id"]
    assert message == {
        "message_id": told["message_id"],
        "from": {"id": 7, "is_bot": False, "first_name": "Ada", "last_name": "Lovelace", "language_code": "nl"},
        "chat": {"id": 7, "type": "private", "first_name": "Ada", "last_name": "Lovelace"},
        "text": "hello",
    }


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("/start", [(0, 6)]),
        ("/start@my_bot payload", [(0, 13)]),
        ("😀 /help", [(3, 5)]),
        ("a/b http://x/y", []),
    ],
)
async def test_commands_are_marked_in_utf16_units(
    bot: Bot, control: Control, text: str, commands: list[tuple[int, int]]
) -> None:
    await control.say(7, text=text)
    (update,) = await bot.updates()
    found = inner(update, "message").get("entities", [])
    expected: list[JSON] = [{"type": "bot_command", "offset": at, "length": long} for at, long in commands]
    assert found == expected


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("document", {"file_name", "mime_type"}),
        ("voice", {"duration", "mime_type"}),
        ("audio", {"duration", "mime_type"}),
        ("video", {"width", "height", "duration", "mime_type"}),
        ("sticker", {"width", "height", "emoji", "type", "is_animated", "is_video"}),
        ("location", {"latitude", "longitude"}),
        ("contact", {"phone_number", "first_name"}),
    ],
)
async def test_an_attachment_has_the_platforms_fields(bot: Bot, control: Control, kind: str, fields: set[str]) -> None:
    await control.say(7, **{kind: {}})
    (update,) = await bot.updates()
    attached = inner(inner(update, "message"), kind)
    file_fields = {"file_id", "file_unique_id", "file_size"}
    assert set(attached) == (fields if kind in ("location", "contact") else fields | file_fields)


async def test_a_photo_comes_in_sizes_with_the_largest_last(bot: Bot, control: Control) -> None:
    await control.say(7, photo={"file_size": 173_215}, caption="look", media_group_id="album")
    (update,) = await bot.updates()
    message = inner(update, "message")
    sizes = message["photo"]
    assert isinstance(sizes, list)
    assert [size["file_size"] for size in sizes if isinstance(size, dict)] == [1705, 173_215]
    assert (message["caption"], message["media_group_id"]) == ("look", "album")


async def test_an_edit_keeps_the_id_and_says_when(bot: Bot, control: Control) -> None:
    told = await control.say(7, text="helo")
    await control.post(f"/telegram/{TOKEN}/edit", chat_id=7, message_id=told["message_id"], text="hello")
    first, second = await bot.updates()
    edited = inner(second, "edited_message")
    assert edited["message_id"] == inner(first, "message")["message_id"]
    assert (edited["text"], "edit_date" in edited) == ("hello", True)


async def test_a_pressed_button_shows_the_bots_message(bot: Bot, control: Control) -> None:
    sent = await bot.message("sendMessage", chat_id=7, text="Sure?")
    told = await control.post(f"/telegram/{TOKEN}/callback", chat_id=7, data="v1:yes")
    (update,) = await bot.updates()
    query = inner(update, "callback_query")
    assert (query["id"], query["data"], query["message"]) == (told["callback_query_id"], "v1:yes", sent)


async def test_a_button_below_a_forgotten_message_shows_it_as_inaccessible(bot: Bot, control: Control) -> None:
    await control.post(f"/telegram/{TOKEN}/callback", chat_id=7, data="x", message_id=99)
    (update,) = await bot.updates()
    message = inner(inner(update, "callback_query"), "message")
    assert (message["message_id"], message["date"]) == (99, 0)


async def test_a_user_who_blocks_the_bot_cannot_be_written_to_until_unblocking(bot: Bot, control: Control) -> None:
    await control.post(f"/telegram/{TOKEN}/membership", chat_id=7, status="kicked")
    assert (await bot.call("sendMessage", chat_id=7, text="x"))["error_code"] == 403
    await control.post(f"/telegram/{TOKEN}/membership", chat_id=7, status="member")
    assert (await bot.call("sendMessage", chat_id=7, text="x"))["ok"] is True
    changes = [inner(update, "my_chat_member") for update in await bot.updates()]
    assert [inner(change, "new_chat_member")["status"] for change in changes] == ["kicked", "member"]


async def test_a_raw_update_goes_out_as_it_is(bot: Bot, control: Control) -> None:
    raw: Object = {"update_id": 5, "poll": {"id": "1", "question": "?"}}
    await control.post(f"/telegram/{TOKEN}/updates", update=raw)
    assert await bot.updates() == [raw]


async def test_kinds_that_a_bot_did_not_ask_for_are_not_queued(bot: Bot, control: Control) -> None:
    reaction: Object = {"message_reaction": {"chat": {"id": 7, "type": "private"}}}
    by_default = await control.post(f"/telegram/{TOKEN}/updates", update=reaction)
    await bot.updates(allowed_updates=["message_reaction"])
    by_name = await control.post(f"/telegram/{TOKEN}/updates", update=reaction)
    unnamed = await control.say(7, text="x")
    assert [by_default["queued"], by_name["queued"], unnamed["queued"]] == [False, True, False]


async def test_updates_come_in_order_up_to_the_limit(bot: Bot, control: Control) -> None:
    ids = [(await control.say(7, text=str(number)))["update_id"] for number in range(3)]
    assert [update["update_id"] for update in await bot.updates(limit=2)] == ids[:2]
    assert [update["update_id"] for update in await bot.updates(offset=-1)] == ids[2:]


async def test_an_offset_acknowledges_what_is_older(bot: Bot, control: Control) -> None:
    first = await control.say(7, text="a")
    second = await control.say(7, text="b")
    assert len(await bot.updates()) == len(await bot.updates()) == 2
    assert [update["update_id"] for update in await bot.updates(offset=second["update_id"])] == [second["update_id"]]
    polled = await control.ledger(kind="polled")
    assert [entry["update_id"] for entry in polled] == [first["update_id"]]


async def test_a_waiting_poller_gets_an_update_as_it_happens(bot: Bot, control: Control) -> None:
    waiting = asyncio.create_task(bot.updates(timeout=30))
    await control.until(lambda calls: [call["method"] for call in calls] == ["getUpdates"], kind="call")
    told = await control.say(7, text="now")
    (update,) = await asyncio.wait_for(waiting, DEADLINE_SECONDS)
    assert update["update_id"] == told["update_id"]


async def test_a_second_poller_ends_the_first(bot: Bot, control: Control) -> None:
    first = asyncio.create_task(bot.call("getUpdates", timeout=30))
    await control.until(lambda calls: len(calls) == 1, kind="call")
    assert await bot.updates() == []
    ended = await asyncio.wait_for(first, DEADLINE_SECONDS)
    assert ended["error_code"] == 409
    assert str(ended["description"]).startswith("Conflict: terminated by other getUpdates request")


async def test_polling_is_refused_while_a_webhook_is_set(bot: Bot) -> None:
    waiting = asyncio.create_task(bot.call("getUpdates", timeout=30))
    await Control(bot.client).until(lambda calls: len(calls) == 1, kind="call")
    await bot.result("setWebhook", url="http://127.0.0.1:9/never")
    assert (await waiting)["description"] == "Conflict: terminated by setWebhook request"
    refused = await bot.post("getUpdates")
    assert refused.status_code == 409
    why = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
    assert refused.json()["description"] == why


async def test_a_reset_lets_a_waiting_poller_go(bot: Bot, control: Control) -> None:
    waiting = asyncio.create_task(bot.updates(timeout=30))
    await control.until(lambda calls: len(calls) == 1, kind="call")
    await control.post("/reset")
    assert await asyncio.wait_for(waiting, DEADLINE_SECONDS) == []
