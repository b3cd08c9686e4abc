"""A model of a workspace as the API takes and shows it: keys go in, and only their ends come out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import RowMapping

from api.v1.channel_objects import CredentialEnd
from domain.bots import RESERVED_NAMES, ModelName
from domain.offered_models import OfferedModel

_MOST_KEYS = 20
_MOST_CHARACTERS = 4096


def _free(name: str) -> str:
    if name.lower() in RESERVED_NAMES:
        raise ValueError(f"{name!r} means something of its own where a bot names its model; choose another name")
    return name


def _usable(keys: dict[str, str | None]) -> dict[str, str | None]:
    for name, key in keys.items():
        if not 0 < len(name) <= 100:
            raise ValueError("the name of a key has 1 to 100 characters")
        if key is not None and not (0 < len(key) <= _MOST_CHARACTERS and key.isascii() and key.isprintable()):
            raise ValueError(f"the key {name!r} is empty, too long, or holds what no key does; copy it anew")
        if key is not None and " " in key:
            raise ValueError(f"the key {name!r} holds a blank; copy it anew")
    if len(keys) > _MOST_KEYS:
        raise ValueError(f"a model has at most {_MOST_KEYS} keys")
    return keys


Keys = Annotated[dict[str, str | None], AfterValidator(_usable)]


class NewModel(OfferedModel):
    """A model as it is made; bots name it as their `model.provider`, or as the one that moderates."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "main", "model": "gpt-4.1-mini", "keys": {"first": "sk-proj-0123456789"}, "default": True},
                {
                    "name": "azure-eu",
                    "provider": "azure",
                    "endpoint": "https://example.openai.azure.com",
                    "model": "my-deployment",
                    "keys": {"first": "0123456789abcdef"},
                    "price": {"input": 0.4, "output": 1.6},
                },
            ]
        }
    )

    name: Annotated[ModelName, AfterValidator(_free)]
    keys: Keys = Field(default_factory=dict, description="In the order of use, by names of yours.")
    default: bool = Field(False, description="Whether new bots have it that name no model.")


class ModelPatch(OfferedModel):
    """A JSON Merge Patch (RFC 7396) of a model: single keys can be replaced, added, and removed; its name stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"keys": {"second": "sk-proj-9876543210", "first": None}}]}
    )

    keys: Keys = Field(default_factory=dict)
    default: bool = False


class StoredModel(OfferedModel):
    """A model of the workspace."""

    id: UUID
    name: str
    keys: dict[str, CredentialEnd] = Field(examples=[{"first": {"last4": "6789"}}])
    default: bool
    created_at: datetime
    updated_at: datetime


class KeyHealth(BaseModel):
    """What the endpoint said to one key."""

    ok: bool
    problem: str | None


class ModelHealth(BaseModel):
    """Whether a model can be asked, as its endpoint says this moment."""

    ok: bool = Field(description="Whether any key is accepted.")
    problem: str | None = Field(description="What is wrong where none is.")
    keys: dict[str, KeyHealth]
    checked_at: datetime


def shown(row: RowMapping) -> StoredModel:
    """A model from its row."""
    settings = row["settings"]
    assert isinstance(settings, Mapping)
    ends = {name: CredentialEnd(last4=end or None) for name, end in row["credential_ends"].items()}
    fields = {name: row[name] for name in ("id", "name", "created_at", "updated_at")}
    return StoredModel.model_validate({**settings, **fields, "keys": ends, "default": row["is_default"]})
