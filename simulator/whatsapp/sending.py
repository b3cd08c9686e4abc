"""What a number may be asked to do: send a text, or mark what it heard as read."""

from dataclasses import dataclass

from simulator.whatsapp.refusals import refused
from simulator.whatsapp.state import Number, State
from simulator.wire import JSON, Object

MOST_CHARACTERS = 4096
MOST_MARK = 512


@dataclass(frozen=True)
class Sent:
    """A message that was accepted, and the code with which it will fail, if it will."""

    id: str
    chat: str
    mark: JSON
    fails: int | None


def chat_of(body: Object) -> str | None:
    """Whom a request is for."""
    named = body.get("to") or body.get("recipient")
    return named if isinstance(named, str) else None


def text_of(body: Object) -> str | None:
    """The words of a request."""
    words = body.get("text")
    found = words.get("body") if isinstance(words, dict) else None
    return found if isinstance(found, str) else None


def mark_read(state: State, body: Object) -> None:
    """Blue ticks, and with `typing_indicator` the sign that an answer is coming."""
    if body.get("message_id") not in state.heard:
        raise refused(131009, "Parameter value is not valid: message_id")


def send(state: State, number: Number, body: Object) -> Sent:
    """Accept a message, or refuse it; a window that is closed shows only later, in a status."""
    chat = _checked(body)
    person = state.person(chat)
    pair = state.pair(number, chat)
    if person.state == "not_allowed":
        raise refused(131030)
    if person.state == "refused":
        raise refused(131026)
    if state.settings.pair_limit and not pair.spend():
        raise refused(131056)
    closed = state.settings.window and not pair.is_open
    fails = 131026 if person.state == "undeliverable" else 131047 if closed else None
    return Sent(state.next_id(), chat, body.get("biz_opaque_callback_data"), fails)


def _checked(body: Object) -> str:
    if body.get("messaging_product") != "whatsapp":
        raise refused(100, "The parameter messaging_product is required.")
    chat, words, mark = chat_of(body), text_of(body), body.get("biz_opaque_callback_data")
    if not chat:
        raise refused(100, "The parameter to is required.")
    if body.get("type") != "text" or words is None:
        raise refused(131051, "Unsupported message type")
    if not 1 <= len(words.encode("utf-16-le", "surrogatepass")) // 2 <= MOST_CHARACTERS or not words.strip():
        raise refused(100, "Param text['body'] must be at most 4096 characters long.")
    if mark is not None and (not isinstance(mark, str) or len(mark) > MOST_MARK):
        raise refused(131009, "Parameter value is not valid: biz_opaque_callback_data")
    return chat
