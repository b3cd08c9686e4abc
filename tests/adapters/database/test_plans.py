"""The queries of every turn and sweep find their rows by an index, however much there is beside them."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import JsonValue, SecretStr
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import (
    completions,
    events,
    handovers,
    idle,
    ledger,
    paces,
    retention,
    standing,
    tool_calls,
    transcripts,
    turns,
    voice,
)
from adapters.database.engine import Database
from adapters.database.paces import Place
from domain.conversations import Silence
from domain.events import EventState, InboundEvent
from domain.paces import pace_of
from domain.platforms import PlatformName
from domain.turns import Account, Begin, Begun, ReplyKind, reply_key
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat
from tests.adapters.database.crowd import TURNS, fill
from tests.conftest import SECRET_KEY

LARGE = {"events", "messages", "turns", "deliveries", "conversations", "contacts", "paces", "tool_calls", "tool_steps"}
MOST_ROWS = 300
"""What one step of a plan may touch: a few times what is asked for, and far less than there is."""


@dataclass(frozen=True)
class Crowded:
    """A long conversation among many, with an open turn whose reply is planned, and messages behind it."""

    chat: Chat
    begun: Begun
    behind: list[UUID]

    @property
    def ask(self) -> Begin:
        """What a workflow asks when it begins once more."""
        return Begin(conversation_id=str(self.chat.id), brought=tuple(map(str, self.behind)))

    @property
    def turn(self) -> UUID:
        """The open turn."""
        return UUID(self.begun.turn_id)


@pytest.fixture(scope="module")
async def crowded(shared: Database) -> Crowded:
    """Filled once: the queries below leave it as it is."""
    chat = await open_chat(Settings(_env_file=None, secret_key=(SecretStr(SECRET_KEY),)), shared)
    await chat.hear("first")
    async with shared.begin() as connection:
        await connection.run_sync(fill, chat)
    await chat.change(last_seq=2 * TURNS + 2, turns=TURNS)
    chat.pass_time(days=10_000)
    begun = await chat.begin(*await chat.hear("now"))
    await chat.plan(begun)
    return Crowded(chat, begun, await chat.hear("later", "and later"))


async def take(connection: AsyncConnection, it: Crowded) -> None:
    """Claim the part that was planned, as one for a chat in which something was said before."""
    (part,) = await ledger.parts(connection, it.chat.id, reply_key(it.begun.turn, 1, ReplyKind.ANSWER))
    pace = pace_of(PlatformName.TELEGRAM, "1", {})
    assert pace is not None
    await paces.take(connection, part, Place(it.chat.access.channel.id, "contact 1", pace), it.chat.now)


def album(it: Crowded) -> InboundEvent:
    """A picture of an album that is not said to the bot."""
    details: JsonValue = {"media_group_id": "9"}
    return it.chat.event("more", is_group=True, addressed=False, details=details)


Ask = Callable[[AsyncConnection, Crowded], Awaitable[object]]
LATER = timedelta(days=10_000)
ASKED: dict[str, Ask] = {
    "a message": lambda c, it: events.record(c, it.chat.access, [it.chat.event("more")], it.chat.now),
    "the rest of an album": lambda c, it: events.record(c, it.chat.access, [album(it)], it.chat.now),
    "what was not handed over": lambda c, it: handovers.batch(c, it.chat.id),
    "what was left behind": lambda c, it: handovers.lease_left_behind(c, it.chat.now + LATER, timedelta(seconds=1)),
    "the open turn and its members": lambda c, it: turns.begin(c, it.ask, it.chat.now),
    "the messages for the next turn": lambda c, it: turns.waiting_among(c, it.chat.id, set(it.behind)),
    "all messages that wait": lambda c, it: turns.waiting_among(c, it.chat.id, None),
    "the parts of a reply": lambda c, it: ledger.parts(c, it.chat.id, reply_key(it.begun.turn, 1, ReplyKind.ANSWER)),
    "a part at its pace": lambda c, it: take(c, it),
    "what the model sees": lambda c, it: transcripts.load_context(c, it.chat.vault, it.chat.id, it.turn),
    "what was called": lambda c, it: tool_calls.used(c, it.chat.id, it.turn, 1, it.chat.now),
    "who buys the answer": lambda c, it: completions.claim(c, it.turn, 1, it.chat.now),
    "the end of a turn": lambda c, it: turns.end(c, it.turn, Account(state=EventState.ANSWERED), it.chat.now),
    "a stop": lambda c, it: voice.stop_turn(c, it.chat.id, Silence.CLOSED, it.chat.now),
    "a part in flight": lambda c, it: voice.in_flight(c, it.chat.id, it.chat.now),
    "what was held": lambda c, it: voice.answer_or_ignore_held(c, it.chat.id, it.chat.now, answer_held=True),
    "how much waits": lambda c, _: standing.events(c),
    "how many parts are not at rest": lambda c, _: standing.deliveries(c),
    "what nobody needs": lambda c, it: retention.prune_events(c, it.chat.channel.workspace_id, it.chat.now, None),
    "what is idle": lambda c, it: idle.find(c, it.chat.now + LATER, 100),
}


@pytest.mark.parametrize("name", sorted(ASKED))
async def test_a_query_touches_little_more_than_it_finds(crowded: Crowded, name: str) -> None:
    steps = [step for plan in await plans(crowded, ASKED[name]) for step in walked(plan)]
    scans = [step for step in steps if step.get("Relation Name") in LARGE]
    assert [step["Relation Name"] for step in scans if step["Node Type"] == "Seq Scan"] == []
    many = [(step["Relation Name"], step.get("Index Name"), rows(step)) for step in scans if rows(step) > MOST_ROWS]
    assert many == []


async def plans(crowded: Crowded, ask: Ask) -> list[dict[str, JsonValue]]:
    """How PostgreSQL does what is asked, with the rows that each step touched; nothing of it is kept."""
    heard: list[tuple[str, dict[str, object]]] = []

    def hear(
        _connection: Connection, _cursor: object, statement: str, parameters: dict[str, object], *_: object
    ) -> None:
        if not statement.startswith(("EXPLAIN", "SELECT pg_notify")):
            heard.append((statement, parameters))

    engine = crowded.chat.database.engine
    async with engine.connect() as connection:
        event.listen(engine.sync_engine, "before_cursor_execute", hear)
        try:
            await ask(connection, crowded)
        finally:
            event.remove(engine.sync_engine, "before_cursor_execute", hear)
        await connection.rollback()
        # Tables of some thousand rows may as well be read whole; these make PostgreSQL plan as for millions.
        await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        await connection.exec_driver_sql("SET LOCAL random_page_cost = 1")
        found = []
        for statement, parameters in heard:
            explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
            found.append((await connection.exec_driver_sql(explained, parameters)).scalar_one()[0]["Plan"])
        await connection.rollback()
    return found


def walked(plan: dict[str, JsonValue]) -> Iterator[dict[str, JsonValue]]:
    """A plan's steps, from the top."""
    yield plan
    below = plan.get("Plans", [])
    assert isinstance(below, list)
    for step in below:
        assert isinstance(step, dict)
        yield from walked(step)


def rows(step: dict[str, JsonValue]) -> float:
    """How many rows a step looked at, those included that it threw away."""
    looked_at = (step.get(name, 0) for name in ("Actual Rows", "Rows Removed by Filter"))
    return sum(float(str(number)) for number in looked_at) * float(str(step["Actual Loops"]))
