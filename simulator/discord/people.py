"""What people do, as the control API is told it: who acts, where, and what they say, press or call."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.wire import Object

ID = r"[0-9]{1,20}"


class Given(BaseModel):
    """Whatever the control API is given; unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class Actor(Given):
    """Who acts, and where: without a channel in the conversation with the bot."""

    user: str = Field(default="7000001", pattern=ID)
    name: str = "Test User"
    avatar: str | None = None
    channel: str | None = Field(default=None, pattern=ID)
    guild: str = Field(default="9000001", pattern=ID)


class Said(Actor):
    """A message; `<@me>` in the text mentions the bot, `fields` is merged into the message as it is."""

    text: str = ""
    reply_to: str | None = None
    id: str | None = Field(default=None, pattern=ID)
    fields: Object = Field(default_factory=dict)


class Edited(Actor):
    """A changed message."""

    id: str
    text: str


class Deleted(Actor):
    """A withdrawn message."""

    id: str


class Reacted(Actor):
    """A reaction put on a message, or taken off."""

    id: str
    emoji: str = "👍"
    removed: bool = False


class Pressed(Actor):
    """A button that is pressed below a message."""

    id: str
    label: str = "Yes"
    custom_id: str = "yes"


class Filled(Actor):
    """A form that is filled in, which the command or press of this id opened."""

    id: str
    answers: dict[str, str] = Field(default_factory=dict)


class Commanded(Actor):
    """A slash command with its one option, or of `kind` 2 or 3 one in the menu of a person or a message."""

    command: str = "ask"
    text: str = ""
    kind: int = 1


class Told(Given):
    """Anything that the gateway dispatches."""

    event: str
    data: Object


class Steered(Given):
    """What happens to a bot's connections, or that of one shard; `invalidate` forgets their sessions, `code` is that
    of a `close`."""

    do: Literal["close", "reconnect", "invalidate", "forget"]
    code: int = 4000
    shard: int | None = None


class StartSettings(Given):
    """How a bot may connect; what is left out stays as it is. A `remaining` is for `reset_after_seconds`."""

    shards: int | None = Field(default=None, ge=1)
    guilds_per_shard: int | None = Field(default=None, ge=0)
    max_concurrency: int | None = Field(default=None, ge=1)
    seconds_apart: float | None = None
    remaining: int | None = None
    reset_after_seconds: float = 86_400.0


class AppSettings(Given):
    """What an app was set up with; what is left out stays as it is."""

    endpoint: str | None = None
    flags: int | None = None


class ChannelSettings(Given):
    """The code that whoever posts in a channel meets, and whether its history is hidden; null for none."""

    guild: str | None = Field(default=None, pattern=ID)
    refusal: int | None = None
    hides_history: bool = False


class Joined(Given):
    """Whether a bot is in a guild; it is in every one that was not said otherwise of."""

    joined: bool


class DiscordSettings(Given):
    """What holds for all bots: `bucket` is how many messages a channel takes in five seconds, null for any number."""

    refused_tokens: list[str] = Field(default_factory=list)
    nonce_seconds: float = 180.0
    bucket: int | None = None
