"""Telegram's calls, against the simulator over HTTP."""

import json
import time

import httpx
import pytest
from pydantic import JsonValue, SecretStr

from adapters.errors import CredentialsRefused, OutcomeUnknown, Unacceptable
from adapters.http import Http
from adapters.platforms.base import Account, Destination, Payload
from adapters.platforms.composing import compose
from adapters.platforms.telegram import Telegram
from domain.buttons import Button
from domain.events import EventKind
from domain.media import File
from tests.adapters.platforms.telegram_payloads import CHANNEL, TOKEN, deaf_telegram, read_payload
from tests.adapters.wire import answering, serving

CHAT = 1111111
PRIVATE = Destination(chat=str(CHAT))
TOPIC = Destination(chat="-1001743869012", thread="900", reply_to="133")


@pytest.fixture
def telegram(http: Http, simulator_url: str) -> Telegram:
    return Telegram(http, f"{simulator_url}/telegram/")


def soon() -> float:
    """A deadline far enough away."""
    return time.monotonic() + 15


async def ledger(control: httpx.AsyncClient, kind: str) -> list[dict[str, JsonValue]]:
    """What the simulator wrote down."""
    answer = await control.get("/ledger", params={"kind": kind})
    items: list[dict[str, JsonValue]] = answer.json()["items"]
    return items


async def say(control: httpx.AsyncClient, **what: object) -> None:
    """Somebody writes to the bot."""
    (await control.post(f"/telegram/{TOKEN}/messages", json={"chat_id": CHAT, **what})).raise_for_status()


def test_a_reply_is_text_with_entities() -> None:
    assert deaf_telegram().render("Hello **there** 😀", PRIVATE) == (
        {
            "chat_id": CHAT,
            "text": "Hello there 😀",
            "entities": [{"type": "bold", "offset": 6, "length": 5}],
            "link_preview_options": {"is_disabled": True},
        },
    )


@pytest.mark.parametrize("letter", ["a", "é", "世", "😀", "👨\u200d👩\u200d👧", "*", "`"])
@pytest.mark.parametrize("length", [1023, 1024, 1025, 4001, 9000])
def test_nothing_is_longer_than_telegram_takes_in_whatever_unit(letter: str, length: int) -> None:
    text = letter * length
    film = File(id="f1", kind="video", type="video/mp4", name="film.mp4", size_bytes=5, caption=text)
    parts = (*deaf_telegram().render(text, PRIVATE), *deaf_telegram().render_file(film, PRIVATE))
    buttons = [Button(label=f"Choice {number}") for number in range(9)]
    listed = compose(deaf_telegram(), text, (), buttons, PRIVATE).payloads
    for part in (*parts, *listed):
        assert len(str(part.get("text", "")).encode("utf-16-le")) <= 2 * 4096
        assert len(str(part.get("caption", "")).encode("utf-16-le")) <= 2 * 1024


def test_plain_text_has_no_entities() -> None:
    (payload,) = deaf_telegram().render("1 * 2 _ 3 <b> #4", PRIVATE)
    assert (payload["text"], "entities" in payload) == ("1 * 2 _ 3 <b> #4", False)


def test_a_long_reply_stays_in_its_topic_and_answers_once() -> None:
    payloads = deaf_telegram().render("word " * 2000, TOPIC)
    assert len(payloads) > 1
    assert {payload["message_thread_id"] for payload in payloads} == {900}
    assert {payload["chat_id"] for payload in payloads} == {-1001743869012}
    assert [payload.get("reply_parameters") for payload in payloads] == [
        {"message_id": 133, "allow_sending_without_reply": True},
        *([None] * (len(payloads) - 1)),
    ]


@pytest.mark.parametrize("markdown", ["", " \n ", "\x00"])
def test_a_reply_of_nothing_has_no_parts(markdown: str) -> None:
    assert deaf_telegram().render(markdown, PRIVATE) == ()


def test_a_channel_is_addressed_by_its_name_and_foreign_ids_are_left_out() -> None:
    (payload,) = deaf_telegram().render("a", Destination(chat="@garden_news", thread="1.5", reply_to="x"))
    assert payload == {"chat_id": "@garden_news", "text": "a", "link_preview_options": {"is_disabled": True}}


def test_what_is_rendered_can_be_stored() -> None:
    (payload,) = deaf_telegram().render("a\ud800\x00b", PRIVATE)
    assert json.dumps(payload["text"], ensure_ascii=False).encode() == '"a\ufffdb"'.encode()


def test_a_part_follows_its_group_to_the_new_id() -> None:
    (part,) = deaf_telegram().render("**Hi**", Destination(chat="-487312906", reply_to="17"))
    moved = deaf_telegram().readdressed(part, "-1001743869012")
    assert moved == deaf_telegram().render("**Hi**", Destination(chat="-1001743869012"))[0]


def test_a_part_without_formatting_is_the_same_text() -> None:
    (formatted,) = deaf_telegram().render("**Hi**", PRIVATE)
    (plain,) = deaf_telegram().render("Hi", PRIVATE)
    assert deaf_telegram().unformatted(formatted) == plain
    assert deaf_telegram().unformatted(plain) is None


async def test_a_part_is_put_on_the_platform(telegram: Telegram, control: httpx.AsyncClient) -> None:
    parts = telegram.render("# Hours\n\nWe are *open*:\n\n```py\nprint(1)\n```", PRIVATE)
    receipts = [await telegram.send(CHANNEL, part, soon()) for part in parts]
    sent = await ledger(control, "outbound")
    assert [receipt.platform_message_id for receipt in receipts] == ["1"]
    assert [(entry["method"], entry["chat_id"], entry["text"]) for entry in sent] == [
        ("sendMessage", str(CHAT), parts[0]["text"])
    ]


async def test_every_part_of_a_long_reply_is_accepted(telegram: Telegram, control: httpx.AsyncClient) -> None:
    parts = telegram.render("**bold** 😀 `code` [link](https://example.com)\n\n" * 300, PRIVATE)
    for part in parts:
        await telegram.send(CHANNEL, part, soon())
    assert [entry["text"] for entry in await ledger(control, "outbound")] == [part["text"] for part in parts]


@pytest.mark.parametrize(
    ("description", "lost"),
    [
        ("Bad Request: message thread not found", "message_thread_id"),
        ("Bad Request: message to be replied not found", "reply_parameters"),
    ],
)
async def test_a_topic_or_message_that_is_gone_is_left_out(
    telegram: Telegram, control: httpx.AsyncClient, description: str, lost: str
) -> None:
    await control.post("/faults", json={"kind": "status", "status": 400, "description": description})
    (part,) = telegram.render("Hello", TOPIC)
    receipt = await telegram.send(CHANNEL, part, soon())
    assert receipt.platform_message_id == "1"
    assert [entry["status"] for entry in await ledger(control, "call")] == [400, 200]


async def test_both_can_be_gone(telegram: Telegram, control: httpx.AsyncClient) -> None:
    for missing in ("message thread not found", "message to be replied not found"):
        await control.post("/faults", json={"kind": "status", "status": 400, "description": f"Bad Request: {missing}"})
    (part,) = telegram.render("Hello", TOPIC)
    await telegram.send(CHANNEL, part, soon())
    assert [entry["status"] for entry in await ledger(control, "call")] == [400, 400, 200]


async def test_a_complaint_about_what_was_not_sent_is_final(telegram: Telegram, control: httpx.AsyncClient) -> None:
    fault = {"kind": "status", "status": 400, "description": "Bad Request: message thread not found", "count": 9}
    await control.post("/faults", json=fault)
    (part,) = telegram.render("Hello", PRIVATE)
    with pytest.raises(Unacceptable):
        await telegram.send(CHANNEL, part, soon())
    assert len(await ledger(control, "call")) == 1


async def test_typing_is_shown_in_the_topic(telegram: Telegram, control: httpx.AsyncClient) -> None:
    await telegram.show_typing(CHANNEL, TOPIC)
    (entry,) = await ledger(control, "outbound")
    assert (entry["method"], entry["chat_id"]) == ("sendChatAction", TOPIC.chat)


async def test_a_check_names_the_bot(telegram: Telegram) -> None:
    assert await telegram.check(CHANNEL) == Account(
        id="7203461589",
        name="Bot 7203461589",
        details={
            "username": "simulated_7203461589_bot",
            "can_join_groups": True,
            "can_read_all_group_messages": False,
        },
    )


@pytest.mark.parametrize("token", ["", "nonsense", "a/b?c#d", "1:\n\x00", "💥"])
async def test_a_token_that_is_none_is_refused(telegram: Telegram, token: str) -> None:
    channel = CHANNEL.model_copy(update={"credentials": {"token": SecretStr(token)}})
    with pytest.raises(CredentialsRefused):
        await telegram.check(channel)


async def test_a_webhook_is_registered_inspected_and_removed(telegram: Telegram) -> None:
    url = "https://bots.example.com/webhooks/telegram/1"
    wanted: dict[str, JsonValue] = {
        "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member", "message_reaction"],
        "max_connections": 40,
    }
    registered = await telegram.register(CHANNEL, url)
    known = await telegram.inspect(CHANNEL)
    await telegram.remove(CHANNEL)
    gone = await telegram.inspect(CHANNEL)
    assert (registered.url, registered.details) == (url, wanted)
    assert (known.url, known.pending, known.last_error) == (url, 0, None)
    assert {name: known.details[name] for name in wanted} == wanted
    assert gone.url == ""


async def test_a_webhook_without_a_secret_is_not_registered(telegram: Telegram, control: httpx.AsyncClient) -> None:
    channel = CHANNEL.model_copy(update={"credentials": {"token": SecretStr(TOKEN)}})
    with pytest.raises(Unacceptable, match="webhook_secret"):
        await telegram.register(channel, "https://bots.example.com/")
    assert await ledger(control, "call") == []


async def test_why_a_webhook_is_refused_is_told(telegram: Telegram, control: httpx.AsyncClient) -> None:
    await control.post("/telegram/settings", json={"require_https": True})
    with pytest.raises(Unacceptable, match="An HTTPS URL must be provided for webhook"):
        await telegram.register(CHANNEL, "http://127.0.0.1:8000/")


async def test_updates_are_polled_and_confirmed(telegram: Telegram, control: httpx.AsyncClient) -> None:
    await say(control, text="one")
    await say(control, text="two")
    events = [telegram.read_update(CHANNEL, update) for update in await telegram.poll(CHANNEL, None, 0)]
    assert [(event.kind, event.chat, event.text) for event in events] == [
        (EventKind.MESSAGE, str(CHAT), "one"),
        (EventKind.MESSAGE, str(CHAT), "two"),
    ]
    assert await telegram.poll(CHANNEL, int(events[-1].key) + 1, 0) == ()
    assert len(await ledger(control, "polled")) == 2


async def test_a_button_is_answered(telegram: Telegram, control: httpx.AsyncClient) -> None:
    markup = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    payload: Payload = {"chat_id": CHAT, "text": "Sure?", "reply_markup": json.loads(json.dumps(markup))}
    receipt = await telegram.send(CHANNEL, payload, soon())
    pressed = {"chat_id": CHAT, "message_id": int(receipt.platform_message_id), "data": "y"}
    (await control.post(f"/telegram/{TOKEN}/callback", json=pressed)).raise_for_status()
    (update,) = await telegram.poll(CHANNEL, None, 0)
    event = telegram.read_update(CHANNEL, update)
    await telegram.acknowledge(CHANNEL, event)
    assert (event.kind, event.text, event.reply_to) == (EventKind.BUTTON, "Yes", receipt.platform_message_id)
    assert [entry["method"] for entry in await ledger(control, "outbound")] == ["sendMessage", "answerCallbackQuery"]


async def test_a_button_that_is_too_old_is_no_fault(telegram: Telegram, control: httpx.AsyncClient) -> None:
    await telegram.acknowledge(CHANNEL, read_payload("callback_query"))
    assert [entry["status"] for entry in await ledger(control, "call")] == [400]


async def test_only_a_button_is_acknowledged(telegram: Telegram, control: httpx.AsyncClient) -> None:
    await telegram.acknowledge(CHANNEL, read_payload("message"))
    assert await ledger(control, "call") == []


@pytest.mark.parametrize("body", [b'{"ok":true}', b'{"ok":true,"result":[]}', b'{"ok":true,"result":{}}', b"[]", b"{}"])
async def test_an_answer_that_names_no_message_is_doubt(http: Http, body: bytes) -> None:
    async with serving(answering(200, body)) as wire:
        with pytest.raises(OutcomeUnknown):
            await Telegram(http, wire.url).send(CHANNEL, {"chat_id": CHAT, "text": "a"}, soon())
