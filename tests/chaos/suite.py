"""A run: phase after phase under load, each drained, and at the end both judges about all of it."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.chaos.faults import FAULTS
from tests.chaos.judge import Heard, Spoken, Verdict, judge
from tests.chaos.ledger import Reading
from tests.chaos.load import Load
from tests.chaos.plan import Phase
from tests.chaos.scene import Scene
from tests.chaos.world import World, audited

NOTHING_MOVES_SECONDS = 240.0
"""So long no event got its answer: then what is left will get none."""
_LOOK_EVERY_SECONDS = 0.5


@dataclass
class Row:
    """What a phase came to; the verdict is of the second judge."""

    fault: str
    title: str
    injected: int
    verdict: Verdict
    uncertain: int
    doubts: tuple[int, int]
    """The fewest and the most sends that were made doubtful."""
    drained_seconds: float
    late: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing was lost, doubled, disordered or late, and just the doubts that were made are seen."""
        return self.verdict.ok and self.doubts_agree and not self.late

    @property
    def doubts_agree(self) -> bool:
        """Whether the product is in doubt about as many sends as were made doubtful."""
        fewest, most = self.doubts
        return fewest <= self.uncertain <= most


@dataclass
class Report:
    """What both judges found."""

    rows: list[Row]
    audit: dict[str, object]

    @property
    def ok(self) -> bool:
        """Whether both are content."""
        return self.audited and all(row.ok for row in self.rows)

    @property
    def audited(self) -> bool:
        """What the first judge says."""
        return self.audit["ok"] is True


@dataclass
class _Done:
    """A phase behind us."""

    scene: Scene
    drained_seconds: float
    late: bool
    uncertain: dict[str, str]


@dataclass
class Suite:
    """Runs phases in a world; `tell` gets a line for each."""

    world: World
    per_second: float
    tell: Callable[[str], None]
    _reading: Reading = field(default_factory=Reading)
    _known_doubts: set[str] = field(default_factory=set)

    async def run(self, phases: Sequence[Phase]) -> Report:
        """All phases, then the judges; what comes late counts against the phase that it belongs to."""
        done = [await self._phase(phase) for phase in phases]
        audit = await audited(self.world)
        await self._reading.refresh(self.world.simulated)
        return Report([await self._row(item) for item in done], audit)

    async def _phase(self, phase: Phase) -> _Done:
        self.tell(f"{phase.fault} {phase.kind.title}: {len(phase.strikes)} times")
        load = Load(self.world, phase, self.per_second)
        scene = Scene(self.world, load, phase)
        async with load.standing():
            await FAULTS[phase.fault].strike(scene)
        since = time.monotonic()
        late = not await self._drained(scene)
        await scene.disarm()
        uncertain = await self._new_doubts()
        return _Done(scene, time.monotonic() - since, late, uncertain)

    async def _drained(self, scene: Scene) -> bool:
        """Wait until everything has its answer or its doubt, as long as answers come; False when they do no more."""
        until, missing = time.monotonic() + NOTHING_MOVES_SECONDS, 0
        while time.monotonic() < until:
            await self._reading.refresh(self.world.simulated)
            verdict = await self._verdict(scene, {})
            if not self._reading.is_open and await self._is_answered(scene, verdict):
                return True
            if len(verdict.lost) != missing:
                until, missing = time.monotonic() + NOTHING_MOVES_SECONDS, len(verdict.lost)
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
        return False

    async def _is_answered(self, scene: Scene, verdict: Verdict) -> bool:
        if verdict.lost:
            doubts = await self.world.uncertain()
            fresh = {delivery: chat for delivery, chat in doubts.items() if delivery not in self._known_doubts}
            verdict = await self._verdict(scene, fresh)
        return not verdict.lost and not await scene.sending()

    async def _new_doubts(self) -> dict[str, str]:
        doubts = await self.world.uncertain()
        fresh = {delivery: chat for delivery, chat in doubts.items() if delivery not in self._known_doubts}
        self._known_doubts |= fresh.keys()
        return fresh

    async def _verdict(self, scene: Scene, doubts: dict[str, str]) -> Verdict:
        heard, spoken = await self._record(scene)
        unseen = Counter(doubts.values()) - self._reading.landed_in_doubt()
        return judge(heard, spoken, apologises=scene.phase.kind.apologises, unseen=unseen)

    async def _record(self, scene: Scene) -> tuple[list[Heard], list[Spoken]]:
        """What the platforms saw of a phase, and the page's visitors."""
        load = scene.load
        heard, spoken = await load.heard_elsewhere()
        return [*self._reading.heard(load.mark), *heard], [*self._reading.spoken(load.mark, load.chats), *spoken]

    async def _row(self, done: _Done) -> Row:
        scene, phase = done.scene, done.scene.phase
        return Row(
            fault=phase.fault,
            title=phase.kind.title,
            injected=scene.injected,
            verdict=await self._verdict(scene, done.uncertain),
            uncertain=len(done.uncertain),
            doubts=(scene.doubts, scene.most_doubts),
            drained_seconds=done.drained_seconds,
            late=done.late,
        )
