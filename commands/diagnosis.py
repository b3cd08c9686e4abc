"""Asking the outside how it is: bounded in time, and every answer that does not come is a finding."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from adapters.errors import OutsideError
from commands.checks import Check, fault
from commands.sentences import ended, told

PATIENCE = timedelta(seconds=5)
Look = Callable[[], Awaitable[list[Check]]]


async def bounded(name: str, look: Look, remedy: str) -> list[Check]:
    """What a look found; a fault of that name when it raised or took too long."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await look()
    except TimeoutError:
        return [fault(name, f"It gave no answer within {PATIENCE.seconds} s.", remedy)]
    except OutsideError as error:
        return [fault(name, f"{str(error).rstrip('.')}.", remedy)]
    except Exception as error:  # noqa: BLE001  whatever it is, it is a finding of its own, and the others still count
        known = told(error)
        return [fault(name, known.sentence, known.remedy) if known else fault(name, ended(error)[0], remedy)]
