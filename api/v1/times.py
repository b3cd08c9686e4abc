"""Times in queries: RFC 3339, taken to UTC, and within what a calendar can count with."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime

_YEARS = range(1970, 9000)


def _in_utc(time: datetime) -> datetime:
    if time.year not in _YEARS:
        raise ValueError(f"give a time in the years {_YEARS.start} to {_YEARS.stop - 1}")
    return time.astimezone(UTC)


_Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]

Since = Annotated[_Time | None, Query(description="Not before this time (RFC 3339).")]
Until = Annotated[_Time | None, Query(description="Before this time (RFC 3339).")]
