"""Reading a webhook call: a batch of entries and items, each of them an event of its own, or several.

Source: https://developers.facebook.com/documentation/business-messaging/messenger-platform/webhooks
"""

from collections.abc import Iterator

from adapters.platforms.fields import Fields, reference
from adapters.platforms.graph.events import identity, ignored, items, kind_name
from adapters.platforms.messenger.items import read_item
from domain.events import EventKind, InboundEvent

_OBJECT = "page"
_MESSAGING, _STANDBY, _CHANGES = "messaging", "standby", "changes"


def read_call(body: Fields, app_id: str) -> tuple[InboundEvent, ...]:
    """Every event of a call; what is broken or not understood is one too, and takes no other with it."""
    if body.get("object") != _OBJECT:
        return (ignored(body, "unsupported:object"),)
    return tuple(event for entry in items(body, "entry") for event in _of_entry(entry, app_id))


def _of_entry(entry: object, app_id: str) -> Iterator[InboundEvent]:
    named = (_MESSAGING, _STANDBY, _CHANGES)
    if not isinstance(entry, dict) or not any(isinstance(entry.get(name), list) for name in named):
        yield ignored(entry, "malformed:entry")
        return
    page = identity(entry, "id")
    for item in items(entry, _MESSAGING):
        yield from read_item(item, page, app_id)
    for item in items(entry, _STANDBY):
        yield from map(_in_standby, read_item(item, page, app_id))
    for change in items(entry, _CHANGES):
        field = reference(change, "field") if isinstance(change, dict) else None
        yield ignored(change, f"unsupported:{kind_name(field)}", page)


def _in_standby(event: InboundEvent) -> InboundEvent:
    """What is told while another app has the conversation needs no answer of ours, and may be told again as ours."""
    if event.kind is EventKind.RECEIPT:
        return event
    return event.model_copy(update={"key": f"standby:{event.key}", "ignored": "standby"})
