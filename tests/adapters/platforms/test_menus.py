"""What contacts are offered on every platform that shows it: shown, told of, refused beforehand, and hidden again."""

import httpx
import pytest
from pydantic import SecretStr

from adapters.errors import RateLimited, Unacceptable
from adapters.http import Http
from adapters.platforms.base import Channel
from adapters.platforms.menus import Menu
from adapters.platforms.messenger.calls import Calls
from domain.menus import Command, MenuEntry, Offers
from tests.adapters.platforms.contract import DISCORD, MESSENGER, TELEGRAM, WHATSAPP, Contract

COMMANDS = (
    Command(command="prices", description="What things cost"),
    Command(command="opening_hours", description="When we are there, and when we are not, on each day of " + "x" * 40),
)
QUESTIONS = ("What does it cost?", "Are you there today?")
ENTRIES = (
    MenuEntry(label="Help", value="/help"),
    MenuEntry(label="Talk to somebody"),
    MenuEntry(label="Our shop", url="https://shop.example/"),
)


async def _menu(contract: Contract, http: Http, control: httpx.AsyncClient, url: str) -> tuple[Menu, Channel]:
    await contract.prepare(control)
    app = (await control.post(f"/discord/{DISCORD.token}/app", json={})).json()["id"]
    credentials = {**contract.channel.credentials}
    if contract is DISCORD:
        credentials["application_id"] = SecretStr(app)
    menu = contract.platform(http, url).menu
    assert menu is not None
    return menu, contract.channel.model_copy(update={"credentials": credentials})


@pytest.mark.parametrize(("contract", "always"), [(TELEGRAM, []), (DISCORD, ["ask"]), (MESSENGER, []), (WHATSAPP, [])])
async def test_a_menu_is_shown_replaced_and_hidden(
    http: Http, control: httpx.AsyncClient, simulator_url: str, contract: Contract, always: list[str]
) -> None:
    menu, channel = await _menu(contract, http, control, simulator_url)
    for commands in (COMMANDS, COMMANDS, COMMANDS[:1]):
        await menu.show(channel, Offers(commands=commands))
        shown = (await menu.shown(channel)).commands or ()
        assert [item.command for item in shown] == [*always, *(item.command for item in commands)]
        assert shown[len(always)].description == "What things cost"
    for _ in range(2):
        await menu.hide(channel, Offers(commands=COMMANDS))
        assert [item.command for item in (await menu.shown(channel)).commands or ()] == always


async def test_whatsapp_shows_ice_breakers_and_keeps_what_is_not_said(
    http: Http, control: httpx.AsyncClient, simulator_url: str
) -> None:
    menu, channel = await _menu(WHATSAPP, http, control, simulator_url)
    await menu.show(channel, Offers(commands=COMMANDS, ice_breakers=QUESTIONS))
    await menu.show(channel, Offers(ice_breakers=QUESTIONS[:1]))
    assert await menu.shown(channel) == Offers(commands=COMMANDS, ice_breakers=QUESTIONS[:1])
    await menu.hide(channel, Offers(commands=COMMANDS))
    assert await menu.shown(channel) == Offers(commands=(), ice_breakers=QUESTIONS[:1])


async def test_a_page_shows_ice_breakers_and_a_menu_once_it_has_a_start(
    http: Http, control: httpx.AsyncClient, simulator_url: str
) -> None:
    menu, channel = await _menu(MESSENGER, http, control, simulator_url)
    offers = Offers(commands=COMMANDS[:1], ice_breakers=QUESTIONS, persistent_menu=ENTRIES)
    with pytest.raises(Unacceptable, match="2018145"):
        await menu.show(channel, offers)
    await Calls(http, f"{simulator_url}/graph", "v25.0").of_me(
        channel, "POST", "messenger_profile", body={"get_started": {"payload": "GET_STARTED"}}
    )
    await menu.show(channel, offers)
    assert await menu.shown(channel) == offers
    await menu.show(channel, Offers(ice_breakers=QUESTIONS[:1]))
    await menu.hide(channel, Offers(persistent_menu=ENTRIES))
    assert await menu.shown(channel) == Offers(commands=COMMANDS[:1], ice_breakers=QUESTIONS[:1], persistent_menu=())


async def test_a_page_greets_who_has_not_written_yet(
    http: Http, control: httpx.AsyncClient, simulator_url: str
) -> None:
    menu, channel = await _menu(MESSENGER, http, control, simulator_url)
    await menu.show(channel, Offers(greeting="**Hello!** How can I help?"))
    assert (await menu.shown(channel)).greeting == "Hello! How can I help?"
    await menu.show(channel, Offers(greeting="word " * 50))
    cut = (await menu.shown(channel)).greeting or ""
    assert cut.startswith("word word")
    assert len(cut) <= 160
    await menu.hide(channel, Offers(greeting="Hello!"))
    assert (await menu.shown(channel)).greeting is None


async def test_a_page_whose_profile_is_called_too_often_asks_to_wait(
    http: Http, control: httpx.AsyncClient, simulator_url: str
) -> None:
    menu, channel = await _menu(MESSENGER, http, control, simulator_url)
    await control.post("/messenger/settings", json={"profile_limit": True})
    for _ in range(10):
        await menu.shown(channel)
    with pytest.raises(RateLimited):
        await menu.shown(channel)


@pytest.mark.parametrize(
    ("offers", "said"),
    [
        (Offers(commands=tuple(Command(command=f"c{n}", description="x") for n in range(31))), "at most 30 commands"),
        (Offers(commands=(Command(command="hi", description="Say hi 👋"),)), "no emojis"),
        (Offers(ice_breakers=("Any news? ❤️",)), "no emojis"),
    ],
)
async def test_what_whatsapp_would_refuse_is_refused_before_it_is_called(
    http: Http, control: httpx.AsyncClient, simulator_url: str, offers: Offers, said: str
) -> None:
    menu, channel = await _menu(WHATSAPP, http, control, simulator_url)
    with pytest.raises(Unacceptable, match=said):
        menu.check(offers)
    with pytest.raises(Unacceptable, match=said):
        await menu.show(channel, offers)
    assert await menu.shown(channel) == Offers(commands=(), ice_breakers=())
