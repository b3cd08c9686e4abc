"""A channel as the API takes and shows it: credentials go in, and only their ends come out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import RowMapping

from adapters.database.channels import problem_of
from api.v1.objects import Shown
from domain.models import Strict
from domain.platforms import PlatformName
from settings import Settings

Name = Annotated[str, Field(min_length=1, max_length=200)]


class NewChannel(Strict):
    """A channel as it is made."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "platform": "telegram",
                    "name": "@ada_bot",
                    "credentials": {"token": "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"},
                },
                {"platform": "webchat", "settings": {"allowed_origins": ["https://shop.example.com"]}},
            ]
        }
    )

    platform: PlatformName
    name: Name | None = Field(None, description="By default the platform's.")
    credentials: dict[str, str] = Field(default_factory=dict, description="What the platform needs, by name.")
    settings: dict[str, JsonValue] = Field(default_factory=dict)


class ChannelPatch(Strict):
    """A JSON Merge Patch (RFC 7396) of a channel: single credentials can be replaced; its platform stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"credentials": {"token": "110201543:BBHdqTcvCH1vGWJx"}}]}
    )

    name: Name | None = None
    credentials: dict[str, str | None] = Field(default_factory=dict)
    settings: dict[str, JsonValue] | None = None


class CredentialEnd(BaseModel):
    """A credential that is kept."""

    last4: str | None = Field(description="Its last four characters; null where it is too short to show any.")


class Problem(BaseModel):
    """Why a channel cannot speak to anybody."""

    reason: str = Field(examples=["credentials_refused"])
    text: str = Field(description="What the platform said, and what to do.")
    since: datetime


class Channel(Shown):
    """A bot's connection to one account on one platform."""

    id: UUID
    bot_id: UUID
    platform: PlatformName
    name: str
    credentials: dict[str, CredentialEnd] = Field(examples=[{"token": {"last4": "Dsaw"}}])
    settings: dict[str, JsonValue]
    account: dict[str, JsonValue] = Field(description="What the platform said of the account when it was asked.")
    problem: Problem | None = Field(description="What keeps it from speaking; what it has to say waits for a day.")
    webhook_url: str | None = Field(description="What the platform is to call.")
    chat_url: str | None = Field(description="A page that shows the chat, where the platform is webchat.")
    widget: str | None = Field(description="The line that shows the chat on a page of yours.")
    created_at: datetime
    updated_at: datetime


def webhook_url(settings: Settings, platform: str, channel_id: UUID) -> str:
    """What the platform is to call for this channel."""
    return f"{settings.public_url}/webhooks/{platform}/{channel_id}"


def shown(row: RowMapping, settings: Settings) -> Channel:
    """A channel from its row."""
    base, webchat = settings.public_url, row["platform"] == PlatformName.WEBCHAT
    script = f'<script src="{base}/webchat/widget.js" data-channel="{row["id"]}" defer></script>'
    ends = {name: CredentialEnd(last4=end or None) for name, end in row["credential_ends"].items()}
    problem = problem_of(row)
    return Channel.of(
        {
            **row,
            "credentials": ends,
            "problem": Problem.model_validate(problem.model_dump()) if problem else None,
            "webhook_url": None if webchat else webhook_url(settings, row["platform"], row["id"]),
            "chat_url": f"{base}/chat/{row['id']}" if webchat else None,
            "widget": script if webchat else None,
        }
    )
