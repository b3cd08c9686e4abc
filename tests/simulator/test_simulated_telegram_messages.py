"""What a bot may say, and how it is refused."""

import httpx
import pytest

from simulator.wire import JSON, Object
from tests.simulator.harness import Bot, Control

BOLD: Object = {"type": "bold", "offset": 0, "length": 2}


def refusal(code: int, description: str) -> Object:
    return {"ok": False, "error_code": code, "description": description}


async def test_a_message_is_answered_as_the_platform_shows_it(bot: Bot) -> None:
    message = await bot.message("sendMessage", chat_id=7, text="Hi", entities=[BOLD])
    assert message.pop("date")
    assert message == {
        "message_id": 1,
        "from": {"id": 123456, "is_bot": True, "first_name": "Bot 123456", "username": "simulated_123456_bot"},
        "chat": {"id": 7, "type": "private", "first_name": "Test", "last_name": "User"},
        "text": "Hi",
        "entities": [BOLD],
    }


async def test_message_ids_grow_by_one_in_each_chat_whoever_speaks(bot: Bot, control: Control) -> None:
    first = await bot.message("sendMessage", chat_id=7, text="a")
    elsewhere = await bot.message("sendMessage", chat_id=8, text="b")
    heard = await control.say(7, text="c")
    last = await bot.message("sendMessage", chat_id=7, text="d")
    assert [first["message_id"], elsewhere["message_id"], heard["message_id"], last["message_id"]] == [1, 1, 2, 3]


async def test_arguments_come_by_query_form_multipart_and_json_alike(client: httpx.AsyncClient, bot: Bot) -> None:
    path = f"/telegram/bot{bot.token}/SendMessage"
    given = {"chat_id": "7", "text": "Ünï 😀", "entities": '[{"type":"bold","offset":0,"length":3}]'}
    sent = [
        await client.get(path, params=given),
        await client.post(path, data=given),
        await client.post(path, files={name: (None, value) for name, value in given.items()}),
        await client.post(path, json=given),
    ]
    entity = {"type": "bold", "offset": 0, "length": 3}
    messages = [response.json()["result"] for response in sent]
    assert [(message["text"], message["entities"]) for message in messages] == [("Ünï 😀", [entity])] * 4


@pytest.mark.parametrize(
    ("arguments", "description"),
    [
        ({"text": "x"}, "chat_id is empty"),
        ({"chat_id": "@channel", "text": "x"}, "chat not found"),
        ({"chat_id": 7}, "message text is empty"),
        ({"chat_id": 7, "text": " \n "}, "message text is empty"),
        ({"chat_id": 7, "text": "a" * 4097}, "message is too long"),
        ({"chat_id": 7, "text": "😀" * 2049}, "message is too long"),
        ({"chat_id": 7, "text": "\ud83d"}, "strings must be encoded in UTF-8"),
        ({"chat_id": 7, "text": "x", "parse_mode": "XML"}, "unsupported parse_mode"),
        ({"chat_id": 7, "text": "x", "entities": "{["}, "can't parse entities JSON object"),
        ({"chat_id": 7, "text": "x", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
        (
            {
                "chat_id": 7,
                "text": "x",
                "reply_markup": {"inline_keyboard": [[{"text": "Yes", "callback_data": "é" * 33}]]},
            },
            "BUTTON_DATA_INVALID",
        ),
    ],
)
async def test_a_faulty_message_is_refused_in_the_platforms_words(
    bot: Bot, arguments: Object, description: str
) -> None:
    assert await bot.call("sendMessage", **arguments) == refusal(400, f"Bad Request: {description}")


@pytest.mark.parametrize("text", ["a" * 4096, "😀" * 2048, "x"])
async def test_a_text_of_up_to_4096_utf16_units_is_taken(bot: Bot, text: str) -> None:
    assert (await bot.message("sendMessage", chat_id=7, text=text))["text"] == text


@pytest.mark.parametrize(
    ("text", "entity", "description"),
    [
        ("ab", {"type": "shiny"}, "can't parse MessageEntity: Unsupported type specified"),
        ("ab", {"type": "text_link"}, "can't parse MessageEntity: can't find field \"url\""),
        ("ab", {"offset": -1}, "receive an entity with incorrect offset -1"),
        ("ab", {"length": -1}, "receive an entity with incorrect length -1"),
        ("aba caba", {"offset": 9, "length": 1}, "entity begins after the end of the text at UTF-16 offset 9"),
        (
            "aba caba",
            {"offset": 3, "length": 6},
            "entity beginning at UTF-16 offset 3 ends after the end of the text at UTF-16 offset 9",
        ),
        ("👉 x", {"offset": 1, "length": 1}, "entity begins in a middle of a UTF-16 symbol at byte offset 4"),
        (
            "👉 x",
            {"offset": 0, "length": 1},
            "entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 4",
        ),
    ],
)
async def test_an_entity_that_does_not_fit_the_text_is_refused(
    bot: Bot, text: str, entity: Object, description: str
) -> None:
    answer = await bot.call("sendMessage", chat_id=7, text=text, entities=[{**BOLD, **entity}])
    assert answer == refusal(400, f"Bad Request: {description}")


async def test_entities_without_length_or_that_the_platform_finds_itself_are_left_out(bot: Bot) -> None:
    entities: list[JSON] = [{**BOLD, "length": 0}, {**BOLD, "type": "url"}, BOLD]
    assert (await bot.message("sendMessage", chat_id=7, text="ab", entities=entities))["entities"] == [BOLD]


@pytest.mark.parametrize(
    ("mode", "source", "text", "entities"),
    [
        ("HTML", "<b>a</b> &lt;&amp;&#33;", "a <&!", [("bold", 0, 1)]),
        ("HTML", "😀<i>x<s>y</s></i>", "😀xy", [("strikethrough", 3, 1), ("italic", 2, 2)]),
        ("HTML", '<span class="tg-spoiler">x</span>', "x", [("spoiler", 0, 1)]),
        ("HTML", '<pre><code class="language-py">x = 1</code></pre>', "x = 1", [("pre", 0, 5)]),
        ("MarkdownV2", r"*a* _b_ __c__ ~d~ ||e|| 1\.", "a b c d e 1.", None),
        ("MarkdownV2", "[t](http://x.y/\\)) `a*b`", "t a*b", [("text_link", 0, 1), ("code", 2, 3)]),
        ("MarkdownV2", "```py\nx=1\n```", "x=1\n", [("pre", 0, 4)]),
        ("MarkdownV2", ">a\n>b\nc", "a\nb\nc", [("blockquote", 0, 3)]),
        ("Markdown", "*a* _b_ 1.", "a b 1.", [("bold", 0, 1), ("italic", 2, 1)]),
    ],
)
async def test_markup_becomes_text_and_entities(
    bot: Bot, mode: str, source: str, text: str, entities: list[tuple[str, int, int]] | None
) -> None:
    message = await bot.message("sendMessage", chat_id=7, text=source, parse_mode=mode)
    assert message["text"] == text
    found = message["entities"]
    assert isinstance(found, list)
    if entities is not None:
        assert [(e["type"], e["offset"], e["length"]) for e in found if isinstance(e, dict)] == entities
    else:
        assert len(found) == 5


@pytest.mark.parametrize(
    ("mode", "source", "why"),
    [
        ("MarkdownV2", "1.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("MarkdownV2", "🏟 🏟_abacaba", "Can't find end of Italic entity at byte offset 9"),
        ("MarkdownV2", "🏟 🏟_abac * asd _", "Can't find end of Italic entity at byte offset 21"),
        ("MarkdownV2", "🏟 🏟`", "Can't find end of Code entity at byte offset 9"),
        ("HTML", "<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("HTML", "<br>", 'Unsupported start tag "br" at byte offset 0'),
        ("HTML", "é</b>", "Unexpected end tag at byte offset 2"),
        ("HTML", "<b>a</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("HTML", "1 < 2", 'Unsupported start tag "" at byte offset 2'),
    ],
)
async def test_markup_that_does_not_parse_is_refused(bot: Bot, mode: str, source: str, why: str) -> None:
    answer = await bot.call("sendMessage", chat_id=7, text=source, parse_mode=mode)
    assert answer == refusal(400, f"Bad Request: can't parse entities: {why}")


async def test_a_reply_shows_what_it_answers_and_may_do_without(bot: Bot, control: Control) -> None:
    await control.say(7, text="question")
    reply = await bot.message("sendMessage", chat_id=7, text="answer", reply_parameters={"message_id": 1})
    replied = reply["reply_to_message"]
    assert isinstance(replied, dict)
    assert replied["text"] == "question"
    lone = await bot.message(
        "sendMessage",
        chat_id=7,
        text="x",
        reply_parameters={"message_id": 99, "allow_sending_without_reply": True},
    )
    assert "reply_to_message" not in lone


@pytest.mark.parametrize(
    ("chat_id", "state", "code", "description"),
    [
        (7, "unknown", 400, "Bad Request: chat not found"),
        (7, "blocked", 403, "Forbidden: bot was blocked by the user"),
        (7, "deactivated", 403, "Forbidden: user is deactivated"),
        (-1007, "kicked", 403, "Forbidden: bot was kicked from the supergroup chat"),
        (-7, "no_rights", 400, "Bad Request: not enough rights to send text messages to the chat"),
    ],
)
async def test_the_state_of_a_chat_decides_who_may_write(
    bot: Bot, control: Control, chat_id: int, state: str, code: int, description: str
) -> None:
    await control.post(f"/telegram/chats/{chat_id}", state=state)
    assert await bot.call("sendMessage", chat_id=chat_id, text="x") == refusal(code, description)
    await control.post(f"/telegram/chats/{chat_id}", state="known")
    assert await bot.message("sendMessage", chat_id=chat_id, text="x")


async def test_a_migrated_group_names_its_new_id(bot: Bot, control: Control) -> None:
    await control.post("/telegram/chats/-7", state="migrated_to", migrated_to=-1007)
    answer = await bot.call("sendMessage", chat_id=-7, text="x")
    description = "Bad Request: group chat was upgraded to a supergroup chat"
    assert answer == {**refusal(400, description), "parameters": {"migrate_to_chat_id": -1007}}


async def test_strangers_can_be_made_unknown_until_they_write(bot: Bot, control: Control) -> None:
    await control.post("/telegram/settings", strangers="unknown")
    assert await bot.call("sendMessage", chat_id=7, text="x") == refusal(400, "Bad Request: chat not found")
    await control.say(7, text="/start")
    assert await bot.message("sendMessage", chat_id=7, text="x")


async def test_an_edit_changes_text_and_takes_the_keyboard_away(bot: Bot) -> None:
    keyboard: Object = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    sent = await bot.message("sendMessage", chat_id=7, text="a", reply_markup=keyboard)
    assert sent["reply_markup"] == keyboard
    edited = await bot.message("editMessageText", chat_id=7, message_id=1, text="b")
    assert (edited["text"], "reply_markup" in edited, "edit_date" in edited) == ("b", False, True)


async def test_an_edit_that_cannot_be_is_refused(bot: Bot, control: Control) -> None:
    await bot.message("sendMessage", chat_id=7, text="a")
    await control.say(7, text="mine")
    same = await bot.call("editMessageText", chat_id=7, message_id=1, text="a")
    missing = await bot.call("editMessageText", chat_id=7, message_id=9, text="b")
    foreign = await bot.call("editMessageText", chat_id=7, message_id=2, text="b")
    assert str(same["description"]).startswith("Bad Request: message is not modified: specified new message content")
    assert missing == refusal(400, "Bad Request: message to edit not found")
    assert foreign == refusal(400, "Bad Request: message can't be edited")


async def test_the_second_edit_to_the_same_text_is_not_modified(bot: Bot) -> None:
    await bot.message("sendMessage", chat_id=7, text="a")
    await bot.message("editMessageText", chat_id=7, message_id=1, text="b")
    again = await bot.call("editMessageText", chat_id=7, message_id=1, text="b")
    assert again["error_code"] == 400


async def test_a_message_is_deleted_once(bot: Bot) -> None:
    await bot.message("sendMessage", chat_id=7, text="a")
    assert await bot.result("deleteMessage", chat_id=7, message_id=1) is True
    again = await bot.call("deleteMessage", chat_id=7, message_id=1)
    assert again == refusal(400, "Bad Request: message to delete not found")


async def test_only_known_chat_actions_are_shown(bot: Bot) -> None:
    assert await bot.result("sendChatAction", chat_id=7, action="typing") is True
    wrong = await bot.call("sendChatAction", chat_id=7, action="dancing")
    assert wrong == refusal(400, "Bad Request: wrong parameter action in request")


async def test_the_ledger_keeps_what_was_accepted_and_notes_what_was_not(bot: Bot, control: Control) -> None:
    await bot.call("sendMessage", chat_id=7, text="Hi", entities=[BOLD])
    await bot.call("sendMessage", chat_id=7, text="")
    (outbound,) = await control.ledger(kind="outbound")
    assert (outbound["method"], outbound["chat_id"], outbound["message_id"]) == ("sendMessage", "7", 1)
    assert (outbound["text"], outbound["entities"]) == ("Hi", [BOLD])
    assert outbound["payload"] == {"chat_id": 7, "text": "Hi", "entities": [BOLD]}
    assert outbound["token"] == bot.token
    calls = await control.ledger(kind="call")
    assert [(call["status"], call["description"]) for call in calls] == [
        (200, None),
        (400, "Bad Request: message text is empty"),
    ]
