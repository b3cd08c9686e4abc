"""The tables of what models are told: prompts with their versions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func
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
