"""The demo: made once, found again, and never more than there was."""

import json
import stat
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from adapters.database import channels, keys
from adapters.database.channels import credentials_vault, keys_vault
from adapters.database.engine import Database
from adapters.database.tables import ApiKey, BotRow, ChannelRow
from adapters.platforms.catalogue import http_client, platforms
from adapters.processes.data_directory import DataDirectory
from commands.demo import Simulation, prepare, run
from commands.stand_ins import ADDRESSES, SETUP_FILE
from domain.platforms import PlatformName
from settings import Settings
from tests.product import make_channel
from tests.simulated import TOKEN, Simulated


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    """Where `dev` keeps its key."""
    return DataDirectory(tmp_path)


async def test_a_second_start_finds_everything_again(
    settings: Settings, database: Database, directory: DataDirectory
) -> None:
    first = await prepare(settings, directory)
    second = await prepare(settings, directory)

    assert second == first
    async with database.begin() as connection:
        counts = [
            await connection.scalar(select(func.count()).select_from(table)) for table in (BotRow, ChannelRow, ApiKey)
        ]
    assert counts == [1, 1, 1]


async def test_the_key_is_valid_and_readable_by_its_owner_alone(
    settings: Settings, database: Database, directory: DataDirectory
) -> None:
    made = await prepare(settings, directory)
    file = directory.path / "api-key"

    async with database.begin() as connection:
        holder = await keys.find(connection, keys_vault(settings.secrets()), file.read_text().strip())
    assert holder is not None
    assert holder.role == "admin"
    assert file.read_text().strip() == made.api_key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_key_that_the_database_does_not_know_is_replaced(settings: Settings, directory: DataDirectory) -> None:
    directory.keep("api-key", "co_left_over_from_another_database")
    made = await prepare(settings, directory)

    assert made.api_key != "co_left_over_from_another_database"
    assert (directory.path / "api-key").read_text().strip() == made.api_key


async def test_it_prints_one_address_a_line(
    settings: Settings, directory: DataDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run(settings, directory.path) == 0

    printed = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())
    assert printed.keys() == {"CHAT_URL", "API_KEY", "BOT_ID", "CHANNEL_ID", "SIMULATED"}
    assert printed["CHAT_URL"] == f"{settings.public_url}/chat/{printed['CHANNEL_ID']}"


async def test_a_token_adds_a_telegram_channel_that_polls(
    settings: Settings, database: Database, directory: DataDirectory
) -> None:
    telegram_id = (await prepare(_with_token(settings, TOKEN), directory)).telegram_id
    again = (await prepare(_with_token(settings, f"{TOKEN}-new"), directory)).telegram_id

    assert telegram_id is not None
    assert again == telegram_id
    async with database.begin() as connection:
        access = await channels.load(connection, credentials_vault(settings.secrets()), telegram_id)
    assert access is not None
    assert access.channel.settings == {"polling": True}
    assert access.channel.secret("token") == f"{TOKEN}-new"
    assert access.channel.secret("webhook_secret")


@pytest.mark.slow
async def test_with_an_https_address_the_webhook_is_registered(
    settings: Settings, directory: DataDirectory, simulated: Simulated
) -> None:
    reachable = _with_token(settings, TOKEN).model_copy(
        update={"public_url": "https://chat.example.com", "telegram_api_url": simulated.telegram_api_url}
    )
    await run(reachable, directory.path)
    made = await prepare(reachable, directory)

    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{simulated.telegram_api_url}/bot{TOKEN}/getWebhookInfo")
    assert answer.json()["result"]["url"] == f"https://chat.example.com/webhooks/telegram/{made.telegram_id}"


@pytest.mark.slow
async def test_a_telegram_that_refuses_is_reported_and_stops_nothing(
    settings: Settings, directory: DataDirectory, simulated: Simulated, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = _with_token(settings, "1:wrong").model_copy(update={"telegram_api_url": simulated.telegram_api_url})

    assert await run(refused, directory.path) == 0
    assert "the Telegram channel is not connected" in capsys.readouterr().err


@pytest.mark.slow
async def test_each_simulated_platform_has_a_channel_that_the_simulator_knows(
    settings: Settings, database: Database, directory: DataDirectory, simulated: Simulated
) -> None:
    wanted = Simulation(frozenset(ADDRESSES), "http://127.0.0.1:1")
    first = await prepare(settings, directory, wanted)
    setup = (directory.path / SETUP_FILE).read_text()
    again = await prepare(settings, directory, wanted)

    assert first.simulated == again.simulated == frozenset(ADDRESSES)
    assert (directory.path / SETUP_FILE).read_text() == setup
    for call in json.loads(setup):
        (await simulated.client.post(call["path"], json=call["body"])).raise_for_status()
    assert [(await simulated.post(f"/{name}/settings"))["limits"] for name in ("telegram", "slack")] == [True, True]
    accounts = (await simulated.client.get("/_sim/accounts")).json()
    reachable = settings.model_copy(update=_pointed(simulated))
    http = http_client()
    for platform in ADDRESSES:
        (account,) = accounts[platform]
        assert account["name"] == "Ada"
        channel_id = UUID(account["webhook"].removeprefix(f"http://127.0.0.1:1/webhooks/{platform}/"))
        async with database.begin() as connection:
            access = await channels.load(connection, credentials_vault(settings.secrets()), channel_id)
        assert access is not None
        await platforms(reachable, http)[platform].check(access.channel)
    await http.close()


async def test_a_platform_with_a_channel_of_ones_own_stays_real(
    settings: Settings, database: Database, directory: DataDirectory
) -> None:
    wanted = Simulation(frozenset(ADDRESSES), "http://127.0.0.1:1")
    await prepare(settings, directory, wanted)
    await make_channel(settings, database, "whatsapp", {"phone_number_id": "1"})
    made = await prepare(settings, directory, wanted)

    assert made.simulated == {PlatformName.TELEGRAM, PlatformName.SLACK, PlatformName.DISCORD}
    async with database.begin() as connection:
        left = await connection.scalars(select(ChannelRow.platform).where(ChannelRow.deleted_at.is_(None)))
        assert sorted(left) == ["discord", "slack", "telegram", "webchat", "whatsapp"]


async def test_a_real_token_takes_the_place_of_the_simulated_bot(
    settings: Settings, database: Database, directory: DataDirectory
) -> None:
    await prepare(settings, directory, Simulation(frozenset(ADDRESSES), "http://127.0.0.1:1"))
    others = Simulation(frozenset(ADDRESSES) - {PlatformName.TELEGRAM}, "http://127.0.0.1:1")
    made = await prepare(_with_token(settings, TOKEN), directory, others)

    assert made.telegram_id is not None
    async with database.begin() as connection:
        access = await channels.load(connection, credentials_vault(settings.secrets()), made.telegram_id)
    assert access is not None
    assert access.channel.secret("token") == TOKEN
    assert made.simulated == others.platforms


def _pointed(simulated: Simulated) -> dict[str, str]:
    return {
        "telegram_api_url": simulated.telegram_api_url,
        "slack_api_url": simulated.slack_api_url,
        "discord_api_url": simulated.discord_api_url,
        "graph_api_url": simulated.graph_api_url,
    }


def _with_token(settings: Settings, token: str) -> Settings:
    return settings.model_copy(update={"telegram_bot_token": SecretStr(token)})
