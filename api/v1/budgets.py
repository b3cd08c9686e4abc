"""A bot's budget: what it may spend on a day, what is spent, and what calls under way hold."""

from datetime import UTC, date, datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from adapters.database import bots, budgets
from api.problems import not_found
from api.resources import Using
from api.security import Viewer
from api.v1.routing import Route
from domain.bots import Bot
from domain.budgets import day_of, remaining, resets_at

router = APIRouter(prefix="/bots", route_class=Route, tags=["bots"])


class Share(BaseModel):
    """One side of a budget."""

    model_config = ConfigDict(frozen=True)

    limit: float | None = Field(description="null: none.")
    spent: float = Field(description="What calls came to; those of unknown price have no cost.")
    reserved: float = Field(description="What calls under way may come to at most.")
    remaining: float | None = Field(description="What the next call must fit into; null where there is no limit.")


class Budget(BaseModel):
    """A bot's day."""

    model_config = ConfigDict(frozen=True)

    day: date = Field(description="In UTC.")
    resets_at: datetime
    tokens: Share
    cost: Share


@router.get("/{bot_id}/budget", summary="Read a bot's budget of today")
async def read(bot_id: UUID, who: Viewer, using: Using) -> Budget:
    """Tokens and cost, the cost in the currency of the prices."""
    now = datetime.now(UTC)
    async with using.database.begin() as connection:
        row = await bots.one(connection, who.workspace_id, bot_id)
        if row is None:
            raise not_found("bot", bot_id)
        found = await budgets.standing(connection, bot_id, now)
    limits, spent, reserved = Bot.model_validate(row["settings"]).limits, found.spent, found.reserved
    return Budget(
        day=day_of(now),
        resets_at=resets_at(day_of(now)),
        tokens=_share(limits.tokens_per_day, spent.tokens, reserved.tokens),
        cost=_share(limits.cost_per_day, spent.cost or 0, reserved.cost or 0),
    )


def _share(limit: float | None, spent: float, reserved: float) -> Share:
    return Share(limit=limit, spent=spent, reserved=reserved, remaining=remaining(limit, spent, reserved))
