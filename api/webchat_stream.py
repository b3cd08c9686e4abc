"""The webchat's stream: server-sent events, resumed by the number of the last one seen; drafts come without one."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger

from adapters.database.drafts import DELTA
from api import webchat_history
from api.budgets import in_time
from api.drafts import Follower
from api.resources import Resources, Using
from api.v1.objects import Message
from api.wakeups import STOPPING, Note
from api.webchat import Opened, Visited
from api.webchat_history import Change
from domain.conversations import ConversationStatus
from domain.ids import ConversationId, WorkspaceId, conversation_id

PING_SECONDS = 15.0
_RETRY_MS = 3000
_PATIENCE_SECONDS = 10.0
"""A reader who waits is no worse off than one who connects anew to a database that is busy."""
_PASSING = ("typing", "status", "closed")
_QUIET = "quiet"
router = APIRouter(prefix="/webchat/{channel_id}", tags=["webchat"])


@router.get("/stream", summary="What is said, as it is said", response_class=StreamingResponse)
async def stream(
    request: Request,
    using: Using,
    access: Opened,
    session_id: Visited,
    after_seq: Annotated[int, Query(ge=0, le=2**62)] = 0,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Durable events carry their number as `id`; `Last-Event-ID` or `after_seq` says where to go on.

    A `delta` carries words of an answer while the model gives it: `turn`, `generation`, `attempt`, `offset` and `text`.
    `offset` is how many characters (code points) stand before them; 0 begins anew, whatever was shown. The outbound
    `message` of that turn takes their place; a `status` or `closed` leaves nothing of them.
    """
    if last_event_id and last_event_id.isascii() and last_event_id.isdigit():
        after_seq = max(after_seq, int(last_event_id[:18]))
    conversation = conversation_id(access.channel.id, str(session_id), None)
    events = told(using, access.workspace_id, conversation, after_seq)
    headers = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def told(
    using: Resources,
    workspace_id: WorkspaceId,
    conversation: ConversationId,
    after_seq: int,
    ping_seconds: float = PING_SECONDS,
) -> AsyncGenerator[str, None]:
    """First what was missed, then what comes; a reader that stops reading is simply not written to."""
    yield f"retry: {_RETRY_MS}\n\n"
    async with using.wakeups.of(conversation) as notes:
        if (remark := await _unusual_standing(using, conversation)) is not None:
            yield remark
        draft, looking = Follower(using.wakeups.drafts, conversation), True
        while True:
            while looking:
                try:
                    news = webchat_history.changes(using.database, using.links, workspace_id, conversation, after_seq)
                    missed = await in_time(news, _PATIENCE_SECONDS)
                except (SQLAlchemyError, OSError) as error:
                    # The reader connects anew, and goes on where it stood.
                    get_logger(__name__).warning("stream_ended", kind=type(error).__name__)
                    return
                for change in missed:
                    yield _durable(change)
                    after_seq = change.seq
                    draft.end(_answered_by(change.message))
                looking = bool(missed)
            if (delta := draft.news()) is not None:
                yield f"event: {DELTA}\ndata: {delta.model_dump_json()}\n\n"
            kind = await _next_kind(notes, ping_seconds)
            if kind == STOPPING:
                return
            if kind == _QUIET:
                yield ": ping\n\n"
            if kind in _PASSING:
                yield await _passing(using, conversation, kind)
            looking = kind != DELTA


def _answered_by(message: Message) -> int:
    """The turn whose reply a message is; 0 where it is none."""
    return (message.turn or 0) if message.direction == "outbound" else 0


async def _next_kind(notes: asyncio.Queue[Note], ping_seconds: float) -> str:
    """The kind of the next note; after a while of silence that there was none."""
    try:
        return str((await asyncio.wait_for(notes.get(), ping_seconds)).get("kind"))
    except TimeoutError:
        return _QUIET


async def _unusual_standing(using: Resources, conversation: ConversationId) -> str | None:
    """What tells whoever comes to a conversation that is paused, handed over or closed that it is."""
    remark = await _passing(using, conversation, "status")
    return None if f'"{ConversationStatus.WAITING}"' in remark else remark


async def _passing(using: Resources, conversation: ConversationId, kind: str) -> str:
    """An event without a number; one about the standing says how it is now, whatever it was when it was sent."""
    about = {"conversation_id": str(conversation)}
    if kind != "typing":
        try:
            about["status"] = await in_time(webchat_history.standing(using.database, conversation))
        except (SQLAlchemyError, OSError):
            return ": the standing is not known\n\n"
    return f"event: {kind}\ndata: {json.dumps(about)}\n\n"


def _durable(change: Change) -> str:
    return f"id: {change.seq}\nevent: {change.event}\ndata: {change.message.model_dump_json()}\n\n"
