"""Keeps, in order and with the time, everything that the simulator accepted, posted or was asked."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from heapq import merge
from itertools import islice
from typing import Literal, get_args

from simulator.wire import JSON, Object

EntryKind = Literal["call", "outbound", "inbound", "webhook", "polled", "model"]
KINDS: tuple[EntryKind, ...] = get_args(EntryKind)


class Ledger:
    """Entries by kind, each kind bounded on its own, so that a noisy one cannot push out the others.

    `call` is every request to a platform's API and what it was answered; `outbound` is what the platform accepted and
    did; `inbound` is what somebody did there, whether or not the bot was told; `webhook` is one update and all attempts
    to post it; `polled` is an update that a poller acknowledged; `model` is one request to the model provider.
    """

    def __init__(self, limit: int = 200_000) -> None:
        self._entries: dict[EntryKind, deque[Object]] = {kind: deque(maxlen=limit) for kind in KINDS}
        self._last_seq = 0
        self.grew = asyncio.Event()
        """Set by every entry; whoever waits for the next one clears it."""

    def record(self, kind: EntryKind, platform: str, fields: Object) -> Object:
        """Append an entry and return it live: its values may be filled in later, its keys are complete from the start.

        `at` is UTC; `monotonic` is the machine's monotonic clock in seconds, which processes on one machine share.
        """
        self._last_seq += 1
        entry: Object = {"seq": self._last_seq, "kind": kind, "platform": platform, **stamp(), **fields}
        self._entries[kind].append(entry)
        self.grew.set()
        return entry

    def entries(
        self, kind: EntryKind | None = None, after: int = 0, platform: str | None = None, limit: int = 10_000
    ) -> list[Object]:
        """The first `limit` entries with a `seq` above `after`, oldest first."""
        chosen = self._merged((kind,) if kind else KINDS, after)
        wanted = (entry for entry in chosen if platform is None or entry["platform"] == platform)
        return list(islice(wanted, limit))

    def newest(self, kinds: Sequence[EntryKind], after: int, most: int) -> list[Object]:
        """The last `most` entries of these kinds with a `seq` above `after`, oldest first."""
        return self._merged(kinds, after)[-most:]

    def clear(self) -> None:
        """Forget all entries; `seq` goes on, so that a reader's cursor stays good."""
        for entries in self._entries.values():
            entries.clear()

    def _merged(self, kinds: Sequence[EntryKind], after: int) -> list[Object]:
        return list(merge(*(self._newer(kind, after) for kind in kinds), key=_seq))

    def _newer(self, kind: EntryKind, after: int) -> list[Object]:
        newer: list[Object] = []
        for entry in reversed(self._entries[kind]):
            if _seq(entry) <= after:
                break
            newer.append(entry)
        newer.reverse()
        return newer


def stamp() -> dict[str, JSON]:
    """This moment on both clocks."""
    return {"at": datetime.now(UTC).isoformat(timespec="microseconds"), "monotonic": time.monotonic()}


def _seq(entry: Object) -> int:
    seq = entry["seq"]
    assert isinstance(seq, int)
    return seq
