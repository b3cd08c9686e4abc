"""What calls of models may cost, and what they did: reserved before each call that a budget holds, settled after."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Uuid,
    and_,
    bindparam,
    case,
    delete,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.ai.base import Answer
from adapters.database import budget_days
from adapters.database.completions import LEASE
from adapters.database.records import Usage
from adapters.database.spending import Budget, Reservation
from adapters.database.tables import Conversation
from domain.bots import DayLimits, Limits, Model
from domain.budgets import Amount, Owner, Purpose, Spent, Verdict, day_of, held_to, judge_all
from domain.prices import FREE, Tokens, cost

NO_LIMITS = DayLimits()
NOTHING = Amount()


@dataclass(frozen=True)
class Call:
    """One attempt to have a turn answered or judged, and who pays for it."""

    workspace_id: UUID
    bot_id: UUID
    conversation_id: UUID
    turn_id: UUID
    generation: int
    lease: int
    purpose: Purpose = "answer"

    @property
    def key(self) -> dict[str, object]:
        """Its reservation's name: of two attempts at one turn each holds what it may cost."""
        return _key(self.turn_id, self.generation, self.lease, self.purpose)

    @property
    def payers(self) -> dict[str, object]:
        """Whose budgets it is paid from; the contact is the conversation's."""
        return {"workspace": self.workspace_id, "bot": self.bot_id, "conversation": self.conversation_id}


@dataclass(frozen=True)
class SystemCall:
    """A call of a model for another system: in no conversation, and paid by a bot where one is named."""

    workspace_id: UUID
    bot_id: UUID | None
    id: UUID
    conversation_id: None = None
    turn_id: None = None
    generation: int = 0
    lease: int = 1
    purpose: Purpose = "run"

    @property
    def key(self) -> dict[str, object]:
        """Its reservation's name, with an id of its own in the place of a turn's."""
        return _key(self.id, self.generation, self.lease, self.purpose)

    @property
    def payers(self) -> dict[str, object]:
        """Whose budgets it is paid from."""
        return {"workspace": self.workspace_id, "bot": self.bot_id, "conversation": None}


AnyCall = Call | SystemCall


def _key(name: UUID, generation: int, lease: int, purpose: Purpose) -> dict[str, object]:
    return {"turn": name, "of_generation": generation, "of_lease": lease, "of_purpose": purpose}


@dataclass(frozen=True)
class Paid:
    """What one call of a model came to, on the day on which it began; without a known price it has no cost.

    `cache` says of a bot with a cache whether the answer was given again, and then what that saved.
    """

    model: str
    tokens: Tokens
    cost: float | None
    duration_ms: int
    day: date
    cache: Literal["hit", "miss"] | None = None
    saved: Amount = NOTHING

    @classmethod
    def now(cls, model: Model, tokens: Tokens, started: float, day: date, answer: Answer | None = None) -> "Paid":
        """What a call came to that began at `started` of the monotonic clock, and ends with this answer or none."""
        price = FREE if answer is not None and answer.free else model.rate
        return cls(
            model=answer.model if answer is not None else model.name,
            tokens=tokens,
            cost=cost(price, tokens),
            duration_ms=int((time.monotonic() - started) * 1000),
            day=day,
        )


# Built once: building a statement costs more than running it, and these run for each turn.
_CONVERSATION = bindparam("conversation", type_=Uuid())
_CONTACT = select(Conversation.contact_id).where(Conversation.id == _CONVERSATION)
_PAYERS: Mapping[Owner, ColumnElement[UUID]] = {
    "conversation": _CONVERSATION,
    "contact": _CONTACT.scalar_subquery(),
    "bot": bindparam("bot", type_=Uuid()),
    "workspace": bindparam("workspace", type_=Uuid()),
}
_DAY = bindparam("of_day", type_=Date())
_OF_CALL = (
    Reservation.turn_id == bindparam("turn", type_=Uuid()),
    Reservation.generation == bindparam("of_generation"),
    Reservation.lease == bindparam("of_lease"),
    Reservation.purpose == bindparam("of_purpose"),
)
_KEY = tuple_(Reservation.turn_id, Reservation.generation, Reservation.lease, Reservation.purpose)
# Who settles late deletes its own row while it waits for a budget's lock: rows in other hands are left to them.
_EXPIRED = select(*_KEY.clauses).where(
    Reservation.workspace_id == bindparam("workspace", type_=Uuid()),
    Reservation.expires_at <= bindparam("now", type_=DateTime(timezone=True)),
)
_FORGET = delete(Reservation).where(_KEY.in_(_EXPIRED.with_for_update(skip_locked=True)))
_RELEASE = delete(Reservation).where(*_OF_CALL)
_RENEW = update(Reservation).where(*_OF_CALL).values(expires_at=bindparam("until"))
# In the order in which `reserve` locks them: an update alone would lock them in any.
_LOCKED = (
    select(Budget.owner, Budget.owner_id)
    .where(
        Budget.day == _DAY,
        or_(*(and_(Budget.owner == owner, Budget.owner_id == payer) for owner, payer in _PAYERS.items())),
    )
    .order_by(case({owner: place for place, owner in enumerate(_PAYERS)}, value=Budget.owner))
    .with_for_update()
    .cte("locked")
)
_SETTLE = (
    update(Budget)
    .where(Budget.day == _DAY, Budget.owner == _LOCKED.c.owner, Budget.owner_id == _LOCKED.c.owner_id)
    .values(
        tokens=Budget.tokens + bindparam("more_tokens", type_=BigInteger()),
        cost=Budget.cost + bindparam("more_cost", type_=Double()),
    )
    .add_cte(_RELEASE.returning(Reservation.turn_id).cte("released"))
)


async def reserve(
    connection: AsyncConnection,
    call: AnyCall,
    wanted: Amount,
    limits: Limits,
    now: datetime,
    workspace: DayLimits = NO_LIMITS,
    *,
    told: bool = True,
) -> Verdict:
    """Reserve what a call may cost at most, where that fits in what is left of the day of all who pay for it.

    Whoever reserves waits for the one before: what fits is decided by one at a time. All lock the narrowest budget
    first and the widest last: so nobody waits in a circle, and the one that all share is held for the shortest.
    Without `told` a call that does not fit marks no day as spent: it is one that nobody waits for.
    """
    held = held_to(limits, workspace)
    if not held:
        return Verdict()
    ids = await _ids(connection, call)
    held = {owner: limit for owner, limit in held.items() if owner in ids}
    spent = {owner: await budget_days.lock(connection, owner, ids[owner], now) for owner in held}
    await connection.execute(_FORGET, {"workspace": call.workspace_id, "now": now})
    days = {
        owner: Spent(
            spent=spent[owner],
            reserved=await budget_days.reserved(connection, call.workspace_id, owner, ids[owner], now),
        )
        for owner in held
    }
    verdict = judge_all(held, days, wanted)
    if verdict.exhausted and told:
        whose = ids[verdict.owner]
        await budget_days.exhaust(connection, call.workspace_id, verdict.owner, whose, verdict.exhausted, now)
    elif not verdict.exhausted and not verdict.wait:
        await _hold(connection, call, ids, wanted, now)
    return verdict


async def renew(connection: AsyncConnection, call: AnyCall, now: datetime) -> None:
    """Keep what is reserved, as long as the call's lease is kept."""
    await connection.execute(_RENEW, {**call.key, "until": now + LEASE})


async def release(connection: AsyncConnection, call: AnyCall) -> None:
    """Give back what is reserved: the call failed, and its provider said nothing of what it cost."""
    await connection.execute(_RELEASE, call.key)


async def settle(connection: AsyncConnection, call: AnyCall, paid: Paid) -> None:
    """Record what a call came to, whether or not its answer is used, and count it instead of what was reserved."""
    await connection.execute(
        insert(Usage).values(
            id=uuid4(),
            workspace_id=call.workspace_id,
            bot_id=call.bot_id,
            conversation_id=call.conversation_id,
            turn_id=call.turn_id,
            generation=call.generation,
            purpose=call.purpose,
            model=paid.model,
            input_tokens=paid.tokens.input,
            output_tokens=paid.tokens.output,
            cached_tokens=paid.tokens.cached,
            cost=paid.cost,
            duration_ms=paid.duration_ms,
            cache=paid.cache,
            saved_tokens=paid.saved.tokens,
            saved_cost=paid.saved.cost if paid.cache == "hit" else None,
        )
    )
    if paid.cache == "hit":
        return
    more = {"of_day": paid.day, "more_tokens": paid.tokens.total, "more_cost": paid.cost or 0.0}
    await connection.execute(_SETTLE, {**call.key, **call.payers, **more})


async def _ids(connection: AsyncConnection, call: AnyCall) -> dict[Owner, UUID]:
    """Who pays for a call; the contact is the conversation's."""
    ids: dict[Owner, UUID] = {}
    if call.conversation_id is not None:
        ids["conversation"] = call.conversation_id
        ids["contact"] = (await connection.execute(_CONTACT, call.payers)).scalar_one()
    if call.bot_id is not None:
        ids["bot"] = call.bot_id
    return {**ids, "workspace": call.workspace_id}


async def _hold(
    connection: AsyncConnection, call: AnyCall, ids: Mapping[Owner, UUID], wanted: Amount, now: datetime
) -> None:
    await connection.execute(
        insert(Reservation).values(
            turn_id=call.key["turn"],
            generation=call.generation,
            lease=call.lease,
            purpose=call.purpose,
            workspace_id=call.workspace_id,
            bot_id=call.bot_id,
            contact_id=ids.get("contact"),
            conversation_id=call.conversation_id,
            day=day_of(now),
            tokens=wanted.tokens,
            cost=wanted.cost,
            expires_at=now + LEASE,
        )
    )
