"""Documents: what a bot's knowledge tool finds passages in."""

import asyncio
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from adapters.database import bots, knowledge
from api.idempotency import AdminOnce
from api.pages import Cursor, Limit, Listed, position, timed
from api.problems import Problem, invalid, not_found
from api.resources import Using
from api.security import Admin, Viewer
from api.v1.objects import Shown
from api.v1.routing import Route
from domain.knowledge import MAX_DOCUMENT_CHARACTERS, MAX_DOCUMENTS, DocumentType, dictionary_of, passages
from domain.models import Strict

router = APIRouter(prefix="/bots/{bot_id}/documents", route_class=Route, tags=["documents"])


class NewDocument(Strict):
    """A document as it is brought: its text in one piece."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"title": "Opening hours", "type": "markdown", "text": "# Shop\n\nOpen from 9 to 5, except on Sundays."}
            ]
        }
    )

    title: Annotated[str, Field(min_length=1, max_length=300)]
    type: DocumentType = "markdown"
    text: Annotated[str, Field(min_length=1, max_length=MAX_DOCUMENT_CHARACTERS)]


class Document(Shown):
    """A document that a bot's model can search."""

    id: UUID
    bot_id: UUID
    title: str
    type: DocumentType
    characters: int
    passages: int = Field(description="In how many parts it is found.")
    created_at: datetime


@router.post("", status_code=201, summary="Upload a document")
async def create(bot_id: UUID, new: NewDocument, once: AdminOnce, using: Using) -> Document:
    """Its words are found by the bot's language as it is now, in the passages that it is cut into."""
    workspace_id = once.who.workspace_id
    cut = await asyncio.to_thread(passages, new.text, new.type)
    async with using.database.begin() as connection:
        bot = await bots.one(connection, workspace_id, bot_id, lock=True)
        if bot is None:
            raise not_found("bot", bot_id)
        if not cut:
            raise invalid("text: it holds no words.", "empty_document")
        if await knowledge.count(connection, workspace_id, bot_id) >= MAX_DOCUMENTS:
            raise Problem(409, f"The bot has {MAX_DOCUMENTS} documents already; delete one first.", "too_many")
        dictionary = dictionary_of(bot["settings"].get("language"))
        document_id = await knowledge.add(
            connection, workspace_id, bot_id, new.title, new.type, dictionary, len(new.text), cut
        )
        row = await knowledge.one(connection, workspace_id, bot_id, document_id)
        assert row is not None
        answer = Document.of(row)
        await once.keep(connection, answer)
    return answer


@router.get("", summary="List documents")
async def read_all(
    bot_id: UUID, who: Viewer, using: Using, limit: Limit = 50, cursor: Cursor = None
) -> Listed[Document]:
    """Newest first."""
    after = position("documents", cursor)
    async with using.database.begin() as connection:
        if await bots.one(connection, who.workspace_id, bot_id) is None:
            raise not_found("bot", bot_id)
        rows = await knowledge.page(connection, who.workspace_id, bot_id, after, limit)
    return timed("documents", rows, limit, Document.of)


@router.delete("/{document_id}", status_code=204, summary="Delete a document")
async def remove(bot_id: UUID, document_id: UUID, who: Admin, using: Using) -> None:
    """It is found no more from the next search on."""
    async with using.database.begin() as connection:
        if not await knowledge.remove(connection, who.workspace_id, bot_id, document_id):
            raise not_found("document", document_id)
