"""Files that visitors bring to a webchat: kept before they are sent, and shown to nobody but their session."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, BaseModel

from adapters.database import visitor_files
from adapters.errors import OutsideError
from adapters.media.store import MediaTooLarge
from api.bodies import read
from api.budgets import in_time
from api.problems import Problem, invalid
from api.resources import Resources, Using
from api.webchat import Opened, Visited, spend
from domain.media import refined
from domain.text import shortened, storable
from domain.visitor_files import allowed_bytes

router = APIRouter(prefix="/webchat/{channel_id}", tags=["webchat"])
MOST_UNSENT = 20
"""What one session may have brought and not sent: more is what somebody brings who does not mean to send it."""
UPLOAD_SECONDS = 120.0
"""A telephone with a poor line takes long for a photo."""
_COST = 4.0
"""A file counts as so many messages."""
_MOST_NAME = 200
_BODY = {"requestBody": {"required": True, "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}
_ClientId = Annotated[str, Query(min_length=1, max_length=200, description="The same again is the same file.")]
_Name = Annotated[str, Query(min_length=1, max_length=_MOST_NAME), AfterValidator(storable)]


class FileAnswer(BaseModel):
    """A file that can be sent with a message; `type` is what its content says."""

    file_id: UUID
    name: str
    type: str
    size_bytes: int
    url: str
    duplicate: bool


@router.post(
    "/files",
    status_code=201,
    summary="Bring a file",
    responses={200: {"model": FileAnswer}},
    openapi_extra=_BODY,
)
async def bring(
    client_file_id: _ClientId,
    using: Using,
    access: Opened,
    session_id: Visited,
    request: Request,
    response: Response,
    name: _Name = "file",
) -> FileAnswer:
    """The body is the file; a message then names its `file_id`. The same client_file_id again gets 200 and the first.

    What is never sent is removed when its time is over.
    """
    most_bytes = allowed_bytes(access.channel.settings)
    if most_bytes == 0:
        raise Problem(403, "This webchat takes no files.", "files_not_allowed")
    file_id = uuid5(session_id, f"file\n{client_file_id}")
    known = await in_time(_known(using, session_id, file_id))
    if known is not None:
        response.status_code = 200
        return known
    await spend(using, session_id, _COST)
    content = await _content(using, request, most_bytes)
    try:
        found = await using.media.keep(access.workspace_id, file_id, content)
    except MediaTooLarge as error:
        raise Problem(413, f"The file has more than {most_bytes} bytes; send a smaller one.") from error
    except OutsideError as error:
        raise Problem(503, "Files cannot be kept now. Try again shortly.", headers={"Retry-After": "2"}) from error
    shown = shortened(name, _MOST_NAME) or "file"
    found = found.model_copy(update={"type": refined(found.type, shown)})
    async with using.database.begin() as connection:
        await visitor_files.add(connection, access.workspace_id, session_id, file_id, shown, found)
    return FileAnswer(
        file_id=file_id, name=shown, type=found.type, size_bytes=found.size_bytes,
        url=using.links.to(file_id), duplicate=False,
    )  # fmt: skip


async def _known(using: Resources, session_id: UUID, file_id: UUID) -> FileAnswer | None:
    """The file of an earlier request with the same id; 409 where the session has brought too many."""
    async with using.database.begin() as connection:
        row = (await visitor_files.several(connection, session_id, [file_id])).get(file_id)
        waiting = await visitor_files.unsent(connection, session_id)
    if row is not None:
        fields = {name: row[name] for name in ("name", "type", "size_bytes")}
        return FileAnswer(file_id=file_id, url=using.links.to(file_id), duplicate=True, **fields)
    if waiting >= MOST_UNSENT:
        raise Problem(409, f"{waiting} files wait to be sent; send or leave them first.", "too_many_files")
    return None


async def _content(using: Resources, request: Request, most_bytes: int) -> AsyncIterator[bytes]:
    """The body, for few at once: each is in memory."""
    if using.uploads.locked():
        raise Problem(503, "Too many files come at once. Try again shortly.", headers={"Retry-After": "2"})
    async with using.uploads:
        content = await read(request, most_bytes, UPLOAD_SECONDS)
    if not content:
        raise invalid("The body is empty; send the file's bytes.", "empty_file")
    return _whole(content)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
