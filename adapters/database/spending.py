"""The tables of what is not spent again, or not yet: budgets, reservations, answers that may be given again."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from adapters.database.base import Base


class Budget(Base):
    """What an owner whose day is limited has spent of it (UTC); whoever reserves holds this row's lock.

    `owner` is one of `domain.budgets.Owner`, `owner_id` the row's that it names.
    """

    __tablename__ = "budgets"
    day: Mapped[date] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    tokens: Mapped[int] = mapped_column(BigInteger)
    cost: Mapped[float]
    exhausted_at: Mapped[datetime | None]


class Reservation(Base):
    """What a call under way may cost at most; forgotten when its process no longer renews the lease.

    A call that belongs to no turn has an id of its own in its place.
    """

    __tablename__ = "reservations"
    turn_id: Mapped[UUID] = mapped_column(primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    lease: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID]
    bot_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    conversation_id: Mapped[UUID | None]
    day: Mapped[date]
    tokens: Mapped[int] = mapped_column(BigInteger)
    cost: Mapped[float | None]
    expires_at: Mapped[datetime]
    __table_args__ = (Index("ix_reservations_workspace", "workspace_id", "day"),)


class CachedAnswer(Base):
    """An answer that a bot may give again until it expires; it goes with the conversation that it was bought in."""

    __tablename__ = "cached_answers"
    bot_id: Mapped[UUID] = mapped_column(ForeignKey("bots.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    question: Mapped[str]
    model: Mapped[str]
    answered_by: Mapped[str]
    text: Mapped[str]
    input_tokens: Mapped[int]
    output_tokens: Mapped[int]
    cached_tokens: Mapped[int]
    cost: Mapped[float | None]
    stored_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
