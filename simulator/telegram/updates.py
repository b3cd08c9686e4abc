"""A bot's updates, from the moment they happen until a webhook takes them or a poller acknowledges them."""

import asyncio
import time
from dataclasses import dataclass, field
from random import Random

from simulator.telegram.refusals import Refused
from simulator.wire import Object

# These come only to bots that name them: https://core.telegram.org/bots/api#setwebhook, allowed_updates.
ONLY_WHEN_NAMED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
# tdlib/telegram-bot-api, Client.cpp: how long an update waits to be taken.
QUERY_LIFE_SECONDS = 150.0
USUAL_LIFE_SECONDS = 24 * 3600.0


@dataclass
class Update:
    """One update; `lane` names the chat whose updates must stay in order."""

    id: int
    kind: str
    content: Object
    lane: str
    text: str | None
    born: float = field(default_factory=time.monotonic)
    was_overtaken: bool = False

    @property
    def life_seconds(self) -> float:
        """How long it is kept."""
        return QUERY_LIFE_SECONDS if self.kind.endswith("_query") else USUAL_LIFE_SECONDS

    def body(self) -> Object:
        """As it is posted, and as getUpdates gives it."""
        return {"update_id": self.id, **self.content}


class UpdateQueue:
    """Updates in order of their ids, which start anywhere, as Telegram's do."""

    def __init__(self) -> None:
        self.pending: dict[int, Update] = {}
        self.allowed: list[str] = []
        self._next_id = Random().randrange(100_000_000, 900_000_000)
        self._poll: asyncio.Future[None] | None = None

    def allows(self, kind: str) -> bool:
        """Whether the bot gets updates of this kind."""
        return kind in self.allowed if self.allowed else kind not in ONLY_WHEN_NAMED

    def push(self, kind: str, content: Object, lane: str, text: str | None, update_id: int | None = None) -> Update:
        """Append an update, and wake a poller that waits for one."""
        if update_id is None:
            update_id, self._next_id = self._next_id, self._next_id + 1
        update = Update(update_id, kind, content, lane, text)
        self.pending[update_id] = update
        self.release_poll()
        return update

    def acknowledge(self, offset: int) -> list[Update]:
        """Drop what is older than the offset; a negative one keeps only so many from the end."""
        ids = sorted(self.pending)
        first_kept = offset if offset >= 0 else (ids[offset] if len(ids) > -offset else 0)
        return [self.pending.pop(update_id) for update_id in ids if update_id < first_kept]

    def first(self, limit: int) -> list[Update]:
        """The oldest ones."""
        return [self.pending[update_id] for update_id in sorted(self.pending)[:limit]]

    def begin_poll(self) -> asyncio.Future[None]:
        """What a poller waits for; an earlier poller is sent away."""
        self.interrupt("terminated by other getUpdates request; make sure that only one bot instance is running")
        self._poll = asyncio.get_running_loop().create_future()
        return self._poll

    def end_poll(self, poll: asyncio.Future[None]) -> None:
        """The poller has its answer."""
        if self._poll is poll:
            self._poll = None

    def release_poll(self) -> None:
        """Let the waiting poller have what there is, be it nothing."""
        if self._poll and not self._poll.done():
            self._poll.set_result(None)

    def interrupt(self, why: str) -> None:
        """Send the waiting poller away with a conflict."""
        if self._poll and not self._poll.done():
            self._poll.set_exception(Refused(409, f"Conflict: {why}"))
        self._poll = None
