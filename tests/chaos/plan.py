"""The schedule as data: which faults strike, how often, where and after how long; the same seed gives the same one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Kind:
    """What the schedule knows of a fault.

    `full` is how many there are at scale 1; `ways` are the ways in which it strikes, and a way named twice comes twice
    as often; `pause` is between which two times (in seconds) the next one strikes.
    """

    title: str
    full: int
    ways: Sequence[str] = ("",)
    pause: tuple[float, float] = (0.2, 1.0)
    conversations: int = 200
    least: int = 1
    apologises: bool = False
    """Whether an apology is an answer here, because the model is what is broken."""


@dataclass(frozen=True)
class Strike:
    """One blow: how long after the one before, in which way, and two numbers for whatever else must be chosen."""

    after_seconds: float
    way: str
    choice: int
    moment: float
    """Between 0 and 1."""


@dataclass(frozen=True)
class Phase:
    """All blows of one fault, and the standing load that they meet."""

    fault: str
    kind: Kind
    seed: int
    conversations: int
    strikes: tuple[Strike, ...]

    @property
    def number(self) -> int:
        """Of the fault: what its chats and texts begin with."""
        return int(self.fault.removeprefix("R-"))


def plan(kinds: Mapping[str, Kind], seed: int, scale: float, only: Iterable[str] = ()) -> list[Phase]:
    """The phases of a run; what a fault does is the same whichever others are asked for."""
    wanted = set(only) or set(kinds)
    return [_phase(fault, kind, seed, scale) for fault, kind in kinds.items() if fault in wanted]


def _phase(fault: str, kind: Kind, seed: int, scale: float) -> Phase:
    chance = Random(f"{seed}/{fault}")  # noqa: S311  (a schedule has to be repeatable)
    count = max(kind.least, round(kind.full * scale))
    strikes = tuple(
        Strike(
            after_seconds=round(chance.uniform(*kind.pause), 3),
            way=kind.ways[number % len(kind.ways)],
            choice=chance.randrange(1_000_000),
            moment=chance.random(),
        )
        for number in range(count)
    )
    conversations = max(min(kind.conversations, 12), round(kind.conversations * scale))
    return Phase(fault, kind, chance.randrange(1_000_000), conversations, strikes)
