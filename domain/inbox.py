"""What a conversation's workflow has heard and not yet dealt with: in order, each thing once."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile

from domain.albums import whole_at
from domain.bursts import due_at, members
from domain.conversations import SILENCING, Control
from domain.handovers import (
    MAX_BROUGHT,
    MAX_BYTES,
    MAX_CARRIED,
    MAX_ITEMS,
    MAX_SEEN,
    MAX_TRAVELLING_BYTES,
    ConversationState,
    Handover,
    Item,
    Waiting,
    seen_key,
)


class Inbox:
    """Hears hand-overs without ever failing, and says what is next.

    `stops` counts the controls that silence the bot: who works compares it to notice one that came meanwhile.
    `decisions` counts those that decide about an approval.
    """

    def __init__(self, state: ConversationState) -> None:
        self.bursts = state.bursts
        self.stops = 0
        self.decisions = 0
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
        if handover.items:
            self.bursts = handover.bursts
        for item in handover.items:
            if self._is_new(item):
                self._remember(item.id)
                self._waiting[item.id] = Waiting(
                    id=item.id,
                    kind=item.kind,
                    received_at=item.received_at,
                    heard_at=now,
                    control=item.control,
                    album=item.album,
                    unrecorded=item.unrecorded,
                )
                self.stops += item.control in SILENCING
                self.decisions += item.control is Control.DECIDE

    def _is_new(self, item: Item) -> bool:
        if item.id in self._waiting or (item.kind == "record" and item.unrecorded is None):
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
        """Whether a control, something to say or something to record waits: it is done before the next turn."""
        return any(not _is_ready(item) for item in self._waiting.values())

    @property
    def has_messages(self) -> bool:
        """Whether a message waits that no turn has taken up."""
        return any(_is_ready(item) for item in self._waiting.values())

    @property
    def has_other_work(self) -> bool:
        """Whether something waits to be said or recorded, which must not wait as long as operators may take."""
        return any(item.kind == "say" or item.unrecorded is not None for item in self._waiting.values())

    def due(self) -> datetime | None:
        """When the waiting messages are to be answered, of an album all together; None when none waits."""
        messages = self._messages()
        if not messages:
            return None
        due = due_at(self.bursts, messages[0].heard_at, messages[-1].heard_at)
        last = messages[0 if self.bursts.policy == "queue" else -1]
        album = [item.heard_at for item in messages if item.album == last.album]
        return max(due, whole_at(album)) if last.album else due

    def to_bring(self, *, together: bool = False) -> tuple[str, ...]:
        """The messages to bring to the next turn, the oldest where there are too many for one.

        `together`: all of them, whatever the bot's policy says. What is not recorded yet holds up those behind it.
        """
        ready = list(takewhile(_is_ready, self._messages()))
        waiting = [item.id for item in ready]
        albums = [item.album for item in ready]
        return tuple(waiting if together else members(self.bursts, waiting, albums))[:MAX_BROUGHT]

    def settle(self, settled: Sequence[str], *, behind: bool) -> None:
        """Forget what need not be brought again; `behind`: more waits in PostgreSQL."""
        for event in settled:
            self._waiting.pop(event, None)
        self.behind = behind

    def unrecorded(self) -> tuple[Waiting, ...]:
        """The oldest of what PostgreSQL does not hold yet, as much as is recorded in one step."""
        found: list[Waiting] = []
        room = MAX_BYTES
        for item in self._waiting.values():
            room -= _unrecorded_bytes(item)
            if found and (room < 0 or len(found) == MAX_ITEMS):
                break
            if item.unrecorded is not None:
                found.append(item)
        return tuple(found)

    def note_recorded(self, items: Sequence[Waiting], settled: Sequence[str], *, behind: bool) -> None:
        """PostgreSQL holds these now: what is settled or was only to be recorded is done, the others wait on."""
        done = {*settled, *(item.id for item in items if item.kind == "record")}
        for item in items:
            if item.id in done:
                self._waiting.pop(item.id, None)
            elif item.id in self._waiting:
                self._waiting[item.id] = item.model_copy(update={"unrecorded": None})
        self.behind = self.behind or behind

    @property
    def may_travel(self) -> bool:
        """Whether what PostgreSQL does not hold yet is small enough to be carried to the next run."""
        return sum(map(_unrecorded_bytes, self._waiting.values())) <= MAX_TRAVELLING_BYTES

    def carried(self, state: ConversationState) -> ConversationState:
        """The state for the next run: the oldest waiting messages travel, the rest is read from PostgreSQL.

        What PostgreSQL does not hold yet travels in any case.
        """
        left = {item.id for item in self._messages()[MAX_CARRIED:] if item.unrecorded is None}
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


def _is_ready(item: Waiting) -> bool:
    """Whether it is a message that a turn can take."""
    return item.kind == "message" and item.unrecorded is None


def _unrecorded_bytes(item: Waiting) -> int:
    return len(item.model_dump_json().encode()) if item.unrecorded else 0
