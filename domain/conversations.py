"""A conversation's standing: who has the voice, and how that reads from outside."""

from enum import StrEnum


class Voice(StrEnum):
    """Who may speak to the contact besides an operator, who always may."""

    BOT = "bot"
    OPERATOR = "operator"
    NOBODY = "nobody"


class ConversationStatus(StrEnum):
    """What a conversation is doing, as the API tells it."""

    ACTIVE = "active"
    WAITING = "waiting"
    PAUSED = "paused"
    HANDED_OVER = "handed_over"
    CLOSED = "closed"


class IndexedStatus(StrEnum):
    """The standing as Temporal's search attribute holds it: changed by an operator or by idleness, not by a turn."""

    OPEN = "open"
    PAUSED = "paused"
    HANDED_OVER = "handed_over"
    CLOSED = "closed"


class Control(StrEnum):
    """What an operator can do to a conversation."""

    PAUSE = "pause"
    RESUME = "resume"
    CLOSE = "close"
    TAKEOVER = "takeover"
    RELEASE = "release"
    DECIDE = "decide"
    """Nothing of who speaks: an approval was given or denied, and whoever waits for it looks again."""


VOICE_AFTER = {
    Control.PAUSE: Voice.NOBODY,
    Control.RESUME: Voice.BOT,
    Control.TAKEOVER: Voice.OPERATOR,
    Control.RELEASE: Voice.BOT,
}
"""Closing changes nobody's voice: the next message reopens."""


class Silence(StrEnum):
    """Why the bot may not speak: what waits is held, or ends with a closed conversation and a deleted bot."""

    PAUSED = "paused"
    HANDED_OVER = "handed_over"
    BOT_STOPPED = "bot_stopped"
    CLOSED = "closed"
    BOT_DELETED = "bot_deleted"

    @property
    def ends(self) -> bool:
        """Whether nobody will answer later."""
        return self in (Silence.CLOSED, Silence.BOT_DELETED)


SILENCE_AFTER = {
    Control.PAUSE: Silence.PAUSED,
    Control.TAKEOVER: Silence.HANDED_OVER,
    Control.CLOSE: Silence.CLOSED,
}
SILENCING = frozenset(SILENCE_AFTER)


def status(*, closed: bool, voice: Voice, turn_open: bool) -> ConversationStatus:
    """The status that the API shows."""
    if closed:
        return ConversationStatus.CLOSED
    if voice is Voice.OPERATOR:
        return ConversationStatus.HANDED_OVER
    if voice is Voice.NOBODY:
        return ConversationStatus.PAUSED
    return ConversationStatus.ACTIVE if turn_open else ConversationStatus.WAITING


def silence(*, closed: bool, voice: Voice, bot_stopped: bool, bot_deleted: bool) -> Silence | None:
    """Why the bot may not speak in a conversation that stands so; None when it may."""
    reasons = {
        Silence.BOT_DELETED: bot_deleted,
        Silence.CLOSED: closed,
        Silence.HANDED_OVER: voice is Voice.OPERATOR,
        Silence.PAUSED: voice is Voice.NOBODY,
        Silence.BOT_STOPPED: bot_stopped,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def indexed_status(control: Control) -> IndexedStatus:
    """The search attribute's value once this control has been heard."""
    return {
        Control.PAUSE: IndexedStatus.PAUSED,
        Control.TAKEOVER: IndexedStatus.HANDED_OVER,
        Control.CLOSE: IndexedStatus.CLOSED,
    }.get(control, IndexedStatus.OPEN)
