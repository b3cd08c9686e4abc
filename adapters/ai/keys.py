"""An endpoint's keys in the order of use: the next one takes over where one is refused or told to wait."""

from collections.abc import Sequence
from datetime import timedelta

from adapters.ai.endpoints import Key

UNSTATED = timedelta(seconds=1)
"""How long a key is left alone that was told to wait, but not for how long."""
_REFUSED = timedelta(minutes=1)


class Keys:
    """Which keys may be used for a model; times are seconds of a monotonic clock."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self._keys = tuple(keys)
        self._rests: dict[tuple[str, str], float] = {}
        self._refused: dict[tuple[str, str], float] = {}

    def usable(self, model: str, now: float) -> tuple[Key, ...]:
        """Those that need not wait; those that were refused a moment ago come last."""
        free = [key for key in self._keys if self._rests.get((key.name, model), now) <= now]
        return tuple(sorted(free, key=lambda key: self._refused.get((key.name, model), now) > now))

    def wait(self, model: str, now: float) -> timedelta | None:
        """How long until a key that rests may be used again; None where none rests."""
        rests = [self._rests.get((key.name, model), now) - now for key in self._keys]
        waiting = [rest for rest in rests if rest > 0]
        return timedelta(seconds=min(waiting)) if waiting else None

    def rest(self, key: Key, model: str, after: timedelta | None, now: float) -> None:
        """A key was told to wait."""
        self._rests[key.name, model] = now + (UNSTATED if after is None else after).total_seconds()

    def refuse(self, key: Key, model: str, now: float) -> None:
        """A key was not accepted."""
        self._refused[key.name, model] = now + _REFUSED.total_seconds()
