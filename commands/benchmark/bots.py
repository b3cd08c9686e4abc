"""The bots that are measured: one that answers each message in turn, and one that is stopped."""

import secrets
from datetime import UTC, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import bots, channel_admin, voice, workspaces
from adapters.database.channels import credentials_vault
from commands.benchmark.clients import Line
from commands.outside import transaction
from domain.bots import Bot, Bursts, Limits
from domain.paces import BOT_SETTING, CHAT_SETTING
from domain.platforms import PlatformName
from settings import Settings

_BOT = Bot(
    name="Ada",
    instructions="You help customers of Example Ltd. Be brief.",
    bursts=Bursts(policy="queue"),
    limits=Limits(messages_per_minute=None),
)
"""Otherwise as bots are by default: judged by the built-in rules, with forty messages of context."""

_UNLIMITED: dict[str, JsonValue] = {BOT_SETTING: 10_000, CHAT_SETTING: 10_000}
"""The simulator does not count, and what is measured is the product: at a pace that never waits, but is kept."""


async def make_bots(settings: Settings) -> tuple[Line, Line, UUID]:
    """The channel of a bot that answers, that of one that is stopped, and the webchat of the first."""
    async with transaction(settings) as connection:
        workspace_id = await workspaces.ensure(connection, "default")
        bot_id = await bots.add(connection, workspace_id, _BOT, "answers")
        stopped_id = await bots.add(connection, workspace_id, _BOT, "stopped")
        await voice.stop_bot(connection, stopped_id, workspace_id, datetime.now(UTC))
        first = await _channel(connection, settings, workspace_id, bot_id, 1)
        second = await _channel(connection, settings, workspace_id, stopped_id, 2)
        vault = credentials_vault(settings.secrets())
        page = await channel_admin.add(connection, vault, workspace_id, bot_id, PlatformName.WEBCHAT, "page", {}, {})
        return first, second, page


async def _channel(
    connection: AsyncConnection, settings: Settings, workspace_id: UUID, bot_id: UUID, number: int
) -> Line:
    secret = secrets.token_urlsafe(32)
    kept = {"token": f"{number}:{secrets.token_hex(20)}", "webhook_secret": secret}
    vault = credentials_vault(settings.secrets())
    channel_id = await channel_admin.add(
        connection, vault, workspace_id, bot_id, PlatformName.TELEGRAM, "Telegram", kept, _UNLIMITED
    )
    return Line(channel_id, secret)
