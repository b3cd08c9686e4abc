"""Bots: what they say, with which model, and how they behave."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body
from pydantic import ConfigDict, Field, JsonValue, ValidationError
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import bots, voice
from adapters.database.bots import KeyTaken
from adapters.database.notifications import channels_changed
from api.idempotency import AdminOnce
from api.pages import Cursor, Limit, Listed, position, timed
from api.problems import Problem, not_found
from api.resources import Using
from api.security import Admin, Viewer
from api.v1 import model_use, tool_use
from api.v1.channel_objects import CredentialEnd
from api.v1.holding import settle, tell_all
from api.v1.patches import patched, refused
from api.v1.routing import Route
from api.v1.tool_use import Secrets
from domain.bots import Bot
from domain.ids import WorkspaceId
from domain.models import Strict

router = APIRouter(route_class=Route, tags=["bots"])


_TOOL: JsonValue = {
    "kind": "http",
    "name": "find_order",
    "description": "Finds an order by its number.",
    "parameters": {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]},
    "url": "https://shop.example.com/api/orders/{number}",
    "hosts": ["shop.example.com"],
    "secret_headers": {"Authorization": "shop"},
}


class NewBot(Bot):
    """A bot as it is made: everything but the name has a default; `key` is a name of yours, unique in the workspace."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Ada", "instructions": "You help customers of a bookshop."},
                {"name": "Eve", "tools": [{"kind": "knowledge"}, _TOOL], "secrets": {"shop": "Bearer 0123456789"}},
            ]
        }
    )

    key: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    secrets: Secrets = Field(
        default_factory=dict, description="What `secret_headers` of tools name; never shown again."
    )


class StoredBot(Bot):
    """A bot with all its settings."""

    id: UUID
    key: str | None
    secrets: dict[str, CredentialEnd] = Field(examples=[{"crm": {"last4": "6789"}}])
    stopped: bool = Field(description="Whether it only records what it hears.")
    stopped_at: datetime | None
    created_at: datetime
    updated_at: datetime


class HeldChoice(Strict):
    """What becomes of the messages that came meanwhile."""

    answer_held: bool = Field(False, description="Answer them now; otherwise they end `ignored`.")


@router.post("/bots", status_code=201, summary="Make a bot")
async def create(new: NewBot, once: AdminOnce, using: Using) -> StoredBot:
    """What is not given has its default; so `{"name": "Ada"}` is enough."""
    workspace_id = once.who.workspace_id
    async with using.database.begin() as connection:
        bot = _without_key(new)
        if "model" not in new.model_fields_set:
            bot = bot.model_copy(update={"model": await model_use.default_model(connection, workspace_id)})
        await model_use.check(connection, workspace_id, bot)
        try:
            bot_id = await bots.add(connection, workspace_id, bot, new.key)
            await tool_use.keep(connection, using, workspace_id, bot_id, new.secrets, bot)
        except KeyTaken as error:
            raise _key_taken(error) from error
        stored = await _changed(connection, workspace_id, bot_id)
        await once.keep(connection, stored)
    using.channels.forget()
    return stored


@router.get("/bots", summary="List bots")
async def read_all(who: Viewer, using: Using, limit: Limit = 50, cursor: Cursor = None) -> Listed[StoredBot]:
    """Newest first."""
    after = position("bots", cursor)
    async with using.database.begin() as connection:
        rows = await bots.page(connection, who.workspace_id, after, limit)
    return timed("bots", rows, limit, _stored)


@router.get("/bots/{bot_id}", summary="Read a bot")
async def read(bot_id: UUID, who: Viewer, using: Using) -> StoredBot:
    """All settings, defaults included."""
    async with using.database.begin() as connection:
        row = await bots.one(connection, who.workspace_id, bot_id)
    if row is None:
        raise not_found("bot", bot_id)
    return _stored(row)


Patch = Annotated[
    dict[str, JsonValue],
    Body(
        description="A JSON Merge Patch (RFC 7396) of the bot: what is left out stays; null is none where none is "
        "possible, else the default.",
        examples=[{"instructions": "You are brief.", "model": {"temperature": 0.2}, "greeting": None}],
    ),
]


@router.patch("/bots/{bot_id}", summary="Change a bot")
async def change(bot_id: UUID, patch: Patch, who: Admin, using: Using) -> StoredBot:
    """Holds from the next turn on."""
    async with using.database.begin() as connection:
        row = await bots.one(connection, who.workspace_id, bot_id, lock=True)
        if row is None:
            raise not_found("bot", bot_id)
        try:
            given = {"secrets": patch.get("secrets") or {}}
            whole = patched(NewBot, {**row["settings"], "key": row["key"]}, {**patch, **given})
            wanted = NewBot.model_validate({**whole, **given})
            await model_use.check(connection, who.workspace_id, wanted)
            before, after = Bot.model_validate(row["settings"]), _without_key(wanted)
            await bots.change(connection, who.workspace_id, bot_id, after, wanted.key)
            await tool_use.keep(connection, using, who.workspace_id, bot_id, wanted.secrets, after, before)
        except ValidationError as error:
            raise refused(error) from error
        except KeyTaken as error:
            raise _key_taken(error) from error
        stored = await _changed(connection, who.workspace_id, bot_id)
    using.channels.forget()
    return stored


@router.delete("/bots/{bot_id}", status_code=204, summary="Delete a bot")
async def remove(bot_id: UUID, who: Admin, using: Using) -> None:
    """It answers nothing from here on; its conversations stay readable."""
    async with using.database.begin() as connection:
        if not await bots.remove(connection, who.workspace_id, bot_id, datetime.now(UTC)):
            raise not_found("bot", bot_id)
        await channels_changed(connection)
    using.channels.forget()


@router.post("/bots/{bot_id}/start", summary="Start a bot")
async def start(bot_id: UUID, once: AdminOnce, using: Using, choice: HeldChoice | None = None) -> StoredBot:
    """It answers again; what came meanwhile is answered only where `answer_held` says so."""
    answer_held = choice is not None and choice.answer_held
    workspace_id, now = once.who.workspace_id, datetime.now(UTC)
    async with using.database.begin() as connection:
        waiting = await voice.start_bot(connection, bot_id, workspace_id, answer_held=answer_held, now=now)
        if waiting is None:
            raise not_found("bot", bot_id)
        stored = await _changed(connection, workspace_id, bot_id)
        await once.keep(connection, stored)
    using.channels.forget()
    using.background.add(tell_all(using, waiting))
    return stored


@router.post("/bots/{bot_id}/stop", summary="Stop a bot")
async def stop(bot_id: UUID, once: AdminOnce, using: Using) -> StoredBot:
    """From the answer on it records messages and answers nothing."""
    workspace_id = once.who.workspace_id
    async with using.database.begin() as connection:
        if not await voice.stop_bot(connection, bot_id, workspace_id, datetime.now(UTC)):
            raise not_found("bot", bot_id)
        stored = await _changed(connection, workspace_id, bot_id)
        await once.keep(connection, stored)
    using.channels.forget()
    await settle(using, lambda connection, now: bots.in_flight(connection, workspace_id, bot_id, now))
    return stored


async def _changed(connection: AsyncConnection, workspace_id: WorkspaceId, bot_id: UUID) -> StoredBot:
    await channels_changed(connection)
    row = await bots.one(connection, workspace_id, bot_id)
    if row is None:
        raise not_found("bot", bot_id)
    return _stored(row)


def _without_key(bot: NewBot) -> Bot:
    return Bot.model_validate(bot.model_dump(exclude={"key", "secrets"}))


def _stored(row: RowMapping) -> StoredBot:
    fields = {name: row[name] for name in ("id", "key", "stopped_at", "created_at", "updated_at")}
    ends = {name: CredentialEnd(last4=str(end) or None) for name, end in row["credential_ends"].items()}
    stopped = row["stopped_at"] is not None
    return StoredBot.model_validate({**row["settings"], **fields, "secrets": ends, "stopped": stopped})


def _key_taken(error: KeyTaken) -> Problem:
    return Problem(409, f"key: {error}.", "key_taken")
