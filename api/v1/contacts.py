"""Contacts: who is on the other side, what the platform knows of them, and their picture from our own store."""

from datetime import datetime
from uuid import UUID, uuid4

from fastapi import APIRouter
from pydantic import Field, JsonValue
from sqlalchemy import RowMapping

from adapters.database import contacts, media, media_fetching
from adapters.errors import OutsideError
from adapters.platforms.base import Channel, Platform
from adapters.platforms.management import Chat
from api.problems import Problem, not_found
from api.resources import Resources, Using
from api.security import Viewer
from api.v1 import objects
from api.v1.objects import Shown
from api.v1.platform_calls import opened, paced
from api.v1.routing import Route
from domain.events import Attachment
from domain.ids import WorkspaceId
from domain.media import MediaState
from domain.platforms import PlatformName

router = APIRouter(prefix="/contacts", route_class=Route, tags=["contacts"])

_PICTURE_SECONDS = 10.0


class Profile(Shown):
    """What the platform tells of a contact now; null for what it does not tell."""

    name: str | None
    username: str | None
    about: str | None
    picture_url: str | None = Field(description="A signed link to the picture in our store, open for about an hour.")


class Contact(objects.Contact):
    """A contact, and what its platform tells of it now, where it tells anything."""

    channel_id: UUID
    platform: PlatformName
    profile: Profile | None
    problem: str | None = Field(description="Why there is no profile, or no picture, where it was asked for.")
    metadata: dict[str, JsonValue]
    created_at: datetime
    updated_at: datetime


@router.get("/{contact_id}", summary="Read a contact")
async def read(contact_id: UUID, who: Viewer, using: Using) -> Contact:
    """Asks the platform for the profile, and fetches the picture where it is a new one; a platform that does not
    answer leaves what is recorded."""
    async with using.database.begin() as connection:
        row = await contacts.one(connection, who.workspace_id, contact_id)
    if row is None:
        raise not_found("contact", contact_id)
    profile, problem = await _profile(using, who.workspace_id, row)
    return Contact.of({**row, "profile": profile, "problem": problem})


async def _profile(using: Resources, workspace_id: WorkspaceId, row: RowMapping) -> tuple[Profile | None, str | None]:
    try:
        access, platform = await opened(using, workspace_id, row["channel_id"])
        if platform.management is None:
            return None, None
        async with paced(using, access.channel, row["external_id"]):
            found = await platform.management.chat(access.channel, row["external_id"])
    except (OutsideError, Problem) as error:
        return None, error.reason if isinstance(error, OutsideError) else error.code
    problem, picture = None, None
    try:
        picture = await _picture(using, workspace_id, row, access.channel, platform, found)
    except OutsideError as error:
        problem = error.reason
    url = using.links.to(picture) if picture else None
    return Profile(name=found.name, username=found.username, about=found.about, picture_url=url), problem


async def _picture(
    using: Resources, workspace_id: WorkspaceId, row: RowMapping, channel: Channel, platform: Platform, found: Chat
) -> UUID | None:
    """The picture's file in our store: the one of last time, unless there is another picture now."""
    if found.picture is None:
        return None
    version, kept = str(found.picture.details["version"]), row["picture"]
    if isinstance(kept, dict) and kept.get("version") == version:
        media_id = UUID(str(kept["media_id"]))
        async with using.database.begin() as connection:
            stored = await media.one(connection, workspace_id, media_id)
        if stored is not None and stored["state"] == MediaState.STORED:
            return media_id
    return await _fetched(using, workspace_id, row["id"], channel, platform, found.picture, version)


async def _fetched(
    using: Resources,
    workspace_id: WorkspaceId,
    contact_id: UUID,
    channel: Channel,
    platform: Platform,
    picture: Attachment,
    version: str,
) -> UUID:
    media_id = uuid4()
    source = await platform.locate(channel, picture)
    async with using.pictures.fetch(source, _PICTURE_SECONDS) as pieces:
        measured = await using.media.keep(workspace_id, media_id, pieces)
    async with using.database.begin() as connection:
        await media_fetching.upload(connection, workspace_id, media_id, "picture", measured)
        await contacts.keep_picture(connection, workspace_id, contact_id, version, media_id)
    return media_id
