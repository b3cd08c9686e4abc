"""A span of time cut into buckets, as PostgreSQL's `date_trunc` cuts it in UTC."""

from datetime import datetime, timedelta

from adapters.database.stats import Interval

MOST = 1000

_WIDTHS = {
    Interval.MINUTE: timedelta(minutes=1),
    Interval.HOUR: timedelta(hours=1),
    Interval.DAY: timedelta(days=1),
    Interval.WEEK: timedelta(weeks=1),
}
USUAL_SPANS = {
    Interval.MINUTE: timedelta(hours=1),
    Interval.HOUR: timedelta(days=1),
    Interval.DAY: timedelta(days=30),
    Interval.WEEK: timedelta(weeks=12),
    Interval.MONTH: timedelta(days=365),
}
"""How far back a span goes whose beginning is not given."""
_LONGEST_MONTH = timedelta(days=31)


def beginnings(since: datetime, until: datetime, interval: Interval) -> list[datetime]:
    """Where the buckets of a span begin, oldest first; not more than `MOST` and one, which says that it is too long."""
    found: list[datetime] = []
    beginning = _truncated(since, interval)
    while beginning < until and len(found) <= MOST:
        found.append(beginning)
        beginning = following(beginning, interval)
    return found


def following(beginning: datetime, interval: Interval) -> datetime:
    """Where the next bucket begins."""
    if interval is Interval.MONTH:
        return (beginning + _LONGEST_MONTH).replace(day=1)
    return beginning + _WIDTHS[interval]


def _truncated(time: datetime, interval: Interval) -> datetime:
    minute = time.replace(second=0, microsecond=0)
    if interval is Interval.MINUTE:
        return minute
    hour = minute.replace(minute=0)
    if interval is Interval.HOUR:
        return hour
    day = hour.replace(hour=0)
    if interval is Interval.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if interval is Interval.MONTH else day
