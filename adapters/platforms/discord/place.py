"""Where something happened, when, and who did it: snowflakes, channels and users."""

import re
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from adapters.platforms.base import Channel
from adapters.platforms.fields import Fields, numeric_id, reference, shown_name
from adapters.platforms.recipients import demand
from domain.events import Sender
from domain.models import Frozen

_ID = re.compile(r"[0-9]{1,20}")
_SNOWFLAKE = re.compile(r"[1-9][0-9]{0,19}")
_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
_TIME_BITS = 22
_LAST = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


class Me(Frozen):
    """The bot of a channel, as far as it is known: its user id, and its application's, which most often is the same."""

    user: str | None = None
    application: str | None = None
    name: str | None = None

    def is_id(self, user: str | None) -> bool:
        """Whether this is the id of the bot."""
        return user is not None and user in (self.user, self.application)

    def wrote(self, message: Fields) -> bool:
        """Whether a message is ours."""
        author = message.get("author")
        return isinstance(author, dict) and self.is_id(identity(author, "id"))

    def is_among(self, users: list[Fields]) -> bool:
        """Whether the bot is one of these."""
        return any(self.is_id(identity(user, "id")) for user in users)


class Newest(Frozen):
    """A channel as catching up sees it: its guild, if it is in one, and the snowflake of its newest message."""

    chat: str
    guild: str | None = None
    message: int = 0


def newest_in(channel: Fields, guild: str | None = None) -> Newest:
    """The same of a channel object; within a guild's own description only the caller knows the guild."""
    last = identity(channel, "last_message_id")
    return Newest(
        chat=identity(channel, "id") or "",
        guild=identity(channel, "guild_id") or guild,
        message=int(last) if last else 0,
    )


def me_of(channel: Channel) -> Me:
    """Who the bot is: the account says so, or before the first check the application's id."""
    account = channel.account
    return Me(
        user=identity(account, "id"),
        application=channel.secret("application_id") or None,
        name=shown_name(account, "name"),
    )


def identity(fields: Fields, name: str) -> str | None:
    """A snowflake: Discord sends texts; a number is read as well, as far as it is a whole one."""
    found = numeric_id(fields, name)
    return found if found and _ID.fullmatch(found) else None


def recipient(given: str) -> str:
    """A snowflake as Discord writes it; raises `Unacceptable` for anything else."""
    return demand(given, _SNOWFLAKE, "the id of a Discord channel or user, such as 175928847299117063")


def moment_of(snowflake: str) -> datetime | None:
    """The time that a snowflake tells (https://discord.com/developers/docs/reference#snowflakes)."""
    milliseconds = int(snowflake) >> _TIME_BITS
    return _EPOCH + timedelta(milliseconds=milliseconds) if milliseconds < _LAST else None


def snowflake_at(moment: datetime) -> int:
    """The smallest snowflake of a moment."""
    return max(0, (moment - _EPOCH) // timedelta(milliseconds=1)) << _TIME_BITS


def moment(fields: Fields, name: str) -> datetime | None:
    """A time in ISO 8601."""
    try:
        found = datetime.fromisoformat(reference(fields, name) or "")
    except ValueError:
        return None
    return found if found.tzinfo else None


def guild_details(guild: str | None) -> dict[str, JsonValue]:
    """What an event keeps of the guild in which it happened, so that its conversation is known to be there."""
    return {"guild": guild} if guild else {}


def sender_of(user: Fields, member: Fields) -> Sender | None:
    """Who acted; None when nobody is named."""
    found = identity(user, "id")
    names = (shown_name(member, "nick"), shown_name(user, "global_name"), shown_name(user, "username"))
    return Sender(external_id=found, name=next((name for name in names if name), None)) if found else None
