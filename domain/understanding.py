"""Understanding: what a bot wants found out about each message, in which language it thinks, and what was found."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from domain.models import Frozen, Strict

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
"""ISO 639-1, or 639-3 for a language that has no code there."""
OTHER = "other"
"""The intent of a message that has none of those that the bot names."""
Sentiment = Literal["positive", "neutral", "negative", "mixed"]


class Intent(Strict):
    """Something that contacts want; the description tells the model what belongs to it."""

    name: Name
    description: Annotated[str, Field(max_length=500)] = ""


class Wishes(Strict):
    """What is found out about each message; nothing by default, and then nothing is done."""

    sentiment: bool = False
    intents: Annotated[tuple[Intent, ...], Field(max_length=50)] = ()
    entities: Annotated[tuple[Name, ...], Field(max_length=30)] = ()
    """The kinds of things that are looked for, such as `order_number` or `city`."""
    language: bool = False
    """Whether the language is detected; that asks no model."""

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [intent.name for intent in self.intents]
        if OTHER in names:
            raise ValueError(f"intents: {OTHER!r} is what has none of the others; do not name it")
        if len({*names}) < len(names) or len({*self.entities}) < len(self.entities):
            raise ValueError("two intents, or two kinds of entities, have the same name; give each its own")
        return self

    @property
    def asks(self) -> bool:
        """Whether a model has to be asked."""
        return self.sentiment or bool(self.intents) or bool(self.entities)

    @property
    def is_on(self) -> bool:
        """Whether anything is wanted."""
        return self.asks or self.language


class Translation(Strict):
    """Whether contacts write in their own language and the bot in its; both see theirs alone."""

    enabled: bool = False
    bot_language: LanguageCode = "en"


class FoundIntent(Frozen):
    """What a message wants, and how sure the model is of that."""

    name: str
    confidence: float


class Entity(Frozen):
    """Something that a message names, in its own words."""

    kind: str
    text: str


class Found(Frozen):
    """What a model found in one message."""

    sentiment: Sentiment | None = None
    intent: FoundIntent | None = None
    entities: tuple[Entity, ...] = ()
    translation: str | None = None


class Heard(Frozen):
    """A message that is to be understood; `spoken` is what its language is taken for where that is unknown."""

    id: str
    text: str
    language: str | None = None
    spoken: str | None = None


class Kept(Frozen):
    """What is kept of a message: what was found, or the `reason` why nothing was."""

    heard: Heard
    found: Found = Found()
    into: str | None = None
    """The language that it was to be translated into."""
    model: str | None = None
    reason: str | None = None


class Translated(Frozen):
    """An answer in the bot's language, and what became of it in the contact's: `said` is what the contact gets."""

    text: str
    language: str
    into: str
    said: str
    model: str | None = None
    reason: str | None = None
