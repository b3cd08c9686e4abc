"""A file's bytes: for a key of its workspace, or for whoever holds a link that we signed.

What a file says cannot run here: only types in which nothing can run are shown, all else is offered as a download.
"""

import re
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import RowMapping

from adapters.database import media
from adapters.errors import OutsideError
from adapters.media.store import MediaMissing
from api import security
from api.problems import Problem, not_found
from api.resources import Using
from api.v1.problem_answers import NOT_FOUND, USUAL, Answers
from api.v1.screening import screen
from domain.media import SHOWN_INLINE, UNKNOWN, MediaState

router = APIRouter(prefix="/v1/media", tags=["media"])
_bearer = HTTPBearer(auto_error=False, description="An API key; a signed link needs none")
_ENDING = re.compile(r"(?<=.)\.[A-Za-z0-9]{1,16}$")
_BYTES: Answers = {
    200: {"description": "The file", "content": {"application/octet-stream": {"schema": {"type": "string"}}}}
}
_POLICY = "default-src 'none'; sandbox"


async def found(
    media_id: str,
    using: Using,
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    expires: Annotated[str | None, Query(max_length=20)] = None,
    signature: Annotated[str | None, Query(max_length=200)] = None,
) -> RowMapping:
    """The file, for whoever may have it."""
    await screen(request)
    name = _named(media_id)
    if expires is None or signature is None:
        who = await security.principal(using, credentials)
        async with using.database.begin() as connection:
            row = await media.one(connection, who.workspace_id, name)
    else:
        if not using.links.opens(name, expires, signature):
            raise Problem(403, "The link is over or was changed; take a new one from the message.", "link_expired")
        async with using.database.begin() as connection:
            row = await media.linked(connection, name)
    if row is None:
        raise not_found("file", media_id)
    return row


@router.get(
    "/{media_id}",
    summary="Download a file",
    response_class=StreamingResponse,
    responses={**_BYTES, **USUAL, **NOT_FOUND},
)
async def download(row: Annotated[RowMapping, Depends(found)], using: Using) -> StreamingResponse:
    """Of one's own workspace with a key, or by the `url` that messages show, which is good for about an hour."""
    _demand_stored(row)
    type_ = row["type"] or UNKNOWN
    try:
        pieces = await using.media.stream(row["workspace_id"], row["id"])
    except MediaMissing as error:
        raise not_found("file", row["id"]) from error
    except OutsideError as error:
        raise Problem(
            503, "The media store does not answer. Try again shortly.", headers={"Retry-After": "2"}
        ) from error
    headers = {
        "Content-Length": str(row["size_bytes"]),
        "Content-Disposition": disposition(row["name"], inline=type_ in SHOWN_INLINE),
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "private, max-age=900",
    }
    return StreamingResponse(pieces, media_type=f"{type_}; charset=utf-8" if type_ == "text/plain" else type_,
                             headers=headers)  # fmt: skip


def disposition(name: str | None, *, inline: bool) -> str:
    """Whether a browser shows or keeps a file, and under which name (RFC 6266)."""
    whole = name or "file"
    ending = _ENDING.search(whole)
    stem = whole[: ending.start()] if ending else whole
    plain = "".join(character if character.isalnum() and character.isascii() else "_" for character in stem)
    shown = f"{plain}{ending[0] if ending else ''}"
    return f"{'inline' if inline else 'attachment'}; filename=\"{shown}\"; filename*=UTF-8''{quote(whole, safe='')}"


def _named(media_id: str) -> UUID:
    try:
        return UUID(media_id)
    except ValueError as error:
        raise not_found("file", media_id) from error


def _demand_stored(row: RowMapping) -> None:
    if row["state"] == MediaState.WANTED:
        raise Problem(409, "The file is not here yet; ask again shortly.", "not_fetched_yet", {"Retry-After": "2"})
    if row["state"] == MediaState.FAILED:
        raise Problem(404, f"The file could not be fetched: {row['reason']}.", "not_fetched")
