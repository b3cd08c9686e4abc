"""Pages of long lists, newest first: each begins behind the last row of the one before, so that none moves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, UnaryExpression, tuple_


@dataclass(frozen=True)
class Position:
    """The last row of a page: its time, and its id where several rows have that time."""

    at: datetime
    id: UUID


class _Orderable(Protocol):
    def where(self, *criteria: ColumnElement[bool]) -> Self: ...
    def order_by(self, *columns: UnaryExpression[datetime] | UnaryExpression[UUID]) -> Self: ...
    def limit(self, limit: int) -> Self: ...


Listing = TypeVar("Listing", bound=_Orderable)


def page_of(
    listing: Listing,
    time: SQLColumnExpression[datetime],
    identity: SQLColumnExpression[UUID],
    after: Position | None,
    limit: int,
) -> Listing:
    """The rows behind a position, newest first, and one more than asked for, which says that there is a next page."""
    if after is not None:
        listing = listing.where(tuple_(time, identity) < tuple_(after.at, after.id))
    return listing.order_by(time.desc(), identity.desc()).limit(limit + 1)
