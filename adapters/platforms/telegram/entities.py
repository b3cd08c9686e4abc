"""The words of a message and what Telegram marked in them: commands and mentions.

Offsets and lengths count UTF-16 code units (https://core.telegram.org/bots/api#messageentity).
"""

import re
from dataclasses import dataclass

from adapters.platforms.fields import Fields, count, numeric_id, part, parts
from domain.text import storable

_MAX_ENTITIES = 100
_MAX_UNITS = 128
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9_]{1,64}))?")


@dataclass(frozen=True, slots=True)
class Me:
    """The bot of a channel, as far as it is known."""

    id: str | None
    username: str | None

    def is_called(self, username: str) -> bool:
        """Whether this is our user name; upper and lower case are one."""
        return self.username is not None and self.username.casefold() == username.casefold()


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command; `bot` is the user name behind its `@`."""

    name: str
    bot: str | None

    def is_for(self, me: Me) -> bool:
        """Whether it is ours: it names no bot, or us; before our name is known every command counts as ours."""
        return self.bot is None or me.username is None or me.is_called(self.bot)


class Words:
    """The text or caption of a message with its entities."""

    def __init__(self, message: Fields) -> None:
        captioned = not isinstance(message.get("text"), str)
        raw = message.get("caption" if captioned else "text")
        self._units = (raw if isinstance(raw, str) else "").encode("utf-16-le", "surrogatepass")
        self._entities = parts(message, "caption_entities" if captioned else "entities")[:_MAX_ENTITIES]
        self.text = storable(raw) if isinstance(raw, str) else ""

    def command(self) -> Command | None:
        """The command that the message begins with."""
        for entity in self._entities:
            if entity.get("type") == "bot_command" and count(entity, "offset") == 0:
                found = _COMMAND.fullmatch(self._marked(entity))
                return Command(found[1].lower(), found[2]) if found else None
        return None

    def mention(self, me: Me) -> bool:
        """Whether one of the entities names this bot."""
        return any(self._names(entity, me) for entity in self._entities)

    def _names(self, entity: Fields, me: Me) -> bool:
        if entity.get("type") == "text_mention":
            return me.id is not None and numeric_id(part(entity, "user"), "id") == me.id
        return entity.get("type") == "mention" and me.is_called(self._marked(entity).removeprefix("@"))

    def _marked(self, entity: Fields) -> str:
        start, length = count(entity, "offset"), count(entity, "length")
        if start is None or length is None or length > _MAX_UNITS:
            return ""
        return self._units[2 * start : 2 * (start + length)].decode("utf-16-le", "replace")
