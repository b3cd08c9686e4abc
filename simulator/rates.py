"""How often something may happen: so often in any window, or so often on average after a burst."""

from collections import deque
from dataclasses import dataclass, field


@dataclass
class Window:
    """At most `count` in any `seconds`, wherever they begin."""

    count: int
    seconds: float
    times: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        """How long until one more may go; nothing when it may."""
        while self.times and self.times[0] <= now - self.seconds:
            self.times.popleft()
        return self.times[0] + self.seconds - now if len(self.times) >= self.count else 0.0

    def spend(self, now: float) -> None:
        """Count one."""
        self.times.append(now)


@dataclass
class Bucket:
    """One a second on average, and no more than `burst` at once."""

    burst: float
    room_at: float = float("-inf")

    def wait(self, now: float) -> float:
        """How long until one more may go; nothing when it may."""
        return max(0.0, self.room_at - (self.burst - 1) - now)

    def spend(self, now: float) -> None:
        """Count one."""
        self.room_at = max(self.room_at, now) + 1
