"""What a number may be asked to do: send a text, a file, buttons or a template, or mark what it heard as read."""

from dataclasses import dataclass

from simulator.whatsapp.interactive import body_of, check_interactive
from simulator.whatsapp.media import TAKEN, check_message
from simulator.whatsapp.refusals import refused
from simulator.whatsapp.state import Number, State
from simulator.whatsapp.templates import check_template
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
    text: str | None


def chat_of(body: Object) -> str | None:
    """Whom a request is for."""
    named = body.get("to") or body.get("recipient")
    return named if isinstance(named, str) else None


def text_of(body: Object) -> str | None:
    """The words of a request."""
    kind = str(body.get("type", "text"))
    content = body.get(kind)
    if not isinstance(content, dict):
        return None
    if kind == "interactive":
        return body_of(content)
    found = content.get("body" if kind == "text" else "caption")
    return found if isinstance(found, str) else None


def mark_read(state: State, body: Object) -> None:
    """Blue ticks, and with `typing_indicator` the sign that an answer is coming."""
    if body.get("message_id") not in state.heard:
        raise refused(131009, "Parameter value is not valid: message_id")


def send(state: State, number: Number, body: Object) -> Sent:
    """Accept a message, or refuse it; a window that is closed shows only later, in a status, but for templates."""
    chat = _checked(state, body)
    text = _check_content(state, body)
    person = state.person(chat)
    pair = state.pair(number, chat)
    if person.state == "not_allowed":
        raise refused(131030)
    if person.state == "refused":
        raise refused(131026)
    if state.settings.pair_limit and not pair.spend():
        raise refused(131056)
    closed = state.settings.window and not pair.is_open and body.get("type") != "template"
    fails = 131026 if person.state == "undeliverable" else 131047 if closed else None
    return Sent(state.next_id(), chat, body.get("biz_opaque_callback_data"), fails, text)


def _checked(state: State, body: Object) -> str:
    if body.get("messaging_product") != "whatsapp":
        raise refused(100, "The parameter messaging_product is required.")
    chat, mark = chat_of(body), body.get("biz_opaque_callback_data")
    if not chat:
        raise refused(100, "The parameter to is required.")
    if mark is not None and (not isinstance(mark, str) or len(mark) > MOST_MARK):
        raise refused(131009, "Parameter value is not valid: biz_opaque_callback_data")
    return chat


def _check_content(state: State, body: Object) -> str | None:
    """What the contact will read."""
    kind = str(body.get("type"))
    content = body.get(kind)
    if kind not in ("text", "interactive", "template", *TAKEN) or not isinstance(content, dict):
        raise refused(131051, "Unsupported message type")
    if kind == "template":
        return check_template(content, state.templates)
    if kind in TAKEN:
        check_message(kind, content, state.media)
    elif kind == "interactive":
        check_interactive(content)
    else:
        words = text_of(body) or ""
        if not 1 <= len(words.encode("utf-16-le", "surrogatepass")) // 2 <= MOST_CHARACTERS or not words.strip():
            raise refused(100, "Param text['body'] must be at most 4096 characters long.")
    return text_of(body)
