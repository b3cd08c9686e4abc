"""What calls of models may cost, and what they did: reserved before each call of a bot with a budget, settled after."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Date, DateTime, Double, Uuid, bindparam, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.completions import LEASE
from adapters.database.records import Budget, Notice, Reservation, Usage
from domain.bots import Limits
from domain.budgets import Amount, Limit, Spent, Verdict, begins, day_of, judge, resets_at
from domain.prices import Tokens

NOTICE = "budget_exhausted"


@dataclass(frozen=True)
class Call:
    """One attempt to have a turn answered, and who pays for it."""

    workspace_id: UUID
    bot_id: UUID
    conversation_id: UUID
    turn_id: UUID
    generation: int
    lease: int

    @property
    def key(self) -> dict[str, object]:
        """Its reservation's name: of two attempts at one turn each holds what it may cost."""
        return {"turn": self.turn_id, "of_generation": self.generation, "of_lease": self.lease}


@dataclass(frozen=True)
class Paid:
    """What one call of a model came to, on the day on which it began; without a known price it has no cost."""

    model: str
    tokens: Tokens
    cost: float | None
    duration_ms: int
    day: date


# Built once: building a statement costs more than running it, and these run for each turn.
_BOT = bindparam("bot", type_=Uuid())
_DAY = bindparam("of_day", type_=Date())
_NOW = bindparam("now", type_=DateTime(timezone=True))
_OF_DAY = (Budget.bot_id == _BOT, Budget.day == _DAY)
_OF_CALL = (
    Reservation.turn_id == bindparam("turn", type_=Uuid()),
    Reservation.generation == bindparam("of_generation"),
    Reservation.lease == bindparam("of_lease"),
)
_KEY = tuple_(Reservation.turn_id, Reservation.generation, Reservation.lease)
_SPENT = select(Budget.tokens, Budget.cost).where(*_OF_DAY)
_SUMS = (
    func.coalesce(func.sum(Usage.input_tokens + Usage.output_tokens), 0).label("tokens"),
    func.coalesce(func.sum(Usage.cost), 0.0).label("cost"),
)
_USED_TODAY = (Usage.bot_id == _BOT, Usage.created_at >= bindparam("since"), Usage.created_at < bindparam("until"))
_USED = select(*_SUMS).where(*_USED_TODAY)
_OPEN = (
    insert(Budget)
    .from_select(["bot_id", "day", "tokens", "cost"], select(_BOT, _DAY, *_SUMS).where(*_USED_TODAY))
    .on_conflict_do_nothing()
)
_RESERVED = select(
    func.coalesce(func.sum(Reservation.tokens), 0).label("tokens"),
    func.coalesce(func.sum(Reservation.cost), 0.0).label("cost"),
).where(Reservation.bot_id == _BOT, Reservation.day == _DAY, Reservation.expires_at > _NOW)
# Who settles late deletes its own row while it waits for the budget's lock: rows in other hands are left to them.
_EXPIRED = select(*_KEY.clauses).where(Reservation.bot_id == _BOT, Reservation.expires_at <= _NOW)
_FORGET = delete(Reservation).where(_KEY.in_(_EXPIRED.with_for_update(skip_locked=True)))
_RELEASE = delete(Reservation).where(*_OF_CALL)
_RENEW = update(Reservation).where(*_OF_CALL).values(expires_at=bindparam("until"))
_EXHAUST = (
    update(Budget)
    .where(*_OF_DAY, Budget.exhausted_at.is_(None))
    .values(exhausted_at=bindparam("now"))
    .returning(Budget.bot_id)
)
_SETTLE = (
    update(Budget)
    .where(*_OF_DAY)
    .values(
        tokens=Budget.tokens + bindparam("more_tokens", type_=BigInteger()),
        cost=Budget.cost + bindparam("more_cost", type_=Double()),
    )
    .add_cte(_RELEASE.returning(Reservation.turn_id).cte("released"))
)


async def reserve(connection: AsyncConnection, call: Call, wanted: Amount, limits: Limits, now: datetime) -> Verdict:
    """Reserve what a call may cost at most, where that fits in what is left of the bot's day.

    Whoever reserves for a bot waits for the one before: what fits is decided by one at a time.
    """
    whose = _whose(call.bot_id, now)
    day = await _locked(connection, whose, now)
    verdict = judge(limits, day, wanted)
    if verdict.exhausted:
        await _tell(connection, call, verdict.exhausted, whose, now)
    elif not verdict.wait:
        await connection.execute(
            insert(Reservation).values(
                turn_id=call.turn_id,
                generation=call.generation,
                lease=call.lease,
                bot_id=call.bot_id,
                day=whose["of_day"],
                tokens=wanted.tokens,
                cost=wanted.cost,
                expires_at=now + LEASE,
            )
        )
    return verdict


async def renew(connection: AsyncConnection, call: Call, now: datetime) -> None:
    """Keep what is reserved, as long as the call's lease is kept."""
    await connection.execute(_RENEW, {**call.key, "until": now + LEASE})


async def release(connection: AsyncConnection, call: Call) -> None:
    """Give back what is reserved: the call failed, and its provider said nothing of what it cost."""
    await connection.execute(_RELEASE, call.key)


async def settle(connection: AsyncConnection, call: Call, paid: Paid) -> None:
    """Record what a call came to, whether or not its answer is used, and count it instead of what was reserved."""
    await connection.execute(
        insert(Usage).values(
            id=uuid4(),
            workspace_id=call.workspace_id,
            bot_id=call.bot_id,
            conversation_id=call.conversation_id,
            turn_id=call.turn_id,
            generation=call.generation,
            model=paid.model,
            input_tokens=paid.tokens.input,
            output_tokens=paid.tokens.output,
            cached_tokens=paid.tokens.cached,
            cost=paid.cost,
            duration_ms=paid.duration_ms,
        )
    )
    await count(connection, call, paid)


async def count(connection: AsyncConnection, call: Call, paid: Paid) -> None:
    """Count what a call came to instead of what was reserved for it."""
    whose = {"bot": call.bot_id, "of_day": paid.day}
    more = {"more_tokens": paid.tokens.total, "more_cost": paid.cost or 0.0}
    await connection.execute(_SETTLE, {**call.key, **whose, **more})


async def standing(connection: AsyncConnection, bot_id: UUID, now: datetime) -> Spent:
    """How a bot's day stands; without a budget, what its calls are known to have cost."""
    whose = _whose(bot_id, now)
    spent = (await connection.execute(_SPENT, whose)).one_or_none()
    if spent is not None:
        return await _with_reserved(connection, Amount(tokens=spent.tokens, cost=spent.cost), whose, now)
    used = (await connection.execute(_USED, {**whose, **_span(now)})).one()
    return await _with_reserved(connection, Amount(tokens=used.tokens, cost=used.cost), whose, now)


async def _locked(connection: AsyncConnection, whose: dict[str, object], now: datetime) -> Spent:
    """The bot's day as nobody else can change it; begun where it is not, with what is on record already."""
    spent = (await connection.execute(_SPENT.with_for_update(), whose)).one_or_none()
    if spent is None:
        await connection.execute(_OPEN, {**whose, **_span(now)})
        spent = (await connection.execute(_SPENT.with_for_update(), whose)).one()
    await connection.execute(_FORGET, {**whose, "now": now})
    return await _with_reserved(connection, Amount(tokens=spent.tokens, cost=spent.cost), whose, now)


async def _with_reserved(connection: AsyncConnection, spent: Amount, whose: dict[str, object], now: datetime) -> Spent:
    held = (await connection.execute(_RESERVED, {**whose, "now": now})).one()
    return Spent(spent=spent, reserved=Amount(tokens=int(held.tokens), cost=held.cost))


def _whose(bot_id: UUID, now: datetime) -> dict[str, object]:
    return {"bot": bot_id, "of_day": day_of(now)}


def _span(now: datetime) -> dict[str, object]:
    day = day_of(now)
    return {"since": begins(day), "until": resets_at(day)}


async def _tell(connection: AsyncConnection, call: Call, limit: Limit, whose: dict[str, object], now: datetime) -> None:
    """A notice, once for a bot and a day."""
    if await connection.scalar(_EXHAUST, {**whose, "now": now}) is None:
        return
    details = {"bot_id": str(call.bot_id), "day": str(whose["of_day"]), "limit": limit}
    await connection.execute(
        insert(Notice).values(id=uuid4(), workspace_id=call.workspace_id, kind=NOTICE, details=details)
    )
