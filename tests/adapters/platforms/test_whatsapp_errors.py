"""Every way in which WhatsApp says no, and what it means; over HTTP, by the simulator's faults."""

from datetime import timedelta

import httpx
import pytest

from adapters.errors import (
    AccountHeld,
    Again,
    ChatRateLimited,
    CredentialsRefused,
    NotPermitted,
    OutsideError,
    PassingFault,
    RateLimited,
    RecipientGone,
    TemplateDisabled,
    TemplateMisfilled,
    TemplatePaused,
    TemplateRefused,
    TemplateThrottled,
    TemplateUnknown,
    Unacceptable,
    WindowClosed,
)
from adapters.http import Answer, Http
from adapters.platforms.base import Platform
from adapters.platforms.graph.refusals import error_of, refusal_of
from adapters.platforms.whatsapp.errors import MEANINGS, MediaFault, is_of_contact, reason_of
from tests.adapters.platforms import contract

CONTRACT = contract.WHATSAPP
refusal = CONTRACT.refusal


@pytest.fixture
def whatsapp(http: Http, simulator_url: str) -> Platform:
    return CONTRACT.platform(http, simulator_url)


TABLE: list[tuple[type[OutsideError], tuple[int, ...]]] = [
    (RateLimited, (4, 80007, 130429, 131064, 133016)),
    (ChatRateLimited, (131056,)),
    (PassingFault, (1, 2, 131000, 131016, 131057, 135000)),
    (CredentialsRefused, (0, 190)),
    (NotPermitted, (3, 10, 131005, 200, 251, 299)),
    (AccountHeld, (368, 131031, 131037, 131042, 131044, 131045, 131048)),
    (NotPermitted, (130497,)),
    (NotPermitted, (130472, 131030, 131049, 131050, 137000)),
    (WindowClosed, (131047,)),
    (RecipientGone, (131026,)),
    (Unacceptable, (100, 131008, 131009, 131021, 131051, 131062)),
    (MediaFault, (131052, 131053)),
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
    whatsapp: Platform, control: httpx.AsyncClient, kind: type[OutsideError], code: int
) -> None:
    error = await refusal(whatsapp, control, kind="status", status=400, parameters={"code": code})
    assert type(error) is kind
    assert str(code) in str(error)


def test_the_table_is_tested_whole() -> None:
    tested = {code for _, codes in TABLE for code in codes}
    assert {code for code in MEANINGS if not 200 <= code <= 299} <= tested | {33}


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


async def test_a_contacts_limit_is_waited_out_in_powers_of_four(whatsapp: Platform, control: httpx.AsyncClient) -> None:
    error = await refusal(whatsapp, control, kind="status", status=400, parameters={"code": 131056})
    assert isinstance(error, ChatRateLimited)
    assert [error.backoff.after(attempts).total_seconds() for attempts in (0, 1, 2, 3, 9)] == [1, 4, 16, 64, 300]


def test_a_receipt_says_why_in_the_same_words() -> None:
    codes = {
        131053: "unacceptable",
        131047: "window_closed",
        131026: "recipient_gone",
        0: "credentials_refused",
        999999: "refused",
    }
    assert {code: reason_of(code) for code in codes} == codes
    assert reason_of(None) == "refused"
    assert [is_of_contact(code) for code in (131047, 131026, 131048, 0, None)] == [True, True, False, False, False]
