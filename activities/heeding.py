"""Heeding a channel's problem: what it has to say waits, and now and then one part tries whether it is over."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from activities.claims import A_MOMENT, Wait
from activities.sending import Outcome
from adapters.database import channel_problems
from adapters.database.channels import ChannelAccess
from domain.deliveries import DeliveryState


async def wait_of(connection: AsyncConnection, access: ChannelAccess, now: datetime) -> Wait | None:
    """How long a part must wait because no call of its channel is accepted; None where it is to be sent."""
    if access.problem is None:
        return None
    probe_at = await channel_problems.probe(connection, access.channel.id, now)
    return Wait(max(probe_at - now, A_MOMENT)) if probe_at else None


async def heeded(connection: AsyncConnection, access: ChannelAccess, outcome: Outcome, now: datetime) -> Outcome:
    """Write down what a call's outcome says of its channel; the outcome, with when the part is tried again."""
    channel = access.channel.id
    if outcome.problem is not None:
        probe_at = await channel_problems.note(connection, channel, outcome.problem, outcome.error or "", now)
        waits = outcome.state is DeliveryState.PLANNED
        return replace(outcome, after=max(probe_at - now, A_MOMENT)) if waits else outcome
    if access.problem is not None and outcome.state is DeliveryState.SENT:
        await channel_problems.clear(connection, channel, "sending")
    return outcome
