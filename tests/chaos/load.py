"""The standing load: people who write to bots on Telegram and on a page, as the seed says, whatever is broken."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from random import Random

import httpx

from tests.chaos.judge import TOGETHER, Heard, Spoken
from tests.chaos.plan import Phase
from tests.chaos.world import QUEUE_TOKEN, TOGETHER_TOKEN, World
from tests.product import Visitor

_VISITORS = 2
_TRY_AGAIN_SECONDS = 0.25


@dataclass
class Person:
    """Somebody on Telegram; their updates are posted in order, and again until they are acknowledged."""

    chat: int
    index: int
    token: str
    said: int = 0

    @property
    def is_answered_together(self) -> bool:
        """Whether the bot waits for a quiet moment."""
        return self.token == TOGETHER_TOKEN


class Load:
    """The people of one phase, and what those on the page heard."""

    def __init__(self, world: World, phase: Phase, per_second: float) -> None:
        self._world = world
        self._phase = phase
        self._pause = 1 / per_second
        self._chance = Random(phase.seed)  # noqa: S311  (a schedule has to be repeatable)
        self._numbers = count(1)
        self.visitors: list[tuple[Visitor, Person]] = []
        self._accepted: list[Heard] = []
        self._busy: set[asyncio.Task[None]] = set()
        self.people = [self._person(index) for index in range(phase.conversations)]

    @property
    def mark(self) -> str:
        """What each text of this phase begins with."""
        return f"R{self._phase.number:02}x"

    @property
    def chats(self) -> set[str]:
        """The chats of this phase on Telegram."""
        return {str(person.chat) for person in self.people}

    @property
    def one_by_one(self) -> list[Person]:
        """Those whose messages are answered one at a time."""
        return [person for person in self.people if not person.is_answered_together]

    def newcomer(self) -> Person:
        """Somebody who never wrote before."""
        person = self._person(len(self.people))
        person.token = QUEUE_TOKEN
        self.people.append(person)
        return person

    def text(self, person: Person, extra: str = "") -> str:
        """What they say next; no two texts are the same."""
        person.said += 1
        words = [
            f"{self.mark}{person.index:05}x{person.said:05}",
            extra,
            TOGETHER if person.is_answered_together else "",
        ]
        return " ".join(word for word in words if word)

    async def say(self, person: Person, text: str | None = None) -> str:
        """Let somebody on Telegram write; what they wrote."""
        text = text or self.text(person)
        body = {"chat_id": person.chat, "text": text, "name": f"Person {person.index}"}
        await self._world.simulated.post(f"/telegram/{person.token}/messages", **body)
        return text

    def note_accepted(self, person: Person, texts: Iterable[str]) -> None:
        """Remember what was acknowledged to a platform that was played here; the order among them is anybody's."""
        self._accepted += [Heard(text, str(person.chat), 0, 0.0) for text in texts]

    @asynccontextmanager
    async def standing(self) -> AsyncIterator[None]:
        """Let them all write, side by side with the block; when it ends, nobody writes any more."""
        await self._enter()
        writing = asyncio.create_task(self._write())
        try:
            yield
        finally:
            writing.cancel()
            await asyncio.wait([writing])
            if not writing.cancelled():
                writing.result()
            if self._busy:
                await asyncio.wait(self._busy)

    async def heard_elsewhere(self) -> tuple[list[Heard], list[Spoken]]:
        """What was acknowledged outside of the simulator, and what visitors' pages show as answers."""
        shown: list[Spoken] = []
        for visitor, person in self.visitors:
            cursor = 0
            while items := await visitor.messages(cursor):
                cursor = int(str(items[-1]["seq"]))
                answers = [item for item in items if item["direction"] == "outbound"]
                shown += [Spoken(_page_chat(person), str(item["text"])) for item in answers]
        return self._accepted, shown

    def _person(self, index: int) -> Person:
        # One in five has a bot that waits for a quiet moment and answers all at once.
        token = TOGETHER_TOKEN if index % 5 == 4 else QUEUE_TOKEN
        return Person(self._phase.number * 100_000 + index + 1, index, token)

    async def _enter(self) -> None:
        for index in range(_VISITORS):
            visitor = Visitor(self._world.client, self._world.page)
            await visitor.enter()
            self.visitors.append((visitor, Person(0, 90_000 + index, QUEUE_TOKEN)))

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        idle = list(self.visitors)
        while True:
            if idle and self._chance.random() < _VISITORS / (len(self.people) + _VISITORS):
                self._start_visit(idle, idle.pop())
            else:
                await self.say(self._chance.choice(self.people))
            due = max(due + self._pause, loop.time() - 1)
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _start_visit(self, idle: list[tuple[Visitor, Person]], who: tuple[Visitor, Person]) -> None:
        task = asyncio.create_task(self._visit(*who))
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)
        task.add_done_callback(lambda _: idle.append(who))

    async def _visit(self, visitor: Visitor, person: Person) -> None:
        """Say something on the page, under the same id until it is taken."""
        text = self.text(person)
        while True:
            try:
                answer = await visitor.say(text, client_msg_id=text)
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.is_success:
                number = next(self._numbers)
                self._accepted.append(Heard(text, _page_chat(person), number, float(number)))
                return
            await asyncio.sleep(_TRY_AGAIN_SECONDS)


def _page_chat(person: Person) -> str:
    return f"page-{person.index}"
