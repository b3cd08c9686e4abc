"""Profiles that are to be asked for: noted with a contact's message, claimed by a lease, and kept with the contact."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, func, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.due import due
from adapters.database.tables import Contact
from domain.profiles import REFRESHED_AFTER, Profile

LEASE = timedelta(seconds=60)
"""How long a claimed profile belongs to its attempt: longer than a call may take."""


@dataclass(frozen=True)
class Wanted:
    """A contact whose profile is to be asked for, and the attempt that it is claimed for."""

    id: UUID
    channel_id: UUID
    external_id: str
    attempts: int


# Built once: building a statement costs more than running it, and the first runs for each webhook.
_WANT = (
    update(Contact)
    .where(
        Contact.id == bindparam("contact"),
        Contact.profile_due_at.is_(None),
        or_(Contact.profiled_at.is_(None), Contact.profiled_at < bindparam("before")),
    )
    .values(profile_due_at=bindparam("now"), profile_attempts=0)
)
_DUE = due(Contact.id, Contact.profile_due_at)
_CLAIM = (
    update(Contact)
    .where(Contact.id.in_(_DUE.scalar_subquery()))
    .values(profile_due_at=bindparam("until"), profile_attempts=Contact.profile_attempts + 1)
    .returning(Contact.id, Contact.channel_id, Contact.external_id, Contact.profile_attempts)
)


async def want(connection: AsyncConnection, contact_id: UUID, now: datetime) -> None:
    """Have a contact's profile asked for, where it never was or long ago; with the record of a message."""
    await connection.execute(_WANT, {"contact": contact_id, "now": now, "before": now - REFRESHED_AFTER})


async def claim(connection: AsyncConnection, now: datetime, most: int) -> list[Wanted]:
    """Take profiles that are due, at most so many; an attempt that dies leaves them to the next after the lease."""
    rows = await connection.execute(_CLAIM, {"now": now, "until": now + LEASE, "most": most})
    return [Wanted(row.id, row.channel_id, row.external_id, row.profile_attempts) for row in rows]


async def keep(connection: AsyncConnection, contact_id: UUID, found: Profile, now: datetime) -> None:
    """The platform said who this is; a name that it does not say stays as it was."""
    values = {"name": func.coalesce(found.name, Contact.name), "picture_url": found.picture_url}
    await _settle(connection, contact_id, profiled_at=now, profile_due_at=None, **values)


async def give_up(connection: AsyncConnection, contact_id: UUID, now: datetime) -> None:
    """Nothing can be learnt now; what is known stays, and a later message has it asked for again."""
    await _settle(connection, contact_id, profiled_at=now, profile_due_at=None)


async def postpone(connection: AsyncConnection, contact_id: UUID, due_at: datetime) -> None:
    """Ask later."""
    await _settle(connection, contact_id, profile_due_at=due_at)


async def _settle(connection: AsyncConnection, contact_id: UUID, **values: object) -> None:
    await connection.execute(update(Contact).where(Contact.id == contact_id).values(**values))
