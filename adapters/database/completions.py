"""Completions: bought once for each generation of a turn, by whoever holds the lease, and stored before any use."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import DateTime, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import Completion, VerdictRow
from domain.verdicts import STOPPING, Verdict

LEASE = timedelta(seconds=12)
RENEW_EVERY = timedelta(seconds=4)


# Built once: building a statement costs more than running it, and these run for each turn.
_TURN = Completion.turn_id == bindparam("turn")
_GENERATION = Completion.generation == bindparam("of_generation")
_UNTIL = bindparam("until", type_=DateTime(timezone=True))
_CLAIM = (
    insert(Completion)
    .values(turn_id=bindparam("turn"), generation=bindparam("of_generation"), lease=1, lease_until=_UNTIL, calls=0)
    .on_conflict_do_update(
        index_elements=[Completion.turn_id, Completion.generation],
        set_={"lease": Completion.lease + 1, "lease_until": _UNTIL},
        where=Completion.stored_at.is_(None)
        & or_(Completion.lease_until.is_(None), Completion.lease_until < bindparam("now")),
    )
    .returning(Completion.lease)
)
_FIND = select(Completion.lease, Completion.stored_at, Completion.refused, Completion.lease_until).where(
    _TURN, _GENERATION
)
_STORE = (
    update(Completion)
    .where(_TURN, _GENERATION, Completion.lease == bindparam("of_lease"), Completion.stored_at.is_(None))
    .values(
        text=bindparam("answer"),
        refused=bindparam("is_refused"),
        stored_at=bindparam("now"),
        lease_until=None,
        calls=Completion.calls + 1,
    )
    .returning(Completion.lease)
)
_REFUSAL = select(VerdictRow.categories).where(
    VerdictRow.turn_id == bindparam("turn"),
    VerdictRow.generation == bindparam("of_generation"),
    VerdictRow.direction == "output",
    VerdictRow.action.in_(STOPPING),
)


@dataclass(frozen=True)
class Claim:
    """How the completion of a turn stands: ours to buy, stored already, or being bought by another attempt."""

    lease: int
    stored: bool
    refused: bool
    ours: bool
    free_at: datetime | None


async def claim(connection: AsyncConnection, turn_id: UUID, generation: int, now: datetime) -> Claim:
    """Take the lease when nothing is stored and nobody holds it."""
    which = {"turn": turn_id, "of_generation": generation}
    lease = await connection.scalar(_CLAIM, {**which, "until": now + LEASE, "now": now})
    if lease is not None:
        return Claim(lease, stored=False, refused=False, ours=True, free_at=None)
    row = (await connection.execute(_FIND, which)).one()
    return Claim(row.lease, row.stored_at is not None, row.refused, ours=False, free_at=row.lease_until)


async def renew(connection: AsyncConnection, turn_id: UUID, generation: int, lease: int, now: datetime) -> bool:
    """Keep the lease; False when a successor has it."""
    kept = (
        update(Completion)
        .where(Completion.turn_id == turn_id, Completion.generation == generation, Completion.lease == lease)
        .values(lease_until=now + LEASE)
        .returning(Completion.lease)
    )
    return await connection.scalar(kept) is not None


async def give_back(connection: AsyncConnection, turn_id: UUID, generation: int, lease: int) -> None:
    """Let the next attempt begin at once; this one failed and holds nothing."""
    await connection.execute(
        update(Completion)
        .where(Completion.turn_id == turn_id, Completion.generation == generation, Completion.lease == lease)
        .values(lease_until=None, calls=Completion.calls + 1)
    )


async def store(
    connection: AsyncConnection,
    turn_id: UUID,
    generation: int,
    lease: int,
    text: str,
    *,
    refused: bool,
    now: datetime,
) -> bool:
    """Store the answer; False when a successor took the lease, whose answer is the one that counts."""
    which = {"turn": turn_id, "of_generation": generation, "of_lease": lease}
    stored = await connection.scalar(_STORE, {**which, "answer": text, "is_refused": refused, "now": now})
    return stored is not None


async def refusal(connection: AsyncConnection, turn_id: UUID, generation: int) -> str | None:
    """Why a stored answer was refused; None where it was not."""
    categories = await connection.scalar(_REFUSAL, {"turn": turn_id, "of_generation": generation})
    return Verdict(categories=tuple(categories)).reason if categories is not None else None
