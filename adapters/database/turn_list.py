"""Turns as the API lists them: how each ended, what its model was told, and what that cost."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import Turn, Usage
from adapters.database.scope import scoped
from domain.told import Told

_TOLD = "told"


async def page(
    connection: AsyncConnection, workspace_id: UUID, conversation_id: UUID, before: int, limit: int
) -> Sequence[RowMapping]:
    """The turns of a conversation before a number, newest first, and one more than asked for."""
    told: ColumnElement[object] = Turn.details[_TOLD].label("told")
    query = select(
        Turn.id, Turn.number, Turn.generation, Turn.outcome, Turn.reason, Turn.opened_at, Turn.ended_at, told
    ).where(Turn.conversation_id == conversation_id, Turn.number < before)  # fmt: skip
    ordered = scoped(query, workspace_id).order_by(Turn.number.desc()).limit(limit + 1)
    return (await connection.execute(ordered)).mappings().all()


async def usage(
    connection: AsyncConnection, workspace_id: UUID, turns: Iterable[UUID]
) -> Mapping[UUID, Sequence[RowMapping]]:
    """The calls of models that each of these turns made, in order."""
    query = select(
        Usage.turn_id, Usage.generation, Usage.model, Usage.input_tokens, Usage.output_tokens, Usage.cost,
        Usage.duration_ms,
    ).where(Usage.turn_id.in_(list(turns)))  # fmt: skip
    found: dict[UUID, list[RowMapping]] = defaultdict(list)
    for row in (await connection.execute(scoped(query, workspace_id).order_by(Usage.created_at))).mappings():
        found[row["turn_id"]].append(row)
    return found


async def keep_told(connection: AsyncConnection, workspace_id: UUID, turn_id: UUID, told: Told) -> None:
    """Put on record what the model is told in a turn."""
    kept = {_TOLD: told.model_dump(mode="json", exclude_none=True)}
    changed = scoped(update(Turn).where(Turn.id == turn_id), workspace_id)
    await connection.execute(changed.values(details=Turn.details.op("||")(literal(kept, JSONB))))
