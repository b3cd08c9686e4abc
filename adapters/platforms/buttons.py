"""Pressed buttons: the platform is told that a press was heard, so that the button comes to rest."""

import asyncio
from collections.abc import Iterable

from structlog.stdlib import get_logger

from adapters.errors import OutsideError
from adapters.platforms.base import Channel, Platform
from domain.events import EventKind, InboundEvent

_SECONDS = 10.0


async def acknowledge(platform: Platform, channel: Channel, events: Iterable[InboundEvent]) -> None:
    """Acknowledge the presses among these events; where that fails it does no harm, and is not tried again."""
    for event in events:
        if event.kind is not EventKind.BUTTON:
            continue
        try:
            async with asyncio.timeout(_SECONDS):
                await platform.acknowledge(channel, event)
        except (OutsideError, TimeoutError) as error:
            get_logger(__name__).info("button_not_acknowledged", kind=type(error).__name__)
