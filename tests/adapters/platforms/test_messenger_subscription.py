"""How a page's events find their way to our webhook, and what is left as it was on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from adapters.errors import CredentialsRefused, NotPermitted, Unacceptable
from adapters.http import Http
from adapters.platforms.messenger import Messenger
from adapters.platforms.messenger.subscription import FIELDS
from tests.adapters.platforms.messenger_payloads import APP, CHANNEL, PAGE, SECRET, TOKEN, channel
from tests.adapters.wire import Wire, answering, serving


@pytest.fixture
async def messenger(http: Http, control: httpx.AsyncClient, simulator_url: str) -> Messenger:
    registered = {"access_token": TOKEN, "app_id": APP, "app_secret": SECRET}
    (await control.post(f"/messenger/pages/{PAGE}", json=registered)).raise_for_status()
    return Messenger(http, f"{simulator_url}/graph", "v25.0")


@asynccontextmanager
async def consenting() -> AsyncIterator[str]:
    """A URL that says back what it is asked."""
    wires: list[Wire] = []

    async def say_back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        query = parse_qs(urlsplit(wires[0].requests[-1].split()[1].decode()).query)
        await answering(200, query["hub.challenge"][0].encode())(reader, writer)

    async with serving(say_back) as wire:
        wires.append(wire)
        yield f"{wire.url}/hook"


async def tell_everything(control: httpx.AsyncClient) -> None:
    """Have the app told of everything elsewhere, `feed` among it, which is none of ours."""
    told = {"access_token": TOKEN, "app_id": APP, "app_secret": SECRET, "app_url": "https://app.example/hook"}
    (await control.post(f"/messenger/pages/{PAGE}", json=told)).raise_for_status()


async def test_a_url_that_answers_is_registered(messenger: Messenger) -> None:
    async with consenting() as url:
        made = await messenger.register(CHANNEL, url)
    assert (made.url, made.details) == (url, {"get_started": "GET_STARTED"})
    known = await messenger.inspect(CHANNEL)
    assert (known.url, known.details) == (
        url,
        {"app_url": url, "missing_fields": [], "get_started": "GET_STARTED"},
    )


async def test_what_the_app_and_the_page_told_before_is_told_on(
    messenger: Messenger, control: httpx.AsyncClient, simulator_url: str
) -> None:
    await tell_everything(control)
    async with consenting() as url, httpx.AsyncClient(base_url=f"{simulator_url}/graph/v25.0") as client:
        await messenger.register(CHANNEL, url)
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        (of_page,) = (await client.get(f"/{PAGE}/subscribed_apps", headers=bearer)).json()["data"]
        bearer = {"Authorization": f"Bearer {APP}|{SECRET}"}
        (of_app,) = (await client.get(f"/{APP}/subscriptions", headers=bearer)).json()["data"]
    assert set(of_page["subscribed_fields"]) == {*FIELDS, "feed"}
    assert {field["name"] for field in of_app["fields"]} == {*FIELDS, "feed"}


async def test_a_button_that_the_page_has_already_stays(messenger: Messenger, simulator_url: str) -> None:
    async with consenting() as url, httpx.AsyncClient(base_url=f"{simulator_url}/graph/v25.0") as client:
        own = {"get_started": {"payload": "MINE"}}
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        assert (await client.post("/me/messenger_profile", json=own, headers=bearer)).is_success
        assert (await messenger.register(CHANNEL, url)).details == {"get_started": "MINE"}
        shown = await client.get("/me/messenger_profile?fields=get_started", headers=bearer)
    assert shown.json() == {"data": [own]}


async def test_a_page_without_that_button_is_registered_all_the_same(
    messenger: Messenger, control: httpx.AsyncClient
) -> None:
    await control.post("/faults", json={"kind": "status", "status": 400, "method": "messenger_profile"})
    async with consenting() as url:
        made = await messenger.register(CHANNEL, url)
    assert made.url == url
    assert "error 100" in str(made.details["get_started"])


async def test_a_url_that_does_not_answer_the_handshake_is_not_registered(messenger: Messenger) -> None:
    async with serving(answering(200, b"no challenge")) as wire:
        with pytest.raises(Unacceptable, match="2200"):
            await messenger.register(CHANNEL, f"{wire.url}/hook")
        asked = wire.requests[0].decode()
    assert "hub.mode=subscribe" in asked
    assert "hub.verify_token=verify-me" in asked
    assert (await messenger.inspect(CHANNEL)).url == ""


@pytest.mark.parametrize("wrong", [{"app_id": "1"}, {"app_secret": "other"}, {"app_secret": ""}])
async def test_an_app_that_is_not_ours_is_not_registered(messenger: Messenger, wrong: dict[str, str]) -> None:
    with pytest.raises(CredentialsRefused):
        await messenger.register(channel(**wrong), "https://x.example/hook")


async def test_a_webhook_that_only_a_person_can_set_says_how(messenger: Messenger, control: httpx.AsyncClient) -> None:
    await control.post("/messenger/settings", json={"may_configure": False})
    with pytest.raises(NotPermitted, match=r"Webhooks, set the callback URL to https://x\.example/hook .*,messages,"):
        await messenger.register(CHANNEL, "https://x.example/hook")


async def test_a_page_that_tells_the_app_is_left_and_the_app_keeps_its_url(
    messenger: Messenger, control: httpx.AsyncClient
) -> None:
    await tell_everything(control)
    before = await messenger.inspect(CHANNEL)
    assert (before.url, before.details["missing_fields"]) == ("https://app.example/hook", [])
    await messenger.remove(CHANNEL)
    after = await messenger.inspect(CHANNEL)
    assert (after.url, after.details["app_url"]) == ("", "https://app.example/hook")
    assert after.details["missing_fields"] == [*FIELDS]
