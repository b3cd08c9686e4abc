"""Menus of commands on every platform that has them: shown, told of, and hidden again."""

import httpx
import pytest
from pydantic import SecretStr

from adapters.http import Http
from domain.bots import Command
from tests.adapters.platforms.contract import DISCORD, MESSENGER, TELEGRAM, Contract

COMMANDS = (
    Command(command="prices", description="What things cost"),
    Command(command="opening_hours", description="When we are there, and when we are not, on each day of " + "x" * 40),
)


@pytest.mark.parametrize(("contract", "always"), [(TELEGRAM, []), (DISCORD, ["ask"]), (MESSENGER, [])])
async def test_a_menu_is_shown_replaced_and_hidden(
    http: Http, control: httpx.AsyncClient, simulator_url: str, contract: Contract, always: list[str]
) -> None:
    await contract.prepare(control)
    app = (await control.post(f"/discord/{DISCORD.token}/app", json={})).json()["id"]
    credentials = {**contract.channel.credentials}
    if contract is DISCORD:
        credentials["application_id"] = SecretStr(app)
    channel = contract.channel.model_copy(update={"credentials": credentials})
    menu = contract.platform(http, simulator_url).menu
    assert menu is not None
    for commands in (COMMANDS, COMMANDS, COMMANDS[:1]):
        await menu.show(channel, commands)
        shown = await menu.shown(channel)
        assert [item.command for item in shown] == [*always, *(item.command for item in commands)]
        assert shown[len(always)].description == "What things cost"
    for _ in range(2):
        await menu.hide(channel)
        assert [item.command for item in await menu.shown(channel)] == always
