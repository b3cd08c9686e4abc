"""Activities on the workbench: built as the worker builds them, and run one at a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select
from temporalio.testing import ActivityEnvironment

from activities.completion import Completion
from activities.moderation import Judged, Moderation
from adapters.ai.catalogue import Catalogue
from adapters.ai.transport import connections
from adapters.database import records
from adapters.database.channels import credentials_vault
from adapters.database.engine import Database
from adapters.platforms.catalogue import http_client, platforms
from adapters.tools.http import HttpCaller
from domain.turns import Completed, TurnRef
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat


@dataclass(frozen=True)
class Bench:
    """A turn that wants an answer, and the activities that get it one."""

    chat: Chat
    ref: TurnRef
    completion: Completion
    moderation: Moderation
    patience: timedelta = timedelta(minutes=2)
    attempt: int = 1

    def within(self, *, seconds: float) -> "Bench":
        """The same, with so much time for all attempts."""
        return replace(self, patience=timedelta(seconds=seconds))

    def on_attempt(self, attempt: int) -> "Bench":
        """The same, after attempts that failed."""
        return replace(self, attempt=attempt)

    async def beside(self, name: str, *said: str) -> "Bench":
        """The same bot, told this by another contact."""
        chat = replace(self.chat, name=name)
        begun = await chat.begin(*await chat.hear(*(said or ("hello",))))
        ref = TurnRef(conversation_id=str(chat.id), turn_id=begun.turn_id, turn=begun.turn)
        return replace(self, chat=chat, ref=ref)

    async def complete(self) -> Completed:
        """Ask the model."""
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, schedule_to_close_timeout=self.patience, attempt=self.attempt)
        return await environment.run(self.completion.complete, self.ref)

    async def moderate(self) -> Judged:
        """Ask the judge."""
        return await ActivityEnvironment().run(self.moderation.moderate, self.ref)

    async def usage(self) -> list[tuple[object, ...]]:
        """What was paid: model, and tokens in and out."""
        row = records.Usage
        paid = select(row.model, row.input_tokens, row.output_tokens).order_by(row.created_at)
        return await self.chat.rows(paid.where(row.conversation_id == self.chat.id))

    async def stored(self) -> list[tuple[object, ...]]:
        """The stored answers: text, whether it was refused, and calls."""
        row = records.Completion
        kept = select(row.text, row.refused, row.calls)
        return await self.chat.rows(kept.where(row.turn_id == UUID(self.ref.turn_id)))

    async def verdicts(self) -> list[tuple[object, ...]]:
        """What moderation found: direction, action and categories."""
        row = records.VerdictRow
        found = select(row.direction, row.action, row.categories).order_by(row.created_at)
        return await self.chat.rows(found.where(row.conversation_id == self.chat.id))


@asynccontextmanager
async def set_up(settings: Settings, database: Database, *said: str, **bot: JsonValue) -> AsyncIterator[Bench]:
    """A bot with these settings that was told this on Telegram."""
    chat = await open_chat(settings, database, "telegram", **bot)
    begun = await chat.begin(*await chat.hear(*(said or ("hello",))))
    chat.now = datetime.now(UTC)
    http, models = http_client(), connections(settings)
    vault = credentials_vault(settings.secrets())
    caller = HttpCaller("test", settings.private_tool_hosts)
    catalogue = Catalogue(settings, models, database, vault)
    moderation = Moderation(database, vault, catalogue, lambda: datetime.now(UTC))
    completion = Completion(
        database, vault, catalogue, platforms(settings, http), moderation, caller, lambda: datetime.now(UTC)
    )
    ref = TurnRef(conversation_id=str(chat.id), turn_id=begun.turn_id, turn=begun.turn)
    try:
        yield Bench(chat, ref, completion, moderation)
    finally:
        await http.close()
        await models.aclose()
        await caller.close()
