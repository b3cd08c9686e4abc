"""How often methods may be called: tiers by method and workspace, and a message a second in a channel.

Source: https://docs.slack.dev/apis/web-api/rate-limits; that "short bursts" are six is this stand-in's own reading, as
is 300 a minute for "several hundred". A call that is refused does not count.
"""

import time
from collections import defaultdict
from math import ceil

from simulator.rates import Bucket, Window
from simulator.slack.refusals import Limited

A_MINUTE = {"chat.postMessage": 300, "chat.update": 50, "chat.delete": 50}


class Limits:
    """The limits of all apps; they count only while they are `enforced`."""

    def __init__(self) -> None:
        self.enforced = False
        self._methods: dict[tuple[str, str], Window] = {}
        self._channels: dict[tuple[str, str], Bucket] = defaultdict(lambda: Bucket(6))

    def spend(self, token: str, method: str, channel: str) -> None:
        """Count a call, or refuse it with 429."""
        if not self.enforced or method not in A_MINUTE:
            return
        of_method = self._methods.setdefault((token, method), Window(A_MINUTE[method], 60.0))
        counted: list[Window | Bucket] = [of_method]
        if method == "chat.postMessage":
            counted.append(self._channels[token, channel])
        now = time.monotonic()
        wait = ceil(max(each.wait(now) for each in counted))
        if wait > 0:
            raise Limited(wait)
        for each in counted:
            each.spend(now)
