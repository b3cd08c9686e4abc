"""Which events ask for an answer, and why the others do not."""

from datetime import UTC, datetime, timedelta

from domain.bots import Bot
from domain.events import WAKING_KINDS, EventKind, EventState, InboundEvent

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOT_ADDRESSED = "not_addressed"
_CHANGES = (EventKind.EDIT, EventKind.DELETE)


def first_state(event: InboundEvent, bot: Bot, *, deleted: bool, too_old: bool) -> tuple[EventState, str | None]:
    """How an event stands the moment it is recorded: to be handed over, or ended at once with the reason."""
    reason = _why_ignored(event, bot, deleted=deleted, too_old=too_old)
    return (EventState.IGNORED, reason) if reason else (EventState.RECEIVED, None)


def _why_ignored(event: InboundEvent, bot: Bot, *, deleted: bool, too_old: bool) -> str | None:
    if event.ignored:
        return event.ignored
    if event.kind not in (*WAKING_KINDS, *_CHANGES) and not _is_answered_reaction(event, bot):
        return event.kind.value
    if event.chat is None:
        return "no_chat"
    if deleted:
        return "bot_deleted"
    if too_old:
        return "too_old"
    if event.is_group and not _heard_in_group(event, bot):
        return NOT_ADDRESSED
    return None


def _is_answered_reaction(event: InboundEvent, bot: Bot) -> bool:
    """Whether the bot answers it; one that was taken back says nothing."""
    return event.kind is EventKind.REACTION and bot.reactions == "answer" and bool(event.details.get("added"))


def _heard_in_group(event: InboundEvent, bot: Bot) -> bool:
    if event.kind in _CHANGES or bot.groups == "always":
        return True
    return bot.groups == "when_addressed" and event.addressed


def is_answered_again(bot: Bot, original: EventState, *, taken_up: bool) -> bool:
    """Whether an edit is to be answered as a message of its own: where the bot says so, once a turn has the original.

    A message that no turn has taken up is changed instead, and one that needed no answer still needs none.
    """
    return bot.edits == "answer" and taken_up and original is not EventState.IGNORED


def edition(edit: InboundEvent) -> int | None:
    """What orders the edits of one message: the platform's count of them, else when it was made, in microseconds."""
    if edit.edition is not None or edit.occurred_at is None:
        return edit.edition
    return (edit.occurred_at - _EPOCH) // timedelta(microseconds=1)


def is_overtaken(edit: InboundEvent, known: int | None) -> bool:
    """Whether the message has a newer edition already; of two of one moment the last that came counts."""
    own = edition(edit)
    return own is not None and known is not None and own < known
