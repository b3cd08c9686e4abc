"""What the app at Discord is: its flags, its endpoint, and the command that is registered for it.

Sources: https://discord.com/developers/docs/resources/application,
https://discord.com/developers/docs/interactions/application-commands
"""

from enum import IntFlag

from pydantic import JsonValue

from adapters.platforms.base import Payload
from adapters.platforms.fields import Fields, count
from domain.menus import Command

ENDPOINT = "interactions_endpoint_url"
ASK = "ask"
_STRING = 3
_MAY_READ = (1 << 18) | (1 << 19)


class Intent(IntFlag):
    """What the gateway is asked to tell (https://discord.com/developers/docs/events/gateway#gateway-intents)."""

    GUILDS = 1 << 0
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    MESSAGE_CONTENT = 1 << 15


_ALWAYS = (
    Intent.GUILDS
    | Intent.GUILD_MESSAGES
    | Intent.GUILD_MESSAGE_REACTIONS
    | Intent.DIRECT_MESSAGES
    | Intent.DIRECT_MESSAGE_REACTIONS
)


def ask_command() -> Payload:
    """The slash command `/ask`, to which something has to be said."""
    return _command(ASK, "Ask the bot", "What you want to ask", is_required=True)


def menu_command(command: Command) -> Payload:
    """A slash command of the bot's menu; what stands behind it is up to the contact."""
    return _command(command.command, command.description, "What you want to say", is_required=False)


def _command(name: str, description: str, asks: str, *, is_required: bool) -> Payload:
    option: dict[str, JsonValue] = {"type": _STRING, "name": "text", "description": asks, "required": is_required}
    return {"type": 1, "name": name, "description": description, "options": [option]}


def may_read(application: Fields) -> bool:
    """Whether the app may read messages that do not mention it; a person switches that on."""
    return bool((count(application, "flags") or 0) & _MAY_READ)


def intents(may_read_messages: bool) -> int:
    """The intents of a connection: Discord closes one that asks for what the app may not have."""
    return int(_ALWAYS | Intent.MESSAGE_CONTENT if may_read_messages else _ALWAYS)
