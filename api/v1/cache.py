"""A bot's answer cache: what it holds and saved, and how it is emptied."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from adapters.database import bots, cache_admin
from adapters.database.cache_admin import Unwanted
from api.problems import not_found
from api.resources import Using
from api.security import Admin, Viewer
from api.v1.routing import Route
from api.v1.times import Since, Until
from domain.bots import Bot

router = APIRouter(prefix="/bots", route_class=Route, tags=["bots"])

_USUAL_SPAN = timedelta(days=30)
_MOST = 1000
"""How many answers one transaction removes."""


class Savings(BaseModel):
    """What the answers that were given again would have come to."""

    model_config = ConfigDict(frozen=True)

    tokens: int
    cost: float | None = Field(description="In the currency of the prices; null where no price is known.")


class AnswerCache(BaseModel):
    """A bot's cache, and what it was worth."""

    model_config = ConfigDict(frozen=True)

    enabled: bool
    hours: float = Field(description="How long an answer is given again.")
    entries: int = Field(description="Answers that may be given again now.")
    hits: int = Field(description="Answers that were given again.")
    misses: int = Field(description="Answers that had to be bought.")
    saved: Savings


class Removed(BaseModel):
    """How many answers are gone."""

    model_config = ConfigDict(frozen=True)

    removed: int


Pattern = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=200,
        description="Only those in whose whole question or answer it is found, in any case; `*` stands for anything.",
        examples=["*opening hours*"],
    ),
]
OfModel = Annotated[str | None, Query(min_length=1, max_length=200, description="Only those of this model.")]


@router.get("/{bot_id}/cache", summary="Read a bot's answer cache")
async def read(bot_id: UUID, who: Viewer, using: Using, since: Since = None, until: Until = None) -> AnswerCache:
    """Hits, misses and what was saved are by default those of the last 30 days."""
    now = datetime.now(UTC)
    end = until or now
    async with using.database.begin() as connection:
        row = await bots.one(connection, who.workspace_id, bot_id)
        if row is None:
            raise not_found("bot", bot_id)
        entries = await cache_admin.count(connection, who.workspace_id, bot_id, now)
        found = await cache_admin.saved(connection, who.workspace_id, bot_id, since or end - _USUAL_SPAN, end)
    settings = Bot.model_validate(row["settings"]).cache
    return AnswerCache(
        enabled=settings.enabled,
        hours=settings.hours,
        entries=entries,
        hits=found.hits,
        misses=found.misses,
        saved=Savings(tokens=found.tokens, cost=found.cost),
    )


@router.delete("/{bot_id}/cache", summary="Empty a bot's answer cache")
async def empty(bot_id: UUID, who: Admin, using: Using, model: OfModel = None, pattern: Pattern = None) -> Removed:
    """All answers, or those of a model, or those that a pattern names; both: what both name."""
    async with using.database.begin() as connection:
        if await bots.one(connection, who.workspace_id, bot_id) is None:
            raise not_found("bot", bot_id)
    removed = 0
    while True:
        async with using.database.begin() as connection:
            gone = await cache_admin.remove(connection, who.workspace_id, bot_id, Unwanted(model, pattern), _MOST)
        removed += gone
        if gone < _MOST:
            return Removed(removed=removed)
