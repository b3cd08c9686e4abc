"""The demo: made once, found again, and never more than there was."""

import stat
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from adapters.database import channels, keys
from adapters.database.channels import credentials_vault, keys_vault
from adapters.database.engine import Database
from adapters.database.tables import ApiKey, BotRow, ChannelRow
from adapters.processes.data_directory import DataDirectory
from commands.demo import prepare, run
from settings import Settings
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
    assert printed.keys() == {"CHAT_URL", "API_KEY", "BOT_ID", "CHANNEL_ID"}
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


async def test_a_telegram_that_refuses_is_reported_and_stops_nothing(
    settings: Settings, directory: DataDirectory, simulated: Simulated, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = _with_token(settings, "1:wrong").model_copy(update={"telegram_api_url": simulated.telegram_api_url})

    assert await run(refused, directory.path) == 0
    assert "the Telegram channel is not connected" in capsys.readouterr().err


def _with_token(settings: Settings, token: str) -> Settings:
    return settings.model_copy(update={"telegram_bot_token": SecretStr(token)})
