"""The workspace of the key: its name, and what holds for all its bots together."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body
from pydantic import ConfigDict, JsonValue, ValidationError
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import bots, models, workspaces
from adapters.database.notifications import channels_changed
from api.problems import invalid
from api.resources import Using
from api.security import Admin, Viewer
from api.v1.model_use import price_fault
from api.v1.patches import patched, refused
from api.v1.routing import Route
from domain.bots import Bot
from domain.ids import WorkspaceId
from domain.offered_models import names_used
from domain.workspaces import WorkspaceSettings

router = APIRouter(prefix="/workspace", route_class=Route, tags=["workspace"])


class StoredWorkspace(WorkspaceSettings):
    """A workspace with its settings."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str
    created_at: datetime
    updated_at: datetime


Patch = Annotated[
    dict[str, JsonValue],
    Body(
        description="A JSON Merge Patch (RFC 7396) of the settings: what is left out stays; null is no limit.",
        examples=[{"limits": {"tokens_per_day": 5_000_000, "cost_per_day": None}}],
    ),
]


@router.get("", summary="Read the workspace")
async def read(who: Viewer, using: Using) -> StoredWorkspace:
    """The one that the key belongs to."""
    async with using.database.begin() as connection:
        return _stored(await workspaces.one(connection, who.workspace_id))


@router.patch("", summary="Change the workspace")
async def change(patch: Patch, who: Admin, using: Using) -> StoredWorkspace:
    """Holds from the next call of a model on."""
    async with using.database.begin() as connection:
        row = await workspaces.one(connection, who.workspace_id, lock=True)
        try:
            wanted = WorkspaceSettings.model_validate(patched(WorkspaceSettings, row["settings"], patch))
        except ValidationError as error:
            raise refused(error) from error
        if wanted.limits.cost_per_day is not None:
            await _check_prices(connection, who.workspace_id)
        await workspaces.change(connection, who.workspace_id, wanted)
        await channels_changed(connection)
        stored = _stored(await workspaces.one(connection, who.workspace_id))
    using.channels.forget()
    return stored


async def _check_prices(connection: AsyncConnection, workspace_id: WorkspaceId) -> None:
    """422 where a bot's calls could not be counted against a budget of cost."""
    for settings in await bots.all_settings(connection, workspace_id):
        bot = Bot.model_validate(settings)
        used = names_used(bot)
        fault = price_fault(bot, await models.offered(connection, workspace_id, used) if used else {})
        if fault is not None:
            raise invalid(f"limits.cost_per_day: of the bot {bot.name!r} {fault.sentence}.", fault.code)


def _stored(row: RowMapping) -> StoredWorkspace:
    fields = {name: row[name] for name in ("id", "name", "created_at", "updated_at")}
    return StoredWorkspace.model_validate({**row["settings"], **fields})
