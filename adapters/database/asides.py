"""What goes behind what a bot says: calls beside speaking, and words that may as well be said later."""

from datetime import datetime

from sqlalchemy import Uuid, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import paces
from adapters.database.paces import BEGIN, Place, begun
from adapters.database.records import PaceRow
from domain.paces import KEPT_OF_CHAT, Aside, free_at

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
    wanted = {place.chat: (place.pace.chat, KEPT_OF_CHAT), place.whole: (place.rate, place.rate.kept)}
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
    chat = {place.chat, _HELD + place.chat} if place.chat else set()
    names = {place.whole, _HELD, *chat}
    query = select(PaceRow.chat, PaceRow.due_at, PaceRow.queued_until).where(
        PaceRow.channel_id == place.channel_id, PaceRow.chat.in_(names)
    )
    rows = await connection.execute(query.order_by(PaceRow.chat.desc()).with_for_update())
    at = max((_allowed(place, aside, *row) for row in rows), default=now)
    if at <= now:
        every = place.rate.every
        row = {"channel_id": place.channel_id, "chat": place.whole}
        first = insert(PaceRow).values(**row, due_at=now + every, queued_until=now)
        more = {"due_at": func.greatest(PaceRow.due_at, now) + every}
        counted = first.on_conflict_do_update(index_elements=[PaceRow.channel_id, PaceRow.chat], set_=more)
        await connection.execute(counted)
    return at


def _allowed(place: Place, aside: Aside, name: str, due_at: datetime, queued_until: datetime) -> datetime:
    """When a row lets a call go: what is held back, the bot's rate, or its chat's, in which only messages count.

    What is counted apart takes no message's place, and uses all of its rate.
    """
    if name.startswith(_HELD):
        return due_at
    if name == place.whole and place.meter is None:
        return max(free_at(aside, place.rate, due_at), queued_until)
    rate = place.rate if name == place.whole else place.pace.chat
    return max(due_at - rate.tolerance, queued_until)


async def hold(connection: AsyncConnection, place: Place, until: datetime, *, whole: bool) -> None:
    """Let nothing be called beside speaking before `until`, in the chat or for the bot as a whole; replies go on.

    What is counted apart holds back its own kind alone.
    """
    if whole and place.meter is not None:
        await paces.hold(connection, place, until, whole=True)
        return
    name = _HELD if whole else _HELD + place.chat
    held = insert(PaceRow).values(channel_id=place.channel_id, chat=name, due_at=until, queued_until=until)
    later = {"due_at": func.greatest(PaceRow.due_at, held.excluded.due_at)}
    await connection.execute(held.on_conflict_do_update(index_elements=[PaceRow.channel_id, PaceRow.chat], set_=later))
