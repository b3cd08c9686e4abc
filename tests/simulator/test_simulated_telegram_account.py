"""Tokens, methods, and everything about a bot that is no message."""

import base64

import httpx
import pytest

from simulator.wire import Object
from tests.simulator.harness import Bot, Control


async def test_any_token_of_the_right_shape_is_a_bot(client: httpx.AsyncClient) -> None:
    me = await Bot(client, "42:" + "b_-" * 10).result("getMe")
    assert isinstance(me, dict)
    assert (me["id"], me["is_bot"], me["can_join_groups"]) == (42, True, True)


@pytest.mark.parametrize("token", ["42", "42:short", "x:" + "A" * 35, "42:" + "A" * 30 + "!"])
async def test_a_malformed_token_is_not_found(client: httpx.AsyncClient, token: str) -> None:
    response = await client.post(f"/telegram/bot{token}/getMe")
    assert response.status_code == 404
    assert response.json() == {"ok": False, "error_code": 404, "description": "Not Found"}


async def test_a_refused_token_is_unauthorized(bot: Bot, control: Control) -> None:
    await control.post("/telegram/settings", refused_tokens=[bot.token])
    response = await bot.post("getMe")
    assert response.status_code == 401
    assert response.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}


async def test_an_unknown_method_is_not_found(bot: Bot) -> None:
    answer = await bot.call("sendTelepathy")
    assert answer == {"ok": False, "error_code": 404, "description": "Not Found: method not found"}


async def test_a_body_that_is_no_json_object_is_refused(client: httpx.AsyncClient, bot: Bot) -> None:
    path = f"/telegram/bot{bot.token}/sendMessage"
    headers = {"Content-Type": "application/json"}
    for body in (b"{", b"[]"):
        response = await client.post(path, content=body, headers=headers)
        assert response.json()["description"] == "Bad Request: can't parse JSON object"


async def test_a_chat_is_described_by_its_last_known_name(bot: Bot, control: Control) -> None:
    await control.say(7, text="hi", name="Ada Lovelace", username="ada")
    assert await bot.result("getChat", chat_id=7) == {
        "id": 7,
        "type": "private",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "username": "ada",
    }


async def test_a_group_is_told_by_its_id(bot: Bot, control: Control) -> None:
    await control.say(-1001, text="hi", title="Club")
    assert await bot.result("getChat", chat_id=-1001) == {"id": -1001, "type": "supergroup", "title": "Club"}


async def test_commands_are_kept_and_checked(bot: Bot) -> None:
    commands: list[Object] = [{"command": "help", "description": "What I can do"}]
    assert await bot.result("setMyCommands", commands=[*commands]) is True
    assert await bot.result("getMyCommands") == commands
    wrong = await bot.call("setMyCommands", commands=[{"command": "No!", "description": "x"}])
    assert wrong["description"] == "Bad Request: BOT_COMMAND_INVALID"


async def test_a_callback_query_is_answered_and_an_unknown_one_is_too_old(bot: Bot, control: Control) -> None:
    pressed = await control.post(f"/telegram/{bot.token}/callback", chat_id=7, data="yes")
    assert await bot.result("answerCallbackQuery", callback_query_id=pressed["callback_query_id"]) is True
    stale = await bot.call("answerCallbackQuery", callback_query_id="1")
    why = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert stale == {"ok": False, "error_code": 400, "description": why}


async def test_a_file_can_be_downloaded_by_the_path_that_get_file_names(bot: Bot, control: Control) -> None:
    content = base64.b64encode(b"%PDF-1.7").decode()
    await control.say(7, caption="see", document={"content_base64": content, "file_name": "a.pdf"})
    (update,) = await bot.updates()
    message = update["message"]
    assert isinstance(message, dict)
    document = message["document"]
    assert isinstance(document, dict)
    assert (message["caption"], document["file_name"], document["file_size"]) == ("see", "a.pdf", 8)
    file = await bot.message("getFile", file_id=document["file_id"])
    download = await bot.client.get(f"/telegram/file/bot{bot.token}/{file['file_path']}")
    assert download.content == b"%PDF-1.7"


async def test_a_file_beyond_20_megabytes_is_too_big(bot: Bot, control: Control) -> None:
    await control.say(7, voice={"file_size": 20 * 1024 * 1024 + 1})
    (update,) = await bot.updates()
    message = update["message"]
    assert isinstance(message, dict)
    voice = message["voice"]
    assert isinstance(voice, dict)
    answer = await bot.call("getFile", file_id=voice["file_id"])
    assert answer["description"] == "Bad Request: file is too big"
    unknown = await bot.call("getFile", file_id="x")
    assert unknown["description"] == "Bad Request: invalid file_id"


async def test_the_control_api_refuses_a_token_that_is_none(client: httpx.AsyncClient) -> None:
    response = await client.post("/_sim/telegram/nonsense/messages", json={"chat_id": 7, "text": "x"})
    assert response.status_code == 422
