"""What a conversation's workflow is told, and what it carries from one run to the next.

Both are stored in histories for as long as Temporal keeps them: fields are only added, each with a default.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from domain.bursts import BurstPolicy
from domain.conversations import Control
from domain.models import Frozen

MAX_ITEMS = 100
MAX_TEXT_BYTES = 4096
MAX_BYTES = 64 * 1024
MAX_UNRECORDED_BYTES = 32 * 1024
"""How large an event may be that travels whole."""
MAX_TRAVELLING_BYTES = 48 * 1024
"""How much that is not recorded yet a conversation takes along to its next run; of more it gets rid first."""
MAX_BROUGHT = 500
MAX_CARRIED = 200
MAX_SEEN = 500
MOST_EVENTS = 1000
"""How long a run's history may grow: replaying it stays under 200 ms."""


ItemKind = Literal["message", "control", "say", "record"]


class Unrecorded(Frozen):
    """An event that PostgreSQL did not take, whole: its channel, and what `domain.events.InboundEvent` wrote.

    It is read where it is recorded: one that this version cannot read must not keep the others from being heard.
    """

    channel_id: str
    event: Mapping[str, JsonValue] = Field(default_factory=dict)
    correlation_id: str | None = None


class Item(Frozen):
    """One thing to hear: a message to answer, an operator's control, something to say, or something only to record.

    `text` is for whoever inspects the conversation in Temporal UI; what the model reads comes from PostgreSQL.
    `again` marks an event that is handed over once more although the workflow may know it; `album` names what else it
    was sent together with.
    """

    id: str
    kind: ItemKind = "message"
    received_at: datetime
    text: str = ""
    control: Control | None = None
    again: bool = False
    album: str = ""
    unrecorded: Unrecorded | None = None


class Handover(Frozen):
    """The one signal of a conversation: everything that was not handed over yet, oldest first."""

    version: int = 1
    items: tuple[Item, ...] = ()
    bursts: BurstPolicy = BurstPolicy()
    correlation_id: str | None = None


class Waiting(Frozen):
    """An item that the workflow has heard and not yet dealt with."""

    id: str
    kind: ItemKind = "message"
    received_at: datetime
    heard_at: datetime
    control: Control | None = None
    album: str = ""
    unrecorded: Unrecorded | None = None


class ConversationState(Frozen):
    """All that a conversation's workflow carries over continue-as-new; at most 128 KiB.

    `behind` says that more waits in PostgreSQL than `waiting` holds: *begin* reads the rest there.
    """

    version: int = 1
    conversation_id: str = ""
    platform: str = ""
    bursts: BurstPolicy = BurstPolicy()
    waiting: tuple[Waiting, ...] = ()
    behind: bool = False
    seen: tuple[str, ...] = ()
    turns: int = 0
    status: str = "open"
    runs: int = Field(default=1, ge=1)
    most_events: int = MOST_EVENTS


def seen_key(event: str) -> str:
    """The short form under which the workflow remembers an event: the random half of its UUID."""
    return event.replace("-", "")[:16]
