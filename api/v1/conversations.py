"""Conversations: listed, searched and read; and the bot speaking first."""

from datetime import UTC, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AfterValidator, ConfigDict, Field, JsonValue, StringConstraints, model_validator
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import bots, channel_admin, conversations, descriptions, first_words, sessions
from adapters.database.channels import ChannelAccess
from adapters.database.conversations import Wanted
from adapters.errors import Unacceptable
from adapters.vault import KeyMissing
from api.idempotency import OperatorOnce
from api.pages import Cursor, Limit, Listed, position, timed
from api.problems import invalid, not_found
from api.resources import Resources, Using
from api.security import Operator, Viewer
from api.v1 import templates
from api.v1.channels import platform_unavailable, unreadable
from api.v1.holding import tell
from api.v1.objects import Conversation, conversation
from api.v1.patches import merged
from api.v1.routing import Route
from api.v1.times import Since, Until
from api.v1.windows import demand_open
from domain.conversations import ConversationStatus
from domain.ids import WorkspaceId
from domain.models import Strict
from domain.platforms import PlatformName
from domain.templates import TemplateMessage
from domain.text import MAX_MESSAGE_CHARACTERS

router = APIRouter(route_class=Route, tags=["conversations"])


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("give something to say, not only spaces")
    return text


Text = Annotated[str, Field(min_length=1, max_length=MAX_MESSAGE_CHARACTERS), AfterValidator(_not_blank)]
Recipient = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class FirstMessage(Strict):
    """To whom the bot speaks first, and what it says."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "channel_id": "6f1c1b0e-5c0a-4a53-8a5e-0d9f8b1f7a11",
                    "recipient": "7527593",
                    "text": "Your parcel is here.",
                }
            ]
        }
    )

    channel_id: UUID
    recipient: Recipient = Field(description="The contact's id on that platform; for webchat the session's id.")
    text: Text | None = Field(None, description="By default the bot's greeting.")
    template: TemplateMessage | None = Field(
        None, description="In place of a text, for whom the platform asks for one."
    )

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if self.text is not None and self.template is not None:
            raise ValueError("give a text or a template")
        return self


_Q = Annotated[
    str | None,
    Query(max_length=200, description="Part of the contact's name or id, or of what was said; in any case."),
]


@router.get("/conversations", summary="List and search conversations")
async def read_all(
    who: Viewer,
    using: Using,
    bot_id: UUID | None = None,
    channel_id: UUID | None = None,
    status: ConversationStatus | None = None,
    platform: PlatformName | None = None,
    q: _Q = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[Conversation]:
    """By when they began, newest first. `since` and `until` bound the last message."""
    wanted = Wanted(bot_id, channel_id, status, platform, (q or "").strip() or None, since, until)
    after = position("conversations", cursor)
    async with using.database.begin() as connection:
        rows = await conversations.page(connection, who.workspace_id, wanted, after, limit)
    return timed("conversations", rows, limit, lambda row: conversation(row, using.settings))


@router.get("/conversations/{conversation_id}", summary="Read a conversation")
async def read(conversation_id: UUID, who: Viewer, using: Using) -> Conversation:
    """Who has the voice, and how it stands."""
    async with using.database.begin() as connection:
        return await one(connection, using, who.workspace_id, conversation_id)


class ConversationPatch(Strict):
    """A JSON Merge Patch (RFC 7396) of what is said of a conversation."""

    metadata: dict[str, JsonValue]


@router.patch("/conversations/{conversation_id}", summary="Describe a conversation")
async def change(conversation_id: UUID, patch: ConversationPatch, who: Operator, using: Using) -> Conversation:
    """Templates read it as `conversation.metadata`, from the next turn on."""
    async with using.database.begin() as connection:
        before = (await one(connection, using, who.workspace_id, conversation_id)).metadata
        metadata = merged(before, patch.metadata)
        assert isinstance(metadata, dict)
        await descriptions.describe_conversation(connection, who.workspace_id, conversation_id, metadata)
        return await one(connection, using, who.workspace_id, conversation_id)


@router.post("/bots/{bot_id}/conversations", status_code=201, summary="Let the bot speak first")
async def begin(bot_id: UUID, first: FirstMessage, once: OperatorOnce, using: Using) -> Conversation:
    """Says the text, a template, or the bot's greeting; a conversation with this contact goes on where there is one.

    On WhatsApp only a template reaches who has not written within 24 hours, on Messenger nothing: 422 `window_closed`.
    """
    workspace_id = once.who.workspace_id
    async with using.database.begin() as connection:
        access = await _access(connection, using, workspace_id, bot_id, first.channel_id)
        recipient = _recipient(using, access, first.recipient)
        await _demand_session(connection, access, recipient)
        text = await _free_text(connection, access, first, recipient)
    if first.template:
        text = await templates.checked(using, workspace_id, first.channel_id, first.template)
    async with using.database.begin() as connection:
        buttons = () if first.text or first.template else access.bot.quick_replies
        begun, _ = await first_words.speak_first(
            connection, access, recipient, text, buttons=buttons, template=first.template, now=datetime.now(UTC)
        )
        answer = await one(connection, using, workspace_id, begun)
        await once.keep(connection, answer)
    await tell(using, begun)
    return answer


async def one(
    connection: AsyncConnection, using: Resources, workspace_id: WorkspaceId, conversation_id: UUID
) -> Conversation:
    """A conversation of this workspace, or 404."""
    row = await conversations.one(connection, workspace_id, conversation_id)
    if row is None:
        raise not_found("conversation", conversation_id)
    return conversation(row, using.settings)


async def _access(
    connection: AsyncConnection, using: Resources, workspace_id: WorkspaceId, bot_id: UUID, channel_id: UUID
) -> ChannelAccess:
    if await bots.one(connection, workspace_id, bot_id) is None:
        raise not_found("bot", bot_id)
    try:
        access = await channel_admin.access(connection, using.credentials, workspace_id, channel_id)
    except KeyMissing as error:
        raise unreadable() from error
    if access is None or access.bot_id != bot_id:
        raise not_found("channel", channel_id)
    if access.channel.platform not in using.platforms:
        raise platform_unavailable(access.channel.platform)
    return access


def _recipient(using: Resources, access: ChannelAccess, given: str) -> str:
    """Whom this is, as the platform writes it; 422 for what can be nobody's id there."""
    try:
        return using.platforms[access.channel.platform].recipient(given)
    except Unacceptable as error:
        raise invalid(f"recipient: {error}.", "recipient") from error


async def _free_text(connection: AsyncConnection, access: ChannelAccess, first: FirstMessage, recipient: str) -> str:
    """What is said where it is no template; 422 where there is nothing to say, or nothing may be said freely."""
    if first.template:
        return ""
    text = first.text or access.bot.greeting
    if not text:
        raise invalid("text: give one; this bot has no greeting to say instead.", "no_text")
    now = datetime.now(UTC)
    demand_open(access.channel.platform, await first_words.heard_at(connection, access, recipient, now))
    return text


async def _demand_session(connection: AsyncConnection, access: ChannelAccess, recipient: str) -> None:
    """Nobody can be written to in a webchat who never opened it."""
    if access.channel.platform is not PlatformName.WEBCHAT:
        return
    try:
        known = await sessions.exists(connection, access.channel.id, UUID(recipient))
    except ValueError:
        known = False
    if not known:
        raise invalid("recipient: this channel has no session with that id.", "unknown_recipient")
