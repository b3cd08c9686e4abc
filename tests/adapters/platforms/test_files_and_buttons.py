"""Which kind each platform takes a file for, where captions go, and which buttons fit below a part."""

from collections.abc import Sequence

import pytest

from adapters.errors import NotPermitted
from adapters.platforms.base import Destination, Payload, Platform, file_of
from domain.buttons import Button
from domain.events import Attachment
from domain.media import File, MediaKind
from tests.adapters.platforms import (
    discord_payloads,
    messenger_payloads,
    slack_payloads,
    telegram_payloads,
    whatsapp_payloads,
)

MEGABYTE = 1024 * 1024
TELEGRAM, SLACK, WHATSAPP, MESSENGER, DISCORD = (
    telegram_payloads.deaf_telegram(), slack_payloads.deaf_slack(), whatsapp_payloads.deaf_whatsapp(),
    messenger_payloads.deaf_messenger(), discord_payloads.deaf_discord(),
)  # fmt: skip
PLACES = {id(TELEGRAM): "7", id(SLACK): "C1", id(WHATSAPP): "16505551234", id(MESSENGER): "7001", id(DISCORD): "8001"}


def file(kind: MediaKind, type_: str, size: int = MEGABYTE, caption: str = "") -> File:
    return File(id="f1", kind=kind, type=type_, name="file.bin", size_bytes=size, caption=caption)


def rendered(platform: Platform, sent: File) -> tuple[Payload, ...]:
    return platform.render_file(sent, Destination(chat=PLACES[id(platform)]))


def offered(platform: Platform, text: str, buttons: Sequence[Button]) -> Payload | None:
    (payload,) = platform.render(text, Destination(chat=PLACES[id(platform)]))
    return platform.offered(payload, buttons)


def labels(*texts: str) -> list[Button]:
    return [Button(label=text) for text in texts]


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (file("photo", "image/jpeg", 10 * MEGABYTE), "photo"),
        (file("photo", "image/jpeg", 10 * MEGABYTE + 1), "document"),
        (file("photo", "image/gif"), "document"),
        (file("voice", "audio/ogg"), "voice"),
        (file("audio", "audio/ogg"), "document"),
        (file("audio", "audio/mpeg"), "audio"),
        (file("video", "video/webm"), "document"),
        (file("photo", "application/pdf"), "document"),
    ],
)
def test_telegram_takes_for_a_document_what_is_nothing_else(sent: File, kind: str) -> None:
    (payload,) = rendered(TELEGRAM, sent)
    found = file_of(payload)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (file("photo", "image/png", 5 * MEGABYTE), "image"),
        (file("photo", "image/png", 5 * MEGABYTE + 1), "document"),
        (file("photo", "image/webp"), "document"),
        (file("voice", "audio/ogg", 16 * MEGABYTE), "audio"),
        (file("audio", "audio/wav"), "document"),
        (file("video", "video/3gpp"), "video"),
        (file("video", "video/mp4", 16 * MEGABYTE + 1), "document"),
    ],
)
def test_whatsapp_takes_for_a_document_what_is_nothing_else(sent: File, kind: str) -> None:
    (payload,) = rendered(WHATSAPP, sent)
    assert payload["type"] == kind
    assert (payload[kind] == {"filename": "file.bin"}) is (kind == "document")


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (file("photo", "image/gif", 8 * MEGABYTE), "image"),
        (file("photo", "image/gif", 8 * MEGABYTE + 1), "file"),
        (file("photo", "image/webp"), "file"),
        (file("voice", "audio/mpeg"), "audio"),
        (file("audio", "audio/ogg"), "file"),
        (file("video", "video/mp4", 20 * MEGABYTE), "video"),
        (file("document", "image/png"), "file"),
    ],
)
def test_messenger_takes_for_a_file_what_is_nothing_else(sent: File, kind: str) -> None:
    (payload,) = rendered(MESSENGER, sent)
    assert payload["message"] == {"attachment": {"type": kind, "payload": {}}}


def test_messenger_says_a_caption_behind_its_file() -> None:
    first, second = rendered(MESSENGER, file("photo", "image/png", caption="a **cat**"))
    assert file_of(first) is not None
    assert second["message"] == {"text": "a cat"}


def test_discord_says_a_caption_with_its_file_and_a_long_one_on_behind_it() -> None:
    (alone,) = rendered(DISCORD, file("photo", "image/png"))
    assert "content" not in alone
    first, *others = rendered(DISCORD, file("photo", "image/png", caption="word " * 600))
    assert (file_of(first), len(others)) == (file("photo", "image/png"), 1)
    assert str(first["content"]).startswith("word word")
    assert file_of(others[0]) is None


def test_a_file_on_discord_answers_no_command_and_refers_to_nothing() -> None:
    there = Destination(chat="8001", heard="5", is_group=True, answer_by=({"interaction": "1", "token": "t"},))
    (payload,) = DISCORD.render_file(file("photo", "image/png", caption="cat"), there)
    assert payload.keys() == {"channel_id", "allowed_mentions", "flags", "content", "file"}


@pytest.mark.parametrize("platform", [TELEGRAM, WHATSAPP])
@pytest.mark.parametrize(("characters", "parts"), [(1024, 1), (1025, 2)])
def test_a_caption_that_does_not_fit_goes_behind_the_file(platform: Platform, characters: int, parts: int) -> None:
    found = rendered(platform, file("photo", "image/png", caption="x" * characters))
    assert len(found) == parts
    assert ("x" * characters in str(found[0])) is (parts == 1)
    assert ("x" * characters in str(found[-1])) is True


def test_whatsapp_shows_three_buttons_or_a_list_of_ten_and_no_longer_labels() -> None:
    def shown(*texts: str, text: str = "Well?") -> object:
        payload = offered(WHATSAPP, text, labels(*texts))
        interactive = payload["interactive"] if payload else None
        return interactive["type"] if isinstance(interactive, dict) else None

    ten = [f"{number}" + "y" * 22 for number in range(10)]
    assert shown("a", "b", "x" * 20) == "button"
    assert shown("a", "b", "c", "d") == shown("x" * 21) == shown(*ten) == "list"
    assert shown("x" * 25) is shown("a", text="x" * 1025) is None
    assert shown("😀" * 10) == "button"
    assert shown("😀" * 13) is None


def test_messenger_shows_thirteen_quick_replies_and_no_label_that_would_be_cut() -> None:
    payload = offered(MESSENGER, "Well?", [Button(label="Yes", value="call"), Button(label="x" * 20)])
    assert payload is not None
    assert payload["message"] == {
        "text": "Well?",
        "quick_replies": [
            {"content_type": "text", "title": "Yes", "payload": "call"},
            {"content_type": "text", "title": "x" * 20, "payload": "choice:2"},
        ],
    }
    assert offered(MESSENGER, "Well?", labels("x" * 21)) is offered(MESSENGER, "Well?", labels("😀" * 11)) is None
    assert offered(MESSENGER, "Well?", labels(*"abcdefghijklm")) is not None
    assert offered(MESSENGER, "Well?", labels(*"abcdefghijklmn")) is None


def test_discord_shows_buttons_in_rows_of_five() -> None:
    payload = offered(DISCORD, "Well?", labels(*"abcdefg"))
    assert payload is not None
    rows = payload["components"]
    assert isinstance(rows, list)
    assert [
        len(row["components"]) for row in rows if isinstance(row, dict) and isinstance(row["components"], list)
    ] == [
        5,
        2,
    ]
    assert "{'type': 2, 'label': 'g', 'style': 2, 'custom_id': 'choice:7'}" in str(rows)
    assert offered(DISCORD, "Well?", labels(*"abcdefghijklmnopqrstuvwxy")) is not None
    assert offered(DISCORD, "Well?", labels(*"abcdefghijklmnopqrstuvwxyz")) is None


def test_slack_shows_buttons_below_a_section_and_no_longer_text() -> None:
    assert offered(SLACK, "x" * 3001, labels("a")) is None
    payload = offered(SLACK, "x" * 3000, labels("y" * 80))
    assert payload is not None
    assert payload["text"] == "x" * 3000
    assert "y" * 73 + " …" in str(payload["blocks"])


def test_where_slack_takes_no_blocks_what_stood_on_its_buttons_stands_below_the_text() -> None:
    payload = offered(SLACK, "Well?", [Button(label="Yes"), Button(label="Shop", url="https://shop.example/")])
    assert payload is not None
    plain = SLACK.unformatted(payload)
    assert plain == {
        "channel": "C1",
        "text": "Well?\n\n• Yes\n• Shop: https://shop.example/",
        "mrkdwn": False,
        **{name: payload[name] for name in ("unfurl_links", "unfurl_media") if name in payload},
    }


def test_telegram_drops_the_formatting_of_a_caption_too() -> None:
    (payload,) = rendered(TELEGRAM, file("photo", "image/png", caption="**bold**"))
    plain = TELEGRAM.unformatted(payload)
    assert plain == {name: value for name, value in payload.items() if name != "caption_entities"} != payload
    assert TELEGRAM.unformatted(plain) is None


@pytest.mark.parametrize(
    "url",
    ["https://drive.example.com/file", "https://slack.com.example.com/file", "https://evilslack.com/file",
     "http://files.slack.com/file", "https://files.slack.com@example.com/file", ""],
)  # fmt: skip
async def test_slacks_token_goes_to_slack_alone(url: str) -> None:
    with pytest.raises(NotPermitted):
        await SLACK.locate(slack_payloads.CHANNEL, Attachment(kind="document", reference=url))


async def test_slacks_own_files_are_opened_with_the_token() -> None:
    url = "https://files.slack.com/files-pri/T0-F0/download/plan.pdf"
    source = await SLACK.locate(slack_payloads.CHANNEL, Attachment(kind="document", reference=url))
    assert source.url == url
    assert slack_payloads.TOKEN in source.headers["Authorization"].get_secret_value()
    assert slack_payloads.TOKEN not in repr(source)


LINK = Button(label="Our shop", url="https://shop.example/a?b=1&c=2")


@pytest.mark.parametrize(
    ("platform", "shown"),
    [
        (TELEGRAM, {"text": "Our shop", "url": LINK.url}),
        (SLACK, {"type": "button", "text": {"type": "plain_text", "text": "Our shop"}, "action_id": "link:2",
                 "url": LINK.url}),
        (DISCORD, {"type": 2, "label": "Our shop", "style": 5, "url": LINK.url}),
        (MESSENGER, {"title": "Our shop", "type": "web_url", "url": LINK.url}),
    ],
)  # fmt: skip
def test_a_link_stands_beside_answers(platform: Platform, shown: Payload) -> None:
    payload = offered(platform, "Well?", [Button(label="Yes"), LINK])
    assert str(shown) in str(payload)
    assert str(payload).count("choice:1") == 1
    assert "choice:2" not in str(payload)


def test_whatsapp_shows_one_link_alone() -> None:
    payload = offered(WHATSAPP, "Look:", [LINK])
    assert payload is not None
    assert payload["interactive"] == {
        "type": "cta_url",
        "action": {"name": "cta_url", "parameters": {"display_text": "Our shop", "url": LINK.url}},
        "body": {"text": "Look:"},
    }
    assert offered(WHATSAPP, "Look:", [LINK, Button(label="Yes")]) is None
    assert offered(WHATSAPP, "Look:", [Button(label="x" * 21, url="https://shop.example")]) is None


def test_messenger_shows_three_buttons_with_links_below_a_text_that_fits() -> None:
    assert offered(MESSENGER, "x" * 640, [LINK, *labels("a", "b")]) is not None
    assert offered(MESSENGER, "x" * 641, [LINK, *labels("a", "b")]) is None
    assert offered(MESSENGER, "Well?", [LINK, *labels("a", "b", "c")]) is None
