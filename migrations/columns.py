"""How the steps write tables down; what a step once made must not change, so nothing here may."""

from collections.abc import Sequence
from typing import TypeVar

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

Kind = TypeVar("Kind")
TIME = sa.DateTime(timezone=True)


def table(name: str, *parts: sa.schema.SchemaItem) -> None:
    """Make a table."""
    op.create_table(name, *parts)


def index(
    name: str,
    table: str,
    columns: Sequence[str | sa.ColumnElement[object]],
    *,
    unique: bool = False,
    where: str | None = None,
) -> None:
    """Make an index, of the rows that `where` names."""
    op.create_index(name, table, columns, unique=unique, postgresql_where=sa.text(where) if where else None)


def column(
    name: str, kind: TypeEngine[Kind], *, server_default: str | sa.TextClause | None = None, nullable: bool = False
) -> sa.Column[Kind]:
    """A column, which has a value in every row unless it says otherwise."""
    return sa.Column(name, kind, server_default=server_default, nullable=nullable)


def check(condition: str, name: str) -> sa.CheckConstraint:
    """A constraint under its whole name, which the naming convention shall not make longer."""
    return sa.CheckConstraint(condition, name=op.f(name))


def identified() -> Sequence[sa.schema.SchemaItem]:
    """An id, and the times of a row's making and last change."""
    now = sa.text("now()")
    return (
        column("id", sa.Uuid()),
        column("created_at", TIME, server_default=now),
        column("updated_at", TIME, server_default=now),
    )


def described() -> Sequence[sa.schema.SchemaItem]:
    """The mark of deletion, and what the owner says of a row."""
    return column("deleted_at", TIME, nullable=True), column("metadata", JSONB(), server_default="{}")
