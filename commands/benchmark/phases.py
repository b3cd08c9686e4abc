"""The phases of a run: each puts a load on one side and returns what was seen."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from functools import partial

from commands.benchmark import machine
from commands.benchmark.load import at_most, closed_loop, open_loop
from commands.benchmark.plan import Plan
from commands.benchmark.stage import Stage
from commands.benchmark.target import History
from commands.benchmark.turns import Taken, Turns

_SATURATING, _CACHED, _COLD, _HISTORY, _STOPPED, _WARM = (number * 100_000 for number in range(1, 7))
"""Each phase has chats of its own; those of the turns begin at 1."""
_MANY = 16
_PAUSE_SECONDS = 0.01
_EVENTS_LEFT = 40
"""A conversation goes on in a new run at 1,000 events: the long ones stay below."""


@dataclass
class Seen:
    """What one side showed, in seconds, turns and bytes."""

    acks: list[float] = field(default_factory=list)
    acks_while_answering: list[float] = field(default_factory=list)
    turns: list[float] = field(default_factory=list)
    saturated: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    cold_events: list[int] = field(default_factory=list)
    first_words: list[float] = field(default_factory=list)
    events_per_turn: list[float] = field(default_factory=list)
    bytes_per_turn: list[float] = field(default_factory=list)
    bytes_per_conversation: float | None = None
    used_seconds: dict[str, float] = field(default_factory=dict)
    used_for_turns: int = 0


class Side:
    """The product or the floor under the load of one run."""

    def __init__(self, name: str, stage: Stage, turns: Turns, plan: Plan) -> None:
        self.name = name
        self.seen = Seen()
        self._stage = stage
        self._worker = "worker" if name == "product" else "floor"
        self._turns = turns
        self._plan = plan
        self._chance = random.Random(plan.seed)  # noqa: S311  a load that can be repeated, no secret
        self._warmed = 0

    async def warm_up(self) -> None:
        """Whatever is done for the first time is done now."""
        chats = range(_WARM + self._warmed, _WARM + self._warmed + self._plan.warm_up)
        self._warmed += self._plan.warm_up
        await at_most(_MANY, [partial(self._turns.take, chat) for chat in chats])

    async def acknowledge(self) -> None:
        """Messages that are only taken in, at the front door's rate."""

        async def one(due: float) -> float:
            await self._turns.target.send_unanswered(_STOPPED + self._chat(), self._turns.text())
            return time.monotonic() - due

        self.seen.acks += await open_loop(self._plan.ack_rate, self._plan.ack_seconds, one)

    async def answer(self) -> None:
        """Full turns at a steady rate."""

        async def one(due: float) -> Taken:
            return await self._turns.take(self._chat(), due)

        before = machine.used_seconds(self._stage.process_ids())
        taken = await open_loop(self._plan.rate, self._plan.seconds, one)
        after = machine.used_seconds(self._stage.process_ids())
        self.seen.acks_while_answering += [turn.acknowledged for turn in taken]
        self.seen.turns += [turn.answered for turn in taken if turn.answered is not None]
        self.seen.used_for_turns += len(taken)
        for name, seconds in after.items():
            self.seen.used_seconds[name] = self.seen.used_seconds.get(name, 0.0) + seconds - before[name]

    async def saturate(self) -> None:
        """As many turns as go: each conversation speaks again as soon as it is answered."""

        async def one(number: int) -> None:
            await self._turns.take(_SATURATING + number)

        self.seen.saturated.append(await closed_loop(self._plan.in_flight, self._plan.saturation_seconds, one))

    async def grow_histories(self) -> None:
        """What an ordinary turn adds to a conversation's history."""
        turns = self._plan.history_turns
        for chat in range(_HISTORY, _HISTORY + self._plan.history_conversations):
            await self._turns.take(chat)
            before = await self._settled(chat)
            for _ in range(turns):
                await self._turns.take(chat)
                after = await self._settled(chat)
            self.seen.events_per_turn.append((after.events - before.events) / turns)
            self.seen.bytes_per_turn.append((after.size_bytes - before.size_bytes) / turns)

    async def fill_cache(self) -> None:
        """A worker that has just begun keeps more and more conversations."""
        await self._restart()
        before = machine.own_bytes(self._pid())
        chats = range(_CACHED, _CACHED + self._plan.cached)
        await at_most(_MANY, [partial(self._turns.take, chat) for chat in chats])
        grown = machine.own_bytes(self._pid()) - before
        self.seen.bytes_per_conversation = grown / self._plan.cached

    async def answer_cold(self) -> None:
        """Long conversations that the worker has to read and replay before it can answer."""
        chats = range(_COLD, _COLD + self._plan.cold_conversations)
        await at_most(_MANY, [partial(self._make_long, chat) for chat in chats])
        await self._restart()
        for chat in chats:
            self.seen.cold_events.append((await self._settled(chat)).events)
            taken = await self._turns.take(chat)
            self.seen.cold += [taken.answered] if taken.answered is not None else []

    async def show(self) -> None:
        """Answers that a visitor sees while the model gives them; the floor has nobody who could see any."""
        if self.name == "product":
            self.seen.first_words += await self._stage.page.first_words(self._plan.visitors)

    async def _make_long(self, chat: int) -> None:
        await self._turns.take(chat)
        while (await self._settled(chat)).events < self._plan.cold_events - _EVENTS_LEFT:
            await self._turns.take(chat)

    async def _settled(self, chat: int) -> History:
        """The history once the last turn's end is written: the answer is out a moment before."""
        while True:
            history = await self._turns.target.history(chat)
            if history.is_at_rest:
                return history
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _restart(self) -> None:
        """A worker that knows no conversation, and has done a few turns for other ones."""
        await self._stage.restart(self._worker)
        await self.warm_up()

    def _chat(self) -> int:
        return self._chance.randrange(1, self._plan.conversations + 1)

    def _pid(self) -> int:
        return self._stage.process_ids()[self._worker]
