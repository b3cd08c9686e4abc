"""The webchat's stream: server-sent events, resumed by the number of the last one seen."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger

from api import webchat_history
from api.budgets import in_time
from api.resources import Resources, Using
from api.wakeups import STOPPING
from api.webchat import Opened, Visited
from api.webchat_history import Change
from domain.conversations import ConversationStatus
from domain.ids import ConversationId, WorkspaceId, conversation_id

PING_SECONDS = 15.0
_RETRY_MS = 3000
_PASSING = ("typing", "status", "closed")
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
    """Durable events carry their number as `id`; `Last-Event-ID` or `after_seq` says where to go on."""
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
        while True:
            try:
                news = webchat_history.changes(using.database, using.links, workspace_id, conversation, after_seq)
                missed = await in_time(news)
            except (SQLAlchemyError, OSError) as error:
                # The reader connects anew, and goes on where it stood.
                get_logger(__name__).warning("stream_ended", kind=type(error).__name__)
                return
            for change in missed:
                yield _durable(change)
                after_seq = change.seq
            if missed:
                continue
            try:
                note = await asyncio.wait_for(notes.get(), ping_seconds)
            except TimeoutError:
                yield ": ping\n\n"
                continue
            if note.get("kind") == STOPPING:
                return
            if note.get("kind") in _PASSING:
                yield await _passing(using, conversation, str(note["kind"]))


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
