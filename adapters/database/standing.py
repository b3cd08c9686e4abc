"""How much stands where without having come to its end, and since when; counted by an index for each workspace."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Select, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from adapters.database.records import DeliveryRow, Event
from adapters.database.tables import Workspace
from domain.deliveries import DeliveryState
from domain.events import OPEN_STATES

UNREST = (DeliveryState.PLANNED, DeliveryState.SENDING, DeliveryState.UNCERTAIN)
"""The states of parts that are not at rest, or in doubt."""


@dataclass(frozen=True)
class Standing:
    """How many are in a state, and the time of the oldest; None where there is none."""

    number: int = 0
    since: datetime | None = None


ByState: TypeAlias = dict[str, Standing]


async def events(connection: AsyncConnection) -> ByState:
    """The events without an end, by state."""
    return await _counted(connection, _EVENTS, OPEN_STATES)


async def deliveries(connection: AsyncConnection) -> ByState:
    """The parts that are not at rest, or in doubt, by state."""
    return await _counted(connection, _DELIVERIES, UNREST)


async def _counted(
    connection: AsyncConnection, counting: Select[str, int, datetime], states: tuple[str, ...]
) -> ByState:
    rows = await connection.execute(counting)
    found = {row.state: Standing(int(row.number), row.since) for row in rows}
    return {state: found.get(state, Standing()) for state in states}


def _counting(
    table: type[Event] | type[DeliveryRow], since: InstrumentedAttribute[datetime], states: tuple[str, ...]
) -> Select[str, int, datetime]:
    # One short range of an index for each workspace and state: a large table's ends are left unread.
    of_one = (
        select(table.state, func.count().label("number"), func.min(since).label("since"))
        .where(table.workspace_id == Workspace.id, table.state.in_(states))
        .group_by(table.state)
        .lateral("of_one")
    )
    return (
        select(of_one.c.state, func.sum(of_one.c.number).label("number"), func.min(of_one.c.since).label("since"))
        .select_from(Workspace)
        .join(of_one, true())
        .group_by(of_one.c.state)
    )


_EVENTS = _counting(Event, Event.received_at, OPEN_STATES)
_DELIVERIES = _counting(DeliveryRow, DeliveryRow.created_at, UNREST)
