"""Every timeout and retry of the workflows, each with its reason."""

from datetime import timedelta

from temporalio.common import RetryPolicy

LOCAL_TIMEOUT = timedelta(seconds=2)
"""A database step takes milliseconds; longer means that the database is away, and local retries would hold a slot."""

LOCAL_RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=100), maximum_attempts=2)
"""One more try covers a connection that went stale; then the step runs as a regular activity."""

DATABASE_TIMEOUT = timedelta(seconds=15)
"""Longer than the database's own statement timeout of 10 s, so that its word comes first."""

DATABASE_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=10))
"""For as long as the database is away; ten seconds is how late a conversation may notice that it is back."""

RECORD_AGAIN_AFTER = timedelta(minutes=1)
"""What failed for a reason that nobody foresaw may work with the next version: long enough to cost little."""

HEARTBEAT = timedelta(seconds=10)
"""Activities beat every two seconds: a dead worker is noticed in ten, and its turns go on within thirty."""

COMPLETION_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=10))
"""Within the bot's patience; a provider's own Retry-After takes the place of these intervals."""

CALL_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=10))
"""Of the database's failures and of a predecessor's lease; what the tool itself says is a result."""

CALL_MARGIN = timedelta(seconds=20)
"""Beside what is left of the patience: the lease of an attempt whose worker died, with which its outcome is known."""

MOST_STEPS = 100
"""The bot's cap of calls ends a turn long before; this one holds whatever the database says."""

JUDGE_PATIENCE = timedelta(seconds=20)
"""A verdict that takes longer is replaced by the bot's policy: the contact waits for it."""

JUDGE_TIMEOUT = timedelta(seconds=12)
"""The provider's own timeout of 10 s, and the database steps around it."""

JUDGE_RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_attempts=2)
"""A hiccup is worth one more call; the answer is already being written meanwhile."""

UNDERSTAND_TIMEOUT = timedelta(seconds=15)
"""The model's time of 12 s, and the database steps around it."""

UNDERSTAND_PATIENCE = timedelta(seconds=20)
"""A turn never waits longer for what its messages mean; it goes on without."""

UNDERSTAND_RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_attempts=2)
"""The model is asked again inside of it; this is for the database, and for a worker that died."""

DELIVERY_PATIENCE = timedelta(hours=24)
"""A platform may say "again in an hour"; after a day an answer is no longer one."""

DELIVERY_TIMEOUT = timedelta(minutes=10)
"""One attempt sends many parts; each call is bounded by its own deadline, death by the heartbeat."""

DELIVERY_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5))
"""Where the platform names no time, back off: an outage of minutes costs a handful of attempts."""

APOLOGY_RESERVE = timedelta(seconds=1)
"""Kept back from the bot's patience, so that the apology arrives within it."""

SHORTEST_PATIENCE = timedelta(seconds=1)
"""However late a turn is, its model gets this long."""


def model_patience(patience_seconds: float, spent: timedelta) -> timedelta:
    """How long all attempts to get an answer may take together, once so much of the patience is spent."""
    return max(timedelta(seconds=patience_seconds) - spent - APOLOGY_RESERVE, SHORTEST_PATIENCE)
