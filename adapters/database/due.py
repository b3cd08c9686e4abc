"""What waits in a table for its time: one statement that finds it, for whoever claims some of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute


def due(
    name: InstrumentedAttribute[UUID],
    at: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    *of: ColumnElement[bool],
) -> Select[UUID]:
    """What is due at `now`, the longest first, at most `most`; what others have in hand is left to them."""
    listed = select(name).where(*of, at <= bindparam("now")).order_by(at).limit(bindparam("most"))
    return listed.with_for_update(skip_locked=True)
