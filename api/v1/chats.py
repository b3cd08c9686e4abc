"""The chat of a conversation at its platform: what it is, pinned messages, members, and leaving it."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, JsonValue

from adapters.database import conversations, messages, transcripts
from adapters.platforms.base import Channel
from adapters.platforms.management import Management
from api.idempotency import Once, OperatorOnce
from api.problems import Problem, not_found
from api.resources import Resources, Using
from api.security import Viewer
from api.v1.objects import Shown
from api.v1.platform_calls import opened, paced, told, unsupported
from api.v1.problem_answers import BAD_GATEWAY
from api.v1.routing import Route
from domain.ids import WorkspaceId
from domain.models import Strict

router = APIRouter(
    prefix="/conversations/{conversation_id}/chat", route_class=Route, tags=["chats"], responses=BAD_GATEWAY
)

Deed = Literal["pin", "unpin", "ban", "unban", "leave"]


class Chat(Shown):
    """A chat as its platform knows it now; null for what it does not tell."""

    id: str = Field(examples=["-1001234567890"])
    kind: Literal["private", "group", "channel"]
    name: str | None
    username: str | None
    about: str | None = Field(description="What the chat or the person says of itself.")
    members: int | None
    pinned_message_id: str | None = Field(description="The platform's id of the message.")
    details: dict[str, JsonValue]


class OfMessage(Strict):
    """Which message of the conversation."""

    message_id: UUID


class OfMember(Strict):
    """Who, by the platform's id of the person."""

    member: Annotated[str, Field(min_length=1, max_length=100, examples=["7527593"])]


class Done(Shown):
    """What was done; to do it again changes nothing."""

    done: Deed


@router.get("", summary="Read a conversation's chat")
async def read(conversation_id: UUID, who: Viewer, using: Using) -> Chat:
    """Asks the platform: a group's name and members, what is pinned, what a person says of themselves."""
    management, channel, chat = await _managed(using, who.workspace_id, conversation_id)
    async with told(), paced(using, channel, chat):
        return Chat.of((await management.chat(channel, chat)).model_dump())


@router.post("/pin", summary="Pin a message")
async def pin(conversation_id: UUID, wanted: OfMessage, once: OperatorOnce, using: Using) -> Done:
    """Has a message, whoever said it, stand above the chat; nobody is rung."""
    message = await _message(using, once.who.workspace_id, conversation_id, wanted.message_id)
    return await _do(using, once, conversation_id, "pin", lambda by, channel, chat: by.pin(channel, chat, message))


@router.post("/unpin", summary="Unpin a message")
async def unpin(conversation_id: UUID, wanted: OfMessage, once: OperatorOnce, using: Using) -> Done:
    """Has it stand there no more."""
    message = await _message(using, once.who.workspace_id, conversation_id, wanted.message_id)
    return await _do(using, once, conversation_id, "unpin", lambda by, channel, chat: by.unpin(channel, chat, message))


@router.post("/ban", summary="Ban a member")
async def ban(conversation_id: UUID, wanted: OfMember, once: OperatorOnce, using: Using) -> Done:
    """Puts somebody out of a group, who cannot come back; the bot has to be an administrator there."""
    return await _do(
        using, once, conversation_id, "ban", lambda by, channel, chat: by.ban(channel, chat, wanted.member)
    )


@router.post("/unban", summary="Unban a member")
async def unban(conversation_id: UUID, wanted: OfMember, once: OperatorOnce, using: Using) -> Done:
    """Lets somebody come back; who is in the group stays there."""
    return await _do(
        using, once, conversation_id, "unban", lambda by, channel, chat: by.unban(channel, chat, wanted.member)
    )


@router.post("/leave", summary="Leave a group")
async def leave(conversation_id: UUID, once: OperatorOnce, using: Using) -> Done:
    """The bot goes out of the group, and hears and says nothing there until somebody adds it again."""
    return await _do(using, once, conversation_id, "leave", lambda by, channel, chat: by.leave(channel, chat))


async def _do(
    using: Resources,
    once: Once,
    conversation_id: UUID,
    deed: Deed,
    do: Callable[[Management, Channel, str], Awaitable[None]],
) -> Done:
    management, channel, chat = await _managed(using, once.who.workspace_id, conversation_id)
    async with told(), paced(using, channel, chat):
        await do(management, channel, chat)
    done = Done(done=deed)
    async with using.database.begin() as connection:
        await once.keep(connection, done)
    return done


async def _managed(
    using: Resources, workspace_id: WorkspaceId, conversation_id: UUID
) -> tuple[Management, Channel, str]:
    async with using.database.begin() as connection:
        known = await conversations.one(connection, workspace_id, conversation_id)
        place = await transcripts.destination(connection, conversation_id) if known else None
    if place is None:
        raise not_found("conversation", conversation_id)
    access, platform = await opened(using, workspace_id, place[0])
    if platform.management is None:
        raise unsupported(platform.name, "chats are not managed from here")
    return platform.management, access.channel, place[1].chat


async def _message(using: Resources, workspace_id: WorkspaceId, conversation_id: UUID, message_id: UUID) -> str:
    async with using.database.begin() as connection:
        found = await messages.one(connection, workspace_id, message_id)
    if found is None or found.message["conversation_id"] != conversation_id:
        raise not_found("message", message_id)
    name = found.message["platform_message_id"]
    if not name:
        raise Problem(409, "The message is not on the platform (yet).", "not_sent")
    return str(name)
