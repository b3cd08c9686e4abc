"""How work in a conversation came out: why there is no answer, and what nobody waits for any more."""

import asyncio
from typing import TypeVar

from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.exceptions import TimeoutError as TimedOut

Result = TypeVar("Result")


def look_at(work: "asyncio.Task[Result]") -> None:
    """An answer that nobody waits for any more may fail unheard."""
    if not work.cancelled():
        work.exception()


def reason_of(error: ActivityError) -> str:
    """Why there is no answer, in a stable word, and whether model or tool is to blame."""
    whose = "tool" if error.activity_type == "call_tool" else "model"
    cause = error.cause
    if isinstance(cause, TimedOut) and isinstance(cause.cause, ApplicationError):
        cause = cause.cause
    if isinstance(cause, ApplicationError) and cause.type:
        return f"{whose}:{cause.type}"
    return f"{whose}:timeout" if isinstance(cause, TimedOut) else f"{whose}:failed"
