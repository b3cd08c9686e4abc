"""What WhatsApp tells: every recorded call and its meaning, and batches with broken things in them."""

import json
from datetime import UTC, datetime

import pytest

from domain.events import EventKind
from tests.adapters.platforms.whatsapp_payloads import (
    CONTACT,
    NUMBER,
    call,
    message,
    read,
    read_bytes,
    read_recorded,
    value_of,
)


@pytest.mark.parametrize("name", ["text", "image", "contacts", "order", "reply", "referral"])
def test_a_recorded_message_is_heard(name: str) -> None:
    event = read_recorded("message", name)
    assert (event.account, event.chat, event.is_group) == (NUMBER, event.sender and event.sender.external_id, False)
    assert event.key == event.platform_message_id
    assert event.sender
    assert event.sender.name == "Test Name"


MEDIA: list[tuple[str, dict[str, object]]] = [
    ("image", {"kind": "photo", "reference": "65463453", "mime_type": "image/jpeg"}),
    ("video", {"kind": "video", "reference": "765756756", "mime_type": "video/mp4"}),
    ("document", {"kind": "document", "name": "filename.pdf", "mime_type": "application/pdf"}),
    ("audio", {"kind": "audio", "mime_type": "audio/ogg; codecs=opus"}),
    ("voice", {"kind": "voice", "mime_type": "audio/ogg; codecs=opus"}),
    ("animated_sticker", {"kind": "sticker", "mime_type": "image/webp"}),
    ("chosen_location", {"kind": "location", "name": "Facebook HQ"}),
    ("contacts", {"kind": "contact", "name": "Chandler Bing"}),
    ("order", {"kind": "other"}),
]


@pytest.mark.parametrize(("name", "expected"), MEDIA)
def test_things_come_by_reference(name: str, expected: dict[str, object]) -> None:
    attached = read_recorded("message", name).attachments[0].model_dump()
    assert {key: attached[key] for key in expected} == expected


def test_the_details_of_things() -> None:
    assert read_recorded("message", "chosen_location").attachments[0].details == {
        "latitude": 37.4611978,
        "longitude": -122.2164385,
        "address": "1 Hacker Way, Menlo Park, CA 94025",
    }
    cards = read_recorded("message", "contacts").attachments
    assert [card.name for card in cards] == ["Chandler Bing", "Monica", "Rachel Green"]
    assert cards[0].details == {"phone_number": "+1 555-555-5555", "wa_id": CONTACT}
    (order,) = read_recorded("message", "order").attachments
    items = order.details["items"]
    assert isinstance(items, list)
    assert items[0] == {"product": "HAMBURGER", "quantity": 3, "price": 30, "currency": "ILS"}


def test_the_circumstances_of_a_message() -> None:
    assert read_recorded("message", "reply").reply_to == "wamid.xyzxyz=="
    assert read_recorded("message", "forwarded").details["forwarded"] is True
    assert read_recorded("message", "forwarded_many_times").details["forwarded"] is True
    referral = {
        "source_type": "ad or post",
        "source_id": "ADID",
        "source_url": "AD_OR_POST_FB_URL",
        "headline": "AD_TITLE",
    }
    assert read_recorded("message", "referral").details["referral"] == referral
    assert read_recorded("message", "text").occurred_at == datetime.fromtimestamp(1697043223, UTC)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("callback_button", "button"),
        ("callback_button", "quick_reply"),
        ("callback_button", "quick_reply_without_context"),
        ("callback_selection", "callback"),
        ("callback_selection", "description"),
    ],
)
def test_a_pressed_button_is_its_label(file: str, name: str) -> None:
    event = read_recorded(file, name)
    assert (event.kind, event.text, event.details["data"]) == (EventKind.BUTTON, "title", "callback_data")
    assert (event.reply_to is None) == (name == "quick_reply_without_context")


@pytest.mark.parametrize(
    ("name", "added"), [("reaction", ["😮"]), ("unreaction_empty", []), ("unreaction_no_emoji", [])]
)
def test_a_reaction_names_the_message_that_it_is_for(name: str, added: list[str]) -> None:
    event = read_recorded("message", name)
    assert (event.kind, event.platform_message_id) == (EventKind.REACTION, "wamid.yzxyzx=")
    assert event.details["added"] == added


def test_an_edit_and_a_withdrawal_name_the_original() -> None:
    edit = read_recorded("edited_message", "image")
    original = "wamid.HBgLMTQxMjU1NTA4MjkVAgASGBQzQUNCNjk5RDUwNUZGMUZEM0VBRAA="
    assert (edit.kind, edit.platform_message_id, edit.text) == (EventKind.EDIT, original, "Updated image caption")
    revoke = read_recorded("deleted_message", "revoke")
    assert (revoke.kind, revoke.platform_message_id) == (EventKind.DELETE, "<ORIGINAL_WHATSAPP_MESSAGE_ID>")


def test_a_withdrawal_is_no_repeat_of_what_it_withdraws() -> None:
    said, withdrawn = read(
        message("wamid.1"), message("wamid.1", type="revoke", revoke={"original_message_id": "wamid.1"})
    )
    assert said.key != withdrawn.key


def test_a_new_number_moves_the_chat() -> None:
    event = read_recorded("system", "phone_number_change")
    assert (event.kind, event.chat, event.details) == (EventKind.MEMBERSHIP, CONTACT, {"migrate_to": "972912345678"})


OLD, NEW = "US.13491208655302741918", "US.24817305912873645029"
IDS: list[tuple[dict[str, object], dict[str, object], str, dict[str, str]]] = [
    ({"from_user_id": OLD}, {}, OLD, {"migrate_to": NEW}),
    ({}, {"body": f"User Test changed from {OLD} to {NEW}"}, OLD, {"migrate_to": NEW}),
    (
        {"from": CONTACT, "from_user_id": OLD},
        {"wa_id": CONTACT},
        OLD,
        {"migrate_to": NEW, "also_known_as": CONTACT},
    ),
    ({"from": CONTACT}, {"body": "User Test has a new id"}, CONTACT, {"also_known_as": NEW}),
]


@pytest.mark.parametrize(("where", "said", "chat", "details"), IDS)
def test_a_new_id_moves_the_chat_however_the_old_one_is_told(
    where: dict[str, object], said: dict[str, object], chat: str, details: dict[str, str]
) -> None:
    system = {"type": "user_changed_user_id", "user_id": NEW, **said}
    (event,) = read({"id": "wamid.1", "timestamp": "1697043223", "type": "system", "system": system, **where})
    assert (event.kind, event.ignored, event.chat, event.details) == (
        EventKind.MEMBERSHIP,
        "chat_moved",
        chat,
        details,
    )


def test_a_system_message_that_says_nothing_new_changes_nothing() -> None:
    system = {"type": "user_changed_user_id", "user_id": NEW}
    (event,) = read({**message(type="system", system=system), "from": NEW})
    assert (event.ignored, event.kind) == ("system:user_changed_user_id", EventKind.OTHER)


def test_a_word_of_new_ids_moves_each_chat() -> None:
    update = {"user_id": {"previous": OLD, "current": NEW}, "timestamp": "1700000003"}
    value = value_of(user_id_update=[{**update, "wa_id": CONTACT}, {"user_id": OLD}, None, update])
    body = json.dumps(call(value, field="user_id_update")).encode()
    told, *broken, hidden = read_bytes(body)
    assert (told.kind, told.account, told.chat) == (EventKind.MEMBERSHIP, NUMBER, OLD)
    assert told.details == {"migrate_to": NEW, "also_known_as": CONTACT}
    assert hidden.details == {"migrate_to": NEW}
    assert told.key == hidden.key
    assert [event.ignored for event in broken] == ["malformed:user_id_update"] * 2


def test_what_is_typed_on_the_phone_is_staffs() -> None:
    echo = {"from": "972123456789", "to": CONTACT, "to_user_id": OLD, "id": "wamid.2", "timestamp": "1697043223"}
    said = {**echo, "type": "text", "text": {"body": "I take over"}}
    withdrawn = {**echo, "type": "revoke", "revoke": {"original_message_id": "wamid.1"}}
    value = value_of(message_echoes=[said, withdrawn, None, {**said, "to": {}, "to_user_id": None}])
    heard, *rest = read_bytes(json.dumps(call(value, field="smb_message_echoes")).encode())
    assert (heard.key, heard.chat, heard.sender, heard.text) == ("wamid.2", CONTACT, None, "I take over")
    assert heard.details == {"staff": "said", "also_known_as": OLD}
    assert [event.ignored for event in (heard, *rest)] == ["from_the_phone"] * 4
    assert all("staff" not in event.details for event in rest)


def test_a_new_number_is_told_with_the_new_id() -> None:
    system = {"type": "user_changed_number", "wa_id": "972912345678", "user_id": NEW}
    (event,) = read(message(type="system", system=system))
    assert event.details == {"migrate_to": "972912345678", "also_known_as": NEW}


@pytest.mark.parametrize("name", ["completion", "without_flow_token"])
def test_a_form_that_was_filled_in_is_a_message_without_its_token(name: str) -> None:
    event = read_recorded("flow_completion", name)
    assert (event.kind, event.text) == (EventKind.MESSAGE, "Sent")
    answers = {"comment_text": "Comment Text", "purchase_rating": "2", "delivery_rating": "4"}
    shown = event.attachments[0].details["answers"]
    assert isinstance(shown, dict)
    assert answers.items() <= shown.items()
    assert "flow_token" not in shown


@pytest.mark.parametrize("status", ["sent", "delivered", "read", "played", "failed"])
def test_a_status_is_a_receipt(status: str) -> None:
    event = read_recorded("message_status", status)
    assert (event.kind, event.key, event.platform_message_id) == (
        EventKind.RECEIPT,
        f"wamid.xyzxyz:{status}",
        "wamid.xyzxyz",
    )
    assert (event.chat, event.details["status"], event.ignored) == (CONTACT, status, None)


def test_a_receipt_brings_our_mark_and_the_reason_of_a_failure() -> None:
    assert read_recorded("message_status", "with_tracker").details["mark"] == "some data"
    failed = read_recorded("message_status", "failed").details
    assert (failed["code"], failed["reason"], failed["unreachable"]) == (130472, "not_permitted", False)
    assert str(failed["error"]).endswith("error 130472, User's number is part of an experiment")


def test_a_receipt_of_one_member_of_a_group_is_one_of_many() -> None:
    event = read_recorded("message_status", "group")
    assert (event.is_group, event.chat) == (True, "fowefinoewcnw")
    assert event.key == "<WHATSAPP_MESSAGE_ID>:read:<GROUP_PARTICIPANT_USER_PHONE_NUMBER>"


def test_a_group_message_is_addressed_where_it_answers_ours() -> None:
    heard, meant = read(
        message("1", group_id="g"), message("2", group_id="g", context={"from": "972123456789", "id": "x"})
    )
    assert (heard.chat, heard.is_group, heard.addressed) == ("g", True, False)
    assert (meant.chat, meant.addressed, meant.sender and meant.sender.external_id) == ("g", True, CONTACT)


def test_a_contact_without_a_number_is_known_by_its_id() -> None:
    value = value_of({**message(), "from_user_id": "US.1349"})
    del value["messages"][0]["from"]  # type: ignore[index]  # a list that was just made
    (event,) = read_bytes(json.dumps(call(value)).encode())
    assert (event.chat, event.sender and event.sender.name) == ("US.1349", "Test Name")
    assert "also_known_as" not in event.details


def test_a_contact_with_a_number_is_known_by_its_id_as_well() -> None:
    assert read(message())[0].details["also_known_as"] == "US.1349"


def test_a_command_is_a_text_that_begins_with_one() -> None:
    assert [
        event.command for event in read(message(text={"body": "/Help me"}), message("2", text={"body": "a /b"}))
    ] == [
        "help",
        None,
    ]
