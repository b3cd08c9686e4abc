"""Parts claimed at their platform's pace: one statement looks how far ahead a bot and a chat are, and claims or queues.

What the rates of both let through is claimed and counted (GCRA). What has to wait gets a place behind those that wait
already, and comes again at that time; then the rates alone decide: however late the waiting come, and whoever died
among them, the rates are never exceeded, and what they allow is not left unused.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    DateTime,
    Interval,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from adapters.database import changes, ledger
from adapters.database.changes import Change, ChangeRow
from adapters.database.ledger import Part
from adapters.database.records import DeliveryRow, PaceRow
from adapters.platforms.base import Channel
from domain.deliveries import DeliveryState
from domain.paces import LimitScope, Meter, Pace, Rate, pace_of

WHOLE = ""
"""The name of the row of the bot as a whole, beside those of its chats."""
_APART = "~"
"""Beginning of the names of rows that count for the bot as a whole what its platform counts apart."""
_SUSPECTED = "?"
"""The row that says until when some chat was told to wait, and the beginning of the names of rows that say which."""


@dataclass(frozen=True)
class Place:
    """Where a part goes, and how fast may be spoken there."""

    channel_id: UUID
    chat: str
    pace: Pace
    meter: Meter | None = None
    """What is counted apart there; None for what counts as all that the bot says."""

    @property
    def whole(self) -> str:
        """The name of the row that counts for all chats together."""
        return f"{_APART}{self.meter}" if self.meter else WHOLE

    @property
    def rate(self) -> Rate:
        """What holds for all chats together."""
        return self.pace.apart[self.meter] if self.meter else self.pace.bot


@dataclass(frozen=True)
class Taken:
    """The part is this attempt's, under the number of a lease."""

    lease: int


@dataclass(frozen=True)
class Queued:
    """The part's turn comes at this time."""

    until: datetime


# Built once: building a statement costs more than running it, and this one runs for each part.
_channel, _now = bindparam("channel", type_=Uuid), bindparam("now", type_=DateTime(timezone=True))
_rates = union_all(
    *(
        select(
            bindparam(f"{scope}_name", type_=Text).label("chat"),
            bindparam(f"{scope}_every", type_=Interval).label("every"),
            bindparam(f"{scope}_tolerance", type_=Interval).label("tolerance"),
        )
        for scope in ("chat", "bot")
    )
).cte("rates")
_known = select(func.count()).where(PaceRow.channel_id == _channel, PaceRow.chat == _rates.c.chat).correlate(None)
# Everybody locks the chat before the bot, and the bot only where the chat has its row: nobody waits in a circle.
_locked = (
    select(PaceRow.chat, PaceRow.queued_until, _rates.c.every, (PaceRow.due_at - _rates.c.tolerance).label("conforms"))
    .join(_rates, _rates.c.chat == PaceRow.chat)
    .where(PaceRow.channel_id == _channel, _known.scalar_subquery() == 2)
    .order_by(PaceRow.chat.desc())
    .with_for_update(of=PaceRow)
    .cte("locked")
)
_scopes = (
    select(
        _locked.c.chat,
        _locked.c.every,
        case(
            (and_(bindparam("has_waited", type_=Boolean), _locked.c.conforms <= _now), _now),
            else_=func.greatest(_locked.c.conforms, _locked.c.queued_until),
        ).label("at"),
    )
    .where(select(func.count()).select_from(_locked).scalar_subquery() == 2)
    .cte("scopes")
)
# In one queue at a time, the chat's first: who waits for a slow chat takes no place from others.
_queue = (
    select(_scopes.c.chat, _scopes.c.at)
    .where(_scopes.c.at > _now)
    .order_by(_scopes.c.chat.desc())
    .limit(1)
    .cte("queue")
)
_counts = (
    select(_scopes.c.chat, _scopes.c.every, _queue.c.at)
    .select_from(_scopes.outerjoin(_queue, true()))
    .where(or_(_queue.c.chat.is_(None), _queue.c.chat == _scopes.c.chat))
    .cte("counts")
)
_counted = (
    update(PaceRow)
    .where(PaceRow.channel_id == _channel, PaceRow.chat == _counts.c.chat)
    .values(
        due_at=case(
            (_counts.c.at.is_(None), func.greatest(PaceRow.due_at, _now) + _counts.c.every), else_=PaceRow.due_at
        ),
        queued_until=func.coalesce(_counts.c.at + _counts.c.every, PaceRow.queued_until),
    )
    .cte("counted")
)


def _taking(claim: ReturningUpdate[int], row: type[DeliveryRow] | type[ChangeRow]) -> Select[int, datetime]:
    """Claim a row if the rates let it go now, else write down when its turn comes."""
    claimed = claim.where(select(_scopes.c.chat).exists(), ~select(_queue.c.chat).exists()).cte("claimed")
    queued = (
        update(row)
        .where(row.id == bindparam("part_id"), select(_queue.c.chat).exists())
        .values(retry_at=select(_queue.c.at).scalar_subquery())
        .returning(row.retry_at)
        .cte("queued")
    )
    return select(
        select(claimed.c.attempts).scalar_subquery().label("lease"),
        select(queued.c.retry_at).scalar_subquery().label("until"),
    ).add_cte(_counted)


_TAKE_PART, _TAKE_CHANGE = _taking(ledger.CLAIM, DeliveryRow), _taking(changes.CLAIM, ChangeRow)
BEGIN = insert(PaceRow).on_conflict_do_nothing()


def place_of(channel: Channel, chat: str, meter: Meter | None = None) -> Place | None:
    """Where something goes, if somebody counts there how fast; `meter` says what it is, should that count apart."""
    pace = pace_of(channel.platform, chat, channel.settings)
    return Place(channel.id, chat, pace, meter if meter in pace.apart else None) if pace else None


async def take(connection: AsyncConnection, part: Part, place: Place | None, now: datetime) -> Taken | Queued:
    """Claim a part as `ledger.claim` does if the rates let it go now; else it gets its time."""
    if place is None:
        return Taken(await ledger.claim(connection, part, now))
    has_waited = part.standing.retry_at is not None or part.standing.state is DeliveryState.SENDING
    wanted = {**ledger.to_claim(part, now), "has_waited": has_waited}
    return await _take(connection, _TAKE_PART, wanted, place, now)


async def take_change(
    connection: AsyncConnection, change: Change, place: Place | None, now: datetime
) -> Taken | Queued:
    """Claim a change's next step in the same way: a call is a call."""
    if place is None:
        return Taken(await changes.claim(connection, change, now))
    has_waited = change.retry_at is not None or change.lease_until is not None
    wanted = {**changes.to_claim(change, now), "has_waited": has_waited}
    return await _take(connection, _TAKE_CHANGE, wanted, place, now)


async def _take(
    connection: AsyncConnection,
    taking: Select[int, datetime],
    wanted: dict[str, object],
    place: Place,
    now: datetime,
) -> Taken | Queued:
    pace = place.pace
    values = {
        **wanted,
        "now": now,
        "channel": place.channel_id,
        "chat_name": place.chat,
        "chat_every": pace.chat.every,
        "chat_tolerance": pace.chat.tolerance,
        "bot_name": place.whole,
        "bot_every": place.rate.every,
        "bot_tolerance": place.rate.tolerance,
    }
    row = (await connection.execute(taking, values)).one()
    if row.lease is None and row.until is None:
        await connection.execute(BEGIN, begun(place, now))
        row = (await connection.execute(taking, values)).one()
    return Taken(row.lease) if row.lease is not None else Queued(row.until)


def begun(place: Place, now: datetime) -> list[dict[str, object]]:
    """The rows of a place where nothing was said yet."""
    row: dict[str, object] = {"channel_id": place.channel_id, "due_at": now, "queued_until": now}
    return [{**row, "chat": place.chat}, {**row, "chat": place.whole}]


async def heed(connection: AsyncConnection, place: Place, scope: LimitScope, until: datetime, now: datetime) -> None:
    """Keep what a platform asks to wait.

    Where it does not say whom it means, it is taken to mean the chat; where it asks so in another one as well before
    that is over, it means the bot.
    """
    whole = scope == "bot"
    if scope == "unsaid":
        whole = await _suspect(connection, place, until, now)
        await hold(connection, place, until, whole=False)
    if whole or scope == "chat":
        await hold(connection, place, until, whole=whole)


async def _suspect(connection: AsyncConnection, place: Place, until: datetime, now: datetime) -> bool:
    """Write down that this chat was told to wait; whether only another one was before."""
    names = (f"{_SUSPECTED}{place.chat}", _SUSPECTED)
    of_channel = select(PaceRow.chat).where(PaceRow.channel_id == place.channel_id, PaceRow.due_at > now)
    suspected = set(await connection.scalars(of_channel.where(PaceRow.chat.in_(names))))
    rows = [{"channel_id": place.channel_id, "chat": name, "due_at": until, "queued_until": until} for name in names]
    noted = insert(PaceRow).values(rows)
    later = {"due_at": func.greatest(PaceRow.due_at, noted.excluded.due_at)}
    await connection.execute(noted.on_conflict_do_update(index_elements=[PaceRow.channel_id, PaceRow.chat], set_=later))
    return suspected == {_SUSPECTED}


async def hold(connection: AsyncConnection, place: Place, until: datetime, *, whole: bool) -> None:
    """Let nothing go before `until`, in the chat or for the bot as a whole, and then one by one."""
    rate = place.rate if whole else place.pace.chat
    held = insert(PaceRow).values(
        channel_id=place.channel_id,
        chat=place.whole if whole else place.chat,
        due_at=until + rate.tolerance,
        queued_until=until + rate.every,
    )
    later = {name: func.greatest(getattr(PaceRow, name), held.excluded[name]) for name in ("due_at", "queued_until")}
    await connection.execute(held.on_conflict_do_update(index_elements=[PaceRow.channel_id, PaceRow.chat], set_=later))
