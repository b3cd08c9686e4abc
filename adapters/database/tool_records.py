"""The tables of what bots call and search: steps, calls, approvals, documents and their passages."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from adapters.database.base import Base, Identified, one_of
from domain.tool_calls import ApprovalState, CallOutcome, CallState


class ToolStep(Base):
    """An answer of a model that asked for calls: what it said beside; bought like a completion, by its lease."""

    __tablename__ = "tool_steps"
    turn_id: Mapped[UUID] = mapped_column(ForeignKey("turns.id"), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None]
    stored_at: Mapped[datetime]


class ToolCallRow(Identified, Base):
    """A call of a tool: `started` is committed before anything is done outside, under a lease."""

    __tablename__ = "tool_calls"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    turn_id: Mapped[UUID] = mapped_column(ForeignKey("turns.id"))
    generation: Mapped[int]
    step: Mapped[int]
    position: Mapped[int]
    seq: Mapped[int] = mapped_column(BigInteger)
    """How far the conversation was when it was asked for: what was before its memory begins is not told again."""
    name: Mapped[str]
    arguments: Mapped[str | None]
    effects: Mapped[bool] = mapped_column(server_default=sql("false"))
    state: Mapped[str]
    outcome: Mapped[str | None]
    result: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    lease_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        one_of("state", CallState),
        one_of("outcome", CallOutcome),
        CheckConstraint("NOT effects OR attempts <= 1", name="begun_once"),
        UniqueConstraint("turn_id", "generation", "step", "position"),
        Index("ix_tool_calls_effects", "conversation_id", "started_at", postgresql_where=sql("effects")),
        Index("ix_tool_calls_kept", "turn_id", postgresql_where=sql("arguments IS NOT NULL")),
    )


class ApprovalRow(Identified, Base):
    """The question to an operator whether a call may be made."""

    __tablename__ = "approvals"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), index=True)
    call_id: Mapped[UUID] = mapped_column(ForeignKey("tool_calls.id"), unique=True)
    state: Mapped[str]
    expires_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    __table_args__ = (
        one_of("state", ApprovalState),
        Index("ix_approvals_page", "workspace_id", "created_at", "id"),
    )


class DocumentRow(Identified, Base):
    """A document of a bot; `dictionary` is PostgreSQL's configuration by which its words are found."""

    __tablename__ = "documents"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    bot_id: Mapped[UUID] = mapped_column(ForeignKey("bots.id"))
    title: Mapped[str]
    type: Mapped[str]
    dictionary: Mapped[str]
    characters: Mapped[int]
    passages: Mapped[int]
    __table_args__ = (Index("ix_documents_page", "bot_id", "created_at", "id"),)


class PassageRow(Base):
    """A passage of a document, as it is found and shown to the model."""

    __tablename__ = "passages"
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    bot_id: Mapped[UUID]
    dictionary: Mapped[str]
    heading: Mapped[str]
    text: Mapped[str]
    words: Mapped[str] = mapped_column(TSVECTOR)
    __table_args__ = (
        Index("ix_passages_bot", "bot_id", "dictionary"),
        Index("ix_passages_words", "words", postgresql_using="gin"),
    )
