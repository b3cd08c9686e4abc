"""WhatsApp's templates, over HTTP against the simulator: listed page by page, and sent where nothing else may be."""

import time

import httpx
import pytest
from pydantic import SecretStr

from adapters.errors import (
    NotPermitted,
    OutsideError,
    TemplateDisabled,
    TemplateMisfilled,
    TemplatePaused,
    TemplateUnknown,
    Unacceptable,
)
from adapters.http import Http
from adapters.platforms.base import Destination, TemplatePage, templating
from adapters.platforms.slack import Slack
from adapters.platforms.whatsapp import WhatsApp
from adapters.platforms.whatsapp.templates import read_page
from domain.templates import Template, TemplateMessage, TemplateStatus
from tests.adapters.platforms.whatsapp_payloads import CHANNEL, CONTACT, NUMBER, SECRET, TOKEN

ACCOUNT = "102290129340398"
WITH_ACCOUNT = CHANNEL.model_copy(
    update={"credentials": {**CHANNEL.credentials, "business_account_id": SecretStr(ACCOUNT)}}
)
FULL: dict[str, object] = {
    "name": "order_ready",
    "header": "For {{1}}",
    "body": "{{1}}, your {{2}} is ready.",
    "footer": "Bye",
    "buttons": [
        {"type": "QUICK_REPLY", "text": "Later"},
        {"type": "URL", "text": "Track", "url": "https://a.example/{{1}}"},
    ],
}


@pytest.fixture
async def whatsapp(http: Http, control: httpx.AsyncClient, simulator_url: str) -> WhatsApp:
    registered = {"access_token": TOKEN, "app_secret": SECRET}
    (await control.post(f"/whatsapp/numbers/{NUMBER}", json=registered)).raise_for_status()
    return WhatsApp(http, f"{simulator_url}/graph", "v25.0")


async def keep(control: httpx.AsyncClient, **template: object) -> None:
    """Have the account keep a template."""
    (await control.post("/whatsapp/templates", json=template)).raise_for_status()


async def send(whatsapp: WhatsApp, **message: object) -> str:
    """Send a template to the contact; its id."""
    described = TemplateMessage.model_validate({"name": "order_ready", "language": "en_US", **message})
    payload = whatsapp.render_template(described, Destination(chat=CONTACT))
    return (await whatsapp.send(CHANNEL, payload, time.monotonic() + 5)).platform_message_id


async def test_templates_are_listed_with_their_places(whatsapp: WhatsApp, control: httpx.AsyncClient) -> None:
    await keep(control, **FULL)
    page = await whatsapp.templates(WITH_ACCOUNT)
    described = Template(
        name="order_ready", language="en_US", status=TemplateStatus.APPROVED, category="utility", header="For {{1}}",
        header_kind="text", body="{{1}}, your {{2}} is ready.", footer="Bye", buttons=("Later", "Track"),
        url_buttons=(1,),
    )  # fmt: skip
    assert page == TemplatePage(templates=(described,))
    assert (page.templates[0].places, page.templates[0].header_places) == (("1", "2"), ("1",))


async def test_pages_lead_to_each_other(whatsapp: WhatsApp, control: httpx.AsyncClient) -> None:
    for number in range(5):
        await keep(control, name=f"template_{number}", body="Hello.")
    names, after = [], None
    for _ in range(3):
        page = await whatsapp.templates(WITH_ACCOUNT, after, 2)
        names.append([item.name for item in page.templates])
        after = page.after
    assert names == [["template_0", "template_1"], ["template_2", "template_3"], ["template_4"]]
    assert after is None
    assert [item.name for item in (await whatsapp.templates(WITH_ACCOUNT, name="_3")).templates] == ["template_3"]


async def test_templates_of_no_account_or_without_the_permission_are_not_listed(
    whatsapp: WhatsApp, control: httpx.AsyncClient
) -> None:
    with pytest.raises(Unacceptable, match="business_account_id"):
        await whatsapp.templates(CHANNEL)
    (await control.post("/whatsapp/settings", json={"may_configure": False})).raise_for_status()
    with pytest.raises(NotPermitted):
        await whatsapp.templates(WITH_ACCOUNT)


@pytest.mark.parametrize(
    "item",
    [5, {}, {"name": 5, "language": "de"}, {"name": "x"}, {"name": "x", "language": "de", "components": [5, {}]}],
)
def test_what_is_no_template_takes_no_other_with_it(item: object) -> None:
    good = {"name": "good", "language": "de", "status": "UNHEARD_OF"}
    page = read_page({"data": [item, good], "paging": {"cursors": {"after": 5}, "next": "x"}})
    assert page.templates[-1] == Template(name="good", language="de", status=TemplateStatus.OTHER)
    assert page.after is None


async def test_a_template_reaches_who_never_wrote(whatsapp: WhatsApp, control: httpx.AsyncClient) -> None:
    await keep(control, **FULL)
    name = await send(whatsapp, parameters=["Ann", "cake"], header="you", buttons={1: "42"})
    sent = (await control.get("/ledger", params={"kind": "outbound"})).json()["items"]
    assert [(item["message_id"], item["text"]) for item in sent] == [(name, "Ann, your cake is ready.")]


async def test_names_are_sent_by_name(whatsapp: WhatsApp, control: httpx.AsyncClient) -> None:
    await keep(control, name="order_ready", body="{{who}}, your {{what}} is ready.")
    await send(whatsapp, parameters={"what": "cake", "who": "Ann"})
    sent = (await control.get("/ledger", params={"kind": "outbound"})).json()["items"]
    assert [item["text"] for item in sent] == ["Ann, your cake is ready."]


@pytest.mark.parametrize(
    ("status", "parameters", "kind"),
    [
        ("PENDING", ["Ann"], TemplateUnknown),
        ("REJECTED", ["Ann"], TemplateUnknown),
        ("PAUSED", ["Ann"], TemplatePaused),
        ("DISABLED", ["Ann"], TemplateDisabled),
        ("APPROVED", [], TemplateMisfilled),
        ("APPROVED", {"name": "Ann"}, TemplateMisfilled),
    ],
)
async def test_what_whatsapp_does_not_take_has_its_reason(
    whatsapp: WhatsApp, control: httpx.AsyncClient, status: str, parameters: object, kind: type[OutsideError]
) -> None:
    await keep(control, name="order_ready", body="Hello {{1}}.", status=status)
    with pytest.raises(OutsideError) as raised:
        await send(whatsapp, parameters=parameters)
    assert type(raised.value) is kind


async def test_an_unknown_template_has_its_reason(whatsapp: WhatsApp) -> None:
    with pytest.raises(TemplateUnknown):
        await send(whatsapp)


def test_who_has_no_templates_is_known(whatsapp: WhatsApp, http: Http) -> None:
    assert templating(whatsapp) is whatsapp
    assert templating(Slack(http, "http://127.0.0.1:9")) is None
    assert templating(None) is None
