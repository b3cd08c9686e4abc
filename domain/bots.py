"""A bot's settings: what it says, with which model, and how it behaves in every case that was foreseen."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from domain.buttons import Buttons
from domain.models import Strict
from domain.prices import Price, listed
from domain.text import unstorable

ShortText = Annotated[str, Field(max_length=4000)]
Api = Literal["chat_completions", "responses"]
"""Which of OpenAI's two ways of asking an endpoint is spoken to in."""
ModelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
PromptName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
BUILT_IN_PROVIDERS = ("openai", "demo")
RESERVED_NAMES = frozenset({*BUILT_IN_PROVIDERS, "azure", "none", "rules"})
"""What no model of a workspace may be called."""
MAX_INSTRUCTIONS = 100_000


class Model(Strict):
    """Which model answers: `openai` at OPENAI_BASE_URL, `demo`, which is built in, or one of the workspace by its name.

    A model of the workspace says itself by what `name` and `api` it is asked.
    """

    provider: ModelName = "openai"
    name: Annotated[str, Field(min_length=1, max_length=200)] = "gpt-4.1-mini"
    api: Api = "chat_completions"
    temperature: Annotated[float, Field(ge=0, le=2)] | None = 0.7
    max_output_tokens: Annotated[int, Field(ge=1, le=1_000_000)] = 1024
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 60.0
    """The longest that one attempt may take; the bot's patience bounds all attempts together."""
    first_token_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    """The longest that it may think before it begins to speak."""
    stall_seconds: Annotated[float, Field(gt=0, le=600)] = 15.0
    """The longest that it may be silent in the middle of an answer."""
    vision: bool = False
    """Whether it can be shown images."""
    price: Price | None = None
    """What it costs; without it, the list price of `domain.prices` holds, where there is one."""

    @model_validator(mode="before")
    @classmethod
    def _named_by_the_workspace(cls, given: object) -> object:
        if isinstance(given, dict) and given.get("provider", "openai") not in BUILT_IN_PROVIDERS:
            return {**given, "name": given["provider"]}
        return given

    @property
    def is_of_workspace(self) -> bool:
        """Whether the workspace says where it answers."""
        return self.provider not in BUILT_IN_PROVIDERS

    @property
    def rate(self) -> Price | None:
        """What it costs, as its owner or the list says; None where nobody does."""
        return self.price or listed(self.provider, self.name)


class Bursts(Strict):
    """What happens when messages come faster than answers."""

    policy: Literal["queue", "coalesce", "interrupt", "reject"] = "coalesce"
    quiet_seconds: Annotated[float, Field(ge=0, le=60)] = 0.5
    longest_seconds: Annotated[float, Field(ge=0, le=600)] = 10.0
    max_interrupts: Annotated[int, Field(ge=0, le=100)] = 3
    wait_text: ShortText = "One moment, please."


class Rules(Strict):
    """The built-in rules of moderation: own words, own patterns, links, and lists that are switched on by name."""

    words: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    patterns: tuple[Annotated[str, Field(min_length=1, max_length=500)], ...] = ()
    links: Literal["allow", "refuse"] = "allow"
    lists: tuple[Literal["abuse", "personal_data", "injection"], ...] = ()

    @field_validator("patterns")
    @classmethod
    def _compilable(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
        return patterns


class Moderation(Strict):
    """Who judges what is said, when, and what happens when the judge does not answer."""

    input: bool = True
    output: bool = True
    provider: ModelName = "rules"
    when: Literal["parallel", "before"] = "parallel"
    on_error: Literal["open", "closed"] = "open"
    refusal: ShortText = "I can't help with that."
    rules: Rules = Rules()

    @property
    def is_of_workspace(self) -> bool:
        """Whether a model of the workspace judges."""
        return self.provider not in ("none", "rules", "openai")


class DeliveryPolicy(Strict):
    """What happens to a part whose sending may or may not have worked."""

    uncertain: Literal["at_most_once", "at_least_once"] = "at_most_once"


class PromptReference(Strict):
    """A prompt of the workspace, in one version or in the one that is in use, and what its `variables` are."""

    name: PromptName
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    variables: dict[str, JsonValue] = Field(default_factory=dict)


class Context(Strict):
    """How much of the past the model sees."""

    messages: Annotated[int, Field(ge=1, le=1000)] = 40
    tokens: Annotated[int, Field(ge=100, le=2_000_000)] = 8000
    summary: bool = True
    """Whether what no longer fits is summarised beside the turns."""
    facts: bool = False
    """Whether the same call learns facts of the contact."""


class Limits(Strict):
    """How many turns one contact may have in a minute, what the bot may spend on a day (UTC), and what happens then."""

    messages_per_minute: Annotated[int, Field(ge=1, le=10_000)] | None = 20
    tokens_per_day: Annotated[int, Field(ge=1, le=10**15)] | None = None
    cost_per_day: Annotated[float, Field(ge=0, le=10**12)] | None = None
    when_exhausted: Literal["message", "handover", "cheaper_model"] = "message"
    exhausted_text: Annotated[str, Field(min_length=1, max_length=4000)] = (
        "I cannot answer any more today. Please write again tomorrow."
    )


class Idle(Strict):
    """When a conversation that nobody continues is closed."""

    close_after_hours: Annotated[float, Field(gt=0, le=24 * 365 * 10)] | None = 24


class Bot(Strict):
    """A bot as its owner describes it; every field but the name has a default."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    instructions: Annotated[str, Field(max_length=MAX_INSTRUCTIONS)] = ""
    """A text, or a template of `domain.instructions`."""
    prompt: PromptReference | None = None
    """What is told to the model in place of the instructions."""
    greeting: ShortText | None = None
    quick_replies: Buttons = ()
    """What the contact may answer the greeting by a press."""
    help: ShortText | None = None
    language: Annotated[str, Field(max_length=35)] | None = None
    time_zone: Annotated[str, Field(max_length=100)] = "UTC"
    """What its clock shows where the instructions ask for the time: a name such as `Europe/Berlin`."""
    model: Model = Model()
    fallback_models: tuple[Model, ...] = ()
    apology: Annotated[str, Field(min_length=1, max_length=4000)] = "Sorry, I could not answer that. Please try again."
    patience_seconds: Annotated[float, Field(ge=1, le=3600)] = 120
    bursts: Bursts = Bursts()
    edits: Literal["ignore_answered", "answer"] = "ignore_answered"
    groups: Literal["when_addressed", "always", "never"] = "when_addressed"
    moderation: Moderation = Moderation()
    delivery: DeliveryPolicy = DeliveryPolicy()
    context: Context = Context()
    limits: Limits = Limits()
    idle: Idle = Idle()
    metadata: dict[str, JsonValue] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _storable(self) -> Self:
        if unstorable(self.model_dump()):
            raise ValueError(
                "a text holds the character NUL or half a surrogate pair, which cannot be stored; remove it"
            )
        return self

    @property
    def models(self) -> tuple[Model, ...]:
        """Its model and the fallbacks, in the order in which they are asked."""
        return (self.model, *self.fallback_models)

    @property
    def help_text(self) -> str:
        """What `/help` answers."""
        return self.help or f"I am {self.name}. Write me a message, and I will answer."
