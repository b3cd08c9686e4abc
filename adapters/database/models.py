"""The models of a workspace: kept with their keys sealed, listed, changed, and deleted by a mark."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from psycopg.errors import UniqueViolation
from sqlalchemy import RowMapping, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.channels import open_credentials, seal_credentials
from adapters.database.paging import Position, page_of
from adapters.database.scope import scoped
from adapters.database.tables import BotRow, ModelRow
from adapters.vault import Vault
from domain.offered_models import OfferedModel

_COLUMNS = (
    ModelRow.id,
    ModelRow.name,
    ModelRow.is_default,
    ModelRow.settings,
    ModelRow.credential_ends,
    ModelRow.created_at,
    ModelRow.updated_at,
)
_SEALED = (ModelRow.credentials, ModelRow.credentials_key_id)


class NameTaken(Exception):
    """Another model of the workspace has this name, or became its default at the same moment."""


@dataclass(frozen=True)
class KeptModel:
    """A model of a workspace, with its keys still sealed; `updated_at` tells one version from the next."""

    id: UUID
    name: str
    offered: OfferedModel
    updated_at: datetime
    credentials: bytes | None
    credentials_key_id: str | None

    def keys(self, vault: Vault) -> dict[str, str]:
        """Its keys in the clear, by name, in the order of use; raises `KeyMissing`."""
        return open_credentials(vault, self.id, self.credentials, self.credentials_key_id)


async def page(
    connection: AsyncConnection, workspace_id: UUID, after: Position | None, limit: int
) -> Sequence[RowMapping]:
    """The models of a workspace."""
    listing = scoped(select(*_COLUMNS).where(ModelRow.deleted_at.is_(None)), workspace_id)
    return (await connection.execute(page_of(listing, ModelRow.created_at, ModelRow.id, after, limit))).mappings().all()


async def one(
    connection: AsyncConnection, workspace_id: UUID, model_id: UUID, *, lock: bool = False
) -> RowMapping | None:
    """A model; `lock`: nobody else changes it, or names it anew, until the transaction ends."""
    query = select(*_COLUMNS).where(ModelRow.id == model_id, ModelRow.deleted_at.is_(None))
    query = scoped(query.with_for_update() if lock else query, workspace_id)
    return (await connection.execute(query)).mappings().one_or_none()


async def kept(connection: AsyncConnection, workspace_id: UUID, model_id: UUID) -> KeptModel | None:
    """A model as it is asked."""
    query = select(*_COLUMNS, *_SEALED).where(ModelRow.id == model_id, ModelRow.deleted_at.is_(None))
    row = (await connection.execute(scoped(query, workspace_id))).mappings().one_or_none()
    return _kept(row) if row else None


async def named(connection: AsyncConnection, workspace_id: UUID, name: str) -> KeptModel | None:
    """The model of this name as it is asked."""
    query = select(*_COLUMNS, *_SEALED).where(ModelRow.name == name, ModelRow.deleted_at.is_(None))
    row = (await connection.execute(scoped(query, workspace_id))).mappings().one_or_none()
    return _kept(row) if row else None


async def everywhere(connection: AsyncConnection) -> Sequence[KeptModel]:
    """The models of all workspaces, the oldest first."""
    query = select(*_COLUMNS, *_SEALED).where(ModelRow.deleted_at.is_(None))
    rows = await connection.execute(query.order_by(ModelRow.created_at, ModelRow.id))
    return [_kept(row) for row in rows.mappings()]


async def offered(
    connection: AsyncConnection, workspace_id: UUID, names: Collection[str]
) -> Mapping[str, OfferedModel]:
    """Those of these models that there are; none of them is deleted until the transaction ends."""
    query = select(ModelRow.name, ModelRow.settings).where(ModelRow.name.in_(names), ModelRow.deleted_at.is_(None))
    rows = await connection.execute(scoped(query.order_by(ModelRow.name).with_for_update(read=True), workspace_id))
    return {row.name: OfferedModel.model_validate(row.settings) for row in rows}


async def default(connection: AsyncConnection, workspace_id: UUID) -> str | None:
    """The name of the model that a bot gets whose owner names none."""
    query = select(ModelRow.name).where(ModelRow.is_default, ModelRow.deleted_at.is_(None))
    return await connection.scalar(scoped(query, workspace_id))


async def add(
    connection: AsyncConnection,
    vault: Vault,
    workspace_id: UUID,
    name: str,
    model: OfferedModel,
    keys: dict[str, str],
    *,
    is_default: bool,
) -> UUID:
    """Keep a new model with its keys sealed; raises `NameTaken`."""
    model_id = uuid4()
    if is_default:
        await _step_back(connection, workspace_id)
    row = {
        "id": model_id,
        "workspace_id": workspace_id,
        "name": name,
        "is_default": is_default,
        "settings": model.model_dump(mode="json"),
        **seal_credentials(vault, model_id, keys),
    }
    try:
        await connection.execute(insert(ModelRow).values(row))
    except IntegrityError as error:
        raise _taken(error, name) from error
    return model_id


async def change(
    connection: AsyncConnection,
    vault: Vault,
    workspace_id: UUID,
    model_id: UUID,
    model: OfferedModel,
    keys: dict[str, str] | None,
    *,
    is_default: bool,
) -> None:
    """Replace what a model is; without `keys` it keeps those that it has. Raises `NameTaken`."""
    if is_default:
        await _step_back(connection, workspace_id)
    # Not now(), which is the beginning of the transaction: two changes shall never leave the same time.
    values: dict[str, object] = {
        "settings": model.model_dump(mode="json"),
        "is_default": is_default,
        "updated_at": func.clock_timestamp(),
    }
    if keys is not None:
        values |= seal_credentials(vault, model_id, keys)
    changed = scoped(update(ModelRow).where(ModelRow.id == model_id), workspace_id).values(values)
    try:
        await connection.execute(changed)
    except IntegrityError as error:
        raise _taken(error, "default") from error


async def users(connection: AsyncConnection, workspace_id: UUID, name: str) -> Sequence[str]:
    """The names of the bots that name a model, to answer or to moderate."""
    settings = BotRow.settings
    uses = or_(
        settings.contains({"model": {"provider": name}}),
        settings.contains({"fallback_models": [{"provider": name}]}),
        settings.contains({"moderation": {"provider": name}}),
        settings.contains({"understanding": {"model": {"provider": name}}}),
    )
    query = select(BotRow.name).where(BotRow.deleted_at.is_(None), uses).order_by(BotRow.name)
    return (await connection.scalars(scoped(query, workspace_id))).all()


async def remove(connection: AsyncConnection, workspace_id: UUID, model_id: UUID, now: datetime) -> None:
    """Mark a model as deleted and forget its keys."""
    removed = scoped(update(ModelRow).where(ModelRow.id == model_id), workspace_id)
    gone: dict[str, object] = {
        "deleted_at": now,
        "credentials": None,
        "credentials_key_id": None,
        "credential_ends": {},
    }
    await connection.execute(removed.values(gone))


async def _step_back(connection: AsyncConnection, workspace_id: UUID) -> None:
    others = scoped(update(ModelRow).where(ModelRow.is_default, ModelRow.deleted_at.is_(None)), workspace_id)
    await connection.execute(others.values(is_default=False))


def _kept(row: RowMapping) -> KeptModel:
    return KeptModel(
        row["id"],
        row["name"],
        OfferedModel.model_validate(row["settings"]),
        row["updated_at"],
        row["credentials"],
        row["credentials_key_id"],
    )


def _taken(error: IntegrityError, name: str) -> Exception:
    unique = ("uq_models_name", "uq_models_default")
    if isinstance(error.orig, UniqueViolation) and error.orig.diag.constraint_name in unique:
        return NameTaken(f"another model of this workspace is {name!r}; choose another name, or change that one")
    return error
