"""How the day of a budget stands: what is spent of it, what calls under way hold, and whether that was told of."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    SQLColumnExpression,
    Uuid,
    bindparam,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import Notice, Usage
from adapters.database.spending import Budget, Reservation
from adapters.database.tables import Conversation
from domain.budgets import Amount, Limit, Owner, Spent, begins, day_of, resets_at

NOTICE = "budget_exhausted"
_TOLD_OF: tuple[Owner, ...] = ("bot", "workspace")
"""That a contact has had its part of a day is nothing that an operator has to know at once."""

# Built once: building a statement costs more than running it, and these run for each turn.
_DAY = bindparam("of_day", type_=Date())
_OWNER_ID = bindparam("of_owner_id", type_=Uuid())
_RESERVED_FOR: Mapping[Owner, SQLColumnExpression[UUID | None]] = {
    "conversation": Reservation.conversation_id,
    "contact": Reservation.contact_id,
    "bot": Reservation.bot_id,
    "workspace": Reservation.workspace_id,
}
_USED_BY: Mapping[Owner, ColumnElement[bool]] = {
    "conversation": Usage.conversation_id == _OWNER_ID,
    "contact": Usage.conversation_id.in_(select(Conversation.id).where(Conversation.contact_id == _OWNER_ID)),
    "bot": Usage.bot_id == _OWNER_ID,
    "workspace": Usage.workspace_id == _OWNER_ID,
}
_OF_OWNER = (Budget.day == _DAY, Budget.owner == bindparam("of_owner"), Budget.owner_id == _OWNER_ID)
_SPENT = select(Budget.tokens, Budget.cost).where(*_OF_OWNER)
_SUMS = (
    func.coalesce(func.sum(Usage.input_tokens + Usage.output_tokens), 0).label("tokens"),
    func.coalesce(func.sum(Usage.cost), 0.0).label("cost"),
)
_TODAY = (Usage.created_at >= bindparam("since"), Usage.created_at < bindparam("until"))
_USED = {owner: select(*_SUMS).where(used, *_TODAY) for owner, used in _USED_BY.items()}
_BEGIN = {
    owner: insert(Budget)
    .from_select(
        ["day", "owner", "owner_id", "tokens", "cost"],
        select(_DAY, literal(owner), _OWNER_ID, *_SUMS).where(used, *_TODAY),
    )
    .on_conflict_do_nothing()
    for owner, used in _USED_BY.items()
}
_HELD = (
    func.coalesce(func.sum(Reservation.tokens), 0).label("tokens"),
    func.coalesce(func.sum(Reservation.cost), 0.0).label("cost"),
)
_UNDER_WAY = (
    Reservation.workspace_id == bindparam("workspace", type_=Uuid()),
    Reservation.day == _DAY,
    Reservation.expires_at > bindparam("now", type_=DateTime(timezone=True)),
)
_RESERVED = {owner: select(*_HELD).where(whose == _OWNER_ID, *_UNDER_WAY) for owner, whose in _RESERVED_FOR.items()}
_EXHAUST = (
    update(Budget)
    .where(*_OF_OWNER, Budget.exhausted_at.is_(None))
    .values(exhausted_at=bindparam("now"))
    .returning(Budget.owner_id)
)


async def lock(connection: AsyncConnection, owner: Owner, owner_id: UUID, now: datetime) -> Amount:
    """What an owner's day has cost, as nobody else can change it; begun where it is not, with what is on record."""
    whose = _whose(owner, owner_id, now)
    spent = (await connection.execute(_SPENT.with_for_update(), whose)).one_or_none()
    if spent is None:
        await connection.execute(_BEGIN[owner], {**whose, **_span(now)})
        spent = (await connection.execute(_SPENT.with_for_update(), whose)).one()
    return Amount(tokens=spent.tokens, cost=spent.cost)


async def reserved(
    connection: AsyncConnection, workspace_id: UUID, owner: Owner, owner_id: UUID, now: datetime
) -> Amount:
    """What calls under way may cost the owner at most."""
    which = {"workspace": workspace_id, "of_owner_id": owner_id, "of_day": day_of(now), "now": now}
    held = (await connection.execute(_RESERVED[owner], which)).one()
    return Amount(tokens=int(held.tokens), cost=held.cost)


async def standing(
    connection: AsyncConnection, workspace_id: UUID, owner: Owner, owner_id: UUID, now: datetime
) -> Spent:
    """How an owner's day stands; without a budget, what its calls are known to have cost."""
    held = await reserved(connection, workspace_id, owner, owner_id, now)
    spent = (await connection.execute(_SPENT, _whose(owner, owner_id, now))).one_or_none()
    if spent is not None:
        return Spent(spent=Amount(tokens=spent.tokens, cost=spent.cost), reserved=held)
    used = (await connection.execute(_USED[owner], {"of_owner_id": owner_id, **_span(now)})).one()
    return Spent(spent=Amount(tokens=int(used.tokens), cost=used.cost), reserved=held)


async def exhaust(
    connection: AsyncConnection, workspace_id: UUID, owner: Owner, owner_id: UUID, limit: Limit, now: datetime
) -> None:
    """Mark a day as spent; the first time, an operator hears of a bot's or a workspace's."""
    first = await connection.scalar(_EXHAUST, {**_whose(owner, owner_id, now), "now": now}) is not None
    if not first or owner not in _TOLD_OF:
        return
    details = {f"{owner}_id": str(owner_id), "day": str(day_of(now)), "limit": limit}
    await connection.execute(insert(Notice).values(id=uuid4(), workspace_id=workspace_id, kind=NOTICE, details=details))


def _whose(owner: Owner, owner_id: UUID, now: datetime) -> dict[str, object]:
    return {"of_owner": owner, "of_owner_id": owner_id, "of_day": day_of(now)}


def _span(now: datetime) -> dict[str, object]:
    day = day_of(now)
    return {"of_day": day, "since": begins(day), "until": resets_at(day)}
