"""Lists in pages: `limit`, and a cursor that stands for the last item of the page before."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import RowMapping

from adapters.database.paging import Position
from api.problems import Problem, invalid

MOST = 200
_CHECK_CHARACTERS = 8

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many items at most.")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before.")]
Item = TypeVar("Item")
Source = TypeVar("Source")


class Listed(BaseModel, Generic[Item]):
    """One page of a list."""

    model_config = ConfigDict(frozen=True)

    items: list[Item]
    next_cursor: str | None = Field(description="Given as `cursor`, it leads to the next page; null on the last one.")


def cut(
    rows: Sequence[Source], limit: int, show: Callable[[Source], Item], cursor: Callable[[Source], str]
) -> Listed[Item]:
    """The page of at most `limit` rows; a row beyond it says that there is more."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Listed(items=[show(row) for row in shown], next_cursor=cursor(shown[-1]) if more else None)


def timed(
    name: str, rows: Sequence[RowMapping], limit: int, show: Callable[[RowMapping], Item], time: str = "created_at"
) -> Listed[Item]:
    """The page of a list that is ordered by a time and the id."""
    return cut(rows, limit, show, lambda row: write(name, row[time].isoformat(), str(row["id"])))


def position(name: str, cursor: str | None) -> Position | None:
    """Where a page of a list that is ordered by a time and the id begins; 422 for a cursor that is none of ours."""
    if cursor is None:
        return None
    try:
        at, identity = read(name, cursor)
        return Position(datetime.fromisoformat(str(at)), UUID(str(identity)))
    except ValueError as error:
        raise _bad_cursor() from error


def write(name: str, *keys: str | int) -> str:
    """A cursor of the list with this name."""
    check = hashlib.sha256(json.dumps([name, *keys]).encode()).hexdigest()[:_CHECK_CHARACTERS]
    return urlsafe_b64encode(json.dumps([name, *keys, check], separators=(",", ":")).encode()).decode().rstrip("=")


def read(name: str, cursor: str) -> list[str | int]:
    """The keys of a cursor; 422 when it was changed or belongs to another list."""
    try:
        content = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        keys: list[str | int] = content[1:-1]
        genuine = write(name, *keys) == cursor
    except (ValueError, TypeError, KeyError) as error:
        raise _bad_cursor() from error
    if not genuine:
        raise _bad_cursor()
    return keys


def _bad_cursor() -> Problem:
    return invalid("cursor: it is no cursor of this list; give the next_cursor of a page, unchanged.", "bad_cursor")
