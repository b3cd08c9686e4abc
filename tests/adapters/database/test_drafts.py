"""Pieces of a draft: they go out while the attempt may speak for the bot, however odd their text, and no longer."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

from adapters.database import completions, drafts
from adapters.database.budgets import Call
from adapters.database.engine import Database, driver_url
from adapters.database.notifications import CONVERSATIONS
from domain.conversations import Control
from domain.turns import Begun
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def chat(settings: Settings, database: Database) -> Chat:
    """A chat on the webchat."""
    return await open_chat(settings, database, "webchat")


async def attempt(chat: Chat) -> tuple[Begun, Call]:
    """A turn, and an attempt at its answer that holds the lease."""
    begun = await chat.begin(*await chat.hear("hello"))
    turn_id = UUID(begun.turn_id)
    async with chat.database.begin() as connection:
        claim = await completions.claim(connection, turn_id, begun.generation, NOW)
    owner = (chat.access.workspace_id, chat.access.bot_id, chat.id)
    return begun, Call(*owner, turn_id, begun.generation, claim.lease)


async def tell(chat: Chat, call: Call, text: str = "Hello ") -> bool:
    """Tell a piece."""
    async with chat.database.once() as connection:
        return await drafts.tell(connection, call, 1, 0, text)


@pytest.mark.parametrize(
    "text", ["Hello ", "\x01" * 3000, "\U0001f600" * 3000, '"\\' * 3000], ids=["plain", "control", "wide", "quoted"]
)
async def test_a_draft_goes_out_in_pieces_that_fit(chat: Chat, database_url: str, text: str) -> None:
    _, call = await attempt(chat)
    address = driver_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as listening:
        await listening.execute(f"LISTEN {CONVERSATIONS}")
        assert await tell(chat, call, text)
        pieces = listening.notifies(timeout=10, stop_after=-(-len(text) // 1200))
        notes = [json.loads(note.payload) async for note in pieces]
    assert "".join(note["text"] for note in notes) == text
    assert [note["offset"] for note in notes] == [*range(0, len(text), 1200)]
    assert {(note["kind"], note["turn"], note["attempt"]) for note in notes} == {("delta", 1, 1)}


@pytest.mark.parametrize("control", [Control.PAUSE, Control.TAKEOVER, Control.CLOSE])
async def test_nothing_is_shown_once_an_operator_has_stopped_the_bot(chat: Chat, control: Control) -> None:
    _, call = await attempt(chat)
    assert await tell(chat, call)
    await chat.control(control)
    assert not await tell(chat, call)


async def test_nothing_is_shown_by_an_attempt_whose_lease_is_gone_or_whose_answer_is_stored(chat: Chat) -> None:
    begun, call = await attempt(chat)
    assert not await tell(chat, replace(call, lease=2))
    assert not await tell(chat, replace(call, generation=2))
    async with chat.database.begin() as connection:
        await completions.store(
            connection, call.turn_id, begun.generation, call.lease, "Hello there", refused=False, now=NOW
        )
    assert not await tell(chat, call)
