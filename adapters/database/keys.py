"""API keys: made, found by a keyed digest of their secret, listed and revoked."""

import binascii
import re
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.tables import ApiKey, Role, Workspace
from adapters.vault import Vault

_PREFIX = "co_"
_RANDOM_CHARACTERS = 37
_ALPHABET = string.ascii_letters + string.digits
_FORM = re.compile(rf"{_PREFIX}[A-Za-z0-9]{{{_RANDOM_CHARACTERS}}}[0-9a-f]{{8}}")
_USED_EVERY_SECONDS = 60


@dataclass(frozen=True)
class KeyHolder:
    """What a key stands for."""

    id: UUID
    workspace_id: UUID
    role: str


@dataclass(frozen=True)
class ListedKey:
    """A key as it may be shown."""

    id: UUID
    name: str
    workspace: str
    role: str
    last4: str
    created_at: datetime
    last_used_at: datetime | None


def well_formed(key: str) -> bool:
    """Whether a text is a key of ours, by its form and checksum; told without the database."""
    return _FORM.fullmatch(key) is not None and key[-8:] == _checksum(key[:-8])


def _checksum(text: str) -> str:
    return f"{binascii.crc32(text.encode()):08x}"


async def create(connection: AsyncConnection, vault: Vault, workspace_id: UUID, role: Role, name: str) -> str:
    """Make a key and return its secret, which nobody can read again."""
    body = _PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARACTERS))
    key = body + _checksum(body)
    row = {
        "id": uuid4(),
        "workspace_id": workspace_id,
        "name": name,
        "role": role,
        "secret_digest": vault.fingerprints(key)[0],
        "last4": key[-4:],
    }
    await connection.execute(insert(ApiKey).values(row))
    return key


async def find(connection: AsyncConnection, vault: Vault, key: str) -> KeyHolder | None:
    """Who holds this key; None when it is unknown or revoked."""
    query = select(ApiKey.id, ApiKey.workspace_id, ApiKey.role, ApiKey.last_used_at).where(
        ApiKey.secret_digest.in_(vault.fingerprints(key)), ApiKey.revoked_at.is_(None)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    now = datetime.now(UTC)
    if row.last_used_at is None or (now - row.last_used_at).total_seconds() > _USED_EVERY_SECONDS:
        await connection.execute(update(ApiKey).where(ApiKey.id == row.id).values(last_used_at=now))
    return KeyHolder(row.id, row.workspace_id, row.role)


async def listed(connection: AsyncConnection) -> Sequence[ListedKey]:
    """All keys that are in force, oldest first."""
    query = (
        select(ApiKey, Workspace.name.label("workspace"))
        .join(Workspace, Workspace.id == ApiKey.workspace_id)
        .where(ApiKey.revoked_at.is_(None))
        .order_by(ApiKey.created_at, ApiKey.id)
    )
    return [
        ListedKey(row.id, row.name, row.workspace, row.role, row.last4, row.created_at, row.last_used_at)
        for row in await connection.execute(query)
    ]


async def revoke(connection: AsyncConnection, key_id: UUID) -> bool:
    """Put a key out of force at once; whether there was one."""
    revoked = (
        update(ApiKey)
        .where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(ApiKey.id)
    )
    return await connection.scalar(revoked) is not None
