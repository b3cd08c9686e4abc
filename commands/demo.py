"""`python -m commands.demo`: what `dev` needs to be talked to: a bot, its chat page and an API key; made once, kept."""

import argparse
import asyncio
import secrets
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import bots, channel_admin, channels, keys, workspaces
from adapters.database.channels import credentials_vault, keys_vault
from adapters.database.notifications import channels_changed
from adapters.database.scope import scoped
from adapters.database.tables import BotRow, ChannelRow, Role
from adapters.errors import OutsideError
from adapters.platforms.catalogue import http_client, platforms
from adapters.processes.data_directory import DataDirectory
from adapters.processes.supervisor import leave
from commands import simulated
from commands.config import read
from commands.outside import transaction
from commands.sentences import ended
from commands.services import report
from commands.stand_ins import SETUP_FILE
from domain.bots import Bot
from domain.buttons import Button
from domain.platforms import PlatformName
from settings import Settings

KEY = "demo"
_BOT = Bot(
    name="Ada",
    instructions="You are Ada, the demo bot of Chat Orchestrator. You are friendly, brief and honest about what you "
    "do not know. If somebody asks what Chat Orchestrator is: it runs AI chat bots on messaging platforms, durably.",
    greeting="Hello, I am Ada. Write me something, and I will answer.",
    quick_replies=(Button(label="What can you do?"), Button(label="Tell me something")),
)


@dataclass(frozen=True)
class Demo:
    """What was made or found."""

    bot_id: UUID
    channel_id: UUID
    telegram_id: UUID | None
    api_key: str
    simulated: frozenset[PlatformName] = frozenset()
    """The platforms on which it has a channel that the simulator serves."""


@dataclass(frozen=True)
class Simulation:
    """The platforms for which a simulator is to stand in, and where it finds the API."""

    platforms: Set[PlatformName] = frozenset()
    api_url: str = ""


async def prepare(settings: Settings, directory: DataDirectory, wanted: Simulation | None = None) -> Demo:
    """Makes what is missing; what the user changed about the bot stays."""
    asked = wanted or Simulation()
    async with transaction(settings) as connection:
        workspace_id = await workspaces.ensure(connection, "default")
        bot_id = await _bot(connection, workspace_id)
        chosen, setup = await simulated.prepare(
            connection, settings, workspace_id, bot_id, asked.platforms, asked.api_url
        )
        channel_id = await _webchat(connection, settings, workspace_id, bot_id)
        telegram_id = await _telegram(connection, settings, workspace_id, bot_id)
        api_key = await _api_key(connection, settings, workspace_id, directory)
        await channels_changed(connection)
    directory.keep(SETUP_FILE, setup)
    return Demo(bot_id, channel_id, telegram_id, api_key, chosen)


async def _bot(connection: AsyncConnection, workspace_id: UUID) -> UUID:
    query = select(BotRow.id).where(BotRow.key == KEY, BotRow.deleted_at.is_(None))
    found = await connection.scalar(scoped(query, workspace_id))
    return found or await bots.add(connection, workspace_id, _BOT, KEY)


async def _webchat(connection: AsyncConnection, settings: Settings, workspace_id: UUID, bot_id: UUID) -> UUID:
    found = await _channel(connection, workspace_id, bot_id, PlatformName.WEBCHAT)
    vault = credentials_vault(settings.secrets())
    return found or await channel_admin.add(
        connection, vault, workspace_id, bot_id, PlatformName.WEBCHAT, "Chat page", {}, {}
    )


async def _telegram(connection: AsyncConnection, settings: Settings, workspace_id: UUID, bot_id: UUID) -> UUID | None:
    """The channel of TELEGRAM_BOT_TOKEN, with the token and the way of hearing that the settings name now."""
    if settings.telegram_bot_token is None:
        return None
    vault = credentials_vault(settings.secrets())
    token = settings.telegram_bot_token.get_secret_value()
    wanted: dict[str, JsonValue] = {"polling": not _is_reachable(settings)}
    found = await _channel(connection, workspace_id, bot_id, PlatformName.TELEGRAM)
    if found is None:
        made = {"token": token, "webhook_secret": secrets.token_urlsafe(32)}
        return await channel_admin.add(
            connection, vault, workspace_id, bot_id, PlatformName.TELEGRAM, "Telegram", made, wanted
        )
    kept = await channel_admin.credentials(connection, vault, workspace_id, found)
    row = await channel_admin.one(connection, workspace_id, found)
    assert row is not None
    await channel_admin.change(
        connection, vault, workspace_id, found, row["name"], {**kept, "token": token}, {**row["settings"], **wanted}
    )
    return found


async def _channel(
    connection: AsyncConnection, workspace_id: UUID, bot_id: UUID, platform: PlatformName
) -> UUID | None:
    query = select(ChannelRow.id).where(
        ChannelRow.bot_id == bot_id, ChannelRow.platform == platform, ChannelRow.deleted_at.is_(None)
    )
    return await connection.scalar(scoped(query, workspace_id).order_by(ChannelRow.created_at).limit(1))


async def _api_key(
    connection: AsyncConnection, settings: Settings, workspace_id: UUID, directory: DataDirectory
) -> str:
    """The key of the file, as long as the database knows it: either may have been thrown away alone."""
    vault = keys_vault(settings.secrets())
    kept = directory.kept("api-key", str)
    if keys.well_formed(kept) and await keys.find(connection, vault, kept) is not None:
        return kept
    return directory.keep("api-key", await keys.create(connection, vault, workspace_id, Role.ADMIN, "dev"))


async def tell_telegram(settings: Settings, channel_id: UUID) -> None:
    """Registers the webhook where PUBLIC_URL can be reached, and removes it where the gateway polls."""
    http = http_client()
    try:
        async with transaction(settings) as connection:
            access = await channels.load(connection, credentials_vault(settings.secrets()), channel_id)
        assert access is not None
        telegram = platforms(settings, http)[PlatformName.TELEGRAM]
        if _is_reachable(settings):
            await telegram.register(access.channel, f"{settings.public_url}/webhooks/telegram/{channel_id}")
        else:
            await telegram.remove(access.channel)
    except OutsideError as error:
        report(f"the Telegram channel is not connected: {error}")
    finally:
        await http.close()


def _is_reachable(settings: Settings) -> bool:
    return settings.public_url.startswith("https://")


async def run(settings: Settings, data_dir: Path, wanted: Simulation | None = None) -> int:
    """Prints what `dev` shows, one NAME=VALUE a line."""
    demo = await prepare(settings, DataDirectory(data_dir), wanted)
    if demo.telegram_id is not None:
        await tell_telegram(settings, demo.telegram_id)
    print(f"CHAT_URL={settings.public_url}/chat/{demo.channel_id}")
    print(f"API_KEY={demo.api_key}")
    print(f"BOT_ID={demo.bot_id}")
    print(f"CHANNEL_ID={demo.channel_id}")
    print(f"SIMULATED={' '.join(sorted(demo.simulated))}")
    return 0


def main() -> None:
    """The entry point."""
    parser = argparse.ArgumentParser(prog="python -m commands.demo", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--simulated", nargs="*", type=PlatformName, default=(), help="platforms to simulate")
    parser.add_argument("--api-url", default="", help="where the simulator finds the API")
    given = parser.parse_args()
    wanted = Simulation(frozenset(given.simulated), given.api_url)
    try:
        code = asyncio.run(run(read("database_url", "secret_key"), given.data_dir, wanted))
    except Exception as error:  # noqa: BLE001  the outermost frame: whatever comes becomes a sentence
        said, code = ended(error)
        report(said)
    leave(code)


if __name__ == "__main__":
    main()
