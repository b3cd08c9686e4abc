"""What goes behind what a bot says: calls beside speaking, and words that may as well be said later."""

from datetime import datetime

from sqlalchemy import Uuid, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.paces import BEGIN, WHOLE, Place, begun
from adapters.database.records import PaceRow
from domain.paces import KEPT_OF_CHAT, Aside, Pace, free_at

_HELD = "*"
"""Beginning of the names of rows that hold back what is called beside speaking: alone for the bot, or before a chat."""
# Locked in the order in which parts lock them.
_BOTH = (
    select(PaceRow.chat, PaceRow.due_at, PaceRow.queued_until)
    .where(PaceRow.channel_id == bindparam("channel", type_=Uuid), PaceRow.chat.in_(bindparam("named", expanding=True)))
    .order_by(PaceRow.chat.desc())
    .with_for_update()
)


async def take_spare(connection: AsyncConnection, place: Place, now: datetime) -> bool:
    """Count something that may as well not be said; False where it would have a part wait, or one waits already."""
    await connection.execute(BEGIN, begun(place, now))
    wanted = {place.chat: (place.pace.chat, KEPT_OF_CHAT), WHOLE: (place.pace.bot, place.pace.kept_of_bot)}
    rows = (await connection.execute(_BOTH, {"channel": place.channel_id, "named": [*wanted]})).all()
    for row in rows:
        rate, kept = wanted[row.chat]
        if not rate.has_spare(kept, row.due_at, row.queued_until, now):
            return False
    for row in rows:
        counted = update(PaceRow).where(PaceRow.channel_id == place.channel_id, PaceRow.chat == row.chat)
        await connection.execute(counted.values(due_at=max(row.due_at, now) + wanted[row.chat][0].every))
    return True


async def permit(connection: AsyncConnection, place: Place, aside: Aside, now: datetime) -> datetime:
    """When a call beside speaking may go: no later than now where it may, and then it is counted for the bot.

    It waits for whatever waits in its chat or for the bot, and for all that the platform asked to wait.
    """
    names = (place.chat, WHOLE, _HELD, _HELD + place.chat)
    query = select(PaceRow.chat, PaceRow.due_at, PaceRow.queued_until).where(
        PaceRow.channel_id == place.channel_id, PaceRow.chat.in_(names)
    )
    rows = await connection.execute(query.order_by(PaceRow.chat.desc()).with_for_update())
    at = max((_allowed(place.pace, aside, *row) for row in rows), default=now)
    if at <= now:
        every = place.pace.bot.every
        first = insert(PaceRow).values(channel_id=place.channel_id, chat=WHOLE, due_at=now + every, queued_until=now)
        more = {"due_at": func.greatest(PaceRow.due_at, now) + every}
        counted = first.on_conflict_do_update(index_elements=[PaceRow.channel_id, PaceRow.chat], set_=more)
        await connection.execute(counted)
    return at


def _allowed(pace: Pace, aside: Aside, name: str, due_at: datetime, queued_until: datetime) -> datetime:
    """When a row lets a call go: what is held back, the bot's rate, or its chat's, in which only messages count."""
    if name.startswith(_HELD):
        return due_at
    free = free_at(aside, pace.bot, due_at) if name == WHOLE else due_at - pace.chat.tolerance
    return max(free, queued_until)


async def hold(connection: AsyncConnection, place: Place, until: datetime, *, whole: bool) -> None:
    """Let nothing be called beside speaking before `until`, in the chat or for the bot as a whole; replies go on."""
    name = _HELD if whole else _HELD + place.chat
    held = insert(PaceRow).values(channel_id=place.channel_id, chat=name, due_at=until, queued_until=until)
    later = {"due_at": func.greatest(PaceRow.due_at, held.excluded.due_at)}
    await connection.execute(held.on_conflict_do_update(index_elements=[PaceRow.channel_id, PaceRow.chat], set_=later))
