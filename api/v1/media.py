"""Files that are brought to us, to be sent later."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, Field

from adapters.database import media, media_fetching
from adapters.errors import OutsideError
from adapters.media.store import MediaTooLarge
from api.idempotency import OperatorOnce
from api.problems import Problem, invalid
from api.resources import Using
from api.v1.objects import Shown
from api.v1.routing import Upload
from domain.media import MAX_MEDIA_BYTES, MediaState, refined
from domain.text import storable

router = APIRouter(prefix="/media", route_class=Upload, tags=["media"])

_Name = Annotated[
    str,
    Query(
        min_length=1, max_length=200, description="The file's name, as the contact is to see it.", examples=["menu.pdf"]
    ),
    AfterValidator(storable),
]
_BODY = {"requestBody": {"required": True, "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}


class Media(Shown):
    """A file in the store."""

    id: UUID
    state: MediaState
    type: str | None = Field(description="What its content says that it is.", examples=["image/png"])
    name: str | None
    size_bytes: int | None
    sha256: str | None
    created_at: datetime
    url: str = Field(description="Opens the file for about an hour.")


@router.post("", status_code=201, summary="Upload a file", openapi_extra=_BODY)
async def upload(request: Request, once: OperatorOnce, using: Using, name: _Name = "file") -> Media:
    """The body is the file itself, up to 20 MiB; it can be sent in any number of messages of the workspace."""
    workspace_id, media_id = once.who.workspace_id, uuid4()
    content = await request.body()
    if not content:
        raise invalid("The body is empty; send the file's bytes.", "empty_file")
    try:
        found = await using.media.keep(workspace_id, media_id, _whole(content))
    except MediaTooLarge as error:
        raise Problem(413, f"The file has more than {MAX_MEDIA_BYTES} bytes; send a smaller one.") from error
    except OutsideError as error:
        raise Problem(
            503, "The media store does not answer. Try again shortly.", headers={"Retry-After": "2"}
        ) from error
    found = found.model_copy(update={"type": refined(found.type, name)})
    async with using.database.begin() as connection:
        await media_fetching.upload(connection, workspace_id, media_id, name, found)
        row = await media.one(connection, workspace_id, media_id)
        assert row is not None
        answer = Media.of({**row, "url": using.links.to(media_id)})
        await once.keep(connection, answer)
    return answer


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
