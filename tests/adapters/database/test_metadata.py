"""What a message keeps of how it came about."""

import pytest
from pydantic import JsonValue

from adapters.database.choices import metadata
from domain.events import InboundEvent


@pytest.mark.parametrize(
    ("described", "kept"),
    [
        ({}, {}),
        ({"command": "start", "details": {"payload": "spring"}}, {"start_payload": "spring"}),
        ({"details": {"payload": "spring"}}, {}),
        ({"kind": "button", "details": {"data": "yes", "callback_id": "4382"}}, {"button": "yes"}),
        (
            {"kind": "button", "details": {"data": "GET_STARTED", "referral": {"ref": "shop"}}},
            {"button": "GET_STARTED", "referral": {"ref": "shop"}},
        ),
        ({"details": {"button": "choice:2", "wrote": "2"}}, {"button": "choice:2", "wrote": "2"}),
        (
            {"details": {"forwarded": True, "product": "SKU-1", "quote": "at nine", "answer_by": {"token": "secret"}}},
            {"forwarded": True, "product": "SKU-1", "quote": "at nine"},
        ),
    ],
)
def test_how_a_message_came_about_is_kept_and_nothing_that_is_secret(
    described: dict[str, JsonValue], kept: dict[str, JsonValue]
) -> None:
    event = InboundEvent.model_validate({"key": "1", "kind": "message", **described})
    assert metadata(event) == kept
