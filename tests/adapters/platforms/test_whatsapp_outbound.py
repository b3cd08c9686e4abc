"""What WhatsApp is asked: messages, signs of life, whose number it is, and where its webhooks go."""

import time

import httpx
import pytest
from pydantic import SecretStr

from adapters.errors import CredentialsRefused, NotPermitted, Unacceptable
from adapters.http import Http
from adapters.platforms.base import Channel, Destination
from adapters.platforms.whatsapp import WhatsApp
from tests.adapters.platforms.whatsapp_payloads import CHANNEL, CONTACT, NUMBER, SECRET, TOKEN, deaf_whatsapp
from tests.adapters.wire import answering, serving

TO_CONTACT = Destination(chat=CONTACT)
SECONDS = 5.0


@pytest.fixture
async def whatsapp(http: Http, control: httpx.AsyncClient, simulator_url: str) -> WhatsApp:
    registered = {"access_token": TOKEN, "app_secret": SECRET, "app_url": "https://app.example/hook"}
    (await control.post(f"/whatsapp/numbers/{NUMBER}", json=registered)).raise_for_status()
    return WhatsApp(http, f"{simulator_url}/graph/", "v25.0")


async def outbound(control: httpx.AsyncClient) -> list[dict[str, object]]:
    """What the simulator accepted."""
    items: list[dict[str, object]] = (await control.get("/ledger", params={"kind": "outbound"})).json()["items"]
    return items


def channel(**changed: str) -> Channel:
    """The test channel with other credentials."""
    given = {name: SecretStr(value) for name, value in changed.items()}
    return CHANNEL.model_copy(update={"credentials": {**CHANNEL.credentials, **given}})


async def test_a_part_is_sent_as_it_was_rendered_and_marked(whatsapp: WhatsApp, control: httpx.AsyncClient) -> None:
    (payload,) = whatsapp.render("**hi** there", TO_CONTACT)
    receipt = await whatsapp.send(CHANNEL, whatsapp.marked(payload, "mark-1"), time.monotonic() + SECONDS)
    (sent,) = await outbound(control)
    assert sent["message_id"] == receipt.platform_message_id
    assert sent["payload"] == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": CONTACT,
        "type": "text",
        "text": {"body": "*hi* there", "preview_url": False},
        "biz_opaque_callback_data": "mark-1",
    }


def test_the_first_part_alone_cites_what_it_answers() -> None:
    parts = deaf_whatsapp().render("word " * 2000, Destination(chat=CONTACT, reply_to="wamid.1"))
    assert len(parts) > 1
    assert [part.get("context") for part in parts] == [{"message_id": "wamid.1"}, *[None] * (len(parts) - 1)]


@pytest.mark.parametrize(
    ("chat", "address"),
    [
        (CONTACT, {"recipient_type": "individual", "to": CONTACT}),
        ("+16505551234", {"recipient_type": "individual", "to": "+16505551234"}),
        ("US.13491208655302741918", {"recipient_type": "individual", "recipient": "US.13491208655302741918"}),
        ("Y2FwaV9ncm91cDox", {"recipient_type": "group", "to": "Y2FwaV9ncm91cDox"}),
    ],
)
def test_a_number_a_person_and_a_group_are_addressed_each_in_its_way(chat: str, address: dict[str, str]) -> None:
    (payload,) = deaf_whatsapp().render("hi", Destination(chat=chat))
    names = ("recipient_type", "to", "recipient")
    assert {name: payload[name] for name in names if name in payload} == address


def test_a_part_follows_a_contact_to_a_new_number() -> None:
    (payload,) = deaf_whatsapp().render("hi", Destination(chat="US.1349", reply_to="wamid.1"))
    moved = deaf_whatsapp().readdressed(payload, CONTACT)
    assert (moved["to"], "recipient" in moved, "context" in moved) == (CONTACT, False, False)


def test_marks_are_never_refused() -> None:
    assert deaf_whatsapp().unformatted({"text": {"body": "*x*"}}) is None


async def test_typing_marks_what_was_heard_as_read(whatsapp: WhatsApp, control: httpx.AsyncClient) -> None:
    said = await control.post(f"/whatsapp/{NUMBER}/messages", json={"from": CONTACT, "text": "hi"})
    heard = said.json()["message_id"]
    await whatsapp.show_typing(CHANNEL, Destination(chat=CONTACT, heard=heard))
    await whatsapp.show_typing(CHANNEL, TO_CONTACT)
    (sign,) = await outbound(control)
    assert (sign["method"], sign["message_id"]) == ("typing", heard)


async def test_the_number_is_checked(whatsapp: WhatsApp) -> None:
    account = await whatsapp.check(CHANNEL)
    assert (account.id, account.name) == (NUMBER, "Test Business")
    assert account.details == {
        "display_phone_number": "15550783881",
        "quality_rating": "GREEN",
        "name_status": "APPROVED",
    }


@pytest.mark.parametrize("wrong", [{"access_token": "other"}, {"access_token": ""}])
async def test_a_wrong_token_is_refused(whatsapp: WhatsApp, wrong: dict[str, str]) -> None:
    with pytest.raises(CredentialsRefused):
        await whatsapp.check(channel(**wrong))


async def test_a_number_that_is_not_ours_is_named_as_a_mistake(whatsapp: WhatsApp) -> None:
    with pytest.raises(Unacceptable, match="100/33"):
        await whatsapp.check(channel(phone_number_id="999"))


async def test_a_url_is_registered_once_it_has_answered_the_handshake(
    whatsapp: WhatsApp, control: httpx.AsyncClient
) -> None:
    async with serving(answering(200, b"no challenge")) as wire:
        with pytest.raises(Unacceptable):
            await whatsapp.register(CHANNEL, f"{wire.url}/hook")
        asked = wire.requests[0].decode()
    assert "hub.mode=subscribe" in asked
    assert "hub.verify_token=verify-me" in asked
    assert (await whatsapp.inspect(CHANNEL)).url == "https://app.example/hook"


async def test_a_webhook_that_only_a_person_can_set_says_how(whatsapp: WhatsApp, control: httpx.AsyncClient) -> None:
    await control.post("/whatsapp/settings", json={"may_configure": False})
    with pytest.raises(NotPermitted, match=r"Configuration, set the callback URL to https://x\.example/hook"):
        await whatsapp.register(CHANNEL, "https://x.example/hook")


@pytest.mark.parametrize(
    ("used", "url"), [(channel(verify_token=""), "https://x.example/hook"), (CHANNEL, "https://x.example/" + "x" * 200)]
)
async def test_what_meta_would_not_take_is_refused_before_it_is_asked(
    whatsapp: WhatsApp, used: Channel, url: str
) -> None:
    with pytest.raises(Unacceptable):
        await whatsapp.register(used, url)


async def test_a_removed_webhook_leaves_the_apps_own(whatsapp: WhatsApp) -> None:
    await whatsapp.remove(CHANNEL)
    assert (await whatsapp.inspect(CHANNEL)).url == "https://app.example/hook"
