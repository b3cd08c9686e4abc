"""Webhook calls as Meta writes them: entries of a page, with items of what happened between it and a person."""

from collections.abc import Sequence
from datetime import UTC, datetime

from simulator.ledger import Ledger
from simulator.messenger.state import Page
from simulator.wire import JSON, Object


def call(*entries: tuple[Page, Sequence[JSON]], edge: str = "messaging") -> Object:
    """One call; each entry holds the items of one page."""
    told: list[JSON] = [{"id": page.id, "time": now(), edge: [*items]} for page, items in entries]
    return {"object": "page", "entry": told}


def by_person(page: Page, psid: str, **what: JSON) -> Object:
    """Something that a person did."""
    return {"sender": {"id": psid}, "recipient": {"id": page.id}, "timestamp": now(), **what}


def said_by(page: Page, psid: str, message: Object, seconds_ago: float) -> Object:
    """Something that a person said so long ago."""
    return by_person(page, psid, message=message) | {"timestamp": now() - int(seconds_ago * 1000)}


def echo(page: Page, psid: str, message: Object) -> Object:
    """Something that was said for the page."""
    said: Object = {"is_echo": True, **message}
    return {"sender": {"id": page.id}, "recipient": {"id": psid}, "timestamp": now(), "message": said}


def now() -> int:
    """Milliseconds since 1970."""
    return int(datetime.now(UTC).timestamp() * 1000)


def note(ledger: Ledger, page: Page, psid: str, item: Object) -> None:
    """Write down what happened between a page and somebody, whether or not anybody is told."""
    fields: Object = {"account": page.id, "chat_id": psid, "what": "item", "content": item}
    ledger.record("inbound", "messenger", fields)
