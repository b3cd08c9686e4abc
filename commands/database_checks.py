"""Whether the database is there, new enough, migrated, and of one mind with us on what time it is."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from commands import schema
from commands.checks import Check, fault
from commands.diagnosis import bounded

_MAX_SKEW = timedelta(seconds=2)


async def check_database(database_url: str) -> list[Check]:
    """The findings `database`, `schema` and `clock`; the last two only of a database that answers."""

    async def look() -> list[Check]:
        return await asyncio.to_thread(_look, database_url)

    return await bounded("database", look, "Check DATABASE_URL, and that PostgreSQL runs.")


def _look(database_url: str) -> list[Check]:
    with schema.connected(database_url) as connection:
        before = datetime.now(UTC)
        theirs = connection.scalar(select(func.clock_timestamp()))
        after = datetime.now(UTC)
        assert isinstance(theirs, datetime)
        try:
            step = schema.examine(connection)
        except (schema.SchemaForeign, schema.DatabaseTooOld) as found:
            standing = fault("schema", found.sentence, found.remedy)
        else:
            standing = _standing(step)
    return [Check("database"), standing, _clock(theirs, before, after)]


def _standing(step: schema.Step) -> Check:
    if step.is_newest:
        return Check("schema")
    problem = f"It is at step {step.current}, and this version needs {step.newest}." if step.current else "It is empty."
    return fault("schema", problem, "Run: chat-orchestrator migrate.")


def _clock(theirs: datetime, before: datetime, after: datetime) -> Check:
    """The database's time should lie between ours before and after the question."""
    skew = max(before - theirs, theirs - after, timedelta())
    if skew <= _MAX_SKEW:
        return Check("clock")
    problem = f"The database's clock and this machine's are {skew.total_seconds():.0f} s apart."
    return fault("clock", problem, "Let both follow a time server; leases and limits depend on it.")
