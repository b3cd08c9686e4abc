"""What a conversation's workflow has heard and not yet dealt with: in order, each thing once."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime

from domain.bursts import due_at, members
from domain.conversations import SILENCING
from domain.handovers import (
    MAX_BROUGHT,
    MAX_CARRIED,
    MAX_SEEN,
    ConversationState,
    Handover,
    Item,
    Waiting,
    seen_key,
)


class Inbox:
    """Hears hand-overs without ever failing, and says what is next.

    `stops` counts the controls that silence the bot: who works compares it to notice one that came meanwhile.
    """

    def __init__(self, state: ConversationState) -> None:
        self.bursts = state.bursts
        self.stops = 0
        self.behind = state.behind
        self._seen: OrderedDict[str, None] = OrderedDict.fromkeys(state.seen)
        self._waiting = {item.id: item for item in state.waiting}

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def has_work(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._waiting) or self.behind

    def hear(self, handover: Handover, now: datetime) -> None:
        """Take in what is new of a hand-over."""
        self.bursts = handover.bursts
        for item in handover.items:
            if self._is_new(item):
                self._remember(item.id)
                self._waiting[item.id] = Waiting(
                    id=item.id, kind=item.kind, received_at=item.received_at, heard_at=now, control=item.control
                )
                self.stops += item.control in SILENCING

    def _is_new(self, item: Item) -> bool:
        if item.id in self._waiting:
            return False
        return item.again or seen_key(item.id) not in self._seen

    def _remember(self, event: str) -> None:
        self._seen[seen_key(event)] = None
        self._seen.move_to_end(seen_key(event))
        while len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)

    def take(self, kind: str) -> Waiting | None:
        """The first thing of a kind, which does not wait behind messages; it waits no longer."""
        found = next((item for item in self._waiting.values() if item.kind == kind), None)
        return self._waiting.pop(found.id) if found else None

    @property
    def has_other_than_messages(self) -> bool:
        """Whether a control or something to say waits: it is done before the next turn."""
        return any(item.kind != "message" for item in self._waiting.values())

    @property
    def has_messages(self) -> bool:
        """Whether a message waits that no turn has taken up."""
        return any(item.kind == "message" for item in self._waiting.values())

    def due(self) -> datetime | None:
        """When the waiting messages are to be answered; None when none waits."""
        messages = self._messages()
        return due_at(self.bursts, messages[0].heard_at, messages[-1].heard_at) if messages else None

    def to_bring(self, *, together: bool = False) -> tuple[str, ...]:
        """The messages to bring to the next turn, the oldest where there are too many for one.

        `together`: all of them, whatever the bot's policy says.
        """
        waiting = [item.id for item in self._messages()]
        return tuple(waiting if together else members(self.bursts, waiting))[:MAX_BROUGHT]

    def settle(self, settled: Sequence[str], *, behind: bool) -> None:
        """Forget what need not be brought again; `behind`: more waits in PostgreSQL."""
        for event in settled:
            self._waiting.pop(event, None)
        self.behind = behind

    def carried(self, state: ConversationState) -> ConversationState:
        """The state for the next run: the oldest waiting messages travel, the rest is read from PostgreSQL."""
        left = {item.id for item in self._messages()[MAX_CARRIED:]}
        return state.model_copy(
            update={
                "bursts": self.bursts,
                "waiting": tuple(item for item in self._waiting.values() if item.id not in left),
                "behind": self.behind or bool(left),
                "seen": tuple(self._seen),
                "runs": state.runs + 1,
            }
        )

    def _messages(self) -> list[Waiting]:
        return [item for item in self._waiting.values() if item.kind == "message"]
