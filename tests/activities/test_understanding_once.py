"""What was understood is bought once for each message, and is gone as soon as the message says something else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic import JsonValue
from sqlalchemy import select
from temporalio.testing import ActivityEnvironment

from activities.buying import Buying
from activities.structured import NotUnderstood, Structured
from activities.understanding import Understanding
from adapters.ai.catalogue import Catalogue
from adapters.ai.transport import connections
from adapters.database import events, understandings
from adapters.database.budgets import Call
from adapters.database.channels import credentials_vault
from adapters.database.engine import Database
from adapters.database.records import Notice, Usage
from adapters.database.spending import Reservation
from adapters.database.understanding_records import Understanding as Row
from adapters.languages import Languages
from domain.translating import prompt, translation
from domain.turns import TurnRef, Understand, Understood
from domain.understanding import Found, Heard, Kept
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat
from tests.simulated import Simulated

WISHES: JsonValue = {"sentiment": True}


class Scene:
    """A chat, and who understands it."""

    def __init__(self, chat: Chat, structured: Structured, understanding: Understanding) -> None:
        self.chat = chat
        self.structured = structured
        self.understanding = understanding

    async def hear(self, text: str) -> TurnRef:
        """A turn that answers a message whose id on the platform is its text."""
        told = self.chat.event(text, platform_message_id=text)
        async with self.chat.database.begin() as connection:
            recorded = await events.record(connection, self.chat.access, [told], self.chat.now)
        begun = await self.chat.begin(*(UUID(str(item.id)) for item in recorded.new))
        return TurnRef(conversation_id=str(self.chat.id), turn_id=begun.turn_id, turn=begun.turn)

    async def change(self, kind: str, text: str, now: str) -> None:
        """The contact changes what it said."""
        told = self.chat.event(now, kind=kind, platform_message_id=text)
        async with self.chat.database.begin() as connection:
            await events.record(connection, self.chat.access, [told], self.chat.now)

    async def understand(self, ref: TurnRef, *, before: bool = False) -> Understood:
        """One attempt."""
        return await ActivityEnvironment().run(self.understanding.understand, Understand(turn=ref, before=before))

    async def kept(self) -> list[tuple[object, ...]]:
        """What is kept of messages."""
        return await self.chat.rows(select(Row.sentiment, Row.reason).where(Row.conversation_id == self.chat.id))

    async def paid(self) -> int:
        """How many calls are on the bill."""
        return len(await self.chat.rows(select(Usage.id).where(Usage.purpose == "understand")))


@asynccontextmanager
async def set_up(settings: Settings, database: Database, **bot: JsonValue) -> AsyncIterator[Scene]:
    """A chat on Telegram with a bot that wants to know how its contacts feel."""
    chat = await open_chat(settings, database, "telegram", **{"understanding": WISHES, **bot})
    models, vault = connections(settings), credentials_vault(settings.secrets())
    buying = Buying(database, lambda: datetime.now(UTC))
    structured = Structured(Catalogue(settings, models, database, vault), buying)
    try:
        yield Scene(chat, structured, Understanding(database, vault, structured, Languages()))
    finally:
        await models.aclose()


async def test_a_second_attempt_finds_it_understood(
    simulating: Settings, database: Database, simulated: Simulated
) -> None:
    async with set_up(simulating, database) as scene:
        ref = await scene.hear("I hate this")
        assert await scene.understand(ref) == Understood(messages=1)
        assert await scene.understand(ref) == Understood()
        assert (await scene.kept(), await scene.paid()) == ([("negative", None)], 1)
        assert len(await simulated.asked()) == 1


async def test_who_is_not_waited_for_asks_nobody_yet(
    simulating: Settings, database: Database, simulated: Simulated
) -> None:
    async with set_up(simulating, database, prompt={"name": "unknown"}) as scene:
        ref = await scene.hear("I hate this")
        assert await scene.understand(ref, before=True) == Understood(beside=True)
        assert (await scene.kept(), await simulated.asked()) == ([], [])


async def test_a_failure_is_kept_in_its_place_and_not_asked_again(
    simulating: Settings, database: Database, simulated: Simulated
) -> None:
    await simulated.answers({"contains": "", "shape": "understanding", "fault": {"kind": "status", "status": 401}})
    async with set_up(simulating, database) as scene:
        ref = await scene.hear("I hate this")
        assert await scene.understand(ref) == Understood(messages=1, failed=1)
        assert await scene.kept() == [(None, "credentials_refused")]
        assert await scene.understand(ref) == Understood()


async def test_a_spent_budget_is_a_reason_and_no_failure(
    simulating: Settings, database: Database, simulated: Simulated
) -> None:
    async with set_up(simulating, database, limits={"tokens_per_day": 10}) as scene:
        await scene.understand(await scene.hear("I hate this"))
        assert await scene.kept() == [(None, "budget:tokens_per_day")]
        assert await scene.chat.rows(select(Notice.id)) == []
        assert await simulated.asked() == []


@pytest.mark.parametrize("kind", ["edit", "delete"])
async def test_what_says_something_else_is_not_understood_any_more(
    simulating: Settings, database: Database, kind: str
) -> None:
    async with set_up(simulating, database) as scene:
        await scene.understand(await scene.hear("I hate this"))
        await scene.change(kind, "I hate this", "I love this")
        assert await scene.kept() == []


async def test_what_was_edited_while_the_model_worked_is_not_kept(simulating: Settings, database: Database) -> None:
    async with set_up(simulating, database) as scene:
        ref = await scene.hear("I hate this")
        async with database.begin() as connection:
            (row,) = await understandings.of_turn(connection, UUID(ref.turn_id))
        await scene.change("edit", "I hate this", "I love this")
        late = Kept(heard=Heard(id=str(row.id), text=row.text), found=Found(sentiment="negative"))
        async with database.begin() as connection:
            kept = await understandings.keep(
                connection, scene.chat.access.workspace_id, scene.chat.id, [late], {str(row.id): row.text}
            )
        assert (kept, await scene.kept()) == (0, [])


async def test_what_is_redacted_is_understood_by_nobody(
    simulating: Settings, database: Database, simulated: Simulated
) -> None:
    moderation: JsonValue = {"categories": {"card_number": {"action": "redact"}}}
    async with set_up(simulating, database, moderation=moderation) as scene:
        await scene.understand(await scene.hear("my card is 4111 1111 1111 1111"))
        (asked,) = await simulated.asked()
        assert "4111" not in str(asked["request"])


async def test_a_model_that_hangs_is_waited_for_so_long_and_holds_no_budget(
    simulating: Settings, database: Database, simulated: Simulated
) -> None:
    await simulated.answers({"contains": "", "shape": "translation", "text": "{}", "delay_seconds": 20})
    async with set_up(simulating, database, limits={"tokens_per_day": 100_000}) as scene:
        ref, access = await scene.hear("hello"), scene.chat.access
        call = Call(access.workspace_id, access.bot_id, scene.chat.id, UUID(ref.turn_id), 1, 1, "translate")
        with pytest.raises(NotUnderstood, match="timeout"):
            await scene.structured.ask(call, access, prompt("hello", "de"), translation, answer_tokens=100, seconds=0.3)
        assert await scene.chat.rows(select(Reservation.turn_id)) == []
