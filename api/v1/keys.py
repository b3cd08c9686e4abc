"""API keys of the workspace: made, listed, revoked."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from adapters.database import workspace_keys
from adapters.database.tables import Role
from api.idempotency import AdminOnce
from api.pages import Cursor, Limit, Listed, position, timed
from api.problems import not_found
from api.resources import Using
from api.security import Admin
from api.v1.objects import Shown
from api.v1.routing import Route
from domain.models import Strict

router = APIRouter(prefix="/keys", route_class=Route, tags=["keys"])


class NewKey(Strict):
    """A key as it is made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "the helpdesk", "role": "operator"}]})

    role: Role
    name: Annotated[str, Field(max_length=200)] = ""


class ApiKey(Shown):
    """A key in force; `last4` are the last characters of its secret."""

    id: UUID
    name: str
    workspace: str = Field(examples=["default"])
    role: Role
    last4: str
    created_at: datetime
    last_used_at: datetime | None


class MadeKey(ApiKey):
    """A key that was made just now."""

    secret: str = Field(description="Sent as `Authorization: Bearer <secret>`. It is shown this once.")


@router.post("", status_code=201, summary="Make an API key")
async def create(new: NewKey, once: AdminOnce, using: Using) -> MadeKey:
    """The answer alone holds the secret; keep it."""
    async with using.database.begin() as connection:
        row, secret = await workspace_keys.add(connection, using.keys, once.who.workspace_id, new.role, new.name)
        made = MadeKey.of({**row, "secret": secret})
        await once.keep(connection, made)
    return made


@router.get("", summary="List API keys")
async def read_all(who: Admin, using: Using, limit: Limit = 50, cursor: Cursor = None) -> Listed[ApiKey]:
    """Newest first; those that were revoked are not among them."""
    after = position("keys", cursor)
    async with using.database.begin() as connection:
        rows = await workspace_keys.page(connection, who.workspace_id, after, limit)
    return timed("keys", rows, limit, ApiKey.of)


@router.delete("/{key_id}", status_code=204, summary="Revoke an API key")
async def revoke(key_id: UUID, who: Admin, using: Using) -> None:
    """It is out of force from the answer on."""
    async with using.database.begin() as connection:
        if not await workspace_keys.revoke(connection, who.workspace_id, key_id, datetime.now(UTC)):
            raise not_found("key", key_id)
