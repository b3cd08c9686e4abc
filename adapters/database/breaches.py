"""What breaks an invariant, told to the workspace that it belongs to: once, however often the audit finds it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeAlias
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import insert, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.audit import Finding, Found
from adapters.database.records import Event, Notice
from adapters.database.tables import ChannelRow, Conversation, Workspace

KIND = "invariant_broken"
_NAMES = ("reply", "key")
"""What identifies a breach, beside its problem and every `…_id`; counts and times change from round to round."""
Identity: TypeAlias = frozenset[tuple[str, str]]


async def tell(connection: AsyncConnection, invariant: str, finding: Finding) -> int:
    """Raise a notice of the breaches that nobody was told of, one for each workspace; how many breaches these are."""
    told = await _told(connection, invariant)
    new = {identity: breach for breach in finding.breaches if (identity := _identity(breach)) not in told}
    if not new:
        return 0
    by_workspace = await _by_workspace(connection, list(new))
    notices = [
        {"id": uuid4(), "workspace_id": workspace, "kind": KIND,
         "details": {"invariant": invariant, "total": finding.total, "breaches": [dict(sorted(item)) for item in own]}}
        for workspace, own in by_workspace.items()
    ]  # fmt: skip
    await connection.execute(insert(Notice).values(notices))
    return len(new)


def _identity(breach: Found) -> Identity:
    named = (name for name in breach if name == "problem" or name in _NAMES or name.endswith("_id"))
    return frozenset((name, str(breach[name])) for name in named)


async def _told(connection: AsyncConnection, invariant: str) -> set[Identity]:
    raised = select(Notice.details["breaches"]).where(
        Notice.kind == KIND, Notice.details["invariant"].as_string() == invariant
    )
    return {_identity(breach) for listed in await connection.scalars(raised) for breach in _listed(listed)}


def _listed(breaches: JsonValue) -> list[Found]:
    return [breach for breach in breaches if isinstance(breach, dict)] if isinstance(breaches, list) else []


async def _by_workspace(connection: AsyncConnection, breaches: Sequence[Identity]) -> dict[UUID, list[Identity]]:
    """The breaches by the workspace of what they name; what names nothing that is left goes to the oldest one."""
    owners = await _owners(connection, {item for breach in breaches for item in _ids(breach)})
    oldest = await connection.scalar(select(Workspace.id).order_by(Workspace.created_at).limit(1))
    assert oldest is not None
    found: dict[UUID, list[Identity]] = defaultdict(list)
    for breach in breaches:
        found[next((owners[item] for item in _ids(breach) if item in owners), oldest)].append(breach)
    return found


async def _owners(connection: AsyncConnection, ids: set[UUID]) -> dict[UUID, UUID]:
    named = (
        select(table.id, table.workspace_id).where(table.id.in_(ids)) for table in (Conversation, ChannelRow, Event)
    )
    return {row.id: row.workspace_id for row in await connection.execute(union_all(*named))}


def _ids(breach: Iterable[tuple[str, str]]) -> list[UUID]:
    return [UUID(value) for name, value in sorted(breach) if name in ("conversation_id", "channel_id", "event_id")]
