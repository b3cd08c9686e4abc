"""Telegram's updates become events: who is let in, and what every kind is read as."""

from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from adapters.errors import SignatureMismatch
from adapters.platforms.telegram import Telegram
from domain.events import Attachment, EventKind, InboundEvent, Sender
from tests.adapters.platforms.telegram_payloads import (
    CHANNEL,
    HEADER,
    PAYLOADS,
    SECRET,
    deaf_telegram,
    read_payload,
)

SENDER = Sender(external_id="1111111", name="Test Firstname Test Lastname", language="en")
SENT_AT = datetime(2025, 7, 22, 6, 6, 24, tzinfo=UTC)


@pytest.fixture
def telegram() -> Telegram:
    return deaf_telegram()


def test_the_secret_lets_a_call_in(telegram: Telegram) -> None:
    telegram.admits(CHANNEL, {HEADER: SECRET})


@pytest.mark.parametrize("given", ["", SECRET[:-1], SECRET + "A", SECRET.upper(), "s3cret_-Ä", "s3cret_-\udcff"])
def test_any_other_secret_is_refused(telegram: Telegram, given: str) -> None:
    with pytest.raises(SignatureMismatch):
        telegram.admits(CHANNEL, {HEADER: given})


def test_a_message_is_read_whole() -> None:
    assert read_payload("message") == InboundEvent(
        key="312744801",
        kind=EventKind.MESSAGE,
        chat="1111111",
        sender=SENDER,
        platform_message_id="17",
        text="Do you deliver on Sundays? 😀",
        occurred_at=SENT_AT,
    )


def test_an_edit_names_the_message_that_it_changes() -> None:
    assert read_payload("edited_message") == InboundEvent(
        key="10001",
        kind=EventKind.EDIT,
        chat="1111111",
        sender=SENDER,
        platform_message_id="1365",
        text="Edited text",
        occurred_at=datetime(2015, 9, 7, 17, 23, 20, tzinfo=UTC),
    )


def test_a_reply_names_what_it_answers_and_quotes() -> None:
    event = read_payload("reply")
    assert (event.reply_to, event.details) == ("16", {"quote": "open from nine"})
    assert event.replied is not None
    assert (event.replied.text, event.replied.ours) == ("open from nine", True)


def test_a_button_says_its_label_and_keeps_what_is_needed_to_answer_it() -> None:
    assert read_payload("callback_query") == InboundEvent(
        key="10002",
        kind=EventKind.BUTTON,
        chat="1111111",
        sender=SENDER,
        reply_to="1366",
        text="Yes, please",
        details={"callback_id": "4382bfdwdsb323b2d9", "data": "v1:yes:42"},
    )


ATTACHMENTS = {
    "photo": Attachment(
        kind="photo",
        reference="AgACAgIAAxkBAAMy",
        size_bytes=173215,
        details={"unique_id": "AQADy", "width": 816, "height": 1023},
    ),
    "document": Attachment(
        kind="document",
        reference="AgACAgIAAxkBAAMdoc",
        name="Testfile.pdf",
        mime_type="application/pdf",
        size_bytes=536392,
        details={"unique_id": "AQADdoc"},
    ),
    "voice": Attachment(
        kind="voice",
        reference="AgACAgIAAxkBAAMvoice",
        mime_type="audio/ogg",
        size_bytes=23000,
        details={"unique_id": "AQADvoice", "duration_seconds": 5},
    ),
    "audio": Attachment(
        kind="audio",
        reference="AgACAgIAAxkBAAMaudio",
        name="grieg.mp3",
        mime_type="audio/mpeg",
        size_bytes=3897500,
        details={"unique_id": "AQADaudio", "duration_seconds": 243, "title": "Morgenstimmung", "performer": "Grieg"},
    ),
    "video": Attachment(
        kind="video",
        reference="AgACAgIAAxkBAAMvideo",
        name="garden.mp4",
        mime_type="video/mp4",
        size_bytes=2207733,
        details={"unique_id": "AQADvideo", "duration_seconds": 14, "width": 1280, "height": 720},
    ),
    "video_note": Attachment(
        kind="video",
        reference="AgACAgIAAxkBAAMnote",
        size_bytes=312005,
        details={"unique_id": "AQADnote", "duration_seconds": 3, "type": "video_note"},
    ),
    "animation": Attachment(
        kind="video",
        reference="AgACAgIAAxkBAAManim",
        name="wave.mp4",
        mime_type="video/mp4",
        size_bytes=84211,
        details={"unique_id": "AQADanim", "duration_seconds": 2, "width": 320, "height": 240, "type": "animation"},
    ),
    "sticker": Attachment(
        kind="sticker",
        reference="AgACAgIAAxkBAAMsticker",
        size_bytes=23458,
        details={"unique_id": "AQADsticker", "width": 512, "height": 512, "emoji": "😀"},
    ),
    "location": Attachment(
        kind="location",
        details={"latitude": 52.37403, "longitude": 4.88969, "horizontal_accuracy": 20.0, "live_period": 900},
    ),
    "venue": Attachment(
        kind="location",
        name="Vondelpark",
        details={"latitude": 52.3579, "longitude": 4.8686, "address": "Amsterdam"},
    ),
    "contact": Attachment(
        kind="contact", name="Test Contact", details={"phone_number": "+31201234567", "user_id": "2222222"}
    ),
    "dice": Attachment(kind="other", details={"type": "dice", "emoji": "🎲", "value": 4}),
    "poll": Attachment(
        kind="other", details={"type": "poll", "question": "Tea or coffee?", "options": ["Tea", "Coffee"]}
    ),
}


@pytest.mark.parametrize("name", ATTACHMENTS)
def test_an_attachment_is_read_by_reference(name: str) -> None:
    event = read_payload(name)
    assert (event.kind, event.attachments, event.ignored) == (EventKind.MESSAGE, (ATTACHMENTS[name],), None)


def test_the_pictures_of_an_album_know_that_they_belong_together() -> None:
    assert read_payload("photo_in_album").details == {"media_group_id": "13840285749103865"}


MEMBERSHIP: dict[str, dict[str, JsonValue]] = {
    "membership_blocked": {"status": "blocked"},
    "membership_unblocked": {"status": "unblocked"},
    "membership_added": {"status": "added"},
    "membership_removed": {"status": "removed"},
    "membership_promoted": {"status": "changed"},
    "service_we_joined": {"status": "added"},
    "service_we_left": {"status": "removed"},
    "service_somebody_joined": {"status": "joined"},
    "service_somebody_left": {"status": "left"},
    "service_group_created": {"status": "added"},
}


@pytest.mark.parametrize("name", MEMBERSHIP)
def test_who_comes_and_goes_is_membership(name: str) -> None:
    event = read_payload(name)
    assert (event.kind, event.ignored, event.details) == (EventKind.MEMBERSHIP, "membership", MEMBERSHIP[name])
    assert event.chat is not None


def test_a_group_that_moves_tells_its_new_id() -> None:
    event = read_payload("service_migrate_to")
    assert (event.kind, event.chat, event.ignored) == (EventKind.MEMBERSHIP, "-487312906", "chat_moved")
    assert event.details == {"migrate_to": "-1001743869012"}


def test_a_group_that_has_moved_tells_its_old_id() -> None:
    event = read_payload("service_migrate_from")
    assert (event.chat, event.details) == ("-1001743869012", {"migrate_from": "-487312906"})


def test_a_reaction_tells_what_was_added_and_removed() -> None:
    event = read_payload("reaction")
    assert (event.kind, event.platform_message_id, event.sender) == (EventKind.REACTION, "133", SENDER)
    assert event.details == {"added": ["❤", "custom_emoji"], "removed": ["👍"]}


@pytest.mark.parametrize("name", sorted(path.stem for path in PAYLOADS.glob("*.json")))
def test_every_recorded_update_has_its_number_as_key(name: str) -> None:
    assert read_payload(name).key.isdigit()
