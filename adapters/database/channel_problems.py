"""What keeps channels from speaking: raised once, tried again now and then by one call, and cleared by what works.

Whoever holds a conversation takes the channel after it, never before.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import Notice
from adapters.database.tables import ChannelRow
from domain.channel_problems import TOLD, ProblemReason, next_probe
from domain.events import InboundEvent

REFUSED, RECOVERED, POLICY = "channel_refused", "channel_recovered", "policy_enforcement"
"""The kinds of notices."""
_TEXT_CHARACTERS = 500
_Standing = Row[UUID, str | None, datetime | None, datetime | None, int]
_COLUMNS = (
    ChannelRow.workspace_id,
    ChannelRow.problem,
    ChannelRow.problem_since,
    ChannelRow.problem_probe_at,
    ChannelRow.problem_probes,
)


async def note(
    connection: AsyncConnection, channel_id: UUID, reason: str, text: str, now: datetime, *, at_once: bool = False
) -> datetime:
    """A call was refused for the channel's sake; when the next one may be tried, which is now where that is told
    `at_once` and nobody tried yet."""
    found = await _lock(connection, channel_id)
    if found is None:
        return next_probe(now, 1)
    values: dict[str, object] = {"problem": reason, "problem_text": text[:_TEXT_CHARACTERS]}
    probe_at: datetime | None = found.problem_probe_at
    if found.problem is None or probe_at is None:
        probe_at = now if at_once else next_probe(now, 1)
        values |= {"problem_since": now, "problem_probe_at": probe_at, "problem_probes": 1}
        details: dict[str, JsonValue] = {"reason": reason, "text": text[:_TEXT_CHARACTERS]}
        await _tell(connection, found.workspace_id, channel_id, REFUSED, details)
    await connection.execute(update(ChannelRow).where(ChannelRow.id == channel_id).values(values))
    return probe_at


async def probe(connection: AsyncConnection, channel_id: UUID, now: datetime) -> datetime | None:
    """When a call may be tried; None: now, by the caller, and by others once it is known how that went."""
    found = await _lock(connection, channel_id)
    probe_at: datetime | None = found.problem_probe_at if found else None
    if found is None or probe_at is None or probe_at > now:
        return probe_at
    probes = found.problem_probes + 1
    values = {"problem_probes": probes, "problem_probe_at": next_probe(now, probes)}
    await connection.execute(update(ChannelRow).where(ChannelRow.id == channel_id).values(values))
    return None


async def clear(connection: AsyncConnection, channel_id: UUID, by: Literal["sending", "check", "credentials"]) -> None:
    """The channel can speak again, as far as is known; a check says nothing of an account that is held back."""
    found = await _lock(connection, channel_id)
    if found is None or found.problem is None or found.problem_since is None:
        return
    if by == "check" and found.problem == ProblemReason.ACCOUNT_HELD:
        return
    none = dict.fromkeys(("problem", "problem_text", "problem_since", "problem_probe_at"))
    await connection.execute(update(ChannelRow).where(ChannelRow.id == channel_id).values(**none, problem_probes=0))
    details: dict[str, JsonValue] = {"by": by, "reason": found.problem, "since": found.problem_since.isoformat()}
    await _tell(connection, found.workspace_id, channel_id, RECOVERED, details)


async def hear(connection: AsyncConnection, channel_id: UUID, events: Iterable[InboundEvent], now: datetime) -> None:
    """What a platform tells by itself: that the app was removed, or that its owner broke a rule."""
    for event in events:
        problem, policy = event.details.get("problem"), event.details.get("policy")
        if isinstance(problem, str):
            text = TOLD.get(ProblemReason(problem), problem)
            await note(connection, channel_id, problem, text, now, at_once=True)
        if isinstance(policy, dict):
            found = await _lock(connection, channel_id)
            if found is not None:
                await _tell(connection, found.workspace_id, channel_id, POLICY, policy)


async def counted(connection: AsyncConnection) -> dict[str, int]:
    """How many channels cannot speak, by platform."""
    query = (
        select(ChannelRow.platform, func.count().label("number"))
        .where(ChannelRow.problem.is_not(None), ChannelRow.deleted_at.is_(None))
        .group_by(ChannelRow.platform)
    )
    return {row.platform: row.number for row in await connection.execute(query)}


async def _lock(connection: AsyncConnection, channel_id: UUID) -> _Standing | None:
    query = select(*_COLUMNS).where(ChannelRow.id == channel_id).with_for_update(key_share=True)
    return (await connection.execute(query)).one_or_none()


async def _tell(
    connection: AsyncConnection, workspace_id: UUID, channel_id: UUID, kind: str, details: dict[str, JsonValue]
) -> None:
    notice = {"id": uuid4(), "workspace_id": workspace_id, "kind": kind}
    await connection.execute(insert(Notice).values(**notice, details={"channel_id": str(channel_id), **details}))
