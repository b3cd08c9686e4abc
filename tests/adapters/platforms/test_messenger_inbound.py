"""What Messenger tells: every kind of item and its meaning."""

from datetime import UTC, datetime

import pytest

from domain.events import Attachment, EventKind
from tests.adapters.platforms.messenger_payloads import (
    APP,
    CONTACT,
    MID,
    PAGE,
    item,
    read,
    read_all,
    read_one,
    said,
)

SAID = [
    ("text", "Do you deliver on Sundays? 😀"),
    ("reply", "that one"),
    ("advertisement", "How much?"),
    ("command", "/Help me"),
    ("image", ""),
    ("images_with_text", "these two"),
    ("video", ""),
    ("audio", ""),
    ("file", ""),
    ("sticker", ""),
    ("reel", ""),
    ("location", ""),
    ("shared_link", "https://a.example/"),
    ("shared_post", ""),
    ("product", ""),
]
OTHERS = [
    "optin",
    "account_linking",
    "pass_thread_control",
    "take_thread_control",
    "request_thread_control",
    "game_play",
]


@pytest.mark.parametrize(("name", "text"), SAID)
def test_a_message_is_heard(name: str, text: str) -> None:
    event = read_one("messages", name)
    assert (event.kind, event.ignored, event.text) == (EventKind.MESSAGE, None, text)
    assert (event.account, event.chat, event.is_group, event.addressed) == (PAGE, CONTACT, False, True)
    assert (event.key, event.platform_message_id) == (MID, MID)
    assert event.sender
    assert event.sender.external_id == CONTACT


def test_the_circumstances_of_a_message() -> None:
    assert read_one("messages", "reply").reply_to == "m_original"
    assert read_one("messages", "command").command == "help"
    assert read_one("messages", "text").command is None
    referral = {"ref": "spring", "source": "ADS", "type": "OPEN_THREAD", "ad_id": "6045246247433"}
    assert read_one("messages", "advertisement").details == {"referral": referral}


def test_a_link_that_is_followed_without_a_word_is_recorded_with_where_it_led_from() -> None:
    followed = read_one("others", "referral")
    assert (followed.kind, followed.ignored) == (EventKind.OTHER, "referral")
    assert followed.details == {"referral": {"ref": "shop", "source": "SHORTLINK", "type": "OPEN_THREAD"}}


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        (1772998024123, datetime(2026, 3, 8, 19, 27, 4, 123000, UTC)),
        ("1772998024123", datetime(2026, 3, 8, 19, 27, 4, 123000, UTC)),
        ("1772998024", datetime(2026, 3, 8, 19, 27, 4, tzinfo=UTC)),
        (0, None),
        (-1, None),
        (10**19, None),
        ("soon", None),
        (None, None),
    ],
)
def test_a_time_is_in_milliseconds_or_in_seconds(timestamp: object, expected: datetime | None) -> None:
    (event,) = read({**said(), "timestamp": timestamp})
    assert event.occurred_at == expected


KINDS = [
    ("image", "photo"),
    ("video", "video"),
    ("audio", "audio"),
    ("file", "document"),
    ("sticker", "sticker"),
    ("sticker_as_image", "sticker"),
    ("reel", "video"),
    ("location", "location"),
    ("shared_link", "other"),
    ("shared_post", "other"),
    ("product", "other"),
]


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_things_come_by_reference(name: str, kind: str) -> None:
    (attached,) = read_one("messages", name).attachments
    assert attached.kind == kind
    assert (attached.reference or "").startswith("https://") == (name != "product")


def test_the_details_of_things() -> None:
    (place,) = read_one("messages", "location").attachments
    assert (place.name, place.details) == (
        "Test's Location",
        {"latitude": 37.483872693672, "longitude": -122.14900441942},
    )
    (link,) = read_one("messages", "shared_link").attachments
    assert (link.name, link.reference, link.details) == ("Example", "https://a.example/", {"type": "fallback"})
    (sticker,) = read_one("messages", "sticker").attachments
    assert sticker.details == {"sticker_id": "369239263222822"}
    assert len(read_one("messages", "images_with_text").attachments) == 2


def test_an_address_is_taken_whole_or_not_at_all() -> None:
    long = {"type": "image", "payload": {"url": "https://a.example/" + "x" * 5000}}
    (event,) = read(item(message={"mid": MID, "attachments": [long]}))
    assert event.attachments == (Attachment(kind="photo"),)


@pytest.mark.parametrize(
    ("file", "name", "text", "data"),
    [
        ("messages", "quick_reply", "Red", "v1:red"),
        ("buttons", "postback", "Yes, please", "v1:yes"),
        ("buttons", "postback_without_mid", "Yes, please", "v1:yes"),
        ("buttons", "postback_without_payload", "Yes, please", None),
    ],
)
def test_a_pressed_button_is_its_label(file: str, name: str, text: str, data: str | None) -> None:
    event = read_one(file, name)
    assert (event.kind, event.text, event.details["data"], event.command) == (EventKind.BUTTON, text, data, None)


def test_a_press_without_a_name_is_known_by_who_when_and_what() -> None:
    press = item(postback={"title": "Yes", "payload": "v1:yes"})
    first, repeat, later, other = read(
        press, press, {**press, "timestamp": 1772998024124}, item(postback={"title": "No", "payload": "v1:no"})
    )
    assert first.key == repeat.key
    assert len({first.key, later.key, other.key}) == 3


@pytest.mark.parametrize(("data", "command"), [("/prices", "prices"), ("/help now", "help"), ("prices", None)])
def test_an_entry_of_the_menu_can_be_a_command(data: str, command: str | None) -> None:
    (event,) = read(item(postback={"title": "What things cost", "payload": data}))
    assert (event.kind, event.text, event.command) == (EventKind.BUTTON, "What things cost", command)


def test_who_gets_started_asks_for_the_greeting() -> None:
    assert read_one("buttons", "get_started").command == "start"
    event = read_one("buttons", "get_started_by_link")
    assert (event.command, event.details["referral"]) == (
        "start",
        {"ref": "shop", "source": "SHORTLINK", "type": "OPEN_THREAD"},
    )


@pytest.mark.parametrize(
    ("name", "added", "removed"), [("react", ["❤"], []), ("unreact", [], ["❤"]), ("react_other", ["other"], [])]
)
def test_a_reaction_names_the_message_that_it_is_for(name: str, added: list[str], removed: list[str]) -> None:
    event = read_one("changes", name)
    assert (event.kind, event.platform_message_id) == (EventKind.REACTION, "m_ours")
    assert event.details == {"added": added, "removed": removed}


def test_an_edit_names_the_original_and_is_no_repeat_of_it() -> None:
    event, same = read_one("changes", "edit"), read_one("changes", "edit_numbered_by_text")
    assert (event.kind, event.platform_message_id, event.text) == (EventKind.EDIT, MID, "corrected")
    assert event.key == same.key != MID
    assert (event.edition, same.edition) == (1, 1)
    without = read_one("changes", "edit_without_text")
    assert (without.ignored, without.key == event.key) == ("unsupported:edit", False)


def test_our_own_echo_is_a_receipt_with_our_mark() -> None:
    event = read_one("receipts", "echo")
    assert (event.kind, event.key, event.platform_message_id) == (EventKind.RECEIPT, f"{MID}:sent", MID)
    assert (event.chat, event.sender, event.ignored) == (CONTACT, None, None)
    assert event.details == {"status": "sent", "mark": "9c7a1b5e-58a5-4b2a-8a80-0d7f1c7c2f11"}


@pytest.mark.parametrize(
    ("name", "details"),
    [
        ("echo_of_the_inbox", {"app_id": "263902037430900"}),
        ("echo_without_app", {}),
        ("echo_of_a_template", {"app_id": "1517776481860111"}),
    ],
)
def test_what_another_says_for_the_page_is_recorded(name: str, details: dict[str, str]) -> None:
    event = read_one("receipts", name)
    assert (event.kind, event.ignored, event.chat, event.sender) == (EventKind.OTHER, "from_the_page", CONTACT, None)
    assert (event.key, event.details) == (MID, {**details, "staff": "said"})
    assert event.text or event.attachments


@pytest.mark.parametrize(
    ("fields", "staff"),
    [
        ({"take_thread_control": {"previous_owner_app_id": int(APP)}}, "took"),
        ({"take_thread_control": {}}, "took"),
        ({"take_thread_control": {"previous_owner_app_id": "1"}}, None),
        ({"pass_thread_control": {"new_owner_app_id": "263902037430900"}}, "took"),
        ({"pass_thread_control": {"new_owner_app_id": APP}}, "gave_back"),
        ({"pass_thread_control": {"new_owner_app_id": {}}}, None),
        ({"request_thread_control": {"requested_owner_app_id": "1"}}, None),
    ],
)
def test_a_conversation_is_taken_from_our_app_or_given_back(fields: dict[str, object], staff: str | None) -> None:
    (event,) = read(item(**fields))
    assert (event.details.get("staff"), event.kind, event.chat) == (staff, EventKind.OTHER, CONTACT)
    assert str(event.ignored).startswith("unsupported:")


def test_the_mark_of_what_is_said_for_the_page_is_kept() -> None:
    (event,) = read(item(message={"mid": MID, "text": "x", "is_echo": True, "app_id": 1, "metadata": "a-mark"}))
    assert event.details == {"app_id": "1", "mark": "a-mark", "staff": "said"}


def test_a_command_that_is_said_for_the_page_is_none() -> None:
    (event,) = read({**item(message={"mid": MID, "text": "/start", "is_echo": True}), "sender": {"id": PAGE}})
    assert (event.command, event.ignored) == (None, "from_the_page")


@pytest.mark.parametrize("number", ["-1", "many", "9" * 30, 1.5, None, True])
def test_what_is_no_count_of_edits_is_none(number: object) -> None:
    (event,) = read(item(message_edit={"mid": MID, "text": "x", "num_edit": number}))
    assert (event.kind, event.edition) == (EventKind.EDIT, None)


def test_what_the_page_changes_or_feels_is_nothing_that_a_contact_did() -> None:
    by_page = {"sender": {"id": PAGE}, "recipient": {"id": CONTACT}, "timestamp": 1772998024123}
    events = read(
        {**by_page, "message_edit": {"mid": MID, "text": "x", "num_edit": 1}},
        {**by_page, "reaction": {"mid": MID, "action": "react", "reaction": "love"}},
        {**by_page, "message": {"mid": "m_2", "text": "without is_echo"}},
    )
    assert [(event.kind, event.ignored, event.chat) for event in events] == [
        (EventKind.OTHER, "from_the_page", CONTACT)
    ] * 3


def test_each_delivered_message_is_a_receipt_of_its_own() -> None:
    events = read_all("receipts", "delivered")
    assert [(event.key, event.platform_message_id) for event in events] == [
        (f"{MID}:delivered", MID),
        ("m_second:delivered", "m_second"),
    ]
    assert all(event.kind is EventKind.RECEIPT and event.details == {"status": "delivered"} for event in events)


@pytest.mark.parametrize(("name", "status"), [("delivered_without_names", "delivered"), ("read", "read")])
def test_what_reaches_up_to_a_moment_names_no_message(name: str, status: str) -> None:
    event = read_one("receipts", name)
    assert (event.kind, event.platform_message_id, event.chat) == (EventKind.RECEIPT, None, CONTACT)
    assert event.key == f"{CONTACT}:1772998024023:{status}"
    assert "mark" not in event.details


@pytest.mark.parametrize("name", OTHERS)
def test_everything_else_is_recorded_with_its_kind(name: str) -> None:
    event = read_one("others", name)
    assert (event.kind, event.ignored, event.chat) == (EventKind.OTHER, f"unsupported:{name}", CONTACT)


@pytest.mark.parametrize("reason", ["unsupported:app_roles", "policy_enforcement"])
def test_what_is_of_no_contact_belongs_to_no_conversation(reason: str) -> None:
    event = read_one("others", reason.removeprefix("unsupported:"))
    assert (event.ignored, event.chat, event.account) == (reason, None, PAGE)


def test_a_word_of_policy_is_told_with_what_it_says() -> None:
    assert set(read_one("others", "policy_enforcement").details["policy"]) == {"action", "reason"}  # type: ignore[arg-type]  # an object


def test_what_another_app_is_told_is_not_answered_and_may_be_told_to_us_later() -> None:
    (waiting,) = read(said(), edge="standby")
    (heard,) = read(said())
    assert (waiting.ignored, heard.ignored) == ("standby", None)
    assert waiting.key != heard.key
    echo = {"sender": {"id": PAGE}, "recipient": {"id": CONTACT}}
    (receipt,) = read({**echo, "message": {"mid": MID, "is_echo": True, "app_id": int(APP)}}, edge="standby")
    assert (receipt.kind, receipt.ignored) == (EventKind.RECEIPT, None)


def test_ids_may_be_numbers() -> None:
    numbered = {"sender": {"id": int(CONTACT)}, "recipient": {"id": int(PAGE)}, "message": {"mid": MID, "text": "hi"}}
    (event,) = read(numbered, page=int(PAGE))
    assert (event.account, event.chat) == (PAGE, CONTACT)
