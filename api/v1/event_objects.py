"""Events as the API shows them: what a platform told us, without what lets whoever reads it answer for the bot."""

from datetime import datetime
from uuid import UUID

from pydantic import Field, JsonValue, field_validator

from api.v1.objects import Shown
from domain.events import EventKind, EventState, Sender, told


class Event(Shown):
    """One thing that a platform told us, and what became of it."""

    id: UUID
    channel_id: UUID
    conversation_id: UUID | None
    key: str = Field(description="The platform's id of the event.", examples=["update:829349"])
    kind: EventKind
    state: EventState
    reason: str | None
    platform_message_id: str | None = Field(description="The message that it brings, or is about.", examples=["133"])
    sender: Sender | None = Field(description="Who on the platform, where it says so.")
    details: dict[str, JsonValue] = Field(description="What else the platform told, by the kind of the event.")
    turn: int | None = Field(examples=[13])
    received_at: datetime
    queued_at: datetime | None
    ended_at: datetime | None

    @field_validator("details", mode="before")
    @classmethod
    def _shown(cls, details: object) -> object:
        return told(details) if isinstance(details, dict) else {}
