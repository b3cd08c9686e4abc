"""Webchat: sessions, messages in, messages out; the protocol that the widget speaks."""

import math
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator, BaseModel, Field, JsonValue, ValidationInfo, field_validator
from structlog.contextvars import bind_contextvars

from adapters.database import sessions
from adapters.database.channels import ChannelAccess
from adapters.database.sessions import Session, SessionGone
from api import intake, tokens, visitor_attachments, webchat_history
from api.budgets import in_time
from api.origins import allowed
from api.problems import Problem, not_found
from api.resources import Resources, Using
from api.webchat_history import ShownPage
from domain.buttons import MAX_VALUE_BYTES
from domain.events import Attachment, EventKind, InboundEvent, Sender
from domain.ids import ChannelId, conversation_id
from domain.platforms import PlatformName
from domain.text import MAX_MESSAGE_CHARACTERS, shortened, storable
from domain.visitor_files import allowed_bytes

router = APIRouter(prefix="/webchat/{channel_id}", tags=["webchat"])
_MOST_OF_PAGE = 2000
MOST_FILES = 10
MAX_CAPTION_CHARACTERS = 1024
_bearer = HTTPBearer(auto_error=False, description="The token of a webchat session")


class Page(BaseModel):
    """The page that the visitor is on."""

    url: str | None = None
    title: str | None = None
    referrer: str | None = None
    locale: str | None = None

    def kept(self) -> dict[str, JsonValue]:
        """What is stored of it."""
        return {name: storable(shortened(text, _MOST_OF_PAGE)) for name, text in self if isinstance(text, str)}


class SessionRequest(BaseModel):
    """What a widget tells when it begins; `secret`, from an earlier session, resumes the same conversation."""

    visitor_id: Annotated[str, Field(max_length=200), AfterValidator(storable)] | None = None
    secret: Annotated[str, Field(max_length=200)] | None = None
    page: Page = Page()


class SessionAnswer(BaseModel):
    """A session: `token` for the next hour, `secret` to resume it later (None when it was resumed)."""

    session_id: UUID
    visitor_id: str
    token: str
    secret: str | None
    conversation_id: UUID
    expires_in: int
    cursor: int
    max_file_bytes: int = Field(description="How large a file may be; 0 where this webchat takes none.")


def _said(text: str) -> str:
    kept = storable(text)
    if not kept.strip():
        raise ValueError("it is empty, or holds nothing that can be seen")
    return kept


class FileRequest(BaseModel):
    """A file that was brought before."""

    file_id: UUID
    caption: Annotated[str, Field(max_length=MAX_CAPTION_CHARACTERS), AfterValidator(storable)] | None = None


class MessageRequest(BaseModel):
    """A message, or with type `button` the label of a pressed one and the value that it carries.

    The same `client_msg_id` again is the same message. With files it needs no text.
    """

    client_msg_id: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_said)]
    type: Literal["text", "button"] = "text"
    value: Annotated[str, Field(max_length=MAX_VALUE_BYTES), AfterValidator(storable)] | None = None
    attachments: Annotated[list[FileRequest], Field(max_length=MOST_FILES)] = []
    text: Annotated[str, Field(max_length=MAX_MESSAGE_CHARACTERS)] = Field("", validate_default=True)
    reply_to: Annotated[str, Field(max_length=200), AfterValidator(storable)] | None = None

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str, known: ValidationInfo) -> str:
        has_files = bool(known.data.get("attachments")) and known.data.get("type") == "text"
        return storable(text) if has_files else _said(text)


class MessageAnswer(BaseModel):
    """The message is recorded; `duplicate`: it was before."""

    message_id: UUID
    seq: int
    duplicate: bool


async def opened(
    channel_id: str, using: Using, origin: Annotated[str | None, Header(include_in_schema=False)] = None
) -> ChannelAccess:
    """The webchat channel of the path, for a page that may use it."""
    access = await using.channels.named(channel_id)
    if access is None or access.bot_deleted or access.channel.platform is not PlatformName.WEBCHAT:
        raise not_found("webchat", channel_id)
    if not allowed(using.settings, access, origin):
        raise Problem(403, "Pages of this origin may not use this webchat; see its allowed_origins.", "origin")
    bind_contextvars(channel_id=str(access.channel.id), platform="webchat")
    return access


Opened = Annotated[ChannelAccess, Depends(opened)]


async def visited(
    using: Using, access: Opened, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> UUID:
    """The session of the request's token; 401 without one that holds."""
    token = credentials.credentials if credentials else ""
    session_id = tokens.session_of(using.keys, access.channel.id, token, datetime.now(UTC))
    if session_id is None:
        raise _no_session()
    return session_id


Visited = Annotated[UUID, Depends(visited)]


@router.post("/sessions", status_code=201, summary="Open or resume a session")
async def open_session(asked: SessionRequest, using: Using, access: Opened) -> SessionAnswer:
    """A secret resumes its conversation; a bare visitor id never does."""
    now = datetime.now(UTC)
    channel = access.channel.id
    session, cursor = await in_time(_session(using, channel, asked, now))
    if session is None:
        raise Problem(401, "No session of this webchat has that secret; open one without it.", "secret")
    return SessionAnswer(
        session_id=session.id,
        visitor_id=session.visitor_id,
        token=tokens.make(using.keys, channel, session.id, now),
        secret=session.secret,
        conversation_id=conversation_id(channel, str(session.id), None),
        expires_in=int(tokens.LIFETIME.total_seconds()),
        cursor=cursor,
        max_file_bytes=allowed_bytes(access.channel.settings),
    )


async def _session(
    using: Resources, channel: ChannelId, asked: SessionRequest, now: datetime
) -> tuple[Session | None, int]:
    """The session that is asked for, and the newest number of its conversation."""
    async with using.database.begin() as connection:
        if asked.secret is None:
            return await sessions.create(connection, channel, asked.visitor_id, asked.page.kept(), now), 0
        session = await sessions.resume(connection, channel, asked.secret)
        if session is None:
            return None, 0
        conversation = conversation_id(channel, str(session.id), None)
        return session, await webchat_history.last_seq(connection, conversation)


@router.post("/messages", status_code=202, summary="Say something", responses={200: {"model": MessageAnswer}})
async def say(
    said: MessageRequest, using: Using, access: Opened, session_id: Visited, request: Request, response: Response
) -> MessageAnswer:
    """Recorded before it is answered with 202; the same client_msg_id again gets 200 and the first result."""
    await spend(using, session_id)
    files = await in_time(_files(using, session_id, said)) if said.attachments else ()
    event = InboundEvent(
        key=f"{session_id}:{said.client_msg_id}",
        kind=EventKind.BUTTON if said.type == "button" else EventKind.MESSAGE,
        chat=str(session_id),
        sender=Sender(external_id=str(session_id), language=_language(request)),
        text=said.text,
        attachments=files,
        reply_to=said.reply_to,
        command=_command(said.text) if said.type == "text" else None,
        details={"client_msg_id": said.client_msg_id} | ({"data": said.value} if said.value else {}),
    )
    recorded = await intake.take_in(using, access, [event])
    if not recorded.new:
        response.status_code = 200
        message_id, seq = await webchat_history.recorded(using.database, access.channel.id, event.key)
        return MessageAnswer(message_id=message_id, seq=seq, duplicate=True)
    return MessageAnswer(message_id=recorded.new[0].id, seq=recorded.new[0].seq, duplicate=False)


@router.get("/messages", summary="What was said, both sides")
async def history(
    using: Using,
    access: Opened,
    session_id: Visited,
    after_seq: Annotated[int, Query(ge=0, le=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 200,
) -> ShownPage:
    """The messages behind a number, oldest first."""
    conversation = conversation_id(access.channel.id, str(session_id), None)
    asked = webchat_history.page(using.database, using.links, access.workspace_id, conversation, after_seq, limit)
    return await in_time(asked)


async def _files(using: Resources, session_id: UUID, said: MessageRequest) -> tuple[Attachment, ...]:
    named = [(item.file_id, item.caption) for item in said.attachments]
    async with using.database.begin() as connection:
        return await visitor_attachments.of_session(connection, session_id, named)


async def spend(using: Resources, session_id: UUID, messages: float = 1.0) -> None:
    """Take so many messages from a session's allowance; 429 where they are not there, 401 without the session."""
    try:
        wait = await in_time(_allowance(using, session_id, messages))
    except SessionGone as error:
        raise _no_session() from error
    if wait is not None:
        seconds = max(1, math.ceil(wait.total_seconds()))
        raise Problem(429, "Slower, please.", headers={"Retry-After": str(seconds)})


async def _allowance(using: Resources, session_id: UUID, messages: float) -> timedelta | None:
    async with using.database.begin() as connection:
        return await sessions.spend(connection, session_id, datetime.now(UTC), messages)


def _no_session() -> Problem:
    return Problem(401, "The session's token is missing or has expired; open the session anew.", "token")


def _language(request: Request) -> str | None:
    first = request.headers.get("accept-language", "").split(",")[0].split(";")[0].strip()
    return first[:35] if first and first != "*" and first.isascii() else None


def _command(text: str) -> str | None:
    word = text.split(maxsplit=1)[0] if text.startswith("/") else ""
    return word[1:].lower() if len(word) > 1 else None
