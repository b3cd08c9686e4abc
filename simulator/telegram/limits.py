"""How much a bot may say: 30 messages in any second, 20 in any minute to a group, about one a second to a person.

Source: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this; that "short bursts" to a
person are six is this stand-in's own reading. A call that is refused does not count.
"""

import time
from collections import defaultdict
from math import ceil

from simulator.rates import Bucket, Window
from simulator.telegram.refusals import Refused


class Limits:
    """The limits of all bots; they count only while they are `enforced`."""

    def __init__(self) -> None:
        self.enforced = False
        self.per_second = 30
        self._bots: dict[int, Window] = defaultdict(lambda: Window(self.per_second, 1.0))
        self._groups: dict[tuple[int, int], Window] = defaultdict(lambda: Window(20, 60.0))
        self._people: dict[tuple[int, int], Bucket] = defaultdict(lambda: Bucket(6))

    def spend(self, bot: int, chat: int) -> None:
        """Count a message of a bot to a chat, or refuse it with 429."""
        if not self.enforced:
            return
        now = time.monotonic()
        counted: list[Window | Bucket] = [self._bots[bot], (self._groups if chat < 0 else self._people)[bot, chat]]
        wait = ceil(max(each.wait(now) for each in counted))
        if wait > 0:
            raise Refused(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait})
        for each in counted:
            each.spend(now)
