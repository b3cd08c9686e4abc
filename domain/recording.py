"""Recording late: what reached a conversation's workflow while PostgreSQL was away, and what came of it."""

from domain.handovers import Waiting
from domain.models import Frozen


class Record(Frozen):
    """Events to record, oldest first; those that are recorded already stay as they are."""

    conversation_id: str
    items: tuple[Waiting, ...] = ()


class Recorded(Frozen):
    """What PostgreSQL made of them.

    `settled` need no answer in this conversation; the others are ready to be brought to a turn. `behind` says that
    other messages wait there as well, `over` that there is no such conversation, or that it is closed.
    """

    settled: tuple[str, ...] = ()
    behind: bool = False
    over: bool = False
