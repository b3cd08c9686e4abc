"""A file's bytes: for a key of its workspace, or for whoever holds a link that we signed.

What a file says cannot run here: only types in which nothing can run are shown, all else is offered as a download.
"""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import RowMapping

from adapters.database import media
from adapters.errors import OutsideError
from adapters.media.store import MediaMissing
from api import security
from api.problems import Problem, not_found
from api.resources import Using
from api.v1.problem_answers import NOT_FOUND, USUAL
from domain.media import SHOWN_INLINE, UNKNOWN, MediaState

router = APIRouter(prefix="/v1/media", tags=["media"])
_bearer = HTTPBearer(auto_error=False, description="An API key; a signed link needs none")
_POLICY = "default-src 'none'; sandbox"


async def found(
    media_id: UUID,
    using: Using,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    expires: Annotated[str | None, Query(max_length=20)] = None,
    signature: Annotated[str | None, Query(max_length=200)] = None,
) -> RowMapping:
    """The file, for whoever may have it."""
    if expires is None or signature is None:
        who = await security.principal(using, credentials)
        async with using.database.begin() as connection:
            row = await media.one(connection, who.workspace_id, media_id)
    else:
        if not using.links.opens(media_id, expires, signature):
            raise Problem(403, "The link is over or was changed; take a new one from the message.", "link_expired")
        async with using.database.begin() as connection:
            row = await media.linked(connection, media_id)
    if row is None:
        raise not_found("file", media_id)
    return row


@router.get(
    "/{media_id}", summary="Download a file", response_class=StreamingResponse, responses={**USUAL, **NOT_FOUND}
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
    kind = "inline" if inline else "attachment"
    plain = "".join(character if character.isalnum() and character.isascii() else "_" for character in _stem(name))
    return f"{kind}; filename=\"{plain}{_ending(name)}\"; filename*=UTF-8''{quote(name or plain, safe='')}"


def _stem(name: str | None) -> str:
    return (name or "file").rpartition(".")[0] or name or "file"


def _ending(name: str | None) -> str:
    ending = (name or "").rpartition(".")[2] if name and "." in name[1:] else ""
    return f".{ending}" if ending and ending.isascii() and ending.isalnum() else ""


def _demand_stored(row: RowMapping) -> None:
    if row["state"] == MediaState.WANTED:
        raise Problem(409, "The file is not here yet; ask again shortly.", "not_fetched_yet", {"Retry-After": "2"})
    if row["state"] == MediaState.FAILED:
        raise Problem(404, f"The file could not be fetched: {row['reason']}.", "not_fetched")
