"""The tables of what was understood: of messages, of answers in two languages, of whole conversations."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import BigInteger, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from adapters.database.base import Base


class Understanding(Base):
    """What was found out about a message that a contact sent; it goes with the message.

    `language` is the message's own, `spoken` the one that it is answered in; `reason` is why nothing was found.
    """

    __tablename__ = "understandings"
    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    language: Mapped[str | None]
    spoken: Mapped[str | None]
    sentiment: Mapped[str | None]
    intent: Mapped[str | None]
    confidence: Mapped[float | None]
    entities: Mapped[list[JsonValue]] = mapped_column(server_default="[]")
    into: Mapped[str | None]
    translation: Mapped[str | None]
    model: Mapped[str | None]
    reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (
        Index("ix_understandings_conversation", "conversation_id", "seq"),
        Index("ix_understandings_time", "workspace_id", "created_at"),
    )


class AnswerTranslation(Base):
    """An answer as the bot gave it, in its own language; what the contact got is the message."""

    __tablename__ = "answer_translations"
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    reply: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    text: Mapped[str]
    language: Mapped[str]
    into: Mapped[str]
    model: Mapped[str | None]
    reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Digest(Base):
    """A conversation in short, as somebody asked for it; the bot knows nothing of it."""

    __tablename__ = "digests"
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    covered_seq: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str]
    open_questions: Mapped[list[JsonValue]] = mapped_column(server_default="[]")
    model: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
