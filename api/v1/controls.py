"""Who has the voice: pause and resume, take over and release, close, and forget."""

from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import voice
from api.idempotency import Once, OperatorOnce
from api.problems import not_found
from api.resources import Resources, Using
from api.v1.bots import HeldChoice
from api.v1.conversations import one
from api.v1.holding import settle, tell
from api.v1.objects import Conversation
from api.v1.routing import Route
from domain.conversations import SILENCING, Control

router = APIRouter(prefix="/conversations/{conversation_id}", route_class=Route, tags=["conversations"])


@router.post("/pause", summary="Pause")
async def pause(conversation_id: UUID, once: OperatorOnce, using: Using) -> Conversation:
    """From the answer on nobody answers; what comes is held."""
    return await _control(using, once, conversation_id, Control.PAUSE)


@router.post("/resume", summary="Resume")
async def resume(
    conversation_id: UUID, once: OperatorOnce, using: Using, choice: HeldChoice | None = None
) -> Conversation:
    """The bot answers again; what was held is answered only where `answer_held` says so."""
    return await _control(using, once, conversation_id, Control.RESUME, choice)


@router.post("/takeover", summary="Take over")
async def take_over(conversation_id: UUID, once: OperatorOnce, using: Using) -> Conversation:
    """From the answer on only operators speak; what comes is held."""
    return await _control(using, once, conversation_id, Control.TAKEOVER)


@router.post("/release", summary="Release")
async def release(
    conversation_id: UUID, once: OperatorOnce, using: Using, choice: HeldChoice | None = None
) -> Conversation:
    """The bot has the voice again; what was held is answered only where `answer_held` says so."""
    return await _control(using, once, conversation_id, Control.RELEASE, choice)


@router.post("/close", summary="Close")
async def close(conversation_id: UUID, once: OperatorOnce, using: Using) -> Conversation:
    """What waits for an answer ends without one; the contact's next message reopens."""
    return await _control(using, once, conversation_id, Control.CLOSE)


@router.post("/reset", summary="Let the model forget")
async def reset(conversation_id: UUID, once: OperatorOnce, using: Using) -> Conversation:
    """The model no longer sees what was said before; the records stay."""
    async with using.database.begin() as connection:
        if not await voice.forget(connection, conversation_id, once.who.workspace_id):
            raise not_found("conversation", conversation_id)
        return await _kept(connection, using, once, conversation_id)


async def _control(
    using: Resources, once: Once, conversation_id: UUID, wanted: Control, choice: HeldChoice | None = None
) -> Conversation:
    answer_held = choice is not None and choice.answer_held
    workspace_id, now = once.who.workspace_id, datetime.now(UTC)
    async with using.database.begin() as connection:
        known = await voice.control(connection, conversation_id, workspace_id, wanted, answer_held=answer_held, now=now)
        if not known:
            raise not_found("conversation", conversation_id)
        answer = await _kept(connection, using, once, conversation_id)
    await tell(using, conversation_id)
    if wanted in SILENCING:
        await settle(using, partial(_in_flight, conversation_id))
    return answer


async def _in_flight(conversation_id: UUID, connection: AsyncConnection, now: datetime) -> bool:
    return await voice.in_flight(connection, conversation_id, now)


async def _kept(connection: AsyncConnection, using: Resources, once: Once, conversation_id: UUID) -> Conversation:
    answer = await one(connection, using, once.who.workspace_id, conversation_id)
    await once.keep(connection, answer)
    return answer
