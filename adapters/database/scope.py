"""The one place where a statement is held to a workspace: what belongs to another one does not exist."""

from typing import Protocol, Self, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select
from sqlalchemy.sql.dml import DMLWhereBase


class _Filterable(Protocol):
    def where(self, *criteria: ColumnElement[bool]) -> Self: ...


Statement = TypeVar("Statement", bound=_Filterable)


def scoped(statement: Statement, workspace_id: UUID) -> Statement:
    """The statement with only the rows of this workspace; what it joins to the table of its first column is the same's.

    Raises `KeyError` when the first table has no owner: such a row is reached through one that has.
    """
    return statement.where(_first_table(statement).c["workspace_id"] == workspace_id)


def _first_table(statement: object) -> FromClause:
    if isinstance(statement, DMLWhereBase):
        return statement.table
    assert isinstance(statement, Select)
    # The table of the first column: asking for the final FROM would compile the statement each time.
    return statement.columns_clause_froms[0]
