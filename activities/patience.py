"""What is left of an activity's time, by the server's clock until it began and by our own from then on."""

from datetime import timedelta

from temporalio import activity

_TO_STORE = timedelta(milliseconds=250)
"""What is bought is stored within the same time."""


def left() -> timedelta:
    """How long this attempt may still work at its beginning, before Temporal gives all attempts up."""
    info = activity.info()
    whole = info.schedule_to_close_timeout or timedelta(hours=1)
    return whole - (info.started_time - info.scheduled_time) - _TO_STORE
