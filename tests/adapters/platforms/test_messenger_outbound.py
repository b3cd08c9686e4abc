"""What Messenger is asked: messages, signs of life, and whose page it is."""

import time

import httpx
import pytest

from adapters.errors import CredentialsRefused, RecipientGone, WindowClosed
from adapters.http import Http
from adapters.platforms.base import Destination
from adapters.platforms.messenger import Messenger
from tests.adapters.platforms.messenger_payloads import (
    APP,
    CHANNEL,
    CONTACT,
    PAGE,
    SECRET,
    TOKEN,
    channel,
    deaf_messenger,
)
from tests.adapters.wire import answering, serving

TO_CONTACT = Destination(chat=CONTACT)
SECONDS = 5.0


@pytest.fixture
async def messenger(http: Http, control: httpx.AsyncClient, simulator_url: str) -> Messenger:
    registered = {"access_token": TOKEN, "app_id": APP, "app_secret": SECRET, "name": "Ada's page"}
    (await control.post(f"/messenger/pages/{PAGE}", json=registered)).raise_for_status()
    (await control.post(f"/messenger/{PAGE}/messages", json={"from": CONTACT, "text": "hi"})).raise_for_status()
    return Messenger(http, f"{simulator_url}/graph/", "v25.0")


async def outbound(control: httpx.AsyncClient) -> list[dict[str, object]]:
    """What the simulator accepted."""
    items: list[dict[str, object]] = (await control.get("/ledger", params={"kind": "outbound"})).json()["items"]
    return items


async def test_a_part_is_sent_as_it_was_rendered_and_marked(messenger: Messenger, control: httpx.AsyncClient) -> None:
    (payload,) = messenger.render("**hi** there", TO_CONTACT)
    receipt = await messenger.send(CHANNEL, messenger.marked(payload, "mark-1"), time.monotonic() + SECONDS)
    (sent,) = await outbound(control)
    assert sent["message_id"] == receipt.platform_message_id
    assert sent["payload"] == {
        "recipient": {"id": CONTACT},
        "messaging_type": "RESPONSE",
        "message": {"text": "hi there", "metadata": "mark-1"},
    }
    assert "metadata" not in str(payload)


async def test_the_longest_part_is_taken(messenger: Messenger) -> None:
    payloads = messenger.render("😀" * 2100, TO_CONTACT)
    assert len(payloads) > 2
    for payload in payloads:
        await messenger.send(CHANNEL, payload, time.monotonic() + SECONDS)


def test_a_part_follows_a_contact_to_a_new_id() -> None:
    (payload,) = deaf_messenger().render("hi", TO_CONTACT)
    assert deaf_messenger().readdressed(payload, "8")["recipient"] == {"id": "8"}


def test_plain_text_is_never_refused_for_its_formatting() -> None:
    assert deaf_messenger().unformatted({"message": {"text": "x"}}) is None


async def test_typing_marks_what_was_heard_as_seen(messenger: Messenger, control: httpx.AsyncClient) -> None:
    await messenger.show_typing(CHANNEL, TO_CONTACT)
    assert [(sign["method"], sign["chat_id"]) for sign in await outbound(control)] == [
        ("mark_seen", CONTACT),
        ("typing_on", CONTACT),
    ]


@pytest.mark.parametrize("state", ["blocked", "unknown"])
async def test_who_cannot_be_reached_is_gone(messenger: Messenger, control: httpx.AsyncClient, state: str) -> None:
    await control.post(f"/messenger/people/{CONTACT}", json={"state": state})
    with pytest.raises(RecipientGone):
        await messenger.send(CHANNEL, messenger.render("hi", TO_CONTACT)[0], time.monotonic() + SECONDS)


async def test_who_did_not_write_for_a_day_is_outside_the_window(messenger: Messenger) -> None:
    (payload,) = messenger.render("hi", Destination(chat="7001002003004006"))
    with pytest.raises(WindowClosed, match="10/2018278"):
        await messenger.send(CHANNEL, payload, time.monotonic() + SECONDS)


async def test_the_page_is_checked(messenger: Messenger) -> None:
    account = await messenger.check(CHANNEL)
    assert (account.id, account.name) == (PAGE, "Ada's page")


@pytest.mark.parametrize(
    "wrong", [{"page_access_token": "other"}, {"page_access_token": ""}, {"page_id": "999"}, {"page_id": ""}]
)
async def test_a_token_that_is_not_of_this_page_is_refused(messenger: Messenger, wrong: dict[str, str]) -> None:
    with pytest.raises(CredentialsRefused):
        await messenger.check(channel(**wrong))


async def test_no_token_is_part_of_an_address(http: Http) -> None:
    async with serving(answering(200, b'{"id":"1234567890"}')) as wire:
        await Messenger(http, wire.url, "v25.0").check(CHANNEL)
        line, _, rest = wire.requests[0].decode().partition("\r\n")
    assert line == "GET /v25.0/me?fields=id%2Cname HTTP/1.1"
    assert f"Authorization: Bearer {TOKEN}" in rest
