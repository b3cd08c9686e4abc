"""Staff: people who answer a contact on the platform itself, past the bot, and what the bot then does."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, get_args

from pydantic import JsonValue

from domain.conversations import Control, Voice
from domain.events import InboundEvent
from domain.platforms import PlatformName

ANSWERS_SETTING = "staff_answers"
"""A channel's setting: what the bot does once somebody else has answered."""
ANSWERS = ("ignore", "take_over")
WITH_STAFF = frozenset({PlatformName.WHATSAPP, PlatformName.MESSENGER})
"""The platforms that tell what somebody else says for the same account."""
STAFF = "staff"
"""Where the details of an event say what staff did."""
Deed: TypeAlias = Literal["said", "took", "gave_back"]
"""Staff spoke to the contact, took the conversation from our app, or gave it back."""
_LATE_AFTER = timedelta(days=1)
"""What is told so late is of no answer that is awaited now."""


def takes_over(settings: Mapping[str, JsonValue]) -> bool:
    """Whether the bot falls silent where staff answer."""
    return settings.get(ANSWERS_SETTING) == "take_over"


def deed(event: InboundEvent) -> Deed | None:
    """What staff did, where an event tells of that."""
    told = event.details.get(STAFF)
    return next((known for known in get_args(Deed) if known == told), None)


def control(done: Deed, voice: Voice, occurred_at: datetime | None, now: datetime) -> Control | None:
    """What follows for who has the voice; an operator's pause stays one."""
    if occurred_at is not None and occurred_at < now - _LATE_AFTER:
        return None
    if done == "gave_back":
        return Control.RELEASE if voice is Voice.OPERATOR else None
    return Control.TAKEOVER if voice is Voice.BOT else None
