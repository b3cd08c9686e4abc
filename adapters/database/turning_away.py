"""Turning away: messages that come while a bot answers that has no time for them end, and their sender hears of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import Event, Turn
from adapters.database.turns import stand, waiting_among
from domain.events import EventState
from domain.turns import Pressing, TurnedAway

_AMONG = Event.id == func.any(bindparam("among", type_=ARRAY(Uuid)))
_STILL_RUNS = select(Turn.id).where(Turn.id == bindparam("turn"), Turn.ended_at.is_(None))
_KNOWN = select(Event.id).where(_AMONG)
_REJECT = update(Event).where(_AMONG).values(state=EventState.REJECTED, reason="busy", ended_at=bindparam("now"))


async def turn_away(connection: AsyncConnection, pressing: Pressing, now: datetime) -> TurnedAway:
    """End what was brought while its turn runs, if the bot still wants it so; otherwise it waits for the next turn."""
    standing = await stand(connection, UUID(pressing.conversation_id))
    if standing is None or standing.stop or standing.bot.bursts.policy != "reject":
        return TurnedAway()
    if await connection.scalar(_STILL_RUNS, {"turn": UUID(pressing.turn_id)}) is None:
        return TurnedAway()
    brought = {UUID(item) for item in pressing.brought}
    waiting = await waiting_among(connection, standing.id, brought)
    await connection.execute(_REJECT, {"among": [row.id for row in waiting], "now": now})
    # What is known and does not wait has an end: a second attempt finds it so, and its sender has heard nothing yet.
    known = (await connection.scalars(_KNOWN, {"among": list(brought)})).all()
    return TurnedAway(settled=tuple(str(item) for item in known), tell=bool(known))
