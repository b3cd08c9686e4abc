"""Rounds: what a worker looks for beside its activities, again and again."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger


async def go_round(take_up: Callable[[], Awaitable[int]], every_seconds: float, waits: str) -> None:
    """Until cancelled: at once after a round that took something up, else after a pause.

    A store that is away is told of as the event `waits`, and asked again with the next round.
    """
    while True:
        taken_up = 0
        try:
            taken_up = await take_up()
        except (SQLAlchemyError, OSError) as error:
            get_logger(__name__).warning(waits, error=type(error).__name__)
        if not taken_up:
            await asyncio.sleep(every_seconds)
