"""Bursts: when messages that came are due for an answer, and how many of them one turn answers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from domain.models import Frozen

MOST_TURNED_AWAY = 20
"""How often one turn turns messages away; what comes then waits, so that a flood does not fill the history."""


class BurstPolicy(Frozen):
    """The part of a bot's burst settings that the conversation itself acts on."""

    policy: Literal["queue", "coalesce", "interrupt", "reject"] = "coalesce"
    quiet: timedelta = timedelta(seconds=0.5)
    longest: timedelta = timedelta(seconds=10)


def due_at(policy: BurstPolicy, first: datetime, last: datetime) -> datetime:
    """When the waiting messages, the first and last of which came then, are to be answered."""
    if policy.policy in ("queue", "reject"):
        return first
    return min(last + policy.quiet, first + policy.longest)


def members(policy: BurstPolicy, waiting: Sequence[str], albums: Sequence[str] = ()) -> tuple[str, ...]:
    """Which of the waiting messages the next turn answers, oldest first: in a queue one, or one album."""
    if policy.policy != "queue":
        return tuple(waiting)
    album = albums[0] if albums else ""
    return (*waiting[:1], *(name for name, of in zip(waiting[1:], albums[1:], strict=False) if album and of == album))
