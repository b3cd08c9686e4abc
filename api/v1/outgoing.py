"""What an operator says: words, files and buttons, checked, and files from elsewhere brought into the store first."""

from typing import Annotated, Self
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import media, media_fetching
from adapters.errors import OutsideError
from adapters.media.base import Measured, Source
from api.problems import invalid
from api.resources import Resources
from api.v1.conversations import Text
from domain.buttons import Buttons
from domain.events import Attachment
from domain.ids import WorkspaceId
from domain.media import MediaKind, MediaState, kind_of, refined
from domain.models import Strict
from domain.templates import TemplateMessage

MAX_ATTACHMENTS = 10
_FETCH_SECONDS = 15.0
_MAX_CAPTION_CHARACTERS = 1000


class OutgoingAttachment(Strict):
    """A file to send: one that was uploaded, or one at a public https address, which is fetched at once."""

    media_id: UUID | None = None
    url: Annotated[str, Field(max_length=2000)] | None = None
    kind: MediaKind | None = Field(None, description="How it is shown; by default as its content suggests.")
    caption: Annotated[str, Field(max_length=_MAX_CAPTION_CHARACTERS)] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.media_id is None) == (self.url is None):
            raise ValueError("give either media_id or url")
        return self


class Saying(Strict):
    """What an operator says: text, files, or both, with buttons below the text; or a template, alone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text": "Hello, this is Kim from support."},
                {"text": "Shall we call you?", "buttons": [{"label": "Yes"}, {"label": "No", "value": "later"}]},
                {"attachments": [{"url": "https://www.example.com/menu.pdf", "caption": "Our menu"}]},
                {"template": {"name": "answer_waits", "language": "en_US", "parameters": ["Ann"]}},
            ]
        }
    )

    template: TemplateMessage | None = None
    attachments: Annotated[tuple[OutgoingAttachment, ...], Field(max_length=MAX_ATTACHMENTS)] = ()
    buttons: Buttons = ()
    text: Annotated[Text | None, Field(validate_default=True)] = None

    @field_validator("text")
    @classmethod
    def _something(cls, text: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("template") is not None:
            if text is not None or info.data.get("attachments") or info.data.get("buttons"):
                raise ValueError("give a template alone: it has its own text, and its own buttons")
            return None
        if text is None and info.data.get("buttons"):
            raise ValueError("give a text for the buttons to stand below")
        if text is None and not info.data.get("attachments"):
            raise ValueError("give a text, attachments, or both; or a template")
        return text


class Fetched(Strict):
    """A file that was brought from elsewhere into the store."""

    id: UUID
    name: str
    measured: Measured


async def fetch(using: Resources, workspace_id: WorkspaceId, saying: Saying) -> dict[str, Fetched]:
    """Bring the files at addresses into the store; 422 for one that cannot be had."""
    addresses = dict.fromkeys(item.url for item in saying.attachments if item.url)
    return {url: await _fetched(using, workspace_id, url) for url in addresses}


async def _fetched(using: Resources, workspace_id: WorkspaceId, url: str) -> Fetched:
    media_id = uuid4()
    try:
        async with using.downloads.fetch(Source(url=url), _FETCH_SECONDS) as pieces:
            found = await using.media.keep(workspace_id, media_id, pieces)
    except OutsideError as error:
        raise invalid(f"attachments: {error}.", error.reason) from error
    name = unquote(urlsplit(url).path.rpartition("/")[2]) or "file"
    return Fetched(id=media_id, name=name, measured=found.model_copy(update={"type": refined(found.type, name)}))


async def attached(
    connection: AsyncConnection, workspace_id: WorkspaceId, saying: Saying, fetched: dict[str, Fetched]
) -> list[Attachment]:
    """The attachments as the message keeps them; 422 for a file that the workspace does not have."""
    for item in fetched.values():
        await media_fetching.upload(connection, workspace_id, item.id, item.name, item.measured)
    ids = [item.media_id or fetched[item.url or ""].id for item in saying.attachments]
    rows = await media.several(connection, workspace_id, ids)
    attachments = []
    for wanted, media_id in zip(saying.attachments, ids, strict=True):
        row = rows.get(media_id)
        if row is None or row["state"] != MediaState.STORED:
            raise invalid(f"attachments: there is no stored file {str(media_id)!r}; upload it first.", "unknown_media")
        kind = wanted.kind or kind_of(row["type"])
        attachments.append(
            Attachment(kind=kind, name=row["name"], mime_type=row["type"], size_bytes=row["size_bytes"],
                       media_id=str(media_id), caption=wanted.caption)
        )  # fmt: skip
    return attachments
