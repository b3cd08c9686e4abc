"""The demo bot's channels on the platforms that the simulator stands in for, and what the simulator is told of them."""

import json
import secrets
from collections.abc import Callable, Mapping, Set
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import JsonValue
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import channel_admin
from adapters.database.channels import credentials_vault
from adapters.database.scope import scoped
from adapters.database.tables import ChannelRow
from adapters.vault import KeyMissing, Vault
from commands.stand_ins import ADDRESSES
from domain.platforms import PlatformName
from settings import Settings

SETTING = "simulated"
"""The setting that a channel of ours has; every other channel of a platform makes it one of the person's own."""
_NAME = "Ada"
_UPDATES: list[JsonValue] = ["message", "edited_message", "callback_query", "my_chat_member", "message_reaction"]


async def prepare(
    connection: AsyncConnection,
    settings: Settings,
    workspace_id: UUID,
    bot_id: UUID,
    wanted: Set[PlatformName],
    api_url: str,
) -> tuple[frozenset[PlatformName], str]:
    """Give the bot a channel on each wanted platform on which nobody has one of their own, and take the others away.

    Returns these platforms, and the setup of a simulator that knows their bots.
    """
    vault = credentials_vault(settings.secrets())
    chosen = await _unused(connection, wanted)
    kept = {row["platform"]: row for row in await _ours(connection, workspace_id, bot_id)}
    for platform, row in kept.items():
        if platform not in chosen:
            await channel_admin.remove(connection, workspace_id, row["id"], datetime.now(UTC))
    calls: list[JsonValue] = []
    for platform in sorted(chosen):
        channel_id, known = await _channel(connection, vault, workspace_id, bot_id, platform, kept.get(platform))
        calls += _CALLS[platform](known, f"{api_url}/webhooks/{platform}/{channel_id}")
    return chosen, json.dumps(calls)


async def _unused(connection: AsyncConnection, wanted: Set[PlatformName]) -> frozenset[PlatformName]:
    """An address holds for all channels of a platform: one that is not ours needs the real one."""
    own = select(ChannelRow.platform).where(
        ChannelRow.deleted_at.is_(None), ~ChannelRow.settings.contains({SETTING: True})
    )
    rows = await connection.scalars(own.distinct())
    real = {ADDRESSES[name][0] for name in map(PlatformName, rows) if name in ADDRESSES}
    return frozenset(name for name in wanted if ADDRESSES[name][0] not in real)


async def _ours(connection: AsyncConnection, workspace_id: UUID, bot_id: UUID) -> list[RowMapping]:
    query = select(ChannelRow.id, ChannelRow.platform).where(
        ChannelRow.bot_id == bot_id, ChannelRow.deleted_at.is_(None), ChannelRow.settings.contains({SETTING: True})
    )
    found = await connection.execute(scoped(query, workspace_id).order_by(ChannelRow.created_at.desc()))
    return list(found.mappings())


async def _channel(
    connection: AsyncConnection,
    vault: Vault,
    workspace_id: UUID,
    bot_id: UUID,
    platform: PlatformName,
    row: RowMapping | None,
) -> tuple[UUID, dict[str, str]]:
    """The channel and its credentials; those that no key of ours opens any longer are made anew."""
    title, marked = f"{platform.title()} (simulated)", {SETTING: True}
    if row is not None:
        try:
            return row["id"], await channel_admin.credentials(connection, vault, workspace_id, row["id"])
        except KeyMissing:
            made = _CREDENTIALS[platform]()
            await channel_admin.change(connection, vault, workspace_id, row["id"], title, made, marked)
            return row["id"], made
    made = _CREDENTIALS[platform]()
    added = await channel_admin.add(connection, vault, workspace_id, bot_id, platform, title, made, marked)
    return added, made


def _telegram() -> dict[str, str]:
    return {
        "token": f"{_number(10)}:simulated-{secrets.token_urlsafe(24)}",
        "webhook_secret": secrets.token_urlsafe(32),
    }


def _slack() -> dict[str, str]:
    return {"bot_token": f"xoxb-simulated-{secrets.token_hex(16)}", "signing_secret": secrets.token_hex(16)}


def _whatsapp() -> dict[str, str]:
    return {"access_token": _token(), "phone_number_id": _number(15), **_meta()}


def _messenger() -> dict[str, str]:
    return {"page_access_token": _token(), "page_id": _number(15), "app_id": _number(15), **_meta()}


def _discord() -> dict[str, str]:
    """The simulator makes a bot's id and key of its token."""
    token = f"simulated-{secrets.token_hex(8)}.{secrets.token_hex(3)}.{secrets.token_hex(19)}"
    digest = sha256(token.encode())
    key = Ed25519PrivateKey.from_private_bytes(digest.digest()).public_key().public_bytes_raw().hex()
    return {"bot_token": token, "public_key": key, "application_id": str(10**17 + int(digest.hexdigest()[:12], 16))}


def _meta() -> dict[str, str]:
    return {"app_secret": secrets.token_hex(16), "verify_token": secrets.token_urlsafe(16)}


def _token() -> str:
    return f"simulated-{secrets.token_urlsafe(32)}"


def _number(digits: int) -> str:
    return str(10 ** (digits - 1) + secrets.randbelow(9 * 10 ** (digits - 1)))


_CREDENTIALS: Mapping[PlatformName, Callable[[], dict[str, str]]] = {
    PlatformName.TELEGRAM: _telegram,
    PlatformName.SLACK: _slack,
    PlatformName.WHATSAPP: _whatsapp,
    PlatformName.MESSENGER: _messenger,
    PlatformName.DISCORD: _discord,
}


def _call(path: str, **body: JsonValue) -> dict[str, JsonValue]:
    return {"path": path, "body": body}


def _tell_telegram(known: Mapping[str, str], url: str) -> list[JsonValue]:
    wanted: dict[str, JsonValue] = {"allowed_updates": _UPDATES, "secret_token": known["webhook_secret"]}
    bot = f"/telegram/bot{known['token']}"
    named, heard = _call(f"{bot}/setMyName", name=_NAME), _call(f"{bot}/setWebhook", url=url, **wanted)
    return [named, heard, _call("/_sim/telegram/settings", limits=True)]


def _tell_slack(known: Mapping[str, str], url: str) -> list[JsonValue]:
    """The API answers no challenge yet: it starts after the simulator."""
    given: dict[str, JsonValue] = {"signing_secret": known["signing_secret"], "request_url": url, "challenge": False}
    app = _call(f"/_sim/slack/{known['bot_token']}/app", title=_NAME, **given)
    return [app, _call("/_sim/slack/settings", limits=True)]


def _tell_whatsapp(known: Mapping[str, str], url: str) -> list[JsonValue]:
    given: dict[str, JsonValue] = {name: known[name] for name in ("access_token", "app_secret")}
    number = _call(f"/_sim/whatsapp/numbers/{known['phone_number_id']}", name=_NAME, app_url=url, **given)
    return [number, _call("/_sim/whatsapp/settings", pair_limit=True)]


def _tell_messenger(known: Mapping[str, str], url: str) -> list[JsonValue]:
    given: dict[str, JsonValue] = {name: known[name] for name in ("app_id", "app_secret")}
    token = known["page_access_token"]
    page = _call(f"/_sim/messenger/pages/{known['page_id']}", name=_NAME, access_token=token, app_url=url, **given)
    return [page, _call("/_sim/messenger/settings", profile_limit=True)]


def _tell_discord(known: Mapping[str, str], url: str) -> list[JsonValue]:
    return [_call(f"/_sim/discord/{known['bot_token']}/app", endpoint=url)]


_CALLS: Mapping[PlatformName, Callable[[Mapping[str, str], str], list[JsonValue]]] = {
    PlatformName.TELEGRAM: _tell_telegram,
    PlatformName.SLACK: _tell_slack,
    PlatformName.WHATSAPP: _tell_whatsapp,
    PlatformName.MESSENGER: _tell_messenger,
    PlatformName.DISCORD: _tell_discord,
}
