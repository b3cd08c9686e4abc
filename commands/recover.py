"""`chat-orchestrator recover`: after Temporal's data is gone, everything without an end is handed over again."""

import asyncio
import sys
from contextlib import AsyncExitStack
from datetime import timedelta

from adapters.database import sweep
from adapters.faults import CommandFailed
from adapters.temporal.client import connect
from adapters.temporal.handover import Handing
from commands.outside import database
from settings import Settings

_PATIENCE_ROUNDS = 30
_PAUSE_SECONDS = 1.0


class NotHandedOver(CommandFailed):
    """Temporal did not take everything."""


async def recover(settings: Settings) -> int:
    """Hands over again; safe beside running processes and safe to repeat, because each event has one effect."""
    async with AsyncExitStack() as stack:
        opened = database(settings)
        stack.push_async_callback(opened.close)
        handing = Handing(opened, await connect(settings), settings.task_queue)
        async with opened.begin() as connection:
            taken = await sweep.take_up_all(connection)
        print(f"{taken} events have no end and were handed over before; they are handed over again", file=sys.stderr)
        idle_rounds = 0
        while idle_rounds < _PATIENCE_ROUNDS:
            relayed = await handing.relay_once(older_than=timedelta(0))
            async with opened.begin() as connection:
                left = await sweep.left_to_hand_over(connection)
            print(f"{left} events left", file=sys.stderr)
            if left == 0:
                return 0
            idle_rounds = 0 if relayed else idle_rounds + 1
            await asyncio.sleep(0 if relayed else _PAUSE_SECONDS)
    raise NotHandedOver(
        f"{left} events could not be handed over.",
        "See with chat-orchestrator doctor whether Temporal answers; repeat.",
    )
