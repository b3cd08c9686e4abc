"""How fast a bot may speak on each platform, kept before the platform complains: GCRA, the leaky bucket as a meter.

https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal, Self, TypeAlias, TypeGuard

from pydantic import Field, JsonValue

from domain.models import Frozen
from domain.platforms import PlatformName

BOT_SETTING, CHAT_SETTING = "messages_per_second", "chat_messages_per_second"
"""A channel's settings in place of what its platform grants everybody: more was granted, or nobody counts."""
_SLOWEST, _FASTEST = 0.01, 10_000
KEPT_OF_CHAT = 1
"""How much of what may be said at once in a chat is left to the whole answer there."""
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Rate(Frozen):
    """One message each `every` on average, of which `burst` may go at once after a silence."""

    every: timedelta
    burst: int = Field(ge=1)

    @classmethod
    def within(cls, window: timedelta, count: int, burst: int) -> Self:
        """At most `count` in any `window`, wherever it begins, of which `burst` at once."""
        return cls(every=window / (count - burst), burst=burst)

    @classmethod
    def granted(cls, per_second: float) -> Self:
        """At most so many in any second, a fifth of them at once."""
        return cls(every=_SECOND / (0.8 * per_second), burst=max(1, int(per_second / 5)))

    @property
    def tolerance(self) -> timedelta:
        """How much earlier than its due time a message may go."""
        return self.every * (self.burst - 1)

    @property
    def kept(self) -> int:
        """How much of what may be said at once is left to whole answers, where this is the rate of all chats."""
        return max(1, self.burst // 2)

    def has_spare(self, kept: int, due_at: datetime, queued_until: datetime, now: datetime) -> bool:
        """Whether one may go now, nobody waits for that, and `kept` more could still go right behind it."""
        room = self.tolerance - kept * self.every
        return room >= timedelta(0) and queued_until <= now and due_at <= now + room


LimitScope: TypeAlias = Literal["chat", "bot", "unsaid"]
"""What a platform means that asks to wait: a chat, all that the bot says, or one of them without saying which."""


class Meter(StrEnum):
    """What a platform counts apart from all that a bot says, where it does; elsewhere it is counted with that."""

    CHANGES = "changes"
    """Edits and deletes of what was said."""
    PROFILE = "profile"
    """What a bot shows of itself: its menu, and what it offers a new contact."""


class Aside(StrEnum):
    """What a bot calls its platform for beside speaking; what it says goes first.

    A deed is something that an operator waits for. Typing is left out rather than waited for.
    """

    DEED = "deed"
    TYPING = "typing"


NEVER = datetime.max.replace(tzinfo=UTC)


def free_at(aside: Aside, rate: Rate, due_at: datetime) -> datetime:
    """When one such call may go: a message right behind it still goes at once; behind typing, half a burst of them.

    Where the rate lets no two go at once a deed goes as a message would, and typing never.
    """
    kept = 1 if aside is Aside.DEED else rate.kept
    if kept >= rate.burst:
        if aside is Aside.TYPING:
            return NEVER
        kept = 0
    return due_at - rate.tolerance + rate.every * kept


class Pace(Frozen):
    """What holds for all that a bot says, for what it says in one chat, and for what is counted apart."""

    bot: Rate
    chat: Rate
    apart: Mapping[Meter, Rate] = Field(default_factory=dict)


_TELEGRAM = Rate.within(_SECOND, 30, burst=5)
_PACES: Mapping[PlatformName, Pace] = {
    # One a second in a chat, "short bursts" more, about 30 a second in all: https://core.telegram.org/bots/faq
    PlatformName.TELEGRAM: Pace(bot=_TELEGRAM, chat=Rate(every=_SECOND, burst=5)),
    # One a second in a channel, bursts tolerated, "several hundred" a minute in a workspace:
    # https://docs.slack.dev/reference/methods/chat.postMessage. chat.update is of tier 3, 50 a minute in a workspace:
    # https://docs.slack.dev/reference/methods/chat.update
    PlatformName.SLACK: Pace(
        bot=Rate.within(_MINUTE, 300, burst=60),
        chat=Rate(every=_SECOND, burst=5),
        apart={Meter.CHANGES: Rate.within(_MINUTE, 50, burst=20)},
    ),
    # 80 a second for a number, what it hears among them: the quarter that is left free is for that. One in six seconds
    # to a person with 45 on credit; we use 40 of them, for what we send apart may arrive together.
    # https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
    PlatformName.WHATSAPP: Pace(
        bot=Rate.within(_SECOND, 80, burst=20), chat=Rate(every=timedelta(seconds=6), burst=40)
    ),
    # 300 calls a second for a page; that a thread has a limit is said, but not which: one a second is ours.
    # https://developers.facebook.com/docs/messenger-platform/overview/rate-limiting. The profile may be called ten
    # times in ten minutes; a registration, counted once, calls it twice, which two of them leave room for:
    # https://developers.facebook.com/docs/messenger-platform/reference/messenger-profile-api
    PlatformName.MESSENGER: Pace(
        bot=Rate.within(_SECOND, 300, burst=50),
        chat=Rate(every=_SECOND, burst=10),
        apart={Meter.PROFILE: Rate.within(10 * _MINUTE, 8, burst=6)},
    ),
    # 50 a second for a bot, five in five seconds in a channel, counted from the first of them:
    # https://discord.com/developers/docs/topics/rate-limits
    PlatformName.DISCORD: Pace(
        bot=Rate.within(_SECOND, 50, burst=10), chat=Rate.within(timedelta(seconds=5), 5, burst=2)
    ),
}
_TELEGRAM_GROUP = Pace(bot=_TELEGRAM, chat=Rate.within(_MINUTE, 20, burst=5))
"""At most 20 in a minute; the ids of groups are negative."""


def pace_of(platform: PlatformName, chat: str, settings: Mapping[str, JsonValue]) -> Pace | None:
    """How fast may be spoken in a chat of a channel with these settings; None where nobody counts."""
    is_group = platform is PlatformName.TELEGRAM and chat.startswith("-")
    usual = _TELEGRAM_GROUP if is_group else _PACES.get(platform)
    if usual is None:
        return None
    bot, of_chat = settings.get(BOT_SETTING), settings.get(CHAT_SETTING)
    return Pace(
        bot=Rate.granted(bot) if is_rate(bot) else usual.bot,
        chat=Rate.granted(of_chat) if is_rate(of_chat) else usual.chat,
        apart=usual.apart,
    )


def is_rate(value: JsonValue) -> TypeGuard[float]:
    """Whether a setting can be a number of messages a second."""
    return isinstance(value, int | float) and not isinstance(value, bool) and _SLOWEST <= value <= _FASTEST
