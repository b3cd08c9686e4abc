"""What a fault has at hand while it strikes: the world, the load, its schedule, and what is counted on the way."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import psycopg

from tests.chaos.ledger import Reading, text_of, was_acknowledged
from tests.chaos.load import Load, Person
from tests.chaos.plan import Phase, Strike
from tests.chaos.world import World
from tests.machine import until

DOUBTFUL = frozenset({"accept_then_hang", "accept_then_reset", "reset_before_accept", "hang", "invalid_json"})
"""After these nobody can know whether a platform did what it was asked."""
_STRUCK_WITHIN_SECONDS = 120.0
_AT_REST_SECONDS = 0.3
_IN_THE_AIR = """
    SELECT deliveries.id::text FROM deliveries JOIN channels ON channels.id = deliveries.channel_id
    WHERE deliveries.state = 'sending' AND channels.platform <> 'webchat'
"""


@dataclass
class Scene:
    """One fault at work."""

    world: World
    load: Load
    phase: Phase
    injected: int = 0
    in_the_air: set[str] = field(default_factory=set)
    """Sends that were cut off by a kill: each ends as a doubt."""
    perhaps_in_the_air: set[str] = field(default_factory=set)
    """Sends that a restart of the database, or a pause, may have cut off: each may end as a doubt."""
    doubtful_sends: int = 0

    @property
    def doubts(self) -> int:
        """How many sends were made doubtful."""
        return len(self.in_the_air) + self.doubtful_sends

    @property
    def most_doubts(self) -> int:
        """The same with those that may have been."""
        return self.doubts + len(self.perhaps_in_the_air - self.in_the_air)

    async def strikes(self) -> AsyncIterator[tuple[Strike, Person]]:
        """The schedule, blow by blow at its time, and whom each meets: nobody twice in a row."""
        people = self.load.one_by_one
        for number, strike in enumerate(self.phase.strikes):
            await asyncio.sleep(strike.after_seconds)
            yield strike, people[(self.phase.seed + number) % len(people)]
            self.injected += 1

    async def arm(self, fault: Mapping[str, object]) -> int:
        """Let something go wrong; its number at the simulator."""
        answer = await self.world.simulated.post("/faults", **fault)
        return int(str(answer["id"]))

    async def acknowledged(self, text: str) -> dict[str, object]:
        """The update with a text, once it is acknowledged."""
        reading, found = Reading(), list[dict[str, object]]()

        async def taken() -> bool:
            await reading.refresh(self.world.simulated)
            entries = [item for item in reading.webhooks.values() if text_of(item) == text and was_acknowledged(item)]
            found[:] = [dict(update) for item in entries if isinstance(update := item["update"], dict)]
            return bool(found)

        await until(taken, within_seconds=_STRUCK_WITHIN_SECONDS)
        return found[0]

    async def struck(self, fault: int) -> None:
        """Wait until an armed fault has met what it was to meet."""

        async def has_struck() -> bool:
            listed = (await self.world.simulated.client.get("/_sim/faults")).json()["items"]
            return any(item["id"] == fault and item["applied"] > 0 for item in listed)

        await until(has_struck, within_seconds=_STRUCK_WITHIN_SECONDS)

    async def disarm(self) -> None:
        """Let nothing go wrong any more; what became doubtful is counted."""
        listed = (await self.world.simulated.client.get("/_sim/faults")).json()["items"]
        sends = [item for item in listed if item.get("method") == "sendMessage" and item["kind"] in DOUBTFUL]
        self.doubtful_sends += sum(item["applied"] for item in sends)
        await self.world.simulated.client.delete("/_sim/faults")

    async def sending(self) -> set[str]:
        """The sends that were claimed and have no outcome yet, once what a dead process had begun is committed."""
        await asyncio.sleep(_AT_REST_SECONDS)
        url = str(self.world.settings.database_url)
        async with await psycopg.AsyncConnection.connect(url) as connection:
            rows = await (await connection.execute(_IN_THE_AIR)).fetchall()
        return {str(row[0]) for row in rows}
