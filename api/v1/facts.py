"""Contacts: what their owner says of them, and what is known of them, which models are told as data."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, Field, JsonValue
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import descriptions, facts
from adapters.database.facts import TooManyFacts
from api.idempotency import OperatorOnce
from api.problems import Problem, not_found
from api.resources import Using
from api.security import Operator, Viewer
from api.v1.objects import Contact, Shown
from api.v1.patches import merged
from api.v1.routing import Route
from domain.ids import WorkspaceId
from domain.models import Strict
from domain.recollection import MAX_FACT_CHARACTERS
from domain.variables import one_line

router = APIRouter(prefix="/contacts/{contact_id}", route_class=Route, tags=["contacts"])


def _said(text: str) -> str:
    line = one_line(text)
    if line is None:
        raise ValueError("it says nothing")
    return line


class StoredContact(Contact):
    """A contact with what its owner says of it."""

    channel_id: UUID
    metadata: dict[str, JsonValue]
    created_at: datetime
    updated_at: datetime


class ContactPatch(Strict):
    """A JSON Merge Patch (RFC 7396) of what is said of a contact; templates read it as `contact.metadata`."""

    metadata: dict[str, JsonValue]


class NewFact(Strict):
    """Something to be known of a contact, as one line."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_FACT_CHARACTERS), AfterValidator(_said)]


class Fact(Shown):
    """Something that is known of a contact: told over the API, or learnt from what was said."""

    id: UUID
    text: str
    source: str = Field(examples=["api", "learnt"])
    created_at: datetime


class Facts(BaseModel):
    """All that is known of a contact."""

    items: list[Fact]


@router.patch("", summary="Describe a contact")
async def change(contact_id: UUID, patch: ContactPatch, who: Operator, using: Using) -> StoredContact:
    """Holds from the next turn on."""
    async with using.database.begin() as connection:
        row = await _one(connection, who.workspace_id, contact_id, lock=True)
        metadata = merged(row["metadata"], patch.metadata)
        assert isinstance(metadata, dict)
        await descriptions.describe(connection, who.workspace_id, contact_id, metadata)
        return StoredContact.of(await _one(connection, who.workspace_id, contact_id))


@router.get("/facts", summary="Read what is known of a contact")
async def read_facts(contact_id: UUID, who: Viewer, using: Using) -> Facts:
    """The oldest first."""
    async with using.database.begin() as connection:
        await _one(connection, who.workspace_id, contact_id)
        rows = await facts.of_contact(connection, who.workspace_id, contact_id)
    return Facts(items=[Fact.of(row) for row in rows])


@router.post("/facts", status_code=201, summary="Tell a fact of a contact")
async def add_fact(contact_id: UUID, new: NewFact, once: OperatorOnce, using: Using) -> Fact:
    """Models are told it from the next turn on, in every conversation with the contact."""
    workspace_id = once.who.workspace_id
    async with using.database.begin() as connection:
        if not await facts.lock(connection, workspace_id, contact_id):
            raise not_found("contact", contact_id)
        try:
            fact = Fact.of(await facts.add(connection, workspace_id, contact_id, new.text))
        except TooManyFacts as error:
            raise Problem(409, f"{error}.", "too_many_facts") from error
        await once.keep(connection, fact)
    return fact


@router.delete("/facts", status_code=204, summary="Erase all that is known of a contact")
async def erase_facts(contact_id: UUID, who: Operator, using: Using) -> None:
    """For good; what was learnt may be learnt again from what is said later, where the bot does so."""
    async with using.database.begin() as connection:
        await _one(connection, who.workspace_id, contact_id)
        await facts.erase(connection, who.workspace_id, contact_id)


@router.delete("/facts/{fact_id}", status_code=204, summary="Erase a fact of a contact")
async def erase_fact(contact_id: UUID, fact_id: UUID, who: Operator, using: Using) -> None:
    """For good."""
    async with using.database.begin() as connection:
        await _one(connection, who.workspace_id, contact_id)
        if not await facts.erase(connection, who.workspace_id, contact_id, fact_id):
            raise not_found("fact", fact_id)


async def _one(
    connection: AsyncConnection, workspace_id: WorkspaceId, contact_id: UUID, *, lock: bool = False
) -> RowMapping:
    row = await descriptions.one(connection, workspace_id, contact_id, lock=lock)
    if row is None:
        raise not_found("contact", contact_id)
    return row
