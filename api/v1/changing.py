"""Changing what was said: an operator edits or deletes a message, and its conversation has the platform do so."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import ConfigDict
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import changes, conversations, messages, voice
from adapters.database.changes import Standing
from adapters.platforms.base import Destination, Platform
from adapters.platforms.composing import compose
from api.idempotency import Once, OperatorOnce
from api.problems import Problem, not_found
from api.resources import Resources, Using
from api.v1.channels import platform_unavailable
from api.v1.conversations import Text
from api.v1.holding import tell
from api.v1.objects import Message, message
from api.v1.platform_calls import unsupported
from api.v1.routing import Route
from domain.changes import ChangeKind, Refusal, refusal
from domain.models import Strict
from domain.platforms import Guarantee, PlatformName

router = APIRouter(
    prefix="/conversations/{conversation_id}/messages/{message_id}", route_class=Route, tags=["messages"]
)

_EXPLAINED = {
    Refusal.NOT_OUTBOUND: "only what was said to the contact can be changed",
    Refusal.MESSAGE_DELETED: "the message is deleted",
    Refusal.HAS_ATTACHMENTS: "a message with files cannot be edited; delete it and send another one",
    Refusal.DELIVERY_IN_DOUBT: "a part of the message is in doubt; send it again or write it off first",
    Refusal.NOT_SENT: "no part of the message was sent; there is nothing to change",
    Refusal.TOO_MANY_PARTS: "the text needs more parts than the message has; shorten it, or send the rest as a message",
}
_OF_THE_REQUEST = (Refusal.NOT_OUTBOUND, Refusal.HAS_ATTACHMENTS, Refusal.TOO_MANY_PARTS)


class Rewording(Strict):
    """What the message says from now on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "We open at **nine**, not at ten."}]})

    text: Text


@router.patch("", status_code=202, summary="Edit a message")
async def edit(conversation_id: UUID, message_id: UUID, wanted: Rewording, once: OperatorOnce, using: Using) -> Message:
    """The contact sees the new text in place of the old one; `change` tells when.

    For messages without files, where a bot may edit: on WhatsApp and Messenger it may not. A text that needs more parts
    than the message has is refused; parts that it no longer needs are deleted.
    """
    return await _change(using, once, conversation_id, message_id, wanted.text)


@router.delete("", status_code=202, summary="Delete a message")
async def delete(conversation_id: UUID, message_id: UUID, once: OperatorOnce, using: Using) -> Message:
    """Taken away from the contact, as far as the platform lets a bot do that; `change` tells when.

    The record keeps its text. To delete what is deleted, or is about to be, changes nothing.
    """
    return await _change(using, once, conversation_id, message_id, None)


async def _change(using: Resources, once: Once, conversation_id: UUID, message_id: UUID, text: str | None) -> Message:
    who = once.who
    async with using.database.begin() as connection:
        place = await voice.lock(connection, conversation_id, who.workspace_id)
        found = await changes.standing(connection, who.workspace_id, message_id) if place else None
        said = await messages.one(connection, who.workspace_id, message_id)
        if place is None or found is None or said is None or said.message["conversation_id"] != conversation_id:
            raise not_found("message", message_id)
        is_deleted = found.said.is_deleted or await changes.is_deleted(connection, message_id)
        if not (is_deleted and text is None):
            await _record(connection, using, place, message_id, found, text, is_deleted=is_deleted)
        said = await messages.one(connection, who.workspace_id, message_id)
        assert said is not None
        answer = message(said, using.links)
        await once.keep(connection, answer)
    await tell(using, conversation_id)
    return answer


async def _record(
    connection: AsyncConnection,
    using: Resources,
    place: Row[UUID, UUID, UUID],
    message_id: UUID,
    found: Standing,
    text: str | None,
    *,
    is_deleted: bool,
) -> None:
    platform, contact = await _platform(connection, using, place)
    kind = ChangeKind.DELETE if text is None else ChangeKind.EDIT
    if platform.changes is None and platform.guarantee is not Guarantee.TRANSACTION:
        raise unsupported(platform.name, "nobody can change what was sent")
    parts = () if text is None else compose(platform, text, (), found.buttons, Destination(chat=contact)).payloads
    refused = refusal(kind, found.said.model_copy(update={"is_deleted": is_deleted}), len(parts))
    if refused is not None:
        raise Problem(
            422 if refused in _OF_THE_REQUEST else 409, f"It cannot be changed: {_EXPLAINED[refused]}.", refused
        )
    await changes.want(connection, place, message_id, kind, text, datetime.now(UTC))


async def _platform(
    connection: AsyncConnection, using: Resources, place: Row[UUID, UUID, UUID]
) -> tuple[Platform, str]:
    row = await conversations.one(connection, place.workspace_id, place.id)
    assert row is not None
    platform = using.platforms.get(PlatformName(row["platform"]))
    if platform is None:
        raise platform_unavailable(row["platform"])
    return platform, row["contact_external_id"]
