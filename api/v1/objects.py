"""The objects of conversations as the API shows them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal, Self, TypeAlias
from urllib.parse import quote
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import RowMapping

from adapters.database import media
from adapters.database.messages import Detailed
from api.media_links import Links
from domain.bots import Action
from domain.buttons import Button
from domain.changes import ChangeKind, ChangeState
from domain.conversations import ConversationStatus, Voice, status
from domain.deliveries import DeliveryState
from domain.events import Attachment, EventState
from domain.ids import ConversationId, workflow_id
from domain.media import MediaState
from domain.platforms import PlatformName
from domain.speakers import Speaker
from domain.templates import TemplateMessage
from domain.understanding import Entity, FoundIntent, Sentiment
from domain.windows import closes_at
from settings import Settings

Row: TypeAlias = RowMapping | Mapping[str, object]


class Shown(BaseModel):
    """The base of what is shown: read from a row by the names of its columns."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def of(cls, row: Row) -> Self:
        """The object of a row."""
        return cls.model_validate(dict(row))


class Contact(Shown):
    """The person, or the group chat, on the other side."""

    id: UUID
    external_id: str = Field(examples=["7527593"])
    name: str | None = Field(examples=["Test User"])
    language: str | None = Field(examples=["de"])
    picture_url: str | None = Field(description="The platform's own address of the contact's picture; it may end.")


class Conversation(Shown):
    """One contact's chat on one channel; one Temporal workflow."""

    id: UUID
    bot_id: UUID
    channel_id: UUID
    platform: PlatformName
    thread: str | None
    status: ConversationStatus = Field(description="`active`: a turn runs; `waiting`: for the contact.")
    voice: Voice = Field(description="Who speaks to the contact; `nobody` while paused.")
    contact: Contact
    workflow_id: str = Field(examples=["conversation:2f1a7bb5-6d3c-5a8e-9a53-0d6f0c8b8a11"])
    temporal_ui_url: str | None = Field(description="The workflow in Temporal UI, where TEMPORAL_UI_URL is set.")
    turns: int = Field(examples=[12])
    undeliverable: str | None = Field(description="Why the contact cannot be reached, where that is known.")
    last_message_at: datetime | None
    window_closes_at: datetime | None = Field(
        description="Until when the contact can be answered freely, where the platform counts that and was written to."
    )
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    metadata: dict[str, JsonValue]


def conversation(row: Row, settings: Settings) -> Conversation:
    """A conversation from its row."""
    workflow = workflow_id(ConversationId(UUID(str(row["id"]))))
    standing = status(
        closed=row["closed_at"] is not None, voice=Voice(str(row["voice"])), turn_open=bool(row["turn_open"])
    )
    link = None
    if settings.temporal_ui_url:
        namespace = quote(settings.temporal_namespace, safe="")
        link = f"{settings.temporal_ui_url}/namespaces/{namespace}/workflows/{quote(workflow, safe='')}"
    contact = {name: row[f"contact_{name}"] for name in Contact.model_fields}
    return Conversation.of(
        {
            **row,
            "status": standing,
            "contact": contact,
            "workflow_id": workflow,
            "temporal_ui_url": link,
            "window_closes_at": _window(row),
        }
    )


def _window(row: Row) -> datetime | None:
    heard_at = row["heard_at"]
    return closes_at(PlatformName(str(row["platform"])), heard_at) if isinstance(heard_at, datetime) else None


class Delivery(Shown):
    """One part of what was said, and what became of its sending."""

    id: UUID
    conversation_id: UUID
    channel_id: UUID
    message_id: UUID
    part: int = Field(examples=[1])
    state: DeliveryState
    platform_message_id: str | None = Field(examples=["134"])
    attempts: int = Field(examples=[1])
    error: str | None
    reason: str | None = Field(examples=["written_off"])
    sent_at: datetime | None
    delivered_at: datetime | None = Field(
        description="When the contact had it, where the platform tells (WhatsApp, Messenger)."
    )
    read_at: datetime | None = Field(description="When the contact read it, where the platform tells.")
    created_at: datetime
    updated_at: datetime


class Verdict(Shown):
    """What moderation found."""

    action: Action = Field(description="What was done: of several categories' actions the strictest.")
    provider: str = Field(examples=["rules"])
    categories: tuple[str, ...] = Field(description="Those because of which it was.")


class ListedVerdict(Verdict):
    """What moderation found, and in what."""

    id: UUID
    bot_id: UUID
    conversation_id: UUID
    turn: int = Field(examples=[13])
    message_id: UUID | None = Field(description="Null where all messages of the turn were judged together.")
    direction: Literal["input", "output"]
    created_at: datetime


class ShownAttachment(Attachment):
    """Something that came or went with a message; a file in the store has a `url`, which opens it for about an hour."""

    state: MediaState | None = Field(None, description="`wanted` until it is fetched; `failed` with a `reason`.")
    reason: str | None = None
    type: str | None = Field(None, description="What the file's content says that it is.", examples=["image/jpeg"])
    url: str | None = None


class Change(Shown):
    """An edit or delete of a message that was sent, and what became of it."""

    kind: ChangeKind
    text: str | None = Field(description="What an edit has the message say.")
    state: ChangeState = Field(description="`planned` until the platform has done it.")
    reason: str | None = Field(examples=["change_refused"])
    error: str | None
    created_at: datetime
    ended_at: datetime | None


class Understanding(Shown):
    """What was found out about a message that a contact sent, as far as its bot wants to know."""

    language: str | None = Field(description="Null where it is not sure, or was not asked for.", examples=["de"])
    sentiment: Sentiment | None
    intent: FoundIntent | None
    entities: tuple[Entity, ...]
    reason: str | None = Field(description="Why a model found nothing.", examples=["not_understood"])


class Translation(Shown):
    """A message in the language of its bot, where the contact speaks another."""

    language: str = Field(description="The bot's.", examples=["en"])
    contact_language: str = Field(examples=["de"])
    text: str | None = Field(description="What the model was shown, or what it said; null where translating failed.")
    reason: str | None = Field(description="Why the contact or the model got it as it was.", examples=["timeout"])


class Message(Shown):
    """What was said. `state`, `reason` and `answered_by` are those of an inbound one, `answers` of an outbound one."""

    id: UUID
    conversation_id: UUID
    seq: int = Field(description="Its place in the conversation.", examples=[31])
    direction: Literal["inbound", "outbound"]
    author: Literal["contact", "bot", "operator", "system"]
    sender: Speaker | None = Field(None, description="Who wrote it, in a group one of many, as the platform told.")
    text: str
    attachments: tuple[ShownAttachment, ...]
    buttons: tuple[Button, ...] = Field((), description="What the contact was offered to press.")
    template: TemplateMessage | None = Field(None, description="The template that it is; `text` is what it says.")
    platform_message_id: str | None = Field(examples=["133"])
    reply_to: str | None = Field(description="The platform's id of the message that this one replies to.")
    turn: int | None = Field(examples=[13])
    state: EventState | None
    reason: str | None
    answered_by: tuple[UUID, ...] = Field(description="The messages that answer this one.")
    answers: tuple[UUID, ...] = Field(description="The messages that this one answers.")
    verdict: Verdict | None
    deliveries: tuple[Delivery, ...]
    change: Change | None = Field(None, description="The newest edit or delete of an outbound one.")
    understanding: Understanding | None = None
    translation: Translation | None = None
    sent_at: datetime | None
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    metadata: dict[str, JsonValue]


def message(detailed: Detailed, links: Links) -> Message:
    """A message with all that belongs to it."""
    row = detailed.message
    inbound = row["direction"] == "inbound"
    return Message.of(
        {
            **row,
            "attachments": [_attachment(*found, links) for found in _files(detailed)],
            "state": row["state"] if inbound else None,
            "reason": row["reason"] if inbound else None,
            "answered_by": detailed.partners if inbound else (),
            "answers": () if inbound else detailed.partners,
            "verdict": Verdict.of(detailed.verdict) if detailed.verdict else None,
            "deliveries": [Delivery.of(part) for part in detailed.deliveries],
            "change": Change.of(detailed.change) if detailed.change else None,
            "understanding": _understanding(detailed.understood) if detailed.understood else None,
            "translation": _translation(detailed),
        }
    )


def _understanding(row: Row) -> Understanding:
    intent = {"name": row["intent"], "confidence": row["confidence"]} if row["intent"] else None
    return Understanding.of({**row, "intent": intent})


def _translation(detailed: Detailed) -> Translation | None:
    """Of a question what the model was shown, of an answer what it said."""
    heard, said = detailed.understood, detailed.translated
    if said is not None:
        return Translation.of({**said, "contact_language": said["into"]})
    if heard is None or heard["into"] is None:
        return None
    told = {"language": heard["into"], "contact_language": heard["spoken"], "text": heard["translation"]}
    return Translation.of({**told, "reason": heard["reason"]})


def _files(detailed: Detailed) -> Iterator[tuple[Row, Row | None]]:
    attachments = detailed.message["attachments"]
    for attachment, name in zip(attachments, media.ids_of(detailed.message["id"], attachments), strict=True):
        yield attachment, detailed.files.get(name) if name else None


def _attachment(attachment: Row, file: Row | None, links: Links) -> ShownAttachment:
    if file is None:
        return ShownAttachment.model_validate(attachment)
    known = {name: file[name] for name in ("name", "size_bytes") if file[name] is not None}
    kept = {"media_id": str(file["id"]), "state": file["state"], "reason": file["reason"], "type": file["type"]}
    url = links.to(UUID(str(file["id"]))) if file["state"] == MediaState.STORED else None
    return ShownAttachment.model_validate({**attachment, **known, **kept, "url": url})


class Notice(Shown):
    """Something worth telling an operator."""

    id: UUID
    kind: str
    conversation_id: UUID | None
    details: dict[str, JsonValue]
    created_at: datetime
