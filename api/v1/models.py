"""The models of a workspace: where they answer, with which keys, and whether they do."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body
from pydantic import JsonValue, ValidationError
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.ai.base import Checked
from adapters.ai.catalogue import private_hosts
from adapters.ai.transport import address_fault
from adapters.database import models
from adapters.database.models import NameTaken
from adapters.errors import OutsideError
from adapters.vault import KeyMissing
from api.idempotency import AdminOnce
from api.pages import Cursor, Limit, Listed, position, timed
from api.problems import Problem, invalid, not_found
from api.resources import Resources, Using
from api.security import Admin, Viewer
from api.v1.model_objects import KeyHealth, ModelHealth, ModelPatch, NewModel, StoredModel, shown
from api.v1.patches import patched, refused
from api.v1.routing import Route
from domain.ids import WorkspaceId
from domain.offered_models import OfferedModel

router = APIRouter(prefix="/models", route_class=Route, tags=["models"])

_HEALTH_SECONDS = 10.0
_EXTRA = {"keys", "default", "name"}


@router.post("", status_code=201, summary="Add a model")
async def create(new: NewModel, once: AdminOnce, using: Using) -> StoredModel:
    """Calls nothing outside; its health tells whether it answers."""
    workspace_id = once.who.workspace_id
    model = _offered(new, using)
    keys = {name: key for name, key in new.keys.items() if key is not None}
    async with using.database.begin() as connection:
        try:
            model_id = await models.add(
                connection, using.credentials, workspace_id, new.name, model, keys, is_default=new.default
            )
        except NameTaken as error:
            raise Problem(409, f"name: {error}.", "name_taken") from error
        stored = shown(await _one(connection, workspace_id, model_id))
        await once.keep(connection, stored)
    return stored


@router.get("", summary="List models")
async def read_all(who: Viewer, using: Using, limit: Limit = 50, cursor: Cursor = None) -> Listed[StoredModel]:
    """Newest first."""
    after = position("models", cursor)
    async with using.database.begin() as connection:
        rows = await models.page(connection, who.workspace_id, after, limit)
    return timed("models", rows, limit, shown)


@router.get("/{model_id}", summary="Read a model")
async def read(model_id: UUID, who: Viewer, using: Using) -> StoredModel:
    """Of its keys only the names and the last four characters."""
    async with using.database.begin() as connection:
        return shown(await _one(connection, who.workspace_id, model_id))


Patch = Annotated[
    dict[str, JsonValue],
    Body(
        description="A JSON Merge Patch (RFC 7396): what is left out stays; a key that is null is removed.",
        examples=[{"keys": {"second": "sk-proj-9876543210", "first": None}}],
    ),
]


@router.patch("/{model_id}", summary="Change a model")
async def change(model_id: UUID, patch: Patch, who: Admin, using: Using) -> StoredModel:
    """Holds from the next call on; the keys that are not named keep their places in the order of use."""
    async with using.database.begin() as connection:
        row = await _one(connection, who.workspace_id, model_id, lock=True)
        current = {**row["settings"], "default": row["is_default"]}
        try:
            wanted = ModelPatch.model_validate({**patched(ModelPatch, current, patch), "keys": patch.get("keys") or {}})
        except ValidationError as error:
            raise refused(error) from error
        model = _offered(wanted, using)
        _keys_stay_home(row, model, wanted.keys)
        keys = await _replaced(connection, using, who.workspace_id, model_id, wanted.keys) if wanted.keys else None
        try:
            await models.change(
                connection, using.credentials, who.workspace_id, model_id, model, keys, is_default=wanted.default
            )
        except NameTaken as error:
            raise Problem(409, f"default: {error}.", "conflict") from error
        return shown(await _one(connection, who.workspace_id, model_id))


@router.delete("/{model_id}", status_code=204, summary="Delete a model")
async def remove(model_id: UUID, who: Admin, using: Using) -> None:
    """Its keys are forgotten; refused while a bot names it."""
    async with using.database.begin() as connection:
        row = await _one(connection, who.workspace_id, model_id, lock=True)
        users = await models.users(connection, who.workspace_id, row["name"])
        if users:
            named = ", ".join(repr(name[:100]) for name in users[:3])
            raise Problem(409, f"{len(users)} bots name this model, among them {named}; change them first.", "in_use")
        await models.remove(connection, who.workspace_id, model_id, datetime.now(UTC))


@router.get("/{model_id}/health", summary="Ask a model's endpoint how it is")
async def read_health(model_id: UUID, who: Viewer, using: Using) -> ModelHealth:
    """Asks for the list of models with each key; no model is asked anything."""
    async with using.database.begin() as connection:
        kept = await models.kept(connection, who.workspace_id, model_id)
    if kept is None:
        raise not_found("model", model_id)
    checked: tuple[Checked, ...] = ()
    problem = None
    try:
        async with asyncio.timeout(_HEALTH_SECONDS):
            checked = await using.models.of(kept).examine()
    except TimeoutError:
        problem = f"it gave no answer within {_HEALTH_SECONDS:g} s"
    except OutsideError as error:
        problem = str(error)
    accepted = any(item.problem is None for item in checked)
    return ModelHealth(
        ok=accepted,
        problem=problem or (None if accepted else next((item.problem for item in checked), None)),
        keys={item.key: KeyHealth(ok=item.problem is None, problem=item.problem) for item in checked if item.key},
        checked_at=datetime.now(UTC),
    )


def _offered(given: NewModel | ModelPatch, using: Resources) -> OfferedModel:
    """What is kept of what was given; 422 for an address that would not be called."""
    model = OfferedModel.model_validate(given.model_dump(exclude=_EXTRA))
    fault = address_fault(model.endpoint, private_hosts(using.settings)) if model.endpoint else None
    if fault:
        raise invalid(f"endpoint: {fault}.", "private_address")
    return model


def _keys_stay_home(row: RowMapping, model: OfferedModel, given: dict[str, str | None]) -> None:
    """422 where a key that nobody may read again would be told to another address than the one it was given for."""
    before = OfferedModel.model_validate(row["settings"])
    moved = (model.provider, model.endpoint) != (before.provider, before.endpoint)
    left = sorted(row["credential_ends"].keys() - given.keys())
    if moved and left:
        raise invalid(f"keys: with another address, give every key anew, or null: {left[0]!r} is left.", "keys_needed")


async def _one(
    connection: AsyncConnection, workspace_id: WorkspaceId, model_id: UUID, *, lock: bool = False
) -> RowMapping:
    row = await models.one(connection, workspace_id, model_id, lock=lock)
    if row is None:
        raise not_found("model", model_id)
    return row


async def _replaced(
    connection: AsyncConnection,
    using: Resources,
    workspace_id: WorkspaceId,
    model_id: UUID,
    patch: dict[str, str | None],
) -> dict[str, str]:
    """The keys with some replaced, added or removed."""
    kept = await models.kept(connection, workspace_id, model_id)
    try:
        before = kept.keys(using.credentials) if kept is not None else {}
    except KeyMissing as error:
        detail = "SECRET_KEY holds no key that opens this model's keys; add the old one, or make the model anew."
        raise Problem(409, detail, "credentials_unreadable") from error
    laid = {**before, **patch}
    return {name: key for name, key in laid.items() if key is not None}
