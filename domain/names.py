"""Names: the ids under which a platform brings a person, whose each of them is, and since when.

A telephone number changes hands; any other id is one person's for good.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from domain.events import EventKind, InboundEvent

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when a name is somebody's that was nobody's before."""
_PASSED_ON = re.compile(r"\+?[0-9]+(@[0-9]+)?")


class Names:
    """Whose each name is; a name of which nothing is known stands for itself."""

    def __init__(self, rows: Iterable[tuple[str, datetime, str]] = ()) -> None:
        self._owners: dict[str, dict[datetime, str]] = defaultdict(dict)
        for name, since, owner in rows:
            self.add(name, since, owner)

    def add(self, name: str, since: datetime, owner: str) -> None:
        """From then on the name is this owner's."""
        self._owners[name][since] = owner

    def knows(self, name: str) -> bool:
        """Whether anything is known of a name."""
        return name in self._owners

    def owner(self, name: str, at: datetime) -> str:
        """Whose it was then: the name under which that conversation began."""
        since = max((since for since in self._owners.get(name, ()) if since <= at), default=None)
        return name if since is None else self._owners[name][since]

    def is_newer(self, name: str, at: datetime) -> bool:
        """Whether somebody got the name after that."""
        return any(since > at for since in self._owners.get(name, ()))

    def owner_of(self, event: InboundEvent, now: datetime) -> str | None:
        """Whose an event is: the id that is one person's for good counts before the one that changes hands."""
        if event.chat is None:
            return None
        at, person = told_at(event, now), person_of(event)
        return self.owner(person if person and self.knows(person) else event.chat, at)

    def is_settled(self, event: InboundEvent, now: datetime) -> bool:
        """Whether an event says nothing new of who is who."""
        at, person = told_at(event, now), person_of(event)
        if person is None or event.chat is None:
            return True
        return self.knows(person) and self.owner(person, at) == self.owner(event.chat, at)


def told_at(event: InboundEvent, now: datetime) -> datetime:
    """When it happened, by the platform's clock."""
    return min(event.occurred_at or now, now)


def second_id(event: InboundEvent) -> str | None:
    """The other id under which a platform may bring events of the same chat."""
    other = event.details.get("also_known_as")
    return other if isinstance(other, str) and other != event.chat else None


def person_of(event: InboundEvent) -> str | None:
    """The id for good, where an event comes with it and with a number; a membership says who becomes whom instead."""
    return None if event.kind is EventKind.MEMBERSHIP else second_id(event)


def changes_hands(name: str) -> bool:
    """Whether a name can be left by one person and given to another, as a telephone number can."""
    return _PASSED_ON.fullmatch(name) is not None


def left(number: str, at: datetime) -> str:
    """What stands for whoever has a number next that was left then."""
    return f"{number}@{int(at.timestamp())}"


def is_vacant(owner: str) -> bool:
    """Whether it stands for the next owner of a number, who may not have been heard yet."""
    return _PASSED_ON.fullmatch(owner) is not None and "@" in owner
