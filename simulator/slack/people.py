"""What people do, as the control API is told it: who acts, where, and what they say, press or call."""

from pydantic import BaseModel, ConfigDict, Field

from simulator.wire import Object


class Given(BaseModel):
    """Whatever the control API is given; unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class Actor(Given):
    """Who acts, and where: without a channel in the conversation with the bot."""

    user: str = Field(default="U0000TEST", pattern=r"[UW][A-Z0-9]+")
    channel: str | None = Field(default=None, pattern=r"[CDG][A-Z0-9]+")


class Said(Actor):
    """A message; `<@me>` in the text mentions the bot, `fields` is merged into the message as it is."""

    text: str = ""
    thread_ts: str | None = None
    ts: str | None = None
    files: list[Object] | None = None
    fields: Object = Field(default_factory=dict)


class Brought(Given):
    """A file that somebody has, before it is shared by a message's `files`."""

    name: str = "picture.png"
    mime_type: str = "image/png"
    content_base64: str


class Edited(Actor):
    """A changed message."""

    ts: str
    text: str


class Deleted(Actor):
    """A withdrawn message."""

    ts: str


class Reacted(Actor):
    """A reaction put on a message, or taken off."""

    ts: str
    reaction: str = "+1"
    removed: bool = False


class Joined(Actor):
    """Somebody who comes into a channel or leaves it; `U…` of the bot for the bot itself."""

    left: bool = False


class Pressed(Actor):
    """A button that is pressed below a message."""

    ts: str
    label: str = "Yes"
    value: str = "yes"
    action_id: str = "answer"


class Commanded(Actor):
    """A slash command."""

    command: str = Field(default="/ask", pattern=r"/[a-z0-9_-]+")
    text: str = ""


class Raw(Given):
    """Any event, in the words of the caller; with an `event_id` the same one can be told again."""

    event: Object
    event_id: str | None = None


class AppSettings(Given):
    """What an app was set up with; what is left out stays as it is. `challenge` false: it was asked before."""

    signing_secret: str | None = Field(default=None, min_length=1)
    request_url: str | None = None
    challenge: bool = True
    title: str | None = Field(default=None, min_length=1, max_length=80)
    missing_scopes: list[str] | None = None


class ChannelSettings(Given):
    """The error that whoever posts in a channel meets; null for none."""

    refusal: str | None = None


class Named(Given):
    """How somebody is called."""

    name: str


class SlackSettings(Given):
    """What holds for all apps; what is left out stays as it is."""

    refused_tokens: list[str] | None = None
    limits: bool | None = None
