"""Siblings: one webhook may bring events of several accounts; each goes to the channel of its own."""

from collections.abc import Sequence
from hmac import compare_digest

from adapters.database.channels import ChannelAccess
from adapters.platforms.base import Channel
from api.resources import Resources
from domain.events import EventKind, InboundEvent
from domain.platforms import CREDENTIALS


async def by_channel(
    using: Resources, access: ChannelAccess, told: Sequence[InboundEvent]
) -> list[tuple[ChannelAccess, list[InboundEvent]]]:
    """The events of a call by the channels that they are for, the called one first.

    A sibling is of the same workspace and platform, and its calls are signed with the same secret: whoever could sign
    this call could have called the sibling. What is for no channel of ours is ignored by the called one; raises what
    the database raises where it is away, and an account is in no sibling that is known.
    """
    own = _account(access.channel)
    if all(event.account in (None, own) for event in told):
        return [(access, list(told))]
    accounts = {event.account or own for event in told}
    family = _by_account(access, await using.channels.family(access))
    if not accounts <= {own, *family}:
        # It may have been made a moment ago; where nobody can say, the platform is asked to come again.
        family = _by_account(access, await using.channels.family_now(access))
    sorted_out: dict[str | None, tuple[ChannelAccess, list[InboundEvent]]] = {own: (access, [])}
    for event in told:
        account = event.account or own
        if account != own and account not in family:
            account, event = own, _of_nobody(event)
        sorted_out.setdefault(account, (family.get(account, access), []))[1].append(event)
    return list(sorted_out.values())


def _by_account(access: ChannelAccess, family: Sequence[ChannelAccess]) -> dict[str | None, ChannelAccess]:
    return {_account(other.channel): other for other in family if _shares(access, other)}


def _account(channel: Channel) -> str | None:
    name = CREDENTIALS[channel.platform].account
    return channel.secret(name) if name else None


def _shares(access: ChannelAccess, other: ChannelAccess) -> bool:
    name = CREDENTIALS[access.channel.platform].secret or ""
    ours, theirs = (one.channel.secret(name).encode() for one in (access, other))
    return bool(ours) and compare_digest(ours, theirs)


def _of_nobody(event: InboundEvent) -> InboundEvent:
    return InboundEvent(key=event.key, kind=EventKind.OTHER, account=event.account, ignored="other_account")
