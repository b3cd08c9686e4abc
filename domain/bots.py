"""A bot's settings: what it says, with which model, and how it behaves in every case that was foreseen."""

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, JsonValue, field_validator, model_validator

from domain.buttons import Buttons
from domain.menus import Commands, Entries, IceBreakers, Offers
from domain.models import Strict
from domain.patterns import compiled
from domain.prices import Price, listed
from domain.text import unstorable
from domain.tools import Tool, ToolLimits, ToolName, Tools, risky_together, same_name
from domain.understanding import Translation, Wishes

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

    words: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=1000)] = ()
    patterns: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=500)], ...], Field(max_length=100)] = ()
    links: Literal["allow", "refuse"] = "allow"
    lists: tuple[Literal["abuse", "personal_data", "injection"], ...] = ()

    @field_validator("patterns")
    @classmethod
    def _compilable(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            compiled(pattern)
        return patterns


Action = Literal["allow", "redact", "refuse", "hand_over", "end"]
"""What is done about what moderation found: nothing, take it out, refuse the text, call an operator, end the chat."""
BuiltIn = Literal["words", "patterns", "links", "abuse", "personal_data", "injection", "card_number", "access_key"]
"""The categories of the built-in rules: of them alone it is known where in a text they are."""


class CategoryRule(Strict):
    """What is done about a category, and from which score on; without a threshold the judge says itself."""

    action: Action = "refuse"
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None


CategoryName = Annotated[str, Field(min_length=1, max_length=100)]


class Moderation(Strict):
    """Who judges what is said, when, and what happens when the judge does not answer."""

    input: bool = True
    output: bool = True
    provider: ModelName = "rules"
    when: Literal["parallel", "before"] = "parallel"
    on_error: Literal["open", "closed"] = "open"
    refusal: ShortText = "I can't help with that."
    rules: Rules = Rules()
    categories: Annotated[dict[CategoryName, CategoryRule], Field(max_length=200)] = Field(default_factory=dict)
    """What is done about each category; what is not named is refused, but for what the rules take out of an answer."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for name, rule in self.categories.items():
            if rule.action == "redact" and name not in get_args(BuiltIn):
                raise ValueError(f"categories: nobody says where {name!r} is in a text; it cannot be redacted")
            if rule.threshold is not None and name in get_args(BuiltIn):
                raise ValueError(f"categories: {name!r} is found or not; it has no threshold")
        return self

    @property
    def is_of_workspace(self) -> bool:
        """Whether a model of the workspace judges."""
        return self.provider not in ("none", "rules", "openai")


class DeliveryPolicy(Strict):
    """How answers reach the contact, and what happens to a part whose sending may or may not have worked."""

    uncertain: Literal["at_most_once", "at_least_once"] = "at_most_once"
    streaming: bool = False
    """Whether an answer is seen as it grows on platforms whose messages can be edited; on the webchat it always is."""


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


class DayLimits(Strict):
    """What may be spent on a day (UTC); None where there is no limit."""

    tokens_per_day: Annotated[int, Field(ge=1, le=10**15)] | None = None
    cost_per_day: Annotated[float, Field(ge=0, le=10**12)] | None = None


class Limits(DayLimits):
    """How many turns one contact may have in a minute, what the bot may spend on a day (UTC), and what happens then.

    `per_contact` and `per_conversation` hold each single one to a part of that.
    """

    messages_per_minute: Annotated[int, Field(ge=1, le=10_000)] | None = 20
    per_contact: DayLimits = DayLimits()
    per_conversation: DayLimits = DayLimits()
    when_exhausted: Literal["message", "handover", "cheaper_model"] = "message"
    exhausted_text: Annotated[str, Field(min_length=1, max_length=4000)] = (
        "I cannot answer any more today. Please write again tomorrow."
    )

    @property
    def are_of_cost(self) -> bool:
        """Whether any of them can be kept only where prices are known."""
        return any(limit.cost_per_day is not None for limit in (self, self.per_contact, self.per_conversation))


class Cache(Strict):
    """Whether an answer is given again where everything is the same that decided it, and for how long."""

    enabled: bool = False
    hours: Annotated[float, Field(gt=0, le=24 * 90)] = 24


class Understanding(Wishes):
    """What is found out about each message, and by which model; by the bot's own where none is named."""

    model: Model | None = None


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
    commands: Commands = ()
    """What platforms with a menu of commands show; registered with the webhook, as are the next two."""
    ice_breakers: IceBreakers = ()
    """What a new contact can ask by a press, on WhatsApp and Messenger."""
    persistent_menu: Entries = ()
    """What is always there beside the field, on Messenger."""
    language: Annotated[str, Field(max_length=35)] | None = None
    time_zone: Annotated[str, Field(max_length=100)] = "UTC"
    """What its clock shows where the instructions ask for the time: a name such as `Europe/Berlin`."""
    model: Model = Model()
    fallback_models: tuple[Model, ...] = ()
    apology: Annotated[str, Field(min_length=1, max_length=4000)] = "Sorry, I could not answer that. Please try again."
    patience_seconds: Annotated[float, Field(ge=1, le=3600)] = 120
    bursts: Bursts = Bursts()
    edits: Literal["ignore_answered", "answer"] = "ignore_answered"
    reactions: Literal["ignore", "answer"] = "ignore"
    groups: Literal["when_addressed", "always", "never"] = "when_addressed"
    moderation: Moderation = Moderation()
    delivery: DeliveryPolicy = DeliveryPolicy()
    context: Context = Context()
    limits: Limits = Limits()
    cache: Cache = Cache()
    understanding: Understanding = Understanding()
    translation: Translation = Translation()
    idle: Idle = Idle()
    tools: Tools = ()
    tool_limits: ToolLimits = ToolLimits()
    allow_private_data_with_effects: tuple[ToolName, ...] = ()
    """The tools with effects that may be called although the bot reads private data and anybody may write to it."""
    metadata: dict[str, JsonValue] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _storable(self) -> Self:
        if unstorable(self.model_dump()):
            raise ValueError(
                "a text holds the character NUL or half a surrogate pair, which cannot be stored; remove it"
            )
        return self

    @model_validator(mode="after")
    def _of_distinct_tools(self) -> Self:
        if name := same_name(self.tools):
            raise ValueError(f"tools: two have the name {name!r}; give one of them another")
        risky = [name for name in risky_together(self.tools) if name not in self.allow_private_data_with_effects]
        if risky:
            raise ValueError(
                f"tools: anybody may write to the bot, it reads private data, and {risky[0]!r} has effects outside; "
                "say `private: false` of what tells nothing private, or name it in allow_private_data_with_effects"
            )
        return self

    @property
    def models(self) -> tuple[Model, ...]:
        """Its model and the fallbacks, in the order in which they are asked."""
        return (self.model, *self.fallback_models)

    @property
    def offers(self) -> Offers:
        """What platforms are to show; what it has none of is left as somebody else made it."""
        return Offers(
            commands=self.commands or None,
            ice_breakers=self.ice_breakers or None,
            persistent_menu=self.persistent_menu or None,
            greeting=self.greeting or None,
        )

    @property
    def understanding_model(self) -> Model:
        """Who is asked what messages mean, and translates."""
        return self.understanding.model or self.model

    def tool(self, name: str) -> Tool | None:
        """Its tool of this name; None where it has none."""
        return next((tool for tool in self.tools if tool.name == name), None)

    @property
    def help_text(self) -> str:
        """What `/help` answers."""
        return self.help or f"I am {self.name}. Write me a message, and I will answer."
