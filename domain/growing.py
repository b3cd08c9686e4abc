"""Growing: an answer that is shown while the model gives it, by edits of the message that will hold it in the end."""

import re
from datetime import timedelta
from enum import StrEnum

from domain.bots import Bot
from domain.drafts import may_be_shown

EDIT_DEADLINE = timedelta(seconds=4)
"""How long an edit may take in all: the whole answer waits for one that was not answered."""
EDIT_LEASE = timedelta(seconds=7)
"""How long a growing message belongs to an edit; the rest is for what was written late and is still on its way."""

_UNFINISHED = re.compile(r"[!-~]+\Z")


class GrowingState(StrEnum):
    """What of a growing message is on the platform."""

    SENDING = "sending"
    """Its first words were sent, or are being sent; nobody knows yet under which id."""
    STANDING = "standing"
    NOTHING = "nothing"
    """It was refused, or is gone: the answer comes whole."""
    LOST = "lost"
    """It may stand there, and nobody can say under which id: the answer comes whole, and an operator is told."""


def may_grow(bot: Bot, *, verdict_due: bool) -> bool:
    """Whether a bot's answer may be shown before it is whole.

    The rule of drafts, and no tools: what a model says beside its calls is no answer, and would stand there for as long
    as an operator thinks about them.
    """
    return bot.delivery.streaming and not bot.tools and may_be_shown(bot.moderation, verdict_due=verdict_due)


def whole_words(text: str) -> str:
    """The text without its last word, which may go on: half an address would be a link to somewhere else."""
    return _UNFINISHED.sub("", text).rstrip()
