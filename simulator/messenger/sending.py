"""What a page may be asked to do: send a text, or show that it has seen and is typing."""

from simulator.messenger.refusals import refused
from simulator.messenger.state import Page, State
from simulator.wire import JSON, Object

MOST_CHARACTERS = 2000
MOST_METADATA = 1000
TYPES = ("RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY")
ACTIONS = ("typing_on", "typing_off", "mark_seen")


def person_of(body: Object) -> str | None:
    """Whom a request is for."""
    recipient = body.get("recipient")
    named = recipient.get("id") if isinstance(recipient, dict) else None
    return named if isinstance(named, str) else None


def message_of(body: Object) -> Object:
    """The message of a request; empty where there is none."""
    message = body.get("message")
    return message if isinstance(message, dict) else {}


def text_of(body: Object) -> str | None:
    """The words of a request."""
    words = message_of(body).get("text")
    return words if isinstance(words, str) else None


def check(state: State, page: Page, body: Object) -> str:
    """To whom this goes, where Messenger takes it."""
    psid, action = person_of(body), body.get("sender_action")
    if not psid:
        raise refused(100, "The parameter recipient is required.")
    if action is None:
        _check_message(body.get("messaging_type"), message_of(body))
    elif action not in ACTIONS or "message" in body:
        raise refused(100, "Param sender_action must be one of {TYPING_ON, TYPING_OFF, MARK_SEEN}.")
    if state.person(psid) == "unknown":
        raise refused(100, "No matching user found.", subcode=2018001)
    if state.person(psid) == "blocked":
        raise refused(551, subcode=1545041)
    if state.settings.window and not state.is_open(page, psid):
        raise refused(10, subcode=2018278)
    return psid


def _check_message(kind: JSON, message: Object) -> None:
    words, metadata = message.get("text"), message.get("metadata")
    if kind not in TYPES:
        raise refused(100, "Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG, UTILITY}.")
    if not isinstance(words, str) or not words.strip():
        raise refused(100, "Message cannot be empty, must provide valid attachment or text.", subcode=2018034)
    if len(words.encode("utf-16-le", "surrogatepass")) // 2 > MOST_CHARACTERS:
        raise refused(100, "Length of param message[text] must be less than or equal to 2000.")
    if metadata is not None and (not isinstance(metadata, str) or len(metadata) > MOST_METADATA):
        raise refused(100, "Param message[metadata] must be a string of at most 1000 characters.")
