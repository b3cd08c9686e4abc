"""What follows a control: workflows are told, and a stop holds from its answer on."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.stdlib import get_logger

from api.resources import Resources

_LONGEST_SECONDS = 20.0
_LOOK_EVERY_SECONDS = 0.05


async def settle(using: Resources, in_flight: Callable[[AsyncConnection, datetime], Awaitable[bool]]) -> None:
    """Wait until nothing is in flight; a sender's lease is shorter than the longest wait."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < deadline:
        async with using.database.begin() as connection:
            if not await in_flight(connection, datetime.now(UTC)):
                return
        await asyncio.sleep(_LOOK_EVERY_SECONDS)


async def tell(using: Resources, conversation_id: UUID) -> bool:
    """Tell the workflow of a conversation what was recorded; False when that is left to the relay."""
    try:
        return await using.handing.hand_over(conversation_id)
    except (SQLAlchemyError, OSError) as error:
        # What was asked is done and safe: the answer must not say that it was not.
        get_logger(__name__).warning(
            "handover_postponed", conversation=str(conversation_id), error=type(error).__name__
        )
        return False


async def tell_all(using: Resources, conversations: Sequence[UUID]) -> None:
    """Tell the workflows of many conversations; the relay goes on where one could not be told."""
    for conversation_id in conversations:
        if not await tell(using, conversation_id):
            return
