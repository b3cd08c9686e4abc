"""From facts to Temporal's errors: the one place that decides whether an activity is tried again, and when."""

import asyncio
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from adapters.errors import Again, OutsideError
from adapters.vault import KeyMissing

UNFORESEEN_ATTEMPTS = 5
DATABASE_AWAY = "database_away"
Done = TypeVar("Done")


@contextmanager
def as_failures() -> Iterator[None]:
    """Turn what adapters raise into failures that hold a stable word and no secret, no statement and no text."""
    try:
        yield
    except Again as error:
        raise later(str(error), error.reason, error.after) from None
    except OutsideError as error:
        raise ApplicationError(
            str(error), type=error.reason, non_retryable=True, category=ApplicationErrorCategory.BENIGN
        ) from None
    except SQLAlchemyError as error:
        get_logger(__name__).warning("database_failed", kind=type(error).__name__, cause=_cause(error))
        raise ApplicationError(f"the database did not do it ({_cause(error)})", type=DATABASE_AWAY) from None
    except KeyMissing as error:
        raise ApplicationError(str(error), type="key_missing") from None
    except ApplicationError:
        raise
    except Exception as error:  # noqa: BLE001 - it is logged, and ends as a failure with a name
        # Tried again a few times, and then it ends: a conversation waits behind it. Its message may hold what was said.
        places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        get_logger(__name__).error("unforeseen", kind=type(error).__name__, places=places)
        over = activity.info().attempt >= UNFORESEEN_ATTEMPTS
        raise ApplicationError(f"unforeseen: {type(error).__name__}", type="unforeseen", non_retryable=over) from None


def later(message: str, reason: str, after: timedelta | None) -> ApplicationError:
    """A failure that is tried again: after the given time, else by the retry policy."""
    return ApplicationError(message, type=reason, next_retry_delay=after, category=ApplicationErrorCategory.BENIGN)


def _cause(error: SQLAlchemyError) -> str:
    return type(getattr(error, "orig", None) or error).__name__


async def unbroken(work: asyncio.Task[Done]) -> Done:
    """Wait for work that a cancellation must not cut in two; the cancellation is raised when it is done."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        raise
