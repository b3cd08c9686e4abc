"""The tables of what models are told: prompts with their versions, summaries, facts, what files say."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from adapters.database.base import Base, Described, Identified


class PromptRow(Identified, Described, Base):
    """A named text for models; `version` is the one in use, `last_version` the newest."""

    __tablename__ = "prompts"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    name: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="1")
    last_version: Mapped[int] = mapped_column(server_default="1")
    __table_args__ = (
        Index("uq_prompts_name", "workspace_id", "name", unique=True, postgresql_where=sql("deleted_at IS NULL")),
        Index("ix_prompts_page", "workspace_id", "created_at", "id"),
    )


class PromptVersion(Base):
    """What a prompt says in one version; it never changes."""

    __tablename__ = "prompt_versions"
    prompt_id: Mapped[UUID] = mapped_column(ForeignKey("prompts.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    text: Mapped[str]
    note: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Summary(Base):
    """What was said in a conversation up to a message, in short: the model sees it in place of those messages."""

    __tablename__ = "summaries"
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    covered_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    text: Mapped[str]
    model: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SummaryDue(Base):
    """A conversation whose past has outgrown the window, to be summarised beside its turns."""

    __tablename__ = "summaries_due"
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = (Index("ix_summaries_due_due_at", "due_at"),)


class ContactFact(Identified, Base):
    """Something that is known of a contact, told by an operator or learnt from what was said."""

    __tablename__ = "contact_facts"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contacts.id"))
    text: Mapped[str]
    source: Mapped[str]
    __table_args__ = (
        UniqueConstraint("contact_id", "text"),
        CheckConstraint("source IN ('api', 'learnt')", name="source"),
    )


class MediaText(Base):
    """What a file says, as far as it could be read; else why it could not."""

    __tablename__ = "media_texts"
    media_id: Mapped[UUID] = mapped_column(ForeignKey("media.id"), primary_key=True)
    text: Mapped[str]
    reason: Mapped[str | None]
    is_cut: Mapped[bool] = mapped_column(server_default=sql("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
