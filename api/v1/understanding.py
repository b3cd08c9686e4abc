"""Statistics of what was understood: languages, sentiments and intents of what contacts said."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from adapters.database import understanding_stats
from adapters.database.stats import Interval, Span
from api.problems import invalid
from api.resources import Using
from api.security import Viewer
from api.v1.routing import Route
from api.v1.stats import OfBot
from api.v1.times import Since, Until

router = APIRouter(prefix="/stats/understanding", route_class=Route, tags=["stats"])

_USUAL = timedelta(days=30)


class Understood(BaseModel):
    """How many of the messages of a span, by when they were understood, have each value."""

    model_config = ConfigDict(frozen=True)

    since: datetime
    until: datetime
    bot_id: UUID | None
    messages: int = Field(description="All that their bots wanted to understand.")
    languages: dict[str, int] = Field(examples=[{"de": 41, "en": 12}])
    sentiments: dict[str, int] = Field(examples=[{"neutral": 40, "negative": 13}])
    intents: dict[str, int] = Field(examples=[{"refund": 9, "other": 44}])
    not_understood: dict[str, int] = Field(
        description="Those of which a model found nothing, by the reason.", examples=[{"timeout": 1}]
    )


@router.get("", summary="Read what was understood")
async def read(who: Viewer, using: Using, bot_id: OfBot = None, since: Since = None, until: Until = None) -> Understood:
    """By default of the last 30 days; the 200 most frequent values of each."""
    end = until or datetime.now(UTC)
    start = since or end - _USUAL
    if start >= end:
        raise invalid("since: give a time before until.", "bad_range")
    async with using.database.begin() as connection:
        span = Span(start, end, Interval.DAY, bot_id)
        counted = await understanding_stats.count(connection, who.workspace_id, span)
    return Understood(
        since=start,
        until=end,
        bot_id=bot_id,
        messages=counted["messages"][""],
        languages=dict(counted["language"]),
        sentiments=dict(counted["sentiment"]),
        intents=dict(counted["intent"]),
        not_understood=dict(counted["reason"]),
    )
