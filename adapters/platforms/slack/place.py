"""Where something happened, when, and who did it: channels, threads, timestamps and users."""

import re
from datetime import UTC, datetime
from typing import Final

from adapters.platforms.base import Channel
from adapters.platforms.fields import Fields, part, parts, reference, shown_name
from adapters.platforms.recipients import demand
from domain.events import Sender
from domain.models import Frozen

_ID = re.compile(r"[A-Z0-9]{2,40}")
_RECIPIENT = re.compile(r"[CDGUW][A-Z0-9]{1,39}")
_TS = re.compile(r"([0-9]{1,11})\.([0-9]{6})")
_DIRECT_TYPES = ("im", "app_home")
THREADS_SETTING: Final = "threads"
"""Name of the channel setting that says where what stands at the top of a channel is answered."""
THREADS: Final = ("where_asked", "always")


def recipient(given: str) -> str:
    """An id as Slack writes it; raises `Unacceptable` for anything else."""
    return demand(
        given, _RECIPIENT, "the id of a Slack channel, direct message or user, such as C0123ABCD, not its name"
    )


class Me(Frozen):
    """The bot of a channel, as far as it is known."""

    user: str | None = None
    bot: str | None = None
    team: str | None = None
    name: str | None = None
    opens_threads: bool = False
    """Whether each message at the top of a channel is a thread of its own, and answered there."""

    def wrote(self, message: Fields) -> bool:
        """Whether a message, or whatever names a user or bot, is ours."""
        by_user = self.user is not None and reference(message, "user") == self.user
        return by_user or (self.bot is not None and reference(message, "bot_id") == self.bot)


class Place(Frozen):
    """A channel, and the thread in it."""

    chat: str
    thread: str | None = None
    is_group: bool = False


def me_of(channel: Channel, envelope: Fields) -> Me:
    """Who the bot is: the account says so, or before the first check the event's own authorizations."""
    account = channel.account
    bots = (item for item in parts(envelope, "authorizations") if item.get("is_bot") is True)
    authorized = next((found for item in bots if (found := identity(item, "user_id"))), None)
    return Me(
        user=identity(account, "id") or authorized,
        bot=identity(account, "bot_id"),
        team=identity(account, "team_id"),
        name=shown_name(account, "name"),
        opens_threads=channel.settings.get(THREADS_SETTING) == "always",
    )


def is_elsewhere(envelope: Fields, me: Me) -> bool:
    """Whether this was told for another workspace, to which the same app was added too."""
    grants = parts(envelope, "authorizations")
    if me.team is None or any(grant.get("is_enterprise_install") is True for grant in grants):
        return False
    teams = {found for item in (envelope, *grants) if (found := identity(item, "team_id"))}
    return bool(teams) and me.team not in teams


def identity(fields: Fields, name: str) -> str | None:
    """An id of Slack's: capital letters and digits."""
    found = reference(fields, name)
    return found if found and _ID.fullmatch(found) else None


def timestamp(fields: Fields, name: str = "ts") -> str | None:
    """A `ts`, which is a message's id in its channel; never a number, which would lose its last digits."""
    found = reference(fields, name)
    return found if found and _TS.fullmatch(found) else None


def moment(ts: str | None) -> datetime | None:
    """The time that a `ts` tells."""
    found = _TS.fullmatch(ts or "")
    seconds = int(found[1]) if found else 0
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=int(found[2])) if found and seconds else None


def place_of(event: Fields, message: Fields, me: Me) -> Place | None:
    """Where a message stands; None when the event names no channel.

    The first message of a thread names itself as its thread, once it is answered: it stays where it was said, unless
    the bot opens a thread at each message of a channel.
    """
    chat = identity(event, "channel")
    if chat is None:
        return None
    thread, ts, in_group = timestamp(message, "thread_ts"), timestamp(message), is_group(chat, _type_of(event))
    if thread is None or thread == ts:
        thread = ts if me.opens_threads and in_group else None
    return Place(chat=chat, thread=thread, is_group=in_group)


def _type_of(event: Fields) -> str | None:
    return reference(event, "channel_type")


def is_group(chat: str, kind: str | None = None) -> bool:
    """Whether others listen too; the ids of conversations between two begin with a D."""
    return not chat.startswith("D") and kind not in _DIRECT_TYPES


def sender_of(message: Fields) -> Sender | None:
    """Who wrote; None when nobody is named."""
    user, profile = identity(message, "user"), part(message, "user_profile")
    if user is None:
        return None
    names = (shown_name(profile, "display_name"), shown_name(profile, "real_name"), shown_name(profile, "name"))
    return Sender(external_id=user, name=next((name for name in names if name), None))
