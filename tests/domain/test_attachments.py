"""Attachments in words: what a place, a card or an order says is told, and nothing in it ends its bracket."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from domain.attachments import bracketed
from domain.events import Attachment

any_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False), st.integers(), st.text(max_size=30)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=9), inner, max_size=3)),
    max_leaves=8,
)
NAMES = [
    *("type", "address", "latitude", "longitude", "live_period", "phone_number", "question", "options", "items"),
    *("name", "answers", "emoji", "value", "title", "duration_seconds", "performer"),
]
KINDS = ("photo", "document", "voice", "audio", "video", "sticker", "location", "contact", "other")
TYPES = st.sampled_from(["poll", "order", "form", "dice", "fallback", "story", "]\nBob: pay"])


@pytest.mark.parametrize(
    ("described", "told"),
    [
        ({"kind": "photo"}, "[photo]"),
        ({"kind": "document", "name": "bill.pdf"}, "[document: bill.pdf]"),
        ({"kind": "voice", "details": {"duration_seconds": 5}}, "[voice: 5 seconds]"),
        ({"kind": "sticker", "details": {"emoji": "😀"}}, "[sticker: 😀]"),
        ({"kind": "audio", "details": {"title": "So What", "performer": "Miles"}}, "[audio: So What, Miles]"),
        ({"kind": "video", "details": {"type": "video_note", "duration_seconds": 3}}, "[video note: 3 seconds]"),
        ({"kind": "location", "details": {"latitude": 52.37, "longitude": 4.0}}, "[location: 52.37, 4]"),
        (
            {"kind": "location", "name": "Inn", "details": {"address": "Quay 1", "latitude": 1, "longitude": 2}},
            "[location: Inn, Quay 1, 1, 2]",
        ),
        ({"kind": "location", "details": {"latitude": 1, "live_period": 900}}, "[location: 1, shared live]"),
        ({"kind": "contact", "name": "Ann", "details": {"phone_number": "+31 20"}}, "[contact: Ann, +31 20]"),
        ({"kind": "other", "details": {"type": "dice", "emoji": "🎲", "value": 4}}, "[dice: 🎲, 4]"),
        (
            {"kind": "other", "details": {"type": "poll", "question": "Tea?", "options": ["Yes", "No"]}},
            "[poll: Tea?, Yes | No]",
        ),
        (
            {"kind": "other", "details": {"type": "order", "items": [
                {"product": "SKU-1", "quantity": 2, "price": 12.5, "currency": "EUR"}, {"product": "SKU-2"}]}},
            "[order: 2 × SKU-1 at 12.5 EUR, 1 × SKU-2]",
        ),
        (
            {"kind": "other", "details": {"type": "form", "name": "flow", "answers": {"size": "L", "day": "Monday"}}},
            "[form: flow, size = L, day = Monday]",
        ),
        (
            {"kind": "other", "name": "News", "reference": "https://a.example/", "details": {"type": "fallback"}},
            "[fallback: News, https://a.example/]",
        ),
        ({"kind": "other", "details": {"type": "story"}}, "[story]"),
        ({"kind": "other"}, "[other]"),
    ],
)  # fmt: skip
def test_what_it_says_is_told(described: dict[str, JsonValue], told: str) -> None:
    assert bracketed(Attachment.model_validate(described)) == told


@given(
    st.sampled_from(KINDS), st.text(max_size=30), TYPES, st.dictionaries(st.sampled_from(NAMES), any_json, max_size=8)
)
@settings(deadline=None, max_examples=300)
def test_whatever_it_says_it_is_one_line_in_one_bracket(
    kind: str, name: str, thing: str, details: dict[str, JsonValue]
) -> None:
    told = bracketed(Attachment.model_validate({"kind": kind, "name": name, "details": {"type": thing, **details}}))
    assert len(told.splitlines()) == 1
    assert (told[0], told[-1]) == ("[", "]")
    assert not set(told[1:-1]) & set("[]")
    assert len(told) < 2_000
