"""Messages: what was said in a conversation, and an operator speaking in it."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from adapters.database import conversations, messages, voice
from adapters.platforms.base import Destination
from api.idempotency import OperatorOnce
from api.pages import Cursor, Limit, Listed, cut, read, write
from api.problems import invalid, not_found
from api.resources import Resources, Using
from api.security import Viewer
from api.v1 import outgoing, templates
from api.v1.holding import tell
from api.v1.objects import Message, message
from api.v1.outgoing import Saying
from api.v1.routing import Route
from api.v1.windows import demand_open
from domain.ids import WorkspaceId
from domain.platforms import PlatformName

router = APIRouter(prefix="/conversations/{conversation_id}/messages", route_class=Route, tags=["messages"])

_LAST_SEQ = 2**63 - 1

_AfterSeq = Annotated[int, Query(ge=0, le=_LAST_SEQ, description="Only messages behind this `seq`.")]


@router.get("", summary="List a conversation's messages")
async def read_all(
    conversation_id: UUID, who: Viewer, using: Using, after_seq: _AfterSeq = 0, limit: Limit = 50, cursor: Cursor = None
) -> Listed[Message]:
    """Oldest first; an answer is there from the moment it is planned, with how its parts stand."""
    behind = max(after_seq, _seq(cursor))
    async with using.database.begin() as connection:
        if await conversations.one(connection, who.workspace_id, conversation_id) is None:
            raise not_found("conversation", conversation_id)
        found = await messages.page(connection, who.workspace_id, conversation_id, behind, limit)
    return cut(
        found, limit, lambda item: message(item, using.links), lambda last: write("messages", last.message["seq"])
    )


@router.post("", status_code=201, summary="Speak as an operator")
async def say(conversation_id: UUID, saying: Saying, once: OperatorOnce, using: Using) -> Message:
    """Goes to the contact as it is, whoever has the voice; a closed conversation reopens.

    On WhatsApp and Messenger only within 24 hours of the contact's last message: 422 `window_closed` else. A
    `template` goes out at any time, where the platform has some and it fits.
    Where a platform cannot show the buttons they become a numbered list, and a number is understood as the answer.
    """
    workspace_id = once.who.workspace_id
    text = await _text(using, workspace_id, conversation_id, saying)
    fetched = await outgoing.fetch(using, workspace_id, saying)
    async with using.database.begin() as connection:
        attachments = await outgoing.attached(connection, workspace_id, saying, fetched)
        message_id = await voice.say(
            connection, conversation_id, workspace_id, text, attachments=attachments, buttons=saying.buttons,
            template=saying.template, now=datetime.now(UTC),
        )  # fmt: skip
        said = await messages.one(connection, workspace_id, message_id) if message_id else None
        if said is None:
            raise not_found("conversation", conversation_id)
        answer = message(said, using.links)
        await once.keep(connection, answer)
    await tell(using, conversation_id)
    return answer


async def _text(using: Resources, workspace_id: WorkspaceId, conversation_id: UUID, saying: Saying) -> str:
    """What is said, in words; 422 where the platform would not take it."""
    async with using.database.begin() as connection:
        standing = await conversations.one(connection, workspace_id, conversation_id)
    if standing is None:
        raise not_found("conversation", conversation_id)
    if saying.template:
        return await templates.checked(using, workspace_id, standing["channel_id"], saying.template)
    name = PlatformName(standing["platform"])
    demand_open(name, standing["heard_at"])
    platform, there = using.platforms.get(name), Destination(chat=standing["contact_external_id"])
    if saying.text and platform and not platform.render(saying.text, there):
        raise invalid("text: it shows nothing there, such as a rule alone; say something.", "empty")
    return saying.text or ""


def _seq(cursor: str | None) -> int:
    if cursor is None:
        return 0
    keys = read("messages", cursor)
    if len(keys) != 1 or not isinstance(keys[0], int) or not 0 <= keys[0] <= _LAST_SEQ:
        raise invalid("cursor: it is no cursor of a list of messages.", "bad_cursor")
    return keys[0]
