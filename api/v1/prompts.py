"""Prompts: texts with variables that bots name, each with its history."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import prompts
from adapters.database.prompts import PromptNameTaken
from api.idempotency import AdminOnce
from api.pages import Cursor, Limit, Listed, cut, position, timed, write
from api.pages import read as read_cursor
from api.problems import Problem, invalid, not_found
from api.resources import Using
from api.security import Admin, Viewer
from api.v1.routing import Route
from domain import instructions
from domain.bots import MAX_INSTRUCTIONS, PromptName
from domain.ids import WorkspaceId
from domain.instructions import TemplateBroken
from domain.models import Strict

router = APIRouter(prefix="/prompts", route_class=Route, tags=["prompts"])

_MOST_VERSIONS = 2**31 - 1


def _whole(text: str) -> str:
    try:
        instructions.check(text)
    except TemplateBroken as error:
        raise ValueError(str(error)) from None
    return text


Words = Annotated[str, Field(max_length=MAX_INSTRUCTIONS), AfterValidator(_whole)]
Note = Annotated[str, Field(max_length=500, description="Why it was written, for whoever reads the history.")]


class NewPrompt(Strict):
    """A prompt as it is made; its text may hold variables, as a bot's instructions may."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "support", "text": "You help customers of {{ variables.shop }}.", "note": "First."}]
        }
    )

    name: PromptName
    text: Words
    note: Note = ""


class NewVersion(Strict):
    """What a prompt is to say from now on, or, with `activate` false, once it is activated."""

    text: Words
    note: Note = ""
    activate: bool = True


class Activation(Strict):
    """Which version is to be in use."""

    version: Annotated[int, Field(ge=1, le=_MOST_VERSIONS)]


class Version(BaseModel):
    """One version of a prompt."""

    version: int
    text: str
    note: str
    active: bool
    created_at: datetime


class StoredPrompt(BaseModel):
    """A prompt with what it says now."""

    id: UUID
    name: str
    version: int = Field(description="The version in use.")
    last_version: int = Field(description="The newest one.")
    text: str
    note: str
    created_at: datetime
    updated_at: datetime


@router.post("", status_code=201, summary="Make a prompt")
async def create(new: NewPrompt, once: AdminOnce, using: Using) -> StoredPrompt:
    """Its first version is in use at once."""
    async with using.database.begin() as connection:
        try:
            await prompts.add(connection, once.who.workspace_id, new.name, new.text, new.note)
        except PromptNameTaken as error:
            raise Problem(409, f"name: {error}.", "name_taken") from error
        stored = _shown(await _one(connection, once.who.workspace_id, new.name))
        await once.keep(connection, stored)
    return stored


@router.get("", summary="List prompts")
async def read_all(who: Viewer, using: Using, limit: Limit = 50, cursor: Cursor = None) -> Listed[StoredPrompt]:
    """Newest first."""
    after = position("prompts", cursor)
    async with using.database.begin() as connection:
        rows = await prompts.page(connection, who.workspace_id, after, limit)
    return timed("prompts", rows, limit, _shown)


@router.get("/{prompt_name}", summary="Read a prompt")
async def read(prompt_name: str, who: Viewer, using: Using) -> StoredPrompt:
    """With what it says now."""
    async with using.database.begin() as connection:
        return _shown(await _one(connection, who.workspace_id, prompt_name))


@router.get("/{prompt_name}/versions", summary="Read a prompt's history")
async def read_versions(
    prompt_name: str, who: Viewer, using: Using, limit: Limit = 50, cursor: Cursor = None
) -> Listed[Version]:
    """Newest first; no version ever changes."""
    before = _version_before(cursor)
    async with using.database.begin() as connection:
        prompt = await _one(connection, who.workspace_id, prompt_name)
        rows = await prompts.versions(connection, who.workspace_id, prompt["id"], before, limit)

    def show(row: RowMapping) -> Version:
        return Version(**row, active=row["version"] == prompt["version"])

    return cut(rows, limit, show, lambda last: write("prompt_versions", last["version"]))


@router.post("/{prompt_name}/versions", status_code=201, summary="Give a prompt a new version")
async def add_version(prompt_name: str, new: NewVersion, once: AdminOnce, using: Using) -> StoredPrompt:
    """Holds from the next turn on for every bot that names the prompt without a version."""
    workspace_id = once.who.workspace_id
    async with using.database.begin() as connection:
        prompt = await _one(connection, workspace_id, prompt_name, lock=True)
        await prompts.add_version(connection, workspace_id, prompt["id"], new.text, new.note, activate=new.activate)
        stored = _shown(await _one(connection, workspace_id, prompt_name))
        await once.keep(connection, stored)
    return stored


@router.post("/{prompt_name}/activate", summary="Use another version of a prompt")
async def activate(prompt_name: str, wanted: Activation, once: AdminOnce, using: Using) -> StoredPrompt:
    """An older one, or a newer one that was not in use yet."""
    workspace_id = once.who.workspace_id
    async with using.database.begin() as connection:
        prompt = await _one(connection, workspace_id, prompt_name, lock=True)
        if not await prompts.use(connection, workspace_id, prompt["id"], wanted.version):
            raise invalid(f"version: the prompt has no version {wanted.version}.", "version_unknown")
        stored = _shown(await _one(connection, workspace_id, prompt_name))
        await once.keep(connection, stored)
    return stored


@router.delete("/{prompt_name}", status_code=204, summary="Delete a prompt")
async def remove(prompt_name: str, who: Admin, using: Using) -> None:
    """Refused while a bot names it; its history stays on record, and its name is free again."""
    async with using.database.begin() as connection:
        prompt = await _one(connection, who.workspace_id, prompt_name, lock=True)
        users = await prompts.users(connection, who.workspace_id, prompt_name)
        if users:
            named = ", ".join(repr(name[:100]) for name in users[:3])
            raise Problem(409, f"{len(users)} bots name this prompt, among them {named}; change them first.", "in_use")
        await prompts.remove(connection, who.workspace_id, prompt["id"], datetime.now(UTC))


async def _one(connection: AsyncConnection, workspace_id: WorkspaceId, name: str, *, lock: bool = False) -> RowMapping:
    row = await prompts.one(connection, workspace_id, name, lock=lock) if "\x00" not in name else None
    if row is None:
        raise not_found("prompt", name)
    return row


def _shown(row: RowMapping) -> StoredPrompt:
    return StoredPrompt.model_validate(dict(row))


def _version_before(cursor: str | None) -> int:
    if cursor is None:
        return _MOST_VERSIONS
    keys = read_cursor("prompt_versions", cursor)
    if len(keys) != 1 or not isinstance(keys[0], int) or not 0 <= keys[0] <= _MOST_VERSIONS:
        raise invalid("cursor: it is no cursor of a list of versions.", "bad_cursor")
    return keys[0]
