"""A chat whose window is small, as the tests of summaries drive it."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select, update

from activities.circuits import Circuits
from activities.summarising import Summarising
from adapters.ai.catalogue import Catalogue
from adapters.ai.transport import connections
from adapters.database import events, summaries, turns
from adapters.database.channels import credentials_vault
from adapters.database.engine import Database
from adapters.database.prompt_records import ContactFact, Summary, SummaryDue
from adapters.database.records import Event
from domain.events import EventState
from domain.turns import Account
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat
from tests.simulated import Simulated

WINDOW: JsonValue = {"messages": 4, "facts": False}


class Memory:
    """A chat whose window is four messages, and who keeps its memory."""

    def __init__(self, chat: Chat, summarising: Summarising) -> None:
        self.chat = chat
        self.summarising = summarising

    async def tell(self, text: str, **more: JsonValue) -> list[UUID]:
        """Something happens on the platform; a message's id there is its text."""
        told = self.chat.event(text, **{"platform_message_id": text, **more})
        async with self.chat.database.begin() as connection:
            recorded = await events.record(connection, self.chat.access, [told], self.chat.now)
        return [item.id for item in recorded.new]

    async def talk(self, *texts: str) -> None:
        """Each is said, and answered with `the reply`."""
        for text in texts:
            begun = await self.chat.begin(*await self.tell(text))
            await self.chat.send(begun)
            async with self.chat.database.begin() as connection:
                account = Account(state=EventState.ANSWERED)
                await turns.end(connection, UUID(begun.turn_id), account, self.chat.now)

    async def hold(self, event: UUID) -> None:
        """The event waits for its end."""
        async with self.chat.database.begin() as connection:
            await connection.execute(update(Event).where(Event.id == event).values(state=EventState.HELD))

    async def run(self) -> None:
        """The conversation is due, and is summarised."""
        async with self.chat.database.begin() as connection:
            await summaries.note(connection, self.chat.id, datetime.now(UTC))
        await self.summarising.summarise_due()

    async def kept(self) -> list[tuple[object, ...]]:
        """The summaries: up to which message, and what they say."""
        query = select(Summary.covered_seq, Summary.text).where(Summary.conversation_id == self.chat.id)
        return await self.chat.rows(query.order_by(Summary.covered_seq))

    async def due(self) -> list[tuple[object, ...]]:
        """How often it was tried, if it still is to be."""
        return await self.chat.rows(select(SummaryDue.attempts).where(SummaryDue.conversation_id == self.chat.id))

    async def facts(self) -> list[tuple[object, ...]]:
        """What is known of contacts."""
        return await self.chat.rows(select(ContactFact.text, ContactFact.source).order_by(ContactFact.text))


@asynccontextmanager
async def remembering(settings: Settings, database: Database, **bot: JsonValue) -> AsyncIterator[Memory]:
    """A chat on Telegram with a bot of these settings."""
    chat = await open_chat(settings, database, "telegram", **{"context": WINDOW, "bursts": {"policy": "queue"}, **bot})
    models = connections(settings)
    catalogue = Catalogue(settings, models, database, credentials_vault(settings.secrets()))
    circuits = Circuits(time.monotonic)
    try:
        yield Memory(chat, Summarising(database, catalogue, circuits, lambda: datetime.now(UTC)))
    finally:
        await models.aclose()


async def requests(simulated: Simulated) -> list[str]:
    """What the model was given to summarise, each time."""
    found = [item["request"] for item in await simulated.asked()]
    return [request["messages"][-1]["content"] for request in found if isinstance(request, dict)]
