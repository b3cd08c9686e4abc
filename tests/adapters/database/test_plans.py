"""The queries of every turn and sweep find their rows by an index, however much there is beside them."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import JsonValue, SecretStr
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import completions, handovers, idle, ledger, transcripts, turns, voice
from adapters.database.engine import Database
from domain.turns import Begin, Begun, ReplyKind, reply_key
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat
from tests.adapters.database.crowd import TURNS, fill
from tests.conftest import SECRET_KEY

LARGE = {"events", "messages", "turns", "deliveries", "conversations", "contacts"}
MOST_ROWS = 600
"""What one step of a plan may touch: a few times what is asked for, and far less than there is."""


@dataclass(frozen=True)
class Crowded:
    """A long conversation among many, with an open turn whose reply is planned, and messages behind it."""

    chat: Chat
    begun: Begun
    behind: list[UUID]

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
    begun = await chat.begin(*await chat.hear("now"))
    await chat.plan(begun)
    return Crowded(chat, begun, await chat.hear("later", "and later"))


Ask = Callable[[AsyncConnection, Crowded], Awaitable[object]]
LATER = timedelta(days=10_000)
ASKED: dict[str, tuple[Ask, set[str]]] = {
    "what was not handed over": (lambda c, it: handovers.batch(c, it.chat.id), {"ix_events_open"}),
    "what was left behind": (
        lambda c, it: handovers.lease_left_behind(c, it.chat.now + LATER, timedelta(seconds=1)),
        {"ix_events_received", "pk_conversations"},
    ),
    "the open turn and its members": (
        lambda c, it: turns.begin(
            c, Begin(conversation_id=str(it.chat.id), brought=tuple(map(str, it.behind))), it.chat.now
        ),
        {"uq_turns_open", "ix_events_turn_id"},
    ),
    "the messages for the next turn": (
        lambda c, it: turns._waiting(c, it.chat.id, set(it.behind)),
        {"ix_events_open", "pk_messages"},
    ),
    "all messages that wait": (lambda c, it: turns._waiting(c, it.chat.id, None), {"ix_events_open", "pk_messages"}),
    "the parts of a reply": (
        lambda c, it: ledger.parts(c, it.chat.id, reply_key(it.begun.turn, 1, ReplyKind.ANSWER)),
        {"uq_deliveries_conversation_id_reply_part"},
    ),
    "what the model sees": (
        lambda c, it: transcripts.load_context(c, it.chat.vault, it.chat.id, it.turn),
        {"uq_turns_conversation_id_number", "uq_messages_conversation_id_seq", "ix_deliveries_message_id"},
    ),
    "who buys the answer": (
        lambda c, it: completions.claim(c, it.turn, 1, it.chat.now),
        set(),
    ),
    "a part in flight": (lambda c, it: voice.in_flight(c, it.chat.id, it.chat.now), {"ix_deliveries_unrest"}),
    "what was held": (
        lambda c, it: voice.answer_or_ignore_held(c, it.chat.id, it.chat.now, answer_held=True),
        {"ix_events_open"},
    ),
    "what is idle": (
        lambda c, it: idle.find(c, it.chat.now + LATER, 500),
        {"ix_conversations_idle", "ix_events_open", "uq_turns_open"},
    ),
}


@pytest.mark.parametrize("name", sorted(ASKED))
async def test_a_query_touches_little_more_than_it_finds(crowded: Crowded, name: str) -> None:
    ask, indexes = ASKED[name]
    steps = [step for plan in await plans(crowded, ask) for step in walked(plan)]
    scans = [step for step in steps if step.get("Relation Name") in LARGE]
    assert [step["Relation Name"] for step in scans if step["Node Type"] == "Seq Scan"] == []
    assert [step for step in scans if rows(step) > MOST_ROWS] == []
    assert indexes <= {str(step["Index Name"]) for step in steps if "Index Name" in step}


async def plans(crowded: Crowded, ask: Ask) -> list[dict[str, JsonValue]]:
    """How PostgreSQL does what is asked, with the rows that each step touched; nothing of it is kept."""
    heard: list[tuple[str, object]] = []

    def hear(_connection: Connection, _cursor: object, statement: str, parameters: object, *_: object) -> None:
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
