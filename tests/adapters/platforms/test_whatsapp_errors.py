"""Every way in which WhatsApp says no, and what it means; over HTTP, by the simulator's faults."""

import time
from datetime import timedelta

import httpx
import pytest

from adapters.errors import (
    Again,
    ChatRateLimited,
    CredentialsRefused,
    NotPermitted,
    OutcomeUnknown,
    OutsideError,
    RateLimited,
    RecipientGone,
    TemplateDisabled,
    TemplateMisfilled,
    TemplatePaused,
    TemplateRefused,
    TemplateThrottled,
    TemplateUnknown,
    Unacceptable,
    Unreachable,
    WindowClosed,
)
from adapters.http import Answer, Http
from adapters.platforms.base import Payload
from adapters.platforms.graph.refusals import error_of, refusal_of
from adapters.platforms.whatsapp import WhatsApp
from adapters.platforms.whatsapp.errors import MEANINGS, is_of_contact, reason_of
from tests.adapters.platforms.whatsapp_payloads import CHANNEL, CONTACT, NUMBER, SECRET, TOKEN

PATIENCE_SECONDS = 1.5
CANARY = "canary text of a contact"
PAYLOAD: Payload = {
    "messaging_product": "whatsapp", "recipient_type": "individual", "to": CONTACT, "type": "text",
    "text": {"body": CANARY},
}  # fmt: skip


@pytest.fixture
async def whatsapp(http: Http, control: httpx.AsyncClient, simulator_url: str) -> WhatsApp:
    registered = {"access_token": TOKEN, "app_secret": SECRET}
    (await control.post(f"/whatsapp/numbers/{NUMBER}", json=registered)).raise_for_status()
    return WhatsApp(http, f"{simulator_url}/graph", "v25.0")


async def refusal(whatsapp: WhatsApp, control: httpx.AsyncClient, **fault: object) -> OutsideError:
    """What sending raises when it meets this fault."""
    (await control.post("/faults", json={"method": "messages", **fault})).raise_for_status()
    with pytest.raises(OutsideError) as raised:
        await whatsapp.send(CHANNEL, PAYLOAD, time.monotonic() + PATIENCE_SECONDS)
    return raised.value


TABLE: list[tuple[type[OutsideError], tuple[int, ...]]] = [
    (RateLimited, (4, 80007, 130429, 131064, 133016)),
    (ChatRateLimited, (131056,)),
    (Unreachable, (1, 2, 131000, 131016, 131057, 135000)),
    (CredentialsRefused, (0, 190)),
    (NotPermitted, (3, 10, 131005, 200, 251, 299)),
    (NotPermitted, (368, 130497, 131031, 131037, 131042, 131044, 131045, 131048)),
    (NotPermitted, (130472, 131030, 131049, 131050, 137000)),
    (WindowClosed, (131047,)),
    (RecipientGone, (131026,)),
    (Unacceptable, (100, 131008, 131009, 131021, 131051, 131052, 131053, 131062)),
    (TemplateMisfilled, (132000, 132005, 132012)),
    (TemplateUnknown, (132001,)),
    (TemplateRefused, (132007, 132008, 132068)),
    (TemplatePaused, (132015,)),
    (TemplateDisabled, (132016,)),
    (TemplateThrottled, (132069,)),
    (Unacceptable, (999999,)),
]


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, codes in TABLE for code in codes])
async def test_each_code_has_its_meaning(
    whatsapp: WhatsApp, control: httpx.AsyncClient, kind: type[OutsideError], code: int
) -> None:
    error = await refusal(whatsapp, control, kind="status", status=400, parameters={"code": code})
    assert type(error) is kind
    assert str(code) in str(error)


def test_the_table_is_tested_whole() -> None:
    tested = {code for _, codes in TABLE for code in codes}
    assert {code for code in MEANINGS if not 200 <= code <= 299} <= tested | {33}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, None, Unreachable),
        (503, None, Unreachable),
        (504, None, OutcomeUnknown),
        (401, {}, CredentialsRefused),
        (429, {}, RateLimited),
        (400, "<html>", Unacceptable),
    ],
)
async def test_where_there_is_no_code_the_status_speaks(
    whatsapp: WhatsApp, control: httpx.AsyncClient, status: int, body: object, kind: type[OutsideError]
) -> None:
    assert type(await refusal(whatsapp, control, kind="status", status=status, body=body)) is kind


async def test_what_is_said_to_be_passing_is_tried_again(whatsapp: WhatsApp, control: httpx.AsyncClient) -> None:
    parameters = {"code": 999999, "is_transient": True}
    assert isinstance(await refusal(whatsapp, control, kind="status", status=400, parameters=parameters), Unreachable)


async def test_a_wait_that_is_asked_for_is_kept(whatsapp: WhatsApp, control: httpx.AsyncClient) -> None:
    error = await refusal(whatsapp, control, kind="status", status=429, retry_after=35)
    assert isinstance(error, RateLimited)
    assert error.after == timedelta(seconds=35)


@pytest.mark.parametrize(
    ("usage", "after"),
    [
        ('{"1":[{"type":"whatsapp","estimated_time_to_regain_access":3}]}', timedelta(minutes=3)),
        ('{"1":[{"estimated_time_to_regain_access":0}]}', None),
        ('{"1":[5,{"estimated_time_to_regain_access":"x"}],"2":7}', None),
        ("no JSON", None),
        ("[" * 100_000, None),
    ],
)
def test_the_usage_header_says_when_to_come_back(usage: str, after: timedelta | None) -> None:
    body = {"error": {"code": 80007}}
    refused = refusal_of(Answer(400, {"x-business-use-case-usage": usage}, None), body)
    error = error_of(refused, "messages", MEANINGS)
    assert isinstance(error, Again)
    assert error.after == after


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("reset_before_accept", OutcomeUnknown),
        ("accept_then_reset", OutcomeUnknown),
        ("accept_then_hang", OutcomeUnknown),
        ("invalid_json", OutcomeUnknown),
    ],
)
async def test_a_call_without_an_answer_is_in_doubt(
    whatsapp: WhatsApp, control: httpx.AsyncClient, kind: str, expected: type[OutsideError]
) -> None:
    assert type(await refusal(whatsapp, control, kind=kind)) is expected


async def test_no_error_tells_what_was_written_or_the_token(whatsapp: WhatsApp, control: httpx.AsyncClient) -> None:
    error = await refusal(
        whatsapp, control, kind="status", status=400, description=f"invalid: {CANARY}", parameters={"code": 100}
    )
    assert CANARY not in str(error)
    assert TOKEN not in str(error)


def test_a_receipt_says_why_in_the_same_words() -> None:
    assert (reason_of(131047), reason_of(131026), reason_of(999999), reason_of(None)) == (
        "window_closed",
        "recipient_gone",
        "refused",
        "refused",
    )
    assert [is_of_contact(code) for code in (131047, 131026, 131048, None)] == [True, True, False, False]
