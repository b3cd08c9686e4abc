"""`chat-orchestrator keys`: makes, lists and revokes the keys of the API."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from uuid import UUID

from adapters.database import keys, workspaces
from adapters.database.channels import keys_vault
from adapters.database.keys import ListedKey
from adapters.database.tables import Role
from adapters.faults import CommandFailed
from commands.outside import transaction
from commands.tables import plain, print_table
from settings import Settings

_COLUMNS = {"id": "Id", "name": "Name", "workspace": "Workspace", "role": "Role", "last4": "Ends with",
            "created_at": "Made", "last_used_at": "Last used"}  # fmt: skip


class KeyUnknown(CommandFailed):
    """There is no key in force with this id."""


async def create(settings: Settings, workspace: str, role: Role, name: str) -> int:
    """Makes a key and prints its secret, and nothing else, on stdout."""
    async with transaction(settings) as connection:
        workspace_id = await workspaces.ensure(connection, workspace)
        secret = await keys.create(connection, keys_vault(settings.secrets()), workspace_id, role, name)
    print(secret)
    print(f"A key for {role.value}s of {workspace!r}. Keep it now: it is never shown again.", file=sys.stderr)
    return 0


async def show(settings: Settings, *, as_json: bool) -> int:
    """Lists the keys that are in force."""
    async with transaction(settings) as connection:
        items = [_shown(key) for key in await keys.listed(connection)]
    if as_json:
        print(json.dumps({"items": items}, indent=2, ensure_ascii=False))
    else:
        _print_table(items)
    return 0


async def revoke(settings: Settings, key_id: str) -> int:
    """Puts a key out of force; raises `KeyUnknown` when there is none with this id."""
    remedy = "See which there are with: chat-orchestrator keys list."
    try:
        known = UUID(key_id)
    except ValueError as error:
        raise KeyUnknown(f"{key_id!r} is no id of a key.", remedy) from error
    async with transaction(settings) as connection:
        if not await keys.revoke(connection, known):
            raise KeyUnknown(f"There is no key {key_id} in force.", remedy)
    print(f"Revoked {key_id}.", file=sys.stderr)
    return 0


def _shown(key: ListedKey) -> dict[str, object]:
    return {**asdict(key), "id": str(key.id), "created_at": _moment(key.created_at),
            "last_used_at": _moment(key.last_used_at) if key.last_used_at else None}  # fmt: skip


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _print_table(items: Sequence[dict[str, object]]) -> None:
    table = plain(*_COLUMNS.values())
    for item in items:
        table.add_row(*(str(item[column] or "-") for column in _COLUMNS))
    print_table(table)
