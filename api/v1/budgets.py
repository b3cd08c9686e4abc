"""Budgets of today: what may be spent, what is spent, and what calls under way hold."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import bots, budget_days, conversations, workspaces
from api.pages import Listed
from api.problems import not_found
from api.resources import Using
from api.security import Viewer
from api.v1.routing import Route
from domain.bots import Bot, DayLimits, Limits
from domain.budgets import Owner, day_of, limits_of, remaining, resets_at
from domain.ids import WorkspaceId
from domain.workspaces import WorkspaceSettings

router = APIRouter(route_class=Route, tags=["budgets"])


class Share(BaseModel):
    """One side of a budget."""

    model_config = ConfigDict(frozen=True)

    limit: float | None = Field(description="null: none.")
    spent: float = Field(description="What calls came to; those of unknown price have no cost.")
    reserved: float = Field(description="What calls under way may come to at most.")
    remaining: float | None = Field(description="What the next call must fit into; null where there is no limit.")


class Budget(BaseModel):
    """An owner's day."""

    model_config = ConfigDict(frozen=True)

    day: date = Field(description="In UTC.")
    resets_at: datetime
    tokens: Share
    cost: Share


class OwnedBudget(Budget):
    """An owner's day, and whose it is."""

    owner: Owner
    id: UUID = Field(description="Of the conversation, the contact, the bot or the workspace.")


OfBot = Annotated[UUID | None, Query(description="That of this bot as well.")]
OfConversation = Annotated[
    UUID | None, Query(description="Those that a call for this conversation is paid from: its own, its contact's, its "
                                   "bot's and the workspace's.")
]  # fmt: skip


@router.get("/bots/{bot_id}/budget", summary="Read a bot's budget of today")
async def read(bot_id: UUID, who: Viewer, using: Using) -> Budget:
    """Tokens and cost, the cost in the currency of the prices."""
    now = datetime.now(UTC)
    async with using.database.begin() as connection:
        limits = await _bot_limits(connection, who.workspace_id, bot_id)
        return await _budget(connection, who.workspace_id, "bot", bot_id, limits, now)


@router.get("/budgets", summary="Read budgets of today")
async def read_all(
    who: Viewer, using: Using, bot_id: OfBot = None, conversation_id: OfConversation = None
) -> Listed[OwnedBudget]:
    """The workspace's, and those that the query names; a call must fit into all that it is paid from."""
    now = datetime.now(UTC)
    async with using.database.begin() as connection:
        ids, limits = await _owners(connection, who.workspace_id, bot_id, conversation_id)
        items = [
            OwnedBudget(
                owner=owner,
                id=owner_id,
                **dict(await _budget(connection, who.workspace_id, owner, owner_id, limits[owner], now)),
            )
            for owner, owner_id in ids.items()
        ]
    return Listed(items=items, next_cursor=None)


async def _owners(
    connection: AsyncConnection, workspace_id: WorkspaceId, bot_id: UUID | None, conversation_id: UUID | None
) -> tuple[dict[Owner, UUID], dict[Owner, DayLimits]]:
    """Whose budgets are wanted, and their limits; 404 for who is not there."""
    ids: dict[Owner, UUID] = {}
    if conversation_id is not None:
        row = await conversations.one(connection, workspace_id, conversation_id)
        if row is None or bot_id not in (None, row["bot_id"]):
            raise not_found("conversation", conversation_id)
        ids, bot_id = {"conversation": conversation_id, "contact": row["contact_id"]}, row["bot_id"]
    limits = Limits()
    if bot_id is not None:
        limits = await _bot_limits(connection, workspace_id, bot_id)
        ids["bot"] = bot_id
    ids["workspace"] = workspace_id
    stored = await workspaces.one(connection, workspace_id)
    return ids, limits_of(limits, WorkspaceSettings.model_validate(stored["settings"]).limits)


async def _bot_limits(connection: AsyncConnection, workspace_id: WorkspaceId, bot_id: UUID) -> Limits:
    row = await bots.one(connection, workspace_id, bot_id)
    if row is None:
        raise not_found("bot", bot_id)
    return Bot.model_validate(row["settings"]).limits


async def _budget(
    connection: AsyncConnection,
    workspace_id: WorkspaceId,
    owner: Owner,
    owner_id: UUID,
    limits: DayLimits,
    now: datetime,
) -> Budget:
    found = await budget_days.standing(connection, workspace_id, owner, owner_id, now)
    spent, reserved = found.spent, found.reserved
    return Budget(
        day=day_of(now),
        resets_at=resets_at(day_of(now)),
        tokens=_share(limits.tokens_per_day, spent.tokens, reserved.tokens),
        cost=_share(limits.cost_per_day, spent.cost or 0, reserved.cost or 0),
    )


def _share(limit: float | None, spent: float, reserved: float) -> Share:
    return Share(limit=limit, spent=spent, reserved=reserved, remaining=remaining(limit, spent, reserved))
