"""A model of a workspace: where it answers, by what name it is called there, and what it may be asked."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from domain.bots import Api, Bot, Model
from domain.models import Strict
from domain.prices import Price, listed
from domain.text import unstorable


class RateLimits(Strict):
    """How often each key may be used in a minute, and for how many tokens; none where the provider alone counts."""

    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    tokens_per_minute: Annotated[int, Field(ge=1, le=10**9)] | None = None


class OfferedModel(Strict):
    """What its owner says of a model, but its keys.

    `endpoint` is an address that speaks OpenAI's protocol, or an Azure resource; `openai` has one of its own.
    `policy` is told to it before each text that it judges, where it moderates.
    """

    provider: Literal["openai", "azure", "demo"] = "openai"
    endpoint: Annotated[str, Field(max_length=2000)] | None = None
    api: Api = "chat_completions"
    model: Annotated[str, Field(min_length=1, max_length=200)] = "gpt-4.1-mini"
    vision: bool = False
    """Whether it can be shown images."""
    limits: RateLimits = RateLimits()
    price: Price | None = None
    policy: Annotated[str, Field(max_length=100_000)] | None = None

    @field_validator("endpoint")
    @classmethod
    def _address(cls, endpoint: str | None) -> str | None:
        if endpoint is None:
            return None
        try:
            parts = urlsplit(endpoint)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable or parts.username is not None or parts.fragment or any(c.isspace() for c in endpoint):
            raise ValueError("give an address of the form https://host[:port][/path]; keys do not belong into it")
        return endpoint

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.provider == "azure" and self.endpoint is None:
            raise ValueError("a model in Azure needs its endpoint: https://NAME.openai.azure.com")
        if unstorable(self.model_dump()):
            raise ValueError("a text holds the character NUL or half a surrogate pair; remove it")
        return self

    def asked(self, model: Model) -> Model:
        """The model of a bot that names this one, as it is asked, with the price that somebody knows."""
        provider = "demo" if self.provider == "demo" else "openai"
        price = model.price or self.price or listed(provider, self.model)
        vision = model.vision or self.vision
        return model.model_copy(update={"name": self.model, "api": self.api, "price": price, "vision": vision})


def names_used(bot: Bot) -> set[str]:
    """The models of its workspace that a bot names, to answer or to moderate."""
    judges = {bot.moderation.provider} if bot.moderation.is_of_workspace else set()
    return {model.provider for model in _called(bot) if model.is_of_workspace} | judges


def unpriced(bot: Bot, offered: Mapping[str, OfferedModel]) -> str | None:
    """The first model whose calls a budget of cost could not count; None where all can be counted."""
    judges = (Model(provider=bot.moderation.provider),) if bot.moderation.is_of_workspace else ()
    called = (*_called(bot), *judges)
    asked = (offered[model.provider].asked(model) if model.is_of_workspace else model for model in called)
    return next((model.name for model in asked if model.rate is None), None)


def _called(bot: Bot) -> tuple[Model, ...]:
    """The models that answer, and the one that understands where it is another."""
    return (*bot.models, bot.understanding.model) if bot.understanding.model is not None else bot.models
