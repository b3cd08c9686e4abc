"""Calls of Meta's platforms in which anything may stand anywhere: none fails, and none takes its neighbours with it."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.errors import Unreadable
from domain.events import EventKind, InboundEvent, Sender
from domain.text import unstorable
from tests.adapters.platforms import messenger_payloads, whatsapp_payloads
from tests.adapters.platforms.spoiling import ANYTHING, UNTIMED, spoiled

WHATSAPP = [
    call
    for path in sorted(whatsapp_payloads.PAYLOADS.glob("*.json"))
    for call in whatsapp_payloads.recorded(path.stem).values()
]
MESSENGER = [
    call
    for path in sorted(messenger_payloads.PAYLOADS.glob("*.json"))
    for call in messenger_payloads.written(path.stem).values()
]
Read = Callable[[bytes], Sequence[InboundEvent]]


@st.composite
def _beside_others(
    draw: st.DrawFn, recorded: list[dict[str, object]], first: dict[str, object], last: dict[str, object]
) -> bytes:
    """A recorded call with anything anywhere in it, its entries between those of two that are whole."""
    entries = spoiled(draw, draw(st.sampled_from(recorded))["entry"])
    between = entries if isinstance(entries, list) else [entries]
    whole = [call["entry"] for call in (first, last)]
    assert isinstance(whole[0], list)
    assert isinstance(whole[1], list)
    return json.dumps({**first, "entry": [*whole[0], *between, *whole[1]]}).encode()


def _are_heard(read: Read, body: bytes) -> None:
    events = read(body)
    assert {"first", "last"} <= {event.key for event in events if event.kind is EventKind.MESSAGE}
    for event in events:
        assert not unstorable(event.model_dump(mode="json"))
        assert json.loads(event.model_dump_json())


@UNTIMED
@given(
    _beside_others(
        WHATSAPP,
        whatsapp_payloads.call(whatsapp_payloads.value_of(whatsapp_payloads.message("first"))),
        whatsapp_payloads.call(whatsapp_payloads.value_of(whatsapp_payloads.message("last"))),
    )
)
def test_whatever_whatsapp_says_the_others_of_the_batch_are_heard(body: bytes) -> None:
    _are_heard(whatsapp_payloads.read_bytes, body)


@UNTIMED
@given(
    _beside_others(
        MESSENGER,
        messenger_payloads.call(messenger_payloads.said("first")),
        messenger_payloads.call(messenger_payloads.said("last")),
    )
)
def test_whatever_messenger_says_the_others_of_the_batch_are_heard(body: bytes) -> None:
    _are_heard(messenger_payloads.read_bytes, body)


@pytest.mark.parametrize("read", [whatsapp_payloads.read_bytes, messenger_payloads.read_bytes])
def test_any_json_is_read_or_unreadable(read: Read) -> None:
    @UNTIMED
    @given(ANYTHING)
    def told(value: object) -> None:
        try:
            read(json.dumps(value).encode())
        except Unreadable:
            return

    told()


def test_ids_of_whatsapp_may_be_numbers() -> None:
    contact, number = int(whatsapp_payloads.CONTACT), int(whatsapp_payloads.NUMBER)
    told = whatsapp_payloads.message(**{"from": contact, "timestamp": 1697043223})
    value = whatsapp_payloads.value_of(told, metadata={"phone_number_id": number})
    (event,) = whatsapp_payloads.read_bytes(json.dumps(whatsapp_payloads.call(value)).encode())
    assert (event.chat, event.account) == (whatsapp_payloads.CONTACT, whatsapp_payloads.NUMBER)
    assert event.sender == Sender(external_id=whatsapp_payloads.CONTACT, name="Test Name")
    assert event.occurred_at == datetime.fromtimestamp(1697043223, UTC)


def test_ids_of_messenger_may_be_numbers() -> None:
    contact, page = int(messenger_payloads.CONTACT), int(messenger_payloads.PAGE)
    told = {**messenger_payloads.said("m_1"), "sender": {"id": contact}, "recipient": {"id": page}}
    (event,) = messenger_payloads.read(told, page=page)
    assert (event.chat, event.account) == (messenger_payloads.CONTACT, messenger_payloads.PAGE)
