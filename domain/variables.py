"""What the instructions of a bot may say of the moment: the contact, the channel, the bot, the time, the conversation.

All of it is data. What a contact can choose, such as its name, is one short line, whatever it holds.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from pydantic import Field, JsonValue

from domain.bots import Bot
from domain.instructions import Variables
from domain.models import Frozen
from domain.understanding import Found

_MOST_CHARACTERS = 200
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Metadata = Mapping[str, JsonValue]


class Moment(Frozen):
    """What is known of the conversation that a prompt is for; of one outside of any conversation nothing."""

    contact_name: str | None = None
    contact_language: str | None = None
    contact_metadata: Metadata = Field(default_factory=dict)
    platform: str | None = None
    channel_name: str | None = None
    turns: int = 0
    metadata: Metadata = Field(default_factory=dict)


class Understood(Frozen):
    """What was found out about the newest of the messages that are being answered."""

    language: str | None = None
    found: Found = Found()


_NOTHING = Understood()


def variables(
    moment: Moment,
    bot: Bot | None,
    now: datetime,
    zone: str,
    given: Metadata | None = None,
    understood: Understood = _NOTHING,
) -> Variables:
    """The variables of a template; `now` is in the time zone that `zone` names."""
    return {
        "contact": {
            "name": one_line(moment.contact_name),
            "language": one_line(moment.contact_language),
            "metadata": dict(moment.contact_metadata),
        },
        "channel": {"platform": moment.platform, "name": one_line(moment.channel_name)},
        "bot": {
            "name": bot.name if bot else None,
            "language": bot.language if bot else None,
            "metadata": dict(bot.metadata) if bot else {},
        },
        "time": {
            "now": f"{now:%Y-%m-%d %H:%M}",
            "date": f"{now:%Y-%m-%d}",
            "clock": f"{now:%H:%M}",
            "hour": now.hour,
            "weekday": _WEEKDAYS[now.weekday()],
            "zone": zone,
        },
        "conversation": {"turns": moment.turns, "metadata": dict(moment.metadata)},
        "understanding": _understanding(understood),
        "variables": dict(given or {}),
    }


def _understanding(understood: Understood) -> dict[str, JsonValue]:
    found = understood.found
    entities: list[JsonValue] = [{"kind": item.kind, "text": one_line(item.text)} for item in found.entities]
    return {
        "sentiment": found.sentiment,
        "intent": found.intent.name if found.intent else None,
        "confidence": found.intent.confidence if found.intent else None,
        "language": understood.language,
        "entities": entities,
    }


def one_line(text: str | None) -> str | None:
    """A text that somebody else chose, as one line of at most 200 characters; none where nothing is left of it."""
    return (_BLANKS.sub(" ", text).strip()[:_MOST_CHARACTERS] or None) if text is not None else None
